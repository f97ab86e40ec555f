// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * params: what distinguishes one network from another. Constant tables.
 */
#ifndef HASHTIDE_CHAIN_PARAMS_H
#define HASHTIDE_CHAIN_PARAMS_H

#include "chain/hash.h"
#include "chain/header.h"
#include "chain/u256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum network {
    NETWORK_MAIN,
    NETWORK_TESTNET3,
    NETWORK_TESTNET4,
    NETWORK_SIGNET,
    NETWORK_REGTEST,
    NETWORK_TIDENET,
};
#define NETWORK_COUNT 6

/** Blocks between two retargets, on every network. */
#define PARAMS_RETARGET_BLOCKS 2016
/** Two weeks in seconds: what 2016 blocks should take. */
#define PARAMS_RETARGET_SECONDS 1209600
/** Seconds between blocks. */
#define PARAMS_SPACING_SECONDS 600
/** Ancestors in the median time past. */
#define PARAMS_MEDIAN_BLOCKS 11
/** A header may be this far ahead of our clock, in seconds. */
#define PARAMS_MAX_FUTURE_SECONDS 7200
/** BIP94: a retarget block may be at most this much earlier than its parent, in seconds. */
#define PARAMS_TIMEWARP_SECONDS 600

struct params {
    enum network network;
    const char *name; /* "main", "testnet3", "testnet4", "signet", "regtest", "tidenet" */
    uint8_t magic[4]; /* message start, in wire order */
    uint16_t port;
    uint8_t genesis[HEADER_SIZE];
    struct hash256 genesis_hash;
    uint32_t limit_bits; /* proof-of-work limit, compact */
    /* the same, as a number, exactly as the network has it (not rounded to compact) */
    struct u256 limit;
    bool no_retarget; /* regtest: nBits never change */
    /* testnets: a block 20 minutes after its parent may have the limit as target */
    bool min_difficulty;
    bool bip94;               /* testnet4: retarget from the epoch's first block; time-warp rule */
    bool work_only_advisory;  /* signet: headers prove work only, anyone can forge a branch */
    uint32_t version2_height; /* BIP34: from here version >= 2 */
    uint32_t version3_height; /* BIP66: from here version >= 3 */
    uint32_t version4_height; /* BIP65: from here version >= 4 */
    struct u256 minimum_chain_work; /* known at release; zero where none */
    const char *const *dns_seeds;   /* NULL-terminated */
    /* NULL-terminated "host:port" or "[v6]:port" or "x.onion:port"; may be empty */
    const char *const *fixed_seeds;
};

/** Never NULL for a valid enum value. The tables are static. */
const struct params *params_get(enum network network);
/**
 * By name, with Bitcoin Core's aliases ("test" is testnet3, "mainnet" is main); NULL if unknown.
 */
const struct params *params_by_name(const char *name);

#endif
