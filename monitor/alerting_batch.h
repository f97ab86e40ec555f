// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_batch: messages, states of rules and the cursor on their way into the outbox: gathered,
 * then committed together, or kept until that is possible.
 *
 * What is gathered and committed in one go makes no difference: of states and cursors only the
 * latest is kept, messages stay in order.
 */
#ifndef HASHTIDE_MONITOR_ALERTING_BATCH_H
#define HASHTIDE_MONITOR_ALERTING_BATCH_H

#include "alerts/board.h"
#include "alerts/document.h"
#include "alerts/sign.h"
#include "monitor/store/outbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A message that waits to be written. */
struct alerting_note {
    char id[IDENTITY_SIZE], alert_id[IDENTITY_SIZE];
    char rule[RULE_NAME_SIZE]; /* "" for none */
    enum alert_state state;
    enum rule_severity severity;
    int64_t created_ms;
    char *body; /* owned */
    size_t body_len;
    bool is_signed;
    struct sign_signature signature;
    char **sinks; /* owned, and so is each */
    size_t sink_count;
    char *summary;       /* owned; for the log */
    bool not_durable;    /* it says so: it is to be sent before it is written ... */
    bool undurable_sent; /* ... and that was done */
};

struct alerting_state {
    char name[RULE_NAME_SIZE];
    uint64_t incident;
    uint8_t bytes[BOARD_BYTES_MAX];
    size_t len;
};

/** Zeroed: empty. */
struct alerting_batch {
    struct alerting_note *notes; /* owned, in order */
    size_t note_count, note_room;
    struct alerting_state *states; /* owned, one a rule */
    size_t state_count, state_room;
    bool has_cursor;
    struct outbox_cursor cursor;
    uint8_t headers[OUTBOX_HEADERS_SIZE]; /* up to the cursor, that may be lost elsewhere */
    size_t headers_len;
};

/** Appends a note, zeroed; the pointer is good until the next. */
struct alerting_note *alerting_batch_note(struct alerting_batch *batch);
void alerting_batch_sink(struct alerting_note *note, const char *sink);
/** Takes a state, in the place of an earlier one. */
void alerting_batch_state(struct alerting_batch *batch, const char *name, uint64_t incident,
                          const uint8_t *bytes, size_t len);
bool alerting_batch_is_empty(const struct alerting_batch *batch);
/** Writes it all, durably, or nothing: false. The batch stays as it is. */
bool alerting_batch_commit(const struct alerting_batch *batch, struct outbox *outbox);
/** Empties it; memory is kept for the next. */
void alerting_batch_clear(struct alerting_batch *batch);
/** Frees everything. */
void alerting_batch_free(struct alerting_batch *batch);

#endif
