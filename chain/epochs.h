// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * epochs: mainnet's history built in, one row per 2016 blocks: anchors for a short start, a check
 * of what peers say, and figures for the time before a store's base.
 */
#ifndef HASHTIDE_CHAIN_EPOCHS_H
#define HASHTIDE_CHAIN_EPOCHS_H

#include "chain/hash.h"
#include "chain/u256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The first block of an epoch. */
struct epoch_row {
    uint32_t height; /* a multiple of 2016 */
    uint32_t time;
    uint32_t bits;
    struct hash256 hash;
    struct u256 chainwork; /* through this block */
};

/** Number of rows of the built-in mainnet table. */
size_t epochs_count(void);
/** Row i (0 is genesis); i < epochs_count(). */
struct epoch_row epochs_get(size_t i);
/** Row of a height; false when height is no multiple of 2016 or beyond the table. */
bool epochs_find(struct epoch_row *out, uint32_t height);

#endif
