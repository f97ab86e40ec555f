// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * mem: memory that is there or ends the program.
 *
 * The program's own parts are small and bounded; when even they cannot be had, the only sane answer
 * is a restart by whoever supervises us, and the store is safe at any moment. So these functions
 * never return NULL: they say "out of memory" and abort. What grows with hostile input or with the
 * chain lives in chain/, which returns failure instead.
 */
#ifndef HASHTIDE_MONITOR_MEM_H
#define HASHTIDE_MONITOR_MEM_H

#include <stddef.h>

/** count * size zeroed bytes; to be freed with free(). */
void *mem_zeroed(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/** Room for count * size bytes, what fits of the old content kept. block may be NULL. */
void *mem_resize(void *block, size_t count, size_t size) __attribute__((returns_nonnull));
/** A copy of text. */
char *mem_text(const char *text) __attribute__((malloc, returns_nonnull));
/** A copy of len bytes of text, with a NUL behind them. */
char *mem_text_of(const char *text, size_t len) __attribute__((malloc, returns_nonnull));

#endif
