// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * appraise: figures that take the running monitor a second, not a moment: what has left for AI,
 * what hash rate earns, and what of it does not pay. They are those of `hashtide departure` and
 * `hashtide incentive` where nothing was chosen.
 *
 * Fit for a thread of its own: it touches what it is given, files and the market's store, and says
 * nothing to anybody.
 */
#ifndef HASHTIDE_MONITOR_APPRAISE_H
#define HASHTIDE_MONITOR_APPRAISE_H

#include "monitor/departure_series.h"
#include "monitor/income.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All borrowed. */
struct appraise_question {
    const struct settings *settings;       /* of the main network */
    const struct departure_series *epochs; /* NULL: departures are not asked for */
    const struct income_epoch *incomes;    /* from income_epochs(): the last one holds now */
    size_t income_count;
    int64_t now_s; /* UNIX time */
};

/** An estimate with its 90 % interval. */
struct appraise_figure {
    bool known;
    double value, lo, hi;
};

/** Of a complete stretch of blocks. */
struct appraise_departure {
    bool known;
    uint32_t from_height, to_height; /* the first and the last block that the model looked at */
    struct appraise_figure ai_net_ehs;
    struct appraise_figure ai_share;        /* of what there would be, 0 to 1 */
    struct appraise_figure unexplained_ehs; /* of the change in a year; negative: lost */
    char message[TABLEFILE_MESSAGE_SIZE];   /* why it is not known, or "" */
    char complaint[TABLEFILE_MESSAGE_SIZE]; /* the first fault of a table, or "" */
    size_t complaints;
};

struct appraise_income {
    bool known;
    uint32_t height; /* the first block of the difficulty's epoch */
    struct appraise_figure usd_ph_day;
    struct appraise_figure underwater; /* share of the hash rate, 0 to 1 */
    struct appraise_figure ratio;      /* revenue of a lease over that of mining */
    char message[TABLEFILE_MESSAGE_SIZE];
};

/** Works all of it out; what cannot be had is not known, with a message. */
void appraise_departure(struct appraise_departure *out, const struct appraise_question *question);
void appraise_income(struct appraise_income *out, const struct appraise_question *question);

#endif
