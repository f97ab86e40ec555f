// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile: every header of every branch on disk, append-only, never trusted.
 *
 * (The format is described byte by byte in headerfile.c.) The file is one 80-byte file header, then 80-byte block headers in order of
 * arrival, so that record i is tree index i. What has been reported as durable survives power loss; on open all of it is verified again.
 */
#ifndef HASHTIDE_MONITOR_STORE_HEADERFILE_H
#define HASHTIDE_MONITOR_STORE_HEADERFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/accept.h"
#include "chain/context.h"
#include "chain/tree.h"
#include "monitor/store/io.h"

struct headerfile; /* opaque: file, tree and accept that belong together */

/** Where a new store begins. A genesis base has height 0. */
struct headerfile_base {
    uint32_t height;
    uint8_t raw[HEADER_SIZE];
    bool work_known;
    struct u256 chainwork; /* through the base; if !work_known the work is counted from the base */
};

struct headerfile_options {
    const struct io *io;       /* real, recording or failing */
    const char *path;          /* .../headers.dat */
    const struct params *params;
    const struct headerfile_base *base; /* for a store that does not exist yet; NULL: genesis */
    bool read_only;            /* a snapshot for export and status: never repairs, never locks, opens up to the last good header */
    bool must_exist;           /* do not create */
    int64_t now;               /* wall clock, seconds, names headers.bad-TIME */
};

/** What opening found. Messages are for one log line. */
struct headerfile_opened {
    bool created;
    uint32_t headers;      /* in the tree now */
    bool repaired;
    uint32_t set_aside;    /* whole or partial records moved to bad_path */
    uint32_t reattached;   /* of those, valid ones that are back */
    char bad_path[4096];
    char message[512];     /* why open failed, or what was repaired; empty if neither */
};

/** Opens or creates. NULL on failure with opened->message set (what happened and what to do). A file of another network, version or kind is refused unchanged. */
struct headerfile *headerfile_open(const struct headerfile_options *options, struct headerfile_opened *opened);
void headerfile_close(struct headerfile *file);

struct tree *headerfile_tree(struct headerfile *file);
struct headerfile_base headerfile_base(const struct headerfile *file);

enum headerfile_status {
    HEADERFILE_OK,
    HEADERFILE_FULL,    /* no space (ENOSPC, EDQUOT, EFBIG): nothing of the batch was kept */
    HEADERFILE_FAILED,  /* another I/O error: nothing of the batch was kept; message in headerfile_error() */
};

/**
 * Validates and appends a batch: accept_headers(), then one write. If the write fails, the tree is taken back to what is in the file, so that
 * tree and file never differ; result.fault is set, result.accepted is 0, and *status says why. The bytes are in the file but not yet durable: see headerfile_sync().
 */
struct accept_result headerfile_accept(struct headerfile *file, enum headerfile_status *status,
                                       const struct accept_options *options, const uint8_t *raw, size_t stride,
                                       size_t count);

/** Makes everything appended durable (fdatasync). Only what it has confirmed may be reported as stored. */
enum headerfile_status headerfile_sync(struct headerfile *file);
/** Number of headers confirmed durable. */
uint32_t headerfile_durable(const struct headerfile *file);
const char *headerfile_error(const struct headerfile *file);

/** Calls each() with consecutive records [first, first+count) in file order, read with large reads; false on I/O error or when each returns false. */
bool headerfile_scan(struct headerfile *file, uint32_t first, uint32_t count,
                     bool (*each)(void *context, uint32_t index, const uint8_t raw[HEADER_SIZE]), void *context);

#endif
