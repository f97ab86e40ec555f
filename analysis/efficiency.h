// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * efficiency: J/TH of machines and fleets by date, as rows of a table, and what the site model
 * takes from it.
 *
 * CSV with the columns kind, subject, date (day.h), j_per_th, sd (of its logarithm), source,
 * confidence and note. Kinds:
 *     removed   what machines that are switched off take: the model's knots, in order of time
 *     network   an average of all machines: the fleet's mean J/TH where it has an sd
 *     company   of a fleet, or a site
 *     machine   as its maker sells it
 */
#ifndef HASHTIDE_ANALYSIS_EFFICIENCY_H
#define HASHTIDE_ANALYSIS_EFFICIENCY_H

#include "analysis/csv.h"
#include "analysis/day.h"
#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>

#define EFFICIENCY_SIZE_MAX ((size_t)1 << 20)
#define EFFICIENCY_ROWS_MAX 1000
/** What is beyond is a mistake: of GH for TH, or of W for J. */
#define EFFICIENCY_LEAST 1.0
#define EFFICIENCY_MOST 10000.0
#define EFFICIENCY_SD_MOST 2.0

enum efficiency_kind {
    EFFICIENCY_REMOVED,
    EFFICIENCY_NETWORK,
    EFFICIENCY_COMPANY,
    EFFICIENCY_MACHINE,
    EFFICIENCY_KINDS,
};

struct efficiency_row {
    unsigned line;
    enum efficiency_kind kind;
    const char *subject; /* these point into the table's text */
    const char *source, *confidence, *note;
    struct day date;
    double j_per_th;
    double sd; /* negative: not known */
};

/** Rows in the file's order. */
struct efficiency {
    char *text; /* owned */
    struct efficiency_row *rows;
    size_t count;
    struct site_knot knots[SITE_KNOTS_MAX]; /* of the rows 'removed': for site_priors_set_knots() */
    size_t knot_count;
};

enum efficiency_result {
    EFFICIENCY_READ,
    EFFICIENCY_REFUSED, /* for faults, all of which were told */
    EFFICIENCY_NO_MEMORY,
};

/**
 * Reads a table: all of it, or nothing. text has len bytes and room for one more; it is of malloc()
 * and the table's from here on, whatever comes of it. Unless EFFICIENCY_READ, out is empty. At
 * least one row is of the kind removed. fault may be NULL.
 */
enum efficiency_result efficiency_parse(struct efficiency *out, char *text, size_t len,
                                        csv_fault_fn fault, void *context);
/** A zeroed table is allowed. */
void efficiency_free(struct efficiency *table);

const char *efficiency_kind_name(enum efficiency_kind kind);

#endif
