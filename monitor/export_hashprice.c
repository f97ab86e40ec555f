// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_hashprice: what hash rate earned, and what a megawatt did with mining and with AI, one
 * epoch after the other. As in the dataset epochs the built-in table knows the time before the
 * store.
 */
#include "config.h"

#include "analysis/day.h"
#include "chain/params.h"
#include "monitor/costs.h"
#include "monitor/export.h"
#include "monitor/income.h"
#include "monitor/ledgerfile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Draws for each epoch: quantiles to a hundredth or so of themselves. */
#define DRAWS 1000
#define SEED 1
/** The clock is not looked at: the same store gives the same rows. */
#define LATER INT64_MAX
/** Columns that are empty where there is no price. */
#define POWER_COLUMNS 6
#define MACHINE_COLUMNS 5

/** What rows are made from. */
struct sources {
    struct economy economy;
    struct costs costs; /* of the dataset hashprice alone */
};

typedef bool (*each_fn)(struct export *export, struct table *table, const struct sources *sources,
                        const struct income_epoch *epoch, const struct income *income);

static bool load(struct sources *out, struct export *export, bool with_costs)
{
    char message[ECONOMY_MESSAGE_SIZE];

    *out = (struct sources){.costs = {.power = {.count = 0}}};
    if (export->params->network != NETWORK_MAIN) {
        snprintf(export->error, sizeof export->error, "only the main network's coins have a price");
        return false;
    }
    if (economy_load(&out->economy, export->settings, message, ledgerfile_say, NULL) &&
        (!with_costs || costs_load(&out->costs, message, export->settings, ledgerfile_say, NULL)))
        return true;
    snprintf(export->error, sizeof export->error, "%.500s", message);
    economy_free(&out->economy);
    return false;
}

/* Calls each for epochs of the range that have a price. */
static bool each_epoch(struct export *export, struct table *table, bool with_costs, each_fn each)
{
    struct sources sources;
    struct income_epoch *epochs = NULL;
    size_t count = 0;
    bool good = true;

    if (!load(&sources, export, with_costs))
        return false;
    epochs = income_epochs(&count, export->tree);
    for (size_t i = 0; good && i < count; i++) {
        struct income income = income_of(&sources.economy, &epochs[i], LATER);

        if (income.known && epochs[i].first_height + PARAMS_RETARGET_BLOCKS > export->from_wanted &&
            epochs[i].first_height <= export->to_wanted)
            good = each(export, table, &sources, &epochs[i], &income);
    }
    free(epochs);
    costs_free(&sources.costs);
    economy_free(&sources.economy);
    return good;
}

static struct incentive_options options_of(const struct income_epoch *epoch,
                                           const struct income *income)
{
    return (struct incentive_options){.region = "",
                                      .year = income_year(epoch->time),
                                      .usd_ph_day = income->usd_ph_day,
                                      .log_sd = income->log_sd,
                                      .seed = SEED,
                                      .draws = DRAWS};
}

static bool compute(struct export *export, struct incentive *out, const struct economy *economy,
                    const struct income_epoch *epoch, const struct income *income)
{
    struct incentive_options options = options_of(epoch, income);

    if (incentive_compute(out, &economy->economics, &options))
        return true;
    snprintf(export->error, sizeof export->error, "out of memory");
    return false;
}

static void put_figure(struct table *table, const struct incentive_figure *figure)
{
    export_figures(table, figure->known, figure->median, figure->low, figure->high);
}

static void put_epoch(struct table *table, const struct income_epoch *epoch)
{
    table_integer(table, epoch->first_height);
    table_time_s(table, epoch->time);
}

static void put_word(struct table *table, const char *word)
{
    table_word(table, word, strlen(word));
}

/* ---- hashprice ----------------------------------------------------------- */

/* NaN where it is not known. */
static double central(const struct sources *sources, const struct incentive_options *options,
                      enum economics_input input)
{
    struct economics_range range;

    return incentive_range(&range, NULL, &sources->economy.economics, options, input)
               ? range.central
               : (double)NAN;
}

static void put_nulls(struct table *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_null(table);
}

/* What power cost at the epoch's first block. */
static bool put_power(struct export *export, struct table *table, const struct sources *sources,
                      int32_t day)
{
    struct series_spread spread;

    if (!series_spread_at(&spread, &sources->costs.power, day)) {
        snprintf(export->error, sizeof export->error, "out of memory");
        return false;
    }
    table_integer(table, (int64_t)spread.known);
    if (spread.known == 0) {
        put_nulls(table, POWER_COLUMNS);
        return true;
    }
    table_figure(table, spread.median);
    table_figure(table, spread.low->value);
    table_string(table, spread.low->subject);
    table_figure(table, spread.high->value);
    table_string(table, spread.high->subject);
    table_integer(table, spread.age_days);
    return true;
}

/* Of the machine that is most like the network's mean then. */
static void put_machine(struct table *table, const struct sources *sources,
                        const struct income_epoch *epoch, const struct income *income)
{
    struct incentive_options options = options_of(epoch, income);
    double fleet = central(sources, &options, ECONOMICS_FLEET_J_TH);
    struct series_quote quote = {.row = NULL};
    struct costs_scene scene = {.day = (int32_t)(epoch->time / DAY_S),
                                .usd_ph_day = income->usd_ph_day,
                                .usd_mwh = central(sources, &options, ECONOMICS_POWER_USD_MWH),
                                .overhead = central(sources, &options, ECONOMICS_MINING_OVERHEAD)};
    double days = 0.0;
    bool pays = false;

    if (!isnan(fleet))
        quote = series_nearest(&sources->costs.machines, fleet, scene.day);
    if (quote.row == NULL) {
        put_nulls(table, MACHINE_COLUMNS);
        return;
    }
    table_string(table, quote.row->subject);
    table_figure(table, quote.row->j_per_th);
    table_figure(table, quote.row->value);
    table_integer(table, quote.age_days);
    pays = costs_payback(&days, quote.row, &scene);
    export_figure(table, pays, days);
}

static bool put_hashprice(struct export *export, struct table *table, const struct sources *sources,
                          const struct income_epoch *epoch, const struct income *income)
{
    struct incentive incentive;

    if (!compute(export, &incentive, &sources->economy, epoch, income))
        return false;
    put_epoch(table, epoch);
    table_figure(table, epoch->difficulty);
    table_figure(table, income->subsidy_btc);
    table_figure(table, income->price_usd);
    put_word(table, income_basis(income));
    table_figure(table, income->reconstructed);
    table_figure(table, income->held);
    table_figure(table, income->usd_ph_day);
    put_figure(table, &incentive.breakeven_j_th);
    put_figure(table, &incentive.underwater);
    if (!put_power(export, table, sources, (int32_t)(epoch->time / DAY_S)))
        return false;
    put_machine(table, sources, epoch, income);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_hashprice(struct export *export, struct table *table, enum table_format format)
{
    (void)format;
    return each_epoch(export, table, true, put_hashprice);
}

static const struct table_column hashprice_columns[] = {
    {"first_height", TABLE_INTEGER, "Height of the epoch's first block."},
    {"first_time", TABLE_TIME, "Header time of its first block."},
    {"difficulty", TABLE_NUMBER, "Its difficulty."},
    {"subsidy_btc", TABLE_NUMBER,
     "Subsidy of a block; in an epoch with a halving the geometric mean over its blocks."},
    {"price_usd", TABLE_NUMBER, "Price of a bitcoin: exp of the mean of its logarithm over time."},
    {"price_basis", TABLE_STRING,
     "quoted; reconstructed, where any of it follows from a quoted hashprice; held, where any of "
     "it lies behind the last price known."},
    {"reconstructed", TABLE_NUMBER, "Share of the time that rests on a reconstructed price."},
    {"held", TABLE_NUMBER, "Share of the time behind the last price known."},
    {"hashprice_usd_ph_day", TABLE_NUMBER, "USD that 1 PH/s earns in a day, without fees."},
    {"breakeven_j_th", TABLE_NUMBER,
     "J/TH of a machine that just earns its power at the typical price: median."},
    {"breakeven_lo90_j_th", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"breakeven_hi90_j_th", TABLE_NUMBER, "Upper end of it."},
    {"underwater", TABLE_NUMBER,
     "Share of the fleet's hash rate whose power costs more than it earns: median."},
    {"underwater_lo90", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"underwater_hi90", TABLE_NUMBER, "Upper end of it."},
    {"power_regions", TABLE_INTEGER,
     "Regions with a price in the table of power.file= no older than 92 days at the first block."},
    {"power_usd_mwh", TABLE_NUMBER, "Median of their prices; no other figure takes them in."},
    {"power_low_usd_mwh", TABLE_NUMBER, "The lowest."},
    {"power_low_region", TABLE_STRING, "Whose it is."},
    {"power_high_usd_mwh", TABLE_NUMBER, "The highest."},
    {"power_high_region", TABLE_STRING, "Whose it is."},
    {"power_age_days", TABLE_INTEGER, "Age of the oldest of them."},
    {"used_machine", TABLE_STRING,
     "Of the table of machines.file= the machine with a price no older than 92 days whose "
     "efficiency is nearest to the network's mean."},
    {"used_machine_j_th", TABLE_NUMBER, "Its efficiency."},
    {"used_machine_usd_th", TABLE_NUMBER, "Its price, USD for each TH/s."},
    {"used_machine_age_days", TABLE_INTEGER, "Age of that price."},
    {"used_machine_payback_days", TABLE_NUMBER,
     "1000 x USD/TH over what 1 PH/s earns in a day less its power, at this hashprice, without "
     "rest; empty where it does not earn its power."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_hashprice = {
    .name = "hashprice",
    .summary = "by the epoch: what hash rate earns, what efficiency breaks even, and the share of "
               "the fleet under water",
    .columns = hashprice_columns,
    .store = EXPORT_STORE_MAIN,
    .write = write_hashprice,
};

/* ---- incentive ----------------------------------------------------------- */

static bool put_incentive(struct export *export, struct table *table, const struct sources *sources,
                          const struct income_epoch *epoch, const struct income *income)
{
    struct incentive incentive;
    const struct incentive_figure *mining =
        &incentive.usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE];

    if (!compute(export, &incentive, &sources->economy, epoch, income))
        return false;
    if (!mining->known) /* nothing is: the fleet's efficiency begins later */
        return true;
    put_epoch(table, epoch);
    put_word(table, income_basis(income));
    for (size_t business = 0; business < INCENTIVE_BUSINESSES; business++) {
        for (size_t reading = 0; reading < INCENTIVE_READINGS; reading++)
            put_figure(table, &incentive.usd_mw_year[business][reading]);
    }
    put_figure(table, &incentive.ratio);
    export_figure(table, incentive.convert_paid.known, incentive.convert_paid.median);
    export_figure(table, incentive.convert_new.known, incentive.convert_new.median);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_incentive(struct export *export, struct table *table, enum table_format format)
{
    (void)format;
    return each_epoch(export, table, false, put_incentive);
}

#define LOW "Lower end of its 90 % interval."
#define HIGH "Upper end of it."
#define READING(business, reading, text)                                                           \
    {business "_" reading "_usd_mw_year", TABLE_NUMBER, text ", USD per MW and year: median."},    \
        {business "_" reading "_lo90_usd_mw_year", TABLE_NUMBER, LOW},                             \
    {                                                                                              \
        business "_" reading "_hi90_usd_mw_year", TABLE_NUMBER, HIGH                               \
    }
#define BUSINESS(business, text)                                                                   \
    READING(business, "revenue", text ", revenue"),                                                \
        READING(business, "after_power", text ", less power"),                                     \
        READING(business, "running", text ", less power and other operation"),                     \
        READING(business, "all_in", text ", less a yearly charge for capital too")

/* clang-format off */
static const struct table_column incentive_columns[] = {
    {"first_height", TABLE_INTEGER, "Height of the epoch's first block."},
    {"first_time", TABLE_TIME, "Header time of its first block."},
    {"price_basis", TABLE_STRING, "As in the dataset hashprice."},
    BUSINESS("mining", "Mining with the network's mean machine"),
    BUSINESS("lease", "A site leased for AI"),
    BUSINESS("gpu", "GPUs of one's own, rented out"),
    {"ratio", TABLE_NUMBER, "Revenue of a lease over that of mining: median."},
    {"ratio_lo90", TABLE_NUMBER, LOW},
    {"ratio_hi90", TABLE_NUMBER, HIGH},
    {"lease_beats_paid_mine", TABLE_NUMBER,
     "Share of draws in which a lease, all in, earns more than a mine that runs on what is paid "
     "for."},
    {"lease_beats_new_mine", TABLE_NUMBER, "The same against a mine, all in."},
    {NULL, TABLE_INTEGER, NULL},
};
/* clang-format on */

const struct export_dataset export_incentive = {
    .name = "incentive",
    .summary = "by the epoch: what a megawatt earns in a year with mining, with a lease for AI and "
               "with GPUs",
    .columns = incentive_columns,
    .store = EXPORT_STORE_MAIN,
    .write = write_incentive,
};
