// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * random: repeatable randomness for tests. Quality enough for tests, for nothing else.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_RANDOM_H
#define HASHTIDE_TESTS_SUPPORT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_random {
    uint64_t state;
};

/** Seed of this run: HASHTIDE_SEED if set, else from the clock. Prints "seed: N" once per process.
 */
uint64_t test_seed(void);
/** Number of rounds for a property test: the environment variable name if set, else fallback. */
size_t test_rounds(const char *name, size_t fallback);

/** A stream of its own for each (seed, stream). */
struct test_random test_random_init(uint64_t seed, uint64_t stream);
uint64_t test_random_u64(struct test_random *random);
/** Uniform in 0 .. bound-1 (bound > 0); the bias of a remainder is far below what tests see. */
uint32_t test_random_below(struct test_random *random, uint32_t bound);
/** True once in n calls. */
bool test_random_one_in(struct test_random *random, uint32_t n);
void test_random_fill(struct test_random *random, void *out, size_t len);

#endif
