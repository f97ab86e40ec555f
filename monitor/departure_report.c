// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_report: see departure_report.h.
 */
#include "config.h"

#include "monitor/departure_report.h"

#include "monitor/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A model with the paths put to it. Zeroed: none. */
struct asked {
    struct departure_data data; /* the model borrows it */
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
};

static void asked_free(struct asked *asked)
{
    departure_posterior_free(asked->posterior);
    departure_model_free(asked->model);
    site_paths_free(asked->paths);
    *asked = (struct asked){.paths = NULL};
}

static struct site_paths *paths_of(const struct site *sites, size_t count,
                                   const struct departure_question *question,
                                   const struct site_options *options)
{
    double *times = mem_zeroed(question->data.count, sizeof *times);
    struct site_paths *paths = NULL;

    for (size_t i = 0; i < question->data.count; i++)
        times[i] = departure_epoch_mid(&question->data.epochs[i]);
    paths = site_paths_new(sites, count, times, question->data.count, options);
    free(times);
    return paths;
}

/* paths are taken over, also where it fails. */
static bool ask(struct asked *out, const struct departure_question *question,
                enum departure_choice choice, const struct departure_scales *scales,
                struct site_paths *paths)
{
    *out = (struct asked){.data = question->data, .paths = paths};
    out->data.choice = choice;
    if (paths != NULL)
        out->model = departure_model_new(&out->data, scales);
    if (out->model != NULL)
        out->posterior = departure_posterior_new(out->model, paths);
    if (out->posterior == NULL)
        asked_free(out);
    else if (question->evidence != NULL)
        (void)departure_posterior_weigh(out->posterior, question->evidence);
    return out->posterior != NULL;
}

static struct site_paths *question_paths(const struct departure_question *question)
{
    return paths_of(question->sites, question->site_count, question, &question->options);
}

static bool fill_rates(struct departure_rates *out, const struct departure_question *question,
                       const struct departure_posterior *posterior, size_t at)
{
    out->observed = exp(question->data.epochs[at].log_rate);
    /* With evidence of companies gross is no longer what the sites alone have, and not below net.
     */
    return departure_figure(&out->gross, posterior, SITE_GROSS, at, question->evidence != NULL) &&
           departure_figure(&out->net_prior, posterior, SITE_NET, at, false) &&
           departure_figure(&out->net, posterior, SITE_NET, at, true) &&
           departure_figure(&out->network, posterior, SITE_NETWORK, at, true) &&
           departure_counterfactual(&out->counterfactual, posterior, at, true) &&
           departure_share(&out->share, posterior, at, true);
}

bool departure_report_rates(const struct departure_question *question,
                            bool (*each)(void *context, size_t epoch,
                                         const struct departure_rates *rates),
                            void *context)
{
    struct departure_scales scales;
    struct asked asked;
    struct departure_rates rates;
    bool good = true;

    if (!departure_fit(&scales, &question->data) ||
        !ask(&asked, question, question->data.choice, &scales, question_paths(question)))
        return false;
    for (size_t i = 0; good && i < question->data.count; i++) {
        good = fill_rates(&rates, question, asked.posterior, i);
        if (good && !each(context, i, &rates))
            break;
    }
    asked_free(&asked);
    return good;
}

static void fill_facts(struct departure_report *out, const struct departure_question *question,
                       const struct asked *asked)
{
    const struct departure_posterior *posterior = asked->posterior;
    struct departure_facts facts;

    departure_model_facts(&facts, asked->model);
    memcpy(out->elasticity, facts.elasticity, sizeof out->elasticity);
    out->draws = asked->paths->draws;
    out->ess = posterior->ess;
    out->bayes_factor = posterior->bayes_factor;
    out->bayes_error = posterior->bayes_error;
    out->kappa = posterior->kappa;
    out->kappa_se = posterior->kappa_se;
    out->slow_share = posterior->slow_share;
    out->abrupt_share = posterior->abrupt_share;
    out->adds_nothing = posterior->adds_nothing;
    departure_statement(out->statement, posterior);
    out->nothing_left = asked->paths->first > question->to;
}

static bool fill_foregone(struct departure_report *out, const struct departure_question *question)
{
    struct site_paths *paths =
        paths_of(question->foregone, question->foregone_count, question, &question->options);
    bool good =
        paths != NULL && site_paths_figure(&out->foregone, paths, SITE_GROSS, question->to, NULL);

    site_paths_free(paths);
    return good;
}

/* The same question under each choice of events: they are chosen by people. */
static bool fill_variants(struct departure_report *out, const struct departure_question *question)
{
    static const enum departure_choice choices[DEPARTURE_VARIANTS] = {
        DEPARTURE_EVENTS_ALL, DEPARTURE_EVENTS_EXOGENOUS, DEPARTURE_EVENTS_NONE};

    for (size_t i = 0; i < DEPARTURE_VARIANTS; i++) {
        struct departure_variant *variant = &out->variants[i];
        struct asked asked;
        bool good = false;

        if (!ask(&asked, question, choices[i], &out->scales, question_paths(question)))
            return false;
        good = departure_figure(&variant->net, asked.posterior, SITE_NET, question->to, true);
        variant->choice = choices[i];
        variant->bayes_factor = asked.posterior->bayes_factor;
        variant->kappa = asked.posterior->kappa;
        variant->kappa_se = asked.posterior->kappa_se;
        asked_free(&asked);
        if (!good)
            return false;
    }
    return true;
}

bool departure_report_outline(struct departure_report *out,
                              const struct departure_question *question)
{
    struct departure_question chain = *question;
    struct asked asked;
    bool good = false;

    *out = (struct departure_report){.draws = 0};
    chain.evidence = NULL; /* not yet: the figure without it is wanted first */
    if (!departure_fit(&out->scales, &question->data) ||
        !ask(&asked, &chain, question->data.choice, &out->scales, question_paths(question)))
        return false;
    good = departure_figure(&out->net_chain, asked.posterior, SITE_NET, question->to, true);
    if (question->evidence != NULL)
        out->evidence_ess = departure_posterior_weigh(asked.posterior, question->evidence);
    good = good && fill_rates(&out->rates, question, asked.posterior, question->to) &&
           departure_decompose(&out->change, asked.posterior, question->from, question->to,
                               question->ends);
    fill_facts(out, question, &asked);
    asked_free(&asked);
    return good;
}

bool departure_report_make(struct departure_report *out, const struct departure_question *question)
{
    return departure_report_outline(out, question) && fill_foregone(out, question) &&
           fill_variants(out, question);
}

/* ---- Placebos ------------------------------------------------------------ */

static bool shift_without_events(struct departure_placebo *out,
                                 const struct departure_question *question,
                                 const struct departure_scales *scales)
{
    struct asked asked;
    bool good = ask(&asked, question, DEPARTURE_EVENTS_NONE, scales, question_paths(question)) &&
                departure_placebo_shifts(&out->shifts_no_events, asked.posterior);

    asked_free(&asked);
    return good;
}

bool departure_report_placebo(struct departure_placebo *out,
                              const struct departure_question *question,
                              const struct departure_scales *scales)
{
    struct asked asked;
    bool good = false;

    *out = (struct departure_placebo){.replay_count = 0};
    if (!ask(&asked, question, question->data.choice, scales, question_paths(question)))
        return false;
    good = departure_placebo_shifts(&out->shifts, asked.posterior);
    for (size_t i = 0; i < question->data.event_count; i++) {
        const struct departure_event *event = &question->data.events[i];
        size_t at = out->replay_count;

        if (at < DEPARTURE_PLACEBO_EVENTS &&
            departure_replay(&out->replays[at], asked.posterior, event->name))
            out->names[out->replay_count++] = event->name;
    }
    asked_free(&asked);
    return good && shift_without_events(out, question, scales);
}
