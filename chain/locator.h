// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * locator: hashes from a header back to the base, dense at first and then doubling their step, by
 * which a peer finds the fork.
 */
#ifndef HASHTIDE_CHAIN_LOCATOR_H
#define HASHTIDE_CHAIN_LOCATOR_H

#include "chain/hash.h"
#include "chain/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Ten, then doubling: 2^32 heights need fewer than 10 + 32 + base. */
#define LOCATOR_MAX 44

struct locator {
    struct hash256 hashes[LOCATOR_MAX];
    size_t count;
};

/** Locator of the chain that ends in index. False when the source fails. */
bool locator_build(struct locator *out, const struct tree *tree, uint32_t index);

#endif
