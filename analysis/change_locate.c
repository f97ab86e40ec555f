// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change_locate: onset and size of a change that was detected, and whether it was undone. See
 * change.h.
 *
 * Let block t be the first after the change, with n blocks of sum S from it on, and let the log
 * hash rate move by d there. The null's belief before t, Gamma(a, .), is made as wide as a random
 * walk of variance q per block leaves it: its own lag, 1/(2a) + q a/2, and the n blocks' wandering,
 * q n/3. It is moved by the growth that it does not know of, and widened because we do not know
 * that well either. With that belief, Gamma(A, B), the likelihood ratio of a change of d to none is
 *
 *     ln L(t, d) = n d - (A + n) ln((B + S e^d) / (B + S))
 *
 * Onsets are equally likely before looking. A size of at least |d| has chance s / (s + |d|), with
 * s = 0.12: half of all changes are smaller than that, and beyond it there is no scale. Sizes lie
 * on a grid of x = ln(1 + |d| / s), on which that prior is e^-x.
 */
#include "config.h"

#include "analysis/change.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Weight that lies outside the onset's interval, and outside the size's, on each side. */
#define ONSET_TAIL 0.025
#define SIZE_TAIL 0.05
/** Half width of the size's interval, if it were normal, in standard deviations. */
#define Z90 1.6448536269514722
/** Half of all changes of the log hash rate are smaller than this: s. */
#define SIZE_SCALE 0.12
/** No change of the log hash rate is larger than this: a factor of 1e8. */
#define LOG_SIZE_MAX 18.4
/** How well growth is known: 0.3 a year, as log rate per block. */
#define GROWTH_SD (0.3 / 52560.0)
/** Points of the grid of sizes, and how far it reaches on both sides of what an onset speaks for,
 *  in standard deviations. */
#define SIZES 96
#define SIZE_REACH 6.0
/** Onsets whose likelihood is this much below the best one's have no weight, nats. */
#define NEGLIGIBLE 15.0
/** A null with less evidence than this, in blocks, is taken back no further. */
#define LEAST_SHAPE 10.0

/** One possible onset: block i of the history is the first after the change. */
struct candidate {
    double blocks;            /* n */
    double sum;               /* S */
    struct gamma_belief base; /* Gamma(A, B) */
    double size, sd;          /* |d| where L is largest, held to the direction, and its spread */
    double peak;              /* ln L there */
    double weight;            /* mean of L over sizes, in units of e^top */
};

/** All of them, and the sizes. */
struct posterior {
    double sign; /* of the change */
    struct candidate *candidates;
    size_t count;
    double top;                  /* largest peak; once there is a grid, largest ln L on it */
    double x_from, x_step;       /* the grid: cells, of which the middle stands for all */
    double growth_factor[SIZES]; /* e^d of a cell */
    double log_size[SIZES];      /* d of a cell */
    double prior[SIZES];         /* its chance before looking */
    double weight[SIZES];        /* and after, all together 1 */
};

static double size_of(double x)
{
    return SIZE_SCALE * expm1(x);
}

static double log_likelihood(const struct candidate *candidate, double d, double factor)
{
    const struct gamma_belief *base = &candidate->base;
    double ratio = (base->rate + candidate->sum * factor) / (base->rate + candidate->sum);

    return candidate->blocks * d - (base->shape + candidate->blocks) * log(ratio);
}

/* The null as it was before the history's first block, or as far back as it can be taken; *start is
 * the index of the first block that it has not seen. */
static struct gamma_belief null_before(size_t *start, const struct change_verdict *verdict,
                                       const struct change_history *history)
{
    const double keep = 1.0 - 1.0 / CHANGE_MEMORY;
    struct gamma_belief null = verdict->base;

    for (*start = verdict->onset - history->first; *start > 0; --*start) {
        struct gamma_belief earlier = {(null.shape - 1.0) / keep,
                                       (null.rate - history->u[*start - 1]) / keep};

        if (earlier.shape < LEAST_SHAPE || earlier.rate <= 0.5 * null.rate)
            break;
        null = earlier;
    }
    return null;
}

/* The null's belief, as wide as it should be for n blocks to come. */
static struct gamma_belief widened(struct gamma_belief null, double n,
                                   const struct change_history *history)
{
    double age = null.shape + 0.5 * n; /* of the null's evidence when seen from the n blocks' */
    double variance = 0.5 / null.shape + 0.5 * history->walk * null.shape +
                      history->walk * n / 3.0 + GROWTH_SD * GROWTH_SD * age * age;
    double mean = gamma_log_mean(null) + history->growth * age;
    double shape = gamma_psi1_inverse(variance);

    return (struct gamma_belief){shape, exp(gamma_psi(shape) - mean)};
}

/* Where a candidate's likelihood is largest: e^d = n B / (A S). */
static void find_peak(struct candidate *candidate, double sign)
{
    double d =
        log(candidate->blocks * candidate->base.rate / (candidate->base.shape * candidate->sum));

    candidate->size = fmin(fmax(sign * d, 0.0), LOG_SIZE_MAX);
    candidate->sd = sqrt(gamma_psi1(candidate->base.shape) + gamma_psi1(candidate->blocks));
    d = sign * candidate->size;
    candidate->peak = log_likelihood(candidate, d, exp(d));
}

/* All onsets from `start` to the alarm. */
static void fill(struct posterior *posterior, struct gamma_belief null, size_t start,
                 const struct change_history *history)
{
    const double keep = 1.0 - 1.0 / CHANGE_MEMORY;
    double sum = 0.0;

    for (size_t i = history->count; i-- > start;) {
        sum += history->u[i];
        if (i - start < posterior->count)
            posterior->candidates[i - start].sum = sum;
    }
    posterior->top = -HUGE_VAL;
    for (size_t i = 0; i < posterior->count; i++) {
        struct candidate *candidate = &posterior->candidates[i];

        candidate->blocks = (double)(history->count - start - i);
        candidate->base = widened(null, candidate->blocks, history);
        find_peak(candidate, posterior->sign);
        posterior->top = fmax(posterior->top, candidate->peak);
        null = gamma_after(gamma_discounted(null, keep, 1.0), history->u[start + i]);
    }
}

static bool matters(const struct posterior *posterior, const struct candidate *candidate)
{
    return candidate->peak > posterior->top - NEGLIGIBLE;
}

/* The grid covers all that onsets which matter speak for. */
static void make_grid(struct posterior *posterior)
{
    double least = LOG_SIZE_MAX;
    double most = 0.0;
    double x_to = 0.0;

    for (size_t i = 0; i < posterior->count; i++) {
        const struct candidate *candidate = &posterior->candidates[i];

        if (!matters(posterior, candidate))
            continue;
        least = fmin(least, candidate->size - SIZE_REACH * candidate->sd);
        most = fmax(most, candidate->size + SIZE_REACH * candidate->sd);
    }
    posterior->x_from = log1p(fmax(least, 0.0) / SIZE_SCALE);
    x_to = log1p(fmin(most, LOG_SIZE_MAX) / SIZE_SCALE);
    posterior->x_step = (x_to - posterior->x_from) / SIZES;
    for (int i = 0; i < SIZES; i++) {
        double x = posterior->x_from + posterior->x_step * (i + 0.5);

        posterior->log_size[i] = posterior->sign * size_of(x);
        posterior->growth_factor[i] = exp(posterior->log_size[i]);
        posterior->prior[i] = exp(-x) * posterior->x_step;
    }
}

/* The largest ln L of a candidate on the grid. It has one peak, so a cell beside that one is the
 * cell that counts. */
static double grid_peak(const struct posterior *posterior, const struct candidate *candidate)
{
    double x = log1p(candidate->size / SIZE_SCALE);
    double cell = (x - posterior->x_from) / posterior->x_step - 0.5;
    int below = (int)fmin(fmax(floor(cell), 0.0), SIZES - 2.0);
    double peak = -HUGE_VAL;

    for (int k = below; k <= below + 1; k++)
        peak = fmax(peak,
                    log_likelihood(candidate, posterior->log_size[k], posterior->growth_factor[k]));
    return peak;
}

/* Weights are told in units of the largest one that is there. Peaks may lie between cells, or at an
 * end of the grid where likelihoods are steep: by their units all weights could vanish. */
static double grid_top(const struct posterior *posterior)
{
    double top = -HUGE_VAL;

    for (size_t i = 0; i < posterior->count; i++)
        if (matters(posterior, &posterior->candidates[i]))
            top = fmax(top, grid_peak(posterior, &posterior->candidates[i]));
    return top;
}

/* Weights of onsets and of sizes; the sum of the onsets'. */
static double weigh(struct posterior *posterior)
{
    double top = grid_top(posterior);
    double total = 0.0;

    for (int k = 0; k < SIZES; k++)
        posterior->weight[k] = 0.0;
    for (size_t i = 0; i < posterior->count; i++) {
        struct candidate *candidate = &posterior->candidates[i];

        candidate->weight = 0.0;
        if (!matters(posterior, candidate))
            continue;
        for (int k = 0; k < SIZES; k++) {
            double l =
                log_likelihood(candidate, posterior->log_size[k], posterior->growth_factor[k]);
            double weight = posterior->prior[k] * exp(l - top);

            candidate->weight += weight;
            posterior->weight[k] += weight;
        }
        total += candidate->weight;
    }
    posterior->top = top;
    return total;
}

static size_t onset_quantile(const struct posterior *posterior, double p)
{
    double passed = 0.0;

    for (size_t i = 0; i < posterior->count; i++) {
        passed += posterior->candidates[i].weight;
        if (passed >= p)
            return i;
    }
    return posterior->count - 1;
}

static size_t best_onset(const struct posterior *posterior)
{
    size_t best = 0;

    for (size_t i = 1; i < posterior->count; i++)
        if (posterior->candidates[i].weight > posterior->candidates[best].weight)
            best = i;
    return best;
}

/* The size |d| below which weight p lies, of `total`. */
static double size_quantile(const struct posterior *posterior, double p)
{
    double passed = 0.0;
    int k = 0;

    while (k < SIZES - 1 && passed + posterior->weight[k] < p)
        passed += posterior->weight[k++];
    p = fmin((p - passed) / fmax(posterior->weight[k], 1e-300), 1.0);
    return size_of(posterior->x_from + posterior->x_step * (k + p));
}

/* total: sum of all weights, > 0. */
static void summarise(struct change_extent *out, const struct posterior *posterior, uint32_t first,
                      double total)
{
    double near = size_quantile(posterior, SIZE_TAIL * total);
    double far = size_quantile(posterior, (1.0 - SIZE_TAIL) * total);
    size_t best = best_onset(posterior);
    size_t lo = onset_quantile(posterior, ONSET_TAIL * total);
    size_t hi = onset_quantile(posterior, (1.0 - ONSET_TAIL) * total);

    /* Where many onsets are equally likely, the best one may lie at an end. */
    out->onset = first + (uint32_t)best;
    out->onset_lo = first + (uint32_t)(lo < best ? lo : best);
    out->onset_hi = first + (uint32_t)(hi > best ? hi : best);
    out->log_size = posterior->sign * size_quantile(posterior, 0.5 * total);
    out->log_size_lo = posterior->sign > 0.0 ? near : -far;
    out->log_size_hi = posterior->sign > 0.0 ? far : -near;
    out->log_evidence = posterior->top + log(total / (double)posterior->count);
}

bool change_locate(struct change_extent *out, enum change_direction direction,
                   const struct change_verdict *verdict, const struct change_history *history)
{
    struct posterior posterior = {.sign = direction == CHANGE_FALL ? -1.0 : 1.0};
    struct gamma_belief null;
    size_t start = 0;
    double total = 0.0;

    assert(history->first <= verdict->onset && verdict->onset <= history->alarm);
    assert(history->count > history->alarm - history->first);
    null = null_before(&start, verdict, history);
    posterior.count = history->alarm - history->first + 1 - start;
    posterior.candidates = malloc(posterior.count * sizeof *posterior.candidates);
    if (posterior.candidates == NULL)
        return false;
    fill(&posterior, null, start, history);
    make_grid(&posterior);
    total = weigh(&posterior);
    summarise(out, &posterior, history->first + (uint32_t)start, total);
    free(posterior.candidates);
    return true;
}

double change_recovered(const struct change_verdict *verdict, const struct change_extent *extent,
                        struct gamma_belief now)
{
    bool fall = extent->log_size < 0.0;
    double halfway = gamma_log_mean(verdict->base) + 0.5 * extent->log_size;
    /* A change that was smaller than it seemed has its halfway point nearer by. */
    double smaller =
        fall ? extent->log_size_hi - extent->log_size : extent->log_size - extent->log_size_lo;
    double size_sd = smaller / Z90;
    double sd = sqrt(gamma_log_variance(now) + gamma_log_variance(verdict->base) +
                     0.25 * size_sd * size_sd);
    double above = (gamma_log_mean(now) - halfway) / sd;

    return 0.5 * erfc((fall ? -above : above) * M_SQRT1_2);
}
