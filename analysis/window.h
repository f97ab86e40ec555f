// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window: hash rate as work over time in a window of blocks, with its exact interval.
 *
 * With S the sum of work-normalised intervals u_i = dt_i / W_i of n blocks found at rate H, H * S
 * is Gamma(n, 1). Hence the unbiased rate (n-1)/S and the limits q(p)/S, with q the gamma quantile.
 * W_i = 2^256 / (target_i + 1): work, not difficulty x 2^32.
 */
#ifndef HASHTIDE_ANALYSIS_WINDOW_H
#define HASHTIDE_ANALYSIS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One block as the estimators see it. */
struct window_sample {
    double time; /* seconds since 1970 (header time) */
    double work; /* expected hashes of this block, positive */
};

enum window_status {
    WINDOW_OK,
    WINDOW_TOO_FEW, /* fewer than 2 intervals */
    WINDOW_NO_TIME, /* the window's time did not advance */
};

/** Of the three figures, all are 0 unless status is WINDOW_OK. */
struct window_estimate {
    enum window_status status;
    uint32_t blocks;                 /* intervals used, n */
    uint32_t wanted;                 /* intervals asked for */
    uint32_t from_height, to_height; /* of the blocks whose work was counted */
    double span_s;                   /* time covered */
    double ehs;                      /* EH/s, unbiased */
    double lo95, hi95;               /* EH/s, exact 95 % interval if the hash rate was constant */
};

/** In words, why there is no figure; "" for WINDOW_OK. */
const char *window_status_text(enum window_status status);

/**
 * Estimates over the newest `wanted` intervals of samples: samples[count-1] is the tip, n intervals
 * need n+1 samples, and fewer are used where there are no more. Header times are replaced by their
 * running maximum, begun at the oldest sample given, since a header may be stamped before its
 * parent. height is the tip's (at least count - 1, asserted).
 */
struct window_estimate window_hashrate(const struct window_sample *samples, size_t count,
                                       uint32_t height, uint32_t wanted);

/**
 * A chain from its first block on, for windows anywhere in it. Work is constant in runs of equal
 * bits, over which intervals telescope, so that a window costs a step for each run and not for each
 * block, and rounds less. 12 bytes a block, and 32 a run.
 */
struct window_chain; /* opaque */

/** NULL when memory is short. */
struct window_chain *window_chain_new(void);
/** NULL is allowed. */
void window_chain_free(struct window_chain *chain);
/** Takes the next block, of usable bits (asserted). False, nothing changed, when memory is short.
 */
bool window_chain_add(struct window_chain *chain, uint32_t time, uint32_t bits);
/** Latest time reached by block i, counted from the first one added. */
uint32_t window_chain_latest(const struct window_chain *chain, size_t i);

/** What depends on the number of intervals alone, and takes some microseconds. */
struct window_width {
    uint32_t intervals;
    double low, high; /* 95 % limits of Gamma(intervals, 1) */
};

/** intervals: at least 2 (asserted). */
struct window_width window_width(uint32_t intervals);

/** Sets the status and the figures of an estimate whose blocks are counted, from the sum of their u
 *  in seconds per exahash. width: of as many intervals, unless they are fewer than 2. */
void window_settle(struct window_estimate *estimate, double sum, struct window_width width);

/**
 * Hash rate in the intervals that end with block i, as window_hashrate() has it, given the window's
 * blocks; but WINDOW_TOO_FEW where there are not as many. first_height: of the chain's first block.
 */
struct window_estimate window_chain_hashrate(const struct window_chain *chain, size_t i,
                                             uint32_t first_height, struct window_width width);

/**
 * What Bitcoin Core's getnetworkhashps says of the intervals that end with block i, in EH/s, for
 * comparison: work, in whole hashes a block, over the span from the earliest to the latest time of
 * the blocks. It takes 1/n or so too much. intervals <= i (asserted); 0 where there is no span.
 */
double window_chain_core(const struct window_chain *chain, size_t i, uint32_t intervals);

#endif
