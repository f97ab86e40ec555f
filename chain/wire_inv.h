// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_inv: inv, getdata and notfound, which are lists of typed hashes.
 */
#ifndef HASHTIDE_CHAIN_WIRE_INV_H
#define HASHTIDE_CHAIN_WIRE_INV_H

#include "chain/cursor.h"
#include "chain/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most items in a message (Core's MAX_INV_SZ). */
#define WIRE_INV_COUNT_MAX 50000
#define WIRE_INV_ITEM_SIZE 36

/** Item types that name blocks; the flag asks for witnesses (BIP144). */
#define WIRE_INV_BLOCK 2u
#define WIRE_INV_COMPACT_BLOCK 4u
#define WIRE_INV_WITNESS_FLAG (1u << 30)

struct wire_inv_item {
    uint32_t type;
    struct hash256 hash;
};

/** A list in place. */
struct wire_inv {
    const uint8_t *items;
    size_t count;
};

bool wire_inv_decode(struct wire_inv *out, const uint8_t *payload, size_t len);
/** Item i < count. */
struct wire_inv_item wire_inv_get(const struct wire_inv *inv, size_t i);
/** True if the item names a block, in any of its forms. */
bool wire_inv_is_block(const struct wire_inv_item *item);
void wire_inv_put(struct writer *writer, const struct wire_inv_item *items, size_t count);

#endif
