// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_inputs: see departure_inputs.h.
 */
#include "config.h"

#include "monitor/departure_inputs.h"

#include "analysis/hashprice.h"
#include "chain/params.h"
#include "monitor/economy.h"
#include "monitor/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Prices -------------------------------------------------------------- */

/* ln(price x subsidy) of each epoch, NaN where nothing is known, and how much of it was quoted. */
static void read_income(double *income, double *unquoted, const struct departure_series *all,
                        const struct price_series *prices)
{
    for (size_t i = 0; i < all->count; i++) {
        struct price_mean mean;

        income[i] = NAN;
        unquoted[i] = 0;
        if (!price_mean_over(&mean, prices, all->begins[i], all->begins[i + 1]))
            continue;
        income[i] =
            mean.log_usd + hashprice_mean_log_subsidy(all->heights[i], PARAMS_RETARGET_BLOCKS);
        unquoted[i] = fmin(1, mean.reconstructed + mean.held);
    }
}

bool departure_inputs_price(struct departure_series *series, int64_t *reconstructed,
                            const struct departure_series *all, const struct price_series *prices)
{
    double *income = mem_zeroed(all->count + 1, sizeof *income);
    double *unquoted = mem_zeroed(all->count + 1, sizeof *unquoted);
    size_t behind = all->count - series->count; /* series is the end of all */
    bool good = true;

    read_income(income, unquoted, all, prices);
    *reconstructed = INT64_MAX;
    for (size_t i = 0; i < series->count; i++) {
        struct departure_epoch *epoch = &series->epochs[i];

        good = departure_price_terms(epoch->price, income, behind + i) && good;
        epoch->price_error = DEPARTURE_PRICE_ERROR * unquoted[behind + i];
        if (unquoted[behind + i] > 0 && *reconstructed == INT64_MAX)
            *reconstructed = series->begins[i];
    }
    free(income);
    free(unquoted);
    return good;
}

/* ---- Sites --------------------------------------------------------------- */

/* How likely a plan is carried out where its row does not say: the middle of what doc/METHODS.md
 * has for each status. */
static double delivery_of(const struct ledger_row *row)
{
    static const double by_status[LEDGER_STATUSES] = {
        [LEDGER_OPTION] = 0.1,   [LEDGER_PLAN] = 0.35, [LEDGER_SIGNED] = 0.7,
        [LEDGER_BUILDING] = 0.9, [LEDGER_LIVE] = 1,
    };

    return row->probability >= 0 ? row->probability : by_status[row->status];
}

/* Mining that was planned and gives way before it is built: as if it had been there. */
static void copy_foregone(struct departure_inputs *out)
{
    for (size_t i = 0; i < out->ledger.ledger.count; i++) {
        const struct ledger_row *row = &out->ledger.ledger.rows[i];
        struct site *site = &out->foregone[out->foregone_count];

        *site = (struct site){
            .name = row->fields[LEDGER_ID],
            .mw = row->mw > 0 ? row->mw : row->gross_mw,
            .mined = SITE_MINED_YES,
            .announced = day_year_or_nan(&row->announced),
            .unplugged = day_year_or_nan(&row->unplugged),
            .energised = day_year_or_nan(&row->energised),
            .full = day_year_or_nan(&row->full),
            .delivery = delivery_of(row),
        };
        if (row->kind == LEDGER_FOREGONE && row->in_force && site_fault(site) == NULL)
            out->foregone_count++;
    }
}

static void copy_sites(struct departure_inputs *out)
{
    out->sites = mem_zeroed(out->ledger.ledger.count + 1, sizeof *out->sites);
    out->foregone = mem_zeroed(out->ledger.ledger.count + 1, sizeof *out->foregone);
    out->site_count = ledger_sites(out->sites, &out->ledger.ledger);
    out->companies = mem_zeroed(out->site_count + 1, sizeof *out->companies);
    for (size_t i = 0; i < out->site_count; i++) {
        size_t row = ledger_find(&out->ledger.ledger, out->sites[i].name);

        out->companies[i] =
            row != LEDGER_NOWHERE ? out->ledger.ledger.rows[row].fields[LEDGER_COMPANY] : "";
    }
    copy_foregone(out);
}

static bool read_sites(struct departure_inputs *out, char *message,
                       const struct departure_inputs_options *options)
{
    struct ledgerfile_options ledger = {.day = options->known_on,
                                        .force = options->force,
                                        .say = options->say,
                                        .context = options->context};
    bool good = ledgerfile_load(&out->ledger, message, options->settings, &ledger);

    if (good)
        copy_sites(out);
    return good;
}

/* What machines that are switched off take. */
static bool read_efficiency(struct departure_inputs *out, char *message,
                            const struct departure_inputs_options *options)
{
    const char *wrong = NULL;

    if (!efficiencyfile_load(&out->efficiency, message, options->settings, options->say,
                             options->context))
        return false;
    wrong = site_priors_set_knots(options->priors, out->efficiency.table.knots,
                                  out->efficiency.table.knot_count);
    if (wrong != NULL)
        snprintf(message, TABLEFILE_MESSAGE_SIZE, "%s: %s", out->efficiency.origin, wrong);
    return wrong == NULL;
}

/* ---- All of it ----------------------------------------------------------- */

static bool read_prices(struct departure_inputs *out, char *message,
                        const struct departure_inputs_options *options)
{
    struct economy economy;
    struct price_series prices;
    char day[DAY_TEXT_SIZE];
    int64_t reconstructed = INT64_MAX;

    if (!economy_load(&economy, options->settings, message, NULL, NULL))
        return false;
    prices = economy_series(&economy);
    out->price = departure_inputs_price(&out->series, &reconstructed, options->epochs, &prices);
    if (reconstructed == INT64_MAX) {
        snprintf(out->price_text, sizeof out->price_text, "%s", economy.price_origin);
    } else {
        day_text(day, (int32_t)(reconstructed / DAY_S));
        snprintf(out->price_text, sizeof out->price_text,
                 "%s, reconstructed or held in epochs from %s on", economy.price_origin, day);
    }
    economy_free(&economy);
    return true;
}

bool departure_inputs_read_sites(struct departure_inputs *out,
                                 char message[DEPARTURE_INPUTS_MESSAGE_SIZE],
                                 const struct departure_inputs_options *options)
{
    *out = (struct departure_inputs){.site_count = 0};
    return read_efficiency(out, message, options) && read_sites(out, message, options);
}

bool departure_inputs_read(struct departure_inputs *out,
                           char message[DEPARTURE_INPUTS_MESSAGE_SIZE],
                           const struct departure_inputs_options *options)
{
    *out = (struct departure_inputs){.site_count = 0};
    departure_series_since(&out->series, options->epochs, options->since);
    if (out->series.count == 0) {
        snprintf(message, DEPARTURE_INPUTS_MESSAGE_SIZE, "there is no complete epoch since then");
        return false;
    }
    return read_efficiency(out, message, options) && read_prices(out, message, options) &&
           read_sites(out, message, options);
}

void departure_inputs_free(struct departure_inputs *inputs)
{
    departure_series_free(&inputs->series);
    ledgerfile_free(&inputs->ledger);
    efficiencyfile_free(&inputs->efficiency);
    free(inputs->sites);
    free(inputs->companies);
    free(inputs->foregone);
    *inputs = (struct departure_inputs){.site_count = 0};
}

size_t departure_inputs_year_before(const struct departure_inputs *inputs, size_t to)
{
    const struct departure_series *series = &inputs->series;
    double then = departure_epoch_mid(&series->epochs[to]) - 1.0;
    size_t best = to;

    for (size_t i = 0; i < to; i++) {
        if (fabs(departure_epoch_mid(&series->epochs[i]) - then) <
            fabs(departure_epoch_mid(&series->epochs[best]) - then))
            best = i;
    }
    return best;
}

const char *departure_inputs_question(struct departure_question *out,
                                      const struct departure_inputs *inputs,
                                      const struct site_options *options)
{
    *out = (struct departure_question){
        .data = {.epochs = inputs->series.epochs,
                 .count = inputs->series.count,
                 .choice = DEPARTURE_EVENTS_ALL,
                 .price = inputs->price},
        .sites = inputs->sites,
        .site_count = inputs->site_count,
        .foregone = inputs->foregone,
        .foregone_count = inputs->foregone_count,
        .options = *options,
        .to = inputs->series.count - 1,
        .ends = DEPARTURE_ENDS,
    };
    out->data.events = departure_events(&out->data.event_count);
    out->from = departure_inputs_year_before(inputs, out->to);
    return departure_data_fault(&out->data);
}
