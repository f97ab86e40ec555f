// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha3: SHA3-256 (FIPS 202), which Tor's onion names have for a checksum. Nothing here is fast or
 * needs to be.
 */
#ifndef HASHTIDE_CHAIN_SHA3_H
#define HASHTIDE_CHAIN_SHA3_H

#include <stddef.h>
#include <stdint.h>

#define SHA3_256_SIZE 32
/** Most bytes that sha3_256() takes: one block of the sponge less its padding. */
#define SHA3_256_INPUT_MAX 135

/** Digest of a short input: len <= SHA3_256_INPUT_MAX (asserted). */
void sha3_256(uint8_t digest[SHA3_256_SIZE], const void *data, size_t len);

#endif
