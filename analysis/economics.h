// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * economics: what mining and AI earn and cost, as ranges with their sources, read from a table.
 *
 * CSV with the columns input, region, date, low, central, high, source, confidence and, if there is
 * one, note. Each row gives the range of an input. Rows without a region count everywhere; a region
 * that has rows of its own for an input does not use those. Rows of an input are either one without
 * a date, or dated ones in order of time: between two the logarithms are interpolated, behind the
 * last they are held, before the first nothing is known.
 *
 * The mean efficiency of the fleet is an input too, fleet.j_per_th, but its rows are those of the
 * table of efficiency (economics_set_fleet()): two tables of one thing would part.
 */
#ifndef HASHTIDE_ANALYSIS_ECONOMICS_H
#define HASHTIDE_ANALYSIS_ECONOMICS_H

#include "analysis/efficiency.h"

#include <stdbool.h>
#include <stddef.h>

#define ECONOMICS_SIZE_MAX ((size_t)1 << 20)
#define ECONOMICS_ROWS_MAX 500
/** Longest name of a region, with NUL. */
#define ECONOMICS_REGION_SIZE 16

enum economics_input {
    ECONOMICS_FLEET_J_TH,
    ECONOMICS_FLEET_SPREAD,
    ECONOMICS_POWER_USD_MWH,
    ECONOMICS_POWER_SPREAD,
    ECONOMICS_MINING_OVERHEAD,
    ECONOMICS_MINING_UPTIME,
    ECONOMICS_MINING_OPEX,
    ECONOMICS_MINING_ASIC_USD_TH,
    ECONOMICS_MINING_ASIC_LIFE,
    ECONOMICS_MINING_CAPEX,
    ECONOMICS_MINING_LIFE,
    ECONOMICS_MINING_CAPITAL_COST,
    ECONOMICS_LEASE_REVENUE,
    ECONOMICS_LEASE_GROSS_PER_IT,
    ECONOMICS_LEASE_COST_SHARE,
    ECONOMICS_LEASE_CAPEX,
    ECONOMICS_LEASE_LIFE,
    ECONOMICS_LEASE_CAPITAL_COST,
    ECONOMICS_LEASE_BUILD,
    ECONOMICS_GPU_USD_HOUR,
    ECONOMICS_GPU_PER_MW_IT,
    ECONOMICS_GPU_UTILISATION,
    ECONOMICS_GPU_LOAD,
    ECONOMICS_GPU_COST_SHARE,
    ECONOMICS_GPU_CAPEX,
    ECONOMICS_GPU_LIFE,
    ECONOMICS_GPU_CAPITAL_COST,
    ECONOMICS_INPUTS,
};

struct economics_info {
    const char *name; /* "power.usd_mwh" */
    const char *unit;
    const char *meaning; /* in a few words */
    double least, most;  /* what is beyond is a mistake */
};
/** input < ECONOMICS_INPUTS (asserted). */
const struct economics_info *economics_info(enum economics_input input);
/** By name; ECONOMICS_INPUTS if there is none. */
enum economics_input economics_find(const char *name);

/** least <= low <= central <= high <= most. */
struct economics_range {
    double low, central, high;
};

struct economics_row {
    enum economics_input input;
    char region[ECONOMICS_REGION_SIZE]; /* "": everywhere */
    bool dated;
    double year;
    struct economics_range range;
    const char *source, *confidence, *note; /* they point into the table's text; never NULL */
};

struct economics {
    char *text;
    struct economics_row *rows; /* in the file's order */
    size_t count;
    unsigned fleet_line; /* the first row of fleet.j_per_th in the file; 0: there is none */
};

struct economics_fault {
    unsigned line;
    char text[160]; /* which field, what is wrong with it */
};

/** Reads a table; text is copied. False with fault; line 0: of the whole, or memory is short. */
bool economics_read(struct economics *out, struct economics_fault *fault, const char *text,
                    size_t len);
/**
 * Puts rows of fleet.j_per_th in the place of the file's, if it has any: those of a table of
 * efficiency that are of the kind network and have an sd, as 90 % intervals, in order of time; of
 * two of a date the later row. Their texts are the table's, which has to live as long. False when
 * memory is short, and nothing is changed.
 */
bool economics_set_fleet(struct economics *economics, const struct efficiency *table);
/** Zeroed is allowed. */
void economics_free(struct economics *economics);

/** Whether a region has rows of its own; "" is one. */
bool economics_knows_region(const struct economics *economics, const char *region);

/** The range of an input in a region at a time (decimal year). *row (may be NULL) is that which it
 *  rests on, of two the later. False where nothing is known. */
bool economics_at(struct economics_range *out, const struct economics_row **row,
                  const struct economics *economics, enum economics_input input, const char *region,
                  double year);

/** Reads a range as people set it, "20" or "15:20:26", within the input's bounds. False, *out
 *  untouched, on anything else. */
bool economics_parse_range(struct economics_range *out, enum economics_input input,
                           const char *text);

#endif
