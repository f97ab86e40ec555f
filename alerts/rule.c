// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rule: what a rule means; rule_parse.c reads one.
 */
#include "config.h"

#include "alerts/rule.h"

#include "alerts/rule_internal.h"
#include "chain/cursor.h"
#include "chain/sha256.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *rule_side_name(enum rule_side side)
{
    return side == RULE_ABOVE ? "above" : "below";
}

const char *rule_bound_name(enum rule_bound bound)
{
    static const char *const names[] = {
        [RULE_ESTIMATE] = "estimate", [RULE_LOWER] = "lower", [RULE_UPPER] = "upper"};

    return names[bound];
}

const char *rule_severity_name(enum rule_severity severity)
{
    static const char *const names[] = {
        [RULE_INFO] = "info", [RULE_WARNING] = "warning", [RULE_CRITICAL] = "critical"};

    return names[severity];
}

bool rule_value(double *out, const struct rule *rule, const struct metrics *metrics)
{
    const struct metric_value *value = &metrics->values[rule->metric];

    if (!value->known)
        return false;
    switch (rule->bound) {
    case RULE_ESTIMATE:
        *out = value->value;
        break;
    case RULE_LOWER:
        *out = value->lo;
        break;
    case RULE_UPPER:
        *out = value->hi;
        break;
    }
    return true;
}

bool rule_raises(const struct rule *rule, double value)
{
    return rule->side == RULE_ABOVE ? value >= rule->raise_level : value <= rule->raise_level;
}

bool rule_clears(const struct rule *rule, double value)
{
    return rule->side == RULE_ABOVE ? value <= rule->clear_level : value >= rule->clear_level;
}

bool rule_sends_to(const struct rule *rule, const char *sink)
{
    for (size_t i = 0; i < rule->sink_count; i++) {
        if (strcmp(rule->sinks[i], sink) == 0)
            return true;
    }
    return rule->sink_count == 0;
}

static void put_double(struct writer *writer, double value)
{
    uint64_t bits = 0;

    value = value == 0 ? 0 : value; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    writer_u64(writer, bits);
}

uint64_t rule_digest(const struct rule *rule)
{
    uint8_t bytes[128];
    struct writer writer = writer_of(bytes, sizeof bytes);
    const char *name = metric_info(rule->metric)->name;
    struct hash256 hash;
    struct cursor cursor;
    uint64_t digest = 0;

    writer_put(&writer, name, strlen(name) + 1);
    writer_u8(&writer, (uint8_t)rule->bound);
    writer_u8(&writer, (uint8_t)rule->side);
    put_double(&writer, rule->raise_level);
    put_double(&writer, rule->clear_level);
    assert(!writer.failed);
    sha256(&hash, bytes, writer.used);
    cursor = cursor_of(hash.bytes, HASH256_SIZE);
    digest = cursor_u64(&cursor);
    return digest != 0 ? digest : 1; /* 0 means that there is none */
}

/* ---- For people --------------------------------------------------------- */

/** Text that grows in a buffer; what does not fit is cut. */
struct sentence {
    char *text;
    size_t size;
    size_t used;
};

static void say(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    int len = 0;

    va_start(arguments, format);
    len = vsnprintf(sentence->text + sentence->used, sentence->size - sentence->used, format,
                    arguments);
    va_end(arguments);
    if (len > 0)
        sentence->used += (size_t)len;
    if (sentence->used >= sentence->size)
        sentence->used = sentence->size - 1;
}

void rule_duration_text(char out[RULE_DURATION_TEXT_SIZE], struct rule_duration duration)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;

    if (duration.in_blocks) {
        snprintf(out, RULE_DURATION_TEXT_SIZE, "%lld block%s", (long long)duration.amount,
                 duration.amount == 1 ? "" : "s");
        return;
    }
    if (duration.amount == 0) {
        snprintf(out, RULE_DURATION_TEXT_SIZE, "0 s");
        return;
    }
    while (duration.amount % units[i].ms != 0)
        i++;
    snprintf(out, RULE_DURATION_TEXT_SIZE, "%lld %s", (long long)(duration.amount / units[i].ms),
             units[i].name);
}

static void say_duration(struct sentence *sentence, struct rule_duration duration)
{
    char text[RULE_DURATION_TEXT_SIZE];

    rule_duration_text(text, duration);
    if (duration.amount > 0)
        say(sentence, " for %s", text);
}

static void say_time(struct sentence *sentence, int64_t ms)
{
    char text[RULE_DURATION_TEXT_SIZE];

    rule_duration_text(text, (struct rule_duration){.amount = ms});
    say(sentence, "%s", text);
}

/* "is 5 % or more". */
static void say_level(struct sentence *sentence, const struct rule *rule, bool above, double level)
{
    char text[METRIC_TEXT_SIZE];

    metric_format(text, metric_info(rule->metric)->unit, level);
    say(sentence, "is %s or %s", text, above ? "more" : "less");
}

/* When a rule on a yes or no is raised and cleared. */
static void say_statement(struct sentence *sentence, const struct rule *rule)
{
    const struct metric_info *metric = metric_info(rule->metric);

    say(sentence, "%s%s (%s)", rule->side == RULE_ABOVE ? "" : "it is not so that ", metric->phrase,
        metric->name);
    say_duration(sentence, rule->raise_for);
    say(sentence, "; clears when that has ended");
    say_duration(sentence, rule->clear_for);
}

/* When a rule on a figure is raised and cleared. */
static void say_levels(struct sentence *sentence, const struct rule *rule)
{
    const struct metric_info *metric = metric_info(rule->metric);

    if (rule->bound != RULE_ESTIMATE)
        say(sentence, "even the %s bound of ", rule_bound_name(rule->bound));
    say(sentence, "%s (%s) ", metric->phrase, metric->name);
    say_level(sentence, rule, rule->side == RULE_ABOVE, rule->raise_level);
    say_duration(sentence, rule->raise_for);
    say(sentence, "; clears when it ");
    say_level(sentence, rule, rule->side != RULE_ABOVE, rule->clear_level);
    say_duration(sentence, rule->clear_for);
}

static void say_repeats(struct sentence *sentence, const struct rule *rule)
{
    if (rule->repeat_ms == 0) {
        say(sentence, "never repeats");
        return;
    }
    say(sentence, "repeats after ");
    say_time(sentence, rule->repeat_ms);
    if (rule->repeat_factor > 1 && rule->repeat_max_ms > rule->repeat_ms) {
        say(sentence, ", each further interval %g times as long, up to ", rule->repeat_factor);
        say_time(sentence, rule->repeat_max_ms);
    }
}

static void say_sinks(struct sentence *sentence, const struct rule *rule)
{
    if (rule->sink_count == 0)
        say(sentence, "goes to all sinks");
    for (size_t i = 0; i < rule->sink_count; i++)
        say(sentence, "%s%s",
            i == 0                     ? "goes to "
            : i + 1 < rule->sink_count ? ", "
                                       : " and ",
            rule->sinks[i]);
}

void rule_explain(char out[RULE_EXPLAIN_SIZE], const struct rule *rule)
{
    static const char *const articles[] = {
        [RULE_INFO] = "an info alert",
        [RULE_WARNING] = "a warning",
        [RULE_CRITICAL] = "a critical alert",
    };
    struct sentence sentence = {.text = out, .size = RULE_EXPLAIN_SIZE};

    out[0] = '\0';
    if (!rule->enabled)
        say(&sentence, "Switched off; else it ");
    say(&sentence, rule->enabled ? "Raises %s when " : "raises %s when ", articles[rule->severity]);
    if (metric_info(rule->metric)->unit == METRIC_YES_NO)
        say_statement(&sentence, rule);
    else
        say_levels(&sentence, rule);
    say(&sentence, "; ");
    say_repeats(&sentence, rule);
    say(&sentence, "; ");
    say_sinks(&sentence, rule);
    say(&sentence,
        metric_info(rule->metric)->subject == METRIC_CHAIN ? "; silent until synced." : ".");
}
