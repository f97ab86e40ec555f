// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_draw: see simulate_draw.h.
 */
#include "config.h"

#include "monitor/simulate_draw.h"

#include "monitor/simulate_fixed.h"

/** SplitMix64's increment, and two random odd numbers by which uses and heights are spread. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)
#define SPREAD_USE UINT64_C(0xa0761d6478bd642f)
#define SPREAD_NUMBER UINT64_C(0xe7037ed1a0b428db)
#define ONE (UINT64_C(1) << SIMULATE_DRAW_BITS)

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t simulate_draw_bits(struct simulate_draw *draw)
{
    return mix(draw->state += STEP);
}

struct simulate_draw simulate_draw_stream(uint64_t seed, enum simulate_draw_use use,
                                          uint64_t number)
{
    uint64_t base = mix(seed + SPREAD_USE * (uint64_t)use);

    return (struct simulate_draw){mix(base + SPREAD_NUMBER * number)};
}

/*
 * Uniform numbers are drawn as long as they fall. The run's first is the fraction if the run's
 * length is odd, which it is with probability exp(-first); if it is not, one more whole is counted,
 * and a new run begun.
 */
uint64_t simulate_draw_exponential(struct simulate_draw *draw)
{
    uint64_t whole = 0;

    for (;;) {
        uint64_t first = simulate_draw_bits(draw);
        uint64_t last = first;
        unsigned length = 1;

        for (uint64_t next = simulate_draw_bits(draw); next < last;
             next = simulate_draw_bits(draw)) {
            last = next;
            length++;
        }
        if (length % 2 == 1 || whole == SIMULATE_DRAW_MAX - 1)
            return whole << SIMULATE_DRAW_BITS | first >> (64 - SIMULATE_DRAW_BITS);
        whole++;
    }
}

/* With x and y exponential, x has the density of |normal| where y is above (x - 1)^2 / 2. */
int64_t simulate_draw_normal(struct simulate_draw *draw)
{
    for (;;) {
        uint64_t x = simulate_draw_exponential(draw);
        uint64_t y = simulate_draw_exponential(draw);
        uint64_t away = x > ONE ? x - ONE : ONE - x;

        if (2 * y > simulate_fixed_multiply(away, away, SIMULATE_DRAW_BITS))
            return simulate_draw_bits(draw) >> 63 != 0 ? -(int64_t)x : (int64_t)x;
    }
}

bool simulate_draw_chance(struct simulate_draw *draw, uint64_t share)
{
    return simulate_draw_bits(draw) >> (64 - SIMULATE_DRAW_BITS) < share;
}
