// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * volatility_risen: has volatility risen between two periods? See volatility.h.
 *
 * Each question has a model with one sd of interest per period and others that are fitted along
 * ('nuisances'):
 *     WALK       the walk's sd; nothing else
 *     TRANSIENT  the transient's sd; each period's walk, one persistence
 *     CHANGES    the sd of changes net of luck, taken for independent and normal
 * The statistic is 2 (max ln L, both free - max ln L, both equal), 0 if the later sd is the
 * smaller. Its distribution is that of series simulated from the fit with equal sds, as long as the
 * real ones and with the same batches left out: no large-sample law is trusted, since sds near 0
 * break them.
 */
#include "config.h"

#include "analysis/gamma.h"
#include "analysis/order.h"
#include "analysis/random.h"
#include "analysis/volatility.h"
#include "analysis/volatility_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_BLOCKS 144.0
/** The level of which power is told. */
#define LEVEL 0.05
/** Least sd of changes that the search looks at: far below luck. */
#define CHANGES_MIN 1e-4
#define CHANGES_MAX 2.0

/** The two periods. */
struct pair {
    struct volatility_series before, after;
};

/** What was fitted: the sds of interest, and what a simulation needs. */
struct fitted {
    struct volatility_parts before, after;
    double interest_before, interest_after;
    double log_likelihood;
};

static double changes_log_likelihood(const struct volatility_series *series, double sd)
{
    double variance = sd * sd + 2.0 * gamma_psi1(series->batch);
    double sum = 0.0;

    for (size_t i = 1; i < series->count; i++) {
        double change =
            series->log_rate[i] - series->log_rate[i - 1] - series->drift * series->batch;

        if (!isnan(change))
            sum -= 0.5 * (log(2.0 * M_PI * variance) + change * change / variance);
    }
    return sum;
}

static double changes_limited(double x)
{
    return fmin(fmax(exp(x), CHANGES_MIN), CHANGES_MAX);
}

/* ---- objectives: coordinates to log likelihood; 'equal' ones have one sd of interest ---- */

static double walk_free(const void *data, const double *x)
{
    const struct pair *pair = data;
    struct volatility_parts before = {.daily_sd = volatility_parts_at(x[0], 0.0, 0.0).daily_sd};
    struct volatility_parts after = {.daily_sd = volatility_parts_at(x[1], 0.0, 0.0).daily_sd};

    return volatility_log_likelihood(&pair->before, &before) +
           volatility_log_likelihood(&pair->after, &after);
}

static double walk_equal(const void *data, const double *x)
{
    return walk_free(data, (const double[]){x[0], x[0]});
}

/* Coordinates: transients before and after, walks before and after, persistence. */
static double transient_free(const void *data, const double *x)
{
    const struct pair *pair = data;
    struct volatility_parts before = volatility_parts_at(x[2], x[0], x[4]);
    struct volatility_parts after = volatility_parts_at(x[3], x[1], x[4]);

    return volatility_log_likelihood(&pair->before, &before) +
           volatility_log_likelihood(&pair->after, &after);
}

/* Coordinates: transient, walks before and after, persistence. */
static double transient_equal(const void *data, const double *x)
{
    return transient_free(data, (const double[]){x[0], x[0], x[1], x[2], x[3]});
}

static double changes_free(const void *data, const double *x)
{
    const struct pair *pair = data;

    return changes_log_likelihood(&pair->before, changes_limited(x[0])) +
           changes_log_likelihood(&pair->after, changes_limited(x[1]));
}

static double changes_equal(const void *data, const double *x)
{
    return changes_free(data, (const double[]){x[0], x[0]});
}

/* ---- fits ---- */

/* A walk whose changes from batch to batch have this sd, for simulations: the changes of averages
 * over a batch have 2/3 of the walk's variance. */
static struct volatility_parts walk_with_changes(double sd, unsigned batch)
{
    return (struct volatility_parts){.daily_sd = sd * sqrt(1.5 * DAY_BLOCKS / batch)};
}

static struct fitted fit_walk(const struct pair *pair, bool equal)
{
    double x[2] = {log(VOLATILITY_START_SD), log(VOLATILITY_START_SD)};
    struct fitted fitted = {0};

    fitted.log_likelihood =
        volatility_search(x, equal ? 1 : 2, equal ? walk_equal : walk_free, pair);
    fitted.interest_before = volatility_parts_at(x[0], 0.0, 0.0).daily_sd;
    fitted.interest_after = volatility_parts_at(x[equal ? 0 : 1], 0.0, 0.0).daily_sd;
    fitted.before.daily_sd = fitted.interest_before;
    fitted.after.daily_sd = fitted.interest_after;
    return fitted;
}

static struct fitted fit_transient(const struct pair *pair, bool equal)
{
    const double walk = log(VOLATILITY_START_SD);
    const double transient = log(VOLATILITY_START_TRANSIENT);
    const double persistence = atanh(VOLATILITY_START_PERSISTENCE);
    double tied[4] = {transient, walk, walk, persistence};
    double x[5];
    struct fitted fitted = {0};

    fitted.log_likelihood = volatility_search(tied, 4, transient_equal, pair);
    memcpy(x, (const double[]){tied[0], tied[0], tied[1], tied[2], tied[3]}, sizeof x);
    if (!equal)
        fitted.log_likelihood = volatility_search(x, 5, transient_free, pair);
    fitted.before = volatility_parts_at(x[2], x[0], x[4]);
    fitted.after = volatility_parts_at(x[3], x[1], x[4]);
    fitted.interest_before = fitted.before.transient_sd;
    fitted.interest_after = fitted.after.transient_sd;
    return fitted;
}

static struct fitted fit_changes(const struct pair *pair, bool equal)
{
    double x[2] = {log(VOLATILITY_START_TRANSIENT), log(VOLATILITY_START_TRANSIENT)};
    struct fitted fitted = {0};

    fitted.log_likelihood =
        volatility_search(x, equal ? 1 : 2, equal ? changes_equal : changes_free, pair);
    fitted.interest_before = changes_limited(x[0]);
    fitted.interest_after = changes_limited(x[equal ? 0 : 1]);
    fitted.before = walk_with_changes(fitted.interest_before, pair->before.batch);
    fitted.after = walk_with_changes(fitted.interest_after, pair->after.batch);
    return fitted;
}

static struct fitted fit(const struct pair *pair, enum volatility_question question, bool equal)
{
    switch (question) {
    case VOLATILITY_WALK:
        return fit_walk(pair, equal);
    case VOLATILITY_TRANSIENT:
        return fit_transient(pair, equal);
    case VOLATILITY_CHANGES:
        return fit_changes(pair, equal);
    }
    assert(false);
    return (struct fitted){0};
}

/* The later period's parts, had the sd of interest been this many times as large. */
static struct volatility_parts grown(struct volatility_parts parts,
                                     enum volatility_question question, double times)
{
    if (question == VOLATILITY_TRANSIENT)
        parts.transient_sd *= times;
    else
        parts.daily_sd *= times;
    return parts;
}

static double statistic_of(const struct pair *pair, enum volatility_question question,
                           struct fitted *free_fit, struct fitted *equal_fit)
{
    *free_fit = fit(pair, question, false);
    *equal_fit = fit(pair, question, true);
    if (free_fit->interest_after <= free_fit->interest_before)
        return 0.0;
    return fmax(2.0 * (free_fit->log_likelihood - equal_fit->log_likelihood), 0.0);
}

/* ---- simulation ---- */

/* Fills y as the model has it, where like has batches. */
static void simulate(double *y, const struct volatility_series *like,
                     const struct volatility_parts *parts, struct random_stream *random)
{
    double walk_sd = parts->daily_sd * sqrt(like->batch / DAY_BLOCKS);
    double kick = parts->transient_sd * sqrt(1.0 - parts->persistence * parts->persistence);
    double transient = parts->transient_sd * random_normal(random);
    double level = 0.0;

    for (size_t i = 0; i < like->count; i++) {
        double step = walk_sd * random_normal(random);
        /* The walk's mean over the batch, given where it ends. */
        double mean = level + step / 2.0 + walk_sd / sqrt(12.0) * random_normal(random) +
                      like->drift * like->batch / 2.0;
        double rate = exp(mean + transient);

        y[i] = volatility_log_rate(random_gamma(random, like->batch) / rate, like->batch);
        if (isnan(like->log_rate[i]))
            y[i] = NAN;
        level += step + like->drift * like->batch;
        transient = parts->persistence * transient + kick * random_normal(random);
    }
}

/** Simulated pairs like a real one. */
struct bootstrap {
    const struct pair *like;
    struct pair made;
    double *y; /* of both */
    enum volatility_question question;
    const struct volatility_risen_options *options;
    struct random_stream random;
};

/* The statistic of one simulated pair whose later sd of interest is `times` the equal one. */
static double simulated_statistic(struct bootstrap *bootstrap, const struct fitted *equal,
                                  double times)
{
    struct volatility_parts after = grown(equal->after, bootstrap->question, times);
    struct fitted unused_free;
    struct fitted unused_equal;

    simulate(bootstrap->y, &bootstrap->like->before, &equal->before, &bootstrap->random);
    simulate(bootstrap->y + bootstrap->like->before.count, &bootstrap->like->after, &after,
             &bootstrap->random);
    if (bootstrap->options->each != NULL)
        bootstrap->options->each(bootstrap->options->context);
    return statistic_of(&bootstrap->made, bootstrap->question, &unused_free, &unused_equal);
}

static double share_above(struct bootstrap *bootstrap, const struct fitted *equal, double times,
                          double critical, unsigned rounds)
{
    unsigned above = 0;

    for (unsigned i = 0; i < rounds; i++)
        above += simulated_statistic(bootstrap, equal, times) > critical;
    return (double)above / rounds;
}

/* Fills p and power; null has room for the statistics of all rounds. */
static void judge(struct volatility_risen *out, struct bootstrap *bootstrap,
                  const struct fitted *equal, double *null, unsigned rounds)
{
    unsigned as_large = 0;
    double critical = 0.0;

    for (unsigned i = 0; i < rounds; i++) {
        null[i] = simulated_statistic(bootstrap, equal, 1.0);
        as_large += null[i] >= out->statistic;
    }
    qsort(null, rounds, sizeof *null, order_doubles);
    critical = null[(size_t)((1.0 - LEVEL) * rounds)];
    out->p = (as_large + 1.0) / (rounds + 1.0);
    out->power15 = share_above(bootstrap, equal, 1.5, critical, rounds);
    out->power20 = share_above(bootstrap, equal, 2.0, critical, rounds);
}

bool volatility_risen(struct volatility_risen *out, const struct volatility_series *before,
                      const struct volatility_series *after,
                      const struct volatility_risen_options *options)
{
    struct pair pair = {*before, *after};
    struct bootstrap bootstrap = {.like = &pair,
                                  .made = pair,
                                  .question = options->question,
                                  .options = options,
                                  .random = random_init(options->seed, 0)};
    double *null = NULL;
    struct fitted free_fit;
    struct fitted equal_fit;
    bool enough_memory = false;

    assert(before->batch == after->batch && options->rounds >= 19);
    if (volatility_batches(before) < VOLATILITY_LEAST ||
        volatility_batches(after) < VOLATILITY_LEAST)
        return false;
    bootstrap.y = malloc((before->count + after->count) * sizeof *bootstrap.y);
    null = malloc(options->rounds * sizeof *null);
    enough_memory = bootstrap.y != NULL && null != NULL;
    if (enough_memory) {
        bootstrap.made.before.log_rate = bootstrap.y;
        bootstrap.made.after.log_rate = bootstrap.y + before->count;
        out->statistic = statistic_of(&pair, options->question, &free_fit, &equal_fit);
        out->before = free_fit.interest_before;
        out->after = free_fit.interest_after;
        judge(out, &bootstrap, &equal_fit, null, options->rounds);
    }
    free(null);
    free(bootstrap.y);
    return enough_memory;
}
