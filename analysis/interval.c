// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * interval: see interval.h.
 */
#include "config.h"

#include "analysis/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

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

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
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
    qsort(x, count, sizeof x[0], by_value);
    for (size_t i = 0; i < count; i++) {
        double low = x[i] * n / sum;
        double high = x[count - 1 - i] * n / sum;

        /* ln F of the i-th from below plus ln (1 - F) of the i-th from above. */
        weighted += (2.0 * (double)i + 1.0) * (log(-expm1(-low)) - high);
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
