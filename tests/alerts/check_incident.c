// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the state machine of a rule does what its diagram says: each transition, its
 * message and its timing; hysteresis; silence while syncing and in the grace after start; reorgs
 * that take back; acknowledging and silencing; rules that change. Whatever the values, alerts are
 * those that a plain reading of the rule over the whole history gives, and storing the state at any
 * moment changes nothing.
 */
#include "config.h"

#include "alerts/identity.h"
#include "alerts/incident.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE ((int64_t)60000)
#define HOUR (60 * MINUTE)
#define START_MS INT64_C(1700000000000)

/* ---- a rule and a world -------------------------------------------------- */

struct bench {
    struct rule rule;
    struct incident incident;
    struct metrics metrics;
    struct alert_transition out;
};

static struct rule make_rule(const struct rule_pair *pairs, size_t count)
{
    struct rule rule;
    struct rule_error error;

    ck_assert_msg(rule_parse(&rule, &error, "r", 1, NULL, pairs, count), "%s", error.text);
    return rule;
}

/* Raised above 10, cleared below 5, after the given times; metric must be a plain figure. */
static struct bench bench_new(const char *metric, const char *raise_for, const char *clear_for)
{
    const struct rule_pair pairs[] = {
        {"metric", metric, 2},  {"raise", "above 10", 3},   {"clear", "below 5", 4},
        {"for", raise_for, 5},  {"clearfor", clear_for, 6}, {"repeat", "1h", 7},
        {"repeatmax", "4h", 8}, {"update", "50%", 9},
    };

    return (struct bench){
        .rule = make_rule(pairs, sizeof pairs / sizeof pairs[0]),
        .metrics =
            {
                .wall_ms = START_MS,
                .steady_ms = START_MS,
                .uptime_ms = METRICS_NO_START,
                .synced = true,
                .has_tip = true,
                .height = 1000,
            },
    };
}

/* Time and blocks pass, then the value is seen. Returns the message's state, or -1. */
static int step(struct bench *bench, int64_t ms, uint32_t blocks, double value)
{
    bool said = false;

    bench->metrics.wall_ms += ms;
    bench->metrics.steady_ms += ms;
    bench->metrics.height += blocks;
    if (bench->metrics.uptime_ms != METRICS_NO_START)
        bench->metrics.uptime_ms += ms;
    metrics_set(&bench->metrics, bench->rule.metric, value);
    said = incident_step(&bench->out, &bench->incident, &bench->rule, &bench->metrics);
    bench->metrics.reorged = false;
    return said ? (int)bench->out.state : -1;
}

/* Blocks above fork are replaced by others, up to height. */
static void reorg(struct bench *bench, uint32_t fork, uint32_t height)
{
    bench->metrics.reorged = true;
    bench->metrics.fork_height = fork;
    bench->metrics.height = height;
}

#define NONE (-1)
#define UNKNOWN ((double)NAN)
#define CHAIN "hashrate.now_ehs"
#define HEALTH "sync.peers"

/* ---- the diagram --------------------------------------------------------- */

START_TEST(test_at_once)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    ck_assert_int_eq(step(&b, 0, 0, 9.9), NONE);
    ck_assert_int_eq(step(&b, MINUTE, 1, 10), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 1);
    ck_assert_uint_eq(b.out.sequence, 1);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_VALUE);
    ck_assert_int_eq(b.out.since_wall_ms, START_MS + MINUTE);
    ck_assert_uint_eq(b.out.raised_height, 1001);
    ck_assert(incident_stands(&b.incident));
    ck_assert_int_eq(step(&b, MINUTE, 1, 5.1), NONE);
    ck_assert_int_eq(step(&b, MINUTE, 1, 5), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.incident, 1);
    ck_assert_uint_eq(b.out.sequence, 2);
    ck_assert(!incident_stands(&b.incident));
    ck_assert_int_eq(step(&b, MINUTE, 1, 11), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 2);
    ck_assert_uint_eq(b.out.sequence, 1);
}
END_TEST

START_TEST(test_durations_in_blocks)
{
    struct bench b = bench_new(CHAIN, "6 blocks", "2 blocks");

    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 99 * HOUR, 5, 20), NONE); /* time does not count */
    ck_assert_int_eq(step(&b, 0, 0, 9), NONE);          /* begins anew */
    ck_assert_int_eq(step(&b, 0, 1, 20), NONE);
    ck_assert_int_eq(step(&b, 0, 5, 20), NONE);
    ck_assert_uint_eq(b.incident.phase, INCIDENT_PENDING);
    ck_assert_int_eq(step(&b, MINUTE, 1, 20), ALERT_RAISED);
    ck_assert_int_eq(b.out.since_wall_ms, START_MS + 99 * HOUR);
    ck_assert_int_eq(b.out.raised_wall_ms, START_MS + 99 * HOUR + MINUTE);
    ck_assert_int_eq(step(&b, 0, 1, 4), NONE);
    ck_assert_uint_eq(b.incident.phase, INCIDENT_CLEARING);
    ck_assert_int_eq(step(&b, 0, 1, 6), NONE); /* begins anew */
    ck_assert_uint_eq(b.incident.phase, INCIDENT_FIRING);
    ck_assert_int_eq(step(&b, 0, 1, 4), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 4), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 4), ALERT_CLEARED);
}
END_TEST

START_TEST(test_durations_in_time)
{
    struct bench b = bench_new(HEALTH, "10m", "5m");

    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 10 * MINUTE - 1, 99, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_RAISED);
    ck_assert_int_eq(step(&b, 0, 0, 4), NONE);
    ck_assert_int_eq(step(&b, 5 * MINUTE - 1, 0, 4), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 4), ALERT_CLEARED);
}
END_TEST

START_TEST(test_repeats_grow)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert_int_eq(step(&b, HOUR - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_REPEATED);
    ck_assert_uint_eq(b.out.sequence, 2);
    ck_assert_int_eq(step(&b, 2 * HOUR - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_REPEATED);
    ck_assert_int_eq(step(&b, 4 * HOUR - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_REPEATED);
    ck_assert_int_eq(step(&b, 4 * HOUR - 1, 0, 20), NONE); /* the longest */
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_REPEATED);
    ck_assert_int_eq(step(&b, 9 * HOUR, 0, 1), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.sequence, 6);
    /* The next incident begins with the first interval again. */
    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert_int_eq(step(&b, HOUR, 0, 20), ALERT_REPEATED);
}
END_TEST

START_TEST(test_updates)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert_int_eq(step(&b, 1, 0, 40), NONE); /* too soon */
    ck_assert_int_eq(step(&b, INCIDENT_UPDATE_SPACING_MS, 0, 29), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 30), ALERT_UPDATED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_VALUE);
    ck_assert_int_eq(step(&b, INCIDENT_UPDATE_SPACING_MS, 0, 16), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 15), ALERT_UPDATED);
    ck_assert_int_eq(step(&b, INCIDENT_UPDATE_SPACING_MS, 0, 8), NONE);
    b.rule.update = 0;
    ck_assert_int_eq(step(&b, INCIDENT_UPDATE_SPACING_MS, 0, 99), NONE);
}
END_TEST

/* An estimate, its lower bound being compared. Returns the message's state, or -1. */
static int step_estimate(struct bench *bench, double value, double lo, double hi)
{
    bench->metrics.wall_ms += INCIDENT_UPDATE_SPACING_MS;
    bench->metrics.steady_ms += INCIDENT_UPDATE_SPACING_MS;
    metrics_set_estimate(&bench->metrics, bench->rule.metric, value, lo, hi, 1, 2);
    return incident_step(&bench->out, &bench->incident, &bench->rule, &bench->metrics)
               ? (int)bench->out.state
               : -1;
}

/* What wanders within its interval is no news, however far. */
START_TEST(test_updates_of_an_estimate)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    b.rule.bound = RULE_LOWER;
    b.rule.repeat_ms = 0;
    ck_assert_int_eq(step_estimate(&b, 40, 12, 60), ALERT_RAISED);
    ck_assert_int_eq(step_estimate(&b, 45, 39, 70), NONE); /* the lower bound is no measure */
    ck_assert_int_eq(step_estimate(&b, 70, 40, 90), NONE);
    ck_assert_int_eq(step_estimate(&b, 60, 41, 90), ALERT_UPDATED);
    ck_assert_int_eq(step_estimate(&b, 30, 10, 60), NONE);
    ck_assert_int_eq(step_estimate(&b, 31, 10, 59), NONE); /* less than the share */
    ck_assert_int_eq(step_estimate(&b, 30, 10, 59), ALERT_UPDATED);
    b.rule.update = 0;
    ck_assert_int_eq(step_estimate(&b, 99, 98, 100), NONE);
}
END_TEST

/* Bounds of an estimate are what is compared. */
START_TEST(test_bounds)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    b.rule.bound = RULE_LOWER;
    metrics_set_estimate(&b.metrics, METRIC_HASHRATE_NOW_EHS, 20, 9, 30, 1, 2);
    ck_assert(!incident_step(&b.out, &b.incident, &b.rule, &b.metrics));
    b.rule.bound = RULE_ESTIMATE;
    ck_assert(incident_step(&b.out, &b.incident, &b.rule, &b.metrics));
    b.rule.bound = RULE_UPPER;
    metrics_set_estimate(&b.metrics, METRIC_HASHRATE_NOW_EHS, 3, 1, 6, 1, 2);
    ck_assert(!incident_step(&b.out, &b.incident, &b.rule, &b.metrics));
    metrics_set_estimate(&b.metrics, METRIC_HASHRATE_NOW_EHS, 3, 1, 5, 1, 2);
    ck_assert(incident_step(&b.out, &b.incident, &b.rule, &b.metrics));
    ck_assert_uint_eq(b.out.state, ALERT_CLEARED);
}
END_TEST

/* ---- silence ------------------------------------------------------------- */

START_TEST(test_chain_rules_wait_for_sync)
{
    struct bench b = bench_new(CHAIN, "6 blocks", "0");

    b.metrics.synced = false;
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(step(&b, HOUR, 10, 99), NONE);
    b.metrics.synced = true;
    ck_assert_int_eq(step(&b, HOUR, 10, 99), NONE);
    ck_assert_int_eq(step(&b, HOUR, 3, 99), NONE);
    /* Three of the six have passed; those fetched meanwhile do not count. */
    b.metrics.synced = false;
    ck_assert_int_eq(step(&b, 9 * HOUR, 100, 99), NONE);
    b.metrics.synced = true;
    ck_assert_int_eq(step(&b, 0, 2, 99), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 99), ALERT_RAISED);
    /* An alert that stands is neither repeated nor cleared meanwhile. */
    b.metrics.synced = false;
    ck_assert_int_eq(step(&b, 9 * HOUR, 100, 99), NONE);
    ck_assert_int_eq(step(&b, 9 * HOUR, 100, 0), NONE);
    b.metrics.synced = true;
    ck_assert_int_eq(step(&b, HOUR - 1, 0, 99), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 99), ALERT_REPEATED);
    ck_assert_int_eq(step(&b, 0, 0, 0), ALERT_CLEARED);
}
END_TEST

START_TEST(test_health_rules_have_a_grace)
{
    struct bench b = bench_new(HEALTH, "1m", "0");

    b.metrics.synced = false; /* no matter */
    b.metrics.uptime_ms = 0;
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(step(&b, MINUTE, 0, 99), NONE);
    ck_assert_int_eq(step(&b, MINUTE, 0, 99), NONE); /* the grace is over: pending */
    ck_assert_uint_eq(b.incident.phase, INCIDENT_PENDING);
    ck_assert_int_eq(step(&b, MINUTE, 0, 99), ALERT_RAISED);
    /* The next start: what stood goes on to stand. */
    b.metrics.uptime_ms = 0;
    ck_assert_int_eq(step(&b, MINUTE, 0, 0), NONE);
    ck_assert(incident_stands(&b.incident));
    ck_assert_int_eq(step(&b, 10 * MINUTE, 0, 0), ALERT_CLEARED);
}
END_TEST

START_TEST(test_unknown_values_stop_timers)
{
    struct bench b = bench_new(CHAIN, "10m", "10m");

    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 9 * MINUTE, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 5 * HOUR, 9, UNKNOWN), NONE);
    ck_assert_int_eq(step(&b, MINUTE - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_RAISED);
    /* Not known for a day: no longer believed. */
    for (int i = 0; i < 23; i++)
        ck_assert_int_eq(step(&b, HOUR, 6, UNKNOWN), NONE);
    ck_assert_int_eq(step(&b, HOUR - 1, 6, UNKNOWN), NONE);
    ck_assert_int_eq(step(&b, 1, 6, UNKNOWN), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_NO_DATA);
    ck_assert_int_eq(step(&b, 99 * HOUR, 6, UNKNOWN), NONE);
}
END_TEST

START_TEST(test_time_that_runs_backwards)
{
    struct bench b = bench_new(HEALTH, "10m", "0");

    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 5 * MINUTE, 0, 20), NONE);
    ck_assert_int_eq(step(&b, -9 * HOUR, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 5 * MINUTE - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_RAISED);
    ck_assert_int_eq(step(&b, -9 * HOUR, 0, 20), NONE);
    ck_assert_int_eq(step(&b, HOUR - 1, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 0, 20), ALERT_REPEATED);
}
END_TEST

START_TEST(test_silenced)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    /* Raised and cleared in the silence: nobody hears of it. */
    incident_silence(&b.incident, START_MS + 10 * HOUR);
    ck_assert_int_eq(step(&b, HOUR, 6, 20), NONE);
    ck_assert(incident_stands(&b.incident));
    ck_assert_int_eq(step(&b, HOUR, 6, 0), NONE);
    /* Raised in the silence, and stands when it ends. */
    ck_assert_int_eq(step(&b, HOUR, 6, 20), NONE);
    ck_assert_int_eq(step(&b, 7 * HOUR - 1, 6, 20), NONE);
    ck_assert_int_eq(step(&b, 1, 6, 21), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 2);
    ck_assert_uint_eq(b.out.sequence, 1);
    ck_assert_int_eq(b.out.raised_wall_ms, START_MS + 3 * HOUR);
    /* Raised aloud: cleared aloud, but not repeated. */
    incident_silence(&b.incident, INCIDENT_SILENT_FOR_EVER);
    ck_assert_int_eq(step(&b, 9 * HOUR, 6, 90), NONE);
    ck_assert_int_eq(step(&b, HOUR, 6, 0), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.sequence, 2);
    ck_assert_int_eq(step(&b, HOUR, 6, 20), NONE);
    incident_silence(&b.incident, 0);
    ck_assert_int_eq(step(&b, HOUR, 6, 20), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 3);
}
END_TEST

START_TEST(test_acknowledged)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    ck_assert(!incident_acknowledge(&b.out, &b.incident, &b.metrics));
    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert(!b.out.acknowledged);
    ck_assert(incident_acknowledge(&b.out, &b.incident, &b.metrics));
    ck_assert_uint_eq(b.out.state, ALERT_UPDATED);
    ck_assert_uint_eq(b.out.reason, ALERT_ACKNOWLEDGED);
    ck_assert_uint_eq(b.out.sequence, 2);
    ck_assert(b.out.acknowledged);
    ck_assert(!incident_acknowledge(&b.out, &b.incident, &b.metrics));
    ck_assert_int_eq(step(&b, 99 * HOUR, 0, 20), NONE);
    ck_assert_int_eq(step(&b, HOUR, 0, 60), ALERT_UPDATED); /* worse: that is news */
    ck_assert_int_eq(step(&b, HOUR, 0, 0), ALERT_CLEARED);
    ck_assert(b.out.acknowledged);
    ck_assert_int_eq(step(&b, HOUR, 0, 20), ALERT_RAISED); /* the next one is not */
    ck_assert(!b.out.acknowledged);
    ck_assert_int_eq(step(&b, HOUR, 0, 20), ALERT_REPEATED);
}
END_TEST

/* ---- reorgs -------------------------------------------------------------- */

START_TEST(test_reorg_takes_back)
{
    struct bench b = bench_new(CHAIN, "0", "99 blocks");

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED); /* at 1000 */
    ck_assert_int_eq(step(&b, 0, 2, 20), NONE);
    reorg(&b, 1000, 1003); /* not the block that raised it */
    ck_assert_int_eq(step(&b, 0, 0, 9), NONE);
    reorg(&b, 999, 1004); /* that one, but the new chain says so too */
    ck_assert_int_eq(step(&b, 0, 0, 12), NONE);
    ck_assert(incident_stands(&b.incident));
    reorg(&b, 1003, 1005);
    ck_assert_int_eq(step(&b, 0, 0, 9), ALERT_CLEARED); /* it was justified at 1004 now */
    ck_assert_uint_eq(b.out.reason, ALERT_BY_REORG);
    ck_assert_int_eq(step(&b, 0, 1, 9), NONE);
}
END_TEST

START_TEST(test_reorg_waits_for_knowledge)
{
    struct bench b = bench_new(CHAIN, "0", "99 blocks");

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    reorg(&b, 990, 1001);
    ck_assert_int_eq(step(&b, 0, 0, UNKNOWN), NONE);
    b.metrics.synced = false;
    ck_assert_int_eq(step(&b, 0, 0, 9), NONE);
    b.metrics.synced = true;
    ck_assert_int_eq(step(&b, 0, 0, 9), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_REORG);
}
END_TEST

START_TEST(test_reorg_of_timers)
{
    struct bench b = bench_new(CHAIN, "6 blocks", "6 blocks");

    ck_assert_int_eq(step(&b, 0, 0, 20), NONE); /* pending at 1000 */
    ck_assert_int_eq(step(&b, 0, 3, 20), NONE);
    reorg(&b, 1001, 1004); /* it began before that */
    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    reorg(&b, 998, 1005); /* and after this */
    ck_assert_int_eq(step(&b, 0, 0, 20), NONE);
    ck_assert_int_eq(step(&b, 0, 5, 20), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 20), ALERT_RAISED); /* at 1011 */
    ck_assert_int_eq(step(&b, 0, 1, 0), NONE);          /* clearing at 1012 */
    ck_assert_int_eq(step(&b, 0, 4, 0), NONE);
    reorg(&b, 1011, 1017);
    ck_assert_int_eq(step(&b, 0, 0, 0), NONE); /* clearing at 1017 */
    ck_assert_int_eq(step(&b, 0, 5, 0), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 0), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_VALUE);
}
END_TEST

/* A reorg happened whatever comes after it; and what health rules see is not in blocks. */
START_TEST(test_reorg_leaves_events_and_health)
{
    struct bench b = bench_new("reorg.depth", "0", "3 blocks");
    struct bench h = bench_new(HEALTH, "0", "0");

    reorg(&b, 990, 1002);
    ck_assert_int_eq(step(&b, 0, 0, 10), ALERT_RAISED);
    reorg(&b, 1001, 1003);
    ck_assert_int_eq(step(&b, 0, 0, 1), NONE);
    ck_assert_int_eq(step(&b, 0, 2, 0), NONE);
    ck_assert_int_eq(step(&b, 0, 1, 0), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_VALUE);
    ck_assert_int_eq(step(&h, 0, 0, 20), ALERT_RAISED);
    reorg(&h, 900, 1002);
    ck_assert_int_eq(step(&h, 0, 0, 9), NONE);
}
END_TEST

/* ---- rules that change --------------------------------------------------- */

START_TEST(test_rule_changed_or_gone)
{
    struct bench b = bench_new(CHAIN, "0", "0");

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    b.rule.digest++;
    b.metrics.synced = false;
    ck_assert_int_eq(step(&b, 0, 0, 20), NONE); /* silent */
    b.metrics.synced = true;
    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_RULE_CHANGED);
    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 2);
    ck_assert(incident_retire(&b.out, &b.incident, &b.metrics));
    ck_assert_uint_eq(b.out.state, ALERT_CLEARED);
    ck_assert_uint_eq(b.out.reason, ALERT_BY_RULE_GONE);
    ck_assert(!incident_retire(&b.out, &b.incident, &b.metrics));
    /* It comes back: no number is given twice. */
    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    ck_assert_uint_eq(b.out.incident, 3);
}
END_TEST

/* ---- against a plain reading of the rule --------------------------------- */

#define STEPS 400

struct history {
    struct rule rule;
    size_t count;
    double value[STEPS];
    int64_t time_ms[STEPS];
    uint32_t height[STEPS];
};

/* What happens at each step: 'r' raised, 'c' cleared, '.' neither. */
struct story {
    char events[STEPS + 1];
};

static int64_t measure(const struct history *history, struct rule_duration duration, size_t i)
{
    return duration.in_blocks ? (int64_t)history->height[i] : history->time_ms[i];
}

/* Whether a condition has held at all steps from some step at or after `earliest` up to i, for at
 * least the duration. */
static bool held(const struct history *history, bool raising, size_t earliest, size_t i)
{
    struct rule_duration duration = raising ? history->rule.raise_for : history->rule.clear_for;

    for (size_t from = i + 1; from-- > earliest;) {
        double value = history->value[from];
        double level = raising ? history->rule.raise_level : history->rule.clear_level;
        bool above = (history->rule.side == RULE_ABOVE) == raising;

        if (above ? value < level : value > level)
            return false;
        if (measure(history, duration, i) - measure(history, duration, from) >= duration.amount)
            return true;
    }
    return false;
}

/* The definition, read literally and without a state: after a raise only a clear can follow, at the
 * first step at which the clear level has held for long enough since then, and the other way. */
static struct story tell_plainly(const struct history *history)
{
    struct story story = {{0}};
    bool raised = false;
    size_t earliest = 0;

    for (size_t i = 0; i < history->count; i++) {
        story.events[i] = '.';
        if (!held(history, !raised, earliest, i))
            continue;
        raised = !raised;
        story.events[i] = raised ? 'r' : 'c';
        earliest = i + 1;
    }
    return story;
}

/* By the state machine. Each step may be followed by a restart from the bytes of the state. */
static struct story tell_by_machine(const struct history *history, struct test_random *restarts,
                                    struct incident *last)
{
    struct story story = {{0}};
    struct metrics metrics = {.uptime_ms = METRICS_NO_START, .synced = true, .has_tip = true};
    struct incident incident = {0};

    for (size_t i = 0; i < history->count; i++) {
        struct alert_transition out;
        uint8_t bytes[INCIDENT_BYTES];

        metrics.wall_ms = START_MS + history->time_ms[i];
        metrics.steady_ms = metrics.wall_ms;
        metrics.height = history->height[i];
        metrics_set(&metrics, history->rule.metric, history->value[i]);
        story.events[i] = '.';
        if (incident_step(&out, &incident, &history->rule, &metrics)) {
            if (out.state == ALERT_RAISED || out.state == ALERT_CLEARED)
                story.events[i] = out.state == ALERT_RAISED ? 'r' : 'c';
        }
        if (restarts != NULL && test_random_one_in(restarts, 3)) {
            incident_encode(bytes, &incident);
            memset(&incident, 0xa5, sizeof incident);
            ck_assert(incident_decode(&incident, bytes, sizeof bytes));
        }
    }
    *last = incident;
    return story;
}

static struct rule_duration random_duration(struct test_random *random)
{
    bool in_blocks = test_random_one_in(random, 2);

    return (struct rule_duration){
        .in_blocks = in_blocks,
        .amount = test_random_below(random, 3) == 0 ? 0
                  : in_blocks                       ? test_random_below(random, 8)
                                                    : test_random_below(random, 5) * 10 * MINUTE,
    };
}

/* Noise round the threshold, with now and then a level of its own for a while. */
static struct history random_history(struct test_random *random)
{
    bool below = test_random_one_in(random, 2);
    const struct rule_pair pairs[] = {
        {"metric", "sync.groups", 2},
        {"raise", below ? "below 10" : "above 10", 3},
        {"clear", below ? "above 12" : "below 8", 4},
        {"update", "0", 5},
        {"repeat", "0", 6},
    };
    struct history history = {.rule = make_rule(pairs, 5), .count = STEPS};
    uint32_t noise = 1 + test_random_below(random, 8);
    double level = 10;
    int64_t time_ms = 0;
    uint32_t height = 1000;

    history.rule.raise_for = random_duration(random);
    history.rule.clear_for = random_duration(random);
    for (size_t i = 0; i < STEPS; i++) {
        if (test_random_one_in(random, 20))
            level = 5 + test_random_below(random, 11);
        time_ms += test_random_below(random, 15) * MINUTE;
        height += test_random_below(random, 3) / 2;
        history.value[i] = level + test_random_below(random, 2 * noise + 1) - (double)noise;
        history.time_ms[i] = time_ms;
        history.height[i] = height;
    }
    return history;
}

START_TEST(test_flapping)
{
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 3000);
    struct test_random random = test_random_init(test_seed(), 1);
    size_t pairs = 0;
    size_t crossings = 0;

    for (size_t round = 0; round < rounds; round++) {
        struct history history = random_history(&random);
        struct story plain = tell_plainly(&history);
        struct incident straight;
        struct incident restarted;
        struct story machine = tell_by_machine(&history, NULL, &straight);
        struct story again = tell_by_machine(&history, &random, &restarted);

        ck_assert_msg(strcmp(plain.events, machine.events) == 0, "round %zu:\n%s\n%s", round,
                      plain.events, machine.events);
        ck_assert_str_eq(machine.events, again.events);
        ck_assert_uint_eq(straight.number, restarted.number);
        ck_assert_uint_eq(straight.phase, restarted.phase);
        for (size_t i = 0; i < STEPS; i++) {
            pairs += plain.events[i] == 'r';
            crossings += i > 0 && rule_raises(&history.rule, history.value[i]) !=
                                      rule_raises(&history.rule, history.value[i - 1]);
        }
    }
    printf("flapping: %zu histories, %zu crossings of the raise level, %zu alerts\n", rounds,
           crossings, pairs);
}
END_TEST

/* ---- anything at all ----------------------------------------------------- */

/* One run of a rule over random snapshots of every kind, as a text of its messages and ids. */
static void run(char *text, size_t size, uint64_t stream, struct test_random *restarts)
{
    struct test_random random = test_random_init(test_seed(), stream);
    struct bench b = bench_new(test_random_one_in(&random, 2) ? CHAIN : HEALTH,
                               test_random_one_in(&random, 2) ? "3 blocks" : "20m", "10m");
    struct identity identity = {.kind = IDENTITY_RULE, .name = "r"};
    size_t used = 0;
    uint32_t sequence = 0;
    bool stands = false;

    b.metrics.uptime_ms = 0;
    for (int i = 0; i < 300; i++) {
        double value = test_random_below(&random, 24);
        bool said = false;

        b.metrics.synced = !test_random_one_in(&random, 7);
        if (test_random_one_in(&random, 40))
            b.metrics.uptime_ms = 0;
        if (test_random_one_in(&random, 10))
            reorg(&b, b.metrics.height - test_random_below(&random, 5), b.metrics.height + 1);
        if (test_random_one_in(&random, 50))
            incident_silence(&b.incident, b.metrics.wall_ms + HOUR);
        if (test_random_one_in(&random, 60))
            b.rule.digest++;
        if (test_random_one_in(&random, 40))
            said = incident_acknowledge(&b.out, &b.incident, &b.metrics);
        if (!said)
            said = step(&b, (int64_t)test_random_below(&random, 40) * MINUTE - 3 * MINUTE,
                        test_random_below(&random, 3),
                        test_random_one_in(&random, 9) ? UNKNOWN : value) != NONE;
        if (restarts != NULL && test_random_one_in(restarts, 2)) {
            uint8_t bytes[INCIDENT_BYTES];

            incident_encode(bytes, &b.incident);
            memset(&b.incident, 0x5a, sizeof b.incident);
            ck_assert(incident_decode(&b.incident, bytes, sizeof bytes));
        }
        if (!said)
            continue;
        /* Messages are in order, and raised and cleared take turns. */
        ck_assert_int_eq(b.out.state == ALERT_RAISED, !stands);
        stands = b.out.state != ALERT_CLEARED;
        sequence = b.out.state == ALERT_RAISED ? 1 : sequence + 1;
        ck_assert_uint_eq(b.out.sequence, sequence);
        identity.number = b.out.incident;
        {
            char id[IDENTITY_SIZE];

            identity_message(id, &identity, b.out.sequence);
            used +=
                (size_t)snprintf(text + used, size - used, "%s %s %s\n", id,
                                 alert_state_name(b.out.state), alert_reason_name(b.out.reason));
        }
        ck_assert_uint_lt(used, size);
    }
}

START_TEST(test_replay)
{
    static char first[65536];
    static char second[65536];
    static char restarted[65536];
    struct test_random restarts = test_random_init(test_seed(), 2);
    size_t messages = 0;

    for (uint64_t stream = 100; stream < 400; stream++) {
        first[0] = second[0] = restarted[0] = '\0';
        run(first, sizeof first, stream, NULL);
        run(second, sizeof second, stream, NULL);
        run(restarted, sizeof restarted, stream, &restarts);
        ck_assert_str_eq(first, second);
        ck_assert_str_eq(first, restarted);
        for (const char *at = first; *at != '\0'; at++)
            messages += *at == '\n';
    }
    printf("replay: %zu messages, the same ids each time\n", messages);
    ck_assert_uint_gt(messages, 1000);
}
END_TEST

START_TEST(test_bytes)
{
    struct bench b = bench_new(CHAIN, "0", "0");
    uint8_t bytes[INCIDENT_BYTES];
    uint8_t again[INCIDENT_BYTES];
    struct incident incident;

    ck_assert_int_eq(step(&b, 0, 0, 20), ALERT_RAISED);
    incident_silence(&b.incident, INCIDENT_SILENT_FOR_EVER);
    incident_encode(bytes, &b.incident);
    ck_assert(incident_decode(&incident, bytes, sizeof bytes));
    incident_encode(again, &incident);
    ck_assert_mem_eq(bytes, again, sizeof bytes);
    ck_assert(!incident_decode(&incident, bytes, sizeof bytes - 1));
    bytes[0] = 2; /* a version to come */
    ck_assert(!incident_decode(&incident, bytes, sizeof bytes));
    bytes[0] = 1;
    bytes[1] = 4; /* no phase */
    ck_assert(!incident_decode(&incident, bytes, sizeof bytes));
    bytes[1] = INCIDENT_IDLE; /* nothing stands, but messages were sent */
    ck_assert(!incident_decode(&incident, bytes, sizeof bytes));
    bytes[1] = INCIDENT_FIRING;
    memset(bytes + 96, 0xff, 8); /* no number */
    ck_assert(!incident_decode(&incident, bytes, sizeof bytes));
    memset(&incident, 0, sizeof incident);
    incident_encode(bytes, &incident);
    ck_assert(incident_decode(&incident, bytes, sizeof bytes));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_at_once,
        test_durations_in_blocks,
        test_durations_in_time,
        test_repeats_grow,
        test_updates,
        test_updates_of_an_estimate,
        test_bounds,
        test_chain_rules_wait_for_sync,
        test_health_rules_have_a_grace,
        test_unknown_values_stop_timers,
        test_time_that_runs_backwards,
        test_silenced,
        test_acknowledged,
        test_reorg_takes_back,
        test_reorg_waits_for_knowledge,
        test_reorg_of_timers,
        test_reorg_leaves_events_and_health,
        test_rule_changed_or_gone,
        test_flapping,
        test_replay,
        test_bytes,
    };

    return TEST_MAIN("incident", tests);
}
