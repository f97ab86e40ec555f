// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_forks: branches that lost, each with its headers; and reorganisations as they were seen.
 */
#include "config.h"

#include "chain/reorg.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Hex digits of a header. */
#define RAW_HEX_SIZE ((size_t)2 * HEADER_SIZE)

/** A branch whose fork point lies in the range. */
struct branch {
    struct tree_tip tip;
    struct reorg way; /* from the branch's tip to the best one */
};

/** A reorganisation away from a tip. */
struct lost {
    struct hash256 tip;
    int64_t wall_ms;
};

struct lost_list {
    struct lost *items;
    size_t count;
};

static int by_fork(const void *a, const void *b)
{
    const struct branch *left = a;
    const struct branch *right = b;

    if (left->way.fork_height != right->way.fork_height)
        return left->way.fork_height > right->way.fork_height ? 1 : -1;
    return (left->tip.index > right->tip.index) - (left->tip.index < right->tip.index);
}

static bool note_lost(void *context, const struct observation_reorg *row)
{
    struct lost_list *list = context;

    list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = (struct lost){.tip = row->old_tip, .wall_ms = row->wall_ms};
    return true;
}

static bool fail_observations(struct export *export)
{
    snprintf(export->error, sizeof(export->error), "%s", observations_error(export->observations));
    return false;
}

/* Where no row tells of this tip, the arrival of the branch's first header does. */
static void write_seen(struct export *export, struct table *table, const struct branch *branch)
{
    const struct tree *tree = export->tree;
    uint32_t first = tree_ancestor(tree, branch->tip.index, branch->way.fork_height + 1);
    char peer[OBSERVATIONS_PEER_SIZE];
    struct hash256 hash;
    int64_t wall_ms;

    if (export->observations != NULL &&
        (observations_branch_seen(export->observations, &wall_ms, peer, sizeof(peer),
                                  &branch->tip.hash) ||
         (tree_hash(tree, &hash, first) &&
          observations_first_seen(export->observations, &wall_ms, peer, sizeof(peer), &hash)))) {
        table_time_ms(table, wall_ms);
        if (peer[0] != '\0')
            table_string(table, peer);
        else
            table_null(table);
        return;
    }
    table_null(table);
    table_null(table);
}

/* When the best chain was last seen to leave this tip. */
static void write_lost(struct table *table, const struct lost_list *list, const struct hash256 *tip)
{
    for (size_t i = list->count; i > 0; i--) {
        if (hash256_equal(&list->items[i - 1].tip, tip)) {
            table_time_ms(table, list->items[i - 1].wall_ms);
            return;
        }
    }
    table_null(table);
}

static void put_hex(char *out, const uint8_t raw[HEADER_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned i = 0; i < HEADER_SIZE; i++) {
        *out++ = digits[raw[i] >> 4];
        *out++ = digits[raw[i] & 15];
    }
}

/* The branch's headers above the fork, lowest first, a blank between two. */
static bool write_raw(struct export *export, struct table *table, const struct branch *branch)
{
    uint32_t count = branch->way.disconnected;
    size_t each = RAW_HEX_SIZE + 1;
    char *text = mem_zeroed(count, each);
    bool good = true;

    for (uint32_t i = 0; good && i < count; i++) {
        uint32_t index =
            tree_ancestor(export->tree, branch->tip.index, branch->way.fork_height + 1 + i);
        uint8_t raw[HEADER_SIZE];
        struct hash256 hash;

        good = export_read(export, raw, &hash, index);
        if (good) {
            put_hex(text + i * each, raw);
            text[i * each + RAW_HEX_SIZE] = ' ';
        }
    }
    if (good)
        table_word(table, text, count * each - 1);
    free(text);
    return good;
}

static bool write_branch(struct export *export, struct table *table, const struct lost_list *list,
                         const struct branch *branch)
{
    const struct tree *tree = export->tree;
    uint8_t raw[HEADER_SIZE];
    struct hash256 fork;
    char number[TABLE_NUMBER_SIZE];
    struct u256 behind = u256_sub(tree_chainwork(tree, tree_best(tree)), branch->tip.chainwork);

    if (!export_read(export, raw, &fork, branch->way.fork))
        return false;
    table_integer(table, branch->way.fork_height);
    table_hash(table, &fork);
    table_integer(table, branch->tip.height);
    table_hash(table, &branch->tip.hash);
    table_integer(table, branch->way.disconnected);
    table_time_s(table, tree_get(tree, branch->tip.index).time);
    table_number_text(number, u256_to_double(behind));
    table_number(table, number);
    write_seen(export, table, branch);
    write_lost(table, list, &branch->tip.hash);
    if (!write_raw(export, table, branch))
        return false;
    table_end_row(table);
    return !table_failed(table);
}

/* The losing branches of the range, lowest fork first. */
static struct branch *find_branches(const struct export *export, size_t *count)
{
    const struct tree *tree = export->tree;
    size_t tips = tree_tip_count(tree);
    struct branch *branches = mem_zeroed(tips, sizeof(*branches));

    *count = 0;
    for (size_t i = 0; i < tips; i++) {
        struct branch *branch = &branches[*count];

        branch->tip = tree_tip_get(tree, i);
        if (branch->tip.index == tree_best(tree))
            continue;
        branch->way = reorg_between(tree, branch->tip.index, tree_best(tree));
        if (branch->way.fork_height >= export->from && branch->way.fork_height <= export->to)
            ++*count;
    }
    if (*count > 0)
        qsort(branches, *count, sizeof(*branches), by_fork);
    return branches;
}

static bool write_forks(struct export *export, struct table *table, enum table_format format)
{
    struct lost_list list = {.items = NULL};
    struct branch *branches;
    size_t count;
    bool good = true;

    (void)format;
    if (export->empty)
        return true;
    if (export->observations != NULL &&
        !observations_each_reorg(export->observations, note_lost, &list))
        good = fail_observations(export);
    branches = find_branches(export, &count);
    for (size_t i = 0; good && i < count; i++)
        good = write_branch(export, table, &list, &branches[i]);
    free(branches);
    free(list.items);
    return good;
}

static const struct table_column fork_columns[] = {
    {"fork_height", TABLE_INTEGER, "Height of the last block in common with the best chain."},
    {"fork_hash", TABLE_STRING, "Its hash."},
    {"tip_height", TABLE_INTEGER, "Height of the branch's last block."},
    {"tip_hash", TABLE_STRING, "Its hash."},
    {"length", TABLE_INTEGER, "Blocks of the branch above the fork."},
    {"tip_time", TABLE_TIME, "Header time of the branch's last block."},
    {"work_behind", TABLE_NUMBER,
     "Work of the best chain less the branch's, in expected hashes, now."},
    {"first_seen", TABLE_TIME,
     "When the branch was first seen, by our clock; empty if that is not known (imported)."},
    {"first_peer", TABLE_STRING, "Who sent it first."},
    {"reorg_time", TABLE_TIME,
     "When the best chain left this branch's tip for another, by our clock; empty if this tip was "
     "never seen as the best."},
    {"headers", TABLE_STRING,
     "The branch's headers above the fork, lowest first: 160 hex digits each, blanks between."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_forks = {
    .name = "forks",
    .summary = "branches that lost, each with its headers",
    .columns = fork_columns,
    .write = write_forks,
};

/* ---- reorganisations ---- */

struct reorg_rows {
    const struct export *export;
    struct table *table;
};

static bool write_reorg(void *context, const struct observation_reorg *row)
{
    const struct reorg_rows *rows = context;
    struct table *table = rows->table;

    if (row->fork_height < rows->export->from || row->fork_height > rows->export->to)
        return true;
    table_time_ms(table, row->wall_ms);
    table_integer(table, row->fork_height);
    table_hash(table, &row->fork);
    table_hash(table, &row->old_tip);
    table_integer(table, row->disconnected);
    table_hash(table, &row->new_tip);
    table_integer(table, row->connected);
    table_boolean(table, row->live);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_reorgs(struct export *export, struct table *table, enum table_format format)
{
    struct reorg_rows rows = {.export = export, .table = table};

    (void)format;
    if (export->empty || export->observations == NULL ||
        observations_each_reorg(export->observations, write_reorg, &rows))
        return true;
    return table_failed(table) ? false : fail_observations(export);
}

static const struct table_column reorg_columns[] = {
    {"time", TABLE_TIME, "When the monitor saw it, by our clock."},
    {"fork_height", TABLE_INTEGER, "Height of the last block in common."},
    {"fork_hash", TABLE_STRING, "Its hash."},
    {"old_tip_hash", TABLE_STRING, "Tip that was left."},
    {"disconnected", TABLE_INTEGER, "Blocks that were the best chain and are not any more."},
    {"new_tip_hash", TABLE_STRING, "Tip that took its place."},
    {"connected", TABLE_INTEGER, "Blocks that came instead."},
    {"live", TABLE_BOOLEAN, "Whether the monitor was synced, and saw it as it happened."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_reorgs = {
    .name = "reorgs",
    .summary = "changes of the best chain as the monitor saw them",
    .columns = reorg_columns,
    .write = write_reorgs,
};
