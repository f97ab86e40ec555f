// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * context: all that the rules need to know of a header's ancestors, in a fixed-size value.
 *
 * A context describes a chain that ends in one header ("last"). It is advanced header by header, so
 * that a linear run costs no look-up; at any other place it is loaded from the tree (tree_context).
 * Because it is a value, presync can carry one per peer and judge every rule of a chain that it
 * does not keep.
 */
#ifndef HASHTIDE_CHAIN_CONTEXT_H
#define HASHTIDE_CHAIN_CONTEXT_H

#include "chain/hash.h"
#include "chain/header.h"
#include "chain/params.h"
#include "chain/u256.h"

#include <stdbool.h>
#include <stdint.h>

struct context {
    struct hash256 hash; /* of last */
    uint32_t height;     /* of last */
    uint32_t time;       /* of last */
    uint32_t bits;       /* of last */
    /* nBits of the newest ancestor or self that begins an epoch or is no min-difficulty block */
    uint32_t real_bits;
    uint32_t epoch_first_time; /* of the block at height - height % 2016 */
    uint32_t epoch_first_bits;
    uint32_t times_known; /* how many of times are filled, at most 11 */
    bool from_genesis;    /* then fewer than 11 times are all there are; else MTP needs 11 */
    uint32_t times[PARAMS_MEDIAN_BLOCKS]; /* a ring: the time of height h stands at h % 11 */
    struct u256 chainwork;                /* through last */
    struct u256 target;                   /* of last's nBits; zero if they are unusable */
    struct u256 work; /* of last alone: a child with the same nBits has the same */
};

/** A context that ends in the network's genesis. */
void context_genesis(struct context *out, const struct params *params);

/**
 * A context that ends in a trusted header at a retarget height (an anchor; asserted): chainwork as
 * given, no times before it. nBits are known from here on, since the epoch begins here; the median
 * time past is not until there are 11 times.
 */
void context_anchor(struct context *out, const struct header *header, const struct hash256 *hash,
                    uint32_t height, struct u256 chainwork);

/**
 * Moves the context on to header, which must be last's child (asserted by prev hash in debug
 * builds); its rules are not judged here.
 */
void context_advance(struct context *context, const struct params *params,
                     const struct header *header, const struct hash256 *hash);

/**
 * Sets bits, target and work, which belong together: for whoever builds a context field by field
 * (tree_context).
 */
void context_set_bits(struct context *context, uint32_t bits);

/**
 * Median time past of last: the median of the last 11 times (fewer near genesis). False if unknown
 * (anchored store).
 */
bool context_median_time(uint32_t *median, const struct context *context);

/**
 * True when the median time past of last is known: always from genesis on, from the 11th header in
 * an anchored store.
 */
bool context_median_known(const struct context *context);
/**
 * True if time is above the median time past of last; asks no sorting. Only where
 * context_median_known().
 */
bool context_after_median(const struct context *context, uint32_t time);

/**
 * The nBits that a child of last with this time must have. Always known: every context begins at an
 * epoch's first block.
 */
uint32_t context_next_bits(const struct context *context, const struct params *params,
                           uint32_t time);

#endif
