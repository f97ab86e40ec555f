// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure: data, its faults, and the factored model. See departure.h.
 */
#include "config.h"

#include "analysis/departure.h"

#include "analysis/departure_internal.h"

#include <assert.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Log hash rates (EH/s) beyond these are no hash rates. */
#define LOG_RATE_MOST 60.0
/** Log prices beyond these are no prices. */
#define LOG_PRICE_MOST 60.0
#define EVENT_SD_MOST 5.0
/** Epochs may fail to touch by this much: dates are rounded when they are written. */
#define GAP_YEARS 1e-5

double departure_epoch_mid(const struct departure_epoch *epoch)
{
    return 0.5 * (epoch->start + epoch->end);
}

bool departure_price_terms(double out[DEPARTURE_PRICES], const double *log_reward, size_t index)
{
    /* Lags: from, to. */
    static const size_t lags[DEPARTURE_PRICES][2] = {{1, 3}, {4, 13}, {14, DEPARTURE_PRICE_LAGS}};
    bool known = index >= DEPARTURE_PRICE_LAGS;

    for (size_t k = 0; k < DEPARTURE_PRICES; k++) {
        double sum = 0.0;

        for (size_t lag = lags[k][0]; known && lag <= lags[k][1]; lag++)
            sum += log_reward[index - lag];
        out[k] = sum / (double)(lags[k][1] - lags[k][0] + 1);
        known = known && !isnan(sum);
    }
    for (size_t k = 0; !known && k < DEPARTURE_PRICES; k++)
        out[k] = NAN;
    return known;
}

double departure_overlap(const struct departure_epoch *epoch, const struct departure_event *event)
{
    double both = fmin(epoch->end, event->end) - fmax(epoch->start, event->start);

    return fmin(fmax(both / (epoch->end - epoch->start), 0.0), 1.0);
}

static const char *epoch_fault(const struct departure_epoch *epoch, bool price)
{
    if (!isfinite(epoch->start) || !isfinite(epoch->end) || epoch->end <= epoch->start)
        return "an epoch ends before it starts";
    if (!(fabs(epoch->log_rate) <= LOG_RATE_MOST))
        return "a hash rate is not a number, or absurd";
    if (!price)
        return NULL;
    for (size_t k = 0; k < DEPARTURE_PRICES; k++)
        if (!(fabs(epoch->price[k]) <= LOG_PRICE_MOST))
            return "a price is missing";
    if (!(epoch->price_error >= 0.0 && epoch->price_error <= 1.0))
        return "a price's error is out of range";
    return NULL;
}

static const char *event_fault(const struct departure_event *event)
{
    if (!isfinite(event->start) || !isfinite(event->end) || event->end <= event->start)
        return "an event ends before it starts";
    if (!(event->sd >= 0.0 && event->sd <= EVENT_SD_MOST))
        return "an event's sd is out of range";
    return NULL;
}

const char *departure_data_fault(const struct departure_data *data)
{
    const char *fault = NULL;

    if (data->count < DEPARTURE_LEAST)
        return "too few epochs";
    if (data->count > DEPARTURE_MOST)
        return "too many epochs";
    for (size_t i = 0; fault == NULL && i < data->count; i++) {
        fault = epoch_fault(&data->epochs[i], data->price);
        if (fault == NULL && i > 0 &&
            !(fabs(data->epochs[i].start - data->epochs[i - 1].end) <= GAP_YEARS))
            fault = "epochs do not follow one another";
    }
    for (size_t i = 0; fault == NULL && i < data->event_count; i++)
        fault = event_fault(&data->events[i]);
    return fault;
}

bool departure_find(size_t *out, const struct departure_data *data, double time)
{
    for (size_t i = 0; i < data->count; i++)
        if (time >= data->epochs[i].start && time < data->epochs[i].end) {
            *out = i;
            return true;
        }
    return false;
}

const char *departure_part_name(enum departure_part part)
{
    static const char *const names[DEPARTURE_PARTS] = {
        [DEPARTURE_LUCK] = "luck",           [DEPARTURE_PRICE] = "price",
        [DEPARTURE_SEASON] = "season",       [DEPARTURE_EVENTS] = "dated events",
        [DEPARTURE_TRANSIENT] = "transient", [DEPARTURE_AI] = "AI",
        [DEPARTURE_TREND] = "trend",         [DEPARTURE_UNEXPLAINED] = "unexplained",
    };

    assert(part < DEPARTURE_PARTS);
    return names[part];
}

/* ---- model ---- */

double departure_dot(const double *a, const double *b, size_t n)
{
    /* Four sums at once: one alone waits for itself. */
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

bool departure_factor(double *matrix, size_t n, const double *e, double *work,
                      double *log_determinant, double *quadratic)
{
    gsl_matrix_view view = gsl_matrix_view_array(matrix, n, n);
    gsl_vector_view solved = gsl_vector_view_array(work, n);

    if (gsl_linalg_cholesky_decomp1(&view.matrix) != GSL_SUCCESS)
        return false;
    memcpy(work, e, n * sizeof *work);
    if (gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, &view.matrix, &solved.vector) !=
        GSL_SUCCESS)
        return false;
    *log_determinant = 0.0;
    for (size_t i = 0; i < n; i++)
        *log_determinant += 2.0 * log(matrix[i * n + i]);
    *quadratic = departure_dot(work, work, n);
    return isfinite(*log_determinant) && isfinite(*quadratic);
}

void departure_solve(double *out, const struct departure_model *model, const double *in)
{
    size_t n = model->design.n;

    for (size_t i = 0; i < n; i++)
        out[i] = departure_dot(&model->inverse[i * n], in, n);
}

/* Ki from K, and what goes with it; scratch: n * n. */
static bool invert(struct departure_model *model, double *scratch)
{
    const struct departure_design *design = &model->design;
    size_t n = design->n;
    gsl_matrix_view view = gsl_matrix_view_array(model->inverse, n, n);

    departure_kernel_base(scratch, design);
    departure_kernel_fill(model->inverse, scratch, design, &model->scales);
    if (!departure_factor(model->inverse, n, design->e, model->alpha, &model->log_determinant,
                          &model->quadratic) ||
        gsl_linalg_cholesky_invert(&view.matrix) != GSL_SUCCESS)
        return false;
    departure_solve(model->alpha, model, design->e);
    return true;
}

struct departure_model *departure_model_new(const struct departure_data *data,
                                            const struct departure_scales *scales)
{
    struct departure_model *model = calloc(1, sizeof *model);
    size_t n = data->count;
    double *scratch = malloc(n * n * sizeof *scratch);
    bool done = false;

    assert(departure_data_fault(data) == NULL);
    if (model != NULL && scratch != NULL && departure_scales_sound(scales) &&
        departure_design_init(&model->design, data)) {
        model->scales = *scales;
        model->inverse = malloc(n * n * sizeof *model->inverse);
        model->alpha = malloc(n * sizeof *model->alpha);
        done = model->inverse != NULL && model->alpha != NULL && invert(model, scratch);
    }
    free(scratch);
    if (!done) {
        departure_model_free(model);
        return NULL;
    }
    return model;
}

void departure_model_free(struct departure_model *model)
{
    if (model == NULL)
        return;
    departure_design_clear(&model->design);
    free(model->inverse);
    free(model->alpha);
    free(model);
}

void departure_model_facts(struct departure_facts *out, const struct departure_model *model)
{
    const struct departure_design *design = &model->design;

    *out = (struct departure_facts){
        .count = design->n,
        .mean = design->mean,
        .log_determinant = model->log_determinant,
        .quadratic = model->quadratic,
    };
    for (size_t k = 0; k < DEPARTURE_PRICES; k++)
        out->elasticity[k] = DEPARTURE_ELASTICITY_SD * DEPARTURE_ELASTICITY_SD *
                             departure_dot(&design->price[k * design->n], model->alpha, design->n);
}

double departure_smooth_rate(const struct departure_model *model, size_t epoch)
{
    assert(epoch < model->design.n);
    return model->design.rate[epoch];
}

void departure_smoothed(double *out, const struct departure_model *model, enum departure_part part)
{
    if (part == DEPARTURE_AI)
        memset(out, 0, model->design.n * sizeof *out);
    else
        departure_kernel_apply(out, &model->design, &model->scales, part, model->alpha);
}
