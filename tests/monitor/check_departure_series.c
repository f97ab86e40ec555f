// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the epochs and prices that are built in are the series that the model was made
 * with; a store's chain goes on where the table ends, and a store of another network is not asked.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/price_table.h"
#include "monitor/departure_inputs.h"
#include "monitor/departure_series.h"
#include "tests/support/check.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** The vectors' prices are of another source than ours, one per cent apart at most where they were
 *  quoted, and were reconstructed without regard to fees where they were not. */
#define PRICE_SLACK 0.02

/** Columns of the vectors. */
enum { HEIGHT, START, MIDDLE, RATE, LOG_RATE, LOG_PRICE, Z1 };

static void read_prices(struct price_table *table)
{
    struct price_table_fault fault;
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_PRICES);

    ck_assert_msg(price_table_read(table, &fault, text, len), "%s", fault.text);
}

START_TEST(test_vectors)
{
    struct vectors vectors;
    struct departure_series all;
    struct departure_series series;
    struct price_table table;
    int64_t reconstructed = 0;

    if (!vectors_read(&vectors, "../vectors/E_epochs.csv"))
        return;
    departure_series_read(&all, NULL);
    departure_series_since(&series, &all, 2016.0);
    read_prices(&table);
    ck_assert(departure_inputs_price(&series, &reconstructed, &all,
                                     &(struct price_series){table.points, table.count}));
    ck_assert_uint_ge(series.count, vectors.rows);
    for (size_t i = 0; i < vectors.rows; i++) {
        const struct departure_epoch *epoch = &series.epochs[i];

        ck_assert_double_eq((double)series.heights[i], vectors_at(&vectors, i, HEIGHT));
        ck_assert_double_eq_tol(epoch->start, vectors_at(&vectors, i, START), 1e-6);
        ck_assert_double_eq_tol(departure_epoch_mid(epoch), vectors_at(&vectors, i, MIDDLE), 1e-6);
        ck_assert_double_eq_tol(epoch->log_rate, vectors_at(&vectors, i, LOG_RATE), 1e-8);
        for (size_t k = 0; k < DEPARTURE_PRICES; k++)
            ck_assert_double_eq_tol(epoch->price[k], vectors_at(&vectors, i, Z1 + k), PRICE_SLACK);
    }
    /* Quotes end in January 2026. */
    ck_assert_int_gt(reconstructed, departure_series_seconds(2026.0));
    ck_assert_int_lt(reconstructed, departure_series_seconds(2026.1));
    printf("series: %zu epochs as in the vectors\n", vectors.rows);
    departure_series_free(&all);
    departure_series_free(&series);
    price_table_free(&table);
    vectors_free(&vectors);
}
END_TEST

START_TEST(test_whole)
{
    struct departure_series all;
    struct departure_series late;

    departure_series_read(&all, NULL);
    departure_series_since(&late, &all, 2024.5);
    ck_assert_uint_gt(all.count, late.count);
    for (size_t i = 0; i < all.count; i++) {
        ck_assert(isfinite(all.epochs[i].log_rate));
        ck_assert_int_lt(all.begins[i], all.begins[i + 1]);
        if (i > 0) {
            ck_assert_uint_eq(all.heights[i], all.heights[i - 1] + 2016);
            ck_assert_double_eq(all.epochs[i].start, all.epochs[i - 1].end);
        }
    }
    for (size_t i = 0; i < late.count; i++)
        ck_assert_uint_eq(late.heights[i], all.heights[all.count - late.count + i]);
    ck_assert_double_ge(departure_epoch_mid(&late.epochs[0]), 2024.5);
    ck_assert_int_eq(departure_series_seconds(departure_series_year(1700000000)), 1700000000);
    departure_series_free(&all);
    departure_series_free(&late);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_vectors, test_whole};

    return TEST_MAIN("departure_series", tests);
}
