// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * series: dated prices of several things, as people keep them in a table: of power by region, and
 * of used mining machines by model or class. They say what somebody asked or paid somewhere, and
 * are shown beside the hashprice; no model takes them in.
 *
 * CSV with the columns
 *     power      date, region, usd_mwh, source, and if there are such, basis and note
 *     machines   date, machine, j_per_th, usd_th, source, and if there is one, note
 * date is one of day.h: a month is the price of that month. basis is delivered (all that reaches
 * the meter), wholesale (energy alone), contract (fixed for long), or nothing.
 *
 * A price holds on the days of its date, and stands in for later ones for SERIES_AGE_DAYS; beyond
 * that nothing is known.
 */
#ifndef HASHTIDE_ANALYSIS_SERIES_H
#define HASHTIDE_ANALYSIS_SERIES_H

#include "analysis/csv.h"
#include "analysis/day.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_SIZE_MAX ((size_t)4 << 20)
#define SERIES_ROWS_MAX 50000
/** How many days a price stands in for what came after it: a quarter, since such tables are kept by
 *  the month or the quarter. */
#define SERIES_AGE_DAYS 92
/** USD/MWh. Daily means of markets have been below zero, and at 9000 in a storm. */
#define SERIES_USD_MWH_LEAST (-1000.0)
#define SERIES_USD_MWH_MOST 10000.0
/** USD for 1 TH/s. What is beyond is a mistake: the price of the whole machine, for instance. */
#define SERIES_USD_TH_LEAST 0.01
#define SERIES_USD_TH_MOST 1000.0

enum series_kind { SERIES_POWER, SERIES_MACHINES };

/** Texts point into the table's. */
struct series_row {
    unsigned line;
    struct day date;
    const char *written; /* the date as it stands there */
    const char *subject; /* region or machine */
    double value;        /* USD/MWh, or USD for 1 TH/s */
    double j_per_th;     /* machines only */
    const char *source, *basis, *note;
};

/** Zeroed: no rows. */
struct series {
    enum series_kind kind;
    char *text;              /* owned */
    struct series_row *rows; /* owned; by subject, then by date */
    size_t count;
    size_t *begins; /* owned: the first row of each subject, and count behind the last */
    size_t subjects;
};

enum series_result {
    SERIES_READ,
    SERIES_REFUSED, /* for faults, all of which were told */
    SERIES_NO_MEMORY,
};

/**
 * Reads a table: all of it, or nothing; a table without rows is one. text has len bytes and room
 * for one more; it is of malloc() and the series' from here on, whatever comes of it. Unless
 * SERIES_READ, out is empty. fault may be NULL.
 */
enum series_result series_parse(struct series *out, enum series_kind kind, char *text, size_t len,
                                csv_fault_fn fault, void *context);
/** A zeroed series is allowed. */
void series_free(struct series *series);

/** A price on a day (days from 1970-01-01). */
struct series_quote {
    const struct series_row *row; /* NULL: none was known yet */
    int32_t age_days;             /* days since its date, 0 within */
    bool fresh;                   /* age_days <= SERIES_AGE_DAYS: it may be used */
};
/** The youngest price of a subject (< subjects, asserted) that is not of later days alone; of
 *  several that hold on the day, that of the shortest date, so that a day comes before its month.
 */
struct series_quote series_at(const struct series *series, size_t subject, int32_t day);

/** What regions pay on a day, of fresh prices. Median of an even number: the mean of the middle
 *  two. */
struct series_spread {
    size_t known; /* how many; 0: nothing below is set */
    double median;
    const struct series_row *low, *high;
    int32_t age_days; /* of the oldest */
};
/** False when memory is short. */
bool series_spread_at(struct series_spread *out, const struct series *series, int32_t day);

/** The machine with a fresh price whose efficiency is nearest to a given one, by ratio; row NULL
 *  where there is none. Of machines only (asserted). */
struct series_quote series_nearest(const struct series *series, double j_per_th, int32_t day);

#endif
