// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what an engine says of a chain. It is what the plain estimators say when they
 * are called one by one; on real headers with default settings exactly one fall is found, that of
 * 17 January 2024, and on the arrivals of 2023 none; and on chains that are hostile or absurd every
 * figure is finite, or says why it is not there.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/synth.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "tests/support/check.h"
#include "tests/support/figures.h"
#include "tests/support/records.h"
#include "tests/support/vectors.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAHASH 1e18
#define EPOCH_BLOCKS 2016
#define EPOCHS_MAX 600

static double work_eh(uint32_t bits)
{
    return compact_expected_hashes(bits) / EXAHASH;
}

static double uniform(struct test_random *random)
{
    return ((double)(test_random_u64(random) >> 11) + 0.5) * 0x1p-53;
}

static void connect_block(struct engine *engine, uint32_t height, uint32_t bits, int64_t time_ms,
                          int64_t arrival_ms)
{
    struct engine_block block = {height, bits, time_ms, arrival_ms};

    ck_assert(engine_connect(engine, &block));
}

/* ---- the plain estimators ---- */

/** Estimators by hand, over a chain of one epoch table's difficulty. */
struct plain {
    struct nowcast_model model;
    struct nowcast_state nowcast;
    struct change_model detectors[2];
    struct change_state states[2];
    struct interval_clock clock;
    double rates[EPOCHS_MAX];
    size_t epochs;
    double drift;
    double epoch_sum;
    uint32_t epoch_blocks;
    double below[36]; /* seconds by which the last blocks lay below the running maximum */
    size_t alarms;
    struct change_verdict last;
    double batch_sum[2000];
    size_t batches;
    uint32_t batch_blocks;
};

/* Of falls, those that are built in. No luck makes a rise: what guards those is not plain. */
static struct change_offsets plain_offsets(void)
{
    return (struct change_offsets){1, {0.015}, {{change_offset(CHANGE_FALL, 0.015, 1.0)}, {100.0}}};
}

static void plain_init(struct plain *plain, double rate)
{
    memset(plain, 0, sizeof *plain);
    plain->model = nowcast_model(NOWCAST_BATCH_HEADERS);
    plain->nowcast = nowcast_start(&plain->model, rate);
    plain->rates[plain->epochs++] = rate;
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        plain->detectors[way] = change_model(way, plain_offsets().offset[way][0]);
        plain->states[way] = change_start(plain->nowcast.filter[NOWCAST_FILTERS - 1]);
    }
}

static void plain_alarm(struct plain *plain, enum change_direction way,
                        const struct change_verdict *verdict)
{
    plain->alarms++;
    plain->last = *verdict;
    plain->states[way] = change_start(change_adopted(&plain->states[way], verdict->size));
}

/* The second largest. */
static double second(const double *values, size_t count)
{
    double largest = 0.0;
    double second = 0.0;

    for (size_t i = 0; i < count; i++) {
        second = fmax(second, fmin(largest, values[i]));
        largest = fmax(largest, values[i]);
    }
    return second;
}

/* A fall is raised by a block that is later than all before it, if it stands without the time that
 * was contradicted. */
static void plain_detect(struct plain *plain, uint32_t height, double u, double work)
{
    double below = plain->below[height % 36];
    double hidden = second(plain->below, 36) / work;
    struct change_verdict fall =
        change_standing(&plain->states[CHANGE_FALL], &plain->detectors[CHANGE_FALL], 0.0);
    struct change_verdict rise;

    if (below < 0.0 && fall.alarm &&
        change_standing(&plain->states[CHANGE_FALL], &plain->detectors[CHANGE_FALL], hidden).alarm)
        plain_alarm(plain, CHANGE_FALL, &fall);
    (void)change_update(&plain->states[CHANGE_FALL], &plain->detectors[CHANGE_FALL], height, u,
                        0.0);
    rise =
        change_update(&plain->states[CHANGE_RISE], &plain->detectors[CHANGE_RISE], height, u, 0.0);
    if (rise.alarm)
        plain_alarm(plain, CHANGE_RISE, &rise);
}

static void plain_next(struct plain *plain, uint32_t height, uint32_t time, uint32_t bits)
{
    struct interval interval;

    if (height % EPOCH_BLOCKS == 0 && plain->epoch_blocks > 0) {
        plain->rates[plain->epochs++] = plain->epoch_blocks / plain->epoch_sum;
        plain->epoch_sum = 0.0;
        plain->epoch_blocks = 0;
        if (plain->epochs > 26)
            plain->drift =
                nowcast_drift(plain->rates[plain->epochs - 1], plain->rates[plain->epochs - 27]);
    }
    if (height % VOLATILITY_BATCH == 0) {
        plain->batch_blocks = 0;
        plain->batch_sum[plain->batches++] = 0.0;
    }
    plain->below[height % 36] = plain->clock.running ? plain->clock.latest_s - time : 0.0;
    if (!interval_next(&interval, &plain->clock, time, work_eh(bits)))
        return;
    plain->batch_sum[plain->batches - 1] += interval.u;
    plain->batch_blocks++;
    plain->epoch_sum += interval.u;
    plain->epoch_blocks++;
    nowcast_update(&plain->nowcast, &plain->model, height, interval.u, plain->drift);
    plain_detect(plain, height, interval.u, work_eh(bits));
}

#define PLAIN_FIRST (EPOCH_BLOCKS * 100)
#define PLAIN_BLOCKS (EPOCH_BLOCKS * 12 + 910)

static void compare_volatility(struct engine *engine, const struct plain *plain)
{
    struct engine_volatility volatility = engine_volatility(engine);
    double log_rate[2000];
    struct volatility_fit fit;
    /* The first batch lacks its first interval, the last is not complete, and the one before is not
     * shown yet. */
    struct volatility_series series = {log_rate + 1, plain->batches - 3, VOLATILITY_BATCH,
                                       plain->drift};

    for (size_t i = 1; i < plain->batches; i++)
        log_rate[i] = volatility_log_rate(plain->batch_sum[i], VOLATILITY_BATCH);
    ck_assert(volatility_fit(&fit, &series));
    ck_assert_int_eq(volatility.status, ENGINE_OK);
    ck_assert_uint_eq(volatility.blocks, series.count * VOLATILITY_BATCH);
    ck_assert_double_eq(volatility.daily_sd, fit.daily_sd);
    ck_assert_double_eq(volatility.lo95, fit.lo95);
    ck_assert_double_eq(volatility.hi95, fit.hi95);
}

static void compare_window(const struct engine *engine, const struct window_sample *samples,
                           uint32_t wanted)
{
    uint32_t tip = engine_tip(engine);
    struct window_estimate by_hand =
        window_hashrate(samples + PLAIN_BLOCKS - 1 - wanted, wanted + 1, tip, wanted);
    struct window_estimate window = engine_window(engine, wanted);

    ck_assert_int_eq(window.status, by_hand.status);
    ck_assert_uint_eq(window.from_height, by_hand.from_height);
    ck_assert_uint_eq(window.blocks, by_hand.blocks);
    ck_assert_double_eq_tol(window.ehs, by_hand.ehs, 1e-9 * by_hand.ehs);
    ck_assert_double_eq_tol(window.lo95, by_hand.lo95, 1e-9 * by_hand.lo95);
}

static void compare_hashrate(const struct engine *engine, const struct plain *plain)
{
    struct engine_hashrate rate = engine_hashrate(engine, ENGINE_AT_TIP);
    struct nowcast_estimate by_hand = nowcast_estimate(&plain->nowcast, &plain->model);

    ck_assert_double_eq(rate.drift, plain->drift);
    if (rate.widened)
        by_hand = nowcast_widened(
            &by_hand,
            plain->states[engine_change(engine, engine_change_count(engine) - 1).direction].null);
    ck_assert_double_eq(rate.estimate.ehs, by_hand.ehs);
    ck_assert_double_eq(rate.estimate.hi95, by_hand.hi95);
}

static void compare_forecast(const struct engine *engine, const struct window_sample *samples,
                             uint32_t bits)
{
    struct engine_hashrate rate = engine_hashrate(engine, ENGINE_AT_TIP);
    struct engine_forecast forecast = engine_forecast(engine, ENGINE_AT_TIP);
    uint32_t done = engine_tip(engine) % EPOCH_BLOCKS;
    double latest_s = 0.0;
    struct forecast_input input = {
        .log_mean = rate.estimate.mean,
        .log_variance = rate.estimate.variance,
        .walk = rate.estimate.walk,
        .drift = rate.drift,
        .work_eh = work_eh(bits),
        .done = done,
    };
    struct forecast by_hand;

    for (size_t i = 0; i < PLAIN_BLOCKS; i++)
        latest_s = fmax(latest_s, samples[i].time);
    input.elapsed_s = latest_s - samples[PLAIN_BLOCKS - 1 - done].time;
    by_hand = forecast_make(&input);
    ck_assert_uint_eq(forecast.to_come, by_hand.to_come);
    ck_assert_uint_eq(forecast.height % EPOCH_BLOCKS, 0);
    ck_assert_double_eq(forecast.ratio, forecast_ratio(&by_hand, 0.5));
    ck_assert_double_eq(forecast.seconds_hi95, forecast_seconds(&by_hand, 0.975));
    ck_assert_double_eq_tol(forecast.difficulty, compact_difficulty(bits) * forecast.ratio,
                            1e-9 * forecast.difficulty);
}

START_TEST(test_plain_estimators)
{
    const double past[] = {250.0};
    struct engine_options options = engine_defaults();
    struct test_random random = test_random_init(test_seed(), 1);
    struct window_sample *samples = calloc(PLAIN_BLOCKS, sizeof *samples);
    struct plain *plain = calloc(1, sizeof *plain);
    struct engine *engine = NULL;
    uint32_t bits = 0x1707a429u; /* some 150 EH/s times 600 s */
    uint32_t time = 1500000000;

    options.past_rates = past;
    options.past_count = 1;
    options.offsets = plain_offsets();
    engine = engine_new(&options);
    ck_assert(engine != NULL && samples != NULL && plain != NULL);
    plain_init(plain, past[0]);
    for (uint32_t i = 0; i < PLAIN_BLOCKS; i++) {
        uint32_t height = PLAIN_FIRST + i;
        double rate = i < PLAIN_BLOCKS - 1200 ? 250.0 : 140.0;

        if (height % EPOCH_BLOCKS == 0)
            bits = i / EPOCH_BLOCKS % 2 == 0 ? 0x1707a429u : 0x1707c429u;
        time += (uint32_t)(-log(uniform(&random)) * work_eh(bits) / rate);
        samples[i] =
            (struct window_sample){time - test_random_below(&random, 30), work_eh(bits) * EXAHASH};
        connect_block(engine, height, bits, (int64_t)samples[i].time * 1000, ENGINE_NO_ARRIVAL);
        plain_next(plain, height, (uint32_t)samples[i].time, bits);
    }
    ck_assert_uint_ge(engine_change_count(engine), 1);
    ck_assert_uint_eq(engine_change_count(engine), plain->alarms);
    ck_assert_uint_eq(engine_change(engine, plain->alarms - 1).verdict.onset, plain->last.onset);
    ck_assert_double_eq(engine_change(engine, plain->alarms - 1).verdict.excess,
                        plain->last.excess);
    compare_hashrate(engine, plain);
    compare_window(engine, samples, 144);
    compare_window(engine, samples, 5000);
    compare_volatility(engine, plain);
    compare_forecast(engine, samples, bits);
    engine_free(engine);
    free(plain);
    free(samples);
}
END_TEST

/* ---- real chains ---- */

/* Mean rates of the epochs before a height, from the built-in table. */
static size_t past_rates(double *rates, uint32_t first)
{
    struct epoch_row row;
    struct epoch_row next;
    size_t count = 0;

    for (uint32_t height = 0; height + EPOCH_BLOCKS <= first; height += EPOCH_BLOCKS) {
        ck_assert(epochs_find(&row, height) && epochs_find(&next, height + EPOCH_BLOCKS));
        rates[count++] = EPOCH_BLOCKS * work_eh(row.bits) / ((double)next.time - row.time);
    }
    return count;
}

START_TEST(test_real_headers)
{
    struct engine_options options = engine_defaults();
    struct records records = {0};
    double rates[EPOCHS_MAX];
    struct engine *engine = NULL;
    struct engine_extent extent;
    const char *fault = NULL;

    if (!records_load_shared(&records, "headers/mainnet-822528-830592.bin"))
        return;
    options.past_rates = rates;
    options.past_count = past_rates(rates, 822528);
    engine = engine_new(&options);
    for (size_t i = 0; i < records.count; i++) {
        struct header header;

        header_decode(&header, records_at(&records, i));
        connect_block(engine, 822528 + (uint32_t)i, header.bits, (int64_t)header.time * 1000,
                      ENGINE_NO_ARRIVAL);
    }
    ck_assert_uint_eq(engine_change_count(engine), 1);
    ck_assert_int_eq(engine_change(engine, 0).direction, CHANGE_FALL);
    ck_assert_uint_ge(engine_change(engine, 0).alarm, 826092);
    ck_assert_uint_le(engine_change(engine, 0).alarm, 826112);
    extent = engine_extent(engine, 0);
    /* The odds that doc/METHODS.md gives, at one false alarm a year. */
    ck_assert_double_eq_tol(log(extent.confidence / (1.0 - extent.confidence)),
                            0.6 * extent.extent.log_evidence - 1.45, 1e-9);
    ck_assert_int_eq(extent.status, ENGINE_OK);
    ck_assert_double_lt(extent.extent.log_size, 0.0);
    ck_assert_uint_gt(extent.recovered_height, 826112); /* within weeks */
    ck_assert_uint_eq(engine_scored_count(engine), 4);
    fault = figures_fault(engine, ENGINE_AT_TIP);
    ck_assert_msg(fault == NULL, "%s", fault);
    engine_free(engine);
    records_free(&records);
}
END_TEST

/* The earliest observer's time of a row, in milliseconds. */
static double arrival_of(const struct vectors *rows, size_t row)
{
    double earliest = HUGE_VAL;

    for (size_t i = 2; i < 5; i++)
        earliest = fmin(earliest, vectors_at(rows, row, i));
    return earliest;
}

START_TEST(test_real_arrivals)
{
    struct engine_options options = engine_defaults();
    struct vectors rows;
    double rates[EPOCHS_MAX];
    struct engine *engine = NULL;
    struct epoch_row epoch = {0};
    struct engine_intervals intervals;

    if (!vectors_read(&rows, "arrivals-777616-821121.csv.gz"))
        return;
    options.arrivals = true;
    options.past_rates = rates;
    options.past_count = past_rates(rates, 777616 - 777616 % EPOCH_BLOCKS);
    engine = engine_new(&options);
    for (size_t row = 0; row < rows.rows; row++) {
        uint32_t height = (uint32_t)vectors_at(&rows, row, 0);
        int64_t arrival_ms = (int64_t)arrival_of(&rows, row);

        /* Of two hashes at one height, the earlier: which one lasted is not told. */
        if (row > 0 && height == engine_tip(engine)) {
            struct engine_block other = engine_block_at(engine, height);

            if (other.arrival_ms <= arrival_ms)
                continue;
            engine_disconnect(engine, height - 1);
        }
        if (row == 0 || height % EPOCH_BLOCKS == 0)
            ck_assert(epochs_find(&epoch, height - height % EPOCH_BLOCKS));
        connect_block(engine, height, epoch.bits, arrival_ms / 1000 * 1000, arrival_ms);
    }
    ck_assert_uint_eq(engine_tip(engine), 821121);
    ck_assert_uint_eq(engine_change_count(engine), 0);
    intervals = engine_intervals(engine, 1008);
    ck_assert_int_eq(intervals.status, ENGINE_OK);
    ck_assert_double_gt(intervals.test.p, 1e-4);
    engine_free(engine);
    vectors_free(&rows);
}
END_TEST

/* ---- hostile chains ---- */

/** What a hostile chain does at its i-th block. */
struct hostile {
    const char *name;
    uint32_t first;
    uint32_t (*bits)(uint32_t height, struct test_random *random);
    int64_t (*time_s)(int64_t before_s, uint32_t height, struct test_random *random);
};

#define TINY_BITS 0x207fffffu
#define REAL_BITS 0x1703a30cu

static uint32_t steady(uint32_t height, struct test_random *random)
{
    (void)height, (void)random;
    return REAL_BITS;
}

static uint32_t tiny(uint32_t height, struct test_random *random)
{
    (void)height, (void)random;
    return TINY_BITS;
}

/* The largest work that nBits can say. */
static uint32_t largest(uint32_t height, struct test_random *random)
{
    (void)height, (void)random;
    return 0x03000001u;
}

static uint32_t by_four(uint32_t height, struct test_random *random)
{
    (void)random;
    return height / EPOCH_BLOCKS % 2 == 0 ? 0x17010000u : 0x17040000u;
}

/* Testnet's 20-minute rule: work falls to nearly nothing for single blocks. */
static uint32_t with_least(uint32_t height, struct test_random *random)
{
    (void)height;
    return test_random_one_in(random, 3) ? 0x1d00ffffu : REAL_BITS;
}

static uint32_t anything(uint32_t height, struct test_random *random)
{
    (void)height;
    return (3 + test_random_below(random, 30)) << 24 | (1 + test_random_below(random, 0x7ffffe));
}

static int64_t usual(int64_t before_s, uint32_t height, struct test_random *random)
{
    (void)height;
    return before_s + (int64_t)(-600.0 * log(uniform(random)));
}

static int64_t backwards(int64_t before_s, uint32_t height, struct test_random *random)
{
    (void)height, (void)random;
    return before_s - 1;
}

static int64_t standing(int64_t before_s, uint32_t height, struct test_random *random)
{
    (void)height, (void)random;
    return before_s;
}

static int64_t thousand_a_second(int64_t before_s, uint32_t height, struct test_random *random)
{
    (void)random;
    return before_s + (height % 1000 == 0);
}

static int64_t short_epoch(int64_t before_s, uint32_t height, struct test_random *random)
{
    return height / EPOCH_BLOCKS % 3 == 1 ? before_s + 128 : usual(before_s, height, random);
}

static int64_t at_the_end(int64_t before_s, uint32_t height, struct test_random *random)
{
    (void)before_s, (void)height;
    return test_random_one_in(random, 2) ? UINT32_MAX : test_random_below(random, UINT32_MAX);
}

static int64_t with_gaps(int64_t before_s, uint32_t height, struct test_random *random)
{
    return height % 500 == 0 ? before_s + 40000000 : usual(before_s, height, random);
}

static const struct hostile hostiles[] = {
    {"backwards", 0, steady, backwards},
    {"standing", 2016, steady, standing},
    {"thousand a second", 5, steady, thousand_a_second},
    {"by four", 4032, by_four, usual},
    {"short epoch", 2016 * 5, by_four, short_epoch},
    {"tiny", 0, tiny, usual},
    {"tiny at once", 0, tiny, thousand_a_second},
    {"largest", 2016, largest, usual},
    {"regtest", 3, tiny, standing},
    {"testnet", 2016 * 7, with_least, usual},
    {"anything", 11, anything, at_the_end},
    {"the end of time", 2016, steady, at_the_end},
    {"gaps of a year", 999, steady, with_gaps},
    {"any work", 2016 * 9, anything, usual},
};

#define HOSTILE_BLOCKS (3 * EPOCH_BLOCKS + 50)

static int64_t odd_arrival(int64_t time_s, struct test_random *random)
{
    switch (test_random_below(random, 6)) {
    case 0:
        return ENGINE_NO_ARRIVAL;
    case 1:
        return time_s * 1000 - 86400000;
    case 2:
        return INT64_MAX;
    case 3:
        return INT64_MIN + 1;
    default:
        return time_s * 1000 + test_random_below(random, 5000);
    }
}

/* Asked at the first `count` of some moments. */
static void assert_sane(struct engine *engine, const char *name, int64_t time_s, size_t count)
{
    const int64_t moments[] = {
        (time_s + 600) * 1000,   ENGINE_AT_TIP, INT64_MAX, INT64_MIN + 1, 0, -5,
        (time_s + 86400) * 1000,
    };

    for (size_t i = 0; i < count && i < sizeof moments / sizeof moments[0]; i++) {
        const char *fault = figures_fault(engine, moments[i]);

        ck_assert_msg(fault == NULL, "%s: %s at height %u, now %lld", name, fault,
                      engine_tip(engine), (long long)moments[i]);
    }
}

static void run_hostile(const struct hostile *hostile, bool arrivals)
{
    static const double past[] = {-1.0, NAN, HUGE_VAL, 1e-300, 0.0};
    struct engine_options options = engine_defaults();
    struct test_random random = test_random_init(test_seed(), 7);
    struct engine *engine = NULL;
    int64_t time_s = 1700000000;

    options.arrivals = arrivals;
    options.past_rates = past;
    options.past_count = sizeof past / sizeof past[0];
    engine = engine_new(&options);
    ck_assert_ptr_nonnull(engine);
    for (uint32_t i = 0; i < HOSTILE_BLOCKS; i++) {
        uint32_t height = hostile->first + i;

        if (i > 0)
            time_s = hostile->time_s(time_s, height, &random);
        time_s = time_s < 0 ? 0 : time_s > UINT32_MAX ? UINT32_MAX : time_s;
        connect_block(engine, height, hostile->bits(height, &random), time_s * 1000,
                      odd_arrival(time_s, &random));
        if (i < 3 || i % 1500 == 0 || height % EPOCH_BLOCKS == EPOCH_BLOCKS - 1)
            assert_sane(engine, hostile->name, time_s, 1);
    }
    assert_sane(engine, hostile->name, time_s, SIZE_MAX);
    engine_free(engine);
}

START_TEST(test_hostile_chains)
{
    (void)gsl_set_error_handler_off(); /* as the program does */
    for (size_t i = 0; i < sizeof hostiles / sizeof hostiles[0]; i++) {
        run_hostile(&hostiles[i], false);
        run_hostile(&hostiles[i], true);
    }
}
END_TEST

#define AHEAD_EPOCHS 160

/* Every tenth block or so is stamped two hours ahead, and the hash rate is what it was. In these
 * six years luck has six false falls, sd 2.8, of which six make 24; if only later stamps had to be
 * seen there would be forty. */
START_TEST(test_stamps_ahead)
{
    struct engine_options options = engine_defaults();
    struct test_random random = test_random_init(test_seed(), 9);
    struct engine *engine = engine_new(&options);
    double time_s = 1700000000;
    size_t falls = 0;

    ck_assert_ptr_nonnull(engine);
    for (uint32_t i = 0; i < AHEAD_EPOCHS * EPOCH_BLOCKS; i++) {
        int64_t stamp_s;

        time_s += -log(uniform(&random)) * 600.0;
        stamp_s = (int64_t)time_s + (test_random_below(&random, 10) == 0 ? 7000 : 0);
        connect_block(engine, EPOCH_BLOCKS * 400 + i, REAL_BITS, stamp_s * 1000, ENGINE_NO_ARRIVAL);
    }
    for (size_t i = 0; i < engine_change_count(engine); i++)
        falls += engine_change(engine, i).direction == CHANGE_FALL;
    ck_assert_uint_le(falls, 24);
    engine_free(engine);
}
END_TEST

#define BURST_AFTER 4000
#define BURST_BLOCKS 1000

/* A thousand blocks in one second are a rise, but not one larger than whole seconds can tell. */
START_TEST(test_blocks_of_one_second)
{
    struct engine_options options = engine_defaults();
    struct test_random random = test_random_init(test_seed(), 8);
    struct engine *engine = engine_new(&options);
    struct engine_change rise;
    struct engine_extent extent;
    int64_t time_s = 1700000000;

    ck_assert_ptr_nonnull(engine);
    for (uint32_t i = 0; i < BURST_AFTER + BURST_BLOCKS; i++) {
        if (i < BURST_AFTER)
            time_s = usual(time_s, i, &random);
        connect_block(engine, 2016 * 400 + i, REAL_BITS, time_s * 1000, ENGINE_NO_ARRIVAL);
    }
    ck_assert_uint_gt(engine_change_count(engine), 0);
    for (size_t i = 0; i < engine_change_count(engine); i++) {
        rise = engine_change(engine, i);
        extent = engine_extent(engine, i);
        if (rise.alarm < 2016 * 400 + BURST_AFTER)
            continue; /* luck, before it */
        ck_assert_int_eq(extent.status, ENGINE_OK);
        ck_assert_int_eq(rise.direction, CHANGE_RISE);
        /* At most as if all blocks since the onset had come in that second, give or take luck. */
        ck_assert_double_lt(exp(extent.extent.log_size),
                            2.0 * 600.0 * (rise.alarm - extent.extent.onset + 1));
    }
    engine_free(engine);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        test_plain_estimators, test_real_headers, test_real_arrivals,
        test_hostile_chains,   test_stamps_ahead, test_blocks_of_one_second,
    };

    return TEST_MAIN("engine_chains", tests);
}
