// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: figures read as people write them, at the edges of each form too.
 */
#include "config.h"

#include "monitor/words.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdint.h>

#define SAYS(expected, call)                                                                       \
    do {                                                                                           \
        char out[WORDS_SIZE];                                                                      \
        call;                                                                                      \
        ck_assert_str_eq(out, expected);                                                           \
    } while (0)

START_TEST(counts)
{
    SAYS("0", words_count(out, sizeof out, 0));
    SAYS("0", words_count(out, sizeof out, -5));
    SAYS("999", words_count(out, sizeof out, 999));
    SAYS("1,000", words_count(out, sizeof out, 1000));
    SAYS("9,223,372,036,854,775,807", words_count(out, sizeof out, INT64_MAX));
}
END_TEST

START_TEST(durations)
{
    SAYS("0 s", words_duration(out, sizeof out, -1.0));
    SAYS("119 s", words_duration(out, sizeof out, 119.9));
    SAYS("2 min", words_duration(out, sizeof out, 120.0));
    SAYS("2 h 0 min", words_duration(out, sizeof out, 7200.0));
    SAYS("3 d 4 h", words_duration(out, sizeof out, 3 * 86400.0 + 4 * 3600.0));
    SAYS("an age", words_duration(out, sizeof out, HUGE_VAL));
    SAYS("an age", words_duration(out, sizeof out, NAN));
    SAYS("12 hours", words_span(out, sizeof out, 12 * 3600.0));
    SAYS("3 days", words_span(out, sizeof out, 3.5 * 86400.0));
    SAYS("2.0 years", words_span(out, sizeof out, 730.5 * 86400.0));
}
END_TEST

START_TEST(figures)
{
    SAYS("0.00333", words_figure(out, sizeof out, 0.00333));
    SAYS("912.3", words_figure(out, sizeof out, 912.34));
    SAYS("1,000", words_figure(out, sizeof out, 999.96));
    SAYS("1,069", words_figure(out, sizeof out, 1069.4));
    SAYS("1.2e+09", words_figure(out, sizeof out, 1.2e9));
    SAYS("1,012 EH/s, 95 % sure between 985 and 1,040",
         words_hashrate(out, sizeof out, 1012.0, 985.0, 1040.0));
    SAYS("3.5 PH/s, 95 % sure between 3 and 4.1",
         words_hashrate(out, sizeof out, 0.0035, 0.003, 0.0041));
    SAYS("3.3 mH/s, 95 % sure between 3 and 4",
         words_hashrate(out, sizeof out, 3.3e-21, 3e-21, 4e-21));
}
END_TEST

START_TEST(shares_and_changes)
{
    SAYS("+3.2 %", words_change(out, sizeof out, 1.032));
    SAYS("-12 %", words_change(out, sizeof out, 0.88));
    SAYS("0.0 %", words_change(out, sizeof out, 1.0));
    SAYS("0.0 %", words_change(out, sizeof out, 0.9999));
    SAYS("+300 %", words_change(out, sizeof out, 4.0));
    SAYS("0.82 %", words_percent(out, sizeof out, 0.0082));
    SAYS("1.5 %", words_percent(out, sizeof out, 0.015));
    SAYS("12 %", words_percent(out, sizeof out, 0.1196));
    SAYS("about 23 % (15 to 31 %)", words_extent(out, sizeof out, true, 0.77, 0.69, 0.85));
    SAYS("about 8 % (0 to 1,200 %)", words_extent(out, sizeof out, false, 1.08, 0.9, 13.0));
    SAYS("about 5 % (0 to 1,000,000+ %)",
         words_extent(out, sizeof out, false, 1.05, 1.0, HUGE_VAL));
    SAYS("12 times a year", words_per_year(out, sizeof out, 12.0));
    SAYS("once a year", words_per_year(out, sizeof out, 1.0));
    SAYS("once in 5 years", words_per_year(out, sizeof out, 0.2));
    SAYS("less than once in 1,000 years", words_per_year(out, sizeof out, 0.0));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {counts, durations, figures, shares_and_changes};

    return TEST_MAIN("words", tests);
}
