// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: u256, compact targets, work and retargets agree with arithmetic done byte by
 * byte.
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/retarget.h"
#include "chain/u256.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/slow.h"

#include <stdint.h>
#include <string.h>

#define ROUNDS 4000

#define ASSERT_SLOW(actual, expected) assert_slow((actual), (expected), __LINE__)

static void assert_slow(struct u256 actual, struct slow expected, int line)
{
    struct slow got = slow_from_u256(actual);

    ck_assert_msg(slow_cmp(&got, &expected) == 0, "line %d: numbers differ", line);
}

/* Numbers of all sizes, with runs of ones and zeros, where carries go far. */
static struct u256 random_u256(struct test_random *random)
{
    struct u256 out;

    for (unsigned i = 0; i < 4; i++) {
        switch (test_random_below(random, 4)) {
        case 0:
            out.limb[i] = 0;
            break;
        case 1:
            out.limb[i] = UINT64_MAX;
            break;
        default:
            out.limb[i] = test_random_u64(random) >> test_random_below(random, 64);
            break;
        }
    }
    return u256_shr(out, test_random_below(random, 256));
}

START_TEST(arithmetic)
{
    struct test_random random = test_random_init(test_seed(), 1);
    struct slow range = slow_power_of_two(256);
    struct slow top = slow_from_u256(u256_all_ones());

    for (int i = 0; i < ROUNDS; i++) {
        struct u256 a = random_u256(&random);
        struct u256 b = random_u256(&random);
        struct slow sa = slow_from_u256(a);
        struct slow sb = slow_from_u256(b);
        struct slow sum = slow_add(&sa, &sb);
        struct slow shifted = slow_add(&sa, &range);
        struct slow difference = slow_sub(&shifted, &sb);

        ck_assert_int_eq(u256_cmp(a, b), slow_cmp(&sa, &sb));
        ASSERT_SLOW(u256_add(a, b), slow_from_u256(slow_to_u256(&sum)));
        ASSERT_SLOW(u256_add_saturating(a, b), slow_fits_256(&sum) ? sum : top);
        ASSERT_SLOW(u256_sub(a, b), slow_from_u256(slow_to_u256(&difference)));
        ASSERT_SLOW(u256_not(a), slow_sub(&top, &sa));
        if (!u256_is_zero(b))
            ASSERT_SLOW(u256_div(a, b), slow_div(&sa, &sb));
    }
}
END_TEST

START_TEST(multiplication)
{
    struct test_random random = test_random_init(test_seed(), 2);
    struct slow top = slow_from_u256(u256_all_ones());

    for (int i = 0; i < ROUNDS; i++) {
        struct u256 a = random_u256(&random);
        uint64_t b = test_random_u64(&random) >> test_random_below(&random, 64);
        uint32_t c = (uint32_t)test_random_u64(&random) >> test_random_below(&random, 32);
        uint32_t d = ((uint32_t)test_random_u64(&random) >> test_random_below(&random, 32)) | 1;
        struct slow sa = slow_from_u256(a);
        struct slow sb = slow_from_u64(b);
        struct slow sc = slow_from_u64(c);
        struct slow sd = slow_from_u64(d);
        struct slow product = slow_mul(&sa, &sb);
        struct slow scaled = slow_mul(&sa, &sc);

        ASSERT_SLOW(u256_mul_u64_saturating(a, b), slow_fits_256(&product) ? product : top);
        scaled = slow_div(&scaled, &sd);
        ASSERT_SLOW(u256_mul_div_u32(a, c, d), slow_fits_256(&scaled) ? scaled : top);
    }
}
END_TEST

START_TEST(shifts_and_bits)
{
    struct test_random random = test_random_init(test_seed(), 3);

    for (unsigned bits = 0; bits < 256; bits++) {
        struct u256 a = random_u256(&random);
        struct slow sa = slow_from_u256(a);
        struct slow power = slow_power_of_two(bits);
        struct slow left = slow_mul(&sa, &power);
        struct u256 one = u256_shl(u256_from_u64(1), bits);

        ASSERT_SLOW(one, power);
        ck_assert_uint_eq(u256_bits(one), bits + 1);
        ck_assert_uint_eq(u256_bits(u256_sub(one, u256_from_u64(1))), bits);
        ASSERT_SLOW(u256_shl(a, bits), slow_from_u256(slow_to_u256(&left)));
        ASSERT_SLOW(u256_shr(a, bits), slow_div(&sa, &power));
    }
    ck_assert(u256_is_zero(u256_from_u64(0)));
    ck_assert_uint_eq(u256_bits(u256_from_u64(0)), 0);
}
END_TEST

START_TEST(doubles)
{
    double expected = 1;

    for (unsigned bits = 0; bits < 256; bits++) {
        ck_assert_double_eq(u256_to_double(u256_shl(u256_from_u64(1), bits)), expected);
        expected *= 2;
    }
    ck_assert_double_eq(u256_to_double(u256_from_u64(0)), 0);
    ck_assert_double_eq(u256_to_double(u256_from_u64((UINT64_C(1) << 53) - 1)), 9007199254740991.0);
    /* 2^54 - 1 does not fit 53 bits: the last one is cut off, not rounded up. */
    ck_assert_double_eq(u256_to_double(u256_from_u64((UINT64_C(1) << 54) - 1)),
                        18014398509481982.0);
}
END_TEST

START_TEST(hex)
{
    struct test_random random = test_random_init(test_seed(), 4);
    static const char *const bad[] = {"", "0x", "g", "0x ", " 1", "1 ", "-1", "0x0x1", "1x"};
    char text[65];
    char long_text[66];
    struct u256 back;

    for (int i = 0; i < 1000; i++) {
        struct u256 a = random_u256(&random);

        u256_to_hex(text, a);
        ck_assert_uint_eq(strlen(text), 64);
        ck_assert(u256_from_hex(&back, text));
        ck_assert_int_eq(u256_cmp(a, back), 0);
    }
    ck_assert(u256_from_hex(&back, "0xAbc"));
    ck_assert_int_eq(u256_cmp(back, u256_from_u64(0xabc)), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!u256_from_hex(&back, bad[i]), "accepted: %s", bad[i]);
    memset(long_text, '0', sizeof(long_text) - 1);
    long_text[65] = '\0';
    ck_assert(!u256_from_hex(&back, long_text));
}
END_TEST

/* nBits of all shapes: any size, mantissas near the sign bit and near nothing. */
static uint32_t random_bits(struct test_random *random)
{
    uint32_t bits = test_random_below(random, 37) << 24;

    if (test_random_one_in(random, 4))
        bits = (uint32_t)test_random_u64(random);
    return bits | ((uint32_t)test_random_u64(random) & 0xffffff) >> test_random_below(random, 24);
}

START_TEST(compact_forms)
{
    struct test_random random = test_random_init(test_seed(), 5);

    for (int i = 0; i < ROUNDS; i++) {
        uint32_t bits = random_bits(&random);
        struct compact_target decoded = compact_decode(bits);
        struct slow target;
        bool usable = slow_target(&target, bits);
        struct u256 out;

        ck_assert_msg(compact_usable(&out, bits, u256_all_ones()) == usable, "nBits %08x", bits);
        ASSERT_SLOW(compact_work(bits), slow_work(bits));
        if (!usable)
            continue;
        ASSERT_SLOW(decoded.target, target);
        ASSERT_SLOW(out, target);
        ck_assert(!compact_usable(&out, bits, u256_sub(decoded.target, u256_from_u64(1))));
        ck_assert(compact_usable(&out, bits, decoded.target));
    }
}
END_TEST

START_TEST(compact_rounding)
{
    struct test_random random = test_random_init(test_seed(), 6);

    for (int i = 0; i < 1000; i++) {
        struct u256 a = random_u256(&random);
        struct slow sa = slow_from_u256(a);
        uint32_t bits = compact_encode(a);

        if (u256_is_zero(a)) {
            ck_assert_uint_eq(bits, 0);
            continue;
        }
        ck_assert_uint_eq(bits, slow_compact(&sa));
    }
}
END_TEST

/* Bitcoin Core's own examples of compact numbers, and the famous ones. */
START_TEST(compact_examples)
{
    static const struct {
        uint32_t bits;
        uint64_t value;
        bool negative, overflow;
        uint32_t canonical;
    } examples[] = {
        {0, 0, false, false, 0},
        {0x00123456, 0, false, false, 0},
        {0x01003456, 0, false, false, 0},
        {0x02000056, 0, false, false, 0},
        {0x03000000, 0, false, false, 0},
        {0x04000000, 0, false, false, 0},
        {0x00923456, 0, false, false, 0},
        {0x01803456, 0, false, false, 0},
        {0x02800056, 0, false, false, 0},
        {0x03800000, 0, false, false, 0},
        {0x04800000, 0, false, false, 0},
        {0x01123456, 0x12, false, false, 0x01120000},
        {0x01fedcba, 0x7e, true, false, 0x017e0000},
        {0x02123456, 0x1234, false, false, 0x02123400},
        {0x03123456, 0x123456, false, false, 0x03123456},
        {0x04123456, 0x12345600, false, false, 0x04123456},
        {0x04923456, 0x12345600, true, false, 0x04123456},
        {0x05009234, 0x92340000, false, false, 0x05009234},
        {0xff123456, 0, false, true, 0},
    };

    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct compact_target decoded = compact_decode(examples[i].bits);

        ck_assert_int_eq(decoded.negative, examples[i].negative);
        ck_assert_int_eq(decoded.overflow, examples[i].overflow);
        if (examples[i].overflow)
            continue;
        ck_assert_int_eq(u256_cmp(decoded.target, u256_from_u64(examples[i].value)), 0);
        ck_assert_uint_eq(compact_encode(decoded.target), examples[i].canonical);
    }
    ck_assert_uint_eq(compact_encode(u256_from_u64(0x80)), 0x02008000);
    ck_assert_int_eq(u256_cmp(compact_work(0x1d00ffff), u256_from_u64(UINT64_C(0x100010001))), 0);
    ck_assert_int_eq(u256_cmp(compact_work(0x207fffff), u256_from_u64(2)), 0);
    ck_assert_double_eq(compact_difficulty(0x1d00ffff), 1.0);
    ck_assert_double_eq_tol(compact_difficulty(0x17023ad4), 126231507121868.19, 0.01);
    ck_assert_double_eq(compact_difficulty(0x01fedcba), 0);
    ck_assert_double_eq_tol(compact_expected_hashes(0x207fffff), 2.0000002384186075, 1e-14);
    ck_assert_double_eq_tol(compact_expected_hashes(0x20555555), 3.000000178813945, 1e-14);
    ck_assert_double_eq_tol(compact_expected_hashes(0x1d00ffff), 4295032833.000015, 1e-5);
    ck_assert_double_eq(compact_expected_hashes(0x01010000), 0x1p255);
    ck_assert_double_eq(compact_expected_hashes(0x01fedcba), 0);
    ck_assert_double_eq(compact_expected_hashes(0), 0);
}
END_TEST

/* What the rule says, with numbers that cannot overflow. */
static uint32_t slow_retarget(const struct params *params, int64_t span, uint32_t bits)
{
    struct slow limit = slow_from_u256(params->limit);
    struct slow weeks = slow_from_u64(14 * 24 * 3600);
    struct slow factor;
    struct slow target;

    if (span < 14 * 24 * 3600 / 4)
        span = 14 * 24 * 3600 / 4;
    if (span > 14 * 24 * 3600 * 4)
        span = 14 * 24 * 3600 * 4;
    factor = slow_from_u64((uint64_t)span);
    ck_assert(slow_target(&target, bits));
    target = slow_mul(&target, &factor);
    target = slow_div(&target, &weeks);
    return slow_compact(slow_cmp(&target, &limit) > 0 ? &limit : &target);
}

START_TEST(retargets)
{
    struct test_random random = test_random_init(test_seed(), 7);
    static const enum network networks[] = {NETWORK_MAIN, NETWORK_TESTNET4, NETWORK_SIGNET,
                                            NETWORK_TIDENET};

    for (int i = 0; i < 3000; i++) {
        const struct params *params = params_get(networks[test_random_below(&random, 4)]);
        struct u256 target = u256_shr(params->limit, test_random_below(&random, 80));
        uint32_t bits = compact_encode(target) - test_random_below(&random, 0x1000);
        uint32_t first = (uint32_t)test_random_u64(&random);
        uint32_t last =
            first + test_random_below(&random, 6000000) - 500000; /* may wrap: then far off */
        int64_t span = (int64_t)last - (int64_t)first;

        ck_assert_uint_eq(retarget_bits(params, first, last, bits),
                          slow_retarget(params, span, bits));
    }
}
END_TEST

START_TEST(retarget_edges)
{
    const struct params *main_net = params_get(NETWORK_MAIN);
    const struct params *tidenet = params_get(NETWORK_TIDENET);
    const uint32_t weeks = 14 * 24 * 3600;

    /* The first retarget of mainnet that changed anything: block 32256. */
    ck_assert_uint_eq(retarget_bits(main_net, 1261130161, 1262152739, 0x1d00ffff), 0x1d00d86a);
    /* Never above the limit; a chain at the limit stays there when time runs slowly. */
    ck_assert_uint_eq(retarget_bits(main_net, 0, 4 * weeks, 0x1d00ffff), 0x1d00ffff);
    /* On tidenet the product needs 278 bits: computed in 256 it would come out as something small.
     */
    ck_assert_uint_eq(retarget_bits(tidenet, 0, 4 * weeks, 0x207fffff), 0x207fffff);
    ck_assert_uint_eq(retarget_bits(tidenet, 0, weeks + 1, 0x207fffff), 0x207fffff);
    ck_assert_uint_eq(retarget_bits(tidenet, 0, weeks / 2, 0x207fffff), 0x203fffff);
    /* Clamped at a quarter, also when time runs backwards. */
    ck_assert_uint_eq(retarget_bits(tidenet, 0, weeks / 4, 0x207fffff), 0x201fffff);
    ck_assert_uint_eq(retarget_bits(tidenet, 0, weeks / 4 - 1, 0x207fffff), 0x201fffff);
    ck_assert_uint_eq(retarget_bits(tidenet, 0, weeks / 4 + 1, 0x207fffff), 0x20200006);
    ck_assert_uint_eq(retarget_bits(tidenet, 5000, 0, 0x207fffff), 0x201fffff);
    ck_assert_uint_eq(retarget_bits(tidenet, UINT32_MAX, 0, 0x207fffff), 0x201fffff);
    ck_assert_uint_eq(retarget_bits(params_get(NETWORK_REGTEST), 0, weeks / 4, 0x207fffff),
                      0x207fffff);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        arithmetic,    multiplication,   shifts_and_bits,  doubles,   hex,
        compact_forms, compact_rounding, compact_examples, retargets, retarget_edges,
    };

    return TEST_MAIN("numbers", tests);
}
