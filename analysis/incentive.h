// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * incentive: what a megawatt at the meter earns in a year with mining, with a lease of the site for
 * AI, and with GPUs of one's own, in USD; and the share of the fleet that does not earn its power.
 *
 * Four readings of each, every one after the one before:
 *     revenue      what customers or the network pay
 *     after power  less power. A lease's tenant pays its own
 *     running      less the other costs of operation: what counts where the capital is spent
 *     all in       less the yearly cost of capital of all that has to be built or bought: an
 *                  annuity over its life
 *
 * Every input is a range (analysis/economics.h). Ranges are carried through by Monte Carlo: each
 * draw takes every input from a triangular distribution over its range, independently; out come the
 * median and the interval that holds 90 % of the draws. The draws are the same for a seed, and the
 * same input has the same luck whatever the others are, so that changes of one can be compared.
 */
#ifndef HASHTIDE_ANALYSIS_INCENTIVE_H
#define HASHTIDE_ANALYSIS_INCENTIVE_H

#include "analysis/economics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INCENTIVE_DRAWS 4000
#define INCENTIVE_DRAWS_LEAST 100
/** Of the interval. */
#define INCENTIVE_LEVEL 0.9
#define INCENTIVE_HOURS_A_YEAR 8766.0
#define INCENTIVE_DAYS_A_YEAR 365.25

enum incentive_business { INCENTIVE_MINING, INCENTIVE_LEASE, INCENTIVE_GPU, INCENTIVE_BUSINESSES };
enum incentive_reading {
    INCENTIVE_REVENUE,
    INCENTIVE_AFTER_POWER,
    INCENTIVE_RUNNING,
    INCENTIVE_ALL_IN,
    INCENTIVE_READINGS,
};
/** "mining", "lease", "gpu"; "revenue", "after_power", "running", "all_in". */
const char *incentive_business_name(enum incentive_business business);
const char *incentive_reading_name(enum incentive_reading reading);

struct incentive_figure {
    bool known;
    double median, low, high;
};

struct incentive_setting {
    enum economics_input input;
    struct economics_range range;
};

struct incentive_options {
    const char *region;                       /* "": everywhere */
    double year;                              /* at which inputs are looked up */
    double usd_ph_day;                        /* hashprice, without fees */
    double log_sd;                            /* its uncertainty, of the logarithm */
    const struct incentive_setting *settings; /* they take the place of the table's ranges */
    size_t setting_count;
    uint64_t seed;
    size_t draws; /* from INCENTIVE_DRAWS_LEAST on (asserted) */
};

struct incentive {
    /** USD per MW at the meter and year. */
    struct incentive_figure usd_mw_year[INCENTIVE_BUSINESSES][INCENTIVE_READINGS];
    struct incentive_figure ratio;          /* revenue of a lease over that of mining */
    struct incentive_figure underwater;     /* share of the fleet's hash rate, in [0, 1] */
    struct incentive_figure breakeven_j_th; /* at the region's price of power */
    /** Share of draws in which a lease, all in, earns more than mining: where a miner's machines
     * and site are paid for (running), and where both begin from nothing (all in). known with both.
     */
    struct incentive_figure convert_paid, convert_new;
};

/** One draw's inputs, in the table's units; for tests, and for whoever wants the formulas alone. */
struct incentive_inputs {
    double value[ECONOMICS_INPUTS];
    double usd_ph_day;
};
/** The readings of one business for these inputs, USD per MW and year. */
void incentive_readings(double out[INCENTIVE_READINGS], const struct incentive_inputs *inputs,
                        enum incentive_business business);
/** Yearly payment for 1 of capital over its life at this cost of capital (> 0). */
double incentive_annuity(double capital_cost, double life_years);

/** What can be said with the inputs that are known; a business with one that is not known is left
 *  unknown. False when memory is short. */
bool incentive_compute(struct incentive *out, const struct economics *economics,
                       const struct incentive_options *options);
/** The range used for an input: that which was set, or the table's. */
bool incentive_range(struct economics_range *out, const struct economics_row **row,
                     const struct economics *economics, const struct incentive_options *options,
                     enum economics_input input);

#endif
