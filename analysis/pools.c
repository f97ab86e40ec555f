// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools: the answer. See pools.h; pools_level.c has the log-odds' posterior, pools_table.c reads
 * tables.
 */
#include "config.h"

#include "analysis/pools.h"

#include "analysis/pools_internal.h"
#include "analysis/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Grid of the switching noise, per epoch: from next to nothing to a tenth of the odds and more. */
#define GRID 24
#define GRID_LEAST 0.002
#define GRID_MOST 0.6
/** Draws of the answer: the ends of 90 % intervals are known to 2 % of its sd. */
#define DRAWS 10000
#define SEED 1

double pools_luck(double blocks, double share)
{
    return sqrt(2.0 / (blocks * share * (1.0 - share)));
}

void pools_end(size_t *first, size_t *width, const struct pools *pools, size_t place)
{
    size_t before;

    if (*width > pools->count)
        *width = pools->count;
    before = *width / 2;
    *first = place > before ? place - before : 0;
    if (*first + *width > pools->count)
        *first = pools->count - *width;
}

const char *pools_fault(const struct pools *pools, const struct pools_question *question)
{
    if (pools->count < POOLS_EPOCHS_LEAST)
        return "fewer than 8 epochs: how much the share wanders by itself cannot be known";
    if (pools->count > POOLS_EPOCHS_MOST)
        return "more than 2000 epochs";
    for (size_t i = 0; i < pools->count; i++) {
        if (pools->epochs[i].set < POOLS_BLOCKS_LEAST ||
            pools->epochs[i].all - pools->epochs[i].set < POOLS_BLOCKS_LEAST)
            return "an epoch in which the set, or the rest, found fewer than 20 blocks";
    }
    if (question->from >= question->to || question->to >= pools->count)
        return "the first epoch is not before the second, or not in the table";
    if (question->width == 0 || 2 * question->width > pools->count)
        return "too many epochs are averaged at each end";
    if (!(question->from_ehs > 0.0) || !(question->to_ehs > 0.0) ||
        !isfinite(question->from_ehs + question->to_ehs))
        return "the network's hash rate is not known";
    return NULL;
}

/* The grid's weights become probabilities; returns the mean noise. */
static double weigh_grid(double weights[GRID], const double sds[GRID])
{
    double most = weights[0];
    double sum = 0.0;
    double mean = 0.0;

    for (size_t g = 1; g < GRID; g++)
        most = fmax(most, weights[g]);
    for (size_t g = 0; g < GRID; g++) {
        weights[g] = exp(weights[g] - most);
        sum += weights[g];
    }
    for (size_t g = 0; g < GRID; g++) {
        weights[g] /= sum;
        mean += weights[g] * sds[g];
    }
    return mean;
}

static double share_of(double log_odds)
{
    return 1.0 / (1.0 + exp(-log_odds));
}

/* Draws of the six figures, one after the other in values; the first two hold the log-odds of both
 * ends. */
static void find_figures(double *values, const struct pools_question *question, size_t width,
                         struct random_stream *stream)
{
    double luck = 1.0 / sqrt((double)POOLS_EPOCH_BLOCKS * (double)width);

    for (size_t i = 0; i < DRAWS; i++) {
        double from = values[i];
        double to = values[DRAWS + i];
        double from_ehs = question->from_ehs * exp(luck * random_normal(stream)) * share_of(from);
        double to_ehs = question->to_ehs * exp(luck * random_normal(stream)) * share_of(to);

        values[i] = share_of(from);
        values[DRAWS + i] = share_of(to);
        values[2 * DRAWS + i] = to - from;
        values[3 * DRAWS + i] = -expm1(to - from);
        values[4 * DRAWS + i] = -expm1(to - from) * from_ehs;
        values[5 * DRAWS + i] = to_ehs - from_ehs;
    }
}

/* Log-odds of both ends; each noise of the grid has as many draws as it weighs. */
static bool draw_ends(double *from, double *to, struct pools_level *level,
                      const double weights[GRID], const double sds[GRID],
                      const struct pools_ends *ends, struct random_stream *stream)
{
    double weight = 0.0;
    size_t done = 0;

    for (size_t g = 0; g < GRID; g++) {
        size_t until = DRAWS;

        weight += weights[g];
        if (g + 1 < GRID)
            until = (size_t)fmin(floor(weight * DRAWS + 0.5), DRAWS);
        if (until <= done)
            continue;
        (void)pools_level_fit(level, sds[g]);
        if (!pools_level_draw(level, from + done, to + done, until - done, ends, stream))
            return false;
        done = until;
    }
    return true;
}

static bool answer(struct pools_answer *out, struct pools_level *level, double *values,
                   const struct pools_question *question)
{
    struct site_figure *const figures[6] = {&out->from_share, &out->to_share, &out->log_odds,
                                            &out->lost_share, &out->lost_ehs, &out->change_ehs};
    const struct pools_ends ends = {{out->from_first, out->to_first}, out->width};
    struct random_stream stream = random_init(SEED, 0);
    double weights[GRID];
    double sds[GRID];
    bool good;

    for (size_t g = 0; g < GRID; g++) {
        sds[g] = GRID_LEAST * pow(GRID_MOST / GRID_LEAST, (double)g / (GRID - 1));
        /* The steps of the grid grow with sd, so that log(sd) makes the prior flat. */
        weights[g] = pools_level_fit(level, sds[g]) + log(sds[g]);
    }
    out->switching = weigh_grid(weights, sds);
    good = draw_ends(values, values + DRAWS, level, weights, sds, &ends, &stream);
    if (good)
        find_figures(values, question, out->width, &stream);
    for (size_t i = 0; i < 6 && good; i++)
        good = site_figure_of(figures[i], values + i * DRAWS, NULL, DRAWS);
    if (good)
        out->luck = pools_luck((double)POOLS_EPOCH_BLOCKS * (double)out->width,
                               0.5 * (out->from_share.median + out->to_share.median));
    return good;
}

bool pools_ask(struct pools_answer *out, const struct pools *pools,
               const struct pools_question *question)
{
    struct pools_level level = {.n = 0};
    double *values = malloc((size_t)6 * DRAWS * sizeof *values);
    bool good;

    assert(pools_fault(pools, question) == NULL);
    *out = (struct pools_answer){.width = question->width};
    pools_end(&out->from_first, &out->width, pools, question->from);
    pools_end(&out->to_first, &out->width, pools, question->to);
    good =
        values != NULL && pools_level_open(&level, pools) && answer(out, &level, values, question);
    pools_level_close(&level);
    free(values);
    return good;
}
