// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cursor: reading and writing bytes at a place that moves, with one check at the end.
 *
 * Both fail once and for good: after a read beyond the end (or a number that breaks the encoding's
 * rules) every later read gives zeroes, and after a write beyond the end nothing more is written.
 * So a decoder is a straight list of fields, followed by one question.
 */
#ifndef HASHTIDE_CHAIN_CURSOR_H
#define HASHTIDE_CHAIN_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most bytes that a CompactSize takes. */
#define COMPACT_SIZE_BYTES_MAX 9

/** A place in bytes that are read. The bytes belong to the caller and must outlive the cursor. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool failed;
};

struct cursor cursor_of(const uint8_t *bytes, size_t len);
/** False after the first failure. */
bool cursor_ok(const struct cursor *cursor);
/** True when nothing failed and nothing is left. */
bool cursor_done(const struct cursor *cursor);
/** Makes the cursor fail: for rules that only the caller knows. */
void cursor_fail(struct cursor *cursor);

uint8_t cursor_u8(struct cursor *cursor);
/** Little-endian numbers. */
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
/** Network order: ports. */
uint16_t cursor_u16_be(struct cursor *cursor);
/** Bitcoin's variable-length number; fails where a shorter form exists or it is above max. */
uint64_t cursor_compact_size(struct cursor *cursor, uint64_t max);
/** Copies len bytes; out is zeroed on failure. */
void cursor_copy(struct cursor *cursor, void *out, size_t len);
/** The next len bytes in place; NULL on failure. */
const uint8_t *cursor_take(struct cursor *cursor, size_t len);

/** A place in a buffer that is filled. The buffer belongs to the caller. */
struct writer {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    bool failed;
};

struct writer writer_of(uint8_t *bytes, size_t capacity);
void writer_u8(struct writer *writer, uint8_t value);
/** Little-endian numbers. */
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
/** Network order: ports. */
void writer_u16_be(struct writer *writer, uint16_t value);
/** The shortest form. */
void writer_compact_size(struct writer *writer, uint64_t value);
void writer_put(struct writer *writer, const void *bytes, size_t len);

#endif
