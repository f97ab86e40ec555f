// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what really happened is accepted. Every header of four runs of real headers,
 * each with the nBits and the work that an independent table has; every retarget of mainnet that
 * can be recomputed; stale headers as branches.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/retarget.h"
#include "tests/support/check.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <string.h>

#define EPOCHS_FILE "mainnet-epochs.csv"
#define STALE_FILE "stale-headers.csv"

/** A store of real headers: records, their tree, and its doorman. */
struct store {
    struct records records;
    struct tree *tree;
    struct accept *accept;
};

static void store_open(struct store *store, const struct params *params, const struct context *base,
                       const uint8_t base_raw[HEADER_SIZE])
{
    *store = (struct store){0};
    records_append(&store->records, base_raw);
    store->tree = tree_new(params, base, base_raw, records_source(&store->records), 0);
    ck_assert_ptr_nonnull(store->tree);
    store->accept = accept_new(store->tree);
    ck_assert_ptr_nonnull(store->accept);
}

static void store_close(struct store *store)
{
    accept_free(store->accept);
    tree_free(store->tree);
    records_free(&store->records);
}

static struct accept_result store_feed(struct store *store, const uint8_t *raw, size_t count)
{
    struct accept_options options = {.now = INT32_MAX,
                                     .each = records_each,
                                     .each_context = &store->records,
                                     .stop_at_invalid = true};

    return accept_headers(store->accept, &options, raw, HEADER_SIZE, count);
}

static void assert_tip(const struct store *store, uint32_t height, const char *hash_hex)
{
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE];

    ck_assert(tree_hash(store->tree, &hash, tree_best(store->tree)));
    hash256_to_hex(hex, &hash);
    ck_assert_str_eq(hex, hash_hex);
    ck_assert_uint_eq(tree_get(store->tree, tree_best(store->tree)).height, height);
}

/* The hash of the last record, worked out from its bytes alone. */
static void last_hash(char hex[HASH256_HEX_SIZE], const struct records *records)
{
    struct hash256 hash;

    header_hash(&hash, records_at(records, records->count - 1));
    hash256_to_hex(hex, &hash);
}

/* Wherever the tree holds the first block of an epoch of the built-in table: hash, time, nBits and
 * work agree. Returns how many. */
static size_t compare_with_table(const struct store *store)
{
    size_t compared = 0;

    for (size_t i = 0; i < epochs_count(); i++) {
        struct epoch_row row = epochs_get(i);
        uint32_t index = tree_best_at(store->tree, row.height);
        struct hash256 hash;
        struct tree_node node;

        if (index == TREE_NONE)
            continue;
        node = tree_get(store->tree, index);
        ck_assert(tree_hash(store->tree, &hash, index));
        ck_assert(hash256_equal(&hash, &row.hash));
        ck_assert_uint_eq(node.time, row.time);
        ck_assert_uint_eq(node.bits, row.bits);
        ck_assert_int_eq(u256_cmp(tree_chainwork(store->tree, index), row.chainwork), 0);
        compared++;
    }
    return compared;
}

/* A run from genesis: all accepted; an independent sum of work agrees. */
static void run_from_genesis(enum network network, const char *file, uint32_t height,
                             struct store *store, struct records *real)
{
    const struct params *params = params_get(network);
    struct accept_result result;
    struct context genesis;
    struct u256 work = u256_from_u64(0);
    char hex[HASH256_HEX_SIZE];

    if (!records_load_shared(real, file))
        return;
    ck_assert_uint_eq(real->count, height + 1);
    ck_assert_mem_eq(records_at(real, 0), params->genesis, HEADER_SIZE);
    context_genesis(&genesis, params);
    store_open(store, params, &genesis, params->genesis);
    result = store_feed(store, records_at(real, 0), real->count);
    ck_assert_uint_eq(result.accepted, height);
    ck_assert_uint_eq(result.duplicate, 1);
    ck_assert_uint_eq(result.rejected, 0);
    last_hash(hex, real);
    assert_tip(store, height, hex);
    for (size_t i = 0; i < real->count; i++) {
        struct header header;

        header_decode(&header, records_at(real, i));
        work = u256_add(work, compact_work(header.bits));
    }
    ck_assert_int_eq(u256_cmp(work, tree_chainwork(store->tree, tree_best(store->tree))), 0);
}

START_TEST(mainnet_from_genesis)
{
    struct records real = {0};
    struct store store = {0};

    run_from_genesis(NETWORK_MAIN, "headers/mainnet-0-10236.bin", 10236, &store, &real);
    if (real.count == 0)
        return;
    ck_assert_uint_eq(compare_with_table(&store), 6);
    store_close(&store);
    records_free(&real);
}
END_TEST

START_TEST(testnet3_from_genesis)
{
    struct records real = {0};
    struct store store = {0};

    run_from_genesis(NETWORK_TESTNET3, "headers/testnet3-0-20160.bin", 20160, &store, &real);
    if (real.count == 0)
        return;
    store_close(&store);
    records_free(&real);
}
END_TEST

START_TEST(signet_from_genesis)
{
    struct records real = {0};
    struct store store = {0};

    run_from_genesis(NETWORK_SIGNET, "headers/signet-0-2015.bin", 2015, &store, &real);
    if (real.count == 0)
        return;
    store_close(&store);
    records_free(&real);
}
END_TEST

/* Opens the anchored run of 2023 and 2024. False when the data set is absent. */
static bool open_anchored(struct store *store, struct records *real)
{
    const struct params *params = params_get(NETWORK_MAIN);
    struct epoch_row anchor;
    struct header header;
    struct hash256 hash;
    struct context base;

    if (!records_load_shared(real, "headers/mainnet-822528-830592.bin"))
        return false;
    ck_assert(epochs_find(&anchor, 822528));
    header_decode(&header, records_at(real, 0));
    header_hash(&hash, records_at(real, 0));
    ck_assert(hash256_equal(&hash, &anchor.hash));
    context_anchor(&base, &header, &hash, anchor.height, anchor.chainwork);
    store_open(store, params, &base, records_at(real, 0));
    return true;
}

START_TEST(mainnet_from_anchor)
{
    struct records real = {0};
    struct store store = {0};
    struct accept_result result;
    char hex[HASH256_HEX_SIZE];

    if (!open_anchored(&store, &real))
        return;
    result = store_feed(&store, records_at(&real, 1), real.count - 1);
    ck_assert_uint_eq(result.accepted, 8064);
    last_hash(hex, &real);
    assert_tip(&store, 830592, hex);
    ck_assert_uint_eq(compare_with_table(&store), 5);
    store_close(&store);
    records_free(&real);
}
END_TEST

/* The fields of a line of stale-headers.csv that count. */
static bool read_stale(const char *line, unsigned *height, uint8_t raw[HEADER_SIZE])
{
    char hash[HASH256_HEX_SIZE];
    char hex[2 * HEADER_SIZE + 1];

    if (sscanf(line, "%u,%64[0-9a-f],%160[0-9a-f],", height, hash, hex) != 3)
        return false;
    for (size_t i = 0; i < HEADER_SIZE; i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        raw[i] = (uint8_t)byte;
    }
    return true;
}

START_TEST(stale_headers_attach)
{
    struct records real = {0};
    struct store store = {0};
    struct accept_result result;
    char path[4096];
    char line[1024];
    size_t rows = 0;
    FILE *file;

    if (!open_anchored(&store, &real) || !shared_path(path, sizeof(path), STALE_FILE))
        return;
    (void)store_feed(&store, records_at(&real, 1), real.count - 1);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        uint8_t raw[HEADER_SIZE];
        unsigned height;

        if (!read_stale(line, &height, raw) || height <= 822528 || height > 830592)
            continue;
        result = store_feed(&store, raw, 1);
        ck_assert_int_eq(result.first_bad, VERDICT_VALID);
        ck_assert_uint_eq(result.accepted, 1);
        rows++;
        ck_assert_uint_eq(tree_get(store.tree, result.last_index).height, height);
        ck_assert(!tree_on_best(store.tree, result.last_index));
    }
    fclose(file);
    ck_assert_uint_ge(rows, 6); /* that many lie in the run */
    ck_assert_uint_eq(tree_tip_count(store.tree), rows + 1);
    ck_assert_uint_eq(tree_get(store.tree, tree_best(store.tree)).height, 830592);
    store_close(&store);
    records_free(&real);
}
END_TEST

/** What a line of mainnet-epochs.csv says. Times are 0 where the file has none. */
struct epoch_line {
    unsigned height;
    uint32_t bits;
    uint32_t first_time;
    struct hash256 hash;
    uint32_t last_time;
    struct u256 chainwork;
};

/* The n-th field of a line of comma-separated values, into out. */
static void field(char *out, size_t size, const char *line, unsigned n)
{
    size_t len;

    while (n-- > 0) {
        line = strchr(line, ',');
        ck_assert_ptr_nonnull(line);
        line++;
    }
    len = strcspn(line, ",\r\n");
    ck_assert_uint_lt(len, size);
    memcpy(out, line, len);
    out[len] = '\0';
}

static struct epoch_line read_epoch(const char *line)
{
    struct epoch_line out;
    char text[256];

    field(text, sizeof(text), line, 0);
    out.height = (unsigned)strtoul(text, NULL, 10);
    field(text, sizeof(text), line, 1);
    out.bits = (uint32_t)strtoul(text, NULL, 16);
    field(text, sizeof(text), line, 3);
    out.first_time = (uint32_t)strtoul(text, NULL, 10);
    field(text, sizeof(text), line, 5);
    ck_assert(hash256_from_hex(&out.hash, text));
    field(text, sizeof(text), line, 8);
    out.last_time = (uint32_t)strtoul(text, NULL, 10);
    field(text, sizeof(text), line, 11);
    ck_assert(u256_from_hex(&out.chainwork, text));
    return out;
}

START_TEST(epoch_table_and_retargets)
{
    const struct params *params = params_get(NETWORK_MAIN);
    struct epoch_line previous = {0};
    char path[4096];
    char line[2048];
    size_t rows = 0;
    size_t retargets = 0;
    FILE *file;

    if (!shared_path(path, sizeof(path), EPOCHS_FILE))
        return;
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), file)); /* names of the columns */
    for (; fgets(line, sizeof(line), file) != NULL; rows++) {
        struct epoch_line now = read_epoch(line);
        struct epoch_row row;

        ck_assert(epochs_find(&row, now.height));
        ck_assert_uint_eq(row.height, now.height);
        ck_assert_uint_eq(row.time, now.first_time);
        ck_assert_uint_eq(row.bits, now.bits);
        ck_assert(hash256_equal(&row.hash, &now.hash));
        ck_assert_int_eq(u256_cmp(row.chainwork, now.chainwork), 0);
        if (rows > 0 && previous.last_time != 0) {
            uint32_t bits =
                retarget_bits(params, previous.first_time, previous.last_time, previous.bits);

            ck_assert_uint_eq(bits, now.bits);
            retargets++;
        }
        previous = now;
    }
    fclose(file);
    ck_assert_uint_eq(rows, epochs_count());
    ck_assert_uint_eq(retargets, 413);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        mainnet_from_genesis, testnet3_from_genesis, signet_from_genesis,
        mainnet_from_anchor,  stale_headers_attach,  epoch_table_and_retargets,
    };

    char path[4096];

    if (!shared_path(path, sizeof(path), EPOCHS_FILE))
        return 77; /* skipped, for automake */
    return TEST_MAIN("real headers", tests);
}
