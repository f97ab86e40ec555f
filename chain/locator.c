// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * locator: ten hashes from the tip down one by one, then steps that double, and always the base.
 */
#include "config.h"

#include "chain/locator.h"

#include <assert.h>

/** Hashes one step apart before the step begins to double. */
#define DENSE 10

bool locator_build(struct locator *out, const struct tree *tree, uint32_t index)
{
    uint32_t base = tree_base_height(tree);
    uint32_t height = tree_get(tree, index).height;
    uint32_t step = 1;

    out->count = 0;
    for (;;) {
        assert(out->count < LOCATOR_MAX);
        if (!tree_hash(tree, &out->hashes[out->count++], tree_ancestor(tree, index, height)))
            return false;
        if (height == base)
            return true;
        if (out->count >= DENSE)
            step *= 2;
        height = height - base > step ? height - step : base;
    }
}
