// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * random: see random.h.
 */
#include "config.h"

#include "analysis/random.h"

#include <assert.h>
#include <math.h>

/** Steps of splitmix64: 2^64 over the golden ratio. */
#define SPLITMIX_STEP UINT64_C(0x9e3779b97f4a7c15)

static uint64_t splitmix(uint64_t *state)
{
    uint64_t x = *state += SPLITMIX_STEP;

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t rotated(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

struct random_stream random_init(uint64_t seed, uint64_t number)
{
    struct random_stream stream;
    uint64_t state = seed;

    state = splitmix(&state) ^ number;
    for (int i = 0; i < 4; i++)
        stream.state[i] = splitmix(&state);
    return stream;
}

uint64_t random_bits(struct random_stream *stream)
{
    uint64_t *s = stream->state;
    uint64_t result = rotated(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

double random_uniform(struct random_stream *stream)
{
    /* 52 bits and a half: 53 and a half would round to 1 at the top. */
    return ((double)(random_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

double random_exponential(struct random_stream *stream)
{
    return -log(random_uniform(stream));
}

double random_normal(struct random_stream *stream)
{
    for (;;) {
        double x = 2.0 * random_uniform(stream) - 1.0;
        double y = 2.0 * random_uniform(stream) - 1.0;
        double r = x * x + y * y;

        if (r < 1.0 && r > 0.0)
            return x * sqrt(-2.0 * log(r) / r);
    }
}

double random_gamma(struct random_stream *stream, double shape)
{
    double d = shape - 1.0 / 3.0;
    double c = 1.0 / sqrt(9.0 * d);

    assert(shape >= 1.0);
    for (;;) {
        double x = random_normal(stream);
        double v = 1.0 + c * x;

        if (v <= 0.0)
            continue;
        v = v * v * v;
        if (log(random_uniform(stream)) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v;
    }
}
