// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: an option means the same wherever it stands and however it is written; what
 * is wrong is said with what to do; and the commands of this program do not contradict each other.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/help.h"
#include "monitor/options.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 16

static const struct command_option fetch_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {"output", 'o', true, "FILE", "where to write"},
    {NULL, 0, false, NULL, NULL},
};

static const struct command_option grow_options[] = {
    {"quiet", 'q', false, NULL, "say nothing"},
    {NULL, 0, false, NULL, NULL},
};

static const struct command fetch = {
    .name = "fetch", .synopsis = "fetch FILE", .summary = "fetches", .options = fetch_options};
static const struct command tree_grow = {
    .name = "tree grow", .synopsis = "tree grow", .summary = "grows", .options = grow_options};
static const struct command tree_cut = {
    .name = "tree cut", .synopsis = "tree cut", .summary = "cuts"};
static const struct command *const commands[] = {&fetch, &tree_grow, &tree_cut, NULL};

/* The words of line, split at blanks, as options. */
static bool parse_line(struct options *out, char error[OPTIONS_ERROR_SIZE], char *line)
{
    char program[] = "hashtide";
    char *argv[ARGUMENTS_MAX + 1] = {program};
    int argc = 1;
    char *rest = line;

    for (char *word = strsep(&rest, " "); word != NULL && argc < ARGUMENTS_MAX;
         word = strsep(&rest, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(out, error, commands, argc, argv);
}

static void accept_line(struct options *out, char *line)
{
    char error[OPTIONS_ERROR_SIZE];
    bool good = parse_line(out, error, line);

    ck_assert_msg(good, "%s", error);
}

static void refuse_line(const char *text, const char *words)
{
    struct options options;
    char error[OPTIONS_ERROR_SIZE];
    char line[256];

    snprintf(line, sizeof line, "%s", text);
    ck_assert_msg(!parse_line(&options, error, line), "accepted: %s", text);
    ck_assert_msg(strstr(error, words) != NULL, "%s: %s", text, error);
    ck_assert_ptr_null(strchr(error, '\n'));
}

/* Five ways to write the same. */
START_TEST(test_order)
{
    static const char *const lines[] = {
        "fetch --json --output=x --network=regtest --connect a --nodnsseed file",
        "--json --output x --network regtest --connect=a --dnsseed=0 fetch file",
        "-ox --connect a fetch --network regtest file --json --dnsseed 0",
        "-o x --network=regtest fetch --connect=a --json --nodnsseed -- file",
        "--connect=a --network=regtest --dnsseed 0 -ox fetch file --json",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct options options;
        char line[256];
        unsigned seen = 0;

        snprintf(line, sizeof line, "%s", lines[i]);
        accept_line(&options, line);
        ck_assert_ptr_eq(options.command, &fetch);
        ck_assert_uint_eq(options.argument_count, 1);
        ck_assert_str_eq(options.arguments[0], "file");
        ck_assert_uint_eq(options.value_count, 2);
        for (size_t j = 0; j < options.value_count; j++) {
            if (strcmp(options.values[j].name, "json") == 0)
                seen |= 1;
            else if (strcmp(options.values[j].value, "x") == 0)
                seen |= 2;
        }
        ck_assert_uint_eq(options.setting_count, 3);
        for (size_t j = 0; j < options.setting_count; j++) {
            const struct settings_option *setting = &options.settings[j];

            if (strcmp(setting->key, "network") == 0 && strcmp(setting->value, "regtest") == 0)
                seen |= 4;
            if (strcmp(setting->key, "connect") == 0 && strcmp(setting->value, "a") == 0)
                seen |= 8;
            if (strcmp(setting->key, "dnsseed") == 0 && strcmp(setting->value, "0") == 0)
                seen |= 16;
        }
        ck_assert_uint_eq(seen, 31);
        options_free(&options);
    }
}
END_TEST

START_TEST(test_arguments)
{
    struct options options;
    char line[] = "fetch - -- --json -o";
    char alias[] = "--chain=main --dnsseed tree grow";

    accept_line(&options, line);
    ck_assert_uint_eq(options.argument_count, 3);
    ck_assert_str_eq(options.arguments[0], "-");
    ck_assert_str_eq(options.arguments[1], "--json");
    ck_assert_str_eq(options.arguments[2], "-o");
    ck_assert_uint_eq(options.value_count, 0);
    options_free(&options);

    accept_line(&options, alias);
    ck_assert_ptr_eq(options.command, &tree_grow);
    ck_assert_str_eq(options.settings[0].key, "network");
    ck_assert_str_eq(options.settings[1].value, "1");
    options_free(&options);
}
END_TEST

START_TEST(test_help_and_version)
{
    static const struct {
        const char *line;
        bool help, version;
        const struct command *command;
        const char *group;
    } cases[] = {
        {"--help", true, false, NULL, NULL},
        {"-h", true, false, NULL, NULL},
        {"--version", false, true, NULL, NULL},
        {"-V", false, true, NULL, NULL},
        {"fetch --help", true, false, &fetch, NULL},
        {"-h tree cut", true, false, &tree_cut, NULL},
        {"help", true, false, NULL, NULL},
        {"help fetch", true, false, &fetch, NULL},
        {"tree -h", true, false, NULL, "tree"},
        {"fetch --quiet --help", true, false, &fetch, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options options;
        char line[64];

        snprintf(line, sizeof line, "%s", cases[i].line);
        accept_line(&options, line);
        ck_assert(options.help == cases[i].help);
        ck_assert(options.version == cases[i].version);
        ck_assert_ptr_eq(options.command, cases[i].command);
        if (cases[i].group != NULL)
            ck_assert_str_eq(options.group, cases[i].group);
        else
            ck_assert_ptr_null(options.group);
        options_free(&options);
    }
}
END_TEST

START_TEST(test_mistakes)
{
    refuse_line("--json", "no command given");
    refuse_line("fetsch", "did you mean 'fetch'?");
    refuse_line("frobnicate", "unknown command 'frobnicate'");
    refuse_line("tree", "'tree' needs one more word");
    refuse_line("tree crow", "did you mean 'tree grow'?");
    refuse_line("fetch --jsno", "unknown option --jsno; did you mean --json?");
    refuse_line("fetch --frobnicate", "unknown option --frobnicate; try 'hashtide --help'");
    refuse_line("--netwrok=main fetch", "did you mean --network?");
    refuse_line("--regtest fetch", "did you mean --network=regtest?");
    refuse_line("fetch -x", "unknown option -x");
    refuse_line("fetch -qx", "unknown option -qx");
    refuse_line("fetch -network=main", "did you mean --network=main?");
    refuse_line("fetch --output", "--output needs a value: --output=FILE");
    refuse_line("fetch -o", "--output needs a value");
    refuse_line("fetch --output --json", "--output needs a value");
    refuse_line("fetch --network", "--network needs a value");
    refuse_line("fetch --json=yes", "--json takes no value");
    refuse_line("fetch --nonetwork", "unknown option --nonetwork");
    refuse_line("fetch --quiet", "'fetch' has no option --quiet");
    refuse_line("tree cut --json", "'tree cut' has no option --json");
    refuse_line("fetch ---json", "unknown option");
    refuse_line("--= fetch", "unknown option");
}
END_TEST

/* ---- The program's own commands ----------------------------------------- */

static const struct command_option *option_of(const struct command *command, const char *name)
{
    const struct command_option *option = command->options;

    for (; option != NULL && option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

/* An option may stand before its command; so it must be known what it is before. */
START_TEST(test_options_agree)
{
    const struct command *const *table = command_table();

    for (size_t i = 0; table[i] != NULL; i++) {
        const struct command_option *option = table[i]->options;

        ck_assert_ptr_nonnull(table[i]->run);
        for (; option != NULL && option->name != NULL; option++) {
            ck_assert_msg(settings_key_find(option->name) == NULL, "%s is a key", option->name);
            ck_assert_ptr_nonnull(option->help);
            ck_assert(!option->takes_value || option->value_name != NULL);
            for (size_t j = 0; table[j] != NULL; j++) {
                const struct command_option *other = option_of(table[j], option->name);

                ck_assert_msg(other == NULL || (other->takes_value == option->takes_value &&
                                                other->short_name == option->short_name),
                              "--%s of %s and of %s", option->name, table[i]->name, table[j]->name);
            }
        }
    }
}
END_TEST

static void assert_lines_fit(FILE *file)
{
    char line[512];

    rewind(file);
    while (fgets(line, sizeof line, file) != NULL)
        ck_assert_msg(strcspn(line, "\n") <= 80, "%s", line);
}

START_TEST(test_help_fits)
{
    const struct command *const *table = command_table();
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    help_program(file, table);
    help_group(file, table, "config");
    for (size_t i = 0; table[i] != NULL; i++)
        help_command(file, table[i]);
    assert_lines_fit(file);
    fclose(file);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_order,    test_arguments,     test_help_and_version,
        test_mistakes, test_options_agree, test_help_fits,
    };

    return TEST_MAIN("options", tests);
}
