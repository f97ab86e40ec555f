// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * costs: prices of power by region and of used machines, as the tables of power.file= and
 * machines.file= have them, and as they are shown beside the hashprice. Nothing is built in.
 */
#ifndef HASHTIDE_MONITOR_COSTS_H
#define HASHTIDE_MONITOR_COSTS_H

#include "analysis/series.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct costs {
    struct series power, machines;
};

/** Reads both. say is told each fault, a line each; it may be NULL. False with message, one line,
 *  and nothing to free. */
bool costs_load(struct costs *out, char message[TABLEFILE_MESSAGE_SIZE],
                const struct settings *settings, tablefile_say_fn say, void *context);
/** Zeroed is allowed. */
void costs_free(struct costs *costs);

/** What prices are held against. */
struct costs_scene {
    int32_t day; /* from 1970-01-01 */
    double usd_ph_day;
    double usd_mwh;  /* what the buyer of a machine pays for power; NaN: not known */
    double overhead; /* of his site; NaN likewise */
};

/** Days in which a machine of a row earns what it cost. False where it does not earn its power, or
 *  something is not known. */
bool costs_payback(double *days, const struct series_row *row, const struct costs_scene *scene);

/** For people, no wider than 80 columns; nothing where there are no prices. */
void costs_print(FILE *out, const struct costs *costs, const struct costs_scene *scene);
/** New references: lists of objects, empty where there are no prices. */
json_t *costs_power_json(const struct costs *costs, const struct costs_scene *scene);
json_t *costs_machines_json(const struct costs *costs, const struct costs_scene *scene);

#endif
