// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_blocks: the best chain block by block, with what follows from the headers before it and
 * with when the block was first announced to us. Times of arrival exist only for what was announced
 * while the monitor was synced.
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/context.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** An arrival, found in the tree. */
struct arrival {
    uint32_t height;
    int64_t wall_ms;
    enum observations_how how;
    char *peer;
};

struct rows {
    struct export *export;
    struct table *table;
    struct context context; /* of the last row written */
    bool context_known;
    uint32_t bits; /* that difficulty and work are of */
    char difficulty[TABLE_NUMBER_SIZE];
    char work[TABLE_NUMBER_SIZE];
    struct arrival *arrivals; /* by height */
    size_t arrival_count;
    size_t arrival_capacity;
    size_t arrival_next;
};

static bool note_arrival(void *context, const struct observation_first *row)
{
    struct rows *rows = context;
    const struct tree *tree = rows->export->tree;
    uint32_t index = tree_find(tree, &row->hash, NULL);
    uint32_t height;

    if (index == TREE_NONE || !tree_on_best(tree, index))
        return true;
    height = tree_get(tree, index).height;
    if (height < rows->export->from || height > rows->export->to)
        return true;
    if (rows->arrival_count == rows->arrival_capacity) {
        rows->arrival_capacity = rows->arrival_capacity * 2 + 64;
        rows->arrivals =
            mem_resize(rows->arrivals, rows->arrival_capacity, sizeof(*rows->arrivals));
    }
    rows->arrivals[rows->arrival_count++] = (struct arrival){
        .height = height, .wall_ms = row->wall_ms, .how = row->how, .peer = mem_text(row->peer)};
    return true;
}

static int by_height(const void *a, const void *b)
{
    const struct arrival *left = a;
    const struct arrival *right = b;

    return (left->height > right->height) - (left->height < right->height);
}

static bool load_arrivals(struct rows *rows)
{
    struct export *export = rows->export;

    if (export->observations == NULL)
        return true;
    if (!observations_each_first(export->observations, note_arrival, rows)) {
        snprintf(export->error, sizeof(export->error), "%s",
                 observations_error(export->observations));
        return false;
    }
    if (rows->arrival_count > 0)
        qsort(rows->arrivals, rows->arrival_count, sizeof(*rows->arrivals), by_height);
    return true;
}

static void free_arrivals(struct rows *rows)
{
    for (size_t i = 0; i < rows->arrival_count; i++)
        free(rows->arrivals[i].peer);
    free(rows->arrivals);
}

/* first_seen, first_peer, how. */
static void write_arrival(struct rows *rows, uint32_t height)
{
    struct table *table = rows->table;

    if (rows->arrival_next < rows->arrival_count &&
        rows->arrivals[rows->arrival_next].height == height) {
        const struct arrival *arrival = &rows->arrivals[rows->arrival_next++];
        const char *how = observations_how_name(arrival->how);

        table_time_ms(table, arrival->wall_ms);
        table_string(table, arrival->peer);
        table_word(table, how, strlen(how));
        return;
    }
    table_null(table);
    table_null(table);
    table_word(table, "fetched", strlen("fetched"));
}

/* Moves the context to this header. False when the source fails. */
static bool move_on(struct rows *rows, const struct header *header, const struct export_header *at)
{
    if (rows->context_known) {
        context_advance(&rows->context, rows->export->params, header, &at->hash);
        return true;
    }
    rows->context_known = tree_context(rows->export->tree, &rows->context, at->index);
    if (!rows->context_known)
        snprintf(rows->export->error, sizeof(rows->export->error), "%s",
                 headerfile_error(rows->export->file));
    return rows->context_known;
}

static void describe_bits(struct rows *rows, uint32_t bits)
{
    if (bits == rows->bits)
        return;
    rows->bits = bits;
    table_number_text(rows->difficulty, compact_difficulty(bits));
    table_number_text(rows->work, compact_expected_hashes(bits));
}

/* Seconds since the parent's header, where there is one. */
static void write_interval(struct rows *rows, uint32_t index, uint32_t time)
{
    struct tree_node node = tree_get(rows->export->tree, index);

    if (node.parent == TREE_NONE)
        table_null(rows->table);
    else
        table_integer(rows->table, (int64_t)time - tree_get(rows->export->tree, node.parent).time);
}

static bool write_row(void *context, const struct export_header *at)
{
    struct rows *rows = context;
    struct table *table = rows->table;
    struct header header;
    uint32_t median;

    header_decode(&header, at->raw);
    if (!move_on(rows, &header, at))
        return false;
    describe_bits(rows, header.bits);
    table_integer(table, at->height);
    table_hash(table, &at->hash);
    table_time_s(table, header.time);
    if (context_median_time(&median, &rows->context))
        table_time_s(table, median);
    else
        table_null(table);
    write_interval(rows, at->index, header.time);
    table_integer(table, header.version);
    table_bits(table, header.bits);
    table_integer(table, header.nonce);
    table_number(table, rows->difficulty);
    table_number(table, rows->work);
    if (headerfile_base(rows->export->file).work_known)
        table_u256(table, rows->context.chainwork);
    else
        table_null(table);
    write_arrival(rows, at->height);
    table_end_row(table);
    return !table_failed(table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};
    bool good;

    (void)format;
    if (export->empty)
        return true;
    good = load_arrivals(&rows) &&
           export_each_header(export, export->from, export->to, write_row, &rows);
    free_arrivals(&rows);
    return good;
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block; genesis is 0."},
    {"hash", TABLE_STRING, "Block hash, hex as people read it."},
    {"time", TABLE_TIME, "The header's own time: what the miner stamped."},
    {"median_time", TABLE_TIME,
     "Median of this header's time and the ten before it; empty for the first ten headers of a "
     "store "
     "that does not begin at genesis."},
    {"interval_s", TABLE_INTEGER,
     "Header time less the parent's, in seconds; can be negative. Empty for the first header."},
    {"version", TABLE_INTEGER, "Version, a signed 32-bit number."},
    {"bits", TABLE_STRING, "Compact target (nBits), 8 hex digits."},
    {"nonce", TABLE_INTEGER, "Nonce."},
    {"difficulty", TABLE_NUMBER, "Target of difficulty 1 (0x1d00ffff) divided by the target."},
    {"work", TABLE_NUMBER, "Hashes expected to find the block: 2^256 / (target + 1)."},
    {"chainwork", TABLE_STRING,
     "Sum of the work through this block, 64 hex digits; empty where the work before the store's "
     "first header is not known."},
    {"first_seen", TABLE_TIME,
     "When the first peer announced the block, by our clock, with milliseconds; empty if it was "
     "not "
     "announced while the monitor was synced."},
    {"first_peer", TABLE_STRING, "Who announced it first."},
    {"how", TABLE_STRING,
     "headers or inv: how it was announced; fetched: it came with others on request."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_blocks = {
    .name = "blocks",
    .summary = "the best chain block by block: times, work, first announcement",
    .columns = columns,
    .write = write,
};
