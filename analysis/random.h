// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * random: repeatable random numbers for calibration and bootstraps: xoshiro256++ (Blackman and
 * Vigna 2019) seeded by splitmix64. The same seed gives the same numbers on every machine. Not for
 * secrets.
 */
#ifndef HASHTIDE_ANALYSIS_RANDOM_H
#define HASHTIDE_ANALYSIS_RANDOM_H

#include <stdint.h>

/** A stream; copy it to replay it. */
struct random_stream {
    uint64_t state[4];
};

/** A stream of its own for each (seed, number). */
struct random_stream random_init(uint64_t seed, uint64_t number);
uint64_t random_bits(struct random_stream *stream);
/** Uniform in (0, 1), ends excluded, in steps of 2^-52. */
double random_uniform(struct random_stream *stream);
/** Exponential with mean 1. */
double random_exponential(struct random_stream *stream);
/** Normal with mean 0 and variance 1 (polar method, Marsaglia and Bray 1964). */
double random_normal(struct random_stream *stream);
/** Gamma with this shape (>= 1) and mean shape (Marsaglia and Tsang 2000). */
double random_gamma(struct random_stream *stream, double shape);

#endif
