// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * random: splitmix64.
 */
#include "config.h"

#include "tests/support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t test_seed(void)
{
    static uint64_t seed;
    static bool chosen;

    if (!chosen) {
        const char *text = getenv("HASHTIDE_SEED");
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + (uint64_t)getpid();
        if (text != NULL && *text != '\0')
            seed = strtoull(text, NULL, 10);
        chosen = true;
        printf("seed: %" PRIu64 "\n", seed);
        fflush(stdout);
    }
    return seed;
}

size_t test_rounds(const char *name, size_t fallback)
{
    const char *text = getenv(name);

    return text != NULL && *text != '\0' ? (size_t)strtoull(text, NULL, 10) : fallback;
}

struct test_random test_random_init(uint64_t seed, uint64_t stream)
{
    struct test_random random = {seed};

    random.state ^= test_random_u64(&random) + stream * UINT64_C(0x9e3779b97f4a7c15);
    return random;
}

uint64_t test_random_u64(struct test_random *random)
{
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint32_t test_random_below(struct test_random *random, uint32_t bound)
{
    return (uint32_t)(test_random_u64(random) % bound);
}

bool test_random_one_in(struct test_random *random, uint32_t n)
{
    return test_random_below(random, n) == 0;
}

void test_random_fill(struct test_random *random, void *out, size_t len)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)test_random_u64(random);
}
