// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * price: what a bitcoin cost, as a series of points in time, and what the model of the hash rate
 * makes of it: one figure for each epoch, and its means over epochs that lie behind.
 *
 * Between two points the logarithm of the price runs straight. Behind the last point the price is
 * held, and the share of time for which that was done is told with every mean. Points are closes
 * that somebody quoted, or reconstructed from what else is known (from the hashprice, say). So is
 * the price between points that lie far apart, whatever these are.
 */
#ifndef HASHTIDE_ANALYSIS_PRICE_H
#define HASHTIDE_ANALYSIS_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Prices outside of these, in USD, are mistakes of whoever gives them. */
#define PRICE_LEAST_USD 0.001
#define PRICE_MOST_USD 1e9

/** Of two quoted points, the most between them: a price of each week is a series, two of a year and
 *  a line between them are a guess. */
#define PRICE_GAP_MAX_S (14 * 86400)

struct price_point {
    int64_t time; /* UNIX seconds */
    double usd;   /* from PRICE_LEAST_USD to PRICE_MOST_USD */
    bool reconstructed;
};

/** Points in strictly rising order of time, at least one. The series does not own them. */
struct price_series {
    const struct price_point *points;
    size_t count;
};

struct price_mean {
    double log_usd;       /* mean over time of ln price */
    double reconstructed; /* share of the time that rests on a reconstructed point, at either
                             end, or lies in a gap of more than PRICE_GAP_MAX_S */
    double held;          /* share of the time behind the last point; part of it may also be
                             reconstructed */
};

/** ln price at a moment, not before the first point (false, *out untouched). */
bool price_log_at(struct price_mean *out, const struct price_series *series, int64_t time);
/** Mean over [from, to), from < to, exact. False (*out untouched) where from is before the first
 *  point. Cost: the points within, and a search. */
bool price_mean_over(struct price_mean *out, const struct price_series *series, int64_t from,
                     int64_t to);

/** Lagged means: of epochs t-1 to t-3, t-4 to t-13, t-14 to t-39. */
#define PRICE_LAGS 3
/** Epochs that must lie before one, for its lagged means. */
#define PRICE_LAG_EPOCHS 39
/**
 * Z of an epoch, not centred: means of ln(price x subsidy) over epochs behind it. income: that of
 * all epochs in order, `at` the epoch's place, at >= PRICE_LAG_EPOCHS (asserted).
 */
void price_lagged(double out[PRICE_LAGS], const double *income, size_t at);

#endif
