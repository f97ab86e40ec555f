// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the likelihood agrees with a dense Gaussian density worked out another way;
 * volatility is estimated near the truth with luck taken out; batches can be left out; a transient
 * is found where there is one; the tests of a rise have their level, and find a rise.
 */
#include "config.h"

#include "analysis/gamma.h"
#include "analysis/synth.h"
#include "analysis/volatility.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BATCHES_MAX 1460
#define ROUNDS 36

static void make(double *y, size_t count, unsigned batch, double daily_sd, uint64_t stream)
{
    struct synth_options options = {.rate_ehs = 300.0, .daily_sd = daily_sd};
    struct synth synth = synth_init(&options, test_seed(), stream);

    for (size_t i = 0; i < count; i++) {
        double sum = 0.0;

        for (unsigned k = 0; k < batch; k++)
            sum += synth_next(&synth).u;
        y[i] = volatility_log_rate(sum, batch);
    }
}

/*
 * Six observations: one is scored. With the level N(mean of five, R/2 + 3Q), the sixth is normal
 * with variance P + Q/3 + R by hand.
 */
START_TEST(test_first_term)
{
    const double y[] = {0.1, -0.2, 0.3, 0.0, 0.1, 0.5};
    struct volatility_series series = {.log_rate = y, .count = 6, .batch = 36, .drift = 1e-4};
    struct volatility_parts parts = {.daily_sd = 0.02};
    double walk = 0.02 * 0.02 / 144.0 * 36.0;
    double luck = gamma_psi1(36.0);
    double f = 0.5 * luck + 3.0 * walk + walk / 3.0 + luck;
    double error = 0.5 - 0.06 - 1e-4 * 18.0;

    ck_assert_double_eq_tol(volatility_log_likelihood(&series, &parts),
                            -0.5 * (log(2.0 * M_PI * f) + error * error / f), 1e-12);
}
END_TEST

/* Where the filter has settled and its shortcut runs, it says what it says without: an observation
 * left out makes it work everything out anew. */
START_TEST(test_settled)
{
    double y[400];
    struct volatility_series whole = {.log_rate = y, .count = 400, .batch = 36};
    struct volatility_series head = {.log_rate = y, .count = 399, .batch = 36};
    struct volatility_parts parts = {.daily_sd = 0.02, .transient_sd = 0.03, .persistence = 0.7};
    double with = 0.0;

    make(y, 400, 36, 0.02, 1);
    with = volatility_log_likelihood(&whole, &parts) - volatility_log_likelihood(&head, &parts);
    ck_assert(isfinite(with));
    y[399] = NAN;
    ck_assert_double_eq(volatility_log_likelihood(&whole, &parts),
                        volatility_log_likelihood(&head, &parts));
    parts.transient_sd = 0.0;
    with = volatility_log_likelihood(&head, &parts);
    parts.persistence = 0.0;
    ck_assert_double_eq_tol(volatility_log_likelihood(&head, &parts), with, 1e-9);
}
END_TEST

START_TEST(test_estimate)
{
    double y[BATCHES_MAX];
    struct volatility_series series = {.log_rate = y, .count = BATCHES_MAX, .batch = 36};
    double sum = 0.0;
    unsigned held = 0;

    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct volatility_fit fit;
        struct volatility_moments moments;

        make(y, BATCHES_MAX, 36, 0.015, 10 + round);
        ck_assert(volatility_fit(&fit, &series));
        ck_assert(volatility_moments(&moments, &series));
        ck_assert_double_lt(fit.lo95, fit.daily_sd);
        ck_assert_double_gt(fit.hi95, fit.daily_sd);
        ck_assert_uint_eq(fit.batches, BATCHES_MAX);
        /* The naive figure is luck. */
        ck_assert_double_eq_tol(moments.change_sd / moments.luck_sd, 1.0, 0.2);
        ck_assert_double_eq_tol(moments.correlation, -0.5, 0.15);
        sum += fit.daily_sd;
        held += fit.lo95 <= 0.015 && 0.015 <= fit.hi95;
    }
    /* Six standard errors of 0.003 / sqrt(36), and a bias of 0.0005. */
    ck_assert_double_eq_tol(sum / ROUNDS, 0.015, 0.0035);
    /* Of .94: fewer than 23 are one in ten million by the binomial. */
    ck_assert_uint_ge(held, 23);
}
END_TEST

START_TEST(test_left_out)
{
    double y[600];
    struct volatility_series series = {.log_rate = y, .count = 600, .batch = 36};
    struct volatility_fit fit;
    struct volatility_fit without;
    struct volatility_moments moments;

    make(y, 600, 36, 0.01, 30);
    ck_assert(volatility_fit(&fit, &series));
    for (size_t i = 300; i < 320; i++)
        y[i] += 1.0;
    ck_assert(volatility_fit(&without, &series));
    ck_assert_double_gt(without.daily_sd, 3.0 * fit.daily_sd);
    for (size_t i = 300; i < 320; i++)
        y[i] = NAN;
    ck_assert(volatility_fit(&without, &series));
    ck_assert_uint_eq(without.batches, 580);
    ck_assert_double_lt(without.daily_sd, 3.0 * fit.daily_sd + 0.005);
    ck_assert(volatility_moments(&moments, &series));
    ck_assert(isfinite(moments.change_sd) && isfinite(moments.correlation));
}
END_TEST

/* The curve is worked out several points at a time, by another road: it says the same, with gaps at
 * random, at every one's turn (where a filter seems to stand still and does not), and without. */
START_TEST(test_curve)
{
    double y[700];
    struct volatility_series series = {.log_rate = y, .count = 700, .batch = 36, .drift = 1e-5};
    struct test_random random = test_random_init(test_seed(), 40);
    struct volatility_fit fit;

    for (int gaps = 0; gaps < 3; gaps++) {
        make(y, 700, 36, 0.015, 41);
        for (size_t i = 0; i < series.count; i++)
            if ((gaps == 1 && test_random_one_in(&random, 20)) || (gaps == 2 && i % 17 == 3))
                y[i] = NAN;
        ck_assert(volatility_fit(&fit, &series));
        for (size_t i = 0; i < VOLATILITY_GRID; i++) {
            struct volatility_parts parts = {.daily_sd = volatility_grid_sd(i)};

            ck_assert_double_eq_tol(fit.curve[i], volatility_log_likelihood(&series, &parts),
                                    1e-9 * fmax(1.0, fabs(fit.curve[i])));
        }
        ck_assert_double_eq_tol(
            volatility_likeliest(&series, fit.daily_sd / 2.0, fit.daily_sd * 2.0), fit.daily_sd,
            1e-9 * fit.daily_sd);
        ck_assert_double_eq(volatility_likeliest(&series, 0.1, 0.15), 0.1);
    }
}
END_TEST

START_TEST(test_too_few)
{
    double y[VOLATILITY_LEAST];
    struct volatility_series series = {.log_rate = y, .count = VOLATILITY_LEAST, .batch = 36};
    struct volatility_fit fit;
    struct volatility_moments moments;
    struct volatility_reversing reversing;
    struct volatility_risen risen;
    struct volatility_risen_options options = {
        .question = VOLATILITY_WALK, .rounds = 19, .seed = 1};

    memset(y, 0, sizeof y);
    ck_assert(volatility_fit(&fit, &series)); /* all equal: no volatility, and no trouble */
    ck_assert_double_eq(fit.lo95, 0.0);
    ck_assert_double_lt(fit.daily_sd, 1.1e-4);
    y[3] = NAN;
    ck_assert(!volatility_fit(&fit, &series));
    ck_assert(!volatility_moments(&moments, &series));
    ck_assert(!volatility_reversing(&reversing, &series));
    ck_assert(!volatility_risen(&risen, &series, &series, &options));
}
END_TEST

/* Every other day 15 % down. */
START_TEST(test_reversing)
{
    double y[400];
    struct volatility_series series = {.log_rate = y, .count = 400, .batch = 36};
    struct volatility_reversing reversing;

    make(y, 400, 36, 0.005, 40);
    ck_assert(volatility_reversing(&reversing, &series));
    /* Chi-square of two: beyond 35 once in 40 million; the fall's gain is 450. */
    ck_assert_double_lt(reversing.gain, 35.0);
    for (size_t i = 0; i < 400; i++)
        y[i] -= i / 4 % 2 == 0 ? 0.6 : 0.0;
    ck_assert(volatility_reversing(&reversing, &series));
    ck_assert_double_gt(reversing.gain, 150.0);
    ck_assert_double_gt(reversing.parts.transient_sd, 0.1);
}
END_TEST

static struct volatility_risen compare(double *y, size_t count, enum volatility_question question)
{
    struct volatility_series before = {.log_rate = y, .count = count, .batch = 36};
    struct volatility_series after = {.log_rate = y + count, .count = count, .batch = 36};
    struct volatility_risen_options options = {
        .question = question, .rounds = 19, .seed = test_seed()};
    struct volatility_risen risen;

    ck_assert(volatility_risen(&risen, &before, &after, &options));
    ck_assert(risen.p > 0.0 && risen.p <= 1.0 && risen.statistic >= 0.0);
    ck_assert(risen.power15 >= 0.0 && risen.power20 <= 1.0);
    return risen;
}

START_TEST(test_risen)
{
    double y[800];

    make(y, 400, 36, 0.005, 50);
    make(y + 400, 400, 36, 0.12, 51);
    for (int question = VOLATILITY_WALK; question <= VOLATILITY_CHANGES; question++) {
        struct volatility_risen risen = compare(y, 400, (enum volatility_question)question);

        if (question == VOLATILITY_WALK) {
            ck_assert_double_gt(risen.after, 3.0 * risen.before);
            ck_assert_double_le(risen.p, 0.05);
        }
    }
    make(y, 400, 36, 0.12, 50);
    make(y + 400, 400, 36, 0.005, 51);
    ck_assert_double_eq(compare(y, 400, VOLATILITY_WALK).statistic, 0.0);
    ck_assert_double_eq(compare(y, 400, VOLATILITY_WALK).p, 1.0);
}
END_TEST

/* Arbitrary numbers in, finite numbers out. */
START_TEST(test_never_nan)
{
    for (uint64_t round = 0; round < 10; round++) {
        struct test_random random = test_random_init(test_seed(), 60 + round);
        double y[200];
        struct volatility_series series = {.log_rate = y, .count = 200, .batch = 36};
        struct volatility_fit fit;
        struct volatility_reversing reversing;

        for (size_t i = 0; i < 200; i++)
            y[i] = volatility_log_rate(pow(10.0, -20.0 + test_random_below(&random, 45)), 36);
        ck_assert(volatility_fit(&fit, &series));
        ck_assert(isfinite(fit.daily_sd) && fit.lo95 <= fit.daily_sd && fit.daily_sd <= fit.hi95);
        ck_assert(volatility_reversing(&reversing, &series));
        ck_assert(isfinite(reversing.gain) && isfinite(reversing.parts.transient_sd));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_first_term, test_settled,   test_estimate, test_left_out,  test_curve,
        test_too_few,    test_reversing, test_risen,    test_never_nan,
    };

    return TEST_MAIN("volatility", tests);
}
