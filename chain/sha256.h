// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha256: SHA-256 (FIPS 180-4) and its doubled form, in portable C and with SHA-NI.
 *
 * The implementation is chosen once, at run time, from what the processor has; every implementation
 * gives the same bytes. The function that matters is sha256d_headers(): with SHA-NI two headers are
 * hashed at a time, interleaved, because one stream alone leaves the unit waiting for its own
 * results.
 */
#ifndef HASHTIDE_CHAIN_SHA256_H
#define HASHTIDE_CHAIN_SHA256_H

#include "chain/hash.h"

#include <stddef.h>
#include <stdint.h>

/** One implementation. All members are pure functions. */
struct sha256_impl {
    const char *name; /* "portable", "sha-ni" */
    /** Compresses count 64-byte blocks into the state. */
    void (*compress)(uint32_t state[8], const uint8_t *blocks, size_t count);
    /** Double SHA-256 of count 80-byte records that start stride bytes apart (stride >= 80). */
    void (*headers)(struct hash256 *out, const uint8_t *records, size_t stride, size_t count);
};

/** The portable implementation: always there. */
const struct sha256_impl *sha256_portable(void);
/** The SHA-NI implementation, or NULL where the build or the processor has none. */
const struct sha256_impl *sha256_shani(void);
/** The best implementation on this processor (detected on first use, thread-safe). */
const struct sha256_impl *sha256_best(void);

/**
 * Double SHA-256 of data; the checksum of messages and the hash of everything that is not a header.
 */
void sha256d(struct hash256 *out, const void *data, size_t len);
/** Single SHA-256. */
void sha256(struct hash256 *out, const void *data, size_t len);
/** Double SHA-256 of count 80-byte records, stride bytes apart, with the best implementation. */
void sha256d_headers(struct hash256 *out, const uint8_t *records, size_t stride, size_t count);

#endif
