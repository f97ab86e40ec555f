// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_series: mainnet's epochs as the model of departures wants them: from the table that is
 * built in, and from a store's best chain beyond it, so that each retarget adds one.
 */
#ifndef HASHTIDE_MONITOR_DEPARTURE_SERIES_H
#define HASHTIDE_MONITOR_DEPARTURE_SERIES_H

#include "analysis/departure.h"
#include "chain/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** UNIX seconds to decimal years as the model counts them, and back. */
#define DEPARTURE_SERIES_YEAR_S 31556952.0
double departure_series_year(int64_t seconds);
int64_t departure_series_seconds(double year);

/** Complete epochs, oldest first, without prices. */
struct departure_series {
    struct departure_epoch *epochs; /* owned */
    uint32_t *heights;              /* owned: first block of each */
    int64_t *begins;                /* owned: its time, UNIX seconds; count + 1 of them */
    size_t count;
    bool from_store; /* the latest are from the store's chain */
};

/** All of them; tree NULL, or not of mainnet: the table alone. The first ones, in which time did
 *  not advance, are left out. */
void departure_series_read(struct departure_series *out, const struct tree *tree);
/** Copies the epochs whose middle is not before since. */
void departure_series_since(struct departure_series *out, const struct departure_series *all,
                            double since);
void departure_series_free(struct departure_series *series);

#endif
