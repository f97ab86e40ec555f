// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * observations: a queue in front of a database.
 *
 * Size: an arrival takes about 60 bytes; eight peers and 52,560 blocks a year make 25 MB a year.
 */
#include "config.h"

#include "monitor/store/observations.h"

#include "monitor/store/database.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "Tide", so that file(1) and we can tell our database from others. */
#define APPLICATION_ID 0x54696465

static const char *const migrations[] = {
    /* 0 -> 1 */
    "CREATE TABLE peers ("
    "  id INTEGER PRIMARY KEY,"
    "  address TEXT NOT NULL UNIQUE,"
    "  netgroup TEXT NOT NULL);"
    /* The first message of each peer about each header; how: 0 fetched, 1 headers, 2 inv. */
    "CREATE TABLE arrivals ("
    "  hash BLOB NOT NULL,"
    "  peer INTEGER NOT NULL REFERENCES peers(id),"
    "  how INTEGER NOT NULL,"
    "  wall_ms INTEGER NOT NULL,"
    "  clock_ok INTEGER NOT NULL,"
    "  clock_error_us INTEGER,"
    "  PRIMARY KEY (hash, peer)) WITHOUT ROWID;"
    "CREATE TABLE reorgs ("
    "  id INTEGER PRIMARY KEY,"
    "  wall_ms INTEGER NOT NULL,"
    "  fork BLOB NOT NULL, fork_height INTEGER NOT NULL,"
    "  old_tip BLOB NOT NULL, disconnected INTEGER NOT NULL,"
    "  new_tip BLOB NOT NULL, connected INTEGER NOT NULL,"
    "  live INTEGER NOT NULL);"
    /* first_seen_ms and first_peer are NULL where a branch was imported. */
    "CREATE TABLE branches ("
    "  tip BLOB PRIMARY KEY,"
    "  fork BLOB NOT NULL, fork_height INTEGER NOT NULL,"
    "  length INTEGER NOT NULL,"
    "  first_seen_ms INTEGER, first_peer TEXT) WITHOUT ROWID;"
    /* Each peer's newest. */
    "CREATE TABLE peer_tips ("
    "  peer TEXT PRIMARY KEY,"
    "  hash BLOB NOT NULL, height INTEGER NOT NULL,"
    "  wall_ms INTEGER NOT NULL) WITHOUT ROWID;"
    /* jump_ms: 0, or how far the wall clock jumped. */
    "CREATE TABLE clock ("
    "  id INTEGER PRIMARY KEY,"
    "  wall_ms INTEGER NOT NULL,"
    "  synchronized INTEGER NOT NULL, error_us INTEGER,"
    "  jump_ms INTEGER NOT NULL);",
    /* 1 -> 2 */
    /* What was said of the hash rate, and when. event: 0 raised, 1 withdrawn, 2 recovered;
     * direction: 0 fall, 1 rise. Ratios are hash rate after over before. Onset, ratios and
     * daily_sd are NULL where they are unknown, or as measured. */
    "CREATE TABLE alarms ("
    "  id INTEGER PRIMARY KEY,"
    "  wall_ms INTEGER NOT NULL,"
    "  event INTEGER NOT NULL, direction INTEGER NOT NULL,"
    "  silent INTEGER NOT NULL, live INTEGER NOT NULL,"
    "  height INTEGER NOT NULL, hash BLOB NOT NULL,"
    "  onset INTEGER, onset_lo INTEGER, onset_hi INTEGER,"
    "  ratio REAL, ratio_lo REAL, ratio_hi REAL,"
    "  false_alarms_per_year REAL NOT NULL, daily_sd REAL);",
};

enum row_kind { ROW_ARRIVAL, ROW_REORG, ROW_BRANCH, ROW_PEER_TIP, ROW_CLOCK, ROW_ALARM };

/* A row that waits. peer and group hold the strings, to which the value's pointers lead nowhere. */
struct row {
    enum row_kind kind;
    union {
        struct observation_arrival arrival;
        struct observation_reorg reorg;
        struct observation_branch branch;
        struct observation_peer_tip peer_tip;
        struct observation_clock clock;
        struct observation_alarm alarm;
    } value;
    bool has_peer;
    char peer[OBSERVATIONS_PEER_SIZE];
    char group[OBSERVATIONS_PEER_SIZE];
};

enum statement {
    PUT_PEER,
    PUT_ARRIVAL,
    PUT_REORG,
    PUT_BRANCH,
    PUT_PEER_TIP,
    PUT_CLOCK,
    PUT_ALARM,
    GET_FIRST,
    EACH_FIRST,
    GET_BRANCH,
    EACH_REORG,
    EACH_ALARM,
    STATEMENTS
};

static const char *const statement_texts[STATEMENTS] = {
    [PUT_PEER] = "INSERT INTO peers (address, netgroup) VALUES (?1, ?2)"
                 " ON CONFLICT (address) DO UPDATE SET netgroup = excluded.netgroup"
                 " WHERE netgroup != excluded.netgroup",
    [PUT_ARRIVAL] = "INSERT OR IGNORE INTO arrivals"
                    " (hash, peer, how, wall_ms, clock_ok, clock_error_us)"
                    " SELECT ?1, id, ?3, ?4, ?5, ?6 FROM peers WHERE address = ?2",
    [PUT_REORG] = "INSERT INTO reorgs (wall_ms, fork, fork_height, old_tip, disconnected,"
                  " new_tip, connected, live) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [PUT_BRANCH] = "INSERT INTO branches (tip, fork, fork_height, length, first_seen_ms,"
                   " first_peer) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tip) DO NOTHING",
    [PUT_PEER_TIP] = "INSERT OR REPLACE INTO peer_tips (peer, hash, height, wall_ms)"
                     " VALUES (?1, ?2, ?3, ?4)",
    [PUT_CLOCK] = "INSERT INTO clock (wall_ms, synchronized, error_us, jump_ms)"
                  " VALUES (?1, ?2, ?3, ?4)",
    [PUT_ALARM] = "INSERT INTO alarms (wall_ms, event, direction, silent, live, height, hash,"
                  " onset, onset_lo, onset_hi, ratio, ratio_lo, ratio_hi, false_alarms_per_year,"
                  " daily_sd) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
                  " ?14, ?15)",
    [GET_FIRST] = "SELECT wall_ms, address FROM arrivals JOIN peers ON peers.id = peer"
                  " WHERE hash = ?1 AND how > 0 ORDER BY wall_ms, address LIMIT 1",
    /* In an aggregate with one min(), SQLite takes the bare columns from the row that has it. */
    [EACH_FIRST] = "SELECT hash, min(wall_ms) AS first, address, how"
                   " FROM arrivals JOIN peers ON peers.id = peer"
                   " WHERE how > 0 GROUP BY hash ORDER BY first, hash",
    [GET_BRANCH] = "SELECT first_seen_ms, first_peer FROM branches"
                   " WHERE tip = ?1 AND first_seen_ms IS NOT NULL",
    [EACH_REORG] = "SELECT wall_ms, fork, fork_height, old_tip, disconnected, new_tip, connected,"
                   " live FROM reorgs ORDER BY id",
    [EACH_ALARM] = "SELECT wall_ms, event, direction, silent, live, height, hash, onset, onset_lo,"
                   " onset_hi, ratio, ratio_lo, ratio_hi, false_alarms_per_year, daily_sd"
                   " FROM alarms ORDER BY id",
};

static const struct database_kind database_kind = {
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .version = (int)(sizeof(migrations) / sizeof(migrations[0])),
    .advice = ": move it away, and another is made; the headers are not in it",
    .statements = statement_texts,
    .statement_count = STATEMENTS,
};

struct observations {
    struct database database;
    struct row *queue;
    size_t queue_count;
    size_t queue_capacity;
    uint64_t dropped;
};

const char *observations_how_name(enum observations_how how)
{
    static const char *const names[] = {"fetched", "headers", "inv"};

    return (unsigned)how < sizeof(names) / sizeof(names[0]) ? names[how] : "unknown";
}

/* ---- small steps ---- */

static bool fail(struct observations *db, const char *what)
{
    return database_fail(&db->database, what);
}

static sqlite3_stmt *prepared(struct observations *db, enum statement number)
{
    return database_prepared(&db->database, (size_t)number);
}

static void bind_hash(sqlite3_stmt *statement, int place, const struct hash256 *hash)
{
    sqlite3_bind_blob(statement, place, hash->bytes, HASH256_SIZE, SQLITE_STATIC);
}

/* Negative numbers stand for unknown. */
static void bind_known(sqlite3_stmt *statement, int place, int64_t value)
{
    if (value < 0)
        sqlite3_bind_null(statement, place);
    else
        sqlite3_bind_int64(statement, place, value);
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

static bool column_hash(struct hash256 *out, sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    if (sqlite3_column_bytes(statement, column) != HASH256_SIZE)
        return false;
    memcpy(out->bytes, bytes, HASH256_SIZE);
    return true;
}

static bool finish(struct observations *db, sqlite3_stmt *statement)
{
    return database_finish(&db->database, statement, "cannot write observations");
}

/* ---- opening ---- */

struct observations *observations_open(const char *path, bool read_only, bool *missing,
                                       char *message, size_t message_len)
{
    struct observations *db = calloc(1, sizeof(*db));

    if (db == NULL) {
        snprintf(message, message_len, "out of memory for the observations");
        return NULL;
    }
    if (!database_open(&db->database, &database_kind, path, read_only, missing, message,
                       message_len)) {
        free(db);
        return NULL;
    }
    return db;
}

void observations_close(struct observations *db)
{
    if (db == NULL)
        return;
    if (db->queue_count > 0)
        (void)observations_flush(db);
    database_close(&db->database);
    free(db->queue);
    free(db);
}

/* ---- the queue ---- */

/* A new row at the end of the queue, or NULL: then it is counted as dropped. */
static struct row *enqueue(struct observations *db, enum row_kind kind)
{
    struct row *row;

    assert(!db->database.read_only);
    if (db->queue_count == db->queue_capacity) {
        size_t wanted = db->queue_capacity == 0 ? 16 : db->queue_capacity * 2;
        struct row *grown = NULL;

        if (wanted <= OBSERVATIONS_QUEUE_MAX)
            grown = realloc(db->queue, wanted * sizeof(*grown));
        if (grown == NULL) {
            db->dropped++;
            return NULL;
        }
        db->queue = grown;
        db->queue_capacity = wanted;
    }
    row = &db->queue[db->queue_count++];
    memset(row, 0, sizeof(*row));
    row->kind = kind;
    return row;
}

static void set_peer(struct row *row, const char *peer, const char *group)
{
    row->has_peer = peer != NULL;
    if (peer != NULL)
        snprintf(row->peer, sizeof(row->peer), "%s", peer);
    if (group != NULL)
        snprintf(row->group, sizeof(row->group), "%s", group);
}

void observations_arrival(struct observations *db, const struct observation_arrival *value)
{
    struct row *row = enqueue(db, ROW_ARRIVAL);

    if (row == NULL)
        return;
    row->value.arrival = *value;
    set_peer(row, value->peer, value->group);
}

void observations_reorg(struct observations *db, const struct observation_reorg *value)
{
    struct row *row = enqueue(db, ROW_REORG);

    if (row != NULL)
        row->value.reorg = *value;
}

void observations_branch(struct observations *db, const struct observation_branch *value)
{
    struct row *row = enqueue(db, ROW_BRANCH);

    if (row == NULL)
        return;
    row->value.branch = *value;
    set_peer(row, value->first_peer, NULL);
}

void observations_peer_tip(struct observations *db, const struct observation_peer_tip *value)
{
    struct row *row = enqueue(db, ROW_PEER_TIP);

    if (row == NULL)
        return;
    row->value.peer_tip = *value;
    set_peer(row, value->peer, NULL);
}

void observations_clock(struct observations *db, const struct observation_clock *value)
{
    struct row *row = enqueue(db, ROW_CLOCK);

    if (row != NULL)
        row->value.clock = *value;
}

void observations_alarm(struct observations *db, const struct observation_alarm *value)
{
    struct row *row = enqueue(db, ROW_ALARM);

    if (row != NULL)
        row->value.alarm = *value;
}

/* ---- writing ---- */

static bool write_arrival(struct observations *db, const struct row *row)
{
    const struct observation_arrival *value = &row->value.arrival;
    sqlite3_stmt *statement = prepared(db, PUT_PEER);

    if (statement == NULL)
        return false;
    bind_text(statement, 1, row->peer);
    bind_text(statement, 2, row->group);
    if (!finish(db, statement))
        return false;
    statement = prepared(db, PUT_ARRIVAL);
    if (statement == NULL)
        return false;
    bind_hash(statement, 1, &value->hash);
    bind_text(statement, 2, row->peer);
    sqlite3_bind_int(statement, 3, (int)value->how);
    sqlite3_bind_int64(statement, 4, value->wall_ms);
    sqlite3_bind_int(statement, 5, value->clock_ok);
    bind_known(statement, 6, value->clock_error_us);
    return finish(db, statement);
}

static bool write_reorg(struct observations *db, const struct row *row)
{
    const struct observation_reorg *value = &row->value.reorg;
    sqlite3_stmt *statement = prepared(db, PUT_REORG);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, value->wall_ms);
    bind_hash(statement, 2, &value->fork);
    sqlite3_bind_int64(statement, 3, value->fork_height);
    bind_hash(statement, 4, &value->old_tip);
    sqlite3_bind_int64(statement, 5, value->disconnected);
    bind_hash(statement, 6, &value->new_tip);
    sqlite3_bind_int64(statement, 7, value->connected);
    sqlite3_bind_int(statement, 8, value->live);
    return finish(db, statement);
}

static bool write_branch(struct observations *db, const struct row *row)
{
    const struct observation_branch *value = &row->value.branch;
    sqlite3_stmt *statement = prepared(db, PUT_BRANCH);

    if (statement == NULL)
        return false;
    bind_hash(statement, 1, &value->tip);
    bind_hash(statement, 2, &value->fork);
    sqlite3_bind_int64(statement, 3, value->fork_height);
    sqlite3_bind_int64(statement, 4, value->length);
    if (value->first_seen_ms != 0)
        sqlite3_bind_int64(statement, 5, value->first_seen_ms);
    if (row->has_peer)
        bind_text(statement, 6, row->peer);
    return finish(db, statement);
}

static bool write_peer_tip(struct observations *db, const struct row *row)
{
    const struct observation_peer_tip *value = &row->value.peer_tip;
    sqlite3_stmt *statement = prepared(db, PUT_PEER_TIP);

    if (statement == NULL)
        return false;
    bind_text(statement, 1, row->peer);
    bind_hash(statement, 2, &value->hash);
    sqlite3_bind_int64(statement, 3, value->height);
    sqlite3_bind_int64(statement, 4, value->wall_ms);
    return finish(db, statement);
}

static bool write_clock(struct observations *db, const struct row *row)
{
    const struct observation_clock *value = &row->value.clock;
    sqlite3_stmt *statement = prepared(db, PUT_CLOCK);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, value->wall_ms);
    sqlite3_bind_int(statement, 2, value->synchronized);
    bind_known(statement, 3, value->error_us);
    sqlite3_bind_int64(statement, 4, value->jump_ms);
    return finish(db, statement);
}

static bool write_alarm(struct observations *db, const struct row *row)
{
    const struct observation_alarm *value = &row->value.alarm;
    const uint32_t onsets[] = {value->onset, value->onset_lo, value->onset_hi};
    const double ratios[] = {value->ratio, value->ratio_lo, value->ratio_hi};
    sqlite3_stmt *statement = prepared(db, PUT_ALARM);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, value->wall_ms);
    sqlite3_bind_int(statement, 2, (int)value->event);
    sqlite3_bind_int(statement, 3, value->rise);
    sqlite3_bind_int(statement, 4, value->silent);
    sqlite3_bind_int(statement, 5, value->live);
    sqlite3_bind_int64(statement, 6, value->height);
    bind_hash(statement, 7, &value->hash);
    for (int i = 0; i < 3 && value->onset != 0; i++)
        sqlite3_bind_int64(statement, 8 + i, onsets[i]);
    for (int i = 0; i < 3 && value->ratio > 0.0; i++)
        sqlite3_bind_double(statement, 11 + i, ratios[i]);
    sqlite3_bind_double(statement, 14, value->false_alarms_per_year);
    if (value->daily_sd > 0.0)
        sqlite3_bind_double(statement, 15, value->daily_sd);
    return finish(db, statement);
}

static bool write_row(struct observations *db, const struct row *row)
{
    switch (row->kind) {
    case ROW_ARRIVAL:
        return write_arrival(db, row);
    case ROW_REORG:
        return write_reorg(db, row);
    case ROW_BRANCH:
        return write_branch(db, row);
    case ROW_PEER_TIP:
        return write_peer_tip(db, row);
    case ROW_CLOCK:
        return write_clock(db, row);
    case ROW_ALARM:
        return write_alarm(db, row);
    }
    return false;
}

bool observations_flush(struct observations *db)
{
    bool good = true;

    if (db->queue_count == 0)
        return true;
    if (!database_run(&db->database, "BEGIN IMMEDIATE", "cannot write observations"))
        return false;
    for (size_t i = 0; good && i < db->queue_count; i++)
        good = write_row(db, &db->queue[i]);
    if (good)
        good = database_run(&db->database, "COMMIT", "cannot write observations");
    if (!good) {
        database_roll_back(&db->database);
        return false;
    }
    db->queue_count = 0;
    if (db->queue_capacity > 1024) { /* a queue that once was long is not kept */
        free(db->queue);
        db->queue = NULL;
        db->queue_capacity = 0;
    }
    return true;
}

const char *observations_error(const struct observations *db)
{
    return db->database.error;
}

size_t observations_pending(const struct observations *db)
{
    return db->queue_count;
}

uint64_t observations_dropped(const struct observations *db)
{
    return db->dropped;
}

/* ---- reading ---- */

/* A time and a peer by a hash. */
static bool get_seen(struct observations *db, enum statement number, int64_t *wall_ms, char *peer,
                     size_t peer_len, const struct hash256 *hash)
{
    sqlite3_stmt *statement = prepared(db, number);
    bool found;
    int result;

    if (statement == NULL)
        return false;
    bind_hash(statement, 1, hash);
    result = sqlite3_step(statement);
    found = result == SQLITE_ROW;
    if (found) {
        const unsigned char *text = sqlite3_column_text(statement, 1);

        *wall_ms = sqlite3_column_int64(statement, 0);
        if (peer != NULL && peer_len > 0)
            snprintf(peer, peer_len, "%s", text != NULL ? (const char *)text : "");
    } else if (result != SQLITE_DONE) {
        fail(db, "cannot read observations");
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return found;
}

bool observations_first_seen(struct observations *db, int64_t *wall_ms, char *peer, size_t peer_len,
                             const struct hash256 *hash)
{
    return get_seen(db, GET_FIRST, wall_ms, peer, peer_len, hash);
}

bool observations_branch_seen(struct observations *db, int64_t *wall_ms, char *peer,
                              size_t peer_len, const struct hash256 *tip)
{
    return get_seen(db, GET_BRANCH, wall_ms, peer, peer_len, tip);
}

bool observations_each_first(struct observations *db,
                             bool (*each)(void *context, const struct observation_first *row),
                             void *context)
{
    sqlite3_stmt *statement = prepared(db, EACH_FIRST);
    bool going = true;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while (going && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct observation_first row = {
            .wall_ms = sqlite3_column_int64(statement, 1),
            .peer = (const char *)sqlite3_column_text(statement, 2),
            .how = (enum observations_how)sqlite3_column_int(statement, 3),
        };

        going = !column_hash(&row.hash, statement, 0) || each(context, &row);
    }
    if (going && result != SQLITE_DONE)
        going = fail(db, "cannot read observations");
    sqlite3_reset(statement);
    return going;
}

bool observations_each_reorg(struct observations *db,
                             bool (*each)(void *context, const struct observation_reorg *row),
                             void *context)
{
    sqlite3_stmt *statement = prepared(db, EACH_REORG);
    bool going = true;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while (going && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct observation_reorg row = {
            .wall_ms = sqlite3_column_int64(statement, 0),
            .fork_height = (uint32_t)sqlite3_column_int64(statement, 2),
            .disconnected = (uint32_t)sqlite3_column_int64(statement, 4),
            .connected = (uint32_t)sqlite3_column_int64(statement, 6),
            .live = sqlite3_column_int(statement, 7) != 0,
        };
        bool whole = column_hash(&row.fork, statement, 1) &&
                     column_hash(&row.old_tip, statement, 3) &&
                     column_hash(&row.new_tip, statement, 5);

        going = !whole || each(context, &row);
    }
    if (going && result != SQLITE_DONE)
        going = fail(db, "cannot read observations");
    sqlite3_reset(statement);
    return going;
}

/* NULL reads as 0, as it was written. */
static struct observation_alarm read_alarm(sqlite3_stmt *statement)
{
    return (struct observation_alarm){
        .wall_ms = sqlite3_column_int64(statement, 0),
        .event = (enum observations_alarm_event)sqlite3_column_int(statement, 1),
        .rise = sqlite3_column_int(statement, 2) != 0,
        .silent = sqlite3_column_int(statement, 3) != 0,
        .live = sqlite3_column_int(statement, 4) != 0,
        .height = (uint32_t)sqlite3_column_int64(statement, 5),
        .onset = (uint32_t)sqlite3_column_int64(statement, 7),
        .onset_lo = (uint32_t)sqlite3_column_int64(statement, 8),
        .onset_hi = (uint32_t)sqlite3_column_int64(statement, 9),
        .ratio = sqlite3_column_double(statement, 10),
        .ratio_lo = sqlite3_column_double(statement, 11),
        .ratio_hi = sqlite3_column_double(statement, 12),
        .false_alarms_per_year = sqlite3_column_double(statement, 13),
        .daily_sd = sqlite3_column_double(statement, 14),
    };
}

bool observations_each_alarm(struct observations *db,
                             bool (*each)(void *context, const struct observation_alarm *row),
                             void *context)
{
    sqlite3_stmt *statement = prepared(db, EACH_ALARM);
    bool going = true;
    int result = SQLITE_DONE;

    if (statement == NULL)
        return false;
    while (going && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct observation_alarm row = read_alarm(statement);

        going = !column_hash(&row.hash, statement, 6) || each(context, &row);
    }
    if (going && result != SQLITE_DONE)
        going = fail(db, "cannot read observations");
    sqlite3_reset(statement);
    return going;
}
