// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departed: the shared data set's epochs and sites as analysis/departure.h wants them.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_DEPARTED_H
#define HASHTIDE_TESTS_SUPPORT_DEPARTED_H

#include "analysis/departure.h"
#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>

/** Fits of the real series begin here, or with all of it. */
#define DEPARTED_START 2021.62
/** sd of the log price where it is reconstructed, and since when that is so. */
#define DEPARTED_RECONSTRUCTED 2026.0465

#define DEPARTED_SITES_MAX 64

struct departed {
    struct departure_epoch *epochs; /* all, from 2016 */
    double *times;                  /* their middles */
    size_t count;
    struct site sites[DEPARTED_SITES_MAX];
    char names[DEPARTED_SITES_MAX][32];
    size_t site_count;
};

/** False when the data set is absent: it has said so, and the test is to be skipped. */
bool departed_read(struct departed *out);
void departed_free(struct departed *departed);
/** Those from this time on (by their middles), with all known events and the price term. The first
 *  one's number goes to *first, if that is not NULL. */
struct departure_data departed_from(const struct departed *departed, double start, size_t *first);

#endif
