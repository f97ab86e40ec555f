// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools_level: filters the log-odds of a set of pools forwards, and draws them backwards
 * (Kitagawa 1987: a state space model that is not Gaussian, its densities held on a lattice).
 *
 * There is no chain that would have to converge: draws are independent, and exact but for the
 * lattice. Its step is a sixth of the smallest sd that an epoch's luck has; a draw is spread evenly
 * over its cell. One pass costs the sum over the epochs of the cells of each times those of the
 * next, some 3000 where an epoch has its 2016 blocks.
 */
#include "config.h"

#include "analysis/pools_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Cells to the sd of the luck of the epoch with most blocks. */
#define CELLS_PER_SD 6.0
/** An epoch's cells reach so many sds of its luck to either side: beyond lies 4e-6 of it. */
#define SDS 4.6
/** Chance that an epoch brings a change out of the ordinary, one in two years, and that change's
 *  sd: a set that falls to 140 from 340 EH/s of 1000, as in Fern, changes by .9 and comes back. */
#define JUMP_CHANCE 0.02
#define JUMP_SD 1.0

static double logit_sd(const struct pools_epoch *epoch)
{
    return sqrt(1.0 / (epoch->set + 0.5) + 1.0 / (epoch->all - epoch->set + 0.5));
}

static double logit(const struct pools_epoch *epoch)
{
    return log((epoch->set + 0.5) / (epoch->all - epoch->set + 0.5));
}

/* Finds each epoch's cells; returns how many there are together. */
static size_t lay_out(struct pools_level *level)
{
    size_t sum = 0;
    long least = 0;
    long most = 0;

    level->step = HUGE_VAL;
    for (size_t i = 0; i < level->n; i++)
        level->step = fmin(level->step, logit_sd(&level->epochs[i]) / CELLS_PER_SD);
    for (size_t i = 0; i < level->n; i++) {
        double middle = logit(&level->epochs[i]);
        double reach = SDS * logit_sd(&level->epochs[i]);
        long high = (long)ceil((middle + reach) / level->step);

        level->low[i] = (long)floor((middle - reach) / level->step);
        level->cells[i] = (size_t)(high - level->low[i] + 1);
        level->place[i] = sum;
        sum += level->cells[i];
        least = i == 0 || level->low[i] < least ? level->low[i] : least;
        most = i == 0 || high > most ? high : most;
        if (level->cells[i] > level->widest)
            level->widest = level->cells[i];
    }
    level->reach = (size_t)(most - least + 1);
    return sum;
}

/* Binomial, up to what no log-odds change. */
static void find_likelihood(struct pools_level *level, size_t i)
{
    const struct pools_epoch *epoch = &level->epochs[i];
    double peak = logit(epoch);
    double best = epoch->set * peak - epoch->all * log1p(exp(peak));

    for (size_t j = 0; j < level->cells[i]; j++) {
        double odds = (double)(level->low[i] + (long)j) * level->step;

        level->likelihood[level->place[i] + j] =
            exp(epoch->set * odds - epoch->all * log1p(exp(odds)) - best);
    }
}

bool pools_level_open(struct pools_level *out, const struct pools *pools)
{
    size_t n = pools->count;
    size_t sum = 0;

    *out = (struct pools_level){.epochs = pools->epochs, .n = n};
    out->low = calloc(n, sizeof *out->low);
    out->cells = calloc(n, sizeof *out->cells);
    out->place = calloc(n, sizeof *out->place);
    if (out->low == NULL || out->cells == NULL || out->place == NULL)
        return false;
    sum = lay_out(out);
    out->likelihood = malloc(sum * sizeof *out->likelihood);
    out->filtered = malloc(sum * sizeof *out->filtered);
    out->kernel = malloc(out->reach * sizeof *out->kernel);
    if (out->likelihood == NULL || out->filtered == NULL || out->kernel == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        find_likelihood(out, i);
    return true;
}

void pools_level_close(struct pools_level *level)
{
    free(level->low);
    free(level->cells);
    free(level->place);
    free(level->likelihood);
    free(level->filtered);
    free(level->kernel);
    *level = (struct pools_level){.n = 0};
}

/* Chance that a normal change of this sd is greater than x. */
static double normal_beyond(double x, double sd)
{
    return 0.5 * erfc(x / (sd * sqrt(2.0)));
}

/* Chance that a change over so many epochs is greater than x. */
static double beyond(double x, double sd, uint32_t gap)
{
    double jump = -expm1(gap * log1p(-JUMP_CHANCE));
    double ordinary = sd * sqrt((double)gap);

    return (1.0 - jump) * normal_beyond(x, ordinary) +
           jump * normal_beyond(x, sqrt(JUMP_SD * JUMP_SD + ordinary * ordinary));
}

static void make_kernel(struct pools_level *level, double sd, uint32_t gap)
{
    double near = 1.0 - beyond(0.5 * level->step, sd, gap);

    if (level->sd == sd && level->gap == gap)
        return;
    for (size_t d = 0; d < level->reach; d++) {
        double far = beyond(((double)d + 0.5) * level->step, sd, gap);

        level->kernel[d] = d == 0 ? 1.0 - 2.0 * far : near - far;
        near = far;
    }
    level->sd = sd;
    level->gap = gap;
}

static double kernel(const struct pools_level *level, long from, long to)
{
    return level->kernel[from < to ? to - from : from - to];
}

/* Makes values sum to 1; returns what they summed to. */
static double normalise(double *values, size_t count)
{
    double sum = 0.0;

    for (size_t j = 0; j < count; j++)
        sum += values[j];
    for (size_t j = 0; j < count; j++)
        values[j] /= sum;
    return sum;
}

/* What the epochs before say of epoch i, times what its own blocks do. */
static void step_forward(struct pools_level *level, size_t i)
{
    const double *before = level->filtered + level->place[i - 1];
    double *now = level->filtered + level->place[i];

    for (size_t j = 0; j < level->cells[i]; j++) {
        double sum = 0.0;

        for (size_t k = 0; k < level->cells[i - 1]; k++)
            sum += before[k] * kernel(level, level->low[i - 1] + (long)k, level->low[i] + (long)j);
        now[j] = sum * level->likelihood[level->place[i] + j];
    }
}

static uint32_t gap_before(const struct pools_level *level, size_t i)
{
    return level->epochs[i].epoch - level->epochs[i - 1].epoch;
}

double pools_level_fit(struct pools_level *level, double sd)
{
    double log_likelihood = 0.0;

    memcpy(level->filtered, level->likelihood, level->cells[0] * sizeof *level->filtered);
    for (size_t i = 0; i < level->n; i++) {
        if (i > 0) {
            make_kernel(level, sd, gap_before(level, i));
            step_forward(level, i);
        }
        log_likelihood += log(normalise(level->filtered + level->place[i], level->cells[i]));
    }
    return log_likelihood;
}

/* Likelihood of all epochs after one, by its cells. Both buffers have room for the widest. */
static void look_back(struct pools_level *level, double *out, double *later, size_t until)
{
    for (size_t j = 0; j < level->cells[level->n - 1]; j++)
        out[j] = 1.0;
    for (size_t i = level->n - 1; i > until; i--) {
        make_kernel(level, level->sd, gap_before(level, i));
        for (size_t k = 0; k < level->cells[i]; k++)
            later[k] = out[k] * level->likelihood[level->place[i] + k];
        (void)normalise(later, level->cells[i]);
        for (size_t j = 0; j < level->cells[i - 1]; j++) {
            out[j] = 0.0;
            for (size_t k = 0; k < level->cells[i]; k++)
                out[j] +=
                    later[k] * kernel(level, level->low[i - 1] + (long)j, level->low[i] + (long)k);
        }
    }
}

/* The cell that a share u of the whole falls to, by running sums. */
static size_t pick(const double *sums, size_t count, double u)
{
    size_t low = 0;
    size_t high = count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (sums[middle] > u * sums[count - 1])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Draws' cells in the epoch under way, and what they were chosen with. */
struct paths {
    size_t *cells;
    double *from, *to;
    size_t count;
    double *sums; /* row by row, one for each cell of the epoch after */
    struct random_stream *stream;
};

/* Running sums of what an epoch's cells weigh, for each cell that the next may be in. */
static void sum_up(double *sums, struct pools_level *level, size_t i)
{
    const double *filtered = level->filtered + level->place[i];

    make_kernel(level, level->sd, gap_before(level, i + 1));
    for (size_t k = 0; k < level->cells[i + 1]; k++) {
        double sum = 0.0;

        for (size_t j = 0; j < level->cells[i]; j++) {
            sum +=
                filtered[j] * kernel(level, level->low[i] + (long)j, level->low[i + 1] + (long)k);
            sums[k * level->widest + j] = sum;
        }
    }
}

/* The epoch from which draws go back: all that came before and after it is known. */
static void draw_last(struct paths *paths, struct pools_level *level, double *room, size_t last)
{
    const double *filtered = level->filtered + level->place[last];
    double sum = 0.0;

    look_back(level, room, room + level->widest, last);
    for (size_t j = 0; j < level->cells[last]; j++) {
        sum += filtered[j] * room[j];
        paths->sums[j] = sum;
    }
    for (size_t d = 0; d < paths->count; d++)
        paths->cells[d] = pick(paths->sums, level->cells[last], random_uniform(paths->stream));
}

/* Adds an epoch's log-odds to the ends that it is of. */
static void add_epoch(const struct paths *paths, const struct pools_level *level, size_t i,
                      const struct pools_ends *ends)
{
    for (size_t end = 0; end < 2; end++) {
        double *mean = end == 0 ? paths->from : paths->to;

        if (i < ends->first[end] || i >= ends->first[end] + ends->width)
            continue;
        for (size_t d = 0; d < paths->count; d++)
            mean[d] += ((double)(level->low[i] + (long)paths->cells[d]) +
                        random_uniform(paths->stream) - 0.5) *
                       level->step / (double)ends->width;
    }
}

bool pools_level_draw(struct pools_level *level, double *from, double *to, size_t count,
                      const struct pools_ends *ends, struct random_stream *stream)
{
    size_t last = ends->first[1] + ends->width - 1;
    struct paths paths = {.from = from, .to = to, .count = count, .stream = stream};
    double *room = malloc(2 * level->widest * sizeof *room);
    bool good;

    assert(count > 0);
    paths.cells = malloc(count * sizeof *paths.cells);
    paths.sums = malloc(level->widest * level->widest * sizeof *paths.sums);
    good = room != NULL && paths.cells != NULL && paths.sums != NULL;
    if (good) {
        for (size_t d = 0; d < count; d++)
            from[d] = to[d] = 0.0;
        draw_last(&paths, level, room, last);
        add_epoch(&paths, level, last, ends);
        for (size_t i = last; i-- > ends->first[0];) {
            sum_up(paths.sums, level, i);
            for (size_t d = 0; d < count; d++)
                paths.cells[d] = pick(paths.sums + paths.cells[d] * level->widest, level->cells[i],
                                      random_uniform(stream));
            add_epoch(&paths, level, i, ends);
        }
    }
    free(room);
    free(paths.cells);
    free(paths.sums);
    return good;
}
