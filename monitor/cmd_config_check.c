// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_config_check: reads the configuration as every command would, prints what is in force, and
 * says in a sentence what each rule of alerts and each sink does.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/help.h"
#include "monitor/text.h"

#include <jansson.h>
#include <stdio.h>

/** Column of the origins, where values leave room for it. */
#define ORIGIN_COLUMN 40
/** "FILE:LINE". */
#define ORIGIN_SIZE (SETTINGS_PATH_SIZE + 16)
/** Of a rule's sentence below its name. */
#define EXPLANATION_INDENT 2

/* "left        # origin" */
static void print_origin(int width, const char *origin)
{
    char shown[SETTINGS_PATH_SIZE];

    text_escape(shown, sizeof shown, origin);
    if (width < ORIGIN_COLUMN - 1)
        printf("%*s# %s\n", ORIGIN_COLUMN - width, "", shown);
    else
        printf(" # %s\n", shown);
}

static void print_setting(void *context, const struct settings_key *key, const char *value,
                          const char *origin)
{
    char shown[SETTINGS_PATH_SIZE];

    (void)context;
    text_escape(shown, sizeof shown, value);
    print_origin(printf("%s=%s", key->name, shown), origin);
}

static void add_setting(void *context, const struct settings_key *key, const char *value,
                        const char *origin)
{
    json_t *list = context;
    json_t *entry = json_object();

    json_object_set_new(entry, "key", json_string(key->name));
    json_object_set_new(entry, "value", text_to_json(value));
    json_object_set_new(entry, "origin", text_to_json(origin));
    json_array_append_new(list, entry);
}

/* "built in", or "FILE:LINE". */
static void rule_origin(char out[ORIGIN_SIZE], const struct settings *settings,
                        const struct rule *rule)
{
    const struct settings_section *section =
        settings_section_find(settings, SETTINGS_ALERT, rule->name);

    if (section != NULL)
        snprintf(out, ORIGIN_SIZE, "%s:%u", settings->conf, section->line);
    else
        snprintf(out, ORIGIN_SIZE, "built in");
}

static void print_rules(const struct settings *settings)
{
    for (size_t i = 0; i < settings->rules.count; i++) {
        const struct rule *rule = &settings->rules.rules[i];
        char explanation[RULE_EXPLAIN_SIZE];
        char origin[ORIGIN_SIZE];

        rule_origin(origin, settings, rule);
        rule_explain(explanation, rule);
        putchar('\n');
        print_origin(printf("[alert %s]", rule->name), origin);
        help_paragraph(stdout, EXPLANATION_INDENT, explanation);
    }
}

static void add_rules(json_t *list, const struct settings *settings)
{
    for (size_t i = 0; i < settings->rules.count; i++) {
        const struct rule *rule = &settings->rules.rules[i];
        char explanation[RULE_EXPLAIN_SIZE];
        char origin[ORIGIN_SIZE];
        json_t *entry = json_object();

        rule_origin(origin, settings, rule);
        rule_explain(explanation, rule);
        json_object_set_new(entry, "name", json_string(rule->name));
        json_object_set_new(entry, "enabled", json_boolean(rule->enabled));
        json_object_set_new(entry, "severity", json_string(rule_severity_name(rule->severity)));
        json_object_set_new(entry, "metric", json_string(metric_info(rule->metric)->name));
        json_object_set_new(entry, "explanation", json_string(explanation));
        json_object_set_new(entry, "origin", text_to_json(origin));
        json_array_append_new(list, entry);
    }
}

static void print_sinks(const struct settings *settings)
{
    for (size_t i = 0; i < settings->sinks.count; i++) {
        const struct sink *sink = &settings->sinks.items[i];
        char explanation[SINKS_EXPLAIN_SIZE];
        char origin[ORIGIN_SIZE];

        snprintf(origin, sizeof origin, "%s:%u", settings->conf, sink->line);
        sinks_explain(explanation, sink);
        putchar('\n');
        print_origin(printf("[sink %s]", sink->name), origin);
        help_paragraph(stdout, EXPLANATION_INDENT, explanation);
    }
}

static void add_sinks(json_t *list, const struct settings *settings)
{
    for (size_t i = 0; i < settings->sinks.count; i++) {
        const struct sink *sink = &settings->sinks.items[i];
        char explanation[SINKS_EXPLAIN_SIZE];
        char origin[ORIGIN_SIZE];
        json_t *entry = json_object();

        snprintf(origin, sizeof origin, "%s:%u", settings->conf, sink->line);
        sinks_explain(explanation, sink);
        json_object_set_new(entry, "name", json_string(sink->name));
        json_object_set_new(entry, "type", json_string(sinks_type_name(sink->type)));
        json_object_set_new(entry, "explanation", text_to_json(explanation));
        json_object_set_new(entry, "origin", text_to_json(origin));
        json_array_append_new(list, entry);
    }
}

static void print_json(const struct settings *settings)
{
    json_t *keys = json_array();
    json_t *rules = json_array();
    json_t *sinks = json_array();
    json_t *all = json_object();

    settings_each(settings, add_setting, keys);
    add_rules(rules, settings);
    add_sinks(sinks, settings);
    json_object_set_new(all, "settings", keys);
    json_object_set_new(all, "alerts", rules);
    json_object_set_new(all, "sinks", sinks);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static int run(const struct command_call *call)
{
    if (call->argument_count > 0) {
        command_error("'config check' takes no arguments; try 'hashtide config check --help'");
        return COMMAND_USAGE;
    }
    if (command_flag(call, "json")) {
        print_json(call->settings);
        return COMMAND_DONE;
    }
    settings_each(call->settings, print_setting, NULL);
    print_rules(call->settings);
    print_sinks(call->settings);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_config_check = {
    .name = "config check",
    .synopsis = "config check [--json]",
    .summary = "read the configuration and print what is in force",
    .details =
        "Reads the configuration file and the command line as every command does, and\n"
        "prints each key with its value and where the value comes from: the default, a\n"
        "line of the file, or the command line. Then it says of each rule of alerts, built\n"
        "in or from a section [alert NAME], what it does, and of each sink where it sends and\n"
        "how. A mistake is reported with file, line and what was expected; the exit code is\n"
        "then 2.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
