// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * observations: what can't be had again, in SQLite: when and from whom each header was first seen,
 * branches, reorganisations, peers' tips, the state of our clock, and what was said of the hash
 * rate when.
 *
 * WAL with synchronous=FULL; rows gather in memory and are written together in one transaction.
 * Trouble (full disk, I/O) is returned, never swallowed; what could not be written stays in a
 * bounded queue until there is room, and what had to be dropped is counted.
 */
#ifndef HASHTIDE_MONITOR_STORE_OBSERVATIONS_H
#define HASHTIDE_MONITOR_STORE_OBSERVATIONS_H

#include "chain/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest text kept of a peer's address or group, with NUL; longer ones are cut. */
#define OBSERVATIONS_PEER_SIZE 128
/** Rows that may wait; what comes after them is dropped. About 12 MB, but only while the disk is
 * full. */
#define OBSERVATIONS_QUEUE_MAX 32768u

struct observations; /* opaque */

/** How a header reached us. Only announced ones (HEADERS, INV) tell when the network had them. */
enum observations_how { OBSERVATIONS_FETCHED = 0, OBSERVATIONS_HEADERS = 1, OBSERVATIONS_INV = 2 };
/** "fetched", "headers", "inv". */
const char *observations_how_name(enum observations_how how);

struct observation_arrival {
    struct hash256 hash;
    const char *peer;  /* address text */
    const char *group; /* network group text */
    enum observations_how how;
    int64_t wall_ms;
    bool clock_ok;          /* clock status when it came */
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
    struct hash256 fork; /* newest ancestor on the best chain when first seen */
    uint32_t fork_height, length;
    int64_t first_seen_ms;  /* 0 unknown (imported) */
    const char *first_peer; /* NULL unknown */
};

/** What is told of a fall or a rise. */
enum observations_alarm_event {
    OBSERVATIONS_RAISED = 0,
    OBSERVATIONS_WITHDRAWN = 1, /* a reorganisation took its block away */
    OBSERVATIONS_RECOVERED = 2, /* the hash rate has come back */
};
/** An alarm is known by its block and its direction. Rows are never changed: what becomes of an
 *  alarm is another row. */
struct observation_alarm {
    int64_t wall_ms; /* when it was found */
    enum observations_alarm_event event;
    bool rise;
    bool silent; /* raised by a silence after the block, not by it */
    bool live;   /* found while synced; else while looking through what was fetched */
    uint32_t height;
    struct hash256 hash;
    uint32_t onset, onset_lo, onset_hi; /* heights, 95 %; all 0 where unknown */
    double ratio, ratio_lo, ratio_hi;   /* hash rate after over before, 90 %; all 0 where unknown */
    /* what was in force */
    double false_alarms_per_year;
    double daily_sd; /* 0: as measured */
};

/**
 * Opens or creates; migrates older schemas; refuses newer ones and databases that are not ours.
 * read_only for export beside a running monitor: nothing is made or migrated (an older schema is
 * refused: run the monitor once), and a file that is missing, or empty because its maker has not
 * got further, is *missing (may be NULL) and NULL. NULL on failure, message set.
 */
struct observations *observations_open(const char *path, bool read_only, bool *missing,
                                       char *message, size_t message_len);
/** Flushes what is queued and closes. NULL is allowed. */
void observations_close(struct observations *db);

/** Queue a row; rows are written together by observations_flush(). Strings are copied. */
void observations_arrival(struct observations *db, const struct observation_arrival *row);
void observations_reorg(struct observations *db, const struct observation_reorg *row);
void observations_branch(struct observations *db, const struct observation_branch *row);
void observations_peer_tip(struct observations *db, const struct observation_peer_tip *row);
void observations_clock(struct observations *db, const struct observation_clock *row);
void observations_alarm(struct observations *db, const struct observation_alarm *row);

/** Writes queued rows in one transaction. False when it failed (rows stay queued up to a bound). */
bool observations_flush(struct observations *db);
/** Why the last call failed; one line. */
const char *observations_error(const struct observations *db);
/** Rows waiting. */
size_t observations_pending(const struct observations *db);
/** Rows dropped since open. */
uint64_t observations_dropped(const struct observations *db);

/* Reading sees what has been flushed. */

/** First announcement of a header over all peers. Strings live until the callback returns. */
struct observation_first {
    struct hash256 hash;
    int64_t wall_ms;
    const char *peer;
    enum observations_how how;
};
/** By hash; false when it was never announced (or on an error). peer may be NULL. */
bool observations_first_seen(struct observations *db, int64_t *wall_ms, char *peer, size_t peer_len,
                             const struct hash256 *hash);
/** All of them, in order of time; each returns false to stop. False on an error or when stopped. */
bool observations_each_first(struct observations *db,
                             bool (*each)(void *context, const struct observation_first *row),
                             void *context);
/** When a branch was first seen, and from whom; false when unknown. peer may be NULL. */
bool observations_branch_seen(struct observations *db, int64_t *wall_ms, char *peer,
                              size_t peer_len, const struct hash256 *tip);
/** Reorganisations, oldest first. False on an error or when stopped. */
bool observations_each_reorg(struct observations *db,
                             bool (*each)(void *context, const struct observation_reorg *row),
                             void *context);
/** Alarms and what became of them, oldest row first. False on an error or when stopped. */
bool observations_each_alarm(struct observations *db,
                             bool (*each)(void *context, const struct observation_alarm *row),
                             void *context);

#endif
