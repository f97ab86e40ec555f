// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_draw: random numbers of a simulation, in integers, the same on every machine.
 *
 * The generator is SplitMix64 (Steele, Lea, Flood 2014). Exponential variates come from von
 * Neumann's comparison method (1951), normal ones from Kahn's rejection of exponential ones (1956):
 * both are exact up to their last digit, and need no logarithm.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_DRAW_H
#define HASHTIDE_MONITOR_SIMULATE_DRAW_H

#include <stdbool.h>
#include <stdint.h>

/** Fraction bits of a variate. */
#define SIMULATE_DRAW_BITS 32
/** An exponential variate is below this (whole part): a larger one comes once in e^64 draws. */
#define SIMULATE_DRAW_MAX 64

/** What a stream of random numbers is for: each has its own, so that a line more in a script does
 * not change the luck of the others. */
enum simulate_draw_use {
    SIMULATE_DRAW_WALK = 1,
    SIMULATE_DRAW_STAMP,
    SIMULATE_DRAW_WARP,
    SIMULATE_DRAW_DELAY,
    SIMULATE_DRAW_STALE,
    SIMULATE_DRAW_SIBLING, /* when a losing block is found, its stamp and its delay */
    SIMULATE_DRAW_ROOT,    /* and its merkle root */
};

/** State of a stream. */
struct simulate_draw {
    uint64_t state;
};

/** The stream that belongs to a seed, a use and a height (or another number). */
struct simulate_draw simulate_draw_stream(uint64_t seed, enum simulate_draw_use use,
                                          uint64_t number);
/** 64 random bits. */
uint64_t simulate_draw_bits(struct simulate_draw *draw);
/** Exponential, mean 1. */
uint64_t simulate_draw_exponential(struct simulate_draw *draw);
/** Normal, mean 0, standard deviation 1. */
int64_t simulate_draw_normal(struct simulate_draw *draw);
/** True with probability share / 2^32. */
bool simulate_draw_chance(struct simulate_draw *draw, uint64_t share);

#endif
