// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * labels_match: which alert belongs to which event, see labels.h.
 */
#include "config.h"

#include "monitor/labels.h"

const char *labels_outcome_name(enum labels_outcome outcome)
{
    static const char *const names[] = {[LABELS_FOUND] = "found",
                                        [LABELS_STOOD] = "stood",
                                        [LABELS_MISSED] = "missed",
                                        [LABELS_OUTSIDE] = "outside"};

    return names[outcome];
}

enum labels_about labels_about(const struct rule *rule)
{
    bool above = rule->side == RULE_ABOVE;

    switch ((int)rule->metric) { /* most metrics are about something else */
    case METRIC_HASHRATE_NOW_EHS:
    case METRIC_HASHRATE_W144_EHS:
    case METRIC_HASHRATE_W2016_EHS:
        return above ? LABELS_RISE : LABELS_FALL;
    case METRIC_HASHRATE_OFF_HIGH:
        return above ? LABELS_FALL : LABELS_RISE;
    case METRIC_HASHRATE_FALL_STANDING:
    case METRIC_HASHRATE_FALL_CONFIDENCE:
    case METRIC_HASHRATE_FALL_SIZE:
    case METRIC_HASHRATE_FALL_DEPTH:
        return above ? LABELS_FALL : LABELS_OTHER;
    case METRIC_HASHRATE_FALL_LUCK_PER_YEAR:
        return above ? LABELS_OTHER : LABELS_FALL; /* the rarer, the surer */
    case METRIC_HASHRATE_RISE_STANDING:
    case METRIC_HASHRATE_RISE_CONFIDENCE:
    case METRIC_HASHRATE_RISE_SIZE:
        return above ? LABELS_RISE : LABELS_OTHER;
    case METRIC_HASHRATE_RISE_LUCK_PER_YEAR:
        return above ? LABELS_OTHER : LABELS_RISE;
    default:
        return LABELS_OTHER;
    }
}

static enum labels_about about_of(const struct label *label)
{
    return label->depth < 0.0 ? LABELS_RISE : LABELS_FALL;
}

struct labels_match labels_match(const struct label *label, const struct labels_alert *alerts,
                                 size_t count, const struct labels_frame *frame)
{
    struct labels_match match = {.outcome = LABELS_MISSED};
    int64_t last_ms = label->start_ms + frame->window_ms;

    if (label->start_ms < frame->begin_ms || label->start_ms > frame->end_ms)
        return (struct labels_match){.outcome = LABELS_OUTSIDE};
    for (size_t i = 0; i < count && alerts[i].raised_ms <= last_ms; i++) {
        if (alerts[i].about != about_of(label))
            continue;
        if (alerts[i].raised_ms >= label->start_ms)
            return (struct labels_match){.outcome = LABELS_FOUND,
                                         .alert = i,
                                         .delay_ms = alerts[i].raised_ms - label->start_ms};
        if (alerts[i].cleared_ms > label->start_ms)
            match = (struct labels_match){.outcome = LABELS_STOOD, .alert = i};
    }
    if (match.outcome == LABELS_MISSED && last_ms > frame->end_ms)
        match.outcome = LABELS_OUTSIDE;
    return match;
}

size_t labels_explain(const struct labels *labels, const struct labels_alert *alert,
                      const struct labels_frame *frame)
{
    size_t best = labels->count;

    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];

        if (about_of(label) != alert->about || alert->raised_ms < label->start_ms ||
            alert->raised_ms - label->end_ms > frame->window_ms)
            continue;
        if (best == labels->count || label->start_ms > labels->items[best].start_ms)
            best = i;
    }
    return best;
}
