// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the clock of a backtest ticks each minute, more rarely in silences that no
 * chain of good stamps has, and always on; messages become alerts, and time in alert is counted
 * once where several stand, and in the year in which it passes.
 */
#include "config.h"

#include "monitor/backtest.h"
#include "monitor/backtest_alerts.h"
#include "tests/support/check.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Ticks before a block that comes after so long. */
static size_t ticks_in(int64_t begin_ms, int64_t silence_ms)
{
    size_t count = 0;
    int64_t now = backtest_next_tick(begin_ms, begin_ms);

    while (now < begin_ms + silence_ms) {
        int64_t next = backtest_next_tick(begin_ms, now);

        ck_assert_int_gt(next, now);
        now = next;
        count++;
    }
    return count;
}

START_TEST(test_ticks)
{
    int64_t begin_ms = (int64_t)(test_seed() % 4000000000u) * 1000;

    ck_assert_int_eq(backtest_next_tick(begin_ms, begin_ms), begin_ms + MINUTE_MS);
    ck_assert_uint_eq(ticks_in(begin_ms, 0), 0);
    ck_assert_uint_eq(ticks_in(begin_ms, MINUTE_MS), 0); /* the block itself is looked at */
    ck_assert_uint_eq(ticks_in(begin_ms, MINUTE_MS + 1), 1);
    ck_assert_uint_eq(ticks_in(begin_ms, DAY_MS + 1), 24 * 60);
    ck_assert_uint_eq(ticks_in(begin_ms, 30 * DAY_MS + 1), 24 * 60 + 29 * 24);
    /* As far as 32 bits of seconds go. */
    ck_assert_uint_lt(ticks_in(0, (int64_t)UINT32_MAX * 1000), 60000);
}
END_TEST

/* ---- Alerts ------------------------------------------------------------- */

static const struct document_monitor monitor = {
    .name = "", .network = "main", .software = "hashtide"};

static void note(struct backtest_alerts *alerts, size_t rule, enum alert_state state,
                 uint64_t number, int64_t wall_ms)
{
    struct metrics metrics = {.wall_ms = wall_ms, .has_tip = true, .height = 7};
    struct alert_transition transition = {
        .state = state, .incident = number, .sequence = 1, .since_wall_ms = wall_ms};
    struct document document = {.monitor = &monitor,
                                .metrics = &metrics,
                                .rule = &alerts->rules->rules[rule],
                                .transition = &transition};
    const struct backtest_alert *alert = backtest_alerts_note(alerts, &document);

    ck_assert_ptr_eq(alert->rule, &alerts->rules->rules[rule]);
    ck_assert_uint_eq(alert->number, number);
}

/* Of the first rule from 10 to 20 and from 40 on, of the second from 15 to 30, in days; it ends at
 * 50. */
static void fill(struct backtest_alerts *alerts, const struct ruleset *rules)
{
    backtest_alerts_begin(alerts, rules);
    note(alerts, 0, ALERT_RAISED, 1, 10 * DAY_MS);
    note(alerts, 0, ALERT_REPEATED, 1, 12 * DAY_MS);
    note(alerts, 1, ALERT_RAISED, 1, 15 * DAY_MS);
    note(alerts, 0, ALERT_CLEARED, 1, 20 * DAY_MS);
    note(alerts, 1, ALERT_CLEARED, 1, 30 * DAY_MS);
    note(alerts, 0, ALERT_RAISED, 2, 40 * DAY_MS);
}

START_TEST(test_sums)
{
    const struct backtest_span span = {.begin_ms = 5 * DAY_MS, .end_ms = 50 * DAY_MS};
    struct ruleset rules;
    struct backtest_alerts alerts;
    struct backtest_sum sum;

    ck_assert(ruleset_defaults(&rules));
    fill(&alerts, &rules);
    ck_assert_uint_eq(alerts.count, 3);
    ck_assert(alerts.items[0].cleared && !alerts.items[2].cleared);
    ck_assert_uint_eq(alerts.items[0].messages, 3);

    sum = backtest_alerts_sum(&alerts, &span, &rules.rules[0], INT64_MIN, INT64_MAX);
    ck_assert_uint_eq(sum.alerts, 2);
    ck_assert_uint_eq(sum.messages, 4);
    ck_assert_int_eq(sum.in_alert_ms, 20 * DAY_MS);
    ck_assert(sum.standing);

    sum = backtest_alerts_sum(&alerts, &span, NULL, INT64_MIN, INT64_MAX);
    ck_assert_uint_eq(sum.alerts, 3);
    ck_assert_int_eq(sum.in_alert_ms, 30 * DAY_MS); /* 10 to 30 once, 40 to 50 */

    sum = backtest_alerts_sum(&alerts, &span, NULL, 12 * DAY_MS, 15 * DAY_MS);
    ck_assert_uint_eq(sum.alerts, 0);
    ck_assert_int_eq(sum.in_alert_ms, 3 * DAY_MS);

    sum = backtest_alerts_sum(&alerts, &span, &rules.rules[2], INT64_MIN, INT64_MAX);
    ck_assert_uint_eq(sum.alerts, 0);
    ck_assert_int_eq(sum.in_alert_ms, 0);
    backtest_alerts_free(&alerts);
    ruleset_free(&rules);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_ticks, test_sums};

    return TEST_MAIN("backtest", tests);
}
