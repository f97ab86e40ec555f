// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_config_check: reads the configuration as every command would and prints what is in force.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/text.h"

#include <jansson.h>
#include <stdio.h>

/** Column of the origins, where values leave room for it. */
#define ORIGIN_COLUMN 40

static void print_setting(void *context, const struct settings_key *key, const char *value,
                          const char *origin)
{
    char shown_value[SETTINGS_PATH_SIZE];
    char shown_origin[SETTINGS_PATH_SIZE];
    int width = 0;

    (void)context;
    text_escape(shown_value, sizeof shown_value, value);
    text_escape(shown_origin, sizeof shown_origin, origin);
    width = printf("%s=%s", key->name, shown_value);
    if (width < ORIGIN_COLUMN - 1)
        printf("%*s# %s\n", ORIGIN_COLUMN - width, "", shown_origin);
    else
        printf(" # %s\n", shown_origin);
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

static int run(const struct command_call *call)
{
    json_t *list = NULL;

    if (call->argument_count > 0) {
        command_error("'config check' takes no arguments; try 'hashtide config check --help'");
        return COMMAND_USAGE;
    }
    if (!command_flag(call, "json")) {
        settings_each(call->settings, print_setting, NULL);
        return COMMAND_DONE;
    }
    list = json_array();
    settings_each(call->settings, add_setting, list);
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
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
    .details = "Reads the configuration file and the command line as every command does, and\n"
               "prints each key with its value and where the value comes from: the default, a\n"
               "line of the file, or the command line. A mistake is reported with file, line and\n"
               "what was expected; the exit code is then 2.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
