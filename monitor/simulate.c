// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate: see simulate.h.
 *
 * The hash rate begins at what finds a block in 600 s at tidenet's work limit (two hashes a block),
 * and grows by `growth` a year, in a straight line within each year of 365.25 days. An interval is
 * an exponential variate, times work, over the hash rate at the interval's beginning; header times
 * are whole seconds, cut off. nBits follow from the times by tidenet's rules.
 *
 * Random numbers: SplitMix64 (Steele, Lea, Flood 2014), one stream for the intervals, and one for
 * each merkle root. Exponential variates: von Neumann's comparison method (1951), which needs
 * nothing but comparisons of uniform variates.
 */
#include "config.h"

#include "monitor/simulate.h"

#include "chain/compact.h"
#include "chain/hash.h"
#include "chain/mine.h"
#include "chain/params.h"

#include <assert.h>

/** Fraction bits of the elapsed time, of the hash rate, of a block's expected hashes, of a mean
 * interval, and of an exponential variate. */
#define TIME_BITS 24
#define RATE_BITS 24
#define WORK_BITS 12
#define MEAN_BITS 8
#define EXPONENTIAL_BITS 32
/** The hash rate is set anew every minute, of which 365.25 days have this many. */
#define MINUTE_SECONDS 60
#define YEAR_MINUTES 525960u
#define RATE_MAX (UINT64_C(65536) << RATE_BITS)
/** Expected hashes of a block at the work limit. */
#define LIMIT_WORK 2
/** Whole part of an exponential variate: more than this comes once in e^63 draws, and keeps
 * products in 64 bits. */
#define EXPONENTIAL_MAX 63
/** A merkle root's stream of random numbers begins at the seed and this, times the height: a random
 * odd number. */
#define ROOT_STREAM UINT64_C(0xd1342543de82ef95)

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/*
 * Exponential, mean 1, with EXPONENTIAL_BITS fraction bits. Uniform numbers are drawn as long as
 * they fall. The run's first is the fraction if the run's length is odd, which it is with
 * probability exp(-first); if it is not, one more whole is counted, and a new run begun.
 */
static uint64_t exponential(uint64_t *random)
{
    uint64_t whole = 0;

    for (;;) {
        uint64_t first = splitmix(random);
        uint64_t last = first;
        unsigned length = 1;

        for (uint64_t next = splitmix(random); next < last; next = splitmix(random)) {
            last = next;
            length++;
        }
        if (length % 2 == 1 || whole == EXPONENTIAL_MAX)
            return whole << EXPONENTIAL_BITS | first >> (64 - EXPONENTIAL_BITS);
        whole++;
    }
}

/* The hash rate now, RATE_BITS fraction bits; 0 when it has grown too large. */
static uint64_t rate_now(struct simulate *s)
{
    uint64_t minutes = (s->elapsed >> TIME_BITS) / MINUTE_SECONDS;
    uint64_t added = s->rate * s->growth / (100 * SIMULATE_GROWTH_PERCENT);

    while (minutes / YEAR_MINUTES > s->year && s->rate < RATE_MAX) {
        s->rate += added;
        s->year++;
        added = s->rate * s->growth / (100 * SIMULATE_GROWTH_PERCENT);
    }
    if (s->rate >= RATE_MAX)
        return 0;
    return s->rate + added * (minutes % YEAR_MINUTES) / YEAR_MINUTES;
}

/*
 * 2^256 / (target + 1), with WORK_BITS fraction bits: near the limit a whole number, as chain work
 * has it, would be a third too small. Of the target the upper 64 bits are enough.
 */
static uint64_t expected_hashes(uint32_t bits)
{
    const unsigned cut = 192;
    struct u256 target = u256_shr(compact_decode(bits).target, cut);

    return u256_div(u256_shl(u256_from_u64(1), 256 - cut + WORK_BITS),
                    u256_add(target, u256_from_u64(1)))
        .limb[0];
}

/* Draws the time to the next block, in 2^-TIME_BITS s. */
static uint64_t draw_interval(struct simulate *s, uint64_t rate)
{
    uint64_t mean = (PARAMS_SPACING_SECONDS * s->work << (RATE_BITS + MEAN_BITS - WORK_BITS)) /
                    (LIMIT_WORK * rate);

    return exponential(&s->random) * mean >> (EXPONENTIAL_BITS + MEAN_BITS - TIME_BITS);
}

static void draw_merkle_root(struct hash256 *root, const struct simulate *s, uint32_t height)
{
    uint64_t state = s->seed + ROOT_STREAM * height;

    for (size_t i = 0; i < HASH256_SIZE; i += 8) {
        uint64_t word = splitmix(&state);

        for (size_t j = 0; j < 8; j++)
            root->bytes[i + j] = (uint8_t)(word >> (8 * j));
    }
}

void simulate_start(struct simulate *simulate, uint64_t seed, uint32_t growth)
{
    assert(growth <= SIMULATE_GROWTH_MAX);
    *simulate = (struct simulate){
        .seed = seed,
        .random = seed,
        .growth = growth,
        .rate = UINT64_C(1) << RATE_BITS,
    };
    context_genesis(&simulate->tip, params_get(NETWORK_TIDENET));
}

/* Seconds since 1970 that the header may carry: the time, or the first that is above the median
 * time past. */
static uint32_t header_time(const struct simulate *s, const struct params *params)
{
    struct header genesis;
    uint32_t median = 0;
    uint32_t time = 0;

    header_decode(&genesis, params->genesis);
    time = genesis.time + (uint32_t)(s->elapsed >> TIME_BITS);
    if (context_median_time(&median, &s->tip) && time <= median)
        time = median + 1;
    return time;
}

bool simulate_next(struct simulate *simulate, uint8_t raw[HEADER_SIZE])
{
    const struct params *params = params_get(NETWORK_TIDENET);
    uint64_t rate = rate_now(simulate);
    struct header header = {0};
    struct hash256 hash;
    /* tidenet has no rule by which nBits depend on the block's own time. */
    uint32_t bits = context_next_bits(&simulate->tip, params, simulate->tip.time);

    if (rate == 0)
        return false;
    if (bits != simulate->bits) {
        simulate->bits = bits;
        simulate->work = expected_hashes(bits);
    }
    simulate->elapsed += draw_interval(simulate, rate);
    draw_merkle_root(&header.merkle_root, simulate, simulate->tip.height + 1);
    if (!mine_child(&header, &hash, params, &simulate->tip, header_time(simulate, params)))
        return false;
    context_advance(&simulate->tip, params, &header, &hash);
    header_encode(raw, &header);
    return true;
}
