// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synth: block intervals of a made-up network, to calibrate detectors and to check estimators
 * against a truth that is known.
 *
 * The log hash rate grows steadily, walks at random by an equal variance per block, and takes the
 * steps that the caller gives it. Each interval is exponential with rate H / W; difficulty follows
 * by the rule of 2,016 blocks and its limits. Times are exact: header-time noise is the caller's.
 */
#ifndef HASHTIDE_ANALYSIS_SYNTH_H
#define HASHTIDE_ANALYSIS_SYNTH_H

#include "analysis/random.h"

#include <stdint.h>

/** Blocks of a day and of a year at 600 seconds each. */
#define SYNTH_DAY_BLOCKS 144.0
#define SYNTH_YEAR_BLOCKS 52560.0

struct synth_options {
    double rate_ehs;      /* EH/s at the start, > 0 */
    double daily_sd;      /* of the log hash rate's walk over 144 blocks, >= 0 */
    double yearly_growth; /* of the log hash rate over 52,560 blocks */
};

/** One block as it was made. */
struct synth_block {
    uint32_t height;
    double dt_s;     /* interval before it */
    double work_eh;  /* expected exahashes of it */
    double u;        /* dt_s / work_eh */
    double log_rate; /* the truth: ln of EH/s while it was looked for */
};

/** The generator; copy it to replay it. */
struct synth {
    struct random_stream random;
    double log_rate;
    double growth_per_block;
    double sd_per_block;
    double work_eh;
    double epoch_elapsed_s; /* since the time of the epoch's first block */
    uint32_t height;        /* of the next block */
};

/** Begins at height 0 with the difficulty that suits the rate. */
struct synth synth_init(const struct synth_options *options, uint64_t seed, uint64_t number);
/** The next block. */
struct synth_block synth_next(struct synth *synth);
/** Moves the log hash rate at once; a ramp is a small step for each block. */
static inline void synth_step(struct synth *synth, double log_change)
{
    synth->log_rate += log_change;
}

#endif
