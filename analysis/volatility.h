// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * volatility: how much the hash rate itself moves, once luck is taken out.
 *
 * Blocks come in batches of k. With S_j the sum of a batch's intervals u, y_j = psi(k) - ln S_j is
 * the log of the hash rate's mean over the batch plus luck of variance R = psi'(k), exactly known.
 * What the hash rate adds is taken for a random walk of variance q per block, Q = k q per batch;
 * its mean over the batch makes the filter (Harvey 1989, with the average's moments; P: variance of
 * the level m at the batch's end):
 *
 *     f = P + Q/3 + R;  e = y - m - dk/2;  ll -= (ln 2 pi f + e^2/f) / 2
 *     c = P + Q/2;  K = c/f;  m += dk + K e;  P += Q - K c
 *
 * and, where asked for, a part that returns: an AR(1) between batches. The sd of raw daily changes,
 * 12 % whatever the truth, is luck: sqrt(2 psi'(144)). It is given beside, never alone.
 */
#ifndef HASHTIDE_ANALYSIS_VOLATILITY_H
#define HASHTIDE_ANALYSIS_VOLATILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Blocks to a batch: per-block data by the quarter of a day, or whole epochs. */
#define VOLATILITY_BATCH 36
#define VOLATILITY_BATCH_EPOCH 2016
/** Fewer batches have nothing to say: five start the filter. */
#define VOLATILITY_LEAST 12

/** Batches in order, oldest first. */
struct volatility_series {
    const double *log_rate; /* y_j, by volatility_log_rate(); NaN leaves a batch out */
    size_t count;
    unsigned batch; /* k, blocks */
    double drift;   /* d: expected growth of the log rate per block */
};

/** y_j of a batch of k blocks whose intervals (seconds per exahash) sum to sum > 0. */
double volatility_log_rate(double sum, unsigned batch);

/** What the log rate is made of, besides luck. */
struct volatility_parts {
    double daily_sd;     /* of the random walk, over 144 blocks */
    double transient_sd; /* of the part that returns; 0: there is none */
    double persistence;  /* of it from batch to batch, 0 to 0.99 */
};

/** Log likelihood of a series with at least VOLATILITY_LEAST batches. */
double volatility_log_likelihood(const struct volatility_series *series,
                                 const struct volatility_parts *parts);

/** Points of the likelihood curve; daily sd log-spaced from 1e-4 to 0.2. */
#define VOLATILITY_GRID 160

/** The random walk's volatility. */
struct volatility_fit {
    double daily_sd;       /* maximum likelihood */
    double lo95, hi95;     /* where the log likelihood is 1.92 lower; lo95 is 0 and hi95 infinite
                              where it is not that low within the curve */
    double log_likelihood; /* at daily_sd */
    size_t batches;        /* used */
    double curve[VOLATILITY_GRID]; /* log likelihoods */
};

/** False, *out untouched, with fewer than VOLATILITY_LEAST batches. */
bool volatility_fit(struct volatility_fit *out, const struct volatility_series *series);
/** The same in parts, for who has no milliseconds at once: all points of the curve, in any order,
 *  then what follows from them. The series has at least VOLATILITY_LEAST batches. */
void volatility_fit_points(struct volatility_fit *fit, const struct volatility_series *series,
                           size_t from, size_t count);
void volatility_fit_settle(struct volatility_fit *fit, const struct volatility_series *series);
/** Batches that are not left out. */
size_t volatility_batches(const struct volatility_series *series);
/** The most likely daily sd from lo to hi alone, which is quicker to find; what has fewer than
 *  VOLATILITY_LEAST batches has none, and gets NaN. */
double volatility_likeliest(const struct volatility_series *series, double lo, double hi);
/** The daily sd of a point of the curve. */
double volatility_grid_sd(size_t index);

/** Plain moments of changes from batch to batch. */
struct volatility_moments {
    double change_sd;   /* of changes of y: the naive figure */
    double luck_sd;     /* sqrt(2 psi'(k)): what luck alone would give it */
    double net_sd;      /* sqrt(change_sd^2 - luck_sd^2), 0 where luck is more */
    double correlation; /* of one change with the next; -1/2 where all is luck, or returns */
    double daily_sd;    /* of the walk by Var + 2 Cov, in which luck cancels; 0 where negative */
};

/** False, *out untouched, with fewer than VOLATILITY_LEAST batches. */
bool volatility_moments(struct volatility_moments *out, const struct volatility_series *series);

/** A walk with a part that returns. */
struct volatility_reversing {
    struct volatility_parts parts; /* maximum likelihood */
    double gain;                   /* 2 x the log likelihood over the walk alone: above about 5 the
                                      part that returns is favoured */
};

/** False, *out untouched, with fewer than VOLATILITY_LEAST batches. */
bool volatility_reversing(struct volatility_reversing *out, const struct volatility_series *series);

/** 'Has volatility risen between two periods?' is three questions. */
enum volatility_question {
    VOLATILITY_WALK,      /* is the walk's daily sd larger? */
    VOLATILITY_TRANSIENT, /* is the part that returns larger? */
    VOLATILITY_CHANGES,   /* is the sd of changes net of luck larger, whatever makes it? */
};

struct volatility_risen_options {
    enum volatility_question question;
    unsigned rounds; /* of the bootstrap, for p and for each power, >= 19 */
    uint64_t seed;
    void (*each)(void *context); /* called after each of the 3 * rounds simulations, or NULL */
    void *context;
};

/** The answer: a one-sided likelihood-ratio test with parametric bootstrap. */
struct volatility_risen {
    double before, after; /* what was estimated of each period: an sd */
    double statistic; /* 2 x log likelihood of 'larger after' over 'equal'; 0 if it is smaller */
    double p;         /* of a statistic as large if they were equal */
    double power15, power20; /* chance of p < 5 % if it had grown to 1.5 and to 2 times */
};

/** The two series have one batch size. False, *out untouched, where either has fewer than
 *  VOLATILITY_LEAST batches, or without memory for simulated ones. Dated events are left out by
 *  making their batches NaN. */
bool volatility_risen(struct volatility_risen *out, const struct volatility_series *before,
                      const struct volatility_series *after,
                      const struct volatility_risen_options *options);

#endif
