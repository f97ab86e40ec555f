// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_follow: a nowcast that follows a chain block by block as the program does: drift anew at
 * each retarget, from the mean rates of past epochs. And the made-up chains that it follows.
 */
#ifndef HASHTIDE_TESTS_BENCH_METHODS_FOLLOW_H
#define HASHTIDE_TESTS_BENCH_METHODS_FOLLOW_H

#include "analysis/nowcast.h"
#include "analysis/synth.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EPOCH_BLOCKS 2016
/** Epochs that a follower remembers: mainnet's, with room. */
#define FOLLOW_EPOCHS 600
/** Epochs after which the drift has all the history that it looks at. */
#define FOLLOW_WARM_EPOCHS 27

struct follow {
    struct nowcast_model model;
    struct nowcast_state state;
    double drift;
    double epoch_sum; /* of u in this epoch */
    uint32_t epoch_blocks;
    bool rates_known;            /* rates are given, and not to be filed */
    double rates[FOLLOW_EPOCHS]; /* mean rate of each epoch by its number, 0 where not known */
};

/** Begins at a rate (EH/s), scoring batches of this many blocks. */
void follow_init(struct follow *follow, double rate_ehs, uint32_t batch);
/** Begins epoch height / EPOCH_BLOCKS: what is known of the one before is filed, drift is set. */
void follow_epoch(struct follow *follow, uint32_t height);
/** Takes the next block's interval, in seconds per exahash. */
void follow_next(struct follow *follow, uint32_t height, double u);

/** A made-up chain with running sums, so that any window is a difference: entry i is the state
 * after i blocks, and entry 0 is all zeros. */
struct path {
    size_t blocks;
    double *u;        /* sum of intervals */
    double *time_s;   /* sum of seconds */
    double *work_eh;  /* sum of work */
    double *log_rate; /* the truth at block i - 1, in entry i */
};

/** Zeros, to be freed by free(). Ends the program when memory is short. */
double *path_array(size_t count);
/** Ends the program when memory is short. */
struct path path_make(const struct synth_options *options, size_t blocks, uint64_t seed,
                      uint64_t number);
void path_free(struct path *path);

#endif
