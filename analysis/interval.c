// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * interval: see interval.h.
 */
#include "config.h"

#include "analysis/interval.h"

#include "chain/compact.h"

#include <assert.h>
#include <math.h>

double interval_work_eh(uint32_t bits)
{
    return compact_expected_hashes(bits) / INTERVAL_EXAHASH;
}

bool interval_next(struct interval *out, struct interval_clock *clock, double time_s,
                   double work_eh)
{
    bool measured = clock->running && !clock->broken;
    double before = clock->latest_s;

    assert(work_eh > 0.0);
    if (!clock->running || time_s > clock->latest_s || clock->broken)
        clock->latest_s = time_s;
    if (measured) {
        clock->count++;
        clock->negative += time_s < clock->previous_s;
        out->dt_s = fmax(clock->latest_s - before, INTERVAL_FLOOR_S);
        out->u = out->dt_s / work_eh;
    }
    clock->previous_s = time_s;
    clock->running = true;
    clock->broken = false;
    return measured;
}

void interval_break(struct interval_clock *clock)
{
    clock->broken = true;
}

double interval_negative_share(const struct interval_clock *clock)
{
    return clock->count > 0 ? (double)clock->negative / (double)clock->count : 0.0;
}

/** Parts of the range that values are first sent to. */
#define BUCKETS 256

/* Grows with x > 0; exponential values spread over the buckets about evenly. */
static size_t bucket_of(double x, double mean)
{
    size_t bucket = (size_t)(BUCKETS * (x / (x + mean)));

    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* Puts values into their buckets, in place: each is swapped to where its bucket has room. Returns
 * how many the fullest one holds, which is how far a value may still be from its place. */
static size_t distribute(double *x, size_t count, double mean)
{
    size_t next[BUCKETS] = {0};
    size_t end[BUCKETS];
    size_t sum = 0;
    size_t fullest = 0;

    for (size_t i = 0; i < count; i++)
        next[bucket_of(x[i], mean)]++;
    for (size_t b = 0; b < BUCKETS; b++) {
        size_t begin = sum;

        fullest = next[b] > fullest ? next[b] : fullest;
        sum += next[b];
        next[b] = begin;
        end[b] = sum;
    }
    for (size_t b = 0; b < BUCKETS; b++) {
        while (next[b] < end[b]) {
            double value = x[next[b]];
            size_t to = bucket_of(value, mean);

            x[next[b]] = x[next[to]];
            x[next[to]++] = value;
        }
    }
    return fullest;
}

/* Shell's sort with Ciura's gaps (2001), carried on by a factor of 2.25, after values are in about
 * their places: some thousand numbers in a fifth of the time that qsort() takes, which asks a
 * function for every comparison, and no values for which it takes much longer. */
static void sort(double *x, size_t count, double mean)
{
    static const size_t gaps[] = {776591, 345152, 153401, 68178, 30301, 13467, 5985, 2660, 1182,
                                  525,    301,    132,    57,    23,    10,    4,    1};

    size_t fullest = distribute(x, count, mean);

    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
        size_t gap = gaps[g];

        if (gap >= fullest && gap > 1)
            continue;
        for (size_t i = gap; i < count; i++) {
            double value = x[i];
            size_t k = i;

            for (; k >= gap && x[k - gap] > value; k -= gap)
                x[k] = x[k - gap];
            x[k] = value;
        }
    }
}

/* p-value of the modified statistic: four fitted pieces (D'Agostino and Stephens 1986). */
static double exponential_p(double z)
{
    if (z < 0.26)
        return 1.0 - exp(-12.2204 + 67.459 * z - 110.3 * z * z);
    if (z < 0.51)
        return 1.0 - exp(-6.1327 + 20.218 * z - 18.663 * z * z);
    if (z < 0.95)
        return exp(0.9209 - 3.353 * z + 0.300 * z * z);
    if (z < 10.03)
        return exp(0.731 - 3.009 * z + 0.15 * z * z);
    return 0.0;
}

/* 1 - e^-x; where it keeps its digits anyway, by the quicker way. */
static double exponential_below(double x)
{
    return x > 0.1 ? 1.0 - exp(-x) : -expm1(-x);
}

bool interval_exponential(struct interval_test *out, double *x, size_t count)
{
    double n = (double)count;
    double sum = 0.0;
    double weighted = 0.0;

    if (count < INTERVAL_TEST_LEAST)
        return false;
    for (size_t i = 0; i < count; i++) {
        assert(x[i] > 0.0);
        sum += x[i];
    }
    sort(x, count, sum / n);
    for (size_t i = 0; i < count; i++) {
        double low = x[i] * n / sum;
        double high = x[count - 1 - i] * n / sum;

        /* ln F of the i-th from below plus ln (1 - F) of the i-th from above. */
        weighted += (2.0 * (double)i + 1.0) * (log(exponential_below(low)) - high);
    }
    out->count = count;
    out->mean = sum / n;
    out->statistic = (-n - weighted / n) * (1.0 + 0.6 / n);
    out->p = exponential_p(out->statistic);
    return true;
}

double interval_silence_p(struct gamma_belief belief, double seconds, double work_eh)
{
    return exp(gamma_log_silence(belief, seconds / work_eh));
}

double interval_longest_p(double seconds, double mean_s, double count)
{
    /* As 1 - exp(n ln(1-q)), which keeps its digits where q is tiny. */
    return -expm1(count * log1p(-exp(-seconds / mean_s)));
}
