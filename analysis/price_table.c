// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * price_table: see price_table.h.
 */
#include "config.h"

#include "analysis/price_table.h"

#include "analysis/csv.h"
#include "analysis/day.h"
#include "analysis/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Points for which the first allocation has room. */
#define POINTS_FIRST 1024

struct reader {
    struct price_table *out;
    struct price_table_fault *fault;
    struct csv csv;
    struct csv_record record;
    size_t date, price, basis; /* columns */
    size_t room;               /* points */
};

/* Always false. text: what is wrong. */
static bool complain(struct reader *reader, const char *text)
{
    reader->fault->line = reader->record.line;
    snprintf(reader->fault->text, sizeof reader->fault->text, "%s", text);
    return false;
}

static const char *field(const struct reader *reader, size_t column)
{
    return column < reader->record.count ? reader->record.fields[column] : "";
}

static bool find_columns(struct reader *reader)
{
    const char *why = NULL;

    switch (csv_next(&reader->csv, &reader->record, &why)) {
    case CSV_BAD:
        return complain(reader, why);
    case CSV_END:
        return complain(reader, "the table is empty");
    case CSV_RECORD:
        break;
    }
    reader->date = csv_find(&reader->record, "date");
    reader->price = csv_find(&reader->record, "price_usd");
    reader->basis = csv_find(&reader->record, "basis");
    if (reader->date == CSV_NOWHERE || reader->price == CSV_NOWHERE)
        return complain(reader, "expected the columns date and price_usd");
    return true;
}

static bool append(struct reader *reader, const struct price_point *point)
{
    struct price_table *out = reader->out;
    struct price_point *more = NULL;

    if (out->count > 0 && out->points[out->count - 1].time >= point->time)
        return complain(reader, "date: expected one after the row's before it");
    if (out->count == reader->room) {
        reader->room = reader->room == 0 ? POINTS_FIRST : 2 * reader->room;
        more = realloc(out->points, reader->room * sizeof *more);
        if (more == NULL)
            return complain(reader, "out of memory");
        out->points = more;
    }
    out->points[out->count++] = *point;
    return true;
}

/* A number with more decimals than a double holds: what is too much is cut off. */
static bool parse_price(double *out, const char *text)
{
    char digits[DECIMAL_DIGITS_MAX + 2];
    const char *point = strchr(text, '.');

    if (strlen(text) < sizeof digits || point == NULL || point >= text + sizeof digits - 1 ||
        point[1 + strspn(point + 1, "0123456789")] != '\0')
        return decimal_parse(out, text);
    memcpy(digits, text, sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    if (digits[sizeof digits - 2] == '.')
        digits[sizeof digits - 2] = '\0';
    return decimal_parse(out, digits);
}

static bool read_row(struct reader *reader)
{
    const char *basis = field(reader, reader->basis);
    struct price_point point = {.reconstructed = strcmp(basis, "reconstructed") == 0};
    struct day day = {0};

    if (!day_parse_exact(&day, field(reader, reader->date)))
        return complain(reader, "date: expected YYYY-MM-DD");
    if (field(reader, reader->price)[0] == '\0') {
        reader->out->empty++;
        return true;
    }
    if (!parse_price(&point.usd, field(reader, reader->price)) ||
        !(point.usd >= PRICE_LEAST_USD && point.usd <= PRICE_MOST_USD))
        return complain(reader, "price_usd: expected a number from 0.001 to 1000000000");
    if (basis[0] != '\0' && strcmp(basis, "quoted") != 0 && !point.reconstructed)
        return complain(reader, "basis: expected quoted or reconstructed");
    point.time = (int64_t)day.first * DAY_S;
    return append(reader, &point);
}

static bool read_rows(struct reader *reader)
{
    const char *why = NULL;

    for (;;) {
        switch (csv_next(&reader->csv, &reader->record, &why)) {
        case CSV_END:
            reader->record.line = 0;
            return reader->out->count > 0 || complain(reader, "there is no price in it");
        case CSV_BAD:
            return complain(reader, why);
        case CSV_RECORD:
            if (!read_row(reader))
                return false;
        }
    }
}

bool price_table_read(struct price_table *out, struct price_table_fault *fault, const char *text,
                      size_t len)
{
    struct reader reader = {.out = out, .fault = fault};
    char *copy = NULL;
    bool good = false;

    *out = (struct price_table){0};
    *fault = (struct price_table_fault){0};
    if (len > PRICE_TABLE_SIZE_MAX)
        return complain(&reader, "it is larger than 4 MiB");
    copy = malloc(len + 1);
    if (copy == NULL)
        return complain(&reader, "out of memory");
    memcpy(copy, text, len);
    copy[len] = '\0';
    good = csv_begin(&reader.csv, copy, len, true)
               ? find_columns(&reader) && read_rows(&reader)
               : complain(&reader, "there is a NUL in it: it is no text");
    free(copy);
    if (!good)
        price_table_free(out);
    return good;
}

void price_table_free(struct price_table *table)
{
    free(table->points);
    *table = (struct price_table){0};
}
