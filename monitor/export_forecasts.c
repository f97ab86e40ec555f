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
    uint32_t running;                                  /* first height of the running epoch */
    size_t kept;                                       /* of the running epoch's forecasts ... */
    struct engine_scored forecasts[ENGINE_MILESTONES]; /* ... those that have been made */
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

/* What is forecast in the running epoch, while it is followed. */
static bool note(void *context, const struct engine_block *block)
{
    struct rows *rows = context;
    struct engine_forecast forecast;

    if (block->height < rows->running)
        return true;
    for (size_t i = 0; i < ENGINE_MILESTONES; i++)
        if (block->height - rows->running == engine_milestones[i]) {
            forecast = engine_forecast(rows->engine, ENGINE_AT_TIP);
            if (forecast.status == ENGINE_OK)
                rows->forecasts[rows->kept++] = (struct engine_scored){
                    .epoch = rows->running,
                    .done = forecast.done,
                    .ratio = forecast.ratio,
                    .lo95 = forecast.ratio_lo95,
                    .hi95 = forecast.ratio_hi95,
                    .linear = forecast.linear,
                    .mempool = forecast.mempool,
                };
        }
    return true;
}

static bool write_rows(const struct rows *rows)
{
    size_t scored = engine_scored_count(rows->engine);

    for (size_t i = 0; i < scored; i++)
        for (size_t k = 0; k < ENGINE_MILESTONES; k++) {
            struct engine_scored forecast;

            if (engine_scored(&forecast, rows->engine, i, k) && !write_row(rows, &forecast, true))
                return false;
        }
    for (size_t k = 0; k < rows->kept; k++)
        if (!write_row(rows, &rows->forecasts[k], false))
            return false;
    return true;
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};
    struct export_walk walk;
    uint32_t tip;
    bool good;

    (void)format;
    if (export->params->no_retarget) {
        command_error("note: difficulty never changes on %s: there is nothing to forecast",
                      export->params->name);
        return true;
    }
    if (export->empty)
        return true;
    tip = export_tip(export);
    /* The tip that ends an epoch has settled it. */
    rows.running = tip - tip % EPOCH;
    good = export_walk_begin(&walk, export);
    if (good) {
        rows.engine = walk.engine;
        good = export_walk_to(&walk, tip, note, &rows) && write_rows(&rows);
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
