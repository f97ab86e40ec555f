// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * replay: the best chain of a store, with arrivals from the observations, as the engine wants it.
 *
 * Figures of an engine rest on everything that the store holds, and on what is built in about the
 * time before it. Exports, status and the monitor's start all come here, so that they agree.
 */
#ifndef HASHTIDE_MONITOR_REPLAY_H
#define HASHTIDE_MONITOR_REPLAY_H

#include "analysis/engine.h"
#include "chain/tree.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/observations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** When a block of the best chain was first announced to us. */
struct replay_arrival {
    uint32_t height;
    int64_t wall_ms;
};

/** All that are known, by height. */
struct replay_arrivals {
    struct replay_arrival *items; /* owned */
    size_t count;
};

/**
 * Mean hash rate of each epoch before a store's first block, oldest first, in EH/s: what
 * engine_options.past_rates wants. From the built-in table; of epochs between its end and an anchor
 * with known work the mean over all of them, else 0. Only the main network has a past. To be freed
 * by free(); NULL, and *count 0, where there is none.
 */
double *replay_past_rates(size_t *count, const struct params *params,
                          const struct headerfile_base *base);

/** Reads arrivals of the tree's best chain. observations may be NULL: then there are none. False
 *  when reading fails, said by observations_error(). To be freed in any case. */
bool replay_arrivals_load(struct replay_arrivals *out, struct observations *observations,
                          const struct tree *tree);
void replay_arrivals_free(struct replay_arrivals *arrivals);
/** A block's arrival, or ENGINE_NO_ARRIVAL. arrivals may be NULL. */
int64_t replay_arrival_at(const struct replay_arrivals *arrivals, uint32_t height);

/** The best chain's block at a height of the tree. arrivals may be NULL. */
struct engine_block replay_block(const struct tree *tree, const struct replay_arrivals *arrivals,
                                 uint32_t height);

/** Called after a block has been connected; returns false to stop. */
typedef bool (*replay_each_fn)(void *context, const struct engine_block *block);

/**
 * Connects the best chain from the engine's tip (which lies on it; an empty engine's first block is
 * the store's) to height `to`, calling each (may be NULL) after every block. False when memory is
 * short or each says so.
 */
bool replay_connect(struct engine *engine, const struct tree *tree,
                    const struct replay_arrivals *arrivals, uint32_t to, replay_each_fn each,
                    void *context);

/** An engine without blocks yet. options' past is replaced by what is known of the time before the
 *  store. NULL when memory is short. */
struct engine *replay_new(const struct engine_options *options, struct headerfile *file);

/**
 * An engine over the whole best chain. As replay_new(), then connected. observations may be NULL.
 * NULL with a message when memory is short or reading fails. Some 400,000 blocks a second.
 */
struct engine *replay_engine(const struct engine_options *options, struct headerfile *file,
                             struct observations *observations, char *message, size_t message_len);

#endif
