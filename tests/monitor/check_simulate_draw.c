// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the integer mathematics of simulations is right (against the C library's real
 * one) and its random numbers have the distributions that they are named after.
 */
#include "config.h"

#include "monitor/simulate_draw.h"
#include "monitor/simulate_fixed.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <math.h>
#include <stdlib.h>

#define ONE 4294967296.0
#define DRAWS 400000

START_TEST(test_multiply)
{
    struct test_random random = test_random_init(test_seed(), 1);

    ck_assert_uint_eq(simulate_fixed_multiply(UINT64_MAX, UINT64_MAX, 64), UINT64_MAX - 1);
    ck_assert_uint_eq(simulate_fixed_multiply(UINT64_C(1) << 63, 2, 1), UINT64_C(1) << 63);
    ck_assert_uint_eq(simulate_fixed_multiply(UINT32_MAX, UINT32_MAX, 0),
                      (uint64_t)UINT32_MAX * UINT32_MAX);
    for (int i = 0; i < 10000; i++) {
        unsigned shift = (unsigned)test_random_below(&random, 65);
        uint64_t a = test_random_u64(&random) >> test_random_below(&random, 64);
        uint64_t b = test_random_u64(&random) >> test_random_below(&random, 64);
        long double product = (long double)a * (long double)b / powl(2.0L, shift);

        if (product < powl(2.0L, 63))
            ck_assert_double_eq_tol((double)simulate_fixed_multiply(a, b, shift), (double)product,
                                    1.0 + (double)product * 1e-15);
    }
}
END_TEST

START_TEST(test_divide)
{
    struct test_random random = test_random_init(test_seed(), 2);

    for (int i = 0; i < 10000; i++) {
        uint64_t rate = 65536 + (test_random_u64(&random) >> (16 + test_random_below(&random, 31)));
        /* What the rate makes in a minute, and part of it. */
        uint64_t most = simulate_fixed_multiply(UINT64_C(60) << 24, rate, 32);
        uint64_t amount = test_random_u64(&random) % (most + 1);
        double exact = (double)amount * ONE / (double)rate;

        ck_assert_double_eq_tol((double)simulate_fixed_divide(amount, rate), exact,
                                1.0 + exact * 0x1p-30);
    }
}
END_TEST

START_TEST(test_exp_and_ln)
{
    struct test_random random = test_random_init(test_seed(), 3);

    ck_assert_uint_eq(simulate_fixed_exp(0), SIMULATE_FIXED_ONE);
    ck_assert_int_eq(simulate_fixed_ln(SIMULATE_FIXED_ONE), 0);
    ck_assert_int_eq(simulate_fixed_ln(2 * SIMULATE_FIXED_ONE), 2977044472); /* ln 2 * 2^32 */
    for (int i = 0; i < 100000; i++) {
        int64_t x =
            (int64_t)(test_random_u64(&random) % (2 * (uint64_t)SIMULATE_FIXED_EXP_MAX + 1)) -
            SIMULATE_FIXED_EXP_MAX;
        double exact = exp((double)x / ONE) * ONE;
        uint64_t y = test_random_u64(&random) >> test_random_below(&random, 63);

        ck_assert_double_eq_tol((double)simulate_fixed_exp(x), exact, 0.5001 + exact * 0x1p-31);
        y += y == 0;
        ck_assert_double_eq_tol((double)simulate_fixed_ln(y), log((double)y / ONE) * ONE, 0.6);
    }
}
END_TEST

/* Adjacent arguments keep their order: no step at a multiple of ln 2. */
START_TEST(test_exp_rises)
{
    for (int64_t twos = -10; twos <= 20; twos++) {
        int64_t edge = twos * INT64_C(2977044472);
        uint64_t before = simulate_fixed_exp(edge - 50);

        for (int64_t x = edge - 49; x < edge + 50; x++) {
            uint64_t now = simulate_fixed_exp(x);

            ck_assert_uint_ge(now, before);
            before = now;
        }
    }
}
END_TEST

/* Mean, variance and tail are what they shall be, within six standard errors. */
START_TEST(test_exponential)
{
    struct simulate_draw draw = simulate_draw_stream(test_seed(), SIMULATE_DRAW_STAMP, 1);
    double sum = 0.0;
    double squares = 0.0;
    double tail = 0.0;
    const double n = DRAWS;

    for (int i = 0; i < DRAWS; i++) {
        double x = (double)simulate_draw_exponential(&draw) / ONE;

        sum += x;
        squares += x * x;
        tail += x > 4.0;
    }
    ck_assert_double_eq_tol(sum / n, 1.0, 6.0 / sqrt(n));
    ck_assert_double_eq_tol(squares / n, 2.0, 6.0 * sqrt(20.0 / n));
    ck_assert_double_eq_tol(tail / n, exp(-4.0), 6.0 * sqrt(exp(-4.0) / n));
}
END_TEST

START_TEST(test_normal)
{
    struct simulate_draw draw = simulate_draw_stream(test_seed(), SIMULATE_DRAW_WALK, 0);
    double sums[5] = {0.0};
    double within = 0.0;
    double tail = 0.0;
    const double n = DRAWS;

    for (int i = 0; i < DRAWS; i++) {
        double x = (double)simulate_draw_normal(&draw) / ONE;

        for (int power = 1; power <= 4; power++)
            sums[power] += pow(x, power);
        within += fabs(x) < 0.5;
        tail += x > 2.5;
    }
    /* Six standard errors: of the moments' own variances 1, 2, 15 and 96. */
    ck_assert_double_eq_tol(sums[1] / n, 0.0, 6.0 * sqrt(1.0 / n));
    ck_assert_double_eq_tol(sums[2] / n, 1.0, 6.0 * sqrt(2.0 / n));
    ck_assert_double_eq_tol(sums[3] / n, 0.0, 6.0 * sqrt(15.0 / n));
    ck_assert_double_eq_tol(sums[4] / n, 3.0, 6.0 * sqrt(96.0 / n));
    ck_assert_double_eq_tol(within / n, erf(0.5 / sqrt(2.0)), 6.0 * 0.5 / sqrt(n));
    ck_assert_double_eq_tol(tail / n, 0.0062097, 6.0 * sqrt(0.0062097 / n));
}
END_TEST

/* Streams of neighbouring heights and of other uses have nothing to do with each other. */
START_TEST(test_streams)
{
    uint64_t seed = test_seed();
    double sum = 0.0;
    double products = 0.0;
    double last = 0.0;
    const double n = 100000;

    for (uint64_t height = 0; height < 100000; height++) {
        struct simulate_draw draw = simulate_draw_stream(seed, SIMULATE_DRAW_DELAY, height);
        struct simulate_draw other = simulate_draw_stream(seed, SIMULATE_DRAW_STALE, height);
        struct simulate_draw chance = draw;
        uint64_t bits = simulate_draw_bits(&draw);
        double x = (double)bits / 18446744073709551616.0 - 0.5;

        ck_assert_uint_ne(bits, simulate_draw_bits(&other));
        ck_assert(simulate_draw_chance(&chance, UINT64_C(1) << 32));
        ck_assert(!simulate_draw_chance(&chance, 0));
        sum += x;
        products += x * last;
        last = x;
    }
    ck_assert_double_eq_tol(sum / n, 0.0, 6.0 * sqrt(1.0 / 12.0 / n));
    ck_assert_double_eq_tol(products / n, 0.0, 6.0 / 12.0 / sqrt(n));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_multiply,    test_divide, test_exp_and_ln, test_exp_rises,
        test_exponential, test_normal, test_streams,
    };

    return TEST_MAIN("simulate_draw", tests);
}
