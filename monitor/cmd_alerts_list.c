// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_list: which alerts stand, which rules are about to raise one, and which are silenced:
 * from the running monitor, or, where none runs, as one has left it in the outbox.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/ask.h"
#include "monitor/command.h"
#include "monitor/fields.h"
#include "monitor/net/clock.h"
#include "monitor/screen.h"
#include "monitor/words.h"

#include <stdio.h>
#include <string.h>

#define MS_PER_S 1000
/** Columns of a rule's name: the names that are built in, and most others. Longer ones push the
 *  rest aside. */
#define NAME_COLUMNS 20
#define REAL_PRECISION 12

/* ---- What there is ------------------------------------------------------ */

/* The object that a monitor would answer, from the outbox. NULL after command_error(). */
static json_t *from_outbox(const struct settings *settings)
{
    struct outbox *outbox = NULL;
    json_t *rules = NULL;
    int64_t now_ms = clock_wall_ms(NULL);

    if (!ask_outbox(&outbox, settings))
        return NULL;
    if (outbox == NULL)
        rules = json_array(); /* no rule has ever looked at anything */
    else
        rules = alerts_view_stored(outbox, settings, now_ms);
    if (rules == NULL)
        command_error("the outbox cannot be read: %s", outbox_error(outbox));
    outbox_close(outbox);
    return rules == NULL ? NULL
                         : json_pack("{s:I, s:n, s:o}", "now_ms", (json_int_t)now_ms, "trouble",
                                     "rules", rules);
}

static json_t *get_rules(const struct settings *settings)
{
    json_t *answer = NULL;
    enum control_result result =
        ask_monitor(&answer, settings, json_pack("{s:s}", "command", "alerts"));

    if (result == CONTROL_NOBODY)
        answer = from_outbox(settings);
    if (answer != NULL)
        json_object_set_new(answer, "running", json_boolean(result == CONTROL_ANSWERED));
    return answer;
}

/* ---- In which order ----------------------------------------------------- */

enum rank {
    RANK_CRITICAL, /* what stands, by severity */
    RANK_WARNING,
    RANK_INFO,
    RANK_PENDING,
    RANK_SILENCED,
    RANK_QUIET,
    RANK_OFF,
    RANKS
};

static enum rank rank_of(const json_t *rule)
{
    const char *severity = fields_text(rule, "severity");

    if (json_object_get(rule, "alert_id") != NULL)
        return strcmp(severity, "critical") == 0  ? RANK_CRITICAL
               : strcmp(severity, "warning") == 0 ? RANK_WARNING
                                                  : RANK_INFO;
    if (strcmp(fields_text(rule, "phase"), "pending") == 0)
        return RANK_PENDING;
    if (fields_true(rule, "silenced"))
        return RANK_SILENCED;
    return fields_true(rule, "enabled") ? RANK_QUIET : RANK_OFF;
}

/* The rules that are asked for, sorted; a new reference. */
static json_t *sorted(const json_t *rules, bool all)
{
    json_t *out = json_array();

    for (int rank = 0; rank < (all ? RANKS : RANK_QUIET); rank++) {
        for (size_t i = 0; i < json_array_size(rules); i++) {
            if (rank_of(json_array_get(rules, i)) == (enum rank)rank)
                json_array_append(out, json_array_get(rules, i));
        }
    }
    return out;
}

/* ---- For people --------------------------------------------------------- */

static void format_silence(char *out, size_t size, const json_t *rule, int64_t now_ms)
{
    int64_t until_ms = fields_integer(rule, "silenced_until_ms");
    char left[WORDS_SIZE];

    out[0] = '\0';
    if (!fields_true(rule, "silenced"))
        return;
    words_duration(left, sizeof left, (double)(until_ms - now_ms) / MS_PER_S);
    if (until_ms == 0)
        snprintf(out, size, ", silent for ever");
    else
        snprintf(out, size, ", silent for %s", left);
}

static void print_rule(struct screen *out, const json_t *rule, int64_t now_ms)
{
    char name[RULE_NAME_SIZE];
    char severity[9];
    char phase[9];
    char since[WORDS_SIZE] = "";
    char silence[2 * WORDS_SIZE];

    screen_plain(name, sizeof name - 1, fields_text(rule, "rule"));
    screen_plain(severity, sizeof severity - 1, fields_text(rule, "severity"));
    screen_plain(phase, sizeof phase - 1,
                 fields_true(rule, "enabled") ? fields_text(rule, "phase") : "off");
    if (json_object_get(rule, "since_ms") != NULL) {
        since[0] = ' ';
        words_duration(since + 1, sizeof since - 1,
                       (double)(now_ms - fields_integer(rule, "since_ms")) / MS_PER_S);
    }
    format_silence(silence, sizeof silence, rule, now_ms);
    screen_line(out, "%-*s %-8s %s%s%s%s", NAME_COLUMNS, name, severity, phase, since,
                fields_true(rule, "acknowledged") ? ", acknowledged" : "", silence);
}

static void print_rules(const json_t *answer, const json_t *rules, bool all)
{
    struct screen screen = {.file = stdout};
    int64_t now_ms = fields_integer(answer, "now_ms");

    if (!fields_true(answer, "running"))
        screen_line(&screen, "no monitor runs; as the last one left it:");
    for (size_t i = 0; i < json_array_size(rules); i++)
        print_rule(&screen, json_array_get(rules, i), now_ms);
    if (json_array_size(rules) == 0)
        screen_line(&screen, all ? "there are no rules yet"
                                 : "no alert stands, none is pending, no rule is silenced");
    if (json_is_string(json_object_get(answer, "trouble"))) {
        char trouble[256];

        screen_plain(trouble, sizeof trouble - 1, fields_text(answer, "trouble"));
        screen_line(&screen, "alerts cannot be written down: %s", trouble);
    }
}

static int run_list(const struct command_call *call)
{
    bool all = command_flag(call, "all");
    json_t *answer = NULL;
    json_t *rules = NULL;

    if (call->argument_count > 0) {
        command_error("'alerts list' takes no arguments, but there is '%s'", call->arguments[0]);
        return COMMAND_USAGE;
    }
    answer = get_rules(call->settings);
    if (answer == NULL)
        return COMMAND_FAILED;
    rules = sorted(json_object_get(answer, "rules"), all);
    if (command_flag(call, "json")) {
        json_object_set(answer, "rules", rules);
        json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_PRECISION));
        putchar('\n');
    } else {
        print_rules(answer, rules, all);
    }
    json_decref(rules);
    json_decref(answer);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"all", 0, false, NULL, "every rule, also those that are quiet or off"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_list = {
    .name = "alerts list",
    .synopsis = "alerts list [--all] [--json]",
    .summary = "list what stands, is pending or is silenced",
    .details =
        "Lists the rules of which an alert stands (firing; or clearing, when its end has begun\n"
        "but not lasted long enough), which are about to raise one (pending), or which are\n"
        "silenced: name, severity, since when, whether somebody has acknowledged it, and how\n"
        "long it is still silent. The gravest come first.\n\n"
        "Asks the running monitor; where none runs it is said how the last one left them.",
    .options = options,
    .settings_wanted = true,
    .run = run_list,
};
