// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: after a loss of power at any moment, whatever of the later writes to header
 * file or outbox was lost or torn, each message that the chain calls for exists once, under the id
 * that it has without the loss: also where the header was durable and the outbox was not, or the
 * other way round, where rules had looked at a block of a branch that lost, and where the header
 * file is older than the outbox.
 */
#include "config.h"

#include "tests/support/alerting_rig.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#define PAST 60
#define STEPS 12
/** Every so many events, and from a random one on. */
#define STRIDE 3
#define STRIDE_SANITIZED 18
#define MINUTE_MS INT64_C(60000)

/* Stamps go to and fro around the rules' levels. */
static void mine_some(struct chain *chain, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++) {
        size_t row = 0;
        size_t all = rig_stamped_before(chain, &row);
        bool few = (double)all < 0.4567 * (double)(chain->records.count - 1);

        rig_mine(chain, few && row < 4, tag);
    }
}

static const uint32_t depths[STEPS] = {0, 0, 0, 0, 2, 0, 0, 3, 0, 0, 1, 0};

/** The chain that peers follow, and how many events had happened when a step began. */
struct story {
    struct chain steps[STEPS];
    size_t begins[STEPS + 1];
    struct io_record *disk; /* of header file and outbox */
    struct rig_messages said;
};

static void tell_chains(struct story *story)
{
    chain_init(&story->steps[0], params_get(NETWORK_TIDENET));
    mine_some(&story->steps[0], PAST, 0);
    for (uint32_t i = 1; i < STEPS; i++) {
        const struct chain *before = &story->steps[i - 1];

        chain_fork(&story->steps[i], before, before->records.count - 1 - depths[i]);
        mine_some(&story->steps[i], depths[i] > 0 ? depths[i] + 1 : 1 + i % 2, i);
    }
}

/* From a step on, to the end. */
static void live(struct rig *rig, const struct story *story, size_t step, size_t *begins)
{
    for (size_t i = step; i < STEPS; i++) {
        if (begins != NULL)
            begins[i] = io_record_events(rig->rows);
        rig_offer(rig, &story->steps[i]);
        rig_run(rig, 100);
        ck_assert(rig_is_at_tip(rig));
    }
    rig_run(rig, MINUTE_MS);
}

static void tell(struct story *story)
{
    struct rig rig;

    *story = (struct story){.disk = io_record_new()};
    tell_chains(story);
    rig_init(&rig, rig_rules(), story->disk, story->disk);
    rig_start(&rig);
    live(&rig, story, 0, story->begins);
    story->begins[STEPS] = io_record_events(story->disk);
    /* What is read here is marked as taken: the story ends before. */
    rig_take(&rig, &story->said);
    rig_free(&rig);
}

static void forget(struct story *story)
{
    for (size_t i = 0; i < STEPS; i++)
        chain_free(&story->steps[i]);
    io_record_free(story->disk);
    rig_messages_free(&story->said);
}

/** What was found after losses. */
struct tally {
    size_t losses, behind, stale, same, restored;
};

static void count(struct tally *tally, const struct rig *rig)
{
    struct tree *tree = headerfile_tree(rig->file);
    uint32_t cursor = alerting_cursor(rig->alerting);

    ck_assert_uint_ne(cursor, TREE_NONE); /* never beyond the header file */
    tally->losses++;
    tally->restored += rig->restored > 0;
    if (!tree_on_best(tree, cursor))
        tally->stale++;
    else if (cursor != tree_best(tree))
        tally->behind++;
    else
        tally->same++;
}

/* The end of an alert on a reorg comes with the next block or the next look at the time. */
static void check_said(const struct rig_messages *is, const struct rig_messages *must)
{
    for (size_t i = 0; i < is->count && i < must->count; i++) {
        const struct rig_message *a = &is->items[i];
        const struct rig_message *b = &must->items[i];
        bool same_height = a->height == b->height ||
                           (strcmp(a->rule, "reorg-2") == 0 && strcmp(a->state, "cleared") == 0);

        ck_assert_msg(strcmp(a->id, b->id) == 0 && strcmp(a->rule, b->rule) == 0 &&
                          strcmp(a->state, b->state) == 0 && strcmp(a->reason, b->reason) == 0 &&
                          same_height,
                      "message %zu: %s %s at %u, expected %s %s at %u", i, a->rule, a->state,
                      a->height, b->rule, b->state, b->height);
    }
    ck_assert_uint_eq(is->count, must->count);
}

static void lose_power(const struct story *story, size_t events, io_fate_fn fate, void *context,
                       struct tally *tally)
{
    struct io_record *disk = io_record_crash(story->disk, events, fate, context);
    struct rig rig;
    struct rig_messages said = {.count = 0};
    size_t step = STEPS - 1;

    while (step > 0 && story->begins[step] > events)
        step--;
    rig_init(&rig, rig_rules(), disk, disk);
    rig_start(&rig);
    count(tally, &rig);
    live(&rig, story, step, NULL);
    rig_take(&rig, &said);
    check_said(&said, &story->said);
    rig_messages_free(&said);
    rig_free(&rig);
    io_record_free(disk);
}

START_TEST(a_loss_of_power_loses_no_message)
{
    struct story story;
    struct tally tally = {0};
    struct test_random random = test_random_init(test_seed(), 1);
    const char *sanitized = getenv("HASHTIDE_SANITIZED");
    bool slow = sanitized != NULL && strcmp(sanitized, "1") == 0;
    uint32_t stride = slow ? STRIDE_SANITIZED : STRIDE;

    tell(&story);
    ck_assert_uint_gt(story.said.count, 15);
    /* What comes before the first tip that is looked at is history. */
    for (size_t events = story.begins[1] + test_random_below(&random, stride);
         events <= story.begins[STEPS]; events += stride) {
        lose_power(&story, events, io_fate_lost, NULL, &tally);
        lose_power(&story, events, io_fate_kept, NULL, &tally);
        lose_power(&story, events, io_fate_drawn, &random, &tally);
    }
    printf("%zu messages, %zu losses of power: the rules' cursor at the tip %zu times, behind it "
           "%zu, on a branch that had lost %zu; headers came back from the outbox %zu times\n",
           story.said.count, tally.losses, tally.same, tally.behind, tally.stale, tally.restored);
    ck_assert_uint_gt(tally.behind, 0);
    ck_assert_uint_gt(tally.stale, 0);
    ck_assert(slow || tally.restored > 0);
    forget(&story);
}
END_TEST

/* Two disks of which one was restored from a copy that is older than the other. */
static void mix(struct rig *rig, struct io_record *headers, struct io_record *rows)
{
    rig_init(rig, rig_rules(), headers, rows);
    rig_start(rig);
}

START_TEST(an_older_header_file_says_nothing_twice)
{
    struct story story;
    struct io_record *old = NULL;
    struct rig rig;
    struct rig_messages said = {.count = 0};

    tell(&story);
    old = io_record_crash(story.disk, story.begins[STEPS / 2], io_fate_kept, NULL);
    mix(&rig, old, story.disk);
    ck_assert_uint_eq(alerting_cursor(rig.alerting), TREE_NONE);
    rig.synced = false;
    rig_run(&rig, MINUTE_MS);
    rig_offer(&rig, &story.steps[STEPS - 1]);
    rig_run(&rig, MINUTE_MS);
    rig.synced = true;
    rig_run(&rig, MINUTE_MS);
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, &said);
    ck_assert_uint_eq(said.count, 0); /* all were taken, and states are as they were */
    rig_free(&rig);
    io_record_free(old);
    forget(&story);
}
END_TEST

/* An outbox that is older makes what it does not have again, under the same ids. */
START_TEST(an_older_outbox_makes_the_same_messages)
{
    struct story story;
    struct io_record *old = NULL;
    struct rig rig;
    struct rig_messages said = {.count = 0};
    size_t step = 4; /* up to it there is no reorg */

    tell(&story);
    old = io_record_crash(story.disk, story.begins[1], io_fate_kept, NULL);
    rig_init(&rig, rig_rules(), old, old);
    rig_start(&rig);
    rig_store(&rig, &story.steps[step - 1]); /* durable, and nobody was told */
    ck_assert(rig_stop(&rig, true));
    rig_start(&rig);
    ck_assert(!rig_is_at_tip(&rig));
    rig_run(&rig, 100);
    live(&rig, &story, step, NULL);
    rig_take(&rig, &said);
    check_said(&said, &story.said);
    rig_messages_free(&said);
    rig_free(&rig);
    io_record_free(old);
    forget(&story);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_loss_of_power_loses_no_message,
        an_older_header_file_says_nothing_twice,
        an_older_outbox_makes_the_same_messages,
    };

    return TEST_MAIN("alerting_powerloss", tests);
}
