// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * mine: proof of work for networks whose work limit is next to nothing (tidenet, regtest): for
 * simulation, tests and benchmarks.
 */
#ifndef HASHTIDE_CHAIN_MINE_H
#define HASHTIDE_CHAIN_MINE_H

#include "chain/context.h"
#include "chain/hash.h"
#include "chain/header.h"
#include "chain/params.h"

#include <stdbool.h>

/**
 * Looks for a nonce, from header->nonce upwards, with which header has the work that its nBits ask
 * for. True: header has the nonce and hash is its hash. False: the nBits are unusable on this
 * network, or no nonce up to the last one will do (then change the merkle root or the time).
 * header->nonce is unspecified then. Expected hashes are compact_work(header->bits): at tidenet's
 * limit, two.
 */
bool mine_header(struct header *header, struct hash256 *hash, const struct params *params);

/**
 * Fills version, prev, time, bits and nonce of header so that it is a valid child of parent's last
 * header at this time, as far as the rules allow the time, and mines it. merkle_root is the
 * caller's and tells siblings apart. False as above.
 */
bool mine_child(struct header *header, struct hash256 *hash, const struct params *params,
                const struct context *parent, uint32_t time);

#endif
