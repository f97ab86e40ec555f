// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * gamma: what is believed of a rate while exponential intervals are counted.
 *
 * A rate H with belief Gamma(shape a, rate b) has mean a/b. An interval u is Exp(H), so that seeing
 * one makes the belief Gamma(a + 1, b + u), and silence of length s, with no event yet, makes it
 * Gamma(a, b + s). Events that are to count less with time are forgotten by a factor below 1 on
 * both parameters, which keeps the mean and widens the spread: the power-steady model of J. Q.
 * Smith (1979), with the gamma-exponential form of West and Harrison (1986).
 *
 * Units: intervals in seconds per exahash make rates EH/s. Nothing here depends on the unit.
 */
#ifndef HASHTIDE_ANALYSIS_GAMMA_H
#define HASHTIDE_ANALYSIS_GAMMA_H

/** A belief of a rate. Both positive and finite. */
struct gamma_belief {
    double shape; /* events that it rests on */
    double rate;  /* time that they took, in the interval's unit */
};

/** Derivative of ln Gamma and its derivative, for x > 0, to a few units of the last place
 *  (Abramowitz and Stegun 1964, 6.3.18 and 6.4.12, after recurrence). */
double gamma_psi(double x);
double gamma_psi1(double x);
/** The x > 0 with gamma_psi1(x) = y, for y > 0. */
double gamma_psi1_inverse(double y);

/** Forgets by keep (0 < keep <= 1) and grows the believed rate by the factor 1 / shrink. */
static inline struct gamma_belief gamma_discounted(struct gamma_belief belief, double keep,
                                                   double shrink)
{
    return (struct gamma_belief){keep * belief.shape, keep * belief.rate * shrink};
}

/** After an event that ended an interval of length u. */
static inline struct gamma_belief gamma_after(struct gamma_belief belief, double u)
{
    return (struct gamma_belief){belief.shape + 1.0, belief.rate + u};
}

/** Mean and variance of ln H. */
double gamma_log_mean(struct gamma_belief belief);
double gamma_log_variance(struct gamma_belief belief);
/** The rate below which H lies with probability p (0 < p < 1). */
double gamma_quantile(struct gamma_belief belief, double p);

/** Log density of the next interval, u > 0:
 *  ln a + a ln b - (a+1) ln(b+u)  (Lomax). */
double gamma_log_density(struct gamma_belief belief, double u);
/** Log density of the sum of the next count (>= 1) intervals, sum > 0:
 *  lgamma(a+k) - lgamma(a) - lgamma(k) + a ln b + (k-1) ln S - (a+k) ln(b+S). */
double gamma_log_density_of_sum(struct gamma_belief belief, unsigned count, double sum);
/** Log probability that nothing happens for a time s >= 0: a ln(b / (b+s)). */
double gamma_log_silence(struct gamma_belief belief, double s);

/**
 * Quantile p (0 < p < 1) of x / (mean of x) for the ratio x of two independent gamma variables of
 * these shapes, each over its shape: the F distribution with 2 shape and 2 shape freedoms.
 * Newton's method on the logit of a beta variable, held within a bracket.
 */
double gamma_ratio_quantile(double shape_above, double shape_below, double p);

#endif
