// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the gamma filter and its bank give the figures of an independent
 * implementation to 1e-9; states can be kept and restored bit by bit; whatever the chain, figures
 * are finite and ordered; the history known afterwards is closer to the truth than what was known
 * then.
 */
#include "config.h"

#include "analysis/nowcast.h"
#include "analysis/synth.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/vectors.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/** What the vectors promise, relative. */
#define CLOSE 1e-9
#define BLOCKS_YEAR 52560.0

static void assert_close(double value, double wanted)
{
    ck_assert_msg(fabs(value - wanted) <= CLOSE * fmax(fabs(wanted), 1e-3), "%.15g, not %.15g",
                  value, wanted);
}

START_TEST(test_psi)
{
    static const double points[] = {1e-3, 0.1,   0.5,  1.0,  1.4616, 2.0,
                                    5.5,  11.99, 12.0, 60.0, 8000.0};

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        double x = points[i];

        ck_assert_double_eq_tol(gamma_psi(x), gsl_sf_psi(x), 1e-13 * (1.0 + fabs(gsl_sf_psi(x))));
        ck_assert_double_eq_tol(gamma_psi1(x) / gsl_sf_psi_1(x), 1.0, 1e-13);
        ck_assert_double_eq_tol(gamma_psi1_inverse(gsl_sf_psi_1(x)) / x, 1.0, 1e-9);
    }
}
END_TEST

START_TEST(test_filter_vectors)
{
    struct gamma_belief belief = {100.0, 100.0};
    struct vectors vectors;

    if (!vectors_read(&vectors, "../vectors/A_gamma_filter.csv"))
        return;
    ck_assert_uint_gt(vectors.rows, 0);
    for (size_t row = 0; row < vectors.rows; row++) {
        double u = vectors_at(&vectors, row, 1);
        struct gamma_belief silent;

        belief = gamma_discounted(belief, 0.99, 1.0);
        assert_close(gamma_log_density(belief, u), vectors_at(&vectors, row, 2));
        assert_close(gamma_log_density_of_sum(belief, 1, u), vectors_at(&vectors, row, 2));
        belief = gamma_after(belief, u);
        silent = (struct gamma_belief){belief.shape, belief.rate + 2.0};
        assert_close(belief.shape, vectors_at(&vectors, row, 3));
        assert_close(belief.rate, vectors_at(&vectors, row, 4));
        assert_close(belief.shape / belief.rate, vectors_at(&vectors, row, 5));
        assert_close(gamma_log_mean(belief), vectors_at(&vectors, row, 6));
        assert_close(gamma_log_variance(belief), vectors_at(&vectors, row, 7));
        assert_close(gamma_quantile(belief, 0.025), vectors_at(&vectors, row, 8));
        assert_close(gamma_quantile(belief, 0.975), vectors_at(&vectors, row, 9));
        assert_close(silent.shape / silent.rate, vectors_at(&vectors, row, 10));
        assert_close(gamma_quantile(silent, 0.025), vectors_at(&vectors, row, 11));
        assert_close(gamma_quantile(silent, 0.975), vectors_at(&vectors, row, 12));
    }
    vectors_free(&vectors);
}
END_TEST

START_TEST(test_batch_vectors)
{
    struct vectors vectors;

    if (!vectors_read(&vectors, "../vectors/A_batch_loglik.csv"))
        return;
    ck_assert_uint_gt(vectors.rows, 0);
    for (size_t row = 0; row < vectors.rows; row++) {
        struct gamma_belief belief = {vectors_at(&vectors, row, 0), vectors_at(&vectors, row, 1)};

        assert_close(gamma_log_density_of_sum(belief, (unsigned)vectors_at(&vectors, row, 2),
                                              vectors_at(&vectors, row, 3)),
                     vectors_at(&vectors, row, 4));
    }
    vectors_free(&vectors);
}
END_TEST

/* The row of the bank's table for this many blocks, or a negative number. */
static int bank_row(const struct vectors *bank, size_t blocks)
{
    for (size_t row = 0; row < bank->rows; row++)
        if (vectors_at(bank, row, 0) == (double)blocks)
            return (int)row;
    return -1;
}

START_TEST(test_bank_vectors)
{
    const double drift = 0.75 * log(1.6) / BLOCKS_YEAR;
    struct nowcast_model model = nowcast_model(1);
    struct nowcast_state state = nowcast_start(&model, 1.0);
    struct vectors intervals;
    struct vectors bank;
    size_t compared = 0;

    if (!vectors_read(&intervals, "../vectors/A_gamma_filter.csv") ||
        !vectors_read(&bank, "../vectors/A_bank.csv"))
        return;
    for (uint32_t i = 0; i < 10 * intervals.rows; i++) {
        int row = bank_row(&bank, i + 1);
        struct nowcast_estimate estimate;

        nowcast_update(&state, &model, i, vectors_at(&intervals, i % intervals.rows, 1), drift);
        estimate = nowcast_estimate(&state, &model);
        if (row < 0)
            continue;
        assert_close(estimate.mean, vectors_at(&bank, (size_t)row, 1));
        assert_close(estimate.variance, vectors_at(&bank, (size_t)row, 2));
        ck_assert_double_eq_tol(estimate.walk / vectors_at(&bank, (size_t)row, 3), 1.0, CLOSE);
        compared++;
    }
    ck_assert_uint_eq(compared, bank.rows);
    vectors_free(&intervals);
    vectors_free(&bank);
}
END_TEST

/* Batches are aligned to heights, scored from before, and not at all with a hole in them. */
START_TEST(test_batches)
{
    struct nowcast_model model = nowcast_model(NOWCAST_BATCH_HEADERS);
    struct nowcast_state state = nowcast_start(&model, 1.0);
    struct gamma_belief before;
    double sum = 0.0;

    for (uint32_t height = 3; height < 6; height++)
        nowcast_update(&state, &model, height, 1.0, 0.0);
    ck_assert_double_eq(state.score[0], 0.0);
    before = gamma_discounted(state.filter[0], model.keep_batch[0], 1.0);
    for (uint32_t height = 6; height < 12; height++) {
        nowcast_update(&state, &model, height, 0.5 + height, 0.0);
        sum += 0.5 + height;
    }
    assert_close(state.score[0], gamma_log_density_of_sum(before, 6, sum));
    sum = state.score[0];
    for (uint32_t height = 12; height < 18; height++) {
        if (height == 14)
            nowcast_skip(&state);
        else
            nowcast_update(&state, &model, height, 1.0, 0.0);
    }
    ck_assert_double_eq(state.score[0], sum);
}
END_TEST

/* Padding would make memcmp lie. */
_Static_assert(sizeof(struct nowcast_state) ==
                   2 * sizeof(uint32_t) + sizeof(double) + 5 * NOWCAST_FILTERS * sizeof(double),
               "struct nowcast_state has padding");

START_TEST(test_restore)
{
    struct synth_options options = {.rate_ehs = 1.0, .daily_sd = 0.02};
    struct nowcast_model model = nowcast_model(NOWCAST_BATCH_HEADERS);

    for (uint64_t round = 0; round < 50; round++) {
        struct test_random random = test_random_init(test_seed(), round);
        struct synth synth = synth_init(&options, test_seed(), round);
        struct nowcast_state state = nowcast_start(&model, 1.0);
        struct nowcast_state kept;
        struct nowcast_state again;
        uint32_t fork = test_random_below(&random, 300);
        uint32_t height = 0;

        for (; height < fork; height++)
            nowcast_update(&state, &model, height, synth_next(&synth).u, 1e-6);
        kept = state;
        for (uint32_t i = test_random_below(&random, 20); i > 0; i--)
            nowcast_update(&state, &model, height + i, 1.0 + i, 1e-6);
        state = kept;
        again = kept;
        for (; height < fork + 20; height++) {
            double u = synth_next(&synth).u;

            nowcast_update(&state, &model, height, u, 1e-6);
            nowcast_update(&again, &model, height, u, 1e-6);
        }
        ck_assert_mem_eq(&state, &again, sizeof state);
    }
}
END_TEST

static void assert_sane(const struct nowcast_estimate *estimate)
{
    ck_assert(isfinite(estimate->mean) && isfinite(estimate->ehs));
    ck_assert(estimate->variance > 0.0 && isfinite(estimate->variance));
    ck_assert(estimate->walk > 0.0 && isfinite(estimate->memory));
    ck_assert(estimate->lo95 < estimate->ehs && estimate->ehs < estimate->hi95);
}

/* Zero intervals, a year of silence, difficulty times 4 and back, work from tidenet's to mainnet's.
 */
START_TEST(test_never_nan)
{
    for (uint64_t round = 0; round < 40; round++) {
        struct test_random random = test_random_init(test_seed(), 1000 + round);
        struct nowcast_model model = nowcast_model(round % 2 == 0 ? 6 : 1);
        double work = pow(10.0, -17.0 + test_random_below(&random, 30));
        struct nowcast_state state = nowcast_start(&model, work / 600.0);

        for (uint32_t height = 0; height < 5000; height++) {
            double seconds = pow(10.0, -3.0 + 11.0 * test_random_below(&random, 1000) / 1000.0);
            struct nowcast_estimate estimate;

            if (test_random_one_in(&random, 500))
                work *= test_random_one_in(&random, 2) ? 4.0 : 0.25;
            if (test_random_one_in(&random, 3))
                seconds = 0.0006;
            nowcast_update(&state, &model, height, seconds / work, 2e-5);
            if (height % 7 != 0)
                continue;
            estimate = nowcast_silent(&state, &model, seconds * 100.0 / work);
            assert_sane(&estimate);
            estimate = nowcast_widened(&estimate, state.filter[3]);
            assert_sane(&estimate);
        }
    }
}
END_TEST

/* Silence lowers the figure; as long as it is what is expected, hardly. */
START_TEST(test_silence)
{
    struct nowcast_model model = nowcast_model(1);
    struct nowcast_state state = nowcast_start(&model, 1.0);
    double last = nowcast_estimate(&state, &model).mean;

    for (double s = 0.5; s < 1000.0; s *= 2.0) {
        double mean = nowcast_silent(&state, &model, s).mean;

        ck_assert_double_lt(mean, last);
        last = mean;
    }
}
END_TEST

START_TEST(test_belief)
{
    struct nowcast_model model = nowcast_model(1);
    struct nowcast_state state = nowcast_start(&model, 900.0);
    struct nowcast_estimate estimate = nowcast_estimate(&state, &model);
    struct gamma_belief belief = nowcast_belief(&estimate);
    struct nowcast_estimate widened = nowcast_widened(&estimate, belief);

    ck_assert_double_eq_tol(gamma_log_mean(belief), estimate.mean, 1e-12);
    ck_assert_double_eq_tol(gamma_log_variance(belief) / estimate.variance, 1.0, 1e-9);
    ck_assert_double_eq_tol(widened.variance / estimate.variance, 1.0, 1e-9);
    belief.rate *= 2.0;
    widened = nowcast_widened(&estimate, belief);
    ck_assert_double_lt(widened.lo95, 0.5 * 900.0);
    ck_assert_double_gt(widened.hi95, 900.0);
    /* However far away, and however sure of itself, it takes nothing from the interval. */
    for (double off = 0.5; off < 2.0; off += 0.01) {
        struct gamma_belief other = {1e4, 1e4 / 900.0 * off};

        widened = nowcast_widened(&estimate, other);
        ck_assert_double_le(widened.lo95, estimate.lo95 * (1.0 + 1e-12));
        ck_assert_double_ge(widened.hi95, estimate.hi95 * (1.0 - 1e-12));
    }
}
END_TEST

START_TEST(test_drift)
{
    ck_assert_double_eq(nowcast_drift(0.0, 1.0), 0.0);
    ck_assert_double_eq(nowcast_drift(1.0, 0.0), 0.0);
    ck_assert_double_eq(nowcast_drift(1.0, 2.0), 0.0);
    assert_close(1e6 * nowcast_drift(1.6, 1.0), 1e6 * 0.75 * log(1.6) / 52416.0);
    assert_close(1e6 * nowcast_drift(100.0, 1.0), 1e6 * 0.75 * 1.2 / 52416.0);
}
END_TEST

#define SMOOTHED_BLOCKS 8650
/** Apart from each other by no whole number of batches. */
#define SMOOTHED_EVERY 145

START_TEST(test_smooth)
{
    struct synth_options options = {.rate_ehs = 500.0, .daily_sd = 0.015};
    struct nowcast_model model = nowcast_model(NOWCAST_BATCH_HEADERS);
    double u[SMOOTHED_BLOCKS];
    double truth[SMOOTHED_BLOCKS];
    struct nowcast_series series = {.count = SMOOTHED_BLOCKS, .u = u};
    double then = 0.0;
    double afterwards = 0.0;

    for (uint64_t round = 0; round < 50; round++) {
        struct synth synth = synth_init(&options, test_seed(), 77 + round);
        struct nowcast_state state = nowcast_start(&model, 500.0);
        struct nowcast_estimate estimate, smooth;
        struct nowcast_smoother *smoother;

        for (size_t i = 0; i < SMOOTHED_BLOCKS; i++) {
            struct synth_block block = synth_next(&synth);

            u[i] = block.u;
            truth[i] = block.log_rate;
        }
        smoother = nowcast_smoother_new(&model, &series);
        ck_assert_ptr_nonnull(smoother);
        for (uint32_t i = 0; i < SMOOTHED_BLOCKS; i++) {
            nowcast_update(&state, &model, i, u[i], 0.0);
            if (i % SMOOTHED_EVERY != 0 && i != SMOOTHED_BLOCKS - 1)
                continue;
            estimate = nowcast_estimate(&state, &model);
            smooth = nowcast_smoothed(smoother, &state, i);
            then += pow(estimate.mean - truth[i], 2);
            afterwards += pow(smooth.mean - truth[i], 2);
            assert_sane(&smooth);
        }
        /* At the end, afterwards is then. */
        ck_assert_double_eq(smooth.mean, estimate.mean);
        nowcast_smoother_free(smoother);
    }
    /* .56 with sd .034 (of its logarithm .06): seven of them. */
    ck_assert_double_lt(afterwards, 0.85 * then);
}
END_TEST

/* The same from the definition: all blocks after i, for that i alone. */
static struct nowcast_estimate smoothed_plainly(const struct nowcast_model *model,
                                                const struct nowcast_state *forward,
                                                const struct nowcast_series *series, size_t i)
{
    struct nowcast_state both = *forward;

    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        struct gamma_belief back = {0.0, 0.0};
        double score = 0.0;

        for (size_t k = series->count; k-- > i + 1;) {
            double sum = 0.0;

            for (size_t n = 0; n < model->batch && k - n > i; n++)
                sum += series->u[k - n];
            if ((series->first_height + k + 1) % model->batch == 0 && k >= i + model->batch &&
                series->count - 1 - k >= 30)
                score = model->forget * score + gamma_log_density_of_sum(back, model->batch, sum);
            back = gamma_discounted(gamma_after(back, series->u[k]), model->keep[j],
                                    exp(series->drift[k]));
        }
        both.filter[j].shape += back.shape;
        both.filter[j].rate += back.rate;
        both.score[j] += score;
    }
    return nowcast_estimate(&both, model);
}

#define PLAIN_BLOCKS 200

START_TEST(test_smoother_is_the_definition)
{
    struct test_random random = test_random_init(test_seed(), 0);
    struct nowcast_model model = nowcast_model(NOWCAST_BATCH_HEADERS);
    struct nowcast_state states[PLAIN_BLOCKS];
    double u[PLAIN_BLOCKS];
    double drift[PLAIN_BLOCKS];
    struct nowcast_series series = {.first_height = 4001, .u = u, .drift = drift};

    for (size_t i = 0; i < PLAIN_BLOCKS; i++) {
        u[i] = 1e-3 * (double)(1 + test_random_below(&random, 4000));
        drift[i] = 1e-6 * (double)test_random_below(&random, 20);
        states[i] = i > 0 ? states[i - 1] : nowcast_start(&model, 500.0);
        nowcast_update(&states[i], &model, 4001 + (uint32_t)i, u[i], drift[i]);
    }
    for (series.count = 0; series.count <= PLAIN_BLOCKS; series.count += 1 + series.count / 3) {
        struct nowcast_smoother *smoother = nowcast_smoother_new(&model, &series);

        ck_assert_ptr_nonnull(smoother);
        /* In order, then anywhere. */
        for (size_t n = 0; n < 2 * series.count; n++) {
            size_t i =
                n < series.count ? n : (size_t)test_random_below(&random, (uint32_t)series.count);
            struct nowcast_estimate smooth = nowcast_smoothed(smoother, &states[i], i);
            struct nowcast_estimate plain = smoothed_plainly(&model, &states[i], &series, i);

            assert_close(smooth.mean, plain.mean);
            assert_close(smooth.variance, plain.variance);
            assert_close(smooth.walk, plain.walk);
        }
        nowcast_smoother_free(smoother);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_psi,     test_filter_vectors, test_batch_vectors, test_bank_vectors,
        test_batches, test_restore,        test_never_nan,     test_silence,
        test_belief,  test_drift,          test_smooth,        test_smoother_is_the_definition,
    };

    return TEST_MAIN("nowcast", tests);
}
