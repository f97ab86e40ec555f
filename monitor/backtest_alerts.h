// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest_alerts: a backtest's messages gathered into alerts, from raised to cleared, and what
 * they come to in all: by rule, by year.
 */
#ifndef HASHTIDE_MONITOR_BACKTEST_ALERTS_H
#define HASHTIDE_MONITOR_BACKTEST_ALERTS_H

#include "alerts/document.h"
#include "alerts/identity.h"
#include "alerts/ruleset.h"
#include "monitor/backtest.h"
#include "monitor/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backtest_alert {
    const struct rule *rule; /* of the set */
    uint64_t number;         /* of the rule's alerts: 1, 2, 3 ... */
    char id[IDENTITY_SIZE];
    int64_t since_ms, raised_ms;
    uint32_t raised_height;
    struct hash256 raised_hash;
    bool cleared;
    int64_t cleared_ms; /* where it is not cleared: INT64_MAX */
    uint32_t cleared_height;
    enum alert_reason reason; /* of its end */
    uint32_t messages;
    struct metric_value value; /* when it was raised */
    char *sentence;            /* as it was raised; owned */
};

/** In order of raised_ms. */
struct backtest_alerts {
    const struct ruleset *rules; /* must outlive it */
    struct backtest_alert *items;
    size_t count, room;
    size_t *latest; /* of each rule, index + 1; 0: none */
};

void backtest_alerts_begin(struct backtest_alerts *alerts, const struct ruleset *rules);
void backtest_alerts_free(struct backtest_alerts *alerts);
/** Takes a message, whose rule's name is in the set. */
const struct backtest_alert *backtest_alerts_note(struct backtest_alerts *alerts,
                                                  const struct document *document);

/** Of one rule, or one calendar year. */
struct backtest_sum {
    size_t alerts, messages;
    size_t by_severity[RULE_CRITICAL + 1];
    int64_t in_alert_ms; /* at least one stood */
    bool standing;       /* one stands at the end */
};
/** Alerts of this rule; NULL: of all. Counted are those raised in [from_ms, to_ms), and time in
 *  alert within it; span is what was gone through. */
struct backtest_sum backtest_alerts_sum(const struct backtest_alerts *alerts,
                                        const struct backtest_span *span, const struct rule *rule,
                                        int64_t from_ms, int64_t to_ms);

/** As labels_match() wants them, in the same order. To be freed by free(). */
struct labels_alert *backtest_alerts_labels(const struct backtest_alerts *alerts);

#endif
