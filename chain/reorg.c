// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reorg: the fork point is found by bisection: ancestors agree up to it and never again after it.
 */
#include "config.h"

#include "chain/reorg.h"

struct reorg reorg_between(const struct tree *tree, uint32_t old_tip, uint32_t new_tip)
{
    uint32_t old_height = tree_get(tree, old_tip).height;
    uint32_t new_height = tree_get(tree, new_tip).height;
    uint32_t low = tree_base_height(tree); /* common at this height */
    uint32_t high = old_height < new_height ? old_height : new_height;

    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (tree_ancestor(tree, old_tip, middle) == tree_ancestor(tree, new_tip, middle))
            low = middle;
        else
            high = middle - 1;
    }
    return (struct reorg){
        .old_tip = old_tip,
        .new_tip = new_tip,
        .fork = tree_ancestor(tree, old_tip, low),
        .fork_height = low,
        .disconnected = old_height - low,
        .connected = new_height - low,
    };
}
