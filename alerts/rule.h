// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rule: what is watched, when an alert is raised and cleared, and what is said then.
 *
 * A rule is a section [alert NAME] of the configuration:
 *
 *     [alert half-gone]
 *     metric=hashrate.fall.size     what is watched, see metric.h
 *     bound=lower                   estimate, lower or upper: even the lower bound of the interval
 *     raise=above 40%               at or above; also "below 3", "yes", "no"
 *     clear=below 20%               at or below; a rule has two levels, so that it never flaps
 *     for=6 blocks                  how long it must hold before it is raised: blocks or a time
 *     clearfor=2h                   how long before it is cleared
 *     severity=critical             info, warning or critical
 *     repeat=6h                     said again after so long, then ...
 *     repeatfactor=2                ... after so many times as long each time, ...
 *     repeatmax=7d                  ... but at least so often; repeat=0: never
 *     update=25%                    said anew when the value has moved by so much; 0: never
 *     sinks=ops,mail                where it is sent; all is the default
 *     text=Half of it is gone: {value}, {lo} to {hi}
 *     enabled=1
 *
 * Only metric, raise and clear are needed (yes and no say both levels). A section with the name of
 * a built-in rule changes only what it names.
 *
 * All in a rule is a plain value of some 1.5 KB. Parsing allocates nothing.
 */
#ifndef HASHTIDE_ALERTS_RULE_H
#define HASHTIDE_ALERTS_RULE_H

#include "alerts/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Names of rules and of sinks: letters, digits, '-' and '_'; with the final NUL. */
#define RULE_NAME_SIZE 48
#define RULE_SINKS_MAX 16
#define RULE_TEXT_SIZE 512
/** Longest duration and repeat: ten years. Blocks: a million. */
#define RULE_TIME_MAX_MS ((int64_t)10 * 366 * 86400 * 1000)
#define RULE_BLOCKS_MAX 1000000

/** On which side of the raise level it is raised. Levels belong to their side. */
enum rule_side {
    RULE_ABOVE, /* raised at raise or more, cleared at clear or less */
    RULE_BELOW, /* raised at raise or less, cleared at clear or more */
};

/** Which of an estimate's figures is compared. */
enum rule_bound {
    RULE_ESTIMATE,
    RULE_LOWER,
    RULE_UPPER,
};

enum rule_severity {
    RULE_INFO,
    RULE_WARNING,
    RULE_CRITICAL,
};

struct rule_duration {
    bool in_blocks;
    int64_t amount; /* blocks, or milliseconds */
};

struct rule {
    char name[RULE_NAME_SIZE];
    bool enabled;
    enum metric_id metric;
    enum rule_bound bound;
    enum rule_side side;
    double raise_level;
    double clear_level; /* strictly on the other side of raise_level */
    struct rule_duration raise_for;
    struct rule_duration clear_for;
    enum rule_severity severity;
    int64_t repeat_ms; /* 0: never */
    double repeat_factor;
    int64_t repeat_max_ms;
    double update; /* share of the larger of the value last said and the raise level; 0: never.
                      An estimate's interval must leave out what was said, too */
    char sinks[RULE_SINKS_MAX][RULE_NAME_SIZE];
    size_t sink_count;         /* 0: all */
    char text[RULE_TEXT_SIZE]; /* a template, "" for the sentence that is built in */
    uint64_t digest; /* of what decides: metric, bound, side and levels. A state of another digest
                        is of another rule */
};

/** A key and its value, as they stand in a section. */
struct rule_pair {
    const char *key;
    const char *value;
    unsigned line; /* 0 where there is none */
};

#define RULE_ERROR_SIZE 400
/** What is wrong: "alert NAME: KEY=VALUE: expected ..." in one line, and where. */
struct rule_error {
    unsigned line; /* of the pair, or of the section where none is to blame */
    char text[RULE_ERROR_SIZE];
};

/** Whether a name will do for a rule or a sink. */
bool rule_name_ok(const char *name);

/**
 * Reads a section. base: the rule of this name that it changes, or NULL; what it does not name
 * stays, unless it names another metric, which makes it a rule of its own. line is the section's.
 * False with error set; *out is then undefined.
 */
bool rule_parse(struct rule *out, struct rule_error *error, const char *name, unsigned line,
                const struct rule *base, const struct rule_pair *pairs, size_t count);

/** The keys of a section, in the order of the manual; NULL behind the last. */
const char *rule_key_at(size_t i);

#define RULE_EXPLAIN_SIZE 1024
/** The rule in one sentence for people: "Raises a warning when ...; clears when ...". */
void rule_explain(char out[RULE_EXPLAIN_SIZE], const struct rule *rule);

/** The value that the rule compares, or false where it is not known. */
bool rule_value(double *out, const struct rule *rule, const struct metrics *metrics);
/** Whether a value is at or beyond the raise level, or the clear level. Never both. */
bool rule_raises(const struct rule *rule, double value);
bool rule_clears(const struct rule *rule, double value);
/** Whether the rule sends to this sink. */
bool rule_sends_to(const struct rule *rule, const char *sink);

/** "above" or "below"; "estimate", "lower", "upper"; "info", "warning", "critical". */
const char *rule_side_name(enum rule_side side);
const char *rule_bound_name(enum rule_bound bound);
const char *rule_severity_name(enum rule_severity severity);

#define RULE_DURATION_TEXT_SIZE 32
/** Reads a time with its unit, "90s", "2 h", "7d", of whole milliseconds, up to RULE_TIME_MAX_MS. A
 *  bare 0 will do. False, *out untouched, on anything else. */
bool rule_time_parse(int64_t *out, const char *text);
/** "6 blocks", "90 s", "2 h", "7 d". */
void rule_duration_text(char out[RULE_DURATION_TEXT_SIZE], struct rule_duration duration);

#endif
