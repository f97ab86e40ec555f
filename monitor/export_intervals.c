// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_intervals: the time before each block, by what blocks are stamped and by when they reached
 * us, and how it compares with what was to be expected. The two clocks never meet in one interval.
 */
#include "config.h"

#include "analysis/interval.h"
#include "chain/compact.h"
#include "monitor/export.h"

#include <math.h>
#include <stdio.h>

struct rows {
    struct export *export;
    struct table *table;
    struct engine *engine;
    struct interval_clock clock;
    struct engine_block previous;
    struct engine_hashrate before; /* the nowcast before this block */
    bool begun;                    /* previous and before are there */
    uint32_t bits;                 /* that work is of */
    double work_eh;
    char work[TABLE_NUMBER_SIZE];
};

/* Beside what was expected: the interval in units of its mean, and the chance of one as long. */
static void write_surprise(const struct rows *rows, bool known, double seconds)
{
    struct nowcast_estimate estimate = rows->before.estimate;

    known = known && rows->begun && rows->before.status == ENGINE_OK;
    if (known && seconds < INTERVAL_FLOOR_S)
        seconds = INTERVAL_FLOOR_S;
    export_figure(rows->table, known, seconds / rows->work_eh * estimate.ehs);
    export_figure(rows->table, known,
                  known ? interval_silence_p(nowcast_belief(&estimate), seconds, rows->work_eh)
                        : 0.0);
}

static void write_by_headers(const struct rows *rows, const struct engine_block *block, bool known,
                             int64_t seconds)
{
    struct table *table = rows->table;
    double dt_s = fmax((double)seconds, INTERVAL_FLOOR_S);

    if (rows->begun)
        table_integer(table, (block->time_ms - rows->previous.time_ms) / 1000);
    else
        table_null(table);
    if (known)
        table_integer(table, seconds);
    else
        table_null(table);
    table_number(table, rows->work);
    export_figure(table, known, dt_s / rows->work_eh);
    export_figure(table, rows->begun && rows->before.status == ENGINE_OK,
                  rows->work_eh / rows->before.estimate.ehs);
    write_surprise(rows, known, dt_s);
}

static void write_by_arrivals(const struct rows *rows, const struct engine_block *block)
{
    bool arrived = block->arrival_ms != ENGINE_NO_ARRIVAL;
    bool known = arrived && rows->begun && rows->previous.arrival_ms != ENGINE_NO_ARRIVAL;
    int64_t elapsed_ms = known ? block->arrival_ms - rows->previous.arrival_ms : 0;
    char text[TABLE_NUMBER_SIZE];

    if (arrived)
        table_time_ms(rows->table, block->arrival_ms);
    else
        table_null(rows->table);
    if (known) {
        table_number_text(text, (double)elapsed_ms / 1000.0);
        table_number(rows->table, text);
    } else {
        table_null(rows->table);
    }
    /* A child that was announced before its parent says nothing of its own interval. */
    write_surprise(rows, known && elapsed_ms >= 0, (double)elapsed_ms / 1000.0);
}

static void write_row(struct rows *rows, const struct engine_block *block, bool known,
                      int64_t seconds)
{
    table_integer(rows->table, block->height);
    table_time_s(rows->table, block->time_ms / 1000);
    write_by_headers(rows, block, known, seconds);
    write_by_arrivals(rows, block);
    table_end_row(rows->table);
}

static bool take(void *context, const struct engine_block *block)
{
    struct rows *rows = context;
    double latest_s = rows->clock.latest_s;
    struct interval interval;
    bool known;

    if (!rows->begun || block->bits != rows->bits) {
        rows->bits = block->bits;
        rows->work_eh = interval_work_eh(block->bits);
        table_number_text(rows->work, compact_expected_hashes(block->bits));
    }
    known = interval_next(&interval, &rows->clock, (double)(block->time_ms / 1000), rows->work_eh);
    if (block->height >= rows->export->from)
        write_row(rows, block, known, (int64_t)(rows->clock.latest_s - latest_s));
    rows->previous = *block;
    rows->begun = true;
    /* The next row wants it. */
    if (block->height + 1 >= rows->export->from)
        rows->before = engine_hashrate(rows->engine, ENGINE_AT_TIP);
    return !table_failed(rows->table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};
    struct export_walk walk;
    bool good;

    (void)format;
    if (export->empty)
        return true;
    good = export_walk_begin(&walk, export);
    if (good) {
        rows.engine = walk.engine;
        good = export_walk_to(&walk, export->to, take, &rows);
    }
    export_walk_end(&walk);
    return good;
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block that ends the interval."},
    {"time", TABLE_TIME, "Its header time."},
    {"stamp_difference_s", TABLE_INTEGER,
     "Header time less the parent's: negative where a block is stamped before its parent. Empty "
     "for "
     "the store's first block."},
    {"interval_s", TABLE_INTEGER,
     "Interval by header times: growth of the largest header time so far (running maximum, from "
     "the "
     "store's first block on). 0 where the block does not raise it. Empty for the first block."},
    {"work", TABLE_NUMBER, "Hashes expected to find the block: 2^256 / (target + 1)."},
    {"u_s_per_eh", TABLE_NUMBER,
     "Interval over work, seconds per exahash: exponential with the hash rate as its rate, "
     "whatever "
     "the difficulty. An interval of 0 counts as 0.0006 s."},
    {"expected_s", TABLE_NUMBER,
     "Mean interval to be expected: work over the nowcast (see hashrate) as it was known before "
     "the block."},
    {"normalised", TABLE_NUMBER,
     "Interval over what was expected: exponential with mean 1, but for the noise of header "
     "times."},
    {"chance", TABLE_NUMBER,
     "Probability, before the block, of an interval at least as long, with the nowcast's doubt: "
     "evenly spread over 0 to 1, but for the noise of header times."},
    {"arrival", TABLE_TIME,
     "When the first peer announced the block, by our clock; empty if it was not announced while "
     "the monitor was synced."},
    {"arrival_interval_s", TABLE_NUMBER,
     "Arrival less the parent's arrival; empty where either is not known. Never a header time less "
     "an arrival."},
    {"arrival_normalised", TABLE_NUMBER,
     "The same over what was expected; empty where the block was announced before its parent."},
    {"arrival_chance", TABLE_NUMBER, "Its chance, as above."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_intervals = {
    .name = "intervals",
    .summary = "the time before each block, by header times and by arrivals, beside what was to be "
               "expected",
    .columns = columns,
    .write = write,
};
