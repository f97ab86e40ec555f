// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the rate of a window is unbiased and its 95 % interval covers the truth in
 * 95 % of cases, also where difficulty changes inside the window; where there is no figure, the
 * reason is given; a chain's windows are the same as each by itself.
 */
#include "config.h"

#include "analysis/window.h"
#include "chain/compact.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#define EXAHASH 1e18
#define SAMPLES_MAX 2017
#define LONGEST 6000

/* Blocks of one exahash each, a second apart. */
static void regular(struct window_sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = (struct window_sample){.time = 1e9 + (double)i, .work = EXAHASH};
}

/* Limits from sums of Poisson probabilities, with 40 digits. */
START_TEST(test_vectors)
{
    static const struct {
        uint32_t n;
        double lo, hi;
    } vectors[] = {
        {2, 0.2422092785439649, 5.5716433909388986},
        {3, 0.61867212289560129, 7.2246876677239608},
        {10, 4.7953886961324336, 17.08480345141917},
        {144, 121.44142119786546, 168.45193650053683},
        {2016, 1928.9487840223531, 2104.9454542870348},
    };
    struct window_sample samples[SAMPLES_MAX];

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        double n = vectors[i].n;
        struct window_estimate estimate;

        regular(samples, vectors[i].n + 1);
        estimate = window_hashrate(samples, vectors[i].n + 1, 50000, vectors[i].n);
        ck_assert_int_eq(estimate.status, WINDOW_OK);
        ck_assert_uint_eq(estimate.blocks, vectors[i].n);
        ck_assert_uint_eq(estimate.to_height, 50000);
        ck_assert_uint_eq(estimate.from_height, 50000 - vectors[i].n + 1);
        ck_assert_double_eq_tol(estimate.span_s, n, 1e-12);
        ck_assert_double_eq_tol(estimate.ehs, (n - 1) / n, 1e-12);
        ck_assert_double_eq_tol(estimate.lo95 * n / vectors[i].lo, 1.0, 1e-9);
        ck_assert_double_eq_tol(estimate.hi95 * n / vectors[i].hi, 1.0, 1e-9);
    }
}
END_TEST

/* For every length of a window the limits leave 2.5 % on either side. */
START_TEST(test_every_length)
{
    static struct window_sample samples[LONGEST + 1];

    regular(samples, LONGEST + 1);
    for (uint32_t n = 2; n <= LONGEST; n++) {
        struct window_estimate estimate = window_hashrate(samples, LONGEST + 1, LONGEST, n);

        ck_assert_double_eq_tol(gsl_cdf_gamma_P(estimate.lo95 * n, n, 1.0), 0.025, 1e-12);
        ck_assert_double_eq_tol(gsl_cdf_gamma_Q(estimate.hi95 * n, n, 1.0), 0.025, 1e-12);
    }
}
END_TEST

/* Work counts block by block: twice the work in twice the time is the same rate. */
START_TEST(test_work_of_each_block)
{
    struct window_sample samples[] = {
        {.time = 100, .work = 1 * EXAHASH}, {.time = 110, .work = 1 * EXAHASH},
        {.time = 130, .work = 2 * EXAHASH}, {.time = 170, .work = 4 * EXAHASH},
        {.time = 250, .work = 8 * EXAHASH},
    };
    struct window_estimate estimate = window_hashrate(samples, 5, 4, 4);

    ck_assert_double_eq_tol(estimate.ehs, 3.0 / 40.0, 1e-15);
    estimate = window_hashrate(samples, 5, 4, 2);
    ck_assert_double_eq_tol(estimate.ehs, 1.0 / 20.0, 1e-15);
    ck_assert_double_eq_tol(estimate.span_s, 120.0, 1e-12);
    ck_assert_uint_eq(estimate.from_height, 3);
}
END_TEST

/* A header stamped before its parent takes no time, and what follows counts from the parent. */
START_TEST(test_running_maximum)
{
    struct window_sample samples[] = {
        {.time = 5000, .work = EXAHASH}, {.time = 1000, .work = EXAHASH},
        {.time = 5010, .work = EXAHASH}, {.time = 5004, .work = EXAHASH},
        {.time = 5030, .work = EXAHASH},
    };
    struct window_estimate estimate = window_hashrate(samples, 5, 9, 3);

    ck_assert_double_eq_tol(estimate.span_s, 30.0, 1e-12);
    ck_assert_double_eq_tol(estimate.ehs, 2.0 / 30.0, 1e-15);
}
END_TEST

START_TEST(test_no_figure)
{
    struct window_sample samples[SAMPLES_MAX];
    struct window_estimate estimate;

    regular(samples, 10);
    estimate = window_hashrate(samples, 0, 0, 144);
    ck_assert_int_eq(estimate.status, WINDOW_TOO_FEW);
    estimate = window_hashrate(samples, 2, 1, 144);
    ck_assert_int_eq(estimate.status, WINDOW_TOO_FEW);
    ck_assert_double_eq(estimate.ehs, 0.0);
    ck_assert_str_ne(window_status_text(estimate.status), "");
    estimate = window_hashrate(samples, 10, 9, 1);
    ck_assert_int_eq(estimate.status, WINDOW_TOO_FEW);

    estimate = window_hashrate(samples, 3, 2, 144);
    ck_assert_int_eq(estimate.status, WINDOW_OK);
    ck_assert_uint_eq(estimate.blocks, 2);
    ck_assert_uint_eq(estimate.wanted, 144);
    ck_assert_str_eq(window_status_text(estimate.status), "");

    for (size_t i = 0; i < 10; i++)
        samples[i].time = 1e9;
    estimate = window_hashrate(samples, 10, 9, 144);
    ck_assert_int_eq(estimate.status, WINDOW_NO_TIME);
    ck_assert_double_eq(estimate.hi95, 0.0);
    ck_assert_str_ne(window_status_text(estimate.status), "");
}
END_TEST

static double exponential(struct test_random *random)
{
    return -log(((double)(test_random_u64(random) >> 11) + 0.5) * 0x1p-53);
}

/* Draws n intervals at this rate (EH/s), with a retarget somewhere, and estimates. */
static struct window_estimate simulated(struct test_random *random, double rate, uint32_t n)
{
    struct window_sample samples[SAMPLES_MAX];
    uint32_t retarget = test_random_below(random, n);

    samples[0] = (struct window_sample){.time = 0.0, .work = 600.0 * rate * EXAHASH};
    for (uint32_t i = 1; i <= n; i++) {
        double work = samples[i - 1].work * (i == retarget ? 1.3 : 1.0);

        samples[i].work = work;
        samples[i].time = samples[i - 1].time + exponential(random) * work / (rate * EXAHASH);
    }
    return window_hashrate(samples, n + 1, n, n);
}

/* Bounds lie 6.5 standard errors from the promise: by the binomial, one of the eight shares is
 * beyond once in 60 million runs. */
START_TEST(test_coverage)
{
    static const uint32_t lengths[] = {2, 20, 144, 600};
    const double rate = 900.0;
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 3000);

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint32_t n = lengths[i];
        struct test_random random = test_random_init(test_seed(), n);
        double error = 6.5 / sqrt((double)rounds);
        double sum = 0.0;
        size_t below = 0;
        size_t above = 0;

        for (size_t round = 0; round < rounds; round++) {
            struct window_estimate estimate = simulated(&random, rate, n);

            ck_assert_int_eq(estimate.status, WINDOW_OK);
            below += rate < estimate.lo95;
            above += rate > estimate.hi95;
            sum += estimate.ehs / rate;
        }
        ck_assert_double_eq_tol((double)below / (double)rounds, 0.025, 0.156 * error);
        ck_assert_double_eq_tol((double)above / (double)rounds, 0.025, 0.156 * error);
        /* (n-1)/S has mean H and relative spread 1/sqrt(n-2). */
        if (n > 2)
            ck_assert_double_eq_tol(sum / (double)rounds, 1.0, error / sqrt((double)n - 2));
    }
}
END_TEST

#define CHAIN_BLOCKS 700

/* What getnetworkhashps does, from the blocks themselves. */
static double core(const uint32_t *times, const uint32_t *bits, size_t i, uint32_t n)
{
    double earliest = times[i];
    double latest = times[i];
    double work = 0.0;

    for (size_t k = i - n; k <= i; k++) {
        earliest = fmin(earliest, times[k]);
        latest = fmax(latest, times[k]);
        work += k > i - n ? u256_to_double(compact_work(bits[k])) / EXAHASH : 0.0;
    }
    return latest > earliest ? work / (latest - earliest) : 0.0;
}

static void assert_same(double value, double wanted)
{
    ck_assert_msg(fabs(value - wanted) <= 1e-12 * fabs(wanted), "%.17g, not %.17g", value, wanted);
}

START_TEST(test_chain)
{
    static const uint32_t some_bits[] = {0x1d00ffff, 0x17034219, 0x207fffff, 0x1e7fffff};
    struct test_random random = test_random_init(test_seed(), 99);
    struct window_chain *chain = window_chain_new();
    struct window_sample samples[CHAIN_BLOCKS];
    uint32_t times[CHAIN_BLOCKS];
    uint32_t bits[CHAIN_BLOCKS];

    for (uint32_t i = 0; i < CHAIN_BLOCKS; i++) {
        /* Stamps that run backwards, that stand still, and one in two days ahead. */
        times[i] = 1700000000 + 600 * i + test_random_below(&random, 4000);
        if (test_random_one_in(&random, 2 * 144))
            times[i] += 7200;
        if (i > 0 && test_random_one_in(&random, 3))
            times[i] = times[i - 1];
        bits[i] = i == 0 || test_random_one_in(&random, 40)
                      ? some_bits[test_random_below(&random, 4)]
                      : bits[i - 1];
        samples[i] = (struct window_sample){times[i], compact_expected_hashes(bits[i])};
        ck_assert(window_chain_add(chain, times[i], bits[i]));
    }
    for (size_t round = 0; round < 500; round++) {
        size_t i = 2 + test_random_below(&random, CHAIN_BLOCKS - 2);
        uint32_t n = 2 + test_random_below(&random, (uint32_t)i - 1);
        struct window_estimate quick = window_chain_hashrate(chain, i, 1000, window_width(n));
        struct window_estimate plain =
            window_hashrate(samples + i - n, n + 1, 1000 + (uint32_t)i, n);

        ck_assert_int_eq(quick.status, plain.status);
        ck_assert_uint_eq(quick.blocks, plain.status == WINDOW_OK ? n : quick.blocks);
        ck_assert_uint_eq(quick.from_height, plain.from_height);
        ck_assert_uint_eq(quick.to_height, plain.to_height);
        ck_assert_double_eq(quick.span_s, plain.span_s);
        assert_same(quick.ehs, plain.ehs);
        assert_same(quick.lo95, plain.lo95);
        assert_same(quick.hi95, plain.hi95);
        assert_same(window_chain_core(chain, i, n), core(times, bits, i, n));
    }
    ck_assert_int_eq(window_chain_hashrate(chain, 1, 0, window_width(2)).status, WINDOW_TOO_FEW);
    window_chain_free(chain);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors,         test_every_length, test_work_of_each_block,
        test_running_maximum, test_no_figure,    test_coverage,
        test_chain,
    };

    return TEST_MAIN("window", tests);
}
