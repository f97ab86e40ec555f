// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hash: a 256-bit hash as its own type.
 *
 * Bytes are kept in the order in which they stand on the wire, which is little-endian when the hash
 * is read as a number. People read hashes the other way round; only the hex functions turn them.
 */
#ifndef HASHTIDE_CHAIN_HASH_H
#define HASHTIDE_CHAIN_HASH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HASH256_SIZE 32
/** Length of a hash in hex, with the final NUL. */
#define HASH256_HEX_SIZE 65

struct hash256 {
    uint8_t bytes[HASH256_SIZE];
};

static inline bool hash256_equal(const struct hash256 *a, const struct hash256 *b)
{
    return memcmp(a->bytes, b->bytes, HASH256_SIZE) == 0;
}

static inline bool hash256_is_zero(const struct hash256 *a)
{
    static const struct hash256 zero = {{0}};
    return hash256_equal(a, &zero);
}

/** Writes the hash in display order (most significant byte first), lower case, NUL-terminated. */
void hash256_to_hex(char hex[HASH256_HEX_SIZE], const struct hash256 *hash);

/**
 * Reads exactly 64 hex digits in display order, either case, followed by NUL. Returns false (hash
 * untouched) on anything else.
 */
bool hash256_from_hex(struct hash256 *hash, const char *hex);

#endif
