// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * forecast: the next retarget, its size and its time, as distributions, at any point of an epoch.
 *
 * m blocks after the epoch's first, at elapsed time T since that block's header time, n = 2015 - m
 * intervals are still to come before difficulty is fixed. The nowcast (mean mu, variance v of the
 * log rate), its walk q and its drift d carried on over them give
 *     v2 = v + q n/3;  a = inverse trigamma(v2);  b = exp(psi(a) - mu - d n/2)
 *     S(p) = W b (n/a) F^-1(p; 2n, 2a)            time that the n intervals take
 *     ratio(p) = clamp(1209600 / (T + S(1-p)), 1/4, 4)
 * since a sum of n exponential intervals at a gamma rate is an F variable. The epoch's last block
 * fixes the ratio; the block after it is the first at the new difficulty.
 */
#ifndef HASHTIDE_ANALYSIS_FORECAST_H
#define HASHTIDE_ANALYSIS_FORECAST_H

#include "analysis/gamma.h"
#include "analysis/nowcast.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Intervals between an epoch's first and last block: those that the retarget measures. */
#define FORECAST_INTERVALS 2015

/** Where the epoch stands. */
struct forecast_input {
    double log_mean;     /* mu of the nowcast, ln EH/s; of nowcast_silent() while live */
    double log_variance; /* v */
    double walk;         /* q */
    double drift;        /* d per block */
    double work_eh;      /* W of this epoch's blocks, exahashes */
    double elapsed_s;    /* T: since the header time of the epoch's first block; 0 before it */
    uint32_t done;       /* m: blocks since the epoch's first, 0 to 2015 */
};

/** What is to come: a predictive distribution in closed form. */
struct forecast {
    struct gamma_belief
        rate; /* mean hash rate over the blocks to come; undefined if to_come is 0 */
    double work_eh;
    double elapsed_s;
    uint32_t to_come; /* n */
};

struct forecast forecast_make(const struct forecast_input *input);
/** Quantile p (0 < p < 1) of the ratio of new difficulty to old. Exact when nothing is to come. */
double forecast_ratio(const struct forecast *forecast, double p);
/** Quantile p of the seconds until the block that fixes the retarget; 0 when it is there. */
double forecast_seconds(const struct forecast *forecast, double p);

/** The ratio if that block comes in so many seconds: of quantile p of those, quantile 1 - p. */
double forecast_ratio_after(const struct forecast *forecast, double seconds);

/** Quantiles kept of a forecast so that it can be scored later: at (i + 1/2) / 100. */
#define FORECAST_QUANTILES 100

/** A forecast as it was made, whatever it was of. */
struct forecast_record {
    double quantile[FORECAST_QUANTILES];
};

/** Which quantile is kept at i. */
double forecast_kept_at(size_t i);
/** What is kept of the ratio's distribution. It costs a hundred quantiles, some 5 us each: for the
 *  moments of an epoch that are scored, not for every block. */
struct forecast_record forecast_ratio_record(const struct forecast *forecast);
/** Median, ends of the central 95 %, and whether truth lies in it (interpolated between quantiles).
 */
double forecast_median(const struct forecast_record *record);
void forecast_limits95(double *lo, double *hi, const struct forecast_record *record);
bool forecast_covers95(const struct forecast_record *record, double truth);
/** Continuous ranked probability score (Matheson and Winkler 1976) by the mean pinball loss of the
 *  quantiles: in the unit of the truth, 0 is perfect; of a point forecast it is the error. */
double forecast_crps(const struct forecast_record *record, double truth);

/** What others would say, for comparison. */
struct forecast_past {
    double elapsed_s; /* as forecast_input's */
    uint32_t done;    /* m */
    double before_s;  /* time of the 503 - m last blocks before this epoch; unused from m = 503 */
    double previous_ratio; /* the last retarget's */
};

/** The epoch's pace so far goes on: 600 m / T; 1 before the first interval. */
double forecast_linear(const struct forecast_past *past);
/** As mempool.space says: the pace of the last 504 blocks early on, rescaled by the last retarget,
 *  then of the epoch, counting the first block as an interval. */
double forecast_mempool(const struct forecast_past *past);

#endif
