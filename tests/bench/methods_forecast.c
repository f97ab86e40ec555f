// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_forecast: forecasts of the next retarget on made-up chains, beside what others would say
 * (bar D1).
 */
#include "config.h"

#include "analysis/forecast.h"
#include "tests/bench/methods.h"
#include "tests/bench/methods_follow.h"
#include "tests/bench/methods_score.h"

#include <math.h>
#include <stdio.h>

/** Epochs of a path that are forecast, after the warm-up. */
#define JUDGED_EPOCHS 60

static double seconds_between(const struct path *path, size_t from, size_t to)
{
    return path->time_s[to] - path->time_s[from];
}

/* Work of the epoch that begins at this block. */
static double work_at(const struct path *path, size_t first)
{
    return path->work_eh[first + 1] - path->work_eh[first];
}

/* One forecast: block first began the epoch, `done` more have come. Entry i + 1 of a path is the
 * state after block i. */
static void one_forecast(struct score *score, const struct follow *follow, const struct path *path,
                         size_t first, uint32_t done)
{
    struct nowcast_estimate estimate = nowcast_estimate(&follow->state, &follow->model);
    struct forecast_input input = {
        .log_mean = estimate.mean,
        .log_variance = estimate.variance,
        .walk = estimate.walk,
        .drift = follow->drift,
        .work_eh = work_at(path, first),
        .elapsed_s = seconds_between(path, first + 1, first + 1 + done),
        .done = done,
    };
    struct forecast_past past = {.elapsed_s = input.elapsed_s, .done = done};

    if (done < SCORE_MEMPOOL_BLOCKS)
        past.before_s = seconds_between(path, first + 1 - (SCORE_MEMPOOL_BLOCKS - done), first + 1);
    past.previous_ratio = input.work_eh / work_at(path, first - EPOCH_BLOCKS);
    score_add(score, &input, &past, work_at(path, first + EPOCH_BLOCKS) / input.work_eh);
}

static void one_path(struct score *scores, uint64_t seed, uint64_t number)
{
    const struct synth_options options = {
        .rate_ehs = 1.0, .daily_sd = 0.01, .yearly_growth = METHODS_GROWTH};
    const size_t epochs = FOLLOW_WARM_EPOCHS + JUDGED_EPOCHS;
    struct path path = path_make(&options, (epochs + 1) * EPOCH_BLOCKS, seed, number);
    struct follow follow;

    follow_init(&follow, options.rate_ehs, NOWCAST_BATCH_ARRIVALS);
    for (size_t i = 0; i < epochs * EPOCH_BLOCKS; i++) {
        follow_next(&follow, (uint32_t)i, path.u[i + 1] - path.u[i]);
        for (size_t k = 0; k < SCORE_POINTS && i >= FOLLOW_WARM_EPOCHS * EPOCH_BLOCKS; k++)
            if (i % EPOCH_BLOCKS == score_points[k])
                one_forecast(&scores[k], &follow, &path, i - score_points[k], score_points[k]);
    }
    path_free(&path);
}

void methods_forecast(struct methods *methods)
{
    struct score scores[SCORE_POINTS] = {0};
    const size_t paths = methods_count(methods, 20, 2);

    for (size_t i = 0; i < paths; i++)
        one_path(scores, methods->seed, 9000 + i);
    printf("forecast: errors of the ratio in %%, 1 %% a day (%zu epochs)\n", paths * JUDGED_EPOCHS);
    score_print(scores);
    for (size_t k = 0; k < SCORE_POINTS; k++) {
        double relative = scores[k].error / scores[k].mempool;
        double crps = scores[k].crps / scores[k].mempool;
        double covered = scores[k].covered / scores[k].count;
        bool early = score_points[k] <= 504;
        double most = early ? 0.90 : 1.02;

        methods_bar(methods, "D1", relative <= most && (!early || crps <= 0.62),
                    "m = %u: %.3f of mempool's error, %.2f wanted; CRPS %.3f", score_points[k],
                    relative, most, crps);
        methods_bar(methods, "D1", covered >= 0.92 && covered <= 0.99,
                    "m = %u: coverage %.3f, .92 to .99 wanted", score_points[k], covered);
    }
}
