// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile: every header of every branch on disk, append-only, never trusted.
 *
 * The file is one 80-byte file header, then 80-byte block headers in order of arrival, so that
 * record i is tree index i (byte by byte in headerfile_format.c). What has been reported as durable
 * survives a loss of power; on open all of it is verified again. One process writes (datadir.h has
 * the lock), any number may read beside it.
 */
#ifndef HASHTIDE_MONITOR_STORE_HEADERFILE_H
#define HASHTIDE_MONITOR_STORE_HEADERFILE_H

#include "chain/accept.h"
#include "chain/context.h"
#include "chain/tree.h"
#include "monitor/store/io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct headerfile; /* opaque: file, tree and accept that belong together */

/** Where a new store begins. A genesis base has height 0. */
struct headerfile_base {
    uint32_t height; /* a multiple of 2016 */
    uint8_t raw[HEADER_SIZE];
    bool work_known;
    struct u256 chainwork; /* through the base; if !work_known its own, and work counts from it */
};

struct headerfile_options {
    const struct io *io; /* real, recording or failing */
    const char *path;    /* .../headers.dat */
    const struct params *params;
    /** For a store that does not exist yet (NULL or height 0: genesis). One that exists keeps its
     * own. */
    const struct headerfile_base *base;
    bool read_only;  /* a snapshot for export and status: opens up to the last good header, repairs
                        nothing */
    bool must_exist; /* do not create */
    uint32_t expected; /* a hint of how many headers there will be; 0 unknown */
    int64_t now;       /* wall clock, seconds; names headers.bad-TIME */
};

/** What opening found. */
struct headerfile_opened {
    bool created;
    uint32_t headers;    /* in the tree now */
    bool repaired;       /* message says what was done, for one log line */
    uint32_t set_aside;  /* whole or partial records copied to bad_path */
    uint32_t reattached; /* of those, valid ones that are back */
    char bad_path[4096]; /* empty if none */
    char message[8704];  /* why open failed, or what was repaired; else empty */
};

/**
 * Opens or creates. NULL on failure with opened->message set (what happened and what to do). A file
 * of another network, version or kind is refused unchanged. Bad records, and all that comes after
 * them, are copied to headers.bad-TIME beside the file; what still validates is put back. All that
 * is in the tree afterwards is durable (but not in a read-only snapshot, whose records are the
 * writer's affair).
 */
struct headerfile *headerfile_open(const struct headerfile_options *options,
                                   struct headerfile_opened *opened);
/** NULL is allowed. Does not sync, unless a sync has failed: then it tries once more. */
void headerfile_close(struct headerfile *file);

/** Lives as long as the file. */
struct tree *headerfile_tree(struct headerfile *file);
/** For accept_known_invalid() and the like; headers go in by headerfile_accept() alone. */
struct accept *headerfile_doorman(struct headerfile *file);
struct headerfile_base headerfile_base(const struct headerfile *file);

enum headerfile_status {
    HEADERFILE_OK,
    HEADERFILE_FULL,   /* no space (ENOSPC, EDQUOT, EFBIG): nothing of the batch was kept */
    HEADERFILE_FAILED, /* another I/O error, or memory is short: nothing of the batch was kept */
};

/**
 * Validates and appends a batch: accept_headers(), then one write. If anything fails, the tree is
 * taken back to what is in the file, so that tree and file never differ; result.fault is set,
 * result.accepted is 0, last_index is TREE_NONE, and *status and headerfile_error() say why; the
 * same batch may be offered again later. options->each is called while the batch is judged, before
 * it is written: whoever announces headers waits for the return. The bytes are in the file but not
 * yet durable: see headerfile_sync().
 */
struct accept_result headerfile_accept(struct headerfile *file, enum headerfile_status *status,
                                       const struct accept_options *options, const uint8_t *raw,
                                       size_t stride, size_t count);

/**
 * Makes everything appended durable. Only what it has confirmed may be reported as stored. After a
 * failure the kernel may have dropped what it could not write and forgotten about it; so the next
 * call first reads back, verifies and writes again all that was not confirmed. Records that cannot
 * be had back keep it failing: reopening the file finds what is really there.
 */
enum headerfile_status headerfile_sync(struct headerfile *file);
/** Number of headers confirmed durable (the base counts). */
uint32_t headerfile_durable(const struct headerfile *file);
/** Why the last call failed; one line. */
const char *headerfile_error(const struct headerfile *file);

/** Reads count consecutive records into raw. False on failure, said by headerfile_error(). */
bool headerfile_read(struct headerfile *file, uint8_t *raw, uint32_t first, uint32_t count);

#endif
