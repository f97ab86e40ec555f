// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * header: the 80 bytes that a block is known by.
 */
#ifndef HASHTIDE_CHAIN_HEADER_H
#define HASHTIDE_CHAIN_HEADER_H

#include "chain/hash.h"

#include <stdint.h>

#define HEADER_SIZE 80

/**
 * Decoded header. version is signed: BIP9 and overt AsicBoost set bits freely, and a negative
 * number is below every version floor.
 */
struct header {
    int32_t version;
    struct hash256 prev;
    struct hash256 merkle_root;
    uint32_t time; /* seconds since 1970, unsigned until 2106 */
    uint32_t bits;
    uint32_t nonce;
};

/** Every 80 bytes are a header; whether a valid one is validate's business. */
void header_decode(struct header *out, const uint8_t raw[HEADER_SIZE]);
void header_encode(uint8_t raw[HEADER_SIZE], const struct header *header);
/** Hash of one header. For many, sha256d_headers() is about twice as fast. */
void header_hash(struct hash256 *out, const uint8_t raw[HEADER_SIZE]);

#endif
