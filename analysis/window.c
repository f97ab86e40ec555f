// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window: see window.h.
 */
#include "config.h"

#include "analysis/window.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>

/** Hashes in an exahash. */
#define EXAHASH 1e18
/** Fewer intervals have no unbiased rate with a finite spread. */
#define INTERVALS_LEAST 2
/** What lies below and above a 95 % interval. */
#define TAIL 0.025

const char *window_status_text(enum window_status status)
{
    switch (status) {
    case WINDOW_OK:
        return "";
    case WINDOW_TOO_FEW:
        return "too few blocks";
    case WINDOW_NO_TIME:
        return "all blocks have the same time";
    }
    return "";
}

struct window_estimate window_hashrate(const struct window_sample *samples, size_t count,
                                       uint32_t height, uint32_t wanted)
{
    struct window_estimate estimate = {.status = WINDOW_TOO_FEW, .wanted = wanted};
    size_t available = count > 0 ? count - 1 : 0;
    size_t n = available < wanted ? available : wanted;
    double latest = 0.0;
    double start = 0.0;
    double sum = 0.0; /* of u_i, in seconds per exahash */

    if (n < INTERVALS_LEAST)
        return estimate;
    assert(height >= available);
    estimate.blocks = (uint32_t)n;
    estimate.to_height = height;
    estimate.from_height = height - (uint32_t)n + 1;
    latest = samples[0].time;
    for (size_t i = 1; i < count; i++) {
        double before = latest;

        if (i == count - n)
            start = before;
        if (samples[i].time > latest)
            latest = samples[i].time;
        if (i >= count - n)
            sum += (latest - before) / (samples[i].work / EXAHASH);
    }
    estimate.span_s = latest - start;
    estimate.status = sum > 0.0 ? WINDOW_OK : WINDOW_NO_TIME;
    if (estimate.status == WINDOW_OK) {
        estimate.ehs = (double)(n - 1) / sum;
        estimate.lo95 = gsl_cdf_gamma_Pinv(TAIL, (double)n, 1.0) / sum;
        estimate.hi95 = gsl_cdf_gamma_Qinv(TAIL, (double)n, 1.0) / sum;
    }
    return estimate;
}
