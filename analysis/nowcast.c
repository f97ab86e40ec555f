// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nowcast: see nowcast.h.
 */
#include "config.h"

#include "analysis/nowcast.h"

#include "analysis/nowcast_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/** Centre of the prior on ln memory, ln 1000, and its standard deviation. 1,000 blocks suits a walk
 *  of 1.2 % a day, near what calm years show; one e-fold either way costs half a nat. */
#define MEMORY_LOG_LIKELY 6.907755278982137
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

/*
 * The filters' memories in blocks, log-spaced from 60 to 8,000, and their logs. They are written
 * out since a compiler that works out logs of constants itself may get another last digit than the
 * C library, and all figures with it.
 */
static const struct memory {
    double blocks;
    double log;
} memories[NOWCAST_FILTERS] = {
    {60.0, 4.0943445622221},
    {85.10059346174302, 4.4438340092535205},
    {120.70185012568096, 4.79332345628494},
    {171.19665129376352, 5.142812903316359},
    {242.81561039603918, 5.492302350347779},
    {344.3958757746385, 5.841791797379198},
    {488.47155690330766, 6.191281244410617},
    {692.8203230275509, 6.540770691442037},
    {982.6570108666847, 6.890260138473456},
    {1393.7449132349554, 7.2397495855048755},
    {1976.808654176337, 7.5892390325362955},
    {2803.79316051193, 7.938728479567715},
    {3976.741031725689, 8.288217926599135},
    {5640.383697392005, 8.637707373630553},
    {8000.0, 8.987196820661973},
};

/* x^n by multiplications alone: the same everywhere. */
static double power(double x, uint32_t n)
{
    double result = 1.0;

    for (; n > 0; n >>= 1) {
        if ((n & 1) != 0)
            result *= x;
        x *= x;
    }
    return result;
}

struct nowcast_model nowcast_model(uint32_t batch)
{
    struct nowcast_model model = {.batch = batch, .forget = power(SCORE_KEEP, batch)};

    assert(batch >= 1);
    for (int j = 0; j < NOWCAST_FILTERS; j++) {
        double off = (memories[j].log - MEMORY_LOG_LIKELY) / MEMORY_LOG_SD;

        model.keep[j] = 1.0 - 1.0 / memories[j].blocks;
        model.keep_batch[j] = power(model.keep[j], batch);
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

struct nowcast_estimate nowcast_mixture(const struct nowcast_model *model,
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
    return nowcast_mixture(model, belief, log_weight);
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
    /* The sd whose interval, moved as far, still holds the estimate's own. */
    double holds = sqrt(estimate->variance) + WIDEN_WEIGHT * fabs(apart) / Z95;

    variance = fmax(variance, holds * holds);
    return finished(estimate->mean + WIDEN_WEIGHT * apart, variance, estimate->walk);
}

void nowcast_limits(double *lo_ehs, double *hi_ehs, const struct nowcast_estimate *estimate,
                    double z)
{
    double half = z * sqrt(estimate->variance);

    *lo_ehs = exp(estimate->mean - half);
    *hi_ehs = exp(estimate->mean + half);
}
