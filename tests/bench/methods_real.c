// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_real: what the estimators make of real blocks: which predicts them best (bar A4), which
 * changes are found (C5), how good forecasts of past retargets would have been (D2). In part these
 * data were seen when the methods were chosen.
 */
#include "config.h"

#include "analysis/change.h"
#include "analysis/forecast.h"
#include "analysis/interval.h"
#include "analysis/volatility.h"
#include "chain/compact.h"
#include "tests/bench/methods.h"
#include "tests/bench/methods_follow.h"
#include "tests/bench/methods_score.h"
#include "tests/support/records.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define EXAHASH 1e18
#define SECONDS_OF_YEAR (365.2425 * 86400.0)
/** Expected hashes of a block of difficulty 1: 2^256 / (0xffff x 2^208). */
#define DIFFICULTY_ONE_HASHES (0x1p48 / 65535.0)
/** Columns of mainnet-epochs.csv. */
#define EPOCH_DIFFICULTY 2
#define EPOCH_TIME 3
#define EPOCH_RATE 12
/** Columns of the arrivals: height, hash, then observers' times in milliseconds. */
#define ARRIVAL_TIME 2
#define ARRIVAL_OBSERVERS 3

/** Consecutive real blocks. */
struct real {
    const char *name;
    uint32_t first; /* height */
    size_t count;
    double *time_s; /* as stamped, or as they arrived */
    double *work_eh;
    uint32_t batch; /* that the nowcast scores */
    const struct vectors *epochs;
};

static double *new_array(size_t count)
{
    double *array = calloc(count, sizeof *array);

    if (array == NULL) {
        printf("no memory for %zu blocks\n", count);
        exit(EXIT_FAILURE);
    }
    return array;
}

static void real_free(struct real *real)
{
    free(real->time_s);
    free(real->work_eh);
}

static double work_of_epoch(const struct vectors *epochs, size_t epoch)
{
    return vectors_at(epochs, epoch, EPOCH_DIFFICULTY) * DIFFICULTY_ONE_HASHES / EXAHASH;
}

/* The earliest observer's time of a row, in seconds. */
static double arrival_of(const struct vectors *rows, size_t row)
{
    double earliest = HUGE_VAL;

    for (size_t i = 0; i < ARRIVAL_OBSERVERS; i++)
        earliest = fmin(earliest, vectors_at(rows, row, ARRIVAL_TIME + i));
    return earliest / 1000.0;
}

static bool load_arrivals(struct real *real, const struct vectors *epochs)
{
    struct vectors rows;

    *real = (struct real){.name = "arrivals", .batch = NOWCAST_BATCH_ARRIVALS, .epochs = epochs};
    if (!vectors_read(&rows, "arrivals-777616-821121.csv.gz"))
        return false;
    real->first = (uint32_t)vectors_at(&rows, 0, 0);
    real->time_s = new_array(rows.rows);
    real->work_eh = new_array(rows.rows);
    for (size_t row = 0; row < rows.rows; row++) {
        size_t i = (size_t)vectors_at(&rows, row, 0) - real->first;
        double time = arrival_of(&rows, row);

        /* Of two hashes at one height, the earlier: which one lasted is not told. */
        if (i < real->count)
            time = fmin(time, real->time_s[i]);
        else
            real->count = i + 1;
        real->time_s[i] = time;
        real->work_eh[i] = work_of_epoch(epochs, (real->first + i) / EPOCH_BLOCKS);
    }
    vectors_free(&rows);
    return true;
}

static bool load_headers(struct real *real, const struct vectors *epochs)
{
    struct records records = {0};

    *real = (struct real){
        .name = "headers", .first = 822528, .batch = NOWCAST_BATCH_HEADERS, .epochs = epochs};
    if (!records_load_shared(&records, "headers/mainnet-822528-830592.bin"))
        return false;
    real->count = records.count;
    real->time_s = new_array(real->count);
    real->work_eh = new_array(real->count);
    for (size_t i = 0; i < records.count; i++) {
        struct header header;

        header_decode(&header, records_at(&records, i));
        real->time_s[i] = header.time;
        real->work_eh[i] = u256_to_double(compact_work(header.bits)) / EXAHASH;
    }
    records_free(&records);
    return true;
}

/** A walk through real blocks. */
struct replay {
    const struct real *real;
    struct follow follow;
    struct interval_clock clock;
    struct interval interval; /* of the block just taken */
};

static void replay_init(struct replay *replay, const struct real *real, uint32_t batch)
{
    size_t epoch = real->first / EPOCH_BLOCKS;

    *replay = (struct replay){.real = real};
    follow_init(&replay->follow, vectors_at(real->epochs, epoch - 1, EPOCH_RATE), batch);
    replay->follow.rates_known = true;
    for (size_t i = 0; i < real->epochs->rows && i < FOLLOW_EPOCHS; i++)
        replay->follow.rates[i] = vectors_at(real->epochs, i, EPOCH_RATE);
    follow_epoch(&replay->follow, real->first);
}

/* Takes block i; false where it has no interval. */
static bool replay_next(struct replay *replay, size_t i)
{
    const struct real *real = replay->real;

    if (!interval_next(&replay->interval, &replay->clock, real->time_s[i], real->work_eh[i]))
        return false;
    follow_next(&replay->follow, real->first + (uint32_t)i, replay->interval.u);
    return true;
}

/* ---- A4: prediction of batches of six blocks, beside the rate of a window plugged in ---- */

#define SCORED_BATCH 6
#define WARM_BLOCKS 2016

/* Log density of the batch's sum, by the bank as it was before. */
static double bank_density(const struct follow *before, double sum)
{
    double top = -HUGE_VAL;
    double terms[NOWCAST_FILTERS];
    double logs[NOWCAST_FILTERS];
    double weights = 0.0;
    double density = 0.0;

    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        struct gamma_belief belief =
            gamma_discounted(before->state.filter[j], before->model.keep_batch[j],
                             exp(-before->drift * before->model.batch));

        logs[j] = before->model.log_prior[j] + before->state.score[j];
        terms[j] = gamma_log_density_of_sum(belief, before->model.batch, sum);
        top = fmax(top, logs[j]);
    }
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        weights += exp(logs[j] - top);
        density += exp(logs[j] - top + terms[j]);
    }
    return log(density / weights);
}

static double plugged_density(double rate, double sum)
{
    return SCORED_BATCH * log(rate) + (SCORED_BATCH - 1) * log(sum) - rate * sum -
           lgamma(SCORED_BATCH);
}

static void predict(struct methods *methods, const struct real *real)
{
    static const size_t windows[] = {120, 144, 504, 1008, 2016};
    enum { WINDOWS = sizeof windows / sizeof windows[0] };
    double *sums = new_array(real->count + 1); /* running sums of u */
    double gain[WINDOWS] = {0};
    struct replay replay;
    struct follow before;

    replay_init(&replay, real, SCORED_BATCH);
    before = replay.follow;
    for (size_t i = 0; i < real->count; i++) {
        uint32_t height = real->first + (uint32_t)i;

        if (height % SCORED_BATCH == 0)
            before = replay.follow;
        sums[i + 1] = sums[i] + (replay_next(&replay, i) ? replay.interval.u : 0.0);
        if (height % EPOCH_BLOCKS == 0)
            before.drift = replay.follow.drift;
        if (height % SCORED_BATCH != SCORED_BATCH - 1 || i < WARM_BLOCKS + SCORED_BATCH)
            continue;
        for (size_t w = 0; w < WINDOWS; w++) {
            size_t end = i + 1 - SCORED_BATCH;
            double n = (double)windows[w];
            double rate = (n - 1.0) / (sums[end] - sums[end - windows[w]]);
            double sum = sums[i + 1] - sums[end];

            gain[w] += bank_density(&before, sum) - plugged_density(rate, sum);
        }
    }
    printf("%s: nats of prediction that the bank gains on a window's rate:", real->name);
    for (size_t w = 0; w < WINDOWS; w++)
        printf("  %zu: %+.1f", windows[w], gain[w]);
    printf("\n");
    if (real->batch == NOWCAST_BATCH_ARRIVALS) {
        methods_bar(methods, "A4", gain[1] >= 125.0, "144: %+.1f nats, +125 wanted", gain[1]);
        methods_bar(methods, "A4", gain[4] >= -8.0, "2016: %+.1f nats, -8 wanted", gain[4]);
    }
    free(sums);
}

/* ---- C5: changes ---- */

/** What a detector is told, and what it said. */
struct watch {
    enum change_direction direction;
    double offset;
    unsigned alarms;
    uint32_t first_alarm; /* height */
};

static void watch_real(struct watch *watch, const struct real *real)
{
    struct change_model model = change_model(watch->direction, watch->offset);
    struct change_state state;
    struct replay replay;

    replay_init(&replay, real, real->batch);
    state = change_start(replay.follow.state.filter[NOWCAST_FILTERS - 1]);
    printf("  %s, offset %+.2f\n", watch->direction == CHANGE_FALL ? "falls" : "rises",
           watch->offset);
    for (size_t i = 0; i < real->count; i++) {
        uint32_t height = real->first + (uint32_t)i;
        struct change_verdict verdict;

        if (!replay_next(&replay, i))
            continue;
        verdict = change_update(&state, &model, height, replay.interval.u, 0.0);
        if (!verdict.alarm)
            continue;
        printf("    alarm at %u, judged from %u\n", height, verdict.onset);
        state = change_start(change_adopted(&state, verdict.size));
        if (watch->alarms++ == 0)
            watch->first_alarm = height;
    }
}

/** The fall of January 2024 in the headers, and how far from it is near. */
#define FALL_HEIGHT 826102
#define FALL_NEAR 10

static void changes(struct methods *methods, const struct real *real)
{
    struct watch watches[] = {
        {.direction = CHANGE_FALL, .offset = 0.0},
        {.direction = CHANGE_FALL, .offset = change_offset(CHANGE_FALL, 0.015, 1.0)},
        {.direction = CHANGE_RISE, .offset = change_offset(CHANGE_RISE, 0.015, 1.0)},
    };

    printf("%s: changes\n", real->name);
    for (size_t i = 0; i < sizeof watches / sizeof watches[0]; i++) {
        struct watch *watch = &watches[i];

        watch_real(watch, real);
        if (watch->direction == CHANGE_RISE)
            continue;
        if (real->batch == NOWCAST_BATCH_ARRIVALS)
            methods_bar(methods, "C5", watch->alarms == 0, "%u alarms, none wanted", watch->alarms);
        else
            methods_bar(methods, "C5",
                        watch->alarms == 1 && watch->first_alarm + FALL_NEAR >= FALL_HEIGHT &&
                            watch->first_alarm <= FALL_HEIGHT + FALL_NEAR,
                        "%u alarms, the first at %u; one wanted at %d +- %d", watch->alarms,
                        watch->first_alarm, FALL_HEIGHT, FALL_NEAR);
    }
}

/* ---- intervals ---- */

/** Intervals of one test: a week. */
#define TESTED_INTERVALS 1008

static void intervals(const struct real *real)
{
    double x[TESTED_INTERVALS];
    struct replay replay;
    size_t filled = 0;
    unsigned tests = 0;
    unsigned below = 0;

    replay_init(&replay, real, real->batch);
    for (size_t i = 0; i < real->count; i++) {
        struct interval_test test;
        double rate = nowcast_estimate(&replay.follow.state, &replay.follow.model).ehs;

        if (!replay_next(&replay, i))
            continue;
        x[filled++] = replay.interval.u * rate;
        if (filled < TESTED_INTERVALS)
            continue;
        tests += interval_exponential(&test, x, filled);
        below += test.p < 0.05;
        filled = 0;
    }
    printf("%s: %.2f %% of blocks stamped before their parent; weeks whose intervals are not "
           "exponential at 5 %%: %u of %u\n",
           real->name, 100.0 * interval_negative_share(&replay.clock), below, tests);
}

/* ---- D2: retargets ---- */

/* Time of the last `blocks` blocks before block first; by the epoch's mean where blocks are not
 * here. */
static double seconds_before(const struct real *real, size_t first, size_t blocks)
{
    size_t epoch = (real->first + first) / EPOCH_BLOCKS;

    if (first >= blocks)
        return real->time_s[first] - real->time_s[first - blocks];
    return (vectors_at(real->epochs, epoch, EPOCH_TIME) -
            vectors_at(real->epochs, epoch - 1, EPOCH_TIME)) *
           (double)blocks / EPOCH_BLOCKS;
}

static void one_forecast(struct score *score, const struct replay *replay, size_t first,
                         uint32_t done)
{
    const struct real *real = replay->real;
    size_t epoch = (real->first + first) / EPOCH_BLOCKS;
    struct nowcast_estimate estimate =
        nowcast_estimate(&replay->follow.state, &replay->follow.model);
    struct forecast_input input = {
        .log_mean = estimate.mean,
        .log_variance = estimate.variance,
        .walk = estimate.walk,
        .drift = replay->follow.drift,
        .work_eh = real->work_eh[first],
        .elapsed_s = real->time_s[first + done] - real->time_s[first],
        .done = done,
    };
    struct forecast_past past = {
        .elapsed_s = input.elapsed_s,
        .done = done,
        .previous_ratio =
            work_of_epoch(real->epochs, epoch) / work_of_epoch(real->epochs, epoch - 1),
    };

    if (done < SCORE_MEMPOOL_BLOCKS)
        past.before_s = seconds_before(real, first, SCORE_MEMPOOL_BLOCKS - done);
    score_add(score, &input, &past,
              work_of_epoch(real->epochs, epoch + 1) / work_of_epoch(real->epochs, epoch));
}

static void retargets(struct score *scores, const struct real *real)
{
    struct replay replay;

    replay_init(&replay, real, real->batch);
    for (size_t i = 0; i < real->count; i++) {
        uint32_t height = real->first + (uint32_t)i;
        uint32_t done = height % EPOCH_BLOCKS;

        (void)replay_next(&replay, i);
        /* Complete epochs only. */
        if (done > i || i + (EPOCH_BLOCKS - 1 - done) >= real->count)
            continue;
        for (size_t k = 0; k < SCORE_POINTS; k++)
            if (done == score_points[k])
                one_forecast(&scores[k], &replay, i - done, done);
    }
}

static void judge_retargets(struct methods *methods, const struct score scores[SCORE_POINTS])
{
    printf("real retargets: errors of the ratio in %% (%.0f epochs)\n", scores[0].count);
    score_print(scores);
    for (size_t k = 0; k < SCORE_POINTS; k++) {
        double relative = scores[k].error / scores[k].mempool;
        double covered = scores[k].covered / scores[k].count;
        double most = score_points[k] <= 504 ? 0.92 : 1.10;

        methods_bar(methods, "D2", relative <= most && covered >= 0.88,
                    "m = %u: %.3f of mempool's error, %.2f wanted; coverage %.3f, .88 wanted",
                    score_points[k], relative, most, covered);
    }
}

/* ---- volatility of past years, by epochs ---- */

/** Most epochs of a period. */
#define PERIOD_EPOCHS 300

static void volatility_of(const struct vectors *epochs, const char *name, double from, double to)
{
    double y[PERIOD_EPOCHS];
    struct volatility_series series = {.log_rate = y, .batch = VOLATILITY_BATCH_EPOCH};
    struct volatility_fit fit;
    struct volatility_moments moments;

    for (size_t i = 0; i < epochs->rows && series.count < PERIOD_EPOCHS; i++) {
        double year = 1970.0 + vectors_at(epochs, i, EPOCH_TIME) / SECONDS_OF_YEAR;
        double rate = vectors_at(epochs, i, EPOCH_RATE);

        if (year >= from && year < to && rate > 0.0)
            y[series.count++] = volatility_log_rate(EPOCH_BLOCKS / rate, VOLATILITY_BATCH_EPOCH);
    }
    if (series.count > 1) /* growth is no volatility */
        series.drift = (y[series.count - 1] - y[0]) / (double)(series.count - 1) / EPOCH_BLOCKS;
    if (volatility_fit(&fit, &series) && volatility_moments(&moments, &series))
        printf("  %-9s %4.2f [%4.2f, %4.2f] %% a day; changes from epoch to epoch %4.1f %%, net of "
               "luck %4.1f %%, correlation %+.2f\n",
               name, 100.0 * fit.daily_sd, 100.0 * fit.lo95, 100.0 * fit.hi95,
               100.0 * moments.change_sd, 100.0 * moments.net_sd, moments.correlation);
}

static void volatilities(const struct vectors *epochs)
{
    printf("volatility of real epochs\n");
    volatility_of(epochs, "2016-17", 2016.0, 2018.0);
    volatility_of(epochs, "2018-19", 2018.0, 2020.0);
    volatility_of(epochs, "2020-21", 2020.0, 2022.0);
    volatility_of(epochs, "2022-23", 2022.0, 2024.0);
    volatility_of(epochs, "2024", 2024.0, 2025.0);
    volatility_of(epochs, "2025", 2025.0, 2026.0);
    volatility_of(epochs, "2024-", 2024.0, 2030.0);
    volatility_of(epochs, "2026-", 2026.0, 2030.0);
}

void methods_real(struct methods *methods)
{
    struct vectors epochs;
    struct real runs[2];
    struct score scores[SCORE_POINTS] = {0};

    if (!vectors_read(&epochs, "mainnet-epochs.csv"))
        return;
    if (load_arrivals(&runs[0], &epochs) && load_headers(&runs[1], &epochs)) {
        for (size_t i = 0; i < 2; i++) {
            intervals(&runs[i]);
            predict(methods, &runs[i]);
            changes(methods, &runs[i]);
            retargets(scores, &runs[i]);
            real_free(&runs[i]);
        }
        judge_retargets(methods, scores);
    }
    volatilities(&epochs);
    vectors_free(&epochs);
}
