// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_fixed: see simulate_fixed.h. Products of 128 bits are put together from four of 64: the
 * language has none.
 */
#include "config.h"

#include "monitor/simulate_fixed.h"

#include <assert.h>

/** Fraction bits inside exp() and ln(). */
#define INNER_BITS 60
#define INNER_ONE (UINT64_C(1) << INNER_BITS)
/** ln 2 with as many, rounded. */
#define INNER_LN2 UINT64_C(0x0b17217f7d1cf79b)
/** Fraction bits where whole multiples of ln 2 must fit too. */
#define OUTER_BITS 56
#define OUTER_LN2 ((int64_t)(INNER_LN2 >> (INNER_BITS - OUTER_BITS)))
/** Terms of exp()'s series: (ln 2)^17 / 17! is below 2^-56. */
#define EXP_TERMS 17
/** Terms of ln()'s series, whose ratio is at most 1/9. */
#define LN_TERMS 14

uint64_t simulate_fixed_multiply(uint64_t a, uint64_t b, unsigned shift)
{
    uint64_t a0 = a & UINT32_MAX;
    uint64_t a1 = a >> 32;
    uint64_t b0 = b & UINT32_MAX;
    uint64_t b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t crossed = a0 * b1 + (middle & UINT32_MAX);
    uint64_t high = a1 * b1 + (middle >> 32) + (crossed >> 32);
    uint64_t low = a * b;

    assert(shift <= 64);
    if (shift == 64)
        return high;
    if (shift == 0) {
        assert(high == 0);
        return low;
    }
    assert(high >> shift == 0);
    return high << (64 - shift) | low >> shift;
}

uint64_t simulate_fixed_divide(uint64_t amount, uint64_t rate)
{
    unsigned cut = 0;

    assert(rate > 0);
    while (rate >> cut > UINT32_MAX)
        cut++;
    assert(cut <= SIMULATE_FIXED_BITS);
    assert(amount <= UINT64_MAX >> (SIMULATE_FIXED_BITS - cut));
    return (amount << (SIMULATE_FIXED_BITS - cut)) / (rate >> cut);
}

/* x / 2^bits, to the nearest. */
static int64_t rounded(int64_t x, unsigned bits)
{
    int64_t unit = INT64_C(1) << bits;
    int64_t raised = x + unit / 2;

    return raised / unit - (raised % unit < 0);
}

uint64_t simulate_fixed_exp(int64_t x)
{
    /* 1/n! with INNER_BITS, from 1/0! on. */
    static const uint64_t inverse[EXP_TERMS] = {
        INNER_ONE,
        INNER_ONE,
        INNER_ONE / 2,
        INNER_ONE / 6,
        INNER_ONE / 24,
        INNER_ONE / 120,
        INNER_ONE / 720,
        INNER_ONE / 5040,
        INNER_ONE / 40320,
        INNER_ONE / 362880,
        INNER_ONE / 3628800,
        INNER_ONE / 39916800,
        INNER_ONE / 479001600,
        INNER_ONE / UINT64_C(6227020800),
        INNER_ONE / UINT64_C(87178291200),
        INNER_ONE / UINT64_C(1307674368000),
        INNER_ONE / UINT64_C(20922789888000),
    };
    int64_t scaled = x * (INT64_C(1) << (OUTER_BITS - SIMULATE_FIXED_BITS));
    int64_t twos = scaled / OUTER_LN2 - (scaled % OUTER_LN2 < 0);
    uint64_t rest = (uint64_t)(scaled - twos * OUTER_LN2) << (INNER_BITS - OUTER_BITS);
    uint64_t sum = 0;
    int64_t shift = INNER_BITS - SIMULATE_FIXED_BITS - twos;

    assert(x >= -SIMULATE_FIXED_EXP_MAX && x <= SIMULATE_FIXED_EXP_MAX);
    for (unsigned n = EXP_TERMS; n-- > 0;)
        sum = inverse[n] + simulate_fixed_multiply(rest, sum, INNER_BITS);
    if (shift <= 0)
        return sum << -shift;
    return shift < 64 ? (sum + (UINT64_C(1) << (shift - 1))) >> shift : 0;
}

/* a / b with INNER_BITS, for a below b below 2^63: bit by bit. */
static uint64_t quotient(uint64_t a, uint64_t b)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < INNER_BITS; i++) {
        a <<= 1;
        result <<= 1;
        if (a >= b) {
            a -= b;
            result |= 1;
        }
    }
    return result;
}

int64_t simulate_fixed_ln(uint64_t x)
{
    int64_t twos = INNER_BITS - SIMULATE_FIXED_BITS;
    uint64_t square = 0;
    uint64_t power = 0;
    uint64_t sum = 0;

    assert(x > 0);
    /* x is a mantissa from 1 to 2, times 2^twos. */
    for (; x < INNER_ONE; x <<= 1)
        twos--;
    for (; x >= 2 * INNER_ONE; x >>= 1)
        twos++;
    /* ln m = 2 artanh((m - 1) / (m + 1)). */
    power = quotient(x - INNER_ONE, x + INNER_ONE);
    square = simulate_fixed_multiply(power, power, INNER_BITS);
    for (unsigned n = 0; n < LN_TERMS; n++) {
        sum += power / (2 * n + 1);
        power = simulate_fixed_multiply(power, square, INNER_BITS);
    }
    return rounded((int64_t)(2 * sum >> (INNER_BITS - OUTER_BITS)) + twos * OUTER_LN2,
                   OUTER_BITS - SIMULATE_FIXED_BITS);
}
