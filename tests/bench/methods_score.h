// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_score: how good forecasts of the retarget were, ours and others', at points of an epoch.
 */
#ifndef HASHTIDE_TESTS_BENCH_METHODS_SCORE_H
#define HASHTIDE_TESTS_BENCH_METHODS_SCORE_H

#include "analysis/forecast.h"

#include <stdint.h>

/** Points of the epoch (blocks after its first) at which forecasts are made. */
#define SCORE_POINTS 7
extern const uint32_t score_points[SCORE_POINTS];
/** Before this point the mempool rule looks back into the last epoch. */
#define SCORE_MEMPOOL_BLOCKS 503

/** Sums over forecasts at one point. */
struct score {
    double count;
    double linear, mempool; /* absolute errors of the others */
    double error, crps;     /* absolute error of our median; score of the distribution */
    double covered;         /* how many central 95 % held the truth */
};

void score_add(struct score *score, const struct forecast_input *input,
               const struct forecast_past *past, double truth);
/** Prints means in percent, a line for each point. */
void score_print(const struct score scores[SCORE_POINTS]);

#endif
