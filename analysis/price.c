// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * price: see price.h. A mean is an integral of straight pieces, each of which is the mean of its
 * ends times its length.
 */
#include "config.h"

#include "analysis/price.h"

#include <assert.h>
#include <math.h>

/* Place of the last point at or before time; the first one's at least. */
static size_t place_before(const struct price_series *series, int64_t time)
{
    size_t low = 0;
    size_t high = series->count; /* points[low].time <= time < points[high].time */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (series->points[middle].time <= time)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ln price at a time in [points[i], points[i + 1]], or behind the last. */
static double log_within(const struct price_series *series, size_t i, int64_t time)
{
    const struct price_point *here = &series->points[i];
    const struct price_point *next = here + 1;

    if (i + 1 == series->count)
        return log(here->usd);
    return log(here->usd) + (log(next->usd) - log(here->usd)) * (double)(time - here->time) /
                                (double)(next->time - here->time);
}

/* Whether the piece behind point i rests on a reconstructed one, or is a guess itself. */
static bool piece_reconstructed(const struct price_series *series, size_t i)
{
    const struct price_point *here = &series->points[i];
    const struct price_point *next = here + 1;

    return here->reconstructed ||
           (i + 1 < series->count &&
            (next->reconstructed || next->time - here->time > PRICE_GAP_MAX_S));
}

bool price_log_at(struct price_mean *out, const struct price_series *series, int64_t time)
{
    size_t i = 0;
    bool at_point = false;

    if (series->count == 0 || time < series->points[0].time)
        return false;
    i = place_before(series, time);
    at_point = series->points[i].time == time;
    out->log_usd = log_within(series, i, time);
    out->held = i + 1 == series->count && !at_point ? 1.0 : 0.0;
    out->reconstructed =
        (at_point ? series->points[i].reconstructed : piece_reconstructed(series, i)) ? 1.0 : 0.0;
    return true;
}

bool price_mean_over(struct price_mean *out, const struct price_series *series, int64_t from,
                     int64_t to)
{
    struct price_mean sum = {0};
    double span = (double)(to - from);
    int64_t begin = from;

    assert(from < to);
    if (series->count == 0 || from < series->points[0].time)
        return false;
    for (size_t i = place_before(series, from); begin < to; i++) {
        bool last = i + 1 == series->count;
        int64_t end = last || series->points[i + 1].time > to ? to : series->points[i + 1].time;
        double share = (double)(end - begin) / span;

        sum.log_usd += share * 0.5 * (log_within(series, i, begin) + log_within(series, i, end));
        sum.reconstructed += piece_reconstructed(series, i) ? share : 0.0;
        sum.held += last ? share : 0.0;
        begin = end;
    }
    *out = sum;
    return true;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;

    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

void price_lagged(double out[PRICE_LAGS], const double *income, size_t at)
{
    static const size_t nearest[PRICE_LAGS] = {1, 4, 14};
    static const size_t farthest[PRICE_LAGS] = {3, 13, PRICE_LAG_EPOCHS};

    assert(at >= PRICE_LAG_EPOCHS);
    for (size_t k = 0; k < PRICE_LAGS; k++)
        out[k] = mean_of(income + at - farthest[k], farthest[k] - nearest[k] + 1);
}
