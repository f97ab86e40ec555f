// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compact: nBits. The top byte is a size in bytes, the other three a mantissa with a sign bit:
 * mantissa * 256^(size - 3).
 */
#include "config.h"

#include "chain/compact.h"

#define MANTISSA_MASK 0x007fffffu
#define SIGN_BIT 0x00800000u
/** nBits of difficulty 1. */
#define DIFFICULTY_ONE_BITS 0x1d00ffffu

struct compact_target compact_decode(uint32_t bits)
{
    struct compact_target out = {.target = {{0}}, .negative = false, .overflow = false};
    unsigned size = bits >> 24;
    uint32_t mantissa = bits & MANTISSA_MASK;

    if (size <= 3) {
        mantissa >>= 8 * (3 - size);
        out.target = u256_from_u64(mantissa);
    } else {
        out.target = u256_shl(u256_from_u64(mantissa), 8 * (size - 3));
    }
    /* What counts is the mantissa that is left: small sizes may have shifted all of it out. */
    out.negative = mantissa != 0 && (bits & SIGN_BIT) != 0;
    out.overflow = mantissa != 0 && (size > 34 || (mantissa > 0xff && size > 33) ||
                                     (mantissa > 0xffff && size > 32));
    return out;
}

uint32_t compact_encode(struct u256 target)
{
    unsigned size = (u256_bits(target) + 7) / 8;
    uint32_t mantissa;

    if (size <= 3)
        mantissa = (uint32_t)target.limb[0] << (8 * (3 - size));
    else
        mantissa = (uint32_t)u256_shr(target, 8 * (size - 3)).limb[0];
    /* It would read as negative: one byte less of mantissa, one more of size. */
    if (mantissa & SIGN_BIT) {
        mantissa >>= 8;
        size++;
    }
    return mantissa | (uint32_t)size << 24;
}

bool compact_usable(struct u256 *target, uint32_t bits, struct u256 limit)
{
    struct compact_target decoded = compact_decode(bits);

    if (decoded.negative || decoded.overflow || u256_is_zero(decoded.target))
        return false;
    if (u256_cmp(decoded.target, limit) > 0)
        return false;
    *target = decoded.target;
    return true;
}

struct u256 compact_work(uint32_t bits)
{
    struct compact_target decoded = compact_decode(bits);
    struct u256 one = u256_from_u64(1);

    if (decoded.negative || decoded.overflow || u256_is_zero(decoded.target))
        return u256_from_u64(0);
    /* 2^256 does not fit, but 2^256 / (t + 1) == (2^256 - 1 - t) / (t + 1) + 1, and 2^256 - 1 - t
     * is ~t. A compact target is never 2^256 - 1, so t + 1 does not wrap. */
    return u256_add(u256_div(u256_not(decoded.target), u256_add(decoded.target, one)), one);
}

double compact_expected_hashes(uint32_t bits)
{
    struct compact_target decoded = compact_decode(bits);

    if (decoded.negative || decoded.overflow || u256_is_zero(decoded.target))
        return 0;
    return 0x1p256 / (u256_to_double(decoded.target) + 1.0);
}

double compact_difficulty(uint32_t bits)
{
    struct compact_target decoded = compact_decode(bits);

    if (decoded.negative || decoded.overflow || u256_is_zero(decoded.target))
        return 0;
    return u256_to_double(compact_decode(DIFFICULTY_ONE_BITS).target) /
           u256_to_double(decoded.target);
}
