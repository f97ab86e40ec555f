// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_internal: what the files of alerting share, and nobody else sees.
 *
 *   alerting.c          the steps: looks at blocks, ticks, and what they commit
 *   alerting_observe.c  snapshots
 *   alerting_say.c      documents of messages and heartbeats, and their lines in the log
 *   alerting_answer.c   what people ask
 */
#ifndef HASHTIDE_MONITOR_ALERTING_INTERNAL_H
#define HASHTIDE_MONITOR_ALERTING_INTERNAL_H

#include "alerts/observe.h"
#include "monitor/alerting.h"
#include "monitor/alerting_batch.h"

/** A sink as far as it concerns us. */
struct alerting_sink {
    char name[RULE_NAME_SIZE];
    int64_t heartbeat_ms;      /* 0: none */
    int64_t last_heartbeat_ms; /* wall, when the latest was made; 0: never */
    uint64_t heartbeats;       /* made so far */
};

struct alerting {
    struct outbox *outbox;
    const struct signer *signer;
    struct log *log;
    void (*queued)(void *context);
    void (*undurable)(void *context, const struct alerting_undurable *message);
    void *context;
    struct headerfile *file; /* NULL until alerting_attach() */
    const struct tree *tree;

    char *name; /* the monitor's, "" for none; owned */
    struct document_monitor speaker;
    struct board *board;
    struct observe_wanted wanted;
    struct alerting_sink *sinks; /* owned */
    size_t sink_count;
    struct delivery_options delivery;
    int64_t keep_ms;

    struct instant start;
    struct alerting_moment moment;
    struct metrics metrics;                  /* the latest snapshot */
    struct metric_value given[METRIC_COUNT]; /* by alerting_figures() */
    int64_t late_ms;                         /* the steady time of the latest late look */

    struct outbox_cursor stored; /* the outbox's cursor, until it is found in the tree */
    bool has_stored;
    uint32_t cursor;     /* index in the tree, or TREE_NONE */
    struct reorg unseen; /* deepest reorg since the latest look; disconnected 0: none */
    bool caught_up;      /* since the start, and since the outbox could be written */
    uint32_t best;       /* tip at the latest moment ... */
    int64_t best_ms;     /* ... and since when, monotonic */

    struct alerting_batch batch;
    bool stuck; /* the batch could not be written */
    int64_t retry_ms, retry_wait_ms;
    struct log_complaint complaint;

    struct outbox_counts counts;
    bool counted;
    int64_t count_ms;  /* monotonic: when the outbox is counted next, ... */
    int64_t tick_ms;   /* ... time is looked at, ... */
    int64_t states_ms; /* ... states that moved without a message are written, ... */
    int64_t tidy_ms;   /* ... and what is old is deleted */
};

/** Steady time of the present moment: see struct metrics. */
static inline int64_t alerting_steady(const struct alerting *alerting)
{
    return alerting->start.wall_ms + alerting->moment.now.mono_ms - alerting->start.mono_ms;
}

/* ---- alerting_observe.c ---- */

/** What the snapshot is to be of. */
struct alerting_view {
    struct engine *engine; /* NULL: nothing is known of the chain */
    uint32_t index;        /* the block that the engine has come to; TREE_NONE: none */
    bool late;             /* it came earlier: the snapshot is of that time */
    struct reorg reorg;    /* the way to it from the block looked at before; disconnected 0: none */
};
/** Fills alerting->metrics. False if the store cannot be read: then there is no snapshot. */
bool alerting_snapshot(struct alerting *alerting, const struct alerting_view *view);

/* ---- alerting_say.c ---- */

/** board_step()'s callback: appends the message to the batch. */
void alerting_say(void *context, const struct rule *rule,
                  const struct alert_transition *transition);
/** Heartbeats that are due. */
void alerting_beat(struct alerting *alerting);
/** What is in the outbox now goes into the log. */
void alerting_log_notes(struct alerting *alerting);
/** Hands over what cannot be written, once each. */
void alerting_send_undurable(struct alerting *alerting);

/* ---- alerting.c ---- */

/** Gathers changed states and writes the batch. False: stuck. */
bool alerting_commit(struct alerting *alerting);

#endif
