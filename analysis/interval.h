// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * interval: the time between blocks, and whether it looks as chance would have it.
 *
 * At a hash rate H the interval before a block of work W is exponential with rate H / W, so that
 * u = dt / W is exponential with rate H whatever the difficulty. Header times are noisy and may run
 * backwards; what telescopes (sums, filters) does not care, what looks at single intervals does,
 * and says so. Arrival times are better where there are any; the two are never mixed in one
 * interval.
 */
#ifndef HASHTIDE_ANALYSIS_INTERVAL_H
#define HASHTIDE_ANALYSIS_INTERVAL_H

#include "analysis/gamma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Expected time between blocks, in seconds. */
#define INTERVAL_SPACING_S 600.0
/** An interval of 0, which headers often have, is taken for this much: it must be positive where
 *  logs are taken, and this is a thousandth of what one second in 600 could tell. */
#define INTERVAL_FLOOR_S 0.0006

/** Time as it has been reached: the running maximum of what blocks say. */
struct interval_clock {
    double latest_s;   /* largest time so far */
    double previous_s; /* time of the block before, as it was stamped */
    uint64_t negative; /* blocks stamped before their parent */
    uint64_t count;    /* intervals measured */
    bool running;      /* a first time is known */
    bool broken;       /* the next block's interval has no beginning on this clock */
};

/** Hashes in an exahash: rates are in EH/s throughout. */
#define INTERVAL_EXAHASH 1e18
/** Work of a block in exahashes: how many it takes on average. > 0 for usable bits. */
double interval_work_eh(uint32_t bits);

struct interval {
    double dt_s; /* by the running maximum, at least INTERVAL_FLOOR_S */
    double u;    /* dt_s over the block's exahashes: seconds per exahash */
};

/**
 * Takes the next block: its time in seconds and its work in exahashes (> 0). False, and *out is
 * untouched, where there is no interval: at the first block, and after interval_break().
 */
bool interval_next(struct interval *out, struct interval_clock *clock, double time_s,
                   double work_eh);
/** The next block's time is of another clock, or blocks are missing: measure from it, not to it. */
void interval_break(struct interval_clock *clock);
/** Share of blocks stamped before their parent, 0 to 1; 0 without intervals. */
double interval_negative_share(const struct interval_clock *clock);

/** A test of whether intervals are exponential. */
struct interval_test {
    size_t count;
    double mean;      /* of the values given */
    double statistic; /* A^2 (1 + 0.6/n) */
    double p;         /* of a value as large or larger if they are exponential */
};

/** Fewest values of which the test's p-value is trusted. */
#define INTERVAL_TEST_LEAST 5

/**
 * Anderson and Darling's test (1952) of the exponential law with unknown mean: p-value by
 * D'Agostino and Stephens, Goodness-of-Fit Techniques (1986), table 4.14: where it is below 0.1,
 * within a tenth of itself for n >= 5; of larger ones, within 0.05 there and 0.02 from n = 30 on.
 * x: positive intervals, each times the hash rate believed then (u_i * H_i) so that a moving
 * hash rate is not taken for a misfit; it is sorted in place. False with fewer than
 * INTERVAL_TEST_LEAST. Header times fail this test for their noise alone: use arrival times.
 */
bool interval_exponential(struct interval_test *out, double *x, size_t count);

/**
 * Probability of a silence at least this long: (b / (b+s))^a with s = seconds / work. In words:
 * how surprised to be that no block has come yet. belief: after the last block.
 */
double interval_silence_p(struct gamma_belief belief, double seconds, double work_eh);
/**
 * Probability that the longest of count intervals is at least seconds, where the mean interval is
 * mean_s: 1 - (1 - exp(-t/E))^n.
 */
double interval_longest_p(double seconds, double mean_s, double count);

#endif
