// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * gzread: bytes of a file or of standard input, as they are or unpacked where they are gzip's.
 */
#ifndef HASHTIDE_MONITOR_STORE_GZREAD_H
#define HASHTIDE_MONITOR_STORE_GZREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GZREAD_MESSAGE_SIZE 4608

struct gzread; /* opaque */

/** Opens path, or standard input for "-". NULL with message on failure. */
struct gzread *gzread_open(char message[GZREAD_MESSAGE_SIZE], const char *path);
/** NULL is allowed. */
void gzread_close(struct gzread *input);

/**
 * Reads until len bytes are there or the input ends; returns how many. When the input breaks (an
 * I/O error, damaged or cut short gzip data) it returns what came before, and the call after that
 * returns 0; gzread_error() tells the end from a failure. A signal that interrupts ends the input
 * too: see gzread_interrupted().
 */
size_t gzread_read(struct gzread *input, void *buffer, size_t len);
/** One line, or NULL if nothing failed. */
const char *gzread_error(const struct gzread *input);
bool gzread_interrupted(const struct gzread *input);

/** Size of an uncompressed regular file in bytes; -1 where it cannot be known. After the first
 * read. */
int64_t gzread_plain_size(const struct gzread *input);
/** Size of the file as it is, for progress; 0 if unknown. */
uint64_t gzread_total(const struct gzread *input);
/** How much of it has been read. */
uint64_t gzread_done(const struct gzread *input);

#endif
