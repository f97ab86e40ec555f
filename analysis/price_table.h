// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * price_table: a history of the price, read from CSV.
 *
 * Columns date (YYYY-MM-DD; the price is that at 00:00 UTC) and price_usd, and, if there is one,
 * basis: "quoted" (also where it is empty) or "reconstructed". Other columns are passed over. Dates
 * rise; days without a price are passed over, and counted.
 */
#ifndef HASHTIDE_ANALYSIS_PRICE_TABLE_H
#define HASHTIDE_ANALYSIS_PRICE_TABLE_H

#include "analysis/price.h"

#include <stdbool.h>
#include <stddef.h>

#define PRICE_TABLE_SIZE_MAX ((size_t)4 << 20)

struct price_table {
    struct price_point *points; /* at least one */
    size_t count;
    size_t empty; /* rows without a price */
};

struct price_table_fault {
    unsigned line; /* 0: of the whole */
    char text[160];
};

/** Reads a table. False with fault, and nothing to free. */
bool price_table_read(struct price_table *out, struct price_table_fault *fault, const char *text,
                      size_t len);
/** Zeroed is allowed. */
void price_table_free(struct price_table *table);

#endif
