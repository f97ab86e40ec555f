// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * slow: see slow.h.
 */
#include "config.h"

#include "tests/support/slow.h"

#include <string.h>

struct slow slow_from_bytes(const uint8_t *bytes, unsigned len)
{
    struct slow out = {{0}};

    memcpy(out.byte, bytes, len);
    return out;
}

struct slow slow_from_u64(uint64_t value)
{
    struct slow out = {{0}};

    for (unsigned i = 0; i < 8; i++)
        out.byte[i] = (uint8_t)(value >> (8 * i));
    return out;
}

struct slow slow_from_u256(struct u256 value)
{
    struct slow out = {{0}};

    for (unsigned i = 0; i < 32; i++)
        out.byte[i] = (uint8_t)(value.limb[i / 8] >> (8 * (i % 8)));
    return out;
}

struct u256 slow_to_u256(const struct slow *a)
{
    struct u256 out = {{0}};

    for (unsigned i = 0; i < 32; i++)
        out.limb[i / 8] |= (uint64_t)a->byte[i] << (8 * (i % 8));
    return out;
}

struct slow slow_power_of_two(unsigned exponent)
{
    struct slow out = {{0}};

    out.byte[exponent / 8] = (uint8_t)(1u << (exponent % 8));
    return out;
}

bool slow_fits_256(const struct slow *a)
{
    for (unsigned i = 32; i < SLOW_BYTES; i++) {
        if (a->byte[i] != 0)
            return false;
    }
    return true;
}

int slow_cmp(const struct slow *a, const struct slow *b)
{
    for (unsigned i = SLOW_BYTES; i-- > 0;) {
        if (a->byte[i] != b->byte[i])
            return a->byte[i] < b->byte[i] ? -1 : 1;
    }
    return 0;
}

struct slow slow_add(const struct slow *a, const struct slow *b)
{
    struct slow out;
    unsigned carry = 0;

    for (unsigned i = 0; i < SLOW_BYTES; i++) {
        carry += (unsigned)a->byte[i] + b->byte[i];
        out.byte[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return out;
}

struct slow slow_sub(const struct slow *a, const struct slow *b)
{
    struct slow out;
    int borrow = 0;

    for (unsigned i = 0; i < SLOW_BYTES; i++) {
        int digit = a->byte[i] - b->byte[i] - borrow;

        borrow = digit < 0;
        out.byte[i] = (uint8_t)(digit + (borrow ? 256 : 0));
    }
    return out;
}

struct slow slow_mul(const struct slow *a, const struct slow *b)
{
    struct slow out = {{0}};

    for (unsigned i = 0; i < SLOW_BYTES; i++) {
        unsigned carry = 0;

        if (a->byte[i] == 0)
            continue;
        for (unsigned j = 0; i + j < SLOW_BYTES; j++) {
            carry += out.byte[i + j] + (unsigned)a->byte[i] * b->byte[j];
            out.byte[i + j] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return out;
}

/* a * 256 + digit. */
static void shift_in(struct slow *a, uint8_t digit)
{
    memmove(a->byte + 1, a->byte, SLOW_BYTES - 1);
    a->byte[0] = digit;
}

struct slow slow_div(const struct slow *a, const struct slow *b)
{
    struct slow quotient = {{0}};
    struct slow rest = {{0}};

    for (unsigned i = SLOW_BYTES; i-- > 0;) {
        shift_in(&rest, a->byte[i]);
        while (slow_cmp(&rest, b) >= 0) {
            rest = slow_sub(&rest, b);
            quotient.byte[i]++;
        }
    }
    return quotient;
}

bool slow_target(struct slow *target, uint32_t bits)
{
    unsigned exponent = bits >> 24;
    struct slow value = slow_from_u64(bits & 0x7fffff);
    struct slow zero = {{0}};

    for (; exponent > 3; exponent--) {
        if (!slow_fits_256(&value))
            return false;
        shift_in(&value, 0);
    }
    for (; exponent < 3; exponent++) {
        memmove(value.byte, value.byte + 1, SLOW_BYTES - 1);
        value.byte[SLOW_BYTES - 1] = 0;
    }
    if (slow_cmp(&value, &zero) == 0 || !slow_fits_256(&value) || (bits & 0x800000) != 0)
        return false;
    *target = value;
    return true;
}

struct slow slow_work(uint32_t bits)
{
    struct slow one = slow_from_u64(1);
    struct slow range = slow_power_of_two(256);
    struct slow target;

    if (!slow_target(&target, bits))
        return slow_from_u64(0);
    target = slow_add(&target, &one);
    return slow_div(&range, &target);
}

uint32_t slow_compact(const struct slow *target)
{
    uint32_t best = 0;

    /* With each exponent, the greatest mantissa that fits, bit by bit; of two forms of one number
     * the shorter exponent. */
    for (uint32_t exponent = 34; exponent >= 1; exponent--) {
        uint32_t mantissa = 0;
        struct slow value;
        struct slow best_value;

        for (uint32_t bit = UINT32_C(1) << 22; bit != 0; bit >>= 1) {
            struct slow without = {{0}};

            (void)slow_target(&without, exponent << 24 | mantissa);
            if (slow_target(&value, exponent << 24 | mantissa | bit) &&
                slow_cmp(&value, target) <= 0 && slow_cmp(&value, &without) > 0)
                mantissa |= bit; /* a bit that counts and fits */
        }
        if (!slow_target(&value, exponent << 24 | mantissa))
            continue;
        if (!slow_target(&best_value, best) || slow_cmp(&value, &best_value) >= 0)
            best = exponent << 24 | mantissa;
    }
    return best;
}
