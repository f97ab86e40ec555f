// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nowcast: see nowcast.h.
 */
#include "config.h"

#include "analysis/nowcast.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Memory of the shortest and the longest filter, in blocks. */
#define MEMORY_MIN 60.0
#define MEMORY_MAX 8000.0
/** The prior on ln memory: centre and standard deviation. 1,000 blocks suits a walk of 1.2 % a
 *  day, near what calm years show; one e-fold either way costs half a nat. */
#define MEMORY_LIKELY 1000.0
#define MEMORY_LOG_SD 1.0
/** What one block leaves of old scores: half is gone after 3,466 blocks, 24 days. */
#define SCORE_KEEP 0.9998
/** Evidence given to the rate at the start, in blocks: about what one epoch's mean is worth. */
#define START_SHAPE_MAX 400.0
/** Share of past growth that is expected to go on, and limits of that growth (log a year). */
#define DRIFT_SHARE 0.75
#define DRIFT_GROWTH_MAX 1.2
#define DRIFT_SPAN_BLOCKS (26.0 * 2016.0)
/** Half width of a 95 % normal interval. */
#define Z95 1.959963984540054
/** Weight of the detector's belief after an alarm: the filters have not seen what it saw, and a
 *  false alarm is as likely as not. */
#define WIDEN_WEIGHT 0.5

static double memory_of(int filter)
{
    double step = (log(MEMORY_MAX) - log(MEMORY_MIN)) / (NOWCAST_FILTERS - 1);

    return exp(log(MEMORY_MIN) + filter * step);
}

struct nowcast_model nowcast_model(uint32_t batch)
{
    struct nowcast_model model = {.batch = batch, .forget = pow(SCORE_KEEP, batch)};

    assert(batch >= 1);
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        double off = (log(memory_of(j)) - log(MEMORY_LIKELY)) / MEMORY_LOG_SD;

        model.keep[j] = 1.0 - 1.0 / memory_of(j);
        model.keep_batch[j] = pow(model.keep[j], batch);
        model.log_prior[j] = -0.5 * off * off;
    }
    return model;
}

struct nowcast_state nowcast_start(const struct nowcast_model *model, double rate_ehs)
{
    struct nowcast_state state;

    assert(rate_ehs > 0.0);
    memset(&state, 0, sizeof state);
    state.filled = NOWCAST_BROKEN;
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        double shape = fmin(START_SHAPE_MAX, 1.0 / (1.0 - model->keep[j]));

        state.filter[j] = (struct gamma_belief){shape, shape / rate_ehs};
        state.before[j] = state.filter[j];
    }
    return state;
}

double nowcast_drift(double rate_last, double rate_26_before)
{
    if (!(rate_last > 0.0 && rate_26_before > 0.0))
        return 0.0;
    return DRIFT_SHARE * fmin(fmax(log(rate_last / rate_26_before), 0.0), DRIFT_GROWTH_MAX) /
           DRIFT_SPAN_BLOCKS;
}

/* Scores the batch that this block completed. */
static void score_batch(struct nowcast_state *state, const struct nowcast_model *model,
                        double drift)
{
    double shrink = exp(-drift * model->batch);

    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        struct gamma_belief predicted =
            gamma_discounted(state->before[j], model->keep_batch[j], shrink);

        state->score[j] = model->forget * state->score[j] +
                          gamma_log_density_of_sum(predicted, model->batch, state->batch_sum);
    }
}

/* Position of the block within its batch; begins a new one at position 0. */
static void enter_batch(struct nowcast_state *state, uint32_t position)
{
    if (position == 0) {
        memcpy(state->before, state->filter, sizeof state->before);
        state->batch_sum = 0.0;
        state->filled = 0;
    }
    if (state->filled != position)
        state->filled = NOWCAST_BROKEN;
}

void nowcast_update(struct nowcast_state *state, const struct nowcast_model *model, uint32_t height,
                    double u, double drift)
{
    double shrink = exp(-drift);

    assert(u > 0.0);
    enter_batch(state, height % model->batch);
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        state->filter[j] =
            gamma_after(gamma_discounted(state->filter[j], model->keep[j], shrink), u);
    if (state->blocks < UINT32_MAX)
        state->blocks++;
    if (state->filled == NOWCAST_BROKEN)
        return;
    state->batch_sum += u;
    if (++state->filled == model->batch) {
        score_batch(state, model, drift);
        state->filled = NOWCAST_BROKEN;
    }
}

void nowcast_skip(struct nowcast_state *state)
{
    state->filled = NOWCAST_BROKEN;
}

/* Weights from unnormalised logs. */
static void normalise(double *weight, const double *log_weight)
{
    double top = log_weight[0];
    double sum = 0.0;

    for (int j = 1; j < NOWCAST_FILTERS; j++)
        top = fmax(top, log_weight[j]);
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        sum += weight[j] = exp(log_weight[j] - top);
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        weight[j] /= sum;
}

static struct nowcast_estimate finished(double mean, double variance, double walk)
{
    struct nowcast_estimate estimate = {.mean = mean, .variance = variance, .walk = walk};

    estimate.ehs = exp(mean);
    estimate.memory = 1.0 / sqrt(walk);
    nowcast_limits(&estimate.lo95, &estimate.hi95, &estimate, Z95);
    return estimate;
}

static struct nowcast_estimate mixture(const struct nowcast_model *model,
                                       const struct gamma_belief *belief, const double *log_weight)
{
    double weight[NOWCAST_FILTERS];
    double mean[NOWCAST_FILTERS];
    double mu = 0.0;
    double variance = 0.0;
    double walk = 0.0;

    normalise(weight, log_weight);
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        mean[j] = gamma_log_mean(belief[j]);
        mu += weight[j] * mean[j];
        walk += weight[j] * (1.0 - model->keep[j]) * (1.0 - model->keep[j]);
    }
    /* Around mu, not around 0: the same sum without its loss of digits. */
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        variance += weight[j] * (gamma_log_variance(belief[j]) + (mean[j] - mu) * (mean[j] - mu));
    return finished(mu, variance, walk);
}

struct nowcast_estimate nowcast_estimate(const struct nowcast_state *state,
                                         const struct nowcast_model *model)
{
    return nowcast_silent(state, model, 0.0);
}

struct nowcast_estimate nowcast_silent(const struct nowcast_state *state,
                                       const struct nowcast_model *model, double silence)
{
    struct gamma_belief belief[NOWCAST_FILTERS];
    double log_weight[NOWCAST_FILTERS];

    assert(silence >= 0.0);
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        log_weight[j] = model->log_prior[j] + state->score[j];
        belief[j] = state->filter[j];
        if (silence > 0.0) {
            log_weight[j] += gamma_log_silence(belief[j], silence);
            belief[j].rate += silence;
        }
    }
    return mixture(model, belief, log_weight);
}

struct gamma_belief nowcast_belief(const struct nowcast_estimate *estimate)
{
    double shape = gamma_psi1_inverse(estimate->variance);

    return (struct gamma_belief){shape, exp(gamma_psi(shape) - estimate->mean)};
}

struct nowcast_estimate nowcast_widened(const struct nowcast_estimate *estimate,
                                        struct gamma_belief since_change)
{
    double other = gamma_log_mean(since_change);
    double apart = other - estimate->mean;
    double variance = (1.0 - WIDEN_WEIGHT) * estimate->variance +
                      WIDEN_WEIGHT * gamma_log_variance(since_change) +
                      WIDEN_WEIGHT * (1.0 - WIDEN_WEIGHT) * apart * apart;

    return finished(estimate->mean + WIDEN_WEIGHT * apart, variance, estimate->walk);
}

void nowcast_limits(double *lo_ehs, double *hi_ehs, const struct nowcast_estimate *estimate,
                    double z)
{
    double half = z * sqrt(estimate->variance);

    *lo_ehs = exp(estimate->mean - half);
    *hi_ehs = exp(estimate->mean + half);
}

static double drift_at(const struct nowcast_series *series, size_t i)
{
    return series->drift != NULL ? series->drift[i] : 0.0;
}

/*
 * The filters that run backwards. Before block i they have seen the blocks after it. An empty
 * belief cannot be scored, so that scoring begins once they rest on a few blocks.
 */
struct backward {
    struct gamma_belief filter[NOWCAST_FILTERS];
    double score[NOWCAST_FILTERS];
    uint32_t blocks;
};

/** Blocks that a backward filter sees before it is scored. */
#define BACKWARD_SCORED_FROM 30

static void backward_score(struct backward *back, const struct nowcast_model *model, unsigned count,
                           double sum)
{
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        back->score[j] =
            model->forget * back->score[j] + gamma_log_density_of_sum(back->filter[j], count, sum);
}

static void backward_update(struct backward *back, const struct nowcast_model *model, double u,
                            double grow)
{
    for (int j = 0; j < NOWCAST_FILTERS; j++)
        back->filter[j] = gamma_discounted(gamma_after(back->filter[j], u), model->keep[j], grow);
    back->blocks++;
}

/* The estimate after the block whose forward state this is, and whose later blocks back has seen.
 */
static struct nowcast_estimate both_sides(const struct nowcast_model *model,
                                          const struct nowcast_state *state,
                                          const struct backward *back)
{
    struct gamma_belief belief[NOWCAST_FILTERS];
    double log_weight[NOWCAST_FILTERS];

    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        belief[j].shape = state->filter[j].shape + back->filter[j].shape;
        belief[j].rate = state->filter[j].rate + back->filter[j].rate;
        log_weight[j] = model->log_prior[j] + state->score[j] + back->score[j];
    }
    return mixture(model, belief, log_weight);
}

/* Takes the blocks of one batch, from end - 1 down to begin, into the backward filters. */
static void backward_batch(struct backward *back, const struct nowcast_model *model,
                           const struct nowcast_series *series, size_t begin, size_t end)
{
    double sum = 0.0;

    for (size_t i = begin; i < end; i++)
        sum += series->u[i];
    if (back->blocks >= BACKWARD_SCORED_FROM)
        backward_score(back, model, (unsigned)(end - begin), sum);
    for (size_t i = end; i-- > begin;)
        backward_update(back, model, series->u[i], exp(drift_at(series, i)));
}

/* Forward states at the end of each stride. */
static void forward_pass(struct nowcast_state *states, const struct nowcast_model *model,
                         const struct nowcast_state *start, const struct nowcast_series *series,
                         size_t stride)
{
    struct nowcast_state state = *start;

    for (size_t i = 0; i < series->count; i++) {
        nowcast_update(&state, model, series->first_height + (uint32_t)i, series->u[i],
                       drift_at(series, i));
        if ((i + 1) % stride == 0)
            states[i / stride] = state;
    }
}

size_t nowcast_smooth(struct nowcast_estimate *out, const struct nowcast_model *model,
                      const struct nowcast_state *start, const struct nowcast_series *series,
                      size_t stride)
{
    size_t points = stride > 0 ? series->count / stride : 0;
    struct nowcast_state *states = points > 0 ? malloc(points * sizeof *states) : NULL;
    struct backward back;
    size_t end = series->count;

    assert(stride > 0 && stride % model->batch == 0);
    if (states == NULL)
        return 0;
    memset(&back, 0, sizeof back);
    forward_pass(states, model, start, series, stride);
    for (size_t point = points; point-- > 0;) {
        size_t stop = (point + 1) * stride;

        while (end > stop) {
            size_t begin = end - stop > model->batch ? end - model->batch : stop;

            backward_batch(&back, model, series, begin, end);
            end = begin;
        }
        out[point] = both_sides(model, &states[point], &back);
    }
    free(states);
    return points;
}
