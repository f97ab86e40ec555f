// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nowcast: how much hash rate there is now, by a bank of gamma filters of different memory.
 *
 * Each filter j forgets by g_j per block and lets the rate grow by the drift d:
 *     a <- g a,  b <- g b exp(-d);  then with the block's interval u:  a <- a + 1,  b <- b + u
 * (West and Harrison 1986). A memory 1/(1-g) suits a random walk of the log rate with variance
 * q = (1-g)^2 per block, so that which filters predict best also tells how restless the hash rate
 * is. Predictions are scored, old scores forgotten (Raftery, Karny and Ettler 2010), and the
 * filters averaged by scores and a prior on the memory:
 *
 *     LW_j <- f LW_j + ln p_j
 *     ln w_j = -(ln mem_j - ln 1000)^2 / 2 + LW_j + const
 *     mu = sum w (psi(a) - ln b)
 *     v = sum w (psi'(a) + (psi(a) - ln b)^2) - mu^2
 *     q = sum w (1-g)^2
 *
 * The figure is exp(mu), its interval exp(mu +- z sqrt(v)).
 * Measured in `make bench-methods`: error within 1.2 times of what a filter could do that knew q,
 * coverage 93 to 99 % of a 95 % interval.
 *
 * A filter's b telescopes and so does not mind noisy header times. Scores do: they are taken of
 * sums of `batch` blocks, aligned to the height, predicted from the state before the batch. A batch
 * with a hole in it is not scored.
 *
 * States are plain values: copy one to keep it, compare two by memcmp, restore by assignment. So
 * a reorganisation is undone exactly. 616 bytes; an update is some 75 multiplications, and 45 logs
 * once a batch.
 */
#ifndef HASHTIDE_ANALYSIS_NOWCAST_H
#define HASHTIDE_ANALYSIS_NOWCAST_H

#include "analysis/gamma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Memories are log-spaced from 60 to 8,000 blocks: 10 hours to 8 weeks. */
#define NOWCAST_FILTERS 15

/** Blocks to a scored batch: 6 make the noise of header times small beside chance; arrival times
 *  need none. */
#define NOWCAST_BATCH_HEADERS 6
#define NOWCAST_BATCH_ARRIVALS 1

/** What does not change. */
struct nowcast_model {
    uint32_t batch;                     /* blocks scored together */
    double forget;                      /* f to the power of batch */
    double keep[NOWCAST_FILTERS];       /* g_j */
    double keep_batch[NOWCAST_FILTERS]; /* g_j to the power of batch */
    double log_prior[NOWCAST_FILTERS];
};

/** What blocks change. No padding, no pointers. */
struct nowcast_state {
    uint32_t filled; /* blocks of the present batch, or NOWCAST_BROKEN */
    uint32_t blocks; /* blocks taken since the start, at most UINT32_MAX */
    double batch_sum;
    struct gamma_belief filter[NOWCAST_FILTERS];
    struct gamma_belief before[NOWCAST_FILTERS]; /* as it was before the batch */
    double score[NOWCAST_FILTERS];               /* LW_j */
};

/** A batch that has lost a block: it counts no further. */
#define NOWCAST_BROKEN UINT32_MAX

/** What is known of the log hash rate. Logs are natural, of EH/s. */
struct nowcast_estimate {
    double mean;       /* mu */
    double variance;   /* v */
    double walk;       /* q: variance per block of the walk that the weights speak for */
    double ehs;        /* exp(mu) */
    double lo95, hi95; /* EH/s */
    double memory;     /* 1 / sqrt(q), blocks that the figure rests on */
};

/** batch: NOWCAST_BATCH_HEADERS or _ARRIVALS, or any number >= 1. */
struct nowcast_model nowcast_model(uint32_t batch);
/** Begins at the rate of the epoch before, in EH/s (> 0), worth at most 400 blocks of evidence. */
struct nowcast_state nowcast_start(const struct nowcast_model *model, double rate_ehs);

/**
 * Growth per block to expect: 0.75 of the mean of the last 26 epochs (one year), with growth
 * clamped to 0 .. 1.2 (log). Rates are the mean of the last complete epoch, and of the one 26
 * before it. 0 where either is not known (0). To be refreshed at each retarget.
 */
double nowcast_drift(double rate_last, double rate_26_before);

/** Takes a block's interval in seconds per exahash (> 0), at the drift that holds. */
void nowcast_update(struct nowcast_state *state, const struct nowcast_model *model, uint32_t height,
                    double u, double drift);
/** A block whose interval is not known: its batch is not scored. */
void nowcast_skip(struct nowcast_state *state);

/** After the last block. */
struct nowcast_estimate nowcast_estimate(const struct nowcast_state *state,
                                         const struct nowcast_model *model);
/**
 * While no block has come for silence seconds per exahash (seconds / work; 0 or more): each
 * filter's b grows by it, and filters that expected a block are weighted less, by (b/(b+s))^a.
 */
struct nowcast_estimate nowcast_silent(const struct nowcast_state *state,
                                       const struct nowcast_model *model, double silence);
/** The single belief with the estimate's mean and variance of ln H. */
struct gamma_belief nowcast_belief(const struct nowcast_estimate *estimate);
/**
 * The estimate after an alarm: half this, half what the change detector's null has believed since
 * it adopted the change (moments of the mixture), and never less wide than that it holds the
 * estimate's own interval. Where the two agree again nothing is left of it.
 */
struct nowcast_estimate nowcast_widened(const struct nowcast_estimate *estimate,
                                        struct gamma_belief since_change);
/** Limits at z standard deviations, for another interval than 95 %. */
void nowcast_limits(double *lo_ehs, double *hi_ehs, const struct nowcast_estimate *estimate,
                    double z);

/** A stretch of consecutive blocks, oldest first. */
struct nowcast_series {
    uint32_t first_height;
    size_t count;
    const double *u;     /* seconds per exahash, each > 0 */
    const double *drift; /* per block; NULL where it is 0 throughout */
};

/**
 * History as it is known afterwards: the estimate after a block, from the blocks before it and
 * after it. What filter j knew, Gamma(a, b), and what a filter running backwards from an empty
 * start knew, Gamma(a', b'), discounted once, make Gamma(a + a', b + b'); scores of both sides add
 * up. A batch that the block splits is scored by neither.
 */
struct nowcast_smoother; /* opaque */

/**
 * Runs backwards over the series, whose arrays must outlive the smoother. NULL when memory is
 * short: of n blocks, some 2 sqrt(n) states of 616 bytes are kept (950,000 blocks: 1.2 MB), and
 * those between them are worked out a second time when they are wanted.
 */
struct nowcast_smoother *nowcast_smoother_new(const struct nowcast_model *model,
                                              const struct nowcast_series *series);
/** NULL is allowed. */
void nowcast_smoother_free(struct nowcast_smoother *smoother);
/** The estimate after block i of the series. forward: the state after it. Quick where i grows from
 *  call to call, as states are worked out again a stretch at a time. */
struct nowcast_estimate nowcast_smoothed(struct nowcast_smoother *smoother,
                                         const struct nowcast_state *forward, size_t i);

#endif
