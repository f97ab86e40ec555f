// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what pools' blocks say of a set's loss has honest intervals, luck is what
 * theory has, a storm at one pool is found, and tables that cannot be are refused by line.
 */
#include "config.h"

#include "analysis/pools.h"
#include "tests/support/check.h"
#include "tests/support/reported.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EPOCHS 40

struct told {
    size_t count;
    struct csv_fault last;
};

static void take_fault(void *context, const struct csv_fault *fault)
{
    struct told *told = context;

    told->count++;
    told->last = *fault;
}

static enum pools_result read_text(struct pools *out, struct told *told, const char *text)
{
    char copy[4096];

    *told = (struct told){.count = 0};
    ck_assert_uint_lt(strlen(text), sizeof copy);
    memcpy(copy, text, strlen(text) + 1);
    return pools_parse(out, copy, strlen(text), pools_us, take_fault, told);
}

START_TEST(test_table)
{
    struct pools pools;
    struct told told;

    ck_assert_int_eq(
        read_text(&pools, &told,
                  "epoch,pool,blocks\n470,Foundry USA,600\n469,foundry,700\n"
                  "469,MARA Pool,80\n469,AntPool,400\n470,Luxor,50\n470,Maraschino,9\n"),
        POOLS_READ);
    ck_assert_uint_eq(pools.count, 2);
    ck_assert_uint_eq(pools.epochs[0].epoch, 469);
    ck_assert_uint_eq(pools.epochs[0].set, 780);
    ck_assert_uint_eq(pools.epochs[0].all, 1180);
    ck_assert_uint_eq(pools.epochs[1].set, 650);
    ck_assert_uint_eq(pools.epochs[1].all, 659);
    pools_free(&pools);
}
END_TEST

START_TEST(test_refused)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *column;
    } cases[] = {
        {"", 1, ""},
        {"epoch,pool\n", 1, ""},
        {"epoch,pool,blocks\n", 1, ""},
        {"epoch,pool,blocks\n1,A,1.5\n", 2, "blocks"},
        {"epoch,pool,blocks\n1,A,2017\n", 2, "blocks"},
        {"epoch,pool,blocks\n1,A,-1\n", 2, "blocks"},
        {"epoch,pool,blocks\nx,A,1\n", 2, "epoch"},
        {"epoch,pool,blocks\n1,,1\n", 2, "pool"},
        {"epoch,pool,blocks\n1,A\n", 2, ""},
        {"epoch,pool,blocks\n1,A,1\n2,A,1\n1,a,3\n", 4, "pool"},
        {"epoch,pool,blocks\n1,A,1016\n1,B,1016\n", 3, "blocks"},
        {"epoch,pool,blocks\n1,A,nan\n", 2, "blocks"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pools pools;
        struct told told;

        ck_assert_int_eq(read_text(&pools, &told, cases[i].text), POOLS_REFUSED);
        ck_assert_uint_eq(told.count, 1);
        ck_assert_uint_eq(told.last.line, cases[i].line);
        ck_assert_str_eq(told.last.column, cases[i].column);
        ck_assert_ptr_null(pools.epochs);
    }
}
END_TEST

START_TEST(test_luck)
{
    struct random_stream stream = random_init(test_seed(), 1);
    double square = 0.0;
    const int rounds = 200;
    const int quarter = 13140;

    ck_assert_double_eq_tol(pools_luck(quarter, 0.35), 0.026, 0.0005);
    for (int i = 0; i < rounds; i++) {
        double odds[2];

        for (int q = 0; q < 2; q++) {
            int found = 0;

            for (int block = 0; block < quarter; block++)
                found += random_uniform(&stream) < 0.35;
            odds[q] = log((double)found / (quarter - found));
        }
        square += (odds[1] - odds[0]) * (odds[1] - odds[0]);
    }
    /* The sd of an sd from 200 is 5 % of it. */
    ck_assert_double_eq_tol(sqrt(square / rounds), 0.026, 0.005);
    /* 30 EH/s of 343 that leave move the log-odds by .091. */
    ck_assert_double_eq_tol(-log1p(-30.0 / (0.35 * 980.0)), 0.091, 0.001);
}
END_TEST

START_TEST(test_coverage)
{
    struct random_stream stream = random_init(test_seed(), 2);
    const int rounds = 100;
    int covered = 0;

    for (int i = 0; i < rounds; i++) {
        struct pools_epoch epochs[EPOCHS];
        double odds[EPOCHS];
        double jump[EPOCHS] = {0.0};
        struct pools pools = {epochs, EPOCHS};
        struct pools_question question = {
            .from = 6, .to = 34, .width = 7, .from_ehs = 980.0, .to_ehs = 950.0};
        struct pools_answer answer;
        double truth = 0.0;

        jump[20] = log1p(-0.3 * random_uniform(&stream));
        reported_pools(epochs, odds, &stream, EPOCHS, 0.35, 0.03, jump);
        ck_assert_ptr_null(pools_fault(&pools, &question));
        ck_assert(pools_ask(&answer, &pools, &question));
        for (size_t k = 0; k < answer.width; k++)
            truth +=
                (odds[answer.to_first + k] - odds[answer.from_first + k]) / (double)answer.width;
        covered += answer.log_odds.lo90 <= truth && truth <= answer.log_odds.hi90;
        ck_assert_double_lt(answer.lost_ehs.lo90, answer.lost_ehs.hi90);
    }
    printf("pools: 90 %% interval holds the truth in %.3f\n", (double)covered / rounds);
    /* .9 with sd .03: four of them. */
    ck_assert_double_ge((double)covered / rounds, 0.78);
    ck_assert_double_lt((double)covered / rounds, 1.0);
}
END_TEST

/* Foundry from 340 to 140 EH/s of some 1000, and back. */
START_TEST(test_storm)
{
    struct random_stream stream = random_init(test_seed(), 3);
    struct pools_epoch epochs[EPOCHS];
    double odds[EPOCHS];
    double jump[EPOCHS] = {0.0};
    struct pools pools = {epochs, EPOCHS};
    struct pools_question question = {
        .from = 29, .to = 30, .width = 1, .from_ehs = 1000.0, .to_ehs = 800.0};
    struct pools_answer fall;
    struct pools_answer back;

    jump[30] = log(140.0 / 340.0);
    jump[31] = -jump[30];
    reported_pools(epochs, odds, &stream, EPOCHS, 0.34, 0.01, jump);
    ck_assert(pools_ask(&fall, &pools, &question));
    ck_assert_double_le(fall.lost_ehs.lo90, 225.0);
    ck_assert_double_ge(fall.lost_ehs.hi90, 175.0);
    ck_assert_double_gt(fall.lost_ehs.lo90, 100.0);
    question.to = 33;
    question.to_ehs = 1000.0;
    ck_assert(pools_ask(&back, &pools, &question));
    ck_assert_double_lt(fabs(back.lost_ehs.median), 75.0);
    ck_assert_double_lt(back.lost_ehs.lo90, 60.0);
}
END_TEST

START_TEST(test_faults)
{
    struct pools_epoch epochs[EPOCHS];
    double odds[EPOCHS];
    struct random_stream stream = random_init(test_seed(), 4);
    struct pools pools = {epochs, EPOCHS};
    struct pools_question good = {
        .from = 5, .to = 30, .width = 3, .from_ehs = 900.0, .to_ehs = 900.0};
    struct pools_question question;

    reported_pools(epochs, odds, &stream, EPOCHS, 0.35, 0.02, NULL);
    ck_assert_ptr_null(pools_fault(&pools, &good));
    question = good;
    question.to = 5;
    ck_assert_ptr_nonnull(pools_fault(&pools, &question));
    question = good;
    question.to = EPOCHS;
    ck_assert_ptr_nonnull(pools_fault(&pools, &question));
    question = good;
    question.width = EPOCHS / 2 + 1;
    ck_assert_ptr_nonnull(pools_fault(&pools, &question));
    question = good;
    question.from_ehs = NAN;
    ck_assert_ptr_nonnull(pools_fault(&pools, &question));
    epochs[7].set = 0;
    ck_assert_ptr_nonnull(pools_fault(&pools, &good));
    epochs[7].set = 700;
    pools.count = 7;
    good.to = 6;
    ck_assert_ptr_nonnull(pools_fault(&pools, &good));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_table,    test_refused, test_luck,
                                  test_coverage, test_storm,   test_faults};

    return TEST_MAIN("pools", tests);
}
