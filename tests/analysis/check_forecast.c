// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the next retarget's distribution agrees with an independent implementation,
 * covers the truth as often as it says, is exact when the epoch is done, and never is NaN.
 */
#include "config.h"

#include "analysis/forecast.h"
#include "analysis/random.h"
#include "tests/support/check.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>

/** What the vectors are rounded to, relative. */
#define CLOSE 1e-9

static void assert_close(double value, double wanted)
{
    ck_assert_msg(fabs(value / wanted - 1.0) <= CLOSE, "%.15g, not %.15g", value, wanted);
}

START_TEST(test_vectors)
{
    static const double quantiles[] = {0.025, 0.1, 0.5, 0.9, 0.975};
    struct vectors vectors;

    if (!vectors_read(&vectors, "../vectors/D_forecast.csv"))
        return;
    ck_assert_uint_gt(vectors.rows, 0);
    for (size_t row = 0; row < vectors.rows; row++) {
        struct forecast_input input = {
            .log_mean = vectors_at(&vectors, row, 0),
            .log_variance = vectors_at(&vectors, row, 1),
            .walk = vectors_at(&vectors, row, 2),
            .drift = vectors_at(&vectors, row, 3),
            .done = (uint32_t)vectors_at(&vectors, row, 4),
            .elapsed_s = vectors_at(&vectors, row, 5),
            .work_eh = vectors_at(&vectors, row, 6),
        };
        struct forecast_past past = {
            .elapsed_s = input.elapsed_s,
            .done = input.done,
            .before_s = vectors_at(&vectors, row, 15),
            .previous_ratio = vectors_at(&vectors, row, 16),
        };
        struct forecast forecast = forecast_make(&input);

        assert_close(forecast.rate.shape, vectors_at(&vectors, row, 7));
        assert_close(forecast.rate.rate, vectors_at(&vectors, row, 8));
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
            assert_close(forecast_ratio(&forecast, quantiles[i]), vectors_at(&vectors, row, 9 + i));
        assert_close(forecast_linear(&past), vectors_at(&vectors, row, 14));
        assert_close(forecast_mempool(&past), vectors_at(&vectors, row, 17));
    }
    vectors_free(&vectors);
}
END_TEST

/* Draws what the model says: a rate, then n intervals at it. */
START_TEST(test_coverage)
{
    const struct forecast_input input = {
        .log_mean = log(900.0),
        .log_variance = 0.001,
        .walk = 6e-7,
        .work_eh = 600.0 * 900.0,
        .elapsed_s = 300000.0,
        .done = 504,
    };
    struct random_stream random = random_init(test_seed(), 3);
    struct forecast forecast = forecast_make(&input);
    struct forecast_record record = forecast_ratio_record(&forecast);
    const double rounds = 4000.0;
    double held = 0.0;
    double below = 0.0;

    for (double i = 0.0; i < rounds; i += 1.0) {
        double rate = random_gamma(&random, forecast.rate.shape) / forecast.rate.rate;
        double span =
            input.elapsed_s + random_gamma(&random, forecast.to_come) * input.work_eh / rate;

        held += forecast_covers95(&record, 1209600.0 / span);
        below += 1209600.0 / span < forecast_median(&record);
    }
    /* Six standard errors. */
    ck_assert_double_eq_tol(held / rounds, 0.95, 6.0 * 0.218 / sqrt(rounds));
    ck_assert_double_eq_tol(below / rounds, 0.5, 6.0 * 0.5 / sqrt(rounds));
}
END_TEST

START_TEST(test_done)
{
    const struct forecast_input input = {
        .log_variance = 0.001, .work_eh = 600.0, .elapsed_s = 1e6, .done = FORECAST_INTERVALS};
    struct forecast forecast = forecast_make(&input);

    ck_assert_double_eq(forecast_ratio(&forecast, 0.025), 1.2096);
    ck_assert_double_eq(forecast_ratio(&forecast, 0.975), 1.2096);
    ck_assert_double_eq(forecast_seconds(&forecast, 0.5), 0.0);
    forecast.elapsed_s = -5.0;
    ck_assert_double_eq(forecast_ratio(&forecast, 0.5), 4.0);
    forecast.elapsed_s = 1e9;
    ck_assert_double_eq(forecast_ratio(&forecast, 0.5), 0.25);
}
END_TEST

/* The score of a normal distribution at its centre is sd (sqrt(2) - 1) / sqrt(pi); of a point, the
 * error. */
START_TEST(test_crps)
{
    struct forecast_record record;

    for (size_t i = 0; i < FORECAST_QUANTILES; i++)
        record.quantile[i] = 3.0;
    ck_assert_double_eq_tol(forecast_crps(&record, 3.5), 0.5, 1e-12);
    ck_assert_double_eq_tol(forecast_crps(&record, 2.5), 0.5, 1e-12);
    for (size_t i = 0; i < FORECAST_QUANTILES; i++)
        record.quantile[i] = ((double)i + 0.5) / FORECAST_QUANTILES; /* uniform on 0 .. 1 */
    ck_assert_double_eq_tol(forecast_crps(&record, 0.5), 1.0 / 12.0, 1e-4);
    ck_assert_double_eq_tol(forecast_median(&record), 0.5, 1e-12);
    ck_assert(forecast_covers95(&record, 0.026) && !forecast_covers95(&record, 0.024));
    ck_assert(forecast_covers95(&record, 0.974) && !forecast_covers95(&record, 0.976));
}
END_TEST

START_TEST(test_never_nan)
{
    static const double quantiles[] = {1e-6, 0.025, 0.5, 0.975, 1.0 - 1e-6};

    for (uint64_t round = 0; round < 300; round++) {
        struct test_random random = test_random_init(test_seed(), round);
        struct forecast_input input = {
            .log_mean = -80.0 + 2.0 * test_random_below(&random, 80),
            .log_variance = pow(10.0, -6.0 + test_random_below(&random, 8)),
            .walk = pow(10.0, -9.0 + test_random_below(&random, 6)),
            .drift = 1e-5 * test_random_below(&random, 3),
            .work_eh = pow(10.0, -17.0 + test_random_below(&random, 30)),
            .elapsed_s = -1e4 + 1e3 * test_random_below(&random, 3000),
            .done = test_random_below(&random, FORECAST_INTERVALS + 1),
        };
        struct forecast forecast = forecast_make(&input);
        double last_ratio = 0.25;
        double last_seconds = 0.0;

        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
            double ratio = forecast_ratio(&forecast, quantiles[i]);
            double seconds = forecast_seconds(&forecast, quantiles[i]);

            ck_assert(ratio >= last_ratio && ratio <= 4.0);
            ck_assert(seconds >= last_seconds && isfinite(seconds));
            last_ratio = ratio;
            last_seconds = seconds;
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors, test_coverage, test_done, test_crps, test_never_nan,
    };

    return TEST_MAIN("forecast", tests);
}
