// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_hashrate: how much hash rate there was, at the end of each day or at each block: by
 * windows of blocks, by the nowcast as it was known then, and as it is known afterwards.
 *
 * Two walks through the chain: the first for what smoothing needs of all blocks to the tip (an
 * interval and a drift of each), the second for the rows.
 */
#include "config.h"

#include "analysis/interval.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define EPOCH PARAMS_RETARGET_BLOCKS
#define DAY_S 86400
/** Bitcoin Core's default for getnetworkhashps. */
#define CORE_BLOCKS 120

static const uint32_t window_blocks[] = {144, 504, 1008, 2016};
#define WINDOWS (sizeof(window_blocks) / sizeof(window_blocks[0]))

struct rows {
    struct export *export;
    struct table *table;
    struct engine *engine;
    uint32_t base, tip; /* heights of the store's first block and of its last */
    struct window_chain *chain;
    struct window_width widths[WINDOWS];
    /* Of the blocks after the first: */
    double *u;
    double *drift;
    struct interval_clock clock;
    double drift_now;
    struct nowcast_smoother *smoother;
};

static bool fail_memory(struct export *export)
{
    snprintf(export->error, sizeof(export->error), "out of memory");
    return false;
}

/* ---- the first walk ---- */

static bool take(void *context, const struct engine_block *block)
{
    struct rows *rows = context;
    uint32_t time = (uint32_t)(block->time_ms / 1000);
    double work_eh = interval_work_eh(block->bits);
    struct interval interval;

    /* It changes with the epoch; and the first block has no figures. */
    if (block->height % EPOCH == 0 || block->height == rows->base + 1)
        rows->drift_now = engine_hashrate(rows->engine, ENGINE_AT_TIP).drift;
    if (interval_next(&interval, &rows->clock, time, work_eh)) {
        rows->u[block->height - rows->base - 1] = interval.u;
        rows->drift[block->height - rows->base - 1] = rows->drift_now;
    }
    return window_chain_add(rows->chain, time, block->bits);
}

/* The filters of the nowcast, backwards from the tip. */
static bool prepare(struct rows *rows)
{
    struct nowcast_model model = nowcast_model(NOWCAST_BATCH_HEADERS);
    struct nowcast_series series = {.first_height = rows->base + 1,
                                    .count = rows->tip - rows->base};
    struct export_walk walk;
    bool good;

    rows->u = mem_zeroed(series.count + 1, sizeof(double));
    rows->drift = mem_zeroed(series.count + 1, sizeof(double));
    rows->chain = window_chain_new();
    for (size_t i = 0; i < WINDOWS; i++)
        rows->widths[i] = window_width(window_blocks[i]);
    good = export_walk_begin(&walk, rows->export);
    if (good) {
        rows->engine = walk.engine;
        good = rows->chain != NULL && export_walk_to(&walk, rows->tip, take, rows);
    }
    export_walk_end(&walk);
    if (!good)
        return false;
    series.u = rows->u;
    series.drift = rows->drift;
    rows->smoother = nowcast_smoother_new(&model, &series);
    return rows->smoother != NULL || fail_memory(rows->export);
}

/* ---- the second walk ---- */

static bool wanted(const struct rows *rows, uint32_t height)
{
    size_t i = height - rows->base;

    if (height < rows->export->from)
        return false;
    if (!rows->export->step.day)
        return height % rows->export->step.blocks == 0;
    return height == rows->tip || window_chain_latest(rows->chain, i) / DAY_S !=
                                      window_chain_latest(rows->chain, i + 1) / DAY_S;
}

static void write_windows(const struct rows *rows, size_t i)
{
    bool core = i >= CORE_BLOCKS || (rows->base == 0 && i > 0); /* it takes what there is */
    double core_ehs =
        core ? window_chain_core(rows->chain, i, i < CORE_BLOCKS ? (uint32_t)i : CORE_BLOCKS) : 0.0;

    for (size_t k = 0; k < WINDOWS; k++) {
        struct window_estimate estimate =
            window_chain_hashrate(rows->chain, i, rows->base, rows->widths[k]);

        export_figures(rows->table, estimate.status == WINDOW_OK, estimate.ehs, estimate.lo95,
                       estimate.hi95);
    }
    export_figure(rows->table, core, core_ehs);
}

static void write_nowcast(const struct rows *rows)
{
    struct engine_hashrate now = engine_hashrate(rows->engine, ENGINE_AT_TIP);
    bool known = now.status == ENGINE_OK;

    export_figures(rows->table, known, now.estimate.ehs, now.estimate.lo95, now.estimate.hi95);
    export_figure(rows->table, known, now.estimate.memory);
    if (known)
        table_boolean(rows->table, now.widened);
    else
        table_null(rows->table);
}

/* The store's first block ends no interval, and has no figure. */
static void write_smoothed(const struct rows *rows, size_t i)
{
    struct nowcast_estimate estimate = {.ehs = 0.0};

    if (i > 0)
        estimate = nowcast_smoothed(rows->smoother, engine_nowcast(rows->engine), i - 1);
    export_figures(rows->table, i > 0, estimate.ehs, estimate.lo95, estimate.hi95);
}

static bool write_row(void *context, const struct engine_block *block)
{
    struct rows *rows = context;
    size_t i = block->height - rows->base;

    if (!wanted(rows, block->height))
        return true;
    table_integer(rows->table, block->height);
    table_time_s(rows->table, block->time_ms / 1000);
    write_windows(rows, i);
    write_nowcast(rows);
    write_smoothed(rows, i);
    table_end_row(rows->table);
    return !table_failed(rows->table);
}

static bool write_rows(struct rows *rows)
{
    struct export_walk walk;
    bool good = export_walk_begin(&walk, rows->export);

    if (good) {
        rows->engine = walk.engine;
        good = export_walk_to(&walk, rows->export->to, write_row, rows);
    }
    export_walk_end(&walk);
    return good;
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};
    bool good;

    (void)format;
    if (export->empty)
        return true;
    rows.base = tree_base_height(export->tree);
    rows.tip = export_tip(export);
    good = prepare(&rows) && write_rows(&rows);
    nowcast_smoother_free(rows.smoother);
    window_chain_free(rows.chain);
    free(rows.drift);
    free(rows.u);
    return good;
}

#define WINDOW_RATE(blocks)                                                                        \
    "Hash rate over the last " blocks                                                              \
    " intervals, EH/s: (n-1) / sum of interval / work, which is unbiased if the hash rate stood "  \
    "still. Intervals are those of the running maximum of header times, begun with the block "     \
    "before the first of them. Empty where the store has fewer."
#define WINDOW_LIMIT(end) end " end of its 95 % interval, exact if the hash rate stood still."
#define LIMIT(end) end " end of its 95 % interval."

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block as of which the figures are."},
    {"time", TABLE_TIME,
     "Its header time. By days, a day's row is its last block: the last one before the running "
     "maximum of header times reaches the next UTC day; the last row is the tip, whatever the "
     "hour."},
    {"window_144_ehs", TABLE_NUMBER, WINDOW_RATE("144 (a day)")},
    {"window_144_lo95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Lower")},
    {"window_144_hi95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Upper")},
    {"window_504_ehs", TABLE_NUMBER, WINDOW_RATE("504")},
    {"window_504_lo95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Lower")},
    {"window_504_hi95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Upper")},
    {"window_1008_ehs", TABLE_NUMBER, WINDOW_RATE("1008 (a week)")},
    {"window_1008_lo95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Lower")},
    {"window_1008_hi95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Upper")},
    {"window_2016_ehs", TABLE_NUMBER, WINDOW_RATE("2016 (two weeks)")},
    {"window_2016_lo95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Lower")},
    {"window_2016_hi95_ehs", TABLE_NUMBER, WINDOW_LIMIT("Upper")},
    {"core_120_ehs", TABLE_NUMBER,
     "For comparison, what Bitcoin Core's getnetworkhashps says by default: work of 120 blocks "
     "over "
     "the span of their times. Biased upwards, and Core gives no interval (its standard error is "
     "some 9 %)."},
    {"nowcast_ehs", TABLE_NUMBER,
     "Hash rate at this block as it was known then: by a bank of filters with memories of 60 to "
     "8000 blocks, weighted by how well they had predicted."},
    {"nowcast_lo95_ehs", TABLE_NUMBER, LIMIT("Lower")},
    {"nowcast_hi95_ehs", TABLE_NUMBER, LIMIT("Upper")},
    {"nowcast_memory_blocks", TABLE_NUMBER, "Blocks that it rested on, effectively."},
    {"nowcast_widened", TABLE_BOOLEAN,
     "Whether an alarm of a fall or a rise was recent, and its doubt is in the interval."},
    {"smoothed_ehs", TABLE_NUMBER,
     "Hash rate at this block as it is known afterwards: from the blocks before it and after it, "
     "to "
     "the store's tip. Not known then; new blocks still change the last weeks' figures."},
    {"smoothed_lo95_ehs", TABLE_NUMBER, LIMIT("Lower")},
    {"smoothed_hi95_ehs", TABLE_NUMBER, LIMIT("Upper")},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_hashrate = {
    .name = "hashrate",
    .summary =
        "hash rate at the end of each day, or at each block, with 95 % intervals: windows of "
        "blocks, and as it was known then and is known afterwards.",
    .columns = columns,
    .steps = true,
    .write = write,
};
