// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * options: the command line taken apart: which command, its options, its arguments, and the
 * settings among them.
 *
 * Options may stand before or after the command and between its arguments: --key=value, --key
 * value, --switch, --noswitch, -o FILE, -oFILE, -h, -V.
 * "--" ends them; "-" alone is an argument (stdin, stdout).
 */
#ifndef HASHTIDE_MONITOR_OPTIONS_H
#define HASHTIDE_MONITOR_OPTIONS_H

#include "monitor/command.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

/** Longest error message with NUL. */
#define OPTIONS_ERROR_SIZE 512

/** Owned by options, except the strings: they are argv's or constants. */
struct options {
    const struct command *command; /* NULL where only help or the version is wanted */
    const char
        *group; /* "config": help is wanted on the commands that begin with this word; else NULL */
    bool help;
    bool version;
    struct settings_option *settings;
    size_t setting_count;
    struct command_value *values;
    size_t value_count;
    char **arguments; /* behind the command's name */
    size_t argument_count;
};

/**
 * Parses argv[1] and following with the commands of a table that ends with NULL. False with an
 * error of one line, without "hashtide: ", that says what to do; nothing is to be freed then.
 */
bool options_parse(struct options *out, char error[OPTIONS_ERROR_SIZE],
                   const struct command *const *commands, int argc, char **argv);
void options_free(struct options *options);

/** True if name ("config check") begins with the word, followed by another word. */
bool options_in_group(const char *name, const char *word);

#endif
