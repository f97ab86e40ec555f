// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools: what a set of pools that is mostly in the United States has lost against the rest of the
 * network, from the number of blocks that each pool found in each epoch.
 *
 * Of n_t blocks in epoch t the set found k_t ~ Binomial(n_t, 1/(1 + exp(-theta_t))), and theta
 * wanders, since miners switch pools: an ordinary epoch changes it by N(0, sd^2). One in fifty (a
 * storm, a law, a large miner that moves) changes it by N(0, sd^2 + 1), of which any size that ever
 * was is taken as it comes. Without these a walk of normal steps would halve a storm: what is seen
 * for one epoch only would pass for luck. sd is not known: it is integrated over a grid with a flat
 * prior. Epochs that the table lacks add up: sd grows as the root of the gap, and so does the
 * chance of a jump with it.
 *
 * If the set loses a share f of its machines and nothing happens elsewhere, theta changes by
 * ln(1 - f). Price, season and luck of the whole network move all pools alike and cancel. What is
 * found is a loss of the set: machines that left for AI, but also those that moved to another pool
 * or country. It is a 'US loss', never an 'AI loss'.
 */
#ifndef HASHTIDE_ANALYSIS_POOLS_H
#define HASHTIDE_ANALYSIS_POOLS_H

#include "analysis/csv.h"
#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOLS_SIZE_MAX ((size_t)4 << 20)
#define POOLS_ROWS_MAX 50000
#define POOLS_EPOCH_MOST 100000U
/** Blocks of an epoch. */
#define POOLS_EPOCH_BLOCKS 2016U
/** With fewer epochs nothing is known of how much the share wanders by itself. */
#define POOLS_EPOCHS_LEAST 8
/** With more the answer would take a while; Bitcoin gets there in 2085. */
#define POOLS_EPOCHS_MOST 2000
/** Blocks on either side of an epoch that counts: the model's cells are laid out for these. */
#define POOLS_BLOCKS_LEAST 20U
/** Names of the set, at most. */
#define POOLS_NAMES_MAX 32

/** An epoch: heights epoch x 2016 and up. */
struct pools_epoch {
    uint32_t epoch;
    uint32_t set; /* blocks of the set */
    uint32_t all; /* blocks of the epoch, as far as the table has them */
};

/** Epochs, oldest first. */
struct pools {
    struct pools_epoch *epochs; /* owned */
    size_t count;
};

enum pools_result {
    POOLS_READ,
    POOLS_REFUSED, /* for faults, all of which were told */
    POOLS_NO_MEMORY,
};

/** The set, unless it is named: Foundry, MARA and Luxor. Ends with NULL. */
extern const char *const pools_us[];
/** Whether a pool is of the set: one of the names (list ends with NULL) begins the pool's, letters
 *  of either case, as a whole word ("foundry" has "Foundry USA"). */
bool pools_in_set(const char *pool, const char *const *names);

/**
 * Reads CSV with the columns epoch, pool and blocks: all of it or nothing. text has len bytes and
 * room for one more; it is changed, and stays the caller's. An epoch with fewer than 2016 blocks is
 * a sample, and is taken as such; one with more is a fault, as is a pool that stands twice in an
 * epoch. fault may be NULL.
 */
enum pools_result pools_parse(struct pools *out, char *text, size_t len, const char *const *names,
                              csv_fault_fn fault, void *context);
/** A zeroed table is allowed. */
void pools_free(struct pools *pools);

/** sd, by luck alone, of the change of the log-odds between two samples of so many blocks each, of
 *  a set with this share: .026 for two quarters and 35 %. */
double pools_luck(double blocks, double share);

/** Which change is asked for. */
struct pools_question {
    size_t from, to; /* places in pools->epochs, from < to */
    size_t width;    /* epochs averaged at each end, moved inwards at the table's edges */
    double from_ehs; /* the network's hash rate at either end, mean over the same epochs */
    double to_ehs;
};

struct pools_answer {
    size_t from_first, to_first, width;      /* places that were averaged */
    struct site_figure from_share, to_share; /* of the network, 0 to 1 */
    struct site_figure log_odds;             /* change of theta */
    struct site_figure lost_share;           /* of the set, against the rest: 1 - exp(change) */
    struct site_figure lost_ehs;             /* the same in EH/s; negative: a gain */
    struct site_figure change_ehs; /* of the set's own EH/s, with all that moved the network */
    double switching;              /* posterior mean of sd, per ordinary epoch */
    double luck;                   /* sd of the change by luck alone */
};

/** Places that an end at this place averages: *first and the width that fits. */
void pools_end(size_t *first, size_t *width, const struct pools *pools, size_t place);
/** Why there is no answer, in a few words, or NULL. */
const char *pools_fault(const struct pools *pools, const struct pools_question *question);
/** Deterministic. The question has no fault. False without memory. */
bool pools_ask(struct pools_answer *out, const struct pools *pools,
               const struct pools_question *question);

#endif
