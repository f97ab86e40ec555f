// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a header that breaks one rule and only that one is refused with that rule's
 * name, and its neighbour just inside the rule is accepted. Headers are mined, so that their work
 * holds where it must. Then what accept does around the rules: batches, duplicates, floors, faults.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "chain/mine.h"
#include "tests/support/check.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <string.h>

/** A store whose headers are mined one by one. */
struct store {
    struct params params;
    struct records records;
    struct tree *tree;
    struct accept *accept;
    struct accept_options options;
    uint64_t number; /* makes headers distinct */
};

/** The last header that was offered. */
struct offer {
    struct header header;
    struct hash256 hash;
    struct judgement judgement;
    uint32_t index;
    uint32_t height;
};

static void store_open(struct store *store, enum network network)
{
    struct context genesis;

    *store = (struct store){.params = *params_get(network)};
    context_genesis(&genesis, &store->params);
    records_append(&store->records, store->params.genesis);
    store->tree = tree_new(&store->params, &genesis, store->params.genesis,
                           records_source(&store->records), 0);
    ck_assert_ptr_nonnull(store->tree);
    store->accept = accept_new(store->tree);
    ck_assert_ptr_nonnull(store->accept);
    store->options.now = INT32_MAX;
}

static void store_close(struct store *store)
{
    accept_free(store->accept);
    tree_free(store->tree);
    records_free(&store->records);
}

/* The context of a header in the tree. */
static struct context context_of(const struct store *store, uint32_t index)
{
    struct context context;

    ck_assert(tree_context(store->tree, &context, index));
    return context;
}

/* A good child of a header, at the usual distance, not mined yet. */
static struct header child_of(struct store *store, uint32_t parent)
{
    struct context context = context_of(store, parent);
    struct header header = {.version = 0x20000000, .prev = context.hash};

    header.time = context.time + 600;
    header.bits = context_next_bits(&context, &store->params, header.time);
    store->number++;
    memcpy(header.merkle_root.bytes, &store->number, sizeof(store->number));
    return header;
}

static bool take_offer(void *context, const struct judgement *judgement,
                       const struct header *header, const struct hash256 *hash,
                       const uint8_t raw[HEADER_SIZE], uint32_t index, uint32_t height)
{
    struct offer *offer = context;

    (void)raw;
    *offer = (struct offer){*header, *hash, *judgement, index, height};
    return true;
}

/* Offers one header as it is. */
static struct offer offer_raw(struct store *store, const uint8_t raw[HEADER_SIZE])
{
    struct offer offer;
    struct accept_options options = store->options;
    struct accept_result result;

    options.each = take_offer;
    options.each_context = &offer;
    result = accept_headers(store->accept, &options, raw, HEADER_SIZE, 1);
    ck_assert(!result.fault);
    ck_assert_uint_eq(result.handled, 1);
    if (offer.judgement.verdict == VERDICT_VALID)
        records_append(&store->records, raw);
    return offer;
}

/* Mines a header and offers it. */
static struct offer offer_mined(struct store *store, struct header header)
{
    struct hash256 hash;
    uint8_t raw[HEADER_SIZE];

    ck_assert(mine_header(&header, &hash, &store->params));
    header_encode(raw, &header);
    return offer_raw(store, raw);
}

static void assert_refused(const struct offer *offer, enum verdict verdict, const char *name)
{
    char got[VERDICT_NAME_SIZE];

    verdict_name(got, offer->judgement.verdict, &offer->header);
    ck_assert_str_eq(got, name);
    ck_assert_int_eq(offer->judgement.verdict, verdict);
    ck_assert_uint_eq(offer->judgement.broken, VERDICT_BIT(verdict)); /* and nothing else */
    ck_assert_uint_eq(offer->index, TREE_NONE);
}

static void assert_valid(const struct offer *offer)
{
    char got[VERDICT_NAME_SIZE];

    ck_assert_str_eq(verdict_name(got, offer->judgement.verdict, &offer->header), "valid");
    ck_assert_uint_eq(offer->judgement.broken, 0);
    ck_assert_uint_ne(offer->index, TREE_NONE);
}

/* Extends the best chain by count good blocks. */
static void extend(struct store *store, uint32_t count, uint32_t spacing)
{
    while (count-- > 0) {
        struct header header = child_of(store, tree_best(store->tree));
        struct context context = context_of(store, tree_best(store->tree));
        struct offer offer;

        header.time = context.time + spacing;
        header.bits = context_next_bits(&context, &store->params, header.time);
        offer = offer_mined(store, header);
        assert_valid(&offer);
    }
}

/* ---- one rule each ---- */

START_TEST(high_hash)
{
    static const uint32_t unusable[] = {
        0,          /* zero */
        0x1d800001, /* negative */
        0x23000001, /* overflow: 2^256 */
        0xff123456, /* overflow */
        0x21008000, /* just above the limit */
        0x00123456, /* zero, with a mantissa */
    };
    struct store store;
    struct header header;
    struct hash256 hash;
    struct offer offer;
    uint8_t raw[HEADER_SIZE];

    store_open(&store, NETWORK_REGTEST);
    header = child_of(&store, 0);
    do { /* the nBits are right, the hash is not */
        header.nonce++;
        header_encode(raw, &header);
        header_hash(&hash, raw);
    } while (validate_work(&store.params, &header, &hash));
    offer = offer_raw(&store, raw);
    assert_refused(&offer, VERDICT_HIGH_HASH, "high-hash");
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        header.bits = unusable[i];
        header_encode(raw, &header);
        offer = offer_raw(&store, raw);
        ck_assert_int_eq(offer.judgement.verdict, VERDICT_HIGH_HASH);
        ck_assert(!accept_known_invalid(store.accept, &offer.hash)); /* costs nothing to make */
    }
    store_close(&store);
}
END_TEST

/* A hash equal to the target is enough, one above it is not: no mining would ever hit that. */
START_TEST(hash_at_the_target)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct validate_options options = {.now = INT32_MAX};
    struct context genesis;
    struct header header = {.version = 4, .time = 500000600, .bits = 0x207fffff};
    struct hash256 hash = {{0}};
    struct judgement judgement;

    context_genesis(&genesis, params);
    hash.bytes[31] = 0x7f;
    hash.bytes[30] = 0xff;
    hash.bytes[29] = 0xff;
    ck_assert(validate_work(params, &header, &hash));
    judgement = validate_header(params, &genesis, &header, &hash, &options);
    ck_assert_int_eq(judgement.verdict, VERDICT_VALID);
    hash.bytes[0] = 1;
    ck_assert(!validate_work(params, &header, &hash));
    judgement = validate_header(params, &genesis, &header, &hash, &options);
    ck_assert_int_eq(judgement.verdict, VERDICT_HIGH_HASH);
    header.bits = 0x203fffff;
    hash.bytes[31] = 0x40;
    ck_assert(!validate_work(params, &header, &hash));
}
END_TEST

START_TEST(prev_not_found)
{
    struct store store;
    struct header header;
    struct offer offer;

    store_open(&store, NETWORK_REGTEST);
    header = child_of(&store, 0);
    header.prev.bytes[0] ^= 1;
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_PREV_NOT_FOUND, "prev-blk-not-found");
    ck_assert_uint_eq(offer.height, TREE_NONE);
    ck_assert(!accept_known_invalid(store.accept, &offer.hash));
    store_close(&store);
}
END_TEST

START_TEST(bad_prev)
{
    struct store store;
    struct header header;
    struct offer bad, child, grandchild, again;
    uint8_t raw[HEADER_SIZE];

    store_open(&store, NETWORK_REGTEST);
    header = child_of(&store, 0);
    header.version = 1;
    bad = offer_mined(&store, header);
    header.version = 4;
    header.prev = bad.hash;
    child = offer_mined(&store, header);
    assert_refused(&child, VERDICT_BAD_PREV, "bad-prevblk");
    ck_assert_uint_eq(child.height, 2);
    header.prev = child.hash;
    grandchild = offer_mined(&store, header);
    assert_refused(&grandchild, VERDICT_BAD_PREV, "bad-prevblk");
    ck_assert_uint_eq(grandchild.height, 3);
    header_encode(raw, &bad.header);
    again = offer_raw(&store, raw);
    assert_refused(&again, VERDICT_DUPLICATE_INVALID, "duplicate-invalid");
    ck_assert_uint_eq(again.height, 1);
    store_close(&store);
}
END_TEST

START_TEST(bad_diffbits)
{
    struct store store;
    struct header header;
    struct offer offer;

    store_open(&store, NETWORK_TIDENET);
    header = child_of(&store, 0);
    header.bits = 0x207ffffe; /* harder than asked for is wrong too */
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_BAD_DIFFBITS, "bad-diffbits");
    ck_assert(accept_known_invalid(store.accept, &offer.hash));
    extend(&store, 2015, 300);
    header = child_of(&store, tree_best(store.tree));
    ck_assert_uint_eq(header.bits, 0x203ff7de); /* 2015 intervals of 300 s: a little below half */
    header.bits = 0x207fffff;                   /* as if there were no retarget */
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_BAD_DIFFBITS, "bad-diffbits");
    header.bits = 0x203fffff; /* as if 2016 intervals were measured */
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_BAD_DIFFBITS, "bad-diffbits");
    header = child_of(&store, tree_best(store.tree));
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store_close(&store);
}
END_TEST

START_TEST(time_too_old)
{
    static const uint32_t heights[] = {0, 1, 2, 10, 11, 12, 30};

    for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
        struct store store;
        struct context context;
        struct header header;
        struct offer offer;
        uint32_t median;

        store_open(&store, NETWORK_TIDENET);
        extend(&store, heights[i], 600);
        context = context_of(&store, tree_best(store.tree));
        ck_assert(context_median_time(&median, &context));
        header = child_of(&store, tree_best(store.tree));
        header.time = median;
        offer = offer_mined(&store, header);
        assert_refused(&offer, VERDICT_TIME_TOO_OLD, "time-too-old");
        header.time = median + 1;
        offer = offer_mined(&store, header);
        assert_valid(&offer);
        store_close(&store);
    }
}
END_TEST

START_TEST(timewarp)
{
    struct store store;
    struct header header;
    struct offer offer;
    uint32_t parent_time;

    store_open(&store, NETWORK_TIDENET);
    store.params.bip94 = true;
    extend(&store, 2014, 600);
    /* The last block of the epoch far ahead, so that the next may lie before it and above the
     * median. */
    extend(&store, 1, 5000);
    header = child_of(&store, tree_best(store.tree));
    parent_time = header.time - 600;
    header.time = parent_time - 601;
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_TIMEWARP, "time-timewarp-attack");
    header.time = parent_time - 600;
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    /* Anywhere else in an epoch, and where BIP94 does not rule, time may go back. */
    header = child_of(&store, tree_best(store.tree));
    header.time -= 600 + 601;
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store.params.bip94 = false;
    header = child_of(&store, tree_ancestor(store.tree, tree_best(store.tree), 2015));
    header.time = parent_time - 601;
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store_close(&store);
}
END_TEST

START_TEST(time_too_new)
{
    struct store store;
    struct header header;
    struct offer offer;
    uint8_t raw[HEADER_SIZE];

    store_open(&store, NETWORK_REGTEST);
    header = child_of(&store, 0);
    store.options.now = (int64_t)header.time - 7201;
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_TIME_TOO_NEW, "time-too-new");
    ck_assert(!accept_known_invalid(store.accept, &offer.hash)); /* it will be right later */
    store.options.now++;
    header_encode(raw, &offer.header);
    offer = offer_raw(&store, raw);
    assert_valid(&offer);
    header = child_of(&store, 0);
    header.time = UINT32_MAX;
    store.options.now = INT64_MIN;
    store.options.ignore_future = true;
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store_close(&store);
}
END_TEST

START_TEST(bad_version)
{
    static const struct {
        int32_t version;
        const char *name;
    } bad[] = {
        {3, "bad-version(0x00000003)"},         {1, "bad-version(0x00000001)"},
        {0, "bad-version(0x00000000)"},         {-1, "bad-version(0xffffffff)"},
        {INT32_MIN, "bad-version(0x80000000)"},
    };
    static const int32_t good[] = {4, 5, 0x20000000, 0x7fffffff};
    struct store store;

    store_open(&store, NETWORK_REGTEST);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct header header = child_of(&store, 0);
        struct offer offer;

        header.version = bad[i].version;
        offer = offer_mined(&store, header);
        assert_refused(&offer, VERDICT_BAD_VERSION, bad[i].name);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct header header = child_of(&store, 0);
        struct offer offer;

        header.version = good[i];
        offer = offer_mined(&store, header);
        assert_valid(&offer);
    }
    store_close(&store);
}
END_TEST

/* The floors come one after the other, each at its own height. */
START_TEST(version_heights)
{
    struct store store;

    store_open(&store, NETWORK_TIDENET);
    store.params.version2_height = 3;
    store.params.version3_height = 5;
    store.params.version4_height = 7;
    for (uint32_t height = 1; height < 10; height++) {
        int32_t floor = height < 3 ? 1 : height < 5 ? 2 : height < 7 ? 3 : 4;

        for (int32_t version = 1; version <= 4; version++) {
            struct header header = child_of(&store, height - 1);
            struct offer offer;

            header.version = version;
            offer = offer_mined(&store, header);
            ck_assert_int_eq(offer.judgement.verdict == VERDICT_VALID, version >= floor);
            if (version < floor)
                ck_assert_uint_eq(offer.judgement.broken, VERDICT_BIT(VERDICT_BAD_VERSION));
        }
        tree_truncate(store.tree, height);
        accept_reset(store.accept);
        store.records.count = height;
        extend(&store, 1, 600);
    }
    store_close(&store);
}
END_TEST

START_TEST(too_little_work)
{
    struct store store;
    struct header header;
    struct offer offer;

    store_open(&store, NETWORK_REGTEST);
    extend(&store, 5, 600); /* work of six: 12 */
    store.options.minimum_work = u256_from_u64(15);
    header = child_of(&store, tree_best(store.tree));
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_TOO_LITTLE_WORK, "too-little-chainwork");
    ck_assert_int_eq(u256_cmp(offer.judgement.chainwork, u256_from_u64(14)), 0);
    ck_assert(!accept_known_invalid(store.accept, &offer.hash));
    store.options.minimum_work = u256_from_u64(14);
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store_close(&store);
}
END_TEST

/* Testnet's rule: twenty minutes after its parent a block may have the limit as its target. */
START_TEST(min_difficulty)
{
    struct store store;
    struct header header;
    struct offer offer;
    uint32_t real;

    store_open(&store, NETWORK_TIDENET);
    store.params.min_difficulty = true;
    extend(&store, 2020, 300);
    real = tree_get(store.tree, tree_best(store.tree)).bits;
    ck_assert_uint_ne(real, store.params.limit_bits);
    header = child_of(&store, tree_best(store.tree));
    header.time += 600; /* 1200 s after: not yet */
    header.bits = store.params.limit_bits;
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_BAD_DIFFBITS, "bad-diffbits");
    header.time++;
    header.bits = real;
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_BAD_DIFFBITS, "bad-diffbits"); /* not may: must */
    header.bits = store.params.limit_bits;
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    header = child_of(&store, tree_best(store.tree));
    ck_assert_uint_eq(header.bits, real); /* the walk back */
    offer = offer_mined(&store, header);
    assert_valid(&offer);
    store_close(&store);
}
END_TEST

/* The cheapest rule to check comes first, whatever else is wrong. */
START_TEST(order)
{
    struct store store;
    struct header header;
    struct offer offer;

    store_open(&store, NETWORK_TIDENET);
    extend(&store, 12, 600);
    header = child_of(&store, tree_best(store.tree));
    header.version = 1;
    header.time = UINT32_MAX;
    store.options.now = 0;
    store.options.minimum_work = u256_all_ones();
    offer = offer_mined(&store, header);
    ck_assert_int_eq(offer.judgement.verdict, VERDICT_TIME_TOO_NEW);
    ck_assert_uint_eq(offer.judgement.broken, VERDICT_BIT(VERDICT_TIME_TOO_NEW) |
                                                  VERDICT_BIT(VERDICT_BAD_VERSION) |
                                                  VERDICT_BIT(VERDICT_TOO_LITTLE_WORK));
    header.bits = 0x207ffffe;
    header.time = 1;
    offer = offer_mined(&store, header);
    ck_assert_int_eq(offer.judgement.verdict, VERDICT_BAD_DIFFBITS);
    ck_assert_uint_ne(offer.judgement.broken & VERDICT_BIT(VERDICT_TIME_TOO_OLD), 0);
    store_close(&store);
}
END_TEST

/* ---- around the rules ---- */

static bool stop_at_100(void *context, const struct judgement *judgement,
                        const struct header *header, const struct hash256 *hash,
                        const uint8_t raw[HEADER_SIZE], uint32_t index, uint32_t height)
{
    (void)records_each(context, judgement, header, hash, raw, index, height);
    return height != 100;
}

START_TEST(batches)
{
    struct store store;
    struct records chain = {0};
    struct accept_result result;
    uint8_t wide[300]
                [HEADER_SIZE + 1]; /* as in headers messages: a count of transactions after each */

    store_open(&store, NETWORK_TIDENET);
    records_mine(&chain, &store.params, 301, 600, 5);
    for (size_t i = 0; i < 300; i++)
        memcpy(wide[i], records_at(&chain, i + 1), HEADER_SIZE);
    store.options.each = stop_at_100;
    store.options.each_context = &store.records;
    result = accept_headers(store.accept, &store.options, wide[0], HEADER_SIZE + 1, 300);
    ck_assert_uint_eq(result.handled, 100);
    ck_assert_uint_eq(result.accepted, 100);
    ck_assert_uint_eq(result.last_index, 100);
    result = accept_headers(store.accept, &store.options, wide[100], HEADER_SIZE + 1, 200);
    ck_assert_uint_eq(result.accepted, 200);
    ck_assert_uint_eq(tree_count(store.tree), 301);
    store.options.each = records_each;
    result = accept_headers(store.accept, &store.options, wide[0], HEADER_SIZE + 1, 300);
    ck_assert_uint_eq(result.duplicate, 300);
    ck_assert_uint_eq(result.rejected, 0);
    ck_assert_int_eq(result.first_bad, VERDICT_VALID);
    ck_assert_uint_eq(result.last_index, 300);
    ck_assert_uint_eq(store.records.count, 301);
    result = accept_headers(store.accept, &store.options, wide[0], HEADER_SIZE + 1, 0);
    ck_assert_uint_eq(result.handled, 0);
    ck_assert_uint_eq(result.last_index, TREE_NONE);
    records_free(&chain);
    store_close(&store);
}
END_TEST

START_TEST(broken_in_the_middle)
{
    struct store store;
    struct records chain = {0};
    struct accept_result result;
    struct hash256 bad;

    store_open(&store, NETWORK_TIDENET);
    records_mine(&chain, &store.params, 201, 600, 6);
    chain.bytes[150 * HEADER_SIZE + 40] ^= 1; /* a flipped bit in a merkle root */
    header_hash(&bad, records_at(&chain, 150));
    store.options.each = records_each;
    store.options.each_context = &store.records;
    store.options.stop_at_invalid = true;
    result = accept_headers(store.accept, &store.options, records_at(&chain, 1), HEADER_SIZE, 200);
    ck_assert_uint_eq(result.accepted, 149 + (result.first_bad == VERDICT_PREV_NOT_FOUND));
    ck_assert_uint_eq(result.rejected, 1);
    ck_assert_uint_eq(result.handled, result.accepted + 1);
    ck_assert_uint_eq(tree_count(store.tree), result.accepted + 1);
    if (result.first_bad == VERDICT_HIGH_HASH)
        ck_assert(hash256_equal(&result.first_bad_hash, &bad));
    store.options.stop_at_invalid = false;
    result = accept_headers(store.accept, &store.options, records_at(&chain, 1), HEADER_SIZE, 200);
    ck_assert_uint_eq(result.handled, 200);
    ck_assert_uint_ge(result.rejected, 50);
    records_free(&chain);
    store_close(&store);
}
END_TEST

START_TEST(fault_of_the_source)
{
    struct store store;
    struct records chain = {0};
    struct accept_result result;

    store_open(&store, NETWORK_TIDENET);
    records_mine(&chain, &store.params, 51, 600, 7);
    store.options.each = records_each;
    store.options.each_context = &store.records;
    result = accept_headers(store.accept, &store.options, records_at(&chain, 1), HEADER_SIZE, 50);
    ck_assert_uint_eq(result.accepted, 50);
    store.records.broken = true;
    /* Number 20 is known, but that can't be seen without reading it. */
    result = accept_headers(store.accept, &store.options, records_at(&chain, 20), HEADER_SIZE, 1);
    ck_assert(result.fault);
    ck_assert_uint_eq(result.handled, 0);
    store.records.broken = false;
    result = accept_headers(store.accept, &store.options, records_at(&chain, 20), HEADER_SIZE, 1);
    ck_assert(!result.fault);
    ck_assert_uint_eq(result.duplicate, 1);
    records_free(&chain);
    store_close(&store);
}
END_TEST

/* After a truncation nothing is remembered of what is gone. */
START_TEST(truncation)
{
    struct store store;
    struct header header;
    struct offer offer;

    store_open(&store, NETWORK_REGTEST);
    extend(&store, 3, 600);
    header = child_of(&store, 3);
    tree_truncate(store.tree, 3);
    store.records.count = 3;
    accept_reset(store.accept);
    offer = offer_mined(&store, header);
    assert_refused(&offer, VERDICT_PREV_NOT_FOUND, "prev-blk-not-found");
    extend(&store, 1, 700);
    ck_assert_uint_eq(tree_count(store.tree), 4);
    store_close(&store);
}
END_TEST

/* Headers of another network: refused at the first one. */
START_TEST(foreign_headers)
{
    struct store store;
    struct accept_result result;

    store_open(&store, NETWORK_MAIN);
    store.options.stop_at_invalid = true;
    result = accept_headers(store.accept, &store.options, params_get(NETWORK_TESTNET4)->genesis,
                            HEADER_SIZE, 1);
    ck_assert_uint_eq(result.rejected, 1);
    ck_assert_int_eq(result.first_bad, VERDICT_PREV_NOT_FOUND);
    ck_assert_uint_eq(tree_count(store.tree), 1);
    store_close(&store);
}
END_TEST

/* An anchored store knows its nBits at once and its median from the eleventh header on. */
START_TEST(anchored)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records chain = {0};
    struct header header;
    struct hash256 hash;
    struct context context;
    struct validate_options options = {.now = INT32_MAX};

    records_mine(&chain, params, 2016 + 13, 600, 8);
    header_decode(&header, records_at(&chain, 2016));
    header_hash(&hash, records_at(&chain, 2016));
    context_anchor(&context, &header, &hash, 2016, u256_from_u64(77));
    for (uint32_t i = 1; i <= 12; i++) {
        struct judgement judgement;
        uint32_t median;

        ck_assert_int_eq(context_median_time(&median, &context), i >= 11);
        header_decode(&header, records_at(&chain, 2016 + i));
        header_hash(&hash, records_at(&chain, 2016 + i));
        judgement = validate_header(params, &context, &header, &hash, &options);
        ck_assert_int_eq(judgement.verdict, VERDICT_VALID);
        header.time = 0; /* whatever the hash: does anybody look at the time? */
        judgement = validate_header(params, &context, &header, &hash, &options);
        ck_assert_int_eq((judgement.broken & VERDICT_BIT(VERDICT_TIME_TOO_OLD)) != 0, i >= 11);
        header.bits--;
        judgement = validate_header(params, &context, &header, &hash, &options);
        ck_assert_uint_ne(judgement.broken & VERDICT_BIT(VERDICT_BAD_DIFFBITS), 0);
        header_decode(&header, records_at(&chain, 2016 + i));
        context_advance(&context, params, &header, &hash);
    }
    records_free(&chain);
}
END_TEST

START_TEST(names)
{
    char name[VERDICT_NAME_SIZE];

    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        verdict_name(name, (enum verdict)verdict, NULL);
        ck_assert_str_ne(name, "unknown");
        for (int other = 0; other < verdict; other++) {
            char other_name[VERDICT_NAME_SIZE];

            ck_assert_str_ne(name, verdict_name(other_name, (enum verdict)other, NULL));
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        high_hash,           hash_at_the_target, prev_not_found, bad_prev,    bad_diffbits,
        time_too_old,        timewarp,           time_too_new,   bad_version, version_heights,
        too_little_work,     min_difficulty,     order,          batches,     broken_in_the_middle,
        fault_of_the_source, foreign_headers,    truncation,     anchored,    names,
    };

    return TEST_MAIN("accept", tests);
}
