// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * efficiency: see efficiency.h.
 */
#include "config.h"

#include "analysis/efficiency.h"

#include "analysis/decimal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column { KIND, SUBJECT, DATE, J_PER_TH, SD, SOURCE, CONFIDENCE, NOTE, COLUMNS };

static const char *const columns[COLUMNS] = {"kind", "subject", "date",       "j_per_th",
                                             "sd",   "source",  "confidence", "note"};
static const char *const kinds[EFFICIENCY_KINDS] = {"removed", "network", "company", "machine"};

/** A table while it is read. */
struct reading {
    struct efficiency *out;
    csv_fault_fn fault;
    void *context;
    struct csv csv;
    struct csv_record record;
    size_t places[COLUMNS];
    size_t width;
    size_t faults;
};

const char *efficiency_kind_name(enum efficiency_kind kind)
{
    return kinds[kind];
}

static bool complain(struct reading *reading, enum column column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Always false. */
static bool complain(struct reading *reading, enum column column, const char *format, ...)
{
    struct csv_fault fault = {.line = reading->record.line,
                              .column = column < COLUMNS ? columns[column] : ""};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault.reason, sizeof fault.reason, format, arguments);
    va_end(arguments);
    reading->faults++;
    if (reading->fault != NULL)
        reading->fault(reading->context, &fault);
    return false;
}

static const char *field(const struct reading *reading, enum column column)
{
    size_t place = reading->places[column];

    return place != CSV_NOWHERE ? reading->record.fields[place] : "";
}

static bool read_header(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = csv_next(&reading->csv, &reading->record, &why);

    if (result != CSV_RECORD)
        return complain(reading, COLUMNS, "%s",
                        result == CSV_BAD ? why
                                          : "nothing: expected a line with the columns' names");
    reading->width = reading->record.count;
    for (int column = 0; column < COLUMNS; column++) {
        reading->places[column] = csv_find(&reading->record, columns[column]);
        if (reading->places[column] == CSV_NOWHERE && column <= J_PER_TH)
            complain(reading, COLUMNS, "there is no column %s", columns[column]);
    }
    return reading->faults == 0;
}

/* ---- a row ---- */

static void read_words(struct reading *reading, struct efficiency_row *row)
{
    size_t kind = 0;

    while (kind < EFFICIENCY_KINDS && strcmp(kinds[kind], field(reading, KIND)) != 0)
        kind++;
    if (kind == EFFICIENCY_KINDS)
        complain(reading, KIND, "%.60s: expected removed, network, company or machine",
                 field(reading, KIND));
    else
        row->kind = (enum efficiency_kind)kind;
    if (field(reading, SUBJECT)[0] == '\0')
        complain(reading, SUBJECT, "nothing: expected whose figure it is");
    row->subject = field(reading, SUBJECT);
    row->source = field(reading, SOURCE);
    row->confidence = field(reading, CONFIDENCE);
    row->note = field(reading, NOTE);
}

static void read_numbers(struct reading *reading, struct efficiency_row *row)
{
    const char *sd = field(reading, SD);

    if (!day_parse(&row->date, field(reading, DATE)))
        complain(reading, DATE, "%.60s: expected a date such as 2025-06-30, 2025-06 or 2025.5",
                 field(reading, DATE));
    if (!decimal_parse(&row->j_per_th, field(reading, J_PER_TH)) ||
        row->j_per_th < EFFICIENCY_LEAST || row->j_per_th > EFFICIENCY_MOST)
        complain(reading, J_PER_TH, "%.60s: expected a number from %.0f to %.0f",
                 field(reading, J_PER_TH), EFFICIENCY_LEAST, EFFICIENCY_MOST);
    row->sd = -1.0;
    if (sd[0] != '\0' &&
        (!decimal_parse(&row->sd, sd) || row->sd < 0.0 || row->sd > EFFICIENCY_SD_MOST))
        complain(reading, SD, "%.60s: expected a number from 0 to %.0f", sd, EFFICIENCY_SD_MOST);
    if (sd[0] == '\0' && strcmp(field(reading, KIND), kinds[EFFICIENCY_REMOVED]) == 0)
        complain(reading, SD, "nothing: the model has to know how sure a figure is");
}

/* A row of the kind removed is a knot. */
static void add_knot(struct reading *reading, const struct efficiency_row *row)
{
    struct efficiency *out = reading->out;
    double year = day_year(&row->date);

    if (out->knot_count == SITE_KNOTS_MAX)
        complain(reading, KIND, "more than %d rows of the kind removed", SITE_KNOTS_MAX);
    else if (out->knot_count > 0 && year <= out->knots[out->knot_count - 1].year)
        complain(reading, DATE, "%.60s: rows of the kind removed stand in the order of time",
                 field(reading, DATE));
    else
        out->knots[out->knot_count++] =
            (struct site_knot){.year = year, .j_per_th = row->j_per_th, .sd = row->sd};
}

static void read_row(struct reading *reading)
{
    struct efficiency *out = reading->out;
    struct efficiency_row row = {.line = reading->record.line};
    size_t faults = reading->faults;

    if (reading->record.count != reading->width) {
        complain(reading, COLUMNS, "%zu fields: expected %zu, as in the first line",
                 reading->record.count, reading->width);
        return;
    }
    read_words(reading, &row);
    read_numbers(reading, &row);
    if (reading->faults == faults && row.kind == EFFICIENCY_REMOVED)
        add_knot(reading, &row);
    if (reading->faults == faults)
        out->rows[out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = CSV_END;

    while ((result = csv_next(&reading->csv, &reading->record, &why)) != CSV_END) {
        if (result == CSV_BAD) {
            complain(reading, COLUMNS, "%s", why);
        } else if (reading->out->count == EFFICIENCY_ROWS_MAX) {
            complain(reading, COLUMNS, "more than %d rows", EFFICIENCY_ROWS_MAX);
            return;
        } else {
            read_row(reading);
        }
    }
    if (reading->out->knot_count == 0 && reading->faults == 0)
        complain(reading, KIND, "there is no row of the kind removed, which the model needs");
}

enum efficiency_result efficiency_parse(struct efficiency *out, char *text, size_t len,
                                        csv_fault_fn fault, void *context)
{
    struct reading reading = {
        .out = out, .fault = fault, .context = context, .record = {.line = 1}};

    *out = (struct efficiency){.text = text};
    out->rows = malloc(EFFICIENCY_ROWS_MAX * sizeof *out->rows);
    if (out->rows == NULL) {
        efficiency_free(out);
        return EFFICIENCY_NO_MEMORY;
    }
    if (len > EFFICIENCY_SIZE_MAX)
        complain(&reading, COLUMNS, "the file is longer than %zu bytes", EFFICIENCY_SIZE_MAX);
    else if (!csv_begin(&reading.csv, text, len, true))
        complain(&reading, COLUMNS, "this is not text: there are zero bytes in it");
    else if (read_header(&reading))
        read_rows(&reading);
    if (reading.faults == 0)
        return EFFICIENCY_READ;
    efficiency_free(out);
    return EFFICIENCY_REFUSED;
}

void efficiency_free(struct efficiency *table)
{
    free(table->text);
    free(table->rows);
    *table = (struct efficiency){.count = 0};
}
