// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * screen: lines of text for a terminal of 80 columns and 24 lines, as `hashtide status` prints
 * them.
 */
#ifndef HASHTIDE_MONITOR_SCREEN_H
#define HASHTIDE_MONITOR_SCREEN_H

#include <stddef.h>
#include <stdio.h>

#define SCREEN_COLUMNS 80
#define SCREEN_LINES 24
/** Where what is said of a thing begins, behind its name. */
#define SCREEN_INDENT 12

/** Where lines go, and how many there are by now. */
struct screen {
    FILE *file;
    size_t lines;
};

/** Prints a line. What is longer than the screen is wide goes on in the next one, after a semicolon
 *  or between two words. */
void screen_line(struct screen *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Prints text behind a name, broken between words, in two lines at most: the rest is cut. */
void screen_wrapped(struct screen *out, const char *name, const char *text);
/** What a stranger wrote, as printable ASCII of at most width characters: then every character is a
 *  column. out has room for width + 1. */
void screen_plain(char *out, size_t width, const char *text);

#endif
