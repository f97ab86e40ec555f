// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pools_table: blocks by epoch and pool, read and added up. See pools.h.
 */
#include "config.h"

#include "analysis/csv_table.h"
#include "analysis/decimal.h"
#include "analysis/pools.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const pools_us[] = {"Foundry", "MARA", "Marathon", "Luxor", NULL};

enum column { EPOCH, POOL, BLOCKS, COLUMNS };

static const char *const columns[COLUMNS] = {"epoch", "pool", "blocks"};

struct row {
    uint32_t epoch, blocks;
    unsigned line;
    const char *pool;
};

struct reading {
    struct csv_table table;
    struct row *rows;
    size_t count;
};

/* Of a row that was read before. */
static void complain(struct reading *reading, const struct row *row, enum column column,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

static void complain(struct reading *reading, const struct row *row, enum column column,
                     const char *format, ...)
{
    char reason[CSV_REASON_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    reading->table.record.line = row->line;
    csv_table_complain(&reading->table, column, "%s", reason);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* Names are compared as to ASCII letters' case alone, whatever the locale. */
static int compare_names(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

bool pools_in_set(const char *pool, const char *const *names)
{
    for (; *names != NULL; names++) {
        size_t len = 0;

        while ((*names)[len] != '\0' && lower((*names)[len]) == lower(pool[len]))
            len++;
        if (len > 0 && (*names)[len] == '\0' && !is_letter(pool[len]))
            return true;
    }
    return false;
}

static bool read_count(uint32_t *out, const char *text, uint32_t most)
{
    double value = 0.0;

    if (!decimal_parse(&value, text) || value < 0.0 || value > most || value != floor(value))
        return false;
    *out = (uint32_t)value;
    return true;
}

static void read_row(struct reading *reading)
{
    struct csv_table *table = &reading->table;
    const char *epoch = csv_table_field(table, EPOCH);
    const char *blocks = csv_table_field(table, BLOCKS);
    struct row row = {.line = table->record.line, .pool = csv_table_field(table, POOL)};
    size_t faults = table->faults;

    if (row.pool[0] == '\0')
        csv_table_complain(table, POOL, "nothing: expected a pool's name, or unknown");
    if (!read_count(&row.epoch, epoch, POOLS_EPOCH_MOST))
        csv_table_complain(table, EPOCH, "%.60s: expected a height divided by 2016", epoch);
    if (!read_count(&row.blocks, blocks, POOLS_EPOCH_BLOCKS))
        csv_table_complain(table, BLOCKS, "%.60s: expected a whole number from 0 to 2016", blocks);
    if (table->faults == faults)
        reading->rows[reading->count++] = row;
}

static void read_rows(struct reading *reading)
{
    while (csv_table_row(&reading->table, reading->count, POOLS_ROWS_MAX))
        read_row(reading);
    if (reading->count > 0 || reading->table.faults > 0)
        return;
    reading->table.record.line = 1;
    csv_table_complain(&reading->table, COLUMNS, "there is no row");
}

static int by_epoch(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    if (compare_names(a->pool, b->pool) != 0)
        return compare_names(a->pool, b->pool);
    return (a->line > b->line) - (a->line < b->line);
}

/* The rows are sorted; epochs has room for as many. */
static void add_up(struct reading *reading, struct pools *out, const char *const *names)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct row *row = &reading->rows[i];
        struct pools_epoch *epoch = NULL;

        if (i == 0 || row->epoch != row[-1].epoch)
            out->epochs[out->count++] = (struct pools_epoch){.epoch = row->epoch};
        else if (compare_names(row->pool, row[-1].pool) == 0)
            complain(reading, row, POOL, "%.60s: it stands in epoch %u before", row->pool,
                     (unsigned)row->epoch);
        epoch = &out->epochs[out->count - 1];
        epoch->all += row->blocks;
        if (pools_in_set(row->pool, names))
            epoch->set += row->blocks;
        if (epoch->all > POOLS_EPOCH_BLOCKS && epoch->all - row->blocks <= POOLS_EPOCH_BLOCKS)
            complain(reading, row, BLOCKS, "epoch %u has more than 2016 blocks",
                     (unsigned)row->epoch);
    }
}

enum pools_result pools_parse(struct pools *out, char *text, size_t len, const char *const *names,
                              csv_fault_fn fault, void *context)
{
    struct reading reading = {.table = {.columns = columns,
                                        .count = COLUMNS,
                                        .needed = (1U << COLUMNS) - 1,
                                        .fault = fault,
                                        .context = context}};

    *out = (struct pools){.count = 0};
    reading.rows = malloc(POOLS_ROWS_MAX * sizeof *reading.rows);
    out->epochs = malloc(POOLS_ROWS_MAX * sizeof *out->epochs);
    if (reading.rows == NULL || out->epochs == NULL) {
        free(reading.rows);
        pools_free(out);
        return POOLS_NO_MEMORY;
    }
    if (csv_table_begin(&reading.table, text, len, POOLS_SIZE_MAX))
        read_rows(&reading);
    if (reading.count > 0) {
        qsort(reading.rows, reading.count, sizeof *reading.rows, by_epoch);
        add_up(&reading, out, names);
    }
    free(reading.rows);
    if (reading.table.faults == 0)
        return POOLS_READ;
    pools_free(out);
    return POOLS_REFUSED;
}

void pools_free(struct pools *pools)
{
    free(pools->epochs);
    *pools = (struct pools){.count = 0};
}
