// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_truth: what a simulation knows about its blocks and an observer does not, as a table: a
 * row a block, in the order of the header file.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_TRUTH_H
#define HASHTIDE_MONITOR_SIMULATE_TRUTH_H

#include "monitor/simulate.h"
#include "monitor/table.h"

#define SIMULATE_TRUTH_NAME "truth"
#define SIMULATE_TRUTH_SUMMARY                                                                     \
    "The truth about a simulated chain: one row for each header of the file, in its order, "       \
    "losing "                                                                                      \
    "branches included."

/** Ends with name NULL. */
const struct table_column *simulate_truth_columns(void);
void simulate_truth_row(struct table *table, const struct simulate_block *block);

#endif
