// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * text: what strangers wrote, made fit for a terminal and a log; and the nearest of a list of
 * words.
 */
#ifndef HASHTIDE_MONITOR_TEXT_H
#define HASHTIDE_MONITOR_TEXT_H

#include <jansson.h>
#include <stddef.h>

/**
 * Copies text into out (size bytes, always NUL-terminated), so that it stays on one line and cannot
 * steer a terminal: control characters, broken UTF-8, line and paragraph separators and what turns
 * the direction of writing become \xNN, a byte at a time. What does not fit is cut, never inside an
 * escape or a character. Returns the length of what stands in out.
 */
size_t text_escape(char *out, size_t size, const char *text);

/**
 * The word that was probably meant: the one with the fewest changed, missing, added or swapped
 * letters, if they are few enough to be a slip of the fingers. NULL if none is near. count words; a
 * NULL among them is passed over.
 */
const char *text_nearest(const char *given, const char *const *words, size_t count);

/** A JSON string of text; what is not UTF-8 (a path need not be) is escaped. NULL when memory is
 * short. */
json_t *text_to_json(const char *text);

#endif
