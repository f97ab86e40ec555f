// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_fixed: real numbers as integers, so that a simulation's bytes are the same on every
 * machine: exponentials and logarithms whose last digit is nobody's choice.
 *
 * Numbers have FIXED_BITS fraction bits unless something else is said. Errors are below 2^-31 of
 * the result (exponential) and below 2^-31 (logarithm).
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_FIXED_H
#define HASHTIDE_MONITOR_SIMULATE_FIXED_H

#include <stdint.h>

#define SIMULATE_FIXED_BITS 32
#define SIMULATE_FIXED_ONE (UINT64_C(1) << SIMULATE_FIXED_BITS)

/** exp() is taken of numbers from -this to this. */
#define SIMULATE_FIXED_EXP_MAX (INT64_C(20) << SIMULATE_FIXED_BITS)

/** a * b / 2^shift, cut off; shift at most 64. The result must fit. */
uint64_t simulate_fixed_multiply(uint64_t a, uint64_t b, unsigned shift);

/** amount / rate, where rate has FIXED_BITS fraction bits and the result has as many as amount. At
 * least 31 bits of the result, or of rate where that is small, are good. rate is not 0, and the
 * result must be below 2^31 (asserted). */
uint64_t simulate_fixed_divide(uint64_t amount, uint64_t rate);

/** e^x. */
uint64_t simulate_fixed_exp(int64_t x);

/** Natural logarithm of x > 0. */
int64_t simulate_fixed_ln(uint64_t x);

#endif
