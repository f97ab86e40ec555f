// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_queue: blocks that have been found and not yet arrived, in order of arrival; of equals,
 * the one put in first comes out first.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_QUEUE_H
#define HASHTIDE_MONITOR_SIMULATE_QUEUE_H

#include "monitor/simulate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct simulate_queued {
    uint64_t order;
    struct simulate_block block;
};

/** A binary heap; zeroed is empty. */
struct simulate_queue {
    struct simulate_queued *items; /* owned */
    size_t count;
    size_t capacity;
    uint64_t order; /* of the next that is put in */
};

void simulate_queue_put(struct simulate_queue *queue, const struct simulate_block *block);
/** Takes out the first if it has arrived by then. */
bool simulate_queue_take(struct simulate_queue *queue, struct simulate_block *out, uint64_t then);
void simulate_queue_free(struct simulate_queue *queue);

#endif
