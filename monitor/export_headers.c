// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_headers: the best chain as it is: every field of every header, or the bare 80 bytes; and
 * the reading that other datasets use too.
 */
#include "config.h"

#include "chain/sha256.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>

/** Headers read and hashed at once. */
#define BATCH 1024u

/** Room for a batch. */
struct batch {
    uint32_t index[BATCH];
    struct hash256 hashes[BATCH];
    uint8_t raw[BATCH * HEADER_SIZE];
};

static bool fail_reading(struct export *export)
{
    snprintf(export->error, sizeof(export->error), "%s", headerfile_error(export->file));
    return false;
}

/* Fills the batch with the headers of heights first .. first + count - 1. Neighbours in the chain
 * are mostly neighbours in the file. */
static bool read_batch(struct export *export, struct batch *batch, uint32_t first, uint32_t count)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < count; i++)
        batch->index[i] = tree_best_at(export->tree, first + i);
    while (start < count) {
        uint32_t end = start + 1;

        while (end < count && batch->index[end] == batch->index[end - 1] + 1)
            end++;
        if (!headerfile_read(export->file, batch->raw + (size_t)start * HEADER_SIZE,
                             batch->index[start], end - start))
            return fail_reading(export);
        start = end;
    }
    sha256d_headers(batch->hashes, batch->raw, HEADER_SIZE, count);
    return true;
}

bool export_each_header(struct export *export, uint32_t from, uint32_t to,
                        bool (*each)(void *context, const struct export_header *header),
                        void *context)
{
    struct batch *batch = mem_zeroed(1, sizeof(*batch));
    uint64_t next = from;
    bool good = true;

    while (good && next <= to) {
        uint32_t count = to - next + 1 < BATCH ? (uint32_t)(to - next + 1) : BATCH;

        good = read_batch(export, batch, (uint32_t)next, count);
        for (uint32_t i = 0; good && i < count; i++) {
            struct export_header header = {.height = (uint32_t)next + i,
                                           .index = batch->index[i],
                                           .raw = batch->raw + (size_t)i * HEADER_SIZE,
                                           .hash = batch->hashes[i]};

            good = each(context, &header);
        }
        next += count;
    }
    free(batch);
    return good;
}

bool export_read(struct export *export, uint8_t raw[HEADER_SIZE], struct hash256 *hash,
                 uint32_t index)
{
    if (!headerfile_read(export->file, raw, index, 1))
        return fail_reading(export);
    header_hash(hash, raw);
    return true;
}

static bool write_row(void *context, const struct export_header *at)
{
    struct table *table = context;
    struct header header;

    header_decode(&header, at->raw);
    table_integer(table, at->height);
    table_hash(table, &at->hash);
    table_integer(table, header.version);
    table_hash(table, &header.prev);
    table_hash(table, &header.merkle_root);
    table_time_s(table, header.time);
    table_bits(table, header.bits);
    table_integer(table, header.nonce);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_raw(void *context, const struct export_header *at)
{
    struct table *table = context;

    table_bytes(table, at->raw, HEADER_SIZE);
    return !table_failed(table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    if (export->empty)
        return true;
    return export_each_header(export, export->from, export->to,
                              format == TABLE_RAW ? write_raw : write_row, table);
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block; genesis is 0."},
    {"hash", TABLE_STRING, "Block hash, hex as people read it."},
    {"version", TABLE_INTEGER, "Version, a signed 32-bit number."},
    {"prev_hash", TABLE_STRING, "Hash of the block before."},
    {"merkle_root", TABLE_STRING, "Root of the block's transactions."},
    {"time", TABLE_TIME, "The header's own time: what the miner stamped."},
    {"bits", TABLE_STRING, "Compact target (nBits), 8 hex digits."},
    {"nonce", TABLE_INTEGER, "Nonce."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_headers = {
    .name = "headers",
    .summary = "every field of the best chain's headers; with --format=raw the 80 bytes",
    .columns = columns,
    .raw = true,
    .write = write,
};
