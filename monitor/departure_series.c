// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_series: see departure_series.h.
 */
#include "config.h"

#include "monitor/departure_series.h"

#include "analysis/interval.h"
#include "chain/epochs.h"
#include "chain/params.h"
#include "monitor/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_ZERO 1970.0

double departure_series_year(int64_t seconds)
{
    return YEAR_ZERO + (double)seconds / DEPARTURE_SERIES_YEAR_S;
}

int64_t departure_series_seconds(double year)
{
    return (int64_t)floor((year - YEAR_ZERO) * DEPARTURE_SERIES_YEAR_S + 0.5);
}

/** The first block of an epoch. */
struct begin {
    uint32_t height, time, bits;
    bool stored;
};

/* The table knows it, or the store; false beyond both. */
static bool find_begin(struct begin *out, const struct tree *tree, uint32_t height)
{
    struct epoch_row row;
    uint32_t index = TREE_NONE;
    struct tree_node node;

    if (epochs_find(&row, height)) {
        *out = (struct begin){.height = height, .time = row.time, .bits = row.bits};
        return true;
    }
    if (tree != NULL && height >= tree_base_height(tree))
        index = tree_best_at(tree, height);
    if (index == TREE_NONE)
        return false;
    node = tree_get(tree, index);
    *out = (struct begin){.height = height, .time = node.time, .bits = node.bits, .stored = true};
    return true;
}

static void append(struct departure_series *series, const struct begin *begin,
                   const struct begin *next)
{
    double seconds = (double)next->time - (double)begin->time;
    double work_eh = PARAMS_RETARGET_BLOCKS * interval_work_eh(begin->bits);
    struct departure_epoch *epoch = &series->epochs[series->count];

    *epoch = (struct departure_epoch){.start = departure_series_year(begin->time),
                                      .end = departure_series_year(next->time),
                                      .log_rate = log(work_eh / seconds)};
    for (int i = 0; i < DEPARTURE_PRICES; i++)
        epoch->price[i] = NAN;
    series->heights[series->count] = begin->height;
    series->begins[series->count] = begin->time;
    series->begins[++series->count] = next->time;
    series->from_store = series->from_store || next->stored;
}

void departure_series_read(struct departure_series *out, const struct tree *tree)
{
    const struct params *mainnet = params_by_name("main");
    struct begin begin;
    struct begin next;
    size_t room = epochs_count() + 1;

    if (tree != NULL && tree_params(tree) != mainnet)
        tree = NULL;
    if (tree != NULL)
        room += tree_get(tree, tree_best(tree)).height / PARAMS_RETARGET_BLOCKS + 1;
    *out = (struct departure_series){.epochs = mem_zeroed(room, sizeof *out->epochs),
                                     .heights = mem_zeroed(room, sizeof *out->heights),
                                     .begins = mem_zeroed(room + 1, sizeof *out->begins)};
    if (!find_begin(&begin, tree, 0))
        return;
    while (find_begin(&next, tree, begin.height + PARAMS_RETARGET_BLOCKS)) {
        if (next.time <= begin.time)
            out->count = 0; /* what follows is a series without a gap */
        else
            append(out, &begin, &next);
        begin = next;
    }
}

void departure_series_since(struct departure_series *out, const struct departure_series *all,
                            double since)
{
    size_t first = 0;
    size_t count = 0;

    while (first < all->count && departure_epoch_mid(&all->epochs[first]) < since)
        first++;
    count = all->count - first;
    *out = (struct departure_series){.epochs = mem_zeroed(count + 1, sizeof *out->epochs),
                                     .heights = mem_zeroed(count + 1, sizeof *out->heights),
                                     .begins = mem_zeroed(count + 1, sizeof *out->begins),
                                     .count = count,
                                     .from_store = all->from_store};
    memcpy(out->epochs, all->epochs + first, count * sizeof *out->epochs);
    memcpy(out->heights, all->heights + first, count * sizeof *out->heights);
    memcpy(out->begins, all->begins + first, (count + 1) * sizeof *out->begins);
}

void departure_series_free(struct departure_series *series)
{
    free(series->epochs);
    free(series->heights);
    free(series->begins);
    *series = (struct departure_series){.count = 0};
}
