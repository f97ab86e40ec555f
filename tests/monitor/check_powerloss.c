// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what headerfile_durable() has reported is there after a loss of power at any
 * moment, whatever of the later writes was lost or torn; also if power is lost again while the file
 * is being opened and repaired. And each file operation may fail: nothing lies, nothing is lost.
 */
#include "config.h"

#include "monitor/store/headerfile.h"
#include "monitor/store/headerfile_internal.h"
#include "tests/support/check.h"
#include "tests/support/io_record.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "store/headers.dat"
#define CHAIN 60
/** Random fates tried at each event, besides the systematic ones. */
#define RANDOM_FATES 12
/** The same for a second loss of power, while a broken file is being opened. */
#define RANDOM_FATES_AGAIN 3
#define REPORTS_MAX 4096

/** Said at some moment: so many headers are durable. */
struct report {
    size_t events;
    uint32_t durable;
};

/** A life of a store. Its headers' order of arrival is that of the chain, then the branch. */
struct story {
    struct io_record *disk;
    struct records headers;
    struct report reports[REPORTS_MAX];
    size_t report_count;
    int64_t now;
};

static const struct params *tidenet(void)
{
    return params_get(NETWORK_TIDENET);
}

static struct headerfile *open_on(struct io_record *disk, int64_t now,
                                  struct headerfile_opened *opened)
{
    struct headerfile_options options = {
        .io = io_record_io(disk), .path = PATH, .params = tidenet(), .now = now};

    return headerfile_open(&options, opened);
}

static void report(struct story *story, const struct headerfile *file)
{
    ck_assert_uint_lt(story->report_count, REPORTS_MAX);
    story->reports[story->report_count++] = (struct report){.events = io_record_events(story->disk),
                                                            .durable = headerfile_durable(file)};
}

/* How many headers had been reported as durable when the first so many events had happened. */
static uint32_t reported(const struct story *story, size_t events)
{
    uint32_t durable = 0;

    for (size_t i = 0; i < story->report_count && story->reports[i].events <= events; i++)
        durable = story->reports[i].durable > durable ? story->reports[i].durable : durable;
    return durable;
}

static void story_start(struct story *story, uint64_t stream)
{
    struct records branch = {0};

    *story = (struct story){.disk = io_record_new(), .now = 1700000000};
    records_mine(&story->headers, tidenet(), CHAIN, 600, test_seed() + stream);
    records_mine(&branch, tidenet(), CHAIN / 4, 600, test_seed() + stream + 1000000);
    for (size_t i = 1; i < branch.count; i++)
        records_append(&story->headers, records_at(&branch, i));
    records_free(&branch);
}

static void story_end(struct story *story)
{
    io_record_free(story->disk);
    records_free(&story->headers);
}

/* Adds headers until there are count; false if one could not be stored. */
static bool grow(struct story *story, struct headerfile *file, size_t count)
{
    struct accept_options options = {.now = INT32_MAX};
    enum headerfile_status status;
    uint32_t before = tree_count(headerfile_tree(file));
    struct accept_result result =
        headerfile_accept(file, &status, &options, story->headers.bytes, HEADER_SIZE, count);

    ck_assert_int_eq(result.fault, status != HEADERFILE_OK);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)),
                      status == HEADERFILE_OK ? (before > count ? before : count) : before);
    if (status != HEADERFILE_OK)
        ck_assert_str_ne(headerfile_error(file), "");
    return status == HEADERFILE_OK;
}

/* Runs on the disk, come what may, until everything is stored: batches of random length, synced now
 * and then, with a restart now and then. */
static void live(struct story *story, struct test_random *random, bool sync_failure_ends)
{
    struct headerfile_opened opened;
    struct headerfile *file = NULL;
    size_t count = 1;
    unsigned attempts = 0;

    while (file == NULL || headerfile_durable(file) < story->headers.count) {
        ck_assert_msg(attempts++ < 1000, "the store does not recover");
        if (file == NULL)
            file = open_on(story->disk, story->now++, &opened);
        if (file == NULL) {
            ck_assert_str_ne(opened.message, "");
            continue;
        }
        report(story, file);
        if (count < story->headers.count)
            count += 1 + test_random_below(random, 20);
        if (count > story->headers.count)
            count = story->headers.count;
        (void)grow(story, file, count);
        if (test_random_one_in(random, 2) || count == story->headers.count) {
            bool good = headerfile_sync(file) == HEADERFILE_OK;

            report(story, file);
            if (!good && sync_failure_ends) {
                headerfile_close(file);
                file = NULL;
                continue;
            }
        }
        if (test_random_one_in(random, 4)) {
            headerfile_close(file);
            file = NULL;
        }
    }
    headerfile_close(file);
}

/* ---- fates ---- */

enum plan_kind { PLAN_ALL, PLAN_RANDOM, PLAN_ONE };

struct plan {
    enum plan_kind kind;
    enum io_fate others; /* of all, or of all but one */
    size_t one;          /* counted among those that ask */
    enum io_fate fate;   /* of that one */
    size_t bytes;        /* of that one; or a share of 1/8ths of the write with eighths set */
    bool eighths;
    size_t asked;
    struct test_random random;
};

static enum io_fate decide(void *context, size_t event, size_t write_len, size_t *bytes)
{
    struct plan *plan = context;

    if (plan->kind == PLAN_RANDOM)
        return io_fate_drawn(&plan->random, event, write_len, bytes);
    if (plan->kind == PLAN_ALL || plan->asked++ != plan->one)
        return plan->others;
    *bytes = plan->eighths ? write_len * plan->bytes / 8 : plan->bytes;
    return write_len > 0 || plan->fate == IO_KEPT ? plan->fate : IO_LOST;
}

/* ---- checking ---- */

/* The file opens and the first so many headers are there. */
static void assert_holds(const struct story *story, struct io_record *disk, uint32_t durable,
                         const char *when)
{
    struct headerfile_opened opened;
    struct headerfile *file = open_on(disk, story->now, &opened);

    ck_assert_msg(file != NULL, "%s: %s", when, opened.message);
    for (uint32_t i = 0; i < durable; i++) {
        struct hash256 hash;

        header_hash(&hash, records_at(&story->headers, i));
        ck_assert_msg(tree_find(headerfile_tree(file), &hash, NULL) != TREE_NONE,
                      "%s: header %u of %u that were reported as stored is gone (%s)", when, i,
                      durable, opened.message);
    }
    ck_assert_uint_eq(headerfile_durable(file), tree_count(headerfile_tree(file)));
    headerfile_close(file);
    /* And what was repaired stays so. */
    file = open_on(disk, story->now + 1, &opened);
    ck_assert_msg(file != NULL && !opened.repaired && !opened.created, "%s: repaired again: %s",
                  when, opened.message);
    headerfile_close(file);
}

/* Power is lost while the file is opened: at each event of the opening. */
static void crash_again(const struct story *story, const struct io_record *disk_before,
                        uint32_t durable, struct plan plan, size_t events_of_first,
                        struct test_random *random)
{
    struct headerfile_opened opened;
    struct io_record *disk = io_record_crash(disk_before, events_of_first, decide,
                                             &(struct plan){.kind = plan.kind,
                                                            .others = plan.others,
                                                            .one = plan.one,
                                                            .fate = plan.fate,
                                                            .bytes = plan.bytes,
                                                            .eighths = plan.eighths,
                                                            .random = plan.random});

    headerfile_close(open_on(disk, story->now, &opened));
    for (size_t events = 0; events <= io_record_events(disk); events++) {
        for (int i = 0; i < RANDOM_FATES_AGAIN; i++) {
            struct plan next = {.kind = i == 0 ? PLAN_ALL : PLAN_RANDOM,
                                .others = IO_LOST,
                                .random = test_random_init(test_random_u64(random), 0)};
            struct io_record *after = io_record_crash(disk, events, decide, &next);

            assert_holds(story, after, durable, "power lost while opening");
            io_record_free(after);
        }
    }
    io_record_free(disk);
}

static void crash(const struct story *story, size_t events, struct plan plan,
                  struct test_random *random)
{
    struct plan copy = plan;
    struct io_record *after = io_record_crash(story->disk, events, decide, &copy);
    uint32_t durable = reported(story, events);

    assert_holds(story, after, durable, "power lost");
    io_record_free(after);
    if (test_random_one_in(random, 4))
        crash_again(story, story->disk, durable, plan, events, random);
}

/* Every moment of the story, every fate of what was not durable then. */
static void crash_everywhere(const struct story *story, struct test_random *random)
{
    for (size_t events = 0; events <= io_record_events(story->disk); events++) {
        size_t pending = io_record_pending(story->disk, events);

        crash(story, events, (struct plan){.kind = PLAN_ALL, .others = IO_LOST}, random);
        crash(story, events, (struct plan){.kind = PLAN_ALL, .others = IO_KEPT}, random);
        for (size_t one = 0; one < pending; one++) {
            struct plan plan = {.kind = PLAN_ONE, .others = IO_KEPT, .one = one, .fate = IO_LOST};

            crash(story, events, plan, random);
            plan = (struct plan){.kind = PLAN_ONE, .others = IO_LOST, .one = one, .fate = IO_KEPT};
            crash(story, events, plan, random);
            for (size_t eighth = 1; eighth < 8; eighth++) {
                plan = (struct plan){.kind = PLAN_ONE,
                                     .others = IO_KEPT,
                                     .one = one,
                                     .fate = IO_TORN,
                                     .bytes = eighth,
                                     .eighths = true};
                crash(story, events, plan, random);
            }
            for (size_t mask = 0; mask < 4; mask++) {
                plan = (struct plan){.kind = PLAN_ONE,
                                     .others = IO_KEPT,
                                     .one = one,
                                     .fate = IO_HOLED,
                                     .bytes = mask * 0x55555555u};
                crash(story, events, plan, random);
            }
        }
        for (int i = 0; pending > 0 && i < RANDOM_FATES; i++)
            crash(story, events,
                  (struct plan){.kind = PLAN_RANDOM,
                                .random = test_random_init(test_random_u64(random), 1)},
                  random);
    }
}

START_TEST(power_is_lost)
{
    struct test_random random = test_random_init(test_seed(), 0);
    struct story story;

    story_start(&story, 0);
    live(&story, &random, false);
    crash_everywhere(&story, &random);
    story_end(&story);
}
END_TEST

START_TEST(power_is_lost_after_repairs)
{
    struct test_random random = test_random_init(test_seed(), 2);
    struct story story;
    struct headerfile_opened opened;
    struct headerfile *file;
    struct io_record *broken;
    uint8_t *bytes;
    size_t len;
    uint32_t survivors;

    /* A whole file in which a record of the chain has rotted; the branch behind it does not hang on
     * it. */
    story_start(&story, 10);
    live(&story, &random, false);
    bytes = io_record_get(story.disk, PATH, &len);
    memset(bytes + headerfile_offset(CHAIN / 2), 0xaa, HEADER_SIZE);
    broken = io_record_new();
    io_record_put(broken, PATH, bytes, len);
    free(bytes);
    file = open_on(broken, story.now, &opened);
    ck_assert_msg(file != NULL, "%s", opened.message);
    ck_assert(opened.repaired);
    survivors = tree_count(headerfile_tree(file));
    ck_assert_uint_eq(survivors, CHAIN / 2 + CHAIN / 4 - 1);
    headerfile_close(file);
    for (size_t events = 0; events <= io_record_events(broken); events++) {
        for (int i = 0; i < 40; i++) {
            struct plan plan = {.kind = i < 2 ? PLAN_ALL : PLAN_RANDOM,
                                .others = i == 0 ? IO_LOST : IO_KEPT,
                                .random = test_random_init(test_random_u64(&random), 2)};
            struct io_record *after = io_record_crash(broken, events, decide, &plan);

            file = open_on(after, story.now + 1, &opened);
            ck_assert_msg(file != NULL, "%s", opened.message);
            ck_assert_uint_eq(tree_count(headerfile_tree(file)), survivors);
            headerfile_close(file);
            io_record_free(after);
        }
    }
    io_record_free(broken);
    story_end(&story);
}
END_TEST

/* One operation fails, at each place in turn. */
static void fail_each(int error, bool forgetful)
{
    for (size_t operation = 0;; operation++) {
        struct test_random random = test_random_init(test_seed(), 3);
        struct story story;
        bool done;

        story_start(&story, 20);
        io_record_forgetful(story.disk, forgetful);
        io_record_fail(story.disk, operation, error);
        live(&story, &random, forgetful);
        done = io_record_operations(story.disk) <= operation;
        for (size_t events = 0; events <= io_record_events(story.disk); events++) {
            struct plan plan = {.kind = PLAN_ALL, .others = IO_LOST};
            struct io_record *after = io_record_crash(story.disk, events, decide, &plan);

            assert_holds(&story, after, reported(&story, events), "power lost after a failure");
            io_record_free(after);
        }
        story_end(&story);
        if (done)
            return;
    }
}

START_TEST(each_operation_fails_with_eio)
{
    fail_each(EIO, false);
}
END_TEST

START_TEST(each_operation_fails_with_enospc)
{
    fail_each(ENOSPC, false);
}
END_TEST

START_TEST(a_failed_sync_loses_what_it_should_have_written)
{
    fail_each(EIO, true);
}
END_TEST

START_TEST(a_full_disk_is_waited_out)
{
    struct story story;
    struct headerfile_opened opened;
    struct headerfile *file;
    struct accept_options options = {.now = INT32_MAX};
    enum headerfile_status status;
    struct accept_result result;
    uint8_t *bytes;
    size_t len;

    story_start(&story, 30);
    file = open_on(story.disk, story.now, &opened);
    ck_assert_ptr_nonnull(file);
    ck_assert(grow(&story, file, 20));
    io_record_limit(story.disk, headerfile_offset(25) + 17);
    result = headerfile_accept(file, &status, &options, story.headers.bytes, HEADER_SIZE, 40);
    ck_assert_int_eq(status, HEADERFILE_FULL);
    ck_assert(result.fault);
    ck_assert_uint_eq(result.accepted, 0);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), 20);
    ck_assert_ptr_nonnull(strstr(headerfile_error(file), "No space left"));
    bytes = io_record_get(story.disk, PATH, &len);
    ck_assert_uint_eq(len, headerfile_offset(20));
    free(bytes);
    ck_assert(grow(&story, file, 25)); /* less fits */
    io_record_limit(story.disk, SIZE_MAX);
    ck_assert(grow(&story, file, 40));
    ck_assert_int_eq(headerfile_sync(file), HEADERFILE_OK);
    headerfile_close(file);
    file = open_on(story.disk, story.now, &opened);
    ck_assert(file != NULL && !opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), 40);
    headerfile_close(file);
    story_end(&story);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        power_is_lost,
        power_is_lost_after_repairs,
        each_operation_fails_with_eio,
        each_operation_fails_with_enospc,
        a_failed_sync_loses_what_it_should_have_written,
        a_full_disk_is_waited_out,
    };

    return TEST_MAIN("powerloss", tests);
}
