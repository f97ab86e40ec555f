// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_volatility: volatility net of luck from one simulated year of blocks, and from four years
 * of epochs (bars B1, B2); power of the tests of a rise.
 */
#include "config.h"

#include "analysis/synth.h"
#include "analysis/volatility.h"
#include "tests/bench/methods.h"

#include <math.h>
#include <stdio.h>

/** Batches of one year of blocks, and epochs of four years. */
#define YEAR_BATCHES 1460
#define EPOCHS 104

/** What repetitions gave. */
struct tally {
    double count, sum, square; /* of estimates, and of their squared errors */
    double covered;
    double naive; /* sd of changes */
};

static void make_series(double *y, size_t count, unsigned batch, double daily_sd, uint64_t seed,
                        uint64_t number)
{
    const struct synth_options options = {.rate_ehs = 1.0, .daily_sd = daily_sd};
    struct synth synth = synth_init(&options, seed, number);

    for (size_t i = 0; i < count; i++) {
        double sum = 0.0;

        for (unsigned k = 0; k < batch; k++)
            sum += synth_next(&synth).u;
        y[i] = volatility_log_rate(sum, batch);
    }
}

static struct tally repeat(struct methods *methods, size_t count, unsigned batch, double daily_sd,
                           size_t reps)
{
    struct tally tally = {0};
    double y[YEAR_BATCHES];
    struct volatility_series series = {.log_rate = y, .count = count, .batch = batch};

    for (size_t i = 0; i < reps; i++) {
        struct volatility_fit fit;
        struct volatility_moments moments;

        make_series(y, count, batch, daily_sd, methods->seed, 20000 + i);
        (void)volatility_fit(&fit, &series);
        (void)volatility_moments(&moments, &series);
        tally.count += 1.0;
        tally.sum += fit.daily_sd;
        tally.square += (fit.daily_sd - daily_sd) * (fit.daily_sd - daily_sd);
        tally.covered += fit.lo95 <= daily_sd && daily_sd <= fit.hi95;
        tally.naive += moments.change_sd;
    }
    printf("  %5.2f %%  mean %5.3f  RMSE %.3f  coverage %.3f  naive %.2f\n", 100.0 * daily_sd,
           100.0 * tally.sum / tally.count, 100.0 * sqrt(tally.square / tally.count),
           tally.covered / tally.count, 100.0 * tally.naive / tally.count);
    return tally;
}

static void of_blocks(struct methods *methods)
{
    static const double sds[] = {0.005, 0.01, 0.015, 0.02, 0.03};
    const size_t reps = methods_count(methods, 1000, 50);

    printf("volatility: percent a day, one year of blocks (%zu repetitions)\n", reps);
    for (size_t s = 0; s < sizeof sds / sizeof sds[0]; s++) {
        struct tally tally = repeat(methods, YEAR_BATCHES, VOLATILITY_BATCH, sds[s], reps);
        double bias = tally.sum / tally.count / sds[s] - 1.0;
        double rms = 100.0 * sqrt(tally.square / tally.count);
        double covered = tally.covered / tally.count;

        if (sds[s] < 0.01)
            continue;
        methods_bar(methods, "B1", fabs(bias) <= 0.05 && covered >= 0.89,
                    "bias %+.1f %%, 5 wanted; coverage %.3f, .89 wanted", 100.0 * bias, covered);
        if (sds[s] == 0.01)
            methods_bar(methods, "B1", rms <= 0.28, "RMSE %.3f points, .28 wanted", rms);
    }
}

static void of_epochs(struct methods *methods)
{
    const size_t reps = methods_count(methods, 500, 50);
    struct tally tally;
    double mean;

    printf("volatility: percent a day, %d epochs (%zu repetitions)\n", EPOCHS, reps);
    tally = repeat(methods, EPOCHS, VOLATILITY_BATCH_EPOCH, 0.0075, reps);
    mean = 100.0 * tally.sum / tally.count;
    methods_bar(methods, "B2", mean >= 0.70 && mean <= 0.88 && tally.covered / tally.count >= 0.86,
                "mean %.3f %%, .70 to .88 wanted; coverage %.3f, .86 wanted", mean,
                tally.covered / tally.count);
}

/* Two years of blocks of which the second is as restless as the first: p, power and time. */
static void of_rises(struct methods *methods)
{
    static const char *const names[] = {"walk", "transient", "changes"};
    double y[2 * YEAR_BATCHES];
    struct volatility_series before = {y, YEAR_BATCHES, VOLATILITY_BATCH, 0.0};
    struct volatility_series after = {y + YEAR_BATCHES, YEAR_BATCHES, VOLATILITY_BATCH, 0.0};

    make_series(y, 2 * YEAR_BATCHES, VOLATILITY_BATCH, 0.01, methods->seed, 30000);
    printf("volatility: has it risen? two equal years at 1 %% a day\n");
    for (int question = VOLATILITY_WALK; question <= VOLATILITY_CHANGES; question++) {
        struct volatility_risen_options options = {
            .question = (enum volatility_question)question, .rounds = 99, .seed = methods->seed};
        struct volatility_risen risen;

        if (volatility_risen(&risen, &before, &after, &options))
            printf("  %-9s %.4f -> %.4f  p %.2f  power at x1.5 %.2f, at x2 %.2f\n", names[question],
                   risen.before, risen.after, risen.p, risen.power15, risen.power20);
    }
}

void methods_volatility(struct methods *methods)
{
    of_blocks(methods);
    of_epochs(methods);
    of_rises(methods);
}
