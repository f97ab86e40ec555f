// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * mine: two nonces at a time, since the second hash of a pair is nearly free.
 */
#include "config.h"

#include "chain/mine.h"

#include "chain/compact.h"
#include "chain/sha256.h"
#include "chain/u256.h"

/** Nonces tried together. */
#define PAIR 2
/** BIP9's version with no deployment signalled: above every version floor. */
#define MINE_VERSION 0x20000000

bool mine_header(struct header *header, struct hash256 *hash, const struct params *params)
{
    uint8_t raw[PAIR][HEADER_SIZE];
    struct hash256 hashes[PAIR];
    struct u256 target;

    if (!compact_usable(&target, header->bits, params->limit))
        return false;
    for (;;) {
        for (unsigned i = 0; i < PAIR; i++) {
            header_encode(raw[i], header);
            header->nonce++;
        }
        header->nonce -= PAIR;
        sha256d_headers(hashes, raw[0], HEADER_SIZE, PAIR);
        for (unsigned i = 0; i < PAIR; i++) {
            if (u256_cmp(u256_from_hash(&hashes[i]), target) <= 0) {
                *hash = hashes[i];
                return true;
            }
            if (header->nonce == UINT32_MAX)
                return false;
            header->nonce++;
        }
    }
}

bool mine_child(struct header *header, struct hash256 *hash, const struct params *params,
                const struct context *parent, uint32_t time)
{
    header->version = MINE_VERSION;
    header->prev = parent->hash;
    header->time = time;
    header->bits = context_next_bits(parent, params, time);
    header->nonce = 0;
    return mine_header(header, hash, params);
}
