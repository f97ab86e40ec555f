// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * template: a rule's text, with {placeholders}.
 *
 * A placeholder is one of template_words(), or the name of a metric, which stands for its value
 * with its interval. What stands in [brackets] is left out when a placeholder in it is unknown;
 * there are no brackets within brackets. "{{", "}}", "[[" and "]]" are braces and brackets. Nothing
 * is evaluated: what is filled in is not read again.
 */
#ifndef HASHTIDE_ALERTS_TEMPLATE_H
#define HASHTIDE_ALERTS_TEMPLATE_H

#include "alerts/metric.h"

#include <stdbool.h>
#include <stddef.h>

enum template_word {
    TEMPLATE_VALUE,      /* what the rule watches, with its unit */
    TEMPLATE_LO,         /* the interval's lower limit */
    TEMPLATE_HI,         /* its upper limit */
    TEMPLATE_INTERVAL,   /* "(LO to HI)", or nothing */
    TEMPLATE_RAISE,      /* the raise level */
    TEMPLATE_CLEAR,      /* the clear level */
    TEMPLATE_METRIC,     /* its name */
    TEMPLATE_PHRASE,     /* its name in words */
    TEMPLATE_RULE,       /* the rule's name */
    TEMPLATE_SEVERITY,   /* info, warning, critical */
    TEMPLATE_STATE,      /* raised, updated, repeated, cleared */
    TEMPLATE_SINCE,      /* time from which on it holds */
    TEMPLATE_TIME,       /* time of the message */
    TEMPLATE_HEIGHT,     /* the tip's */
    TEMPLATE_HASH,       /* the tip's */
    TEMPLATE_MONITOR,    /* the monitor's name */
    TEMPLATE_NETWORK,    /* main, ... */
    TEMPLATE_WORD_COUNT, /* no word: a metric */
};

/** "value", "lo", ...; word < TEMPLATE_WORD_COUNT (asserted). */
const char *template_word_name(enum template_word word);

#define TEMPLATE_FAULT_SIZE 200
/** True if a text can be filled in. Else fault says what is wrong and what was expected. */
bool template_check(char fault[TEMPLATE_FAULT_SIZE], const char *text);

/** Sets wanted of each metric that a text which template_check() has passed names. */
void template_metrics(bool wanted[METRIC_COUNT], const char *text);

/** Longest that one placeholder becomes. */
#define TEMPLATE_VALUE_SIZE 256
/** Writes what a placeholder stands for; where word is TEMPLATE_WORD_COUNT, it is that metric.
 * False: it is unknown, and out says so. It may be called twice for one placeholder. */
typedef bool (*template_fill_fn)(void *context, char out[TEMPLATE_VALUE_SIZE],
                                 enum template_word word, enum metric_id metric);
/** Fills in a text that template_check() has passed. What does not fit is cut, never inside a
 *  character of UTF-8. */
void template_fill(char *out, size_t size, const char *text, template_fill_fn fill, void *context);

#endif
