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

/* Whether the built-in thresholds do not know a volatility of one's own. */
static bool beyond_table(double daily_sd)
{
    return daily_sd > 0.0 &&
           (daily_sd < change_table_sds[0] || daily_sd > change_table_sds[CHANGE_SDS - 1]);
}

struct engine_options analysis_options(const struct settings *settings,
                                       char message[ANALYSIS_MESSAGE_SIZE])
{
    struct engine_options options = engine_defaults();
    char *text = mem_zeroed(1, ANALYSIS_MESSAGE_SIZE);
    struct calibration calibration;

    options.false_alarms_per_year = settings->false_alarms_per_year;
    options.daily_sd = settings->daily_sd;
    switch (calibration_load(&calibration, text, settings)) {
    case CALIBRATION_FITS:
        options.offsets = calibration_offsets(&calibration);
        break;
    case CALIBRATION_NONE:
        if (beyond_table(settings->daily_sd))
            snprintf(text, ANALYSIS_MESSAGE_SIZE,
                     "change.daily_sd is not within the 0.5%% to 2%% that built-in thresholds are "
                     "for: run 'hashtide calibrate'; until then false alarms are more or fewer "
                     "than change.false_alarms_per_year");
        break;
    case CALIBRATION_OTHER:
    case CALIBRATION_DAMAGED:
        break;
    }
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
