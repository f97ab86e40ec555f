// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * analysis: how the settings set the engine, in one place, so that `run`, `status` and `export`
 * find the same changes.
 */
#ifndef HASHTIDE_MONITOR_ANALYSIS_H
#define HASHTIDE_MONITOR_ANALYSIS_H

#include "analysis/engine.h"
#include "monitor/calibration.h"
#include "monitor/settings.h"

#include <stdbool.h>

/** Room for what analysis_options() has to say. */
#define ANALYSIS_MESSAGE_SIZE CALIBRATION_MESSAGE_SIZE

/**
 * The engine's options by change.false_alarms_per_year and change.daily_sd, without a past; see
 * replay_past_rates(). Thresholds are those of `hashtide calibrate` where they were made for these
 * settings, else the built-in ones. message: empty, or one line that says why it is the latter
 * although there is a calibration, or that they do not suit; may be NULL.
 */
struct engine_options analysis_options(const struct settings *settings,
                                       char message[ANALYSIS_MESSAGE_SIZE]);
/** Whether two options find the same changes; their pasts are not looked at. */
bool analysis_same(const struct engine_options *a, const struct engine_options *b);

#endif
