// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_headers: headers are never copied unless somebody uses long transaction counts.
 */
#include "config.h"

#include "chain/wire_headers.h"

#include <assert.h>
#include <string.h>

bool wire_getheaders_decode(struct wire_getheaders *out, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);

    out->version = cursor_u32(&cursor);
    out->count = (size_t)cursor_compact_size(&cursor, WIRE_LOCATOR_MAX);
    for (size_t i = 0; i < out->count; i++)
        cursor_copy(&cursor, out->locator[i].bytes, HASH256_SIZE);
    cursor_copy(&cursor, out->stop.bytes, HASH256_SIZE);
    return cursor_done(&cursor);
}

void wire_getheaders_put(struct writer *writer, const struct wire_getheaders *message)
{
    assert(message->count <= WIRE_LOCATOR_MAX);
    writer_u32(writer, message->version);
    writer_compact_size(writer, message->count);
    for (size_t i = 0; i < message->count; i++)
        writer_put(writer, message->locator[i].bytes, HASH256_SIZE);
    writer_put(writer, message->stop.bytes, HASH256_SIZE);
}

/* Transaction counts of any length: each header is moved down to where the one before it ends. */
static bool pack(struct wire_headers *out, uint8_t *payload, struct cursor cursor)
{
    uint8_t *to = payload;

    for (size_t i = 0; i < out->count; i++) {
        const uint8_t *from = cursor_take(&cursor, HEADER_SIZE);

        (void)cursor_compact_size(&cursor, UINT64_MAX);
        if (!cursor_ok(&cursor))
            return false;
        memmove(to, from, HEADER_SIZE);
        to += HEADER_SIZE;
    }
    out->raw = payload;
    out->stride = HEADER_SIZE;
    return cursor_done(&cursor);
}

bool wire_headers_decode(struct wire_headers *out, uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);
    bool usual = true;

    *out = (struct wire_headers){.stride = WIRE_HEADERS_STRIDE};
    out->count = (size_t)cursor_compact_size(&cursor, WIRE_HEADERS_COUNT_MAX);
    out->raw = cursor.at;
    if (!cursor_ok(&cursor) || cursor.left < out->count * WIRE_HEADERS_STRIDE)
        return false;
    if (cursor.left > out->count * WIRE_HEADERS_STRIDE)
        usual = false;
    for (size_t i = 0; usual && i < out->count; i++)
        usual = out->raw[i * WIRE_HEADERS_STRIDE + HEADER_SIZE] < 0xfd;
    return usual || pack(out, payload, cursor);
}

void wire_headers_put(struct writer *writer, const struct wire_headers *headers)
{
    assert(headers->count <= WIRE_HEADERS_COUNT_MAX);
    writer_compact_size(writer, headers->count);
    for (size_t i = 0; i < headers->count; i++) {
        writer_put(writer, headers->raw + i * headers->stride, HEADER_SIZE);
        writer_u8(writer, 0);
    }
}
