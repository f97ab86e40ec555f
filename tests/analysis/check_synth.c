// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: random numbers have the moments of their law and repeat from their seed; a
 * made-up network's blocks come at its hash rate, and its difficulty follows by the rule.
 */
#include "config.h"

#include "analysis/random.h"
#include "analysis/synth.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DRAWS 200000

typedef double (*draw_fn)(struct random_stream *random);

static double gamma7(struct random_stream *random)
{
    return random_gamma(random, 7.0);
}

/* Mean and variance within six standard errors; kurtosis bounds the variance's own. */
START_TEST(test_moments)
{
    static const struct {
        draw_fn draw;
        double mean, variance, kurtosis;
    } laws[] = {
        {random_uniform, 0.5, 1.0 / 12.0, 1.8},
        {random_exponential, 1.0, 1.0, 9.0},
        {random_normal, 0.0, 1.0, 3.0},
        {gamma7, 7.0, 7.0, 3.0 + 6.0 / 7.0},
    };

    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        struct random_stream random = random_init(test_seed(), i);
        double sum = 0.0;
        double square = 0.0;

        for (int k = 0; k < DRAWS; k++) {
            double x = laws[i].draw(&random) - laws[i].mean;

            sum += x;
            square += x * x;
        }
        ck_assert_double_eq_tol(sum / DRAWS, 0.0, 6.0 * sqrt(laws[i].variance / DRAWS));
        ck_assert_double_eq_tol(square / DRAWS, laws[i].variance,
                                6.0 * laws[i].variance * sqrt((laws[i].kurtosis - 1.0) / DRAWS));
    }
}
END_TEST

START_TEST(test_streams)
{
    struct random_stream one = random_init(1, 2);
    struct random_stream same = random_init(1, 2);
    struct random_stream other = random_init(2, 1);
    unsigned equal = 0;

    for (int i = 0; i < 1000; i++) {
        uint64_t bits = random_bits(&one);

        ck_assert_uint_eq(bits, random_bits(&same));
        equal += bits == random_bits(&other);
    }
    ck_assert_uint_eq(equal, 0);
    /* Whatever the bits, strictly between 0 and 1. */
    for (int i = 0; i < DRAWS; i++) {
        double x = random_uniform(&one);

        ck_assert(x > 0.0 && x < 1.0);
    }
}
END_TEST

START_TEST(test_rate_and_retargets)
{
    const struct synth_options options = {.rate_ehs = 250.0, .yearly_growth = log(1.6)};
    struct synth synth = synth_init(&options, test_seed(), 9);
    double sum = 0.0;
    double elapsed = 0.0;
    double work = 600.0 * 250.0;

    for (uint32_t i = 0; i < 20 * 2016; i++) {
        struct synth_block block = synth_next(&synth);

        ck_assert_uint_eq(block.height, i);
        if (i % 2016 == 0) {
            if (i > 0)
                work *= 1209600.0 / elapsed;
            elapsed = -block.dt_s;
        }
        elapsed += block.dt_s;
        ck_assert_double_eq_tol(block.work_eh / work, 1.0, 1e-12);
        ck_assert_double_eq_tol(block.u * block.work_eh / block.dt_s, 1.0, 1e-12);
        sum += block.u * exp(block.log_rate);
    }
    ck_assert_double_eq_tol(sum / (20 * 2016), 1.0, 6.0 / sqrt(20 * 2016));
    ck_assert_double_eq_tol(synth.log_rate, log(250.0) + log(1.6) * 20 * 2016 / 52560.0, 1e-9);
}
END_TEST

/* A hundredfold step moves difficulty by 4 at a time; luck in the epoch before moves it by 4.4 %,
 * of which 1.4 is eight sd. */
START_TEST(test_limits)
{
    const struct synth_options options = {.rate_ehs = 1.0, .daily_sd = 0.01};
    struct synth synth = synth_init(&options, test_seed(), 10);
    double before = 0.0;

    for (int i = 0; i < 2016; i++)
        before = synth_next(&synth).work_eh;
    synth_step(&synth, log(100.0));
    for (int i = 0; i < 2016; i++)
        (void)synth_next(&synth);
    ck_assert_double_eq_tol(synth_next(&synth).work_eh / synth.work_eh, 1.0, 1e-12);
    ck_assert_double_gt(synth.work_eh / before, 4.0 / 1.4);
    ck_assert_double_lt(synth.work_eh / before, 4.0 * 1.4);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_moments,
        test_streams,
        test_rate_and_retargets,
        test_limits,
    };

    return TEST_MAIN("synth", tests);
}
