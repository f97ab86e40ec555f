// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what was observed is there again; a full disk loses nothing that fits the
 * queue; older schemas are brought up to date, newer and foreign databases refused untouched.
 */
#include "config.h"

#include "monitor/store/observations.h"
#include "tests/support/check.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MESSAGE_SIZE 1024

struct bench {
    char folder[64];
    char path[96];
    char message[MESSAGE_SIZE];
    bool missing;
};

static void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    snprintf(bench->folder, sizeof(bench->folder), "observations-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof(bench->path), "%s/observations.sqlite", bench->folder);
}

static void bench_end(struct bench *bench)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

static struct observations *open_db(struct bench *bench, bool read_only)
{
    return observations_open(bench->path, read_only, &bench->missing, bench->message,
                             sizeof(bench->message));
}

static struct observations *must_open(struct bench *bench, bool read_only)
{
    struct observations *db = open_db(bench, read_only);

    ck_assert_msg(db != NULL, "%s", bench->message);
    return db;
}

static struct hash256 hash_of(unsigned n)
{
    struct hash256 hash = {{0}};

    memcpy(hash.bytes, &n, sizeof(n));
    return hash;
}

static void add_arrival(struct observations *db, unsigned n, const char *peer,
                        enum observations_how how, int64_t wall_ms)
{
    struct observation_arrival row = {.hash = hash_of(n),
                                      .peer = peer,
                                      .group = "group",
                                      .how = how,
                                      .wall_ms = wall_ms,
                                      .clock_ok = true,
                                      .clock_error_us = -1};

    observations_arrival(db, &row);
}

START_TEST(the_first_announcement_counts)
{
    struct bench bench;
    struct observations *db;
    struct hash256 hash = hash_of(1);
    int64_t wall_ms;
    char peer[OBSERVATIONS_PEER_SIZE];

    bench_start(&bench);
    db = must_open(&bench, false);
    add_arrival(db, 1, "fetched:1", OBSERVATIONS_FETCHED, 500);
    add_arrival(db, 1, "late:1", OBSERVATIONS_HEADERS, 2000);
    add_arrival(db, 1, "early:1", OBSERVATIONS_INV, 1000);
    add_arrival(db, 1, "early:1", OBSERVATIONS_HEADERS, 1); /* a peer's first message counts */
    ck_assert_uint_eq(observations_pending(db), 4);
    ck_assert(!observations_first_seen(db, &wall_ms, NULL, 0, &hash));
    ck_assert(observations_flush(db));
    ck_assert_uint_eq(observations_pending(db), 0);
    ck_assert(observations_first_seen(db, &wall_ms, peer, sizeof(peer), &hash));
    ck_assert_int_eq(wall_ms, 1000);
    ck_assert_str_eq(peer, "early:1");
    hash = hash_of(2);
    ck_assert(!observations_first_seen(db, &wall_ms, NULL, 0, &hash));
    observations_close(db);
    bench_end(&bench);
}
END_TEST

struct seen {
    size_t count;
    int64_t last_ms;
};

static bool count_first(void *context, const struct observation_first *row)
{
    struct seen *seen = context;

    ck_assert_int_ge(row->wall_ms, seen->last_ms);
    ck_assert_ptr_nonnull(row->peer);
    ck_assert_int_ne(row->how, OBSERVATIONS_FETCHED);
    seen->last_ms = row->wall_ms;
    return ++seen->count != 3;
}

START_TEST(all_first_announcements_come_in_order_of_time)
{
    struct bench bench;
    struct observations *db;
    struct seen seen = {0};

    bench_start(&bench);
    db = must_open(&bench, false);
    for (unsigned n = 1; n <= 4; n++) {
        add_arrival(db, n, "a:1", OBSERVATIONS_HEADERS, 10000 - 100 * (int64_t)n);
        add_arrival(db, n, "b:1", OBSERVATIONS_HEADERS, 20000);
    }
    add_arrival(db, 9, "a:1", OBSERVATIONS_FETCHED, 1);
    ck_assert(observations_flush(db));
    ck_assert(!observations_each_first(db, count_first, &seen)); /* stopped */
    ck_assert_uint_eq(seen.count, 3);
    observations_close(db);
    bench_end(&bench);
}
END_TEST

static bool count_reorg(void *context, const struct observation_reorg *row)
{
    size_t *count = context;

    ck_assert_uint_eq(row->disconnected, 3 + *count);
    ck_assert_uint_eq(row->fork_height, 100);
    ck_assert(row->live);
    ++*count;
    return true;
}

START_TEST(reorgs_branches_and_the_rest)
{
    struct bench bench;
    struct observations *db;
    struct observation_reorg reorg = {.fork = hash_of(1),
                                      .old_tip = hash_of(2),
                                      .new_tip = hash_of(3),
                                      .fork_height = 100,
                                      .disconnected = 3,
                                      .connected = 4,
                                      .wall_ms = 5,
                                      .live = true};
    struct observation_branch branch = {
        .tip = hash_of(2), .fork = hash_of(1), .fork_height = 100, .length = 3};
    struct observation_peer_tip tip = {.peer = "a:1", .hash = hash_of(2), .height = 103};
    struct observation_clock clock = {.wall_ms = 1, .error_us = -1, .jump_ms = -4000};
    struct hash256 hash = hash_of(2);
    size_t count = 0;
    int64_t wall_ms;
    char peer[OBSERVATIONS_PEER_SIZE];

    bench_start(&bench);
    db = must_open(&bench, false);
    observations_reorg(db, &reorg);
    reorg.disconnected++;
    observations_reorg(db, &reorg);
    observations_branch(db, &branch);
    observations_peer_tip(db, &tip);
    tip.height++;
    observations_peer_tip(db, &tip);
    observations_clock(db, &clock);
    observations_close(db); /* flushes */
    db = must_open(&bench, true);
    ck_assert(observations_each_reorg(db, count_reorg, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert(!observations_branch_seen(db, &wall_ms, NULL, 0, &hash)); /* imported */
    observations_close(db);
    db = must_open(&bench, false);
    branch.tip = hash_of(7);
    branch.first_seen_ms = 77;
    branch.first_peer = "x:7";
    observations_branch(db, &branch);
    ck_assert(observations_flush(db));
    hash = hash_of(7);
    ck_assert(observations_branch_seen(db, &wall_ms, peer, sizeof(peer), &hash));
    ck_assert_int_eq(wall_ms, 77);
    ck_assert_str_eq(peer, "x:7");
    observations_close(db);
    bench_end(&bench);
}
END_TEST

struct alarms {
    struct observation_alarm rows[4];
    size_t count;
};

static bool keep_alarm(void *context, const struct observation_alarm *row)
{
    struct alarms *kept = context;

    ck_assert_uint_lt(kept->count, 4);
    kept->rows[kept->count++] = *row;
    return true;
}

/* The same but for the event. */
static void assert_same_alarm(const struct observation_alarm *is,
                              const struct observation_alarm *was)
{
    ck_assert_int_eq(is->wall_ms, was->wall_ms);
    ck_assert(is->rise == was->rise && is->silent == was->silent && is->live == was->live);
    ck_assert_uint_eq(is->height, was->height);
    ck_assert(hash256_equal(&is->hash, &was->hash));
    ck_assert_uint_eq(is->onset, was->onset);
    ck_assert_uint_eq(is->onset_lo, was->onset_lo);
    ck_assert_uint_eq(is->onset_hi, was->onset_hi);
    ck_assert_double_eq(is->ratio, was->ratio);
    ck_assert_double_eq(is->ratio_lo, was->ratio_lo);
    ck_assert_double_eq(is->ratio_hi, was->ratio_hi);
    ck_assert_double_eq(is->false_alarms_per_year, was->false_alarms_per_year);
    ck_assert_double_eq(is->daily_sd, was->daily_sd);
}

START_TEST(alarms_and_what_became_of_them)
{
    struct bench bench;
    struct alarms kept = {.count = 0};
    struct observations *db;
    struct observation_alarm row = {.wall_ms = INT64_C(1700000000000),
                                    .live = true,
                                    .height = 826102,
                                    .hash = hash_of(1),
                                    .onset = 826046,
                                    .onset_lo = 826000,
                                    .onset_hi = 826060,
                                    .ratio = 0.77,
                                    .ratio_lo = 0.69,
                                    .ratio_hi = 0.85,
                                    .false_alarms_per_year = 0.5,
                                    .daily_sd = 0.015};
    struct observation_alarm bare = {.event = OBSERVATIONS_RAISED,
                                     .rise = true,
                                     .silent = true,
                                     .height = UINT32_MAX,
                                     .hash = hash_of(2),
                                     .false_alarms_per_year = 1.0};

    bench_start(&bench);
    db = must_open(&bench, false);
    observations_alarm(db, &row);
    observations_alarm(db, &bare);
    row.event = OBSERVATIONS_WITHDRAWN;
    observations_alarm(db, &row);
    observations_close(db);
    db = must_open(&bench, true);
    ck_assert(observations_each_alarm(db, keep_alarm, &kept));
    ck_assert_uint_eq(kept.count, 3);
    ck_assert_int_eq(kept.rows[0].event, OBSERVATIONS_RAISED);
    ck_assert_int_eq(kept.rows[2].event, OBSERVATIONS_WITHDRAWN);
    assert_same_alarm(&kept.rows[0], &row);
    assert_same_alarm(&kept.rows[2], &row);
    ck_assert(kept.rows[1].rise && kept.rows[1].silent && !kept.rows[1].live);
    ck_assert_uint_eq(kept.rows[1].height, UINT32_MAX);
    ck_assert_uint_eq(kept.rows[1].onset, 0);
    ck_assert_double_eq(kept.rows[1].ratio, 0.0);
    ck_assert_double_eq(kept.rows[1].daily_sd, 0.0);
    observations_close(db);
    bench_end(&bench);
}
END_TEST

/* A database as version 1 left it: what is in it stays, and alarms have a place. */
START_TEST(the_first_schema_is_brought_up_to_date)
{
    struct bench bench;
    struct alarms kept = {.count = 0};
    struct observation_alarm row = {.height = 1, .hash = hash_of(1), .false_alarms_per_year = 1.0};
    struct hash256 hash = hash_of(5);
    struct observations *db;
    sqlite3 *raw;
    int64_t wall_ms;

    bench_start(&bench);
    db = must_open(&bench, false);
    add_arrival(db, 5, "a:1", OBSERVATIONS_INV, 50);
    observations_close(db);
    ck_assert_int_eq(sqlite3_open(bench.path, &raw), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(raw, "DROP TABLE alarms; PRAGMA user_version = 1", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(raw);
    ck_assert_ptr_null(open_db(&bench, true));
    db = must_open(&bench, false);
    ck_assert(observations_first_seen(db, &wall_ms, NULL, 0, &hash));
    ck_assert_int_eq(wall_ms, 50);
    observations_alarm(db, &row);
    ck_assert_msg(observations_flush(db), "%s", observations_error(db));
    ck_assert(observations_each_alarm(db, keep_alarm, &kept));
    ck_assert_uint_eq(kept.count, 1);
    observations_close(db);
    bench_end(&bench);
}
END_TEST

START_TEST(a_reader_sees_what_is_flushed_beside_the_writer)
{
    struct bench bench;
    struct observations *writer;
    struct observations *reader;
    struct hash256 hash = hash_of(1);
    int64_t wall_ms;

    bench_start(&bench);
    ck_assert_ptr_null(open_db(&bench, true));
    ck_assert(bench.missing);
    writer = must_open(&bench, false);
    reader = must_open(&bench, true);
    add_arrival(writer, 1, "a:1", OBSERVATIONS_HEADERS, 1);
    ck_assert(!observations_first_seen(reader, &wall_ms, NULL, 0, &hash));
    ck_assert(observations_flush(writer));
    ck_assert(observations_first_seen(reader, &wall_ms, NULL, 0, &hash));
    observations_close(reader);
    observations_close(writer);
    bench_end(&bench);
}
END_TEST

/* What is left when the monitor is killed while it makes the database. */
START_TEST(an_empty_file_counts_as_missing)
{
    struct bench bench;
    FILE *file;

    bench_start(&bench);
    file = fopen(bench.path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_ptr_null(open_db(&bench, true));
    ck_assert(bench.missing);
    observations_close(must_open(&bench, false));
    observations_close(must_open(&bench, true));
    ck_assert(!bench.missing);
    bench_end(&bench);
}
END_TEST

/* A file may not grow beyond so many bytes, as on a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_is_waited_out)
{
    struct bench bench;
    struct observations *db;
    struct rlimit before;
    unsigned n = 0;
    bool failed = false;
    struct hash256 hash;
    int64_t wall_ms;

    bench_start(&bench);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    db = must_open(&bench, false);
    limit_files(256 * 1024);
    while (!failed && n < 100000) {
        for (unsigned end = n + 100; n < end; n++)
            add_arrival(db, n, "a:1", OBSERVATIONS_HEADERS, n);
        failed = !observations_flush(db);
    }
    ck_assert(failed);
    ck_assert_str_ne(observations_error(db), "");
    ck_assert_uint_eq(observations_pending(db), 100);
    for (unsigned i = 0; i < OBSERVATIONS_QUEUE_MAX; i++)
        add_arrival(db, 1000000 + i, "a:1", OBSERVATIONS_HEADERS, i);
    ck_assert_uint_eq(observations_pending(db), OBSERVATIONS_QUEUE_MAX);
    ck_assert_uint_eq(observations_dropped(db), 100);
    ck_assert(!observations_flush(db));
    ck_assert_uint_eq(observations_pending(db), OBSERVATIONS_QUEUE_MAX);
    limit_files(before.rlim_cur);
    ck_assert_msg(observations_flush(db), "%s", observations_error(db));
    ck_assert_uint_eq(observations_pending(db), 0);
    hash = hash_of(n - 1);
    ck_assert(observations_first_seen(db, &wall_ms, NULL, 0, &hash));
    observations_close(db);
    bench_end(&bench);
}
END_TEST

/* Writes into the file behind SQLite's back. */
static void patch(const char *path, long offset, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "r+b");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, offset, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* Places of two numbers in the header of a database (SQLite's file format, section 1.3). */
#define OFFSET_USER_VERSION 60
#define OFFSET_APPLICATION_ID 68

START_TEST(newer_and_foreign_databases_are_refused)
{
    struct bench bench;
    const uint8_t version[4] = {0, 0, 0, 99};
    const uint8_t other[4] = {1, 2, 3, 4};
    FILE *file;

    bench_start(&bench);
    observations_close(must_open(&bench, false));
    patch(bench.path, OFFSET_USER_VERSION, version, sizeof(version));
    ck_assert_ptr_null(open_db(&bench, false));
    ck_assert_msg(strstr(bench.message, "newer") != NULL, "%s", bench.message);
    ck_assert_ptr_null(open_db(&bench, true));
    ck_assert(!bench.missing);
    patch(bench.path, OFFSET_APPLICATION_ID, other, sizeof(other));
    ck_assert_ptr_null(open_db(&bench, false));
    ck_assert_msg(strstr(bench.message, "another program") != NULL, "%s", bench.message);
    file = fopen(bench.path, "wb");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 1000; i++)
        fputs("this is no database ", file);
    fclose(file);
    ck_assert_ptr_null(open_db(&bench, false));
    ck_assert_msg(strstr(bench.message, "move it away") != NULL, "%s", bench.message);
    bench_end(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_first_announcement_counts,
        all_first_announcements_come_in_order_of_time,
        reorgs_branches_and_the_rest,
        alarms_and_what_became_of_them,
        the_first_schema_is_brought_up_to_date,
        a_reader_sees_what_is_flushed_beside_the_writer,
        an_empty_file_counts_as_missing,
        a_full_disk_is_waited_out,
        newer_and_foreign_databases_are_refused,
    };

    return TEST_MAIN("observations", tests);
}
