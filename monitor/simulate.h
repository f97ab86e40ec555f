// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate: a tidenet chain with its proof of work, block by block, from a hash rate that grows
 * steadily.
 *
 * Same seed, same growth: same bytes, on every machine. All decisions are made in integers: a
 * logarithm's or a product's last digit may differ from one machine to the next, and one digit
 * would change every hash that follows.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_H
#define HASHTIDE_MONITOR_SIMULATE_H

#include "chain/context.h"
#include "chain/header.h"

#include <stdbool.h>
#include <stdint.h>

/** Unit of simulate's growth: a thousandth of a percent a year. */
#define SIMULATE_GROWTH_PERCENT 1000u
/** Growth that a million headers survive: work a block stays below 60 hashes, mined in seconds. */
#define SIMULATE_GROWTH_DEFAULT (20u * SIMULATE_GROWTH_PERCENT)
#define SIMULATE_GROWTH_MAX (900u * SIMULATE_GROWTH_PERCENT)

/** State between two blocks; a plain value, whose members are simulate.c's own. */
struct simulate {
    struct context tip;
    uint64_t seed;
    uint64_t random;  /* state of the generator that draws intervals */
    uint64_t elapsed; /* time since genesis, in 2^-24 s */
    uint32_t growth;  /* thousandths of a percent a year */
    uint32_t year;    /* years since genesis, whole */
    uint64_t rate;    /* hash rate at the beginning of that year; genesis' has 2^24 */
    uint32_t bits;    /* nBits that work belongs to */
    uint64_t work;    /* expected hashes of a block, in 2^-12 */
};

/** Begins at tidenet's genesis. growth at most SIMULATE_GROWTH_MAX (asserted). */
void simulate_start(struct simulate *simulate, uint64_t seed, uint32_t growth);

/** Mines the next block on the chain. False when the hash rate has outgrown what can be mined here
 * (more than 65,536 times that of the start). */
bool simulate_next(struct simulate *simulate, uint8_t raw[HEADER_SIZE]);

#endif
