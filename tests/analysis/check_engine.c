// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a reorg leaves no trace. Whatever sequence of blocks, forks, late arrivals,
 * questions and restarts an engine has seen, it is equal, bit for bit, to one that saw nothing but
 * the chain that survived, and says the same. And a snapshot that is damaged is refused.
 */
#include "config.h"

#include "analysis/engine.h"
#include "chain/compact.h"
#include "tests/support/check.h"
#include "tests/support/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Events of the long test, and how often the state is compared. */
#define EVENTS 10000
#define COMPARED_EACH 1000
/** The chain is held at about this length. */
#define CHAIN_BLOCKS 9000
#define CHAIN_MAX (CHAIN_BLOCKS + 21000)
#define SPACING_S 600

/** A chain that is made up as it goes. */
struct maker {
    struct test_random random;
    struct engine_block *blocks;
    size_t count;
    uint32_t first;
};

static double uniform(struct test_random *random)
{
    return ((double)(test_random_u64(random) >> 11) + 0.5) * 0x1p-53;
}

/* The next block of a chain with noisy stamps, abrupt changes of pace now and then, and arrivals
 * that are known for most. */
static struct engine_block make(struct maker *maker)
{
    struct test_random *random = &maker->random;
    const struct engine_block *last = maker->count > 0 ? &maker->blocks[maker->count - 1] : NULL;
    struct engine_block block = {
        .height = maker->first + (uint32_t)maker->count,
        .bits = last != NULL ? last->bits : 0x1703ffffu,
        .arrival_ms = ENGINE_NO_ARRIVAL,
    };
    double dt_s = -log(uniform(random)) * SPACING_S;
    int64_t time_s = last != NULL ? last->time_ms / 1000 : 1600000000;

    if (block.height / 700 % 3 == 1)
        dt_s *= 2.0; /* a fall, and the way back */
    if (block.height % 2016 == 0)
        block.bits = test_random_one_in(random, 2) ? 0x17038fffu : 0x17043210u;
    time_s += (int64_t)dt_s;
    if (test_random_one_in(random, 9))
        time_s -= test_random_below(random, 900);
    block.time_ms = time_s * 1000;
    if (!test_random_one_in(random, 6))
        block.arrival_ms = block.time_ms + test_random_below(random, 20000) - 4000;
    return block;
}

/* A block whose arrival is held back for later, now and then. */
static void connect_next(struct engine *engine, struct maker *maker)
{
    struct engine_block block;

    ck_assert_uint_lt(maker->count, CHAIN_MAX);
    block = make(maker);
    maker->blocks[maker->count++] = block;
    if (test_random_one_in(&maker->random, 5)) {
        int64_t arrival_ms = block.arrival_ms;

        block.arrival_ms = ENGINE_NO_ARRIVAL;
        ck_assert(engine_connect(engine, &block));
        ck_assert(engine_arrived(engine, block.height, arrival_ms));
    } else {
        ck_assert(engine_connect(engine, &block));
    }
}

static struct engine *fresh(const struct engine_options *options, const struct maker *maker)
{
    struct engine *engine = engine_new(options);

    for (size_t i = 0; i < maker->count; i++)
        ck_assert(engine_connect(engine, &maker->blocks[i]));
    return engine;
}

static struct engine *restarted(struct engine *engine, const struct engine_options *options)
{
    size_t len = 0;
    uint8_t *bytes = engine_snapshot(engine, &len);
    struct engine *restored = engine_restore(options, bytes, len);

    ck_assert_ptr_nonnull(restored);
    ck_assert(engine_equal(engine, restored));
    free(bytes);
    engine_free(engine);
    return restored;
}

/* Some question, so that caches are filled at odd moments. */
static void ask(struct engine *engine, struct test_random *random, int64_t now_ms)
{
    switch (test_random_below(random, 5)) {
    case 0:
        (void)engine_volatility(engine);
        break;
    case 1:
        (void)engine_score(engine, test_random_below(random, ENGINE_MILESTONES));
        break;
    case 2:
        if (engine_change_count(engine) > 0)
            (void)engine_extent(engine,
                                test_random_below(random, (uint32_t)engine_change_count(engine)));
        break;
    case 3:
        (void)engine_hashrate(engine, now_ms);
        break;
    default:
        for (int i = 0; i < 20 && engine_work(engine); i++)
            continue;
    }
}

static uint32_t depth_of_fork(struct test_random *random)
{
    if (test_random_one_in(random, 200))
        return test_random_below(random, 5000);
    if (test_random_one_in(random, 10))
        return test_random_below(random, 200);
    return test_random_below(random, 4);
}

static struct engine *event(struct engine *engine, struct maker *maker,
                            const struct engine_options *options)
{
    struct test_random *random = &maker->random;
    uint32_t kind = test_random_below(random, 8);

    if (kind < 3 && maker->count > 1) {
        uint32_t depth = depth_of_fork(random);

        if (maker->count > CHAIN_BLOCKS)
            depth += 500;
        maker->count -= depth < maker->count ? depth : maker->count - 1;
        engine_disconnect(engine, maker->first + (uint32_t)maker->count - 1);
    } else if (kind == 3) {
        ask(engine, random,
            maker->count > 0 ? maker->blocks[maker->count - 1].time_ms + 900000 : 0);
    } else if (kind == 4 && test_random_one_in(random, 40)) {
        engine = restarted(engine, options);
    } else {
        for (uint32_t i = test_random_below(random, 64); i > 0; i--)
            connect_next(engine, maker);
    }
    return engine;
}

static void assert_no_trace(struct engine *engine, const struct maker *maker,
                            const struct engine_options *options)
{
    struct engine *other = fresh(options, maker);
    int64_t now_ms =
        maker->count > 0 ? maker->blocks[maker->count - 1].time_ms + 1234567 : ENGINE_AT_TIP;
    const char *difference = NULL;

    ck_assert_uint_eq(engine_count(engine), maker->count);
    ck_assert(engine_equal(engine, other));
    difference = figures_difference(engine, other, now_ms);
    ck_assert_msg(difference == NULL, "%s differs", difference);
    engine_free(other);
}

static void random_events(bool arrivals, uint32_t first, uint64_t stream)
{
    static const double past[] = {200.0, 0.0, 210.0};
    struct engine_options options = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), stream), NULL, 0, first};
    struct engine *engine = NULL;
    size_t happened = 0;

    options.arrivals = arrivals;
    options.past_rates = past;
    options.past_count = 3;
    maker.blocks = calloc(CHAIN_MAX, sizeof *maker.blocks);
    engine = engine_new(&options);
    ck_assert(engine != NULL && maker.blocks != NULL);
    for (int i = 1; i <= EVENTS; i++) {
        engine = event(engine, &maker, &options);
        if (i % COMPARED_EACH == 0)
            assert_no_trace(engine, &maker, &options);
        happened += engine_change_count(engine) > 0 && engine_scored_count(engine) > 0;
    }
    ck_assert_uint_gt(happened, 0);
    engine_free(engine);
    free(maker.blocks);
}

START_TEST(test_events_by_headers)
{
    random_events(false, 2016 * 300, 1);
}
END_TEST

START_TEST(test_events_by_arrivals)
{
    random_events(true, 2016 * 300 + 777, 2);
}
END_TEST

/* A chain of `count` blocks, connected. */
static struct engine *grown(struct maker *maker, const struct engine_options *options, size_t count)
{
    struct engine *engine = engine_new(options);

    maker->blocks = calloc(CHAIN_MAX, sizeof *maker->blocks);
    ck_assert(engine != NULL && maker->blocks != NULL);
    while (maker->count < count)
        connect_next(engine, maker);
    return engine;
}

/** Half a year, from which on thresholds are measured, and a retarget after it. */
#define RETARGET (14 * 2016)

/* Forks to and fro over a retarget, at which thresholds change and forecasts come to their end,
 * with all work done in between: nothing of what was worked out for the other branch is left. */
START_TEST(test_forks_over_a_retarget)
{
    struct engine_options options = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), 6), NULL, 0, 0};
    struct engine *engine = grown(&maker, &options, RETARGET + 100);

    for (int i = 0; i < 30; i++) {
        (void)engine_volatility(engine);
        for (uint32_t k = test_random_below(&maker.random, 300); k > 0; k--)
            (void)engine_work(engine);
        maker.count -= 1 + test_random_below(&maker.random, 250);
        engine_disconnect(engine, (uint32_t)maker.count - 1);
        if (i % 3 == 0)
            assert_no_trace(engine, &maker, &options);
        /* What was known of the height where it comes back to must not be taken for its own. */
        for (uint32_t k = i % 2 == 0 ? 0 : test_random_below(&maker.random, 50); k > 0; k--)
            (void)engine_work(engine);
        while (maker.count < RETARGET + 120)
            connect_next(engine, &maker);
        if (i % 3 == 1)
            assert_no_trace(engine, &maker, &options);
    }
    engine_free(engine);
    free(maker.blocks);
}
END_TEST

START_TEST(test_answers_do_not_depend_on_questions)
{
    struct engine_options options = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), 3), NULL, 0, 36 * 5 + 7};
    struct engine *asked = grown(&maker, &options, 4000);
    struct engine *silent = fresh(&options, &maker);

    for (int i = 0; i < 150; i++) {
        struct engine_block block = make(&maker);
        const char *difference = NULL;

        maker.blocks[maker.count++] = block;
        ck_assert(engine_connect(asked, &block));
        ck_assert(engine_connect(silent, &block));
        for (uint32_t k = test_random_below(&maker.random, 4); k > 0; k--)
            (void)engine_work(asked);
        if (i % 10 != 0)
            continue;
        difference = figures_difference(asked, silent, ENGINE_AT_TIP);
        ck_assert_msg(difference == NULL, "%s differs", difference);
    }
    while (engine_work(asked))
        continue;
    ck_assert(engine_equal(asked, silent));
    engine_free(asked);
    engine_free(silent);
    free(maker.blocks);
}
END_TEST

/* A forecast that is shown while its epoch runs is the one that is scored. */
START_TEST(test_noted_is_what_is_scored)
{
    struct engine_options options = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), 7), NULL, 0, 2016};
    struct engine *engine = grown(&maker, &options, 1000);
    struct engine_scored noted[ENGINE_MILESTONES];
    struct engine_scored scored;

    for (size_t k = 0; k < ENGINE_MILESTONES; k++)
        ck_assert(engine_noted(&noted[k], engine, k) == (engine_milestones[k] < 1000));
    while (maker.count < 1900)
        connect_next(engine, &maker);
    for (size_t k = 0; k < ENGINE_MILESTONES; k++)
        ck_assert(engine_noted(&noted[k], engine, k));
    ck_assert(!engine_noted(&scored, engine, ENGINE_MILESTONES));
    while (maker.count <= 2016)
        connect_next(engine, &maker);
    ck_assert_uint_eq(engine_scored_count(engine), 1);
    for (size_t k = 0; k < ENGINE_MILESTONES; k++) {
        ck_assert(engine_scored(&scored, engine, 0, k));
        ck_assert_uint_eq(noted[k].epoch, scored.epoch);
        ck_assert_uint_eq(noted[k].done, scored.done);
        ck_assert_double_eq(noted[k].ratio, scored.ratio);
        ck_assert_double_eq(noted[k].lo95, scored.lo95);
        ck_assert_double_eq(noted[k].hi95, scored.hi95);
        ck_assert_double_eq(noted[k].linear, scored.linear);
        ck_assert_double_eq(noted[k].mempool, scored.mempool);
        ck_assert(engine_noted(&noted[k], engine, k) == (k == 0));
    }
    engine_free(engine);
    free(maker.blocks);
}
END_TEST

START_TEST(test_damaged_snapshots)
{
    struct engine_options options = engine_defaults();
    struct engine_options others = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), 4), NULL, 0, 2016};
    struct engine *engine = grown(&maker, &options, 3000);
    struct engine *restored = NULL;
    size_t len = 0;
    uint8_t *bytes = engine_snapshot(engine, &len);

    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 200; i++) {
        size_t at = test_random_u64(&maker.random) % len;
        uint8_t bit = (uint8_t)(1u << test_random_below(&maker.random, 8));

        bytes[at] ^= bit;
        ck_assert_ptr_null(engine_restore(&options, bytes, len));
        bytes[at] ^= bit;
        ck_assert_ptr_null(engine_restore(&options, bytes, at));
    }
    others.false_alarms_per_year = 2.0;
    ck_assert_ptr_null(engine_restore(&others, bytes, len));
    others = engine_defaults();
    others.past_rates = (const double[]){1.0};
    others.past_count = 1;
    ck_assert_ptr_null(engine_restore(&others, bytes, len));
    restored = engine_restore(&options, bytes, len);
    ck_assert(restored != NULL && engine_equal(engine, restored));
    engine_free(restored);
    engine_free(engine);
    free(bytes);
    free(maker.blocks);
}
END_TEST

START_TEST(test_empty)
{
    struct engine_options options = engine_defaults();
    struct engine *engine = engine_new(&options);
    struct engine *other = engine_new(&options);
    const char *fault = figures_fault(engine, 0);

    ck_assert_msg(fault == NULL, "%s", fault);
    ck_assert_int_eq(engine_hashrate(engine, ENGINE_AT_TIP).status, ENGINE_TOO_FEW);
    ck_assert_str_eq(engine_status_text(ENGINE_TOO_FEW), "not enough blocks yet");
    ck_assert(engine_equal(engine, other));
    ck_assert(engine_arrived(engine, 7, 7));
    engine = restarted(engine, &options);
    ck_assert(!engine_work(engine));
    engine_free(engine);
    engine_free(other);
}
END_TEST

START_TEST(test_memory)
{
    struct engine_options options = engine_defaults();
    struct maker maker = {test_random_init(test_seed(), 5), NULL, 0, 0};
    struct engine *engine = grown(&maker, &options, CHAIN_MAX);
    struct engine_block block = engine_block_at(engine, 1000);

    /* Room that logs grow by is an eighth. */
    ck_assert_uint_lt(engine_memory(engine), CHAIN_MAX * 13 * 9 / 8 + 400000);
    ck_assert_uint_eq(block.bits, maker.blocks[1000].bits);
    ck_assert_int_eq(block.time_ms, maker.blocks[1000].time_ms);
    ck_assert_int_eq(block.arrival_ms, maker.blocks[1000].arrival_ms);
    engine_free(engine);
    free(maker.blocks);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        test_forks_over_a_retarget,
        test_events_by_headers,
        test_events_by_arrivals,
        test_answers_do_not_depend_on_questions,
        test_noted_is_what_is_scored,
        test_damaged_snapshots,
        test_empty,
        test_memory,
    };

    return TEST_MAIN("engine", tests);
}
