// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: words fall into the cells that the contract names; chi-square agrees with a
 * sum worked out by hand; even nonces are called even and p-values keep their level; a new kind of
 * machine is found; whatever is counted, figures are sane.
 */
#include "config.h"

#include "analysis/fingerprint.h"
#include "analysis/random.h"
#include "chain/header.h"
#include "tests/support/check.h"
#include "tests/support/records.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdint.h>

#define EPOCH 2016

START_TEST(test_cells)
{
    struct fingerprint fingerprint = {0};

    fingerprint_add(&fingerprint, 0x20000002, 0xa0000b70);
    fingerprint_add(&fingerprint, 0x30002000, 0x000005ff);
    fingerprint_add(&fingerprint, 1, 0);
    fingerprint_add(&fingerprint, -1, UINT32_MAX);
    ck_assert_uint_eq(fingerprint.blocks, 4);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_TOP][10], 1);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_MID][11], 1);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_LOW][7], 1);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_MID][5], 1);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_LOW][15], 2);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_TOP][0], 2);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_ROLL][0], 2);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_ROLL][9], 1);
    ck_assert_uint_eq(fingerprint.cells[FINGERPRINT_ROLL][15], 1);
    ck_assert_uint_eq(fingerprint.bits[0], 2);  /* 13 */
    ck_assert_uint_eq(fingerprint.bits[15], 2); /* 28 */
    ck_assert_uint_eq(fingerprint.bits[7], 1);
    ck_assert_uint_eq(fingerprint.rolled, 2);
    ck_assert_uint_eq(fingerprint.prefixed, 2);
    ck_assert_uint_eq(fingerprint.signalled, 1);
}
END_TEST

/* 2 x 3 table: 30 50 20 against 50 30 20; the rest of the cells are empty. */
START_TEST(test_by_hand)
{
    struct fingerprint before = {.blocks = 100}, after = {.blocks = 100};
    struct fingerprint_change change;

    before.cells[FINGERPRINT_TOP][0] = 30;
    before.cells[FINGERPRINT_TOP][3] = 50;
    before.cells[FINGERPRINT_TOP][9] = 20;
    after.cells[FINGERPRINT_TOP][0] = 50;
    after.cells[FINGERPRINT_TOP][3] = 30;
    after.cells[FINGERPRINT_TOP][9] = 20;
    change = fingerprint_change(&before, &after, FINGERPRINT_TOP, NULL);
    ck_assert_uint_eq(change.freedom, 2);
    ck_assert_double_eq_tol(change.statistic, 10.0, 1e-12); /* 4 x 10^2 / 40 */
    ck_assert_double_eq_tol(change.p, exp(-5.0), 1e-12);    /* chi-square of 2: exp(-x/2) */
    ck_assert_double_eq_tol(change.distance, 0.2, 1e-12);
    ck_assert(!change.usual_known);

    /* Rare cells: 3 and 1 expect 2 each; they join the third. */
    before.cells[FINGERPRINT_TOP][9] = 17;
    before.cells[FINGERPRINT_TOP][12] = 3;
    after.cells[FINGERPRINT_TOP][9] = 19;
    after.cells[FINGERPRINT_TOP][13] = 1;
    change = fingerprint_change(&before, &after, FINGERPRINT_TOP, NULL);
    ck_assert_uint_eq(change.freedom, 2);
    ck_assert_double_eq_tol(change.statistic, 10.0, 1e-12);

    /* Nothing to compare. */
    change = fingerprint_change(&before, &after, FINGERPRINT_LOW, NULL);
    ck_assert_uint_eq(change.freedom, 0);
    before.blocks = 0;
    change = fingerprint_change(&before, &after, FINGERPRINT_TOP, NULL);
    ck_assert_uint_eq(change.freedom, 0);
    ck_assert_double_eq(change.shift, 0.0);
}
END_TEST

/* An epoch of even nonces, of which a share has top digit 0. */
static struct fingerprint make_epoch(struct random_stream *random, double marked)
{
    struct fingerprint fingerprint = {0};

    for (unsigned i = 0; i < EPOCH; i++) {
        uint32_t nonce = (uint32_t)(random_bits(random) >> 32);

        if (random_uniform(random) < marked)
            nonce &= 0x0fffffff;
        fingerprint_add(&fingerprint, 0x20000000 | (int32_t)(nonce & 0x1fffe000), nonce);
    }
    return fingerprint;
}

/* Of even nonces, p-values below .05 are one in twenty, within 6 sd (8.7; 9.8 of changes, two of
 * which share an epoch); the usual one is rarer. */
START_TEST(test_level)
{
    enum { ROUNDS = 1600 };
    struct random_stream random = random_init(test_seed(), 1);
    struct fingerprint before = make_epoch(&random, 0.0);
    struct fingerprint_past past = {0};
    unsigned uneven = 0, naive = 0, usual = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct fingerprint after = make_epoch(&random, 0.0);
        struct fingerprint_change change =
            fingerprint_change(&before, &after, FINGERPRINT_TOP, &past);
        struct fingerprint_evenness evenness;

        ck_assert(fingerprint_evenness(&evenness, &after, FINGERPRINT_LOW));
        ck_assert_double_gt(evenness.entropy, 0.99);
        uneven += evenness.p < 0.05;
        naive += change.p < 0.05;
        ck_assert(change.usual_known == (i >= FINGERPRINT_PAST_LEAST));
        usual += change.usual_known && change.p_usual < 0.05;
        if (change.usual_known)
            ck_assert_double_ge(change.p_usual, change.p);
        fingerprint_remember(&past, &change);
        before = after;
    }
    ck_assert_uint_lt(uneven, 80 + 59);
    ck_assert_uint_gt(uneven, 80 - 59);
    ck_assert_uint_lt(naive, 80 + 59);
    ck_assert_uint_gt(naive, 80 - 59);
    ck_assert_uint_le(usual, naive);
}
END_TEST

/* One block in five by machines of one digit: found for sure, with its size; and once learnt to be
 * usual, no longer a surprise. */
START_TEST(test_found)
{
    struct random_stream random = random_init(test_seed(), 2);
    struct fingerprint before = make_epoch(&random, 0.0), after;
    struct fingerprint_past past = {0};
    struct fingerprint_change change;
    struct fingerprint_evenness evenness;

    for (unsigned i = 0; i < 2 * FINGERPRINT_PAST; i++) {
        after = make_epoch(&random, 0.0);
        change = fingerprint_change(&before, &after, FINGERPRINT_TOP, &past);
        fingerprint_remember(&past, &change);
        before = after;
    }
    after = make_epoch(&random, 0.2);
    change = fingerprint_change(&before, &after, FINGERPRINT_TOP, &past);
    ck_assert_double_lt(change.p, 1e-6);
    ck_assert_double_lt(change.p_usual, 1e-4);
    ck_assert_double_eq_tol(change.shift, 0.183, 0.07);
    ck_assert(fingerprint_evenness(&evenness, &after, FINGERPRINT_TOP));
    ck_assert_double_lt(evenness.p, 1e-6);

    for (unsigned i = 0; i < FINGERPRINT_PAST; i++) {
        before = after;
        after = make_epoch(&random, i % 2 == 0 ? 0.0 : 0.2);
        change = fingerprint_change(&before, &after, FINGERPRINT_TOP, &past);
        fingerprint_remember(&past, &change);
    }
    ck_assert_double_gt(change.overdispersion, 3.0);
    ck_assert_double_lt(change.p, 1e-4);
    ck_assert_double_gt(change.p_usual, 0.005);
}
END_TEST

static void assert_share(double value)
{
    ck_assert(isfinite(value));
    ck_assert_double_ge(value, 0.0);
    ck_assert_double_le(value, 1.0);
}

/* Any words, any number of them. */
START_TEST(test_any_words)
{
    for (uint64_t round = 0; round < 2000; round++) {
        struct test_random random = test_random_init(test_seed(), 10 + round);
        struct fingerprint_past past = {0};
        struct fingerprint before = {0};

        for (unsigned epoch = 0; epoch < 10; epoch++) {
            uint32_t blocks = test_random_below(&random, epoch % 3 == 0 ? 10 : 300);
            uint32_t mask = (uint32_t)test_random_u64(&random);
            struct fingerprint after = {0};

            for (uint32_t i = 0; i < blocks; i++)
                fingerprint_add(&after, (int32_t)((uint32_t)test_random_u64(&random) & mask),
                                (uint32_t)test_random_u64(&random) & mask);
            for (unsigned group = 0; group < FINGERPRINT_GROUPS; group++) {
                struct fingerprint_change change =
                    fingerprint_change(&before, &after, group, &past);
                struct fingerprint_evenness evenness;

                ck_assert(fingerprint_evenness(&evenness, &after, group) ==
                          (blocks >= FINGERPRINT_EVENNESS_LEAST));
                assert_share(evenness.entropy);
                assert_share(evenness.p);
                ck_assert(isfinite(change.statistic) && change.statistic >= 0.0);
                ck_assert(isfinite(change.overdispersion));
                assert_share(change.p);
                assert_share(change.p_usual);
                assert_share(change.distance);
                assert_share(change.shift);
                fingerprint_remember(&past, &change);
            }
            before = after;
        }
    }
}
END_TEST

/* Early in 2024 nonces whose low byte is above 127 were rare. */
START_TEST(test_real)
{
    struct records records = {0};
    struct fingerprint fingerprint = {0};
    struct fingerprint_evenness evenness;
    uint32_t high = 0;

    if (!records_load_shared(&records, "headers/mainnet-822528-830592.bin"))
        return;
    for (size_t i = 0; i < EPOCH; i++) {
        struct header header;

        header_decode(&header, records_at(&records, i));
        fingerprint_add(&fingerprint, header.version, header.nonce);
    }
    records_free(&records);
    for (unsigned i = 8; i < FINGERPRINT_CELLS; i++)
        high += fingerprint.cells[FINGERPRINT_LOW][i];
    ck_assert_uint_gt(high, EPOCH / 5);
    ck_assert_uint_lt(high, EPOCH / 3);
    ck_assert_uint_eq(fingerprint.prefixed, EPOCH);
    ck_assert_uint_gt(fingerprint.rolled, EPOCH * 9 / 10);
    ck_assert(fingerprint_evenness(&evenness, &fingerprint, FINGERPRINT_LOW));
    ck_assert_double_lt(evenness.p, 1e-20);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_cells, test_by_hand, test_level, test_found, test_any_words, test_real,
    };

    gsl_set_error_handler_off(); /* as the program does */
    return TEST_MAIN("fingerprint", tests);
}
