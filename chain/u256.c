// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * u256: 256-bit arithmetic on four 64-bit limbs.
 *
 * What every header needs is inline in the header file. The rest runs once per retarget; so
 * division is the plain shift-and-subtract, whose correctness can be seen.
 */
#include "config.h"

#include "chain/u256.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define LIMBS 4
#define LIMB_BITS 64

/* Number of 32-bit digits in a u256: multiplication and short division work digit by digit in 64
 * bits. */
#define DIGITS 8

static void to_digits(uint32_t digits[DIGITS], struct u256 a)
{
    for (unsigned i = 0; i < DIGITS; i++)
        digits[i] = (uint32_t)(a.limb[i / 2] >> (32 * (i % 2)));
}

static struct u256 from_digits(const uint32_t digits[DIGITS])
{
    struct u256 out = {{0}};

    for (unsigned i = 0; i < DIGITS; i++)
        out.limb[i / 2] |= (uint64_t)digits[i] << (32 * (i % 2));
    return out;
}

/* digits *= b in place; returns the digit that is carried out. */
static uint32_t multiply_digits(uint32_t digits[DIGITS], uint32_t b)
{
    uint64_t carry = 0;

    for (unsigned i = 0; i < DIGITS; i++) {
        carry += (uint64_t)digits[i] * b;
        digits[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (uint32_t)carry;
}

struct u256 u256_mul_u64_saturating(struct u256 a, uint64_t b)
{
    uint32_t low[DIGITS];
    uint32_t high[DIGITS];
    struct u256 shifted;

    to_digits(low, a);
    to_digits(high, a);
    if (multiply_digits(low, (uint32_t)b) != 0 || multiply_digits(high, (uint32_t)(b >> 32)) != 0)
        return u256_all_ones();
    if (high[DIGITS - 1] != 0)
        return u256_all_ones();
    shifted = u256_shl(from_digits(high), 32);
    return u256_add_saturating(from_digits(low), shifted);
}

struct u256 u256_mul_div_u32(struct u256 a, uint32_t b, uint32_t c)
{
    uint32_t digits[DIGITS];
    uint64_t remainder;

    assert(c > 0);
    to_digits(digits, a);
    remainder = multiply_digits(digits, b);
    if (remainder >= c)
        return u256_all_ones(); /* the quotient needs a ninth digit */
    for (unsigned i = DIGITS; i-- > 0;) {
        uint64_t dividend = remainder << 32 | digits[i];

        digits[i] = (uint32_t)(dividend / c);
        remainder = dividend % c;
    }
    return from_digits(digits);
}

/* u256_shr(a, 1), for the loop below. */
static struct u256 half(struct u256 a)
{
    a.limb[0] = a.limb[0] >> 1 | a.limb[1] << (LIMB_BITS - 1);
    a.limb[1] = a.limb[1] >> 1 | a.limb[2] << (LIMB_BITS - 1);
    a.limb[2] = a.limb[2] >> 1 | a.limb[3] << (LIMB_BITS - 1);
    a.limb[3] >>= 1;
    return a;
}

struct u256 u256_div(struct u256 a, struct u256 b)
{
    struct u256 quotient = {{0}};
    unsigned a_bits = u256_bits(a);
    unsigned b_bits = u256_bits(b);
    struct u256 divisor;

    assert(b_bits > 0);
    if (a_bits < b_bits)
        return quotient;
    divisor = u256_shl(b, a_bits - b_bits);
    for (unsigned i = a_bits - b_bits + 1; i-- > 0;) {
        if (u256_cmp(a, divisor) >= 0) {
            a = u256_sub(a, divisor);
            quotient.limb[i / LIMB_BITS] |= UINT64_C(1) << (i % LIMB_BITS);
        }
        divisor = half(divisor);
    }
    return quotient;
}

struct u256 u256_not(struct u256 a)
{
    return (struct u256){{~a.limb[0], ~a.limb[1], ~a.limb[2], ~a.limb[3]}};
}

struct u256 u256_shl(struct u256 a, unsigned bits)
{
    struct u256 out = {{0}};
    unsigned limbs = bits / LIMB_BITS;
    unsigned rest = bits % LIMB_BITS;

    for (unsigned i = limbs; i < LIMBS; i++) {
        out.limb[i] = a.limb[i - limbs] << rest;
        if (rest > 0 && i > limbs)
            out.limb[i] |= a.limb[i - limbs - 1] >> (LIMB_BITS - rest);
    }
    return out;
}

struct u256 u256_shr(struct u256 a, unsigned bits)
{
    struct u256 out = {{0}};
    unsigned limbs = bits / LIMB_BITS;
    unsigned rest = bits % LIMB_BITS;

    for (unsigned i = 0; i + limbs < LIMBS; i++) {
        out.limb[i] = a.limb[i + limbs] >> rest;
        if (rest > 0 && i + limbs + 1 < LIMBS)
            out.limb[i] |= a.limb[i + limbs + 1] << (LIMB_BITS - rest);
    }
    return out;
}

unsigned u256_bits(struct u256 a)
{
    for (unsigned i = LIMBS; i-- > 0;) {
        if (a.limb[i] != 0)
            return i * LIMB_BITS + LIMB_BITS - (unsigned)__builtin_clzll(a.limb[i]);
    }
    return 0;
}

double u256_to_double(struct u256 a)
{
    const unsigned mantissa_bits = 53; /* of an IEEE 754 double */
    unsigned bits = u256_bits(a);
    unsigned cut = bits > mantissa_bits ? bits - mantissa_bits : 0;

    return ldexp((double)u256_shr(a, cut).limb[0], (int)cut);
}

void u256_to_hex(char hex[65], struct u256 a)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < 64; i++) {
        unsigned shift = 4 * (63 - i);

        hex[i] = digits[a.limb[shift / LIMB_BITS] >> (shift % LIMB_BITS) & 15];
    }
    hex[64] = '\0';
}

bool u256_from_hex(struct u256 *out, const char *hex)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    struct u256 value = {{0}};
    size_t len;

    if (hex[0] == '0' && (hex[1] == 'x' || hex[1] == 'X'))
        hex += 2;
    len = strlen(hex);
    if (len < 1 || len > 64 || strspn(hex, digits) != len)
        return false;
    for (; *hex != '\0'; hex++) {
        unsigned digit = (unsigned)(strchr(digits, *hex) - digits);

        value = u256_shl(value, 4);
        value.limb[0] |= digit < 16 ? digit : digit - 6;
    }
    *out = value;
    return true;
}
