// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cursor: byte by byte, so that neither alignment nor the machine's byte order matters.
 */
#include "config.h"

#include "chain/cursor.h"

#include <string.h>

struct cursor cursor_of(const uint8_t *bytes, size_t len)
{
    return (struct cursor){.at = bytes, .left = len};
}

bool cursor_ok(const struct cursor *cursor)
{
    return !cursor->failed;
}

bool cursor_done(const struct cursor *cursor)
{
    return !cursor->failed && cursor->left == 0;
}

void cursor_fail(struct cursor *cursor)
{
    cursor->failed = true;
    cursor->left = 0;
}

const uint8_t *cursor_take(struct cursor *cursor, size_t len)
{
    const uint8_t *at = cursor->at;

    if (cursor->failed || len > cursor->left) {
        cursor_fail(cursor);
        return NULL;
    }
    if (len > 0) /* nothing may be added to a null pointer */
        cursor->at += len;
    cursor->left -= len;
    return at;
}

/* Little-endian number of up to eight bytes. */
static uint64_t take_number(struct cursor *cursor, unsigned bytes)
{
    const uint8_t *at = cursor_take(cursor, bytes);
    uint64_t value = 0;

    if (at == NULL)
        return 0;
    for (unsigned i = bytes; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
    return (uint8_t)take_number(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
    return (uint16_t)take_number(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
    return (uint32_t)take_number(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
    return take_number(cursor, 8);
}

uint16_t cursor_u16_be(struct cursor *cursor)
{
    uint16_t swapped = cursor_u16(cursor);

    return (uint16_t)(swapped << 8 | swapped >> 8);
}

uint64_t cursor_compact_size(struct cursor *cursor, uint64_t max)
{
    uint8_t first = cursor_u8(cursor);
    uint64_t value = first;
    uint64_t least = 0; /* the smallest number for which this form is the shortest */

    if (first == 0xfd) {
        value = take_number(cursor, 2);
        least = 0xfd;
    } else if (first == 0xfe) {
        value = take_number(cursor, 4);
        least = UINT64_C(0x10000);
    } else if (first == 0xff) {
        value = take_number(cursor, 8);
        least = UINT64_C(0x100000000);
    }
    if (value < least || value > max)
        cursor_fail(cursor);
    return cursor->failed ? 0 : value;
}

void cursor_copy(struct cursor *cursor, void *out, size_t len)
{
    const uint8_t *at = cursor_take(cursor, len);

    if (at == NULL)
        memset(out, 0, len);
    else if (len > 0)
        memcpy(out, at, len);
}

struct writer writer_of(uint8_t *bytes, size_t capacity)
{
    return (struct writer){.bytes = bytes, .capacity = capacity};
}

void writer_put(struct writer *writer, const void *bytes, size_t len)
{
    if (writer->failed || len > writer->capacity - writer->used) {
        writer->failed = true;
        return;
    }
    if (len > 0)
        memcpy(writer->bytes + writer->used, bytes, len);
    writer->used += len;
}

static void put_number(struct writer *writer, uint64_t value, unsigned bytes)
{
    uint8_t raw[8];

    for (unsigned i = 0; i < bytes; i++)
        raw[i] = (uint8_t)(value >> 8 * i);
    writer_put(writer, raw, bytes);
}

void writer_u8(struct writer *writer, uint8_t value)
{
    put_number(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    put_number(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    put_number(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    put_number(writer, value, 8);
}

void writer_u16_be(struct writer *writer, uint16_t value)
{
    put_number(writer, (uint16_t)(value << 8 | value >> 8), 2);
}

void writer_compact_size(struct writer *writer, uint64_t value)
{
    if (value < 0xfd) {
        put_number(writer, value, 1);
    } else if (value <= UINT16_MAX) {
        put_number(writer, 0xfd, 1);
        put_number(writer, value, 2);
    } else if (value <= UINT32_MAX) {
        put_number(writer, 0xfe, 1);
        put_number(writer, value, 4);
    } else {
        put_number(writer, 0xff, 1);
        put_number(writer, value, 8);
    }
}
