// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * watch: the engine inside the monitor: fed block by block behind the store, and what it finds is
 * written down and said once.
 *
 *   moved, arrived --> behind --(slices of watch_wake())--> at the tip --> what is new?
 *       new --> row in the observations --> durable --> line in the log
 *
 * Blocks behind the cursor of the rules (monitor/alerting.h) are shown to them one by one, and wait
 * while they may not look.
 *
 * Only transitions are said: a fall or a rise found, one that has come back, one whose block a
 * reorganisation took away, a silence out of the ordinary, a retarget. What the log of alarms holds
 * already is not said again, so that a restart repeats nothing. What is found in blocks that were
 * fetched before the first synced is written down, and said in one line together.
 */
#ifndef HASHTIDE_MONITOR_WATCH_H
#define HASHTIDE_MONITOR_WATCH_H

#include "chain/instant.h"
#include "chain/reorg.h"
#include "monitor/alerting.h"
#include "monitor/figures.h"
#include "monitor/log.h"
#include "monitor/settings.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/observations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch; /* opaque */

struct watch_options {
    struct headerfile *file;   /* not owned */
    struct observations *rows; /* not owned; NULL: nothing is written down */
    struct log *log;
    struct alerting *alerting; /* not owned; shown each block behind its cursor. NULL: nobody is */
    const struct settings *settings; /* read during calls only */
};

/** The present state of the world. */
struct watch_moment {
    struct instant now;
    bool synced;
    /* silence means something: peers that would tell us are there, and our clock can be trusted
     * since since_ms (wall clock) */
    bool listening;
    int64_t since_ms;
};

/** Begins behind the store's best chain, all of which is durable. */
struct watch *watch_new(const struct watch_options *options);
void watch_free(struct watch *watch);

/** The best chain is another one, and durable. live: it happened now. */
void watch_moved(struct watch *watch, const struct reorg *reorg, bool live);
/** A header was announced to us for the first time. */
void watch_arrived(struct watch *watch, uint32_t index, int64_t wall_ms);
/** Does a slice of what there is to do; when it wants to be called again (monotonic ms). */
int64_t watch_wake(struct watch *watch, const struct watch_moment *moment);
/** The detectors' settings may be others: then everything is looked through again. */
void watch_reconfigure(struct watch *watch, const struct settings *settings);
/** Writes and says what is left, at the end. */
void watch_drain(struct watch *watch);

/** The engine, to be asked; NULL while it is behind the best chain. */
struct engine *watch_engine(struct watch *watch);
/** All figures as of now. */
void watch_figures(struct watch *watch, struct figures *out, const struct watch_moment *moment);
/** Bytes held by the engine. */
size_t watch_memory(const struct watch *watch);

#endif
