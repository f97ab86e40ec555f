// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * documents: see documents.h.
 */
#include "config.h"

#include "tests/alerts/documents.h"

#include "alerts/ruleset.h"

#include <stdbool.h>
#include <string.h>

#define START_MS INT64_C(1700000000123)

/* Every figure, at a value of its own that is not round. */
static void fill(struct metrics *metrics, bool known)
{
    *metrics = (struct metrics){
        .wall_ms = START_MS + 5400000,
        .steady_ms = START_MS + 5400000,
        .uptime_ms = METRICS_NO_START,
        .synced = true,
        .late = !known,
        .has_tip = known,
        .height = 912345,
    };
    memset(metrics->hash.bytes, 0xab, sizeof metrics->hash.bytes);
    for (unsigned i = 0; known && i < METRIC_COUNT; i++) {
        enum metric_id id = (enum metric_id)i;
        enum metric_unit unit = metric_info(id)->unit;
        double value = unit == METRIC_EHS        ? 1000.0 / 3
                       : unit == METRIC_FRACTION ? 1.0 / (3 + i)
                       : unit == METRIC_YES_NO   ? 1
                                                 : 10 + i;

        if (metric_info(id)->kind == METRIC_ESTIMATE)
            metrics_set_estimate(metrics, id, value, value / 1.1, value * 1.1, 912202, 912345);
        else
            metrics_set(metrics, id, value);
    }
}

/** States of a rule's messages, with the reasons that each may have. */
static const struct {
    enum alert_state state;
    enum alert_reason reason;
} kinds[] = {
    {ALERT_RAISED, ALERT_BY_VALUE},      {ALERT_UPDATED, ALERT_BY_VALUE},
    {ALERT_UPDATED, ALERT_ACKNOWLEDGED}, {ALERT_REPEATED, ALERT_BY_VALUE},
    {ALERT_CLEARED, ALERT_BY_VALUE},     {ALERT_CLEARED, ALERT_BY_REORG},
    {ALERT_CLEARED, ALERT_BY_RULE_GONE}, {ALERT_CLEARED, ALERT_BY_RULE_CHANGED},
    {ALERT_CLEARED, ALERT_BY_NO_DATA},
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static size_t of_rule(const struct rule *rule, const struct document_monitor *monitor,
                      const struct metrics *metrics, documents_fn each, void *context)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        struct alert_transition transition = {
            .state = kinds[i].state,
            .reason = kinds[i].reason,
            .incident = 7,
            .sequence = (uint32_t)i + 1,
            .since_wall_ms = START_MS,
            .raised_wall_ms = START_MS + 600000,
            .raised_height = 912300,
            .acknowledged = kinds[i].reason == ALERT_ACKNOWLEDGED,
        };

        each(context, &(struct document){.monitor = monitor,
                                         .metrics = metrics,
                                         .rule = rule,
                                         .transition = &transition,
                                         .not_durable = i == 3});
    }
    return KIND_COUNT;
}

static size_t of_sink(const struct document_monitor *monitor, const struct metrics *metrics,
                      documents_fn each, void *context)
{
    static const enum alert_state states[] = {ALERT_HEARTBEAT, ALERT_TEST};

    for (size_t i = 0; i < 2; i++) {
        struct alert_transition transition = {.state = states[i], .incident = 3, .sequence = 1};

        each(context,
             &(struct document){
                 .monitor = monitor, .metrics = metrics, .transition = &transition, .sink = "ops"});
    }
    return 2;
}

size_t documents_each(documents_fn each, void *context)
{
    struct document_monitor monitors[] = {
        {.name = "", .network = "regtest", .software = "hashtide 0.1"},
        {.name = "M\xc3\xbcnchen \"1\"",
         .has_key = true,
         .network = "main",
         .software = "hashtide 0.1",
         .url = "https://tide.example"},
    };
    struct ruleset set;
    struct metrics metrics;
    size_t count = 0;

    for (size_t i = 0; i < IDENTITY_KEY_SIZE; i++)
        monitors[1].public_key[i] = (uint8_t)(i * 7);
    if (!ruleset_defaults(&set))
        return 0;
    for (size_t which = 0; which < 2; which++) {
        fill(&metrics, which == 1);
        for (size_t i = 0; i < set.count; i++)
            count += of_rule(&set.rules[i], &monitors[which], &metrics, each, context);
        count += of_sink(&monitors[which], &metrics, each, context);
    }
    ruleset_free(&set);
    return count;
}
