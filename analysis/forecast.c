// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * forecast: see forecast.h.
 */
#include "config.h"

#include "analysis/forecast.h"

#include <assert.h>
#include <math.h>

/** What an epoch should take, by Bitcoin's rule, and how far a retarget may go. */
#define EPOCH_AIM_S 1209600.0
#define RATIO_MAX 4.0
#define SPACING_S 600.0
/** Blocks of the window that mempool.space looks at early in an epoch: a quarter of it. */
#define MEMPOOL_WINDOW 504
/** Tails of a 95 % interval, in units of the spacing of kept quantiles. */
#define TAIL95 0.025

static double clamped(double ratio)
{
    return fmin(fmax(ratio, 1.0 / RATIO_MAX), RATIO_MAX);
}

struct forecast forecast_make(const struct forecast_input *input)
{
    struct forecast forecast = {
        .work_eh = input->work_eh,
        .elapsed_s = input->elapsed_s,
        .to_come = FORECAST_INTERVALS - input->done,
    };
    double n = forecast.to_come;
    double shape = 0.0;

    assert(input->done <= FORECAST_INTERVALS);
    if (forecast.to_come == 0)
        return forecast;
    shape = gamma_psi1_inverse(input->log_variance + input->walk * n / 3.0);
    forecast.rate.shape = shape;
    forecast.rate.rate = exp(gamma_psi(shape) - input->log_mean - input->drift * n / 2.0);
    return forecast;
}

double forecast_seconds(const struct forecast *forecast, double p)
{
    double n = forecast->to_come;

    if (forecast->to_come == 0)
        return 0.0;
    return forecast->work_eh * forecast->rate.rate * (n / forecast->rate.shape) *
           gamma_ratio_quantile(n, forecast->rate.shape, p);
}

double forecast_ratio_after(const struct forecast *forecast, double seconds)
{
    double span = forecast->elapsed_s + seconds;

    /* Header times may make an epoch's span nothing or less; the rule then gives its largest step.
     */
    return span > 0.0 ? clamped(EPOCH_AIM_S / span) : RATIO_MAX;
}

double forecast_ratio(const struct forecast *forecast, double p)
{
    return forecast_ratio_after(forecast, forecast_seconds(forecast, 1.0 - p));
}

double forecast_kept_at(size_t i)
{
    return ((double)i + 0.5) / FORECAST_QUANTILES;
}

struct forecast_record forecast_ratio_record(const struct forecast *forecast)
{
    struct forecast_record record;

    for (size_t i = 0; i < FORECAST_QUANTILES; i++)
        record.quantile[i] = forecast_ratio(forecast, forecast_kept_at(i));
    return record;
}

/* Quantile p between two kept ones, by a straight line. */
static double kept_quantile(const struct forecast_record *record, double p)
{
    double at = p * FORECAST_QUANTILES - 0.5;
    size_t i = (size_t)at;

    return record->quantile[i] + (at - (double)i) * (record->quantile[i + 1] - record->quantile[i]);
}

double forecast_median(const struct forecast_record *record)
{
    return kept_quantile(record, 0.5);
}

void forecast_limits95(double *lo, double *hi, const struct forecast_record *record)
{
    *lo = kept_quantile(record, TAIL95);
    *hi = kept_quantile(record, 1.0 - TAIL95);
}

bool forecast_covers95(const struct forecast_record *record, double truth)
{
    double lo = 0.0;
    double hi = 0.0;

    forecast_limits95(&lo, &hi, record);
    return lo <= truth && truth <= hi;
}

double forecast_crps(const struct forecast_record *record, double truth)
{
    double sum = 0.0;

    for (size_t i = 0; i < FORECAST_QUANTILES; i++) {
        double over = record->quantile[i] - truth;

        sum += over > 0.0 ? (1.0 - forecast_kept_at(i)) * over : -forecast_kept_at(i) * over;
    }
    return 2.0 * sum / FORECAST_QUANTILES;
}

double forecast_linear(const struct forecast_past *past)
{
    if (past->done == 0)
        return 1.0;
    return past->elapsed_s > 0.0 ? clamped(SPACING_S * past->done / past->elapsed_s) : RATIO_MAX;
}

double forecast_mempool(const struct forecast_past *past)
{
    double blocks = past->done + 1.0;
    double span = past->elapsed_s;

    if (past->done < MEMPOOL_WINDOW - 1) {
        blocks = MEMPOOL_WINDOW;
        span += past->before_s * past->previous_ratio;
    }
    return span > 0.0 ? clamped(SPACING_S * blocks / span) : RATIO_MAX;
}
