// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * options: see options.h.
 *
 * One pass puts every argument in its place; since an option may precede its command, it is looked
 * up in the options of all commands, and afterwards judged by the command that was named. So an
 * option's name must mean the same in all of them.
 */
#include "config.h"

#include "monitor/options.h"

#include "chain/params.h"
#include "monitor/mem.h"
#include "monitor/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Names among which a mistyped one is sought. */
#define CANDIDATES_MAX 128

static const struct command_option global_options[] = {
    {"help", 'h', false, NULL, NULL},
    {"version", 'V', false, NULL, NULL},
    {NULL, 0, false, NULL, NULL},
};

struct parsing {
    struct options *out;
    char *error;
    const struct command *const *commands;
    char **argv; /* ends with NULL */
    int at;      /* the argument in hand */
};

static bool fail(const struct parsing *parsing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(const struct parsing *parsing, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(parsing->error, OPTIONS_ERROR_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static const struct command_option *find_in(const struct command_option *options, const char *name,
                                            char short_name)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (name != NULL ? strcmp(options->name, name) == 0 : options->short_name == short_name)
            return options;
    }
    return NULL;
}

/* By long name, or by short name where name is NULL. */
static const struct command_option *find_option(const struct parsing *parsing, const char *name,
                                                char short_name)
{
    const struct command_option *found = find_in(global_options, name, short_name);

    for (size_t i = 0; found == NULL && parsing->commands[i] != NULL; i++)
        found = find_in(parsing->commands[i]->options, name, short_name);
    return found;
}

/* ---- One option --------------------------------------------------------- */

/* Names of all options there are; how many. names NULL: how many alone. */
static size_t list_options(const char **names, const struct parsing *parsing)
{
    static const char *const global[] = {"help", "version"};
    size_t count = 0;

    for (size_t i = 0; i < sizeof global / sizeof global[0]; i++, count++) {
        if (names != NULL)
            names[count] = global[i];
    }
    for (size_t i = 0; settings_key_at(i) != NULL; i++, count++) {
        if (names != NULL)
            names[count] = settings_key_at(i)->name;
    }
    for (size_t i = 0; parsing->commands[i] != NULL; i++) {
        const struct command_option *option = parsing->commands[i]->options;

        for (; option != NULL && option->name != NULL; option++, count++) {
            if (names != NULL)
                names[count] = option->name;
        }
    }
    return count;
}

static bool unknown_option(const struct parsing *parsing, const char *name)
{
    const char **names = NULL;
    const char *nearest = NULL;

    if (params_by_name(name) != NULL)
        return fail(parsing, "unknown option --%s; did you mean --network=%s?", name, name);
    names = mem_zeroed(list_options(NULL, parsing), sizeof *names);
    nearest = text_nearest(name, names, list_options(names, parsing));
    free(names);
    if (nearest != NULL)
        return fail(parsing, "unknown option --%.64s; did you mean --%s?", name, nearest);
    return fail(parsing, "unknown option --%.64s; try 'hashtide --help'", name);
}

static bool add_value(const struct parsing *parsing, const struct command_option *option,
                      const char *value)
{
    struct options *out = parsing->out;

    if (option == &global_options[0]) {
        out->help = true;
    } else if (option == &global_options[1]) {
        out->version = true;
    } else {
        out->values = mem_resize(out->values, out->value_count + 1, sizeof *out->values);
        out->values[out->value_count++] =
            (struct command_value){.name = option->name, .value = value};
    }
    return true;
}

static void add_setting(const struct parsing *parsing, const struct settings_key *key,
                        const char *value)
{
    struct options *out = parsing->out;

    out->settings = mem_resize(out->settings, out->setting_count + 1, sizeof *out->settings);
    out->settings[out->setting_count++] =
        (struct settings_option){.key = key->name, .value = value};
}

/* The argument after the one in hand, if there is one and it is a value. */
static const char *next_value(struct parsing *parsing)
{
    const char *next = parsing->argv[parsing->at + 1];

    if (next == NULL || (next[0] == '-' && next[1] != '\0'))
        return NULL;
    parsing->at++;
    return next;
}

static bool take_setting(struct parsing *parsing, const struct settings_key *key, const char *value)
{
    const char *next = parsing->argv[parsing->at + 1];

    if (value == NULL && key->value_name != NULL) {
        value = next_value(parsing);
        if (value == NULL)
            return fail(parsing, "--%s needs a value: --%s=%s", key->name, key->name,
                        key->value_name);
    }
    if (value == NULL && next != NULL && (strcmp(next, "0") == 0 || strcmp(next, "1") == 0))
        value = next_value(parsing);
    add_setting(parsing, key, value != NULL ? value : "1");
    return true;
}

static bool take_option(struct parsing *parsing, const struct command_option *option,
                        const char *value)
{
    if (!option->takes_value && value != NULL)
        return fail(parsing, "--%s takes no value", option->name);
    if (option->takes_value && value == NULL) {
        value = next_value(parsing);
        if (value == NULL)
            return fail(parsing, "--%s needs a value: --%s=%s", option->name, option->name,
                        option->value_name);
    }
    return add_value(parsing, option, value);
}

/* "--name" or "--name=value". */
static bool take_long(struct parsing *parsing, const char *argument)
{
    size_t len = strcspn(argument + 2, "=");
    const char *value = argument[2 + len] == '=' ? argument + 2 + len + 1 : NULL;
    char name[64];
    const struct settings_key *key = NULL;
    const struct command_option *option = NULL;

    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1),
             argument + 2);
    key = settings_key_find(name);
    if (key != NULL)
        return take_setting(parsing, key, value);
    option = find_option(parsing, name, 0);
    if (option != NULL)
        return take_option(parsing, option, value);
    if (strncmp(name, "no", 2) == 0 && value == NULL) {
        key = settings_key_find(name + 2);
        if (key != NULL && key->value_name == NULL) {
            add_setting(parsing, key, "0");
            return true;
        }
    }
    return unknown_option(parsing, name);
}

/* "-o FILE", "-oFILE", "-h". A long name behind one dash is Bitcoin Core's habit: say how it is
 * written here. */
static bool take_short(struct parsing *parsing, const char *argument)
{
    const struct command_option *option = find_option(parsing, NULL, argument[1]);
    const char *rest = argument + 2;
    char name[64];

    if (option == NULL || (*rest != '\0' && !option->takes_value)) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 1, "="), argument + 1);
        if (settings_key_find(name) != NULL || find_option(parsing, name, 0) != NULL)
            return fail(parsing, "unknown option %.64s; did you mean -%.64s?", argument, argument);
        return fail(parsing, "unknown option %.64s; try 'hashtide --help'", argument);
    }
    return take_option(parsing, option, *rest != '\0' ? rest : NULL);
}

static bool sort_arguments(struct parsing *parsing)
{
    bool options_end = false;

    for (parsing->at = 1; parsing->argv[parsing->at] != NULL; parsing->at++) {
        char *argument = parsing->argv[parsing->at];
        bool good = true;

        if (options_end || argument[0] != '-' || argument[1] == '\0')
            parsing->out->arguments[parsing->out->argument_count++] = argument;
        else if (strcmp(argument, "--") == 0)
            options_end = true;
        else if (argument[1] == '-')
            good = take_long(parsing, argument);
        else
            good = take_short(parsing, argument);
        if (!good)
            return false;
    }
    return true;
}

/* ---- The command -------------------------------------------------------- */

bool options_in_group(const char *name, const char *word)
{
    size_t len = strlen(word);

    return strncmp(name, word, len) == 0 && name[len] == ' ';
}

/* How many arguments a command's name takes up: 0 if it is not the one that is named. */
static size_t words_matched(const char *name, char *const *arguments, size_t count)
{
    size_t words = 0;

    while (words < count) {
        size_t len = strcspn(name, " ");

        if (strlen(arguments[words]) != len || strncmp(arguments[words], name, len) != 0)
            return 0;
        words++;
        if (name[len] == '\0')
            return words;
        name += len + 1;
    }
    return 0;
}

static bool unknown_command(const struct parsing *parsing)
{
    const struct options *out = parsing->out;
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    const char *nearest = NULL;
    char given[128];

    while (parsing->commands[count] != NULL && count < CANDIDATES_MAX) {
        candidates[count] = parsing->commands[count]->name;
        count++;
    }
    snprintf(given, sizeof given, "%.60s%s%.60s", out->arguments[0],
             out->group != NULL && out->argument_count > 1 ? " " : "",
             out->group != NULL && out->argument_count > 1 ? out->arguments[1] : "");
    nearest = text_nearest(given, candidates, count);
    if (nearest != NULL)
        return fail(parsing, "unknown command '%s'; did you mean '%s'?", given, nearest);
    return fail(parsing, "unknown command '%s'; try 'hashtide --help'", given);
}

/* Names the command and takes its words away from the arguments. */
static bool find_command(const struct parsing *parsing)
{
    struct options *out = parsing->out;
    size_t words = 0;

    if (out->argument_count == 0)
        return out->help || out->version ||
               fail(parsing, "no command given; try 'hashtide --help'");
    for (size_t i = 0; parsing->commands[i] != NULL; i++) {
        const char *name = parsing->commands[i]->name;
        size_t matched = words_matched(name, out->arguments, out->argument_count);

        if (matched > words) {
            words = matched;
            out->command = parsing->commands[i];
        }
        if (options_in_group(name, out->arguments[0]))
            out->group = out->arguments[0];
    }
    if (out->command != NULL) {
        out->group = NULL;
        out->argument_count -= words;
        memmove(out->arguments, out->arguments + words,
                out->argument_count * sizeof *out->arguments);
        return true;
    }
    if (out->group != NULL && out->argument_count == 1)
        return out->help || fail(parsing, "'%s' needs one more word; try 'hashtide %s --help'",
                                 out->group, out->group);
    return unknown_command(parsing);
}

/* The command must have every option that was given to it. */
static bool judge_options(const struct parsing *parsing)
{
    const struct options *out = parsing->out;

    if (out->command == NULL)
        return true;
    for (size_t i = 0; i < out->value_count; i++) {
        const char *name = out->values[i].name;

        if (find_in(out->command->options, name, 0) == NULL)
            return fail(parsing, "'%s' has no option --%s; try 'hashtide %s --help'",
                        out->command->name, name, out->command->name);
    }
    return true;
}

/* "help" as the first word, which some expect: the same as --help. */
static void take_help_word(struct options *out)
{
    if (out->argument_count == 0 || strcmp(out->arguments[0], "help") != 0)
        return;
    out->help = true;
    out->argument_count--;
    memmove(out->arguments, out->arguments + 1, out->argument_count * sizeof *out->arguments);
}

bool options_parse(struct options *out, char error[OPTIONS_ERROR_SIZE],
                   const struct command *const *commands, int argc, char **argv)
{
    struct parsing parsing = {.out = out, .error = error, .commands = commands, .argv = argv};

    *out = (struct options){0};
    snprintf(error, OPTIONS_ERROR_SIZE, "no command given; try 'hashtide --help'");
    out->arguments = mem_zeroed((size_t)argc + 1, sizeof *out->arguments);
    if (argc == 0 || !sort_arguments(&parsing)) {
        options_free(out);
        return false;
    }
    take_help_word(out);
    if (out->version || (find_command(&parsing) && (out->help || judge_options(&parsing))))
        return true;
    options_free(out);
    return false;
}

void options_free(struct options *options)
{
    free(options->settings);
    free(options->values);
    free(options->arguments);
    *options = (struct options){0};
}
