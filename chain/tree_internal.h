// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tree_internal: what tree.c and its index of hashes, tree_slots.c, share.
 */
#ifndef HASHTIDE_CHAIN_TREE_INTERNAL_H
#define HASHTIDE_CHAIN_TREE_INTERNAL_H

#include "chain/tree.h"

#define TREE_CHUNK_BITS 16
#define TREE_CHUNK_NODES (1u << TREE_CHUNK_BITS)

struct node {
    uint32_t time;
    uint32_t bits;
    uint32_t tag;
};

struct run {
    uint32_t first;      /* index */
    uint32_t parent;     /* index; TREE_NONE for the base's run */
    uint32_t height;     /* of first */
    uint32_t parent_run; /* number of the run in which parent is; 0 for the base's run */
    uint32_t jump;       /* number of a run further up */
    uint32_t depth;      /* runs between this one and the base's */
    struct u256 work;    /* through parent; unused in the base's run, which has checkpoint 0 */
};

struct tip {
    uint32_t index;
    bool hash_known; /* not when truncation has laid bare an old header */
    struct hash256 hash;
};

struct slots {
    uint32_t *slot;
    uint32_t slot_count;
    unsigned index_bits; /* of a slot */
    uint32_t indexed;    /* headers that have their slots; the rest get them when one is sought */
};

struct tree {
    const struct params *params;
    struct tree_source source;
    struct context base;
    uint8_t base_raw[HEADER_SIZE];
    uint64_t salt;

    uint32_t count;
    struct u256 newest_work; /* through the newest header */
    uint32_t last_bits;      /* of the newest header but after a truncation, ... */
    struct u256 last_work;   /* ... and their work, for most headers have their parent's nBits */
    size_t room;             /* headers for which there are nodes, checkpoints and slots */
    struct node **chunks;
    size_t chunk_count;
    size_t chunk_capacity;

    struct run *runs;
    uint32_t run_count;
    size_t run_capacity;

    struct u256 *checkpoints; /* number i: through index i * CHECKPOINT_STEP */
    size_t checkpoint_capacity;

    struct tip *tips;
    size_t tip_count;
    size_t tip_capacity;
    uint32_t best; /* a tip */

    struct slots *slots; /* apart, because seeking completes it and changes nothing else */
};

static inline struct node *node_at(const struct tree *tree, uint32_t index)
{
    return &tree->chunks[index >> TREE_CHUNK_BITS][index & (TREE_CHUNK_NODES - 1)];
}

/* ---- tree_slots.c: from hashes to indices ---- */

/** What a node keeps of its hash. */
uint32_t tree_slots_tag(const struct tree *tree, const struct hash256 *hash);
/** Slots that this many headers need. */
uint64_t tree_slots_for(size_t headers);
/** Headers that the slots there are can take. */
size_t tree_slots_limit(const struct tree *tree);
/** Gives the tree empty slots, this many, of which every header gets one when a hash is next
 *  sought. False, nothing changed, when memory is short. */
bool tree_slots_renew(struct tree *tree, uint32_t slot_count);
/** Makes room for one more header. False when memory is short. */
bool tree_slots_reserve(struct tree *tree);
/** Forgets all headers from index count on; their nodes are still there. */
void tree_slots_truncate(struct tree *tree, uint32_t count);
/** As tree_find(), without its short cut. */
uint32_t tree_slots_find(const struct tree *tree, const struct hash256 *hash, bool *fault);

#endif
