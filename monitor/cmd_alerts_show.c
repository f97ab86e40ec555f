// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_show: the story of one alert: what was said of it, when, and who has heard it. From
 * the running monitor, or, where none runs, from the outbox.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/ask.h"
#include "monitor/command.h"
#include "monitor/fields.h"
#include "monitor/help.h"
#include "monitor/net/clock.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS_PER_S 1000
#define REAL_PRECISION 12
#define INDENT 4
/** An answer of a sink is cut beyond this. */
#define ANSWER_SIZE 160
#define SENTENCE_SIZE 4096

/* outbox NULL: there is none yet. NULL after command_error(). */
static json_t *tell_stored(struct outbox *outbox, const struct settings *settings, const char *name)
{
    char unknown[ALERTS_VIEW_UNKNOWN_SIZE];
    json_t *story = NULL;
    json_t *rules = NULL;
    enum outbox_found found = OUTBOX_NONE;

    if (outbox == NULL) {
        command_error("there is no outbox yet, and no monitor runs: nothing has been said");
        return NULL;
    }
    rules = alerts_view_stored(outbox, settings, clock_wall_ms(NULL));
    found = rules != NULL ? alerts_view_story(&story, outbox, rules, name) : OUTBOX_BROKEN;
    if (found == OUTBOX_BROKEN) {
        command_error("the outbox cannot be read: %s", outbox_error(outbox));
    } else if (found == OUTBOX_NONE) {
        alerts_view_unknown(unknown, rules, name);
        command_error("%s", unknown);
    }
    json_decref(rules);
    return story;
}

static json_t *from_outbox(const struct settings *settings, const char *name)
{
    struct outbox *outbox = NULL;
    json_t *story = NULL;

    if (!ask_outbox(&outbox, settings))
        return NULL;
    story = tell_stored(outbox, settings, name);
    outbox_close(outbox);
    return story;
}

static json_t *get_story(const struct settings *settings, const char *name)
{
    json_t *answer = NULL;
    enum control_result result =
        ask_monitor(&answer, settings, json_pack("{s:s, s:s}", "command", "story", "alert", name));

    return result == CONTROL_NOBODY ? from_outbox(settings, name) : answer;
}

/* ---- For people --------------------------------------------------------- */

static void print_escaped(const char *text)
{
    char shown[SENTENCE_SIZE];

    text_escape(shown, sizeof shown, text);
    fputs(shown, stdout);
}

static void print_time(const json_t *object, const char *key)
{
    char time[WORDS_SIZE];

    words_time(time, sizeof time, fields_integer(object, key) / MS_PER_S);
    fputs(time, stdout);
}

/* "firing since 2026-11-23 20:03:11 UTC, acknowledged, silent until ..." */
static void print_now(const json_t *now)
{
    print_escaped(fields_true(now, "enabled") ? fields_text(now, "phase") : "off");
    if (json_object_get(now, "since_ms") != NULL) {
        printf(" since ");
        print_time(now, "since_ms");
    }
    if (fields_true(now, "acknowledged"))
        printf(", acknowledged");
    if (!fields_true(now, "silenced")) {
    } else if (json_is_null(json_object_get(now, "silenced_until_ms"))) {
        printf(", silent for ever");
    } else {
        printf(", silent until ");
        print_time(now, "silenced_until_ms");
    }
    putchar('\n');
}

static void print_title(const json_t *story)
{
    const json_t *now = json_object_get(story, "now");

    printf("rule   ");
    print_escaped(fields_text(story, "rule"));
    if (json_is_object(now)) {
        printf(" (");
        print_escaped(fields_text(now, "severity"));
        printf(")\nnow    ");
        print_now(now);
    } else {
        putchar('\n');
    }
    if (json_is_string(json_object_get(story, "alert_id"))) {
        printf("alert  ");
        print_escaped(fields_text(story, "alert_id"));
        putchar('\n');
    }
}

static void print_delivery(const json_t *delivery)
{
    char answer[ANSWER_SIZE];
    int64_t tries = fields_integer(delivery, "tries");
    bool delivered = strcmp(fields_text(delivery, "delivery"), "delivered") == 0;

    printf("%*s", INDENT, "");
    print_escaped(fields_text(delivery, "sink"));
    printf(": ");
    print_escaped(fields_text(delivery, "delivery"));
    if (tries > 0) {
        printf(delivered ? " " : ", last tried ");
        print_time(delivery, "last_try_ms");
    }
    if (tries > 1)
        printf(", %" PRId64 " tries", tries);
    text_escape(answer, sizeof answer, fields_text(delivery, "answer"));
    if (answer[0] != '\0')
        printf(", answer: %s", answer);
    putchar('\n');
}

static void print_message(const json_t *message)
{
    const json_t *deliveries = json_object_get(message, "deliveries");
    const char *reason = fields_text(message, "reason");
    char sentence[SENTENCE_SIZE];

    putchar('\n');
    print_time(message, "created_ms");
    printf("  ");
    print_escaped(fields_text(message, "state"));
    if (reason[0] != '\0' && strcmp(reason, "value") != 0) {
        printf(" (");
        print_escaped(reason);
        putchar(')');
    }
    putchar('\n');
    text_escape(sentence, sizeof sentence, fields_text(message, "summary"));
    if (sentence[0] != '\0')
        help_paragraph(stdout, INDENT, sentence);
    for (size_t i = 0; i < json_array_size(deliveries); i++)
        print_delivery(json_array_get(deliveries, i));
    if (json_array_size(deliveries) == 0)
        printf("%*sfor no sink\n", INDENT, "");
}

static void print_story(const json_t *story)
{
    const json_t *messages = json_object_get(story, "messages");
    int64_t left_out = fields_integer(story, "left_out");

    print_title(story);
    if (json_array_size(messages) == 0)
        printf("\nnothing has been said of it\n");
    if (left_out > 0)
        printf("\n%" PRId64 " earlier messages are not shown\n", left_out);
    for (size_t i = 0; i < json_array_size(messages); i++)
        print_message(json_array_get(messages, i));
}

static int run_show(const struct command_call *call)
{
    json_t *story = NULL;

    if (call->argument_count != 1) {
        command_error("'alerts show' takes the id of an alert or the name of a rule; see 'hashtide "
                      "alerts list'");
        return COMMAND_USAGE;
    }
    if (!rule_name_ok(call->arguments[0])) {
        command_error("'%.60s' is no rule or alert: expected 1 to %d letters, digits, '-' and '_'",
                      call->arguments[0], RULE_NAME_SIZE - 1);
        return COMMAND_USAGE;
    }
    story = get_story(call->settings, call->arguments[0]);
    if (story == NULL)
        return COMMAND_FAILED;
    if (command_flag(call, "json")) {
        json_dumpf(story, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_PRECISION));
        putchar('\n');
    } else {
        print_story(story);
    }
    json_decref(story);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_show = {
    .name = "alerts show",
    .synopsis = "alerts show [--json] ALERT_ID|RULE",
    .summary = "what was said of an alert, and who has heard it",
    .details =
        "Prints the messages of an alert in their order: when each was made, what it says, and\n"
        "for each sink whether it was delivered, when, and what was answered. With the name of\n"
        "a rule it is the alert that stands, or else the latest. Messages that were delivered\n"
        "are kept for delivery.keep; of one alert the latest 200 are shown.\n\n"
        "Asks the running monitor; where none runs the outbox is read.",
    .options = options,
    .settings_wanted = true,
    .run = run_show,
};
