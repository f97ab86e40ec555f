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
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EPOCHS 40
#define ROUNDS 40

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
    /* The sd of an sd from 200 is 5 % of it: six of them. */
    ck_assert_double_eq_tol(sqrt(square / rounds), 0.026, 0.0075);
    /* 30 EH/s of 343 that leave move the log-odds by .091. */
    ck_assert_double_eq_tol(-log1p(-30.0 / (0.35 * 980.0)), 0.091, 0.001);
}
END_TEST

/* What happens to the set, and what is asked. */
struct course {
    const char *name;
    double switching;  /* sd per epoch */
    size_t at;         /* epoch of a change of the log-odds, 0 for none */
    double jump;       /* the change: of this size, or up to it */
    bool varied, back; /* the size is drawn from 0 up to it; it is undone an epoch later */
    size_t from, to, width;
    double rms;  /* sd of the error: by luck, and by how well ends can be told from neighbours */
    double wide; /* mean width of the 90 % interval, no more than */
};

/* Fern: from 340 to 140 EH/s of some 1000, and back. */
#define STORM (-0.887)

static const struct course courses[] = {
    {"calm", 0.01, 0, 0.0, false, false, 6, 34, 3, 0.025, 0.09},
    {"leaves for good", 0.03, 20, -0.36, true, false, 6, 34, 7, 0.025, 0.09},
    {"storm", 0.01, 30, STORM, false, true, 29, 30, 1, 0.07, 0.24},
    {"after the storm", 0.01, 30, STORM, false, true, 29, 33, 1, 0.03, 0.125},
};
#define COURSES (sizeof courses / sizeof courses[0])

struct found {
    int covered;
    double bias, width; /* of the log-odds' change, mean */
    double lost_ehs;
};

static void run_course(struct found *found, const struct course *course,
                       struct random_stream *stream)
{
    struct pools_epoch epochs[EPOCHS];
    double odds[EPOCHS];
    double jump[EPOCHS] = {0.0};
    struct pools pools = {epochs, EPOCHS};
    struct pools_question question = {.from = course->from,
                                      .to = course->to,
                                      .width = course->width,
                                      .from_ehs = 1000.0,
                                      .to_ehs = 800.0};
    struct pools_answer answer;
    double truth = 0.0;

    if (course->at > 0)
        jump[course->at] = course->jump * (course->varied ? random_uniform(stream) : 1.0);
    if (course->back)
        jump[course->at + 1] = -jump[course->at];
    reported_pools(epochs, odds, stream, EPOCHS, 0.34, course->switching, jump);
    ck_assert_ptr_null(pools_fault(&pools, &question));
    ck_assert(pools_ask(&answer, &pools, &question));
    for (size_t k = 0; k < answer.width; k++)
        truth += (odds[answer.to_first + k] - odds[answer.from_first + k]) / (double)answer.width;
    found->covered += answer.log_odds.lo90 <= truth && truth <= answer.log_odds.hi90;
    found->bias += (answer.log_odds.median - truth) / ROUNDS;
    found->width += (answer.log_odds.hi90 - answer.log_odds.lo90) / ROUNDS;
    found->lost_ehs += answer.lost_ehs.median / ROUNDS;
}

/*
 * Calm or stormy, the answer is neither shrunk nor too sure. Limits let one seed in a million or
 * fewer fail: coverage of .88 instead of .9, seven standard errors of a mean.
 */
START_TEST(test_honest)
{
    int covered = 0;

    for (size_t i = 0; i < COURSES; i++) {
        struct random_stream stream = random_init(test_seed(), 10 + i);
        struct found found = {.covered = 0};

        for (int k = 0; k < ROUNDS; k++)
            run_course(&found, &courses[i], &stream);
        printf("pools, %s: held in %.3f, off by %+.4f, width %.3f, lost %.0f EH/s\n",
               courses[i].name, (double)found.covered / ROUNDS, found.bias, found.width,
               found.lost_ehs);
        covered += found.covered;
        ck_assert_int_ge(found.covered, ROUNDS * 21 / 40);
        ck_assert_double_lt(fabs(found.bias), 7.0 * courses[i].rms / sqrt(ROUNDS));
        ck_assert_double_lt(found.width, courses[i].wide);
        if (courses[i].back) /* 200 EH/s of 340 while it lasts, and nothing afterwards */
            ck_assert_double_eq_tol(found.lost_ehs, courses[i].to == courses[i].at ? 200.0 : 0.0,
                                    12.0);
    }
    ck_assert_int_ge(covered, (int)COURSES * ROUNDS * 115 / 160);
}
END_TEST

/* The same question has the same answer; epochs that the table lacks make it less sure. */
START_TEST(test_gaps)
{
    struct random_stream stream = random_init(test_seed(), 3);
    struct pools_epoch epochs[EPOCHS];
    double odds[EPOCHS];
    struct pools pools = {epochs, EPOCHS};
    const struct pools_question question = {
        .from = 9, .to = 30, .width = 1, .from_ehs = 900.0, .to_ehs = 900.0};
    struct pools_answer once;
    struct pools_answer twice;

    reported_pools(epochs, odds, &stream, EPOCHS, 0.35, 0.05, NULL);
    ck_assert(pools_ask(&once, &pools, &question));
    ck_assert(pools_ask(&twice, &pools, &question));
    ck_assert_mem_eq(&once, &twice, sizeof once);
    for (size_t i = 0; i < EPOCHS; i++)
        epochs[i].epoch *= 25; /* a walk that takes 25 epochs for what took one */
    ck_assert(pools_ask(&twice, &pools, &question));
    ck_assert_double_lt(twice.switching, 0.5 * once.switching);
}
END_TEST

/* Seen backwards, the same happened: each epoch rests on those after it as on those before. */
START_TEST(test_reversed)
{
    struct random_stream stream = random_init(test_seed(), 5);
    struct pools_epoch epochs[EPOCHS];
    struct pools_epoch reversed[EPOCHS];
    double odds[EPOCHS];
    struct pools pools = {epochs, EPOCHS};
    struct pools_question question = {
        .from = 3, .to = 20, .width = 1, .from_ehs = 900.0, .to_ehs = 900.0};
    struct pools_answer forth;
    struct pools_answer back;

    reported_pools(epochs, odds, &stream, EPOCHS, 0.35, 0.02, NULL);
    ck_assert(pools_ask(&forth, &pools, &question));
    for (size_t i = 0; i < EPOCHS; i++) {
        reversed[i] = epochs[EPOCHS - 1 - i];
        reversed[i].epoch = (uint32_t)i;
    }
    pools.epochs = reversed;
    question.from = EPOCHS - 1 - 20;
    question.to = EPOCHS - 1 - 3;
    ck_assert(pools_ask(&back, &pools, &question));
    /* Draws differ: the ends of intervals are known to 2 % of the sd, a 150th of their width. */
    ck_assert_double_eq_tol(forth.log_odds.lo90, -back.log_odds.hi90, 0.02);
    ck_assert_double_eq_tol(forth.log_odds.hi90, -back.log_odds.lo90, 0.02);
    ck_assert_double_eq_tol(forth.to_share.lo90, back.from_share.lo90, 0.003);
    ck_assert_double_eq_tol(forth.to_share.hi90, back.from_share.hi90, 0.003);
    ck_assert_double_eq_tol(forth.switching, back.switching, 1e-6);
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
    const TTest *const tests[] = {test_table, test_refused,  test_luck,  test_honest,
                                  test_gaps,  test_reversed, test_faults};

    return TEST_MAIN("pools", tests);
}
