// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * outbox: the schema, and what is written before anything is sent.
 */
#include "config.h"

#include "monitor/store/outbox.h"

#include "monitor/mem.h"
#include "monitor/store/outbox_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "TidA", so that file(1) and we can tell this database from others. */
#define APPLICATION_ID 0x54696441
/** Pages of 4 kB in the write-ahead log that are brought home when there is time, and in the next
 *  commit whether there is time or not. */
#define LOG_PAGES_MANY 1000
#define LOG_PAGES_MOST 8000

static const char *const migrations[] = {
    /* 0 -> 1 */
    /* One row. The key: NULL, or that under which ids were made; the last event of the chain. */
    "CREATE TABLE monitor ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  key BLOB, height INTEGER, hash BLOB);"
    "INSERT INTO monitor (id) VALUES (1);"
    /* incident: the highest number ever; state: bytes of board_changes(). */
    "CREATE TABLE rules ("
    "  name TEXT PRIMARY KEY,"
    "  incident INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID;"
    /* Times are 0 where there is none. waiting and dead are kept by triggers. */
    "CREATE TABLE sinks ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  configured INTEGER NOT NULL DEFAULT 1,"
    "  failures INTEGER NOT NULL DEFAULT 0,"
    "  failing_since_ms INTEGER NOT NULL DEFAULT 0,"
    "  next_try_ms INTEGER NOT NULL DEFAULT 0,"
    "  disabled INTEGER NOT NULL DEFAULT 0, why TEXT,"
    "  heartbeats INTEGER NOT NULL DEFAULT 0,"
    "  waiting INTEGER NOT NULL DEFAULT 0,"
    "  dead INTEGER NOT NULL DEFAULT 0);"
    /* Numbers are never used again: they are the order of delivery. state: enum alert_state. */
    "CREATE TABLE messages ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id TEXT NOT NULL UNIQUE,"
    "  alert_id TEXT NOT NULL,"
    "  rule TEXT,"
    "  state INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  body BLOB NOT NULL, signature BLOB);"
    "CREATE INDEX messages_created ON messages (created_ms);"
    /* fate: 0 waits, 1 delivered, 2 dead: refused, 3 dead: too late, 4 dead: dropped by hand. */
    "CREATE TABLE deliveries ("
    "  sink INTEGER NOT NULL REFERENCES sinks(id),"
    "  message INTEGER NOT NULL REFERENCES messages(number),"
    "  heartbeat INTEGER NOT NULL,"
    "  fate INTEGER NOT NULL DEFAULT 0,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  refusals INTEGER NOT NULL DEFAULT 0,"
    "  first_try_ms INTEGER NOT NULL DEFAULT 0,"
    "  last_try_ms INTEGER NOT NULL DEFAULT 0,"
    "  ended_ms INTEGER NOT NULL DEFAULT 0,"
    "  status INTEGER NOT NULL DEFAULT 0, answer TEXT,"
    "  PRIMARY KEY (sink, message)) WITHOUT ROWID;"
    "CREATE INDEX deliveries_waiting ON deliveries (sink, message) WHERE fate = 0;"
    "CREATE INDEX deliveries_heartbeats ON deliveries (sink) WHERE fate = 0 AND heartbeat = 1;"
    "CREATE INDEX deliveries_done ON deliveries (ended_ms) WHERE fate = 1;"
    "CREATE INDEX deliveries_dead ON deliveries (sink, message) WHERE fate > 1;"
    "CREATE INDEX deliveries_message ON deliveries (message);"
    "CREATE TRIGGER delivery_added AFTER INSERT ON deliveries BEGIN"
    "  UPDATE sinks SET waiting = waiting + (NEW.fate = 0), dead = dead + (NEW.fate > 1)"
    "    WHERE id = NEW.sink;"
    "END;"
    "CREATE TRIGGER delivery_changed AFTER UPDATE OF fate ON deliveries"
    " WHEN OLD.fate != NEW.fate BEGIN"
    "  UPDATE sinks SET waiting = waiting + (NEW.fate = 0) - (OLD.fate = 0),"
    "    dead = dead + (NEW.fate > 1) - (OLD.fate > 1) WHERE id = NEW.sink;"
    "END;"
    /* A message goes with the last of its deliveries. */
    "CREATE TRIGGER delivery_removed AFTER DELETE ON deliveries BEGIN"
    "  UPDATE sinks SET waiting = waiting - (OLD.fate = 0), dead = dead - (OLD.fate > 1)"
    "    WHERE id = OLD.sink;"
    "  DELETE FROM messages WHERE number = OLD.message"
    "    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message = OLD.message);"
    "END;",
    /* 1 -> 2: when the latest heartbeat was made */
    "ALTER TABLE sinks ADD COLUMN heartbeat_ms INTEGER NOT NULL DEFAULT 0;",
    /* 2 -> 3: the story of an alert, and the latest of a rule, found without reading all */
    ("CREATE INDEX messages_alert ON messages (alert_id);"
     "CREATE INDEX messages_rule ON messages (rule) WHERE rule IS NOT NULL;"),
    /* 3 -> 4: headers up to the cursor that the header file may lose; NULL: none */
    "ALTER TABLE monitor ADD COLUMN headers BLOB;",
};

#define SINK_COLUMNS                                                                               \
    "name, configured, failures, failing_since_ms, next_try_ms, disabled, why, heartbeats,"        \
    " waiting, dead, heartbeat_ms"
/* A delivery in a list, but for whether it is the sink's next. */
#define ENTRY_COLUMNS                                                                              \
    "name, messages.id, alert_id, rule, state, created_ms, fate, attempts, first_try_ms,"          \
    " last_try_ms, next_try_ms, status, answer"
/* The sink that ?1 names. */
#define THE_SINK "(SELECT id FROM sinks WHERE name = ?1)"

/* Where an index or an order of reading (CROSS JOIN) is given, the statement would have to read, or
 * sort, all of a long history without it. */
static const char *const statements[OUTBOX_STATEMENTS] = {
    [OUTBOX_PUT_SINK] = "INSERT INTO sinks (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
    [OUTBOX_PUT_MESSAGE] = "INSERT INTO messages (id, alert_id, rule, state, created_ms, body,"
                           " signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                           " ON CONFLICT (id) DO NOTHING",
    [OUTBOX_PUT_DELIVERY] = "INSERT INTO deliveries (sink, message, heartbeat)"
                            " VALUES (" THE_SINK ", ?2, ?3) ON CONFLICT DO NOTHING",
    [OUTBOX_REPLACE_HEARTBEATS] = "DELETE FROM deliveries INDEXED BY deliveries_heartbeats"
                                  " WHERE fate = 0 AND heartbeat = 1 AND sink = " THE_SINK,
    [OUTBOX_COUNT_HEARTBEAT] = "UPDATE sinks SET heartbeats = heartbeats + 1,"
                               " heartbeat_ms = ?2 WHERE name = ?1",
    [OUTBOX_PUT_RULE] = "INSERT INTO rules (name, incident, state) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (name) DO UPDATE SET state = excluded.state,"
                        " incident = max(incident, excluded.incident)",
    [OUTBOX_PUT_CURSOR] = "UPDATE monitor SET height = ?1, hash = ?2, headers = ?3",
    [OUTBOX_PUT_KEY] = "UPDATE monitor SET key = ?1",
    [OUTBOX_GET_MONITOR] = "SELECT key, height, hash, headers FROM monitor",
    [OUTBOX_EACH_RULE] = "SELECT name, incident, state FROM rules ORDER BY name",
    [OUTBOX_LOSE_SINKS] = "UPDATE sinks SET configured = 0, next_try_ms = 0, failing_since_ms ="
                          " CASE failing_since_ms WHEN 0 THEN ?1 ELSE failing_since_ms END"
                          " WHERE configured = 2",
    [OUTBOX_FIND_SINK] = "INSERT INTO sinks (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET"
                         " failures = CASE configured WHEN 0 THEN 0 ELSE failures END,"
                         " failing_since_ms = CASE configured WHEN 0 THEN 0"
                         " ELSE failing_since_ms END, configured = 1",
    [OUTBOX_GET_SINK] = "SELECT " SINK_COLUMNS " FROM sinks WHERE name = ?1",
    [OUTBOX_EACH_SINK] = "SELECT " SINK_COLUMNS " FROM sinks ORDER BY name",
    [OUTBOX_GET_NEXT] = "SELECT number, messages.id, alert_id, rule, state, created_ms, body,"
                        " signature, attempts, refusals, first_try_ms"
                        " FROM deliveries INDEXED BY deliveries_waiting"
                        " JOIN messages ON number = message"
                        " WHERE fate = 0 AND sink = " THE_SINK " ORDER BY message LIMIT 1",
    /* What a sink has taken is delivered, whatever was decided of it meanwhile. */
    [OUTBOX_PUT_OUTCOME] = "UPDATE deliveries SET fate = ?3, attempts = attempts + 1,"
                           " refusals = refusals + ?4, last_try_ms = ?5,"
                           " first_try_ms = CASE first_try_ms WHEN 0 THEN ?5 ELSE first_try_ms END,"
                           " ended_ms = CASE ?3 WHEN 0 THEN 0 ELSE ?5 END,"
                           " status = ?6, answer = ?7"
                           " WHERE sink = " THE_SINK " AND message = ?2 AND (fate = 0 OR ?3 = 1)",
    [OUTBOX_PUT_MEMORY] = "UPDATE sinks SET failures = ?2, failing_since_ms = ?3,"
                          " next_try_ms = ?4, disabled = ?5, why = ?6 WHERE name = ?1",
    [OUTBOX_GET_COUNTS] = "SELECT (SELECT coalesce(sum(dead), 0) FROM sinks),"
                          " coalesce(sum(waiting), 0), min((SELECT created_ms"
                          "   FROM deliveries INDEXED BY deliveries_waiting"
                          "   JOIN messages ON number = message"
                          "   WHERE fate = 0 AND sink = sinks.id ORDER BY message LIMIT 1))"
                          " FROM sinks WHERE configured = 1",
    [OUTBOX_EACH_ENTRY] =
        "SELECT " ENTRY_COLUMNS ", message = (SELECT min(message) FROM deliveries AS d"
        "   INDEXED BY deliveries_waiting"
        "   WHERE d.fate = 0 AND d.sink = sinks.id)"
        " FROM sinks CROSS JOIN deliveries ON sink = sinks.id"
        " CROSS JOIN messages ON number = message"
        " WHERE fate > ?1 AND fate != 1 ORDER BY name, message",
    [OUTBOX_FIND_ALERT] = "SELECT alert_id FROM messages INDEXED BY messages_alert"
                          " WHERE alert_id = ?1 LIMIT 1",
    [OUTBOX_LATEST_ALERT] = "SELECT alert_id FROM messages INDEXED BY messages_rule"
                            " WHERE rule = ?1 ORDER BY number DESC LIMIT 1",
    [OUTBOX_COUNT_STORY] = "SELECT count(*) FROM messages INDEXED BY messages_alert"
                           " WHERE alert_id = ?1",
    [OUTBOX_EACH_STORY] = "SELECT id, rule, state, created_ms, body, signature FROM messages"
                          " INDEXED BY messages_alert WHERE alert_id = ?1"
                          " ORDER BY number LIMIT -1 OFFSET ?2",
    [OUTBOX_EACH_FATE] = "SELECT " ENTRY_COLUMNS ", 0 FROM messages CROSS JOIN deliveries"
                         " INDEXED BY deliveries_message ON message = number"
                         " CROSS JOIN sinks ON sinks.id = sink"
                         " WHERE messages.id = ?1 ORDER BY name",
    [OUTBOX_KNOWS_MESSAGE] = "SELECT 1 FROM messages WHERE id = ?1",
    [OUTBOX_FORGIVE_SINKS] = "UPDATE sinks SET failures = 0, failing_since_ms = 0,"
                             " next_try_ms = 0, disabled = 0, why = NULL"
                             " WHERE (?1 IS NULL OR name = ?1) AND (?2 IS NULL OR EXISTS"
                             " (SELECT 1 FROM deliveries JOIN messages ON number = message"
                             " WHERE messages.id = ?2 AND sink = sinks.id AND fate != 1))",
    [OUTBOX_COUNT_WAITING] = "SELECT count(*) FROM deliveries INDEXED BY deliveries_waiting"
                             " JOIN messages ON number = message"
                             " WHERE fate = 0 AND (?1 IS NULL OR sink = " THE_SINK ")"
                             " AND (?2 IS NULL OR messages.id = ?2)",
    [OUTBOX_REVIVE] = "UPDATE deliveries SET fate = 0, refusals = 0, ended_ms = 0"
                      " WHERE (sink, message) IN (SELECT sink, message FROM deliveries"
                      " INDEXED BY deliveries_dead WHERE fate > 1"
                      " AND (?1 IS NULL OR sink = " THE_SINK ")"
                      " AND (?2 IS NULL OR message = (SELECT number FROM messages WHERE id = ?2))"
                      " LIMIT ?3)",
    [OUTBOX_DROP] = "UPDATE deliveries SET fate = 4, ended_ms = ?3"
                    " WHERE fate = 0 AND sink = " THE_SINK
                    " AND message = (SELECT number FROM messages WHERE id = ?2)",
    [OUTBOX_HASTEN_SINK] = "UPDATE sinks SET failures = 0, failing_since_ms = 0, next_try_ms = 0"
                           " WHERE name = ?1 AND disabled = 0",
    [OUTBOX_EXPIRE] = "UPDATE deliveries SET fate = 3, ended_ms = ?1"
                      " WHERE (sink, message) IN (SELECT sink, message FROM sinks"
                      " CROSS JOIN deliveries INDEXED BY deliveries_waiting ON sink = sinks.id"
                      " CROSS JOIN messages ON number = message"
                      " WHERE fate = 0 AND failing_since_ms != 0 AND failing_since_ms <= ?2"
                      " AND created_ms <= ?2 LIMIT ?3)",
    [OUTBOX_PRUNE_DELIVERIES] = "DELETE FROM deliveries WHERE (sink, message) IN"
                                " (SELECT sink, message FROM deliveries"
                                " INDEXED BY deliveries_done"
                                " WHERE fate = 1 AND ended_ms <= ?1 LIMIT ?2)",
    [OUTBOX_PRUNE_MESSAGES] = "DELETE FROM messages WHERE number IN (SELECT number FROM messages"
                              " INDEXED BY messages_created WHERE created_ms <= ?1 AND NOT EXISTS"
                              " (SELECT 1 FROM deliveries WHERE message = number) LIMIT ?2)",
};

static const struct database_kind kind = {
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .version = (int)(sizeof migrations / sizeof migrations[0]),
    .advice = ": move it away, and another is made; messages that were not delivered yet, and "
              "which alerts stand, are in it",
    .statements = statements,
    .statement_count = OUTBOX_STATEMENTS,
};

/* ---- small steps ---- */

sqlite3_stmt *outbox_prepared(struct outbox *outbox, enum outbox_statement number)
{
    return database_prepared(&outbox->database, (size_t)number);
}

bool outbox_run(struct outbox *outbox, sqlite3_stmt *statement)
{
    return database_finish(&outbox->database, statement, "cannot write the outbox");
}

void outbox_leave(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

bool outbox_row(struct outbox *outbox, sqlite3_stmt *statement, bool *good)
{
    int result = sqlite3_step(statement);

    if (result == SQLITE_ROW)
        return true;
    *good = result == SQLITE_DONE || database_fail(&outbox->database, "cannot read the outbox");
    outbox_leave(statement);
    return false;
}

void outbox_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    if (text != NULL)
        sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, place);
}

const char *outbox_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text != NULL ? (const char *)text : "";
}

bool outbox_state(enum alert_state *out, sqlite3_stmt *statement, int column)
{
    int64_t number = sqlite3_column_int64(statement, column);

    if (number < (int64_t)ALERT_RAISED || number > (int64_t)ALERT_TEST)
        return false;
    *out = (enum alert_state)number;
    return true;
}

static void keep_trouble(struct outbox *outbox, bool good)
{
    outbox->troubled = !good;
    if (!good)
        snprintf(outbox->trouble, sizeof outbox->trouble, "%s", outbox->database.error);
}

bool outbox_begin(struct outbox *outbox)
{
    bool good = false;

    assert(!outbox->database.read_only);
    good = database_run(&outbox->database, "BEGIN IMMEDIATE", "cannot write the outbox");
    if (!good)
        keep_trouble(outbox, false);
    return good;
}

bool outbox_end(struct outbox *outbox, bool good)
{
    good = good && database_run(&outbox->database, "COMMIT", "cannot write the outbox");
    if (!good)
        database_roll_back(&outbox->database);
    keep_trouble(outbox, good);
    return good;
}

/* ---- opening ---- */

static bool read_version(struct outbox *outbox, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(outbox->database.sqlite, "PRAGMA data_version", -1, &statement,
                                   NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return good;
}

void outbox_checkpoint(struct outbox *outbox)
{
    if (outbox->log_pages < LOG_PAGES_MANY)
        return;
    /* What it leaves, since somebody reads, is left to the next; trouble shows at the next write.
     */
    (void)sqlite3_wal_checkpoint_v2(outbox->database.sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                    NULL);
    outbox->log_pages = 0;
}

/* After a commit; in the place of SQLite's own, which would do it within an alert's way. */
static int on_commit(void *context, sqlite3 *sqlite, const char *name, int pages)
{
    struct outbox *outbox = context;

    (void)sqlite;
    (void)name;
    outbox->log_pages = pages;
    if (pages >= LOG_PAGES_MOST)
        outbox_checkpoint(outbox);
    return SQLITE_OK;
}

struct outbox *outbox_open(const char *path, bool read_only, bool *missing, char *message,
                           size_t message_len)
{
    struct outbox *outbox = mem_zeroed(1, sizeof *outbox);

    if (!database_open(&outbox->database, &kind, path, read_only, missing, message, message_len)) {
        free(outbox);
        return NULL;
    }
    sqlite3_wal_hook(outbox->database.sqlite, on_commit, outbox);
    (void)read_version(outbox, &outbox->version);
    return outbox;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    database_close(&outbox->database);
    free(outbox);
}

const char *outbox_error(const struct outbox *outbox)
{
    return outbox->database.error;
}

const char *outbox_trouble(const struct outbox *outbox)
{
    return outbox->troubled ? outbox->trouble : NULL;
}

bool outbox_changed(struct outbox *outbox)
{
    int64_t version = outbox->version;
    bool changed = read_version(outbox, &version) && version != outbox->version;

    outbox->version = version;
    return changed;
}

/* ---- writing ---- */

static bool put_sink(struct outbox *outbox, const char *sink)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_SINK);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, sink);
    return outbox_run(outbox, statement);
}

/* One that names a sink and nothing else. */
static bool run_for_sink(struct outbox *outbox, enum outbox_statement number, const char *sink)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, number);

    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, sink);
    return outbox_run(outbox, statement);
}

/* A new heartbeat takes the place of those that the sink has not taken. */
static bool put_heartbeat(struct outbox *outbox, const char *sink, int64_t created_ms)
{
    sqlite3_stmt *statement = NULL;

    if (!run_for_sink(outbox, OUTBOX_REPLACE_HEARTBEATS, sink))
        return false;
    statement = outbox_prepared(outbox, OUTBOX_COUNT_HEARTBEAT);
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, sink);
    sqlite3_bind_int64(statement, 2, created_ms);
    return outbox_run(outbox, statement);
}

static bool put_delivery(struct outbox *outbox, int64_t number, const char *sink,
                         const struct outbox_message *message)
{
    bool heartbeat = message->state == ALERT_HEARTBEAT;
    sqlite3_stmt *statement = NULL;

    if (!put_sink(outbox, sink) || (heartbeat && !put_heartbeat(outbox, sink, message->created_ms)))
        return false;
    statement = outbox_prepared(outbox, OUTBOX_PUT_DELIVERY);
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, sink);
    sqlite3_bind_int64(statement, 2, number);
    sqlite3_bind_int(statement, 3, heartbeat);
    return outbox_run(outbox, statement);
}

static bool put_message(struct outbox *outbox, const struct outbox_message *message, size_t *added)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_MESSAGE);
    int64_t number = 0;
    bool good = true;

    assert(message->body_len > 0 && message->body_len <= OUTBOX_BODY_MAX);
    assert(message->state != ALERT_HEARTBEAT || message->sink_count == 1);
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, message->id);
    outbox_bind_text(statement, 2, message->alert_id);
    outbox_bind_text(statement, 3, message->rule);
    sqlite3_bind_int(statement, 4, (int)message->state);
    sqlite3_bind_int64(statement, 5, message->created_ms);
    sqlite3_bind_blob64(statement, 6, message->body, message->body_len, SQLITE_STATIC);
    if (message->signature != NULL)
        sqlite3_bind_blob(statement, 7, message->signature, SIGN_SIGNATURE_SIZE, SQLITE_STATIC);
    if (!outbox_run(outbox, statement))
        return false;
    if (sqlite3_changes(outbox->database.sqlite) == 0)
        return true; /* its id is known: a replay */
    number = sqlite3_last_insert_rowid(outbox->database.sqlite);
    for (size_t i = 0; good && i < message->sink_count; i++)
        good = put_delivery(outbox, number, message->sinks[i], message);
    (*added)++;
    return good;
}

static bool put_rule(struct outbox *outbox, const struct outbox_rule *rule)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_RULE);

    assert(rule->incident <= INT64_MAX);
    if (statement == NULL)
        return false;
    outbox_bind_text(statement, 1, rule->name);
    sqlite3_bind_int64(statement, 2, (int64_t)rule->incident);
    sqlite3_bind_blob64(statement, 3, rule->state, rule->state_len, SQLITE_STATIC);
    return outbox_run(outbox, statement);
}

static bool put_cursor(struct outbox *outbox, const struct outbox_commit *commit)
{
    const struct outbox_cursor *cursor = commit->cursor;
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_PUT_CURSOR);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, cursor->height);
    sqlite3_bind_blob(statement, 2, cursor->hash.bytes, HASH256_SIZE, SQLITE_STATIC);
    if (commit->headers_len > 0)
        sqlite3_bind_blob64(statement, 3, commit->headers, commit->headers_len, SQLITE_STATIC);
    return outbox_run(outbox, statement);
}

bool outbox_commit(struct outbox *outbox, const struct outbox_commit *commit, size_t *added)
{
    size_t count = 0;
    bool good = true;

    if (added != NULL)
        *added = 0;
    assert(commit->headers_len <= OUTBOX_HEADERS_SIZE && commit->headers_len % HEADER_SIZE == 0);
    if (!outbox_begin(outbox))
        return false;
    for (size_t i = 0; good && i < commit->rule_count; i++)
        good = put_rule(outbox, &commit->rules[i]);
    for (size_t i = 0; good && i < commit->message_count; i++)
        good = put_message(outbox, &commit->messages[i], &count);
    if (commit->cursor != NULL)
        good = good && put_cursor(outbox, commit);
    good = outbox_end(outbox, good);
    if (good && added != NULL)
        *added = count;
    return good;
}

bool outbox_set_key(struct outbox *outbox, const uint8_t key[IDENTITY_KEY_SIZE])
{
    sqlite3_stmt *statement = NULL;
    bool good = false;

    if (!outbox_begin(outbox))
        return false;
    statement = outbox_prepared(outbox, OUTBOX_PUT_KEY);
    if (statement != NULL) {
        sqlite3_bind_blob(statement, 1, key, IDENTITY_KEY_SIZE, SQLITE_STATIC);
        good = outbox_run(outbox, statement);
    }
    return outbox_end(outbox, good);
}

/* ---- reading it again ---- */

/* A blob of exactly this length. */
static bool get_bytes(void *out, size_t len, sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    if (bytes == NULL || (size_t)sqlite3_column_bytes(statement, column) != len)
        return false;
    memcpy(out, bytes, len);
    return true;
}

/* The one row of the table monitor; NULL with error. To be left with outbox_leave(). */
static sqlite3_stmt *get_monitor(struct outbox *outbox)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_GET_MONITOR);
    bool good = false;

    if (statement == NULL || outbox_row(outbox, statement, &good))
        return statement;
    if (good)
        database_say(&outbox->database, "the outbox is broken: what it knows of itself is gone");
    return NULL;
}

enum outbox_found outbox_cursor(struct outbox *outbox, struct outbox_cursor *out)
{
    sqlite3_stmt *statement = get_monitor(outbox);
    enum outbox_found found = OUTBOX_NONE;

    if (statement == NULL)
        return OUTBOX_BROKEN;
    if (sqlite3_column_type(statement, 1) != SQLITE_NULL) {
        int64_t height = sqlite3_column_int64(statement, 1);

        found = OUTBOX_FOUND;
        if (height < 0 || height > UINT32_MAX ||
            !get_bytes(out->hash.bytes, HASH256_SIZE, statement, 2)) {
            database_say(&outbox->database, "the outbox is broken: its cursor is no block");
            found = OUTBOX_BROKEN;
        } else {
            out->height = (uint32_t)height;
        }
    }
    outbox_leave(statement);
    return found;
}

enum outbox_found outbox_headers(struct outbox *outbox, uint8_t out[OUTBOX_HEADERS_SIZE],
                                 size_t *len)
{
    sqlite3_stmt *statement = get_monitor(outbox);
    enum outbox_found found = OUTBOX_NONE;

    if (statement == NULL)
        return OUTBOX_BROKEN;
    if (sqlite3_column_type(statement, 3) != SQLITE_NULL) {
        *len = (size_t)sqlite3_column_bytes(statement, 3);
        found = OUTBOX_FOUND;
        if (*len == 0 || *len > OUTBOX_HEADERS_SIZE || *len % HEADER_SIZE != 0 ||
            !get_bytes(out, *len, statement, 3)) {
            database_say(&outbox->database, "the outbox is broken: its headers are none");
            found = OUTBOX_BROKEN;
        }
    }
    outbox_leave(statement);
    return found;
}

enum outbox_found outbox_key(struct outbox *outbox, uint8_t out[IDENTITY_KEY_SIZE])
{
    sqlite3_stmt *statement = get_monitor(outbox);
    enum outbox_found found = OUTBOX_NONE;

    if (statement == NULL)
        return OUTBOX_BROKEN;
    if (sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        found = OUTBOX_FOUND;
        if (!get_bytes(out, IDENTITY_KEY_SIZE, statement, 0)) {
            database_say(&outbox->database, "the outbox is broken: its key has a wrong length");
            found = OUTBOX_BROKEN;
        }
    }
    outbox_leave(statement);
    return found;
}

bool outbox_each_rule(struct outbox *outbox,
                      bool (*each)(void *context, const struct outbox_rule *row), void *context)
{
    sqlite3_stmt *statement = outbox_prepared(outbox, OUTBOX_EACH_RULE);
    bool good = false;

    if (statement == NULL)
        return false;
    while (outbox_row(outbox, statement, &good)) {
        const struct outbox_rule row = {
            .name = outbox_text(statement, 0),
            .incident = (uint64_t)sqlite3_column_int64(statement, 1),
            .state = sqlite3_column_blob(statement, 2),
            .state_len = (size_t)sqlite3_column_bytes(statement, 2),
        };

        if (!each(context, &row)) {
            outbox_leave(statement);
            return false;
        }
    }
    return good;
}
