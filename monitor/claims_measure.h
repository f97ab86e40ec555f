// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * claims_measure: the figures that claims are tested by, of data that are here: epochs of the chain
 * (the built-in table and the store), the ledger of sites, and the tables of prices, economics and
 * efficiency.
 */
#ifndef HASHTIDE_MONITOR_CLAIMS_MEASURE_H
#define HASHTIDE_MONITOR_CLAIMS_MEASURE_H

#include "analysis/claims.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct claims_data;

/** Gathers the data. say is told what is wrong with tables, a line each. NULL with message. */
struct claims_data *claims_data_new(char message[TABLEFILE_MESSAGE_SIZE],
                                    const struct settings *settings, tablefile_say_fn say,
                                    void *context);
/** NULL is allowed. */
void claims_data_free(struct claims_data *data);

/** The last day of the data: that on which the last whole epoch ended, from 1970-01-01. */
int32_t claims_data_last(const struct claims_data *data);

/** What was measured, and what it rests on. */
#define CLAIMS_EVIDENCE_SIZE 256
struct claims_measured {
    struct claim_figure figure;
    bool reached; /* the data go as far as the deadline; else the figure is as of their end */
    char evidence[CLAIMS_EVIDENCE_SIZE]; /* a sentence: what was measured, or why it can't be */
};
void claims_measure(struct claims_measured *out, const struct claims_data *data,
                    const struct claim *claim);

#endif
