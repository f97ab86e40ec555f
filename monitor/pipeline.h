// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pipeline: the way of headers into the store: validate first, persist second, announce third.
 *
 *   accept --> in file, not yet durable --> (fdatasync) --> durable --> chain_moved()
 *
 * Synced, each batch is made durable before anything is said of it. While catching up that happens
 * every two seconds, since nothing is announced then but progress. When the medium fails, nothing
 * of the batch is kept, the trouble is told (less and less often) and the caller learns when to ask
 * the peers again.
 */
#ifndef HASHTIDE_MONITOR_PIPELINE_H
#define HASHTIDE_MONITOR_PIPELINE_H

#include "chain/reorg.h"
#include "chain/sync.h"
#include "monitor/log.h"
#include "monitor/ports.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/observations.h"
#include "monitor/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline; /* opaque */

/** The best chain is another one than was last told, and what makes it so is durable; or will soon
 *  be: see pipeline_announce_early(). */
struct pipeline_move {
    struct reorg reorg;
    bool live; /* announced while synced: it happened now; else it was fetched (some of it) */
    struct instant when;
};

struct pipeline_options {
    struct headerfile *file;           /* not owned */
    struct observations *observations; /* not owned; NULL: nothing is recorded */
    struct log *log;
    void (*moved)(void *context, const struct pipeline_move *move);
    /** A header of which the same holds was announced by a peer, at wall_ms; once for each peer,
     * the first first. Only where there are observations. May be NULL. */
    void (*arrived)(void *context, uint32_t index, int64_t wall_ms);
    void *context;
};

/** Who sent something, as text for the observations. */
struct pipeline_source {
    const char *peer;
    const char *group;
};

struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline);

/** What sync's accept callback wants. */
struct accept_result pipeline_accept(struct pipeline *pipeline, const struct sync_batch *batch,
                                     const struct pipeline_source *source);
/** What sync's rejected callback wants: counts and logs it. */
void pipeline_rejected(struct pipeline *pipeline, const struct hash256 *hash, enum verdict verdict,
                       const struct header *header, const char *peer);
/** A peer announced a block while we are synced. The row is written once the header is in the
 * store, so that made-up hashes leave no trace. */
void pipeline_announced(struct pipeline *pipeline, const struct sync_announcement *announcement,
                        const struct pipeline_source *source, const struct ports_clock *clock);
/**
 * Headers of our own that had been set aside (monitor/store/aside.h) and may connect by now: those
 * that validate are stored, the others passed over without a word. They are history, not news.
 * Returns how many were stored; *stopped is set when the store failed.
 */
size_t pipeline_reattach(struct pipeline *pipeline, bool *stopped, const uint8_t *records,
                         size_t count, struct instant now);
/** From now on what comes is live. */
void pipeline_synced(struct pipeline *pipeline);

/** Little that came while synced is told of before it is durable, unless something is wrong; for an
 *  owner who keeps it elsewhere until it is. pipeline_wake() is then to be called soon. True if
 *  anything was told. */
bool pipeline_announce_early(struct pipeline *pipeline, struct instant now);
/** So many headers are little. */
#define PIPELINE_EARLY_MAX 16u

/** Makes durable what is due, announces, writes observations. Returns when it wants to be called
 * again (monotonic ms). */
int64_t pipeline_wake(struct pipeline *pipeline, struct instant now);
/** True once, after trouble, when it is time to ask the peers again (sync_restart). */
bool pipeline_retry_due(struct pipeline *pipeline, struct instant now);
/** Everything durable and written, at the end. False when that could not be done: what was accepted
 * last may be lost and is then fetched again. */
bool pipeline_drain(struct pipeline *pipeline, struct instant now);

/** Trouble of header file or observations as text, NULL if there is none. */
const char *pipeline_trouble(const struct pipeline *pipeline);
const struct tally *pipeline_tally(const struct pipeline *pipeline);

#endif
