// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a list of events is read as CSV has it, and what is wrong with one is said
 * with its line; an event has the first alert of its kind in the window, and an alert the latest
 * event that explains it, to the millisecond at both ends.
 */
#include "config.h"

#include "monitor/labels.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS ((int64_t)86400 * 1000)
/** 2024-01-11 */
#define JANUARY_11 ((int64_t)1704931200 * 1000)

static struct labels parsed(const char *text)
{
    struct labels labels;
    char error[LABELS_ERROR_SIZE];

    ck_assert_msg(labels_parse(&labels, error, "file", text, strlen(text)), "%s", error);
    return labels;
}

START_TEST(test_reading)
{
    struct labels labels =
        parsed("\xef\xbb\xbf"
               "cause,end,start,\"name\",depth_percent,x\r\n"
               "\"rain, much\",2024-01-20,2024-01-11,\"a \"\"cold\"\" snap\",34,\r\n"
               "\r\n"
               "\"two\nlines\",,2024-01-11T12:30Z,b,-14.7,\n"
               ",2024-01-11,2024-01-11,\"c\n[2J\",,y");

    ck_assert_uint_eq(labels.count, 3);
    ck_assert_str_eq(labels.items[0].name, "a \"cold\" snap");
    ck_assert_int_eq(labels.items[0].start_ms, JANUARY_11);
    ck_assert_int_eq(labels.items[0].end_ms, JANUARY_11 + 10 * DAY_MS);
    ck_assert(labels.items[0].depth_known && labels.items[0].depth == 0.34);
    ck_assert_uint_eq(labels.items[0].line, 2);
    ck_assert_int_eq(labels.items[1].start_ms, JANUARY_11 + DAY_MS / 2 + 30 * 60000);
    ck_assert_int_eq(labels.items[1].end_ms, labels.items[1].start_ms + 60000);
    ck_assert(labels.items[1].depth == -0.147);
    ck_assert_uint_eq(labels.items[1].line, 4);
    ck_assert_int_eq(labels.items[2].end_ms, JANUARY_11 + DAY_MS);
    ck_assert(!labels.items[2].depth_known);
    ck_assert_uint_eq(labels.items[2].line, 6);
    ck_assert_str_eq(labels.items[2].name, "c\\x0a[2J");
    labels_free(&labels);
}
END_TEST

START_TEST(test_no_events)
{
    struct labels labels = parsed("start,name");

    ck_assert_uint_eq(labels.count, 0);
    labels_free(&labels);
}
END_TEST

static void refused(const char *text, size_t len, const char *words)
{
    struct labels labels;
    char error[LABELS_ERROR_SIZE];

    ck_assert_msg(!labels_parse(&labels, error, "file", text, len), "%s", text);
    ck_assert_msg(strncmp(error, words, strlen(words)) == 0, "'%s', not '%s'", error, words);
    ck_assert_ptr_null(labels.items);
}

START_TEST(test_mistakes)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "file:1: expected a line of columns"},
        {"\n\r\n", "file:1: expected a line of columns"},
        {"start,end\n", "file:1: there is no column name"},
        {"name\n", "file:1: there is no column start"},
        {"\"start", "file:1: a quote that does not end"},
        {"start,name\n2024-01-11,\"a\nb\n", "file:2: a quote that does not end"},
        {"start,name\n2024-01-11,a\"b\n", "file:2: a quote where none belongs"},
        {"start,name\n2024-01-11,\"a\"b\n", "file:2: a quote where none belongs"},
        {"start,name\n2024-01-11\n", "file:2: 1 fields: expected 2"},
        {"start,name\n2024-01-11,a,b\n", "file:2: 3 fields: expected 2"},
        {"start,name\n\n,a\n", "file:3: start: nothing: expected a date"},
        {"start,name\n2024-02-30,a\n", "file:2: start: 2024-02-30: expected a date"},
        {"start,name\n\"20\n24\",a\n", "file:2: start: 20\\x0a24: expected a date"},
        {"start,name\n2024-01-11,a\x1b[2J\n", "file:2: a control character"},
        {"start,name\n800000,a\n", "file:2: start: 800000: expected a date"},
        {"start,name\n2024-01-11,\n", "file:2: name: nothing"},
        {"start,end,name\n2024-01-11,2024-01-10,a\n", "file:2: end: 2024-01-10: lies before start"},
        {"start,end,name\n2024-01-11,soon,a\n", "file:2: end: soon: expected a date"},
        {"start,name,depth_percent\n2024-01-11,a,much\n", "file:2: depth_percent: much: expected"},
        {"start,name,depth_percent\n2024-01-11,a,--1\n", "file:2: depth_percent: --1: expected"},
        {"start,name,depth_percent\n2024-01-11,a,1e3\n", "file:2: depth_percent: 1e3: expected"},
        {"start,name,depth_percent\n2024-01-11,a,1001\n", "file:2: depth_percent: 1001: expected"},
    };
    char wide[2 * 70 + 1];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(cases[i].text, strlen(cases[i].text), cases[i].words);
    refused("start,\0name", 11, "file:1: this is not text");
    memset(wide, ',', sizeof wide);
    refused(wide, sizeof wide, "file:1: more than 64 fields");
}
END_TEST

/* Whatever the bytes, it ends in events or in one line that says where. */
START_TEST(test_noise)
{
    static const char pieces[] = "\",\r\n-0123456789Tstart,name\nZ:\\";
    uint64_t state = test_seed() | 1;

    for (int round = 0; round < 2000; round++) {
        char text[200] = "start,end,name,depth_percent\n";
        struct labels labels;
        char error[LABELS_ERROR_SIZE];
        size_t len = strlen(text);

        for (; len < sizeof text - 1; len++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            text[len] = pieces[(state >> 33) % (sizeof pieces - 1)];
        }
        if (labels_parse(&labels, error, "file", text, len))
            labels_free(&labels);
        else
            ck_assert(strncmp(error, "file:", 5) == 0 && strchr(error, '\n') == NULL);
    }
}
END_TEST

/* ---- Matching ----------------------------------------------------------- */

static const struct labels_frame frame = {
    .begin_ms = 0, .end_ms = 1000 * DAY_MS, .window_ms = 28 * DAY_MS};
static const struct label fall = {.start_ms = 100 * DAY_MS, .end_ms = 110 * DAY_MS, .depth = 0.2};
static const struct label rise = {.start_ms = 100 * DAY_MS, .end_ms = 110 * DAY_MS, .depth = -0.2};

static void assert_match(const struct label *label, const struct labels_alert *alerts, size_t count,
                         enum labels_outcome outcome, size_t alert, int64_t delay_ms)
{
    struct labels_match match = labels_match(label, alerts, count, &frame);

    ck_assert_int_eq(match.outcome, outcome);
    ck_assert_uint_eq(match.alert, alert);
    ck_assert_int_eq(match.delay_ms, delay_ms);
}

START_TEST(test_match)
{
    const struct labels_alert alerts[] = {
        {LABELS_FALL, 50 * DAY_MS, 100 * DAY_MS}, /* over when it begins */
        {LABELS_OTHER, 101 * DAY_MS, INT64_MAX},   {LABELS_RISE, 102 * DAY_MS, 103 * DAY_MS},
        {LABELS_FALL, 103 * DAY_MS, 104 * DAY_MS}, {LABELS_FALL, 105 * DAY_MS, INT64_MAX},
    };

    assert_match(&fall, alerts, 5, LABELS_FOUND, 3, 3 * DAY_MS);
    assert_match(&rise, alerts, 5, LABELS_FOUND, 2, 2 * DAY_MS);
    assert_match(&fall, alerts, 3, LABELS_MISSED, 0, 0);
    assert_match(&fall, alerts, 0, LABELS_MISSED, 0, 0);
}
END_TEST

START_TEST(test_bounds_of_the_window)
{
    struct labels_alert alert = {LABELS_FALL, fall.start_ms, INT64_MAX};

    assert_match(&fall, &alert, 1, LABELS_FOUND, 0, 0);
    alert.raised_ms = fall.start_ms - 1;
    assert_match(&fall, &alert, 1, LABELS_STOOD, 0, 0);
    alert.raised_ms = fall.start_ms + 28 * DAY_MS;
    assert_match(&fall, &alert, 1, LABELS_FOUND, 0, 28 * DAY_MS);
    alert.raised_ms++;
    assert_match(&fall, &alert, 1, LABELS_MISSED, 0, 0);
}
END_TEST

START_TEST(test_outside)
{
    struct label label = fall;
    struct labels_alert alert = {LABELS_FALL, 1000 * DAY_MS, INT64_MAX};

    label.start_ms = -1;
    assert_match(&label, &alert, 1, LABELS_OUTSIDE, 0, 0);
    label.start_ms = 1000 * DAY_MS + 1;
    assert_match(&label, &alert, 1, LABELS_OUTSIDE, 0, 0);
    label.start_ms = 972 * DAY_MS; /* all of its window is within */
    assert_match(&label, NULL, 0, LABELS_MISSED, 0, 0);
    label.start_ms++;
    assert_match(&label, NULL, 0, LABELS_OUTSIDE, 0, 0);
    assert_match(&label, &alert, 1, LABELS_FOUND, 0, 28 * DAY_MS - 1);
}
END_TEST

START_TEST(test_explained)
{
    struct label items[] = {fall, rise, fall};
    const struct labels labels = {.items = items, .count = 3};
    struct labels_alert alert = {LABELS_FALL, 104 * DAY_MS, INT64_MAX};

    items[2].start_ms = 105 * DAY_MS;
    items[2].end_ms = 106 * DAY_MS;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 0);
    alert.raised_ms = 105 * DAY_MS;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 2);
    alert.raised_ms = (106 + 28) * DAY_MS + 1; /* the first ends later */
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 0);
    alert.raised_ms = (110 + 28) * DAY_MS;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 0);
    alert.raised_ms++;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 3);
    alert.raised_ms = 100 * DAY_MS - 1;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 3);
    alert = (struct labels_alert){LABELS_RISE, 104 * DAY_MS, INT64_MAX};
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 1);
    alert.about = LABELS_OTHER;
    ck_assert_uint_eq(labels_explain(&labels, &alert, &frame), 3);
}
END_TEST

START_TEST(test_about)
{
    static const struct {
        enum metric_id metric;
        enum rule_side side;
        enum labels_about about;
    } cases[] = {
        {METRIC_HASHRATE_FALL_STANDING, RULE_ABOVE, LABELS_FALL},
        {METRIC_HASHRATE_FALL_STANDING, RULE_BELOW, LABELS_OTHER},
        {METRIC_HASHRATE_FALL_LUCK_PER_YEAR, RULE_BELOW, LABELS_FALL},
        {METRIC_HASHRATE_RISE_SIZE, RULE_ABOVE, LABELS_RISE},
        {METRIC_HASHRATE_OFF_HIGH, RULE_ABOVE, LABELS_FALL},
        {METRIC_HASHRATE_NOW_EHS, RULE_BELOW, LABELS_FALL},
        {METRIC_HASHRATE_W2016_EHS, RULE_ABOVE, LABELS_RISE},
        {METRIC_DIFFICULTY_NEXT_CHANGE, RULE_BELOW, LABELS_OTHER},
        {METRIC_HASHRATE_DAILY_SD, RULE_ABOVE, LABELS_OTHER},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule rule = {.metric = cases[i].metric, .side = cases[i].side};

        ck_assert_int_eq(labels_about(&rule), cases[i].about);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_reading, test_no_events, test_mistakes,
                                  test_noise,   test_match,     test_bounds_of_the_window,
                                  test_outside, test_explained, test_about};

    return TEST_MAIN("labels", tests);
}
