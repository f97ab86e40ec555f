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
    unsigned digits = SLOW_BYTES;

    while (digits > 0 && a->byte[digits - 1] == 0)
        digits--;
    for (unsigned bit = 8 * digits; bit-- > 0;) {
        rest = slow_add(&rest, &rest);
        rest.byte[0] |= (uint8_t)(a->byte[bit / 8] >> (bit % 8) & 1);
        if (slow_cmp(&rest, b) >= 0) {
            rest = slow_sub(&rest, b);
            quotient.byte[bit / 8] |= (uint8_t)(1u << (bit % 8));
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

/* The greatest mantissa with which this exponent does not exceed the target, without idle bits. */
static uint32_t mantissa_for(const struct slow *target, uint32_t exponent)
{
    uint32_t mantissa = 0;
    struct slow best = {{0}};

    for (uint32_t bit = UINT32_C(1) << 22; bit != 0; bit >>= 1) {
        struct slow value;

        if (slow_target(&value, exponent << 24 | mantissa | bit) && slow_cmp(&value, target) <= 0 &&
            slow_cmp(&value, &best) > 0) {
            mantissa |= bit;
            best = value;
        }
    }
    return mantissa;
}

uint32_t slow_compact(const struct slow *target)
{
    uint32_t bytes = SLOW_BYTES;
    uint32_t longer, shorter;
    struct slow longer_value, shorter_value;

    while (bytes > 0 && target->byte[bytes - 1] == 0)
        bytes--;
    /* A number of so many bytes has this exponent, or one more if its first bit is the sign's. */
    longer = (bytes + 1) << 24 | mantissa_for(target, bytes + 1);
    shorter = bytes << 24 | mantissa_for(target, bytes);
    if (!slow_target(&shorter_value, shorter))
        return longer;
    if (slow_target(&longer_value, longer) && slow_cmp(&longer_value, &shorter_value) > 0)
        return longer;
    return shorter;
}
