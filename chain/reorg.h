// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reorg: the way from one tip to another, as a value.
 */
#ifndef HASHTIDE_CHAIN_REORG_H
#define HASHTIDE_CHAIN_REORG_H

#include "chain/tree.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * Going from old_tip to new_tip: headers above fork are disconnected from old_tip down, then those
 * from fork up to new_tip connected. An ordinary extension has disconnected == 0. The indices
 * themselves are tree_ancestor(old_tip or new_tip, height).
 */
struct reorg {
    uint32_t old_tip;
    uint32_t new_tip;
    uint32_t fork; /* newest common ancestor */
    uint32_t fork_height;
    uint32_t disconnected; /* number of headers; the reorg's depth */
    uint32_t connected;
};

struct reorg reorg_between(const struct tree *tree, uint32_t old_tip, uint32_t new_tip);

#endif
