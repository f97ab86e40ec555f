// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the story of an alert has its latest messages in order, with what became of
 * each, by id and by rule; a long one is cut and says so; a body that is damaged costs its sentence
 * and nothing else; and rules are sorted by what they do.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALL INT64_C(1790000000000)

struct bench {
    char folder[64];
    struct outbox *outbox;
};

static void bench_start(struct bench *bench)
{
    char path[96];
    char message[512] = "";

    snprintf(bench->folder, sizeof bench->folder, "view-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(path, sizeof path, "%s/alerts.sqlite", bench->folder);
    bench->outbox = outbox_open(path, false, NULL, message, sizeof message);
    ck_assert_msg(bench->outbox != NULL, "%s", message);
}

static void bench_end(struct bench *bench)
{
    char command[128];

    outbox_close(bench->outbox);
    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

/* Message number n of an alert of this rule, with this body, for two sinks. */
static void say(struct bench *bench, unsigned alert, const char *rule, unsigned n, const char *body)
{
    static const char *const sinks[] = {"ops", "lab"};
    char id[IDENTITY_SIZE];
    char alert_id[IDENTITY_SIZE];
    struct outbox_message message = {.id = id,
                                     .alert_id = alert_id,
                                     .rule = rule,
                                     .state = n == 0 ? ALERT_RAISED : ALERT_REPEATED,
                                     .created_ms = WALL + n,
                                     .body = body,
                                     .body_len = strlen(body),
                                     .sinks = sinks,
                                     .sink_count = 2};
    struct outbox_commit commit = {.messages = &message, .message_count = 1};

    snprintf(id, sizeof id, "%024x%08x", alert, n);
    snprintf(alert_id, sizeof alert_id, "%032x", alert);
    ck_assert_msg(outbox_commit(bench->outbox, &commit, NULL), "%s", outbox_error(bench->outbox));
}

static void record(struct bench *bench, const char *sink, enum delivery_fate fate, int status)
{
    struct outbox_delivery delivery;
    struct outbox_outcome outcome = {
        .sink = sink, .fate = fate, .tried_ms = WALL + 7, .status = status, .answer = "so\x1b"};

    ck_assert_int_eq(outbox_next(bench->outbox, &delivery, sink), OUTBOX_FOUND);
    outcome.number = delivery.number;
    outbox_delivery_free(&delivery);
    ck_assert(outbox_record(bench->outbox, &outcome, 1));
}

static json_t *story(struct bench *bench, const char *name)
{
    json_t *json = NULL;

    ck_assert_int_eq(alerts_view_story(&json, bench->outbox, NULL, name), OUTBOX_FOUND);
    return json;
}

static const char *text(const json_t *object, const char *key)
{
    const char *found = json_string_value(json_object_get(object, key));

    return found != NULL ? found : "";
}

START_TEST(test_story)
{
    struct bench bench;
    json_t *json = NULL;
    json_t *messages = NULL;
    json_t *deliveries = NULL;

    bench_start(&bench);
    ck_assert_int_eq(alerts_view_story(&json, bench.outbox, NULL, "fall"), OUTBOX_NONE);
    ck_assert_ptr_null(json);
    say(&bench, 1, "fall", 0, "{\"summary\":\"an old one\"}");
    say(&bench, 2, "fall", 0, "{\"summary\":\"it fell\",\"severity\":\"critical\"}");
    say(&bench, 3, "rise", 0, "{\"summary\":\"it rose\"}");
    say(&bench, 2, "fall", 1, "{\"summary\":\"it fell, still\",\"reason\":\"value\"}");
    record(&bench, "ops", DELIVERY_DONE, 200);
    record(&bench, "ops", DELIVERY_DEAD_REFUSED, 400);
    json = story(&bench, "fall");
    ck_assert_str_eq(text(json, "rule"), "fall");
    ck_assert_str_eq(text(json, "alert_id"), "00000000000000000000000000000002");
    messages = json_object_get(json, "messages");
    ck_assert_uint_eq(json_array_size(messages), 2);
    ck_assert_str_eq(text(json_array_get(messages, 0), "summary"), "it fell");
    ck_assert_str_eq(text(json_array_get(messages, 0), "severity"), "critical");
    ck_assert_str_eq(text(json_array_get(messages, 1), "state"), "repeated");
    ck_assert_str_eq(text(json_array_get(messages, 1), "reason"), "value");
    deliveries = json_object_get(json_array_get(messages, 0), "deliveries");
    ck_assert_uint_eq(json_array_size(deliveries), 2);
    ck_assert_str_eq(text(json_array_get(deliveries, 0), "sink"), "lab");
    ck_assert_str_eq(text(json_array_get(deliveries, 0), "delivery"), "waiting");
    ck_assert_str_eq(text(json_array_get(deliveries, 1), "delivery"), "refused");
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(deliveries, 1), "status")),
                     400);
    json_decref(json);
    json = story(&bench, "00000000000000000000000000000001"); /* an earlier one by its id */
    messages = json_object_get(json, "messages");
    ck_assert_uint_eq(json_array_size(messages), 1);
    ck_assert_str_eq(text(json_array_get(messages, 0), "summary"), "an old one");
    json_decref(json);
    bench_end(&bench);
}
END_TEST

START_TEST(test_long_story)
{
    struct bench bench;
    json_t *json = NULL;
    json_t *messages = NULL;
    const unsigned count = ALERTS_VIEW_STORY_MAX + 30;

    bench_start(&bench);
    for (unsigned n = 0; n < count; n++)
        say(&bench, 1, "fall", n, "{\"summary\":\"again\"}");
    json = story(&bench, "fall");
    messages = json_object_get(json, "messages");
    ck_assert_int_eq(json_integer_value(json_object_get(json, "left_out")), 30);
    ck_assert_uint_eq(json_array_size(messages), ALERTS_VIEW_STORY_MAX);
    for (unsigned n = 0; n < ALERTS_VIEW_STORY_MAX; n++)
        ck_assert_int_eq(
            json_integer_value(json_object_get(json_array_get(messages, n), "created_ms")),
            WALL + 30 + n);
    json_decref(json);
    bench_end(&bench);
}
END_TEST

START_TEST(test_damaged_bodies)
{
    static const char *const bodies[] = {"no JSON", "[1]", "{\"summary\":7}",
                                         "{\"summary\":", "{\"summary\":\"a\xff\"}"};
    struct bench bench;
    json_t *json = NULL;

    bench_start(&bench);
    for (unsigned n = 0; n < sizeof bodies / sizeof bodies[0]; n++)
        say(&bench, 1, "fall", n, bodies[n]);
    json = story(&bench, "fall");
    for (size_t n = 0; n < sizeof bodies / sizeof bodies[0]; n++) {
        const json_t *message = json_array_get(json_object_get(json, "messages"), n);

        ck_assert(json_is_null(json_object_get(message, "summary")));
        ck_assert_uint_eq(json_array_size(json_object_get(message, "deliveries")), 2);
    }
    json_decref(json);
    bench_end(&bench);
}
END_TEST

START_TEST(test_names)
{
    json_t *rules = json_loads(
        "[{\"rule\":\"a\",\"severity\":\"info\",\"phase\":\"idle\",\"silenced\":false},"
        "{\"rule\":\"b\",\"severity\":\"info\",\"phase\":\"pending\",\"silenced\":true},"
        "{\"rule\":\"c\",\"severity\":\"critical\",\"phase\":\"clearing\",\"silenced\":false,"
        "\"alert_id\":\"x\",\"acknowledged\":true},"
        "{\"rule\":\"d\",\"severity\":\"warning\",\"phase\":\"firing\",\"silenced\":true,"
        "\"alert_id\":\"y\",\"acknowledged\":false}]",
        0, NULL);
    json_t *expected =
        json_loads("{\"standing\":{\"critical\":[\"c\"],\"warning\":[\"d\"],\"info\":[]},"
                   "\"pending\":[\"b\"],\"silenced\":[\"b\",\"d\"],\"acknowledged\":[\"c\"]}",
                   0, NULL);
    json_t *names = alerts_view_names(rules);

    ck_assert(json_equal(names, expected));
    json_decref(names);
    json_decref(expected);
    json_decref(rules);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_story,
        test_long_story,
        test_damaged_bodies,
        test_names,
    };

    return TEST_MAIN("alerts_view", tests);
}
