// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what a snapshot says of the chain is what the engine says, and nothing where
 * it says nothing; from blocks to messages, the built-in rules tell of a network that loses half of
 * its hash rate and gets it back, are silent about one that only wanders, and say the same twice.
 */
#include "config.h"

#include "alerts/incident.h"
#include "alerts/observe.h"
#include "chain/compact.h"
#include "chain/header.h"
#include "tests/support/check.h"
#include "tests/support/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 826560 /* a height at which difficulty is set anew */
#define BITS 0x17038fffu
#define STORY_SIZE 65536
/** Blocks after which hashrate-fall clears: its clearfor. */
#define CLEAR_BLOCKS 6
/** No fall stands longer; what else is waited for comes much sooner. */
#define PATIENCE (OBSERVE_STANDING_BLOCKS + CLEAR_BLOCKS + 1)

static double uniform(struct test_random *random)
{
    return ((double)(test_random_u64(random) >> 11) + 0.5) * 0x1p-53;
}

/* A network at constant difficulty. */
struct miner {
    struct test_random random;
    struct engine *engine;
    double time_s;
    uint32_t height;
};

static struct miner miner_new(uint64_t stream)
{
    struct engine_options options = engine_defaults();
    struct miner miner = {
        .random = test_random_init(test_seed(), stream), .time_s = 1.7e9, .height = FIRST};

    miner.engine = engine_new(&options);
    ck_assert_ptr_nonnull(miner.engine);
    return miner;
}

/* One block, at a share of the hash rate that the difficulty is for. */
static void mine(struct miner *miner, double rate)
{
    struct engine_block block = {.bits = BITS, .arrival_ms = ENGINE_NO_ARRIVAL};

    miner->time_s += -log(uniform(&miner->random)) * 600 / rate;
    block.height = miner->height++;
    block.time_ms = (int64_t)floor(miner->time_s) * 1000;
    ck_assert(engine_connect(miner->engine, &block));
}

static struct observe_wanted everything(void)
{
    struct observe_wanted wanted;

    memset(wanted.metric, true, sizeof wanted.metric);
    return wanted;
}

/* By the window's estimator, whose epochs' last 2015 intervals are the same ones. */
static void check_off_high(const struct metric_value *value, struct engine *engine)
{
    double now = engine_window(engine, 2016).ehs;
    double best = 0;
    uint32_t tip = engine_tip(engine);

    for (uint32_t begin = FIRST; begin + 2016 <= tip; begin += 2016) {
        struct engine_block first = engine_block_at(engine, begin);
        struct engine_block last = engine_block_at(engine, begin + 2015);

        best = fmax(best, 2014 * compact_expected_hashes(BITS) / 1e18 /
                              ((double)(last.time_ms - first.time_ms) / 1000));
    }
    ck_assert_double_eq_tol(value->value, 1 - now / best, 1e-9);
    ck_assert_double_lt(fabs(value->value), 0.2);
    ck_assert_double_lt(value->lo, value->value - 0.03);
    ck_assert_double_gt(value->hi, value->value + 0.03);
}

START_TEST(test_figures)
{
    struct miner miner = miner_new(1);
    struct observe_wanted all = everything();
    struct metrics m = {.wall_ms = 1};
    struct observe_moment moment = {.listening = true, .retargets = true, .reorg_depth = 2};
    struct engine_hashrate now;
    struct engine_forecast next;

    for (int i = 0; i < 5500; i++)
        mine(&miner, i < 2500 ? 1 : 1.2); /* the best epoch is the last complete one */
    moment.now_ms = (int64_t)(miner.time_s + 1200) * 1000;
    observe_chain(&m, miner.engine, &all, &moment);
    now = engine_hashrate(miner.engine, moment.now_ms);
    next = engine_forecast(miner.engine, moment.now_ms);
    ck_assert_double_eq(m.values[METRIC_HASHRATE_NOW_EHS].value, now.estimate.ehs);
    ck_assert_double_eq(m.values[METRIC_HASHRATE_NOW_EHS].hi, now.estimate.hi95);
    ck_assert_uint_eq(m.values[METRIC_HASHRATE_NOW_EHS].to_height, miner.height - 1);
    ck_assert_double_eq(m.values[METRIC_HASHRATE_W144_EHS].value,
                        engine_window(miner.engine, 144).ehs);
    ck_assert_double_eq(m.values[METRIC_INTERVAL_SINCE_LAST_S].value, now.silence_s);
    ck_assert_double_eq(m.values[METRIC_INTERVAL_SILENCE_P].value, now.silence_p);
    ck_assert_double_eq(m.values[METRIC_DIFFICULTY_NEXT_CHANGE].value, next.ratio - 1);
    ck_assert_double_eq(m.values[METRIC_DIFFICULTY_LAST_CHANGE].value, 0);
    ck_assert_double_eq(m.values[METRIC_REORG_DEPTH].value, 2);
    ck_assert(m.values[METRIC_HASHRATE_OFF_HIGH].known);
    check_off_high(&m.values[METRIC_HASHRATE_OFF_HIGH], miner.engine);
    ck_assert(m.values[METRIC_HASHRATE_DAILY_SD].known);
    ck_assert(m.values[METRIC_INTERVAL_LONGEST_P].known);
    ck_assert(!m.values[METRIC_INTERVAL_FIT_P].known); /* without arrivals */
    ck_assert(!m.values[METRIC_SYNC_PEERS].known);     /* no figure of the chain's */
    /* Nobody would tell us of a block: silence says nothing. */
    moment.listening = false;
    moment.retargets = false;
    observe_chain(&m, miner.engine, &all, &moment);
    ck_assert(!m.values[METRIC_INTERVAL_SINCE_LAST_S].known);
    ck_assert(!m.values[METRIC_INTERVAL_SILENCE_P].known);
    ck_assert(!m.values[METRIC_DIFFICULTY_NEXT_CHANGE].known);
    now = engine_hashrate(miner.engine, ENGINE_AT_TIP);
    ck_assert_double_eq(m.values[METRIC_HASHRATE_NOW_EHS].value, now.estimate.ehs);
    engine_free(miner.engine);
}
END_TEST

START_TEST(test_nothing_yet)
{
    struct miner miner = miner_new(1);
    struct observe_wanted all = everything();
    struct observe_moment moment = {.now_ms = 1700000000000, .listening = true, .retargets = true};
    struct metrics m = {.wall_ms = 1};

    for (int i = 0; i < 4; i++) { /* of no block, and of few */
        observe_chain(&m, miner.engine, &all, &moment);
        ck_assert(!m.values[METRIC_HASHRATE_W144_EHS].known);
        ck_assert(!m.values[METRIC_HASHRATE_OFF_HIGH].known);
        ck_assert(!m.values[METRIC_DIFFICULTY_LAST_CHANGE].known);
        mine(&miner, 1);
    }
    engine_free(miner.engine);
}
END_TEST

/* Only what is wanted is touched. */
START_TEST(test_wanted)
{
    struct miner miner = miner_new(1);
    struct ruleset set;
    struct observe_wanted wanted;
    struct observe_moment moment = {.now_ms = ENGINE_AT_TIP, .retargets = true};
    struct metrics m = {.wall_ms = 1};

    ck_assert(ruleset_defaults(&set));
    wanted = observe_wanted(&set);
    ck_assert(wanted.metric[METRIC_HASHRATE_FALL_STANDING]);
    ck_assert(wanted.metric[METRIC_HASHRATE_FALL_CONFIDENCE]); /* a text names it */
    ck_assert(!wanted.metric[METRIC_HASHRATE_W144_EHS]);
    for (size_t i = 0; i < set.count; i++)
        set.rules[i].enabled = set.rules[i].metric == METRIC_REORG_DEPTH;
    wanted = observe_wanted(&set);
    for (int i = 0; i < 300; i++)
        mine(&miner, 1);
    observe_chain(&m, miner.engine, &wanted, &moment);
    for (unsigned i = 0; i < METRIC_COUNT; i++)
        ck_assert_int_eq(m.values[i].known, i == METRIC_REORG_DEPTH);
    ruleset_free(&set);
    engine_free(miner.engine);
}
END_TEST

/* ---- from blocks to messages --------------------------------------------- */

/** The rules over a chain, and what they say, a line each. */
struct teller {
    struct ruleset set;
    struct observe_wanted wanted;
    struct incident *incidents;
    struct metrics metrics;
    char *story;
    size_t used;
};

static struct teller teller_new(void)
{
    struct teller teller = {.metrics = {.uptime_ms = METRICS_NO_START, .synced = true}};

    ck_assert(ruleset_defaults(&teller.set));
    teller.wanted = observe_wanted(&teller.set);
    teller.incidents = calloc(teller.set.count, sizeof *teller.incidents);
    teller.story = calloc(STORY_SIZE, 1);
    ck_assert(teller.incidents != NULL && teller.story != NULL);
    return teller;
}

static void teller_free(struct teller *teller)
{
    ruleset_free(&teller->set);
    free(teller->incidents);
    free(teller->story);
}

static void look(struct teller *teller, struct engine *engine)
{
    struct engine_block tip = engine_block_at(engine, engine_tip(engine));
    const struct observe_moment moment = {.now_ms = ENGINE_AT_TIP, .retargets = true};

    teller->metrics.wall_ms = tip.time_ms;
    teller->metrics.steady_ms = tip.time_ms;
    teller->metrics.has_tip = true;
    teller->metrics.height = tip.height;
    observe_chain(&teller->metrics, engine, &teller->wanted, &moment);
    for (size_t i = 0; i < teller->set.count; i++) {
        const struct rule *rule = &teller->set.rules[i];
        struct alert_transition out;

        if (!incident_step(&out, &teller->incidents[i], rule, &teller->metrics))
            continue;
        teller->used += (size_t)snprintf(teller->story + teller->used, STORY_SIZE - teller->used,
                                         "%s %s %s %u\n", rule->name, alert_state_name(out.state),
                                         alert_reason_name(out.reason), (unsigned)tip.height);
        ck_assert_uint_lt(teller->used, STORY_SIZE);
    }
}

/* The fall that stands, by the engine's words. */
static void check_fall(const struct metrics *metrics, struct engine *engine)
{
    size_t last = engine_change_count(engine) - 1;
    struct engine_extent extent = engine_extent(engine, last);
    const struct metric_value *size = &metrics->values[METRIC_HASHRATE_FALL_SIZE];
    const struct metric_value *depth = &metrics->values[METRIC_HASHRATE_FALL_DEPTH];

    ck_assert(size->known && depth->known);
    ck_assert_double_eq_tol(size->value, 1 - exp(extent.extent.log_size), 1e-12);
    ck_assert_double_eq_tol(size->lo, 1 - exp(extent.extent.log_size_hi), 1e-12);
    ck_assert_double_eq_tol(size->hi, 1 - exp(extent.extent.log_size_lo), 1e-12);
    ck_assert_uint_eq(size->to_height, engine_change(engine, last).alarm);
    ck_assert_double_eq(metrics->values[METRIC_HASHRATE_FALL_CONFIDENCE].value, extent.confidence);
    ck_assert_double_ge(depth->lo, 0.15);
    ck_assert_double_lt(depth->hi, 0.9);
}

/* The height at which the last fall stood no more: it had recovered, another change had come, or it
 * had stood for long enough. A week's memory tells of a return 7 to 14 days after it. */
static uint32_t end_of_fall(struct engine *engine)
{
    size_t count = engine_change_count(engine);
    size_t last = count - 1;
    uint32_t end = 0;
    uint32_t recovered = 0;

    while (engine_change(engine, last).direction != CHANGE_FALL)
        last--;
    end = engine_change(engine, last).alarm + OBSERVE_STANDING_BLOCKS + 1;
    recovered = engine_extent(engine, last).recovered_height;
    if (recovered != 0 && recovered < end)
        end = recovered;
    if (last + 1 < count && engine_change(engine, last + 1).alarm < end)
        end = engine_change(engine, last + 1).alarm;
    return end;
}

static bool stands(const struct teller *teller, const char *name)
{
    const struct rule *rule = ruleset_find(&teller->set, name);

    return incident_stands(&teller->incidents[rule - teller->set.rules]);
}

/* Mines and looks until the alert of a rule stands, or stands no more. False if it never does. */
static bool wait_for(struct teller *teller, struct miner *miner, double rate, const char *name,
                     bool standing)
{
    for (int blocks = 0; blocks <= PATIENCE; blocks++) {
        if (stands(teller, name) == standing)
            return true;
        mine(miner, rate);
        look(teller, miner->engine);
    }
    return false;
}

static bool has_been_quiet(const struct engine *engine)
{
    size_t last = engine_change_count(engine) - 1;

    return engine_tip(engine) - engine_change(engine, last).alarm > 3 * OBSERVE_STANDING_BLOCKS;
}

START_TEST(test_half_gone_and_back)
{
    bool stood = false;
    struct miner miner = miner_new(2);
    struct teller teller = teller_new();

    for (int i = 0; i < 6000; i++) {
        mine(&miner, 1);
        look(&teller, miner.engine);
    }
    /* Luck may have had its say, once in some years; that shall not count, and what the detector
     * then believes of the hash rate is to be over. */
    while (engine_change_count(miner.engine) > 0 && !has_been_quiet(miner.engine)) {
        mine(&miner, 1);
        look(&teller, miner.engine);
    }
    ck_assert(wait_for(&teller, &miner, 1, "hashrate-fall", false));
    ck_assert_msg(wait_for(&teller, &miner, 0.5, "hashrate-fall", true), "%s", teller.story);
    ck_assert_msg(wait_for(&teller, &miner, 0.5, "hashrate-fall-large", true), "%s", teller.story);
    check_fall(&teller.metrics, miner.engine);
    ck_assert_msg(wait_for(&teller, &miner, 1, "hashrate-fall-large", false), "%s", teller.story);
    stood = stands(&teller, "hashrate-fall");
    ck_assert_msg(wait_for(&teller, &miner, 1, "hashrate-fall", false), "%s", teller.story);
    if (stood)
        ck_assert_uint_eq(engine_tip(miner.engine), end_of_fall(miner.engine) + CLEAR_BLOCKS);
    else
        ck_assert_uint_ge(engine_tip(miner.engine), end_of_fall(miner.engine) + CLEAR_BLOCKS);
    teller_free(&teller);
    engine_free(miner.engine);
}
END_TEST

/* Real headers, on which nothing of the size of a half happened; twice the same. */
START_TEST(test_real)
{
    struct records records = {0};
    char *first = NULL;

    if (!records_load_shared(&records, "headers/mainnet-822528-830592.bin"))
        return;
    for (int round = 0; round < 2; round++) {
        struct engine_options options = engine_defaults();
        struct engine *engine = engine_new(&options);
        struct teller teller = teller_new();

        ck_assert_ptr_nonnull(engine);
        for (size_t i = 0; i < records.count; i++) {
            struct header header;
            struct engine_block block = {.height = 822528 + (uint32_t)i,
                                         .arrival_ms = ENGINE_NO_ARRIVAL};

            header_decode(&header, records_at(&records, i));
            block.bits = header.bits;
            block.time_ms = (int64_t)header.time * 1000;
            ck_assert(engine_connect(engine, &block));
            look(&teller, engine);
        }
        if (first == NULL)
            first = strdup(teller.story);
        ck_assert_str_eq(first, teller.story);
        teller_free(&teller);
        engine_free(engine);
    }
    printf("%s", first);
    /* The cold snap of January 2024. */
    ck_assert_ptr_nonnull(strstr(first, "hashrate-fall raised value"));
    free(first);
    records_free(&records);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_figures, test_nothing_yet, test_wanted, test_half_gone_and_back, test_real,
    };

    return TEST_MAIN("observe", tests);
}
