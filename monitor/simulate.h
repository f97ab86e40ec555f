// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate: a tidenet chain with its proof of work, block by block, from a hash rate that a script
 * (or a steady growth) prescribes; and the truth about each block.
 *
 * Same script, same seed: same bytes, on every machine. All decisions are made in integers: a
 * logarithm's or a product's last digit may differ from one machine to the next, and one digit
 * would change every hash that follows.
 *
 * Hash rates are in units of what the work limit is for (two hashes in 600 s) with 32 fraction
 * bits. Moments count from genesis, in 2^-24 s.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_H
#define HASHTIDE_MONITOR_SIMULATE_H

#include "chain/hash.h"
#include "chain/header.h"
#include "monitor/simulate_course.h"
#include "monitor/simulate_script.h"

#include <stdbool.h>
#include <stdint.h>

/** Fraction bits of moments. */
#define SIMULATE_TIME_BITS 24
/** Hashes a second, of a hash rate of one: two in 600 s, as a fraction's denominator. */
#define SIMULATE_RATE_SECONDS 300
/** The hash rate stays below this, and above one by this: what a laptop can mine. */
#define SIMULATE_RATE_MAX 65536

/** A block and its truth. */
struct simulate_block {
    uint8_t raw[HEADER_SIZE];
    struct hash256 hash;
    struct hash256 prev;
    uint32_t height;
    uint32_t time; /* as its header says */
    uint32_t bits;
    bool best;        /* on the best chain once all blocks are there; else it has lost */
    uint64_t found;   /* when it was really found */
    uint64_t arrived; /* when the network had it */
    uint64_t work;    /* hashes that a block with these bits takes on average; 32 fraction bits */
    uint64_t hashes;  /* that the network has made since the height before was found, likewise; 0 of
                         losing blocks, which come on top */
    uint64_t hashrate;          /* when it was found */
    struct simulate_rate parts; /* of the logarithm of that */
    const char *events;         /* in progress; lives as long as the simulation */
};

enum simulate_result {
    SIMULATE_FOUND,
    SIMULATE_END,
    SIMULATE_TOO_FAST, /* more than SIMULATE_RATE_MAX */
    SIMULATE_TOO_SLOW, /* less than one by that */
    SIMULATE_TOO_LATE, /* the 32 bits of a header's time run out */
};

struct simulate; /* opaque */

/** Begins at tidenet's genesis. The script must have blocks, have passed simulate_script_check(),
 * and outlive the simulation. */
struct simulate *simulate_new(const struct simulate_script *script);
/** NULL is allowed. */
void simulate_free(struct simulate *simulate);

/**
 * The next block: genesis first, then all, in the order in which they arrive, parents before
 * children. Anything but SIMULATE_FOUND ends the chain, and leaves out as it was.
 */
enum simulate_result simulate_next(struct simulate *simulate, struct simulate_block *out);

/** Height of the best chain so far, some of which may not have arrived. */
uint32_t simulate_height(const struct simulate *simulate);
/** After SIMULATE_TOO_FAST or _TOO_SLOW: the script's line that did most of it; 0 if none did. */
unsigned simulate_blame(const struct simulate *simulate, enum simulate_result result);
/** After SIMULATE_END: the first item that never came about; NULL if there is none. */
const struct simulate_item *simulate_waiting(const struct simulate *simulate);
/** Blocks found so far while the hash rate lay below what the work limit is for: difficulty cannot
 * follow there, and intervals are long. */
uint32_t simulate_below_limit(const struct simulate *simulate);

#endif
