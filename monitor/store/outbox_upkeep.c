// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * outbox_upkeep: what people see of the outbox, ask of it, and what is thrown away.
 */
#include "config.h"

#include "monitor/store/outbox_internal.h"

#include <assert.h>
#include <stdio.h>

/** Rows that one transaction changes: so that another process waits for some milliseconds, and not
 *  for 100,000 rows. */
#define BATCH 1000

/* ---- the list ---- */

/* False: no such state or fate. */
static bool read_entry(struct outbox_entry *out, sqlite3_stmt *statement)
{
    int64_t fate = sqlite3_column_int64(statement, 6);
    bool first = sqlite3_column_int(statement, 13) != 0;

    *out = (struct outbox_entry){
        .sink = outbox_text(statement, 0),
        .id = outbox_text(statement, 1),
        .alert_id = outbox_text(statement, 2),
        .rule = outbox_text(statement, 3),
        .created_ms = sqlite3_column_int64(statement, 5),
        .attempts = (uint32_t)sqlite3_column_int64(statement, 7),
        .first_try_ms = sqlite3_column_int64(statement, 8),
        .last_try_ms = sqlite3_column_int64(statement, 9),
        .next_try_ms = first ? sqlite3_column_int64(statement, 10) : 0,
        .status = sqlite3_column_int(statement, 11),
        .answer = outbox_text(statement, 12),
    };
    if (fate < (int64_t)DELIVERY_WAITS || fate > (int64_t)DELIVERY_DEAD_DROPPED ||
        !outbox_state(&out->state, statement, 4))
        return false;
    out->fate = (enum delivery_fate)fate;
    return true;
}

/* Rows of a statement that is bound already. */
static bool each_entry(struct outbox *outbox, sqlite3_stmt *statement,
                       bool (*each)(void *context, const struct outbox_entry *row), void *context)
{
    bool good = false;

    while (outbox_row(outbox, statement, &good)) {
        struct outbox_entry row;

        good = read_entry(&row, statement) ||
               database_say(&outbox->database, "the outbox is broken: a message in it is none");
        if (!good || !each(context, &row)) {
            outbox_leave(statement);
            return false;
        }
    }
    return good;
}

bool outbox_each_entry(struct outbox *outbox, bool dead_only,
                       bool (*each)(void *context, const struct outbox_entry *row), void *context)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_EACH_ENTRY);

    if (statement == NULL)
        return false;
    sqlite3_bind_int(statement, 1, dead_only ? 1 : -1);
    return each_entry(outbox, statement, each, context);
}

/* ---- the story of an alert ---- */

bool outbox_each_fate(struct outbox *outbox, const char *id,
                      bool (*each)(void *context, const struct outbox_entry *row), void *context)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_EACH_FATE);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, id);
    return each_entry(outbox, statement, each, context);
}

static enum outbox_found find_alert(struct outbox *outbox, char out[IDENTITY_SIZE],
                                    enum outbox_statement number, const char *name)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, number);
    bool good = false;

    if (statement == NULL)
        return OUTBOX_BROKEN;
    outbox_bind_text(statement, 1, name);
    if (!outbox_row(outbox, statement, &good))
        return good ? OUTBOX_NONE : OUTBOX_BROKEN;
    snprintf(out, IDENTITY_SIZE, "%s", outbox_text(statement, 0));
    outbox_leave(statement);
    return OUTBOX_FOUND;
}

enum outbox_found outbox_find_alert(struct outbox *outbox, char out[IDENTITY_SIZE],
                                    const char *name)
{
    enum outbox_found found = find_alert(outbox, out, OUTBOX_LATEST_ALERT, name);

    return found == OUTBOX_NONE ? find_alert(outbox, out, OUTBOX_FIND_ALERT, name) : found;
}

static bool count_story(struct outbox *outbox, const char *alert_id, uint64_t *out)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_COUNT_STORY);
    bool good = false;

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, alert_id);
    if (!outbox_row(outbox, statement, &good))
        return false;
    *out = (uint64_t)sqlite3_column_int64(statement, 0);
    outbox_leave(statement);
    return true;
}

static bool read_word(struct outbox_word *out, sqlite3_stmt *statement)
{
    *out = (struct outbox_word){
        .id = outbox_text(statement, 0),
        .rule = outbox_text(statement, 1),
        .created_ms = sqlite3_column_int64(statement, 3),
        .body = sqlite3_column_blob(statement, 4),
        .body_len = (size_t)sqlite3_column_bytes(statement, 4),
        .is_signed = sqlite3_column_bytes(statement, 5) == SIGN_SIGNATURE_SIZE,
    };
    return outbox_state(&out->state, statement, 2) && out->body != NULL;
}

bool outbox_each_word(struct outbox *outbox, const char *alert_id, uint64_t most,
                      uint64_t *left_out,
                      bool (*each)(void *context, const struct outbox_word *row), void *context)
{
    sqlite3_stmt *statement = NULL;
    uint64_t count = 0;
    bool good = false;

    if (!count_story(outbox, alert_id, &count))
        return false;
    *left_out = count > most ? count - most : 0;
    statement = outbox_prepared(outbox, OUTBOX_EACH_STORY);
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, alert_id);
    sqlite3_bind_int64(statement, 2, (int64_t)*left_out);
    while (outbox_row(outbox, statement, &good)) {
        struct outbox_word row;

        good = read_word(&row, statement) ||
               database_say(&outbox->database, "the outbox is broken: a message in it is none");
        if (!good || !each(context, &row)) {
            outbox_leave(statement);
            return false;
        }
    }
    return good;
}

/* ---- trying anew ---- */

static bool knows_message(struct outbox *outbox, const char *id, bool *known)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_KNOWS_MESSAGE);
    bool good = false;

    *known = false;
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, id);
    if (!outbox_row(outbox, statement, &good))
        return good;
    *known = true;
    outbox_leave(statement);
    return true;
}

static sqlite3_stmt *prepared_for(struct outbox *outbox, enum outbox_statement number,
                                  const struct outbox_retry *what)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, number);

    if (statement != NULL) {
        outbox_bind_text(statement, 1, what->sink);
        outbox_bind_text(statement, 2, what->id);
    }
    return statement;
}

static bool count_waiting(struct outbox *outbox, const struct outbox_retry *what, uint64_t *out)
{
    sqlite3_stmt *statement = prepared_for(outbox, OUTBOX_COUNT_WAITING, what);
    bool good = false;

    if (statement == NULL || !outbox_row(outbox, statement, &good))
        return false;
    *out = (uint64_t)sqlite3_column_int64(statement, 0);
    outbox_leave(statement);
    return true;
}

/* In a transaction of its own. */
static bool forgive_sinks(struct outbox *outbox, const struct outbox_retry *what)
{
    sqlite3_stmt *statement = NULL;

    if (!outbox_begin(outbox))
        return false;
    statement = prepared_for(outbox, OUTBOX_FORGIVE_SINKS, what);
    return outbox_end(outbox, statement != NULL && outbox_run(outbox, statement));
}

/* In a transaction of its own; *count is how many there were, at most BATCH. */
static bool revive(struct outbox *outbox, const struct outbox_retry *what, uint64_t *count)
{
    sqlite3_stmt *statement = NULL;
    bool good = false;

    if (!outbox_begin(outbox))
        return false;
    statement = prepared_for(outbox, OUTBOX_REVIVE, what);
    if (statement != NULL) {
        sqlite3_bind_int(statement, 3, BATCH);
        good = outbox_run(outbox, statement);
        *count = (uint64_t)sqlite3_changes64(outbox->database.sqlite);
    }
    return outbox_end(outbox, good);
}

bool outbox_retry(struct outbox *outbox, const struct outbox_retry *what,
                  struct outbox_retried *out)
{
    struct outbox_sink sink;
    uint64_t count = BATCH;

    *out = (struct outbox_retried){.message_known = true, .sink_known = true};
    if (what->sink != NULL) {
        enum outbox_found found = outbox_sink(outbox, &sink, what->sink);

        if (found == OUTBOX_BROKEN)
            return false;
        out->sink_known = found == OUTBOX_FOUND;
    }
    if (what->id != NULL && !knows_message(outbox, what->id, &out->message_known))
        return false;
    if (!out->sink_known || !out->message_known)
        return true;
    if (!count_waiting(outbox, what, &out->hastened) || !forgive_sinks(outbox, what))
        return false;
    while (count == BATCH) {
        if (!revive(outbox, what, &count))
            return false;
        out->revived += count;
    }
    return true;
}

/* ---- taking out of a queue ---- */

static bool run_drop(struct outbox *outbox, enum outbox_statement number, const char *sink,
                     const char *id, int64_t wall_ms)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, number);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, sink);
    if (id != NULL) {
        outbox_bind_text(statement, 2, id);
        sqlite3_bind_int64(statement, 3, wall_ms);
    }
    return outbox_run(outbox, statement);
}

enum outbox_found outbox_drop(struct outbox *outbox, const char *id, const char *sink,
                              int64_t wall_ms)
{
    bool dropped = false;
    bool good = false;

    if (!outbox_begin(outbox))
        return OUTBOX_BROKEN;
    good = run_drop(outbox, OUTBOX_DROP, sink, id, wall_ms);
    dropped = good && sqlite3_changes64(outbox->database.sqlite) > 0;
    if (dropped)
        good = run_drop(outbox, OUTBOX_HASTEN_SINK, sink, NULL, 0);
    if (!outbox_end(outbox, good))
        return OUTBOX_BROKEN;
    return dropped ? OUTBOX_FOUND : OUTBOX_NONE;
}

/* ---- throwing away ---- */

/* A statement that changes at most BATCH rows; *more if it was as many. */
static bool run_batch(struct outbox *outbox, sqlite3_stmt *statement, int place, bool *more)
{
    sqlite3_bind_int(statement, place, BATCH);
    if (!outbox_run(outbox, statement))
        return false;
    *more = *more || sqlite3_changes64(outbox->database.sqlite) >= BATCH;
    return true;
}

static bool expire(struct outbox *outbox, const struct outbox_tidying *tidying, bool *more)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_EXPIRE);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, tidying->wall_ms);
    sqlite3_bind_int64(statement, 2, tidying->wall_ms - tidying->give_up_ms);
    return run_batch(outbox, statement, 3, more);
}

static bool prune(struct outbox *outbox, enum outbox_statement number,
                  const struct outbox_tidying *tidying, bool *more)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, number);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, tidying->wall_ms - tidying->keep_ms);
    return run_batch(outbox, statement, 2, more);
}

bool outbox_tidy(struct outbox *outbox, const struct outbox_tidying *tidying, bool *more)
{
    *more = false;
    return outbox_begin(outbox) &&
           outbox_end(outbox, expire(outbox, tidying, more) &&
                                  prune(outbox, OUTBOX_PRUNE_DELIVERIES, tidying, more) &&
                                  prune(outbox, OUTBOX_PRUNE_MESSAGES, tidying, more));
}
