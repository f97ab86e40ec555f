// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tree_slots: the tree's index of hashes.
 *
 * Open addressing with linear probing. A slot holds index + 1 in its low index_bits and the low
 * bits of the node's tag above them; 0 is empty. A tag is 32 bits of the salted hash and alone
 * decides the home slot, so the table grows and shrinks from the nodes alone. A probe seldom leaves
 * the slots: a node is looked at when the bits in the slot agree, and the header itself is read
 * only when all 32 do. New headers get their slots all together when the next hash is sought: a
 * linear run seeks none, and together the cache misses overlap.
 */
#include "config.h"

#include "chain/tree_internal.h"

#include <stdlib.h>

/** The index is at most 4/5 full. */
#define LOAD_NUMERATOR 4u
#define LOAD_DENOMINATOR 5u
/** Slots are fetched from memory so many headers before they are written. */
#define AHEAD 16u

/* Finalizer of MurmurHash3: each bit of the input moves each bit of the output. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    x ^= x >> 33;
    return x;
}

/* The low bytes of a hash: proof of work makes the high ones zero. Whoever does not know the salt
 * cannot grind headers that meet in one place. */
uint32_t tree_slots_tag(const struct tree *tree, const struct hash256 *hash)
{
    return (uint32_t)(mix(u256_read_le64(hash->bytes) ^ tree->salt) >> 32);
}

/* Multiply-shift: a tag's place among slot_count slots, in the tags' order. */
static uint32_t home_of(uint32_t tag, uint32_t slot_count)
{
    return (uint32_t)((uint64_t)tag * slot_count >> 32);
}

static uint32_t next_slot(const struct tree *tree, uint32_t slot)
{
    return slot + 1 == tree->slots->slot_count ? 0 : slot + 1;
}

static uint32_t slot_index(const struct tree *tree, uint32_t value)
{
    return (value & ((1u << tree->slots->index_bits) - 1)) - 1;
}

static uint32_t slot_value(const struct tree *tree, uint32_t tag, uint32_t index)
{
    return tag << tree->slots->index_bits | (index + 1);
}

static void insert_slot(const struct tree *tree, uint32_t tag, uint32_t index)
{
    uint32_t slot = home_of(tag, tree->slots->slot_count);

    while (tree->slots->slot[slot] != 0)
        slot = next_slot(tree, slot);
    tree->slots->slot[slot] = slot_value(tree, tag, index);
}

/* True if a value whose home is home, and which stands in slot, may move to the empty slot hole:
 * hole lies on its way from home to slot, round the end of the table. */
static bool may_fill(uint32_t hole, uint32_t home, uint32_t slot)
{
    return home <= slot ? home <= hole && hole < slot : hole >= home || hole < slot;
}

static void remove_slot(struct tree *tree, uint32_t index)
{
    uint32_t hole = home_of(node_at(tree, index)->tag, tree->slots->slot_count);

    while (slot_index(tree, tree->slots->slot[hole]) != index) /* it is there */
        hole = next_slot(tree, hole);
    for (uint32_t slot = next_slot(tree, hole); tree->slots->slot[slot] != 0;
         slot = next_slot(tree, slot)) {
        uint32_t tag = node_at(tree, slot_index(tree, tree->slots->slot[slot]))->tag;

        if (may_fill(hole, home_of(tag, tree->slots->slot_count), slot)) {
            tree->slots->slot[hole] = tree->slots->slot[slot];
            hole = slot;
        }
    }
    tree->slots->slot[hole] = 0;
}

static size_t slots_limit(uint32_t slot_count)
{
    return (size_t)((uint64_t)slot_count * LOAD_NUMERATOR / LOAD_DENOMINATOR);
}

size_t tree_slots_limit(const struct tree *tree)
{
    return slots_limit(tree->slots->slot_count);
}

uint64_t tree_slots_for(size_t headers)
{
    return (uint64_t)headers * LOAD_DENOMINATOR / LOAD_NUMERATOR + LOAD_DENOMINATOR;
}

bool tree_slots_renew(struct tree *tree, uint32_t slot_count)
{
    uint32_t *slot = calloc(slot_count, sizeof(*slot));

    if (slot == NULL)
        return false;
    free(tree->slots->slot);
    tree->slots->slot = slot;
    tree->slots->slot_count = slot_count;
    tree->slots->index_bits = 1;
    while (slots_limit(slot_count) >> tree->slots->index_bits != 0)
        tree->slots->index_bits++;
    tree->slots->indexed = 0;
    return true;
}

/* Gives slots to all headers that have none yet; room for them there is. */
static void catch_up(const struct tree *tree)
{
    for (; tree->slots->indexed < tree->count; tree->slots->indexed++) {
#if defined(__GNUC__)
        if (tree->count - tree->slots->indexed > AHEAD) {
            uint32_t tag = node_at(tree, tree->slots->indexed + AHEAD)->tag;

            __builtin_prefetch(&tree->slots->slot[home_of(tag, tree->slots->slot_count)], 1);
        }
#endif
        insert_slot(tree, node_at(tree, tree->slots->indexed)->tag, tree->slots->indexed);
    }
}

bool tree_slots_reserve(struct tree *tree)
{
    uint64_t wanted = (uint64_t)tree->slots->slot_count + tree->slots->slot_count / 2;

    if (tree->count < slots_limit(tree->slots->slot_count))
        return true;
    /* A slot must keep room for a bit of tag. Two thousand million headers are 40,000 years of
     * blocks. */
    if (wanted > INT32_MAX)
        return false;
    return tree_slots_renew(tree, (uint32_t)wanted);
}

void tree_slots_truncate(struct tree *tree, uint32_t count)
{
    for (; tree->slots->indexed > count; tree->slots->indexed--)
        remove_slot(tree, tree->slots->indexed - 1);
}

uint32_t tree_slots_find(const struct tree *tree, const struct hash256 *hash, bool *fault)
{
    uint32_t tag = tree_slots_tag(tree, hash);
    uint32_t short_tag = tag << tree->slots->index_bits >> tree->slots->index_bits;
    uint32_t slot = home_of(tag, tree->slots->slot_count);

    catch_up(tree);
    for (; tree->slots->slot[slot] != 0; slot = next_slot(tree, slot)) {
        uint32_t index = slot_index(tree, tree->slots->slot[slot]);
        struct hash256 found;

        if (tree->slots->slot[slot] >> tree->slots->index_bits != short_tag ||
            node_at(tree, index)->tag != tag)
            continue;
        if (!tree_hash(tree, &found, index)) {
            if (fault != NULL)
                *fault = true;
            return TREE_NONE;
        }
        if (hash256_equal(&found, hash))
            return index;
    }
    return TREE_NONE;
}
