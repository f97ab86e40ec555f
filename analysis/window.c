// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window: see window.h.
 */
#include "config.h"

#include "analysis/window.h"

#include "analysis/interval.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/** Fewer intervals have no unbiased rate with a finite spread. */
#define INTERVALS_LEAST 2
/** What lies below and above a 95 % interval, and the normal deviate that leaves as much. */
#define TAIL 0.025
#define TAIL_DEVIATE 1.959963984540054
/** Newton's steps end when they are this small beside the quantile; they double the right digits
 *  each time, and bisection, should it come to that, needs as many steps as there are bits. */
#define QUANTILE_PRECISION 1e-14
#define QUANTILE_STEPS 100

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

/*
 * The quantile of Gamma(n, 1) with TAIL below it, or above it. GSL's own inverse does not converge
 * for some n above 1000 (2.7.1: it is off by 1 % of the probability at 1160, and gives up at 1736),
 * so its distribution function, which is good to the last digits, is inverted here: by Newton from
 * Wilson and Hilferty's approximation, by bisection where that would leave the bracket.
 */
static double quantile(double n, bool upper)
{
    double deviate = upper ? TAIL_DEVIATE : -TAIL_DEVIATE;
    double low = 0.0;
    double high = 2.0 * n + 20.0; /* of which less than TAIL is beyond, for any n */
    double x = n * pow(1.0 - 1.0 / (9.0 * n) + deviate / (3.0 * sqrt(n)), 3.0);

    for (int i = 0; i < QUANTILE_STEPS; i++) {
        /* Above zero where x is too large; each tail by its own function, which keeps its digits.
         */
        double excess =
            upper ? TAIL - gsl_cdf_gamma_Q(x, n, 1.0) : gsl_cdf_gamma_P(x, n, 1.0) - TAIL;
        double step = excess / gsl_ran_gamma_pdf(x, n, 1.0);

        if (excess > 0.0)
            high = x;
        else
            low = x;
        if (fabs(step) <= QUANTILE_PRECISION * x)
            break;
        x = x - step > low && x - step < high ? x - step : (low + high) / 2.0;
    }
    return x;
}

struct window_width window_width(uint32_t intervals)
{
    assert(intervals >= INTERVALS_LEAST);
    return (struct window_width){intervals, quantile(intervals, false), quantile(intervals, true)};
}

void window_settle(struct window_estimate *estimate, double sum, struct window_width width)
{
    if (estimate->blocks < INTERVALS_LEAST) {
        estimate->status = WINDOW_TOO_FEW;
    } else if (!(sum > 0.0)) {
        estimate->status = WINDOW_NO_TIME;
    } else {
        assert(width.intervals == estimate->blocks);
        estimate->status = WINDOW_OK;
        estimate->ehs = (double)(estimate->blocks - 1) / sum;
        estimate->lo95 = width.low / sum;
        estimate->hi95 = width.high / sum;
    }
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
            sum += (latest - before) / (samples[i].work / INTERVAL_EXAHASH);
    }
    estimate.span_s = latest - start;
    window_settle(&estimate, sum, window_width((uint32_t)n));
    return estimate;
}
