// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hashprice: see hashprice.h.
 */
#include "config.h"

#include "analysis/hashprice.h"

#include <assert.h>
#include <math.h>

#define FIRST_SUBSIDY_SATOSHI UINT64_C(5000000000)
#define SATOSHI_PER_BTC 1e8
#define HALVINGS_MOST 64u
#define TH_PER_PH 1000.0
/** Hashes in a day of 1 PH/s. */
#define HASHES_PER_PH_DAY (86400.0 * 1e15)
/** Hashes that a block takes at difficulty 1. Exactly it is 2^48 / 65535, 15 millionths more; the
 *  trade quotes it this way, and so does doc/METHODS.md. */
#define HASHES_PER_DIFFICULTY 4294967296.0

double hashprice_subsidy_btc(uint32_t height)
{
    uint32_t halvings = height / HASHPRICE_HALVING_BLOCKS;

    if (halvings >= HALVINGS_MOST)
        return 0.0;
    return (double)(FIRST_SUBSIDY_SATOSHI >> halvings) / SATOSHI_PER_BTC;
}

double hashprice_mean_log_subsidy(uint32_t first, uint32_t count)
{
    double sum = 0.0;
    uint32_t left = count;

    assert(count > 0);
    for (uint32_t height = first; left > 0;) {
        uint32_t same = HASHPRICE_HALVING_BLOCKS - height % HASHPRICE_HALVING_BLOCKS;
        uint32_t step = same < left ? same : left;

        sum += (double)step * log(hashprice_subsidy_btc(height));
        height += step;
        left -= step;
    }
    return sum / (double)count;
}

double hashprice_usd(double price_usd, double reward_btc, double difficulty)
{
    assert(price_usd > 0.0 && reward_btc > 0.0 && difficulty > 0.0);
    return price_usd * reward_btc * HASHES_PER_PH_DAY / (difficulty * HASHES_PER_DIFFICULTY);
}

double hashprice_price(double usd_ph_day, double reward_btc, double difficulty)
{
    assert(usd_ph_day > 0.0 && reward_btc > 0.0 && difficulty > 0.0);
    return usd_ph_day * difficulty * HASHES_PER_DIFFICULTY / (reward_btc * HASHES_PER_PH_DAY);
}

double hashprice_breakeven_j_th(double usd_ph_day, double usd_mwh, double overhead)
{
    assert(usd_mwh > 0.0 && overhead > 0.0);
    return usd_ph_day / (HASHPRICE_MWH_PER_J * usd_mwh * overhead);
}

double hashprice_breakeven_usd_mwh(double usd_ph_day, double j_th, double overhead)
{
    assert(j_th > 0.0 && overhead > 0.0);
    return usd_ph_day / (HASHPRICE_MWH_PER_J * j_th * overhead);
}

double hashprice_breakeven_usd(double j_th, double usd_mwh, double overhead)
{
    return HASHPRICE_MWH_PER_J * j_th * usd_mwh * overhead;
}

bool hashprice_payback_days(double *days, const struct hashprice_machine *machine,
                            double usd_ph_day)
{
    double earned =
        usd_ph_day - HASHPRICE_MWH_PER_J * machine->j_th * machine->usd_mwh * machine->overhead;

    assert(machine->usd_th > 0.0 && machine->j_th > 0.0 && machine->overhead >= 1.0);
    if (earned <= 0.0)
        return false;
    *days = TH_PER_PH * machine->usd_th / earned;
    return true;
}

/* The cost of power of a unit of hash rate is lognormal too: ln J/TH + ln USD/MWh + a constant.
 * Among machines weighted by hash rate ln J/TH has mean ln(mean) - sd^2 / 2. */
double hashprice_underwater(const struct hashprice_fleet *fleet, double usd_ph_day)
{
    double centre =
        log(hashprice_breakeven_usd(fleet->mean_j_th, fleet->median_usd_mwh, fleet->overhead)) -
        0.5 * fleet->sd_j_th * fleet->sd_j_th;
    double spread = hypot(fleet->sd_j_th, fleet->sd_usd_mwh);
    double above = centre - log(usd_ph_day);

    assert(usd_ph_day > 0.0);
    if (spread <= 0.0)
        return above > 0.0 ? 1.0 : 0.0;
    return 0.5 * erfc(-above / (spread * sqrt(2.0)));
}
