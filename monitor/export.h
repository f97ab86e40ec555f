// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export: what cmd_export and the datasets share. One file per dataset, export_NAME.c.
 */
#ifndef HASHTIDE_MONITOR_EXPORT_H
#define HASHTIDE_MONITOR_EXPORT_H

#include "chain/params.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/observations.h"
#include "monitor/table.h"

#include <stdbool.h>
#include <stdint.h>

/** A snapshot of the store and the range that is wanted of it. */
struct export
{
    const struct params *params;
    struct headerfile *file;
    struct tree *tree;
    struct observations *observations; /* NULL: nothing was ever observed */
    uint32_t from, to; /* heights, both wanted; clipped to the best chain, but see below */
    uint32_t from_wanted, to_wanted; /* as asked for: epochs knows more than the store */
    bool empty;                      /* nothing lies in the range */
    char error[512];                 /* why a dataset failed, if not because of the table */
};

struct export_dataset {
    const char *name;
    const char *summary;
    const struct table_column *columns;
    bool raw; /* can be written as bare 80-byte headers */
    /** Writes the rows. False with error set, or when the table failed. */
    bool (*write)(struct export *export, struct table *table, enum table_format format);
};

extern const struct export_dataset export_headers, export_blocks, export_epochs, export_fingerprint,
    export_forks, export_reorgs;

/** One header of the best chain. */
struct export_header {
    uint32_t height;
    uint32_t index;
    const uint8_t *raw;
    struct hash256 hash;
};
/** Calls each for the best chain's headers in [from, to], in order, reading and hashing many at a
 * time. False when each says so or reading fails (error is set). */
bool export_each_header(struct export *export, uint32_t from, uint32_t to,
                        bool (*each)(void *context, const struct export_header *header),
                        void *context);

/** Reads a header and its hash; false with error set. */
bool export_read(struct export *export, uint8_t raw[HEADER_SIZE], struct hash256 *hash,
                 uint32_t index);

#endif
