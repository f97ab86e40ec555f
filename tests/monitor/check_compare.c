// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what three answers say together is the right one of the sentences: a rise is
 * named for what it is, and a test that could not have seen one is not taken for calm.
 */
#include "config.h"

#include "monitor/compare.h"
#include "tests/support/check.h"

#include <string.h>

/** A figure twice as large, seen; the same, which would have been seen, or not. */
static const struct volatility_risen risen = {
    .before = 0.01, .after = 0.02, .p = 0.01, .power15 = 0.5, .power20 = 0.9};
static const struct volatility_risen steady = {
    .before = 0.01, .after = 0.011, .p = 0.4, .power15 = 0.5, .power20 = 0.9};
static const struct volatility_risen blind = {
    .before = 0.01, .after = 0.02, .p = 0.06, .power15 = 0.1, .power20 = 0.2};
static const struct volatility_risen smaller = {
    .before = 0.02, .after = 0.01, .p = 1.0, .power15 = 0.1, .power20 = 0.2};

static void says(struct volatility_risen walk, struct volatility_risen transient,
                 struct volatility_risen changes, const char *words)
{
    const struct volatility_risen three[] = {walk, transient, changes};
    const char *summary = compare_summary(three);

    ck_assert_msg(strstr(summary, words) != NULL, "'%s' does not say '%s'", summary, words);
}

START_TEST(test_words)
{
    ck_assert_int_eq(compare_word(&risen), COMPARE_RISEN);
    ck_assert_int_eq(compare_word(&steady), COMPARE_NOT_SEEN);
    ck_assert_int_eq(compare_word(&blind), COMPARE_CANNOT_SEE);
}
END_TEST

START_TEST(test_summary)
{
    says(risen, risen, risen, "wanders more, and swings that return");
    says(risen, steady, risen, "where it goes it stays");
    says(steady, risen, steady, "they return");
    says(smaller, risen, blind, "they return");
    says(steady, steady, risen, "more than these periods can tell");
    says(steady, steady, steady, "a doubling would probably have been.");
    says(steady, blind, steady, "too small here to be told from luck");
    says(blind, steady, steady, "says little");
    says(steady, steady, blind, "says little");
    says(smaller, smaller, smaller, "smaller than before");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_words, test_summary};

    return TEST_MAIN("compare", tests);
}
