// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * u256: unsigned 256-bit arithmetic for targets and chain work. Wraps modulo 2^256 where it says
 * so; exact elsewhere.
 */
#ifndef HASHTIDE_CHAIN_U256_H
#define HASHTIDE_CHAIN_U256_H

#include "chain/hash.h"

#include <stdbool.h>
#include <stdint.h>

/** limb[0] is the least significant. */
struct u256 {
    uint64_t limb[4];
};

static inline struct u256 u256_from_u64(uint64_t value)
{
    return (struct u256){{value, 0, 0, 0}};
}

/** 2^256 - 1. */
static inline struct u256 u256_all_ones(void)
{
    return (struct u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
}

/* In one expression, which compilers turn into one load where the machine is little-endian. */
static inline uint64_t u256_read_le64(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/** A hash read as a number, as proof of work does. */
static inline struct u256 u256_from_hash(const struct hash256 *hash)
{
    const uint8_t *p = hash->bytes;

    return (struct u256){
        {u256_read_le64(p), u256_read_le64(p + 8), u256_read_le64(p + 16), u256_read_le64(p + 24)}};
}

/* a + b + *carry; *carry becomes the carry out (0 or 1). */
static inline uint64_t u256_add_limb(uint64_t *carry, uint64_t a, uint64_t b)
{
    uint64_t partial = a + b;
    uint64_t sum = partial + *carry;

    *carry = (uint64_t)(partial < a) | (uint64_t)(sum < partial);
    return sum;
}

/* *sum = a + b modulo 2^256; returns the carry out of the top limb. Limb by limb without a loop,
 * here and in u256_cmp(): then the limbs stay in registers, and no half-written number is copied
 * through memory. */
static inline bool u256_add_carry(struct u256 *sum, struct u256 a, struct u256 b)
{
    uint64_t carry = 0;

    sum->limb[0] = u256_add_limb(&carry, a.limb[0], b.limb[0]);
    sum->limb[1] = u256_add_limb(&carry, a.limb[1], b.limb[1]);
    sum->limb[2] = u256_add_limb(&carry, a.limb[2], b.limb[2]);
    sum->limb[3] = u256_add_limb(&carry, a.limb[3], b.limb[3]);
    return carry != 0;
}

/** Modulo 2^256. */
static inline struct u256 u256_add(struct u256 a, struct u256 b)
{
    struct u256 sum;

    (void)u256_add_carry(&sum, a, b);
    return sum;
}
/* a - b - *borrow; *borrow becomes the borrow out (0 or 1). */
static inline uint64_t u256_sub_limb(uint64_t *borrow, uint64_t a, uint64_t b)
{
    uint64_t partial = a - b;
    uint64_t difference = partial - *borrow;

    *borrow = (uint64_t)(a < b) | (uint64_t)(partial < *borrow);
    return difference;
}

/** Modulo 2^256. */
static inline struct u256 u256_sub(struct u256 a, struct u256 b)
{
    uint64_t borrow = 0;

    a.limb[0] = u256_sub_limb(&borrow, a.limb[0], b.limb[0]);
    a.limb[1] = u256_sub_limb(&borrow, a.limb[1], b.limb[1]);
    a.limb[2] = u256_sub_limb(&borrow, a.limb[2], b.limb[2]);
    a.limb[3] = u256_sub_limb(&borrow, a.limb[3], b.limb[3]);
    return a;
}

/** Saturates at 2^256-1: chain work never wraps round to a small number. */
static inline struct u256 u256_add_saturating(struct u256 a, struct u256 b)
{
    struct u256 sum;

    return u256_add_carry(&sum, a, b) ? u256_all_ones() : sum;
}
/** Saturates at 2^256-1. */
struct u256 u256_mul_u64_saturating(struct u256 a, uint64_t b);
/** a * b / c without overflow between the two steps (320-bit product), c > 0; saturates at 2^256-1.
 */
struct u256 u256_mul_div_u32(struct u256 a, uint32_t b, uint32_t c);
/** Quotient; b must not be zero (asserted). */
struct u256 u256_div(struct u256 a, struct u256 b);
struct u256 u256_not(struct u256 a);
struct u256 u256_shl(struct u256 a, unsigned bits);
struct u256 u256_shr(struct u256 a, unsigned bits);
/** -1, 0, 1. */
static inline int u256_cmp(struct u256 a, struct u256 b)
{
    if (a.limb[3] != b.limb[3])
        return a.limb[3] < b.limb[3] ? -1 : 1;
    if (a.limb[2] != b.limb[2])
        return a.limb[2] < b.limb[2] ? -1 : 1;
    if (a.limb[1] != b.limb[1])
        return a.limb[1] < b.limb[1] ? -1 : 1;
    if (a.limb[0] != b.limb[0])
        return a.limb[0] < b.limb[0] ? -1 : 1;
    return 0;
}

static inline bool u256_is_zero(struct u256 a)
{
    return (a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]) == 0;
}

/** Number of significant bits, 0 for zero. */
unsigned u256_bits(struct u256 a);
/** Nearest double (53 significant bits, truncated below them). */
double u256_to_double(struct u256 a);
/** 64 hex digits, most significant first, lower case, NUL-terminated. */
void u256_to_hex(char hex[65], struct u256 a);
/** 1 to 64 hex digits, optional leading "0x"; false on anything else. */
bool u256_from_hex(struct u256 *out, const char *hex);

#endif
