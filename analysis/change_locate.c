// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change_locate: onset and size of a change that was detected. See change.h.
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

/** Weight that lies outside the onset's interval, and outside the size's, on each side. */
#define ONSET_TAIL 0.025
#define SIZE_TAIL 0.05
/** Onsets with less than this share of the best one's likelihood are left out. */
#define NEGLIGIBLE_NATS 20.0
/** Halvings of an interval of log sizes, to 1e-12. */
#define BISECTION_ROUNDS 50
/** No change of the log hash rate is larger than this: a factor of 1e8. */
#define LOG_SIZE_MAX 18.4

/** The blocks, and where a walk through them stands. */
struct search {
    const struct change_verdict *verdict;
    const double *u;
    size_t count;
    double walk;
    double total; /* sum of all u */
};

/** One possible onset. */
struct candidate {
    size_t first; /* index of the first block after the change */
    double log_likelihood;
    double mean, variance; /* of the log size */
};

/* The candidate that begins at index first, with sum before it. */
static struct candidate candidate_at(const struct search *search, size_t first, double before)
{
    struct gamma_belief base = search->verdict->base;
    double n0 = (double)first;
    double n1 = (double)(search->count - first);
    double s1 = search->total - before;
    struct gamma_belief known = {base.shape + n0, base.rate + before};
    struct candidate candidate = {.first = first};

    candidate.log_likelihood =
        lgamma(known.shape) - known.shape * log(known.rate) + lgamma(n1) - n1 * log(s1);
    candidate.mean = gamma_psi(n1) - log(s1) - gamma_log_mean(known);
    candidate.variance = gamma_psi1(n1) + 0.5 / base.shape + 0.5 * search->walk * base.shape +
                         search->walk * n1 / 3.0;
    return candidate;
}

typedef void (*candidate_fn)(void *data, const struct candidate *candidate);

/* Calls back for each possible onset, the earliest first. */
static void for_each(const struct search *search, candidate_fn found, void *data)
{
    double before = 0.0;

    for (size_t i = 0; i < search->count && before < search->total; i++) {
        struct candidate candidate = candidate_at(search, i, before);

        found(data, &candidate);
        before += search->u[i];
    }
}

/** The likeliest onset, and the whole weight relative to it. */
struct peak {
    struct candidate best;
    double weight;
};

static void find_peak(void *data, const struct candidate *candidate)
{
    struct peak *peak = data;

    if (candidate->log_likelihood > peak->best.log_likelihood)
        peak->best = *candidate;
}

static double weight_of(const struct peak *peak, const struct candidate *candidate)
{
    double below = peak->best.log_likelihood - candidate->log_likelihood;

    return below < NEGLIGIBLE_NATS ? exp(-below) : 0.0;
}

static void add_weight(void *data, const struct candidate *candidate)
{
    struct peak *peak = data;

    peak->weight += weight_of(peak, candidate);
}

/** The onset at a quantile of the weights. */
struct onset_search {
    const struct peak *peak;
    double aim;
    double passed;
    size_t first;
    bool found;
};

static void pass_onset(void *data, const struct candidate *candidate)
{
    struct onset_search *onset = data;

    onset->passed += weight_of(onset->peak, candidate);
    if (!onset->found && onset->passed >= onset->aim) {
        onset->first = candidate->first;
        onset->found = true;
    }
}

static size_t onset_quantile(const struct search *search, const struct peak *peak, double p)
{
    struct onset_search onset = {.peak = peak, .aim = p * peak->weight};

    for_each(search, pass_onset, &onset);
    return onset.found ? onset.first : search->count - 1;
}

/** Share of the size's distribution below a log size. */
struct size_share {
    const struct peak *peak;
    double log_size;
    double below;
};

static void add_share(void *data, const struct candidate *candidate)
{
    struct size_share *share = data;
    double weight = weight_of(share->peak, candidate);
    double z = (share->log_size - candidate->mean) / sqrt(candidate->variance);

    if (weight > 0.0)
        share->below += weight * 0.5 * erfc(-z * M_SQRT1_2);
}

static double size_quantile(const struct search *search, const struct peak *peak, double p)
{
    double low = -LOG_SIZE_MAX;
    double high = LOG_SIZE_MAX;

    for (int i = 0; i < BISECTION_ROUNDS; i++) {
        struct size_share share = {.peak = peak, .log_size = 0.5 * (low + high)};

        for_each(search, add_share, &share);
        if (share.below < p * peak->weight)
            low = share.log_size;
        else
            high = share.log_size;
    }
    return 0.5 * (low + high);
}

struct change_extent change_locate(const struct change_verdict *verdict, uint32_t first,
                                   const double *u, size_t count, double walk)
{
    struct search search = {.verdict = verdict, .u = u, .count = count, .walk = walk};
    struct peak peak = {.best.log_likelihood = -HUGE_VAL};
    struct change_extent extent;

    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        search.total += u[i];
    for_each(&search, find_peak, &peak);
    for_each(&search, add_weight, &peak);
    extent.onset = first + (uint32_t)peak.best.first;
    extent.onset_lo = first + (uint32_t)onset_quantile(&search, &peak, ONSET_TAIL);
    extent.onset_hi = first + (uint32_t)onset_quantile(&search, &peak, 1.0 - ONSET_TAIL);
    extent.log_size = size_quantile(&search, &peak, 0.5);
    extent.log_size_lo = size_quantile(&search, &peak, SIZE_TAIL);
    extent.log_size_hi = size_quantile(&search, &peak, 1.0 - SIZE_TAIL);
    return extent;
}
