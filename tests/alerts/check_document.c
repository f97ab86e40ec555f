// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a document has the bytes that it shall have, to the letter; its sentence says
 * what the rule's text and the value make of it; times are those of the C library.
 */
#include "config.h"

#include "alerts/document.h"
#include "alerts/document_internal.h"
#include "alerts/ruleset.h"
#include "tests/alerts/documents.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char GOLDEN[] =
    "{\"form\":1,\"type\":\"alert.raised\",\"timestamp\":\"2023-11-14T23:43:20.123Z\","
    "\"message_id\":\"df649484de7c6beac6e47f7c6ce1b98b\",\"alert_id\":"
    "\"a6708fa4b0e3c3503b0436a0577851eb\",\"sequence\":1,\"state\":\"raised\","
    "\"summary\":\"The size of the hash rate's fall is 33.3 % (25.0 % to 41.7 %), at or above the "
    "level of 20.0 %, since 2023-11-14T22:13:20.123Z\",\"late\":false,\"durable\":true,"
    "\"rule\":\"big-fall\",\"reason\":\"value\",\"severity\":\"warning\",\"acknowledged\":false,"
    "\"metric\":{\"name\":\"hashrate.fall.size\",\"unit\":\"fraction\",\"meaning\":\"Share of the "
    "hash rate that the fall which stands had taken by the time of its alarm; 0 where none "
    "stands.\"},"
    "\"value\":{\"estimate\":0.3333333,\"lo\":0.25,\"hi\":0.4166667,\"level\":0.9},"
    "\"threshold\":{\"bound\":\"lower\",\"side\":\"above\",\"raise\":0.2,\"clear\":0.1},"
    "\"since\":\"2023-11-14T22:13:20.123Z\",\"raised_at\":\"2023-11-14T22:23:20.123Z\","
    "\"evidence\":{\"from_height\":912202,\"to_height\":912345,\"method\":\"change\","
    "\"version\":1},"
    "\"block\":{\"height\":912345,\"hash\":"
    "\"abababababababababababababababababababababababababababababababab\"},"
    "\"monitor\":{\"name\":\"tide\",\"public_key\":"
    "\"0000000000000000000000000000000000000000000000000000000000000001\",\"network\":\"main\","
    "\"software\":\"hashtide 0.1\"},"
    "\"links\":{\"monitor\":\"https://tide.example/\","
    "\"alert\":\"https://tide.example/api/v1/alerts/a6708fa4b0e3c3503b0436a0577851eb\"}}";

/* One message, all of it set. */
struct sample {
    struct document_monitor monitor;
    struct metrics metrics;
    struct rule rule;
    struct alert_transition transition;
    struct document document;
};

static void sample_make(struct sample *sample, const char *text)
{
    const struct rule_pair pairs[] = {
        {"metric", "hashrate.fall.size", 2}, {"bound", "lower", 3},  {"raise", "above 20%", 4},
        {"clear", "below 10%", 5},           {"for", "6 blocks", 6}, {"text", text, 7},
    };
    struct rule_error error;

    memset(sample, 0, sizeof *sample);
    sample->monitor = (struct document_monitor){.name = "tide",
                                                .has_key = true,
                                                .network = "main",
                                                .software = "hashtide 0.1",
                                                .url = "https://tide.example"};
    sample->monitor.public_key[IDENTITY_KEY_SIZE - 1] = 1;
    sample->metrics.wall_ms = INT64_C(1700005400123);
    sample->metrics.has_tip = true;
    sample->metrics.height = 912345;
    memset(sample->metrics.hash.bytes, 0xab, HASH256_SIZE);
    metrics_set_estimate(&sample->metrics, METRIC_HASHRATE_FALL_SIZE, 1.0 / 3, 0.25, 1.25 / 3,
                         912202, 912345);
    ck_assert_msg(rule_parse(&sample->rule, &error, "big-fall", 1, NULL, pairs, 6), "%s",
                  error.text);
    sample->transition = (struct alert_transition){.state = ALERT_RAISED,
                                                   .incident = 4,
                                                   .sequence = 1,
                                                   .since_wall_ms = INT64_C(1700000000123),
                                                   .raised_wall_ms = INT64_C(1700000600123)};
    sample->document = (struct document){.monitor = &sample->monitor,
                                         .metrics = &sample->metrics,
                                         .rule = &sample->rule,
                                         .transition = &sample->transition};
}

START_TEST(test_golden)
{
    struct sample sample;
    size_t len = 0;
    char *bytes = NULL;

    sample_make(&sample, "");
    bytes = document_bytes(&len, &sample.document);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_str_eq(bytes, GOLDEN);
    ck_assert_uint_eq(len, strlen(GOLDEN));
    free(bytes);
}
END_TEST

static void says(const char *text, enum alert_state state, enum alert_reason reason,
                 const char *wanted)
{
    struct sample sample;
    char summary[DOCUMENT_SUMMARY_SIZE];

    sample_make(&sample, text);
    sample.transition.state = state;
    sample.transition.reason = reason;
    document_summary(summary, &sample.document);
    ck_assert_str_eq(summary, wanted);
}

START_TEST(test_summaries)
{
    says("{value} {interval}: {lo}, {hi}", ALERT_RAISED, ALERT_BY_VALUE,
         "33.3 % (25.0 % to 41.7 %): 25.0 %, 41.7 %");
    says("{rule} {severity} {state} {raise} {clear}", ALERT_RAISED, ALERT_BY_VALUE,
         "Big-fall warning raised 20.0 % 10.0 %");
    says("{metric}: {phrase}", ALERT_RAISED, ALERT_BY_VALUE,
         "Hashrate.fall.size: the size of the hash rate's fall");
    says("{monitor} {network} {height} {since} {time}", ALERT_RAISED, ALERT_BY_VALUE,
         "Tide main 912345 2023-11-14T22:13:20.123Z 2023-11-14T23:43:20.123Z");
    says("{sync.peers}; {hashrate.fall.size}; {{}}", ALERT_RAISED, ALERT_BY_VALUE,
         "Unknown; 33.3 % (25.0 % to 41.7 %); {}");
    says("{hash}", ALERT_RAISED, ALERT_BY_VALUE,
         "Abababababababababababababababababababababababababababababababab");
    says("x", ALERT_UPDATED, ALERT_BY_VALUE, "Still: x");
    says("x", ALERT_REPEATED, ALERT_BY_VALUE, "Still: x");
    says("x", ALERT_UPDATED, ALERT_ACKNOWLEDGED, "Acknowledged: x");
    says("x", ALERT_CLEARED, ALERT_BY_VALUE,
         "Cleared: big-fall, which had held since 2023-11-14T22:13:20.123Z: the size of the hash "
         "rate's fall is 33.3 % (25.0 % to 41.7 %)");
    says("x", ALERT_CLEARED, ALERT_BY_REORG,
         "Cleared: big-fall: a reorganisation took back the blocks that justified it");
    says("x", ALERT_CLEARED, ALERT_BY_NO_DATA,
         "Cleared: big-fall: nothing has been known of it for a day");
}
END_TEST

/* Built-in texts read well where what they name is not known, as after a fall raised by silence. */
START_TEST(test_unknown_is_left_out)
{
    struct ruleset set;
    struct sample sample;
    char summary[DOCUMENT_SUMMARY_SIZE];

    ck_assert(ruleset_defaults(&set));
    sample_make(&sample, ruleset_find(&set, "hashrate-fall")->text);
    for (unsigned id = 0; id < METRIC_COUNT; id++)
        sample.metrics.values[id].known = false;
    document_summary(summary, &sample.document);
    ck_assert_str_eq(summary, "The hash rate has fallen");
    metrics_set(&sample.metrics, METRIC_HASHRATE_FALL_CONFIDENCE, 0.99);
    document_summary(summary, &sample.document);
    ck_assert_str_eq(summary,
                     "The hash rate has fallen; the chance that it is real and not luck is "
                     "99.0 %");
    ruleset_free(&set);
}
END_TEST

/* What a placeholder becomes is not read again. */
START_TEST(test_nothing_is_evaluated)
{
    struct sample sample;
    char summary[DOCUMENT_SUMMARY_SIZE];

    sample_make(&sample, "{monitor}!");
    sample.monitor.name = "{hash} {{ %s";
    document_summary(summary, &sample.document);
    ck_assert_str_eq(summary, "{hash} {{ %s!");
}
END_TEST

START_TEST(test_long_text)
{
    struct sample sample;
    char summary[DOCUMENT_SUMMARY_SIZE];
    char text[RULE_TEXT_SIZE] = "";

    for (size_t i = 0; i + 6 < sizeof text; i += 6)
        memcpy(text + i, "{hash}", 7);
    sample_make(&sample, text);
    document_summary(summary, &sample.document);
    ck_assert_uint_lt(strlen(summary), DOCUMENT_SUMMARY_SIZE);
    ck_assert_uint_gt(strlen(summary), DOCUMENT_SUMMARY_SIZE - 66);
}
END_TEST

START_TEST(test_time)
{
    struct test_random random = test_random_init(test_seed(), 1);
    char text[DOCUMENT_TIME_SIZE];

    for (int i = 0; i < 20000; i++) {
        /* Years 0 to 9999. */
        int64_t s =
            (int64_t)(test_random_u64(&random) % UINT64_C(315569520000)) - INT64_C(62167219200);
        int64_t ms = s * 1000 + test_random_below(&random, 1000);
        time_t t = (time_t)s;
        struct tm tm = {0};
        char wanted[64];

        ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms - s * 1000));
        document_time(text, ms);
        ck_assert_str_eq(text, wanted);
    }
    document_time(text, -1);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
    document_time(text, INT64_MAX);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
    document_time(text, INT64_MIN);
    ck_assert_str_eq(text, "0000-01-01T00:00:00.000Z");
}
END_TEST

static void check_one(void *context, const struct document *document)
{
    size_t *count = context;
    char summary[DOCUMENT_SUMMARY_SIZE];
    size_t len = 0;
    char *bytes = document_bytes(&len, document);
    json_t *parsed = NULL;

    ck_assert_ptr_nonnull(bytes);
    parsed = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    document_summary(summary, document);
    ck_assert_str_eq(json_string_value(json_object_get(parsed, "summary")), summary);
    ck_assert_ptr_null(strpbrk(summary, "{}\n"));
    ck_assert_ptr_null(strstr(summary, "  "));
    ck_assert_ptr_null(strstr(summary, " ,"));
    json_decref(parsed);
    free(bytes);
    (*count)++;
}

START_TEST(test_every_kind)
{
    size_t count = 0;

    ck_assert_uint_eq(documents_each(check_one, &count), count);
    ck_assert_uint_gt(count, 300);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_golden,    test_summaries, test_nothing_is_evaluated, test_unknown_is_left_out,
        test_long_text, test_time,      test_every_kind,
    };

    return TEST_MAIN("document", tests);
}
