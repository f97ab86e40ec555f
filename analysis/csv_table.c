// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * csv_table: see csv_table.h.
 */
#include "config.h"

#include "analysis/csv_table.h"

#include <stdarg.h>
#include <stdio.h>

bool csv_table_complain(struct csv_table *table, size_t column, const char *format, ...)
{
    struct csv_fault fault = {.line = table->record.line,
                              .column = column < table->count ? table->columns[column] : ""};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fault.reason, sizeof fault.reason, format, arguments);
    va_end(arguments);
    table->faults++;
    if (table->fault != NULL)
        table->fault(table->context, &fault);
    return false;
}

const char *csv_table_field(const struct csv_table *table, size_t column)
{
    size_t place = table->places[column];

    return place != CSV_NOWHERE ? table->record.fields[place] : "";
}

static bool read_header(struct csv_table *table)
{
    const char *why = NULL;
    enum csv_result result = csv_next(&table->csv, &table->record, &why);

    if (result != CSV_RECORD)
        return csv_table_complain(
            table, table->count, "%s",
            result == CSV_BAD ? why : "nothing: expected a line with the columns' names");
    table->width = table->record.count;
    for (size_t column = 0; column < table->count; column++) {
        table->places[column] = csv_find(&table->record, table->columns[column]);
        if (table->places[column] == CSV_NOWHERE && (table->needed >> column & 1) != 0)
            csv_table_complain(table, table->count, "there is no column %s",
                               table->columns[column]);
    }
    return table->faults == 0;
}

bool csv_table_begin(struct csv_table *table, char *text, size_t len, size_t most)
{
    table->record.line = 1;
    if (len > most)
        return csv_table_complain(table, table->count, "the file is longer than %zu bytes", most);
    if (!csv_begin(&table->csv, text, len, true))
        return csv_table_complain(table, table->count,
                                  "this is not text: there are zero bytes in it");
    return read_header(table);
}

bool csv_table_next(struct csv_table *table)
{
    const char *why = NULL;
    enum csv_result result;

    while ((result = csv_next(&table->csv, &table->record, &why)) == CSV_BAD)
        csv_table_complain(table, table->count, "%s", why);
    return result == CSV_RECORD;
}

bool csv_table_fits(struct csv_table *table)
{
    return table->record.count == table->width ||
           csv_table_complain(table, table->count, "%zu fields: expected %zu, as in the first line",
                              table->record.count, table->width);
}

bool csv_table_row(struct csv_table *table, size_t count, size_t most)
{
    while (csv_table_next(table)) {
        if (count == most)
            return csv_table_complain(table, table->count, "more than %zu rows", most);
        if (csv_table_fits(table))
            return true;
    }
    return false;
}
