// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest_tables: the datasets of a backtest, see backtest_report.h.
 */
#include "config.h"

#include "monitor/backtest_report.h"

#include <string.h>

static void write_word(struct table *table, const char *word)
{
    table_word(table, word, strlen(word));
}

static void write_seconds(struct table *table, int64_t ms)
{
    table_integer(table, ms / 1000);
}

/* ---- alerts ---- */

static void write_end(struct table *table, const struct backtest_alert *alert)
{
    if (!alert->cleared) {
        for (int i = 0; i < 4; i++)
            table_null(table);
        return;
    }
    table_time_ms(table, alert->cleared_ms);
    table_integer(table, alert->cleared_height);
    write_word(table, alert_reason_name(alert->reason));
    write_seconds(table, alert->cleared_ms - alert->raised_ms);
}

static void write_value(struct table *table, const struct backtest_alert *alert)
{
    const struct metric_info *metric = metric_info(alert->rule->metric);
    const double values[] = {alert->value.value, alert->value.lo, alert->value.hi};

    table_string(table, metric->name);
    write_word(table, metric_unit_name(metric->unit));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (alert->value.known && (i == 0 || metric->kind == METRIC_ESTIMATE))
            table_figure(table, values[i]);
        else
            table_null(table);
    }
}

static void write_explained(struct table *table, const struct backtest_result *result, size_t i)
{
    const struct label *label = NULL;

    if (result->labelled && result->explained[i] < result->labels.count)
        label = &result->labels.items[result->explained[i]];
    if (label == NULL) {
        table_null(table);
        table_null(table);
        return;
    }
    table_string(table, label->name);
    write_seconds(table, result->alerts.items[i].raised_ms - label->start_ms);
}

static void write_alerts(struct table *table, const struct backtest_result *result)
{
    for (size_t i = 0; i < result->alerts.count && !table_failed(table); i++) {
        const struct backtest_alert *alert = &result->alerts.items[i];

        write_word(table, alert->rule->name);
        table_integer(table, (int64_t)alert->number);
        write_word(table, alert->id);
        write_word(table, rule_severity_name(alert->rule->severity));
        table_time_ms(table, alert->since_ms);
        table_time_ms(table, alert->raised_ms);
        table_integer(table, alert->raised_height);
        table_hash(table, &alert->raised_hash);
        write_end(table, alert);
        table_integer(table, alert->messages);
        write_value(table, alert);
        write_explained(table, result, i);
        table_string(table, alert->sentence);
        table_end_row(table);
    }
}

static const struct table_column alert_columns[] = {
    {"rule", TABLE_STRING, "Name of the rule."},
    {"number", TABLE_INTEGER, "1, 2, 3 ... among the rule's alerts of this backtest."},
    {"alert_id", TABLE_STRING,
     "The id that its messages have in common, by the key of the data directory as it is now, or "
     "without one."},
    {"severity", TABLE_STRING, "info, warning or critical."},
    {"since", TABLE_TIME, "From when on the value was at the raise level or beyond."},
    {"raised", TABLE_TIME, "When it was raised, in virtual time."},
    {"raised_height", TABLE_INTEGER, "Height of the tip then."},
    {"raised_hash", TABLE_STRING, "Hash of the tip then."},
    {"cleared", TABLE_TIME, "When it was cleared; empty, with what follows, if it still stands."},
    {"cleared_height", TABLE_INTEGER, "Height of the tip then."},
    {"reason", TABLE_STRING, "Why it was cleared: value, or no-data."},
    {"duration_s", TABLE_INTEGER, "From raised to cleared."},
    {"messages", TABLE_INTEGER, "How many would have been sent, raised and cleared among them."},
    {"metric", TABLE_STRING, "What the rule watches."},
    {"unit", TABLE_STRING, "Unit of the value."},
    {"value", TABLE_NUMBER, "The metric's value when it was raised."},
    {"value_lo", TABLE_NUMBER, "Lower end of its interval; empty where it has none."},
    {"value_hi", TABLE_NUMBER, "Upper end."},
    {"event", TABLE_STRING, "The labelled event that explains it; empty where none does."},
    {"after_event_s", TABLE_INTEGER, "From that event's start to raised."},
    {"summary", TABLE_STRING, "The sentence with which it was raised."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct backtest_dataset backtest_dataset_alerts = {
    .name = "alerts",
    .summary = "alerts that the rules would have raised, from raised to cleared",
    .columns = alert_columns,
    .write = write_alerts,
};

/* ---- events ---- */

static void write_event(struct table *table, const struct backtest_result *result, size_t i)
{
    const struct label *label = &result->labels.items[i];
    const struct labels_match *match = &result->matches[i];
    bool some = match->outcome == LABELS_FOUND || match->outcome == LABELS_STOOD;

    table_string(table, label->name);
    table_time_s(table, label->start_ms / 1000);
    table_time_s(table, label->end_ms / 1000);
    if (label->depth_known)
        table_figure(table, label->depth);
    else
        table_null(table);
    write_word(table, labels_outcome_name(match->outcome));
    if (some) {
        const struct backtest_alert *alert = &result->alerts.items[match->alert];

        write_word(table, alert->rule->name);
        write_word(table, alert->id);
        table_time_ms(table, alert->raised_ms);
    } else {
        for (int column = 0; column < 3; column++)
            table_null(table);
    }
    if (match->outcome == LABELS_FOUND)
        write_seconds(table, match->delay_ms);
    else
        table_null(table);
    table_end_row(table);
}

static void write_events(struct table *table, const struct backtest_result *result)
{
    for (size_t i = 0; i < result->labels.count && !table_failed(table); i++)
        write_event(table, result, i);
}

static const struct table_column event_columns[] = {
    {"name", TABLE_STRING, "What the file calls it."},
    {"start", TABLE_TIME, "Its start as labelled; of a day its first second."},
    {"end", TABLE_TIME, "Behind its last day or moment; where none is labelled, behind start."},
    {"depth", TABLE_NUMBER,
     "Share of the hash rate that went, as labelled; negative where it came; empty: not labelled."},
    {"outcome", TABLE_STRING,
     "found: an alert was raised within the window; stood: one that had been raised before stood "
     "when it began; missed; outside: it, or its window, is not in the blocks looked at."},
    {"rule", TABLE_STRING, "Rule of that alert."},
    {"alert_id", TABLE_STRING, "Id of that alert."},
    {"raised", TABLE_TIME, "When that alert was raised."},
    {"delay_s", TABLE_INTEGER, "From start to raised; empty unless found."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct backtest_dataset backtest_dataset_events = {
    .name = "events",
    .summary = "labelled events, and the first alert of each",
    .columns = event_columns,
    .write = write_events,
};
