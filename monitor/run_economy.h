// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * run_economy: what the running monitor knows of prices, hashprice and departures, put together:
 * prices are asked for (monitor/pricing.h), the slow figures worked out (monitor/appraiser.h), and
 * both handed to the rules. Only the main network's coins have a price: on others nothing is done.
 */
#ifndef HASHTIDE_MONITOR_RUN_ECONOMY_H
#define HASHTIDE_MONITOR_RUN_ECONOMY_H

#include "monitor/alerting.h"
#include "monitor/app.h"
#include "monitor/appraiser.h"
#include "monitor/deliver/pricing.h"
#include "monitor/log.h"
#include "monitor/settings.h"

#include <stdbool.h>

struct run_economy_options {
    struct uv_loop_s *loop;
    struct log *log;                 /* not owned, as all of these */
    const struct settings *settings; /* see run_economy_uses() */
    struct app *app;
    struct alerting *alerting;
};

struct run_economy {
    struct run_economy_options options;
    struct appraiser *appraiser; /* both NULL on other networks */
    struct pricing *pricing;
};

void run_economy_start(struct run_economy *economy, const struct run_economy_options *options);
void run_economy_reconfigure(struct run_economy *economy, const struct settings *settings);
/** See appraiser_uses(). */
const struct settings *run_economy_uses(const struct run_economy *economy);
/** Ends it while the loop still runs its last round; see appraiser_stop(). Zeroed is allowed. */
bool run_economy_stop(struct run_economy *economy);
/** After that round. Zeroed is allowed. */
void run_economy_free(struct run_economy *economy);

#endif
