// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies: the table. See companies.h; companies_ask.c has the rules, companies_fit.c the model.
 */
#include "config.h"

#include "analysis/companies.h"

#include "analysis/day.h"
#include "analysis/decimal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COMPANY,
    DATE,
    EHS,
    GROUP,
    CONVERTED_FROM,
    MEASURE,
    SOURCE,
    CONFIDENCE,
    NOTE,
    COLUMNS,
};

static const char *const columns[COLUMNS] = {
    "company", "date", "ehs", "group", "converted_from", "measure", "source", "confidence", "note"};
static const char *const measures[COMPANIES_MEASURES] = {"operating", "energised", "deployed",
                                                         "implied"};

/** Longest span of a date of which the month, or the quarter's middle, is taken: days. */
#define SPAN_MOST 92

struct reading {
    struct companies *out;
    csv_fault_fn fault;
    void *context;
    struct csv csv;
    struct csv_record record;
    size_t places[COLUMNS];
    size_t width;
    size_t faults;
};

const char *companies_measure_name(enum companies_measure measure)
{
    return measures[measure];
}

bool companies_same(const char *a, const char *b)
{
    size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    const char *longer = strlen(a) < strlen(b) ? b : a;

    return len > 0 && strncmp(a, b, len) == 0 &&
           (longer[len] == '\0' || longer[len] == ' ' || longer[len] == ',');
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
        if (reading->places[column] == CSV_NOWHERE && column <= MEASURE)
            complain(reading, COLUMNS, "there is no column %s", columns[column]);
    }
    return reading->faults == 0;
}

/* ---- a row ---- */

/* The month in which a date's middle lies; false if it is no more exact than a year. */
static bool read_month(int *out, const char *text)
{
    struct day day;
    char written[DAY_TEXT_SIZE];

    if (!day_parse(&day, text) || day.fraction > 0.0 || day.last - day.first > SPAN_MOST)
        return false;
    day_text(written, day.first + (day.last - day.first) / 2);
    written[4] = '\0';
    written[7] = '\0';
    *out = (int)strtol(written, NULL, 10) * 12 + (int)strtol(written + 5, NULL, 10) - 1;
    return true;
}

static void read_group(struct reading *reading, struct companies_row *row)
{
    const char *group = field(reading, GROUP);
    const char *converted = field(reading, CONVERTED_FROM);

    row->converter = strcmp(group, "converter") == 0;
    if (!row->converter && strcmp(group, "control") != 0)
        complain(reading, GROUP, "%.60s: expected converter or control", group);
    else if (row->converter && !read_month(&row->converted, converted))
        complain(reading, CONVERTED_FROM,
                 "%.60s: expected the month from which on mining gave way, such as 2024-11",
                 converted);
    else if (!row->converter && converted[0] != '\0')
        complain(reading, CONVERTED_FROM, "%.60s: a control did not convert", converted);
}

static void read_values(struct reading *reading, struct companies_row *row)
{
    size_t measure = 0;

    if (row->company[0] == '\0')
        complain(reading, COMPANY, "nothing: expected whose figure it is");
    if (!read_month(&row->month, field(reading, DATE)))
        complain(reading, DATE, "%.60s: expected a month such as 2025-06, a day or a quarter",
                 field(reading, DATE));
    if (!decimal_parse(&row->ehs, field(reading, EHS)) || row->ehs <= 0.0 ||
        row->ehs > COMPANIES_EHS_MOST)
        complain(reading, EHS, "%.60s: expected EH/s, above 0 and up to %.0f", field(reading, EHS),
                 COMPANIES_EHS_MOST);
    while (measure < COMPANIES_MEASURES && strcmp(measures[measure], field(reading, MEASURE)) != 0)
        measure++;
    if (measure == COMPANIES_MEASURES)
        complain(reading, MEASURE, "%.60s: expected operating, energised, deployed or implied",
                 field(reading, MEASURE));
    else
        row->measure = (enum companies_measure)measure;
}

/* What does not agree with a row before. */
static void compare(struct reading *reading, const struct companies_row *row)
{
    for (size_t i = 0; i < reading->out->count; i++) {
        const struct companies_row *other = &reading->out->rows[i];

        if (strcmp(other->company, row->company) != 0)
            continue;
        if (other->converter != row->converter || other->converted != row->converted) {
            complain(reading, GROUP, "it is another one than in line %u", other->line);
            return;
        }
        if (other->month == row->month && other->measure == row->measure) {
            complain(reading, DATE, "line %u has a figure of that month", other->line);
            return;
        }
    }
}

static void count_companies(struct reading *reading)
{
    size_t companies = 0;

    for (size_t i = 0; i < reading->out->count; i++) {
        size_t j = 0;

        while (strcmp(reading->out->rows[j].company, reading->out->rows[i].company) != 0)
            j++;
        companies += j == i;
    }
    if (companies > COMPANIES_MAX)
        complain(reading, COMPANY, "there are %zu companies: expected at most %d", companies,
                 COMPANIES_MAX);
}

static void read_row(struct reading *reading)
{
    struct companies_row row = {.line = reading->record.line};
    size_t faults = reading->faults;

    if (reading->record.count != reading->width) {
        complain(reading, COLUMNS, "%zu fields: expected %zu, as in the first line",
                 reading->record.count, reading->width);
        return;
    }
    row.company = field(reading, COMPANY);
    row.source = field(reading, SOURCE);
    row.confidence = field(reading, CONFIDENCE);
    row.note = field(reading, NOTE);
    read_group(reading, &row);
    read_values(reading, &row);
    if (reading->faults == faults)
        compare(reading, &row);
    if (reading->faults == faults)
        reading->out->rows[reading->out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = CSV_END;

    while ((result = csv_next(&reading->csv, &reading->record, &why)) != CSV_END) {
        if (result == CSV_BAD) {
            complain(reading, COLUMNS, "%s", why);
        } else if (reading->out->count == COMPANIES_ROWS_MAX) {
            complain(reading, COLUMNS, "more than %d rows", COMPANIES_ROWS_MAX);
            return;
        } else {
            read_row(reading);
        }
    }
    count_companies(reading);
}

enum companies_result companies_parse(struct companies *out, char *text, size_t len,
                                      csv_fault_fn fault, void *context)
{
    struct reading reading = {
        .out = out, .fault = fault, .context = context, .record = {.line = 1}};

    *out = (struct companies){.text = text};
    out->rows = malloc(COMPANIES_ROWS_MAX * sizeof *out->rows);
    if (out->rows == NULL) {
        companies_free(out);
        return COMPANIES_NO_MEMORY;
    }
    if (len > COMPANIES_SIZE_MAX)
        complain(&reading, COLUMNS, "the file is longer than %zu bytes", COMPANIES_SIZE_MAX);
    else if (!csv_begin(&reading.csv, text, len, true))
        complain(&reading, COLUMNS, "this is not text: there are zero bytes in it");
    else if (read_header(&reading))
        read_rows(&reading);
    if (reading.faults == 0)
        return COMPANIES_READ;
    companies_free(out);
    return COMPANIES_REFUSED;
}

void companies_free(struct companies *table)
{
    free(table->text);
    free(table->rows);
    *table = (struct companies){.count = 0};
}
