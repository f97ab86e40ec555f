// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting: rules over the running monitor: snapshots of chain and health go in, messages come out,
 * and are in the outbox before anybody is sent one.
 *
 *   block --> look: snapshot --> board --> documents, signed --> outbox, with states and cursor
 *   time  --> tick: the same, without a block
 *
 * What holds:
 *   - Each block of the best chain is looked at once, in order, when it has come; the one looked at
 *     last is the cursor. Messages, states of rules and the cursor are committed together, and with
 *     them the headers up to the cursor that the header file has not made durable yet: so the look
 *     at a block need not wait for that, and no message speaks of a block that may be lost. After a
 *     crash the blocks behind the cursor are looked at again, marked late, and give the same
 *     messages under the same ids.
 *   - Blocks are looked at only once the monitor is synced, and while the outbox can be written:
 *     until then they wait (alerting_may_look()), and are looked at later, marked late.
 *   - In a store that was never looked at, everything up to the first tip that is synced is
 * history.
 *   - While the outbox cannot be written, what was to be written waits in memory and is tried
 * again, and no rule looks at anything, but those on store.trouble: these speak at once, through
 *     undurable(), with "durable": false in the document; the same documents are written when that
 *     is possible again.
 *
 * Memory: some 2 KB a rule, and what waits to be written.
 */
#ifndef HASHTIDE_MONITOR_ALERTING_H
#define HASHTIDE_MONITOR_ALERTING_H

#include "alerts/board.h"
#include "alerts/metric.h"
#include "alerts/sign.h"
#include "analysis/engine.h"
#include "chain/instant.h"
#include "chain/reorg.h"
#include "chain/tree.h"
#include "monitor/log.h"
#include "monitor/settings.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/outbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alerting; /* opaque */

/** A message that could not be written down. All of it lives during the call only. */
struct alerting_undurable {
    const char *id;
    const void *body;
    size_t body_len;
    const struct sign_signature *signature; /* NULL: not signed */
    const char *const *sinks;               /* whom it is for */
    size_t sink_count;
};

struct alerting_options {
    const struct settings *settings; /* copied from; not kept */
    struct outbox *outbox;           /* not owned */
    const struct signer *signer;     /* not owned; NULL: nothing is signed */
    struct log *log;                 /* not owned */
    struct instant now;
    /** Messages were written to the outbox. May be NULL. */
    void (*queued)(void *context);
    /** May be NULL. */
    void (*undurable)(void *context, const struct alerting_undurable *message);
    void *context;
};

/** What the monitor knows of itself. */
struct alerting_health {
    size_t peers, peers_wanted;
    size_t groups;             /* network groups with a peer that was heard of late, at our tip */
    size_t disagreeing_groups; /* others, of which a peer holds to a tip that is not on our chain */
    bool clock_known;          /* by the system: then error_us */
    int64_t clock_error_us;
    bool clock_suspect; /* peers contradict it */
    bool store_trouble;
    uint64_t store_dropped;
};

struct alerting_moment {
    struct instant now;
    bool synced;
    bool listening; /* silence means something: see METRIC_INTERVAL_SINCE_LAST_S */
    struct alerting_health health;
};

/** Takes up where the outbox says that we were. NULL with message: the outbox cannot be read. */
struct alerting *alerting_new(const struct alerting_options *options, char *message,
                              size_t message_len);
/** NULL is allowed. */
void alerting_free(struct alerting *alerting);
/** The rules may be others. */
void alerting_reconfigure(struct alerting *alerting, const struct settings *settings);

/** Which chain; lives until alerting_free() or the next call. Before anything below. Headers that
 * the outbox has and the file does not are put back into it. */
void alerting_attach(struct alerting *alerting, struct headerfile *file);
/** What holds until the next call. */
void alerting_moment(struct alerting *alerting, const struct alerting_moment *moment);

/** A figure that somebody else works out, once in a while. */
struct alerting_figure {
    enum metric_id id;
    struct metric_value value; /* not known: it is forgotten */
};
/** They hold until they are given again; those about the chain for the present only, not for blocks
 *  that are looked at late. */
void alerting_figures(struct alerting *alerting, const struct alerting_figure *figures,
                      size_t count);

/** The best chain is another. Blocks that have left it count as such at the next look, even if they
 *  had waited, or a crash had kept them, from being looked at themselves. */
void alerting_moved(struct alerting *alerting, const struct reorg *reorg);

/** Index of the block that was looked at last, TREE_NONE: none. */
uint32_t alerting_cursor(const struct alerting *alerting);
/** Whether a block behind the cursor may be looked at now. */
bool alerting_may_look(const struct alerting *alerting);
/** The engine has just taken in this block, which is behind the cursor: higher, or on a branch that
 *  has become the best. caught_up: it is the tip. */
void alerting_look(struct alerting *alerting, struct engine *engine, uint32_t index,
                   bool caught_up);

/** Time has passed. engine NULL: it is not at the tip. Returns the monotonic ms when it wants to be
 *  called again. */
int64_t alerting_wake(struct alerting *alerting, struct engine *engine);
/** Writes what waits, at the end. False: it could not be written, and is made again by the next
 *  start from the blocks behind the cursor. */
bool alerting_drain(struct alerting *alerting);

/** Why the outbox cannot be written; NULL if it can. */
const char *alerting_trouble(const struct alerting *alerting);

/** Somebody has taken note. *written: it is in the outbox, and will be remembered. */
enum board_answer alerting_acknowledge(struct alerting *alerting, const char *rule, bool *written);
/** until_wall_ms: see incident_silence(). */
enum board_answer alerting_silence(struct alerting *alerting, const char *rule,
                                   int64_t until_wall_ms, bool *written);
/** Every rule with its state: an array of objects with rule, enabled, severity, phase, metric,
 *  value (or null), silenced, silenced_until_ms (or null); unless the phase is idle since_ms; and
 *  where an alert stands alert_id, number, messages, acknowledged, raised_ms, raised_height. New
 *  reference, or NULL when memory is short. */
json_t *alerting_json(const struct alerting *alerting);
/** What alerting_figures() gave, by the metric's name: objects with value, lo and hi, unit, and of
 *  figures that rest on blocks from_height and to_height. New reference, or NULL when memory is
 *  short. */
json_t *alerting_figures_json(const struct alerting *alerting);

#endif
