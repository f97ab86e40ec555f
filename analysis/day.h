// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * day: dates as tables of events have them: as exact as they are known, and no more.
 *
 * Written forms:
 *     2025-11-06   a day
 *     2025-11      some day of that month
 *     2025-Q4      some day of that quarter
 *     2025         some day of that year
 *     2025.85      about then: a year and its fraction, where a date is judged and not known
 *
 * A decimal year is 1970 + seconds / 31556952, of UTC, as in doc/METHODS.md.
 */
#ifndef HASHTIDE_ANALYSIS_DAY_H
#define HASHTIDE_ANALYSIS_DAY_H

#include <stdbool.h>
#include <stdint.h>

/** Years that are taken: Bitcoin's first to the end of this century. */
#define DAY_YEAR_LEAST 2009
#define DAY_YEAR_MOST 2100

/** Seconds of a mean Gregorian year, and of a day. */
#define DAY_YEAR_S 31556952
#define DAY_S 86400

/** Zeroed: no date. */
struct day {
    bool known;
    int32_t first;   /* days from 1970-01-01 to the first day that it may be ... */
    int32_t last;    /* ... and to the last; of a decimal year, the day in which it lies, twice */
    double fraction; /* the decimal year where it was written as one; else 0 */
};

/** False (*out untouched) on anything else, and on days that there are not. */
bool day_parse(struct day *out, const char *text);
/** The same of a day alone: first and last are equal. */
bool day_parse_exact(struct day *out, const char *text);

/** Its middle as a decimal year, rounded to hundredths (4 days); of one that was written, that. */
double day_year(const struct day *day);

/** The same, NaN where it is not known. */
double day_year_or_nan(const struct day *day);

/** Whether both are known and a is after b however their spans are read. */
bool day_after(const struct day *a, const struct day *b);

/** "2025-11-06" with NUL. */
#define DAY_TEXT_SIZE 11
void day_text(char out[DAY_TEXT_SIZE], int32_t days);

#endif
