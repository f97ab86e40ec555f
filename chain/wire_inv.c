// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_inv: read in place, since a list may be long and we look for a few items only.
 */
#include "config.h"

#include "chain/wire_inv.h"

#include <assert.h>

bool wire_inv_decode(struct wire_inv *out, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);

    out->count = (size_t)cursor_compact_size(&cursor, WIRE_INV_COUNT_MAX);
    out->items = cursor_take(&cursor, out->count * WIRE_INV_ITEM_SIZE);
    return cursor_done(&cursor);
}

struct wire_inv_item wire_inv_get(const struct wire_inv *inv, size_t i)
{
    struct cursor cursor = cursor_of(inv->items + i * WIRE_INV_ITEM_SIZE, WIRE_INV_ITEM_SIZE);
    struct wire_inv_item item;

    assert(i < inv->count);
    item.type = cursor_u32(&cursor);
    cursor_copy(&cursor, item.hash.bytes, HASH256_SIZE);
    return item;
}

bool wire_inv_is_block(const struct wire_inv_item *item)
{
    uint32_t type = item->type & ~WIRE_INV_WITNESS_FLAG;

    return type == WIRE_INV_BLOCK || type == WIRE_INV_COMPACT_BLOCK;
}

void wire_inv_put(struct writer *writer, const struct wire_inv_item *items, size_t count)
{
    assert(count <= WIRE_INV_COUNT_MAX);
    writer_compact_size(writer, count);
    for (size_t i = 0; i < count; i++) {
        writer_u32(writer, items[i].type);
        writer_put(writer, items[i].hash.bytes, HASH256_SIZE);
    }
}
