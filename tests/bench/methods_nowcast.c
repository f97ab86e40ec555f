// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_nowcast: error and coverage of the nowcast beside plain windows, and what no estimator
 * can go below (bars A1-A3). With q the walk's variance per block, a filter that knew q would have
 * the variance P = (-q + sqrt(q^2 + 4q)) / 2.
 */
#include "config.h"

#include "tests/bench/methods.h"
#include "tests/bench/methods_follow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** Blocks of a path that are judged, after the warm-up: 16 epochs. */
#define JUDGED_BLOCKS 32256
#define WARM_BLOCKS (FOLLOW_WARM_EPOCHS * EPOCH_BLOCKS)
/** Every how many blocks an error is taken: neighbours tell the same. */
#define JUDGED_EACH 3
/** Of history as it is known afterwards, which costs three times as much: one path in so many, and
 *  an error every so many blocks. */
#define SMOOTHED_PATHS 4
#define SMOOTHED_EACH 36

/** So many times as many paths where the walk is calm: errors last longer there, and it takes more
 * of them for a mean that does not miss its bar by chance. */
#define CALM_PATHS 3

static const size_t windows[] = {144, 504, 1008, 2016};
#define WINDOWS (sizeof windows / sizeof windows[0])
/** Blocks of the figure that Bitcoin Core gives. */
#define CORE_BLOCKS 120

/** Sums of squared errors of the log rate. */
struct errors {
    double count;
    double bank, covered;
    double core;
    double window[WINDOWS];
    double smooth_count; /* of history as it is known afterwards */
    double smooth, smooth_covered;
};

static double squared(double x)
{
    return x * x;
}

static void judge(struct errors *errors, const struct follow *follow, const struct path *path,
                  size_t i)
{
    struct nowcast_estimate estimate = nowcast_estimate(&follow->state, &follow->model);
    double truth = path->log_rate[i];
    double core = (path->work_eh[i] - path->work_eh[i - CORE_BLOCKS]) /
                  (path->time_s[i] - path->time_s[i - CORE_BLOCKS]);

    errors->count += 1.0;
    errors->bank += squared(estimate.mean - truth);
    errors->covered += estimate.lo95 <= exp(truth) && exp(truth) <= estimate.hi95;
    errors->core += squared(log(core) - truth);
    for (size_t w = 0; w < WINDOWS; w++) {
        double n = (double)windows[w];

        errors->window[w] +=
            squared(log((n - 1.0) / (path->u[i] - path->u[i - windows[w]])) - truth);
    }
}

/* The same path as it is known afterwards, up to two epochs before its end, where afterwards is
 * hardly later than then. */
static void one_smoothed(struct errors *errors, const struct path *path)
{
    struct nowcast_series series = {.count = path->blocks};
    double *u = path_array(path->blocks);
    double *drift = path_array(path->blocks);
    struct nowcast_smoother *smoother;
    struct follow follow;

    series.u = u;
    series.drift = drift;
    follow_init(&follow, 1.0, NOWCAST_BATCH_ARRIVALS);
    for (size_t i = 0; i < path->blocks; i++) {
        u[i] = path->u[i + 1] - path->u[i];
        follow_next(&follow, (uint32_t)i, u[i]);
        drift[i] = follow.drift;
    }
    smoother = nowcast_smoother_new(&follow.model, &series);
    follow_init(&follow, 1.0, NOWCAST_BATCH_ARRIVALS);
    for (size_t i = 0; smoother != NULL && i < path->blocks - 2 * (size_t)EPOCH_BLOCKS; i++) {
        struct nowcast_estimate estimate;
        double truth = path->log_rate[i + 1];

        follow_next(&follow, (uint32_t)i, u[i]);
        if (i < WARM_BLOCKS || i % SMOOTHED_EACH != 0)
            continue;
        estimate = nowcast_smoothed(smoother, &follow.state, i);
        errors->smooth_count += 1.0;
        errors->smooth += squared(estimate.mean - truth);
        errors->smooth_covered += estimate.lo95 <= exp(truth) && exp(truth) <= estimate.hi95;
    }
    nowcast_smoother_free(smoother);
    free(u);
    free(drift);
}

static void one_path(struct errors *errors, double daily_sd, uint64_t seed, uint64_t number)
{
    const struct synth_options options = {
        .rate_ehs = 1.0, .daily_sd = daily_sd, .yearly_growth = METHODS_GROWTH};
    struct path path = path_make(&options, WARM_BLOCKS + JUDGED_BLOCKS, seed, number);
    struct follow follow;

    follow_init(&follow, options.rate_ehs, NOWCAST_BATCH_ARRIVALS);
    for (size_t i = 1; i <= path.blocks; i++) {
        follow_next(&follow, (uint32_t)(i - 1), path.u[i] - path.u[i - 1]);
        if (i > WARM_BLOCKS && i % JUDGED_EACH == 0)
            judge(errors, &follow, &path, i);
    }
    if (number % SMOOTHED_PATHS == 0)
        one_smoothed(errors, &path);
    path_free(&path);
}

static double rms(double sum, const struct errors *errors)
{
    return sqrt(sum / errors->count);
}

static double best_window(const struct errors *errors)
{
    double best = HUGE_VAL;

    for (size_t w = 0; w < WINDOWS; w++)
        best = fmin(best, rms(errors->window[w], errors));
    return best;
}

void methods_nowcast(struct methods *methods)
{
    static const double sds[] = {0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05};
    const size_t paths = methods_count(methods, 48, 2);

    printf(
        "nowcast: RMS error of the log rate (%zu paths of %d blocks for each row, %d times as many "
        "below 1 %% a day)\n",
        paths, JUDGED_BLOCKS, CALM_PATHS);
    printf("  sd/day   bound    bank   cov95    Core     144     504    1008    2016"
           "  afterwards  cov95\n");
    for (size_t s = 0; s < sizeof sds / sizeof sds[0]; s++) {
        struct errors errors = {0};
        double q = squared(sds[s]) / SYNTH_DAY_BLOCKS;
        double bound = sqrt((-q + sqrt(q * q + 4.0 * q)) / 2.0);
        double most = sds[s] < 0.0075 ? 1.22 : 1.12;
        double bank;
        double covered;

        for (size_t i = 0; i < (sds[s] < 0.01 ? CALM_PATHS * paths : paths); i++)
            one_path(&errors, sds[s], methods->seed, 1000 * s + i);
        bank = rms(errors.bank, &errors);
        covered = errors.covered / errors.count;
        printf("  %5.2f %%  %.4f  %.4f  %.4f  %.4f", 100.0 * sds[s], bound, bank, covered,
               rms(errors.core, &errors));
        for (size_t w = 0; w < WINDOWS; w++)
            printf("  %.4f", rms(errors.window[w], &errors));
        printf("      %.4f  %.4f\n", sqrt(errors.smooth / errors.smooth_count),
               errors.smooth_covered / errors.smooth_count);
        methods_bar(methods, "A1", bank <= most * bound && bank <= best_window(&errors),
                    "%.3f of the bound, %.2f wanted; %.3f of the best window, 1 wanted",
                    bank / bound, most, bank / best_window(&errors));
        methods_bar(methods, "A2", covered >= 0.90 && covered <= 0.995,
                    "coverage %.3f, .90 to .995 wanted", covered);
        if (sds[s] == 0.01)
            methods_bar(methods, "A3", bank <= 0.37 * rms(errors.core, &errors),
                        "%.3f of Core's error, .37 wanted", bank / rms(errors.core, &errors));
    }
}
