// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export: what cmd_export and the datasets share. One file per dataset, export_NAME.c.
 */
#ifndef HASHTIDE_MONITOR_EXPORT_H
#define HASHTIDE_MONITOR_EXPORT_H

#include "analysis/engine.h"
#include "chain/params.h"
#include "monitor/replay.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/observations.h"
#include "monitor/table.h"

#include <stdbool.h>
#include <stdint.h>

/** Which blocks a dataset has rows of, where it leaves a choice. */
struct export_step {
    bool day;        /* the last of each UTC day, and the tip */
    uint32_t blocks; /* else heights that this divides; >= 1 */
};

/** A snapshot of the store and the range that is wanted of it. Where a dataset can do without a
 *  store there may be none: file and tree are NULL, and only the wanted range holds. */
struct export
{
    const struct params *params;
    const struct settings *settings;
    struct headerfile *file;
    struct tree *tree;
    struct observations *observations; /* NULL: nothing was ever observed */
    uint32_t from, to; /* heights, both wanted; clipped to the best chain, but see below */
    uint32_t from_wanted, to_wanted; /* as asked for: epochs knows more than the store */
    bool empty;                      /* nothing lies in the range */
    struct export_step step;
    struct engine_options options;
    char error[512]; /* why a dataset failed, if not because of the table */
};

/** What a dataset is made from. */
enum export_store {
    EXPORT_STORE_NEEDED, /* the store's blocks */
    EXPORT_STORE_EPOCHS, /* epochs: those of a store, and of the main network the built-in ones */
    EXPORT_STORE_MAIN,   /* the main network's epochs, and tables; nothing of another network's */
    EXPORT_STORE_UNUSED, /* something else */
};

struct export_dataset {
    const char *name;
    const char *summary;
    const struct table_column *columns;
    bool raw;   /* can be written as bare 80-byte headers */
    bool steps; /* there is a choice of blocks */
    bool whole; /* its rows are of no block: there is no range of them */
    enum export_store store;
    /** Writes the rows. False with error set, or when the table failed. */
    bool (*write)(struct export *export, struct table *table, enum table_format format);
};

extern const struct export_dataset export_headers, export_blocks, export_epochs, export_fingerprint,
    export_forks, export_reorgs, export_hashrate, export_intervals, export_volatility,
    export_changes, export_forecasts, export_alarms, export_hashprice, export_incentive,
    export_market, export_departure, export_ai_sites;

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

/** Height of the best chain's tip, and header time of its block at a height. */
uint32_t export_tip(const struct export *export);
uint32_t export_time(const struct export *export, uint32_t height);

/**
 * An engine and the blocks to feed it. What figures say of a block rests on all blocks of the store
 * before it, wherever the range begins.
 */
struct export_walk {
    struct export *export;
    struct engine *engine;
    struct replay_arrivals arrivals;
};

/** An engine without blocks, and all arrivals. False with error set. To be ended in any case. */
bool export_walk_begin(struct export_walk *walk, struct export *export);
/** Connects blocks to height `to`, calling each (may be NULL) after every one; each returns false
 *  when the table has failed. False then, or with error set. */
bool export_walk_to(struct export_walk *walk, uint32_t to, replay_each_fn each, void *context);
void export_walk_end(struct export_walk *walk);

/** Figures: the value, then its limits; null where known is false. */
void export_figure(struct table *table, bool known, double value);
void export_figures(struct table *table, bool known, double value, double low, double high);
/** A number that is no estimate, with all its digits; null where it is not known. */
void export_number(struct table *table, bool known, double value);

#endif
