// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io_vfs: SQLite on a table of file operations, so that what is done to a database can be recorded,
 * failed, and replayed with a loss of power at any moment (io_record.h).
 *
 * What a write-ahead log shares between processes is plain memory here: one connection at a time.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_IO_VFS_H
#define HASHTIDE_TESTS_SUPPORT_IO_VFS_H

#include "monitor/store/io.h"

/** From now on every database that is opened is on io, which must outlive it. The first call makes
 *  it SQLite's default. Ends the test program when SQLite will not. */
void io_vfs_use(const struct io *io);

#endif
