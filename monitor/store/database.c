// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * database: opening, migrating, statements.
 */
#include "config.h"

#include "monitor/store/database.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A reader may hold the database for a moment (checkpoint, recovery), or a command write to it
 *  beside the monitor: wait this long, in ms. */
#define BUSY_MS 250
#define PATH_SIZE 4096

/* ---- small steps ---- */

bool database_fail(struct database *db, const char *what)
{
    int extended = sqlite3_extended_errcode(db->sqlite);

    if ((extended & 0xff) == SQLITE_FULL)
        snprintf(db->error, sizeof db->error, "%s: the disk is full", what);
    else
        snprintf(db->error, sizeof db->error, "%s: %s (SQLite %d)", what,
                 sqlite3_errmsg(db->sqlite), extended);
    return false;
}

bool database_say(struct database *db, const char *text)
{
    snprintf(db->error, sizeof db->error, "%s", text);
    return false;
}

bool database_run(struct database *db, const char *sql, const char *what)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK || database_fail(db, what);
}

sqlite3_stmt *database_prepared(struct database *db, size_t number)
{
    assert(number < db->kind->statement_count);
    if (db->prepared[number] == NULL &&
        sqlite3_prepare_v3(db->sqlite, db->kind->statements[number], -1, SQLITE_PREPARE_PERSISTENT,
                           &db->prepared[number], NULL) != SQLITE_OK) {
        database_fail(db, "cannot use the database");
        return NULL;
    }
    return db->prepared[number];
}

bool database_finish(struct database *db, sqlite3_stmt *statement, const char *what)
{
    bool good = sqlite3_step(statement) == SQLITE_DONE || database_fail(db, what);

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return good;
}

void database_roll_back(struct database *db)
{
    /* Some errors roll back by themselves; then this one says that there is nothing to do. */
    (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static bool get_number(struct database *db, int64_t *out, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;

    if (good)
        *out = sqlite3_column_int64(statement, 0);
    else
        database_fail(db, "cannot read it");
    sqlite3_finalize(statement);
    return good;
}

/* ---- opening ---- */

static bool migrate_one(struct database *db, int version)
{
    static const char what[] = "cannot bring the schema up to date";
    char text[64];

    if (!database_run(db, "BEGIN IMMEDIATE", "cannot begin a migration"))
        return false;
    snprintf(text, sizeof text, "PRAGMA user_version = %d", version + 1);
    if (database_run(db, db->kind->migrations[version], what) && database_run(db, text, what) &&
        database_run(db, "COMMIT", what))
        return true;
    database_roll_back(db);
    return false;
}

/* That the file is ours, or nobody's yet. */
static bool look_at_owner(struct database *db, int64_t application, int64_t version)
{
    int64_t tables = 0;

    if (application == db->kind->application_id)
        return true;
    if (!get_number(db, &tables, "SELECT count(*) FROM sqlite_master"))
        return false;
    return (application == 0 && version == 0 && tables == 0) ||
           database_say(db, "it is a database of another program: move it away");
}

static bool set_up(struct database *db)
{
    int64_t application = 0;
    int64_t version = 0;
    char text[64];

    if (!get_number(db, &application, "PRAGMA application_id") ||
        !get_number(db, &version, "PRAGMA user_version") ||
        !look_at_owner(db, application, version))
        return false;
    db->empty = db->read_only && version == 0;
    if (db->empty)
        return database_say(db, "nothing has been written to it yet");
    if (version > db->kind->version)
        return database_say(db, "it was written by a newer hashtide: use that one");
    if (db->read_only)
        return version == db->kind->version ||
               database_say(db, "it was written by an older hashtide: run the monitor once");
    snprintf(text, sizeof text, "PRAGMA application_id = %d", db->kind->application_id);
    if (!database_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
                      "cannot set it up") ||
        (application != db->kind->application_id && !database_run(db, text, "cannot set it up")))
        return false;
    for (int i = (int)version; i < db->kind->version; i++) {
        if (!migrate_one(db, i))
            return false;
    }
    return true;
}

static bool open_by_name(struct database *db, const char *name, int flags)
{
    if (sqlite3_open_v2(name, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return database_fail(db, "cannot open it");
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    return set_up(db);
}

/* The path as a URI that tells SQLite that nobody writes. To be freed; NULL when memory is short.
 */
static char *immutable_uri(const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    char *uri = malloc(3 * strlen(path) + sizeof("file:?immutable=1"));
    char *out = uri;

    if (uri == NULL)
        return NULL;
    memcpy(out, "file:", 5);
    out += 5;
    for (; *path != '\0'; path++) {
        if (strchr("%?#", *path) == NULL) {
            *out++ = *path;
            continue;
        }
        *out++ = '%';
        *out++ = digits[(unsigned char)*path >> 4];
        *out++ = digits[(unsigned char)*path & 15];
    }
    memcpy(out, "?immutable=1", sizeof("?immutable=1"));
    return uri;
}

/* True if there is no write-ahead log beside the database: then no writer has it open. */
static bool at_rest(const char *path)
{
    char log[PATH_SIZE];
    int len = snprintf(log, sizeof log, "%s-wal", path);

    return len > 0 && (size_t)len < sizeof log && access(log, F_OK) != 0;
}

/* What SQLite says when it may not write beside the database. */
static bool may_not_write(sqlite3 *sqlite)
{
    int code = sqlite != NULL ? sqlite3_errcode(sqlite) & 0xff : SQLITE_OK;

    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

static bool open_file(struct database *db, const char *path)
{
    char *uri = NULL;
    bool good = false;

    if (!db->read_only)
        return open_by_name(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (open_by_name(db, path, SQLITE_OPEN_READONLY))
        return true;
    /* A reader of a WAL database needs to write beside it, which a copy on a read-only medium does
     * not allow; but such a copy does not change either. */
    if (!may_not_write(db->sqlite) || !at_rest(path))
        return false;
    sqlite3_close(db->sqlite);
    db->sqlite = NULL;
    uri = immutable_uri(path);
    if (uri == NULL)
        return database_say(db, "out of memory");
    good = open_by_name(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    free(uri);
    return good;
}

/* What a person can do about a database that could not be opened. */
static const char *advice(const struct database *db)
{
    int code = db->sqlite != NULL ? sqlite3_errcode(db->sqlite) & 0xff : SQLITE_OK;

    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? db->kind->advice : "";
}

bool database_open(struct database *db, const struct database_kind *kind, const char *path,
                   bool read_only, bool *missing, char *message, size_t message_len)
{
    bool absent = read_only && access(path, F_OK) != 0;

    *db = (struct database){.kind = kind, .read_only = read_only};
    if (missing != NULL)
        *missing = absent;
    if (absent) {
        snprintf(message, message_len, "there is no %s", path);
        return false;
    }
    db->prepared = calloc(kind->statement_count, sizeof *db->prepared);
    if (db->prepared == NULL) {
        snprintf(message, message_len, "out of memory for %s", path);
        return false;
    }
    if (!open_file(db, path)) {
        snprintf(message, message_len, "cannot use %s: %s%s", path, db->error, advice(db));
        if (missing != NULL)
            *missing = db->empty;
        database_close(db);
        return false;
    }
    return true;
}

void database_close(struct database *db)
{
    for (size_t i = 0; db->prepared != NULL && i < db->kind->statement_count; i++)
        sqlite3_finalize(db->prepared[i]);
    free(db->prepared);
    db->prepared = NULL;
    sqlite3_close(db->sqlite);
    db->sqlite = NULL;
}
