// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: tables of dated prices are read whole or refused with every fault; a price
 * stands in for as long as it may, and no day longer.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/series.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

#define POWER "date,region,usd_mwh,basis,source,note\n"
#define MACHINES "date,machine,j_per_th,usd_th,source\n"

struct told {
    size_t count;
    struct csv_fault last;
};

static void take_fault(void *context, const struct csv_fault *fault)
{
    struct told *told = context;

    told->count++;
    told->last = *fault;
}

static enum series_result read_bytes(struct series *out, struct told *told, enum series_kind kind,
                                     const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    *told = (struct told){.count = 0};
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    return series_parse(out, kind, copy, len, take_fault, told);
}

static void read_good(struct series *out, enum series_kind kind, const char *text)
{
    struct told told;

    ck_assert_int_eq(read_bytes(out, &told, kind, text, strlen(text)), SERIES_READ);
    ck_assert_uint_eq(told.count, 0);
}

static void refuse(enum series_kind kind, const char *text, unsigned line, const char *column)
{
    struct series series;
    struct told told;

    ck_assert_int_eq(read_bytes(&series, &told, kind, text, strlen(text)), SERIES_REFUSED);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_uint_eq(told.last.line, line);
    ck_assert_str_eq(told.last.column, column);
    ck_assert_ptr_null(series.text);
}

static int32_t day_of(const char *text)
{
    struct day day;

    ck_assert(day_parse_exact(&day, text));
    return day.first;
}

START_TEST(test_builtin)
{
    struct series series;
    struct told told;
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_POWER);

    ck_assert_int_eq(read_bytes(&series, &told, SERIES_POWER, text, len), SERIES_READ);
    ck_assert_uint_eq(series.count + series.subjects, 0);
    series_free(&series);
    text = builtin_text(&len, BUILTIN_MACHINES);
    ck_assert_int_eq(read_bytes(&series, &told, SERIES_MACHINES, text, len), SERIES_READ);
    ck_assert_uint_eq(series.count + series.subjects, 0);
    series_free(&series);
}
END_TEST

START_TEST(test_faults)
{
    refuse(SERIES_POWER, "", 1, "");
    refuse(SERIES_POWER, "date,region,source\n", 1, "");
    refuse(SERIES_POWER, POWER "2026-06,texas,34.5,,x\n", 2, "");
    refuse(SERIES_POWER, POWER "2026-13,texas,34.5,,x,\n", 2, "date");
    refuse(SERIES_POWER, POWER "2026-06,Texas,34.5,,x,\n", 2, "region");
    refuse(SERIES_POWER, POWER "2026-06,,34.5,,x,\n", 2, "region");
    refuse(SERIES_POWER, POWER "2026-06,sixteen-letters-,34.5,,x,\n", 2, "region");
    refuse(SERIES_POWER, POWER "2026-06,texas,nan,,x,\n", 2, "usd_mwh");
    refuse(SERIES_POWER, POWER "2026-06,texas,10000.5,,x,\n", 2, "usd_mwh");
    refuse(SERIES_POWER, POWER "2026-06,texas,34.5,retail,x,\n", 2, "basis");
    refuse(SERIES_POWER, POWER "2026-06,texas,34.5,,,\n", 2, "source");
    refuse(SERIES_POWER, POWER "2026-06,texas,3,,x,\n2026-07,texas,4,,x,\n2026-06,texas,5,,x,\n", 4,
           "date");
    refuse(SERIES_MACHINES, MACHINES "2026-06,,29.5,3.1,x\n", 2, "machine");
    refuse(SERIES_MACHINES, MACHINES "2026-06,S19,0.5,3.1,x\n", 2, "j_per_th");
    refuse(SERIES_MACHINES, MACHINES "2026-06,S19,29.5,0,x\n", 2, "usd_th");
    refuse(SERIES_MACHINES, MACHINES "2026-06,S19,29.5,2700,x\n", 2, "usd_th");
    refuse(SERIES_MACHINES, "date,machine,usd_th,source\n2026-06,S19,3.1,x\n", 1, "");
}
END_TEST

/* Columns that may be missing. */
START_TEST(test_short)
{
    struct series series;

    read_good(&series, SERIES_POWER,
              "source,usd_mwh,region,date\nx,-3.5,texas,2026-06-01\n# a comment\n");
    ck_assert_uint_eq(series.count, 1);
    ck_assert_double_eq(series.rows[0].value, -3.5);
    ck_assert_str_eq(series.rows[0].basis, "");
    ck_assert_str_eq(series.rows[0].note, "");
    series_free(&series);
}
END_TEST

START_TEST(test_age)
{
    struct series series;
    struct series_quote quote;

    read_good(&series, SERIES_POWER,
              POWER "2026-06,texas,30,,x,\n2026-06-10,texas,90,,x,\n2026,texas,40,,x,\n"
                    "2024-03,texas,20,wholesale,x,\n");
    ck_assert_uint_eq(series.subjects, 1);
    ck_assert_ptr_null(series_at(&series, 0, day_of("2024-02-29")).row);
    quote = series_at(&series, 0, day_of("2024-03-01"));
    ck_assert(quote.fresh && quote.age_days == 0 && quote.row->value == 20.0);
    quote = series_at(&series, 0, day_of("2024-03-31") + SERIES_AGE_DAYS);
    ck_assert(quote.fresh && quote.age_days == SERIES_AGE_DAYS && quote.row->value == 20.0);
    quote = series_at(&series, 0, day_of("2024-03-31") + SERIES_AGE_DAYS + 1);
    ck_assert(!quote.fresh && quote.row->value == 20.0);
    /* The shortest date that holds; what is ahead does not. */
    ck_assert_double_eq(series_at(&series, 0, day_of("2026-05-31")).row->value, 40.0);
    ck_assert_double_eq(series_at(&series, 0, day_of("2026-06-09")).row->value, 30.0);
    ck_assert_double_eq(series_at(&series, 0, day_of("2026-06-10")).row->value, 90.0);
    ck_assert_double_eq(series_at(&series, 0, day_of("2026-06-11")).row->value, 30.0);
    ck_assert_double_eq(series_at(&series, 0, day_of("2026-07-01")).row->value, 40.0);
    series_free(&series);
}
END_TEST

START_TEST(test_spread)
{
    struct series series;
    struct series_spread spread;

    read_good(&series, SERIES_POWER,
              POWER "2026-06,texas,30,,x,\n2026-05,nordics,20,,x,\n2026-06,russia,50,,x,\n"
                    "2026-06,gulf,42,,x,\n2024,canada,1,,x,\n2027,us,500,,x,\n");
    ck_assert(series_spread_at(&spread, &series, day_of("2026-07-10")));
    ck_assert_uint_eq(spread.known, 4);
    ck_assert_double_eq(spread.median, 36.0);
    ck_assert_str_eq(spread.low->subject, "nordics");
    ck_assert_str_eq(spread.high->subject, "russia");
    ck_assert_int_eq(spread.age_days, 40);
    ck_assert(series_spread_at(&spread, &series, day_of("2026-09-10")));
    ck_assert_uint_eq(spread.known, 3);
    ck_assert_double_eq(spread.median, 42.0);
    ck_assert(series_spread_at(&spread, &series, day_of("2020-01-01")));
    ck_assert_uint_eq(spread.known, 0);
    series_free(&series);
}
END_TEST

START_TEST(test_nearest)
{
    struct series series;

    read_good(&series, SERIES_MACHINES,
              MACHINES "2026-06-01,S19,34.5,2,x\n2026-06-01,S21,17.5,11,x\n2025-01-01,XP,21.5,9,x\n"
                       "2026-05-01,S21,17.5,12,x\n");
    ck_assert_uint_eq(series.subjects, 3);
    ck_assert_uint_eq(series.begins[series.subjects], series.count);
    /* By ratio: the middle of 17.5 and 34.5 is 24.6. What is nearer still is too old. */
    ck_assert_double_eq(series_nearest(&series, 24.5, day_of("2026-06-02")).row->value, 11.0);
    ck_assert_double_eq(series_nearest(&series, 24.7, day_of("2026-06-02")).row->value, 2.0);
    ck_assert_double_eq(series_nearest(&series, 22.0, day_of("2025-02-01")).row->value, 9.0);
    ck_assert_ptr_null(series_nearest(&series, 20.0, day_of("2026-12-01")).row);
    series_free(&series);
}
END_TEST

START_TEST(test_too_many)
{
    size_t head = strlen(POWER), each = strlen("2026,a,1,,x,\n");
    size_t len = head + each * (SERIES_ROWS_MAX + 1);
    char *text = malloc(len + 1);
    struct series series;
    struct told told;

    ck_assert_ptr_nonnull(text);
    memcpy(text, POWER, head);
    for (size_t i = 0; i <= SERIES_ROWS_MAX; i++)
        memcpy(text + head + each * i, "2026,a,1,,x,\n", each);
    ck_assert_int_eq(series_parse(&series, SERIES_POWER, text, len, take_fault,
                                  (told = (struct told){.count = 0}, &told)),
                     SERIES_REFUSED);
    ck_assert_uint_eq(told.count, SERIES_ROWS_MAX); /* one for length, the others for twins */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_builtin, test_faults,  test_short,   test_age,
                                  test_spread,  test_nearest, test_too_many};

    return TEST_MAIN("series", tests);
}
