// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * income: see income.h.
 */
#include "config.h"

#include "monitor/income.h"

#include "analysis/day.h"
#include "analysis/hashprice.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/params.h"
#include "monitor/mem.h"

#include <math.h>

#define EPOCH PARAMS_RETARGET_BLOCKS
/** Of blocks: where an epoch's end is not known, it is taken to be as long as it is meant to be. */
#define PLANNED_SPACING_S 600
/** Error of a reconstructed price, of the logarithm: doc/METHODS.md. */
#define RECONSTRUCTED_SD 0.05
/** What the price moves in a day, of the logarithm: where it is held, it may have gone anywhere. */
#define DAILY_SD 0.03

static void put_tree(struct income_epoch *epochs, size_t *count, const struct tree *tree)
{
    uint32_t tip = tree_get(tree, tree_best(tree)).height;
    uint32_t base = tree_base_height(tree);

    for (uint32_t height = (uint32_t)*count * EPOCH; height <= tip; height += EPOCH) {
        struct tree_node node;

        if (height < base)
            return; /* between the table and the store nothing is known */
        node = tree_get(tree, tree_best_at(tree, height));
        if (*count > 0)
            epochs[*count - 1].end = node.time;
        epochs[(*count)++] = (struct income_epoch){
            .first_height = height, .time = node.time, .difficulty = compact_difficulty(node.bits)};
    }
}

struct income_epoch *income_epochs(size_t *count, const struct tree *tree)
{
    size_t most =
        epochs_count() + (tree != NULL ? tree_get(tree, tree_best(tree)).height / EPOCH + 1 : 0);
    struct income_epoch *epochs = mem_zeroed(most, sizeof *epochs);

    for (*count = 0; *count < epochs_count(); (*count)++) {
        struct epoch_row row = epochs_get(*count);

        epochs[*count] = (struct income_epoch){.first_height = row.height,
                                               .time = row.time,
                                               .difficulty = compact_difficulty(row.bits)};
        if (*count > 0)
            epochs[*count - 1].end = row.time;
    }
    if (tree != NULL)
        put_tree(epochs, count, tree);
    return epochs;
}

static struct income make(const struct economy *economy, const struct income_epoch *epoch,
                          const struct price_mean *price, int64_t until)
{
    int64_t last = economy->points[economy->count - 1].time;
    double held_days = until > last ? (double)(until - last) / DAY_S : 0.0;
    struct income out = {.known = true,
                         .price_usd = exp(price->log_usd),
                         .reconstructed = price->reconstructed,
                         .held = price->held};

    out.subsidy_btc = exp(hashprice_mean_log_subsidy(epoch->first_height, EPOCH));
    out.usd_ph_day = hashprice_usd(out.price_usd, out.subsidy_btc, epoch->difficulty);
    out.log_sd =
        hypot(RECONSTRUCTED_SD * price->reconstructed, DAILY_SD * sqrt(held_days) * price->held);
    return out;
}

struct income income_of(const struct economy *economy, const struct income_epoch *epoch,
                        int64_t now)
{
    struct price_series series = economy_series(economy);
    struct price_mean price;
    int64_t planned = epoch->time + EPOCH * PLANNED_SPACING_S;
    int64_t end = epoch->end > 0 ? epoch->end : planned < now ? planned : now;

    if (end <= epoch->time || !price_mean_over(&price, &series, epoch->time, end))
        return (struct income){.known = false};
    return make(economy, epoch, &price, end);
}

struct income income_at(const struct economy *economy, const struct income_epoch *epoch,
                        int64_t now)
{
    struct price_series series = economy_series(economy);
    struct price_mean price;

    if (!price_log_at(&price, &series, now))
        return (struct income){.known = false};
    return make(economy, epoch, &price, now);
}

double income_year(int64_t time)
{
    return 1970.0 + (double)time / DAY_YEAR_S;
}

const char *income_basis(const struct income *income)
{
    if (income->held > 0.0)
        return "held";
    return income->reconstructed > 0.0 ? "reconstructed" : "quoted";
}
