// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the jump-filter CUSUM gives the scores of an independent implementation to
 * 1e-9 and raises its alarm at the same block; falls and rises are found, luck is not; silence
 * alone raises an alarm; onset and size are located; calibration repeats and orders as it must;
 * nothing ever becomes NaN.
 */
#include "config.h"

#include "analysis/change.h"
#include "analysis/nowcast.h"
#include "analysis/synth.h"
#include "tests/support/check.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** What the vectors promise, relative; scores are rounded to 12 digits there. */
#define CLOSE 1e-9
/** Index of the vectors' first alarm. */
#define VECTOR_ALARM 511

static void assert_close(double value, double wanted)
{
    ck_assert_msg(fabs(value - wanted) <= CLOSE * fmax(fabs(wanted), 1e-2), "%.15g, not %.15g",
                  value, wanted);
}

START_TEST(test_vectors)
{
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_state state = change_start((struct gamma_belief){1600.0, 1600.0});
    struct vectors vectors;
    size_t first_alarm = 0;

    if (!vectors_read(&vectors, "../vectors/C_jfcusum.csv"))
        return;
    ck_assert_uint_gt(vectors.rows, VECTOR_ALARM);
    for (size_t row = 0; row < vectors.rows; row++) {
        struct change_verdict verdict =
            change_update(&state, &model, (uint32_t)row, vectors_at(&vectors, row, 1), 0.0);

        for (size_t k = 0; k < CHANGE_SIZES; k++)
            assert_close(state.alternative[k].score, vectors_at(&vectors, row, 2 + k));
        assert_close(verdict.excess, vectors_at(&vectors, row, 7));
        assert_close(state.null.shape, vectors_at(&vectors, row, 8));
        assert_close(state.null.rate, vectors_at(&vectors, row, 9));
        ck_assert_int_eq(verdict.alarm, verdict.excess >= 0.0);
        if (verdict.alarm && first_alarm == 0)
            first_alarm = row;
    }
    ck_assert_uint_eq(first_alarm, VECTOR_ALARM);
    vectors_free(&vectors);
}
END_TEST

_Static_assert(sizeof(struct change_state) == (2 + 6 * CHANGE_SIZES) * sizeof(double),
               "struct change_state has padding");

/** Blocks until a verdict of one direction after a step, or none. */
static uint32_t delay_after(enum change_direction direction, double log_step, uint32_t blocks,
                            uint64_t stream)
{
    struct synth_options options = {.rate_ehs = 700.0, .daily_sd = 0.0075};
    struct synth synth = synth_init(&options, test_seed(), stream);
    struct change_model model = change_model(direction, 0.0);
    struct change_state state = change_start((struct gamma_belief){400.0, 400.0 / 700.0});

    for (int i = 0; i < CHANGE_SETTLE_BLOCKS; i++) {
        struct synth_block block = synth_next(&synth);

        (void)change_update(&state, &model, block.height, block.u, 0.0);
    }
    state = change_start(state.null);
    synth_step(&synth, log_step);
    for (uint32_t i = 1; i <= blocks; i++) {
        struct synth_block block = synth_next(&synth);

        if (change_update(&state, &model, block.height, block.u, 0.0).alarm)
            return i;
    }
    return UINT32_MAX;
}

/* Bounds are far from what happens (a delay of 103 on average; one alarm in three years). */
START_TEST(test_found)
{
    unsigned falls = 0;
    unsigned rises = 0;
    unsigned wrong = 0;

    for (uint64_t i = 0; i < 20; i++) {
        falls += delay_after(CHANGE_FALL, log(0.6), 500, 10 + i) <= 500;
        rises += delay_after(CHANGE_RISE, -log(0.6), 500, 40 + i) <= 500;
        wrong += delay_after(CHANGE_FALL, -log(0.6), 500, 70 + i) <= 500;
        wrong += delay_after(CHANGE_RISE, log(0.6), 500, 90 + i) <= 500;
    }
    ck_assert_uint_ge(falls, 19);
    ck_assert_uint_ge(rises, 19);
    ck_assert_uint_le(wrong, 3);
}
END_TEST

/* Four hours without a block are an alarm though no block says so; the state has not moved. */
START_TEST(test_silence)
{
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_state state = change_start((struct gamma_belief){1600.0, 1600.0});
    struct change_state kept;
    double last = -HUGE_VAL;

    (void)change_update(&state, &model, 0, 1.0, 0.0);
    kept = state;
    ck_assert(!change_silent(&state, &model, 1, 2.0, 0.0).alarm);
    for (double s = 0.0; s < 40.0; s += 1.0) {
        double excess = change_silent(&state, &model, 1, s, 0.0).excess;

        ck_assert_double_gt(excess, last);
        last = excess;
    }
    ck_assert(change_silent(&state, &model, 1, 24.0, 0.0).alarm);
    ck_assert_mem_eq(&state, &kept, sizeof state);
}
END_TEST

/* What stands is the last verdict; without time that was not there, it is what a detector says that
 * never saw it. */
START_TEST(test_standing)
{
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_state state = change_start((struct gamma_belief){1600.0, 1600.0});
    struct change_state other = state;
    struct change_verdict last = {0};
    struct change_verdict wanted = {0};

    model.keep = 1.0; /* nothing is forgotten: then it is exact */
    for (uint32_t i = 1; i <= 60; i++) {
        last = change_update(&state, &model, i, i == 30 ? 14.0 : 2.0, 0.0);
        wanted = change_update(&other, &model, i, 2.0, 0.0);
        ck_assert_double_eq(change_standing(&state, &model, 0.0).excess, last.excess);
        ck_assert_uint_eq(change_standing(&state, &model, 0.0).onset, last.onset);
    }
    ck_assert(last.alarm);
    ck_assert_double_lt(wanted.excess, last.excess - 1.0);
    ck_assert_double_eq_tol(change_standing(&state, &model, 12.0).excess, wanted.excess, 1e-9);
    ck_assert(!change_standing(&state, &model, 60.0).alarm);
    ck_assert(isfinite(change_standing(&state, &model, 1e300).excess));
}
END_TEST

START_TEST(test_adopted)
{
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_state state = change_start((struct gamma_belief){1600.0, 1600.0});
    struct gamma_belief adopted;

    (void)change_update(&state, &model, 0, 1.0, 0.0);
    adopted = change_adopted(&state, 3);
    ck_assert_double_eq(adopted.shape, 150.0);
    ck_assert_double_eq_tol(adopted.shape / adopted.rate, 0.68, 1e-3);
}
END_TEST

/* 60 % gone at block 200: a step that leaves no doubt. */
START_TEST(test_located)
{
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    unsigned onset_held = 0;
    unsigned size_held = 0;

    for (uint64_t round = 0; round < 40; round++) {
        struct random_stream random = random_init(test_seed(), 500 + round);
        struct change_state state = change_start((struct gamma_belief){1600.0, 1600.0});
        struct change_verdict verdict = {0};
        struct change_extent extent;
        double u[400];
        struct change_history history = {.first = 1000, .u = u};
        uint32_t i = 0;

        while (i < 400 && !verdict.alarm) {
            u[i] = random_exponential(&random) * (i < 200 ? 1.0 : 2.5);
            verdict = change_update(&state, &model, 1000 + i, u[i], 0.0);
            i++;
        }
        ck_assert(verdict.alarm && verdict.onset >= 1000);
        history.alarm = 1000 + i - 1;
        history.count = i;
        ck_assert(change_locate(&extent, CHANGE_FALL, &verdict, &history));
        ck_assert_uint_le(extent.onset_lo, extent.onset);
        ck_assert_uint_ge(extent.onset_hi, extent.onset);
        ck_assert_double_lt(extent.log_size_lo, extent.log_size);
        ck_assert_double_gt(extent.log_size_hi, extent.log_size);
        onset_held += extent.onset_lo <= 1200 && extent.onset_hi >= 1200;
        size_held += extent.log_size_lo <= -log(2.5) && extent.log_size_hi >= -log(2.5);
    }
    /* Of .97 and .9: fewer are one in ten million by the binomial. */
    ck_assert_uint_ge(onset_held, 30);
    ck_assert_uint_ge(size_held, 24);
}
END_TEST

START_TEST(test_recovered)
{
    struct change_verdict verdict = {.base = {1600.0, 1600.0}};
    struct change_extent fall = {
        .log_size = log(0.7), .log_size_lo = log(0.6), .log_size_hi = log(0.8)};
    struct change_extent rise = {
        .log_size = -log(0.7), .log_size_lo = -log(0.8), .log_size_hi = -log(0.6)};
    struct change_extent unsure = {
        .log_size = log(0.4), .log_size_lo = log(0.1), .log_size_hi = log(0.8)};

    ck_assert_double_lt(change_recovered(&verdict, &fall, (struct gamma_belief){500, 700}), 0.01);
    ck_assert_double_gt(change_recovered(&verdict, &fall, (struct gamma_belief){500, 500}), 0.99);
    ck_assert_double_lt(change_recovered(&verdict, &rise, (struct gamma_belief){700, 500}), 0.01);
    ck_assert_double_gt(change_recovered(&verdict, &rise, (struct gamma_belief){500, 500}), 0.99);
    /* Perhaps it never was lower than now. */
    ck_assert_double_lt(change_recovered(&verdict, &unsure, (struct gamma_belief){500, 700}), 0.9);
    ck_assert_double_gt(change_recovered(&verdict, &unsure, (struct gamma_belief){500, 500}), 0.95);
}
END_TEST

START_TEST(test_calibration)
{
    const struct change_null null = {.daily_sd = 0.02, .yearly_growth = 0.47};
    struct change_model model = change_model(CHANGE_FALL, 0.0);
    struct change_calibration once = {0};
    struct change_calibration again = {0};
    struct change_calibration silent = {0};
    double offset = 0.0;

    for (uint64_t i = 0; i < 4; i++) {
        change_calibrate(&once, &model, &null, 20000, false, test_seed(), i);
        change_calibrate(&again, &model, &null, 20000, false, test_seed(), i);
        change_calibrate(&silent, &model, &null, 20000, true, test_seed(), i);
    }
    ck_assert_mem_eq(&once, &again, sizeof once);
    for (size_t i = 0; i < CHANGE_GRID; i++)
        ck_assert_double_le(silent.blocks[i], once.blocks[i]);
    for (size_t i = 1; i < CHANGE_GRID; i++)
        ck_assert_double_ge(change_run_length(&once, i), change_run_length(&once, i - 1));
    for (double alarms = 100.0; alarms > 0.01; alarms /= 2.0) {
        double next = change_calibrated_offset(&once, alarms);

        if (alarms < 100.0)
            ck_assert_double_ge(next, offset);
        offset = next;
    }
    ck_assert_double_lt(change_offset(CHANGE_FALL, 0.0075, 1.0),
                        change_offset(CHANGE_FALL, 0.015, 1.0));
    ck_assert_double_lt(change_offset(CHANGE_FALL, 0.0075, 4.0),
                        change_offset(CHANGE_FALL, 0.0075, 1.0));
}
END_TEST

START_TEST(test_offsets_between)
{
    const struct change_offsets one = {1, {0.01}, {{0.5}, {1.5}}};
    const struct change_offsets three = {3, {0.01, 0.02, 0.04}, {{0.0, 1.0, 3.0}, {5.0, 5.0, 9.0}}};

    ck_assert_double_eq(change_offset_between(&one, CHANGE_FALL, 0.2), 0.5);
    ck_assert_double_eq(change_offset_between(&one, CHANGE_RISE, 0.001), 1.5);
    ck_assert_double_eq(change_offset_between(&three, CHANGE_FALL, 0.005), 0.0);
    ck_assert_double_eq_tol(change_offset_between(&three, CHANGE_FALL, 0.015), 0.5, 1e-12);
    ck_assert_double_eq_tol(change_offset_between(&three, CHANGE_FALL, 0.03), 2.0, 1e-12);
    ck_assert_double_eq_tol(change_offset_between(&three, CHANGE_RISE, 0.03), 7.0, 1e-12);
    ck_assert_double_eq(change_offset_between(&three, CHANGE_RISE, 0.1), 9.0);
}
END_TEST

/* Blocks that come a trillion times too fast, or too slowly, for as long as a history may be: the
 * size stops at the largest that there is, and the evidence is large, and a number. */
START_TEST(test_absurd)
{
    static const size_t counts[] = {1, 10, 300, 856, 4000};

    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            struct change_extent extent;
            double u[4144];
            uint32_t count = (uint32_t)counts[c] + 144;
            struct change_verdict verdict = {.onset = 144, .base = {1600.0, 1600.0}};
            struct change_history history = {.u = u, .count = count, .alarm = count - 1};

            for (uint32_t i = 0; i < count; i++)
                u[i] = i < 144 ? 1.0 : way == CHANGE_FALL ? 1e12 : 1e-12;
            ck_assert(change_locate(&extent, way, &verdict, &history));
            ck_assert_double_gt(extent.log_evidence, counts[c] > 1 ? 10.0 : 0.0);
            ck_assert_double_lt(extent.log_evidence, 20.0 * (3200.0 + count));
            ck_assert_double_le(fabs(extent.log_size), 18.4 + 1e-9);
            if (counts[c] > 1)
                ck_assert_double_gt(fabs(extent.log_size), 18.0);
            ck_assert_double_le(extent.log_size_lo, extent.log_size);
            ck_assert_double_ge(extent.log_size_hi, extent.log_size);
            ck_assert_uint_eq(extent.onset, 144);
        }
    }
}
END_TEST

START_TEST(test_never_nan)
{
    for (uint64_t round = 0; round < 40; round++) {
        struct test_random random = test_random_init(test_seed(), 1000 + round);
        struct change_model model = change_model(round % 2 == 0 ? CHANGE_FALL : CHANGE_RISE, 0.0);
        double work = pow(10.0, -17.0 + test_random_below(&random, 30));
        struct change_state state =
            change_start((struct gamma_belief){100.0, 100.0 * 600.0 / work});
        double u[3000];

        for (uint32_t height = 0; height < 3000; height++) {
            double seconds = pow(10.0, -3.0 + 11.0 * test_random_below(&random, 1000) / 1000.0);
            struct change_verdict verdict;
            struct change_history history;
            struct change_extent extent;
            double recovered = 0.0;

            if (test_random_one_in(&random, 500)) /* testnets go to the least work and back */
                work = pow(10.0, -18.0 + test_random_below(&random, 30));
            if (test_random_one_in(&random, 3))
                seconds = 0.0006;
            u[height] = seconds / work;
            verdict = change_update(&state, &model, height, seconds / work, 2e-5);
            ck_assert(isfinite(verdict.excess));
            ck_assert(isfinite(change_silent(&state, &model, height, 1e6 / work, 0.0).excess));
            ck_assert(isfinite(gamma_log_mean(change_adopted(&state, verdict.size))));
            if (height % 144 != 143 || height > 1000)
                continue;
            history = (struct change_history){
                .first = verdict.onset - (verdict.onset < 144 ? verdict.onset : 144),
                .alarm = height,
                .walk = pow(10.0, -10.0 + test_random_below(&random, 10)),
                .growth = 2e-5,
            };
            history.u = u + history.first;
            history.count = height - history.first + 1;
            ck_assert(change_locate(&extent, model.direction, &verdict, &history));
            ck_assert(isfinite(extent.log_evidence));
            ck_assert(isfinite(extent.log_size_lo) && isfinite(extent.log_size_hi));
            ck_assert(isfinite(extent.log_size) && extent.log_size_lo <= extent.log_size &&
                      extent.log_size <= extent.log_size_hi);
            ck_assert(extent.onset_lo <= extent.onset && extent.onset <= extent.onset_hi);
            ck_assert(fabs(extent.log_size_lo) <= 18.5 && fabs(extent.log_size_hi) <= 18.5);
            recovered = change_recovered(&verdict, &extent, state.null);
            ck_assert(recovered >= 0.0 && recovered <= 1.0);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors, test_found,     test_silence,     test_adopted,
        test_located, test_recovered, test_calibration, test_offsets_between,
        test_absurd,  test_standing,  test_never_nan,
    };

    return TEST_MAIN("change", tests);
}
