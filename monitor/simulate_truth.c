// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_truth: see simulate_truth.h. Numbers are cut to digits that are the same on every
 * machine.
 */
#include "config.h"

#include "monitor/simulate_truth.h"

#include "analysis/interval.h"
#include "chain/params.h"
#include "monitor/simulate_fixed.h"

#include <stdio.h>

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block; genesis is 0."},
    {"hash", TABLE_STRING, "Block hash, hex as people read it."},
    {"prev_hash", TABLE_STRING, "Hash of the parent."},
    {"best", TABLE_BOOLEAN,
     "Whether the block is on the best chain once all blocks have arrived. The others have lost."},
    {"time", TABLE_TIME, "The header's own time: what the miner stamped."},
    {"found", TABLE_TIME, "When the block was really found."},
    {"arrived", TABLE_TIME, "When the network had it; parents arrive before their children."},
    {"bits", TABLE_STRING, "Compact target (nBits), 8 hex digits."},
    {"work", TABLE_NUMBER,
     "Hashes expected to find the block: 2^256 / (target + 1), with its fraction."},
    {"hashes", TABLE_NUMBER,
     "Hashes that the network made, on average, between the finding of the best chain's block "
     "below "
     "and of this one: the integral of the hash rate over that time. The work of a block times an "
     "exponential variate of mean 1, which is its luck. Sums of it over the time between found "
     "give "
     "the true mean hash rate of any stretch. Empty for losing blocks, which come on top."},
    {"hashrate_ehs", TABLE_NUMBER, "True hash rate at the moment found, in EH/s."},
    {"log_rate", TABLE_NUMBER,
     "Natural logarithm of the hash rate, in units of what the easiest difficulty is for (2 hashes "
     "in 600 s): the sum of the four that follow."},
    {"log_trend", TABLE_NUMBER, "Its part from the start and from growth."},
    {"log_walk", TABLE_NUMBER, "Its part from the random walk."},
    {"log_events", TABLE_NUMBER, "Its part from steps, ramps and storms."},
    {"log_departures", TABLE_NUMBER, "Its part from departures: hash rate that left for good."},
    {"events", TABLE_STRING,
     "Events of the script in progress, a blank between their names. A step is named at the first "
     "block after it, a ramp or departure until it is complete, a storm until it is gone, a "
     "reorganisation at the blocks of both branches."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct table_column *simulate_truth_columns(void)
{
    return columns;
}

/* A number with 32 fraction bits, with ten digits. */
static void write_fixed(struct table *table, uint64_t value, double unit)
{
    char text[TABLE_NUMBER_SIZE];

    snprintf(text, sizeof text, "%.10g", (double)value / (double)SIMULATE_FIXED_ONE / unit);
    table_number(table, text);
}

/* A logarithm with 32 fraction bits, with ten decimals: none is lost. */
static void write_log(struct table *table, int64_t value)
{
    char text[TABLE_NUMBER_SIZE];

    snprintf(text, sizeof text, "%.10f", (double)value / (double)SIMULATE_FIXED_ONE);
    table_number(table, value == 0 ? "0" : text);
}

/* A moment since genesis. */
static void write_moment(struct table *table, uint64_t moment)
{
    struct header genesis;
    uint64_t seconds = moment >> SIMULATE_TIME_BITS;
    uint64_t rest = moment & ((UINT64_C(1) << SIMULATE_TIME_BITS) - 1);

    header_decode(&genesis, params_get(NETWORK_TIDENET)->genesis);
    table_time_ms(table,
                  (int64_t)((genesis.time + seconds) * 1000 + (rest * 1000 >> SIMULATE_TIME_BITS)));
}

void simulate_truth_row(struct table *table, const struct simulate_block *block)
{
    const struct simulate_rate *parts = &block->parts;

    table_integer(table, block->height);
    table_hash(table, &block->hash);
    table_hash(table, &block->prev);
    table_boolean(table, block->best);
    table_time_s(table, block->time);
    write_moment(table, block->found);
    write_moment(table, block->arrived);
    table_bits(table, block->bits);
    write_fixed(table, block->work, 1.0);
    if (block->best)
        write_fixed(table, block->hashes, 1.0);
    else
        table_null(table);
    write_fixed(table, block->hashrate, SIMULATE_RATE_SECONDS * INTERVAL_EXAHASH);
    write_log(table, simulate_rate_log(parts));
    write_log(table, parts->trend);
    write_log(table, parts->walk);
    write_log(table, parts->events);
    write_log(table, parts->departures);
    table_string(table, block->events);
    table_end_row(table);
}
