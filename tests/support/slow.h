// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * slow: big numbers the way one is taught at school, byte by byte, for checking the fast ones.
 * Nothing of chain/ is used but the conversions' types.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_SLOW_H
#define HASHTIDE_TESTS_SUPPORT_SLOW_H

#include "chain/u256.h"

#include <stdbool.h>
#include <stdint.h>

/** Enough for the product of two 256-bit numbers and some. */
#define SLOW_BYTES 72

/** byte[0] is the least significant. */
struct slow {
    uint8_t byte[SLOW_BYTES];
};

struct slow slow_from_u64(uint64_t value);
struct slow slow_from_u256(struct u256 value);
struct slow slow_from_bytes(const uint8_t *bytes, unsigned len);
/** 2^exponent. */
struct slow slow_power_of_two(unsigned exponent);
/** Modulo 2^256. */
struct u256 slow_to_u256(const struct slow *a);
bool slow_fits_256(const struct slow *a);
int slow_cmp(const struct slow *a, const struct slow *b);
struct slow slow_add(const struct slow *a, const struct slow *b);
/** a - b, which must not be negative. */
struct slow slow_sub(const struct slow *a, const struct slow *b);
/** Must fit. */
struct slow slow_mul(const struct slow *a, const struct slow *b);
/** Floor; b > 0. */
struct slow slow_div(const struct slow *a, const struct slow *b);

/**
 * nBits by the book: mantissa times 256^(exponent - 3), towards zero. Returns false if it is
 * negative, zero or above 2^256 - 1.
 */
bool slow_target(struct slow *target, uint32_t bits);
/** 2^256 / (target + 1); zero for nBits that are no target. */
struct slow slow_work(uint32_t bits);
/** The compact form, found by trying: the greatest that is not above the number. */
uint32_t slow_compact(const struct slow *target);

#endif
