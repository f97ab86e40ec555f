// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the registry is complete and its names can be relied on; values are printed as
 * people read them; what is not a figure never gets into a snapshot; ids are those of an
 * independent implementation.
 */
#include "config.h"

#include "alerts/identity.h"
#include "alerts/metric.h"
#include "alerts/nearest.h"
#include "tests/support/check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

START_TEST(test_registry)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        const struct metric_info *metric = metric_info((enum metric_id)i);
        size_t len = 0;

        ck_assert_ptr_nonnull(metric->name);
        len = strlen(metric->name);
        ck_assert_uint_eq(metric_find(metric->name), i);
        ck_assert_uint_eq(strspn(metric->name, "abcdefghijklmnopqrstuvwxyz0123456789_."), len);
        ck_assert_uint_lt(len, 40); /* so that a mistyped one is compared */
        ck_assert_ptr_nonnull(strchr(metric->name, '.'));
        ck_assert_int_eq(metric->phrase[strlen(metric->phrase) - 1] == '.', 0);
        ck_assert_int_eq(metric->meaning[strlen(metric->meaning) - 1], '.');
        ck_assert_int_eq(metric->kind == METRIC_ESTIMATE, metric->level > 0);
        if (metric->kind == METRIC_ESTIMATE)
            ck_assert_ptr_nonnull(metric->method);
        ck_assert_int_eq(metric->method != NULL, metric->version > 0);
        ck_assert_int_eq(metric->unit == METRIC_EHS, strcmp(metric->name + len - 4, "_ehs") == 0);
        ck_assert_int_eq(metric->unit == METRIC_PERCENT,
                         strcmp(metric->name + len - 4, "_pct") == 0);
        ck_assert_int_eq(metric->unit == METRIC_SECONDS, strcmp(metric->name + len - 2, "_s") == 0);
    }
    ck_assert_uint_eq(metric_find("hashrate"), METRIC_COUNT);
    ck_assert_uint_eq(metric_find(""), METRIC_COUNT);
}
END_TEST

START_TEST(test_nearest)
{
    static const struct {
        const char *given, *meant;
    } rows[] = {
        {"hashrate.now_eh", "hashrate.now_ehs"},
        {"hashrate.drop.confidence", "hashrate.fall.confidence"},
        {"hasrate.fall.size", "hashrate.fall.size"},
        {"difficulty.next_change_pct", "difficulty.next_change"},
        {"reorg.dept", "reorg.depth"},
        {"sync.peer", "sync.peers"},
        {"clock.error_s", "clock.error_ms"},
        {"price.usd", NULL},
        {"", NULL},
        {"hashrate.fall.confidence.of.the.year.before.last.and.more", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *nearest = metric_nearest(rows[i].given);

        if (rows[i].meant == NULL)
            ck_assert_msg(nearest == NULL, "%s: %s", rows[i].given, nearest);
        else
            ck_assert_str_eq(nearest, rows[i].meant);
    }
}
END_TEST

START_TEST(test_format)
{
    static const struct {
        enum metric_unit unit;
        double value;
        const char *text;
    } rows[] = {
        {METRIC_EHS, 652.14, "652 EH/s"},
        {METRIC_EHS, 99.96, "100 EH/s"},
        {METRIC_EHS, 0.0000123, "1.23e-05 EH/s"},
        {METRIC_EHS, 12.345, "12.3 EH/s"},
        {METRIC_FRACTION, 0.1234, "12.3 %"},
        {METRIC_FRACTION, -0.05, "-5.0 %"},
        {METRIC_FRACTION, -0.0001, "0.0 %"},
        {METRIC_FRACTION, 0, "0.0 %"},
        {METRIC_FRACTION, -0.0, "0.0 %"},
        {METRIC_FRACTION, 0.000002, "1 in 500,000"},
        {METRIC_FRACTION, 0.00049, "1 in 2,041"},
        {METRIC_FRACTION, 1, "100.0 %"},
        {METRIC_SECONDS, 59.6, "1 min"},
        {METRIC_SECONDS, 0.2, "0 s"},
        {METRIC_SECONDS, -0.2, "0 s"},
        {METRIC_SECONDS, 61, "1 min 1 s"},
        {METRIC_SECONDS, 754, "12 min"},
        {METRIC_SECONDS, 7980, "2 h 13 min"},
        {METRIC_SECONDS, -7200, "-2 h"},
        {METRIC_SECONDS, 86400, "1 d"},
        {METRIC_SECONDS, 90000.4, "1 d 1 h"},
        {METRIC_SECONDS, 86399.7, "1 d"},
        {METRIC_MILLISECONDS, 1234.5, "1234 ms"},
        {METRIC_NUMBER, 3, "3"},
        {METRIC_BLOCKS, 1, "1 block"},
        {METRIC_BLOCKS, 6, "6 blocks"},
        {METRIC_PER_YEAR, 0.5, "0.50 a year"},
        {METRIC_PERCENT, 25.04, "25.0 %"},
        {METRIC_PERCENT, 0, "0 %"},
        {METRIC_USD_PH_DAY, 28.1, "28.1 USD per PH/s and day"},
        {METRIC_RATIO, 2.9, "2.90 times"},
        {METRIC_YES_NO, 1, "yes"},
        {METRIC_YES_NO, 0, "no"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[METRIC_TEXT_SIZE];

        metric_format(text, rows[i].unit, rows[i].value);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

/* Whatever the figure, the text is whole, of ASCII, and never says nan or inf. */
START_TEST(test_format_extremes)
{
    static const double extremes[] = {DBL_MAX, -DBL_MAX, DBL_MIN, -DBL_MIN, DBL_TRUE_MIN,      1e15,
                                      -1e15,   1e12,     1e-15,   0.0005,   9007199254740993.0};

    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        for (unsigned unit = METRIC_EHS; unit <= METRIC_YES_NO; unit++) {
            char text[METRIC_TEXT_SIZE];

            metric_format(text, (enum metric_unit)unit, extremes[i]);
            ck_assert_uint_lt(strlen(text), METRIC_TEXT_SIZE - 1);
            ck_assert_ptr_null(strstr(text, "nan"));
            ck_assert_ptr_null(strstr(text, "inf"));
        }
    }
}
END_TEST

START_TEST(test_snapshot)
{
    struct metrics metrics = {0};
    struct metric_value *value = &metrics.values[METRIC_HASHRATE_NOW_EHS];

    metrics_set_estimate(&metrics, METRIC_HASHRATE_NOW_EHS, 650, 600, 700, 1000, 1144);
    ck_assert(value->known);
    ck_assert_double_eq(value->lo, 600);
    ck_assert_uint_eq(value->from_height, 1000);
    metrics_set_estimate(&metrics, METRIC_HASHRATE_NOW_EHS, 650, 660, 700, 1000, 1144);
    ck_assert(!value->known);
    ck_assert_double_eq(value->hi, 0);
    metrics_set_estimate(&metrics, METRIC_HASHRATE_NOW_EHS, 650, 600, (double)INFINITY, 1, 2);
    ck_assert(!value->known);
    metrics_set(&metrics, METRIC_SYNC_PEERS, 3);
    ck_assert_double_eq(metrics.values[METRIC_SYNC_PEERS].hi, 3);
    metrics_set(&metrics, METRIC_SYNC_PEERS, (double)NAN);
    ck_assert(!metrics.values[METRIC_SYNC_PEERS].known);
}
END_TEST

/* By Python's hashlib, from the definition in identity.h. */
START_TEST(test_identity)
{
    struct identity identity = {.kind = IDENTITY_RULE, .name = "reorg-2", .number = 7};
    char id[IDENTITY_SIZE];

    for (size_t i = 0; i < IDENTITY_KEY_SIZE; i++)
        identity.key[i] = (uint8_t)i;
    identity_alert(id, &identity);
    ck_assert_str_eq(id, "83d77115f67f1d1126e52985d534eaf7");
    identity_message(id, &identity, 2);
    ck_assert_str_eq(id, "937f6d2becaf124472e577f304667b22");
    identity.kind = IDENTITY_HEARTBEAT;
    identity.name = "ops";
    identity_message(id, &identity, 1);
    ck_assert_str_eq(id, "40174b0dba741a83eb48110c2606b054");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_registry,        test_nearest,  test_format,
        test_format_extremes, test_snapshot, test_identity,
    };

    return TEST_MAIN("metric", tests);
}
