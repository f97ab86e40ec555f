// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_outbox: messages that were not delivered: what they wait for, trying them anew, and
 * taking one out of a queue.
 *
 * All commands work beside a running monitor, which sees what the others have changed. Messages are
 * printed as they are read: there may be many.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/command.h"
#include "monitor/net/clock.h"
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

static const char *dead_words(enum delivery_fate fate)
{
    if (fate == DELIVERY_DEAD_DROPPED)
        return "dropped by hand";
    return fate == DELIVERY_DEAD_REFUSED ? "refused" : "too late";
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
        printf("dead: %s", dead_words(entry->fate));
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

/* To be written to, which makes none; NULL after command_error(). */
static struct outbox *open_existing(char path[DATADIR_PATH_SIZE], const struct command_call *call)
{
    char message[DATADIR_MESSAGE_SIZE];
    struct outbox *outbox = NULL;

    if (!find_file(path, call))
        return NULL;
    if (access(path, F_OK) != 0) {
        command_error("there is no %s: nothing has been sent yet", path);
        return NULL;
    }
    outbox = outbox_open(path, false, NULL, message, sizeof message);
    if (outbox == NULL)
        command_error("%s", message);
    return outbox;
}

static int run_retry(const struct command_call *call)
{
    char path[DATADIR_PATH_SIZE];
    struct outbox_retry what;
    struct outbox_retried retried;
    struct outbox *outbox = NULL;
    int code = COMMAND_FAILED;

    if (!read_retry(&what, call))
        return COMMAND_USAGE;
    outbox = open_existing(path, call);
    if (outbox == NULL)
        return COMMAND_FAILED;
    if (outbox_retry(outbox, &what, &retried))
        code = report_retry(&what, &retried, command_flag(call, "json"));
    else
        command_error("%s: %s", path, outbox_error(outbox));
    outbox_close(outbox);
    return code;
}

/* ---- taking one out ---- */

/** What is to be dropped, and where the message stands. */
struct dropping {
    const char *id;
    const char *asked;         /* the sink that was named, or NULL */
    char sink[RULE_NAME_SIZE]; /* for which it waits, the first */
    char sinks[256];           /* all of them, "a, b" */
    size_t waiting;
    bool known, sink_known, dead; /* the message is; is for the sink; is dead there */
};

/* What became of the message with one sink. */
static bool look_at(void *context, const struct outbox_entry *entry)
{
    struct dropping *dropping = context;
    size_t len = strlen(dropping->sinks);

    dropping->known = true;
    if (dropping->asked != NULL && strcmp(dropping->asked, entry->sink) != 0)
        return true;
    dropping->sink_known = true;
    dropping->dead = dropping->dead || entry->fate > DELIVERY_DONE;
    if (entry->fate != DELIVERY_WAITS)
        return true;
    if (dropping->waiting++ == 0)
        snprintf(dropping->sink, sizeof dropping->sink, "%s", entry->sink);
    snprintf(dropping->sinks + len, sizeof dropping->sinks - len, "%s%s", len > 0 ? ", " : "",
             entry->sink);
    return true;
}

/* False after command_error(): it does not wait for one sink. */
static bool may_drop(const struct dropping *dropping)
{
    if (!dropping->known)
        command_error("there is no message %s", dropping->id);
    else if (!dropping->sink_known)
        command_error("message %s is not for a sink %s", dropping->id, dropping->asked);
    else if (dropping->waiting > 1)
        command_error("message %s waits for several sinks, %s: name one", dropping->id,
                      dropping->sinks);
    else if (dropping->waiting == 0)
        command_error("message %s %s: it holds up nothing", dropping->id,
                      dropping->dead ? "is a dead letter already" : "has been delivered");
    return dropping->waiting == 1;
}

static int drop(struct outbox *outbox, const char *path, struct dropping *dropping, bool json)
{
    enum outbox_found found = OUTBOX_BROKEN;

    if (!outbox_each_fate(outbox, dropping->id, look_at, dropping)) {
        command_error("%s: %s", path, outbox_error(outbox));
        return COMMAND_FAILED;
    }
    if (!may_drop(dropping))
        return COMMAND_FAILED;
    found = outbox_drop(outbox, dropping->id, dropping->sink, clock_wall_ms(NULL));
    if (found == OUTBOX_BROKEN)
        command_error("%s: %s", path, outbox_error(outbox));
    else if (found == OUTBOX_NONE)
        command_error("message %s was delivered just now", dropping->id);
    else if (json)
        printf("{\"dropped\": \"%s\", \"sink\": \"%s\"}\n", dropping->id, dropping->sink);
    else
        printf("%s is not sent to %s; 'hashtide alerts retry %s %s' would bring it back\n",
               dropping->id, dropping->sink, dropping->id, dropping->sink);
    return found == OUTBOX_FOUND ? COMMAND_DONE : COMMAND_FAILED;
}

static int run_drop(const struct command_call *call)
{
    char path[DATADIR_PATH_SIZE];
    struct dropping dropping = {.id = call->argument_count > 0 ? call->arguments[0] : NULL,
                                .asked = call->argument_count > 1 ? call->arguments[1] : NULL};
    struct outbox *outbox = NULL;
    int code = COMMAND_FAILED;

    if (dropping.id == NULL || call->argument_count > 2) {
        command_error(
            "expected 'alerts drop ID', and perhaps a sink; see 'hashtide alerts outbox'");
        return COMMAND_USAGE;
    }
    if (!is_id(dropping.id)) {
        command_error("'%s' is not the id of a message: expected 32 digits as 'hashtide alerts "
                      "outbox' prints them",
                      dropping.id);
        return COMMAND_USAGE;
    }
    outbox = open_existing(path, call);
    if (outbox == NULL)
        return COMMAND_FAILED;
    code = drop(outbox, path, &dropping, command_flag(call, "json"));
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
               "the sink refused them ten times or could not be reached for delivery.give_up, or\n"
               "dropped by hand. Shown are what was tried, what was answered, and when the next\n"
               "try is.\n\n"
               "'hashtide alerts retry' tries them anew, 'hashtide alerts drop' takes one out.",
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

static const struct command_option drop_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_drop = {
    .name = "alerts drop",
    .synopsis = "alerts drop [--json] ID [SINK]",
    .summary = "take a message out of a sink's queue",
    .details =
        "Each sink gets its messages in order, so that one which something on the way never\n"
        "lets through holds up those behind it. This makes it a dead letter, dropped by\n"
        "hand, and the sink goes on with the next at once. ID is a message's, as 'hashtide\n"
        "alerts outbox' prints it. A message that waits for several sinks is dropped for\n"
        "the one that is named; the others keep it.\n\n"
        "'hashtide alerts retry' brings it back. A running monitor goes on from there; else\n"
        "the next one does.",
    .options = drop_options,
    .settings_wanted = true,
    .run = run_drop,
};
