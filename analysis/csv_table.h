// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * csv_table: a table of named columns while it is read by analysis/csv, and what is wrong with it,
 * told line by line. What the columns mean is the caller's.
 *
 *     csv_table_begin() -> csv_table_row() -> fields, complaints -> faults
 */
#ifndef HASHTIDE_ANALYSIS_CSV_TABLE_H
#define HASHTIDE_ANALYSIS_CSV_TABLE_H

#include "analysis/csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The caller sets the first five and leaves the rest zeroed. */
struct csv_table {
    const char *const *columns; /* names, by number */
    size_t count;               /* of columns, at most 64 */
    uint64_t needed;            /* bit n: there has to be column n */
    csv_fault_fn fault;         /* may be NULL */
    void *context;
    struct csv csv;
    struct csv_record record; /* the present one */
    size_t places[CSV_FIELDS_MAX];
    size_t width;  /* fields of the first line */
    size_t faults; /* told so far */
};

/** Tells a fault of the present record; column count: of the whole line. Always false. */
bool csv_table_complain(struct csv_table *table, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** The present record's field; "" where there is no such column. */
const char *csv_table_field(const struct csv_table *table, size_t column);

/** Begins with a text as csv_begin() wants it, of `most` bytes at most, and its first line. False,
 *  told why: it is no such table. */
bool csv_table_begin(struct csv_table *table, char *text, size_t len, size_t most);
/** The next record; false at the end. What is no record is told and passed over. */
bool csv_table_next(struct csv_table *table);
/** Whether the present record has as many fields as the first line; false is told. */
bool csv_table_fits(struct csv_table *table);
/** Both: the next record that fits. count: rows so far; one more than `most` is told, and the end.
 */
bool csv_table_row(struct csv_table *table, size_t count, size_t most);

#endif
