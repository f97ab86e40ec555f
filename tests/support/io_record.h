// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io_record: files in memory that write down everything done to them, so that any state in which a
 * loss of power may leave a disk can be made from it; and that fail when told to.
 *
 * The model is the worst that POSIX allows. A write or a change of length lasts once an fdatasync
 * of that file has succeeded after it; a name (made, renamed, removed) once its directory has been
 * synced. Until then each may be lost by itself, whatever came after it, and a write may be torn.
 * What a failed fdatasync should have written may be lost for good, even if a later one succeeds:
 * the kernel has marked it clean.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_IO_RECORD_H
#define HASHTIDE_TESTS_SUPPORT_IO_RECORD_H

#include "monitor/store/io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct io_record; /* opaque */

/** What becomes of something that was not durable. */
enum io_fate {
    IO_LOST,
    IO_KEPT,
    IO_TORN,  /* a write: only its first `bytes` are there */
    IO_HOLED, /* a write: its length is there, but of its 512-byte sectors only some (by `bytes` as
                 a bit mask) */
};

/** Asked for each event that was not durable; *bytes as above. */
typedef enum io_fate (*io_fate_fn)(void *context, size_t event, size_t write_len, size_t *bytes);

/** No files. Ends the test program when memory is short, as all of these do. */
struct io_record *io_record_new(void);
void io_record_free(struct io_record *record);
/** Lives as long as the record. */
const struct io *io_record_io(struct io_record *record);

/** Puts a file there that is durable from the start. */
void io_record_put(struct io_record *record, const char *path, const void *bytes, size_t len);
/** A file's content; NULL if there is none. To be freed. */
uint8_t *io_record_get(const struct io_record *record, const char *path, size_t *len);
/** Number of names. */
size_t io_record_names(const struct io_record *record);

/** Things done that could be lost, and syncs, so far. */
size_t io_record_events(const struct io_record *record);

/** The disk after a loss of power when the first so many events had happened. */
struct io_record *io_record_crash(const struct io_record *record, size_t events, io_fate_fn fate,
                                  void *context);
/** How many of the first so many events would not be durable then. */
size_t io_record_pending(const struct io_record *record, size_t events);

/** Operations (of every kind) so far. */
size_t io_record_operations(const struct io_record *record);
/**
 * Lets one operation, counted from now (0 is the next), fail with an errno; a write still writes
 * its first half. error 0: no failure.
 */
void io_record_fail(struct io_record *record, size_t operation, int error);
/** From now on files may not grow beyond so many bytes (ENOSPC). SIZE_MAX: no limit. */
void io_record_limit(struct io_record *record, size_t bytes);
/** What a failed fdatasync did not write is also gone from what is read (as some file systems have
 * it). */
void io_record_forgetful(struct io_record *record, bool forgetful);

/* Fates, each an io_fate_fn. */
/** Lost, kept, torn or holed; context is a struct test_random. */
enum io_fate io_fate_drawn(void *context, size_t event, size_t write_len, size_t *bytes);
enum io_fate io_fate_lost(void *context, size_t event, size_t write_len, size_t *bytes);
enum io_fate io_fate_kept(void *context, size_t event, size_t write_len, size_t *bytes);

#endif
