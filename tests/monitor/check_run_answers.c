// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what is asked on the control socket is done and written down, by name and by
 * id; what is not as expected is refused with a word that says what was expected, and changes
 * nothing, whatever the request is; and what was written is there again for the next monitor, and
 * for who reads the outbox alone.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/run_answers.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)
#define START_MS INT64_C(1790000000000)
/** More than an answer's error may be long. */
#define LONG 3000

static const char conf[] = "network=tidenet\n"
                           "[alert alone]\nmetric=sync.peers\nraise=below 0\nclear=above 3\n"
                           "[alert other]\nmetric=sync.groups\nraise=below 0\nclear=above 3\n"
                           "[sink ops]\ntype=webhook\nurl=http://127.0.0.1:1/\n";

struct bench {
    char folder[64];
    char path[96];
    struct settings settings;
    struct run_answers run;
    int64_t now_ms; /* since START_MS */
};

static void open_monitor(struct bench *bench)
{
    char message[512] = "";
    struct alerting_options options = {
        .settings = &bench->settings,
        .now = {.wall_ms = START_MS + bench->now_ms, .mono_ms = 1 + bench->now_ms}};

    bench->run.outbox = outbox_open(bench->path, false, NULL, message, sizeof message);
    ck_assert_msg(bench->run.outbox != NULL, "%s", message);
    options.outbox = bench->run.outbox;
    bench->run.alerting = alerting_new(&options, message, sizeof message);
    ck_assert_msg(bench->run.alerting != NULL, "%s", message);
}

static void close_monitor(struct bench *bench)
{
    alerting_free(bench->run.alerting);
    outbox_close(bench->run.outbox);
}

static void bench_start(struct bench *bench)
{
    struct settings_error error;

    memset(bench, 0, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "answers-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/alerts.sqlite", bench->folder);
    ck_assert_msg(settings_parse_text(&bench->settings, &error, "conf", conf, sizeof conf - 1),
                  "%s", error.text);
    open_monitor(bench);
}

static void bench_end(struct bench *bench)
{
    char command[128];

    close_monitor(bench);
    settings_free(&bench->settings);
    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

/* Time passes, with so many peers; the grace after the start is over. */
static void pass(struct bench *bench, size_t peers)
{
    struct alerting_moment moment = {
        .health = {.peers = peers, .peers_wanted = 8, .groups = peers / 2}};

    bench->now_ms += 11 * MINUTE;
    moment.now =
        (struct instant){.wall_ms = START_MS + bench->now_ms, .mono_ms = 1 + bench->now_ms};
    alerting_moment(bench->run.alerting, &moment);
    (void)alerting_wake(bench->run.alerting, NULL);
}

/* The answer to a text; NULL where it is no JSON. */
static json_t *ask(struct bench *bench, const char *text)
{
    json_error_t error;
    json_t *request = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    json_t *answer = NULL;

    ck_assert_msg(request != NULL, "%s: %s", text, error.text);
    answer = run_answer(&bench->run, request);
    ck_assert_msg(json_is_object(answer), "%s", text);
    json_decref(request);
    return answer;
}

static const char *error_of(const json_t *answer)
{
    return json_string_value(json_object_get(answer, "error"));
}

static void assert_refused(struct bench *bench, const char *text, const char *words)
{
    json_t *answer = ask(bench, text);

    ck_assert_msg(error_of(answer) != NULL, "%s is not refused", text);
    ck_assert_msg(strstr(error_of(answer), words) != NULL, "%s: %s", text, error_of(answer));
    ck_assert_uint_eq(json_object_size(answer), 1);
    json_decref(answer);
}

/* The state of the rule alone; lives until the bench's next answer. */
static json_t *state(struct bench *bench)
{
    json_t *rules = alerting_json(bench->run.alerting);
    json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(rules); i++) {
        json_t *rule = json_array_get(rules, i);

        if (strcmp(json_string_value(json_object_get(rule, "rule")), "alone") == 0)
            found = json_incref(rule);
    }
    json_decref(rules);
    ck_assert_ptr_nonnull(found);
    return found;
}

static bool is(struct bench *bench, const char *key)
{
    json_t *rule = state(bench);
    bool yes = json_is_true(json_object_get(rule, key));

    json_decref(rule);
    return yes;
}

START_TEST(test_acknowledge)
{
    struct bench bench;
    char request[128];
    json_t *rule = NULL;
    json_t *answer = NULL;

    bench_start(&bench);
    pass(&bench, 8);
    assert_refused(&bench, "{\"command\":\"acknowledge\",\"alert\":\"alone\"}", "nothing to ack");
    pass(&bench, 0);
    rule = state(&bench);
    snprintf(request, sizeof request, "{\"command\":\"acknowledge\",\"alert\":\"%s\"}",
             json_string_value(json_object_get(rule, "alert_id")));
    json_decref(rule);
    for (int again = 0; again < 2; again++) {
        answer =
            ask(&bench, again == 0 ? request : "{\"alert\":\"alone\",\"command\":\"acknowledge\"}");
        ck_assert_str_eq(json_string_value(json_object_get(answer, "rule")), "alone");
        ck_assert_int_eq(json_is_true(json_object_get(answer, "already")), again);
        ck_assert(json_is_true(json_object_get(answer, "written")));
        json_decref(answer);
        ck_assert(is(&bench, "acknowledged"));
        close_monitor(&bench);
        open_monitor(&bench);
    }
    /* The other alert is another matter. */
    answer = ask(&bench, "{\"command\":\"story\",\"alert\":\"other\"}");
    ck_assert(json_is_false(json_object_get(json_object_get(answer, "now"), "acknowledged")));
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "messages")), 1);
    json_decref(answer);
    answer = ask(&bench, "{\"command\":\"story\",\"alert\":\"alone\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "messages")), 2);
    json_decref(answer);
    bench_end(&bench);
}
END_TEST

START_TEST(test_silence)
{
    struct bench bench;
    json_t *answer = NULL;
    json_t *stored = NULL;
    json_t *rules = NULL;

    bench_start(&bench);
    answer = ask(&bench, "{\"command\":\"silence\",\"rule\":\"alone\",\"for_ms\":null}");
    ck_assert(json_is_null(json_object_get(answer, "until_ms")));
    ck_assert(json_is_true(json_object_get(answer, "written")));
    json_decref(answer);
    pass(&bench, 0);
    answer = ask(&bench, "{\"command\":\"story\",\"alert\":\"alone\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "messages")), 0);
    json_decref(answer);
    close_monitor(&bench);
    open_monitor(&bench);
    ck_assert(is(&bench, "silenced"));
    rules = state(&bench);
    ck_assert(json_is_null(json_object_get(rules, "silenced_until_ms")));
    json_decref(rules);
    /* Who reads the outbox alone sees the same, but for the figures of now. */
    rules = alerting_json(bench.run.alerting);
    stored = alerts_view_stored(bench.run.outbox, &bench.settings, START_MS + bench.now_ms);
    ck_assert(json_equal(rules, stored));
    json_decref(rules);
    json_decref(stored);
    answer = ask(&bench, "{\"command\":\"silence\",\"rule\":\"alone\",\"for_ms\":0}");
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "until_ms")), 0);
    json_decref(answer);
    ck_assert(!is(&bench, "silenced"));
    pass(&bench, 0);
    answer = ask(&bench, "{\"command\":\"story\",\"alert\":\"alone\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "messages")), 1);
    json_decref(answer);
    bench_end(&bench);
}
END_TEST

/* A second alert, that was not told: it is not the first one's story that is shown. */
START_TEST(test_story_is_of_what_stands)
{
    struct bench bench;
    json_t *told = NULL;
    json_t *untold = NULL;

    bench_start(&bench);
    pass(&bench, 0);
    pass(&bench, 8);
    told = ask(&bench, "{\"command\":\"story\",\"alert\":\"alone\"}"); /* raised and cleared */
    ck_assert_uint_eq(json_array_size(json_object_get(told, "messages")), 2);
    json_decref(ask(&bench, "{\"command\":\"silence\",\"rule\":\"alone\",\"for_ms\":null}"));
    pass(&bench, 0);
    untold = ask(&bench, "{\"command\":\"story\",\"alert\":\"alone\"}");
    ck_assert_uint_eq(json_array_size(json_object_get(untold, "messages")), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(untold, "now"), "phase")),
                     "firing");
    ck_assert(!json_equal(json_object_get(told, "alert_id"), json_object_get(untold, "alert_id")));
    json_decref(told);
    json_decref(untold);
    bench_end(&bench);
}
END_TEST

START_TEST(test_refused)
{
    struct bench bench;
    char request[LONG + 64];
    int len = 0;

    bench_start(&bench);
    assert_refused(&bench, "{}", "expected a text, one of status, alerts, story, acknowledge, sil");
    assert_refused(&bench, "{\"command\":\"Status\"}", "unknown command \"Status\"");
    assert_refused(&bench, "{\"command\":\"acknowledge\"}", "alert: expected a text of 1 to 47");
    assert_refused(&bench, "{\"command\":\"silence\",\"for_ms\":1}", "rule: expected a text");
    assert_refused(&bench, "{\"command\":\"silence\",\"rule\":\"alone\"}",
                   "for_ms: expected a whole number from 0 to 316224000000, or null");
    assert_refused(&bench, "{\"command\":\"silence\",\"rule\":\"alone\",\"for_ms\":316224000001}",
                   "for_ms: expected");
    assert_refused(&bench, "{\"command\":\"silence\",\"rule\":\"alome\",\"for_ms\":1}",
                   "did you mean alone?");
    assert_refused(&bench, "{\"command\":\"acknowledge\",\"alert\":\"zzzzzzzz\"}", "list --all");
    assert_refused(&bench, "{\"command\":\"story\",\"alert\":\"0123456789abcdef0123456789abcdef\"}",
                   "nothing is known of an alert");
    assert_refused(&bench, "{\"command\":\"alerts\",\"rule\":\"alone\"}", "unknown argument");
    len = snprintf(request, sizeof request, "{\"command\":\"");
    memset(request + len, 'a', LONG);
    snprintf(request + len + LONG, sizeof request - (size_t)len - LONG, "\"}");
    assert_refused(&bench, request, "expected one of status");
    ck_assert(!is(&bench, "silenced"));
    bench_end(&bench);
}
END_TEST

/* A value of any type, near what is expected or far from it. */
static json_t *any_value(struct test_random *random)
{
    static const char *const texts[] = {"alone",
                                        "other",
                                        "nobody",
                                        "",
                                        "silence",
                                        "\x1b[2J",
                                        "' OR 1=1 --",
                                        "../../etc/passwd",
                                        "0123456789abcdef0123456789abcdef",
                                        "\xe2\x80\xae",
                                        "alerts",
                                        "status ",
                                        "a-name-that-is-longer-than-any-name-of-a-rule-may-be"};

    switch (test_random_below(random, 7)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(test_random_below(random, 2));
    case 2:
        return json_integer((json_int_t)test_random_u64(random));
    case 3:
        return json_real((double)test_random_below(random, 100) / 7.0);
    case 4:
        return json_pack("{s:[{}]}", "alert");
    default:
        return json_string(texts[test_random_below(random, sizeof texts / sizeof *texts)]);
    }
}

START_TEST(test_any_request)
{
    static const char *const commands[] = {"alerts", "story", "acknowledge", "silence"};
    static const char *const keys[] = {"alert", "rule", "for_ms", "Command", "until_ms", ""};
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 2000);
    size_t refused = 0;
    struct bench bench;

    bench_start(&bench);
    pass(&bench, 0);
    for (size_t i = 0; i < rounds; i++) {
        json_t *request = json_object();
        json_t *before = alerting_json(bench.run.alerting);
        json_t *after = NULL;
        json_t *answer = NULL;

        for (unsigned n = test_random_below(&random, 4); n > 0; n--)
            json_object_set_new(request, keys[test_random_below(&random, 6)], any_value(&random));
        json_object_set_new(request, "command",
                            test_random_below(&random, 9) == 0
                                ? any_value(&random)
                                : json_string(commands[test_random_below(&random, 4)]));
        answer = run_answer(&bench.run, request);
        ck_assert(json_is_object(answer));
        after = alerting_json(bench.run.alerting);
        if (error_of(answer) != NULL) {
            refused++;
            ck_assert_uint_lt(strlen(error_of(answer)), 256);
            ck_assert(json_equal(before, after));
        }
        json_decref(answer);
        json_decref(after);
        json_decref(before);
        json_decref(request);
    }
    ck_assert_uint_gt(refused, rounds / 4);
    ck_assert_uint_lt(refused, rounds);
    bench_end(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_acknowledge, test_silence,     test_story_is_of_what_stands,
        test_refused,     test_any_request,
    };

    return TEST_MAIN("run_answers", tests);
}
