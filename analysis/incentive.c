// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * incentive: see incentive.h.
 */
#include "config.h"

#include "analysis/incentive.h"

#include "analysis/hashprice.h"
#include "analysis/order.h"
#include "analysis/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MILLION 1e6
/** A megawatt at 1 J/TH is so many PH/s. */
#define PH_PER_MW 1000.0
/** TH/s of a PH/s. */
#define TH_PER_PH 1000.0

/* Inputs that a business needs; each list ends with ECONOMICS_INPUTS. */
static const enum economics_input needs[INCENTIVE_BUSINESSES][16] = {
    [INCENTIVE_MINING] = {ECONOMICS_FLEET_J_TH, ECONOMICS_POWER_USD_MWH, ECONOMICS_MINING_OVERHEAD,
                          ECONOMICS_MINING_UPTIME, ECONOMICS_MINING_OPEX,
                          ECONOMICS_MINING_ASIC_USD_TH, ECONOMICS_MINING_ASIC_LIFE,
                          ECONOMICS_MINING_CAPEX, ECONOMICS_MINING_LIFE,
                          ECONOMICS_MINING_CAPITAL_COST, ECONOMICS_INPUTS},
    [INCENTIVE_LEASE] = {ECONOMICS_LEASE_REVENUE, ECONOMICS_LEASE_GROSS_PER_IT,
                         ECONOMICS_LEASE_COST_SHARE, ECONOMICS_LEASE_CAPEX, ECONOMICS_LEASE_LIFE,
                         ECONOMICS_LEASE_CAPITAL_COST, ECONOMICS_LEASE_BUILD, ECONOMICS_INPUTS},
    [INCENTIVE_GPU] = {ECONOMICS_GPU_USD_HOUR, ECONOMICS_GPU_PER_MW_IT, ECONOMICS_GPU_UTILISATION,
                       ECONOMICS_GPU_LOAD, ECONOMICS_GPU_COST_SHARE, ECONOMICS_GPU_CAPEX,
                       ECONOMICS_GPU_LIFE, ECONOMICS_GPU_CAPITAL_COST, ECONOMICS_POWER_USD_MWH,
                       ECONOMICS_LEASE_GROSS_PER_IT, ECONOMICS_LEASE_CAPEX, ECONOMICS_LEASE_LIFE,
                       ECONOMICS_LEASE_BUILD, ECONOMICS_INPUTS},
};
static const enum economics_input fleet_needs[] = {
    ECONOMICS_FLEET_J_TH,   ECONOMICS_FLEET_SPREAD,    ECONOMICS_POWER_USD_MWH,
    ECONOMICS_POWER_SPREAD, ECONOMICS_MINING_OVERHEAD, ECONOMICS_INPUTS,
};

const char *incentive_business_name(enum incentive_business business)
{
    static const char *const names[] = {"mining", "lease", "gpu"};

    return names[business];
}

const char *incentive_reading_name(enum incentive_reading reading)
{
    static const char *const names[] = {"revenue", "after_power", "running", "all_in"};

    return names[reading];
}

/* ---- Formulas ------------------------------------------------------------ */

double incentive_annuity(double capital_cost, double life_years)
{
    return capital_cost / -expm1(-life_years * log1p(capital_cost));
}

/* Of 1 of capital that earns nothing while it is spent evenly over the years of building. */
static double with_building(double capital_cost, double build_years)
{
    return pow(1.0 + capital_cost, 0.5 * build_years);
}

static void read_mining(double out[INCENTIVE_READINGS], const struct incentive_inputs *inputs)
{
    const double *in = inputs->value;
    double ph_per_mw = PH_PER_MW / (in[ECONOMICS_FLEET_J_TH] * in[ECONOMICS_MINING_OVERHEAD]);
    double mwh = INCENTIVE_HOURS_A_YEAR * in[ECONOMICS_MINING_UPTIME];
    double cost = in[ECONOMICS_MINING_CAPITAL_COST];
    double machines = ph_per_mw * TH_PER_PH * in[ECONOMICS_MINING_ASIC_USD_TH];

    out[INCENTIVE_REVENUE] =
        inputs->usd_ph_day * ph_per_mw * INCENTIVE_DAYS_A_YEAR * in[ECONOMICS_MINING_UPTIME];
    out[INCENTIVE_AFTER_POWER] = out[INCENTIVE_REVENUE] - mwh * in[ECONOMICS_POWER_USD_MWH];
    out[INCENTIVE_RUNNING] = out[INCENTIVE_AFTER_POWER] - mwh * in[ECONOMICS_MINING_OPEX];
    out[INCENTIVE_ALL_IN] =
        out[INCENTIVE_RUNNING] -
        machines * incentive_annuity(cost, in[ECONOMICS_MINING_ASIC_LIFE]) -
        MILLION * in[ECONOMICS_MINING_CAPEX] * incentive_annuity(cost, in[ECONOMICS_MINING_LIFE]);
}

/* Yearly cost of the hall of a MW of IT load, at somebody's cost of capital. */
static double hall(const double *in, double cost)
{
    return MILLION * in[ECONOMICS_LEASE_CAPEX] * with_building(cost, in[ECONOMICS_LEASE_BUILD]) *
           incentive_annuity(cost, in[ECONOMICS_LEASE_LIFE]);
}

static void read_lease(double out[INCENTIVE_READINGS], const struct incentive_inputs *inputs)
{
    const double *in = inputs->value;
    double it = 1.0 / in[ECONOMICS_LEASE_GROSS_PER_IT]; /* MW of IT load for a MW at the meter */

    out[INCENTIVE_REVENUE] = MILLION * in[ECONOMICS_LEASE_REVENUE] * it;
    out[INCENTIVE_AFTER_POWER] = out[INCENTIVE_REVENUE];
    out[INCENTIVE_RUNNING] = out[INCENTIVE_REVENUE] * (1.0 - in[ECONOMICS_LEASE_COST_SHARE]);
    out[INCENTIVE_ALL_IN] =
        out[INCENTIVE_RUNNING] - it * hall(in, in[ECONOMICS_LEASE_CAPITAL_COST]);
}

static void read_gpu(double out[INCENTIVE_READINGS], const struct incentive_inputs *inputs)
{
    const double *in = inputs->value;
    double it = 1.0 / in[ECONOMICS_LEASE_GROSS_PER_IT];
    double gpus = in[ECONOMICS_GPU_PER_MW_IT] * it;
    double cost = in[ECONOMICS_GPU_CAPITAL_COST];

    out[INCENTIVE_REVENUE] =
        gpus * INCENTIVE_HOURS_A_YEAR * in[ECONOMICS_GPU_UTILISATION] * in[ECONOMICS_GPU_USD_HOUR];
    out[INCENTIVE_AFTER_POWER] = out[INCENTIVE_REVENUE] - INCENTIVE_HOURS_A_YEAR *
                                                              in[ECONOMICS_GPU_LOAD] *
                                                              in[ECONOMICS_POWER_USD_MWH];
    out[INCENTIVE_RUNNING] =
        out[INCENTIVE_AFTER_POWER] - out[INCENTIVE_REVENUE] * in[ECONOMICS_GPU_COST_SHARE];
    out[INCENTIVE_ALL_IN] =
        out[INCENTIVE_RUNNING] - it * hall(in, cost) -
        gpus * in[ECONOMICS_GPU_CAPEX] * incentive_annuity(cost, in[ECONOMICS_GPU_LIFE]);
}

void incentive_readings(double out[INCENTIVE_READINGS], const struct incentive_inputs *inputs,
                        enum incentive_business business)
{
    static void (*const readers[INCENTIVE_BUSINESSES])(double *,
                                                       const struct incentive_inputs *) = {
        [INCENTIVE_MINING] = read_mining,
        [INCENTIVE_LEASE] = read_lease,
        [INCENTIVE_GPU] = read_gpu,
    };

    assert((unsigned)business < INCENTIVE_BUSINESSES);
    readers[business](out, inputs);
}

static double underwater(const struct incentive_inputs *inputs)
{
    const double *in = inputs->value;
    struct hashprice_fleet fleet = {
        .mean_j_th = in[ECONOMICS_FLEET_J_TH],
        .sd_j_th = in[ECONOMICS_FLEET_SPREAD],
        .median_usd_mwh = in[ECONOMICS_POWER_USD_MWH],
        .sd_usd_mwh = in[ECONOMICS_POWER_SPREAD],
        .overhead = in[ECONOMICS_MINING_OVERHEAD],
    };

    return hashprice_underwater(&fleet, inputs->usd_ph_day);
}

/* ---- Draws --------------------------------------------------------------- */

/* What is drawn of: everything that one draw has, in an order of its own. */
enum column {
    READINGS = INCENTIVE_BUSINESSES * INCENTIVE_READINGS,
    RATIO = READINGS,
    UNDERWATER,
    BREAKEVEN,
    CONVERT_PAID,
    CONVERT_NEW,
    COLUMNS
};

struct work {
    const struct incentive_options *options;
    struct economics_range ranges[ECONOMICS_INPUTS];
    bool known[ECONOMICS_INPUTS];
    double *values[COLUMNS];
};

bool incentive_range(struct economics_range *out, const struct economics_row **row,
                     const struct economics *economics, const struct incentive_options *options,
                     enum economics_input input)
{
    for (size_t i = options->setting_count; i > 0; i--) {
        if (options->settings[i - 1].input != input)
            continue;
        *out = options->settings[i - 1].range;
        if (row != NULL)
            *row = NULL;
        return true;
    }
    return economics_at(out, row, economics, input, options->region, options->year);
}

static bool all_known(const struct work *work, const enum economics_input *inputs)
{
    for (; *inputs != ECONOMICS_INPUTS; inputs++) {
        if (!work->known[*inputs])
            return false;
    }
    return true;
}

/* The inverse of the triangular distribution's function. */
static double triangular(const struct economics_range *range, double u)
{
    double width = range->high - range->low;
    double left = range->central - range->low;
    double right = range->high - range->central;

    if (width <= 0.0)
        return range->central;
    return u * width < left ? range->low + sqrt(u * width * left)
                            : range->high - sqrt((1.0 - u) * width * right);
}

/* Of each draw and input its own number: what is set of one changes no other. */
static void draw_inputs(struct incentive_inputs *out, const struct work *work,
                        struct random_stream *stream)
{
    for (size_t i = 0; i < ECONOMICS_INPUTS; i++) {
        double u = random_uniform(stream);

        out->value[i] = work->known[i] ? triangular(&work->ranges[i], u) : 0.0;
    }
    out->usd_ph_day =
        work->options->usd_ph_day * exp(work->options->log_sd * random_normal(stream));
}

static void put_draw(struct work *work, size_t draw, const struct incentive_inputs *inputs)
{
    double readings[INCENTIVE_BUSINESSES][INCENTIVE_READINGS] = {{0}};

    for (size_t business = 0; business < INCENTIVE_BUSINESSES; business++) {
        if (!all_known(work, needs[business]))
            continue;
        incentive_readings(readings[business], inputs, (enum incentive_business)business);
        for (size_t reading = 0; reading < INCENTIVE_READINGS; reading++)
            work->values[business * INCENTIVE_READINGS + reading][draw] =
                readings[business][reading];
    }
    if (all_known(work, needs[INCENTIVE_MINING])) {
        const double *mining = readings[INCENTIVE_MINING];
        const double *lease = readings[INCENTIVE_LEASE];

        work->values[RATIO][draw] = lease[INCENTIVE_REVENUE] / mining[INCENTIVE_REVENUE];
        work->values[CONVERT_PAID][draw] = lease[INCENTIVE_ALL_IN] > mining[INCENTIVE_RUNNING];
        work->values[CONVERT_NEW][draw] = lease[INCENTIVE_ALL_IN] > mining[INCENTIVE_ALL_IN];
        work->values[BREAKEVEN][draw] =
            hashprice_breakeven_j_th(inputs->usd_ph_day, inputs->value[ECONOMICS_POWER_USD_MWH],
                                     inputs->value[ECONOMICS_MINING_OVERHEAD]);
    }
    if (all_known(work, fleet_needs))
        work->values[UNDERWATER][draw] = underwater(inputs);
}

/* Quantile p of sorted values, straight between them. */
static double quantile(const double *values, size_t count, double p)
{
    double place = p * (double)(count - 1);
    size_t below = (size_t)place;
    double share = place - (double)below;

    return below + 1 < count ? values[below] + share * (values[below + 1] - values[below])
                             : values[below];
}

static struct incentive_figure figure(bool known, double *values, size_t count)
{
    struct incentive_figure out = {.known = known};

    if (!known)
        return out;
    qsort(values, count, sizeof *values, order_doubles);
    out.median = quantile(values, count, 0.5);
    out.low = quantile(values, count, 0.5 - 0.5 * INCENTIVE_LEVEL);
    out.high = quantile(values, count, 0.5 + 0.5 * INCENTIVE_LEVEL);
    return out;
}

/* The share of draws in which something is so, as all three of a figure. */
static struct incentive_figure share_of(bool known, const double *values, size_t count)
{
    struct incentive_figure out = {.known = known};
    double sum = 0.0;

    for (size_t i = 0; known && i < count; i++)
        sum += values[i];
    out.median = out.low = out.high = known ? sum / (double)count : 0.0;
    return out;
}

static void read_figures(struct incentive *out, struct work *work)
{
    size_t draws = work->options->draws;
    bool mining = all_known(work, needs[INCENTIVE_MINING]);
    bool both = mining && all_known(work, needs[INCENTIVE_LEASE]);

    *out = (struct incentive){0};
    for (size_t business = 0; business < INCENTIVE_BUSINESSES; business++) {
        for (size_t reading = 0; reading < INCENTIVE_READINGS; reading++)
            out->usd_mw_year[business][reading] =
                figure(all_known(work, needs[business]),
                       work->values[business * INCENTIVE_READINGS + reading], draws);
    }
    out->ratio = figure(both, work->values[RATIO], draws);
    out->underwater = figure(all_known(work, fleet_needs), work->values[UNDERWATER], draws);
    out->breakeven_j_th = figure(mining, work->values[BREAKEVEN], draws);
    out->convert_paid = share_of(both, work->values[CONVERT_PAID], draws);
    out->convert_new = share_of(both, work->values[CONVERT_NEW], draws);
}

bool incentive_compute(struct incentive *out, const struct economics *economics,
                       const struct incentive_options *options)
{
    struct work work = {.options = options};
    double *values = NULL;

    assert(options->draws >= INCENTIVE_DRAWS_LEAST && options->usd_ph_day > 0.0);
    values = calloc(COLUMNS * options->draws, sizeof *values);
    if (values == NULL)
        return false;
    for (size_t i = 0; i < COLUMNS; i++)
        work.values[i] = values + i * options->draws;
    for (size_t i = 0; i < ECONOMICS_INPUTS; i++)
        work.known[i] =
            incentive_range(&work.ranges[i], NULL, economics, options, (enum economics_input)i);
    for (size_t draw = 0; draw < options->draws; draw++) {
        struct random_stream stream = random_init(options->seed, draw);
        struct incentive_inputs inputs;

        draw_inputs(&inputs, &work, &stream);
        put_draw(&work, draw, &inputs);
    }
    read_figures(out, &work);
    free(values);
    return true;
}
