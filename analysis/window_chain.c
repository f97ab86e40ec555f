// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window_chain: windows anywhere in a chain. See window.h.
 */
#include "config.h"

#include "analysis/interval.h"
#include "analysis/window.h"
#include "chain/compact.h"

#include <assert.h>
#include <stdlib.h>

/** Blocks of equal bits, one after the other. */
struct run {
    size_t first; /* block */
    uint32_t bits;
    double work_eh;
    double whole_eh; /* the same as chain work counts it: whole hashes */
};

struct window_chain {
    size_t count;
    size_t capacity;
    uint32_t *time;
    uint32_t *latest; /* largest time so far */
    uint32_t *run_of;
    struct run *runs;
    size_t run_count;
    size_t run_capacity;
};

struct window_chain *window_chain_new(void)
{
    return calloc(1, sizeof(struct window_chain));
}

void window_chain_free(struct window_chain *chain)
{
    if (chain == NULL)
        return;
    free(chain->time);
    free(chain->latest);
    free(chain->run_of);
    free(chain->runs);
    free(chain);
}

/* Room for one number more. */
static bool grow(uint32_t **array, size_t capacity)
{
    uint32_t *larger = realloc(*array, capacity * sizeof **array);

    if (larger == NULL)
        return false;
    *array = larger;
    return true;
}

static bool room_for_block(struct window_chain *chain)
{
    size_t capacity = chain->capacity + chain->capacity / 2 + 4096;

    if (chain->count < chain->capacity)
        return true;
    if (!grow(&chain->time, capacity) || !grow(&chain->latest, capacity) ||
        !grow(&chain->run_of, capacity))
        return false;
    chain->capacity = capacity;
    return true;
}

/* The run that the next block belongs to, begun if need be. */
static bool enter_run(struct window_chain *chain, uint32_t bits)
{
    size_t capacity = chain->run_capacity + chain->run_capacity / 2 + 64;

    if (chain->run_count > 0 && chain->runs[chain->run_count - 1].bits == bits)
        return true;
    if (chain->run_count == chain->run_capacity) {
        struct run *larger = realloc(chain->runs, capacity * sizeof *larger);

        if (larger == NULL)
            return false;
        chain->runs = larger;
        chain->run_capacity = capacity;
    }
    chain->runs[chain->run_count++] = (struct run){
        .first = chain->count,
        .bits = bits,
        .work_eh = interval_work_eh(bits),
        .whole_eh = u256_to_double(compact_work(bits)) / INTERVAL_EXAHASH,
    };
    return true;
}

bool window_chain_add(struct window_chain *chain, uint32_t time, uint32_t bits)
{
    size_t i = chain->count;

    if (!room_for_block(chain) || !enter_run(chain, bits))
        return false;
    assert(chain->runs[chain->run_count - 1].work_eh > 0.0);
    chain->time[i] = time;
    chain->latest[i] = i > 0 && chain->latest[i - 1] > time ? chain->latest[i - 1] : time;
    chain->run_of[i] = (uint32_t)(chain->run_count - 1);
    chain->count++;
    return true;
}

uint32_t window_chain_latest(const struct window_chain *chain, size_t i)
{
    assert(i < chain->count);
    return chain->latest[i];
}

/* Running maximum at block i of one that begins at block start. */
static double latest_since(const struct window_chain *chain, size_t start, size_t i)
{
    uint32_t latest = chain->time[start];

    if (chain->latest[i] > chain->latest[start])
        return chain->latest[i];
    /* Blocks before the window are stamped later than all of these, which are few. */
    for (size_t k = start + 1; k <= i; k++)
        latest = chain->time[k] > latest ? chain->time[k] : latest;
    return latest;
}

/* Sum of u over the blocks in (start, end], in seconds per exahash. */
static double sum_of_u(const struct window_chain *chain, size_t start, size_t end)
{
    double sum = 0.0;

    while (end > start) {
        const struct run *run = &chain->runs[chain->run_of[end]];
        size_t before = run->first > start ? run->first - 1 : start;

        sum +=
            (latest_since(chain, start, end) - latest_since(chain, start, before)) / run->work_eh;
        end = before;
    }
    return sum;
}

struct window_estimate window_chain_hashrate(const struct window_chain *chain, size_t i,
                                             uint32_t first_height, struct window_width width)
{
    struct window_estimate estimate = {.status = WINDOW_TOO_FEW, .wanted = width.intervals};
    size_t start = i - width.intervals;

    assert(i < chain->count);
    if (i < width.intervals)
        return estimate;
    estimate.blocks = width.intervals;
    estimate.to_height = first_height + (uint32_t)i;
    estimate.from_height = first_height + (uint32_t)start + 1;
    estimate.span_s = latest_since(chain, start, i) - chain->time[start];
    window_settle(&estimate, sum_of_u(chain, start, i), width);
    return estimate;
}

double window_chain_core(const struct window_chain *chain, size_t i, uint32_t intervals)
{
    size_t start = i - intervals;
    uint32_t earliest = chain->time[i];
    uint32_t latest = earliest;
    double work = 0.0;

    assert(i < chain->count && intervals <= i);
    for (size_t k = start; k < i; k++) {
        earliest = chain->time[k] < earliest ? chain->time[k] : earliest;
        latest = chain->time[k] > latest ? chain->time[k] : latest;
    }
    for (size_t end = i; end > start;) {
        const struct run *run = &chain->runs[chain->run_of[end]];
        size_t before = run->first > start ? run->first - 1 : start;

        work += (double)(end - before) * run->whole_eh;
        end = before;
    }
    return latest > earliest ? work / ((double)latest - (double)earliest) : 0.0;
}
