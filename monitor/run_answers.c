// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * run_answers: see run_answers.h. A request is held against a table first; what answers it can rely
 * on its arguments.
 */
#include "config.h"

#include "monitor/run_answers.h"

#include "monitor/alerts_view.h"
#include "monitor/fields.h"
#include "monitor/net/clock.h"
#include "monitor/status.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERROR_SIZE 256
#define MS_PER_S 1000
#define ARGUMENTS_MAX 2
/** Of what a stranger called a command or an argument, so much is shown. */
#define SHOWN_SIZE 48

static json_t *refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static json_t *refuse(const char *format, ...)
{
    char text[ERROR_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return json_pack("{s:o}", "error", text_to_json(text));
}

/* ---- What stands -------------------------------------------------------- */

/* A status without them is better than none. */
static void add_alerts(json_t *status, struct run_answers *run)
{
    json_t *rules = alerting_json(run->alerting);
    const uint8_t *key = run->signer != NULL ? signer_key(run->signer)->bytes : NULL;

    (void)alerts_view_in_status(status, rules, run->outbox, key, alerting_trouble(run->alerting));
    (void)fields_set(status, "economy", alerting_figures_json(run->alerting));
    json_decref(rules);
}

static json_t *answer_status(struct run_answers *run, const json_t *request)
{
    struct status status;
    json_t *answer = NULL;

    (void)request;
    if (!app_status(run->app, &status)) {
        status_free(&status);
        return refuse("the header file can't be read");
    }
    answer = status_to_json(&status);
    status_free(&status);
    if (answer != NULL)
        add_alerts(answer, run);
    return answer;
}

static json_t *answer_alerts(struct run_answers *run, const json_t *request)
{
    const char *trouble = alerting_trouble(run->alerting);

    (void)request;
    return json_pack("{s:I, s:o, s:o}", "now_ms", (json_int_t)clock_wall_ms(NULL), "trouble",
                     trouble != NULL ? text_to_json(trouble) : json_null(), "rules",
                     alerting_json(run->alerting));
}

/* ---- The story of an alert ---------------------------------------------- */

static json_t *refuse_name(const json_t *rules, const char *name)
{
    char text[ALERTS_VIEW_UNKNOWN_SIZE];

    alerts_view_unknown(text, rules, name);
    return refuse("%s", text);
}

static json_t *answer_story(struct run_answers *run, const json_t *request)
{
    const char *name = fields_text(request, "alert");
    json_t *rules = alerting_json(run->alerting);
    json_t *answer = NULL;
    enum outbox_found found = alerts_view_story(&answer, run->outbox, rules, name);

    if (found == OUTBOX_BROKEN)
        answer = refuse("the outbox cannot be read: %s", outbox_error(run->outbox));
    else if (found == OUTBOX_NONE)
        answer = refuse_name(rules, name);
    json_decref(rules);
    return answer;
}

/* ---- Taking note, and silence ------------------------------------------- */

static json_t *acknowledge(struct run_answers *run, const json_t *rule)
{
    const char *name = fields_text(rule, "rule");
    bool written = false;
    enum board_answer done = alerting_acknowledge(run->alerting, name, &written);

    if (done == BOARD_NO_RULE || done == BOARD_NO_ALERT)
        return refuse("no alert of %s stands: there is nothing to acknowledge", name);
    if (done == BOARD_DONE)
        log_write(run->log, LOG_INFO, "alert of %s acknowledged: it is not repeated", name);
    return json_pack("{s:s, s:b, s:b}", "rule", name, "already", done == BOARD_ALREADY, "written",
                     (int)written);
}

static json_t *answer_acknowledge(struct run_answers *run, const json_t *request)
{
    const char *name = fields_text(request, "alert");
    json_t *rules = alerting_json(run->alerting);
    const json_t *rule = alerts_view_find(rules, name);
    json_t *answer = rule != NULL ? acknowledge(run, rule) : refuse_name(rules, name);

    json_decref(rules);
    return answer;
}

static void log_silence(struct log *log, const char *rule, int64_t until_ms)
{
    char time[WORDS_SIZE];

    words_time(time, sizeof time, until_ms / MS_PER_S);
    if (until_ms == 0)
        log_write(log, LOG_INFO, "rule %s may speak again", rule);
    else if (until_ms == INCIDENT_SILENT_FOR_EVER)
        log_write(log, LOG_INFO, "rule %s silenced for ever", rule);
    else
        log_write(log, LOG_INFO, "rule %s silenced until %s", rule, time);
}

static json_t *answer_silence(struct run_answers *run, const json_t *request)
{
    const char *name = fields_text(request, "rule");
    const json_t *length = json_object_get(request, "for_ms");
    int64_t for_ms = json_integer_value(length);
    int64_t until_ms = for_ms > 0 ? clock_wall_ms(NULL) + for_ms : 0;
    bool written = false;

    if (json_is_null(length))
        until_ms = INCIDENT_SILENT_FOR_EVER;
    if (alerting_silence(run->alerting, name, until_ms, &written) != BOARD_DONE) {
        json_t *rules = alerting_json(run->alerting);
        json_t *answer = refuse_name(rules, name);

        json_decref(rules);
        return answer;
    }
    log_silence(run->log, name, until_ms);
    return json_pack("{s:s, s:o, s:b}", "rule", name, "until_ms",
                     json_is_null(length) ? json_null() : json_integer(until_ms), "written",
                     (int)written);
}

/* ---- The table ---------------------------------------------------------- */

enum kind {
    KIND_NAME,   /* text that may be the name of a rule, or an id */
    KIND_LENGTH, /* milliseconds, or null */
};

struct argument {
    const char *name; /* NULL: none */
    enum kind kind;
};

static const struct question {
    const char *command;
    json_t *(*answer)(struct run_answers *run, const json_t *request);
    struct argument arguments[ARGUMENTS_MAX];
} questions[] = {
    {"status", answer_status, {{NULL, KIND_NAME}}},
    {"alerts", answer_alerts, {{NULL, KIND_NAME}}},
    {"story", answer_story, {{"alert", KIND_NAME}}},
    {"acknowledge", answer_acknowledge, {{"alert", KIND_NAME}}},
    {"silence", answer_silence, {{"rule", KIND_NAME}, {"for_ms", KIND_LENGTH}}},
};

#define QUESTIONS (sizeof questions / sizeof questions[0])

/* NULL if it is as expected. */
static json_t *check_argument(const struct argument *argument, const json_t *value)
{
    json_int_t number = json_integer_value(value);

    switch (argument->kind) {
    case KIND_NAME:
        if (json_is_string(value) && rule_name_ok(json_string_value(value)))
            return NULL;
        return refuse("%s: expected a text of 1 to %d letters, digits, '-' and '_'", argument->name,
                      RULE_NAME_SIZE - 1);
    case KIND_LENGTH:
        if (json_is_null(value) ||
            (json_is_integer(value) && number >= 0 && number <= RULE_TIME_MAX_MS))
            return NULL;
        return refuse("%s: expected a whole number from 0 to %lld, or null", argument->name,
                      (long long)RULE_TIME_MAX_MS);
    }
    return NULL;
}

static bool expects(const struct question *question, const char *key)
{
    for (size_t i = 0; i < ARGUMENTS_MAX && question->arguments[i].name != NULL; i++) {
        if (strcmp(question->arguments[i].name, key) == 0)
            return true;
    }
    return strcmp(key, "command") == 0;
}

/* NULL if all arguments are there, and no others. */
static json_t *check_request(const struct question *question, const json_t *request)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_t *wrong = NULL;

    for (size_t i = 0; i < ARGUMENTS_MAX && wrong == NULL; i++) {
        const struct argument *argument = &question->arguments[i];

        if (argument->name != NULL)
            wrong = check_argument(argument, json_object_get(request, argument->name));
    }
    json_object_foreach((json_t *)(uintptr_t)request, key, value)
    {
        if (wrong == NULL && !expects(question, key))
            wrong = refuse("unknown argument \"%.*s\" of command \"%s\"", SHOWN_SIZE, key,
                           question->command);
    }
    return wrong;
}

static json_t *unknown_command(const char *command)
{
    char names[ERROR_SIZE / 2] = "";
    size_t used = 0;

    for (size_t i = 0; i < QUESTIONS; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 questions[i].command);
    if (command == NULL)
        return refuse("command: expected a text, one of %s", names);
    return refuse("unknown command \"%.*s\": expected one of %s", SHOWN_SIZE, command, names);
}

json_t *run_answer(void *context, const json_t *request)
{
    struct run_answers *run = context;
    const char *command = json_string_value(json_object_get(request, "command"));

    for (size_t i = 0; command != NULL && i < QUESTIONS; i++) {
        if (strcmp(questions[i].command, command) == 0) {
            json_t *wrong = check_request(&questions[i], request);

            return wrong != NULL ? wrong : questions[i].answer(run, request);
        }
    }
    return unknown_command(command);
}
