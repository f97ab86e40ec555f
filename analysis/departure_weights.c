// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_weights: what the series makes of paths: importance weights, Bayes factor, kappa, and
 * figures with and without the series. See departure.h.
 */
#include "config.h"

#include "analysis/departure_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** e^700 is nearly the largest double: a Bayes factor stays finite. */
#define LOG_FACTOR_MOST 700.0
/** A departure is found when it is two standard errors away. */
#define FOUND_SDS 2.0

/* ---- schedules ---- */

void departure_schedule_fold(double *out, const struct departure_schedule *schedule,
                             const double *in, size_t n)
{
    size_t columns = schedule->columns;

    if (columns == 0)
        return;
    memcpy(out, in + schedule->begin, columns * sizeof *out);
    for (size_t i = schedule->begin + columns; i < n; i++)
        out[columns - 1] += in[i];
}

bool departure_schedule_init(struct departure_schedule *out, const struct departure_model *model,
                             size_t columns, size_t begin)
{
    size_t n = model->design.n;
    double *block = calloc(columns * (columns + 1) + columns + 1, sizeof *block);
    double *last;

    assert(begin + columns <= n);
    *out = (struct departure_schedule){.columns = columns, .begin = begin};
    if (block == NULL)
        return false;
    out->linear = block;
    out->square = block + columns;
    last = out->square + columns * columns;
    if (columns == 0)
        return true;
    departure_schedule_fold(out->linear, out, model->alpha, n);
    for (size_t j = 0; j < columns; j++)
        departure_schedule_fold(&out->square[j * columns], out, &model->inverse[(begin + j) * n],
                                n);
    /* The last row is the sum over all epochs that hold the last value. */
    for (size_t i = begin + columns; i < n; i++) {
        departure_schedule_fold(last, out, &model->inverse[i * n], n);
        for (size_t j = 0; j < columns; j++)
            out->square[(columns - 1) * columns + j] += last[j];
    }
    return true;
}

void departure_schedule_clear(struct departure_schedule *schedule)
{
    free(schedule->linear);
    *schedule = (struct departure_schedule){0};
}

/* d' square d, from its lower triangle. */
static double quadratic(const struct departure_schedule *schedule, const double *delta)
{
    size_t columns = schedule->columns;
    double sum = 0.0;

    for (size_t i = 0; i < columns; i++) {
        const double *row = &schedule->square[i * columns];

        sum += delta[i] * (2.0 * departure_dot(row, delta, i) + row[i] * delta[i]);
    }
    return sum;
}

double departure_schedule_log_weight(const struct departure_schedule *schedule, const double *delta)
{
    return -departure_dot(schedule->linear, delta, schedule->columns) -
           0.5 * quadratic(schedule, delta);
}

void departure_schedule_kappa(double *kappa, double *se, const struct departure_schedule *schedule,
                              const double *delta)
{
    double information = quadratic(schedule, delta);

    *kappa = *se = 0.0;
    if (!(information > 0.0) || !isfinite(1.0 / information))
        return;
    *kappa = -departure_dot(schedule->linear, delta, schedule->columns) / information;
    *se = 1.0 / sqrt(information);
}

double departure_log_mean(const double *log_weights, size_t count, double *relative)
{
    double most = log_weights[0];
    double sum = 0.0;
    double square = 0.0;
    double mean;

    for (size_t k = 1; k < count; k++)
        most = fmax(most, log_weights[k]);
    for (size_t k = 0; k < count; k++) {
        double weight = exp(log_weights[k] - most);

        sum += weight;
        square += weight * weight;
    }
    mean = sum / (double)count;
    if (relative != NULL)
        *relative = sqrt(fmax(square / (double)count - mean * mean, 0.0) / (double)count) / mean;
    return most + log(mean);
}

/* ---- a path of one's own ---- */

bool departure_test_path(struct departure_test *out, const struct departure_model *model,
                         const double *removed)
{
    const struct departure_design *design = &model->design;
    size_t n = design->n;
    double *delta = malloc(n * sizeof *delta);
    struct departure_schedule schedule;
    bool enough_memory = delta != NULL && departure_schedule_init(&schedule, model, n, 0);

    if (enough_memory) {
        for (size_t i = 0; i < n; i++)
            delta[i] = log1p(removed[i] / design->rate[i]);
        out->log_weight = departure_schedule_log_weight(&schedule, delta);
        departure_schedule_kappa(&out->kappa, &out->se, &schedule, delta);
        departure_schedule_clear(&schedule);
    }
    free(delta);
    return enough_memory;
}

/* ---- posterior ---- */

void departure_mean_delta(double *out, const struct departure_posterior *posterior)
{
    size_t columns = posterior->paths->epochs - posterior->paths->first;
    size_t draws = posterior->paths->draws;

    memset(out, 0, columns * sizeof *out);
    for (size_t k = 0; k < draws; k++)
        for (size_t j = 0; j < columns; j++)
            out[j] += posterior->delta[k * columns + j] / (double)draws;
}

static void take_deltas(struct departure_posterior *posterior)
{
    const struct site_paths *paths = posterior->paths;
    const double *rate = posterior->model->design.rate + paths->first;
    size_t columns = paths->epochs - paths->first;

    for (size_t k = 0; k < paths->draws; k++)
        for (size_t j = 0; j < columns; j++)
            posterior->delta[k * columns + j] = log1p(paths->net[k * columns + j] / rate[j]);
}

static void take_weights(struct departure_posterior *posterior,
                         const struct departure_schedule *schedule)
{
    size_t draws = posterior->paths->draws;
    double relative;
    double log_mean;
    double sum = 0.0;
    double square = 0.0;

    for (size_t k = 0; k < draws; k++)
        posterior->log_weights[k] =
            departure_schedule_log_weight(schedule, &posterior->delta[k * schedule->columns]);
    log_mean = departure_log_mean(posterior->log_weights, draws, &relative);
    for (size_t k = 0; k < draws; k++) {
        posterior->weights[k] = exp(posterior->log_weights[k] - log_mean) / (double)draws;
        sum += posterior->weights[k];
    }
    for (size_t k = 0; k < draws; k++) {
        posterior->weights[k] /= sum;
        square += posterior->weights[k] * posterior->weights[k];
    }
    posterior->ess = fmin(fmax(1.0 / square, 1.0), (double)draws);
    posterior->adds_nothing = posterior->ess / (double)draws > DEPARTURE_NOTHING_ADDED;
    posterior->bayes_factor = exp(fmin(log_mean, LOG_FACTOR_MOST));
    posterior->bayes_error = posterior->bayes_factor * relative;
}

/* Share of the network whose abrupt departure at this epoch would be seen. */
static double abrupt_share(const struct departure_model *model, size_t at)
{
    size_t n = model->design.n;
    double information = 0.0;

    for (size_t i = at; i < n; i++)
        for (size_t j = at; j < n; j++)
            information += model->inverse[i * n + j];
    return information > 0.0 ? -expm1(-FOUND_SDS / sqrt(information)) : 1.0;
}

/* What could be seen at all. */
static void take_limits(struct departure_posterior *posterior,
                        const struct departure_schedule *schedule, double *mean_delta)
{
    const struct departure_data *data = &posterior->model->design.data;
    size_t columns = schedule->columns;
    size_t year_ago;

    departure_mean_delta(mean_delta, posterior);
    departure_schedule_kappa(&posterior->kappa, &posterior->kappa_se, schedule, mean_delta);
    posterior->slow_share = 0.0;
    if (columns > 0)
        posterior->slow_share = -expm1(-FOUND_SDS * posterior->kappa_se * mean_delta[columns - 1]);
    if (!departure_find(&year_ago, data, data->epochs[data->count - 1].end - 1.0))
        year_ago = data->count / 2;
    posterior->abrupt_share = abrupt_share(posterior->model, year_ago);
}

struct departure_posterior *departure_posterior_new(const struct departure_model *model,
                                                    const struct site_paths *paths)
{
    struct departure_posterior *posterior = calloc(1, sizeof *posterior);
    size_t columns = paths->epochs - paths->first;
    double *mean_delta = malloc((columns + 1) * sizeof *mean_delta);
    struct departure_schedule schedule = {0};

    assert(paths->epochs == model->design.n);
    if (posterior == NULL || mean_delta == NULL)
        goto fail;
    posterior->model = model;
    posterior->paths = paths;
    posterior->weights = malloc(paths->draws * sizeof *posterior->weights);
    posterior->log_weights = malloc(paths->draws * sizeof *posterior->log_weights);
    posterior->delta = malloc((paths->draws * columns + 1) * sizeof *posterior->delta);
    if (posterior->weights == NULL || posterior->log_weights == NULL || posterior->delta == NULL ||
        !departure_schedule_init(&schedule, model, columns, paths->first))
        goto fail;
    take_deltas(posterior);
    take_weights(posterior, &schedule);
    take_limits(posterior, &schedule, mean_delta);
    departure_schedule_clear(&schedule);
    free(mean_delta);
    return posterior;
fail:
    free(mean_delta);
    departure_posterior_free(posterior);
    return NULL;
}

void departure_posterior_free(struct departure_posterior *posterior)
{
    if (posterior == NULL)
        return;
    free(posterior->weights);
    free(posterior->log_weights);
    free(posterior->delta);
    free(posterior);
}

double departure_posterior_weigh(struct departure_posterior *posterior, const double *weights)
{
    size_t draws = posterior->paths->draws;
    double sum = 0.0;
    double square = 0.0;

    for (size_t k = 0; k < draws; k++)
        sum += posterior->weights[k] * weights[k];
    for (size_t k = 0; k < draws; k++) {
        posterior->weights[k] = sum > 0.0 ? posterior->weights[k] * weights[k] / sum : weights[k];
        square += posterior->weights[k] * posterior->weights[k];
    }
    return fmin(fmax(1.0 / square, 1.0), (double)draws);
}

/* ---- figures ---- */

/* What a figure is made of: x EH/s removed, H observed. */
enum derived { DERIVED_REMOVED, DERIVED_COUNTERFACTUAL, DERIVED_SHARE };

static bool figure(struct site_figure *out, const struct departure_posterior *posterior,
                   enum site_measure measure, enum derived derived, size_t epoch, bool weighted)
{
    const struct site_paths *paths = posterior->paths;
    double observed = exp(posterior->model->design.data.epochs[epoch].log_rate);
    double *values = malloc(paths->draws * sizeof *values);
    bool enough_memory;

    if (values == NULL)
        return false;
    for (size_t k = 0; k < paths->draws; k++) {
        double removed = site_paths_at(paths, measure, k, epoch);

        values[k] = removed;
        if (derived == DERIVED_COUNTERFACTUAL)
            values[k] = observed + removed;
        else if (derived == DERIVED_SHARE)
            values[k] = removed / (observed + removed);
    }
    enough_memory = site_figure_of(out, values, weighted ? posterior->weights : NULL, paths->draws);
    free(values);
    return enough_memory;
}

bool departure_figure(struct site_figure *out, const struct departure_posterior *posterior,
                      enum site_measure measure, size_t epoch, bool weighted)
{
    return figure(out, posterior, measure, DERIVED_REMOVED, epoch, weighted);
}

bool departure_counterfactual(struct site_figure *out, const struct departure_posterior *posterior,
                              size_t epoch, bool weighted)
{
    return figure(out, posterior, SITE_NET, DERIVED_COUNTERFACTUAL, epoch, weighted);
}

bool departure_share(struct site_figure *out, const struct departure_posterior *posterior,
                     size_t epoch, bool weighted)
{
    return figure(out, posterior, SITE_NET, DERIVED_SHARE, epoch, weighted);
}
