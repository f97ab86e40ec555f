// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_departure: the datasets departure (by the epoch) and ai_sites (by the site): what
 * `hashtide departure` says with nothing chosen, as rows.
 */
#include "config.h"

#include "monitor/departure_inputs.h"
#include "monitor/departure_report.h"
#include "monitor/export.h"
#include "monitor/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** What both need. */
struct departing {
    struct export *export;
    struct table *table;
    struct departure_inputs inputs;
    struct departure_question question;
};

static bool say(struct departing *departing, const char *text)
{
    snprintf(departing->export->error, sizeof departing->export->error, "%s", text);
    return false;
}

/* To be ended in any case. */
static bool begin(struct departing *out, struct export *export, struct table *table)
{
    struct site_options priors;
    struct departure_series all;
    struct departure_inputs_options options = {.settings = export->settings,
                                               .epochs = &all,
                                               .since = DEPARTURE_INPUTS_SINCE,
                                               .known_on = LEDGER_LATEST,
                                               .priors = &priors.priors,
                                               .say = ledgerfile_say};
    char *message = mem_zeroed(1, DEPARTURE_INPUTS_MESSAGE_SIZE);
    const char *fault = NULL;

    *out = (struct departing){.export = export, .table = table};
    site_options_init(&priors);
    priors.priors = export->settings->priors;
    departure_series_read(&all, export->tree);
    fault = departure_inputs_read(&out->inputs, message, &options)
                ? departure_inputs_question(&out->question, &out->inputs, &priors)
                : message;
    if (fault != NULL)
        snprintf(export->error, sizeof export->error, "%s", fault);
    departure_series_free(&all);
    free(message);
    return fault == NULL;
}

static void end(struct departing *departing)
{
    departure_inputs_free(&departing->inputs);
}

static void put(struct table *table, const struct site_figure *figure)
{
    export_figures(table, true, figure->median, figure->lo90, figure->hi90);
}

/* ---- departure ----------------------------------------------------------- */

static bool put_epoch(void *context, size_t epoch, const struct departure_rates *rates)
{
    struct departing *departing = context;
    const struct departure_series *series = &departing->inputs.series;
    uint32_t height = series->heights[epoch];
    struct table *table = departing->table;

    if (height + PARAMS_RETARGET_BLOCKS <= departing->export->from_wanted ||
        height > departing->export->to_wanted)
        return true;
    table_integer(table, height);
    table_time_s(table, series->begins[epoch]);
    table_time_s(table, series->begins[epoch + 1]);
    export_figure(table, true, rates->observed);
    put(table, &rates->gross);
    put(table, &rates->net_prior);
    put(table, &rates->net);
    put(table, &rates->network);
    put(table, &rates->counterfactual);
    put(table, &rates->share);
    table_end_row(table);
    return !table_failed(table);
}

static bool write_departure(struct export *export, struct table *table, enum table_format format)
{
    struct departing departing;
    bool good = begin(&departing, export, table);

    (void)format;
    if (good && !departure_report_rates(&departing.question, put_epoch, &departing))
        good = say(&departing, "out of memory");
    end(&departing);
    return good && !table_failed(table);
}

#define FIGURE(name, what)                                                                         \
    {name "_ehs", TABLE_NUMBER, what " Median."},                                                  \
        {name "_lo90_ehs", TABLE_NUMBER, "Lower end of its 90 % interval."},                       \
    {                                                                                              \
        name "_hi90_ehs", TABLE_NUMBER, "Upper end."                                               \
    }

static const struct table_column departure_columns[] = {
    {"height", TABLE_INTEGER, "First block of the epoch."},
    {"begins", TABLE_TIME, "Its header time."},
    {"ends", TABLE_TIME, "Header time of the next epoch's first block."},
    {"observed_ehs", TABLE_NUMBER, "Mean hash rate of the epoch."},
    FIGURE("gross", "Switched off at sites that turned to AI, by the ledger alone."),
    FIGURE("net_prior", "Less what runs on elsewhere, by the ledger alone."),
    FIGURE("net", "The same, weighed by the chain."),
    FIGURE("network", "The same, less what came back because others had left."),
    FIGURE("without_ai", "Hash rate that there would have been."),
    {"share", TABLE_NUMBER, "net over without_ai. Median."},
    {"share_lo90", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"share_hi90", TABLE_NUMBER, "Upper end."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_departure = {
    .name = "departure",
    .summary = "by the epoch: hash rate that left for AI, given the ledger of sites",
    .columns = departure_columns,
    .store = EXPORT_STORE_MAIN,
    .write = write_departure,
};

/* ---- ai_sites ------------------------------------------------------------ */

static void put_year(struct table *table, double year)
{
    if (isnan(year))
        table_null(table);
    else
        table_figure(table, year);
}

static void put_site(struct departing *departing, size_t at, const struct site_row *row)
{
    const struct site *site = &departing->question.sites[at];
    const struct ledger *ledger = &departing->inputs.ledger.ledger;
    size_t line = ledger_find(ledger, site->name);
    struct table *table = departing->table;

    table_string(table, site->name);
    table_string(table, line == LEDGER_NOWHERE ? "" : ledger->rows[line].fields[LEDGER_COMPANY]);
    table_string(table, line == LEDGER_NOWHERE ? "" : ledger->rows[line].fields[LEDGER_SITE]);
    table_string(table, line == LEDGER_NOWHERE ? "" : ledger->rows[line].fields[LEDGER_REGION]);
    table_figure(table, site->mw);
    table_string(table, site->mined == SITE_MINED_YES ? "yes" : "partial");
    put_year(table, site->announced);
    put_year(table, site->energised);
    put_year(table, site->full);
    table_figure(table, row->delivery);
    put(table, &row->unplug);
    put(table, &row->gross);
    put(table, &row->net);
    put(table, &row->full);
    table_end_row(table);
}

static bool put_sites(struct departing *departing)
{
    const struct departure_question *question = &departing->question;
    struct site_row *rows = mem_zeroed(question->site_count + 1, sizeof *rows);
    double time = departure_epoch_mid(&question->data.epochs[question->data.count - 1]);
    bool good = site_rows(rows, question->sites, question->site_count, time, &question->options);

    for (size_t i = 0; good && i < question->site_count && !table_failed(departing->table); i++)
        put_site(departing, i, &rows[i]);
    free(rows);
    return good || say(departing, "out of memory");
}

static bool write_sites(struct export *export, struct table *table, enum table_format format)
{
    struct departing departing;
    bool good = begin(&departing, export, table) && put_sites(&departing);

    (void)format;
    end(&departing);
    return good && !table_failed(table);
}

static const struct table_column sites_columns[] = {
    {"id", TABLE_STRING, "Of the ledger's row: see hashtide-ledger(5)."},
    {"company", TABLE_STRING, "Who mined there."},
    {"site", TABLE_STRING, "Where."},
    {"region", TABLE_STRING, "Country and state."},
    {"mw", TABLE_NUMBER, "MW of mining."},
    {"mined_before", TABLE_STRING, "yes, or partial: a part of the MW."},
    {"announced", TABLE_NUMBER, "Decimal year; empty where not known."},
    {"energised", TABLE_NUMBER, "First load of AI: decimal year."},
    {"full", TABLE_NUMBER, "Whole load of AI: decimal year."},
    {"delivery", TABLE_NUMBER, "Probability that the plan is carried out."},
    {"unplug", TABLE_NUMBER, "When machines began, or begin, to go off: decimal year, median."},
    {"unplug_lo90", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"unplug_hi90", TABLE_NUMBER, "Upper end."},
    FIGURE("gross", "Switched off by the middle of the last epoch, undelivered draws as 0."),
    FIGURE("net", "Less what runs on elsewhere."),
    FIGURE("all", "Switched off once all is off, if delivered."),
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_ai_sites = {
    .name = "ai_sites",
    .summary = "by the site: what it took off the network, and when",
    .columns = sites_columns,
    .store = EXPORT_STORE_MAIN,
    .whole = true,
    .write = write_sites,
};
