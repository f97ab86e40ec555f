// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * gamma: see gamma.h.
 */
#include "config.h"

#include "analysis/gamma.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/** From here on the asymptotic series of psi and psi' below are exact to a double's precision. */
#define ASYMPTOTIC_FROM 12.0
/** Newton doubles the digits each time; from the starts used, six rounds are plenty. Where it is
 *  kept from leaving a bracket, the rounds bisect. */
#define NEWTON_ROUNDS 60
#define NEWTON_CLOSE 1e-14
/** No quantile that a double can name is further from the mean of the logit, in its sd. */
#define LOGIT_REACH 40.0
/** Up to this many events, a product of their ranks is cheaper than two calls of lgamma. */
#define PRODUCT_MAX 16

double gamma_psi(double x)
{
    double shift = 0.0;
    double y;

    assert(x > 0.0);
    for (; x < ASYMPTOTIC_FROM; x += 1.0)
        shift += 1.0 / x;
    y = 1.0 / (x * x);
    return log(x) - 0.5 / x - shift -
           y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132)))));
}

double gamma_psi1(double x)
{
    double shift = 0.0;
    double y;

    assert(x > 0.0);
    for (; x < ASYMPTOTIC_FROM; x += 1.0)
        shift += 1.0 / (x * x);
    y = 1.0 / (x * x);
    return shift + 1.0 / x + 0.5 * y +
           y / x *
               (1.0 / 6 -
                y * (1.0 / 30 -
                     y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * 691.0 / 2730)))));
}

/* Second derivative of psi, by differences good enough for Newton's slope: psi'' ~ -1/x^2 - 1/x^3
 * - 1/(2 x^4) for large x, and -2/x^3 more for each step of the recurrence below that. */
static double psi2(double x)
{
    double shift = 0.0;

    for (; x < ASYMPTOTIC_FROM; x += 1.0)
        shift += 2.0 / (x * x * x);
    return -shift - (1.0 + (1.0 + 0.5 / x) / x) / (x * x);
}

double gamma_psi1_inverse(double y)
{
    double x = 1.0 / y + 0.5; /* exact to 1/(12 x) for large x */

    assert(y > 0.0);
    if (y > 1.0)
        x = 1.0 / sqrt(y); /* psi'(x) ~ 1/x^2 near 0; this is below the solution */
    for (int i = 0; i < NEWTON_ROUNDS; i++) {
        /* psi' is convex and falling: from below Newton climbs to the solution and never passes. */
        double step = (gamma_psi1(x) - y) / psi2(x);

        x = x - step > 0.0 ? x - step : 0.5 * x;
        if (fabs(step) <= NEWTON_CLOSE * x)
            break;
    }
    return x;
}

double gamma_log_mean(struct gamma_belief belief)
{
    return gamma_psi(belief.shape) - log(belief.rate);
}

double gamma_log_variance(struct gamma_belief belief)
{
    return gamma_psi1(belief.shape);
}

double gamma_quantile(struct gamma_belief belief, double p)
{
    return gsl_cdf_gamma_Pinv(p, belief.shape, 1.0) / belief.rate;
}

double gamma_log_density(struct gamma_belief belief, double u)
{
    return log(belief.shape) + belief.shape * log(belief.rate) -
           (belief.shape + 1.0) * log(belief.rate + u);
}

/* ln Gamma(a+k) - ln Gamma(a). */
static double log_rising(double a, unsigned k)
{
    double product = 1.0;

    if (k > PRODUCT_MAX)
        return lgamma(a + k) - lgamma(a);
    for (unsigned i = 0; i < k; i++)
        product *= a + i;
    return log(product);
}

double gamma_log_density_of_sum(struct gamma_belief belief, unsigned count, double sum)
{
    double a = belief.shape;
    double b = belief.rate;

    assert(count >= 1);
    return log_rising(a, count) - log_rising(1.0, count - 1) - a * log1p(sum / b) -
           count * log(b + sum) + (count - 1.0) * log(sum);
}

double gamma_log_silence(struct gamma_belief belief, double s)
{
    return -belief.shape * log1p(s / belief.rate);
}

double gamma_ratio_quantile(double shape_above, double shape_below, double p)
{
    /* With x, y gamma variables, x / (x+y) is Beta, and its logit ln x/y is close to normal. */
    double mean = gamma_psi(shape_above) - gamma_psi(shape_below);
    double sd = sqrt(gamma_psi1(shape_above) + gamma_psi1(shape_below));
    double low = mean - LOGIT_REACH * sd;
    double high = mean + LOGIT_REACH * sd;
    double logit = mean + sd * gsl_cdf_ugaussian_Pinv(p);

    for (int i = 0; i < NEWTON_ROUNDS; i++) {
        double x = 1.0 / (1.0 + exp(-logit));
        double over = gsl_cdf_beta_P(x, shape_above, shape_below) - p;
        double slope = gsl_ran_beta_pdf(x, shape_above, shape_below) * x * (1.0 - x);
        double next = logit - over / slope;

        *(over < 0.0 ? &low : &high) = logit;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - logit) <= NEWTON_CLOSE * sd)
            break;
        logit = next;
    }
    return exp(logit) * shape_below / shape_above;
}
