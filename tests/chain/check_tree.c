// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the tree, its contexts, reorgs and locators say what an array of parents says
 * that is walked step by step. Headers need no work here: the tree does not judge.
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/locator.h"
#include "chain/reorg.h"
#include "chain/tree.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What is known of each header, by index. */
struct model_node {
    uint32_t parent;
    uint32_t height;
    struct header header;
    struct hash256 hash;
    struct u256 work;
    uint32_t children;
};

struct model {
    struct test_random random;
    struct records records;
    struct tree *tree;
    struct model_node *nodes;
    uint32_t count;
    uint32_t capacity;
    struct context base;
    uint32_t only_bits; /* nBits of all headers to come; 0: mixed */
};

static void model_open(struct model *model, uint64_t stream, uint32_t capacity, bool anchored)
{
    const struct params *params = params_get(NETWORK_TESTNET3); /* real_bits has meaning there */
    struct header header;
    struct hash256 hash;

    *model = (struct model){.random = test_random_init(test_seed(), stream), .capacity = capacity};
    model->nodes = calloc(capacity, sizeof(*model->nodes));
    ck_assert_ptr_nonnull(model->nodes);
    header_decode(&header, params->genesis);
    header_hash(&hash, params->genesis);
    context_genesis(&model->base, params);
    if (anchored)
        context_anchor(&model->base, &header, &hash, 2016 * 7, u256_from_u64(123456));
    records_append(&model->records, params->genesis);
    model->tree = tree_new(params, &model->base, params->genesis, records_source(&model->records),
                           test_random_one_in(&model->random, 2) ? 0 : capacity);
    ck_assert_ptr_nonnull(model->tree);
    tree_salt(model->tree, test_random_u64(&model->random));
    model->nodes[0] = (struct model_node){.parent = TREE_NONE,
                                          .height = model->base.height,
                                          .header = header,
                                          .hash = hash,
                                          .work = model->base.chainwork};
    model->count = 1;
}

static void model_close(struct model *model)
{
    tree_free(model->tree);
    free(model->nodes);
    records_free(&model->records);
}

/* Adds a header on parent to both. */
static void model_add(struct model *model, uint32_t parent)
{
    static const uint32_t bits[] = {0x1d00ffff, 0x1c7fffff, 0x1d00ffff, 0x1c00abcd};
    struct model_node *up = &model->nodes[parent];
    struct model_node *node = &model->nodes[model->count];
    uint8_t raw[HEADER_SIZE];
    uint32_t index;

    ck_assert_uint_lt(model->count, model->capacity);
    node->parent = parent;
    node->height = up->height + 1;
    node->children = 0;
    test_random_fill(&model->random, &node->header, sizeof(node->header));
    node->header.prev = up->hash;
    node->header.bits =
        model->only_bits != 0 ? model->only_bits : bits[test_random_below(&model->random, 4)];
    header_encode(raw, &node->header);
    header_hash(&node->hash, raw);
    node->work = u256_add(up->work, compact_work(node->header.bits));
    records_append(&model->records, raw);
    index = tree_add(model->tree, parent, &node->header, &node->hash);
    ck_assert_uint_eq(index, model->count);
    up->children++;
    model->count++;
}

/* Mostly on the newest header, now and then on a recent or on any one. */
static void model_grow(struct model *model, uint32_t branching)
{
    uint32_t parent = model->count - 1;

    if (test_random_one_in(&model->random, branching)) {
        uint32_t back = test_random_one_in(&model->random, 4) ? model->count : 50;

        parent -= test_random_below(&model->random, back < model->count ? back : model->count);
    }
    model_add(model, parent);
}

static void model_truncate(struct model *model, uint32_t count)
{
    while (model->count > count)
        model->nodes[model->nodes[--model->count].parent].children--;
    model->records.count = count;
    tree_truncate(model->tree, count);
}

static uint32_t model_ancestor(const struct model *model, uint32_t index, uint32_t height)
{
    while (model->nodes[index].height > height)
        index = model->nodes[index].parent;
    return index;
}

static uint32_t model_best(const struct model *model)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < model->count; i++) {
        if (u256_cmp(model->nodes[i].work, model->nodes[best].work) > 0)
            best = i;
    }
    return best;
}

static uint32_t random_index(struct model *model)
{
    return test_random_below(&model->random, model->count);
}

/* ---- comparing ---- */

static void compare_node(const struct model *model, uint32_t index)
{
    const struct model_node *node = &model->nodes[index];
    struct tree_node got = tree_get(model->tree, index);
    struct hash256 hash;
    uint8_t raw[HEADER_SIZE];
    bool fault = false;

    ck_assert_uint_eq(got.index, index);
    ck_assert_uint_eq(got.parent, node->parent);
    ck_assert_uint_eq(got.height, node->height);
    ck_assert_uint_eq(got.time, node->header.time);
    ck_assert_uint_eq(got.bits, node->header.bits);
    ck_assert_int_eq(u256_cmp(tree_chainwork(model->tree, index), node->work), 0);
    ck_assert(tree_hash(model->tree, &hash, index));
    ck_assert(hash256_equal(&hash, &node->hash));
    ck_assert(tree_raw(model->tree, raw, index));
    ck_assert_mem_eq(raw, records_at(&model->records, index), HEADER_SIZE);
    ck_assert_uint_eq(tree_find(model->tree, &node->hash, &fault), index);
    ck_assert(!fault);
}

static void compare_ancestors(struct model *model, uint32_t index)
{
    uint32_t base = model->nodes[0].height;
    uint32_t height = model->nodes[index].height;
    uint32_t wanted = base + test_random_below(&model->random, height - base + 1);

    ck_assert_uint_eq(tree_ancestor(model->tree, index, wanted),
                      model_ancestor(model, index, wanted));
    ck_assert_uint_eq(tree_ancestor(model->tree, index, height), index);
    ck_assert_uint_eq(tree_ancestor(model->tree, index, height + 1), TREE_NONE);
    if (base > 0)
        ck_assert_uint_eq(tree_ancestor(model->tree, index, base - 1), TREE_NONE);
}

static void compare_best(const struct model *model)
{
    uint32_t best = model_best(model);
    size_t tips = 0;
    size_t place = 0;

    ck_assert_uint_eq(tree_count(model->tree), model->count);
    ck_assert_uint_eq(tree_best(model->tree), best);
    for (uint32_t i = 0; i < model->count; i++)
        tips += model->nodes[i].children == 0;
    ck_assert_uint_eq(tree_tip_count(model->tree), tips);
    for (uint32_t i = 0; i < model->count; i++) {
        struct tree_tip tip;

        if (model->nodes[i].children > 0)
            continue;
        tip = tree_tip_get(model->tree, place++);
        ck_assert_uint_eq(tip.index, i);
        ck_assert_uint_eq(tip.height, model->nodes[i].height);
        ck_assert_int_eq(u256_cmp(tip.chainwork, model->nodes[i].work), 0);
        ck_assert(hash256_equal(&tip.hash, &model->nodes[i].hash));
    }
}

static void compare_on_best(struct model *model, uint32_t index)
{
    uint32_t best = model_best(model);
    uint32_t height = model->nodes[index].height;
    bool expected =
        height <= model->nodes[best].height && model_ancestor(model, best, height) == index;

    ck_assert_int_eq(tree_on_best(model->tree, index), expected);
    if (expected)
        ck_assert_uint_eq(tree_best_at(model->tree, height), index);
}

/* The context loaded from the tree against one that was carried along the whole way. */
static void compare_context(const struct model *model, uint32_t index)
{
    uint32_t path[4096];
    size_t length = 0;
    struct context walked = model->base;
    struct context loaded;

    for (uint32_t i = index; i != 0; i = model->nodes[i].parent) {
        ck_assert_uint_lt(length, 4096);
        path[length++] = i;
    }
    while (length-- > 0)
        context_advance(&walked, tree_params(model->tree), &model->nodes[path[length]].header,
                        &model->nodes[path[length]].hash);
    ck_assert(tree_context(model->tree, &loaded, index));
    ck_assert(hash256_equal(&loaded.hash, &walked.hash));
    ck_assert_uint_eq(loaded.height, walked.height);
    ck_assert_uint_eq(loaded.time, walked.time);
    ck_assert_uint_eq(loaded.bits, walked.bits);
    ck_assert_uint_eq(loaded.real_bits, walked.real_bits);
    ck_assert_uint_eq(loaded.epoch_first_time, walked.epoch_first_time);
    ck_assert_uint_eq(loaded.epoch_first_bits, walked.epoch_first_bits);
    ck_assert_uint_eq(loaded.times_known, walked.times_known);
    ck_assert_int_eq(loaded.from_genesis, walked.from_genesis);
    ck_assert_mem_eq(loaded.times, walked.times, sizeof(loaded.times));
    ck_assert_int_eq(u256_cmp(loaded.chainwork, walked.chainwork), 0);
    ck_assert_int_eq(u256_cmp(loaded.target, walked.target), 0);
    ck_assert_int_eq(u256_cmp(loaded.work, walked.work), 0);
}

static void compare_reorg(const struct model *model, uint32_t from, uint32_t to)
{
    struct reorg reorg = reorg_between(model->tree, from, to);
    uint32_t a = from;
    uint32_t b = to;

    while (a != b) {
        if (model->nodes[a].height >= model->nodes[b].height)
            a = model->nodes[a].parent;
        else
            b = model->nodes[b].parent;
    }
    ck_assert_uint_eq(reorg.old_tip, from);
    ck_assert_uint_eq(reorg.new_tip, to);
    ck_assert_uint_eq(reorg.fork, a);
    ck_assert_uint_eq(reorg.fork_height, model->nodes[a].height);
    ck_assert_uint_eq(reorg.disconnected, model->nodes[from].height - model->nodes[a].height);
    ck_assert_uint_eq(reorg.connected, model->nodes[to].height - model->nodes[a].height);
}

static void compare_locator(const struct model *model, uint32_t index)
{
    struct locator locator;
    uint32_t above = model->nodes[index].height + 1;

    ck_assert(locator_build(&locator, model->tree, index));
    for (size_t i = 0; i < locator.count; i++) {
        uint32_t found = tree_find(model->tree, &locator.hashes[i], NULL);
        uint32_t height;

        ck_assert_uint_ne(found, TREE_NONE);
        height = model->nodes[found].height;
        ck_assert_uint_eq(model_ancestor(model, index, height), found);
        if (i < 10)
            ck_assert_uint_eq(height, above - 1);
        else if (i + 1 < locator.count) /* 2, 4, 8, ... */
            ck_assert_uint_eq(above - height, UINT32_C(1) << (i - 9));
        ck_assert_uint_lt(height, above);
        above = height;
    }
    ck_assert_uint_eq(above, model->nodes[0].height); /* the base is the last */
}

static void compare_some(struct model *model)
{
    struct hash256 unknown;
    bool fault = false;

    compare_best(model);
    for (int i = 0; i < 30; i++) {
        uint32_t index = random_index(model);

        compare_node(model, index);
        compare_ancestors(model, index);
        compare_on_best(model, index);
        compare_reorg(model, index, random_index(model));
        if (i % 15 == 0) {
            compare_context(model, index);
            compare_locator(model, index);
        }
        test_random_fill(&model->random, &unknown, sizeof(unknown));
        ck_assert_uint_eq(tree_find(model->tree, &unknown, &fault), TREE_NONE);
        ck_assert(!fault);
    }
}

/* ---- the tests ---- */

START_TEST(random_trees)
{
    enum { TREES = 30, MOST = 3000 };

    for (uint64_t i = 0; i < TREES; i++) {
        struct model model;
        uint32_t branching;

        model_open(&model, i, MOST + 1, i % 3 == 0);
        branching =
            1 + test_random_below(&model.random, 1u << test_random_below(&model.random, 10));
        for (uint32_t step = 0; step < MOST && model.count < MOST; step++) {
            model_grow(&model, branching);
            if (test_random_one_in(&model.random, 300)) {
                compare_some(&model);
                model_truncate(&model, 1 + random_index(&model));
                compare_some(&model);
            }
        }
        compare_some(&model);
        for (uint32_t index = 0; index < model.count; index++)
            compare_node(&model, index);
        model_close(&model);
    }
}
END_TEST

/* More than one chunk and several sizes of index, in one run and in very many. */
START_TEST(large_trees)
{
    for (unsigned i = 0; i < 2; i++) {
        enum { MANY = 140000 };
        struct model model;

        model_open(&model, 1000 + i, MANY + 1, false);
        while (model.count < MANY) {
            if (i == 0)
                model_add(&model, model.count - 1);
            else
                model_add(&model, model.count < 30 ? model.count - 1 : model.count - 30);
        }
        compare_best(&model);
        for (uint32_t index = 0; index < model.count; index += 37)
            compare_node(&model, index);
        for (int step = 0; step < 300; step++)
            compare_ancestors(&model, random_index(&model));
        ck_assert_uint_le(tree_memory(model.tree), (i == 0 ? 30 : 120) * MANY);
        model_truncate(&model, 70000);
        compare_best(&model);
        for (uint32_t index = 0; index < model.count; index += 37)
            compare_node(&model, index);
        model_close(&model);
    }
}
END_TEST

/* A hash that is not there is found missing without the records being read. */
START_TEST(unknown_is_cheap)
{
    struct model model;
    struct hash256 unknown;

    model_open(&model, 4000, 20001, false);
    while (model.count < 20000)
        model_add(&model, model.count - 1);
    model.records.reads = 0;
    for (int i = 0; i < 20000; i++) {
        test_random_fill(&model.random, &unknown, sizeof(unknown));
        ck_assert_uint_eq(tree_find(model.tree, &unknown, NULL), TREE_NONE);
    }
    ck_assert_uint_le(model.records.reads, 5); /* tags of 32 bits meet once in ten such tests */
    model_close(&model);
}
END_TEST

/* Of equal work the first stays best; a child of it, or more work elsewhere, changes that. */
START_TEST(first_seen_wins)
{
    struct model model;
    uint32_t first, second;

    model_open(&model, 2000, 100, false);
    model.only_bits = 0x1d00ffff;
    model_add(&model, 0);
    first = model.count - 1;
    model_add(&model, 0);
    second = model.count - 1;
    ck_assert_uint_eq(tree_best(model.tree), first);
    model_add(&model, second);
    ck_assert_uint_eq(tree_best(model.tree), second + 1);
    model_truncate(&model, second + 1);
    ck_assert_uint_eq(tree_best(model.tree), first);
    model_close(&model);
}
END_TEST

/* A source that fails is reported and changes nothing. */
START_TEST(faulty_source)
{
    struct model model;
    struct hash256 hash;
    struct context context;
    struct locator locator;
    uint8_t raw[HEADER_SIZE];
    bool fault = false;

    model_open(&model, 3000, 100, false);
    for (int i = 0; i < 50; i++)
        model_add(&model, model.count - 1);
    model.records.broken = true;
    ck_assert_uint_eq(tree_find(model.tree, &model.nodes[20].hash, &fault), TREE_NONE);
    ck_assert(fault);
    ck_assert(!tree_hash(model.tree, &hash, 20));
    ck_assert(!tree_raw(model.tree, raw, 20));
    ck_assert(!tree_context(model.tree, &context, 20));
    ck_assert(!locator_build(&locator, model.tree, 50));
    /* Tip and base are kept. */
    fault = false;
    ck_assert_uint_eq(tree_find(model.tree, &model.nodes[50].hash, &fault), 50);
    ck_assert_uint_eq(tree_find(model.tree, &model.nodes[0].hash, &fault), 0);
    ck_assert(!fault);
    ck_assert(tree_context(model.tree, &context, 50));
    model_truncate(&model, 30);
    hash = tree_tip_get(model.tree, 0).hash;
    ck_assert(hash256_is_zero(&hash));
    model.records.broken = false;
    compare_some(&model);
    model_close(&model);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_trees, large_trees, unknown_is_cheap, first_seen_wins,
                                  faulty_source};

    return TEST_MAIN("tree", tests);
}
