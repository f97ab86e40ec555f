// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * series: see series.h.
 */
#include "config.h"

#include "analysis/series.h"

#include "analysis/csv_table.h"
#include "analysis/decimal.h"
#include "analysis/economics.h"
#include "analysis/efficiency.h"
#include "analysis/order.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column { DATE, SUBJECT, VALUE, SOURCE, NOTE, EXTRA, COLUMNS };

static const char *const names[][COLUMNS] = {
    [SERIES_POWER] = {"date", "region", "usd_mwh", "source", "note", "basis"},
    [SERIES_MACHINES] = {"date", "machine", "usd_th", "source", "note", "j_per_th"},
};
/** Columns that there have to be, a bit each. */
static const uint64_t needed[] = {
    [SERIES_POWER] = 1U << DATE | 1U << SUBJECT | 1U << VALUE | 1U << SOURCE,
    [SERIES_MACHINES] = 1U << DATE | 1U << SUBJECT | 1U << VALUE | 1U << SOURCE | 1U << EXTRA,
};
static const char *const bases[] = {"", "delivered", "wholesale", "contract"};

/** A table while it is read. */
struct reading {
    struct series *out;
    struct csv_table table;
    size_t room;
};

/* ---- a row ---- */

static void read_number(struct reading *reading, double *out, enum column column, double least,
                        double most)
{
    const char *text = csv_table_field(&reading->table, column);

    if (!decimal_parse(out, text) || !(*out >= least && *out <= most))
        csv_table_complain(&reading->table, column, "%.60s: expected a number from %g to %g", text,
                           least, most);
}

static void read_region(struct reading *reading, const struct series_row *row)
{
    const char *region = row->subject;

    if (region[0] == '\0' || strlen(region) >= ECONOMICS_REGION_SIZE ||
        region[strspn(region, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
        csv_table_complain(&reading->table, SUBJECT,
                           "%.60s: expected lower-case letters and '-', less than %d", region,
                           ECONOMICS_REGION_SIZE);
}

static void read_basis(struct reading *reading, struct series_row *row)
{
    row->basis = csv_table_field(&reading->table, EXTRA);
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        if (strcmp(row->basis, bases[i]) == 0)
            return;
    }
    csv_table_complain(&reading->table, EXTRA,
                       "%.60s: expected delivered, wholesale, contract or nothing", row->basis);
}

static void read_power(struct reading *reading, struct series_row *row)
{
    read_region(reading, row);
    read_number(reading, &row->value, VALUE, SERIES_USD_MWH_LEAST, SERIES_USD_MWH_MOST);
    read_basis(reading, row);
}

static void read_machine(struct reading *reading, struct series_row *row)
{
    if (row->subject[0] == '\0')
        csv_table_complain(&reading->table, SUBJECT, "nothing: expected a model or a class");
    read_number(reading, &row->value, VALUE, SERIES_USD_TH_LEAST, SERIES_USD_TH_MOST);
    read_number(reading, &row->j_per_th, EXTRA, EFFICIENCY_LEAST, EFFICIENCY_MOST);
    row->basis = "";
}

static void read_row(struct reading *reading)
{
    struct csv_table *table = &reading->table;
    struct series_row row = {.line = table->record.line,
                             .written = csv_table_field(table, DATE),
                             .subject = csv_table_field(table, SUBJECT),
                             .source = csv_table_field(table, SOURCE),
                             .note = csv_table_field(table, NOTE)};
    size_t faults = table->faults;

    if (!day_parse(&row.date, row.written))
        csv_table_complain(table, DATE, "%.60s: expected a date such as 2026-06-30 or 2026-06",
                           row.written);
    if (reading->out->kind == SERIES_POWER)
        read_power(reading, &row);
    else
        read_machine(reading, &row);
    if (row.source[0] == '\0')
        csv_table_complain(table, SOURCE, "nothing: expected who says so");
    if (table->faults == faults)
        reading->out->rows[reading->out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    while (csv_table_row(&reading->table, reading->out->count, reading->room))
        read_row(reading);
}

/* ---- all of them ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct series_row *x = a, *y = b;
    int order = strcmp(x->subject, y->subject);

    if (order == 0)
        order = (x->date.first > y->date.first) - (x->date.first < y->date.first);
    if (order == 0)
        order = (x->date.last > y->date.last) - (x->date.last < y->date.last);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* A subject has one price for a date. */
static void find_twins(struct reading *reading)
{
    const struct series *out = reading->out;

    for (size_t i = 1; i < out->count; i++) {
        const struct series_row *row = &out->rows[i];
        const struct series_row *before = row - 1;

        if (strcmp(row->subject, before->subject) != 0 || row->date.first != before->date.first ||
            row->date.last != before->date.last)
            continue;
        reading->table.record.line = row->line;
        csv_table_complain(&reading->table, DATE, "%.60s has a price for this date in line %u",
                           row->subject, before->line);
    }
}

static void find_subjects(struct series *out)
{
    for (size_t i = 0; i < out->count; i++) {
        if (i == 0 || strcmp(out->rows[i].subject, out->rows[i - 1].subject) != 0)
            out->begins[out->subjects++] = i;
    }
    out->begins[out->subjects] = out->count;
}

/* No text has more records than lines. */
static size_t room_for(const char *text, size_t len)
{
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines < SERIES_ROWS_MAX ? lines : SERIES_ROWS_MAX;
}

enum series_result series_parse(struct series *out, enum series_kind kind, char *text, size_t len,
                                csv_fault_fn fault, void *context)
{
    struct reading reading = {.out = out,
                              .table = {.columns = names[kind],
                                        .count = COLUMNS,
                                        .needed = needed[kind],
                                        .fault = fault,
                                        .context = context},
                              .room = room_for(text, len)};

    *out = (struct series){.kind = kind, .text = text};
    out->rows = calloc(reading.room, sizeof *out->rows);
    out->begins = calloc(reading.room + 1, sizeof *out->begins);
    if (out->rows == NULL || out->begins == NULL) {
        series_free(out);
        return SERIES_NO_MEMORY;
    }
    if (csv_table_begin(&reading.table, text, len, SERIES_SIZE_MAX))
        read_rows(&reading);
    qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    find_twins(&reading);
    if (reading.table.faults > 0) {
        series_free(out);
        return SERIES_REFUSED;
    }
    find_subjects(out);
    return SERIES_READ;
}

void series_free(struct series *series)
{
    free(series->text);
    free(series->rows);
    free(series->begins);
    *series = (struct series){.count = 0};
}

/* ---- asking ---- */

static int32_t age_of(const struct series_row *row, int32_t day)
{
    return day > row->date.last ? day - row->date.last : 0;
}

static int32_t length_of(const struct series_row *row)
{
    return row->date.last - row->date.first;
}

struct series_quote series_at(const struct series *series, size_t subject, int32_t day)
{
    struct series_quote out = {.row = NULL};

    assert(subject < series->subjects);
    for (size_t i = series->begins[subject]; i < series->begins[subject + 1]; i++) {
        const struct series_row *row = &series->rows[i];
        int32_t age = age_of(row, day);

        if (row->date.first > day)
            break;
        if (out.row != NULL &&
            (age > out.age_days || (age == out.age_days && length_of(row) > length_of(out.row))))
            continue;
        out = (struct series_quote){row, age, age <= SERIES_AGE_DAYS};
    }
    return out;
}

bool series_spread_at(struct series_spread *out, const struct series *series, int32_t day)
{
    double *values = calloc(series->subjects + 1, sizeof *values);

    *out = (struct series_spread){.known = 0};
    if (values == NULL)
        return false;
    for (size_t i = 0; i < series->subjects; i++) {
        struct series_quote quote = series_at(series, i, day);

        if (!quote.fresh)
            continue;
        values[out->known++] = quote.row->value;
        if (out->low == NULL || quote.row->value < out->low->value)
            out->low = quote.row;
        if (out->high == NULL || quote.row->value > out->high->value)
            out->high = quote.row;
        if (quote.age_days > out->age_days)
            out->age_days = quote.age_days;
    }
    qsort(values, out->known, sizeof *values, order_doubles);
    if (out->known > 0)
        out->median = 0.5 * (values[(out->known - 1) / 2] + values[out->known / 2]);
    free(values);
    return true;
}

struct series_quote series_nearest(const struct series *series, double j_per_th, int32_t day)
{
    struct series_quote best = {.row = NULL};
    double distance = INFINITY;

    assert(series->kind == SERIES_MACHINES || series->count == 0);
    for (size_t i = 0; i < series->subjects; i++) {
        struct series_quote quote = series_at(series, i, day);
        double apart = quote.fresh ? fabs(log(quote.row->j_per_th / j_per_th)) : INFINITY;

        if (apart < distance) {
            distance = apart;
            best = quote;
        }
    }
    return best;
}
