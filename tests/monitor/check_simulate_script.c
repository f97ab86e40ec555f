// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a script is read as it is meant, and each thing that can be wrong in one is
 * said with its line and with what was expected.
 */
#include "config.h"

#include "monitor/simulate_script.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE 4294967296.0

static void parse(struct simulate_script *script, const char *text)
{
    struct simulate_script_error error;

    ck_assert_msg(simulate_script_parse(script, &error, "s", text, strlen(text)), "%s", error.text);
}

/* The one line in which something happens. */
static struct simulate_item parse_item(const char *line)
{
    struct simulate_script script;
    struct simulate_item item;

    parse(&script, line);
    ck_assert_uint_eq(script.item_count, 1);
    item = script.items[0];
    simulate_script_free(&script);
    return item;
}

static void assert_log(int64_t value, double factor)
{
    ck_assert_double_eq_tol((double)value / ONE, log(factor), 1e-9);
}

START_TEST(test_heads)
{
    struct simulate_script script;

    parse(&script, "# a comment\n\n  blocks 100000 # and one here\r\n\tseed 7\nstart 16x");
    ck_assert_uint_eq(script.blocks, 100000);
    ck_assert_uint_eq(script.seed, 7);
    assert_log(script.start, 16.0);
    ck_assert_uint_eq(script.start_line, 5);
    ck_assert_uint_eq(script.item_count, 0);
    ck_assert(!script.steady);
    simulate_script_free(&script);
    parse(&script, "");
    ck_assert_uint_eq(script.blocks, 0);
    ck_assert_uint_eq(script.seed, SIMULATE_SEED_DEFAULT);
    ck_assert_int_eq(script.start, 0);
    simulate_script_free(&script);
    parse(&script, "seed 18446744073709551615\nstart 1.5x\n");
    ck_assert_uint_eq(script.seed, UINT64_MAX);
    assert_log(script.start, 1.5);
    simulate_script_free(&script);
}
END_TEST

START_TEST(test_habits)
{
    struct simulate_item item = parse_item("growth 35%/year");

    ck_assert_int_eq(item.kind, SIMULATE_GROWTH);
    ck_assert(!item.at.timed && item.at.value == 1);
    assert_log(item.change, 1.35);
    assert_log(parse_item("at 12000 growth -12.5%/year").change, 0.875);
    item = parse_item("at 1.5y walk 1.2%/day");
    ck_assert(item.at.timed);
    ck_assert_uint_eq(item.at.value, 788940);
    ck_assert_double_eq_tol((double)item.sd / ONE * sqrt(1440.0), 0.012, 1e-8);
    item = parse_item("noise early 15% mean 300s late mean 15s");
    ck_assert_double_eq_tol((double)item.share / ONE, 0.15, 1e-9);
    ck_assert_uint_eq(item.early_ms, 300000);
    ck_assert_uint_eq(item.late_ms, 15000);
    item = parse_item("noise late mean 0.25s");
    ck_assert_uint_eq(item.share, 0);
    ck_assert_uint_eq(item.late_ms, 250);
    item = parse_item("at 9 noise none");
    ck_assert(item.share == 0 && item.early_ms == 0 && item.late_ms == 0);
    item = parse_item("stale 1.5% deeper 10%");
    ck_assert_double_eq_tol((double)item.share / ONE, 0.015, 1e-9);
    ck_assert_double_eq_tol((double)item.deeper / ONE, 0.10, 1e-9);
    ck_assert_uint_eq(parse_item("at 5 stale none").share, 0);
    ck_assert_uint_eq(parse_item("delay mean 2s").late_ms, 2000);
    ck_assert_uint_eq(parse_item("at 5 delay none").late_ms, 0);
}
END_TEST

START_TEST(test_events)
{
    struct simulate_item item = parse_item("at 12000 step -20%");

    ck_assert_int_eq(item.kind, SIMULATE_STEP);
    ck_assert_uint_eq(item.at.value, 12000);
    assert_log(item.change, 0.8);
    ck_assert_str_eq(item.name, "step@12000");
    assert_log(parse_item("at 5 step +900%").change, 10.0);
    assert_log(parse_item("at 5 step 12.345%").change, 1.12345);
    item = parse_item("at 30d ramp -30% over 14d as fern");
    ck_assert(item.at.timed && item.at.value == 43200);
    ck_assert(item.in.timed && item.in.length == 20160);
    ck_assert_str_eq(item.name, "fern");
    item = parse_item("at 5 ramp -30% as fern over 1008 blocks");
    ck_assert(!item.in.timed && item.in.length == 1008);
    item = parse_item("at 40000 storm -35% out 2w for 5d in 90s");
    ck_assert_int_eq(item.kind, SIMULATE_STORM);
    ck_assert(item.hold.timed && item.hold.length == 7200);
    ck_assert(item.in.timed && item.in.length == 2);
    ck_assert(item.out.timed && item.out.length == 20160);
    item = parse_item("at 50000 departure -8% over 1h");
    ck_assert_int_eq(item.kind, SIMULATE_DEPARTURE);
    ck_assert_uint_eq(item.in.length, 60);
    ck_assert_str_eq(item.name, "departure@50000");
    item = parse_item("timewarp from 20000 to 24000 share 60% as warp");
    ck_assert(item.at.value == 20000 && item.until.value == 24000);
    ck_assert_double_eq_tol((double)item.share / ONE, 0.6, 1e-9);
    item = parse_item("timewarp from 1d to 2d");
    ck_assert(item.at.timed && item.until.timed && item.share == UINT64_C(1) << 32);
    ck_assert_str_eq(item.name, "timewarp@1d");
    item = parse_item("at 60000 reorg depth 3");
    ck_assert_int_eq(item.kind, SIMULATE_REORG);
    ck_assert_uint_eq(item.depth, 3);
    /* Less than half a minute is not nothing. */
    ck_assert_uint_eq(parse_item("at 5 ramp 1% over 1s").in.length, 1);
}
END_TEST

/** A script, and what must stand in the message. */
struct wrong {
    const char *text;
    const char *message;
};

static const struct wrong wrongs[] = {
    {"blocks 0", "s:1: '0': expected how many blocks, from 1 to 6000000"},
    {"blocks 6000001", "'6000001': expected how many blocks"},
    {"blocks", "the line ends too early: expected how many blocks"},
    {"\nblocks 5\nblocks 6", "s:3: blocks stands in line 2 already"},
    {"blocks 5 6", "'6': expected the end of the line"},
    {"at 5 blocks 5", "blocks holds for the whole chain: expected it without 'at'"},
    {"seed -1", "'-1': expected a number from 0"},
    {"seed 1\nseed 1", "s:2: there is a seed already"},
    {"start 0.5x", "'0.5x': expected a multiple"},
    {"start 5000x", "from 1x to 4096x"},
    {"start 2", "'2': expected a multiple"},
    {"start 2x\nstart 2x", "s:2: start stands in line 1 already"},
    {"growth 35%", "'35%': expected growth from -90%/year to 900%/year"},
    {"growth -91%/year", "'-91%/year': expected growth"},
    {"growth 901%/year", "'901%/year': expected growth"},
    {"growth --5%/year", "'--5%/year': expected growth"},
    {"growth 5%/year 6", "'6': expected the end of the line"},
    {"growth 5%/year\ngrowth 6%/year", "s:2: line 1 says growth for the same moment"},
    {"at 7d walk 1%/day\nat 1w walk 2%/day", "s:2: line 1 says walk for the same moment"},
    {"walk 21%/day", "'21%/day': expected a standard deviation up to 20%/day"},
    {"walk -1%/day", "'-1%/day': expected a standard deviation"},
    {"walk 1.2%", "such as 1.2%/day"},
    {"noise", "the line ends too early: expected 'early P% mean T'"},
    {"noise loud", "'loud': expected 'early P% mean T'"},
    {"noise early 101% mean 5s", "'101%': expected a share of the stamps"},
    {"noise early 5% 5s", "'5s': expected 'mean' and a time up to 24h"},
    {"noise early 5% mean 25h", "'25h': expected 'mean' and a time up to 24h"},
    {"noise late mean 3h", "'3h': expected 'mean' and a time up to 2h"},
    {"noise early 5% mean 5m", "'5m': expected 'mean' and a time"},
    {"stale 21%", "'21%': expected a share of the heights up to 20%"},
    {"stale 2% deeper 51%", "'51%': expected a share of the losing branches up to 50%"},
    {"stale 2% often", "'often': expected the end of the line"},
    {"delay 2s", "'2s': expected 'mean' and a time up to 10min"},
    {"delay mean 11min", "'11min': expected 'mean'"},
    {"step -20%", "step needs to know when: expected 'at WHEN step ...'"},
    {"at 0 step -20%", "'0': expected when: a height of at least 1"},
    {"at soon step -20%", "'soon': expected when"},
    {"at 5", "the line ends too early: expected what happens then"},
    {"at", "the line ends too early: expected when"},
    {"at 5 step -99.001%", "'-99.001%': expected a change from -99% to +900%"},
    {"at 5 step +901%", "'+901%': expected a change"},
    {"at 5 step -20", "'-20': expected a change"},
    {"at 5 step 1.2345%", "'1.2345%': expected a change"},
    {"at 5 step -20% over 5d", "'over': expected nothing more but 'as NAME'"},
    {"at 5 step -20% as", "the line ends too early: expected a name"},
    {"at 5 step -20% as a,b", "'a,b': expected a name"},
    {"at 5 step -20% as aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", "expected a name: at most 39"},
    {"at 5 step -20% as a as b", "'as': expected nothing more"},
    {"at 5 ramp -20%", "'over' is missing or 0: expected 'over' and how long"},
    {"at 5 ramp -20% over 0", "'over' is missing or 0"},
    {"at 5 ramp -20% over", "the line ends too early: expected how long"},
    {"at 5 ramp -20% over -5d", "'-5d': expected how long"},
    {"at 5 ramp -20% over 500y", "'500y': expected how long"},
    {"at 5 ramp -20% over 5d over 5d", "'over': expected 'over' and how long"},
    {"at 5 ramp -20% for 5d", "'for': expected 'over' and how long"},
    {"at 5 storm -20%", "'for' is missing or 0"},
    {"at 5 storm -20% in 5d", "'for' is missing or 0"},
    {"at 5 departure 8% over 5d", "a departure takes hash rate away"},
    {"at 5 timewarp from 5 to 6", "timewarp has its own 'from' and 'to'"},
    {"timewarp", "expected 'from WHEN to WHEN'"},
    {"timewarp from 5", "the line ends too early: expected 'from WHEN to WHEN'"},
    {"timewarp from 5 to 4", "'to' lies before 'from'"},
    {"timewarp from 5 to 4d", "'from' and 'to' differ in kind"},
    {"timewarp from 5 to 6 share 101%", "'101%': expected a share of the blocks"},
    {"at 5 reorg", "the line ends too early: expected 'depth N'"},
    {"at 5 reorg depth 0", "'0': expected a depth from 1 to 100"},
    {"at 5 reorg depth 101", "'101': expected a depth"},
    {"at 5 reorg 3", "'3': expected 'depth N'"},
    {"strom 5", "'strom': did you mean storm?"},
    {"zzzzzz", "'zzzzzz': expected blocks, seed, start, growth"},
    {"\x1b[2J 5", "'\\x1b[2J': expected blocks"},
    {"1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3", "too many words"},
};

START_TEST(test_wrong)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct simulate_script script;
        struct simulate_script_error error = {""};
        const char *text = wrongs[i].text;

        ck_assert_msg(!simulate_script_parse(&script, &error, "s", text, strlen(text)), "taken: %s",
                      text);
        ck_assert_msg(strstr(error.text, wrongs[i].message) != NULL, "%s: %s", text, error.text);
        ck_assert_ptr_null(script.items);
    }
}
END_TEST

/* What only the text as a whole can have wrong. */
START_TEST(test_wrong_text)
{
    struct simulate_script script;
    struct simulate_script_error error;
    char *text = calloc(SIMULATE_SCRIPT_SIZE_MAX + 1, 1);
    size_t len = 0;

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', SIMULATE_SCRIPT_SIZE_MAX + 1);
    ck_assert(!simulate_script_parse(&script, &error, "s", text, SIMULATE_SCRIPT_SIZE_MAX + 1));
    ck_assert_ptr_nonnull(strstr(error.text, "too large"));
    memset(text, ' ', SIMULATE_LINE_MAX + 1);
    ck_assert(simulate_script_parse(&script, &error, "s", text, SIMULATE_LINE_MAX));
    simulate_script_free(&script);
    ck_assert(!simulate_script_parse(&script, &error, "s", text, SIMULATE_LINE_MAX + 1));
    ck_assert_ptr_nonnull(strstr(error.text, "s:1: the line is too long"));
    ck_assert(!simulate_script_parse(&script, &error, "s", "blocks 5\0", 9));
    ck_assert_ptr_nonnull(strstr(error.text, "this is no text"));
    for (int i = 0; i <= SIMULATE_ITEMS_MAX; i++)
        len +=
            (size_t)snprintf(text + len, SIMULATE_SCRIPT_SIZE_MAX - len, "at %d step 1%%\n", i + 1);
    ck_assert(!simulate_script_parse(&script, &error, "s", text, len));
    ck_assert_ptr_nonnull(strstr(error.text, "s:257: that is too much: expected at most 256"));
    free(text);
}
END_TEST

/* A long file name leaves room for the message. */
START_TEST(test_long_name)
{
    struct simulate_script script;
    struct simulate_script_error error;
    char name[4096];

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert(!simulate_script_parse(&script, &error, name, "seed x", 6));
    ck_assert_ptr_nonnull(strstr(error.text, ":1: 'x': expected a number from 0"));
}
END_TEST

static void assert_unchecked(const char *text, uint32_t blocks, const char *message)
{
    struct simulate_script script;
    struct simulate_script_error error = {""};

    parse(&script, text);
    script.blocks = blocks;
    ck_assert_int_eq(simulate_script_check(&script, &error), message == NULL);
    if (message != NULL)
        ck_assert_msg(strstr(error.text, message) != NULL, "%s", error.text);
    simulate_script_free(&script);
}

START_TEST(test_check)
{
    assert_unchecked("at 100 step 5%", 100, NULL);
    assert_unchecked("at 101 step 5%", 100, "s:1: block 101 lies behind the last one, 100");
    assert_unchecked("at 200y step 5%", 100, NULL);
    assert_unchecked("at 98 reorg depth 2", 100, NULL);
    assert_unchecked("at 99 reorg depth 2", 100, "s:1: the reorganisation ends with block 101");
    assert_unchecked("at 10 reorg depth 2\nat 13 reorg depth 2", 100, NULL);
    assert_unchecked("at 10 reorg depth 2\nat 12 reorg depth 2", 100,
                     "s:2: the reorganisation of line 1 lasts until block 12");
    assert_unchecked("at 12 reorg depth 2\nat 10 reorg depth 2", 100,
                     "s:1: the reorganisation of line 2 lasts until block 12");
    assert_unchecked("at 10 reorg depth 2\nat 10 reorg depth 1", 100,
                     "s:2: the reorganisation of line 1");
    assert_unchecked("timewarp from 90 to 6000000", 100, NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_heads, test_habits,     test_events,    test_wrong,
        test_check, test_wrong_text, test_long_name,
    };

    return TEST_MAIN("simulate_script", tests);
}
