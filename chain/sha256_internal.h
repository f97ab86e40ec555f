// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha256_internal: what the implementations of SHA-256 share.
 */
#ifndef HASHTIDE_CHAIN_SHA256_INTERNAL_H
#define HASHTIDE_CHAIN_SHA256_INTERNAL_H

#include "chain/sha256.h"

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK 64
#define SHA256_ROUNDS 64

/** FIPS 180-4 5.3.3: fractional parts of the square roots of the first 8 primes. */
extern const uint32_t sha256_initial[8];
/** FIPS 180-4 4.2.2: fractional parts of the cube roots of the first 64 primes. */
extern const uint32_t sha256_k[SHA256_ROUNDS];

/**
 * The SHA-NI implementation, without a look at the processor; defined only where the build has
 * HAVE_X86_SHANI.
 */
extern const struct sha256_impl sha256_shani_impl;

#endif
