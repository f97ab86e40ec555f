// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * efficiency: see efficiency.h.
 */
#include "config.h"

#include "analysis/efficiency.h"

#include "analysis/csv_table.h"
#include "analysis/decimal.h"

#include <stdlib.h>
#include <string.h>

enum column { KIND, SUBJECT, DATE, J_PER_TH, SD, SOURCE, CONFIDENCE, NOTE, COLUMNS };

static const char *const columns[COLUMNS] = {"kind", "subject", "date",       "j_per_th",
                                             "sd",   "source",  "confidence", "note"};
static const char *const kinds[EFFICIENCY_KINDS] = {"removed", "network", "company", "machine"};

/** Columns that there have to be. */
#define NEEDED ((UINT64_C(1) << (J_PER_TH + 1)) - 1)

/** A table while it is read. */
struct reading {
    struct efficiency *out;
    struct csv_table table;
};

const char *efficiency_kind_name(enum efficiency_kind kind)
{
    return kinds[kind];
}

/* ---- a row ---- */

static void read_words(struct reading *reading, struct efficiency_row *row)
{
    size_t kind = 0;

    while (kind < EFFICIENCY_KINDS &&
           strcmp(kinds[kind], csv_table_field(&reading->table, KIND)) != 0)
        kind++;
    if (kind == EFFICIENCY_KINDS)
        csv_table_complain(&reading->table, KIND,
                           "%.60s: expected removed, network, company or machine",
                           csv_table_field(&reading->table, KIND));
    else
        row->kind = (enum efficiency_kind)kind;
    if (csv_table_field(&reading->table, SUBJECT)[0] == '\0')
        csv_table_complain(&reading->table, SUBJECT, "nothing: expected whose figure it is");
    row->subject = csv_table_field(&reading->table, SUBJECT);
    row->source = csv_table_field(&reading->table, SOURCE);
    row->confidence = csv_table_field(&reading->table, CONFIDENCE);
    row->note = csv_table_field(&reading->table, NOTE);
}

static void read_numbers(struct reading *reading, struct efficiency_row *row)
{
    const char *sd = csv_table_field(&reading->table, SD);

    if (!day_parse(&row->date, csv_table_field(&reading->table, DATE)))
        csv_table_complain(&reading->table, DATE,
                           "%.60s: expected a date such as 2025-06-30, 2025-06 or 2025.5",
                           csv_table_field(&reading->table, DATE));
    if (!decimal_parse(&row->j_per_th, csv_table_field(&reading->table, J_PER_TH)) ||
        row->j_per_th < EFFICIENCY_LEAST || row->j_per_th > EFFICIENCY_MOST)
        csv_table_complain(&reading->table, J_PER_TH, "%.60s: expected a number from %.0f to %.0f",
                           csv_table_field(&reading->table, J_PER_TH), EFFICIENCY_LEAST,
                           EFFICIENCY_MOST);
    row->sd = -1.0;
    if (sd[0] != '\0' &&
        (!decimal_parse(&row->sd, sd) || row->sd < 0.0 || row->sd > EFFICIENCY_SD_MOST))
        csv_table_complain(&reading->table, SD, "%.60s: expected a number from 0 to %.0f", sd,
                           EFFICIENCY_SD_MOST);
    if (sd[0] == '\0' &&
        strcmp(csv_table_field(&reading->table, KIND), kinds[EFFICIENCY_REMOVED]) == 0)
        csv_table_complain(&reading->table, SD,
                           "nothing: the model has to know how sure a figure is");
}

/* A row of the kind removed is a knot. */
static void add_knot(struct reading *reading, const struct efficiency_row *row)
{
    struct efficiency *out = reading->out;
    double year = day_year(&row->date);

    if (out->knot_count == SITE_KNOTS_MAX)
        csv_table_complain(&reading->table, KIND, "more than %d rows of the kind removed",
                           SITE_KNOTS_MAX);
    else if (out->knot_count > 0 && year <= out->knots[out->knot_count - 1].year)
        csv_table_complain(&reading->table, DATE,
                           "%.60s: rows of the kind removed stand in the order of time",
                           csv_table_field(&reading->table, DATE));
    else
        out->knots[out->knot_count++] =
            (struct site_knot){.year = year, .j_per_th = row->j_per_th, .sd = row->sd};
}

static void read_row(struct reading *reading)
{
    struct efficiency *out = reading->out;
    struct efficiency_row row = {.line = reading->table.record.line};
    size_t faults = reading->table.faults;

    read_words(reading, &row);
    read_numbers(reading, &row);
    if (reading->table.faults == faults && row.kind == EFFICIENCY_REMOVED)
        add_knot(reading, &row);
    if (reading->table.faults == faults)
        out->rows[out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    while (csv_table_row(&reading->table, reading->out->count, EFFICIENCY_ROWS_MAX))
        read_row(reading);
    if (reading->out->knot_count == 0 && reading->table.faults == 0)
        csv_table_complain(&reading->table, KIND,
                           "there is no row of the kind removed, which the model needs");
}

enum efficiency_result efficiency_parse(struct efficiency *out, char *text, size_t len,
                                        csv_fault_fn fault, void *context)
{
    struct reading reading = {.out = out,
                              .table = {.columns = columns,
                                        .count = COLUMNS,
                                        .needed = NEEDED,
                                        .fault = fault,
                                        .context = context}};

    *out = (struct efficiency){.text = text};
    out->rows = malloc(EFFICIENCY_ROWS_MAX * sizeof *out->rows);
    if (out->rows == NULL) {
        efficiency_free(out);
        return EFFICIENCY_NO_MEMORY;
    }
    if (csv_table_begin(&reading.table, text, len, EFFICIENCY_SIZE_MAX))
        read_rows(&reading);
    if (reading.table.faults == 0)
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
