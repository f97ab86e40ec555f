// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tree: all headers of all branches, and which tip is best.
 *
 * Headers are numbered in order of arrival; the number (index) is also the record's place in the
 * header file. The tree keeps 12 bytes a header (time, bits, 32 bits of the hash) and an index of 4
 * bytes a slot; height, parent and chain work follow from *runs*: stretches of consecutive indices
 * in which each header's parent is the one before it. A store that was filled from one peer is one
 * run; each branch adds one or two. Whole headers are read back from a source (the header file)
 * when asked for.
 *
 * Sizes: 950,000 headers are about 17 MB. Runs carry skip pointers, so that an ancestor is found in
 * O(log runs). Best: most chain work; of equals, the one seen first. Losing branches stay.
 */
#ifndef HASHTIDE_CHAIN_TREE_H
#define HASHTIDE_CHAIN_TREE_H

#include "chain/context.h"
#include "chain/hash.h"
#include "chain/header.h"
#include "chain/params.h"
#include "chain/u256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Index that means 'none'. */
#define TREE_NONE UINT32_MAX

struct tree; /* opaque */

/**
 * Where whole headers are read back from. read() fills raw with the record of an index that has
 * been added and returns true, or returns false when the medium fails (the caller of the tree
 * function is told by its return value).
 */
struct tree_source {
    void *context;
    bool (*read)(void *context, uint8_t raw[HEADER_SIZE], uint32_t index);
};

/** A header as the tree knows it. */
struct tree_node {
    uint32_t index;
    uint32_t parent; /* TREE_NONE for the base */
    uint32_t height;
    uint32_t time;
    uint32_t bits;
};

/** One end of a branch. */
struct tree_tip {
    uint32_t index;
    uint32_t height;
    struct u256 chainwork;
    struct hash256 hash;
};

/**
 * Makes a tree with one header, the base: genesis, or a trusted anchor (base context from
 * context_genesis or context_anchor). base_raw is the base's record. expected is a hint of how many
 * headers will come (0: unknown). NULL when memory is short. The source must outlive the tree.
 */
struct tree *tree_new(const struct params *params, const struct context *base,
                      const uint8_t base_raw[HEADER_SIZE], struct tree_source source,
                      size_t expected);
void tree_free(struct tree *tree);

/**
 * Salts the hash index with 64 secret random bits, so that headers of a low-work network cannot be
 * ground to meet in one place of it. Chain code has no randomness of its own: whoever lets
 * strangers add headers calls this before the first tree_add() (asserted). Without a call the salt
 * is 0. Nothing that the tree answers depends on it.
 */
void tree_salt(struct tree *tree, uint64_t salt);

/**
 * A hint, as expected is, for a tree that has turned out to become large: makes the index ready for
 * count headers at once, where it would grow in steps and be filled anew at each. Where memory is
 * short nothing happens.
 */
void tree_expect(struct tree *tree, uint32_t count);

const struct params *tree_params(const struct tree *tree);
/** Number of headers, the base included; indices are 0 .. count-1. */
uint32_t tree_count(const struct tree *tree);
uint32_t tree_base_height(const struct tree *tree);

/**
 * Adds a valid header whose parent is in the tree and returns its index (always the old count), or
 * TREE_NONE when memory is short (tree unchanged). parent must be the index of header's parent and
 * hash not be in the tree: asserted where cheap.
 */
uint32_t tree_add(struct tree *tree, uint32_t parent, const struct header *header,
                  const struct hash256 *hash);

/** Takes back the newest headers until count are left (at least the base): when they could not be
 * stored. */
void tree_truncate(struct tree *tree, uint32_t count);

/** Index of a hash: an index, TREE_NONE when unknown. *fault (may be NULL) is set to true, and
 * TREE_NONE returned, when the source failed to read. */
uint32_t tree_find(const struct tree *tree, const struct hash256 *hash, bool *fault);

struct tree_node tree_get(const struct tree *tree, uint32_t index);
/** Hash of a header (kept for tips, else by reading and hashing). False when the source fails. */
bool tree_hash(const struct tree *tree, struct hash256 *out, uint32_t index);
bool tree_raw(const struct tree *tree, uint8_t raw[HEADER_SIZE], uint32_t index);
/** Work through a header (for an anchored tree without known work: since and including the base).
 */
struct u256 tree_chainwork(const struct tree *tree, uint32_t index);
/** The ancestor at height (base height <= height <= index's height); index itself when the heights
 * are equal. TREE_NONE out of range. */
uint32_t tree_ancestor(const struct tree *tree, uint32_t index, uint32_t height);
/** The context that ends in index. False when the source fails. */
bool tree_context(const struct tree *tree, struct context *out, uint32_t index);

uint32_t tree_best(const struct tree *tree);
/** Index at height on the best chain, TREE_NONE out of range. */
uint32_t tree_best_at(const struct tree *tree, uint32_t height);
/** True if index lies on the best chain. */
bool tree_on_best(const struct tree *tree, uint32_t index);

/**
 * Number of branch ends (1 when there is no fork) and each of them, in order of index. A tip's hash
 * is kept; only after tree_truncate() may it have to be read back, and is zero when the source
 * fails.
 */
size_t tree_tip_count(const struct tree *tree);
struct tree_tip tree_tip_get(const struct tree *tree, size_t i);

/** Bytes of memory held: for the operator and the tests. */
size_t tree_memory(const struct tree *tree);

#endif
