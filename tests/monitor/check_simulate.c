// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a simulated chain obeys every rule, is the same for the same script and seed
 * and another for another seed, comes at Bitcoin's pace, and does what its script says; and the
 * truth about it is true.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "chain/params.h"
#include "chain/sha256.h"
#include "chain/tree.h"
#include "monitor/simulate.h"
#include "monitor/simulate_truth.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH 2016
#define PERCENT SIMULATE_GROWTH_PERCENT
#define ONE 4294967296.0
#define SECOND 16777216.0
#define YEAR 31557600.0

/** A chain with its truth. */
struct run {
    struct simulate_script script;
    struct simulate *simulate;
    struct simulate_block *blocks; /* in order of arrival */
    size_t count;
    struct simulate_block **best; /* by height */
    enum simulate_result end;
};

static void collect(struct run *run)
{
    size_t room = 2 * (size_t)run->script.blocks + 1;

    run->blocks = calloc(room, sizeof *run->blocks);
    run->best = calloc((size_t)run->script.blocks + 1, sizeof *run->best);
    ck_assert(run->blocks != NULL && run->best != NULL);
    run->simulate = simulate_new(&run->script);
    while ((run->end = simulate_next(run->simulate, &run->blocks[run->count])) == SIMULATE_FOUND) {
        if (run->blocks[run->count].best)
            run->best[run->blocks[run->count].height] = &run->blocks[run->count];
        run->count++;
        ck_assert_uint_lt(run->count, room);
    }
}

static void run_steady(struct run *run, uint32_t blocks, uint64_t seed, uint32_t growth)
{
    *run = (struct run){.count = 0};
    simulate_script_steady(&run->script, blocks, seed, growth);
    collect(run);
    ck_assert_int_eq(run->end, SIMULATE_END);
}

static void run_unchecked(struct run *run, uint64_t seed, const char *text)
{
    struct simulate_script_error error = {""};

    *run = (struct run){.count = 0};
    ck_assert_msg(simulate_script_parse(&run->script, &error, "s", text, strlen(text)), "%s",
                  error.text);
    run->script.seed = seed;
    ck_assert_msg(simulate_script_check(&run->script, &error), "%s", error.text);
    collect(run);
}

static void run_script(struct run *run, uint64_t seed, const char *text)
{
    run_unchecked(run, seed, text);
    ck_assert_int_eq(run->end, SIMULATE_END);
}

static void run_free(struct run *run)
{
    free(run->blocks);
    free(run->best);
    simulate_free(run->simulate);
    simulate_script_free(&run->script);
}

/* Feeds all but genesis to accept_headers(), as an import would. All are valid, parents are there
 * before their children, and the best chain is the one that the truth names. */
static void assert_valid(const struct run *run)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records stored = {0};
    struct context base;
    struct tree *tree = NULL;
    struct accept *accept = NULL;
    struct accept_options options = {
        .now = UINT32_MAX, .stop_at_invalid = true, .each = records_each, .each_context = &stored};

    context_genesis(&base, params);
    records_append(&stored, params->genesis);
    tree = tree_new(params, &base, params->genesis, records_source(&stored), run->count);
    accept = accept_new(tree);
    for (size_t i = 1; i < run->count; i++) {
        struct accept_result result =
            accept_headers(accept, &options, run->blocks[i].raw, HEADER_SIZE, 1);

        ck_assert_int_eq(result.first_bad, VERDICT_VALID);
        ck_assert_uint_eq(result.accepted, 1);
    }
    for (size_t i = 0; i < run->count; i++) {
        uint32_t index = tree_find(tree, &run->blocks[i].hash, NULL);

        ck_assert_uint_eq(index, i);
        ck_assert_uint_eq(tree_get(tree, index).height, run->blocks[i].height);
        ck_assert_int_eq(tree_on_best(tree, index), run->blocks[i].best);
    }
    accept_free(accept);
    tree_free(tree);
    records_free(&stored);
}

static void assert_same(const struct run *a, const struct run *b, bool same)
{
    ck_assert(!same || a->count == b->count);
    for (size_t i = 1; i < a->count && i < b->count; i++)
        ck_assert_int_eq(memcmp(a->blocks[i].raw, b->blocks[i].raw, HEADER_SIZE) == 0, same);
}

/* SHA-256 of the headers, and of the truth as CSV. */
static void assert_bytes(const struct run *run, const char *headers_hex, const char *truth_hex)
{
    uint8_t *raw = malloc(run->count * HEADER_SIZE);
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    struct table *table = NULL;
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE];

    ck_assert(raw != NULL && stream != NULL);
    table = table_new(stream, TABLE_CSV, false, simulate_truth_columns());
    for (size_t i = 0; i < run->count; i++) {
        memcpy(raw + i * HEADER_SIZE, run->blocks[i].raw, HEADER_SIZE);
        simulate_truth_row(table, &run->blocks[i]);
    }
    ck_assert(table_finish(table));
    table_free(table);
    fclose(stream);
    sha256(&hash, raw, run->count * HEADER_SIZE);
    hash256_to_hex(hex, &hash);
    ck_assert_str_eq(hex, headers_hex);
    sha256(&hash, text, len);
    hash256_to_hex(hex, &hash);
    ck_assert_str_eq(hex, truth_hex);
    free(raw);
    free(text);
}

static double seconds(uint64_t moment)
{
    return (double)moment / SECOND;
}

/* ---- a steady growth ---- */

START_TEST(test_valid)
{
    struct test_random random = test_random_init(test_seed(), 1);
    static const uint32_t growths[] = {0, 20 * PERCENT, SIMULATE_GROWTH_MAX};

    for (size_t i = 0; i < sizeof growths / sizeof growths[0]; i++) {
        struct run run;

        run_steady(&run, 4 * EPOCH + test_random_below(&random, EPOCH), test_random_u64(&random),
                   growths[i]);
        ck_assert_uint_eq(run.count, run.script.blocks + 1);
        assert_valid(&run);
        run_free(&run);
    }
}
END_TEST

START_TEST(test_seeds)
{
    struct run a, b, other;

    run_steady(&a, 3000, 7, SIMULATE_GROWTH_DEFAULT);
    run_steady(&b, 3000, 7, SIMULATE_GROWTH_DEFAULT);
    run_steady(&other, 3000, 8, SIMULATE_GROWTH_DEFAULT);
    assert_same(&a, &b, true);
    assert_same(&a, &other, false);
    run_free(&a);
    run_free(&b);
    run_free(&other);
}
END_TEST

/* Two epochs and a retarget, byte for byte: they must be the same on every machine, and for ever.
 */
START_TEST(test_same_everywhere)
{
    struct run run;

    run_steady(&run, 5000, 1, SIMULATE_GROWTH_DEFAULT);
    assert_bytes(&run, "d8adb2f3a3985a9f14223566db5740c4b01667efa293cd1dd494e02de36ac868",
                 "fb01b7da8be1fb33bccd85f573bb0656cb6b6ef43e1bbbfcf5a9c4f6368aee99");
    run_free(&run);
}
END_TEST

/* Without growth: 600 s on average, and as irregular as exponential intervals are. */
START_TEST(test_pace)
{
    const uint32_t count = 20000;
    struct run run;
    double sum = 0.0;
    double squares = 0.0;
    size_t long_ones = 0;

    run_steady(&run, count, test_seed(), 0);
    for (size_t i = 1; i <= count; i++) {
        double interval = (double)run.blocks[i].time - run.blocks[i - 1].time;

        sum += interval;
        squares += interval * interval;
        long_ones += interval > 1800.0;
    }
    /* Difficulty cannot fall below the limit, so chance makes the chain a little slower. */
    ck_assert_double_eq_tol(sum / count, 605.0, 25.0);
    ck_assert_double_eq_tol(sqrt(squares / count) / (sum / count), sqrt(2.0), 0.07);
    ck_assert_double_eq_tol((double)long_ones / count, exp(-3.0), 0.012);
    run_free(&run);
}
END_TEST

static double difficulty(uint32_t bits)
{
    const struct params *params = params_get(NETWORK_TIDENET);

    return u256_to_double(params->limit) / u256_to_double(compact_decode(bits).target);
}

/* With 100 % a year difficulty is about 4 after two years and 8 after three. Targets are compared,
 * not work, which is a whole number and so coarse near the limit. */
START_TEST(test_growth)
{
    struct run run;
    uint32_t years = 1;

    run_steady(&run, 175000, test_seed(), 100 * PERCENT);
    for (size_t i = 1; i < run.count && years <= 3; i++) {
        if (run.blocks[i].time - run.blocks[0].time < years * YEAR)
            continue;
        /* It follows the hash rate some weeks late; luck is 2.2 % in an epoch,
         * of which .13 is six. */
        ck_assert_double_eq_tol(difficulty(run.blocks[i].bits) / (1u << years), 0.985, 0.13);
        years++;
    }
    ck_assert_uint_eq(years, 4);
    run_free(&run);
}
END_TEST

/* ---- a script ---- */

static const char everything[] = "blocks 30000\n"
                                 "start 16x\n"
                                 "growth 35%/year\n"
                                 "walk 1.2%/day\n"
                                 "noise early 15% mean 300s late mean 15s\n"
                                 "stale 3% deeper 30%\n"
                                 "delay mean 2s\n"
                                 "at 40d growth -10%/year\n"
                                 "at 5000 step -20%\n"
                                 "at 60d ramp -30% over 14d as fern\n"
                                 "at 12000 ramp +40% over 1008\n"
                                 "at 15000 storm -35% for 5d in 12h out 300\n"
                                 "at 15200 departure -8% over 60d\n"
                                 "timewarp from 20000 to 22500 share 80%\n"
                                 "at 25000 walk 0%/day\n"
                                 "at 26000 reorg depth 3\n"
                                 "at 150d reorg depth 12\n"
                                 "at 28000 stale none\n"
                                 "at 28000 noise none\n"
                                 "at 28000 delay none\n";

START_TEST(test_script_valid)
{
    struct test_random random = test_random_init(test_seed(), 2);

    for (int i = 0; i < 2; i++) {
        struct run run;

        run_script(&run, test_random_u64(&random), everything);
        ck_assert_ptr_null(simulate_waiting(run.simulate));
        ck_assert_uint_gt(run.count, run.script.blocks + 300);
        assert_valid(&run);
        run_free(&run);
    }
}
END_TEST

START_TEST(test_script_same_everywhere)
{
    struct run run;

    run_script(&run, 1, everything);
    assert_bytes(&run, "6d941910ef1b137d575efabd9b35d03c78cf966f54de70b6cdad2d5d8c7fa1d3",
                 "22053054b05cc25a2f6163aa6b6836d4fda12f30ffb648f9bd10d3355a3e3d83");
    run_free(&run);
}
END_TEST

START_TEST(test_script_seeds)
{
    struct run a, b, other;

    run_script(&a, 7, everything);
    run_script(&b, 7, everything);
    run_script(&other, 8, everything);
    assert_same(&a, &b, true);
    assert_same(&a, &other, false);
    run_free(&a);
    run_free(&b);
    run_free(&other);
}
END_TEST

/* A line more does not change the luck: the same hashes over work, block for block. */
START_TEST(test_same_luck)
{
    struct run plain, stormy;
    uint64_t seed = test_seed();

    run_script(&plain, seed, "blocks 5000\nstart 4x\nwalk 1%/day");
    run_script(&stormy, seed,
               "blocks 5000\nstart 4x\nwalk 1%/day\nnoise late mean 60s\nstale 5%\n"
               "at 1000 storm -40% for 2d");
    for (uint32_t height = 1; height <= 5000; height++) {
        const struct simulate_block *a = plain.best[height];
        const struct simulate_block *b = stormy.best[height];

        ck_assert_double_eq_tol((double)a->hashes / (double)a->work,
                                (double)b->hashes / (double)b->work, 1e-8);
    }
    run_free(&plain);
    run_free(&stormy);
}
END_TEST

static void assert_parts(const struct run *run, uint32_t height, double events, double departures,
                         const char *names)
{
    const struct simulate_block *block = run->best[height];

    ck_assert_double_eq_tol((double)block->parts.events / ONE, events, 2e-9);
    ck_assert_double_eq_tol((double)block->parts.departures / ONE, departures, 2e-9);
    ck_assert_str_eq(block->events, names);
}

/* What begins and ends with a block does so exactly there. */
START_TEST(test_follows_heights)
{
    struct run run;
    const double storm = log(0.65);

    run_script(&run, test_seed(),
               "blocks 2000\nstart 4x\n"
               "at 100 step -20%\n"
               "at 200 step +25% as back\n"
               "at 300 ramp -50% over 100\n"
               "at 600 storm -35% in 10 for 100 out 20 as uri\n"
               "at 650 departure -8% over 200\n"
               "at 1000 ramp -10% over 10\nat 1005 ramp -10% over 10 as two\n");
    assert_parts(&run, 99, 0.0, 0.0, "");
    assert_parts(&run, 100, log(0.8), 0.0, "step@100");
    assert_parts(&run, 101, log(0.8), 0.0, "");
    assert_parts(&run, 200, 0.0, 0.0, "back");
    assert_parts(&run, 300, 0.0, 0.0, "ramp@300");
    assert_parts(&run, 325, 0.25 * log(0.5), 0.0, "ramp@300");
    assert_parts(&run, 400, log(0.5), 0.0, "ramp@300");
    assert_parts(&run, 401, log(0.5), 0.0, "");
    assert_parts(&run, 600, log(0.5), 0.0, "uri");
    assert_parts(&run, 605, log(0.5) + storm / 2, 0.0, "uri");
    assert_parts(&run, 610, log(0.5) + storm, 0.0, "uri");
    assert_parts(&run, 660, log(0.5) + storm, log(0.92) * 0.05, "uri departure@650");
    assert_parts(&run, 709, log(0.5) + storm, log(0.92) * 59 / 200, "uri departure@650");
    assert_parts(&run, 715, log(0.5) + storm * 0.75, log(0.92) * 65 / 200, "uri departure@650");
    assert_parts(&run, 730, log(0.5), log(0.92) * 80 / 200, "uri departure@650");
    assert_parts(&run, 731, log(0.5), log(0.92) * 81 / 200, "departure@650");
    assert_parts(&run, 850, log(0.5), log(0.92), "departure@650");
    assert_parts(&run, 999, log(0.5), log(0.92), "");
    assert_parts(&run, 1007, log(0.5) + log(0.9) * 0.9, log(0.92), "ramp@1000 two");
    assert_parts(&run, 2000, log(0.5) + 2 * log(0.9), log(0.92), "");
    run_free(&run);
}
END_TEST

/* Where time t (in minutes) stands in a storm of 2 d, 1 d in and 4 d out, that begins on day 10. */
static double storm_at(double minute)
{
    double day = floor(minute) / 1440.0 - 10.0;

    if (day <= 0.0 || day >= 7.0)
        return 0.0;
    if (day < 1.0)
        return day;
    return day <= 3.0 ? 1.0 : 1.0 - (day - 3.0) / 4.0;
}

/* What is given in time follows the minute in which a block is found; so does growth. */
START_TEST(test_follows_time)
{
    struct run run;

    run_script(&run, test_seed(),
               "blocks 6000\nstart 8x\ngrowth 35%/year\nat 20d growth -10%/year\n"
               "at 10d storm -35% in 1d for 2d out 4d\nat 30d step +10%\n");
    for (uint32_t height = 1; height <= 6000; height++) {
        const struct simulate_block *block = run.best[height];
        double minute = floor(seconds(block->found) / 60.0);
        double days = minute / 1440.0;
        double trend = log(8.0) + log(1.35) * (days < 20.0 ? days : 20.0) / 365.25 +
                       (days > 20.0 ? log(0.9) * (days - 20.0) / 365.25 : 0.0);
        double events = log(0.65) * storm_at(minute) + (days >= 30.0 ? log(1.1) : 0.0);

        ck_assert_double_eq_tol((double)block->parts.trend / ONE, trend, 3e-9);
        ck_assert_double_eq_tol((double)block->parts.events / ONE, events, 3e-9);
        ck_assert_int_eq(block->parts.walk, 0);
        ck_assert_int_eq(block->parts.departures, 0);
        ck_assert_double_eq_tol((double)block->hashrate / ONE, exp(trend + events),
                                exp(trend + events) * 1e-8);
    }
    run_free(&run);
}
END_TEST

/* The hashes of a block are the integral of the hash rate: over an interval in which that did not
 * change, the product. */
START_TEST(test_integral)
{
    struct run run;
    double sum = 0.0;
    const uint32_t count = 20000;

    run_script(&run, test_seed(), "blocks 20000\nstart 8x\nat 7000 step -50%\nat 14000 step +80%");
    for (uint32_t height = 1; height <= count; height++) {
        const struct simulate_block *block = run.best[height];
        double interval = seconds(block->found) - seconds(run.best[height - 1]->found);
        double hashes = (double)block->hashes / ONE;
        double rate = (double)block->hashrate / ONE / SIMULATE_RATE_SECONDS;

        ck_assert_double_eq_tol(interval * rate, hashes, 1e-6 * (1.0 + hashes));
        sum += hashes / ((double)block->work / ONE);
    }
    /* The luck is exponential with mean 1. */
    ck_assert_double_eq_tol(sum / count, 1.0, 6.0 / sqrt(count));
    run_free(&run);
}
END_TEST

/* With a step in the middle of an interval, the interval feels both hash rates. */
START_TEST(test_integral_of_steps)
{
    struct run run;

    run_script(&run, test_seed(), "blocks 3000\nstart 8x\nat 5d step -90%\nat 6d step +900%");
    for (uint32_t height = 1; height <= 3000; height++) {
        const struct simulate_block *block = run.best[height];
        double from = seconds(run.best[height - 1]->found) / 86400.0;
        double to = seconds(block->found) / 86400.0;
        double low = fmax(0.0, fmin(to, 6.0) - fmax(from, 5.0));
        double days = to - from - 0.9 * low;
        double hashes = (double)block->hashes / ONE;

        ck_assert_double_eq_tol(days * 86400.0 * 8.0 / SIMULATE_RATE_SECONDS, hashes,
                                1e-5 * (1.0 + hashes));
    }
    run_free(&run);
}
END_TEST

/* The walk's daily changes have the scripted standard deviation, and do not depend on each other.
 */
START_TEST(test_walk)
{
    struct run run;
    double last = 0.0;
    double squares = 0.0;
    double products = 0.0;
    double before = 0.0;
    uint32_t height = 1;
    int days = 0;

    run_script(&run, test_seed(), "blocks 60000\nstart 16x\nwalk 2%/day");
    while (height < 60000) {
        double now = 0.0;

        while (height < 60000 && seconds(run.best[height]->found) < 86400.0 * (days + 1))
            height++;
        now = (double)run.best[height]->parts.walk / ONE;
        if (days > 0) {
            squares += (now - last) * (now - last);
            products += (now - last) * before;
        }
        before = now - last;
        last = now;
        days++;
    }
    ck_assert_int_gt(days, 350);
    /* The block that ends a day comes a little late, now and then: 1 % of the variance. */
    ck_assert_double_eq_tol(sqrt(squares / days), 0.02, 0.02 * 6.0 / sqrt(2.0 * days));
    ck_assert_double_eq_tol(products / days, 0.0, 0.0004 * 6.0 / sqrt(days));
    run_free(&run);
}
END_TEST

/* Stamps are early by one exponential and late by the other, where the rules have no say. */
START_TEST(test_noise)
{
    struct run run;
    double early = 0.0;
    double early_sum = 0.0;
    double late_sum = 0.0;
    const uint32_t count = 30000;

    run_script(&run, test_seed(),
               "blocks 30000\nstart 2x\nnoise early 15% mean 300s late mean 15s");
    for (uint32_t height = 1; height <= count; height++) {
        const struct simulate_block *block = run.best[height];
        double stamp = (double)block->time - run.blocks[0].time;
        double off = stamp - seconds(block->found);

        /* A stamp is cut off to whole seconds: a late one may be a second early. */
        if (off < -1.0) {
            early += 1.0;
            early_sum += -off - 0.5;
        } else {
            late_sum += off + 0.5;
        }
    }
    /* Six standard errors, each. */
    ck_assert_double_eq_tol(early / count, 0.15 * exp(-0.5 / 300.0), 0.013);
    ck_assert_double_eq_tol(early_sum / early, 300.0, 6.0 * 300.0 / sqrt(early) + 1.0);
    ck_assert_double_eq_tol(late_sum / (count - early), 15.0, 0.65);
    run_free(&run);
}
END_TEST

/* Blocks arrive a little after they are found, and in the order of the file. */
static void assert_arrivals(const struct run *run)
{
    for (size_t i = 1; i < run->count; i++) {
        ck_assert_uint_ge(run->blocks[i].arrived, run->blocks[i].found);
        ck_assert_uint_ge(run->blocks[i].arrived, run->blocks[i - 1].arrived);
    }
}

START_TEST(test_delay)
{
    struct run run;
    double sum = 0.0;

    run_script(&run, test_seed(), "blocks 20000\nstart 2x\ndelay mean 2s");
    assert_arrivals(&run);
    for (uint32_t height = 1; height <= 20000; height++)
        sum += seconds(run.best[height]->arrived) - seconds(run.best[height]->found);
    ck_assert_double_eq_tol(sum / 20000, 2.0, 0.1);
    run_free(&run);
}
END_TEST

/* As many heights have a losing sibling as the script says, and as many branches go on. */
START_TEST(test_stale)
{
    struct run run;
    size_t first = 0;
    size_t lost = 0;
    size_t sibling_first = 0;
    bool *seen = NULL;

    run_script(&run, test_seed(), "blocks 40000\nstart 2x\nstale 2% deeper 25%\ndelay mean 2s");
    assert_valid(&run);
    assert_arrivals(&run);
    seen = calloc(40001, 1);
    ck_assert_ptr_nonnull(seen);
    for (size_t i = 1; i < run.count; i++) {
        const struct simulate_block *block = &run.blocks[i];

        if (block->best) {
            seen[block->height] = true;
            continue;
        }
        ck_assert_uint_eq(block->hashes, 0);
        ck_assert_uint_eq(block->bits, run.best[block->height]->bits);
        lost++;
        if (hash256_equal(&block->prev, &run.best[block->height - 1]->hash)) {
            first++;
            sibling_first += !seen[block->height];
        }
    }
    free(seen);
    ck_assert_double_eq_tol((double)first / 40000, 0.02, 6.0 * sqrt(0.02 / 40000) + 0.0003);
    ck_assert_double_eq_tol((double)(lost - first) / (double)lost, 0.25,
                            6.0 * 0.43 / sqrt((double)lost));
    /* Now and then the loser is there before the winner: a reorganisation for whoever looks on. */
    ck_assert_double_eq_tol((double)sibling_first / (double)first, 0.30, 0.12);
    run_free(&run);
}
END_TEST

/* The losing branch comes first, block by block; then the winner's blocks at once. */
START_TEST(test_reorg)
{
    struct run run;
    size_t at = 0;

    run_script(&run, test_seed(),
               "blocks 3000\nstart 2x\nat 2500 reorg depth 3\nat 1d reorg depth 1");
    assert_valid(&run);
    assert_arrivals(&run);
    ck_assert_uint_eq(run.count, 3001 + 3 + 1);
    while (run.blocks[at].height < 2500)
        at++;
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert(!run.blocks[at + i].best);
        ck_assert_uint_eq(run.blocks[at + i].height, 2500 + i);
        ck_assert_str_eq(run.blocks[at + i].events, "reorg@2500");
    }
    for (uint32_t i = 0; i < 4; i++) {
        const struct simulate_block *block = &run.blocks[at + 3 + i];

        ck_assert(block->best);
        ck_assert_uint_eq(block->height, 2500 + i);
        ck_assert_uint_eq(block->arrived, run.blocks[at + 6].arrived);
        ck_assert_str_eq(block->events, "reorg@2500");
    }
    ck_assert_str_eq(run.blocks[at + 7].events, "");
    run_free(&run);
}
END_TEST

static size_t count_lost(const struct run *run, const char *event)
{
    size_t count = 0;

    for (size_t i = 0; i < run->count; i++)
        count += !run->blocks[i].best && strcmp(run->blocks[i].events, event) == 0;
    return count;
}

/* There are reorganisations as deep as can be, over retargets, and at the very end. */
START_TEST(test_deep_reorgs)
{
    struct run run;

    run_script(&run, test_seed(),
               "blocks 6200\nstart 2x\nnoise early 50% mean 1h late mean 1h\nstale 5% deeper 50%\n"
               "at 2000 reorg depth 100\nat 4031 reorg depth 1\nat 4033 reorg depth 100\n"
               "at 6100 reorg depth 100\n");
    assert_valid(&run);
    ck_assert_ptr_null(simulate_waiting(run.simulate));
    ck_assert(run.blocks[run.count - 1].best);
    ck_assert_uint_eq(count_lost(&run, "reorg@2000"), 100);
    ck_assert_uint_eq(count_lost(&run, "reorg@4031"), 1);
    ck_assert_uint_eq(count_lost(&run, "reorg@4033"), 100);
    ck_assert_uint_eq(count_lost(&run, "reorg@6100"), 100);
    run_free(&run);
}
END_TEST

/* Branches by chance, as many as can be, delay no reorganisation and take nothing from it. */
START_TEST(test_reorg_among_stale)
{
    struct run run;
    char text[1000];
    size_t used = 0;

    used += (size_t)snprintf(text, sizeof text, "blocks 3000\nstart 2x\nstale 20%% deeper 50%%\n");
    for (unsigned height = 2000; height < 2600; height += 31)
        used += (size_t)snprintf(text + used, sizeof text - used, "at %u reorg depth 5\n", height);
    run_script(&run, test_seed(), text);
    assert_valid(&run);
    for (uint32_t height = 2000; height < 2600; height += 31) {
        char name[32];
        size_t lost = 0;

        (void)snprintf(name, sizeof name, "reorg@%u", (unsigned)height);
        for (size_t i = 0; i < run.count; i++) {
            const struct simulate_block *block = &run.blocks[i];

            if (block->best || strcmp(block->events, name) != 0)
                continue;
            ck_assert_uint_eq(block->height, height + lost);
            if (lost == 0)
                ck_assert(hash256_equal(&block->prev, &run.best[height - 1]->hash));
            lost++;
        }
        ck_assert_uint_eq(lost, 5);
    }
    run_free(&run);
}
END_TEST

/* Blocks that come faster than they travel, and faster than siblings differ. */
START_TEST(test_fast_branches)
{
    struct run run;

    run_script(&run, test_seed(),
               "blocks 2000\nstart 512x\nstale 20% deeper 50%\ndelay mean 10s\n"
               "at 1500 delay none\nat 1000 reorg depth 50\n");
    assert_arrivals(&run);
    assert_valid(&run);
    run_free(&run);
}
END_TEST

/* Miners who lie about the time make difficulty fall, within the rules. */
START_TEST(test_timewarp)
{
    struct run run;
    uint32_t first = 4 * EPOCH;

    run_script(&run, test_seed(), "blocks 16000\nstart 64x\ntimewarp from 8064 to 14111");
    assert_valid(&run);
    for (uint32_t height = first; height < first + 3 * EPOCH; height++) {
        double ahead =
            (double)run.best[height]->time - run.blocks[0].time - seconds(run.best[height]->found);

        if (height % EPOCH == EPOCH - 1)
            ck_assert_double_eq_tol(ahead, 7200.0, 1.0);
        else if (height > first + 20)
            ck_assert_double_le(ahead, 7200.0 - 600.0);
        ck_assert_str_eq(run.best[height]->events, "timewarp@8064");
    }
    /* The first epoch's span is as it was; the second's is twice as long as it took, and more. */
    ck_assert_double_lt(difficulty(run.best[first + 2 * EPOCH]->bits),
                        0.7 * difficulty(run.best[first]->bits));
    ck_assert_double_lt(difficulty(run.best[first + 3 * EPOCH]->bits),
                        0.5 * difficulty(run.best[first + 2 * EPOCH]->bits));
    run_free(&run);
}
END_TEST

static void assert_ends(const char *text, enum simulate_result end, unsigned line)
{
    struct run run;

    run_unchecked(&run, 1, text);
    ck_assert_int_eq(run.end, end);
    if (end == SIMULATE_TOO_FAST || end == SIMULATE_TOO_SLOW)
        ck_assert_uint_eq(simulate_blame(run.simulate, end), line);
    run_free(&run);
}

/* What cannot be mined ends the chain, and the line that did most of it is known. */
START_TEST(test_limits)
{
    assert_ends("blocks 9\nstart 4096x\nat 3 step +800%\nat 4 step +900%", SIMULATE_TOO_FAST, 2);
    assert_ends("blocks 9\nstart 9x\nat 2 step +900%\nat 3 step +899%\nat 4 step +800%\n"
                "at 5 step +800%",
                SIMULATE_TOO_FAST, 3);
    assert_ends("blocks 9\nat 2 step -99%\nat 3 step -98%\nat 4 step -95%", SIMULATE_TOO_SLOW, 2);
    assert_ends("blocks 400000\nstart 2x\ngrowth -90%/year", SIMULATE_TOO_SLOW, 3);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_valid,
        test_seeds,
        test_same_everywhere,
        test_pace,
        test_growth,
        test_script_valid,
        test_script_same_everywhere,
        test_script_seeds,
        test_same_luck,
        test_follows_heights,
        test_follows_time,
        test_integral,
        test_integral_of_steps,
        test_walk,
        test_noise,
        test_delay,
        test_stale,
        test_reorg,
        test_deep_reorgs,
        test_reorg_among_stale,
        test_fast_branches,
        test_timewarp,
        test_limits,
    };

    return TEST_MAIN("simulate", tests);
}
