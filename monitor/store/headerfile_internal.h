// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile_internal: what the three parts of the header file share: format (its first 160 bytes),
 * repair (what to do with bad records), and the file itself.
 */
#ifndef HASHTIDE_MONITOR_STORE_HEADERFILE_INTERNAL_H
#define HASHTIDE_MONITOR_STORE_HEADERFILE_INTERNAL_H

#include "chain/accept.h"
#include "chain/header.h"
#include "chain/tree.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The file header is as long as a record, so that records stand on one grid of 80 bytes. */
#define HEADERFILE_PRELUDE_SIZE 80
/** File header and base: what a store has from the start. */
#define HEADERFILE_START_SIZE (HEADERFILE_PRELUDE_SIZE + HEADER_SIZE)
/** Records read at once: enough that the system call does not count, and 40 kB stay in the cache
 * until they are hashed. */
#define HEADERFILE_CHUNK_RECORDS 512u
#define HEADERFILE_CHUNK_SIZE ((size_t)HEADERFILE_CHUNK_RECORDS * HEADER_SIZE)
#define HEADERFILE_PATH_SIZE 4096
#define HEADERFILE_ERROR_SIZE 512

/** A record that is in the tree but not yet at its place in the file: repair knows where it is. */
struct headerfile_place {
    uint64_t offset; /* in the file, when mended is NULL */
    uint8_t *mended; /* the record itself, owned, or NULL */
};

struct headerfile {
    const struct io *io;
    const struct params *params;
    char path[HEADERFILE_PATH_SIZE];
    int fd;
    bool read_only;
    struct headerfile_base base;
    struct tree *tree;
    struct accept *accept;
    uint32_t stored;         /* the first so many records of the file are the tree's */
    uint32_t durable;        /* and of those so many are known to survive */
    bool doubtful;           /* a sync failed: nothing is known of the records after durable */
    uint8_t *pending;        /* records stored .. tree_count - 1 while a batch is on its way */
    size_t pending_capacity; /* bytes */
    struct headerfile_place *places; /* only in repair: records stored .. tree_count - 1 */
    size_t place_count;
    size_t place_capacity;
    int source_errno; /* of the last read that failed, 0 if the file was short */
    char error[HEADERFILE_ERROR_SIZE];
};

static inline uint64_t headerfile_offset(uint32_t index)
{
    return HEADERFILE_PRELUDE_SIZE + (uint64_t)index * HEADER_SIZE;
}

/* ---- format ---- */

enum headerfile_start {
    HEADERFILE_START_SOUND,
    HEADERFILE_START_MENDED, /* damaged, but the base is beyond doubt: to be written again */
    HEADERFILE_START_BLANK,  /* ours and never finished, or cut down to nothing: begin again */
    HEADERFILE_START_FOREIGN,
};

/** Fills work in: genesis' and an unknown base's are their own. */
struct headerfile_base headerfile_base_complete(const struct params *params,
                                                const struct headerfile_base *base);

void headerfile_start_encode(uint8_t out[HEADERFILE_START_SIZE], const struct params *params,
                             const struct headerfile_base *base);

/**
 * Judges the first len (at most 160, fewer if the file is shorter) bytes. wanted: the base that was
 * asked for, or NULL. *base is set when sound or mended, message (one line) when foreign.
 */
enum headerfile_start headerfile_start_decode(struct headerfile_base *base,
                                              char message[HEADERFILE_ERROR_SIZE],
                                              const struct params *params, const uint8_t *bytes,
                                              size_t len, const struct headerfile_base *wanted);

/** Flips one of the bits of a record so that its hash becomes wanted. False if no single bit does.
 */
bool headerfile_mend_record(uint8_t raw[HEADER_SIZE], const struct hash256 *wanted);

/* ---- repair ---- */

/**
 * Sets aside the file's bytes from offset from on (and the file header, if it is to be written
 * again), re-attaches what validates and leaves a sound file behind. The tree holds the good
 * records before. False with file->error; then the file is as it was.
 */
bool headerfile_repair(struct headerfile *file, struct headerfile_opened *opened, uint64_t from,
                       uint64_t size, bool rewrite, int64_t now);

/** Path beside the header file: "headers" and the ending. False when too long. */
bool headerfile_sibling(char out[HEADERFILE_PATH_SIZE], const struct headerfile *file,
                        const char *ending);

/** Says what could not be done to the path and why, in file->error; returns false. */
bool headerfile_fail(struct headerfile *file, const char *what, const char *path, int error);

/** Reads the record of an index from wherever it is: file, pending batch, or repair's places. */
bool headerfile_source(void *context, uint8_t raw[HEADER_SIZE], uint32_t index);

#endif
