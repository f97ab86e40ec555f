// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synth: see synth.h.
 */
#include "config.h"

#include "analysis/synth.h"

#include <assert.h>
#include <math.h>

/** Bitcoin's rule of difficulty: blocks of an epoch, its aim, and the most that it moves. */
#define EPOCH_BLOCKS 2016
#define EPOCH_AIM_S 1209600.0
#define SPACING_S 600.0
#define RATIO_MAX 4.0

struct synth synth_init(const struct synth_options *options, uint64_t seed, uint64_t number)
{
    assert(options->rate_ehs > 0.0 && options->daily_sd >= 0.0);
    return (struct synth){
        .random = random_init(seed, number),
        .log_rate = log(options->rate_ehs),
        .growth_per_block = options->yearly_growth / SYNTH_YEAR_BLOCKS,
        .sd_per_block = options->daily_sd / sqrt(SYNTH_DAY_BLOCKS),
        .work_eh = SPACING_S * options->rate_ehs,
    };
}

/* The epoch's last block fixes the work of the next one. */
static void retarget(struct synth *synth)
{
    double ratio = EPOCH_AIM_S / synth->epoch_elapsed_s;

    synth->work_eh *= fmin(fmax(ratio, 1.0 / RATIO_MAX), RATIO_MAX);
}

struct synth_block synth_next(struct synth *synth)
{
    struct synth_block block = {.height = synth->height, .work_eh = synth->work_eh};

    synth->log_rate += synth->growth_per_block;
    if (synth->sd_per_block > 0.0)
        synth->log_rate += synth->sd_per_block * random_normal(&synth->random);
    block.log_rate = synth->log_rate;
    block.u = random_exponential(&synth->random) * exp(-synth->log_rate);
    block.dt_s = block.u * synth->work_eh;

    synth->epoch_elapsed_s =
        synth->height % EPOCH_BLOCKS == 0 ? 0.0 : synth->epoch_elapsed_s + block.dt_s;
    if (synth->height % EPOCH_BLOCKS == EPOCH_BLOCKS - 1)
        retarget(synth);
    synth->height++;
    return block;
}
