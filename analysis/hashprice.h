// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hashprice: what a unit of hash rate earns in a day, at what price of power it pays for its own,
 * and which share of all machines it does not pay.
 *
 *     hashprice   = price x reward x 86400e15 / (difficulty x 2^32)      USD per PH/s and day
 *     power cost  = 0.024 x J/TH x overhead x USD/MWh                    USD per PH/s and day
 *
 * (1 PH/s at e J/TH draws e kW, 0.024 e MWh in a day.) Fees are known only from blocks; the reward
 * is the subsidy unless the caller adds them.
 */
#ifndef HASHTIDE_ANALYSIS_HASHPRICE_H
#define HASHTIDE_ANALYSIS_HASHPRICE_H

#include <stdbool.h>
#include <stdint.h>

/** Blocks between two halvings of the main network. */
#define HASHPRICE_HALVING_BLOCKS 210000u
/** MWh in a day of 1 PH/s at 1 J/TH. */
#define HASHPRICE_MWH_PER_J 0.024

/** Subsidy of the block at a height, in BTC; whole satoshis, 0 from the 64th halving on. */
double hashprice_subsidy_btc(uint32_t height);
/** Mean of ln subsidy in BTC over `count` heights from `first` on, all with a subsidy: an epoch
 *  with a halving in it lies between, by its shares. count > 0 (asserted). */
double hashprice_mean_log_subsidy(uint32_t first, uint32_t count);

/** USD per PH/s and day; all arguments positive (asserted). */
double hashprice_usd(double price_usd, double reward_btc, double difficulty);
/** The price at which a hashprice would come about: its inverse. */
double hashprice_price(double usd_ph_day, double reward_btc, double difficulty);

/** J/TH of a machine that just earns its power, the site's overhead counted in. */
double hashprice_breakeven_j_th(double usd_ph_day, double usd_mwh, double overhead);
/** What power may cost a machine, in USD/MWh. */
double hashprice_breakeven_usd_mwh(double usd_ph_day, double j_th, double overhead);
/** The hashprice that just pays a machine's power. */
double hashprice_breakeven_usd(double j_th, double usd_mwh, double overhead);

/** What has to be known of a machine that is bought to run where power costs this. */
struct hashprice_machine {
    double usd_th, j_th;
    double usd_mwh;  /* may be negative */
    double overhead; /* as below */
};
/**
 * Days in which it earns what it cost, at this hashprice all the time and running all the time:
 *     1000 x USD/TH / (hashprice - 0.024 x J/TH x overhead x USD/MWh)
 * (1 PH/s of them costs 1000 x USD/TH.) False, *days untouched, where it does not earn its power.
 */
bool hashprice_payback_days(double *days, const struct hashprice_machine *machine,
                            double usd_ph_day);

/**
 * The fleet: J/TH of its machines, by hash rate, and the price that each pays for power, both
 * lognormal and independent. The first is given by its mean over hash rate, which is what surveys
 * tell; the second by its median.
 */
struct hashprice_fleet {
    double mean_j_th;
    double sd_j_th; /* of the logarithm, between machines */
    double median_usd_mwh;
    double sd_usd_mwh; /* of the logarithm, between owners */
    double overhead;   /* power of the site over that of its machines, >= 1 */
};
/** Share of the fleet's hash rate whose power costs more than it earns: in [0, 1]. */
double hashprice_underwater(const struct hashprice_fleet *fleet, double usd_ph_day);

#endif
