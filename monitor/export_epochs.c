// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_epochs: one row for each 2016 blocks. Epochs that lie before the store's first header come
 * from the built-in table (main network), so that a store with a short start still has the whole
 * history. Where there is no store the table is all there is.
 */
#include "config.h"

#include "analysis/window.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH PARAMS_RETARGET_BLOCKS

struct row {
    uint32_t first_height;
    uint32_t blocks; /* whose headers are there, from the first on */
    uint32_t first_time, last_time;
    bool last_known;
    uint32_t bits;
    struct hash256 hash; /* of the first block */
    bool work_known;
    struct u256 chainwork; /* through the first block */
    struct window_estimate rate;
    int64_t duration_s; /* -1 unknown */
    const char *source;
};

static bool write_row(struct table *table, const struct row *row)
{
    bool rate = row->rate.status == WINDOW_OK;

    table_integer(table, row->first_height / EPOCH);
    table_integer(table, row->first_height);
    table_integer(table, row->blocks);
    table_hash(table, &row->hash);
    table_time_s(table, row->first_time);
    if (row->last_known)
        table_time_s(table, row->last_time);
    else
        table_null(table);
    table_bits(table, row->bits);
    export_number(table, true, compact_difficulty(row->bits));
    if (row->duration_s >= 0)
        table_integer(table, row->duration_s);
    else
        table_null(table);
    export_number(table, rate, row->rate.ehs);
    export_number(table, rate, row->rate.lo95);
    export_number(table, rate, row->rate.hi95);
    if (row->work_known)
        table_u256(table, row->chainwork);
    else
        table_null(table);
    table_word(table, row->source, strlen(row->source));
    table_end_row(table);
    return !table_failed(table);
}

/* An epoch of the table; the next one's first block ends it. */
static bool write_table_row(struct table *table, size_t i, uint32_t next_time)
{
    struct epoch_row epoch = epochs_get(i);
    double work = compact_expected_hashes(epoch.bits);
    struct window_sample *samples = mem_zeroed(EPOCH + 1, sizeof(*samples));
    double span = (double)next_time - (double)epoch.time;
    struct row row = {
        .first_height = epoch.height,
        .blocks = next_time > 0 ? EPOCH : 1,
        .first_time = epoch.time,
        .bits = epoch.bits,
        .hash = epoch.hash,
        .work_known = true,
        .chainwork = epoch.chainwork,
        .duration_s = next_time > epoch.time ? (int64_t)next_time - epoch.time : -1,
        .source = "table",
    };
    bool good;

    /* Only the sum of the intervals counts: they may as well be equal. */
    for (uint32_t k = 0; k <= EPOCH; k++)
        samples[k] = (struct window_sample){.time = span * k / EPOCH, .work = work};
    row.rate = window_hashrate(samples, EPOCH + 1, epoch.height + EPOCH, EPOCH);
    good = write_row(table, &row);
    free(samples);
    return good;
}

/* An epoch of the store. */
static bool write_store_row(struct export *export, struct table *table, uint32_t first,
                            uint32_t last)
{
    struct window_sample *samples = mem_zeroed(EPOCH, sizeof(*samples));
    uint32_t count = last - first + 1;
    uint32_t index = tree_best_at(export->tree, first);
    struct tree_node node = tree_get(export->tree, index);
    double work = compact_expected_hashes(node.bits);
    uint32_t bits = node.bits;
    struct row row = {
        .first_height = first,
        .blocks = count,
        .first_time = node.time,
        .last_known = true,
        .bits = node.bits,
        .work_known = headerfile_base(export->file).work_known,
        .chainwork = tree_chainwork(export->tree, index),
        .duration_s = -1,
        .source = "store",
    };
    uint8_t raw[HEADER_SIZE];
    bool good;

    for (uint32_t i = 0; i < count; i++) {
        node = tree_get(export->tree, tree_best_at(export->tree, first + i));
        if (node.bits != bits) { /* minimum-difficulty blocks of the test networks */
            bits = node.bits;
            work = compact_expected_hashes(bits);
        }
        samples[i] = (struct window_sample){.time = node.time, .work = work};
    }
    row.last_time = node.time;
    if (count == EPOCH && row.last_time > row.first_time)
        row.duration_s = (int64_t)row.last_time - row.first_time;
    row.rate = window_hashrate(samples, count, last, EPOCH - 1);
    free(samples);
    good = export_read(export, raw, &row.hash, index);
    return good && write_row(table, &row);
}

/* The table's epochs from the one that holds height from up to before the one that begins at end.
 */
static bool write_table_part(struct export *export, struct table *table, uint32_t from,
                             uint32_t end)
{
    const struct tree *tree = export->tree;

    if (export->params->network != NETWORK_MAIN)
        return true;
    for (size_t i = from / EPOCH; i < end / EPOCH && i < epochs_count(); i++) {
        uint32_t next_time = 0; /* unknown of the table's last, unless the store begins there */

        if (tree != NULL && i + 1 == tree_base_height(tree) / EPOCH)
            next_time = tree_get(tree, 0).time;
        else if (i + 1 < epochs_count())
            next_time = epochs_get(i + 1).time;
        if (!write_table_row(table, i, next_time))
            return false;
    }
    return true;
}

/* What lies below a height and is wanted. */
static bool write_below(struct export *export, struct table *table, uint32_t height)
{
    uint32_t to = export->to_wanted < height ? export->to_wanted : height - 1;

    return height == 0 || export->from_wanted > to ||
           write_table_part(export, table, export->from_wanted, (to / EPOCH + 1) * EPOCH);
}

static bool write_store_part(struct export *export, struct table *table)
{
    uint32_t tip = export_tip(export);
    uint64_t first;

    for (first = export->from - export->from % EPOCH; first <= export->to; first += EPOCH) {
        uint32_t last = first + EPOCH - 1 < tip ? (uint32_t)first + EPOCH - 1 : tip;

        if (!write_store_row(export, table, (uint32_t)first, last))
            return false;
    }
    return true;
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    (void)format;
    if (export->tree == NULL && export->params->network != NETWORK_MAIN) {
        snprintf(
            export->error, sizeof(export->error),
            "there is no store of %s, and no table is built in: fill one by 'hashtide sync' or "
            "'hashtide import'",
            export->params->name);
        return false;
    }
    if (export->tree == NULL)
        return write_below(export, table, (uint32_t)epochs_count() * EPOCH);
    return write_below(export, table, tree_base_height(export->tree)) &&
           (export->empty || write_store_part(export, table));
}

static const struct table_column columns[] = {
    {"epoch", TABLE_INTEGER, "Number of the epoch: height of its first block divided by 2016."},
    {"first_height", TABLE_INTEGER, "Height of its first block."},
    {"blocks", TABLE_INTEGER,
     "How many of its 2016 blocks there are; of the built-in table's last epoch one is known."},
    {"first_hash", TABLE_STRING, "Hash of its first block."},
    {"first_time", TABLE_TIME, "Header time of its first block."},
    {"last_time", TABLE_TIME,
     "Header time of its last block so far; empty for rows of the built-in table."},
    {"bits", TABLE_STRING, "Compact target (nBits) of its first block, 8 hex digits."},
    {"difficulty", TABLE_NUMBER, "Target of difficulty 1 (0x1d00ffff) divided by the target."},
    {"duration_s", TABLE_INTEGER,
     "Seconds from its first block to its last (source store: 2015 intervals, as the retarget "
     "counts) or to the next epoch's first (source table: 2016). Empty while it is not complete."},
    {"hashrate_ehs", TABLE_NUMBER,
     "Mean hash rate in EH/s: (n - 1) / sum of interval / work over the n intervals, unbiased; "
     "header times replaced by their running maximum."},
    {"hashrate_lo95_ehs", TABLE_NUMBER,
     "Lower end of its exact 95 % interval, given a constant hash rate."},
    {"hashrate_hi95_ehs", TABLE_NUMBER, "Upper end of the same interval."},
    {"chainwork", TABLE_STRING,
     "Sum of the work through its first block, 64 hex digits; empty if not known."},
    {"source", TABLE_STRING,
     "store: from verified headers; table: from the built-in table, for epochs before the store's "
     "first header."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_epochs = {
    .name = "epochs",
    .summary = "one row for each 2016 blocks: difficulty, time, hash rate",
    .columns = columns,
    .store = EXPORT_STORE_EPOCHS,
    .write = write,
};
