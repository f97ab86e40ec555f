// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * income: what a petahash earned, epoch by epoch, and what it earns now: the built-in table of
 * epochs and, beyond it, a store's; and the price of the economy's series.
 *
 * Only the main network's coins have a price.
 */
#ifndef HASHTIDE_MONITOR_INCOME_H
#define HASHTIDE_MONITOR_INCOME_H

#include "analysis/incentive.h"
#include "chain/tree.h"
#include "monitor/economy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct income_epoch {
    uint32_t first_height;
    int64_t time,
        end; /* header times of its first block and of the next epoch's; end 0: not known */
    double difficulty;
};

/** Epochs from genesis on; to be freed. tree: the main network's, or NULL. */
struct income_epoch *income_epochs(size_t *count, const struct tree *tree);

struct income {
    bool known;           /* there is a price */
    double price_usd;     /* exp of the mean of its logarithm */
    double subsidy_btc;   /* likewise */
    double usd_ph_day;    /* without fees */
    double reconstructed; /* shares of the time, see price.h */
    double held;
    double log_sd; /* of the price, where it is reconstructed or held */
};

/** Over an epoch; of one whose end is not known over two weeks, or to now. now: UNIX seconds. */
struct income income_of(const struct economy *economy, const struct income_epoch *epoch,
                        int64_t now);
/** At a moment, at the difficulty and the subsidy of an epoch. */
struct income income_at(const struct economy *economy, const struct income_epoch *epoch,
                        int64_t now);

/** Decimal year of a time: 1970 + seconds / 31556952. */
double income_year(int64_t time);
/** "price held", "price reconstructed", "price quoted": what is worst of it. */
const char *income_basis(const struct income *income);

#endif
