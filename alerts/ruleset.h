// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ruleset: the rules in force: those built in, changed and added to by the configuration.
 *
 * The built-in rules are written down in ruleset.c as they would stand in a configuration file, and
 * read by the same parser.
 */
#ifndef HASHTIDE_ALERTS_RULESET_H
#define HASHTIDE_ALERTS_RULESET_H

#include "alerts/rule.h"

#include <stdbool.h>
#include <stddef.h>

/** More rules than this are a mistake. */
#define RULESET_MAX 256

/** Rules in order: the built-in ones, then others as they came. Zeroed: empty. */
struct ruleset {
    struct rule *rules; /* owned */
    size_t count;
};

/** The built-in rules. False, and empty, when memory is short. */
bool ruleset_defaults(struct ruleset *out);
void ruleset_free(struct ruleset *set);
/** NULL if there is none of this name. */
const struct rule *ruleset_find(const struct ruleset *set, const char *name);
/**
 * Reads a section [alert NAME] onto the set: it changes the rule of that name, or adds one. False
 * with error set, and the set as it was: a mistake, too many rules, or no memory.
 */
bool ruleset_read(struct ruleset *set, struct rule_error *error, const char *name, unsigned line,
                  const struct rule_pair *pairs, size_t count);

/** The built-in rules as they would stand in a file, for the manual and the example: name, and its
 *  pairs. False behind the last. */
struct ruleset_builtin {
    const char *name;
    const char *why; /* one line: what it is for */
    const struct rule_pair *pairs;
    size_t count;
};
bool ruleset_builtin(struct ruleset_builtin *out, size_t i);

#endif
