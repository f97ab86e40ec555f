// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script_lines: a function for each kind of line, which reads what follows its word: fixed
 * values first, then clauses that begin with a word of their own ("over 14d"), in any order, each
 * at most once.
 */
#include "config.h"

#include "monitor/number.h"
#include "monitor/simulate_fixed.h"
#include "monitor/simulate_script_internal.h"

#include <assert.h>

/** Bounds of what a line may say, in thousandths of a percent. */
#define FALL_MAX (99 * SIMULATE_PERCENT)
#define RISE_MAX (900 * SIMULATE_PERCENT)
#define YEAR_FALL_MAX (90 * SIMULATE_PERCENT)
#define YEAR_RISE_MAX SIMULATE_GROWTH_MAX
#define WALK_MAX (20 * SIMULATE_PERCENT)
#define STALE_MAX (20 * SIMULATE_PERCENT)
#define DEEPER_MAX (50 * SIMULATE_PERCENT)
/** Means of what is random about stamps and arrivals, in ms. */
#define EARLY_MAX (UINT64_C(86400) * 1000)
#define LATE_MAX (UINT64_C(7200) * 1000)
#define DELAY_MAX (UINT64_C(600) * 1000)
/** 1 / sqrt(minutes of a day), with 32 bits: the sd of a day's walk to that of a minute's. */
#define MINUTE_OF_WALK UINT64_C(113182326)

/* ---- clauses ---- */

/** A span that a word announces. */
struct clause {
    const char *word;
    struct simulate_span *span;
    bool needed;
};

/* "WORD SPAN" and "as NAME" in any order, to the end of the line. clauses end with word NULL. */
static bool read_clauses(struct simulate_reading *reading, struct simulate_item *item,
                         const struct clause *clauses, const char *expected)
{
    unsigned seen = 0;
    bool named = false;

    while (reading->words[reading->next] != NULL) {
        size_t i = 0;

        if (!named && simulate_script_accept(reading, "as")) {
            named = true;
            if (!simulate_script_name(reading, item))
                return false;
            continue;
        }
        while (clauses[i].word != NULL &&
               ((seen >> i & 1) != 0 || !simulate_script_next_is(reading, clauses[i].word)))
            i++;
        if (clauses[i].word == NULL)
            return simulate_script_fail_word(reading, simulate_script_take(reading), expected);
        seen |= 1u << i;
        reading->next++;
        if (!simulate_script_span(reading, clauses[i].span))
            return false;
    }
    for (size_t i = 0; clauses[i].word != NULL; i++) {
        if (clauses[i].needed && clauses[i].span->length == 0)
            return simulate_script_fail(reading, "'%s' is missing or 0: expected %s",
                                        clauses[i].word, expected);
    }
    return true;
}

/* ---- a function for each kind of line, which reads what follows its word ---- */

static bool read_growth(struct simulate_reading *reading, struct simulate_item *item)
{
    const uint64_t most[2] = {YEAR_FALL_MAX, YEAR_RISE_MAX};

    return simulate_script_change(reading, &item->change, "%/year", most,
                                  "growth from -90%/year to 900%/year, such as 35%/year");
}

static bool read_walk(struct simulate_reading *reading, struct simulate_item *item)
{
    const char *word = simulate_script_take(reading);
    uint64_t milli = 0;

    if (word == NULL || !simulate_script_milli(&milli, word, "%/day", WALK_MAX))
        return simulate_script_fail_word(reading, word,
                                         "a standard deviation up to 20%/day, such as 1.2%/day");
    item->sd = (milli << SIMULATE_FIXED_BITS) / SIMULATE_WHOLE;
    item->sd = simulate_fixed_multiply(item->sd, MINUTE_OF_WALK, 32);
    return true;
}

static bool read_noise(struct simulate_reading *reading, struct simulate_item *item)
{
    static const char *const expected =
        "'early P% mean T', 'late mean T', both, or 'none' (T up to 24h early, 2h late)";

    if (simulate_script_accept(reading, "none"))
        return true;
    if (!simulate_script_next_is(reading, "early") && !simulate_script_next_is(reading, "late"))
        return simulate_script_fail_word(reading, simulate_script_take(reading), expected);
    if (simulate_script_accept(reading, "early") &&
        !(simulate_script_share(reading, &item->share, SIMULATE_WHOLE,
                                "a share of the stamps, such as 15%") &&
          simulate_script_mean(reading, &item->early_ms, EARLY_MAX, "'mean' and a time up to 24h")))
        return false;
    if (simulate_script_accept(reading, "late") &&
        !simulate_script_mean(reading, &item->late_ms, LATE_MAX, "'mean' and a time up to 2h"))
        return false;
    return true;
}

static bool read_stale(struct simulate_reading *reading, struct simulate_item *item)
{
    if (simulate_script_accept(reading, "none"))
        return true;
    if (!simulate_script_share(reading, &item->share, STALE_MAX,
                               "a share of the heights up to 20%, or none"))
        return false;
    if (simulate_script_accept(reading, "deeper"))
        return simulate_script_share(reading, &item->deeper, DEEPER_MAX,
                                     "a share of the losing branches up to 50%");
    return true;
}

static bool read_delay(struct simulate_reading *reading, struct simulate_item *item)
{
    if (simulate_script_accept(reading, "none"))
        return true;
    return simulate_script_mean(reading, &item->late_ms, DELAY_MAX,
                                "'mean' and a time up to 10min, or none");
}

static bool read_event_change(struct simulate_reading *reading, struct simulate_item *item)
{
    const uint64_t most[2] = {FALL_MAX, RISE_MAX};

    return simulate_script_change(reading, &item->change, "%", most, "a change from -99% to +900%");
}

static bool read_step(struct simulate_reading *reading, struct simulate_item *item)
{
    const struct clause none[] = {{NULL, NULL, false}};

    return read_event_change(reading, item) &&
           read_clauses(reading, item, none, "nothing more but 'as NAME'");
}

static bool read_ramp(struct simulate_reading *reading, struct simulate_item *item)
{
    const struct clause clauses[] = {{"over", &item->in, true}, {NULL, NULL, false}};

    if (!read_event_change(reading, item))
        return false;
    if (item->kind == SIMULATE_DEPARTURE && item->change >= 0)
        return simulate_script_fail(
            reading, "a departure takes hash rate away: expected a change below 0, such as "
                     "-8%%");
    return read_clauses(reading, item, clauses, "'over' and how long, and perhaps 'as NAME'");
}

static bool read_storm(struct simulate_reading *reading, struct simulate_item *item)
{
    const struct clause clauses[] = {{"for", &item->hold, true},
                                     {"in", &item->in, false},
                                     {"out", &item->out, false},
                                     {NULL, NULL, false}};

    return read_event_change(reading, item) &&
           read_clauses(reading, item, clauses,
                        "'for' and how long, and perhaps 'in', 'out' and 'as NAME'");
}

static bool read_timewarp(struct simulate_reading *reading, struct simulate_item *item)
{
    static const char *const expected = "'from WHEN to WHEN', and perhaps 'share P%'";
    const struct clause none[] = {{NULL, NULL, false}};

    item->share = UINT64_C(1) << 32;
    if (!simulate_script_accept(reading, "from"))
        return simulate_script_fail_word(reading, simulate_script_take(reading), expected);
    if (!simulate_script_when(reading, &item->at))
        return false;
    if (!simulate_script_accept(reading, "to"))
        return simulate_script_fail_word(reading, simulate_script_take(reading), expected);
    if (!simulate_script_when(reading, &item->until))
        return false;
    if (item->at.timed != item->until.timed)
        return simulate_script_fail(
            reading, "'from' and 'to' differ in kind: expected two heights or two times");
    if (item->at.value > item->until.value)
        return simulate_script_fail(reading, "'to' lies before 'from': expected a later one");
    if (simulate_script_accept(reading, "share") &&
        !simulate_script_share(reading, &item->share, SIMULATE_WHOLE,
                               "a share of the blocks, such as 60%"))
        return false;
    return read_clauses(reading, item, none, expected);
}

static bool read_reorg(struct simulate_reading *reading, struct simulate_item *item)
{
    const struct clause none[] = {{NULL, NULL, false}};
    const char *word = NULL;
    uint64_t depth = 0;

    if (!simulate_script_accept(reading, "depth"))
        return simulate_script_fail_word(reading, simulate_script_take(reading), "'depth N'");
    word = simulate_script_take(reading);
    if (word == NULL || !number_parse(&depth, word, 1, SIMULATE_REORG_MAX))
        return simulate_script_fail_word(reading, word, "a depth from 1 to 100 blocks");
    item->depth = (uint32_t)depth;
    return read_clauses(reading, item, none, "nothing more but 'as NAME'");
}

/* In the order of enum simulate_kind. */
static const struct simulate_rule rules[] = {
    {"growth", SIMULATE_AT_ALLOWED, read_growth},
    {"walk", SIMULATE_AT_ALLOWED, read_walk},
    {"noise", SIMULATE_AT_ALLOWED, read_noise},
    {"stale", SIMULATE_AT_ALLOWED, read_stale},
    {"delay", SIMULATE_AT_ALLOWED, read_delay},
    {"step", SIMULATE_AT_NEEDED, read_step},
    {"ramp", SIMULATE_AT_NEEDED, read_ramp},
    {"storm", SIMULATE_AT_NEEDED, read_storm},
    {"departure", SIMULATE_AT_NEEDED, read_ramp},
    {"timewarp", SIMULATE_AT_FORBIDDEN, read_timewarp},
    {"reorg", SIMULATE_AT_NEEDED, read_reorg},
};

const struct simulate_rule *simulate_script_rule(size_t kind)
{
    static_assert(sizeof rules / sizeof rules[0] == SIMULATE_RULES, "a rule for each kind");
    assert(kind < SIMULATE_RULES);
    return &rules[kind];
}
