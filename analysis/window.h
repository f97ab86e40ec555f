// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window: hash rate as work over time in a window of blocks, with its exact interval.
 *
 * With S the sum of work-normalised intervals u_i = dt_i / W_i of n blocks found at rate H, H * S is Gamma(n, 1). Hence the unbiased rate (n-1)/S and the
 * limits q(p)/S with q the gamma quantile. W_i = 2^256 / (target_i + 1): work, not difficulty x 2^32.
 */
#ifndef HASHTIDE_ANALYSIS_WINDOW_H
#define HASHTIDE_ANALYSIS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One block as the estimators see it. */
struct window_sample {
    double time;  /* seconds since 1970 (header time) */
    double work;  /* expected hashes of this block */
};

enum window_status {
    WINDOW_OK,
    WINDOW_TOO_FEW,  /* fewer than 2 intervals */
    WINDOW_NO_TIME,  /* the window's time did not advance */
};

struct window_estimate {
    enum window_status status;
    uint32_t blocks;      /* intervals used, n */
    uint32_t wanted;      /* intervals asked for */
    uint32_t from_height, to_height;
    double span_s;        /* time covered */
    double ehs;           /* EH/s, unbiased */
    double lo95, hi95;    /* EH/s, exact 95 % interval given constant hash rate */
};

const char *window_status_text(enum window_status status);

/**
 * Estimates over the newest `wanted` intervals of samples (samples[count-1] is the tip; n intervals need n+1 samples; fewer are used as available). Header times are replaced by their
 * running maximum, as METHODS has it. height is the tip's.
 */
struct window_estimate window_hashrate(const struct window_sample *samples, size_t count, uint32_t height, uint32_t wanted);

#endif
