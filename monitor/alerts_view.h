// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerts_view: what people see of the alerts, as JSON: rules with their states, sinks, the story of
 * an alert. The running monitor makes it from what it holds, commands from the outbox alone.
 *
 * Every function that returns JSON returns a new reference, or NULL when memory is short or the
 * outbox cannot be read.
 */
#ifndef HASHTIDE_MONITOR_ALERTS_VIEW_H
#define HASHTIDE_MONITOR_ALERTS_VIEW_H

#include "alerts/board.h"
#include "alerts/identity.h"
#include "alerts/metric.h"
#include "monitor/settings.h"
#include "monitor/store/outbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** Messages of an alert that a story has: one that was repeated and updated for a month may have
 *  thousands. */
#define ALERTS_VIEW_STORY_MAX 200

struct alerts_view {
    const struct board *board;
    const struct metrics *metrics; /* NULL: no figure is known */
    const uint8_t *key;            /* IDENTITY_KEY_SIZE bytes, under which ids are made */
    int64_t wall_ms;
};

/** Every rule with its state: see alerting_json(). */
json_t *alerts_view_rules(const struct alerts_view *view);
/** The same as a monitor has left it in the outbox, with the rules of these settings. */
json_t *alerts_view_stored(struct outbox *outbox, const struct settings *settings, int64_t wall_ms);

/** Every sink that messages were for: an array of objects with sink, configured, disabled, why,
 *  failures, failing_since_ms, next_try_ms, waiting, dead. */
json_t *alerts_view_sinks(struct outbox *outbox);
/** One of them. */
json_t *alerts_view_sink(const struct outbox_sink *sink);
/** Where a message stands with a sink: "waiting", "delivered", "refused", "too-late", "dropped"
 *  (by hand). */
const char *alerts_view_fate(enum delivery_fate fate);

/** In a list of alerts_view_rules(): the rule of this name, or the one of which an alert of this id
 *  stands. Borrowed; NULL: neither. */
json_t *alerts_view_find(const json_t *rules, const char *name);

#define ALERTS_VIEW_UNKNOWN_SIZE 200
/** One line on a name that is neither: what was probably meant, or where to look. */
void alerts_view_unknown(char out[ALERTS_VIEW_UNKNOWN_SIZE], const json_t *rules, const char *name);

/**
 * The latest messages of an alert, named by its id or by its rule (then of the alert that stands,
 * or else of the latest that was told): alert_id (or null), rule, left_out (how many came before),
 * messages, each with id, state, created_ms, severity, reason, summary, signed, and deliveries:
 * sink, delivery, tries, last_try_ms, status, answer; and now, the rule's entry in rules, or null.
 * OUTBOX_NONE: there is no such rule, and no message of it. rules: of alerts_view_rules().
 */
enum outbox_found alerts_view_story(json_t **out, struct outbox *outbox, const json_t *rules,
                                    const char *name);

/** Sets members of a status: alerts (alerts_view_names(), and trouble: text or null), sinks, and
 *  public_key: text, or null where key is NULL. rules: of alerts_view_rules(). False when memory is
 *  short, or the outbox cannot be read. */
bool alerts_view_in_status(json_t *status, const json_t *rules, struct outbox *outbox,
                           const uint8_t *key, const char *trouble);
/** Names of rules by what they do, from alerts_view_rules(): standing (an object with critical,
 *  warning and info), pending, silenced, acknowledged. */
json_t *alerts_view_names(const json_t *rules);

#endif
