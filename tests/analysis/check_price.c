// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the mean of ln price over a span is the exact integral, however the span is
 * cut, and says how much of it is reconstructed or held; lagged means are those of the model's
 * vectors.
 */
#include "config.h"

#include "analysis/hashprice.h"
#include "analysis/price.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>

#define DAY 86400
#define EPOCH 2016u
#define POINTS_MOST 40
/** Columns of the vectors. */
#define FIRST_HEIGHT 0
#define LOG_PRICE 5
#define FIRST_Z 6
/** The epoch of the halving of 2020. Where the vectors take every 96th height of it, 11 of 21 lie
 *  before the halving, and half of all heights do. */
#define EPOCH_2020 628992.0
#define SHARE_2020 (11.0 / 21.0 - 0.5)

static const struct price_point three[] = {
    {.time = 0, .usd = 100.0},
    {.time = 2 * DAY, .usd = 400.0},
    {.time = 3 * DAY, .usd = 200.0, .reconstructed = true},
};
static const struct price_series series = {three, 3};

START_TEST(test_moments)
{
    struct price_mean at = {0};

    ck_assert(!price_log_at(&at, &series, -1));
    ck_assert(price_log_at(&at, &series, 0));
    ck_assert_double_eq_tol(at.log_usd, log(100.0), 1e-15);
    ck_assert(price_log_at(&at, &series, DAY));
    ck_assert_double_eq_tol(at.log_usd, log(200.0), 1e-12);
    ck_assert_double_eq(at.reconstructed, 0.0);
    ck_assert(price_log_at(&at, &series, 2 * DAY));
    ck_assert_double_eq(at.reconstructed, 0.0);
    ck_assert(price_log_at(&at, &series, 2 * DAY + 1));
    ck_assert_double_eq(at.reconstructed, 1.0);
    ck_assert(price_log_at(&at, &series, 3 * DAY));
    ck_assert_double_eq(at.held, 0.0);
    ck_assert_double_eq(at.reconstructed, 1.0);
    ck_assert(price_log_at(&at, &series, 9 * DAY));
    ck_assert_double_eq(at.held, 1.0);
    ck_assert_double_eq_tol(at.log_usd, log(200.0), 1e-15);
}
END_TEST

START_TEST(test_means)
{
    struct price_mean mean = {0};

    ck_assert(!price_mean_over(&mean, &series, -1, DAY));
    ck_assert(price_mean_over(&mean, &series, 0, 2 * DAY));
    ck_assert_double_eq_tol(mean.log_usd, log(200.0), 1e-12);
    ck_assert_double_eq(mean.reconstructed, 0.0);
    /* Two days of 200 on average, one of sqrt(400 x 200), one held at 200. */
    ck_assert(price_mean_over(&mean, &series, 0, 4 * DAY));
    ck_assert_double_eq_tol(mean.log_usd, log(200.0) + 0.125 * log(2.0), 1e-12);
    ck_assert_double_eq_tol(mean.reconstructed, 0.5, 1e-12);
    ck_assert_double_eq_tol(mean.held, 0.25, 1e-12);
    ck_assert(price_mean_over(&mean, &series, 5 * DAY, 6 * DAY));
    ck_assert_double_eq_tol(mean.log_usd, log(200.0), 1e-15);
    ck_assert_double_eq(mean.held, 1.0);
}
END_TEST

/* Nothing was quoted in a long gap, though both of its ends were. */
START_TEST(test_gap)
{
    const struct price_point points[] = {
        {.time = 0, .usd = 100.0},
        {.time = PRICE_GAP_MAX_S, .usd = 100.0},
        {.time = 2 * PRICE_GAP_MAX_S + 1, .usd = 100.0},
        {.time = 2 * PRICE_GAP_MAX_S + DAY, .usd = 100.0},
    };
    const struct price_series gap = {points, 4};
    struct price_mean mean = {0};

    ck_assert(price_mean_over(&mean, &gap, 0, PRICE_GAP_MAX_S));
    ck_assert_double_eq(mean.reconstructed, 0.0);
    ck_assert(price_mean_over(&mean, &gap, PRICE_GAP_MAX_S - DAY, PRICE_GAP_MAX_S + DAY));
    ck_assert_double_eq_tol(mean.reconstructed, 0.5, 1e-12);
    ck_assert_double_eq(mean.held, 0.0);
    ck_assert(price_log_at(&mean, &gap, PRICE_GAP_MAX_S));
    ck_assert_double_eq(mean.reconstructed, 0.0);
    ck_assert(price_log_at(&mean, &gap, PRICE_GAP_MAX_S + 1));
    ck_assert_double_eq(mean.reconstructed, 1.0);
    ck_assert(price_log_at(&mean, &gap, 2 * PRICE_GAP_MAX_S + DAY));
    ck_assert_double_eq(mean.reconstructed, 0.0);
}
END_TEST

/* Any span's mean is that of its parts, and lies between the extremes. */
START_TEST(test_parts)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 2000);

    for (size_t round = 0; round < rounds; round++) {
        struct price_point points[POINTS_MOST];
        struct price_series some = {points, 1 + test_random_below(&random, POINTS_MOST)};
        struct price_mean whole = {0}, left = {0}, right = {0};
        double low = INFINITY, high = -INFINITY, share = 0.0;
        int64_t time = 0, from = 0, middle = 0, to = 0;

        for (size_t i = 0; i < some.count; i++) {
            points[i] = (struct price_point){
                .time = time,
                .usd = exp((double)test_random_below(&random, 2000) / 100.0 - 5.0),
                .reconstructed = test_random_one_in(&random, 4),
            };
            low = fmin(low, log(points[i].usd));
            high = fmax(high, log(points[i].usd));
            time += 1 + test_random_below(&random, 3 * DAY);
        }
        from = test_random_below(&random, (uint32_t)time + DAY);
        middle = from + 1 + test_random_below(&random, 9 * DAY);
        to = middle + 1 + test_random_below(&random, 9 * DAY);
        share = (double)(middle - from) / (double)(to - from);
        ck_assert(price_mean_over(&whole, &some, from, to));
        ck_assert(price_mean_over(&left, &some, from, middle));
        ck_assert(price_mean_over(&right, &some, middle, to));
        ck_assert_double_eq_tol(whole.log_usd, share * left.log_usd + (1.0 - share) * right.log_usd,
                                1e-9);
        ck_assert_double_eq_tol(whole.reconstructed,
                                share * left.reconstructed + (1.0 - share) * right.reconstructed,
                                1e-9);
        ck_assert_double_eq_tol(whole.held, share * left.held + (1.0 - share) * right.held, 1e-9);
        ck_assert_double_ge(whole.log_usd, low - 1e-9);
        ck_assert_double_le(whole.log_usd, high + 1e-9);
    }
}
END_TEST

START_TEST(test_lags)
{
    struct vectors vectors;
    double *income = NULL;

    if (!vectors_read(&vectors, "../vectors/E_epochs.csv"))
        return;
    income = malloc(vectors.rows * sizeof *income);
    ck_assert_ptr_nonnull(income);
    for (size_t t = 0; t < vectors.rows; t++) {
        uint32_t first = (uint32_t)vectors_at(&vectors, t, FIRST_HEIGHT);

        income[t] = vectors_at(&vectors, t, LOG_PRICE) + hashprice_mean_log_subsidy(first, EPOCH);
        if (vectors_at(&vectors, t, FIRST_HEIGHT) == EPOCH_2020)
            income[t] += SHARE_2020 * log(2.0);
    }
    for (size_t t = PRICE_LAG_EPOCHS; t < vectors.rows; t++) {
        double z[PRICE_LAGS];

        price_lagged(z, income, t);
        for (size_t k = 0; k < PRICE_LAGS; k++)
            ck_assert_double_eq_tol(z[k], vectors_at(&vectors, t, FIRST_Z + k), 1.2e-9);
    }
    ck_assert_uint_gt(vectors.rows, 2 * PRICE_LAG_EPOCHS);
    free(income);
    vectors_free(&vectors);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_moments, test_means, test_gap, test_parts, test_lags};

    return TEST_MAIN("price", tests);
}
