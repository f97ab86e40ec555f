// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * help: what --help prints, at each level, made from the tables of commands and keys.
 */
#ifndef HASHTIDE_MONITOR_HELP_H
#define HASHTIDE_MONITOR_HELP_H

#include "monitor/command.h"

#include <stdio.h>

/** All commands, all keys. Lines have at most 80 columns. */
void help_program(FILE *out, const struct command *const *commands);
/** The commands whose name begins with this word: "config". */
void help_group(FILE *out, const struct command *const *commands, const char *group);
/** One command: synopsis, what it does, its options. */
void help_command(FILE *out, const struct command *command);
/** A paragraph, filled to 80 columns, each line with this many blanks before it. */
void help_paragraph(FILE *out, int indent, const char *text);
/** The same of what printf() would print, of less than HELP_SAY_SIZE bytes; what is longer is cut.
 */
void help_say(FILE *out, int indent, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define HELP_SAY_SIZE 2048

#endif
