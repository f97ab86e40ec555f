// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reported: companies' hash rates and pools' blocks as simulated, with what really happened.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_REPORTED_H
#define HASHTIDE_TESTS_SUPPORT_REPORTED_H

#include "analysis/companies.h"
#include "analysis/pools.h"
#include "analysis/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORTED_COMPANIES_MAX 20
#define REPORTED_MONTHS_MAX 60
#define REPORTED_FIRST (2022 * 12)

/** How companies are made up. */
struct reported_options {
    size_t converters, controls;
    int months;     /* from January 2022 */
    int converted;  /* month of the first conversion, counted from there; the others follow */
    double course;  /* sd of a company's own course, per year */
    double noise;   /* sd of a figure */
    double moved;   /* share of what converters removed that turns up at controls */
    double missing; /* chance that a figure is missing */
    double trend;   /* converters' growth beyond that of controls, before and after, per year */
};

struct reported {
    struct companies_row rows[REPORTED_COMPANIES_MAX * REPORTED_MONTHS_MAX];
    size_t count;
    double removed[REPORTED_COMPANIES_MAX]; /* share */
};

/** Shares that are removed are drawn uniformly from 0 to .9, or are shares[] if that is not NULL.
 */
void reported_companies(struct reported *out, struct random_stream *stream,
                        const struct reported_options *options, const double *shares);
/** Share of all bases together, these being what the answer took them for. */
double reported_total(const struct reported *reported, const struct companies_answer *answer);

/** Net removal of four companies with a site each, by the site model and with their reports. */
struct reported_net {
    bool said;                        /* the table was enough, and did not contradict the sites */
    bool held;                        /* the interval with the reports holds the truth */
    struct site_figure with, without; /* EH/s */
    double effective;                 /* draws */
};

/** A world whose truth is a draw of the site model of its own. False without memory. */
bool reported_net_of(struct reported_net *out, struct random_stream *stream, size_t draws);

/** Blocks of a set by epoch: the log-odds walk with this sd, and change by jump[i] in epoch i. */
void reported_pools(struct pools_epoch *out, double *log_odds, struct random_stream *stream,
                    size_t count, double share, double switching, const double *jump);

#endif
