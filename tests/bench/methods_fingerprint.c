// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_fingerprint: how often the test of nonces and version bits speaks without cause, on even
 * nonces and on pools that come and go, and how often it finds a new kind of machine; then what
 * real headers look like.
 */
#include "config.h"

#include "analysis/fingerprint.h"
#include "analysis/random.h"
#include "chain/header.h"
#include "tests/bench/methods.h"
#include "tests/support/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_BLOCKS 2016
#define POOLS 12
/** A test speaks below this. */
#define LEVEL 0.01

/** Pools, each with a mix of machines of its own. */
struct world {
    double cells[POOLS][FINGERPRINT_CELLS]; /* cumulative shares of the top digit */
    double weight[POOLS];
    double shape; /* of the gamma noise on weights each epoch; 0: none */
    double fresh; /* share of blocks by new machines, whose digits are the first `kinds` */
    unsigned kinds;
};

static void world_init(struct world *world, struct random_stream *random, double shape)
{
    *world = (struct world){.shape = shape};
    for (unsigned p = 0; p < POOLS; p++) {
        double sum = 0.0;

        world->weight[p] = 1.0 / (1.0 + p);
        for (unsigned i = 0; i < FINGERPRINT_CELLS; i++)
            world->cells[p][i] = sum += random_exponential(random);
        for (unsigned i = 0; i < FINGERPRINT_CELLS; i++)
            world->cells[p][i] /= sum;
    }
}

static unsigned pick(const double *cumulative, unsigned count, double at)
{
    unsigned i = 0;

    while (i + 1 < count && cumulative[i] < at)
        i++;
    return i;
}

static struct fingerprint world_epoch(const struct world *world, struct random_stream *random)
{
    struct fingerprint fingerprint = {0};
    double cumulative[POOLS];
    double sum = 0.0;

    for (unsigned p = 0; p < POOLS; p++) {
        double noise = world->shape > 0.0 ? random_gamma(random, world->shape) / world->shape : 1.0;

        cumulative[p] = sum += world->weight[p] * noise;
    }
    for (unsigned i = 0; i < EPOCH_BLOCKS; i++) {
        unsigned pool = pick(cumulative, POOLS, random_uniform(random) * sum);
        uint32_t digit = pick(world->cells[pool], FINGERPRINT_CELLS, random_uniform(random));

        if (random_uniform(random) < world->fresh)
            digit = (uint32_t)(random_bits(random) % world->kinds);
        fingerprint_add(&fingerprint, 0x20000000,
                        digit << 28 | (uint32_t)(random_bits(random) >> 36));
    }
    return fingerprint;
}

/** How often each p-value was below LEVEL, and sums over epochs. */
struct tally {
    double count, naive, usual, overdispersion, shift;
};

/* One world: a year to learn what is usual, then one epoch after it, with or without new machines.
 */
static void one_world(struct tally *tally, uint64_t seed, uint64_t number, double shape,
                      double fresh, unsigned kinds)
{
    struct random_stream random = random_init(seed, number);
    struct world world;
    struct fingerprint before, after;
    struct fingerprint_past past = {0};
    struct fingerprint_change change;

    world_init(&world, &random, shape);
    before = world_epoch(&world, &random);
    for (unsigned i = 0; i < FINGERPRINT_PAST; i++) {
        after = world_epoch(&world, &random);
        change = fingerprint_change(&before, &after, FINGERPRINT_TOP, NULL);
        fingerprint_remember(&past, &change);
        before = after;
    }
    world.fresh = fresh;
    world.kinds = kinds;
    after = world_epoch(&world, &random);
    change = fingerprint_change(&before, &after, FINGERPRINT_TOP, &past);
    tally->count += 1.0;
    tally->naive += change.p < LEVEL;
    tally->usual += change.p_usual < LEVEL;
    tally->overdispersion += change.overdispersion;
    tally->shift += change.shift;
}

static struct tally worlds(struct methods *methods, const char *name, size_t reps, double shape,
                           double fresh, unsigned kinds)
{
    struct tally tally = {0};

    for (size_t i = 0; i < reps; i++)
        one_world(&tally, methods->seed, 40000 + i, shape, fresh, kinds);
    printf("  %-48s p < .01: %5.1f %%, p_usual < .01: %5.1f %%; overdispersion %.2f, shift %.3f\n",
           name, 100.0 * tally.naive / tally.count, 100.0 * tally.usual / tally.count,
           tally.overdispersion / tally.count, tally.shift / tally.count);
    fflush(stdout);
    return tally;
}

static void simulated(struct methods *methods)
{
    const size_t reps = methods_count(methods, 2000, 200);
    const size_t few = methods_count(methods, 500, 100);
    struct tally tally;

    printf("fingerprint: an epoch against the one before, 26 to learn from (%zu and %zu worlds)\n",
           reps, few);
    tally = worlds(methods, "nothing new, pools' shares fixed", reps, 0.0, 0.0, 1);
    methods_bar(methods, "fingerprint", tally.usual <= 0.02 * tally.count,
                "%.1f %% false at .01, 2 allowed", 100.0 * tally.usual / tally.count);
    (void)worlds(methods, "nothing new, shares +-10 % each epoch", few, 100.0, 0.0, 1);
    tally = worlds(methods, "nothing new, shares +-30 % each epoch", reps, 11.0, 0.0, 1);
    methods_bar(methods, "fingerprint", tally.usual <= 0.05 * tally.count,
                "%.1f %% false at .01, 5 allowed", 100.0 * tally.usual / tally.count);
    tally = worlds(methods, "5 % of blocks by machines of 1 digit", few, 0.0, 0.05, 1);
    methods_bar(methods, "fingerprint", tally.usual >= 0.70 * tally.count,
                "5 %% of one digit: found %.1f %%, 70 wanted", 100.0 * tally.usual / tally.count);
    (void)worlds(methods, "5 % by machines of 4 digits", few, 0.0, 0.05, 4);
    (void)worlds(methods, "20 % by machines of 4 digits", few, 0.0, 0.2, 4);
    (void)worlds(methods, "20 % by machines of 8 digits", few, 0.0, 0.2, 8);
    (void)worlds(methods, "50 % by machines of 8 digits", few, 0.0, 0.5, 8);
    (void)worlds(methods, "5 % of 1 digit, shares +-30 % each epoch", few, 11.0, 0.05, 1);
    (void)worlds(methods, "20 % of 4 digits, shares +-30 % each epoch", few, 11.0, 0.2, 4);
}

/* ---- real headers ---- */

static const char *const group_names[FINGERPRINT_GROUPS] = {"low", "mid", "top", "roll"};

static void print_epoch(uint32_t height, const struct fingerprint *now,
                        const struct fingerprint *before)
{
    printf("  %6u  rolled %.3f  001 %.3f  signalled %.3f\n", height,
           (double)now->rolled / now->blocks, (double)now->prefixed / now->blocks,
           (double)now->signalled / now->blocks);
    for (unsigned group = 0; group < FINGERPRINT_GROUPS; group++) {
        struct fingerprint_evenness evenness;

        (void)fingerprint_evenness(&evenness, now, group);
        printf("      %-4s entropy %.4f (p %.1e)", group_names[group], evenness.entropy,
               evenness.p);
        if (before != NULL) {
            struct fingerprint_change change = fingerprint_change(before, now, group, NULL);

            if (change.freedom > 0)
                printf("  ratio %5.2f  p %.1e  distance %.3f (luck %.3f)",
                       change.statistic / change.freedom, change.p, change.distance, change.chance);
        }
        printf("\n");
    }
}

static void real(const char *name, uint32_t first)
{
    struct records records = {0};
    struct fingerprint before = {0};

    if (!records_load_shared(&records, name))
        return;
    printf("fingerprint: %s\n", name);
    for (size_t at = 0; at + EPOCH_BLOCKS <= records.count; at += EPOCH_BLOCKS) {
        struct fingerprint now = {0};

        for (size_t i = at; i < at + EPOCH_BLOCKS; i++) {
            struct header header;

            header_decode(&header, records_at(&records, i));
            fingerprint_add(&now, header.version, header.nonce);
        }
        print_epoch(first + (uint32_t)at, &now, at > 0 ? &before : NULL);
        before = now;
    }
    records_free(&records);
}

void methods_fingerprint(struct methods *methods)
{
    simulated(methods);
    real("headers/mainnet-0-10236.bin", 0);
    real("headers/mainnet-822528-830592.bin", 822528);
}
