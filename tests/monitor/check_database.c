// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a database of any older version becomes one of the present, with what was in
 * it; a migration that fails leaves it as it was; readers make nothing.
 */
#include "config.h"

#include "monitor/store/database.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const migrations[] = {
    "CREATE TABLE things (name TEXT NOT NULL); INSERT INTO things VALUES ('first');",
    "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7;",
    "CREATE TABLE others (id INTEGER); INSERT INTO others SELECT size FROM things;",
};
static const char *const broken[] = {
    "CREATE TABLE things (name TEXT NOT NULL); INSERT INTO things VALUES ('first');",
    "DELETE FROM things; ALTER TABLE nothing ADD COLUMN size INTEGER;",
};
static const char *const statements[] = {"SELECT count(*) FROM things", "DELETE FROM things"};

static struct database_kind kind_of(const char *const *list, int version)
{
    return (struct database_kind){.application_id = 77,
                                  .migrations = list,
                                  .version = version,
                                  .advice = ": lost",
                                  .statements = statements,
                                  .statement_count = 2};
}

struct bench {
    char folder[64];
    char path[96];
    char message[1024];
    bool missing;
};

static void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "database-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/x.sqlite", bench->folder);
}

static void bench_end(struct bench *bench)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

static bool open_as(struct database *db, const struct database_kind *kind, struct bench *bench,
                    bool read_only)
{
    return database_open(db, kind, bench->path, read_only, &bench->missing, bench->message,
                         sizeof bench->message);
}

static int64_t ask(struct database *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;

    ck_assert_int_eq(sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

START_TEST(every_older_version_is_brought_up_to_date)
{
    const struct database_kind newest = kind_of(migrations, 3);

    for (int version = 1; version <= 3; version++) {
        const struct database_kind kind = kind_of(migrations, version);
        struct bench bench;
        struct database db;

        bench_start(&bench);
        ck_assert_msg(open_as(&db, &kind, &bench, false), "%s", bench.message);
        ck_assert(database_run(&db, "INSERT INTO things (name) VALUES ('second')", "x"));
        database_close(&db);
        database_close(&db); /* is allowed */
        if (version < 3) {
            ck_assert(!open_as(&db, &newest, &bench, true));
            ck_assert_msg(strstr(bench.message, "older") != NULL, "%s", bench.message);
        }
        ck_assert_msg(open_as(&db, &newest, &bench, false), "%s", bench.message);
        ck_assert_int_eq(ask(&db, "PRAGMA user_version"), 3);
        ck_assert_int_eq(ask(&db, "SELECT count(*) FROM things WHERE size = 7"), 2);
        ck_assert_int_eq(ask(&db, "PRAGMA synchronous"), 2);
        database_close(&db);
        ck_assert(open_as(&db, &newest, &bench, true));
        ck_assert(!database_run(&db, "DELETE FROM things", "no"));
        database_close(&db);
        bench_end(&bench);
    }
}
END_TEST

START_TEST(a_migration_that_fails_changes_nothing)
{
    const struct database_kind old = kind_of(broken, 1);
    const struct database_kind new = kind_of(broken, 2);
    struct bench bench;
    struct database db;

    bench_start(&bench);
    ck_assert(open_as(&db, &old, &bench, false));
    database_close(&db);
    ck_assert(!open_as(&db, &new, &bench, false));
    ck_assert_msg(strstr(bench.message, "schema") != NULL, "%s", bench.message);
    ck_assert(open_as(&db, &old, &bench, false));
    ck_assert_int_eq(ask(&db, "SELECT count(*) FROM things"), 1);
    database_close(&db);
    bench_end(&bench);
}
END_TEST

START_TEST(what_is_no_database_of_ours_is_left_alone)
{
    const struct database_kind kind = kind_of(migrations, 3);
    struct bench bench;
    struct database db;
    FILE *file;

    bench_start(&bench);
    ck_assert(!open_as(&db, &kind, &bench, true));
    ck_assert(bench.missing);
    ck_assert_int_ne(access(bench.path, F_OK), 0);
    file = fopen(bench.path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert(!open_as(&db, &kind, &bench, true)); /* its maker has not got further */
    ck_assert(bench.missing);
    file = fopen(bench.path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 1000; i++)
        fputs("words, and no table\n", file);
    fclose(file);
    ck_assert(!open_as(&db, &kind, &bench, false));
    ck_assert(!bench.missing);
    ck_assert_msg(strstr(bench.message, ": lost") != NULL, "%s", bench.message);
    bench_end(&bench);
}
END_TEST

START_TEST(statements_are_made_once_and_can_be_left)
{
    const struct database_kind kind = kind_of(migrations, 3);
    struct bench bench;
    struct database db;
    sqlite3_stmt *statement;

    bench_start(&bench);
    ck_assert(open_as(&db, &kind, &bench, false));
    statement = database_prepared(&db, 1);
    ck_assert_ptr_nonnull(statement);
    ck_assert(database_run(&db, "BEGIN", "x"));
    ck_assert(database_finish(&db, statement, "x"));
    database_roll_back(&db);
    database_roll_back(&db); /* nothing to do, and no mistake */
    ck_assert_ptr_eq(database_prepared(&db, 1), statement);
    ck_assert_int_eq(ask(&db, "SELECT count(*) FROM things"), 1);
    ck_assert(!database_run(&db, "nonsense", "cannot do it"));
    ck_assert_int_eq(strncmp(db.error, "cannot do it: ", 14), 0);
    database_close(&db);
    bench_end(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_older_version_is_brought_up_to_date,
        a_migration_that_fails_changes_nothing,
        what_is_no_database_of_ours_is_left_alone,
        statements_are_made_once_and_can_be_left,
    };

    return TEST_MAIN("database", tests);
}
