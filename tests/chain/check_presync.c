// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: presync releases the chain that was counted, all of it and nothing else, in
 * bounded memory; whatever else a peer offers the second time is found out before it is released.
 */
#include "config.h"

#include "chain/presync.h"
#include "tests/support/check.h"
#include "tests/support/world.h"

#include <string.h>

/** Long enough for releases during the redownload. */
#define LONG (PRESYNC_LOOKAHEAD + 9000)
#define SPACING 600
/** Bytes: a ring of 16,000 headers, and little besides. */
#define MEMORY_MAX 1300000

/* Takes what is released and compares it with a chain. */
struct taker {
    const struct chain *chain;
    size_t taken;   /* headers, from height 1 on */
    size_t foreign; /* those that are not the chain's */
    bool refuse;
};

static bool take(void *context, const uint8_t *raw, size_t count)
{
    struct taker *taker = context;

    if (taker->refuse)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t height = ++taker->taken;

        taker->foreign += height >= taker->chain->records.count ||
                          memcmp(raw + i * HEADER_SIZE, records_at(&taker->chain->records, height),
                                 HEADER_SIZE) != 0;
    }
    return true;
}

static int64_t end_of(const struct chain *chain)
{
    return (int64_t)chain->context.time + 60;
}

static struct presync *begin(const struct chain *chain, struct u256 minimum,
                             struct test_random *random)
{
    struct context genesis;
    struct presync_options options = {
        .params = chain->params,
        .start = &genesis,
        .minimum_work = minimum,
        .now = end_of(chain),
        .salt = {test_random_u64(random), test_random_u64(random)},
    };
    struct presync *presync;

    context_genesis(&genesis, chain->params);
    presync = presync_new(&options);
    ck_assert_ptr_nonnull(presync);
    return presync;
}

/* Feeds headers from height on, up to last, until the state changes or they end. Messages are full
 * but the last. */
static enum presync_state feed(struct presync *presync, struct taker *taker,
                               const struct chain *chain, size_t from, size_t last)
{
    enum presync_state state = presync_state(presync);
    enum presync_state before = state;

    while (state == before && from <= last) {
        size_t count = last + 1 - from < PRESYNC_BATCH_MAX ? last + 1 - from : PRESYNC_BATCH_MAX;

        state = presync_headers(presync, records_at(&chain->records, from), HEADER_SIZE, count,
                                count == PRESYNC_BATCH_MAX, end_of(chain), take, taker);
        ck_assert_uint_le(presync_memory(presync), MEMORY_MAX);
        from += count;
    }
    return state;
}

START_TEST(test_honest)
{
    struct test_random random = test_random_init(test_seed(), 1);
    struct chain chain;
    struct taker taker = {.chain = &chain};
    struct presync *presync;
    struct hash256 last;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, LONG, SPACING, 1);
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, LONG), PRESYNC_REDOWNLOAD);
    ck_assert_uint_eq(taker.taken, 0);
    ck_assert_uint_eq(presync_height(presync), 0); /* from the start again */
    last = presync_last(presync);
    ck_assert(hash256_equal(&last, &chain.params->genesis_hash));

    ck_assert_int_eq(feed(presync, &taker, &chain, 1, PRESYNC_LOOKAHEAD), PRESYNC_REDOWNLOAD);
    ck_assert_uint_eq(taker.taken, 0);
    ck_assert_int_eq(feed(presync, &taker, &chain, PRESYNC_LOOKAHEAD + 1, PRESYNC_LOOKAHEAD + 2000),
                     PRESYNC_REDOWNLOAD);
    ck_assert_uint_eq(taker.taken, 2000);
    ck_assert_int_eq(feed(presync, &taker, &chain, PRESYNC_LOOKAHEAD + 2001, LONG), PRESYNC_DONE);
    ck_assert_uint_eq(taker.taken, LONG);
    ck_assert_uint_eq(taker.foreign, 0);
    ck_assert_uint_le(presync_memory(presync), 4096);
    presync_free(presync);
    chain_free(&chain);
}
END_TEST

START_TEST(test_too_little_work)
{
    struct test_random random = test_random_init(test_seed(), 2);
    struct chain chain;
    struct taker taker = {.chain = &chain};
    struct presync *presync;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 5000, SPACING, 1);
    presync = begin(&chain, u256_add(chain.context.chainwork, u256_from_u64(1)), &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 5000), PRESYNC_FAILED);
    ck_assert_str_eq(presync_failure(presync).text, "too little work");
    ck_assert_int_eq(presync_failure(presync).broken, VERDICT_VALID);
    ck_assert(!presync_failure(presync).ours);
    ck_assert_uint_eq(taker.taken, 0);
    presync_free(presync);

    /* An empty message, though there was more. */
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 2000), PRESYNC_COUNTING);
    ck_assert_int_eq(
        presync_headers(presync, NULL, HEADER_SIZE, 0, false, end_of(&chain), take, &taker),
        PRESYNC_FAILED);
    presync_free(presync);
    /* The same the second time. */
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 5000), PRESYNC_REDOWNLOAD);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 4500), PRESYNC_FAILED);
    ck_assert_uint_eq(taker.taken, 0);
    presync_free(presync);
    chain_free(&chain);
}
END_TEST

/* From some height on another chain comes at the redownload. Nothing of it is ever released. */
START_TEST(test_switch)
{
    struct test_random random = test_random_init(test_seed(), 3);
    struct chain chain;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, LONG, SPACING, 1);
    for (uint32_t round = 0; round < 12; round++) {
        /* Near the end the minimum is reached before enough bits were compared: see
         * test_switch_late. */
        size_t fork = test_random_below(&random, LONG - PRESYNC_LOOKAHEAD);
        struct taker taker = {.chain = &chain};
        struct presync *presync = begin(&chain, chain.context.chainwork, &random);
        struct chain other;

        chain_fork(&other, &chain, fork);
        chain_extend(&other, LONG - fork, SPACING, 100 + round);
        ck_assert_int_eq(feed(presync, &taker, &chain, 1, LONG), PRESYNC_REDOWNLOAD);
        ck_assert_int_eq(feed(presync, &taker, &other, 1, LONG), PRESYNC_FAILED);
        ck_assert_str_eq(presync_failure(presync).text, "not the chain that was counted");
        ck_assert_uint_eq(taker.foreign, 0);
        ck_assert_uint_le(taker.taken, fork);
        presync_free(presync);
        chain_free(&other);
    }
    chain_free(&chain);
}
END_TEST

/* A second chain with enough work of its own is as good as the first, however it came. */
START_TEST(test_switch_late)
{
    struct test_random random = test_random_init(test_seed(), 4);
    struct chain chain;
    struct chain other;
    struct taker taker = {.chain = &other};
    struct presync *presync;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 4000, SPACING, 1);
    chain_fork(&other, &chain, 3999);
    chain_extend(&other, 1, SPACING, 2);
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 4000), PRESYNC_REDOWNLOAD);
    ck_assert_int_eq(feed(presync, &taker, &other, 1, 4000), PRESYNC_DONE);
    ck_assert_uint_eq(taker.taken, 4000);
    ck_assert_uint_eq(taker.foreign, 0);
    presync_free(presync);
    chain_free(&chain);
    chain_free(&other);
}
END_TEST

/* Claims of work without the work: found out in both phases, with the rule's name. */
START_TEST(test_false_claims)
{
    struct test_random random = test_random_init(test_seed(), 5);
    struct chain chain;
    struct chain bad;
    struct taker taker = {.chain = &chain};
    struct presync *presync;
    uint8_t *raw;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 5000, SPACING, 1);
    chain_fork(&bad, &chain, 5000);
    raw = bad.records.bytes + 4000 * HEADER_SIZE;
    memcpy(raw + 72, (const uint8_t[]){0xff, 0xff, 0, 0x1d}, 4); /* nBits of difficulty 1 */
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &bad, 1, 5000), PRESYNC_FAILED);
    ck_assert_int_eq(presync_failure(presync).broken, VERDICT_HIGH_HASH);
    presync_free(presync);
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 5000), PRESYNC_REDOWNLOAD);
    ck_assert_int_eq(feed(presync, &taker, &bad, 1, 5000), PRESYNC_FAILED);
    ck_assert_int_eq(presync_failure(presync).broken, VERDICT_HIGH_HASH);
    ck_assert_uint_eq(presync_failure(presync).header.bits, 0x1d00ffff);
    ck_assert_uint_eq(taker.taken, 0);
    presync_free(presync);

    /* A link is missing. */
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 2000), PRESYNC_COUNTING);
    ck_assert_int_eq(feed(presync, &taker, &chain, 2002, 4001), PRESYNC_FAILED);
    ck_assert_str_eq(presync_failure(presync).text, "headers do not connect");
    presync_free(presync);
    chain_free(&chain);
    chain_free(&bad);
}
END_TEST

/* Six blocks a second since the start, and no more. */
START_TEST(test_more_than_time_allows)
{
    struct test_random random = test_random_init(test_seed(), 6);
    struct chain chain;
    struct taker taker = {.chain = &chain};
    struct context genesis;
    struct presync_options options = {.params = params_get(NETWORK_TIDENET), .start = &genesis};
    struct presync *presync;

    chain_init(&chain, options.params);
    chain_extend(&chain, 8000, SPACING, 1);
    context_genesis(&genesis, options.params);
    options.minimum_work = chain.context.chainwork;
    options.salt[0] = test_random_u64(&random);
    /* As if two hours of future and 300 seconds were all the time there was: 76 bits, 45,600
     * headers; then less. */
    options.now = (int64_t)genesis.time + 300;
    presync = presync_new(&options);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 8000), PRESYNC_REDOWNLOAD);
    presync_free(presync);
    options.now = (int64_t)genesis.time - PARAMS_MAX_FUTURE_SECONDS + 100; /* 2 bits */
    presync = presync_new(&options);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 8000), PRESYNC_FAILED);
    ck_assert_str_eq(presync_failure(presync).text, "more headers than time allows");
    presync_free(presync);
    chain_free(&chain);
}
END_TEST

/* Released headers that can't be kept are nobody's fault. */
START_TEST(test_not_kept)
{
    struct test_random random = test_random_init(test_seed(), 7);
    struct chain chain;
    struct taker taker = {.chain = &chain, .refuse = true};
    struct presync *presync;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 3000, SPACING, 1);
    presync = begin(&chain, chain.context.chainwork, &random);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 3000), PRESYNC_REDOWNLOAD);
    ck_assert_int_eq(feed(presync, &taker, &chain, 1, 3000), PRESYNC_FAILED);
    ck_assert(presync_failure(presync).ours);
    presync_free(presync);
    chain_free(&chain);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_honest,       test_too_little_work,       test_switch,   test_switch_late,
        test_false_claims, test_more_than_time_allows, test_not_kept,
    };

    return TEST_MAIN("presync", tests);
}
