// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * economy: the tables that prices and costs come from, as the settings have it: built in, or of
 * price.file=, economics.file= and efficiency.file=; and the prices that were fetched or imported.
 *
 * Of prices the table comes first, and what is in the market's store takes the place of it: points
 * of the same day, and reconstructed points between the first and the last day in the store. What
 * lies in the store for days that have not come is passed over; a file that has such is refused.
 */
#ifndef HASHTIDE_MONITOR_ECONOMY_H
#define HASHTIDE_MONITOR_ECONOMY_H

#include "analysis/economics.h"
#include "analysis/price.h"
#include "analysis/price_table.h"
#include "monitor/efficiencyfile.h"
#include "monitor/market.h"
#include "monitor/settings.h"
#include "monitor/store/market.h"
#include "monitor/tablefile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECONOMY_MESSAGE_SIZE TABLEFILE_MESSAGE_SIZE
/** Of a table's origin, with NUL. */
#define ECONOMY_ORIGIN_SIZE 64
/** A last price older than this is said to be old. */
#define ECONOMY_OLD_S ((int64_t)2 * 86400)

struct economy {
    struct economics economics; /* with the fleet's J/TH from the table of efficiency */
    struct efficiencyfile efficiency;
    struct price_point *points;
    size_t count;
    size_t own;          /* points of the market's store */
    int64_t last_quoted; /* time of the last point that is not reconstructed; 0: none */
    char price_origin[ECONOMY_ORIGIN_SIZE]; /* "built in", "the file X" */
    char economics_origin[ECONOMY_ORIGIN_SIZE];
};

/** Reads everything. False with message. The store may be missing. say (may be NULL) is told faults
 *  of the table of efficiency and what of a table is passed over, a line each. */
bool economy_load(struct economy *out, const struct settings *settings,
                  char message[ECONOMY_MESSAGE_SIZE], tablefile_say_fn say, void *context);
/** Zeroed is allowed. */
void economy_free(struct economy *economy);
struct price_series economy_series(const struct economy *economy);

/** Whether the table, at least a row, has no day that has not come. False with message. */
bool economy_days_come(char message[ECONOMY_MESSAGE_SIZE], const char *name,
                       const struct price_table *table);

/** Opens the market's store of the settings' network; see market_store_open(). */
struct market_store *economy_open_market(const struct settings *settings, bool read_only,
                                         bool *missing, char message[ECONOMY_MESSAGE_SIZE]);
/** The sources in force: those of price.source=, else the built-in ones. At most
 *  MARKET_SOURCES_MAX; returns how many. */
size_t economy_sources(struct market_source out[MARKET_SOURCES_MAX],
                       const struct settings *settings);

#endif
