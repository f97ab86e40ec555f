// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * appraise: see appraise.h.
 */
#include "config.h"

#include "monitor/appraise.h"

#include "chain/params.h"
#include "monitor/departure_inputs.h"
#include "monitor/departure_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** As `hashtide incentive` has it. */
#define SEED 1
/** Of a normal variable, 90 % lie within so many sd. */
#define SD_90 1.6448536269514722

/* ---- Departures ---------------------------------------------------------- */

static struct appraise_figure figure_of(const struct site_figure *figure)
{
    return (struct appraise_figure){true, figure->median, figure->lo90, figure->hi90};
}

/* What a part of a change of ln(hash rate) has made of the rate that there is now. */
static double gained(double rate, double part)
{
    return rate * -expm1(-part);
}

static struct appraise_figure gained_figure(double rate, const struct site_figure *part)
{
    return (struct appraise_figure){true, gained(rate, part->median), gained(rate, part->lo90),
                                    gained(rate, part->hi90)};
}

static void keep_first(void *context, const char *line)
{
    struct appraise_departure *out = context;

    if (out->complaints++ == 0)
        snprintf(out->complaint, sizeof out->complaint, "%s", line);
}

static const char *ask(struct appraise_departure *out, const struct departure_inputs *inputs,
                       const struct site_options *options)
{
    struct departure_question question;
    struct departure_report report;
    const char *fault = departure_inputs_question(&question, inputs, options);
    uint32_t last = inputs->series.heights[inputs->series.count - 1];

    if (fault != NULL)
        return fault;
    if (!departure_report_outline(&report, &question))
        return "out of memory";
    out->from_height = inputs->series.heights[0];
    out->to_height = last + PARAMS_RETARGET_BLOCKS - 1;
    out->ai_net_ehs = figure_of(&report.rates.net);
    out->ai_share = figure_of(&report.rates.share);
    out->unexplained_ehs =
        gained_figure(report.rates.observed, &report.change.part[DEPARTURE_UNEXPLAINED]);
    return NULL;
}

void appraise_departure(struct appraise_departure *out, const struct appraise_question *question)
{
    struct departure_inputs inputs;
    struct site_options options;
    struct departure_inputs_options tables = {.settings = question->settings,
                                              .epochs = question->epochs,
                                              .since = DEPARTURE_INPUTS_SINCE,
                                              .known_on = LEDGER_LATEST,
                                              .priors = &options.priors,
                                              .say = keep_first,
                                              .context = out};
    const char *fault = NULL;

    *out = (struct appraise_departure){.known = false};
    site_options_init(&options);
    options.priors = question->settings->priors;
    if (departure_inputs_read(&inputs, out->message, &tables)) {
        fault = ask(out, &inputs, &options);
        out->known = fault == NULL;
        snprintf(out->message, sizeof out->message, "%s", fault != NULL ? fault : "");
    }
    departure_inputs_free(&inputs);
}

/* ---- Income -------------------------------------------------------------- */

static struct appraise_figure incentive_figure_of(const struct incentive_figure *figure)
{
    return (struct appraise_figure){figure->known, figure->median, figure->low, figure->high};
}

static const char *ask_income(struct appraise_income *out, const struct economy *economy,
                              const struct appraise_question *question)
{
    const struct income_epoch *last = &question->incomes[question->income_count - 1];
    struct income income = income_at(economy, last, question->now_s);
    struct incentive_options options = {.region = "",
                                        .year = income_year(question->now_s),
                                        .usd_ph_day = income.usd_ph_day,
                                        .log_sd = income.log_sd,
                                        .seed = SEED,
                                        .draws = INCENTIVE_DRAWS};
    struct incentive incentive;
    double apart = exp(SD_90 * income.log_sd);

    if (!income.known)
        return "the price is not known";
    if (!incentive_compute(&incentive, &economy->economics, &options))
        return "out of memory";
    out->height = last->first_height;
    out->usd_ph_day = (struct appraise_figure){true, income.usd_ph_day, income.usd_ph_day / apart,
                                               income.usd_ph_day * apart};
    out->underwater = incentive_figure_of(&incentive.underwater);
    out->ratio = incentive_figure_of(&incentive.ratio);
    return NULL;
}

void appraise_income(struct appraise_income *out, const struct appraise_question *question)
{
    struct economy economy;
    const char *fault = NULL;

    *out = (struct appraise_income){.known = false};
    if (!economy_load(&economy, question->settings, out->message, NULL, NULL))
        return;
    fault = ask_income(out, &economy, question);
    out->known = fault == NULL;
    snprintf(out->message, sizeof out->message, "%s", fault != NULL ? fault : "");
    economy_free(&economy);
}
