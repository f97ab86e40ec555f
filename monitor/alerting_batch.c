// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_batch: see alerting_batch.h.
 */
#include "config.h"

#include "monitor/alerting_batch.h"

#include "monitor/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alerting_note *alerting_batch_note(struct alerting_batch *batch)
{
    struct alerting_note *note = NULL;

    if (batch->note_count == batch->note_room) {
        batch->note_room = 2 * batch->note_room + 8;
        batch->notes = mem_resize(batch->notes, batch->note_room, sizeof *batch->notes);
    }
    note = &batch->notes[batch->note_count++];
    *note = (struct alerting_note){.body = NULL};
    return note;
}

void alerting_batch_sink(struct alerting_note *note, const char *sink)
{
    note->sinks = mem_resize(note->sinks, note->sink_count + 1, sizeof *note->sinks);
    note->sinks[note->sink_count++] = mem_text(sink);
}

static struct alerting_state *find_state(struct alerting_batch *batch, const char *name)
{
    for (size_t i = 0; i < batch->state_count; i++) {
        if (strcmp(batch->states[i].name, name) == 0)
            return &batch->states[i];
    }
    if (batch->state_count == batch->state_room) {
        batch->state_room = 2 * batch->state_room + 8;
        batch->states = mem_resize(batch->states, batch->state_room, sizeof *batch->states);
    }
    return &batch->states[batch->state_count++];
}

void alerting_batch_state(struct alerting_batch *batch, const char *name, uint64_t incident,
                          const uint8_t *bytes, size_t len)
{
    struct alerting_state *state = find_state(batch, name);

    assert(len <= sizeof state->bytes);
    snprintf(state->name, sizeof state->name, "%s", name);
    state->incident = incident;
    memcpy(state->bytes, bytes, len);
    state->len = len;
}

bool alerting_batch_is_empty(const struct alerting_batch *batch)
{
    return batch->note_count == 0 && batch->state_count == 0 && !batch->has_cursor;
}

static struct outbox_message message_of(const struct alerting_note *note)
{
    return (struct outbox_message){
        .id = note->id,
        .alert_id = note->alert_id,
        .rule = note->rule[0] != '\0' ? note->rule : NULL,
        .state = note->state,
        .created_ms = note->created_ms,
        .body = note->body,
        .body_len = note->body_len,
        .signature = note->is_signed ? note->signature.bytes : NULL,
        .sinks = (const char *const *)note->sinks,
        .sink_count = note->sink_count,
    };
}

bool alerting_batch_commit(const struct alerting_batch *batch, struct outbox *outbox)
{
    struct outbox_message *messages = mem_zeroed(batch->note_count + 1, sizeof *messages);
    struct outbox_rule *rules = mem_zeroed(batch->state_count + 1, sizeof *rules);
    struct outbox_commit commit = {.rules = rules,
                                   .rule_count = batch->state_count,
                                   .messages = messages,
                                   .message_count = batch->note_count,
                                   .cursor = batch->has_cursor ? &batch->cursor : NULL,
                                   .headers = batch->headers,
                                   .headers_len = batch->has_cursor ? batch->headers_len : 0};
    bool good = false;

    for (size_t i = 0; i < batch->note_count; i++)
        messages[i] = message_of(&batch->notes[i]);
    for (size_t i = 0; i < batch->state_count; i++) {
        const struct alerting_state *state = &batch->states[i];

        rules[i] = (struct outbox_rule){.name = state->name,
                                        .incident = state->incident,
                                        .state = state->bytes,
                                        .state_len = state->len};
    }
    good = outbox_commit(outbox, &commit, NULL);
    free(messages);
    free(rules);
    return good;
}

void alerting_batch_clear(struct alerting_batch *batch)
{
    for (size_t i = 0; i < batch->note_count; i++) {
        struct alerting_note *note = &batch->notes[i];

        for (size_t k = 0; k < note->sink_count; k++)
            free(note->sinks[k]);
        free(note->sinks);
        free(note->body);
        free(note->summary);
    }
    batch->note_count = 0;
    batch->state_count = 0;
    batch->has_cursor = false;
}

void alerting_batch_free(struct alerting_batch *batch)
{
    alerting_batch_clear(batch);
    free(batch->notes);
    free(batch->states);
    *batch = (struct alerting_batch){.notes = NULL};
}
