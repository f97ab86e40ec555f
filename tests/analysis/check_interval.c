// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: intervals survive clocks that run backwards; the test of the exponential law
 * has the p-values it claims and finds other laws; surprises agree with an independent table.
 */
#include "config.h"

#include "analysis/interval.h"
#include "analysis/random.h"
#include "tests/support/check.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>

START_TEST(test_clock)
{
    struct interval_clock clock = {0};
    struct interval interval;

    ck_assert_double_eq(interval_negative_share(&clock), 0.0);
    ck_assert(!interval_next(&interval, &clock, 1000.0, 2.0));
    ck_assert(interval_next(&interval, &clock, 1600.0, 2.0));
    ck_assert_double_eq(interval.dt_s, 600.0);
    ck_assert_double_eq(interval.u, 300.0);
    ck_assert(interval_next(&interval, &clock, 1500.0, 2.0));
    ck_assert_double_eq(interval.dt_s, INTERVAL_FLOOR_S);
    /* Later than its parent, and yet nothing: the running maximum is ahead. */
    ck_assert(interval_next(&interval, &clock, 1550.0, 2.0));
    ck_assert_double_eq(interval.dt_s, INTERVAL_FLOOR_S);
    ck_assert(interval_next(&interval, &clock, 1700.0, 4.0));
    ck_assert_double_eq(interval.u, 25.0);
    ck_assert_double_eq(interval_negative_share(&clock), 0.25);

    interval_break(&clock);
    ck_assert(!interval_next(&interval, &clock, 1650.0, 4.0));
    ck_assert(interval_next(&interval, &clock, 1660.0, 4.0));
    ck_assert_double_eq(interval.dt_s, 10.0);
    ck_assert_uint_eq(clock.count, 5);
}
END_TEST

/* Whatever blocks are stamped with, intervals are positive and add up to the time that passed. */
START_TEST(test_any_clock)
{
    for (uint64_t round = 0; round < 100; round++) {
        struct test_random random = test_random_init(test_seed(), 300 + round);
        struct interval_clock clock = {0};
        double first = 0.0;
        double sum = 0.0;
        double floors = 0.0;

        for (uint32_t i = 0; i < 500; i++) {
            /* Seconds as headers have them, now and then from another century. */
            double time = test_random_one_in(&random, 50)
                              ? test_random_below(&random, UINT32_MAX)
                              : 1e9 + test_random_below(&random, 100000);
            double work = pow(10.0, -17.0 + test_random_below(&random, 30));
            struct interval interval;

            if (!interval_next(&interval, &clock, time, work)) {
                first = time;
                continue;
            }
            ck_assert(interval.dt_s >= INTERVAL_FLOOR_S && interval.u > 0.0);
            ck_assert(isfinite(interval.u));
            sum += interval.dt_s;
            floors += interval.dt_s == INTERVAL_FLOOR_S ? INTERVAL_FLOOR_S : 0.0;
        }
        ck_assert_double_eq_tol(sum - floors, clock.latest_s - first, 1e-3);
        ck_assert(interval_negative_share(&clock) >= 0.0 && interval_negative_share(&clock) <= 1.0);
    }
}
END_TEST

/* p-values of exponential data are uniform, or nearly: the shares below these levels are what long
 * simulations have (300,000 rounds; 60,000 for the largest size), within six errors. The pieces
 * that p-values are made of fit where they matter, and are off by .03 at .9 for ten intervals. */
START_TEST(test_exponential_level)
{
    static const double levels[] = {0.01, 0.05, 0.25, 0.5, 0.9};
    static const size_t sizes[] = {10, 100, 500};
    static const double shares[3][5] = {{0.0111, 0.0522, 0.2661, 0.5232, 0.9299},
                                        {0.0098, 0.0499, 0.2502, 0.4993, 0.9119},
                                        {0.0096, 0.0482, 0.2472, 0.4943, 0.9099}};
    const size_t rounds = 2000;
    struct random_stream random = random_init(test_seed(), 1);

    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t below[5] = {0};

        for (size_t round = 0; round < rounds; round++) {
            struct interval_test result;
            double x[500];

            for (size_t i = 0; i < sizes[s]; i++)
                x[i] = 7.0 * random_exponential(&random);
            ck_assert(interval_exponential(&result, x, sizes[s]));
            for (size_t i = 0; i < 5; i++)
                below[i] += result.p < levels[i];
        }
        for (size_t i = 0; i < 5; i++) {
            double error = sqrt(levels[i] * (1.0 - levels[i]) / (double)rounds);

            ck_assert_double_eq_tol((double)below[i] / (double)rounds, shares[s][i],
                                    6.0 * error + 0.002);
        }
    }
}
END_TEST

START_TEST(test_exponential_power)
{
    struct random_stream random = random_init(test_seed(), 2);
    struct interval_test result;
    double x[300];

    for (size_t i = 0; i < 300; i++)
        x[i] = random_exponential(&random) + random_exponential(&random);
    ck_assert(interval_exponential(&result, x, 300));
    ck_assert_double_lt(result.p, 1e-3);
    for (size_t i = 0; i < 300; i++)
        x[i] = 1.0;
    ck_assert(interval_exponential(&result, x, 300));
    ck_assert_double_lt(result.p, 1e-6);
    for (size_t i = 0; i < 300; i++)
        x[i] = i == 0 ? 1e12 : 1e-9;
    ck_assert(interval_exponential(&result, x, 300));
    ck_assert_double_lt(result.p, 1e-6);
    ck_assert(!interval_exponential(&result, x, INTERVAL_TEST_LEAST - 1));
}
END_TEST

START_TEST(test_surprise_vectors)
{
    struct vectors vectors;

    if (!vectors_read(&vectors, "../vectors/F_gaps.csv"))
        return;
    ck_assert_uint_gt(vectors.rows, 0);
    for (size_t row = 0; row < vectors.rows; row++) {
        double seconds = vectors_at(&vectors, row, 0);
        double expected = vectors_at(&vectors, row, 1);
        struct gamma_belief belief = {vectors_at(&vectors, row, 2), vectors_at(&vectors, row, 3)};

        ck_assert_double_eq_tol(
            interval_longest_p(seconds, expected, 1.0) / vectors_at(&vectors, row, 4), 1.0, 1e-9);
        ck_assert_double_eq_tol(interval_silence_p(belief, seconds, expected) /
                                    vectors_at(&vectors, row, 5),
                                1.0, 1e-9);
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(test_longest)
{
    ck_assert_double_eq_tol(interval_longest_p(5400.0, 600.0, 52560.0), 0.998476613679, 1e-9);
    ck_assert_double_eq_tol(interval_longest_p(7200.0, 600.0, 52560.0), 0.275983280333, 1e-9);
    ck_assert_double_eq_tol(interval_longest_p(3600.0, 600.0, 52560.0), 1.0, 1e-12);
    ck_assert_double_eq_tol(interval_longest_p(0.0, 600.0, 10.0), 1.0, 1e-12);
    ck_assert_double_gt(interval_longest_p(30000.0, 600.0, 1.0), 0.0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_clock,
        test_any_clock,
        test_exponential_level,
        test_exponential_power,
        test_surprise_vectors,
        test_longest,
    };

    return TEST_MAIN("interval", tests);
}
