// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools: the model. See pools.h; pools_table.c reads tables.
 *
 * The level's posterior precision is tridiagonal: prior 1 / (sd^2 gap) between neighbours, and the
 * observations on the diagonal. The first level is flat.
 */
#include "config.h"

#include "analysis/pools.h"

#include "analysis/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Grid of the switching noise, per epoch: from next to nothing to a tenth of the odds and more. */
#define GRID 24
#define GRID_LEAST 0.002
#define GRID_MOST 0.6
/** Draws of the answer: the ends of 90 % intervals are known to 2 % of their sd. */
#define DRAWS 20000
#define SEED 1

/** A series under one value of the noise. */
struct level {
    size_t n;
    double *diagonal; /* of the precision's LDL' */
    double *below;    /* L below the diagonal; below[0] unused */
    double *mean;
    double *scratch;
};

/** Mean and covariance of the two ends. */
struct ends {
    double log_weight;
    double mean[2];
    double var[2], cov;
};

double pools_luck(double blocks, double share)
{
    return sqrt(2.0 / (blocks * share * (1.0 - share)));
}

static double logit(const struct pools_epoch *epoch)
{
    return log((epoch->set + 0.5) / (epoch->all - epoch->set + 0.5));
}

static double logit_variance(const struct pools_epoch *epoch)
{
    return 1.0 / (epoch->set + 0.5) + 1.0 / (epoch->all - epoch->set + 0.5);
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

/* x becomes Q^-1 x. */
static void solve(const struct level *level, double *x)
{
    for (size_t i = 1; i < level->n; i++)
        x[i] -= level->below[i] * x[i - 1];
    for (size_t i = 0; i < level->n; i++)
        x[i] /= level->diagonal[i];
    for (size_t i = level->n - 1; i > 0; i--)
        x[i - 1] -= level->below[i] * x[i];
}

/* Factors the precision and finds the mean; returns the log marginal likelihood, but a constant. */
static double level_fit(struct level *level, const struct pools *pools, double sd)
{
    double log_density = 0.0;
    double fit = 0.0;

    for (size_t i = 0; i < level->n; i++) {
        double precision = 1.0 / logit_variance(&pools->epochs[i]);
        double z = logit(&pools->epochs[i]);

        level->diagonal[i] = precision;
        level->below[i] = 0.0;
        level->mean[i] = precision * z;
        log_density -= 0.5 * precision * z * z;
    }
    for (size_t i = 1; i < level->n; i++) {
        double gap = (double)(pools->epochs[i].epoch - pools->epochs[i - 1].epoch);
        double tie = 1.0 / (sd * sd * gap);

        level->diagonal[i - 1] += tie;
        level->diagonal[i] += tie;
        level->below[i] = -tie;
        log_density += 0.5 * log(tie);
    }
    for (size_t i = 1; i < level->n; i++) {
        double tie = level->below[i];

        level->below[i] = tie / level->diagonal[i - 1];
        level->diagonal[i] -= tie * level->below[i];
    }
    for (size_t i = 0; i < level->n; i++) {
        level->scratch[i] = level->mean[i];
        log_density -= 0.5 * log(level->diagonal[i]);
    }
    solve(level, level->mean);
    for (size_t i = 0; i < level->n; i++)
        fit += level->mean[i] * level->scratch[i];
    return log_density + 0.5 * fit;
}

static double mean_over(const double *values, size_t first, size_t width)
{
    double sum = 0.0;

    for (size_t i = first; i < first + width; i++)
        sum += values[i];
    return sum / (double)width;
}

/* Both ends under the noise that level was fitted with. */
static void level_ends(struct ends *out, struct level *level, const size_t first[2], size_t width)
{
    for (size_t end = 0; end < 2; end++) {
        out->mean[end] = mean_over(level->mean, first[end], width);
        for (size_t i = 0; i < level->n; i++)
            level->scratch[i] =
                i >= first[end] && i < first[end] + width ? 1.0 / (double)width : 0.0;
        solve(level, level->scratch);
        out->var[end] = mean_over(level->scratch, first[end], width);
        out->cov = mean_over(level->scratch, first[1 - end], width);
    }
}

static bool level_open(struct level *level, size_t n)
{
    double *room = calloc(4 * n, sizeof *room);

    *level = (struct level){.n = n, .diagonal = room};
    if (room != NULL) {
        level->below = room + n;
        level->mean = room + 2 * n;
        level->scratch = room + 3 * n;
    }
    return room != NULL;
}

/* The grid's weights become probabilities; returns the mean noise. */
static double weigh_grid(struct ends grid[GRID], const double sds[GRID])
{
    double most = grid[0].log_weight;
    double sum = 0.0;
    double mean = 0.0;

    for (size_t g = 1; g < GRID; g++)
        most = fmax(most, grid[g].log_weight);
    for (size_t g = 0; g < GRID; g++) {
        grid[g].log_weight = exp(grid[g].log_weight - most);
        sum += grid[g].log_weight;
    }
    for (size_t g = 0; g < GRID; g++) {
        grid[g].log_weight /= sum;
        mean += grid[g].log_weight * sds[g];
    }
    return mean;
}

static const struct ends *pick(const struct ends grid[GRID], double u)
{
    size_t g = 0;

    while (g + 1 < GRID && u >= grid[g].log_weight)
        u -= grid[g++].log_weight;
    return &grid[g];
}

static double share_of(double log_odds)
{
    return 1.0 / (1.0 + exp(-log_odds));
}

/* Draws of the six figures, one after the other in values. */
static void draw_all(double *values, const struct ends grid[GRID],
                     const struct pools_question *question, size_t width)
{
    struct random_stream stream = random_init(SEED, 0);
    double luck = 1.0 / sqrt((double)POOLS_EPOCH_BLOCKS * (double)width);

    for (size_t i = 0; i < DRAWS; i++) {
        const struct ends *ends = pick(grid, random_uniform(&stream));
        double sd = sqrt(ends->var[0]);
        double slope = ends->cov / ends->var[0];
        double own = sqrt(fmax(ends->var[1] - slope * ends->cov, 0.0));
        double first = sd * random_normal(&stream);
        double from = ends->mean[0] + first;
        double to = ends->mean[1] + slope * first + own * random_normal(&stream);
        double from_ehs = question->from_ehs * exp(luck * random_normal(&stream)) * share_of(from);
        double to_ehs = question->to_ehs * exp(luck * random_normal(&stream)) * share_of(to);

        values[i] = share_of(from);
        values[DRAWS + i] = share_of(to);
        values[2 * DRAWS + i] = to - from;
        values[3 * DRAWS + i] = -expm1(to - from);
        values[4 * DRAWS + i] = -expm1(to - from) * from_ehs;
        values[5 * DRAWS + i] = to_ehs - from_ehs;
    }
}

static bool summarise(struct pools_answer *out, const struct ends grid[GRID],
                      const struct pools_question *question)
{
    double *values = malloc((size_t)6 * DRAWS * sizeof *values);
    struct site_figure *const figures[6] = {&out->from_share, &out->to_share, &out->log_odds,
                                            &out->lost_share, &out->lost_ehs, &out->change_ehs};
    bool good = values != NULL;

    if (good)
        draw_all(values, grid, question, out->width);
    for (size_t i = 0; i < 6 && good; i++)
        good = site_figure_of(figures[i], values + i * DRAWS, NULL, DRAWS);
    free(values);
    return good;
}

bool pools_ask(struct pools_answer *out, const struct pools *pools,
               const struct pools_question *question)
{
    struct ends grid[GRID];
    double sds[GRID];
    struct level level;
    size_t first[2];
    bool good;

    assert(pools_fault(pools, question) == NULL);
    *out = (struct pools_answer){.width = question->width};
    pools_end(&first[0], &out->width, pools, question->from);
    pools_end(&first[1], &out->width, pools, question->to);
    out->from_first = first[0];
    out->to_first = first[1];
    if (!level_open(&level, pools->count))
        return false;
    for (size_t g = 0; g < GRID; g++) {
        sds[g] = GRID_LEAST * pow(GRID_MOST / GRID_LEAST, (double)g / (GRID - 1));
        /* The steps of the grid grow with sd, so that log(sd) makes the prior flat. */
        grid[g].log_weight = level_fit(&level, pools, sds[g]) + log(sds[g]);
        level_ends(&grid[g], &level, first, out->width);
    }
    free(level.diagonal);
    out->switching = weigh_grid(grid, sds);
    good = summarise(out, grid, question);
    if (good)
        out->luck = pools_luck((double)POOLS_EPOCH_BLOCKS * (double)out->width,
                               0.5 * (out->from_share.median + out->to_share.median));
    return good;
}
