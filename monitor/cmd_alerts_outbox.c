// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_outbox: messages that were not delivered: what they wait for, and trying them anew.
 *
 * Both commands work beside a running monitor, which sees what a retry has changed. Messages are
 * printed as they are read: there may be many.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/command.h"
#include "monitor/store/datadir.h"
#include "monitor/store/outbox.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MS_PER_S 1000

static bool find_file(char path[DATADIR_PATH_SIZE], const struct command_call *call)
{
    if (datadir_file(path, call->settings->datadir, call->settings->params, DATADIR_ALERTS))
        return true;
    command_error("the data directory's name is too long: %s", call->settings->datadir);
    return false;
}

/* ---- for people ---- */

static void print_time(const char *before, int64_t ms)
{
    char text[WORDS_SIZE];

    if (ms == 0)
        return;
    words_time(text, sizeof text, ms / MS_PER_S);
    printf("%s%s", before, text);
}

static bool print_sink(void *context, const struct outbox_sink *sink)
{
    char why[OUTBOX_ANSWER_SIZE];

    (void)context;
    printf("sink %s: %llu waiting, %llu dead", sink->name, (unsigned long long)sink->waiting,
           (unsigned long long)sink->dead);
    text_escape(why, sizeof why, sink->why);
    if (!sink->configured)
        printf("; not configured any more");
    else if (sink->memory.disabled)
        printf("; disabled%s%s", why[0] != '\0' ? ": " : "", why);
    else if (sink->memory.failing_since_ms != 0)
        print_time("; fails since ", sink->memory.failing_since_ms);
    putchar('\n');
    return true;
}

static bool print_entry(void *context, const struct outbox_entry *entry)
{
    char answer[OUTBOX_ANSWER_SIZE];

    (void)context;
    printf("\n%s to %s: %s%s%s\n    ", entry->id, entry->sink, entry->rule,
           entry->rule[0] != '\0' ? " " : "", alert_state_name(entry->state));
    if (entry->fate == DELIVERY_WAITS)
        printf("waiting");
    else
        printf("dead: %s", entry->fate == DELIVERY_DEAD_REFUSED ? "refused" : "too late");
    print_time("; made ", entry->created_ms);
    printf("; %lu %s", (unsigned long)entry->attempts, entry->attempts == 1 ? "try" : "tries");
    print_time(", last ", entry->last_try_ms);
    print_time(", next ", entry->next_try_ms);
    putchar('\n');
    if (entry->status == 0 && entry->answer[0] == '\0')
        return true;
    text_escape(answer, sizeof answer, entry->answer);
    printf("    answer:");
    if (entry->status != 0)
        printf(" %d", entry->status);
    if (answer[0] != '\0')
        printf(" %s", answer);
    putchar('\n');
    return true;
}

/* ---- for programs ---- */

static json_t *time_or_null(int64_t ms)
{
    return ms != 0 ? json_integer(ms) : json_null();
}

/* Context of what goes into a list, an item a line. */
static void print_item(void *context, json_t *item)
{
    bool *first = context;

    fputs(*first ? "\n    " : ",\n    ", stdout);
    *first = false;
    json_dumpf(item, stdout, JSON_COMPACT);
    json_decref(item);
}

static bool print_sink_json(void *context, const struct outbox_sink *sink)
{
    print_item(context, alerts_view_sink(sink));
    return true;
}

static bool print_entry_json(void *context, const struct outbox_entry *entry)
{
    json_t *item = json_object();

    json_object_set_new(item, "id", text_to_json(entry->id));
    json_object_set_new(item, "alert_id", text_to_json(entry->alert_id));
    json_object_set_new(item, "sink", text_to_json(entry->sink));
    json_object_set_new(item, "rule",
                        entry->rule[0] != '\0' ? text_to_json(entry->rule) : json_null());
    json_object_set_new(item, "state", json_string(alert_state_name(entry->state)));
    json_object_set_new(item, "created_ms", json_integer(entry->created_ms));
    json_object_set_new(item, "delivery", json_string(alerts_view_fate(entry->fate)));
    json_object_set_new(item, "tries", json_integer(entry->attempts));
    json_object_set_new(item, "first_try_ms", time_or_null(entry->first_try_ms));
    json_object_set_new(item, "last_try_ms", time_or_null(entry->last_try_ms));
    json_object_set_new(item, "next_try_ms", time_or_null(entry->next_try_ms));
    json_object_set_new(item, "status",
                        entry->status != 0 ? json_integer(entry->status) : json_null());
    json_object_set_new(item, "answer",
                        entry->answer[0] != '\0' ? text_to_json(entry->answer) : json_null());
    print_item(context, item);
    return true;
}

/* outbox NULL: there is none yet. */
static bool print_json(struct outbox *outbox, bool dead_only)
{
    bool first = true;
    bool good = false;

    printf("{\n  \"sinks\": [");
    good = outbox == NULL || outbox_each_sink(outbox, print_sink_json, &first);
    printf("%s],\n  \"messages\": [", first ? "" : "\n  ");
    first = true;
    good =
        good && (outbox == NULL || outbox_each_entry(outbox, dead_only, print_entry_json, &first));
    printf("%s]\n}\n", first ? "" : "\n  ");
    return good;
}

/* ---- the commands ---- */

static bool print_text(struct outbox *outbox, bool dead_only)
{
    if (outbox == NULL) {
        printf("nothing has been sent yet\n");
        return true;
    }
    return outbox_each_sink(outbox, print_sink, NULL) &&
           outbox_each_entry(outbox, dead_only, print_entry, NULL);
}

static int run_outbox(const struct command_call *call)
{
    char path[DATADIR_PATH_SIZE];
    char message[DATADIR_MESSAGE_SIZE];
    struct outbox *outbox = NULL;
    bool missing = false;
    bool dead_only = command_flag(call, "dead");
    bool good = false;

    if (call->argument_count > 0) {
        command_error("'alerts outbox' takes no arguments, but there is '%s'", call->arguments[0]);
        return COMMAND_USAGE;
    }
    if (!find_file(path, call))
        return COMMAND_FAILED;
    outbox = outbox_open(path, true, &missing, message, sizeof message);
    if (outbox == NULL && !missing) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    good =
        command_flag(call, "json") ? print_json(outbox, dead_only) : print_text(outbox, dead_only);
    if (!good)
        command_error("%s: %s", path, outbox_error(outbox));
    outbox_close(outbox);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

/* 32 hexadecimal digits. */
static bool is_id(const char *text)
{
    return strlen(text) == IDENTITY_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == IDENTITY_SIZE - 1;
}

static bool read_retry(struct outbox_retry *out, const struct command_call *call)
{
    const char *which = call->argument_count > 0 ? call->arguments[0] : NULL;

    *out = (struct outbox_retry){0};
    if (which == NULL || call->argument_count > 2) {
        command_error("expected 'alerts retry ID' or 'alerts retry all', and perhaps a sink; see "
                      "'hashtide alerts outbox'");
        return false;
    }
    if (strcmp(which, "all") != 0) {
        if (!is_id(which)) {
            command_error("'%s' is not the id of a message: expected 32 digits as 'hashtide alerts "
                          "outbox' prints them, or all",
                          which);
            return false;
        }
        out->id = which;
    }
    out->sink = call->argument_count > 1 ? call->arguments[1] : NULL;
    return true;
}

/* What came of it. */
static int report_retry(const struct outbox_retry *what, const struct outbox_retried *retried,
                        bool json)
{
    if (!retried->sink_known || !retried->message_known) {
        command_error("there is no %s %s", retried->sink_known ? "message" : "sink",
                      retried->sink_known ? what->id : what->sink);
        return COMMAND_FAILED;
    }
    if (what->id != NULL && retried->revived == 0 && retried->hastened == 0) {
        command_error("message %s has been delivered: there is nothing to retry", what->id);
        return COMMAND_FAILED;
    }
    if (json)
        printf("{\"revived\": %llu, \"waiting\": %llu}\n", (unsigned long long)retried->revived,
               (unsigned long long)retried->hastened);
    else
        printf("%llu dead letters wait again; %llu messages waited already\n",
               (unsigned long long)retried->revived, (unsigned long long)retried->hastened);
    return COMMAND_DONE;
}

static int run_retry(const struct command_call *call)
{
    char path[DATADIR_PATH_SIZE];
    char message[DATADIR_MESSAGE_SIZE];
    struct outbox_retry what;
    struct outbox_retried retried;
    struct outbox *outbox = NULL;
    int code = COMMAND_FAILED;

    if (!read_retry(&what, call))
        return COMMAND_USAGE;
    if (!find_file(path, call))
        return COMMAND_FAILED;
    if (access(path, F_OK) != 0) {
        command_error("there is no %s: nothing has been sent yet", path);
        return COMMAND_FAILED;
    }
    outbox = outbox_open(path, false, NULL, message, sizeof message);
    if (outbox == NULL) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    if (outbox_retry(outbox, &what, &retried))
        code = report_retry(&what, &retried, command_flag(call, "json"));
    else
        command_error("%s: %s", path, outbox_error(outbox));
    outbox_close(outbox);
    return code;
}

static const struct command_option outbox_options[] = {
    {"dead", 0, false, NULL, "only messages that were given up"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_outbox = {
    .name = "alerts outbox",
    .synopsis = "alerts outbox [--dead] [--json]",
    .summary = "list messages that were not delivered",
    .details = "Lists, for each sink, the messages that it has not taken: those that wait, in the\n"
               "order in which they will be sent, and dead letters, which were given up because\n"
               "the sink refused them ten times or could not be reached for delivery.give_up.\n"
               "Shown are what was tried, what was answered, and when the next try is.\n\n"
               "'hashtide alerts retry' tries them anew.",
    .options = outbox_options,
    .settings_wanted = true,
    .run = run_outbox,
};

static const struct command_option retry_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_retry = {
    .name = "alerts retry",
    .synopsis = "alerts retry [--json] ID|all [SINK]",
    .summary = "try messages anew that were not delivered",
    .details = "Dead letters wait again, as if they had never been refused, and are sent under\n"
               "their old ids and in their old order; what waits is tried at once. Sinks that\n"
               "were disabled because they answered 410 are enabled. ID is a message's, as\n"
               "'hashtide alerts outbox' prints it; all means every message. With SINK only what\n"
               "that sink has not taken is tried.\n\n"
               "A running monitor goes on from there; else the next one does.",
    .options = retry_options,
    .settings_wanted = true,
    .run = run_retry,
};
