// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * appraiser: has the slow figures (monitor/appraise.h) worked out while the monitor runs, in a
 * thread of libuv's pool, and hands them to the rules.
 *
 * Departures are asked for once the monitor is synced, after each retarget, and each day, since
 * tables may have changed; income also with each new price, and departures then if they could not
 * be had before: a price shows that the net can be reached again. A retarget's own alerts go first:
 * nothing begins in the first seconds after it.
 *
 *   idle --something is due--> working (in the thread) --done--> idle
 */
#ifndef HASHTIDE_MONITOR_APPRAISER_H
#define HASHTIDE_MONITOR_APPRAISER_H

#include "chain/tree.h"
#include "monitor/alerting.h"
#include "monitor/log.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;
struct appraiser; /* opaque */

struct appraiser_options {
    struct uv_loop_s *loop;
    struct log *log;                 /* not owned */
    const struct settings *settings; /* of the main network; see appraiser_uses() */
    /** The best chain once it is synced, else NULL. */
    const struct tree *(*tree)(void *context);
    /** New figures; those that could not be had are not known. */
    void (*done)(void *context, const struct alerting_figure *figures, size_t count);
    void *context;
};

struct appraiser *appraiser_new(const struct appraiser_options *options);
/** Other settings: everything is worked out again. */
void appraiser_reconfigure(struct appraiser *appraiser, const struct settings *settings);
/** The settings that the thread reads at this moment, and which must live until it is done; NULL:
 *  it is idle. appraiser may be NULL. */
const struct settings *appraiser_uses(const struct appraiser *appraiser);
/** There is a new price. */
void appraiser_priced(struct appraiser *appraiser);

/** Ends it while the loop still runs its last round. True: the thread still works, nothing that it
 *  uses may be freed, and the process has to end without waiting for it. NULL is allowed. */
bool appraiser_stop(struct appraiser *appraiser);
/** When the loop has run that round, and the thread is idle. NULL is allowed. */
void appraiser_free(struct appraiser *appraiser);

#endif
