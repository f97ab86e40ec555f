// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest_alerts: see backtest_alerts.h.
 */
#include "config.h"

#include "monitor/backtest_alerts.h"

#include "monitor/mem.h"

#include <assert.h>
#include <stdlib.h>

void backtest_alerts_begin(struct backtest_alerts *alerts, const struct ruleset *rules)
{
    *alerts = (struct backtest_alerts){
        .rules = rules, .latest = mem_zeroed(rules->count + 1, sizeof *alerts->latest)};
}

void backtest_alerts_free(struct backtest_alerts *alerts)
{
    for (size_t i = 0; i < alerts->count; i++)
        free(alerts->items[i].sentence);
    free(alerts->items);
    free(alerts->latest);
    *alerts = (struct backtest_alerts){.count = 0};
}

static struct backtest_alert *add(struct backtest_alerts *alerts, const struct rule *rule,
                                  const struct document *document)
{
    const struct metrics *metrics = document->metrics;
    char sentence[DOCUMENT_SUMMARY_SIZE];
    struct backtest_alert *alert = NULL;

    if (alerts->count == alerts->room) {
        alerts->room = 2 * alerts->room + 64;
        alerts->items = mem_resize(alerts->items, alerts->room, sizeof *alerts->items);
    }
    alert = &alerts->items[alerts->count++];
    *alert = (struct backtest_alert){
        .rule = rule,
        .number = document->transition->incident,
        .since_ms = document->transition->since_wall_ms,
        .raised_ms = metrics->wall_ms,
        .raised_height = metrics->height,
        .raised_hash = metrics->hash,
        .cleared_ms = INT64_MAX,
        .value = metrics->values[rule->metric],
    };
    document_alert_id(alert->id, document);
    document_summary(sentence, document);
    alert->sentence = mem_text(sentence);
    return alert;
}

const struct backtest_alert *backtest_alerts_note(struct backtest_alerts *alerts,
                                                  const struct document *document)
{
    const struct rule *rule = ruleset_find(alerts->rules, document->rule->name);
    size_t *latest = NULL;
    struct backtest_alert *alert = NULL;

    assert(rule != NULL);
    latest = &alerts->latest[rule - alerts->rules->rules];
    if (document->transition->state == ALERT_RAISED) {
        alert = add(alerts, rule, document);
        *latest = alerts->count;
    }
    assert(*latest > 0); /* raised is the first message of an alert */
    alert = &alerts->items[*latest - 1];
    alert->messages++;
    if (document->transition->state == ALERT_CLEARED) {
        alert->cleared = true;
        alert->cleared_ms = document->metrics->wall_ms;
        alert->cleared_height = document->metrics->height;
        alert->reason = document->transition->reason;
    }
    return alert;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct backtest_sum backtest_alerts_sum(const struct backtest_alerts *alerts,
                                        const struct backtest_span *span, const struct rule *rule,
                                        int64_t from_ms, int64_t to_ms)
{
    struct backtest_sum sum = {0};
    int64_t end_ms = smaller(to_ms, span->end_ms);
    int64_t counted_ms = larger(from_ms, span->begin_ms); /* time in alert up to here is in sum */

    for (size_t i = 0; i < alerts->count; i++) {
        const struct backtest_alert *alert = &alerts->items[i];
        int64_t begin_ms = larger(alert->raised_ms, counted_ms);
        int64_t over_ms = smaller(alert->cleared_ms, end_ms);

        if (rule != NULL && alert->rule != rule)
            continue;
        if (over_ms > begin_ms) {
            sum.in_alert_ms += over_ms - begin_ms;
            counted_ms = over_ms;
        }
        if (alert->raised_ms < from_ms || alert->raised_ms >= to_ms)
            continue;
        sum.alerts++;
        sum.messages += alert->messages;
        sum.by_severity[alert->rule->severity]++;
        sum.standing = sum.standing || !alert->cleared;
    }
    return sum;
}

struct labels_alert *backtest_alerts_labels(const struct backtest_alerts *alerts)
{
    struct labels_alert *labels = mem_zeroed(alerts->count + 1, sizeof *labels);

    for (size_t i = 0; i < alerts->count; i++)
        labels[i] = (struct labels_alert){.about = labels_about(alerts->items[i].rule),
                                          .raised_ms = alerts->items[i].raised_ms,
                                          .cleared_ms = alerts->items[i].cleared_ms};
    return labels;
}
