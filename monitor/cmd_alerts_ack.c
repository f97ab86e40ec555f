// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_ack: tells the running monitor that somebody has taken note of an alert, or that a
 * rule is to be silent. The monitor writes it down, so that it outlives it.
 */
#include "config.h"

#include "alerts/rule.h"
#include "monitor/ask.h"
#include "monitor/command.h"
#include "monitor/fields.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS_PER_S 1000

/* Before the monitor is asked, so that what is said is about the command line. */
static bool check_name(const char *what, const char *name)
{
    if (rule_name_ok(name))
        return true;
    command_error("'%.60s' is no %s: expected 1 to %d letters, digits, '-' and '_'", name, what,
                  RULE_NAME_SIZE - 1);
    return false;
}

/* NULL after command_error(): code is what to exit with. */
static json_t *ask(const struct command_call *call, json_t *request)
{
    json_t *answer = NULL;

    if (ask_monitor(&answer, call->settings, request) == CONTROL_NOBODY)
        command_error("no monitor of %s runs in %s: alerts are its; start 'hashtide run', then try "
                      "again",
                      call->settings->params->name, call->settings->datadir);
    return answer;
}

/* Prints the answer as JSON, or the sentence; gives the answer up. */
static int report(const struct command_call *call, json_t *answer, const char *sentence)
{
    if (command_flag(call, "json")) {
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        char shown[4 * WORDS_SIZE];

        text_escape(shown, sizeof shown, sentence);
        printf("%s\n", shown);
        if (!fields_true(answer, "written"))
            printf("This could not be written down yet, and would be lost if the monitor "
                   "crashed.\n'hashtide status' says why.\n");
    }
    json_decref(answer);
    return COMMAND_DONE;
}

/* ---- ack ---------------------------------------------------------------- */

static int run_ack(const struct command_call *call)
{
    char sentence[4 * WORDS_SIZE];
    json_t *answer = NULL;

    if (call->argument_count != 1) {
        command_error("'alerts ack' takes the name of a rule or the id of an alert; see 'hashtide "
                      "alerts list'");
        return COMMAND_USAGE;
    }
    if (!check_name("rule or alert", call->arguments[0]))
        return COMMAND_USAGE;
    answer =
        ask(call, json_pack("{s:s, s:s}", "command", "acknowledge", "alert", call->arguments[0]));
    if (answer == NULL)
        return COMMAND_FAILED;
    snprintf(sentence, sizeof sentence,
             fields_true(answer, "already") ? "The alert of %.60s was acknowledged before."
                                            : "The alert of %.60s is acknowledged: it is not "
                                              "repeated.",
             fields_text(answer, "rule"));
    return report(call, answer, sentence);
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_ack = {
    .name = "alerts ack",
    .synopsis = "alerts ack [--json] RULE|ALERT_ID",
    .summary = "acknowledge an alert, so that it is not repeated",
    .details =
        "Tells the running monitor that somebody has taken note of the alert that stands, named\n"
        "by its rule or its id: it is not repeated, sinks are told so by an update, and told\n"
        "when it is cleared. The next alert of the rule is told and repeated like any other.\n\n"
        "Whoever may use the monitor's control socket may do so: its owner, and its group.",
    .options = options,
    .settings_wanted = true,
    .run = run_ack,
};

/* ---- silence ------------------------------------------------------------ */

/* NULL after command_error(). */
static json_t *read_length(const char *text)
{
    int64_t ms = 0;

    if (strcmp(text, "forever") == 0)
        return json_null();
    if (strcmp(text, "off") == 0 || rule_time_parse(&ms, text))
        return json_integer(ms);
    command_error("'%.60s': expected how long, such as 2h or 7d, or forever, or off", text);
    return NULL;
}

static void say_silence(char *out, size_t size, const json_t *answer)
{
    const char *rule = fields_text(answer, "rule");
    const json_t *until = json_object_get(answer, "until_ms");
    char time[WORDS_SIZE];

    words_time(time, sizeof time, fields_integer(answer, "until_ms") / MS_PER_S);
    if (json_is_null(until))
        snprintf(out, size, "Rule %.60s is silent until 'hashtide alerts silence %.60s off'.", rule,
                 rule);
    else if (fields_integer(answer, "until_ms") == 0)
        snprintf(out, size, "Rule %.60s is not silent.", rule);
    else
        snprintf(out, size, "Rule %.60s is silent until %s.", rule, time);
}

static int run_silence(const struct command_call *call)
{
    char sentence[4 * WORDS_SIZE];
    json_t *length = NULL;
    json_t *answer = NULL;

    if (call->argument_count != 2) {
        command_error("'alerts silence' takes the name of a rule, and how long: 'hashtide alerts "
                      "silence RULE 2h'; forever; or off");
        return COMMAND_USAGE;
    }
    if (!check_name("rule", call->arguments[0]))
        return COMMAND_USAGE;
    length = read_length(call->arguments[1]);
    if (length == NULL)
        return COMMAND_USAGE;
    answer = ask(call, json_pack("{s:s, s:s, s:o}", "command", "silence", "rule",
                                 call->arguments[0], "for_ms", length));
    if (answer == NULL)
        return COMMAND_FAILED;
    say_silence(sentence, sizeof sentence, answer);
    return report(call, answer, sentence);
}

const struct command cmd_alerts_silence = {
    .name = "alerts silence",
    .synopsis = "alerts silence [--json] RULE DURATION|off|forever",
    .summary = "keep a rule silent for a time",
    .details =
        "Tells the running monitor to send nothing of a rule for so long, such as 90m, 2h or 7d\n"
        "from now, and prints until when. A silence given before is replaced; off ends it. Only\n"
        "that an alert is cleared which had been raised aloud is said nevertheless. What was\n"
        "raised meanwhile is said when the silence ends, if the alert then still fires; a\n"
        "reorganisation is over at once, and one that was kept silent is not told later.\n\n"
        "Whoever may use the monitor's control socket may do so: its owner, and its group.",
    .options = options,
    .settings_wanted = true,
    .run = run_silence,
};
