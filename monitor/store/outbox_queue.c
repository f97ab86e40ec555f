// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * outbox_queue: what waits for each sink, and what came of trying.
 */
#include "config.h"

#include "monitor/mem.h"
#include "monitor/store/outbox_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sinks ---- */

/* Those that are not among the configured ones are marked first, and what is left of the mark then
 * are those that were lost. */
static bool set_sinks(struct outbox *outbox, const char *const *names, size_t count,
                      int64_t wall_ms)
{
    sqlite3_stmt *statement = NULL;

    if (!database_run(&outbox->database, "UPDATE sinks SET configured = 2 WHERE configured = 1",
                      "cannot write the outbox"))
        return false;
    for (size_t i = 0; i < count; i++) {
        statement = outbox_prepared(outbox, OUTBOX_FIND_SINK);
        if (statement == NULL)
            return false;
        outbox_bind_text(statement, 1, names[i]);
        if (!outbox_run(outbox, statement))
            return false;
    }
    statement = outbox_prepared(outbox, OUTBOX_LOSE_SINKS);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, wall_ms);
    return outbox_run(outbox, statement);
}

bool outbox_set_sinks(struct outbox *outbox, const char *const *names, size_t count,
                      int64_t wall_ms)
{
    return outbox_begin(outbox) && outbox_end(outbox, set_sinks(outbox, names, count, wall_ms));
}

static void read_sink(struct outbox_sink *out, sqlite3_stmt *statement)
{
    *out = (struct outbox_sink){
        .configured = sqlite3_column_int(statement, 1) == 1,
        .memory = {.failures = (uint32_t)sqlite3_column_int64(statement, 2),
                   .failing_since_ms = sqlite3_column_int64(statement, 3),
                   .next_try_ms = sqlite3_column_int64(statement, 4),
                   .disabled = sqlite3_column_int(statement, 5) != 0},
        .heartbeats = (uint64_t)sqlite3_column_int64(statement, 7),
        .waiting = (uint64_t)sqlite3_column_int64(statement, 8),
        .dead = (uint64_t)sqlite3_column_int64(statement, 9),
        .heartbeat_ms = sqlite3_column_int64(statement, 10),
    };
    snprintf(out->name, sizeof out->name, "%s", outbox_text(statement, 0));
    snprintf(out->why, sizeof out->why, "%s", outbox_text(statement, 6));
}

enum outbox_found outbox_sink(struct outbox *outbox, struct outbox_sink *out, const char *name)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_GET_SINK);
    bool good = false;

    *out = (struct outbox_sink){0};
    if (statement == NULL)
        return OUTBOX_BROKEN;
    outbox_bind_text(statement, 1, name);
    if (!outbox_row(outbox, statement, &good))
        return good ? OUTBOX_NONE : OUTBOX_BROKEN;
    read_sink(out, statement);
    outbox_leave(statement);
    return OUTBOX_FOUND;
}

bool outbox_each_sink(struct outbox *outbox,
                      bool (*each)(void *context, const struct outbox_sink *row), void *context)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_EACH_SINK);
    bool good = false;

    if (statement == NULL)
        return false;
    while (outbox_row(outbox, statement, &good)) {
        struct outbox_sink row;

        read_sink(&row, statement);
        if (!each(context, &row)) {
            outbox_leave(statement);
            return false;
        }
    }
    return good;
}

/* ---- messages ---- */

/* False: no state, or no body. */
static bool read_delivery(struct outbox_delivery *out, sqlite3_stmt *statement)
{
    const void *body = sqlite3_column_blob(statement, 6);
    size_t body_len = (size_t)sqlite3_column_bytes(statement, 6);
    const void *signature = sqlite3_column_blob(statement, 7);

    if (!outbox_state(&out->state, statement, 4) || body == NULL || body_len > OUTBOX_BODY_MAX)
        return false;
    out->number = sqlite3_column_int64(statement, 0);
    snprintf(out->id, sizeof out->id, "%s", outbox_text(statement, 1));
    snprintf(out->alert_id, sizeof out->alert_id, "%s", outbox_text(statement, 2));
    snprintf(out->rule, sizeof out->rule, "%s", outbox_text(statement, 3));
    out->created_ms = sqlite3_column_int64(statement, 5);
    out->body = mem_zeroed(body_len + 1, 1);
    memcpy(out->body, body, body_len);
    out->body_len = body_len;
    out->is_signed = sqlite3_column_bytes(statement, 7) == SIGN_SIGNATURE_SIZE;
    if (out->is_signed)
        memcpy(out->signature, signature, SIGN_SIGNATURE_SIZE);
    out->attempts = (uint32_t)sqlite3_column_int64(statement, 8);
    out->refusals = (uint32_t)sqlite3_column_int64(statement, 9);
    out->first_try_ms = sqlite3_column_int64(statement, 10);
    return true;
}

enum outbox_found outbox_next(struct outbox *outbox, struct outbox_delivery *out, const char *sink)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_GET_NEXT);
    enum outbox_found found = OUTBOX_FOUND;
    bool good = false;

    *out = (struct outbox_delivery){0};
    if (statement == NULL)
        return OUTBOX_BROKEN;
    outbox_bind_text(statement, 1, sink);
    if (!outbox_row(outbox, statement, &good))
        return good ? OUTBOX_NONE : OUTBOX_BROKEN;
    if (!read_delivery(out, statement)) {
        database_say(&outbox->database, "the outbox is broken: a message in it is none");
        found = OUTBOX_BROKEN;
    }
    outbox_leave(statement);
    return found;
}

void outbox_delivery_free(struct outbox_delivery *delivery)
{
    free(delivery->body);
    *delivery = (struct outbox_delivery){0};
}

/* ---- outcomes ---- */

/* Answers are strangers' words: what is kept of one is short, and ends with a whole character. */
static void cut_answer(char out[OUTBOX_ANSWER_SIZE], const char *answer)
{
    size_t len = strnlen(answer, OUTBOX_ANSWER_SIZE);

    if (len == OUTBOX_ANSWER_SIZE) {
        len--;
        while (len > 0 && ((unsigned char)answer[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out, answer, len);
    out[len] = '\0';
}

static bool put_outcome(struct outbox *outbox, const struct outbox_outcome *outcome,
                        const char *answer)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_OUTCOME);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, outcome->sink);
    sqlite3_bind_int64(statement, 2, outcome->number);
    sqlite3_bind_int(statement, 3, (int)outcome->fate);
    sqlite3_bind_int(statement, 4, outcome->refused);
    sqlite3_bind_int64(statement, 5, outcome->tried_ms);
    sqlite3_bind_int(statement, 6, outcome->status);
    outbox_bind_text(statement, 7, answer);
    return outbox_run(outbox, statement);
}

static bool put_memory(struct outbox *outbox, const struct outbox_outcome *outcome,
                       const char *answer)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_MEMORY);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, outcome->sink);
    sqlite3_bind_int64(statement, 2, outcome->memory.failures);
    sqlite3_bind_int64(statement, 3, outcome->memory.failing_since_ms);
    sqlite3_bind_int64(statement, 4, outcome->memory.next_try_ms);
    sqlite3_bind_int(statement, 5, outcome->memory.disabled);
    outbox_bind_text(statement, 6, outcome->memory.disabled ? answer : NULL);
    return outbox_run(outbox, statement);
}

bool outbox_record(struct outbox *outbox, const struct outbox_outcome *outcomes, size_t count)
{
    bool good = true;

    if (!outbox_begin(outbox))
        return false;
    for (size_t i = 0; good && i < count; i++) {
        char answer[OUTBOX_ANSWER_SIZE];

        cut_answer(answer, outcomes[i].answer != NULL ? outcomes[i].answer : "");
        good =
            put_outcome(outbox, &outcomes[i], answer) && put_memory(outbox, &outcomes[i], answer);
    }
    return outbox_end(outbox, good);
}

bool outbox_counts(struct outbox *outbox, struct outbox_counts *out)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_GET_COUNTS);
    bool good = false;

    *out = (struct outbox_counts){0};
    if (statement == NULL || !outbox_row(outbox, statement, &good))
        return false;
    out->dead = (uint64_t)sqlite3_column_int64(statement, 0);
    out->queued = (uint64_t)sqlite3_column_int64(statement, 1);
    out->any = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    out->oldest_ms = sqlite3_column_int64(statement, 2);
    outbox_leave(statement);
    return true;
}
