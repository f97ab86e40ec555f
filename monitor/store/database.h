// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * database: what our SQLite files have in common: how they are opened, told from others' and
 * brought up to date, and how trouble with them is put into words.
 *
 * The schema's version is in user_version, and application_id says that the file is ours. Number i
 * of the migrations turns version i into version i + 1, in a transaction of its own; an empty file
 * is version 0. Migrations that were released are never changed.
 *
 * WAL with synchronous=FULL: what has been committed outlives a loss of power.
 */
#ifndef HASHTIDE_MONITOR_STORE_DATABASE_H
#define HASHTIDE_MONITOR_STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATABASE_ERROR_SIZE 512

/** A kind of database. */
struct database_kind {
    int application_id;
    const char *const *migrations;
    int version;        /* the schema's: the number of migrations */
    const char *advice; /* what a person loses who moves a broken one away: ": move it ..." */
    const char *const *statements;
    size_t statement_count;
};

/** Zeroed: closed. */
struct database {
    const struct database_kind *kind;
    sqlite3 *sqlite;
    sqlite3_stmt **prepared; /* as many as the kind has statements; made when first used */
    bool read_only;
    bool empty; /* read_only: its maker has not come to the schema, or was killed before it */
    char error[DATABASE_ERROR_SIZE]; /* why the last call failed; one line */
};

/**
 * Opens or creates; migrates older schemas; refuses newer ones and databases that are not ours.
 * read_only: nothing is made or migrated (an older schema is refused: run the monitor once), and a
 * file that is missing, or empty because its maker has not got further, is *missing (may be NULL).
 * False with message, and closed.
 */
bool database_open(struct database *db, const struct database_kind *kind, const char *path,
                   bool read_only, bool *missing, char *message, size_t message_len);
/** Closed already is allowed. */
void database_close(struct database *db);

/** Sets error to "WHAT: why", of the last call of SQLite. Always false. */
bool database_fail(struct database *db, const char *what);
/** Sets error to text. Always false. */
bool database_say(struct database *db, const char *text);
/** Runs statements that give no rows. False with "WHAT: why". */
bool database_run(struct database *db, const char *sql, const char *what);
/** The kind's statement of this number, to be reset after use; NULL with error. */
sqlite3_stmt *database_prepared(struct database *db, size_t number);
/** Runs a prepared statement that gives no rows, and leaves it ready for the next time. */
bool database_finish(struct database *db, sqlite3_stmt *statement, const char *what);
/** Ends a transaction without a trace; where an error has ended it already, it is no mistake. */
void database_roll_back(struct database *db);

#endif
