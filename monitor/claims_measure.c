// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * claims_measure: see claims_measure.h.
 */
#include "config.h"

#include "monitor/claims_measure.h"

#include "analysis/hashprice.h"
#include "analysis/incentive.h"
#include "analysis/interval.h"
#include "analysis/nowcast.h"
#include "analysis/site.h"
#include "analysis/volatility.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "monitor/economy.h"
#include "monitor/efficiencyfile.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"
#include "monitor/snapshot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_BLOCKS 2016u
/** Hash rate of an attacker who has as much as all others: half of what there is then. */
#define HALF 0.5
/** A reconstructed price is sure to so much, sd of its logarithm, and 1.645 of them make 90 %. */
#define PRICE_SD 0.05
#define Z90 1.645
/** Epochs of a year, by which growth is expected. */
#define YEAR_EPOCHS 26
/** Regions with rows of their own that the table of economics has at most. */
#define REGIONS_MAX 64

/** An epoch: its first block. */
struct epoch {
    int64_t time;
    uint32_t bits;
};

struct claims_data {
    struct epoch *epochs; /* from genesis on; the last is where the last whole one ends */
    size_t count;
    struct ledgerfile ledger;
    struct efficiencyfile efficiency;
    struct economy economy;
};

/* ---- gathering ---- */

/* The built-in table, and epochs that the store has beyond it. */
static void gather_epochs(struct claims_data *data, struct headerfile *file)
{
    const struct tree *tree = file != NULL ? headerfile_tree(file) : NULL;
    uint32_t tip = tree != NULL ? tree_get(tree, tree_best(tree)).height : 0;
    size_t most = epochs_count() + tip / EPOCH_BLOCKS + 1;

    data->epochs = mem_zeroed(most, sizeof *data->epochs);
    for (; data->count < epochs_count(); data->count++) {
        struct epoch_row row = epochs_get(data->count);

        data->epochs[data->count] = (struct epoch){row.time, row.bits};
    }
    while (tree != NULL && data->count * EPOCH_BLOCKS <= tip &&
           data->count * EPOCH_BLOCKS >= tree_base_height(tree)) {
        struct tree_node node =
            tree_get(tree, tree_best_at(tree, (uint32_t)(data->count * EPOCH_BLOCKS)));

        data->epochs[data->count++] = (struct epoch){node.time, node.bits};
    }
}

static bool read_epochs(struct claims_data *data, char message[TABLEFILE_MESSAGE_SIZE],
                        const struct settings *settings)
{
    char *text = mem_zeroed(1, SNAPSHOT_MESSAGE_SIZE);
    struct headerfile *file = NULL;
    bool good = snapshot_open(&file, text, settings) != SNAPSHOT_BROKEN;

    if (good)
        gather_epochs(data, file);
    else
        snprintf(message, TABLEFILE_MESSAGE_SIZE, "%.*s", TABLEFILE_MESSAGE_SIZE - 1, text);
    headerfile_close(file);
    free(text);
    return good;
}

struct claims_data *claims_data_new(char message[TABLEFILE_MESSAGE_SIZE],
                                    const struct settings *settings, tablefile_say_fn say,
                                    void *context)
{
    struct claims_data *data = mem_zeroed(1, sizeof *data);
    struct ledgerfile_options options = {.day = LEDGER_LATEST, .say = say, .context = context};

    if (settings->params->network != NETWORK_MAIN) {
        snprintf(message, TABLEFILE_MESSAGE_SIZE, "claims are about the main network");
        free(data);
        return NULL;
    }
    if (!ledgerfile_load(&data->ledger, message, settings, &options) ||
        !efficiencyfile_load(&data->efficiency, message, settings, say, context) ||
        !economy_load(&data->economy, settings, message, NULL, NULL) ||
        !read_epochs(data, message, settings)) {
        claims_data_free(data);
        return NULL;
    }
    return data;
}

void claims_data_free(struct claims_data *data)
{
    if (data == NULL)
        return;
    ledgerfile_free(&data->ledger);
    efficiencyfile_free(&data->efficiency);
    economy_free(&data->economy);
    free(data->epochs);
    free(data);
}

int32_t claims_data_last(const struct claims_data *data)
{
    return (int32_t)(data->epochs[data->count - 1].time / DAY_S);
}

/* ---- figures ---- */

static void evidence(struct claims_measured *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void evidence(struct claims_measured *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(out->evidence, sizeof out->evidence, format, arguments);
    va_end(arguments);
}

static struct claim_figure exact(double value)
{
    return (struct claim_figure){.known = true, .value = value, .low = value, .high = value};
}

static int64_t seconds(int32_t day)
{
    return (int64_t)day * DAY_S;
}

static double year_of(int32_t day)
{
    return 1970.0 + (double)seconds(day) / DAY_YEAR_S;
}

/* The epoch in which a day begins; the last whole one at most. */
static size_t epoch_at(const struct claims_data *data, int32_t day)
{
    size_t at = data->count - 2;

    while (at > 0 && data->epochs[at].time > seconds(day))
        at--;
    return at;
}

/* Mean hash rate of an epoch, EH/s. */
static double rate_of(const struct claims_data *data, size_t epoch)
{
    const struct epoch *row = &data->epochs[epoch];

    return EPOCH_BLOCKS * interval_work_eh(row->bits) / (double)(row[1].time - row->time);
}

/** What a metric is measured between. */
struct window {
    int32_t from, to;   /* days; to: the deadline, or the last day of the data */
    size_t first, last; /* the epochs at both ends */
};

static void measure_chain(struct claims_measured *out, const struct claims_data *data,
                          const struct claim *claim, const struct window *window)
{
    bool difficulty = claim->metric == CLAIM_DIFFICULTY_CHANGE;
    double before = difficulty ? compact_difficulty(data->epochs[window->first].bits) / 1e12
                               : rate_of(data, window->first);
    double after = difficulty ? compact_difficulty(data->epochs[window->last].bits) / 1e12
                              : rate_of(data, window->last);

    out->figure = exact(after / before - 1.0);
    if (!difficulty) { /* luck of two epochs, 90 % */
        double luck = Z90 * sqrt(2.0 / EPOCH_BLOCKS);

        out->figure.low = after / before * exp(-luck) - 1.0;
        out->figure.high = after / before * exp(luck) - 1.0;
    }
    evidence(out, "from %.4g to %.4g %s", before, after,
             difficulty ? "T" : "EH/s, means of epochs");
}

/* Hashprice at an epoch's beginning, subsidy alone; sd of its logarithm. NaN without a price. */
static double hashprice_at(const struct claims_data *data, size_t epoch, double *sd)
{
    struct price_series series = economy_series(&data->economy);
    struct price_mean price;
    int64_t time = data->epochs[epoch].time;

    if (series.count == 0 || !price_log_at(&price, &series, time) || price.held > 0.0)
        return NAN;
    *sd = price.reconstructed > 0.0 ? PRICE_SD : 0.0;
    return hashprice_usd(exp(price.log_usd),
                         hashprice_subsidy_btc((uint32_t)(epoch * EPOCH_BLOCKS)),
                         compact_difficulty(data->epochs[epoch].bits));
}

static void measure_hashprice(struct claims_measured *out, const struct claims_data *data,
                              const struct window *window)
{
    double before_sd = 0.0;
    double after_sd = 0.0;
    double before = hashprice_at(data, window->first, &before_sd);
    double after = hashprice_at(data, window->last, &after_sd);
    double spread = Z90 * hypot(before_sd, after_sd);

    if (isnan(before) || isnan(after)) {
        evidence(out, "no data: there is no price at both ends of the window");
        return;
    }
    out->figure = exact(after / before - 1.0);
    out->figure.low = after / before * exp(-spread) - 1.0;
    out->figure.high = after / before * exp(spread) - 1.0;
    evidence(out, "from %.3g to %.3g USD per PH/s and day%s", before, after,
             spread > 0.0 ? "; prices are reconstructed" : "");
}

/* The daily volatility of epochs first to last. False where there are too few. */
static bool walk_of(struct volatility_fit *out, const struct claims_data *data, size_t first,
                    size_t last)
{
    double *log_rate = mem_zeroed(last - first + 1, sizeof *log_rate);
    struct volatility_series series = {
        .log_rate = log_rate, .count = last - first + 1, .batch = VOLATILITY_BATCH_EPOCH};
    bool good = false;

    if (first > YEAR_EPOCHS) /* by what was known when they began */
        series.drift =
            nowcast_drift(rate_of(data, first - 1), rate_of(data, first - 1 - YEAR_EPOCHS));

    for (size_t i = 0; i < series.count; i++)
        log_rate[i] =
            volatility_log_rate(EPOCH_BLOCKS / rate_of(data, first + i), VOLATILITY_BATCH_EPOCH);
    good = volatility_fit(out, &series);
    free(log_rate);
    return good;
}

static void measure_volatility(struct claims_measured *out, const struct claims_data *data,
                               const struct window *window)
{
    struct volatility_fit before, after;
    size_t length = window->last - window->first;

    if (length == 0 || window->first < length ||
        !walk_of(&before, data, window->first - length, window->first - 1) ||
        !walk_of(&after, data, window->first, window->last)) {
        evidence(out, "no data: fewer than %d epochs on either side", VOLATILITY_LEAST);
        return;
    }
    out->figure.known = true;
    out->figure.value = after.daily_sd / before.daily_sd - 1.0;
    /* Ends of both intervals against each other: no narrower than 95 %. */
    out->figure.low = after.lo95 / before.hi95 - 1.0;
    out->figure.high = before.lo95 > 0.0 ? after.hi95 / before.lo95 - 1.0 : HUGE_VAL;
    evidence(out, "from %.2f to %.2f %% a day, %zu epochs on each side", 100.0 * before.daily_sd,
             100.0 * after.daily_sd, length);
}

/* J/TH of the fleet; false where it is not known. */
static bool fleet_at(struct economics_range *out, const struct claims_data *data, int32_t day)
{
    return economics_at(out, NULL, &data->economy.economics, ECONOMICS_FLEET_J_TH, "",
                        year_of(day));
}

/* Change of the fleet's J/TH, or with hash rate of the power that it draws. */
static void measure_fleet(struct claims_measured *out, const struct claims_data *data,
                          const struct claim *claim, const struct window *window)
{
    struct economics_range before, after;
    bool attack = claim->metric == CLAIM_ATTACK_CHANGE;
    double scale = attack ? rate_of(data, window->last) / rate_of(data, window->first) : 1.0;

    if (!fleet_at(&before, data, window->from) || !fleet_at(&after, data, window->to)) {
        evidence(out, "no data: the fleet's efficiency is not known at both ends");
        return;
    }
    out->figure.known = true;
    out->figure.value = scale * after.central / before.central - 1.0;
    out->figure.low = scale * after.low / before.high - 1.0;
    out->figure.high = scale * after.high / before.low - 1.0;
    if (attack) /* 1 EH/s at 1 J/TH is 1 MW */
        evidence(out, "from %.0f to %.0f MW for half of the hash rate",
                 HALF * rate_of(data, window->first) * before.central,
                 HALF * rate_of(data, window->last) * after.central);
    else
        evidence(out, "from %.3g to %.3g J/TH, ranges %.3g to %.3g and %.3g to %.3g",
                 before.central, after.central, before.low, before.high, after.low, after.high);
}

/* ---- economics ---- */

static struct incentive_figure ratio_in(const struct claims_data *data, const char *region,
                                        const struct window *window)
{
    struct incentive_figure none = {.known = false};
    struct incentive incentive;
    struct incentive_options options = {
        .region = region, .year = year_of(window->to), .seed = 1, .draws = INCENTIVE_DRAWS};

    options.usd_ph_day = hashprice_at(data, window->last, &options.log_sd);
    if (isnan(options.usd_ph_day) ||
        !incentive_compute(&incentive, &data->economy.economics, &options))
        return none;
    return incentive.ratio;
}

static void measure_ratio(struct claims_measured *out, const struct claims_data *data,
                          const struct window *window)
{
    struct incentive_figure ratio = ratio_in(data, "", window);

    if (!ratio.known) {
        evidence(out, "no data: no price, or an input of the table of economics, on that day");
        return;
    }
    out->figure = (struct claim_figure){true, ratio.median, ratio.low, ratio.high};
    evidence(out, "%.3g, 90 %% of draws from %.3g to %.3g: revenue alone, no cost of capital",
             ratio.median, ratio.low, ratio.high);
}

/* Regions that have rows of their own. */
static size_t list_regions(const char *regions[REGIONS_MAX], const struct economics *economics)
{
    size_t count = 0;

    for (size_t i = 0; i < economics->count && count < REGIONS_MAX; i++) {
        const char *region = economics->rows[i].region;
        size_t at = 0;

        while (at < count && strcmp(regions[at], region) != 0)
            at++;
        if (region[0] != '\0' && at == count)
            regions[count++] = region;
    }
    return count;
}

static void measure_regions(struct claims_measured *out, const struct claims_data *data,
                            const struct window *window)
{
    const char *regions[REGIONS_MAX];
    size_t count = list_regions(regions, &data->economy.economics);
    size_t above[3] = {0}; /* low, median, high */
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        struct incentive_figure ratio = ratio_in(data, regions[i], window);

        known += ratio.known ? 1 : 0;
        above[0] += ratio.known && ratio.low > 1.0 ? 1 : 0;
        above[1] += ratio.known && ratio.median > 1.0 ? 1 : 0;
        above[2] += ratio.known && ratio.high > 1.0 ? 1 : 0;
    }
    if (known == 0) {
        evidence(out, "no data: no price, or an input of the table of economics, on that day");
        return;
    }
    out->figure =
        (struct claim_figure){true, (double)above[1] / (double)known,
                              (double)above[0] / (double)known, (double)above[2] / (double)known};
    evidence(out, "in %zu of %zu regions, surely in %zu: revenue alone, no cost of capital",
             above[1], known, above[0]);
}

/* ---- the ledger ---- */

static void measure_rebrands(struct claims_measured *out, const struct claims_data *data,
                             const struct window *window)
{
    const struct ledger *ledger = &data->ledger.ledger;
    size_t surely = 0;
    size_t perhaps = 0;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (!row->in_force || row->kind != LEDGER_REBRAND || !row->announced.known)
            continue;
        surely += row->announced.first >= window->from && row->announced.last <= window->to ? 1 : 0;
        perhaps +=
            row->announced.last >= window->from && row->announced.first <= window->to ? 1 : 0;
    }
    out->figure = (struct claim_figure){true, (double)perhaps, (double)surely, (double)perhaps};
    evidence(out, "%zu in the window, %zu surely; the ledger knows no more than it lists", perhaps,
             surely);
}

static void measure_ai_share(struct claims_measured *out, const struct claims_data *data,
                             const struct window *window)
{
    const struct ledger *ledger = &data->ledger.ledger;
    struct site *sites = mem_zeroed(ledger->count + 1, sizeof *sites);
    size_t count = ledger_sites(sites, ledger);
    double time = year_of(window->to);
    double rate = rate_of(data, window->last);
    struct site_options options;
    struct site_paths *paths = NULL;
    struct site_figure net;

    site_options_init(&options);
    if (site_priors_set_knots(&options.priors, data->efficiency.table.knots,
                              data->efficiency.table.knot_count) != NULL) {
        evidence(out, "no data: the table of efficiency has figures that the model refuses");
        free(sites);
        return;
    }
    paths = site_paths_new(sites, count, &time, 1, &options);
    if (paths != NULL && site_paths_figure(&net, paths, SITE_NET, 0, NULL)) {
        out->figure =
            (struct claim_figure){true, net.mean / (rate + net.mean), net.lo90 / (rate + net.lo90),
                                  net.hi90 / (rate + net.hi90)};
        evidence(out, "%.3g EH/s net, 90 %% of draws from %.3g to %.3g, of %.4g: given the ledger",
                 net.mean, net.lo90, net.hi90, rate + net.mean);
    } else {
        evidence(out, "no data: memory is short");
    }
    site_paths_free(paths);
    free(sites);
}

/* ---- all of them ---- */

void claims_measure(struct claims_measured *out, const struct claims_data *data,
                    const struct claim *claim)
{
    int32_t last = claims_data_last(data);
    struct window window = {.from = claim->from};

    *out = (struct claims_measured){.reached = claim->deadline <= last};
    if (claim->metric == CLAIM_NONE) {
        evidence(out, "%.200s", claim->note);
        return;
    }
    window.to = out->reached ? claim->deadline : last;
    window.first = epoch_at(data, window.from);
    window.last = epoch_at(data, window.to);
    if (window.to <= window.from) {
        evidence(out, "no data: the window begins after their end");
        return;
    }
    switch (claim->metric) {
    case CLAIM_DIFFICULTY_CHANGE:
    case CLAIM_HASHRATE_CHANGE:
        measure_chain(out, data, claim, &window);
        break;
    case CLAIM_HASHPRICE_CHANGE:
        measure_hashprice(out, data, &window);
        break;
    case CLAIM_VOLATILITY_CHANGE:
        measure_volatility(out, data, &window);
        break;
    case CLAIM_EFFICIENCY_CHANGE:
    case CLAIM_ATTACK_CHANGE:
        measure_fleet(out, data, claim, &window);
        break;
    case CLAIM_INCENTIVE_RATIO:
        measure_ratio(out, data, &window);
        break;
    case CLAIM_INCENTIVE_REGIONS:
        measure_regions(out, data, &window);
        break;
    case CLAIM_REBRANDS:
        measure_rebrands(out, data, &window);
        break;
    case CLAIM_AI_SHARE:
        measure_ai_share(out, data, &window);
        break;
    case CLAIM_CONCENTRATION:
    case CLAIM_NONE:
    case CLAIM_METRICS:
        evidence(out, "no data: shares of pools are not known here");
        break;
    }
}
