// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger: see ledger.h: the table, and how versions follow each other.
 */
#include "config.h"

#include "analysis/ledger.h"

#include "analysis/csv.h"
#include "analysis/ledger_internal.h"

#include <stdlib.h>
#include <string.h>

/** A file is of use only with these columns; others may be missing, and are empty then. */
static const enum ledger_column wanted[] = {
    LEDGER_ID,   LEDGER_RECORDED, LEDGER_COMPANY,      LEDGER_SITE,
    LEDGER_KIND, LEDGER_STATUS,   LEDGER_MINED_BEFORE, LEDGER_CONFIDENCE,
};

/** A ledger while it is read. */
struct reading {
    struct ledger *out;
    struct ledger_judge judge;
    struct csv csv;
    struct csv_record record;
    size_t places[LEDGER_COLUMNS];
    size_t width; /* fields of the first line */
    size_t room;  /* of rows */
};

/* ---- the first line ---- */

static void find_columns(struct reading *reading)
{
    const struct csv_record *record = &reading->record;

    reading->width = record->count;
    for (int column = 0; column < LEDGER_COLUMNS; column++)
        reading->places[column] = csv_find(record, ledger_column_name((enum ledger_column)column));
    for (size_t i = 0; i < record->count; i++) {
        enum ledger_column column = ledger_column_find(record->fields[i]);

        if (column == LEDGER_COLUMNS)
            ledger_doubt(&reading->judge, LEDGER_COLUMNS,
                         "there is no column %.60s: it is passed over", record->fields[i]);
        else if (reading->places[column] != i)
            ledger_complain(&reading->judge, LEDGER_COLUMNS, "the column %s is there twice",
                            record->fields[i]);
    }
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (reading->places[wanted[i]] == CSV_NOWHERE)
            ledger_complain(&reading->judge, LEDGER_COLUMNS, "there is no column %s",
                            ledger_column_name(wanted[i]));
    }
}

static bool read_header(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = csv_next(&reading->csv, &reading->record, &why);

    reading->judge.line = reading->record.line;
    if (result == CSV_RECORD)
        find_columns(reading);
    else
        ledger_complain(&reading->judge, LEDGER_COLUMNS, "%s",
                        result == CSV_BAD ? why
                                          : "nothing: expected a line with the columns' names");
    return reading->judge.faults == 0;
}

/* ---- rows ---- */

static bool make_room(struct reading *reading)
{
    struct ledger *out = reading->out;
    size_t room = 2 * reading->room + 64;
    struct ledger_row *rows = NULL;

    if (out->count < reading->room)
        return true;
    rows = realloc(out->rows, room * sizeof *rows);
    if (rows == NULL)
        return false;
    out->rows = rows;
    reading->room = room;
    return true;
}

static bool add_row(struct reading *reading)
{
    const struct csv_record *record = &reading->record;
    size_t faults = reading->judge.faults;
    struct ledger_row row = {.line = record->line, .next = LEDGER_NOWHERE};

    if (record->count != reading->width) {
        ledger_complain(&reading->judge, LEDGER_COLUMNS,
                        "%zu fields: expected %zu, as in the first line", record->count,
                        reading->width);
        return true;
    }
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        size_t place = reading->places[column];

        row.fields[column] = place != CSV_NOWHERE ? record->fields[place] : "";
    }
    ledger_read_row(&row, &reading->judge);
    if (reading->judge.faults > faults)
        return true;
    if (!make_room(reading))
        return false;
    reading->out->rows[reading->out->count++] = row;
    return true;
}

/* False when memory is short. */
static bool read_rows(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = CSV_END;

    while ((result = csv_next(&reading->csv, &reading->record, &why)) != CSV_END) {
        reading->judge.line = reading->record.line;
        if (result == CSV_BAD) {
            ledger_complain(&reading->judge, LEDGER_COLUMNS, "%s", why);
        } else if (reading->out->count == LEDGER_ROWS_MAX) {
            ledger_complain(&reading->judge, LEDGER_COLUMNS, "more than %d rows", LEDGER_ROWS_MAX);
            return true;
        } else if (!add_row(reading)) {
            return false;
        }
    }
    return true;
}

/* ---- versions ---- */

/* A row and where it stands: what is sorted. */
struct place {
    const struct ledger_row *row;
    size_t at;
};

static int compare_at(const struct place *a, const struct place *b)
{
    return (a->at > b->at) - (a->at < b->at);
}

static int compare_versions(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    int order = strcmp(x->row->fields[LEDGER_ID], y->row->fields[LEDGER_ID]);

    if (order == 0)
        order = (x->row->recorded > y->row->recorded) - (x->row->recorded < y->row->recorded);
    return order != 0 ? order : compare_at(x, y);
}

static int compare_names(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    int order = ledger_compare_names(x->row->fields[LEDGER_SITE], y->row->fields[LEDGER_SITE]);

    if (order == 0)
        order =
            ledger_compare_names(x->row->fields[LEDGER_COMPANY], y->row->fields[LEDGER_COMPANY]);
    return order != 0 ? order : compare_at(x, y);
}

/* The rows' places in an order; NULL when memory is short. */
static size_t *sorted(const struct ledger *ledger, int (*compare)(const void *, const void *))
{
    struct place *places = malloc((ledger->count + 1) * sizeof *places);
    size_t *out = malloc((ledger->count + 1) * sizeof *out);

    for (size_t i = 0; places != NULL && i < ledger->count; i++)
        places[i] = (struct place){&ledger->rows[i], i};
    if (places != NULL && ledger->count > 0)
        qsort(places, ledger->count, sizeof *places, compare);
    for (size_t i = 0; out != NULL && places != NULL && i < ledger->count; i++)
        out[i] = places[i].at;
    if (places == NULL) {
        free(out);
        out = NULL;
    }
    free(places);
    return out;
}

static bool same_rows(const struct ledger_row *a, const struct ledger_row *b)
{
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        if (strcmp(a->fields[column], b->fields[column]) != 0)
            return false;
    }
    return true;
}

/* Of two versions of an id, one follows the other. */
static void follow(struct reading *reading, size_t first, size_t second)
{
    struct ledger_row *rows = reading->out->rows;

    rows[first].next = second;
    reading->judge.line =
        rows[first].line > rows[second].line ? rows[first].line : rows[second].line;
    if (same_rows(&rows[first], &rows[second]))
        ledger_doubt(&reading->judge, LEDGER_COLUMNS, "the same row as in line %u",
                     rows[first].line < rows[second].line ? rows[first].line : rows[second].line);
    else if (rows[first].line > rows[second].line)
        ledger_doubt(&reading->judge, LEDGER_RECORDED,
                     "%s: line %u has a later version of %s, and stands before this one",
                     rows[first].fields[LEDGER_RECORDED], rows[second].line,
                     rows[first].fields[LEDGER_ID]);
}

static bool order_rows(struct reading *reading)
{
    struct ledger *out = reading->out;

    out->by_id = sorted(out, compare_versions);
    out->by_name = sorted(out, compare_names);
    if (out->by_id == NULL || out->by_name == NULL)
        return false;
    for (size_t i = 1; i < out->count; i++) {
        const struct ledger_row *row = &out->rows[out->by_id[i]];
        const struct ledger_row *before = &out->rows[out->by_id[i - 1]];

        if (strcmp(row->fields[LEDGER_ID], before->fields[LEDGER_ID]) == 0)
            follow(reading, out->by_id[i - 1], out->by_id[i]);
    }
    return true;
}

/* ---- the whole ---- */

enum ledger_result ledger_parse(struct ledger *out, char *text, size_t len, csv_fault_fn fault,
                                void *context)
{
    struct reading reading = {.out = out, .judge = {.fault = fault, .context = context, .line = 1}};
    enum ledger_result result = LEDGER_READ;

    *out = (struct ledger){.text = text};
    if (len > LEDGER_SIZE_MAX)
        ledger_complain(&reading.judge, LEDGER_COLUMNS, "the file is longer than %zu bytes",
                        LEDGER_SIZE_MAX);
    else if (!csv_begin(&reading.csv, text, len, true))
        ledger_complain(&reading.judge, LEDGER_COLUMNS,
                        "this is not text: there are zero bytes in it");
    if (reading.judge.faults > 0 || !read_header(&reading))
        result = LEDGER_NO_TABLE;
    else if (!read_rows(&reading) || !order_rows(&reading))
        result = LEDGER_NO_MEMORY;
    out->faults = reading.judge.faults;
    if (result != LEDGER_READ)
        ledger_free(out);
    return result;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger->text);
    free(ledger->rows);
    free(ledger->by_id);
    free(ledger->by_name);
    *ledger = (struct ledger){.count = 0};
}
