// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_queue: see simulate_queue.h.
 */
#include "config.h"

#include "monitor/simulate_queue.h"

#include "monitor/mem.h"

#include <stdlib.h>

static bool before(const struct simulate_queued *a, const struct simulate_queued *b)
{
    return a->block.arrived != b->block.arrived ? a->block.arrived < b->block.arrived
                                                : a->order < b->order;
}

static void swap(struct simulate_queued *a, struct simulate_queued *b)
{
    struct simulate_queued kept = *a;

    *a = *b;
    *b = kept;
}

void simulate_queue_put(struct simulate_queue *queue, const struct simulate_block *block)
{
    size_t at = queue->count++;

    if (queue->count > queue->capacity) {
        queue->capacity = 2 * queue->capacity + 64;
        queue->items = mem_resize(queue->items, queue->capacity, sizeof *queue->items);
    }
    queue->items[at] = (struct simulate_queued){.order = queue->order++, .block = *block};
    while (at > 0 && before(&queue->items[at], &queue->items[(at - 1) / 2])) {
        swap(&queue->items[at], &queue->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static void sink(struct simulate_queue *queue)
{
    size_t at = 0;

    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < queue->count; child++) {
            if (before(&queue->items[child], &queue->items[least]))
                least = child;
        }
        if (least == at)
            return;
        swap(&queue->items[at], &queue->items[least]);
        at = least;
    }
}

bool simulate_queue_take(struct simulate_queue *queue, struct simulate_block *out, uint64_t then)
{
    if (queue->count == 0 || queue->items[0].block.arrived > then)
        return false;
    *out = queue->items[0].block;
    queue->items[0] = queue->items[--queue->count];
    sink(queue);
    return true;
}

void simulate_queue_free(struct simulate_queue *queue)
{
    free(queue->items);
    *queue = (struct simulate_queue){.items = NULL};
}
