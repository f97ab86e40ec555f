// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what the running monitor says of a chain depends on the chain alone, and not
 * on when it was restarted, killed or out of sync: each block is looked at once, in order, and says
 * what a backtest says of it. The first start says nothing of the past; while nothing can be
 * written, that alone is said, and it is written down later; rules and heartbeats come and go.
 */
#include "config.h"

#include "monitor/analysis.h"
#include "monitor/backtest.h"
#include "tests/support/alerting_rig.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define PAST 60
#define STEPS 40
#define LIVES 12

/* ---- A world that is the same each time --------------------------------- */

/** The chain that peers follow, step by step; the first is history. */
struct course {
    struct chain steps[STEPS];
    bool reorg[STEPS];
};

/* Blocks that keep the share of those stamped before their parent where the rules look. */
static void mine_some(struct chain *chain, struct test_random *random, size_t count, uint32_t tag)
{
    for (size_t i = 0; i < count; i++) {
        size_t row = 0;
        size_t all = rig_stamped_before(chain, &row);
        bool few = (double)all < 0.4567 * (double)(chain->records.count - 1);
        bool before = test_random_one_in(random, 5) ? !few : few;

        rig_mine(chain, before && row < 4, tag);
    }
}

/* Between two reorgs there is a block: an alert of the first may else be over or not. */
static void course_init(struct course *course, struct test_random *random)
{
    chain_init(&course->steps[0], params_get(NETWORK_TIDENET));
    mine_some(&course->steps[0], random, PAST, 0);
    course->reorg[0] = false;
    for (uint32_t i = 1; i < STEPS; i++) {
        const struct chain *before = &course->steps[i - 1];
        size_t height = before->records.count - 1;
        uint32_t depth = 1 + test_random_below(random, 4);

        course->reorg[i] = !course->reorg[i - 1] && test_random_one_in(random, 4);
        chain_fork(&course->steps[i], before, course->reorg[i] ? height - depth : height);
        mine_some(&course->steps[i], random,
                  course->reorg[i] ? depth + 1 : 1 + test_random_below(random, 3), i);
    }
}

static void course_free(struct course *course)
{
    for (size_t i = 0; i < STEPS; i++)
        chain_free(&course->steps[i]);
}

/* So many blocks of PAST, half of them stamped before their parent in the end. The first cannot
 * be: they are caught up with, then they take turns. */
static void mine_evenly(struct chain *chain)
{
    for (unsigned i = 0; i < PAST; i++)
        rig_mine(chain, i < 44 ? i >= 11 && (i - 11) % 3 != 2 : i % 2 == 1, 0);
}

struct disks {
    struct io_record *headers, *rows;
};

static struct disks disks_new(void)
{
    return (struct disks){.headers = io_record_new(), .rows = io_record_new()};
}

static void disks_free(struct disks *disks)
{
    io_record_free(disks->headers);
    io_record_free(disks->rows);
}

/* The end of an alert on a reorg comes with the next block or the next look at the time. */
static bool has_height(const struct rig_message *message)
{
    return strcmp(message->rule, "reorg-2") != 0 || strcmp(message->state, "cleared") != 0;
}

static void check_same(const struct rig_messages *is, const struct rig_messages *must)
{
    for (size_t i = 0; i < is->count && i < must->count; i++) {
        const struct rig_message *a = &is->items[i];
        const struct rig_message *b = &must->items[i];

        ck_assert_msg(strcmp(a->rule, b->rule) == 0 && strcmp(a->state, b->state) == 0 &&
                          strcmp(a->id, b->id) == 0 && strcmp(a->alert_id, b->alert_id) == 0 &&
                          strcmp(a->reason, b->reason) == 0 && a->sequence == b->sequence &&
                          (!has_height(a) || a->height == b->height),
                      "message %zu: %s %s at %u, expected %s %s at %u", i, a->rule, a->state,
                      a->height, b->rule, b->state, b->height);
        ck_assert(a->durable);
    }
    ck_assert_uint_eq(is->count, must->count);
}

/* ---- The past ----------------------------------------------------------- */

START_TEST(the_first_start_says_nothing_of_the_past)
{
    struct test_random random = test_random_init(test_seed(), 1);
    struct course course;
    struct disks disks = disks_new();
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    course_init(&course, &random);
    rig_init(&rig, rig_rules(), disks.headers, disks.rows);
    rig.synced = false;
    rig_start(&rig);
    for (size_t i = 0; i < STEPS; i++) {
        rig_offer(&rig, &course.steps[i]);
        rig_run(&rig, MINUTE_MS);
        ck_assert_uint_eq(alerting_cursor(rig.alerting), TREE_NONE);
    }
    rig.synced = true;
    rig_run(&rig, MINUTE_MS);
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, &messages);
    for (size_t i = 0; i < messages.count; i++) { /* what stands now */
        ck_assert_str_eq(messages.items[i].state, "raised");
        ck_assert_str_ne(messages.items[i].rule, "reorg-2");
        ck_assert_uint_eq(messages.items[i].height, course.steps[STEPS - 1].records.count - 1);
        ck_assert(!messages.items[i].late);
    }
    rig_messages_free(&messages);
    rig_free(&rig);
    disks_free(&disks);
    course_free(&course);
}
END_TEST

START_TEST(what_was_missed_is_late)
{
    struct disks disks = disks_new();
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    chain_init(&chain, params_get(NETWORK_TIDENET));
    mine_evenly(&chain);
    rig_init(&rig,
             "[alert even]\nmetric=interval.negative_share\nraise=above 0.501\nclear=below 0.5\n"
             "repeat=0\nupdate=0\n",
             disks.headers, disks.rows);
    rig_start(&rig);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    for (unsigned i = 0; i < 4; i++) {
        bool missed = i < 2;

        if (i == 0)
            ck_assert(rig_stop(&rig, false));
        rig_mine(&chain, i % 2 == 0, 0);
        if (i == 1)
            rig_start(&rig);
        if (i > 0) {
            rig_offer(&rig, &chain);
            rig_run(&rig, MINUTE_MS);
            ck_assert(rig_is_at_tip(&rig));
            rig_take(&rig, &messages);
            ck_assert_uint_eq(messages.count, i + 1);
            ck_assert_int_eq(messages.items[i].late, missed);
        }
    }
    for (unsigned i = 0; i < messages.count; i++) {
        ck_assert_uint_eq(messages.items[i].height, PAST + 1 + i);
        ck_assert_str_eq(messages.items[i].state, i % 2 == 0 ? "raised" : "cleared");
        ck_assert_int_eq(messages.items[i].late, i < 2);
    }
    rig_messages_free(&messages);
    rig_free(&rig);
    disks_free(&disks);
    chain_free(&chain);
}
END_TEST

/* ---- Restarts change nothing -------------------------------------------- */

static void live_calmly(const struct course *course, struct rig_messages *out)
{
    struct disks disks = disks_new();
    struct rig rig;

    rig_init(&rig, rig_rules(), disks.headers, disks.rows);
    rig_start(&rig);
    for (size_t i = 0; i < STEPS; i++) {
        rig_offer(&rig, &course->steps[i]);
        rig_run(&rig, MINUTE_MS);
    }
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, out);
    rig_free(&rig);
    disks_free(&disks);
}

static void restart(struct rig *rig, struct test_random *random)
{
    bool crash = test_random_one_in(random, 2);

    ck_assert(rig_stop(rig, crash));
    rig->now.wall_ms += test_random_below(random, 100000);
    rig->now.mono_ms = test_random_below(random, 1000000);
    rig_start(rig);
}

/* What comes may be stored only, and the monitor killed, or find it out of sync. */
static void step_wildly(struct rig *rig, const struct course *course, size_t i,
                        struct test_random *random)
{
    if (course
            ->reorg[i]) { /* of a block that the rules have not seen nobody is told that it left */
        rig->synced = true;
        rig_offer(rig, &course->steps[i - 1]);
        rig_run(rig, 1);
        ck_assert(rig_is_at_tip(rig));
    }
    if (test_random_one_in(random, 3))
        restart(rig, random);
    rig->synced = !test_random_one_in(random, 4);
    if (test_random_one_in(random, 4)) {
        rig_store(rig, &course->steps[i]);
        ck_assert(rig_stop(rig, true));
        rig_start(rig);
    } else if (course->reorg[i] || !test_random_one_in(random, 4)) {
        rig_offer(rig, &course->steps[i]);
    }
    rig_run(rig, test_random_below(random, 20000));
    if (test_random_one_in(random, 3))
        restart(rig, random);
}

/* Figures that others work out are those of the present: a block that was missed is not judged by
 * them. */
START_TEST(figures_of_others_are_of_the_present)
{
    const struct alerting_figure figures[] = {
        {METRIC_HASHPRICE_USD_PH_DAY, {.known = true, .value = 30, .lo = 29, .hi = 31}},
        {METRIC_MARKET_SUSPECT, {.known = true, .value = 1, .lo = 1, .hi = 1}},
    };
    struct disks disks = disks_new();
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    chain_init(&chain, params_get(NETWORK_TIDENET));
    mine_evenly(&chain);
    rig_init(&rig,
             "[alert earns]\nmetric=hashprice.usd_ph_day\nraise=above 20\nclear=below 10\n"
             "repeat=0\nupdate=0\n",
             disks.headers, disks.rows);
    rig_start(&rig);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 0); /* it is not known */
    ck_assert(rig_stop(&rig, false));
    for (unsigned i = 0; i < 5; i++)
        rig_mine(&chain, false, 0);
    rig_start(&rig);
    alerting_figures(rig.alerting, figures, 2);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 1);
    ck_assert_str_eq(messages.items[0].state, "raised");
    ck_assert(!messages.items[0].late);
    ck_assert_uint_eq(messages.items[0].height, PAST + 5);
    rig_messages_free(&messages);
    rig_free(&rig);
    disks_free(&disks);
    chain_free(&chain);
}
END_TEST

START_TEST(restarts_change_nothing)
{
    size_t total = 0;

    for (uint64_t life = 0; life < LIVES; life++) {
        struct test_random random = test_random_init(test_seed(), 100 + life);
        struct course course;
        struct disks disks = disks_new();
        struct rig rig;
        struct rig_messages calm = {.count = 0};
        struct rig_messages wild = {.count = 0};

        course_init(&course, &random);
        live_calmly(&course, &calm);
        rig_init(&rig, rig_rules(), disks.headers, disks.rows);
        rig_start(&rig);
        rig_offer(&rig, &course.steps[0]);
        rig_run(&rig, MINUTE_MS);
        for (size_t i = 1; i < STEPS; i++) {
            step_wildly(&rig, &course, i, &random);
            if (test_random_one_in(&random, 3))
                rig_take(&rig, &wild);
        }
        rig.synced = true;
        rig_offer(&rig, &course.steps[STEPS - 1]);
        rig_run(&rig, MINUTE_MS);
        ck_assert(rig_is_at_tip(&rig));
        rig_take(&rig, &wild);
        check_same(&wild, &calm);
        total += calm.count;
        rig_messages_free(&calm);
        rig_messages_free(&wild);
        rig_free(&rig);
        disks_free(&disks);
        course_free(&course);
    }
    printf("%zu messages of %d courses\n", total, LIVES);
    ck_assert_uint_gt(total, 10 * LIVES);
}
END_TEST

/* ---- A backtest says the same ------------------------------------------- */

struct comparison {
    const struct rig_messages *live;
    size_t next;
};

static void compare(void *context, const struct rule *rule,
                    const struct alert_transition *transition, const struct metrics *metrics)
{
    struct comparison *comparison = context;
    const struct rig_message *live = &comparison->live->items[comparison->next];

    ck_assert_uint_lt(comparison->next++, comparison->live->count);
    ck_assert_str_eq(live->rule, rule->name);
    ck_assert_str_eq(live->state, alert_state_name(transition->state));
    ck_assert_uint_eq(live->sequence, transition->sequence);
    ck_assert_uint_eq(live->height, metrics->height);
}

static bool go_on(void *context, uint32_t height)
{
    (void)context;
    (void)height;
    return true;
}

START_TEST(a_backtest_says_the_same)
{
    struct test_random random = test_random_init(test_seed(), 3);
    struct disks disks = disks_new();
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};
    char message[ANALYSIS_MESSAGE_SIZE];
    struct engine_options options;
    struct backtest_setup setup = {.from = PAST};
    struct backtest_span span;
    struct comparison comparison = {.live = &messages};

    chain_init(&chain, params_get(NETWORK_TIDENET));
    mine_some(&chain, &random, PAST, 0);
    rig_init(&rig, rig_rules(), disks.headers, disks.rows);
    rig_start(&rig);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    for (unsigned i = 0; i < 100; i++) {
        mine_some(&chain, &random, 1 + test_random_below(&random, 3), 0);
        if (test_random_one_in(&random, 8)) {
            (void)rig_stop(&rig, test_random_one_in(&random, 2));
            rig_start(&rig);
        }
        rig_offer(&rig, &chain);
        rig_run(&rig, test_random_below(&random, 20000));
    }
    rig_run(&rig, MINUTE_MS);
    rig_take(&rig, &messages);
    options = analysis_options(&rig.settings, message);
    setup.file = rig.file;
    setup.options = &options;
    setup.rules = &rig.settings.rules;
    setup.to = (uint32_t)chain.records.count - 1;
    ck_assert_int_eq(backtest_run(&span, &setup, compare, go_on, &comparison), BACKTEST_DONE);
    ck_assert_uint_eq(comparison.next, messages.count);
    ck_assert_uint_gt(messages.count, 20);
    rig_messages_free(&messages);
    rig_free(&rig);
    disks_free(&disks);
    chain_free(&chain);
}
END_TEST

/* ---- Blocks that left before anybody looked ------------------------------ */

/* They were stored, but the monitor died, or could not write; then others took their place. */
static void lose_unseen(bool crash)
{
    struct disks disks = disks_new();
    struct chain chain;
    struct chain other;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    chain_init(&chain, params_get(NETWORK_TIDENET));
    mine_evenly(&chain);
    rig_init(&rig, "[alert reorg-2]\n", disks.headers, disks.rows);
    rig_start(&rig);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    chain_fork(&other, &chain, PAST);
    rig_mine(&other, false, 1);
    for (unsigned i = 0; i < 4; i++)
        rig_mine(&chain, false, 2);
    if (crash) {
        rig_store(&rig, &chain);
        ck_assert(rig_stop(&rig, true));
        rig.synced = false;
        rig_start(&rig);
    } else {
        io_record_limit(disks.rows, 0);
        rig_mine(&other, false, 1); /* this one is looked at, but cannot be written */
        rig_offer(&rig, &other);
        rig_offer(&rig, &chain);
    }
    ck_assert(!rig_is_at_tip(&rig));
    chain_free(&other);
    chain_fork(&other, &chain, PAST + 1); /* three of four leave */
    for (unsigned i = 0; i < 4; i++)
        rig_mine(&other, false, 3);
    rig_offer(&rig, &other);
    rig.synced = true;
    io_record_limit(disks.rows, SIZE_MAX);
    rig_run(&rig, MINUTE_MS);
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 1);
    ck_assert_str_eq(messages.items[0].rule, "reorg-2");
    ck_assert_str_eq(messages.items[0].state, "raised");
    ck_assert_uint_ge(messages.items[0].height, PAST + 2);
    ck_assert_ptr_nonnull(strstr(messages.items[0].body, "\"estimate\":3"));
    rig_messages_free(&messages);
    rig_free(&rig);
    disks_free(&disks);
    chain_free(&chain);
    chain_free(&other);
}

START_TEST(a_reorg_of_blocks_unseen_is_told)
{
    lose_unseen(true);
    lose_unseen(false);
}
END_TEST

/* ---- Trouble ------------------------------------------------------------ */

static const char trouble_rules[] =
    "[alert store-trouble]\nclearfor=0\n"
    "[alert even]\nmetric=interval.negative_share\nraise=above 0.501\nclear=below 0.5\n"
    "repeat=0\nupdate=0\n";

/* At an even share, past the grace of rules on the monitor's health. */
static void start_even(struct rig *rig, struct disks *disks, struct chain *chain, const char *rules)
{
    *disks = disks_new();
    chain_init(chain, params_get(NETWORK_TIDENET));
    mine_evenly(chain);
    rig_init(rig, rules, disks->headers, disks->rows);
    rig_start(rig);
    rig_offer(rig, chain);
    rig_run(rig, 11 * MINUTE_MS);
    ck_assert(rig_is_at_tip(rig));
}

static void end_all(struct rig *rig, struct disks *disks, struct chain *chain,
                    struct rig_messages *messages)
{
    rig_messages_free(messages);
    rig_free(rig);
    disks_free(disks);
    chain_free(chain);
}

START_TEST(trouble_is_said_from_memory)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    start_even(&rig, &disks, &chain, trouble_rules);
    io_record_limit(disks.rows, 0);
    for (unsigned i = 0; i < 3; i++) { /* the first is noticed by what cannot be written of it */
        rig_mine(&chain, i % 2 == 0, 0);
        rig_offer(&rig, &chain);
        rig_run(&rig, MINUTE_MS);
    }
    ck_assert_ptr_nonnull(alerting_trouble(rig.alerting));
    ck_assert(!alerting_may_look(rig.alerting));
    ck_assert(!rig_is_at_tip(&rig));
    ck_assert_uint_eq(rig.undurable.count, 1);
    ck_assert_str_eq(rig.undurable.items[0].rule, "store-trouble");
    ck_assert_str_eq(rig.undurable.items[0].state, "raised");
    ck_assert(!rig.undurable.items[0].durable);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 0);

    io_record_limit(disks.rows, SIZE_MAX);
    rig_run(&rig, MINUTE_MS);
    ck_assert_ptr_null(alerting_trouble(rig.alerting));
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, &messages);
    ck_assert_uint_eq(rig.undurable.count, 1);
    ck_assert_uint_eq(messages.count, 5); /* of three blocks, and of the trouble two */
    for (size_t i = 0, blocks = 0; i < messages.count; i++) {
        const struct rig_message *message = &messages.items[i];

        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(messages.items[k].id, message->id);
        if (strcmp(message->rule, "even") == 0) {
            ck_assert_uint_eq(message->height, PAST + 1 + blocks);
            ck_assert_str_eq(message->state, blocks % 2 == 0 ? "raised" : "cleared");
            blocks++;
        } else if (strcmp(message->state, "raised") == 0) {
            ck_assert_str_eq(message->id, rig.undurable.items[0].id);
            ck_assert_str_eq(message->body, rig.undurable.items[0].body);
        } else {
            ck_assert(message->durable);
        }
    }
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

/* Somebody takes note of another alert meanwhile: that can wait. */
START_TEST(nothing_else_goes_out_from_memory)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};
    bool written = true;

    start_even(&rig, &disks, &chain, trouble_rules);
    rig_mine(&chain, true, 0);
    rig_offer(&rig, &chain);
    io_record_limit(disks.rows, 0);
    rig_mine(&chain, true, 0);
    rig_offer(&rig, &chain);
    rig_run(&rig, MINUTE_MS);
    ck_assert_uint_eq(rig.undurable.count, 1);
    ck_assert_int_eq(alerting_acknowledge(rig.alerting, "even", &written), BOARD_DONE);
    ck_assert(!written);
    rig_run(&rig, MINUTE_MS);
    ck_assert_uint_eq(rig.undurable.count, 1);
    ck_assert_str_eq(rig.undurable.items[0].rule, "store-trouble");
    io_record_limit(disks.rows, SIZE_MAX);
    rig_run(&rig, MINUTE_MS);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 4);
    for (size_t i = 0; i < messages.count; i++) {
        const struct rig_message *message = &messages.items[i];

        ck_assert_int_eq(message->durable, strcmp(message->rule, "store-trouble") != 0 ||
                                               strcmp(message->state, "cleared") == 0);
    }
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

/* What was only in memory is made again, but for the trouble itself, which was over. */
START_TEST(a_crash_in_trouble_loses_no_block)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    start_even(&rig, &disks, &chain, trouble_rules);
    io_record_limit(disks.rows, 0);
    for (unsigned i = 0; i < 4; i++) {
        rig_mine(&chain, i % 2 == 0, 0);
        rig_offer(&rig, &chain);
        rig_run(&rig, MINUTE_MS);
    }
    ck_assert(!rig_stop(&rig, false));
    io_record_limit(disks.rows, SIZE_MAX);
    rig_start(&rig);
    rig_run(&rig, MINUTE_MS);
    ck_assert(rig_is_at_tip(&rig));
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(messages.items[i].rule, "even");
        ck_assert_uint_eq(messages.items[i].height, PAST + 1 + i);
        ck_assert(messages.items[i].late);
    }
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

/* ---- Rules and sinks that change ---------------------------------------- */

START_TEST(a_rule_that_goes_is_cleared)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    start_even(&rig, &disks, &chain, trouble_rules);
    for (unsigned i = 0; i < 2; i++) { /* running, then between two starts */
        size_t before = messages.count;

        rig_mine(&chain, true, i);
        rig_offer(&rig, &chain);
        rig_run(&rig, MINUTE_MS);
        if (i == 1)
            ck_assert(rig_stop(&rig, true));
        rig_configure(&rig, "");
        if (i == 1)
            rig_start(&rig);
        rig_run(&rig, MINUTE_MS);
        rig_take(&rig, &messages);
        ck_assert_uint_eq(messages.count, before + 2);
        ck_assert_str_eq(messages.items[before].state, "raised");
        ck_assert_str_eq(messages.items[before + 1].state, "cleared");
        ck_assert_str_eq(messages.items[before + 1].reason, "rule-gone");
        ck_assert_str_eq(messages.items[before].alert_id, messages.items[before + 1].alert_id);
        rig_mine(&chain, false, i); /* even again */
        rig_offer(&rig, &chain);
        rig_run(&rig, MINUTE_MS);
        rig_configure(&rig, trouble_rules);
        rig_run(&rig, MINUTE_MS);
    }
    ck_assert_str_ne(messages.items[0].alert_id, messages.items[2].alert_id);
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

START_TEST(heartbeats_keep_their_period)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};
    size_t count = 0;

    start_even(&rig, &disks, &chain,
               "[sink " RIG_SINK "]\ntype=exec\ncommand=/bin/true\nheartbeat=1h\n");
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 1); /* at the start of its work */
    for (unsigned i = 0; i < 10; i++) {
        rig_run(&rig, HOUR_MS);
        rig_take(&rig, &messages);
        ck_assert(rig_stop(&rig, i % 2 == 0)); /* which adds none */
        rig_start(&rig);
    }
    rig_run(&rig, MINUTE_MS);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 11);

    count = messages.count;
    rig.now.wall_ms -= 2 * DAY_MS;
    rig_run(&rig, 5 * HOUR_MS + MINUTE_MS);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count,
                      count + 1); /* of those that nobody takes the newest is kept */
    rig.now.wall_ms += 20 * DAY_MS;
    for (unsigned i = 0; i < 3; i++) {
        rig_run(&rig, HOUR_MS);
        rig_take(&rig, &messages);
    }
    ck_assert_uint_ge(messages.count, count + 1 + 3);
    ck_assert_uint_le(messages.count, count + 1 + 4);
    for (size_t i = 0; i < messages.count; i++) {
        ck_assert_str_eq(messages.items[i].state, "heartbeat");
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(messages.items[i].id, messages.items[k].id);
    }
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

/* ---- A store that is another -------------------------------------------- */

START_TEST(a_lost_header_file_is_begun_again)
{
    struct disks disks;
    struct chain chain;
    struct rig rig;
    struct rig_messages messages = {.count = 0};

    start_even(&rig, &disks, &chain, trouble_rules);
    rig_mine(&chain, true, 0);
    rig_offer(&rig, &chain);
    ck_assert(rig_stop(&rig, false));
    io_record_free(disks.headers);
    disks.headers = rig.headers = io_record_new();
    rig.synced = false;
    rig_start(&rig);
    ck_assert_uint_eq(alerting_cursor(rig.alerting), TREE_NONE);
    rig_offer(&rig, &chain);
    rig.synced = true;
    rig_run(&rig, MINUTE_MS);
    ck_assert(rig_is_at_tip(&rig));
    rig_mine(&chain, false, 0);
    rig_offer(&rig, &chain);
    rig_take(&rig, &messages);
    ck_assert_uint_eq(messages.count, 2);
    ck_assert_str_eq(messages.items[0].state, "raised");
    ck_assert_str_eq(messages.items[1].state, "cleared");
    ck_assert_uint_eq(messages.items[1].height, PAST + 2);
    end_all(&rig, &disks, &chain, &messages);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_first_start_says_nothing_of_the_past,
        what_was_missed_is_late,
        figures_of_others_are_of_the_present,
        restarts_change_nothing,
        a_backtest_says_the_same,
        a_reorg_of_blocks_unseen_is_told,
        trouble_is_said_from_memory,
        nothing_else_goes_out_from_memory,
        a_crash_in_trouble_loses_no_block,
        a_rule_that_goes_is_cleared,
        heartbeats_keep_their_period,
        a_lost_header_file_is_begun_again,
    };

    return TEST_MAIN("alerting", tests);
}
