// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_forecasts: what was forecast of each retarget at certain points of its epoch, beside what
 * others' rules say and what came.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/export.h"

#define EPOCH PARAMS_RETARGET_BLOCKS
/** Blocks from which on mempool.space's rule looks at the epoch alone. */
#define MEMPOOL_BLOCKS 503

struct rows {
    struct export *export;
    struct table *table;
    struct engine *engine;
};

/* Its rule looks back to before the epoch early on. */
static bool mempool_known(const struct rows *rows, const struct engine_scored *forecast)
{
    return forecast->done >= MEMPOOL_BLOCKS ||
           forecast->epoch - engine_first(rows->engine) >= MEMPOOL_BLOCKS - forecast->done;
}

static bool write_row(const struct rows *rows, const struct engine_scored *forecast, bool came)
{
    uint32_t height = forecast->epoch + forecast->done;
    struct table *table = rows->table;

    if (height < rows->export->from || height > rows->export->to)
        return true;
    table_integer(table, height);
    table_time_s(table, export_time(rows->export, height));
    table_integer(table, forecast->epoch / EPOCH);
    table_integer(table, forecast->done);
    export_figures(table, true, forecast->ratio, forecast->lo95, forecast->hi95);
    export_figure(table, true, forecast->linear);
    export_figure(table, mempool_known(rows, forecast), forecast->mempool);
    export_figure(table, came, forecast->actual);
    export_figure(table, came, forecast->crps);
    if (came)
        table_boolean(table, forecast->covered);
    else
        table_null(table);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_rows(const struct rows *rows)
{
    size_t scored = engine_scored_count(rows->engine);
    struct engine_scored forecast;

    for (size_t i = 0; i < scored; i++)
        for (size_t k = 0; k < ENGINE_MILESTONES; k++) {
            if (engine_scored(&forecast, rows->engine, i, k) && !write_row(rows, &forecast, true))
                return false;
        }
    for (size_t k = 0; k < ENGINE_MILESTONES; k++)
        if (engine_noted(&forecast, rows->engine, k) && !write_row(rows, &forecast, false))
            return false;
    return true;
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};
    struct export_walk walk;
    bool good;

    (void)format;
    if (export->params->no_retarget) {
        command_error("note: difficulty never changes on %s: there is nothing to forecast",
                      export->params->name);
        return true;
    }
    if (export->empty)
        return true;
    good = export_walk_begin(&walk, export);
    if (good) {
        rows.engine = walk.engine;
        good = export_walk_to(&walk, export_tip(export), NULL, NULL) && write_rows(&rows);
    }
    export_walk_end(&walk);
    return good;
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block at which the forecast was made."},
    {"time", TABLE_TIME, "Its header time."},
    {"epoch", TABLE_INTEGER, "Number of the epoch whose end is forecast."},
    {"done_blocks", TABLE_INTEGER, "Blocks since the epoch's first: 0 to 2015."},
    {"ratio", TABLE_NUMBER,
     "Forecast of the new difficulty over the old: median. Only what was known at that block went "
     "in."},
    {"ratio_lo95", TABLE_NUMBER, "Lower end of its 95 % interval."},
    {"ratio_hi95", TABLE_NUMBER, "Upper end."},
    {"linear_ratio", TABLE_NUMBER,
     "For comparison: if the epoch's pace so far went on. 1 at its first block."},
    {"mempool_ratio", TABLE_NUMBER,
     "For comparison: by the rule of mempool.space, which takes the last 504 blocks "
     "early on. Empty where the store has fewer."},
    {"actual_ratio", TABLE_NUMBER, "What came. Empty, as all that follows, while the epoch runs."},
    {"crps", TABLE_NUMBER,
     "Continuous ranked probability score of the whole distribution: in units of the ratio, 0 is "
     "perfect; of a forecast without an interval it is the error."},
    {"covered", TABLE_BOOLEAN, "Whether what came lay in the 95 % interval."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_forecasts = {
    .name = "forecasts",
    .summary =
        "forecasts of each retarget at 0, 144, 288, 504, 1008, 1512 and 1872 blocks into its "
        "epoch, and what came; only of epochs that the store has from their first block on",
    .columns = columns,
    .write = write,
};
