// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * document_summary: the sentence for people.
 */
#include "config.h"

#include "alerts/document.h"
#include "alerts/document_internal.h"
#include "alerts/template.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS ((int64_t)86400 * 1000)
/** 0000-01-01 and 9999-12-31, in days since 1970. */
#define FIRST_DAY (-719528)
#define LAST_DAY 2932896

/* The civil date of a day, by the count of days since 0000-03-01 in eras of 400 years. */
static void civil_date(int *year, int *month, int *day, int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

void document_time(char out[DOCUMENT_TIME_SIZE], int64_t wall_ms)
{
    int64_t days = wall_ms / DAY_MS;
    int64_t ms = wall_ms % DAY_MS;
    int year = 0;
    int month = 0;
    int day = 0;

    if (ms < 0) {
        ms += DAY_MS;
        days--;
    }
    if (days < FIRST_DAY || days > LAST_DAY) {
        ms = days < FIRST_DAY ? 0 : DAY_MS - 1;
        days = days < FIRST_DAY ? FIRST_DAY : LAST_DAY;
    }
    civil_date(&year, &month, &day, days);
    snprintf(out, DOCUMENT_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
             (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

/* "12.1 %", or "unknown", and then false. */
static bool put_value(char out[TEMPLATE_VALUE_SIZE], enum metric_id id, bool known, double value)
{
    char text[METRIC_TEXT_SIZE] = "unknown";

    if (known)
        metric_format(text, metric_info(id)->unit, value);
    snprintf(out, TEMPLATE_VALUE_SIZE, "%s", text);
    return known;
}

/* "(8.0 % to 16.2 %)", or nothing of what is no estimate. */
static void put_interval(char out[TEMPLATE_VALUE_SIZE], enum metric_id id,
                         const struct metric_value *value)
{
    char lo[METRIC_TEXT_SIZE];
    char hi[METRIC_TEXT_SIZE];

    out[0] = '\0';
    if (!value->known || metric_info(id)->kind != METRIC_ESTIMATE)
        return;
    metric_format(lo, metric_info(id)->unit, value->lo);
    metric_format(hi, metric_info(id)->unit, value->hi);
    snprintf(out, TEMPLATE_VALUE_SIZE, "(%s to %s)", lo, hi);
}

/* A metric's value with its interval. */
static bool put_whole(char out[TEMPLATE_VALUE_SIZE], enum metric_id id,
                      const struct metric_value *value)
{
    char interval[TEMPLATE_VALUE_SIZE];
    char text[TEMPLATE_VALUE_SIZE];

    put_value(text, id, value->known, value->value);
    put_interval(interval, id, value);
    snprintf(out, TEMPLATE_VALUE_SIZE, "%.100s%s%.120s", text, interval[0] != '\0' ? " " : "",
             interval);
    return value->known;
}

static void put_text(char out[TEMPLATE_VALUE_SIZE], const char *text)
{
    size_t len = strlen(text);

    if (len >= TEMPLATE_VALUE_SIZE) {
        len = TEMPLATE_VALUE_SIZE - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--; /* never inside a character */
    }
    memcpy(out, text, len);
    out[len] = '\0';
}

/* Of the words that are about the rule's value. */
static bool fill_value(const struct document *document, char out[TEMPLATE_VALUE_SIZE],
                       enum template_word word)
{
    const struct rule *rule = document->rule;
    const struct metric_value *value = &document->metrics->values[rule->metric];

    if (word == TEMPLATE_VALUE)
        return put_value(out, rule->metric, value->known, value->value);
    if (word == TEMPLATE_LO)
        return put_value(out, rule->metric, value->known, value->lo);
    if (word == TEMPLATE_HI)
        return put_value(out, rule->metric, value->known, value->hi);
    if (word == TEMPLATE_INTERVAL) {
        put_interval(out, rule->metric, value);
        return value->known;
    }
    return put_value(out, rule->metric, true,
                     word == TEMPLATE_RAISE ? rule->raise_level : rule->clear_level);
}

static bool fill_tip(const struct metrics *metrics, char out[TEMPLATE_VALUE_SIZE],
                     enum template_word word)
{
    if (!metrics->has_tip)
        snprintf(out, TEMPLATE_VALUE_SIZE, "unknown");
    else if (word == TEMPLATE_HEIGHT)
        snprintf(out, TEMPLATE_VALUE_SIZE, "%lu", (unsigned long)metrics->height);
    else
        hash256_to_hex(out, &metrics->hash);
    return metrics->has_tip;
}

static void fill_time(char out[TEMPLATE_VALUE_SIZE], int64_t wall_ms)
{
    char text[DOCUMENT_TIME_SIZE];

    document_time(text, wall_ms);
    snprintf(out, TEMPLATE_VALUE_SIZE, "%s", text);
}

/** template_fill()'s context. */
struct filling {
    const struct document *document;
};

static bool fill(void *context, char out[TEMPLATE_VALUE_SIZE], enum template_word word,
                 enum metric_id metric)
{
    const struct filling *filling = context;
    const struct document *document = filling->document;
    const struct rule *rule = document->rule;

    switch (word) {
    case TEMPLATE_VALUE:
    case TEMPLATE_LO:
    case TEMPLATE_HI:
    case TEMPLATE_INTERVAL:
    case TEMPLATE_RAISE:
    case TEMPLATE_CLEAR:
        return fill_value(document, out, word);
    case TEMPLATE_METRIC:
        put_text(out, metric_info(rule->metric)->name);
        break;
    case TEMPLATE_PHRASE:
        put_text(out, metric_info(rule->metric)->phrase);
        break;
    case TEMPLATE_RULE:
        put_text(out, rule->name);
        break;
    case TEMPLATE_SEVERITY:
        put_text(out, rule_severity_name(rule->severity));
        break;
    case TEMPLATE_STATE:
        put_text(out, alert_state_name(document->transition->state));
        break;
    case TEMPLATE_SINCE:
        fill_time(out, document->transition->since_wall_ms);
        break;
    case TEMPLATE_TIME:
        fill_time(out, document->metrics->wall_ms);
        break;
    case TEMPLATE_HEIGHT:
    case TEMPLATE_HASH:
        return fill_tip(document->metrics, out, word);
    case TEMPLATE_MONITOR:
        put_text(out, document->monitor->name);
        break;
    case TEMPLATE_NETWORK:
        put_text(out, document->monitor->network);
        break;
    case TEMPLATE_WORD_COUNT:
        return put_whole(out, metric, &document->metrics->values[metric]);
    }
    return true;
}

/* Why an alert is cleared, in the middle of a sentence. */
static const char *clear_text(enum alert_reason reason)
{
    switch (reason) {
    case ALERT_BY_REORG:
        return "a reorganisation took back the blocks that justified it";
    case ALERT_BY_RULE_CHANGED:
        return "its rule has been changed";
    case ALERT_BY_RULE_GONE:
        return "its rule has been removed or switched off";
    case ALERT_BY_NO_DATA:
        return "nothing has been known of it for a day";
    case ALERT_BY_VALUE:
    case ALERT_ACKNOWLEDGED:
        break;
    }
    return "";
}

/* The sentence that is built in: what the value is, and since when that is too much or too little.
 */
static void built_in_text(char *out, size_t size, const struct rule *rule)
{
    const struct metric_info *metric = metric_info(rule->metric);

    if (metric->unit == METRIC_YES_NO)
        snprintf(out, size, "%s{phrase}, since {since}",
                 rule->side == RULE_ABOVE ? "" : "it is not so that ");
    else
        snprintf(out, size, "{phrase} is {%s}, at or %s the level of {raise}, since {since}",
                 metric->name, rule_side_name(rule->side));
}

/* What the sentence is, before its placeholders are filled in. */
static void choose_template(char *out, size_t size, const struct document *document)
{
    const struct rule *rule = document->rule;
    const struct alert_transition *transition = document->transition;
    const char *why = clear_text(transition->reason);
    const char *lead = "";
    char built_in[RULE_TEXT_SIZE];

    if (transition->state == ALERT_CLEARED && why[0] != '\0') {
        snprintf(out, size, "Cleared: {rule}: %s", why);
        return;
    }
    if (transition->state == ALERT_CLEARED) {
        if (metric_info(rule->metric)->unit == METRIC_YES_NO)
            snprintf(out, size, "Cleared: {rule}, which had held since {since}");
        else
            snprintf(out, size, "Cleared: {rule}, which had held since {since}: {phrase} is {%s}",
                     metric_info(rule->metric)->name);
        return;
    }
    if (transition->reason == ALERT_ACKNOWLEDGED)
        lead = "Acknowledged: ";
    else if (transition->state != ALERT_RAISED)
        lead = "Still: ";
    built_in_text(built_in, sizeof built_in, rule);
    snprintf(out, size, "%s%s", lead, rule->text[0] != '\0' ? rule->text : built_in);
}

void document_summary(char out[DOCUMENT_SUMMARY_SIZE], const struct document *document)
{
    struct filling filling = {.document = document};
    char text[RULE_TEXT_SIZE + 64];

    if (document->rule == NULL) {
        snprintf(out, DOCUMENT_SUMMARY_SIZE, "%s",
                 document->transition->state == ALERT_HEARTBEAT
                     ? "Heartbeat: the monitor is running, and its messages reach you"
                     : "Test: somebody asked the monitor to send this; nothing has happened");
        return;
    }
    choose_template(text, sizeof text, document);
    template_fill(out, DOCUMENT_SUMMARY_SIZE, text, fill, &filling);
    if (out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A'); /* a sentence */
}
