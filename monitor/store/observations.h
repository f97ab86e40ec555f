// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * observations: what can't be had again, in SQLite: first-seen times per peer, branches, reorgs, peers' tips, clock status, known addresses.
 *
 * WAL; every write goes through a transaction. Trouble (full disk, I/O) is returned, never swallowed; what could not be written while the disk was full
 * is kept in a bounded queue and written when there is room, and what had to be dropped is counted and said.
 */
#ifndef HASHTIDE_MONITOR_STORE_OBSERVATIONS_H
#define HASHTIDE_MONITOR_STORE_OBSERVATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/hash.h"

struct observations; /* opaque */

enum observations_how { OBSERVATIONS_FETCHED = 0, OBSERVATIONS_HEADERS = 1, OBSERVATIONS_INV = 2 };

struct observation_arrival {
    struct hash256 hash;
    const char *peer;   /* address text */
    const char *group;  /* network group text */
    enum observations_how how;
    int64_t wall_ms;
    bool clock_ok;      /* clock status when it came */
    int64_t clock_error_us; /* the kernel's estimate, -1 unknown */
};
struct observation_reorg {
    struct hash256 fork, old_tip, new_tip;
    uint32_t fork_height, disconnected, connected;
    int64_t wall_ms;
    bool live; /* seen while synced */
};
struct observation_peer_tip {
    const char *peer;
    struct hash256 hash;
    uint32_t height;
    int64_t wall_ms;
};
struct observation_clock {
    int64_t wall_ms;
    bool synchronized;
    int64_t error_us;
    int64_t jump_ms; /* 0, or how far the wall clock jumped */
};
struct observation_branch {
    struct hash256 tip;
    struct hash256 fork;   /* newest ancestor on the best chain when first seen */
    uint32_t fork_height, length;
    int64_t first_seen_ms; /* 0 unknown (imported) */
    const char *first_peer; /* NULL unknown */
};

/** Opens or creates; migrates older schemas; refuses newer ones (message says so). read_only for export beside a running monitor. NULL on failure, message set. */
struct observations *observations_open(const char *path, bool read_only, char *message, size_t message_len);
/** Flushes what is queued and closes. */
void observations_close(struct observations *db);

/** Queue a row; rows are written together by observations_flush(). The strings are copied. */
void observations_arrival(struct observations *db, const struct observation_arrival *row);
void observations_reorg(struct observations *db, const struct observation_reorg *row);
void observations_branch(struct observations *db, const struct observation_branch *row);
void observations_peer_tip(struct observations *db, const struct observation_peer_tip *row);
void observations_clock(struct observations *db, const struct observation_clock *row);

/** Writes queued rows in one transaction. False when it failed (rows stay queued up to a bound); observations_error() says why. */
bool observations_flush(struct observations *db);
const char *observations_error(const struct observations *db);
/** Rows waiting and rows dropped since open. */
size_t observations_pending(const struct observations *db);
uint64_t observations_dropped(const struct observations *db);

/** Earliest live arrival of a hash over all peers, and by whom; false when none is known. */
bool observations_first_seen(struct observations *db, int64_t *wall_ms, char *peer, size_t peer_len, const struct hash256 *hash);
/** When a branch tip's first header was first seen and from whom (any how); false when unknown. */
bool observations_branch_seen(struct observations *db, int64_t *wall_ms, char *peer, size_t peer_len, const struct hash256 *tip);
/** Iterates reorgs, oldest first. each returns false to stop. */
bool observations_each_reorg(struct observations *db, bool (*each)(void *context, const struct observation_reorg *row), void *context);

#endif
