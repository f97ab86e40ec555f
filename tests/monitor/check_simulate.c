// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a simulated chain obeys every rule, is the same for the same seed and another
 * for another, comes at Bitcoin's pace, and its difficulty follows the hash rate it was told.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "chain/sha256.h"
#include "monitor/simulate.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <math.h>
#include <string.h>

#define EPOCH 2016
#define PERCENT SIMULATE_GROWTH_PERCENT

/* Genesis and count blocks. */
static void mine(struct records *records, size_t count, uint64_t seed, uint32_t growth)
{
    struct simulate simulate;
    uint8_t raw[HEADER_SIZE];

    *records = (struct records){0};
    records_append(records, params_get(NETWORK_TIDENET)->genesis);
    simulate_start(&simulate, seed, growth);
    for (size_t i = 0; i < count; i++) {
        ck_assert(simulate_next(&simulate, raw));
        records_append(records, raw);
    }
}

static uint32_t time_at(const struct records *records, size_t i)
{
    struct header header;

    header_decode(&header, records_at(records, i));
    return header.time;
}

/* Feeds all but genesis to accept_headers(), with a clock that stands at the last header's time. */
static void assert_valid(const struct records *records)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records stored = {0};
    struct context base;
    struct tree *tree = NULL;
    struct accept *accept = NULL;
    struct accept_options options = {.now = time_at(records, records->count - 1),
                                     .stop_at_invalid = true,
                                     .each = records_each,
                                     .each_context = &stored};
    struct accept_result result;

    context_genesis(&base, params);
    records_append(&stored, params->genesis);
    tree = tree_new(params, &base, params->genesis, records_source(&stored), records->count);
    accept = accept_new(tree);
    result =
        accept_headers(accept, &options, records_at(records, 1), HEADER_SIZE, records->count - 1);
    ck_assert_int_eq(result.first_bad, VERDICT_VALID);
    ck_assert_uint_eq(result.accepted, records->count - 1);
    accept_free(accept);
    tree_free(tree);
    records_free(&stored);
}

START_TEST(test_valid)
{
    struct test_random random = test_random_init(test_seed(), 1);
    static const uint32_t growths[] = {0, 20 * PERCENT, SIMULATE_GROWTH_MAX};

    for (size_t i = 0; i < sizeof growths / sizeof growths[0]; i++) {
        struct records records;

        mine(&records, 4 * EPOCH + test_random_below(&random, EPOCH), test_random_u64(&random),
             growths[i]);
        assert_valid(&records);
        records_free(&records);
    }
}
END_TEST

START_TEST(test_seeds)
{
    struct records a, b, other;

    mine(&a, 3000, 7, SIMULATE_GROWTH_DEFAULT);
    mine(&b, 3000, 7, SIMULATE_GROWTH_DEFAULT);
    mine(&other, 3000, 8, SIMULATE_GROWTH_DEFAULT);
    ck_assert_mem_eq(records_at(&a, 0), records_at(&b, 0), 3001 * HEADER_SIZE);
    for (size_t i = 1; i <= 3000; i++)
        ck_assert_mem_ne(records_at(&a, i), records_at(&other, i), HEADER_SIZE);
    records_free(&a);
    records_free(&b);
    records_free(&other);
}
END_TEST

/* Two epochs and a retarget, byte for byte: they must be the same on every machine. */
START_TEST(test_same_everywhere)
{
    struct records records;
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE];

    mine(&records, 5000, 1, SIMULATE_GROWTH_DEFAULT);
    sha256(&hash, records_at(&records, 0), 5001 * HEADER_SIZE);
    hash256_to_hex(hex, &hash);
    ck_assert_str_eq(hex, "d8adb2f3a3985a9f14223566db5740c4b01667efa293cd1dd494e02de36ac868");
    records_free(&records);
}
END_TEST

/* Without growth: 600 s on average, and as irregular as exponential intervals are. */
START_TEST(test_pace)
{
    const size_t count = 20000;
    struct records records;
    double sum = 0.0;
    double squares = 0.0;
    size_t long_ones = 0;

    mine(&records, count, test_seed(), 0);
    for (size_t i = 1; i <= count; i++) {
        double interval = (double)time_at(&records, i) - time_at(&records, i - 1);

        sum += interval;
        squares += interval * interval;
        long_ones += interval > 1800.0;
    }
    /* Difficulty cannot fall below the limit, so chance makes the chain a little slower. */
    ck_assert_double_eq_tol(sum / (double)count, 605.0, 25.0);
    ck_assert_double_eq_tol(sqrt(squares / (double)count) / (sum / (double)count), sqrt(2.0), 0.07);
    ck_assert_double_eq_tol((double)long_ones / (double)count, exp(-3.0), 0.012);
    records_free(&records);
}
END_TEST

/* With 100 % a year difficulty is about 4 after two years and 8 after three. Targets are compared,
 * not work, which is a whole number and so coarse near the limit. */
START_TEST(test_growth)
{
    const uint32_t year = 31557600;
    struct simulate simulate;
    uint8_t raw[HEADER_SIZE];
    uint32_t start = 0;
    uint32_t first_bits = 0;

    simulate_start(&simulate, test_seed(), 100 * PERCENT);
    start = simulate.tip.time;
    first_bits = simulate.tip.bits;
    for (uint32_t years = 1; years <= 3; years++) {
        double difficulty = 0.0;

        while (simulate.tip.time - start < years * year)
            ck_assert(simulate_next(&simulate, raw));
        difficulty = u256_to_double(compact_decode(first_bits).target) /
                     u256_to_double(compact_decode(simulate.tip.bits).target);
        /* It follows the hash rate some weeks late; luck is 2.2 % in an epoch. */
        ck_assert_double_eq_tol(difficulty / (double)(1u << years), 0.97, 0.13);
    }
}
END_TEST

START_TEST(test_too_much)
{
    struct simulate simulate;
    uint8_t raw[HEADER_SIZE];

    simulate_start(&simulate, 1, SIMULATE_GROWTH_DEFAULT);
    simulate.rate = UINT64_C(1) << 60;
    ck_assert(!simulate_next(&simulate, raw));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_valid, test_seeds, test_same_everywhere, test_pace, test_growth, test_too_much,
    };

    return TEST_MAIN("simulate", tests);
}
