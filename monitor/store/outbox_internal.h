// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * outbox_internal: what outbox.c, which writes what is to be said, shares with outbox_queue.c,
 * which brings it to the sinks, and outbox_upkeep.c.
 */
#ifndef HASHTIDE_MONITOR_STORE_OUTBOX_INTERNAL_H
#define HASHTIDE_MONITOR_STORE_OUTBOX_INTERNAL_H

#include "monitor/store/database.h"
#include "monitor/store/outbox.h"

enum outbox_statement {
    OUTBOX_PUT_SINK,
    OUTBOX_PUT_MESSAGE,
    OUTBOX_PUT_DELIVERY,
    OUTBOX_REPLACE_HEARTBEATS,
    OUTBOX_COUNT_HEARTBEAT,
    OUTBOX_PUT_RULE,
    OUTBOX_PUT_CURSOR,
    OUTBOX_PUT_KEY,
    OUTBOX_GET_MONITOR,
    OUTBOX_EACH_RULE,
    OUTBOX_LOSE_SINKS,
    OUTBOX_FIND_SINK,
    OUTBOX_GET_SINK,
    OUTBOX_EACH_SINK,
    OUTBOX_GET_NEXT,
    OUTBOX_PUT_OUTCOME,
    OUTBOX_PUT_MEMORY,
    OUTBOX_GET_COUNTS,
    OUTBOX_EACH_ENTRY,
    OUTBOX_FIND_ALERT,
    OUTBOX_LATEST_ALERT,
    OUTBOX_COUNT_STORY,
    OUTBOX_EACH_STORY,
    OUTBOX_EACH_FATE,
    OUTBOX_KNOWS_MESSAGE,
    OUTBOX_FORGIVE_SINKS,
    OUTBOX_COUNT_WAITING,
    OUTBOX_REVIVE,
    OUTBOX_DROP,
    OUTBOX_HASTEN_SINK,
    OUTBOX_EXPIRE,
    OUTBOX_PRUNE_DELIVERIES,
    OUTBOX_PRUNE_MESSAGES,
    OUTBOX_STATEMENTS
};

struct outbox {
    struct database database;
    int64_t version; /* PRAGMA data_version: changes when others write */
    bool troubled;
    char trouble[DATABASE_ERROR_SIZE]; /* of the latest write, if troubled */
    int log_pages;                     /* of the write-ahead log, after the latest commit */
};

/** Of a kind of writing: a step of it, between begin and end. */
bool outbox_begin(struct outbox *outbox);
/** Commits if good, else rolls back; keeps the trouble, or ends it. Returns whether it is done. */
bool outbox_end(struct outbox *outbox, bool good);
/** Ready to be bound; NULL with error. */
sqlite3_stmt *outbox_prepared(struct outbox *outbox, enum outbox_statement number);
/** Runs a statement that gives no rows. */
bool outbox_run(struct outbox *outbox, sqlite3_stmt *statement);
/** A row (true), or the end (false; *good if it is no error). The statement is reset at the end. */
bool outbox_row(struct outbox *outbox, sqlite3_stmt *statement, bool *good);
/** Done with it before its end. */
void outbox_leave(sqlite3_stmt *statement);

/** Text is bound as NULL if it is NULL, and must live until the statement is run. */
void outbox_bind_text(sqlite3_stmt *statement, int place, const char *text);
/** "" for NULL. Lives until the next step. */
const char *outbox_text(sqlite3_stmt *statement, int column);
/** False unless the column is the number of a state. */
bool outbox_state(enum alert_state *out, sqlite3_stmt *statement, int column);

#endif
