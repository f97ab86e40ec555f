// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compare: see compare.h.
 */
#include "config.h"

#include "monitor/compare.h"

#include "analysis/interval.h"
#include "analysis/nowcast.h"
#include "chain/epochs.h"
#include "monitor/mem.h"

#include <math.h>
#include <stdlib.h>

#define EPOCH PARAMS_RETARGET_BLOCKS
/** Epochs of a year, over which growth is taken. */
#define YEAR_EPOCHS 26
/** Blocks before a sum by which the running maximum of header times has settled: none may lie two
 *  hours ahead. */
#define SETTLE_BLOCKS 100
/** The level of the test, and the least power that is worth its name. */
#define LEVEL 0.05
#define POWER_LEAST 0.5

struct compare_chain compare_chain(const struct tree *tree, const struct params *params)
{
    return (struct compare_chain){tree, params->network == NETWORK_MAIN};
}

static uint32_t base_of(const struct compare_chain *chain)
{
    return tree_base_height(chain->tree);
}

static uint32_t tip_of(const struct compare_chain *chain)
{
    return tree_get(chain->tree, tree_best(chain->tree)).height;
}

static struct tree_node node_at(const struct compare_chain *chain, uint32_t height)
{
    return tree_get(chain->tree, tree_best_at(chain->tree, height));
}

/* ---- heights and times ---- */

/* Height of the first block stamped at or after time: before the store, of the first epoch. */
static uint32_t first_at(const struct compare_chain *chain, int64_t time)
{
    uint32_t base = base_of(chain);

    if (chain->table && base > 0 && time <= (int64_t)node_at(chain, base).time) {
        for (size_t i = 0; i < epochs_count() && i < base / EPOCH; i++)
            if ((int64_t)epochs_get(i).time >= time)
                return (uint32_t)i * EPOCH;
        return base;
    }
    return when_first_at(chain->tree, time);
}

bool compare_find(struct compare_span *out, const struct compare_chain *chain,
                  const struct when *from, const struct when *to)
{
    uint32_t tip = tip_of(chain);
    uint32_t end = to->is_time ? first_at(chain, to->time + to->length) : to->height + 1;

    if (!chain->table && end <= base_of(chain))
        return false;
    out->from = from->is_time ? first_at(chain, from->time) : from->height;
    if (end == 0 || out->from > tip)
        return false;
    out->to = end - 1 < tip ? end - 1 : tip;
    return out->from <= out->to;
}

static int64_t time_of(const struct compare_chain *chain, uint32_t height)
{
    if (height >= base_of(chain))
        return height <= tip_of(chain) ? (int64_t)node_at(chain, height).time : 0;
    if (chain->table && height / EPOCH < epochs_count())
        return epochs_get(height / EPOCH).time;
    return 0;
}

int64_t compare_from_time(const struct compare_chain *chain, const struct compare_span *span)
{
    return time_of(chain, span->from);
}

int64_t compare_to_time(const struct compare_chain *chain, const struct compare_span *span)
{
    /* Where only epochs' beginnings are known, one ends where the next begins. */
    return time_of(chain, span->to < base_of(chain) ? span->to + 1 : span->to);
}

/* ---- batches ---- */

/** Sums intervals of blocks in order. */
struct summer {
    const struct compare_chain *chain;
    struct interval_clock clock;
    uint32_t height; /* of the next block */
    uint32_t bits;
    double work_eh;
};

static struct summer summer_at(const struct compare_chain *chain, uint32_t height)
{
    uint32_t base = base_of(chain);

    return (struct summer){.chain = chain,
                           .height = height > base + SETTLE_BLOCKS ? height - SETTLE_BLOCKS : base};
}

/* The sum of the intervals of `count` blocks from first on, which is not before the last sum's end;
 * NaN where one of them has none. */
static double sum_of(struct summer *summer, uint32_t first, unsigned count)
{
    uint32_t tip = tip_of(summer->chain);
    double sum = 0.0;
    unsigned found = 0;

    for (; summer->height <= tip && summer->height < first + count; summer->height++) {
        struct tree_node node = node_at(summer->chain, summer->height);
        struct interval interval;

        if (node.bits != summer->bits) {
            summer->bits = node.bits;
            summer->work_eh = interval_work_eh(node.bits);
        }
        if (!interval_next(&interval, &summer->clock, node.time, summer->work_eh) ||
            summer->height < first)
            continue;
        sum += interval.u;
        found++;
    }
    return found == count ? sum : NAN;
}

/* An epoch by the built-in table: from its first block to the next epoch's, which may be the
 * store's. NaN if it is not known. */
static double table_sum(const struct compare_chain *chain, uint32_t epoch)
{
    struct epoch_row row;
    int64_t end = 0;

    if (!chain->table || epoch >= epochs_count())
        return NAN;
    row = epochs_get(epoch);
    if (epoch + 1 < epochs_count() || (epoch + 1) * EPOCH == base_of(chain))
        end = time_of(chain, (epoch + 1) * EPOCH);
    if (end <= (int64_t)row.time)
        return NAN;
    return ((double)end - row.time) / interval_work_eh(row.bits);
}

static double epoch_sum(const struct compare_chain *chain, uint32_t epoch)
{
    uint32_t first = epoch * EPOCH;
    struct summer summer = summer_at(chain, first);

    return first > base_of(chain) ? sum_of(&summer, first, EPOCH) : table_sum(chain, epoch);
}

/* Growth to expect, by what was known when the span began. */
static double drift_before(const struct compare_chain *chain, uint32_t height)
{
    uint32_t epoch = height / EPOCH;
    double last = NAN;
    double earlier = NAN;

    if (epoch <= YEAR_EPOCHS)
        return 0.0;
    last = EPOCH / epoch_sum(chain, epoch - 1);
    earlier = EPOCH / epoch_sum(chain, epoch - 1 - YEAR_EPOCHS);
    return isnan(last) || isnan(earlier) ? 0.0 : nowcast_drift(last, earlier);
}

static bool excepted(const struct compare_span *except, size_t count, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < count; i++)
        if (first <= except[i].to && last >= except[i].from)
            return true;
    return false;
}

struct compare_series compare_series(const struct compare_chain *chain, struct compare_span span,
                                     unsigned batch, const struct compare_span *except,
                                     size_t except_count)
{
    uint32_t from = (span.from + batch - 1) / batch; /* batches */
    uint32_t end = (span.to + 1) / batch;
    size_t count = end > from ? end - from : 0;
    struct summer summer = summer_at(chain, from * batch);
    double *log_rate = mem_zeroed(count + 1, sizeof *log_rate);
    struct compare_series out = {
        .log_rate = log_rate,
        .series = {log_rate, count, batch, drift_before(chain, span.from)},
        .span = {from * batch, end * batch - 1},
    };

    for (size_t i = 0; i < count; i++) {
        uint32_t first = (from + (uint32_t)i) * batch;
        double sum = batch == VOLATILITY_BATCH_EPOCH ? epoch_sum(chain, first / EPOCH)
                                                     : sum_of(&summer, first, batch);

        log_rate[i] = sum > 0.0 ? volatility_log_rate(sum, batch) : NAN;
        if (isnan(log_rate[i]))
            continue;
        if (excepted(except, except_count, first, first + batch - 1)) {
            log_rate[i] = NAN;
            out.left_out++;
        } else {
            out.known++;
        }
    }
    return out;
}

void compare_free(struct compare_series *series)
{
    free(series->log_rate);
    series->log_rate = NULL;
}

/* ---- in words ---- */

enum compare_word compare_word(const struct volatility_risen *risen)
{
    if (risen->p < LEVEL)
        return COMPARE_RISEN;
    return risen->power20 >= POWER_LEAST ? COMPARE_NOT_SEEN : COMPARE_CANNOT_SEE;
}

/* What has risen. */
static const char *risen_summary(bool walk, bool transient)
{
    if (walk && transient)
        return "Volatility has risen: the hash rate wanders more, and swings that return have "
               "grown "
               "too.";
    if (walk)
        return "Volatility has risen: the hash rate wanders more than before, and where it goes it "
               "stays.";
    if (transient)
        return "Swings have grown, but they return: shocks that are undone, not a hash rate that "
               "wanders more.";
    return "Changes have grown; whether they stay or return is more than these periods can tell.";
}

const char *compare_summary(const struct volatility_risen risen[3])
{
    enum compare_word words[3];
    bool less = true;

    for (int i = 0; i < 3; i++) {
        words[i] = compare_word(&risen[i]);
        less = less && risen[i].after < risen[i].before;
    }
    if (words[VOLATILITY_WALK] == COMPARE_RISEN || words[VOLATILITY_TRANSIENT] == COMPARE_RISEN ||
        words[VOLATILITY_CHANGES] == COMPARE_RISEN)
        return risen_summary(words[VOLATILITY_WALK] == COMPARE_RISEN,
                             words[VOLATILITY_TRANSIENT] == COMPARE_RISEN);
    if (less)
        return "No rise: every figure is smaller than before.";
    if (words[VOLATILITY_WALK] == COMPARE_CANNOT_SEE ||
        words[VOLATILITY_CHANGES] == COMPARE_CANNOT_SEE)
        return "No rise is seen, which says little: in periods like these even a doubling would "
               "mostly be missed.";
    if (words[VOLATILITY_TRANSIENT] == COMPARE_CANNOT_SEE)
        return "No rise is seen, and a doubling of the walk or of changes would probably have "
               "been; "
               "swings that return are too small here to be told from luck.";
    return "No rise is seen, and a doubling would probably have been.";
}
