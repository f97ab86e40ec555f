// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_score: see methods_score.h.
 */
#include "config.h"

#include "tests/bench/methods_score.h"

#include <math.h>
#include <stdio.h>

const uint32_t score_points[SCORE_POINTS] = {0, 144, 288, 504, 1008, 1512, 1872};

void score_add(struct score *score, const struct forecast_input *input,
               const struct forecast_past *past, double truth)
{
    struct forecast forecast = forecast_make(input);
    struct forecast_record record = forecast_ratio_record(&forecast);

    score->count += 1.0;
    score->linear += fabs(forecast_linear(past) - truth);
    score->mempool += fabs(forecast_mempool(past) - truth);
    score->error += fabs(forecast_median(&record) - truth);
    score->crps += forecast_crps(&record, truth);
    score->covered += forecast_covers95(&record, truth);
}

void score_print(const struct score scores[SCORE_POINTS])
{
    printf("     m  linear  mempool    ours    CRPS   cov95\n");
    for (size_t k = 0; k < SCORE_POINTS; k++) {
        const struct score *score = &scores[k];

        printf("  %4u  %6.3f   %6.3f  %6.3f  %6.3f   %.3f\n", score_points[k],
               100.0 * score->linear / score->count, 100.0 * score->mempool / score->count,
               100.0 * score->error / score->count, 100.0 * score->crps / score->count,
               score->covered / score->count);
    }
}
