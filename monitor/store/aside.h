// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * aside: headers that were set aside once, offered again.
 *
 * What lies behind a hole in the header file can't be attached when the store is opened: its
 * ancestors are lost until peers send them again. Losing branches are never sent again, so once the
 * chain is whole the files headers.bad-TIME are looked through. A file that has been looked through
 * is renamed to headers.bad-TIME.done and kept.
 */
#ifndef HASHTIDE_MONITOR_STORE_ASIDE_H
#define HASHTIDE_MONITOR_STORE_ASIDE_H

#include "monitor/store/io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Records, 80 bytes each, from one file, in its order. False to stop: they can't be stored now. */
typedef bool (*aside_each_fn)(void *context, const uint8_t *records, size_t count);

/**
 * Hands each every record of the files set aside beside headers_path (".../headers.dat"), oldest
 * file first. Returns how many files were looked through to the end; one that can't be read, or for
 * which each said no, stays for the next time.
 */
size_t aside_offer(const struct io *io, const char *headers_path, aside_each_fn each,
                   void *context);

#endif
