// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: after a loss of power at any moment, whatever of the later writes was lost or
 * torn, the outbox has what it has said to be committed, all of it of one commit, and goes on; each
 * file operation may fail, and a full disk is called so.
 */
#include "config.h"

#include "monitor/store/outbox.h"
#include "tests/support/check.h"
#include "tests/support/io_record.h"
#include "tests/support/io_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH "store/alerts.sqlite"
#define COMMITS 8u
/** Random fates tried at each event, besides the two of all lost and all kept. */
#define RANDOM_FATES 2
#define WALL INT64_C(1767225600000)

static const char *const sinks[] = {"first", "second"};

static struct outbox *open_on(struct io_record *disk)
{
    char message[1024];
    struct outbox *outbox = NULL;

    io_vfs_use(io_record_io(disk));
    outbox = outbox_open(PATH, false, NULL, message, sizeof message);
    ck_assert_msg(outbox != NULL, "%s", message);
    return outbox;
}

/* Number n: its message, its state and its cursor, as one. */
static bool commit_one(struct outbox *outbox, unsigned n)
{
    char id[IDENTITY_SIZE];
    uint8_t state[4] = {(uint8_t)n, (uint8_t)(n >> 8), 0, 0};
    const struct outbox_message message = {.id = id,
                                           .alert_id = id,
                                           .rule = "fall",
                                           .created_ms = WALL + n,
                                           .body = "{\"a\": 1}",
                                           .body_len = 8,
                                           .sinks = sinks,
                                           .sink_count = 2};
    const struct outbox_rule rule = {
        .name = "fall", .incident = n, .state = state, .state_len = sizeof state};
    const struct outbox_cursor cursor = {.height = n};
    const struct outbox_commit commit = {.rules = &rule,
                                         .rule_count = 1,
                                         .messages = &message,
                                         .message_count = 1,
                                         .cursor = &cursor};

    snprintf(id, sizeof id, "%032x", n);
    return outbox_commit(outbox, &commit, NULL);
}

/* The first sink takes its next message. */
static bool deliver_one(struct outbox *outbox)
{
    struct outbox_delivery delivery;
    struct outbox_outcome outcome = {
        .sink = "first", .fate = DELIVERY_DONE, .tried_ms = WALL, .status = 200};

    if (outbox_next(outbox, &delivery, "first") != OUTBOX_FOUND)
        return false;
    outcome.number = delivery.number;
    outbox_delivery_free(&delivery);
    return outbox_record(outbox, &outcome, 1);
}

static bool take_state(void *context, const struct outbox_rule *row)
{
    *(unsigned *)context = row->state[0] | (unsigned)row->state[1] << 8;
    ck_assert_uint_eq(row->incident, *(unsigned *)context);
    return true;
}

/** What waits, as a list has it. */
struct waiting {
    unsigned first, second; /* the last that waits for each sink */
    unsigned first_count, second_count;
};

static bool take_entry(void *context, const struct outbox_entry *entry)
{
    struct waiting *waiting = context;
    unsigned n = (unsigned)strtoul(entry->id, NULL, 16);

    ck_assert_int_eq(entry->fate, DELIVERY_WAITS);
    if (strcmp(entry->sink, "first") == 0) {
        waiting->first = n;
        waiting->first_count++;
    } else {
        ck_assert_uint_eq(n, ++waiting->second_count); /* 1, 2, 3 ...: none was taken */
        waiting->second = n;
    }
    return true;
}

/* The newest commit there is. *delivered: how many the first sink has taken. */
static unsigned check_whole(struct outbox *outbox, unsigned *delivered)
{
    struct outbox_cursor cursor = {0};
    struct outbox_sink sink;
    struct waiting waiting = {0};
    unsigned n = 0;

    ck_assert_msg(outbox_cursor(outbox, &cursor) != OUTBOX_BROKEN, "%s", outbox_error(outbox));
    ck_assert(outbox_each_rule(outbox, take_state, &n));
    ck_assert_msg(outbox_each_entry(outbox, false, take_entry, &waiting), "%s",
                  outbox_error(outbox));
    ck_assert_uint_eq(cursor.height, n);
    ck_assert_uint_eq(waiting.second, n);
    ck_assert_uint_le(waiting.first_count, n);
    ck_assert(waiting.first_count == 0 || waiting.first == n);
    *delivered = n - waiting.first_count;
    if (outbox_sink(outbox, &sink, "first") == OUTBOX_FOUND)
        ck_assert_uint_eq(sink.waiting, waiting.first_count);
    return n;
}

/* ---- a life, and its end at any moment ---- */

/** Said at some moment: so much is committed. */
struct report {
    size_t events;
    unsigned commits, delivered;
};

struct story {
    struct io_record *disk;
    struct report reports[4 * COMMITS];
    size_t count;
};

static void report(struct story *story, unsigned commits, unsigned delivered)
{
    ck_assert_uint_lt(story->count, sizeof story->reports / sizeof story->reports[0]);
    story->reports[story->count++] = (struct report){
        .events = io_record_events(story->disk), .commits = commits, .delivered = delivered};
}

/* Closing brings the log into the database: so there are two lives, and more than one log. */
static void live(struct story *story)
{
    struct outbox *outbox = NULL;

    story->disk = io_record_new();
    for (unsigned n = 1; n <= COMMITS; n++) {
        if (n % 3 == 1) {
            outbox_close(outbox);
            outbox = open_on(story->disk);
        }
        ck_assert_msg(commit_one(outbox, n), "%s", outbox_error(outbox));
        report(story, n, (n - 1) / 2);
        if (n % 2 == 0) {
            ck_assert(deliver_one(outbox));
            report(story, n, n / 2);
        }
    }
    outbox_close(outbox);
}

/* What was reported before so many events; and what was under way then may be there too. */
static void end_at(const struct story *story, size_t events, io_fate_fn fate, void *context)
{
    struct io_record *disk = io_record_crash(story->disk, events, fate, context);
    struct outbox *outbox = open_on(disk);
    struct report said = {0};
    unsigned delivered = 0;
    unsigned n = check_whole(outbox, &delivered);

    for (size_t i = 0; i < story->count && story->reports[i].events <= events; i++)
        said = story->reports[i];
    ck_assert_msg(n == said.commits || n == said.commits + 1, "event %zu: %u committed, %u there",
                  events, said.commits, n);
    ck_assert(delivered == said.delivered ||
              (n == said.commits && delivered == said.delivered + 1));
    ck_assert(commit_one(outbox, n + 1)); /* it goes on */
    outbox_close(outbox);
    outbox = open_on(disk);
    ck_assert_uint_eq(check_whole(outbox, &delivered), n + 1);
    outbox_close(outbox);
    io_record_free(disk);
}

START_TEST(a_loss_of_power_halves_nothing)
{
    struct story story = {0};
    size_t ends = 0;

    live(&story);
    for (size_t events = 0; events <= io_record_events(story.disk); events++) {
        struct test_random random = test_random_init(test_seed(), events);

        end_at(&story, events, io_fate_lost, NULL);
        end_at(&story, events, io_fate_kept, NULL);
        for (int i = 0; i < RANDOM_FATES; i++)
            end_at(&story, events, io_fate_drawn, &random);
        ends += 2 + RANDOM_FATES;
    }
    printf("%zu losses of power, of %zu events\n", ends, io_record_events(story.disk));
    io_record_free(story.disk);
}
END_TEST

START_TEST(any_operation_may_fail)
{
    size_t failures = 0;

    for (size_t operation = 0;; operation++) {
        struct io_record *disk = io_record_new();
        struct outbox *outbox = open_on(disk);
        unsigned done = 0;
        unsigned delivered = 0;
        size_t before;

        ck_assert(commit_one(outbox, 1));
        before = io_record_operations(disk);
        io_record_fail(disk, operation, operation % 2 == 0 ? EIO : ENOSPC);
        for (unsigned n = 2; n <= 4; n++) {
            done = commit_one(outbox, n) ? n : done;
            if (done != n) {
                failures++;
                ck_assert_ptr_nonnull(outbox_trouble(outbox));
                io_record_fail(disk, 0, 0);
                ck_assert_msg(commit_one(outbox, n), "%s", outbox_error(outbox));
            }
            ck_assert_ptr_null(outbox_trouble(outbox));
            ck_assert_uint_eq(check_whole(outbox, &delivered), n);
        }
        before = io_record_operations(disk) - before;
        outbox_close(outbox);
        outbox = open_on(disk);
        ck_assert_uint_eq(check_whole(outbox, &delivered), 4);
        outbox_close(outbox);
        io_record_free(disk);
        if (operation > before)
            break;
    }
    printf("%zu failures\n", failures);
    ck_assert_uint_gt(failures, 0);
}
END_TEST

START_TEST(a_full_disk_is_called_so)
{
    struct io_record *disk = io_record_new();
    struct outbox *outbox = open_on(disk);
    unsigned n = 1;
    unsigned delivered = 0;

    io_record_limit(disk, 200 * 1024);
    while (n < 1000 && commit_one(outbox, n))
        n++;
    ck_assert_uint_lt(n, 1000);
    ck_assert_msg(strstr(outbox_trouble(outbox), "the disk is full") != NULL, "%s",
                  outbox_trouble(outbox));
    ck_assert_uint_eq(check_whole(outbox, &delivered), n - 1);
    io_record_limit(disk, SIZE_MAX);
    ck_assert(commit_one(outbox, n));
    ck_assert_ptr_null(outbox_trouble(outbox));
    outbox_close(outbox);
    io_record_free(disk);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_loss_of_power_halves_nothing,
        any_operation_may_fail,
        a_full_disk_is_called_so,
    };

    return TEST_MAIN("outbox_powerloss", tests);
}
