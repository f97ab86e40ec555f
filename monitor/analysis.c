// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * analysis: see analysis.h.
 */
#include "config.h"

#include "monitor/analysis.h"

#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine_options analysis_options(const struct settings *settings,
                                       char message[ANALYSIS_MESSAGE_SIZE])
{
    struct engine_options options = engine_defaults();
    char *text = mem_zeroed(1, ANALYSIS_MESSAGE_SIZE);
    struct calibration calibration;

    options.false_alarms_per_year = settings->false_alarms_per_year;
    options.daily_sd = settings->daily_sd;
    if (calibration_load(&calibration, text, settings) == CALIBRATION_FITS)
        options.offsets = calibration_offsets(&calibration);
    if (message != NULL)
        snprintf(message, ANALYSIS_MESSAGE_SIZE, "%s", text);
    free(text);
    return options;
}

bool analysis_same(const struct engine_options *a, const struct engine_options *b)
{
    return a->arrivals == b->arrivals && a->false_alarms_per_year == b->false_alarms_per_year &&
           a->daily_sd == b->daily_sd && memcmp(&a->offsets, &b->offsets, sizeof a->offsets) == 0;
}
