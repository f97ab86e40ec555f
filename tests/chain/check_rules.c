// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: accept and validate say of every header what a second, slow and obvious
 * implementation says. Random chains with random faults grow from places near retargets, with every
 * combination of the networks' rules, in whole and in anchored stores, and the tree is compared as
 * well. HASHTIDE_CHAINS is the number of chains.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "chain/mine.h"
#include "tests/support/check.h"
#include "tests/support/naive.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <string.h>

#define CHAINS_DEFAULT 4000
/** Enough for two retargets and a few blocks more. */
#define BASE_HEADERS 4045
/** Combinations of min_difficulty, bip94 and anchored, and one more without retargets. */
#define VARIANTS 9
#define CHAIN_MOST 24
/** No more: the memory of invalid headers is a cache, and the naive one forgets nothing. */
#define INVALID_MOST 4
/** Nonces are looked for only where so many hashes should do. */
#define HASHES_MOST 100

/** A network of the test's own, with a chain of 4045 headers. */
struct variant {
    struct params params;
    struct records records; /* from the base on; chains come after it */
    struct naive naive;
    struct tree *tree;
    uint32_t base_count;
    size_t verdicts[VERDICT_COUNT]; /* how often each was given */
};

/** One chain on its way through both implementations. */
struct round {
    struct variant *variant;
    struct test_random random;
    struct naive_options options;
    uint8_t raw[CHAIN_MOST][HEADER_SIZE];
    struct hash256 hashes[CHAIN_MOST];
    enum verdict verdict[CHAIN_MOST];
    uint32_t broken[CHAIN_MOST];
    size_t count;
    size_t compared;
};

/* ---- making headers ---- */

static bool minable(const struct params *params, uint32_t bits)
{
    struct u256 target;
    struct u256 most = u256_from_u64(HASHES_MOST);

    return compact_usable(&target, bits, params->limit) && u256_cmp(compact_work(bits), most) <= 0;
}

static uint32_t random_time(struct round *round, size_t parent)
{
    const struct naive *naive = &round->variant->naive;
    uint32_t last = naive->all[parent].header.time;
    uint32_t near = test_random_below(&round->random, 3) - 1; /* -1, 0 or 1, modulo 2^32 */
    uint32_t median = last;

    (void)naive_median(naive, &median, parent);
    switch (test_random_below(&round->random, 16)) {
    case 0:
        return median + near;
    case 1:
        return last - 600 + near;
    case 2:
        return last + 1200 + near;
    case 3:
        return (uint32_t)round->options.now + 7200 + near;
    case 4:
        return (uint32_t)test_random_u64(&round->random);
    case 5:
        return last + near;
    case 6:
        return last + test_random_below(&round->random, 20000);
    default:
        return last + test_random_below(&round->random, 1200);
    }
}

static uint32_t random_bits(struct round *round, size_t parent, uint32_t time)
{
    static const uint32_t odd[] = {0,          0x01003456, 0x04923456, 0xff123456, 0x21008000,
                                   0x207fffff, 0x20800000, 0x207ffffe, 0x1d00ffff, 0x03000000};
    const struct naive *naive = &round->variant->naive;
    uint32_t right = naive_bits(naive, parent, time);

    switch (test_random_below(&round->random, 40)) {
    case 0:
        return naive->all[parent].header.bits;
    case 1:
        return right + 1;
    case 2:
        return right - 1;
    case 3:
        return naive->params->limit_bits;
    case 4:
        return odd[test_random_below(&round->random, sizeof(odd) / sizeof(odd[0]))];
    case 5:
        return naive_bits(naive, parent, time + 1300);
    default:
        return right;
    }
}

static int32_t random_version(struct round *round)
{
    static const int32_t odd[] = {0, 1, 2, 3, 4, -1, INT32_MIN, INT32_MAX};

    if (test_random_one_in(&round->random, 12))
        return odd[test_random_below(&round->random, sizeof(odd) / sizeof(odd[0]))];
    return test_random_one_in(&round->random, 2) ? 4 : 0x20000000;
}

/* Where the chain begins: mostly near a retarget, else anywhere. */
static size_t random_start(struct round *round)
{
    const struct variant *variant = round->variant;
    uint32_t base = variant->naive.all[0].height;
    uint32_t last = base + variant->base_count - 1;
    uint32_t height = base + test_random_below(&round->random, variant->base_count);

    if (!test_random_one_in(&round->random, 4))
        height = 2016 * (1 + test_random_below(&round->random, 2)) - 8 +
                 test_random_below(&round->random, 20);
    if (height < base)
        height = base;
    return (height > last ? last : height) - base;
}

/* Index of the parent of the next header, and the hash to name it by, which may be of no valid one.
 */
static size_t random_parent(struct round *round, struct hash256 *prev, size_t last)
{
    const struct naive *naive = &round->variant->naive;
    size_t parent = last;

    if (test_random_one_in(&round->random, 12)) /* some earlier header of this chain, or the base */
        parent = naive->count - 1 - test_random_below(&round->random, CHAIN_MOST);
    *prev = naive->hashes[parent];
    if (round->count > 0 && test_random_one_in(&round->random, 16))
        *prev = round->hashes[test_random_below(&round->random, (uint32_t)round->count)];
    if (test_random_one_in(&round->random, 40))
        prev->bytes[test_random_below(&round->random, HASH256_SIZE)] ^= 1;
    return parent;
}

/* Makes the next header and lets the naive implementation judge it. Returns its index, or last. */
static size_t make_header(struct round *round, size_t last)
{
    struct variant *variant = round->variant;
    uint8_t *raw = round->raw[round->count];
    struct hash256 *hash = &round->hashes[round->count];
    struct header header;
    size_t parent = random_parent(round, &header.prev, last);
    uint32_t flaws;

    test_random_fill(&round->random, &header.merkle_root, sizeof(header.merkle_root));
    header.version = random_version(round);
    header.time = random_time(round, parent);
    header.bits = random_bits(round, parent, header.time);
    header.nonce = 0;
    if (!test_random_one_in(&round->random, 20) && minable(&variant->params, header.bits) &&
        !mine_header(&header, hash, &variant->params))
        ck_abort_msg("no nonce");
    header_encode(raw, &header);
    if (round->count > 0 && test_random_one_in(&round->random, 20)) /* once more */
        memcpy(raw, round->raw[test_random_below(&round->random, (uint32_t)round->count)],
               HEADER_SIZE);
    header_hash(hash, raw);
    round->verdict[round->count] = naive_judge(&variant->naive, &flaws, raw, &round->options);
    round->broken[round->count] = flaws;
    last = round->verdict[round->count] == VERDICT_VALID ? variant->naive.count - 1 : last;
    round->count++;
    return last;
}

static void make_chain(struct round *round)
{
    size_t last = random_start(round);
    const struct naive *naive = &round->variant->naive;
    size_t length = 1 + test_random_below(&round->random, CHAIN_MOST);
    uint32_t start_time = naive->all[last].header.time;

    round->options = (struct naive_options){
        .now = (int64_t)start_time + test_random_below(&round->random, 10000),
        .ignore_future = test_random_one_in(&round->random, 8),
    };
    if (test_random_one_in(&round->random, 8)) {
        struct slow more = slow_from_u64(test_random_below(&round->random, 50));

        round->options.minimum_work = slow_add(&naive->all[last].work, &more);
    }
    while (round->count < length && naive->invalid_count < INVALID_MOST)
        last = make_header(round, last);
}

/* ---- comparing ---- */

/* A refusal for want of work may come before anything else was looked at. */
static bool same_flaws(uint32_t expected, uint32_t actual)
{
    const uint32_t high_hash = VERDICT_BIT(VERDICT_HIGH_HASH);

    if ((expected & high_hash) != 0)
        return (actual & high_hash) != 0 && (actual & ~expected) == 0;
    return expected == actual;
}

static bool compare_verdict(void *context, const struct judgement *judgement,
                            const struct header *header, const struct hash256 *hash,
                            const uint8_t raw[HEADER_SIZE], uint32_t index, uint32_t height)
{
    struct round *round = context;
    const struct naive *naive = &round->variant->naive;
    size_t i = round->compared++;
    size_t expected_index = naive_find(naive, hash);
    char expected[VERDICT_NAME_SIZE], actual[VERDICT_NAME_SIZE];

    verdict_name(expected, round->verdict[i], header);
    verdict_name(actual, judgement->verdict, header);
    ck_assert_msg(judgement->verdict == round->verdict[i], "header %zu: %s, expected %s", i, actual,
                  expected);
    ck_assert_msg(same_flaws(round->broken[i], judgement->broken), "header %zu: %s: %x, not %x", i,
                  actual, judgement->broken, round->broken[i]);
    round->variant->verdicts[judgement->verdict]++;
    ck_assert(hash256_equal(hash, &round->hashes[i]));
    ck_assert_mem_eq(raw, round->raw[i], HEADER_SIZE);
    if (judgement->verdict != VERDICT_VALID && judgement->verdict != VERDICT_DUPLICATE) {
        ck_assert_uint_eq(index, TREE_NONE);
        return true;
    }
    ck_assert_uint_eq(index, expected_index);
    ck_assert_uint_eq(height, naive->all[index].height);
    if (judgement->verdict == VERDICT_VALID)
        records_append(&round->variant->records, raw);
    return true;
}

static void assert_work(const struct tree *tree, const struct naive *naive, uint32_t index)
{
    struct slow work = slow_from_u256(tree_chainwork(tree, index));

    ck_assert_int_eq(slow_cmp(&work, &naive->all[index].work), 0);
}

static void compare_trees(const struct variant *variant)
{
    const struct tree *tree = variant->tree;
    const struct naive *naive = &variant->naive;

    ck_assert_uint_eq(tree_count(tree), naive->count);
    ck_assert_uint_eq(tree_best(tree), naive_best(naive));
    assert_work(tree, naive, tree_best(tree));
    for (size_t i = 0; i < tree_tip_count(tree); i++)
        assert_work(tree, naive, tree_tip_get(tree, i).index);
}

static void feed(struct round *round, struct accept *accept)
{
    struct accept_options options = {
        .now = round->options.now,
        .ignore_future = round->options.ignore_future,
        .stop_at_invalid = test_random_one_in(&round->random, 2),
        .minimum_work = slow_to_u256(&round->options.minimum_work),
        .each = compare_verdict,
        .each_context = round,
    };

    while (round->compared < round->count) {
        size_t rest = round->count - round->compared;
        size_t some = 1 + test_random_below(&round->random, (uint32_t)rest);
        struct accept_result result =
            accept_headers(accept, &options, round->raw[round->compared], HEADER_SIZE, some);

        ck_assert(!result.fault);
        ck_assert_uint_eq(result.handled, result.accepted + result.duplicate + result.rejected);
        ck_assert_uint_ge(result.handled, 1);
        if (test_random_one_in(&round->random, 8))
            accept_reset(accept);
    }
}

static void run_round(struct variant *variant, uint64_t number)
{
    struct round round = {.variant = variant, .random = test_random_init(test_seed(), number)};
    struct accept *accept = accept_new(variant->tree);

    ck_assert_ptr_nonnull(accept);
    make_chain(&round);
    feed(&round, accept);
    compare_trees(variant);
    accept_free(accept);
    naive_truncate(&variant->naive, variant->base_count);
    tree_truncate(variant->tree, variant->base_count);
    variant->records.count = variant->base_count;
    compare_trees(variant);
}

/* ---- the base chains ---- */

/* A chain of whose retargets some go up and some down, with minimum-difficulty blocks where there
 * can be. */
static void mine_base(struct records *records, const struct params *params)
{
    struct test_random random = test_random_init(test_seed(), UINT64_MAX);
    struct context context;

    context_genesis(&context, params);
    records_append(records, params->genesis);
    while (records->count < BASE_HEADERS) {
        uint32_t spacing = context.height < 2016 ? 300 : 700;
        uint32_t time = context.time + spacing / 2 + test_random_below(&random, spacing);
        struct header header = {.merkle_root = {{0}}};
        struct hash256 hash;
        uint8_t raw[HEADER_SIZE];

        if (params->min_difficulty && test_random_one_in(&random, 10))
            time = context.time + 1201;
        ck_assert(mine_child(&header, &hash, params, &context, time));
        header_encode(raw, &header);
        records_append(records, raw);
        context_advance(&context, params, &header, &hash);
    }
}

/* Feeds the whole base chain to both. */
static void load_base(struct variant *variant, const struct records *chain, size_t first)
{
    const uint8_t *raw = records_at(chain, first);
    struct accept_options options = {.now = INT32_MAX};
    struct naive_options naive_options = {.now = INT32_MAX};
    struct slow work = slow_from_u64(1000000);
    struct context base;
    struct header header;
    struct hash256 hash;
    struct accept *accept;

    header_decode(&header, raw);
    header_hash(&hash, raw);
    if (first == 0)
        work = slow_work(header.bits);
    context_anchor(&base, &header, &hash, (uint32_t)first, slow_to_u256(&work));
    naive_init(&variant->naive, &variant->params, raw, (uint32_t)first, &work);
    records_append(&variant->records, raw);
    variant->tree = tree_new(&variant->params, &base, raw, records_source(&variant->records), 0);
    ck_assert_ptr_nonnull(variant->tree);
    tree_salt(variant->tree, test_seed());
    accept = accept_new(variant->tree);
    ck_assert_ptr_nonnull(accept);
    options.each = records_each;
    options.each_context = &variant->records;
    for (size_t i = first + 1; i < chain->count; i++) {
        uint32_t broken;

        ck_assert_int_eq(
            naive_judge(&variant->naive, &broken, records_at(chain, i), &naive_options),
            VERDICT_VALID);
    }
    ck_assert_uint_eq(
        accept_headers(accept, &options, raw + HEADER_SIZE, HEADER_SIZE, chain->count - first - 1)
            .accepted,
        chain->count - first - 1);
    accept_free(accept);
    variant->base_count = tree_count(variant->tree);
    compare_trees(variant);
}

static void variant_open(struct variant *variant, unsigned number)
{
    struct records chain = {0};

    *variant = (struct variant){.params = *params_get(NETWORK_TIDENET)};
    variant->params.min_difficulty = (number & 1) != 0;
    variant->params.bip94 = (number & 2) != 0;
    variant->params.no_retarget = number == 8;
    variant->params.version2_height = 10;
    variant->params.version3_height = 2018;
    variant->params.version4_height = 4030;
    mine_base(&chain, &variant->params);
    load_base(variant, &chain, (number & 4) != 0 ? PARAMS_RETARGET_BLOCKS : 0);
    records_free(&chain);
}

static void variant_close(struct variant *variant)
{
    tree_free(variant->tree);
    naive_free(&variant->naive);
    records_free(&variant->records);
}

/* A fault that never came up would not have been tested. */
static void report(const struct variant variants[VARIANTS], size_t chains)
{
    printf("%zu chains:", chains);
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        char name[VERDICT_NAME_SIZE];
        size_t times = 0;

        for (unsigned i = 0; i < VARIANTS; i++)
            times += variants[i].verdicts[verdict];
        printf(" %zu %s", times, verdict_name(name, (enum verdict)verdict, NULL));
        ck_assert_msg(times > 0 || chains < CHAINS_DEFAULT, "no %s", name);
    }
    printf("\n");
}

START_TEST(random_chains)
{
    struct variant variants[VARIANTS];
    size_t chains = test_rounds("HASHTIDE_CHAINS", CHAINS_DEFAULT);

    for (unsigned i = 0; i < VARIANTS; i++)
        variant_open(&variants[i], i);
    for (size_t i = 0; i < chains; i++)
        run_round(&variants[i % VARIANTS], i);
    report(variants, chains);
    for (unsigned i = 0; i < VARIANTS; i++)
        variant_close(&variants[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {random_chains};

    return TEST_MAIN("rules", tests);
}
