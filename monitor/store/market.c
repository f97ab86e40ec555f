// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * store/market: the schema, and what is written and read.
 */
#include "config.h"

#include "monitor/store/market.h"

#include "monitor/mem.h"
#include "monitor/store/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "TidM", so that file(1) and we can tell this database from others. */
#define APPLICATION_ID 0x5469644d

static const char *const migrations[] = {
    /* 0 -> 1 */
    /* usd: NULL where sources did not agree. */
    "CREATE TABLE rounds ("
    "  number INTEGER PRIMARY KEY,"
    "  fetched_ms INTEGER NOT NULL,"
    "  usd REAL, spread REAL NOT NULL,"
    "  sources INTEGER NOT NULL, agreeing INTEGER NOT NULL);"
    "CREATE INDEX rounds_time ON rounds (fetched_ms);"
    /* place: of the source among those that were asked. usd: NULL where the answer had none. */
    "CREATE TABLE quotes ("
    "  round INTEGER NOT NULL REFERENCES rounds(number),"
    "  place INTEGER NOT NULL, source TEXT NOT NULL,"
    "  verdict TEXT NOT NULL, suspect INTEGER NOT NULL,"
    "  usd REAL, detail TEXT NOT NULL,"
    "  PRIMARY KEY (round, place)) WITHOUT ROWID;"
    "CREATE INDEX quotes_source ON quotes (source, round);"
    /* Imported: the price at a time in seconds. */
    "CREATE TABLE days ("
    "  time INTEGER PRIMARY KEY,"
    "  usd REAL NOT NULL, reconstructed INTEGER NOT NULL,"
    "  source TEXT NOT NULL, imported_ms INTEGER NOT NULL);",
};

enum statement {
    PUT_ROUND,
    PUT_QUOTE,
    PUT_DAY,
    EACH_QUOTE,
    EACH_DAY,
    GET_RECORD,
    GET_SUSPECT,
    GET_LAST,
    STATEMENTS
};

static const char *const statements[STATEMENTS] = {
    [PUT_ROUND] = "INSERT INTO rounds (fetched_ms, usd, spread, sources, agreeing)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)",
    [PUT_QUOTE] = "INSERT INTO quotes (round, place, source, verdict, suspect, usd, detail)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PUT_DAY] = "INSERT OR REPLACE INTO days (time, usd, reconstructed, source, imported_ms)"
                " VALUES (?1, ?2, ?3, ?4, ?5)",
    [EACH_QUOTE] = "SELECT fetched_ms, rounds.usd, spread, sources, agreeing,"
                   " source, verdict, detail, quotes.usd"
                   " FROM rounds JOIN quotes ON round = number"
                   " WHERE number > (SELECT coalesce(max(number), 0) FROM rounds) - ?1"
                   " ORDER BY fetched_ms, number, place",
    [EACH_DAY] = "SELECT time, usd, reconstructed, source FROM ("
                 " SELECT time, usd, reconstructed, source, 1 AS rank FROM days"
                 " UNION ALL"
                 " SELECT max(fetched_ms) / 1000, usd, 0, 'fetched', 0 FROM rounds"
                 "  WHERE usd IS NOT NULL GROUP BY fetched_ms / 86400000)"
                 " ORDER BY time, rank",
    [GET_RECORD] = "SELECT count(*), coalesce(sum(verdict = 'good'), 0),"
                   " coalesce(sum(suspect), 0), coalesce(max(fetched_ms), 0),"
                   " coalesce(max(CASE verdict WHEN 'good' THEN fetched_ms END), 0),"
                   " (SELECT verdict FROM quotes WHERE source = ?1 ORDER BY round DESC LIMIT 1)"
                   " FROM quotes JOIN rounds ON number = round WHERE source = ?1",
    [GET_SUSPECT] = "SELECT coalesce(sum(suspect), 0) FROM quotes",
    [GET_LAST] = "SELECT coalesce(max(fetched_ms), 0),"
                 " coalesce(max(CASE WHEN usd IS NOT NULL THEN fetched_ms END), 0) FROM rounds",
};

static const struct database_kind kind = {
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .version = (int)(sizeof migrations / sizeof migrations[0]),
    .advice = ": move it away, and another is made; prices that were fetched or imported are in it",
    .statements = statements,
    .statement_count = STATEMENTS,
};

struct market_store {
    struct database database;
};

struct market_store *market_store_open(const char *path, bool read_only, bool *missing,
                                       char *message, size_t message_len)
{
    struct market_store *store = mem_zeroed(1, sizeof *store);

    if (database_open(&store->database, &kind, path, read_only, missing, message, message_len))
        return store;
    free(store);
    return NULL;
}

void market_store_close(struct market_store *store)
{
    if (store == NULL)
        return;
    database_close(&store->database);
    free(store);
}

const char *market_store_error(const struct market_store *store)
{
    return store->database.error;
}

/* ---- Writing ------------------------------------------------------------- */

static bool begin(struct market_store *store)
{
    return database_run(&store->database, "BEGIN IMMEDIATE", "cannot write");
}

/* Commits if good, else rolls back. Returns whether it is done. */
static bool end(struct market_store *store, bool good)
{
    if (good && database_run(&store->database, "COMMIT", "cannot write"))
        return true;
    database_roll_back(&store->database);
    return false;
}

static void bind_price(sqlite3_stmt *statement, int place, bool known, double usd)
{
    if (known)
        sqlite3_bind_double(statement, place, usd);
    else
        sqlite3_bind_null(statement, place);
}

static bool put_round(struct market_store *store, int64_t fetched_ms,
                      const struct market_round *round)
{
    sqlite3_stmt *statement = database_prepared(&store->database, PUT_ROUND);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, fetched_ms);
    bind_price(statement, 2, round->known, round->usd);
    sqlite3_bind_double(statement, 3, round->spread);
    sqlite3_bind_int64(statement, 4, round->sources);
    sqlite3_bind_int64(statement, 5, round->agreeing);
    return database_finish(&store->database, statement, "cannot write");
}

static bool put_quote(struct market_store *store, int64_t number, size_t place,
                      const struct market_quote *quote)
{
    sqlite3_stmt *statement = database_prepared(&store->database, PUT_QUOTE);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, number);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)place);
    sqlite3_bind_text(statement, 3, quote->source->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, market_verdict_name(quote->verdict), -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 5, market_verdict_suspect(quote->verdict));
    bind_price(statement, 6, quote->usd > 0.0, quote->usd);
    sqlite3_bind_text(statement, 7, quote->detail, -1, SQLITE_STATIC);
    return database_finish(&store->database, statement, "cannot write");
}

bool market_store_put(struct market_store *store, int64_t fetched_ms,
                      const struct market_round *round, const struct market_quote *quotes,
                      size_t count)
{
    bool good = false;
    int64_t number = 0;

    if (!begin(store))
        return false;
    good = put_round(store, fetched_ms, round);
    number = sqlite3_last_insert_rowid(store->database.sqlite);
    for (size_t i = 0; good && i < count; i++)
        good = put_quote(store, number, i, &quotes[i]);
    return end(store, good);
}

static bool put_day(struct market_store *store, int64_t imported_ms, const char *source,
                    const struct price_point *point)
{
    sqlite3_stmt *statement = database_prepared(&store->database, PUT_DAY);

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, point->time);
    sqlite3_bind_double(statement, 2, point->usd);
    sqlite3_bind_int(statement, 3, point->reconstructed);
    sqlite3_bind_text(statement, 4, source, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, imported_ms);
    return database_finish(&store->database, statement, "cannot write");
}

bool market_store_import(struct market_store *store, int64_t imported_ms, const char *source,
                         const struct price_point *points, size_t count)
{
    bool good = true;

    if (!begin(store))
        return false;
    for (size_t i = 0; good && i < count; i++)
        good = put_day(store, imported_ms, source, &points[i]);
    return end(store, good);
}

/* ---- Reading ------------------------------------------------------------- */

static const char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text != NULL ? text : "";
}

/* The end of a reading: *code is what the last step gave. */
static bool leave(struct market_store *store, sqlite3_stmt *statement, int code, bool stopped)
{
    bool good = stopped || code == SQLITE_DONE || database_fail(&store->database, "cannot read");

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return good && !stopped;
}

bool market_store_each(struct market_store *store, size_t rounds,
                       bool (*each)(void *context, const struct market_kept *quote), void *context)
{
    sqlite3_stmt *statement = database_prepared(&store->database, EACH_QUOTE);
    bool stopped = false;
    int code = SQLITE_OK;

    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, rounds > 0 ? (sqlite3_int64)rounds : INT64_MAX);
    while (!stopped && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct market_kept quote = {
            .fetched_ms = sqlite3_column_int64(statement, 0),
            .round_known = sqlite3_column_type(statement, 1) != SQLITE_NULL,
            .round_usd = sqlite3_column_double(statement, 1),
            .spread = sqlite3_column_double(statement, 2),
            .sources = (unsigned)sqlite3_column_int(statement, 3),
            .agreeing = (unsigned)sqlite3_column_int(statement, 4),
            .source = text_of(statement, 5),
            .verdict = text_of(statement, 6),
            .detail = text_of(statement, 7),
            .usd = sqlite3_column_double(statement, 8),
        };

        stopped = !each(context, &quote);
    }
    return leave(store, statement, code, stopped);
}

bool market_store_each_day(struct market_store *store,
                           bool (*each)(void *context, const struct market_day *day), void *context)
{
    sqlite3_stmt *statement = database_prepared(&store->database, EACH_DAY);
    int64_t last = INT64_MIN;
    bool stopped = false;
    int code = SQLITE_OK;

    if (statement == NULL)
        return false;
    while (!stopped && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct market_day day = {
            .point = {.time = sqlite3_column_int64(statement, 0),
                      .usd = sqlite3_column_double(statement, 1),
                      .reconstructed = sqlite3_column_int(statement, 2) != 0},
            .source = text_of(statement, 3),
        };

        /* What somebody else may have written into the file is no price of ours. */
        if (day.point.time == last ||
            !(day.point.usd >= PRICE_LEAST_USD && day.point.usd <= PRICE_MOST_USD))
            continue;
        last = day.point.time;
        stopped = !each(context, &day);
    }
    return leave(store, statement, code, stopped);
}

bool market_store_record(struct market_store *store, struct market_record *out, const char *source)
{
    sqlite3_stmt *statement = database_prepared(&store->database, GET_RECORD);
    int code = SQLITE_OK;

    *out = (struct market_record){0};
    if (statement == NULL)
        return false;
    sqlite3_bind_text(statement, 1, source, -1, SQLITE_STATIC);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        out->tries = (uint64_t)sqlite3_column_int64(statement, 0);
        out->good = (uint64_t)sqlite3_column_int64(statement, 1);
        out->suspect = (uint64_t)sqlite3_column_int64(statement, 2);
        out->last_ms = sqlite3_column_int64(statement, 3);
        out->last_good_ms = sqlite3_column_int64(statement, 4);
        snprintf(out->last_verdict, sizeof out->last_verdict, "%s", text_of(statement, 5));
        code = SQLITE_DONE;
    }
    return leave(store, statement, code, false);
}

bool market_store_suspect(struct market_store *store, uint64_t *out)
{
    sqlite3_stmt *statement = database_prepared(&store->database, GET_SUSPECT);
    int code = SQLITE_OK;

    if (statement == NULL)
        return false;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
        code = SQLITE_DONE;
    }
    return leave(store, statement, code, false);
}

bool market_store_last(struct market_store *store, struct market_last *out)
{
    sqlite3_stmt *statement = database_prepared(&store->database, GET_LAST);
    int code = SQLITE_ERROR;

    if (statement == NULL)
        return false;
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out = (struct market_last){.round_ms = sqlite3_column_int64(statement, 0),
                                    .known_ms = sqlite3_column_int64(statement, 1)};
        code = SQLITE_DONE;
    }
    return leave(store, statement, code, false);
}
