// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * replay: see replay.h.
 */
#include "config.h"

#include "monitor/replay.h"

#include "analysis/interval.h"
#include "chain/epochs.h"
#include "chain/header.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define EPOCH PARAMS_RETARGET_BLOCKS

/* ---- the time before ---- */

/** Where an epoch begins: what one needs of it to have its mean. */
struct mark {
    uint32_t time;
    struct u256 chainwork; /* through its first block */
};

static double mean_rate(const struct mark *from, const struct mark *to)
{
    if (to->time <= from->time)
        return 0.0;
    return u256_to_double(u256_sub(to->chainwork, from->chainwork)) / INTERVAL_EXAHASH /
           ((double)to->time - (double)from->time);
}

static struct mark table_mark(size_t row)
{
    struct epoch_row epoch = epochs_get(row);

    return (struct mark){epoch.time, epoch.chainwork};
}

double *replay_past_rates(size_t *count, const struct params *params,
                          const struct headerfile_base *base)
{
    size_t epochs = base->height / EPOCH;
    size_t rows = epochs_count() < epochs ? epochs_count() : epochs; /* that begin before base */
    struct header header;
    struct mark last;
    struct mark end;
    double *rates;

    *count = 0;
    if (params->network != NETWORK_MAIN || epochs == 0)
        return NULL;
    rates = mem_zeroed(epochs, sizeof(*rates));
    last = table_mark(0);
    for (size_t i = 0; i + 1 < rows; i++) {
        struct mark next = table_mark(i + 1);

        rates[i] = mean_rate(&last, &next);
        last = next;
    }
    header_decode(&header, base->raw);
    end = (struct mark){header.time, base->chainwork};
    if (base->work_known) {
        double rate = mean_rate(&last, &end);

        for (size_t i = rows - 1; i < epochs; i++)
            rates[i] = rate;
    }
    *count = epochs;
    return rates;
}

/* ---- arrivals ---- */

/** Arrivals while they are read. */
struct reading {
    const struct tree *tree;
    struct replay_arrivals *out;
    size_t capacity;
};

static bool note_arrival(void *context, const struct observation_first *row)
{
    struct reading *reading = context;
    struct replay_arrivals *out = reading->out;
    uint32_t index = tree_find(reading->tree, &row->hash, NULL);

    if (index == TREE_NONE || !tree_on_best(reading->tree, index))
        return true;
    if (out->count == reading->capacity) {
        reading->capacity = reading->capacity * 2 + 64;
        out->items = mem_resize(out->items, reading->capacity, sizeof(*out->items));
    }
    out->items[out->count++] = (struct replay_arrival){
        .height = tree_get(reading->tree, index).height, .wall_ms = row->wall_ms};
    return true;
}

static int by_height(const void *a, const void *b)
{
    const struct replay_arrival *left = a;
    const struct replay_arrival *right = b;

    return (left->height > right->height) - (left->height < right->height);
}

bool replay_arrivals_load(struct replay_arrivals *out, struct observations *observations,
                          const struct tree *tree)
{
    struct reading reading = {.tree = tree, .out = out};

    *out = (struct replay_arrivals){.count = 0};
    if (observations == NULL)
        return true;
    if (!observations_each_first(observations, note_arrival, &reading))
        return false;
    if (out->count > 0)
        qsort(out->items, out->count, sizeof(*out->items), by_height);
    return true;
}

void replay_arrivals_free(struct replay_arrivals *arrivals)
{
    free(arrivals->items);
    *arrivals = (struct replay_arrivals){.count = 0};
}

int64_t replay_arrival_at(const struct replay_arrivals *arrivals, uint32_t height)
{
    struct replay_arrival key = {.height = height};
    const struct replay_arrival *found;

    if (arrivals == NULL || arrivals->count == 0)
        return ENGINE_NO_ARRIVAL;
    found = bsearch(&key, arrivals->items, arrivals->count, sizeof(key), by_height);
    return found != NULL ? found->wall_ms : ENGINE_NO_ARRIVAL;
}

/* ---- blocks ---- */

struct engine_block replay_block(const struct tree *tree, const struct replay_arrivals *arrivals,
                                 uint32_t height)
{
    struct tree_node node = tree_get(tree, tree_best_at(tree, height));

    return (struct engine_block){
        .height = height,
        .bits = node.bits,
        .time_ms = (int64_t)node.time * 1000,
        .arrival_ms = replay_arrival_at(arrivals, height),
    };
}

bool replay_connect(struct engine *engine, const struct tree *tree,
                    const struct replay_arrivals *arrivals, uint32_t to, replay_each_fn each,
                    void *context)
{
    uint64_t next =
        engine_count(engine) > 0 ? (uint64_t)engine_tip(engine) + 1 : tree_base_height(tree);

    for (; next <= to; next++) {
        struct engine_block block = replay_block(tree, arrivals, (uint32_t)next);

        if (!engine_connect(engine, &block) || (each != NULL && !each(context, &block)))
            return false;
    }
    return true;
}

struct engine *replay_new(const struct engine_options *options, struct headerfile *file)
{
    struct headerfile_base base = headerfile_base(file);
    struct engine_options all = *options;
    double *past = replay_past_rates(&all.past_count, tree_params(headerfile_tree(file)), &base);
    struct engine *engine;

    all.past_rates = past;
    engine = engine_new(&all);
    free(past);
    return engine;
}

struct engine *replay_engine(const struct engine_options *options, struct headerfile *file,
                             struct observations *observations, char *message, size_t message_len)
{
    const struct tree *tree = headerfile_tree(file);
    uint32_t tip = tree_get(tree, tree_best(tree)).height;
    struct replay_arrivals arrivals;
    struct engine *engine = NULL;

    if (!replay_arrivals_load(&arrivals, observations, tree)) {
        snprintf(message, message_len, "%s", observations_error(observations));
    } else {
        engine = replay_new(options, file);
        if (engine == NULL || !replay_connect(engine, tree, &arrivals, tip, NULL, NULL)) {
            snprintf(message, message_len, "out of memory");
            engine_free(engine);
            engine = NULL;
        }
    }
    replay_arrivals_free(&arrivals);
    return engine;
}
