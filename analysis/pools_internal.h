// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools_internal: the level of a set's log-odds, as pools.c asks for it.
 */
#ifndef HASHTIDE_ANALYSIS_POOLS_INTERNAL_H
#define HASHTIDE_ANALYSIS_POOLS_INTERNAL_H

#include "analysis/pools.h"
#include "analysis/random.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * The log-odds of every epoch on a lattice: all of them share its step, and each has the cells that
 * its own blocks leave possible.
 */
struct pools_level {
    const struct pools_epoch *epochs;
    size_t n;
    double step;
    long *low;          /* an epoch's first cell: cell j has the log-odds (low + j) x step */
    size_t *cells;      /* how many it has, */
    size_t *place;      /* and where the first is in the next two */
    double *likelihood; /* of its blocks, at most 1 */
    double *filtered;   /* of it and all epochs before, summing to 1: pools_level_fit() */
    double *kernel;     /* chance of a change by d cells from an epoch to the next, d >= 0 */
    size_t reach;
    double sd; /* that kernel and filtered were made with */
    uint32_t gap;
    size_t widest; /* the most cells of an epoch */
};

/** Which epochs an answer averages. */
struct pools_ends {
    size_t first[2]; /* places, first[0] < first[1] */
    size_t width;
};

/** False without memory. pools_level_close() either way. */
bool pools_level_open(struct pools_level *out, const struct pools *pools);
void pools_level_close(struct pools_level *level);
/** Filters the series with this sd of switching per epoch; returns its log likelihood, up to what
 *  is the same for all sd. */
double pools_level_fit(struct pools_level *level, double sd);
/**
 * Draws the means of both ends from their joint posterior under the last fit: from[i] and to[i],
 * count of them. False without memory.
 */
bool pools_level_draw(struct pools_level *level, double *from, double *to, size_t count,
                      const struct pools_ends *ends, struct random_stream *stream);

#endif
