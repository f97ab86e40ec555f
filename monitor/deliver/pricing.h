// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pricing: asks the sources of the price while the monitor runs, each price.fetch=, and keeps what
 * they say in the market's store. Sources that did not agree are asked again sooner: after five
 * minutes, then ten, twenty, up to price.fetch=.
 *
 * A monitor that was restarted does not ask before it is time again. Times are drawn a little
 * apart, so that monitors do not ask all at once.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_PRICING_H
#define HASHTIDE_MONITOR_DELIVER_PRICING_H

#include "monitor/alerting.h"
#include "monitor/log.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;
struct pricing; /* opaque */

struct pricing_options {
    struct uv_loop_s *loop;
    struct log *log;                 /* not owned */
    const struct settings *settings; /* of the main network; until pricing_reconfigure() or the end
                                      */
    /** There is a new price. */
    void (*priced)(void *context);
    /** How the sources do: now and then. */
    void (*figures)(void *context, const struct alerting_figure *figures, size_t count);
    void *context;
};

/** NULL when memory is short, or the network library cannot be used. */
struct pricing *pricing_new(const struct pricing_options *options);
/** Sources may be others. */
void pricing_reconfigure(struct pricing *pricing, const struct settings *settings);
/** Ends it while the loop still runs its last round. NULL is allowed. */
void pricing_stop(struct pricing *pricing);
/** After that round. NULL is allowed. */
void pricing_free(struct pricing *pricing);

#endif
