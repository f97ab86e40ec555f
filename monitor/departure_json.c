// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_json: the JSON of departure_print.h. Rates in EH/s, changes as natural logarithms,
 * shares as fractions.
 */
#include "config.h"

#include "monitor/departure_print.h"

#include <math.h>
#include <stdbool.h>

/** An object that is being filled. */
struct filling {
    json_t *object;
    bool good;
};

static struct filling filling_new(void)
{
    return (struct filling){.object = json_object(), .good = true};
}

/* Takes over the reference. */
static void put(struct filling *filling, const char *key, json_t *value)
{
    filling->good = json_object_set_new(filling->object, key, value) == 0 && filling->good;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The object, or NULL. */
static json_t *filled(const struct filling *filling)
{
    if (filling->good)
        return filling->object;
    json_decref(filling->object);
    return NULL;
}

static json_t *figure(const struct site_figure *value)
{
    struct filling out = filling_new();

    put(&out, "mean", number(value->mean));
    put(&out, "median", number(value->median));
    put(&out, "lo50", number(value->lo50));
    put(&out, "hi50", number(value->hi50));
    put(&out, "lo90", number(value->lo90));
    put(&out, "hi90", number(value->hi90));
    return filled(&out);
}

static json_t *decomposition(const struct departure_decomposition *change)
{
    struct filling out = filling_new();
    struct filling parts = filling_new();

    for (unsigned i = 0; i < DEPARTURE_PARTS; i++)
        put(&parts, departure_part_name((enum departure_part)i), figure(&change->part[i]));
    put(&out, "total", number(change->total));
    put(&out, "epochs_averaged", json_integer((json_int_t)change->width));
    put(&out, "parts", filled(&parts));
    return filled(&out);
}

static const char *choice_name(enum departure_choice choice)
{
    switch (choice) {
    case DEPARTURE_EVENTS_ALL:
        return "all";
    case DEPARTURE_EVENTS_EXOGENOUS:
        return "exogenous";
    case DEPARTURE_EVENTS_NONE:
        return "none";
    }
    return "?";
}

static json_t *variants(const struct departure_report *report)
{
    json_t *list = json_array();
    bool good = true;

    for (size_t i = 0; i < DEPARTURE_VARIANTS; i++) {
        const struct departure_variant *variant = &report->variants[i];
        struct filling out = filling_new();

        put(&out, "events", json_string(choice_name(variant->choice)));
        put(&out, "net_ehs", figure(&variant->net));
        put(&out, "bayes_factor", number(variant->bayes_factor));
        put(&out, "kappa", number(variant->kappa));
        put(&out, "kappa_se", number(variant->kappa_se));
        good = json_array_append_new(list, filled(&out)) == 0 && good;
    }
    if (!good)
        json_decref(list);
    return good ? list : NULL;
}

static json_t *identifiability(const struct departure_report *report)
{
    struct filling out = filling_new();

    put(&out, "statement", json_string(report->statement));
    put(&out, "chain_adds_nothing", json_boolean(report->adds_nothing));
    put(&out, "draws", json_integer((json_int_t)report->draws));
    put(&out, "effective_draws", number(report->ess));
    put(&out, "bayes_factor", number(report->bayes_factor));
    put(&out, "bayes_factor_error", number(report->bayes_error));
    put(&out, "kappa", number(report->kappa));
    put(&out, "kappa_se", number(report->kappa_se));
    put(&out, "slow_share_seen", number(report->slow_share));
    put(&out, "abrupt_share_seen", number(report->abrupt_share));
    return filled(&out);
}

static json_t *evidence(const struct departure_report *report, const struct departure_story *story)
{
    struct filling out = filling_new();
    bool used = story->weighing != NULL;
    const struct site_figure *with = &report->rates.net;
    const struct site_figure *without = &report->net_chain;

    put(&out, "kind", json_string("companies"));
    put(&out, "table", json_string(story->evidence));
    put(&out, "used", json_boolean(used));
    put(&out, "reason", used ? json_null() : json_string(story->evidence_fault));
    put(&out, "sites", used ? json_integer((json_int_t)story->weighing->matched) : json_null());
    put(&out, "effective_draws", used ? number(report->evidence_ess) : json_null());
    put(&out, "net_without_ehs", figure(without));
    put(&out, "width90_without_ehs", number(without->hi90 - without->lo90));
    put(&out, "width90_with_ehs", used ? number(with->hi90 - with->lo90) : json_null());
    return filled(&out);
}

static json_t *model(const struct departure_report *report)
{
    struct filling out = filling_new();
    json_t *elasticity = json_array();

    for (int i = 0; i < DEPARTURE_PRICES; i++)
        out.good =
            json_array_append_new(elasticity, number(report->elasticity[i])) == 0 && out.good;
    put(&out, "level", number(report->scales.level));
    put(&out, "slope", number(report->scales.slope));
    put(&out, "persistence", number(report->scales.persistence));
    put(&out, "transient", number(report->scales.transient));
    put(&out, "price_elasticity", elasticity);
    return filled(&out);
}

static json_t *assumptions(const struct departure_question *question)
{
    json_t *list = json_array();
    bool good = true;

    for (unsigned i = 0; i < SITE_PRIORS; i++) {
        const struct site_prior_info *info = site_prior_info((enum site_prior)i);
        const struct site_range *range = &question->options.priors.of[i];
        struct filling out = filling_new();

        put(&out, "name", json_string(info->name));
        put(&out, "unit", json_string(info->unit));
        put(&out, "low", number(range->low));
        put(&out, "high", number(range->high));
        put(&out, "default", json_boolean(range->low == info->low && range->high == info->high));
        put(&out, "meaning", json_string(info->what));
        put(&out, "source", json_string(info->source));
        good = json_array_append_new(list, filled(&out)) == 0 && good;
    }
    if (!good)
        json_decref(list);
    return good ? list : NULL;
}

static json_t *inputs(const struct departure_question *question,
                      const struct departure_story *story)
{
    struct filling out = filling_new();

    put(&out, "ledger", json_string(story->ledger));
    put(&out, "known_on", story->known_on != NULL ? json_string(story->known_on) : json_null());
    put(&out, "sites", json_integer((json_int_t)question->site_count));
    put(&out, "price", story->price != NULL ? json_string(story->price) : json_null());
    put(&out, "epochs", json_string(story->series));
    put(&out, "events", json_string(choice_name(question->data.choice)));
    put(&out, "seed", json_integer((json_int_t)question->options.seed));
    put(&out, "assumptions", assumptions(question));
    return filled(&out);
}

static json_t *tornado(const struct site_swing *swings)
{
    json_t *list = json_array();
    bool good = true;

    for (unsigned i = 0; i < SITE_PRIORS; i++) {
        struct filling out = filling_new();

        put(&out, "assumption", json_string(site_prior_info(swings[i].prior)->name));
        put(&out, "tried_low", number(site_prior_info(swings[i].prior)->try_low));
        put(&out, "tried_high", number(site_prior_info(swings[i].prior)->try_high));
        put(&out, "net_low_ehs", figure(&swings[i].low));
        put(&out, "net_high_ehs", figure(&swings[i].high));
        good = json_array_append_new(list, filled(&out)) == 0 && good;
    }
    if (!good)
        json_decref(list);
    return good ? list : NULL;
}

static json_t *shifts(const struct departure_shifts *shifts)
{
    struct filling out = filling_new();

    put(&out, "shifts", json_integer((json_int_t)shifts->count));
    put(&out, "kappa", number(shifts->real.kappa));
    put(&out, "kappa_se", number(shifts->real.se));
    put(&out, "mean_z", number(shifts->mean_z));
    put(&out, "rms_z", number(shifts->rms_z));
    put(&out, "independent", number(shifts->effective));
    put(&out, "p", number(shifts->p));
    return filled(&out);
}

static json_t *placebos(const struct departure_placebo *placebo)
{
    struct filling out = filling_new();
    json_t *list = json_array();

    for (size_t i = 0; i < placebo->replay_count; i++) {
        struct filling replay = filling_new();

        put(&replay, "event", json_string(placebo->names[i]));
        put(&replay, "fall", decomposition(&placebo->replays[i].fall));
        put(&replay, "rebound", decomposition(&placebo->replays[i].rebound));
        out.good = json_array_append_new(list, filled(&replay)) == 0 && out.good;
    }
    put(&out, "shifted", shifts(&placebo->shifts));
    put(&out, "shifted_without_events", shifts(&placebo->shifts_no_events));
    put(&out, "replays", list);
    return filled(&out);
}

static void put_rates(struct filling *out, const struct departure_report *report)
{
    put(out, "observed_ehs", number(report->rates.observed));
    put(out, "gross_ehs", figure(&report->rates.gross));
    put(out, "net_prior_ehs", figure(&report->rates.net_prior));
    put(out, "net_ehs", figure(&report->rates.net));
    put(out, "network_effect_ehs", figure(&report->rates.network));
    put(out, "counterfactual_ehs", figure(&report->rates.counterfactual));
    put(out, "net_share", figure(&report->rates.share));
    put(out, "foregone_ehs", figure(&report->foregone));
}

json_t *departure_json(const struct departure_report *report,
                       const struct departure_question *question,
                       const struct departure_story *story, const struct site_swing *swings,
                       const struct departure_placebo *placebo)
{
    struct filling out = filling_new();

    put(&out, "from_s", json_integer(story->from_s));
    put(&out, "from_height", json_integer(story->from_height));
    put(&out, "to_s", json_integer(story->to_s));
    put(&out, "to_height", json_integer(story->to_height));
    put(&out, "selected", json_boolean(!story->year_on_year));
    put_rates(&out, report);
    put(&out, "change", decomposition(&report->change));
    put(&out, "identifiability", identifiability(report));
    put(&out, "evidence", story->evidence != NULL ? evidence(report, story) : json_null());
    put(&out, "model", model(report));
    put(&out, "by_events", variants(report));
    put(&out, "inputs", inputs(question, story));
    if (swings != NULL)
        put(&out, "tornado", tornado(swings));
    if (placebo != NULL)
        put(&out, "placebo", placebos(placebo));
    return filled(&out);
}
