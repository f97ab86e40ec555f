// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compact: nBits, the 32-bit floating form of a target, and the work a target stands for.
 */
#ifndef HASHTIDE_CHAIN_COMPACT_H
#define HASHTIDE_CHAIN_COMPACT_H

#include "chain/u256.h"

#include <stdbool.h>
#include <stdint.h>

/** What a 32-bit compact number decodes to. target is meaningful only when neither flag is set. */
struct compact_target {
    struct u256 target;
    bool negative; /* the sign bit is set and the mantissa is not zero */
    bool overflow; /* the value does not fit 256 bits */
};

struct compact_target compact_decode(uint32_t bits);
/** The canonical compact form; low bits of the mantissa are cut off, as the rule has it. */
uint32_t compact_encode(struct u256 target);
/**
 * True and the target when bits are a usable target: positive, not overflowing, not above limit.
 */
bool compact_usable(struct u256 *target, uint32_t bits, struct u256 limit);
/**
 * Expected hashes to find a block at this target: floor(2^256 / (target + 1)); 0 for unusable bits
 * (zero, negative, overflow).
 */
struct u256 compact_work(uint32_t bits);
/** The same as a real number, for estimates: near a test network's limit the whole number that
 * chain work counts is up to a third too small. 0 for unusable bits. */
double compact_expected_hashes(uint32_t bits);
/**
 * Difficulty as people use the word: difficulty-1 target (0x1d00ffff) divided by the target; 0 for
 * unusable bits.
 */
double compact_difficulty(uint32_t bits);

#endif
