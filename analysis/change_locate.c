// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change_locate: onset and size of a change that was detected, and whether it was undone. See
 * change.h.
 *
 * With t the first block after the change, n0 blocks of sum S0 before it and n1 of sum S1 from it
 * on: L(t) = ln p(n0, S0 | base) + lgamma(n1) - n1 ln S1 where the rate before is the null's belief
 * Gamma(a, b) as it was at the verdict's onset, and the rate after is unknown on a log scale. ln
 * H1/H0 given t has mean psi(n1) - ln S1 - psi(a0) + ln b0 with (a0, b0) = (a + n0, b + S0); its
 * variance is psi'(n1), plus that of the base under a random walk of variance q per block, 1/(2a) +
 * q a/2, plus q n1/3 for the wandering since.
 */
#include "config.h"

#include "analysis/change.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Weight that lies outside the onset's interval, and outside the size's, on each side. */
#define ONSET_TAIL 0.025
#define SIZE_TAIL 0.05
/** Halvings of an interval of log sizes, to 1e-14. */
#define BISECTION_ROUNDS 50
/** No change of the log hash rate is larger than this: a factor of 1e8. */
#define LOG_SIZE_MAX 18.4

/** One possible onset: block i of the series is the first after the change. */
struct candidate {
    double weight;   /* its share of the likelihood */
    double mean, sd; /* of the log size, if it is this one */
};

/** All of them. */
struct candidates {
    struct candidate *at;
    size_t count;
};

/* Sizes and log likelihoods (in place of weights) of all onsets. */
static void fill(const struct candidates *candidates, const struct gamma_belief *base,
                 const double *u, double walk)
{
    double after = 0.0; /* sum from block i on */
    struct gamma_belief known = *base;
    double base_variance = 0.5 / base->shape + 0.5 * walk * base->shape;

    for (size_t i = candidates->count; i-- > 0;) {
        double n1 = (double)(candidates->count - i);

        after += u[i];
        candidates->at[i].weight = lgamma(n1) - n1 * log(after);
        candidates->at[i].mean = gamma_psi(n1) - log(after);
        candidates->at[i].sd = sqrt(gamma_psi1(n1) + base_variance + walk * n1 / 3.0);
    }
    for (size_t i = 0; i < candidates->count; i++) {
        candidates->at[i].weight += lgamma(known.shape) - known.shape * log(known.rate);
        candidates->at[i].mean -= gamma_log_mean(known);
        known = gamma_after(known, u[i]);
    }
}

/* Log likelihoods become shares; the index of the largest. */
static size_t weigh(const struct candidates *candidates)
{
    size_t best = 0;
    double top = 0.0;
    double sum = 0.0;

    for (size_t i = 1; i < candidates->count; i++)
        if (candidates->at[i].weight > candidates->at[best].weight)
            best = i;
    top = candidates->at[best].weight;
    for (size_t i = 0; i < candidates->count; i++)
        sum += candidates->at[i].weight = exp(candidates->at[i].weight - top);
    for (size_t i = 0; i < candidates->count; i++)
        candidates->at[i].weight /= sum;
    return best;
}

static size_t onset_quantile(const struct candidates *candidates, double p)
{
    double passed = 0.0;

    for (size_t i = 0; i < candidates->count; i++) {
        passed += candidates->at[i].weight;
        if (passed >= p)
            return i;
    }
    return candidates->count - 1;
}

/* Chance that the log size is below x. */
static double size_below(const struct candidates *candidates, double x)
{
    double below = 0.0;

    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->at[i];

        below += candidate->weight * 0.5 * erfc((candidate->mean - x) / candidate->sd * M_SQRT1_2);
    }
    return below;
}

static double size_quantile(const struct candidates *candidates, double p)
{
    double low = -LOG_SIZE_MAX;
    double high = LOG_SIZE_MAX;

    for (int i = 0; i < BISECTION_ROUNDS; i++) {
        double middle = 0.5 * (low + high);

        if (size_below(candidates, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

bool change_locate(struct change_extent *out, const struct change_verdict *verdict, uint32_t first,
                   const double *u, size_t count, double walk)
{
    struct candidates candidates = {malloc(count * sizeof *candidates.at), count};
    size_t best = 0;

    assert(count > 0);
    if (candidates.at == NULL)
        return false;
    fill(&candidates, &verdict->base, u, walk);
    best = weigh(&candidates);
    out->onset = first + (uint32_t)best;
    out->onset_lo = first + (uint32_t)onset_quantile(&candidates, ONSET_TAIL);
    out->onset_hi = first + (uint32_t)onset_quantile(&candidates, 1.0 - ONSET_TAIL);
    out->log_size = size_quantile(&candidates, 0.5);
    out->log_size_lo = size_quantile(&candidates, SIZE_TAIL);
    out->log_size_hi = size_quantile(&candidates, 1.0 - SIZE_TAIL);
    free(candidates.at);
    return true;
}

double change_recovered(const struct change_verdict *verdict, const struct change_extent *extent,
                        struct gamma_belief now)
{
    double halfway = gamma_log_mean(verdict->base) + 0.5 * extent->log_size;
    double sd = sqrt(gamma_log_variance(now) + gamma_log_variance(verdict->base));
    double above = (gamma_log_mean(now) - halfway) / sd;

    return 0.5 * erfc((extent->log_size < 0.0 ? -above : above) * M_SQRT1_2);
}
