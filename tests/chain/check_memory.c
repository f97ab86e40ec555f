// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: when memory is short, at whatever allocation, the tree says so and is what it
 * was before; with memory again it goes on, and so does a sync. The linker puts our allocator in
 * front of the real one.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/tree.h"
#include "tests/support/check.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

#include <stdlib.h>

/* Allocations until one fails; negative: none does. */
static long until_failure = -1;

static bool fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/** Two chunks of nodes, so that every kind of growth happens. */
#define HEADERS 66000

START_TEST(making_a_tree)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records records = {0};
    struct context genesis;
    struct tree *tree = NULL;
    struct accept *accept;
    long failed = 0;

    context_genesis(&genesis, params);
    while (tree == NULL) {
        until_failure = failed++;
        tree = tree_new(params, &genesis, params->genesis, records_source(&records), 0);
    }
    until_failure = 0;
    accept = accept_new(tree);
    until_failure = -1;          /* Check itself allocates */
    ck_assert_int_ge(failed, 6); /* tree, slots, chunk list, chunk, runs, tips, checkpoints */
    ck_assert_ptr_null(accept);
    ck_assert_uint_eq(tree_count(tree), 1);
    tree_free(tree);
}
END_TEST

/* Every allocation that adding needs fails once. */
START_TEST(growing_a_tree)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records records = {0};
    struct context genesis;
    struct tree *tree;
    struct header header = {.version = 4, .bits = 0x207fffff};
    long failures = 0;

    context_genesis(&genesis, params);
    records_append(&records, params->genesis);
    tree = tree_new(params, &genesis, params->genesis, records_source(&records), 0);
    ck_assert_ptr_nonnull(tree);
    for (uint32_t i = 1; i < HEADERS; i++) {
        /* Some forks, some long runs: the parent is the newest but every third. */
        uint32_t parent = i < 3000 && i % 3 == 0 ? i / 2 : i - 1;
        uint32_t best = tree_best(tree);
        size_t tips = tree_tip_count(tree);
        struct hash256 hash;
        uint8_t raw[HEADER_SIZE];

        header.nonce = i;
        header_encode(raw, &header);
        header_hash(&hash, raw);
        for (long n = 0;; n++) {
            until_failure = n;
            if (tree_add(tree, parent, &header, &hash) == i)
                break;
            failures++;
            ck_assert_uint_eq(tree_count(tree), i);
            ck_assert_uint_eq(tree_best(tree), best);
            ck_assert_uint_eq(tree_tip_count(tree), tips);
            ck_assert_uint_eq(tree_find(tree, &hash, NULL), TREE_NONE);
        }
        until_failure = -1;
        records_append(&records, raw);
        ck_assert_uint_eq(tree_find(tree, &hash, NULL), i);
    }
    ck_assert_int_ge(failures, 20);
    tree_free(tree);
    records_free(&records);
}
END_TEST

/* accept_headers() reports the fault, and goes on from there when called again. */
START_TEST(accepting)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records chain = {0};
    struct records stored = {0};
    struct accept_options options = {
        .now = INT32_MAX, .each = records_each, .each_context = &stored};
    struct context genesis;
    struct tree *tree;
    struct accept *accept;
    size_t next = 1;
    long faults = 0;

    records_mine(&chain, params, 5000, 600, 1);
    context_genesis(&genesis, params);
    records_append(&stored, params->genesis);
    /* All at once: the test's own array is not to grow meanwhile. */
    stored.bytes = realloc(stored.bytes, chain.count * HEADER_SIZE);
    ck_assert_ptr_nonnull(stored.bytes);
    stored.capacity = chain.count;
    tree = tree_new(params, &genesis, params->genesis, records_source(&stored), 0);
    ck_assert_ptr_nonnull(tree);
    accept = accept_new(tree);
    ck_assert_ptr_nonnull(accept);
    while (next < chain.count) {
        struct accept_result result;

        until_failure = 0;
        result = accept_headers(accept, &options, records_at(&chain, next), HEADER_SIZE,
                                chain.count - next);
        until_failure = -1;
        ck_assert_uint_eq(result.rejected, 0);
        next += result.handled;
        ck_assert_uint_eq(tree_count(tree), next);
        if (result.fault) {
            faults++;
            result = accept_headers(accept, &options, records_at(&chain, next), HEADER_SIZE, 1);
            ck_assert_uint_eq(result.accepted, 1);
            next++;
        }
    }
    ck_assert_int_ge(faults, 3);
    accept_free(accept);
    tree_free(tree);
    records_free(&stored);
    records_free(&chain);
}
END_TEST

/* A whole sync, presync included, in which the n-th allocation fails. False when there is none. */
static bool sync_with_failure(const struct chain *chain, long n)
{
    const struct world_options options = {
        .params = chain->params,
        .minimum_chain_work = u256_sub(chain->context.chainwork, u256_from_u64(100)),
        .relay_addresses = true,
        .start_s = (int64_t)chain->context.time + 60,
    };
    static struct world world; /* too large for a stack */
    bool failed;

    world_init(&world, &options, 1);
    world.records.bytes = realloc(world.records.bytes, chain->records.count * HEADER_SIZE);
    ck_assert_ptr_nonnull(world.records.bytes);
    world.records.capacity = chain->records.count;
    until_failure = n;
    for (int i = 0; i < WORLD_REMOTES && !sync_is_synced(world.sync); i++) {
        struct remote *remote = world_connect(&world, chain, SYNC_PEER_OUTBOUND, i);

        if (remote != NULL)
            remote_message(remote, WIRE_ADDR, "", 1);
        world_run(&world, 5000); /* longer than the pause after a fault */
    }
    failed = until_failure < 0;
    until_failure = -1;
    ck_assert_uint_eq(tree_count(world.tree), chain->records.count);
    ck_assert(sync_is_synced(world.sync));
    for (size_t i = 0; i < world.remote_count; i++)
        ck_assert_int_ne(world.remotes[i].end, SYNC_DISCONNECT_MISBEHAVED);
    world_free(&world);
    return failed;
}

START_TEST(syncing)
{
    struct chain chain;
    long n = 0;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 5000, 600, 1);
    while (sync_with_failure(&chain, n))
        n++;
    ck_assert_int_ge(n, 20);
    chain_free(&chain);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {making_a_tree, growing_a_tree, accepting, syncing};

    return TEST_MAIN("memory", tests);
}
