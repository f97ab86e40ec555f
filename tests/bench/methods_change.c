// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_change: false alarms, delays and extents of the change detector (bars C1-C4, C7), beside
 * a naive rule: the rate over 144 blocks against that over the 1,008 before them.
 */
#include "config.h"

#include "analysis/change.h"
#include "analysis/nowcast.h"
#include "analysis/synth.h"
#include "tests/bench/methods.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Blocks within which a change counts as found. */
#define FOUND_WITHIN 2016
/** Blocks after which a run without an alarm is given up: 10 years. */
#define WATCH_MAX 525600
/** The naive rule's windows, in blocks. */
#define SHORT_WINDOW 144
#define LONG_WINDOW 1008

/* ---- the naive rule ---- */

/** The last intervals, and their sums. */
struct naive {
    double u[SHORT_WINDOW + LONG_WINDOW];
    double recent, earlier; /* sums over the short window, and over the long one before it */
    size_t count;
};

/* By how much the log rate of the short window lies below the long one's. */
static double naive_update(struct naive *naive, double u)
{
    const size_t size = SHORT_WINDOW + LONG_WINDOW;
    double *oldest = &naive->u[naive->count % size];
    double *middle = &naive->u[(naive->count + size - SHORT_WINDOW) % size];

    if (naive->count >= size)
        naive->earlier -= *oldest;
    if (naive->count >= SHORT_WINDOW) {
        naive->recent -= *middle;
        naive->earlier += *middle;
    }
    *oldest = u;
    naive->recent += u;
    naive->count++;
    if (naive->count < size)
        return 0.0;
    return log(naive->recent / (SHORT_WINDOW - 1)) - log(naive->earlier / (LONG_WINDOW - 1));
}

/* ---- delays ---- */

/** A change that is made to happen, and how it is looked for. */
struct trial {
    const char *name;
    double daily_sd;
    double log_step;
    unsigned ramp; /* blocks over which it happens; 1 is a step */
    enum change_direction direction;
    double offset;
    double naive_threshold; /* 0: leave the naive rule out */
};

/** What became of repetitions of a trial. */
struct outcome {
    double median;      /* blocks; infinite where fewer than half found it */
    double found;       /* share within FOUND_WITHIN */
    double naive_found; /* share within FOUND_WITHIN, of the naive rule */
    double covered;     /* share of extents whose 90 % interval holds the true size */
    double overstated;  /* share of extents whose size is larger than the truth */
    double onset;       /* share of extents whose 95 % interval holds the true onset */
};

/** One made-up network with both detectors. */
struct bed {
    struct synth synth;
    struct change_model model;
    struct change_state state;
    struct naive naive;
    double history[CHANGE_SETTLE_BLOCKS + 2 * FOUND_WITHIN];
    uint32_t height;
};

static struct change_verdict bed_next(struct bed *bed, double *naive)
{
    struct synth_block block = synth_next(&bed->synth);

    bed->height = block.height;
    bed->history[block.height] = block.u;
    *naive = naive_update(&bed->naive, block.u);
    return change_update(&bed->state, &bed->model, block.height, block.u, 0.0);
}

static void bed_init(struct bed *bed, const struct trial *trial, uint64_t seed, uint64_t number)
{
    struct synth_options options = {
        .rate_ehs = 1.0, .daily_sd = trial->daily_sd, .yearly_growth = METHODS_GROWTH};
    double naive = 0.0;

    memset(bed, 0, sizeof *bed);
    bed->synth = synth_init(&options, seed, number);
    bed->model = change_model(trial->direction, trial->offset);
    bed->state = change_start((struct gamma_belief){400.0, 400.0});
    for (int i = 0; i < CHANGE_SETTLE_BLOCKS; i++)
        (void)bed_next(bed, &naive);
    bed->state = change_start(bed->state.null);
}

/* Adds one repetition's extent to the shares. */
static void judge_extent(struct outcome *sum, const struct bed *bed,
                         const struct change_verdict *verdict, const struct trial *trial)
{
    const struct change_history history = {
        .first = verdict->onset - CHANGE_LOCATE_BEFORE,
        .alarm = bed->height,
        .u = bed->history + verdict->onset - CHANGE_LOCATE_BEFORE,
        .count = bed->height - verdict->onset + CHANGE_LOCATE_BEFORE + 1,
        .walk = trial->daily_sd * trial->daily_sd / SYNTH_DAY_BLOCKS,
        .growth = METHODS_GROWTH / SYNTH_YEAR_BLOCKS,
    };
    struct change_extent extent;

    if (!change_locate(&extent, trial->direction, verdict, &history))
        abort();

    sum->covered += extent.log_size_lo <= trial->log_step && trial->log_step <= extent.log_size_hi;
    sum->overstated += fabs(extent.log_size) > fabs(trial->log_step);
    sum->onset +=
        extent.onset_lo <= CHANGE_SETTLE_BLOCKS && CHANGE_SETTLE_BLOCKS <= extent.onset_hi;
}

/* One repetition: the delay in blocks, or infinity. */
static double one_delay(struct outcome *sum, struct bed *bed, const struct trial *trial)
{
    double delay = HUGE_VAL;
    bool naive_found = false;

    for (unsigned i = 1; i <= 2 * FOUND_WITHIN; i++) {
        double naive = 0.0;
        struct change_verdict verdict;

        if (i <= trial->ramp)
            synth_step(&bed->synth, trial->log_step / trial->ramp);
        verdict = bed_next(bed, &naive);
        naive_found = naive_found || (i <= FOUND_WITHIN && naive > trial->naive_threshold);
        if (verdict.alarm && isinf(delay)) {
            delay = i;
            judge_extent(sum, bed, &verdict, trial);
        }
        if (i >= FOUND_WITHIN && !isinf(delay))
            break;
    }
    sum->found += delay <= FOUND_WITHIN;
    sum->naive_found += naive_found;
    return delay;
}

static struct outcome run_trial(struct methods *methods, const struct trial *trial, size_t reps)
{
    struct outcome sum = {0};
    struct bed *bed = malloc(sizeof *bed);
    double *delays = malloc(reps * sizeof *delays);
    double ended = 0.0;

    if (bed == NULL || delays == NULL)
        abort();
    for (size_t i = 0; i < reps; i++) {
        bed_init(bed, trial, methods->seed, 1000 + i);
        delays[i] = one_delay(&sum, bed, trial);
        ended += !isinf(delays[i]);
    }
    sum.median = methods_median(delays, reps);
    sum.found /= (double)reps;
    sum.naive_found /= (double)reps;
    sum.covered /= ended;
    sum.overstated /= ended;
    sum.onset /= ended;
    printf("  %-34s median %6.0f  found %5.1f %%", trial->name, sum.median, 100.0 * sum.found);
    if (trial->naive_threshold > 0.0)
        printf("  naive %5.1f %%", 100.0 * sum.naive_found);
    printf("  size in 90 %% interval %.3f, overstated %.2f, onset in 95 %% %.3f\n", sum.covered,
           sum.overstated, sum.onset);
    fflush(stdout);
    free(delays);
    free(bed);
    return sum;
}

/* ---- false alarms ---- */

/* Blocks to a false alarm at an offset of the grid, with its standard error. */
static double run_length(struct methods *methods, double daily_sd, double offset, size_t runs,
                         uint32_t blocks)
{
    struct change_null null = {.daily_sd = daily_sd, .yearly_growth = METHODS_GROWTH};
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_calibration sum = {0};
    size_t index = (size_t)llround((offset - CHANGE_GRID_FROM) / CHANGE_GRID_STEP);

    for (size_t i = 0; i < runs; i++)
        change_calibrate(&sum, &model, &null, blocks, false, methods->seed, i);
    return change_run_length(&sum, index);
}

/* The naive rule's threshold with one false alarm a year, found as the detector's is. */
static double naive_threshold(struct methods *methods, double daily_sd, size_t runs)
{
    enum { STEPS = 60 };
    double blocks[STEPS] = {0};
    double alarms[STEPS] = {0};

    for (size_t run = 0; run < runs; run++) {
        struct synth_options options = {
            .rate_ehs = 1.0, .daily_sd = daily_sd, .yearly_growth = METHODS_GROWTH};
        struct synth synth = synth_init(&options, methods->seed, 500000 + run);
        struct naive naive = {0};
        size_t step = 0;

        for (uint32_t i = 0; i < 3 * (uint32_t)SYNTH_YEAR_BLOCKS; i++) {
            double fall = naive_update(&naive, synth_next(&synth).u);

            for (; step < STEPS && fall >= 0.1 + 0.005 * (double)step; step++) {
                blocks[step] += i + 1.0;
                alarms[step] += 1.0;
            }
        }
        for (; step < STEPS; step++)
            blocks[step] += 3.0 * SYNTH_YEAR_BLOCKS;
    }
    for (size_t step = 0; step < STEPS; step++)
        if (blocks[step] >= SYNTH_YEAR_BLOCKS * alarms[step])
            return 0.1 + 0.005 * (double)step;
    return 0.1 + 0.005 * STEPS;
}

/* What it costs in false alarms to judge silence all the time. */
static void silences(struct methods *methods)
{
    const size_t runs = methods_count(methods, 200, 30);
    struct change_null null = {.daily_sd = 0.015, .yearly_growth = METHODS_GROWTH};
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_calibration plain = {0};
    struct change_calibration silent = {0};

    for (size_t i = 0; i < runs; i++) {
        change_calibrate(&plain, &model, &null, WATCH_MAX, false, methods->seed, i);
        change_calibrate(&silent, &model, &null, WATCH_MAX, true, methods->seed, i);
    }
    printf(
        "change: offset for one false alarm a year at 1.5 %% a day: %+.2f judged at blocks, %+.2f "
        "judged in silence too\n",
        change_calibrated_offset(&plain, 1.0), change_calibrated_offset(&silent, 1.0));
}

static void falls_restless(struct methods *methods)
{
    const size_t reps = methods_count(methods, 500, 40);
    struct trial trial = {.name = "fall 10 %", .daily_sd = 0.015, .log_step = log(0.9), .ramp = 1};
    double threshold = naive_threshold(methods, 0.015, methods_count(methods, 300, 40));
    double length = run_length(methods, 0.015, 0.0, methods_count(methods, 500, 50), WATCH_MAX);
    struct outcome outcome;

    printf("change: 1.5 %% a day, offset 0 (%zu repetitions; naive rule: fall > %.3f)\n", reps,
           threshold);
    methods_bar(methods, "C1", length >= 46e3 && length <= 68e3,
                "%.1fk blocks to a false alarm, 46k to 68k wanted", length / 1e3);
    trial.naive_threshold = threshold;
    (void)run_trial(methods, &trial, reps);
    trial.name = "fall 15 %";
    trial.log_step = log(0.85);
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C2", outcome.found >= 0.70, "15 %%: %.1f %% found, 70 wanted",
                100.0 * outcome.found);
    methods_bar(methods, "C4", outcome.found - outcome.naive_found >= 0.25,
                "15 %%: %.1f points more than the naive rule, 25 wanted",
                100.0 * (outcome.found - outcome.naive_found));
    trial.name = "fall 20 %";
    trial.log_step = log(0.8);
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C2", outcome.median <= 380.0, "20 %%: median %.0f, 380 wanted",
                outcome.median);
    trial.name = "fall 30 %";
    trial.log_step = log(0.7);
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C2", outcome.median <= 150.0, "30 %%: median %.0f, 150 wanted",
                outcome.median);
    methods_bar(methods, "size", outcome.covered >= 0.85 && outcome.covered <= 0.95,
                "30 %%: 90 %% interval of the size holds it %.3f, .85 to .95 wanted",
                outcome.covered);
    trial.name = "fall 50 %";
    trial.log_step = log(0.5);
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C2", outcome.median <= 38.0, "50 %%: median %.0f, 38 wanted",
                outcome.median);
    trial.name = "fall 20 % over 1008 blocks";
    trial.log_step = log(0.8);
    trial.ramp = 1008;
    (void)run_trial(methods, &trial, reps);
}

static void falls_calm(struct methods *methods)
{
    const size_t reps = methods_count(methods, 500, 40);
    struct trial trial = {
        .name = "fall 15 %", .daily_sd = 0.0075, .log_step = log(0.85), .ramp = 1, .offset = -1.03};
    struct outcome outcome;

    printf("change: 0.75 %% a day, offset -1.03 (%zu repetitions)\n", reps);
    trial.naive_threshold = naive_threshold(methods, 0.0075, methods_count(methods, 300, 40));
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C3", outcome.found >= 0.84, "15 %%: %.1f %% found, 84 wanted",
                100.0 * outcome.found);
    methods_bar(methods, "C4", outcome.found - outcome.naive_found >= 0.25,
                "15 %%: %.1f points more than the naive rule, 25 wanted",
                100.0 * (outcome.found - outcome.naive_found));
    trial.name = "fall 20 %";
    trial.log_step = log(0.8);
    outcome = run_trial(methods, &trial, reps);
    methods_bar(methods, "C3", outcome.found >= 0.97, "20 %%: %.1f %% found, 97 wanted",
                100.0 * outcome.found);
}

static void rises(struct methods *methods)
{
    const size_t reps = methods_count(methods, 500, 40);
    static const double sds[] = {0.0075, 0.015};

    for (size_t i = 0; i < sizeof sds / sizeof sds[0]; i++) {
        struct trial trial = {.name = "rise 30 %",
                              .daily_sd = sds[i],
                              .log_step = log(1.3),
                              .ramp = 1,
                              .direction = CHANGE_RISE};
        struct outcome outcome;

        trial.offset = change_offset(CHANGE_RISE, sds[i], 1.0);
        printf("change: rises at %.2f %% a day, offset %.2f\n", 100.0 * sds[i], trial.offset);
        outcome = run_trial(methods, &trial, reps);
        methods_bar(methods, "C7", outcome.found >= 0.95, "%.1f %% found, 95 wanted",
                    100.0 * outcome.found);
    }
}

/* ---- the nowcast after a change, with the alarm's help and without ---- */

/** Blocks after a fall at which a row of the table ends. */
static const unsigned lags[] = {50, 100, 200, 400, 800, 1500};
#define LAGS (sizeof lags / sizeof lags[0])

/** How often intervals held the truth, by lag. */
struct coverage {
    double count[LAGS], plain[LAGS], widened[LAGS];
};

static bool holds(const struct nowcast_estimate *estimate, double log_rate)
{
    return estimate->lo95 <= exp(log_rate) && exp(log_rate) <= estimate->hi95;
}

/* One network that loses 30 %, followed by a nowcast and by a detector. */
static void cover_one(struct coverage *coverage, const struct nowcast_model *model, uint64_t seed,
                      uint64_t number)
{
    const struct synth_options options = {.rate_ehs = 1.0, .daily_sd = 0.01};
    struct synth synth = synth_init(&options, seed, number);
    struct change_model change = change_model(CHANGE_FALL, 0.0);
    struct nowcast_state nowcast = nowcast_start(model, options.rate_ehs);
    struct change_state state = change_start(nowcast.filter[NOWCAST_FILTERS - 1]);
    bool alarmed = false;
    size_t row = 0;

    for (uint32_t i = 0; i < CHANGE_SETTLE_BLOCKS + lags[LAGS - 1]; i++) {
        struct synth_block block;
        struct nowcast_estimate plain;
        struct nowcast_estimate widened;
        struct change_verdict verdict;

        if (i == CHANGE_SETTLE_BLOCKS)
            synth_step(&synth, log(0.7));
        block = synth_next(&synth);
        nowcast_update(&nowcast, model, i, block.u, 0.0);
        verdict = change_update(&state, &change, i, block.u, 0.0);
        if (verdict.alarm)
            state = change_start(change_adopted(&state, verdict.size));
        if (i < CHANGE_SETTLE_BLOCKS)
            continue;
        alarmed = alarmed || verdict.alarm;
        plain = nowcast_estimate(&nowcast, model);
        widened = alarmed ? nowcast_widened(&plain, state.null) : plain;
        row += i - CHANGE_SETTLE_BLOCKS >= lags[row];
        coverage->count[row] += 1.0;
        coverage->plain[row] += holds(&plain, block.log_rate);
        coverage->widened[row] += holds(&widened, block.log_rate);
    }
}

static void widening(struct methods *methods)
{
    const size_t reps = methods_count(methods, 200, 40);
    const struct nowcast_model model = nowcast_model(NOWCAST_BATCH_ARRIVALS);
    struct coverage coverage = {0};
    double plain = 0.0;
    double widened = 0.0;

    for (size_t i = 0; i < reps; i++)
        cover_one(&coverage, &model, methods->seed, 70000 + i);
    printf("nowcast after a fall of 30 %%, 1 %% a day (%zu repetitions)\n  blocks since", reps);
    for (size_t row = 0; row < LAGS; row++)
        printf("  <%5u", lags[row]);
    printf("\n  95 %% interval");
    for (size_t row = 0; row < LAGS; row++)
        printf("   %.3f", coverage.plain[row] / coverage.count[row]);
    printf("\n  once alarmed ");
    for (size_t row = 0; row < LAGS; row++) {
        printf("   %.3f", coverage.widened[row] / coverage.count[row]);
        plain += coverage.plain[row];
        widened += coverage.widened[row];
    }
    printf("\n");
    methods_bar(methods, "widening", widened > plain,
                "truth held in %+.1f %% more blocks, > 0 wanted", 100.0 * (widened / plain - 1.0));
}

void methods_change(struct methods *methods)
{
    falls_restless(methods);
    falls_calm(methods);
    rises(methods);
    silences(methods);
    widening(methods);
}

void methods_calibrate(struct methods *methods)
{
    static const double sds[] = {0.005, 0.0075, 0.01, 0.015, 0.02};
    const size_t runs = methods_count(methods, 500, 50);

    for (int direction = CHANGE_FALL; direction <= CHANGE_RISE; direction++) {
        printf("    {\n");
        for (size_t s = 0; s < sizeof sds / sizeof sds[0]; s++) {
            struct change_null null = {.daily_sd = sds[s], .yearly_growth = METHODS_GROWTH};
            struct change_model model = change_model((enum change_direction)direction, 0.0);
            struct change_calibration sum = {0};

            for (size_t i = 0; i < runs; i++)
                change_calibrate(&sum, &model, &null, WATCH_MAX / 2, false, methods->seed, i);
            printf("        {");
            for (size_t i = 0; i < CHANGE_GRID; i += 2)
                printf("%s%.2f", i == 0 ? "" : ", ", log(change_run_length(&sum, i)));
            printf("},\n");
            fflush(stdout);
        }
        printf("    },\n");
    }
}
