// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rule_parse: a section's keys and values as a rule, or what is wrong with them.
 *
 * Values depend on the metric (its unit says how levels are written), so it is read first, then the
 * other keys in order, then what only all of them together can break is checked.
 */
#include "config.h"

#include "alerts/nearest.h"
#include "alerts/rule.h"
#include "alerts/rule_internal.h"
#include "alerts/template.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What a rule says that does not say it. */
#define DEFAULT_REPEAT_MS ((int64_t)6 * 3600 * 1000)
#define DEFAULT_REPEAT_FACTOR 2.0
#define DEFAULT_REPEAT_MAX_MS ((int64_t)7 * 86400 * 1000)
#define DEFAULT_UPDATE 0.25
/** A repetition more often than this is a mistake. */
#define REPEAT_LEAST_MS ((int64_t)60 * 1000)
#define REPEAT_FACTOR_MAX 100.0
#define UPDATE_MAX 100.0
/** Letters in which a key may differ from the one that was meant. */
#define KEY_SLIP 3
/** A value is shown up to here. */
#define SHOWN_SIZE 96

struct parsing {
    struct rule *rule;
    struct rule_error *error;
    const char *name;
    unsigned line; /* the section's */
    bool raise_given, clear_given;
    unsigned raise_line, clear_line, bound_line;
    const struct rule_pair *repeat_max; /* as given, or NULL */
};

static bool fail(const struct parsing *parsing, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always false. */
static bool fail(const struct parsing *parsing, unsigned line, const char *format, ...)
{
    struct rule_error *error = parsing->error;
    size_t used = (size_t)snprintf(error->text, RULE_ERROR_SIZE, "alert %s: ", parsing->name);
    va_list arguments;

    error->line = line != 0 ? line : parsing->line;
    va_start(arguments, format);
    vsnprintf(error->text + used, RULE_ERROR_SIZE - used, format, arguments);
    va_end(arguments);
    return false;
}

/* A value as it may be shown: in one line, with nothing that steers a terminal. */
static const char *shown(char out[SHOWN_SIZE], const char *value)
{
    size_t used = 0;

    for (; *value != '\0' && used + 5 < SHOWN_SIZE; value++) {
        unsigned char byte = (unsigned char)*value;

        if (byte >= 0x20 && byte < 0x7f)
            out[used++] = (char)byte;
        else
            used += (size_t)snprintf(out + used, 5, "\\x%02x", byte);
    }
    out[used] = '\0';
    return out;
}

static bool expected(const struct parsing *parsing, const struct rule_pair *pair,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "KEY=VALUE: expected ...". Always false. */
static bool expected(const struct parsing *parsing, const struct rule_pair *pair,
                     const char *format, ...)
{
    char value[SHOWN_SIZE];
    char what[RULE_ERROR_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fail(parsing, pair->line, "%s=%s: expected %s", pair->key, shown(value, pair->value),
                what);
}

/* ---- Values ------------------------------------------------------------- */

/* A finite decimal number at the start of text; *end is behind it and blanks. */
static bool parse_number(double *out, const char **end, const char *text)
{
    char digits[64];
    size_t len = strspn(text, "0123456789.+-eE");
    char *stop = NULL;

    if (len == 0 || len >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    *out = strtod(digits, &stop); /* in 600EH/s it stops at the E */
    if (stop == digits || !isfinite(*out))
        return false;
    text += stop - digits;
    *end = text + strspn(text, " ");
    return true;
}

/* "30s", "10 min", "2h", "7d": a number and a unit of time, in ms. Bare numbers are seconds. */
static bool parse_time_ms(double *out, const char *text)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1},     {"s", 1e3},    {"", 1e3},      {"m", 60e3},
                 {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}, {"w", 7 * 86400e3}};
    const char *unit = NULL;
    double number = 0;

    if (!parse_number(&number, &unit, text))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            *out = number * units[i].ms;
            return true;
        }
    }
    return false;
}

bool rule_time_parse(int64_t *out, const char *text)
{
    size_t len = strlen(text);
    double ms = 0;

    if (strcmp(text, "0") != 0 && (len == 0 || (text[len - 1] >= '0' && text[len - 1] <= '9')))
        return false;
    if (!parse_time_ms(&ms, text) || ms < 0 || ms > (double)RULE_TIME_MAX_MS)
        return false;
    *out = (int64_t)llround(ms);
    return true;
}

/* "6 blocks", or a time. */
static bool parse_duration(struct rule_duration *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");

    *out = (struct rule_duration){0};
    if (digits > 0 && (strcmp(unit, "blocks") == 0 || strcmp(unit, "block") == 0)) {
        unsigned long blocks = digits <= 7 ? strtoul(text, NULL, 10) : ULONG_MAX;

        out->in_blocks = blocks > 0;
        out->amount = (int64_t)blocks;
        return blocks <= RULE_BLOCKS_MAX;
    }
    return rule_time_parse(&out->amount, text);
}

/* What levels of a unit look like. */
static const char *level_example(enum metric_unit unit)
{
    switch (unit) {
    case METRIC_EHS:
        return "600 or 600 EH/s";
    case METRIC_FRACTION:
        return "5% or 0.05";
    case METRIC_PERCENT:
        return "25% or 25";
    case METRIC_SECONDS:
        return "2h or 7200";
    case METRIC_MILLISECONDS:
        return "2s or 2000";
    case METRIC_NUMBER:
        return "3";
    case METRIC_BLOCKS:
        return "2 or 2 blocks";
    case METRIC_PER_YEAR:
        return "0.5";
    case METRIC_USD_PH_DAY:
        return "40";
    case METRIC_RATIO:
        return "3";
    case METRIC_YES_NO:
        return "yes or no";
    }
    return "a number";
}

/* A level, in the metric's unit. */
static bool parse_level(double *out, enum metric_unit unit, const char *text)
{
    const char *rest = NULL;

    if (unit == METRIC_SECONDS || unit == METRIC_MILLISECONDS) {
        if (parse_number(out, &rest, text) && *rest == '\0')
            return true;
        if (!parse_time_ms(out, text))
            return false;
        *out = unit == METRIC_SECONDS ? *out / 1e3 : *out;
        return true;
    }
    if (!parse_number(out, &rest, text))
        return false;
    if (unit == METRIC_FRACTION && strcmp(rest, "%") == 0) {
        *out /= 100.0;
        return true;
    }
    if (unit == METRIC_PERCENT && strcmp(rest, "%") == 0)
        return true;
    if (unit == METRIC_EHS && strcmp(rest, "EH/s") == 0)
        return true;
    if (unit == METRIC_BLOCKS && (strcmp(rest, "blocks") == 0 || strcmp(rest, "block") == 0))
        return true;
    return *rest == '\0';
}

/* "above LEVEL", "below LEVEL", "yes", "no". Of a level that is raised, yes is above 1 and no below
 * 0; of one that is cleared, yes and no are those of the value too. */
static bool parse_sided(enum rule_side *side, double *level, enum metric_unit unit,
                        const char *text)
{
    bool above = strncmp(text, "above ", 6) == 0;

    if (unit == METRIC_YES_NO && (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0)) {
        *side = text[0] == 'y' ? RULE_ABOVE : RULE_BELOW;
        *level = text[0] == 'y' ? 1 : 0;
        return true;
    }
    if (unit == METRIC_YES_NO || (!above && strncmp(text, "below ", 6) != 0))
        return false;
    *side = above ? RULE_ABOVE : RULE_BELOW;
    text += 6;
    return parse_level(level, unit, text + strspn(text, " "));
}

static bool sided_expected(const struct parsing *parsing, const struct rule_pair *pair)
{
    enum metric_unit unit = metric_info(parsing->rule->metric)->unit;

    if (unit == METRIC_YES_NO)
        return expected(parsing, pair, "yes or no");
    return expected(parsing, pair, "above or below and a level, such as %s", level_example(unit));
}

static bool parse_switch(bool *out, const char *text)
{
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return false;
    *out = text[0] == '1';
    return true;
}

/* ---- Keys --------------------------------------------------------------- */

typedef bool (*set_fn)(struct parsing *parsing, const struct rule_pair *pair);

static bool set_enabled(struct parsing *parsing, const struct rule_pair *pair)
{
    return parse_switch(&parsing->rule->enabled, pair->value) || expected(parsing, pair, "0 or 1");
}

/* It was read before the others. */
static bool set_metric(struct parsing *parsing, const struct rule_pair *pair)
{
    (void)parsing;
    (void)pair;
    return true;
}

static bool set_bound(struct parsing *parsing, const struct rule_pair *pair)
{
    for (unsigned i = RULE_ESTIMATE; i <= RULE_UPPER; i++) {
        if (strcmp(pair->value, rule_bound_name((enum rule_bound)i)) == 0) {
            parsing->rule->bound = (enum rule_bound)i;
            parsing->bound_line = pair->line;
            return true;
        }
    }
    return expected(parsing, pair, "estimate, lower or upper");
}

static bool set_raise(struct parsing *parsing, const struct rule_pair *pair)
{
    struct rule *rule = parsing->rule;

    parsing->raise_given = true;
    parsing->raise_line = pair->line;
    return parse_sided(&rule->side, &rule->raise_level, metric_info(rule->metric)->unit,
                       pair->value) ||
           sided_expected(parsing, pair);
}

static bool set_clear(struct parsing *parsing, const struct rule_pair *pair)
{
    struct rule *rule = parsing->rule;
    enum rule_side side = RULE_ABOVE;

    parsing->clear_given = true;
    parsing->clear_line = pair->line;
    return parse_sided(&side, &rule->clear_level, metric_info(rule->metric)->unit, pair->value) ||
           sided_expected(parsing, pair);
}

static bool duration_expected(const struct parsing *parsing, const struct rule_pair *pair)
{
    return expected(parsing, pair, "blocks or a time, such as 6 blocks, 10m or 2h");
}

static bool set_for(struct parsing *parsing, const struct rule_pair *pair)
{
    return parse_duration(&parsing->rule->raise_for, pair->value) ||
           duration_expected(parsing, pair);
}

static bool set_clearfor(struct parsing *parsing, const struct rule_pair *pair)
{
    return parse_duration(&parsing->rule->clear_for, pair->value) ||
           duration_expected(parsing, pair);
}

static bool set_severity(struct parsing *parsing, const struct rule_pair *pair)
{
    for (unsigned i = RULE_INFO; i <= RULE_CRITICAL; i++) {
        if (strcmp(pair->value, rule_severity_name((enum rule_severity)i)) == 0) {
            parsing->rule->severity = (enum rule_severity)i;
            return true;
        }
    }
    return expected(parsing, pair, "info, warning or critical");
}

static bool set_repeat(struct parsing *parsing, const struct rule_pair *pair)
{
    int64_t ms = 0;

    if (!rule_time_parse(&ms, pair->value) || (ms > 0 && ms < REPEAT_LEAST_MS))
        return expected(parsing, pair, "a time of at least 1m, such as 6h, or 0 for never");
    parsing->rule->repeat_ms = ms;
    return true;
}

static bool set_repeatfactor(struct parsing *parsing, const struct rule_pair *pair)
{
    const char *rest = NULL;
    double factor = 0;

    if (!parse_number(&factor, &rest, pair->value) || *rest != '\0' || factor < 1 ||
        factor > REPEAT_FACTOR_MAX)
        return expected(parsing, pair, "a number from 1 to %g", REPEAT_FACTOR_MAX);
    parsing->rule->repeat_factor = factor;
    return true;
}

static bool set_repeatmax(struct parsing *parsing, const struct rule_pair *pair)
{
    int64_t ms = 0;

    if (!rule_time_parse(&ms, pair->value) || ms < REPEAT_LEAST_MS)
        return expected(parsing, pair, "a time of at least 1m, such as 7d");
    parsing->repeat_max = pair;
    parsing->rule->repeat_max_ms = ms;
    return true;
}

static bool set_update(struct parsing *parsing, const struct rule_pair *pair)
{
    double share = 0;

    if (!parse_level(&share, METRIC_FRACTION, pair->value) || share < 0 || share > UPDATE_MAX)
        return expected(parsing, pair, "a share such as 25%%, or 0 for never");
    parsing->rule->update = share;
    return true;
}

/* "a,b, c", or "all". */
static bool set_sinks(struct parsing *parsing, const struct rule_pair *pair)
{
    struct rule *rule = parsing->rule;
    const char *at = pair->value;

    memset(rule->sinks, 0, sizeof rule->sinks);
    rule->sink_count = 0;
    if (strcmp(at, "all") == 0)
        return true;
    for (;;) {
        char name[RULE_NAME_SIZE] = "";
        size_t len = strcspn(at, ", ");

        if (len > 0 && len < sizeof name)
            memcpy(name, at, len);
        if (!rule_name_ok(name))
            return expected(parsing, pair, "names of sinks with commas between them, or all");
        if (rule->sink_count == RULE_SINKS_MAX)
            return expected(parsing, pair, "at most %d sinks", RULE_SINKS_MAX);
        if (rule->sink_count > 0 && rule_sends_to(rule, name))
            return expected(parsing, pair, "each sink once, but %s stands there twice", name);
        memcpy(rule->sinks[rule->sink_count++], name, sizeof name);
        at += len;
        at += strspn(at, " ");
        if (*at == '\0')
            return true;
        if (*at != ',')
            return expected(parsing, pair, "a comma between the names of sinks");
        at++;
        at += strspn(at, " ");
    }
}

static bool set_text(struct parsing *parsing, const struct rule_pair *pair)
{
    char fault[TEMPLATE_FAULT_SIZE];
    size_t len = strlen(pair->value);

    if (len >= RULE_TEXT_SIZE)
        return expected(parsing, pair, "at most %d bytes", RULE_TEXT_SIZE - 1);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)pair->value[i] < 0x20 || pair->value[i] == 0x7f)
            return expected(parsing, pair, "no control characters");
    }
    if (!template_check(fault, pair->value))
        return fail(parsing, pair->line, "text: %s", fault);
    memset(parsing->rule->text, 0, RULE_TEXT_SIZE);
    memcpy(parsing->rule->text, pair->value, len);
    return true;
}

static const struct {
    const char *name;
    set_fn set;
} keys[] = {
    {"metric", set_metric},       {"bound", set_bound},     {"raise", set_raise},
    {"clear", set_clear},         {"for", set_for},         {"clearfor", set_clearfor},
    {"severity", set_severity},   {"repeat", set_repeat},   {"repeatfactor", set_repeatfactor},
    {"repeatmax", set_repeatmax}, {"update", set_update},   {"sinks", set_sinks},
    {"text", set_text},           {"enabled", set_enabled},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

const char *rule_key_at(size_t i)
{
    return i < KEY_COUNT ? keys[i].name : NULL;
}

static set_fn find_key(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].set;
    }
    return NULL;
}

static bool unknown_key(const struct parsing *parsing, const struct rule_pair *pair)
{
    const char *names[KEY_COUNT];
    char key[SHOWN_SIZE];
    const char *nearest = NULL;

    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    nearest = nearest_word(pair->key, names, KEY_COUNT, KEY_SLIP);
    if (nearest != NULL)
        return fail(parsing, pair->line, "unknown key %s: did you mean %s?", shown(key, pair->key),
                    nearest);
    return fail(parsing, pair->line,
                "unknown key %s: expected metric, bound, raise, clear, for, clearfor, severity, "
                "repeat, repeatfactor, repeatmax, update, sinks, text or enabled",
                shown(key, pair->key));
}

/* ---- The rule ----------------------------------------------------------- */

bool rule_name_ok(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return len > 0 && len < RULE_NAME_SIZE && name[len] == '\0';
}

/* A rule of which nothing is known but its name. */
static struct rule blank_rule(const char *name)
{
    struct rule rule = {
        .enabled = true,
        .metric = METRIC_COUNT,
        .severity = RULE_WARNING,
        .repeat_ms = DEFAULT_REPEAT_MS,
        .repeat_factor = DEFAULT_REPEAT_FACTOR,
        .repeat_max_ms = DEFAULT_REPEAT_MAX_MS,
        .update = DEFAULT_UPDATE,
    };

    memcpy(rule.name, name, strlen(name));
    return rule;
}

static bool unknown_metric(const struct parsing *parsing, const struct rule_pair *pair)
{
    const char *nearest = metric_nearest(pair->value);

    if (nearest != NULL)
        return expected(parsing, pair, "a metric: did you mean %s?", nearest);
    return expected(parsing, pair, "a metric: 'hashtide alerts metrics' lists them");
}

/* Finds the metric, which is what the rest is read by. */
static bool read_metric(struct parsing *parsing, const struct rule *base,
                        const struct rule_pair *pairs, size_t count)
{
    struct rule *rule = parsing->rule;

    for (size_t i = 0; i < count; i++) {
        enum metric_id metric = METRIC_COUNT;

        if (strcmp(pairs[i].key, "metric") != 0)
            continue;
        metric = metric_find(pairs[i].value);
        if (metric == METRIC_COUNT)
            return unknown_metric(parsing, &pairs[i]);
        if (base != NULL && metric != base->metric)
            *rule = blank_rule(parsing->name);
        rule->metric = metric;
    }
    if (rule->metric == METRIC_COUNT)
        return fail(parsing, 0, "expected metric=NAME: 'hashtide alerts metrics' lists them");
    return true;
}

static bool read_pairs(struct parsing *parsing, const struct rule_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        set_fn set = find_key(pairs[i].key);

        if (set == NULL)
            return unknown_key(parsing, &pairs[i]);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(pairs[i].key, pairs[j].key) == 0)
                return fail(parsing, pairs[i].line,
                            "%s was given already in line %u: expected it once", pairs[i].key,
                            pairs[j].line);
        }
        if (!set(parsing, &pairs[i]))
            return false;
    }
    return true;
}

/* Both levels are there, and far enough from each other to be two. */
static bool check_levels(const struct parsing *parsing)
{
    const struct rule *rule = parsing->rule;
    const struct metric_info *metric = metric_info(rule->metric);
    bool above = rule->side == RULE_ABOVE;
    unsigned line = parsing->clear_line != 0 ? parsing->clear_line : parsing->raise_line;
    char raise[METRIC_TEXT_SIZE];
    char clear[METRIC_TEXT_SIZE];

    if (above ? rule->clear_level < rule->raise_level : rule->clear_level > rule->raise_level)
        return true;
    metric_format(raise, metric->unit, rule->raise_level);
    metric_format(clear, metric->unit, rule->clear_level);
    return fail(parsing, line,
                "clear=%s does not suit raise=%s: expected a level %s it, so that the alert does "
                "not flap",
                clear, raise, above ? "below" : "above");
}

static bool check_side_of_clear(const struct parsing *parsing, const struct rule_pair *pairs,
                                size_t count)
{
    const struct rule *rule = parsing->rule;
    enum metric_unit unit = metric_info(rule->metric)->unit;

    for (size_t i = 0; i < count; i++) {
        enum rule_side side = RULE_ABOVE;
        double level = 0;

        if (strcmp(pairs[i].key, "clear") == 0 &&
            parse_sided(&side, &level, unit, pairs[i].value) && side == rule->side)
            return expected(parsing, &pairs[i], "%s and a level, since it is raised %s",
                            side == RULE_ABOVE ? "below" : "above", rule_side_name(side));
    }
    return true;
}

/* What only all keys together can break. */
static bool check(struct parsing *parsing, const struct rule *base, const struct rule_pair *pairs,
                  size_t count)
{
    struct rule *rule = parsing->rule;
    const struct metric_info *metric = metric_info(rule->metric);
    bool levels_known = base != NULL && base->metric == rule->metric;

    if (rule->bound != RULE_ESTIMATE && metric->kind != METRIC_ESTIMATE)
        return fail(parsing, parsing->bound_line,
                    "bound=%s: %s has no interval: expected bound=estimate",
                    rule_bound_name(rule->bound), metric->name);
    if (!parsing->raise_given && !levels_known)
        return fail(parsing, 0, "expected raise=LEVEL: above or below and a level, such as %s",
                    level_example(metric->unit));
    if (metric->unit == METRIC_YES_NO && !parsing->clear_given)
        rule->clear_level = rule->side == RULE_ABOVE ? 0 : 1;
    else if (!parsing->clear_given && !levels_known)
        return fail(parsing, 0,
                    "expected clear=LEVEL: a level %s that of raise, so that the alert does not "
                    "flap",
                    rule->side == RULE_ABOVE ? "below" : "above");
    if (rule->repeat_ms > rule->repeat_max_ms && parsing->repeat_max != NULL)
        return expected(parsing, parsing->repeat_max, "at least as long as repeat");
    if (rule->repeat_ms > rule->repeat_max_ms)
        rule->repeat_max_ms = rule->repeat_ms;
    return check_side_of_clear(parsing, pairs, count) && check_levels(parsing);
}

bool rule_parse(struct rule *out, struct rule_error *error, const char *name, unsigned line,
                const struct rule *base, const struct rule_pair *pairs, size_t count)
{
    struct parsing parsing = {.rule = out, .error = error, .name = name, .line = line};
    char given[SHOWN_SIZE];

    error->text[0] = '\0';
    error->line = line;
    if (!rule_name_ok(name)) {
        parsing.name = shown(given, name);
        return fail(&parsing, 0, "expected a name of up to %d letters, digits, - and _",
                    RULE_NAME_SIZE - 1);
    }
    *out = base != NULL ? *base : blank_rule(name);
    if (!read_metric(&parsing, base, pairs, count) || !read_pairs(&parsing, pairs, count) ||
        !check(&parsing, base, pairs, count))
        return false;
    out->digest = rule_digest(out);
    return true;
}
