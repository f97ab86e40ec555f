// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * u256: unsigned 256-bit arithmetic for targets and chain work. Wraps modulo 2^256 where it says so; exact elsewhere.
 */
#ifndef HASHTIDE_CHAIN_U256_H
#define HASHTIDE_CHAIN_U256_H

#include <stdbool.h>
#include <stdint.h>

#include "chain/hash.h"

/** limb[0] is the least significant. */
struct u256 {
    uint64_t limb[4];
};

struct u256 u256_from_u64(uint64_t value);
struct u256 u256_from_hash(const struct hash256 *hash);
/** Modulo 2^256. */
struct u256 u256_add(struct u256 a, struct u256 b);
/** Modulo 2^256. */
struct u256 u256_sub(struct u256 a, struct u256 b);
/** Saturates at 2^256-1: chain work never wraps round to a small number. */
struct u256 u256_add_saturating(struct u256 a, struct u256 b);
/** Saturates at 2^256-1. */
struct u256 u256_mul_u64_saturating(struct u256 a, uint64_t b);
/** a * b / c without overflow between the two steps (320-bit product), c > 0; saturates at 2^256-1. */
struct u256 u256_mul_div_u32(struct u256 a, uint32_t b, uint32_t c);
/** Quotient; b must not be zero (asserted). */
struct u256 u256_div(struct u256 a, struct u256 b);
struct u256 u256_not(struct u256 a);
struct u256 u256_shl(struct u256 a, unsigned bits);
struct u256 u256_shr(struct u256 a, unsigned bits);
/** -1, 0, 1. */
int u256_cmp(struct u256 a, struct u256 b);
bool u256_is_zero(struct u256 a);
/** Number of significant bits, 0 for zero. */
unsigned u256_bits(struct u256 a);
/** Nearest double (53 significant bits, truncated below them). */
double u256_to_double(struct u256 a);
/** 64 hex digits, most significant first, lower case, NUL-terminated. */
void u256_to_hex(char hex[65], struct u256 a);
/** 1 to 64 hex digits, optional leading "0x"; false on anything else. */
bool u256_from_hex(struct u256 *out, const char *hex);

#endif
