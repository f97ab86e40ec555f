// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print_internal: the parts of the screen of `hashtide status`, each of the status's JSON.
 * None prints anything where what it needs is missing.
 */
#ifndef HASHTIDE_MONITOR_STATUS_PRINT_INTERNAL_H
#define HASHTIDE_MONITOR_STATUS_PRINT_INTERNAL_H

#include "monitor/screen.h"

#include <jansson.h>
#include <stdbool.h>

/* status_print_figures.c: what the analysis says. */
void status_print_hashrate(struct screen *out, const json_t *status);
void status_print_silence(struct screen *out, const json_t *status);
void status_print_volatility(struct screen *out, const json_t *status);
void status_print_changes(struct screen *out, const json_t *status);
/** fresh: the tip is of today, or the figures of now; else it is said that the figures are as of
 * the tip. */
void status_print_retarget(struct screen *out, const json_t *status, bool fresh);

/* status_print_economy.c: hashprice, and what left for AI; of a running monitor. */
void status_print_economy(struct screen *out, const json_t *status);

/* status_print_alerts.c: the public key, what stands, and sinks that fail: at most three lines. */
void status_print_alerts(struct screen *out, const json_t *status);

/* status_print_peers.c: as many peers as the screen still has lines for, the rest counted. */
void status_print_peers(struct screen *out, const json_t *status);

#endif
