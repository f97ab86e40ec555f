// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what was said is written once and brought to each sink in order; states,
 * messages and cursor are always of the same commit, also after kill -9 at any moment; a full disk
 * has a name and leaves nothing half done; 100,000 messages that wait take no memory; whatever the
 * receivers do, every message ends as delivered or dead.
 */
#include "config.h"

#include "monitor/store/outbox.h"
#include "tests/support/check.h"

#include <malloc.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_SIZE 1024
#define SECOND ((int64_t)1000)
#define DAY (24 * 3600 * SECOND)
#define WALL ((int64_t)1767225600 * SECOND)
/** Of one document. */
#define BODY_SIZE 1000

struct bench {
    char folder[64];
    char path[96];
    char message[MESSAGE_SIZE];
    bool missing;
};

static void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "outbox-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof bench->path, "%s/alerts.sqlite", bench->folder);
}

static void bench_end(struct bench *bench)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

static struct outbox *open_outbox(struct bench *bench, bool read_only)
{
    return outbox_open(bench->path, read_only, &bench->missing, bench->message,
                       sizeof bench->message);
}

static struct outbox *must_open(struct bench *bench)
{
    struct outbox *outbox = open_outbox(bench, false);

    ck_assert_msg(outbox != NULL, "%s", bench->message);
    return outbox;
}

/* ---- making and looking ---- */

static const char *const both[] = {"first", "second"};

/* A message number n, to be put into a commit; text holds what it points to. */
struct made {
    struct outbox_message message;
    char id[IDENTITY_SIZE], alert_id[IDENTITY_SIZE];
    uint8_t body[BODY_SIZE];
    uint8_t signature[SIGN_SIGNATURE_SIZE];
};

static void make(struct made *made, unsigned n, enum alert_state state)
{
    memset(made->body, (int)('a' + n % 26), sizeof made->body);
    memset(made->signature, (int)(n % 251), sizeof made->signature);
    snprintf(made->id, sizeof made->id, "%032x", n);
    snprintf(made->alert_id, sizeof made->alert_id, "%032x", n / 10);
    made->message = (struct outbox_message){
        .id = made->id,
        .alert_id = made->alert_id,
        .rule = "fall",
        .state = state,
        .created_ms = WALL + n,
        .body = made->body,
        .body_len = sizeof made->body - n % 100,
        .signature = n % 2 == 0 ? made->signature : NULL,
        .sinks = both,
        .sink_count = 2,
    };
}

static void commit_one(struct outbox *outbox, const struct made *made)
{
    const struct outbox_commit commit = {.messages = &made->message, .message_count = 1};

    ck_assert_msg(outbox_commit(outbox, &commit, NULL), "%s", outbox_error(outbox));
}

static void commit_alert(struct outbox *outbox, unsigned n)
{
    struct made made;

    make(&made, n, ALERT_RAISED);
    commit_one(outbox, &made);
}

static void commit_heartbeat(struct outbox *outbox, unsigned n, const char *sink)
{
    struct made made;

    make(&made, n, ALERT_HEARTBEAT);
    made.message.rule = NULL;
    made.message.sinks = &sink;
    made.message.sink_count = 1;
    commit_one(outbox, &made);
}

static unsigned number_of(const char *id)
{
    return (unsigned)strtoul(id, NULL, 16);
}

/* Number of the next message; -1: none. */
static int next_of(struct outbox *outbox, const char *sink)
{
    struct outbox_delivery delivery;
    enum outbox_found found = outbox_next(outbox, &delivery, sink);
    int n = -1;

    ck_assert_msg(found != OUTBOX_BROKEN, "%s", outbox_error(outbox));
    if (found == OUTBOX_FOUND)
        n = (int)number_of(delivery.id);
    outbox_delivery_free(&delivery);
    return n;
}

/* Ends the next message of a sink. */
static void finish_next(struct outbox *outbox, const char *sink, enum delivery_fate fate,
                        int64_t wall_ms)
{
    struct outbox_delivery delivery;
    struct outbox_outcome outcome = {.sink = sink,
                                     .fate = fate,
                                     .tried_ms = wall_ms,
                                     .refused = fate == DELIVERY_DEAD_REFUSED,
                                     .status = fate == DELIVERY_DONE ? 200 : 400,
                                     .answer = "so it is"};

    ck_assert_int_eq(outbox_next(outbox, &delivery, sink), OUTBOX_FOUND);
    outcome.number = delivery.number;
    outbox_delivery_free(&delivery);
    ck_assert_msg(outbox_record(outbox, &outcome, 1), "%s", outbox_error(outbox));
}

static struct outbox_sink sink_of(struct outbox *outbox, const char *name)
{
    struct outbox_sink sink;

    ck_assert_int_eq(outbox_sink(outbox, &sink, name), OUTBOX_FOUND);
    return sink;
}

static bool count_entry(void *context, const struct outbox_entry *row)
{
    (void)row;
    ++*(size_t *)context;
    return true;
}

static size_t entries(struct outbox *outbox, bool dead_only)
{
    size_t count = 0;

    ck_assert_msg(outbox_each_entry(outbox, dead_only, count_entry, &count), "%s",
                  outbox_error(outbox));
    return count;
}

/* Asks the database what only it knows. */
static int64_t ask(const struct bench *bench, const char *sql)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t number = 0;

    ck_assert_int_eq(sqlite3_open(bench->path, &sqlite), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(sqlite));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return number;
}

static void change(const struct bench *bench, const char *sql)
{
    sqlite3 *sqlite = NULL;

    ck_assert_int_eq(sqlite3_open(bench->path, &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

/* ---- tests ---- */

START_TEST(a_message_is_there_as_it_was_signed)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_delivery delivery;
    struct made made;

    bench_start(&bench);
    outbox = must_open(&bench);
    make(&made, 42, ALERT_UPDATED);
    commit_one(outbox, &made);
    outbox_close(outbox);
    outbox = must_open(&bench);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(outbox_next(outbox, &delivery, both[i]), OUTBOX_FOUND);
        ck_assert_str_eq(delivery.id, made.id);
        ck_assert_str_eq(delivery.alert_id, made.alert_id);
        ck_assert_str_eq(delivery.rule, "fall");
        ck_assert_int_eq(delivery.state, ALERT_UPDATED);
        ck_assert_int_eq(delivery.created_ms, WALL + 42);
        ck_assert_uint_eq(delivery.body_len, BODY_SIZE - 42);
        ck_assert_mem_eq(delivery.body, made.body, delivery.body_len);
        ck_assert_uint_eq(delivery.body[delivery.body_len], 0);
        ck_assert(delivery.is_signed);
        ck_assert_mem_eq(delivery.signature, made.signature, SIGN_SIGNATURE_SIZE);
        ck_assert_uint_eq(delivery.attempts, 0);
        outbox_delivery_free(&delivery);
    }
    ck_assert_int_eq(next_of(outbox, "third"), -1);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(a_replay_adds_nothing)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_delivery delivery;
    struct made made[2];
    struct outbox_message messages[2];
    struct outbox_commit commit = {.messages = messages, .message_count = 2};
    size_t added = 0;

    bench_start(&bench);
    outbox = must_open(&bench);
    make(&made[0], 1, ALERT_RAISED);
    commit_one(outbox, &made[0]);
    finish_next(outbox, "first", DELIVERY_DONE, WALL);
    memset(made[0].body, 'z', BODY_SIZE); /* the first bytes are the ones that were signed */
    make(&made[1], 2, ALERT_CLEARED);
    messages[0] = made[0].message;
    messages[1] = made[1].message;
    ck_assert(outbox_commit(outbox, &commit, &added));
    ck_assert_uint_eq(added, 1);
    ck_assert(outbox_commit(outbox, &commit, &added));
    ck_assert_uint_eq(added, 0);
    ck_assert_int_eq(next_of(outbox, "first"), 2);
    ck_assert_int_eq(outbox_next(outbox, &delivery, "second"), OUTBOX_FOUND);
    ck_assert_int_eq(delivery.body[0], 'b');
    outbox_delivery_free(&delivery);
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM messages"), 2);
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM deliveries"), 4);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(sinks_go_their_own_ways_in_order)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_counts counts;

    bench_start(&bench);
    outbox = must_open(&bench);
    ck_assert(outbox_counts(outbox, &counts) && !counts.any && counts.queued == 0);
    for (unsigned n = 0; n < 5; n++)
        commit_alert(outbox, n);
    for (int n = 0; n < 5; n++) {
        ck_assert_int_eq(next_of(outbox, "second"), n);
        finish_next(outbox, "second", n == 2 ? DELIVERY_DEAD_REFUSED : DELIVERY_DONE, WALL + 50);
        ck_assert_int_eq(next_of(outbox, "first"), 0);
    }
    ck_assert_int_eq(next_of(outbox, "second"), -1);
    finish_next(outbox, "first", DELIVERY_WAITS, WALL + 50); /* a failed try moves nothing */
    ck_assert_int_eq(next_of(outbox, "first"), 0);
    ck_assert(outbox_counts(outbox, &counts));
    ck_assert_uint_eq(counts.queued, 5);
    ck_assert_uint_eq(counts.dead, 1);
    ck_assert(counts.any && counts.oldest_ms == WALL);
    ck_assert_uint_eq(entries(outbox, false), 6);
    ck_assert_uint_eq(entries(outbox, true), 1);
    ck_assert_uint_eq(sink_of(outbox, "second").dead, 1);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(of_heartbeats_the_newest_is_kept)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_delivery delivery;

    bench_start(&bench);
    outbox = must_open(&bench);
    commit_heartbeat(outbox, 1, "first");
    commit_heartbeat(outbox, 2, "second");
    finish_next(outbox, "first", DELIVERY_DONE, WALL);
    commit_heartbeat(outbox, 3, "first");
    ck_assert_int_eq(outbox_next(outbox, &delivery, "first"), OUTBOX_FOUND); /* on its way ... */
    commit_alert(outbox, 4);
    commit_heartbeat(outbox, 5, "first"); /* ... when a newer one comes */
    ck_assert(outbox_record(outbox,
                            &(struct outbox_outcome){.sink = "first",
                                                     .number = delivery.number,
                                                     .fate = DELIVERY_WAITS,
                                                     .tried_ms = WALL,
                                                     .memory = {.failures = 1}},
                            1));
    outbox_delivery_free(&delivery);
    ck_assert_int_eq(next_of(outbox, "first"), 4);
    finish_next(outbox, "first", DELIVERY_DONE, WALL);
    ck_assert_int_eq(next_of(outbox, "first"), 5);
    ck_assert_int_eq(next_of(outbox, "second"), 2);
    ck_assert_uint_eq(sink_of(outbox, "first").heartbeats, 3);
    ck_assert_uint_eq(sink_of(outbox, "first").waiting, 1);
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM messages"), 4); /* 1, 2, 4, 5 */
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(a_sink_is_remembered)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_sink sink;
    struct outbox_outcome outcome = {
        .sink = "first",
        .fate = DELIVERY_WAITS,
        .tried_ms = WALL + 1,
        .status = 410,
        .memory = {
            .failures = 7, .failing_since_ms = WALL, .next_try_ms = WALL + 9, .disabled = true}};
    char answer[OUTBOX_ANSWER_SIZE + 20];

    bench_start(&bench);
    memset(answer, 'x', sizeof answer);
    memcpy(answer + OUTBOX_ANSWER_SIZE - 2, "\xc3\xa4",
           2); /* does not fit, and is not cut in two */
    answer[sizeof answer - 1] = '\0';
    outcome.answer = answer;
    outbox = must_open(&bench);
    commit_alert(outbox, 1);
    ck_assert(outbox_record(outbox, &outcome, 1));
    outbox_close(outbox);
    outbox = must_open(&bench);
    sink = sink_of(outbox, "first");
    ck_assert(sink.configured && sink.memory.disabled);
    ck_assert_uint_eq(sink.memory.failures, 7);
    ck_assert_int_eq(sink.memory.failing_since_ms, WALL);
    ck_assert_int_eq(sink.memory.next_try_ms, WALL + 9);
    ck_assert_uint_eq(strlen(sink.why), OUTBOX_ANSWER_SIZE - 2);
    ck_assert_int_eq(outbox_sink(outbox, &sink, "third"), OUTBOX_NONE);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(sinks_come_and_go_with_the_configuration)
{
    static const char *const one[] = {"second"};
    struct bench bench;
    struct outbox *outbox;
    struct outbox_counts counts;
    struct outbox_sink sink;

    bench_start(&bench);
    outbox = must_open(&bench);
    commit_alert(outbox, 1);
    ck_assert(outbox_set_sinks(outbox, both, 2, WALL));
    ck_assert(outbox_set_sinks(outbox, one, 1, WALL + 5));
    sink = sink_of(outbox, "first");
    ck_assert(!sink.configured && sink.memory.failing_since_ms == WALL + 5);
    ck_assert(outbox_set_sinks(outbox, one, 1, WALL + 50)); /* gone since then, not since now */
    ck_assert_int_eq(sink_of(outbox, "first").memory.failing_since_ms, WALL + 5);
    ck_assert(outbox_counts(outbox, &counts));
    ck_assert_uint_eq(counts.queued, 1);
    ck_assert_int_eq(next_of(outbox, "first"), 1); /* it waits all the same */
    ck_assert(outbox_set_sinks(outbox, both, 2, WALL + 60));
    sink = sink_of(outbox, "first");
    ck_assert(sink.configured && sink.memory.failing_since_ms == 0);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(dead_letters_are_retried_by_hand)
{
    struct bench bench;
    struct outbox *outbox, *other;
    struct outbox_retried retried;
    struct outbox_retry what = {.sink = "first"};
    struct outbox_delivery delivery;

    bench_start(&bench);
    outbox = must_open(&bench);
    for (unsigned n = 0; n < 4; n++)
        commit_alert(outbox, n);
    for (int i = 0; i < 3; i++)
        finish_next(outbox, "first", DELIVERY_DEAD_REFUSED, WALL);
    finish_next(outbox, "second", DELIVERY_DEAD_LATE, WALL);
    other = must_open(&bench);
    ck_assert(!outbox_changed(outbox));
    ck_assert(outbox_retry(other, &what, &retried));
    ck_assert_uint_eq(retried.revived, 3);
    ck_assert_uint_eq(retried.hastened, 1);
    ck_assert(outbox_changed(outbox)); /* the monitor finds out */
    ck_assert(!outbox_changed(outbox));
    ck_assert_int_eq(outbox_next(outbox, &delivery, "first"), OUTBOX_FOUND);
    ck_assert_uint_eq(number_of(delivery.id), 0); /* in the old order */
    ck_assert_uint_eq(delivery.attempts, 1);
    ck_assert_uint_eq(delivery.refusals, 0); /* as if never refused */
    outbox_delivery_free(&delivery);
    ck_assert_uint_eq(sink_of(outbox, "first").waiting, 4);
    ck_assert_uint_eq(sink_of(outbox, "second").dead, 1);
    what = (struct outbox_retry){.id = "00000000000000000000000000000000"};
    ck_assert(outbox_retry(other, &what, &retried));
    ck_assert_uint_eq(retried.revived, 1);
    ck_assert_int_eq(next_of(outbox, "second"), 0);
    what = (struct outbox_retry){.id = "no such", .sink = "no such"};
    ck_assert(outbox_retry(other, &what, &retried));
    ck_assert(!retried.message_known && !retried.sink_known);
    outbox_close(other);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(one_in_the_way_is_dropped_by_hand)
{
    static const char id[] = "00000000000000000000000000000000";
    struct bench bench;
    struct outbox *outbox, *other;
    struct outbox_retry what = {.id = id, .sink = "first"};
    struct outbox_retried retried;
    struct outbox_outcome outcome = {
        .sink = "first", .tried_ms = WALL, .memory = {.failures = 3, .next_try_ms = WALL + DAY}};

    bench_start(&bench);
    outbox = must_open(&bench);
    for (unsigned n = 0; n < 3; n++)
        commit_alert(outbox, n);
    outcome.number = 1;
    ck_assert(outbox_record(outbox, &outcome, 1));
    other = must_open(&bench);
    (void)outbox_changed(outbox);
    ck_assert_int_eq(outbox_drop(other, id, "nobody", WALL), OUTBOX_NONE);
    ck_assert_int_eq(outbox_drop(other, "no such", "first", WALL), OUTBOX_NONE);
    ck_assert_int_eq(sink_of(outbox, "first").memory.next_try_ms, WALL + DAY);
    ck_assert_int_eq(outbox_drop(other, id, "first", WALL), OUTBOX_FOUND);
    ck_assert_int_eq(outbox_drop(other, id, "first", WALL), OUTBOX_NONE);
    ck_assert(outbox_changed(outbox)); /* the monitor finds out, and goes on at once */
    ck_assert_int_eq(sink_of(outbox, "first").memory.next_try_ms, 0);
    ck_assert_int_eq(next_of(outbox, "first"), 1);
    ck_assert_int_eq(next_of(outbox, "second"), 0); /* whose queue it stays in */
    ck_assert_uint_eq(sink_of(outbox, "first").waiting, 2);
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 1);
    ck_assert_int_eq(ask(&bench, "SELECT fate FROM deliveries WHERE ended_ms > 0"),
                     DELIVERY_DEAD_DROPPED);
    /* What comes late of a try: a failure leaves it dropped. */
    ck_assert(outbox_record(outbox, &outcome, 1));
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 1);
    ck_assert(outbox_retry(other, &what, &retried));
    ck_assert_uint_eq(retried.revived, 1);
    ck_assert_int_eq(next_of(outbox, "first"), 0);
    /* A disabled sink stays so. */
    outcome.memory.disabled = true;
    ck_assert(outbox_record(outbox, &outcome, 1));
    ck_assert_int_eq(outbox_drop(other, id, "first", WALL), OUTBOX_FOUND);
    ck_assert(sink_of(outbox, "first").memory.disabled);
    ck_assert_int_eq(sink_of(outbox, "first").memory.next_try_ms, WALL + DAY);
    outcome.fate = DELIVERY_DONE; /* it was taken: that is the truth */
    ck_assert(outbox_record(outbox, &outcome, 1));
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 0);
    outbox_close(other);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

static void tidy(struct outbox *outbox, int64_t wall_ms, int64_t keep_ms, int64_t give_up_ms)
{
    const struct outbox_tidying tidying = {
        .wall_ms = wall_ms, .keep_ms = keep_ms, .give_up_ms = give_up_ms};
    bool more = true;

    while (more)
        ck_assert_msg(outbox_tidy(outbox, &tidying, &more), "%s", outbox_error(outbox));
}

START_TEST(what_comes_late_of_a_try_still_counts)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_delivery delivery;
    struct outbox_outcome outcome = {.sink = "first", .tried_ms = WALL + 5};

    bench_start(&bench);
    outbox = must_open(&bench);
    commit_alert(outbox, 1);
    ck_assert_int_eq(outbox_next(outbox, &delivery, "first"), OUTBOX_FOUND);
    outcome.number = delivery.number;
    outbox_delivery_free(&delivery);
    finish_next(outbox, "first", DELIVERY_DEAD_LATE, WALL); /* while it is on its way */
    ck_assert(outbox_record(outbox, &outcome, 1));          /* it has failed: it stays dead */
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 1);
    ck_assert_int_eq(next_of(outbox, "first"), -1);
    outcome.fate = DELIVERY_DONE; /* it was taken: that is the truth */
    ck_assert(outbox_record(outbox, &outcome, 1));
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 0);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(only_what_was_delivered_is_thrown_away)
{
    struct bench bench;
    struct outbox *outbox;
    struct made made;

    bench_start(&bench);
    outbox = must_open(&bench);
    for (unsigned n = 0; n < 3; n++)
        commit_alert(outbox, n);
    make(&made, 9, ALERT_RAISED); /* for nobody */
    made.message.sink_count = 0;
    commit_one(outbox, &made);
    for (int n = 0; n < 3; n++)
        finish_next(outbox, "first", DELIVERY_DONE, WALL + n);
    finish_next(outbox, "second", DELIVERY_DONE, WALL + 1);
    finish_next(outbox, "second", DELIVERY_DEAD_REFUSED, WALL + 1);
    tidy(outbox, WALL + DAY, 2 * DAY, DAY);
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM messages"), 4);
    tidy(outbox, WALL + 3 * DAY, 2 * DAY, DAY);
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM messages"), 2); /* 1: dead; 2: waits */
    ck_assert_int_eq(ask(&bench, "SELECT count(*) FROM deliveries"), 2);
    ck_assert_int_eq(next_of(outbox, "second"), 2);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(what_waits_for_nobody_dies_in_time)
{
    static const char *const one[] = {"second"};
    struct bench bench;
    struct outbox *outbox;
    struct made *made = malloc(2500 * sizeof *made);
    struct outbox_message *messages = malloc(2500 * sizeof *messages);
    const struct outbox_commit commit = {.messages = messages, .message_count = 2500};
    struct outbox_retried retried;

    ck_assert(made != NULL && messages != NULL);
    bench_start(&bench);
    outbox = must_open(&bench);
    for (unsigned n = 0; n < 2500; n++) { /* several batches */
        make(&made[n], n, ALERT_RAISED);
        made[n].message.sink_count = 1;
        made[n].message.created_ms = n < 2400 ? WALL : WALL + 20 * DAY;
        messages[n] = made[n].message;
    }
    ck_assert(outbox_commit(outbox, &commit, NULL));
    ck_assert(outbox_set_sinks(outbox, one, 1, WALL + DAY));
    tidy(outbox, WALL + 31 * DAY - 1, 90 * DAY, 30 * DAY);
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 0);
    tidy(outbox, WALL + 31 * DAY, 90 * DAY, 30 * DAY);
    ck_assert_uint_eq(sink_of(outbox, "first").dead, 2400);
    ck_assert_uint_eq(sink_of(outbox, "first").waiting, 100);
    ck_assert(outbox_retry(outbox, &(struct outbox_retry){0}, &retried));
    ck_assert_uint_eq(retried.revived, 2400);
    ck_assert_uint_eq(sink_of(outbox, "first").waiting, 2500);
    free(made);
    free(messages);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

struct states {
    size_t count;
    uint64_t incident;
    uint8_t last;
};

static bool look_at_state(void *context, const struct outbox_rule *row)
{
    struct states *states = context;

    ck_assert_str_eq(row->name, states->count == 0 ? "a" : "b");
    ck_assert_uint_eq(row->state_len, INCIDENT_BYTES);
    states->incident += row->incident;
    states->last = row->state[INCIDENT_BYTES - 1];
    states->count++;
    return true;
}

START_TEST(states_cursor_and_key_are_kept)
{
    struct bench bench;
    struct outbox *outbox;
    uint8_t state[INCIDENT_BYTES] = {0};
    uint8_t key[IDENTITY_KEY_SIZE], wanted[IDENTITY_KEY_SIZE];
    struct outbox_cursor cursor = {.height = UINT32_MAX, .hash = {{7}}}, got;
    struct outbox_rule rules[] = {
        {.name = "b", .incident = 5, .state = state, .state_len = sizeof state},
        {.name = "a", .incident = 9, .state = state, .state_len = sizeof state}};
    struct outbox_commit commit = {.rules = rules, .rule_count = 2, .cursor = &cursor};
    struct states states = {0};

    bench_start(&bench);
    memset(wanted, 3, sizeof wanted);
    outbox = must_open(&bench);
    ck_assert_int_eq(outbox_cursor(outbox, &got), OUTBOX_NONE);
    ck_assert_int_eq(outbox_key(outbox, key), OUTBOX_NONE);
    ck_assert(outbox_set_key(outbox, wanted));
    ck_assert(outbox_commit(outbox, &commit, NULL));
    rules[0].incident = 2; /* a state that was lost and begun anew */
    state[INCIDENT_BYTES - 1] = 77;
    commit.cursor = NULL;
    ck_assert(outbox_commit(outbox, &commit, NULL));
    outbox_close(outbox);
    outbox = open_outbox(&bench, true);
    ck_assert_msg(outbox != NULL, "%s", bench.message);
    ck_assert_int_eq(outbox_cursor(outbox, &got), OUTBOX_FOUND);
    ck_assert_uint_eq(got.height, UINT32_MAX);
    ck_assert(hash256_equal(&got.hash, &cursor.hash));
    ck_assert_int_eq(outbox_key(outbox, key), OUTBOX_FOUND);
    ck_assert_mem_eq(key, wanted, sizeof key);
    ck_assert(outbox_each_rule(outbox, look_at_state, &states));
    ck_assert_uint_eq(states.count, 2);
    ck_assert_uint_eq(states.incident, 14); /* the highest number is not forgotten */
    ck_assert_uint_eq(states.last, 77);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(headers_go_with_the_cursor)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_cursor cursor = {.height = 3};
    uint8_t headers[OUTBOX_HEADERS_SIZE], got[OUTBOX_HEADERS_SIZE];
    struct outbox_commit commit = {
        .cursor = &cursor, .headers = headers, .headers_len = sizeof headers};
    size_t len = 0;

    bench_start(&bench);
    for (size_t i = 0; i < sizeof headers; i++)
        headers[i] = (uint8_t)(i * 7);
    outbox = must_open(&bench);
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_NONE);
    ck_assert(outbox_commit(outbox, &commit, NULL));
    commit_alert(outbox, 1); /* without a cursor they stay */
    outbox_close(outbox);
    outbox = must_open(&bench);
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_FOUND);
    ck_assert_uint_eq(len, sizeof headers);
    ck_assert_mem_eq(got, headers, len);
    commit.headers_len = HEADER_SIZE;
    ck_assert(outbox_commit(outbox, &commit, NULL));
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_FOUND);
    ck_assert_uint_eq(len, HEADER_SIZE);
    commit.headers_len = 0;
    ck_assert(outbox_commit(outbox, &commit, NULL));
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_NONE);
    change(&bench, "UPDATE monitor SET headers = x'0011'");
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_BROKEN);
    change(&bench, "UPDATE monitor SET headers = zeroblob(80 * 17)");
    ck_assert_int_eq(outbox_headers(outbox, got, &len), OUTBOX_BROKEN);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

static long size_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

START_TEST(a_commit_leaves_the_log_where_it_is)
{
    struct bench bench;
    struct outbox *outbox;
    long before = 0;

    bench_start(&bench);
    outbox = must_open(&bench);
    before = size_of(bench.path);
    for (unsigned n = 0; n < 300; n++)
        commit_alert(outbox, n);
    ck_assert_int_eq(size_of(bench.path), before);
    outbox_checkpoint(outbox);
    ck_assert_int_gt(size_of(bench.path), before + 300 * 1000);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(what_is_broken_is_called_so)
{
    struct bench bench;
    struct outbox *outbox;
    struct outbox_delivery delivery;
    struct outbox_cursor cursor;
    uint8_t key[IDENTITY_KEY_SIZE];
    size_t count = 0;

    bench_start(&bench);
    outbox = must_open(&bench);
    commit_alert(outbox, 1);
    change(&bench, "UPDATE messages SET state = 99");
    ck_assert_int_eq(outbox_next(outbox, &delivery, "first"), OUTBOX_BROKEN);
    ck_assert_ptr_nonnull(strstr(outbox_error(outbox), "broken"));
    ck_assert(!outbox_each_entry(outbox, false, count_entry, &count));
    change(&bench, "UPDATE monitor SET height = -1, hash = x'00', key = x'0000'");
    ck_assert_int_eq(outbox_cursor(outbox, &cursor), OUTBOX_BROKEN);
    ck_assert_int_eq(outbox_key(outbox, key), OUTBOX_BROKEN);
    change(&bench, "DELETE FROM monitor");
    ck_assert_int_eq(outbox_cursor(outbox, &cursor), OUTBOX_BROKEN);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(newer_and_foreign_databases_are_refused)
{
    struct bench bench;

    bench_start(&bench);
    ck_assert_ptr_null(open_outbox(&bench, true));
    ck_assert(bench.missing);
    outbox_close(must_open(&bench));
    change(&bench, "PRAGMA user_version = 99");
    ck_assert_ptr_null(open_outbox(&bench, false));
    ck_assert_msg(strstr(bench.message, "newer") != NULL, "%s", bench.message);
    ck_assert_ptr_null(open_outbox(&bench, true));
    ck_assert_int_eq(ask(&bench, "PRAGMA user_version"), 99); /* and left alone */
    change(&bench, "PRAGMA user_version = 1; PRAGMA application_id = 5");
    ck_assert_ptr_null(open_outbox(&bench, false));
    ck_assert_msg(strstr(bench.message, "another program") != NULL, "%s", bench.message);
    bench_end(&bench);
}
END_TEST

/* ---- the story of an alert ---- */

/* Number of the message, and of how many sinks that have taken it. */
struct words {
    struct outbox *outbox;
    unsigned numbers[16], taken[16];
    size_t count, most;
};

static bool count_taken(void *context, const struct outbox_entry *row)
{
    *(unsigned *)context += row->fate == DELIVERY_DONE;
    return true;
}

static bool take_word(void *context, const struct outbox_word *row)
{
    struct words *words = context;

    if (words->count == words->most)
        return false;
    words->numbers[words->count] = number_of(row->id);
    ck_assert_str_eq(row->rule, "fall");
    ck_assert_int_eq(row->created_ms, WALL + number_of(row->id));
    ck_assert(outbox_each_fate(words->outbox, row->id, count_taken, &words->taken[words->count]));
    words->count++;
    return true;
}

START_TEST(an_alert_is_found_with_its_messages)
{
    struct bench bench;
    struct outbox *outbox;
    struct words words = {.most = 16};
    char id[IDENTITY_SIZE];
    char wanted[IDENTITY_SIZE];
    uint64_t left_out = 9;

    bench_start(&bench);
    outbox = must_open(&bench);
    words.outbox = outbox;
    ck_assert_int_eq(outbox_find_alert(outbox, id, "fall"), OUTBOX_NONE);
    commit_heartbeat(outbox, 5, "first");
    for (unsigned n = 10; n < 25; n++) /* alerts 1 and 2 */
        commit_alert(outbox, n);
    finish_next(outbox, "first", DELIVERY_DONE, WALL + 1); /* the heartbeat */
    finish_next(outbox, "first", DELIVERY_DONE, WALL + 1);
    finish_next(outbox, "second", DELIVERY_DONE, WALL + 1);
    finish_next(outbox, "second", DELIVERY_DONE, WALL + 1);
    ck_assert_int_eq(outbox_find_alert(outbox, id, "fall"), OUTBOX_FOUND);
    snprintf(wanted, sizeof wanted, "%032x", 2);
    ck_assert_str_eq(id, wanted); /* the latest */
    snprintf(wanted, sizeof wanted, "%032x", 1);
    ck_assert_int_eq(outbox_find_alert(outbox, id, wanted), OUTBOX_FOUND);
    ck_assert_str_eq(id, wanted);
    ck_assert_int_eq(outbox_find_alert(outbox, id, "f"), OUTBOX_NONE);
    ck_assert(outbox_each_word(outbox, wanted, 100, &left_out, take_word, &words));
    ck_assert_uint_eq(left_out, 0);
    ck_assert_uint_eq(words.count, 10);
    ck_assert_uint_eq(words.numbers[0], 10);
    ck_assert_uint_eq(words.taken[0], 2);
    ck_assert_uint_eq(words.taken[1], 1);
    ck_assert_uint_eq(words.taken[2], 0);
    words.count = 0; /* the latest three, in order; then who says no is asked no more */
    ck_assert(outbox_each_word(outbox, wanted, 3, &left_out, take_word, &words));
    ck_assert_uint_eq(left_out, 7);
    ck_assert_uint_eq(words.count, 3);
    ck_assert_uint_eq(words.numbers[0], 17);
    words.count = 0;
    words.most = 2;
    ck_assert(!outbox_each_word(outbox, wanted, 3, &left_out, take_word, &words));
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

/* An outbox of the schema before there were stories is brought up to date, with all in it. */
START_TEST(an_older_outbox_is_brought_up_to_date)
{
    struct bench bench;
    struct outbox *outbox;
    char id[IDENTITY_SIZE];

    bench_start(&bench);
    outbox = must_open(&bench);
    commit_alert(outbox, 10);
    outbox_close(outbox);
    change(&bench, "DROP INDEX messages_alert; DROP INDEX messages_rule;"
                   " ALTER TABLE monitor DROP COLUMN headers; PRAGMA user_version = 2");
    ck_assert_ptr_null(open_outbox(&bench, true)); /* not by one that only reads */
    ck_assert(!bench.missing);
    outbox = must_open(&bench);
    ck_assert_int_eq(outbox_find_alert(outbox, id, "fall"), OUTBOX_FOUND);
    ck_assert_int_eq(next_of(outbox, "second"), 10);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

/* ---- a full disk ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Number n: its message, its state and its cursor, as one. */
static bool commit_all(struct outbox *outbox, unsigned n)
{
    struct made made;
    uint8_t state[INCIDENT_BYTES] = {0};
    struct outbox_cursor cursor = {.height = n};
    struct outbox_rule rule = {
        .name = "fall", .incident = n, .state = state, .state_len = sizeof state};
    struct outbox_commit commit = {.rules = &rule,
                                   .rule_count = 1,
                                   .messages = &made.message,
                                   .message_count = 1,
                                   .cursor = &cursor};

    make(&made, n, ALERT_RAISED);
    memcpy(state, &n, sizeof n);
    return outbox_commit(outbox, &commit, NULL);
}

static bool take_state(void *context, const struct outbox_rule *row)
{
    memcpy(context, row->state, sizeof(unsigned));
    ck_assert_uint_eq(row->incident, *(unsigned *)context);
    return true;
}

/* The newest number that was committed (0: none), which all three must have in common. */
static unsigned check_together(struct bench *bench, struct outbox *outbox)
{
    struct outbox_cursor cursor = {0};
    unsigned n = 0;

    ck_assert_int_ne(outbox_cursor(outbox, &cursor), OUTBOX_BROKEN);
    ck_assert(outbox_each_rule(outbox, take_state, &n));
    ck_assert_uint_eq(cursor.height, n);
    ck_assert_int_eq(ask(bench, "SELECT count(*) FROM messages"), n);
    ck_assert_int_eq(ask(bench, "SELECT coalesce(max(created_ms), 0) FROM messages"),
                     n > 0 ? WALL + n : 0);
    ck_assert_int_eq(ask(bench, "SELECT count(*) FROM deliveries"), 2 * (int64_t)n);
    ck_assert_int_eq(ask(bench, "SELECT sum(waiting) = (SELECT count(*) FROM deliveries WHERE"
                                " fate = 0) FROM sinks") != 0 ||
                         n == 0,
                     1);
    return n;
}

START_TEST(a_full_disk_has_a_name_and_halves_nothing)
{
    struct bench bench;
    struct outbox *outbox;
    struct rlimit before;
    unsigned n = 1;

    bench_start(&bench);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    outbox = must_open(&bench);
    ck_assert_ptr_null(outbox_trouble(outbox));
    limit_files(256 * 1024);
    while (n < 10000 && commit_all(outbox, n))
        n++;
    ck_assert_uint_lt(n, 10000);
    ck_assert_ptr_nonnull(outbox_trouble(outbox));
    ck_assert_str_ne(outbox_trouble(outbox), "");
    ck_assert_uint_eq(check_together(&bench, outbox), n - 1);
    ck_assert(!commit_all(outbox, n));
    limit_files(before.rlim_cur);
    ck_assert_msg(commit_all(outbox, n), "%s", outbox_error(outbox));
    ck_assert_ptr_null(outbox_trouble(outbox));
    ck_assert_uint_eq(check_together(&bench, outbox), n);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

START_TEST(a_full_disk_is_told_from_other_trouble)
{
    struct bench bench;
    struct outbox *outbox;
    sqlite3 *other = NULL;

    bench_start(&bench);
    outbox = must_open(&bench);
    ck_assert(commit_all(outbox, 1));
    ck_assert_int_eq(sqlite3_open(bench.path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert(!commit_all(outbox, 2)); /* another holds it */
    ck_assert_msg(strstr(outbox_trouble(outbox), "locked") != NULL, "%s", outbox_trouble(outbox));
    sqlite3_close(other);
    ck_assert(commit_all(outbox, 2));
    ck_assert_ptr_null(outbox_trouble(outbox));
    ck_assert_uint_eq(check_together(&bench, outbox), 2);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

/* ---- kill -9 ---- */

/* The child: commits from the next number on, and says each number that was committed. */
static void commit_until_killed(const char *path, unsigned n, int tell)
{
    char message[MESSAGE_SIZE];
    struct outbox *outbox = outbox_open(path, false, NULL, message, sizeof message);

    if (outbox == NULL)
        _exit(1);
    for (;; n++) {
        if (!commit_all(outbox, n) || write(tell, &n, sizeof n) != (ssize_t)sizeof n)
            _exit(1);
    }
}

START_TEST(after_kill_9_all_is_of_one_commit)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 50);
    struct bench bench;
    unsigned last = 0;

    bench_start(&bench);
    for (size_t round = 0; round < rounds; round++) {
        int ends[2];
        unsigned told = last;
        struct timespec pause = {.tv_nsec = (long)test_random_below(&random, 40000000)};
        pid_t child;
        struct outbox *outbox;

        ck_assert_int_eq(pipe(ends), 0);
        child = fork();
        ck_assert_int_ne(child, -1);
        if (child == 0)
            commit_until_killed(bench.path, last + 1, ends[1]);
        close(ends[1]);
        if (round == 0) /* however slow the disk: there is something to find */
            ck_assert_int_eq(read(ends[0], &told, sizeof told), (ssize_t)sizeof told);
        nanosleep(&pause, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        while (read(ends[0], &last, sizeof last) == (ssize_t)sizeof last)
            told = last;
        close(ends[0]);
        outbox = must_open(&bench);
        last = check_together(&bench, outbox);
        ck_assert_msg(last == told || last == told + 1, "%u told, %u there", told, last);
        outbox_close(outbox);
    }
    printf("%zu rounds of kill -9, %u commits\n", rounds, last);
    ck_assert_uint_gt(last, 0);
    bench_end(&bench);
}
END_TEST

/* ---- many ---- */

#define MANY 100000u
#define MANY_BATCH 1000u
/** SQLite's page cache has 2 MB; the rest is what a commit of a thousand messages needs. */
#define MEMORY_MOST ((size_t)10 * 1024 * 1024)

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

START_TEST(a_hundred_thousand_wait_in_no_memory)
{
    struct bench bench;
    struct outbox *outbox;
    struct made *made = malloc(sizeof *made * MANY_BATCH);
    struct outbox_message *messages = malloc(sizeof *messages * MANY_BATCH);
    struct outbox_counts counts;
    size_t before, most = 0;

    ck_assert(made != NULL && messages != NULL);
    bench_start(&bench);
    outbox = must_open(&bench);
    before = memory_in_use();
    for (unsigned n = 0; n < MANY;) {
        const struct outbox_commit commit = {.messages = messages, .message_count = MANY_BATCH};

        for (unsigned i = 0; i < MANY_BATCH; i++, n++) {
            make(&made[i], n, ALERT_RAISED);
            made[i].message.sink_count = 1;
            made[i].message.body_len = 300; /* a test does not need to fill the disk */
            messages[i] = made[i].message;
        }
        ck_assert(outbox_commit(outbox, &commit, NULL));
        ck_assert_int_eq(next_of(outbox, "first"), 0);
        if (memory_in_use() - before > most)
            most = memory_in_use() - before;
    }
    ck_assert(outbox_counts(outbox, &counts));
    ck_assert_uint_eq(counts.queued, MANY);
    ck_assert_uint_eq(entries(outbox, false), MANY);
    for (int i = 0; i < 100; i++)
        finish_next(outbox, "first", DELIVERY_DONE, WALL);
    if (memory_in_use() - before > most)
        most = memory_in_use() - before;
    printf("%u messages wait: %zu kB of memory at most, %lld kB of disk\n", MANY, most / 1024,
           (long long)ask(&bench, "SELECT page_count * page_size / 1024 FROM pragma_page_count,"
                                  " pragma_page_size"));
    ck_assert_uint_lt(most, MEMORY_MOST);
    outbox_close(outbox);
    free(made);
    free(messages);
    bench_end(&bench);
}
END_TEST

/* ---- the outbox and its machines together ---- */

#define SINKS 3
#define ALERTS 60u

struct lane {
    const char *name;
    struct delivery delivery;
    unsigned seen; /* number of the next message that may come: none comes back */
    unsigned done, dead;
};

/* Of a message and a sink: one never answers, and some messages are refused whatever happens. */
static int draw_status(const struct lane *lane, struct test_random *random)
{
    static const int statuses[] = {200, 200, 200, 301, 400, 410, 429, 500};

    if (strcmp(lane->name, "dead") == 0)
        return 503;
    return lane->seen % 7 == 3
               ? 400
               : statuses[test_random_below(random, sizeof statuses / sizeof statuses[0])];
}

/* One try. False: the monitor is killed, before the outcome is written (then it is tried again) or
 * after. */
static bool try_one(struct outbox *outbox, struct lane *lane, struct test_random *random,
                    struct delivery_now now)
{
    struct outbox_outcome outcome = {.sink = lane->name, .tried_ms = now.wall_ms};
    struct outbox_delivery delivery;
    struct delivery_message message;
    struct delivery_result result = {0};

    if (outbox_next(outbox, &delivery, lane->name) != OUTBOX_FOUND) {
        delivery_nothing(&lane->delivery);
        return true;
    }
    ck_assert_uint_eq(number_of(delivery.id), lane->seen); /* in order, none left out */
    message =
        (struct delivery_message){.created_ms = delivery.created_ms, .refusals = delivery.refusals};
    outcome.number = delivery.number;
    outbox_delivery_free(&delivery);
    if (test_random_one_in(random, 20))
        return false;
    outcome.status = draw_status(lane, random);
    result.meaning = delivery_meaning_http(outcome.status);
    outcome.refused = result.meaning == DELIVERY_REFUSED;
    outcome.fate =
        delivery_finish(&lane->delivery, &message, &result, now, test_random_u64(random));
    outcome.memory = lane->delivery.memory;
    ck_assert(outbox_record(outbox, &outcome, 1));
    lane->done += outcome.fate == DELIVERY_DONE;
    lane->dead += outcome.fate == DELIVERY_DEAD_REFUSED || outcome.fate == DELIVERY_DEAD_LATE;
    lane->seen += outcome.fate != DELIVERY_WAITS;
    return !test_random_one_in(random, 20);
}

static const struct delivery_options quick = {
    .retry_min_ms = 100, .retry_max_ms = 60 * SECOND, .give_up_ms = 3600 * SECOND};

static struct outbox *start_anew(struct bench *bench, struct outbox *outbox,
                                 struct lane lanes[SINKS], struct delivery_now now)
{
    outbox_close(outbox);
    outbox = must_open(bench);
    for (int i = 0; i < SINKS; i++) {
        struct outbox_sink sink;

        (void)outbox_sink(outbox, &sink, lanes[i].name);
        delivery_init(&lanes[i].delivery, &quick, &sink.memory, now);
    }
    return outbox;
}

START_TEST(every_message_ends_in_order_through_restarts)
{
    static const char *const names[SINKS] = {"one", "two", "dead"};
    struct test_random random = test_random_init(test_seed(), 2);
    struct lane lanes[SINKS] = {{.name = "one"}, {.name = "two"}, {.name = "dead"}};
    struct delivery_now now = {.steady_ms = 1, .wall_ms = WALL};
    struct bench bench;
    struct outbox *outbox = NULL;
    unsigned made = 0, restarts = 0;

    bench_start(&bench);
    outbox = start_anew(&bench, NULL, lanes, now);
    for (unsigned steps = 0;
         lanes[0].seen < ALERTS || lanes[1].seen < ALERTS || lanes[2].seen < ALERTS; steps++) {
        bool alive = true;

        ck_assert_uint_lt(steps, 1000000);
        if (made < ALERTS && test_random_one_in(&random, 3)) {
            struct made one;

            make(&one, made++, ALERT_RAISED);
            one.message.created_ms = now.wall_ms;
            one.message.sinks = names;
            one.message.sink_count = SINKS;
            commit_one(outbox, &one);
            for (int i = 0; i < SINKS; i++)
                delivery_queued(&lanes[i].delivery, now);
        }
        for (int i = 0; alive && i < SINKS; i++) {
            if (lanes[i].delivery.phase == DELIVERY_DISABLED)
                delivery_enable(&lanes[i].delivery, now);
            if (delivery_start(&lanes[i].delivery, now))
                alive = try_one(outbox, &lanes[i], &random, now);
        }
        now.steady_ms += 20000;
        now.wall_ms += 20000;
        if (!alive) {
            outbox = start_anew(&bench, outbox, lanes, now);
            restarts++;
        }
    }
    for (int i = 0; i < SINKS; i++) {
        ck_assert_uint_eq(lanes[i].done + lanes[i].dead, ALERTS);
        ck_assert_uint_eq(sink_of(outbox, lanes[i].name).waiting, 0);
        ck_assert_uint_eq(sink_of(outbox, lanes[i].name).dead, lanes[i].dead);
    }
    ck_assert_uint_eq(lanes[2].dead, ALERTS);
    ck_assert_uint_le(lanes[0].done, ALERTS - ALERTS / 7);
    ck_assert_uint_gt(lanes[0].done, 0);
    printf("%u restarts; delivered %u and %u of %u\n", restarts, lanes[0].done, lanes[1].done,
           ALERTS);
    outbox_close(outbox);
    bench_end(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_message_is_there_as_it_was_signed,
        a_replay_adds_nothing,
        sinks_go_their_own_ways_in_order,
        of_heartbeats_the_newest_is_kept,
        a_sink_is_remembered,
        sinks_come_and_go_with_the_configuration,
        dead_letters_are_retried_by_hand,
        one_in_the_way_is_dropped_by_hand,
        what_comes_late_of_a_try_still_counts,
        only_what_was_delivered_is_thrown_away,
        what_waits_for_nobody_dies_in_time,
        states_cursor_and_key_are_kept,
        headers_go_with_the_cursor,
        a_commit_leaves_the_log_where_it_is,
        what_is_broken_is_called_so,
        newer_and_foreign_databases_are_refused,
        an_alert_is_found_with_its_messages,
        an_older_outbox_is_brought_up_to_date,
        a_full_disk_has_a_name_and_halves_nothing,
        a_full_disk_is_told_from_other_trouble,
        after_kill_9_all_is_of_one_commit,
        a_hundred_thousand_wait_in_no_memory,
        every_message_ends_in_order_through_restarts,
    };

    return TEST_MAIN("outbox", tests);
}
