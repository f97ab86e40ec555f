// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * analysis: how the settings set the engine, in one place, so that `run`, `status` and `export`
 * find the same changes.
 */
#ifndef HASHTIDE_MONITOR_ANALYSIS_H
#define HASHTIDE_MONITOR_ANALYSIS_H

#include "analysis/engine.h"
#include "monitor/settings.h"

#include <stdbool.h>

/** The engine's options by change.false_alarms_per_year and change.daily_sd, without a past; see
 *  replay_past_rates(). Thresholds are the built-in ones. */
struct engine_options analysis_options(const struct settings *settings);
/** Whether two options find the same changes; their pasts are not looked at. */
bool analysis_same(const struct engine_options *a, const struct engine_options *b);

#endif
