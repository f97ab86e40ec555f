// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies: the table. See companies.h; companies_ask.c has the rules, companies_fit.c the model.
 */
#include "config.h"

#include "analysis/companies.h"

#include "analysis/csv_table.h"
#include "analysis/day.h"
#include "analysis/decimal.h"

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

/** Columns that there have to be. */
#define NEEDED ((UINT64_C(1) << (MEASURE + 1)) - 1)

struct reading {
    struct companies *out;
    struct csv_table table;
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
    const char *group = csv_table_field(&reading->table, GROUP);
    const char *converted = csv_table_field(&reading->table, CONVERTED_FROM);

    row->converter = strcmp(group, "converter") == 0;
    if (!row->converter && strcmp(group, "control") != 0)
        csv_table_complain(&reading->table, GROUP, "%.60s: expected converter or control", group);
    else if (row->converter && !read_month(&row->converted, converted))
        csv_table_complain(
            &reading->table, CONVERTED_FROM,
            "%.60s: expected the month from which on mining gave way, such as 2024-11", converted);
    else if (!row->converter && converted[0] != '\0')
        csv_table_complain(&reading->table, CONVERTED_FROM, "%.60s: a control did not convert",
                           converted);
}

static void read_values(struct reading *reading, struct companies_row *row)
{
    size_t measure = 0;

    if (row->company[0] == '\0')
        csv_table_complain(&reading->table, COMPANY, "nothing: expected whose figure it is");
    if (!read_month(&row->month, csv_table_field(&reading->table, DATE)))
        csv_table_complain(&reading->table, DATE,
                           "%.60s: expected a month such as 2025-06, a day or a quarter",
                           csv_table_field(&reading->table, DATE));
    if (!decimal_parse(&row->ehs, csv_table_field(&reading->table, EHS)) || row->ehs <= 0.0 ||
        row->ehs > COMPANIES_EHS_MOST)
        csv_table_complain(&reading->table, EHS, "%.60s: expected EH/s, above 0 and up to %.0f",
                           csv_table_field(&reading->table, EHS), COMPANIES_EHS_MOST);
    while (measure < COMPANIES_MEASURES &&
           strcmp(measures[measure], csv_table_field(&reading->table, MEASURE)) != 0)
        measure++;
    if (measure == COMPANIES_MEASURES)
        csv_table_complain(&reading->table, MEASURE,
                           "%.60s: expected operating, energised, deployed or implied",
                           csv_table_field(&reading->table, MEASURE));
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
            csv_table_complain(&reading->table, GROUP, "it is another one than in line %u",
                               other->line);
            return;
        }
        if (other->month == row->month && other->measure == row->measure) {
            csv_table_complain(&reading->table, DATE, "line %u has a figure of that month",
                               other->line);
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
        csv_table_complain(&reading->table, COMPANY, "there are %zu companies: expected at most %d",
                           companies, COMPANIES_MAX);
}

static void read_row(struct reading *reading)
{
    struct companies_row row = {.line = reading->table.record.line};
    size_t faults = reading->table.faults;

    row.company = csv_table_field(&reading->table, COMPANY);
    row.source = csv_table_field(&reading->table, SOURCE);
    row.confidence = csv_table_field(&reading->table, CONFIDENCE);
    row.note = csv_table_field(&reading->table, NOTE);
    read_group(reading, &row);
    read_values(reading, &row);
    if (reading->table.faults == faults)
        compare(reading, &row);
    if (reading->table.faults == faults)
        reading->out->rows[reading->out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    while (csv_table_row(&reading->table, reading->out->count, COMPANIES_ROWS_MAX))
        read_row(reading);
    count_companies(reading);
}

enum companies_result companies_parse(struct companies *out, char *text, size_t len,
                                      csv_fault_fn fault, void *context)
{
    struct reading reading = {.out = out,
                              .table = {.columns = columns,
                                        .count = COLUMNS,
                                        .needed = NEEDED,
                                        .fault = fault,
                                        .context = context}};

    *out = (struct companies){.text = text};
    out->rows = malloc(COMPANIES_ROWS_MAX * sizeof *out->rows);
    if (out->rows == NULL) {
        companies_free(out);
        return COMPANIES_NO_MEMORY;
    }
    if (csv_table_begin(&reading.table, text, len, COMPANIES_SIZE_MAX))
        read_rows(&reading);
    if (reading.table.faults == 0)
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
