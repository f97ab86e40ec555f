// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * observe: the chain's figures of a snapshot, from the analysis' engine. The running monitor and
 * the backtest both come here, so that a rule sees the same in history as it would have seen live.
 *
 * Only what rules ask for is worked out: some questions cost the engine milliseconds once a block.
 */
#ifndef HASHTIDE_ALERTS_OBSERVE_H
#define HASHTIDE_ALERTS_OBSERVE_H

#include "alerts/metric.h"
#include "alerts/ruleset.h"
#include "analysis/engine.h"

#include <stdbool.h>
#include <stdint.h>

/** Blocks for which a fall or rise is said to stand, if nothing undoes it before: a retarget later
 *  it is the state of things. */
#define OBSERVE_STANDING_BLOCKS 2016
/** Complete epochs of a year, among which the best is sought. */
#define OBSERVE_YEAR_EPOCHS 26

/** Which figures are wanted. */
struct observe_wanted {
    bool metric[METRIC_COUNT];
};

/** What enabled rules watch, and what their texts name. */
struct observe_wanted observe_wanted(const struct ruleset *set);

struct observe_moment {
    int64_t now_ms;       /* wall clock, or ENGINE_AT_TIP: as when the tip had just come */
    bool listening;       /* silence means something: two network groups answer and agree */
    bool retargets;       /* the network's next difficulty can be forecast */
    uint32_t reorg_depth; /* blocks that have left the best chain since the snapshot before */
};

/** Sets the wanted figures about the chain; others are left as they are. What the engine cannot say
 *  becomes unknown. */
void observe_chain(struct metrics *metrics, struct engine *engine,
                   const struct observe_wanted *wanted, const struct observe_moment *moment);

#endif
