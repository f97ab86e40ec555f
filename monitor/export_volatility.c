// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_volatility: how restless the hash rate was, net of luck, as it was known at the end of
 * each epoch.
 */
#include "config.h"

#include "monitor/export.h"

#define EPOCH PARAMS_RETARGET_BLOCKS
/** What is shown knows all blocks but those of the batch that is going on and of the one before. An
 *  epoch is known as complete once a batch of the next one is. */
#define ASKED_AT (2 * VOLATILITY_BATCH - 1)
/** A part that returns of less than this has no persistence to speak of. */
#define TRANSIENT_LEAST 1e-6

struct rows {
    struct export *export;
    struct table *table;
    struct engine *engine;
    uint32_t tip;
    uint32_t last; /* height of the last row */
};

static void write_moments(struct table *table, bool known, const struct volatility_moments *moments)
{
    export_figure(table, known, moments->change_sd);
    export_figure(table, known, moments->luck_sd);
    export_figure(table, known, moments->net_sd);
    export_figure(table, known, moments->correlation);
}

static void write_epochs(struct table *table, const struct engine_volatility *volatility)
{
    bool known = volatility->epoch_status == ENGINE_OK;
    const struct volatility_parts *parts = &volatility->reversing.parts;

    if (known)
        table_integer(table, volatility->epochs);
    else
        table_null(table);
    write_moments(table, known, &volatility->epoch);
    export_figure(table, known, parts->daily_sd);
    export_figure(table, known, parts->transient_sd);
    export_figure(table, known && parts->transient_sd >= TRANSIENT_LEAST, parts->persistence);
    export_figure(table, known, volatility->reversing.gain);
}

static void write_row(const struct rows *rows, const struct engine_volatility *volatility)
{
    bool known = volatility->status == ENGINE_OK;
    struct table *table = rows->table;

    table_integer(table, volatility->height);
    table_time_s(table, export_time(rows->export, volatility->height));
    if (known)
        table_integer(table, volatility->blocks);
    else
        table_null(table);
    export_figures(table, known, volatility->daily_sd, volatility->lo95, volatility->hi95);
    write_moments(table, known, &volatility->batch);
    export_figure(table, known, volatility->batch.daily_sd);
    write_epochs(table, volatility);
    table_end_row(table);
}

/* Asked once an epoch, at the first block after which an answer knows that the epoch is complete,
 * and at the tip. */
static bool take(void *context, const struct engine_block *block)
{
    struct rows *rows = context;
    struct engine_volatility volatility;

    if (block->height % EPOCH != ASKED_AT && block->height != rows->tip)
        return true;
    volatility = engine_volatility(rows->engine);
    /* 0: nothing is known yet. */
    if (volatility.height <= rows->last || volatility.height < rows->export->from ||
        volatility.height > rows->export->to)
        return true;
    rows->last = volatility.height;
    write_row(rows, &volatility);
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
    rows.tip = export_tip(export);
    good = export_walk_begin(&walk, export);
    if (good) {
        rows.engine = walk.engine;
        /* Answers lag behind the block at which they are asked for. */
        good = export_walk_to(&walk, rows.tip, take, &rows);
    }
    export_walk_end(&walk);
    return good;
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER,
     "Height of the last block that went in: the 36th of each epoch, when the one before has been "
     "found complete; in the last row, 36 to 71 blocks below the tip."},
    {"time", TABLE_TIME, "Its header time."},
    {"blocks", TABLE_INTEGER,
     "Blocks that the figures up to moments_daily_sd rest on: a year, or what there is, in batches "
     "of 36. They are empty where there are fewer than 12 batches."},
    {"daily_sd", TABLE_NUMBER,
     "Volatility net of luck: standard deviation of a day's change of the log hash rate, taken for "
     "a "
     "random walk; by maximum likelihood, in which luck's share is exactly known. 0.01: 1 % a "
     "day."},
    {"daily_sd_lo95", TABLE_NUMBER,
     "Lower end of its 95 % interval (log likelihood 1.92 below the maximum); 0: nothing speaks "
     "against none at all."},
    {"daily_sd_hi95", TABLE_NUMBER,
     "Upper end; 0.2, where the likelihood's curve ends, if there is none below."},
    {"change_sd", TABLE_NUMBER,
     "The naive figure: standard deviation of the change of the log rate from one batch of 36 "
     "blocks "
     "to the next. Most of it is luck."},
    {"luck_sd", TABLE_NUMBER, "What luck alone would give it."},
    {"net_sd", TABLE_NUMBER, "What remains: root of the difference of the squares; 0 if negative."},
    {"correlation", TABLE_NUMBER,
     "Of one change with the next: -0.5 where all of it is luck, or returns."},
    {"moments_daily_sd", TABLE_NUMBER,
     "The daily standard deviation again, by moments: variance of changes and twice their "
     "covariance, "
     "in which luck cancels. Cruder than daily_sd; 0 if negative."},
    {"epochs", TABLE_INTEGER,
     "Complete epochs of 2016 blocks that the columns after this rest on: two years' at most, "
     "those before the store from the built-in table. Empty, as they are, where there are fewer "
     "than 12."},
    {"epoch_change_sd", TABLE_NUMBER, "Standard deviation of the change from epoch to epoch."},
    {"epoch_luck_sd", TABLE_NUMBER, "What luck alone would give it."},
    {"epoch_net_sd", TABLE_NUMBER, "What remains, 0 if negative."},
    {"epoch_correlation", TABLE_NUMBER,
     "Of one change with the next: negative where changes are undone."},
    {"walk_daily_sd", TABLE_NUMBER,
     "Daily volatility of the part that stays, by epochs, beside a part that returns."},
    {"transient_sd", TABLE_NUMBER,
     "Standard deviation of the part that returns: an autoregression from epoch to epoch."},
    {"transient_persistence", TABLE_NUMBER,
     "What is left of it an epoch later, 0 to 1; empty where it is nothing."},
    {"transient_gain", TABLE_NUMBER,
     "Twice the gain in log likelihood by the part that returns: above about 5 it is favoured."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_volatility = {
    .name = "volatility",
    .summary = "how restless the hash rate was, net of luck, as it was known at the end of each "
               "epoch and is at the tip",
    .columns = columns,
    .write = write,
};
