// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_kernel: the design of a series and the parts of its covariance. See departure.h and
 * departure_internal.h.
 */
#include "config.h"

#include "analysis/departure_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Half of the running median's five epochs. */
#define MEDIAN_HALF 2
#define MEDIAN_EPOCHS (2 * MEDIAN_HALF + 1)

/* ---- design ---- */

static bool believed(const struct departure_data *data, const struct departure_event *event)
{
    return data->choice == DEPARTURE_EVENTS_ALL ||
           (data->choice == DEPARTURE_EVENTS_EXOGENOUS && event->exogenous);
}

static double *carve(double **rest, size_t count)
{
    double *part = *rest;

    *rest += count;
    return part;
}

/* Median of five by insertion; edge values repeat. */
static double smooth_rate(const struct departure_data *data, size_t epoch)
{
    double sorted[MEDIAN_EPOCHS];

    for (size_t i = 0; i < MEDIAN_EPOCHS; i++) {
        size_t at = epoch + i < MEDIAN_HALF ? 0 : epoch + i - MEDIAN_HALF;
        size_t place = i;
        double rate = data->epochs[at < data->count ? at : data->count - 1].log_rate;

        while (place > 0 && sorted[place - 1] > rate) {
            sorted[place] = sorted[place - 1];
            place--;
        }
        sorted[place] = rate;
    }
    return exp(sorted[MEDIAN_HALF]);
}

static void take_prices(struct departure_design *design)
{
    const struct departure_epoch *epochs = design->data.epochs;
    size_t n = design->n;

    for (size_t k = 0; k < DEPARTURE_PRICES; k++) {
        double mean = 0.0;

        for (size_t i = 0; i < n; i++)
            mean += epochs[i].price[k] / (double)n;
        for (size_t i = 0; i < n; i++)
            design->price[k * n + i] = epochs[i].price[k] - mean;
    }
    /* An epoch's price terms are wrong by the mean of its lagged prices' errors. Prices of epochs
     * before the series are taken for observed. */
    for (size_t i = 0; i < n; i++)
        for (size_t lag = 1; lag <= DEPARTURE_PRICE_LAGS && lag <= i; lag++) {
            size_t k = lag <= 3 ? 0 : lag <= 13 ? 1 : 2;
            double share = k == 0 ? 1.0 / 3.0 : k == 1 ? 1.0 / 10.0 : 1.0 / 26.0;

            design->price_error[k * n + i] += share * epochs[i - lag].price_error;
        }
}

static void take_seasons(struct departure_design *design)
{
    size_t n = design->n;

    for (size_t i = 0; i < n; i++) {
        double angle = 2.0 * M_PI * departure_epoch_mid(&design->data.epochs[i]);

        for (size_t h = 0; h < DEPARTURE_SEASONS / 2; h++) {
            design->season[2 * h * n + i] = cos((double)(h + 1) * angle);
            design->season[(2 * h + 1) * n + i] = sin((double)(h + 1) * angle);
        }
    }
}

static void take_events(struct departure_design *design)
{
    const struct departure_data *data = &design->data;
    size_t used = 0;

    for (size_t j = 0; j < data->event_count; j++) {
        if (!believed(data, &data->events[j]))
            continue;
        design->event_sd[used] = data->events[j].sd;
        for (size_t i = 0; i < design->n; i++)
            design->overlap[used * design->n + i] =
                departure_overlap(&data->epochs[i], &data->events[j]);
        used++;
    }
    design->events = used;
}

bool departure_design_init(struct departure_design *out, const struct departure_data *data)
{
    size_t n = data->count;
    size_t rows = 2 + 2 * DEPARTURE_PRICES + DEPARTURE_SEASONS + data->event_count;
    double *rest;

    memset(out, 0, sizeof *out);
    out->n = n;
    out->data = *data;
    out->block = calloc(rows * n + data->event_count, sizeof *out->block);
    if (out->block == NULL)
        return false;
    rest = out->block;
    out->e = carve(&rest, n);
    out->rate = carve(&rest, n);
    out->price = carve(&rest, DEPARTURE_PRICES * n);
    out->price_error = carve(&rest, DEPARTURE_PRICES * n);
    out->season = carve(&rest, DEPARTURE_SEASONS * n);
    out->overlap = carve(&rest, data->event_count * n);
    out->event_sd = carve(&rest, data->event_count);
    for (size_t i = 0; i < n; i++)
        out->mean += data->epochs[i].log_rate / (double)n;
    for (size_t i = 0; i < n; i++) {
        out->e[i] = data->epochs[i].log_rate - out->mean;
        out->rate[i] = smooth_rate(data, i);
    }
    if (data->price)
        take_prices(out);
    take_seasons(out);
    take_events(out);
    return true;
}

void departure_design_clear(struct departure_design *design)
{
    free(design->block);
    memset(design, 0, sizeof *design);
}

/* ---- the dense matrix ---- */

/* matrix += variance * column column', lower triangle. */
static void add_outer(double *matrix, size_t n, const double *column, double variance)
{
    for (size_t i = 0; i < n; i++) {
        double scaled = variance * column[i];

        for (size_t j = 0; scaled != 0.0 && j <= i; j++)
            matrix[i * n + j] += scaled * column[j];
    }
}

static void add_columns(double *matrix, size_t n, const double *columns, size_t count,
                        double variance)
{
    for (size_t k = 0; k < count; k++)
        add_outer(matrix, n, &columns[k * n], variance);
}

void departure_kernel_base(double *matrix, const struct departure_design *design)
{
    const double elasticity = DEPARTURE_ELASTICITY_SD * DEPARTURE_ELASTICITY_SD;
    size_t n = design->n;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            matrix[i * n + j] = DEPARTURE_START_SD * DEPARTURE_START_SD +
                                DEPARTURE_GROWTH_SD * DEPARTURE_GROWTH_SD * (double)i * (double)j;
    add_columns(matrix, n, design->price, DEPARTURE_PRICES, elasticity);
    add_columns(matrix, n, design->price_error, DEPARTURE_PRICES, elasticity);
    add_columns(matrix, n, design->season, DEPARTURE_SEASONS,
                DEPARTURE_SEASON_SD * DEPARTURE_SEASON_SD);
    for (size_t k = 0; k < design->events; k++) {
        const double *overlap = &design->overlap[k * n];
        double variance = design->event_sd[k] * design->event_sd[k];

        add_outer(matrix, n, overlap, DEPARTURE_EVENT_SHARED * variance);
        for (size_t i = 0; i < n; i++)
            matrix[i * n + i] += variance * overlap[i] * overlap[i];
    }
    for (size_t i = 0; i < n; i++) {
        matrix[i * n + i] += DEPARTURE_LUCK_VARIANCE;
        for (size_t j = 0; j < i; j++)
            matrix[j * n + i] = matrix[i * n + j];
    }
}

/* (L2 L2')_ij with m = min + 1 and d = |i - j|: sum of q (q + d) over q = 1..m. */
static double slope_product(size_t i, size_t j)
{
    double m = (double)((i < j ? i : j) + 1);
    double d = fabs((double)i - (double)j);

    return m * (m + 1.0) * (2.0 * m + 1.0) / 6.0 + d * m * (m + 1.0) / 2.0;
}

void departure_kernel_fill(double *matrix, const double *base,
                           const struct departure_design *design,
                           const struct departure_scales *scales)
{
    double level = scales->level * scales->level;
    double slope = scales->slope * scales->slope;
    size_t n = design->n;

    for (size_t i = 0; i < n; i++) {
        double passing = scales->transient * scales->transient;

        for (size_t j = i + 1; j-- > 0; passing *= scales->persistence) {
            double sum =
                base[i * n + j] + passing + level * (double)(j + 1) + slope * slope_product(i, j);

            matrix[i * n + j] = sum;
            matrix[j * n + i] = sum;
        }
    }
}

bool departure_scales_sound(const struct departure_scales *scales)
{
    return isfinite(scales->level) && scales->level >= 0.0 && isfinite(scales->slope) &&
           scales->slope >= 0.0 && isfinite(scales->transient) && scales->transient >= 0.0 &&
           fabs(scales->persistence) < 1.0;
}

/* ---- the parts, as operators ---- */

/* x <- L' x, then x <- L x. */
static void sum_backwards(double *x, size_t n)
{
    for (size_t i = n; i-- > 1;)
        x[i - 1] += x[i];
}

static void sum_forwards(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        x[i] += x[i - 1];
}

static void scale(double *x, size_t n, double factor)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

/* out += variance * column (column' in). */
static void apply_outer(double *out, const double *column, size_t n, double variance,
                        const double *in)
{
    double weight = variance * departure_dot(column, in, n);

    for (size_t i = 0; i < n; i++)
        out[i] += weight * column[i];
}

static void apply_columns(double *out, const double *columns, size_t count, size_t n,
                          double variance, const double *in)
{
    for (size_t k = 0; k < count; k++)
        apply_outer(out, &columns[k * n], n, variance, in);
}

static void apply_trend(double *out, size_t n, double slope, const double *in)
{
    double sum = 0.0;
    double moment = 0.0;

    memcpy(out, in, n * sizeof *out);
    sum_backwards(out, n);
    sum_backwards(out, n);
    sum_forwards(out, n);
    sum_forwards(out, n);
    scale(out, n, slope * slope);
    for (size_t i = 0; i < n; i++) {
        sum += in[i];
        moment += (double)i * in[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] += DEPARTURE_START_SD * DEPARTURE_START_SD * sum +
                  DEPARTURE_GROWTH_SD * DEPARTURE_GROWTH_SD * moment * (double)i;
}

static void apply_level(double *out, size_t n, double level, const double *in)
{
    memcpy(out, in, n * sizeof *out);
    sum_backwards(out, n);
    sum_forwards(out, n);
    scale(out, n, level * level);
}

/* phi^|i-j| is a sum from the left and one from the right. */
static void apply_transient(double *out, size_t n, double sd, double persistence, const double *in)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        sum = persistence * sum + in[i];
        out[i] = sum;
    }
    sum = 0.0;
    for (size_t i = n; i-- > 0;) {
        out[i] += persistence * sum;
        sum = persistence * sum + in[i];
    }
    scale(out, n, sd * sd);
}

static void apply_events(double *out, const struct departure_design *design, const double *in)
{
    size_t n = design->n;

    for (size_t k = 0; k < design->events; k++) {
        const double *overlap = &design->overlap[k * n];
        double variance = design->event_sd[k] * design->event_sd[k];

        apply_outer(out, overlap, n, DEPARTURE_EVENT_SHARED * variance, in);
        for (size_t i = 0; i < n; i++)
            out[i] += variance * overlap[i] * overlap[i] * in[i];
    }
}

void departure_kernel_apply(double *out, const struct departure_design *design,
                            const struct departure_scales *scales, enum departure_part part,
                            const double *in)
{
    const double elasticity = DEPARTURE_ELASTICITY_SD * DEPARTURE_ELASTICITY_SD;
    size_t n = design->n;

    memset(out, 0, n * sizeof *out);
    switch (part) {
    case DEPARTURE_TREND:
        apply_trend(out, n, scales->slope, in);
        return;
    case DEPARTURE_UNEXPLAINED:
        apply_level(out, n, scales->level, in);
        return;
    case DEPARTURE_TRANSIENT:
        apply_transient(out, n, scales->transient, scales->persistence, in);
        return;
    case DEPARTURE_PRICE:
        apply_columns(out, design->price, DEPARTURE_PRICES, n, elasticity, in);
        apply_columns(out, design->price_error, DEPARTURE_PRICES, n, elasticity, in);
        return;
    case DEPARTURE_SEASON:
        apply_columns(out, design->season, DEPARTURE_SEASONS, n,
                      DEPARTURE_SEASON_SD * DEPARTURE_SEASON_SD, in);
        return;
    case DEPARTURE_EVENTS:
        apply_events(out, design, in);
        return;
    case DEPARTURE_LUCK:
        memcpy(out, in, n * sizeof *out);
        scale(out, n, DEPARTURE_LUCK_VARIANCE);
        return;
    case DEPARTURE_AI:
    case DEPARTURE_PARTS:
        break;
    }
    assert(false);
}
