// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * analysis: see analysis.h.
 */
#include "config.h"

#include "monitor/analysis.h"

#include <string.h>

struct engine_options analysis_options(const struct settings *settings)
{
    struct engine_options options = engine_defaults();

    options.false_alarms_per_year = settings->false_alarms_per_year;
    options.daily_sd = settings->daily_sd;
    return options;
}

bool analysis_same(const struct engine_options *a, const struct engine_options *b)
{
    return a->arrivals == b->arrivals && a->false_alarms_per_year == b->false_alarms_per_year &&
           a->daily_sd == b->daily_sd && memcmp(&a->offsets, &b->offsets, sizeof a->offsets) == 0;
}
