// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * help: see help.h.
 */
#include "config.h"

#include "monitor/help.h"

#include "monitor/options.h"
#include "monitor/settings.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define COLUMNS 80
/** Columns at which explanations begin; a longer left side gets a line of its own. */
#define OPTION_COLUMN 27
#define COMMAND_COLUMN 22

/* Prints the words of one line of text behind column; lines that are full go on at indent. Returns
 * the column reached. */
static int print_words(FILE *out, int column, int indent, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        int word = (int)strcspn(text, " \n");

        if (word > 0 && column > indent && column + 1 + word > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (word > 0 && column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    return column;
}

/* Lines are filled anew, but empty ones and those that begin with a blank stay as they are. */
static void print_paragraphs(FILE *out, const char *text)
{
    int column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        bool as_it_is = len == 0 || *text == ' ';

        if (as_it_is && column > 0) {
            fputc('\n', out);
            column = 0;
        }
        if (as_it_is)
            fprintf(out, "%.*s\n", (int)len, text);
        else
            column = print_words(out, column, 0, text, len);
        text += len;
        if (*text == '\n')
            text++;
    }
    if (column > 0)
        fputc('\n', out);
}

static void print_row(FILE *out, int column, const char *left, const char *right)
{
    if ((int)strlen(left) < column - 2)
        fprintf(out, "  %-*s", column - 2, left);
    else
        fprintf(out, "  %s\n%*s", left, column, "");
    print_words(out, column, column, right, strlen(right));
    fputc('\n', out);
}

static void print_options(FILE *out, const struct command_option *option)
{
    for (; option != NULL && option->name != NULL; option++) {
        const char *equals = option->takes_value ? "=" : "";
        const char *value = option->takes_value ? option->value_name : "";
        char left[128];

        if (option->short_name != 0)
            snprintf(left, sizeof left, "-%c, --%s%s%s", option->short_name, option->name, equals,
                     value);
        else
            snprintf(left, sizeof left, "--%s%s%s", option->name, equals, value);
        print_row(out, OPTION_COLUMN, left, option->help);
    }
}

static void print_keys(FILE *out)
{
    for (size_t i = 0; settings_key_at(i) != NULL; i++) {
        const struct settings_key *key = settings_key_at(i);
        char left[128];

        snprintf(left, sizeof left, "--%s%s%s", key->name, key->value_name != NULL ? "=" : "",
                 key->value_name != NULL ? key->value_name : "");
        print_row(out, OPTION_COLUMN, left, key->help);
    }
}

static void print_global_options(FILE *out)
{
    print_row(out, OPTION_COLUMN, "-h, --help", "this, or the help of a command");
    print_row(out, OPTION_COLUMN, "-V, --version", "the version");
}

void help_program(FILE *out, const struct command *const *commands)
{
    fprintf(out, "usage: hashtide [OPTION]... COMMAND [ARGUMENT]...\n\n"
                 "Follows Bitcoin's headers and says how much hash rate there is.\n\n"
                 "Commands:\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        print_row(out, COMMAND_COLUMN, commands[i]->name, commands[i]->summary);
    fprintf(out, "\nOptions, before or after the command:\n");
    print_global_options(out);
    fprintf(out, "\nSettings, here or as KEY=VALUE lines in the configuration file:\n");
    print_keys(out);
    fprintf(out, "\n'hashtide COMMAND --help' tells more. Exit codes: 0 done, 1 could not or the\n"
                 "answer is no, 2 usage or configuration.\n");
}

void help_group(FILE *out, const struct command *const *commands, const char *group)
{
    fprintf(out, "usage: hashtide %s COMMAND\n\nCommands:\n", group);
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (options_in_group(commands[i]->name, group))
            print_row(out, COMMAND_COLUMN, commands[i]->name, commands[i]->summary);
    }
}

void help_command(FILE *out, const struct command *command)
{
    int indent = fprintf(out, "usage: hashtide ");

    print_words(out, indent, indent, command->synopsis, strlen(command->synopsis));
    fprintf(out, "\n\n");
    print_paragraphs(out, command->details != NULL ? command->details : command->summary);
    if (command->options != NULL) {
        fprintf(out, "\nOptions:\n");
        print_options(out, command->options);
    }
    fprintf(out, "\n'hashtide --help' lists the options and settings of all commands.\n");
}

void help_paragraph(FILE *out, int indent, const char *text)
{
    fprintf(out, "%*s", indent, "");
    print_words(out, indent, indent, text, strlen(text));
    fputc('\n', out);
}

void help_say(FILE *out, int indent, const char *format, ...)
{
    char text[HELP_SAY_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    help_paragraph(out, indent, text);
}
