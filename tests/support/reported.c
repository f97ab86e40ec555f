// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reported: see reported.h.
 */
#include "config.h"

#include "tests/support/reported.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const char *const names[REPORTED_COMPANIES_MAX] = {"A", "B", "C", "D", "E", "F", "G",
                                                          "H", "I", "J", "K", "L", "M", "N",
                                                          "O", "P", "Q", "R", "S", "T"};

/* One company's figures. */
static void make_company(struct reported *out, struct random_stream *stream,
                         const struct reported_options *options, const double *common, size_t c,
                         double gained)
{
    bool converter = c < options->converters;
    int converted = options->converted + (int)c;
    double level = log(5.0 + 30.0 * random_uniform(stream));

    for (int month = 0; month < options->months; month++) {
        double ramp = fmin(fmax((month - converted) / 6.0, 0.0), 1.0);
        double log_ehs;

        if (month > 0)
            level += options->course / sqrt(12.0) * random_normal(stream) +
                     (converter ? options->trend / 12.0 : 0.0);
        log_ehs = level + common[month] + options->noise * random_normal(stream);
        if (converter)
            log_ehs += log1p(-out->removed[c] * ramp);
        else if (month >= options->converted)
            log_ehs += log1p(gained);
        if (random_uniform(stream) >= options->missing)
            out->rows[out->count++] =
                (struct companies_row){.company = names[c],
                                       .source = "",
                                       .confidence = "",
                                       .note = "",
                                       .month = REPORTED_FIRST + month,
                                       .ehs = exp(log_ehs),
                                       .converter = converter,
                                       .converted = converter ? REPORTED_FIRST + converted : 0};
    }
}

void reported_companies(struct reported *out, struct random_stream *stream,
                        const struct reported_options *options, const double *shares)
{
    double common[REPORTED_MONTHS_MAX];
    double mean = 0.0;

    *out = (struct reported){.count = 0};
    common[0] = 0.0;
    for (int month = 1; month < options->months; month++)
        common[month] = common[month - 1] + 0.02 + 0.08 * random_normal(stream);
    for (size_t c = 0; c < options->converters; c++) {
        out->removed[c] = shares != NULL ? shares[c] : 0.9 * random_uniform(stream);
        mean += out->removed[c] / (double)options->converters;
    }
    for (size_t c = 0; c < options->converters + options->controls; c++)
        make_company(out, stream, options, common, c,
                     options->moved * mean * (double)options->converters /
                         (double)options->controls);
}

double reported_total(const struct reported *reported, const struct companies_answer *answer)
{
    double removed = 0.0;
    double base = 0.0;

    for (size_t i = 0; i < answer->converters; i++) {
        const struct companies_have *have = &answer->have[answer->converter[i]];

        removed += have->base * reported->removed[have->company[0] - names[0][0]];
        base += have->base;
    }
    return removed / base;
}

/** A company of so many EH/s has a site of so many MW; months up to December of 2025. */
#define NET_COMPANIES 4
#define NOMINAL_EHS 20.0
#define NOMINAL_MW 300.0
#define NET_TIME (2026.0 - 2.5 / 12.0)

static struct site make_site(size_t company, double ehs)
{
    return (struct site){.name = names[company],
                         .mw = NOMINAL_MW * ehs / NOMINAL_EHS,
                         .mined = SITE_MINED_PARTLY,
                         .announced = 2024.4,
                         .unplugged = NAN,
                         .energised = 2025.2,
                         .full = 2025.6,
                         .delivery = 0.9};
}

/* One draw of what happened: shares removed by the companies' books, and net removal as a share of
 * what each had. */
static bool draw_truth(double *shares, double *net, struct random_stream *stream)
{
    struct site_options options;
    double staying = random_uniform(stream);
    double time = NET_TIME;

    site_options_init(&options);
    options.draws = 1;
    options.seed = random_bits(stream);
    for (size_t c = 0; c < NET_COMPANIES; c++) {
        struct site site = make_site(c, NOMINAL_EHS);
        struct site_paths *paths = site_paths_new(&site, 1, &time, 1, &options);
        double gross;

        if (paths == NULL)
            return false;
        gross = site_paths_at(paths, SITE_GROSS, 0, 0) / NOMINAL_EHS;
        net[c] = site_paths_at(paths, SITE_NET, 0, 0) / NOMINAL_EHS;
        shares[c] = fmin(gross - staying * (gross - net[c]), 0.99);
        site_paths_free(paths);
    }
    return true;
}

static bool weigh(struct reported_net *out, const struct companies_answer *answer,
                  const double *net, size_t draws)
{
    struct site sites[NET_COMPANIES];
    const char *companies[NET_COMPANIES];
    const struct companies_sites listed = {sites, companies, NET_COMPANIES};
    struct site_options options;
    struct companies_weighing weighing;
    struct site_paths *paths = NULL;
    double *weights = malloc(draws * sizeof *weights);
    double truth = 0.0;
    bool good = weights != NULL;

    site_options_init(&options);
    options.draws = draws;
    for (size_t c = 0; c < NET_COMPANIES; c++) {
        const struct companies_have *have = &answer->have[answer->converter[c]];
        size_t place = (size_t)(have->company[0] - names[0][0]);

        sites[c] = make_site(place, have->base);
        companies[c] = have->company;
        truth += net[place] * have->base;
    }
    good = good && companies_weigh_sites(&weighing, weights, answer, &listed, &options);
    if (good)
        paths = site_paths_new(sites, NET_COMPANIES, &weighing.time, 1, &options);
    good = paths != NULL && site_paths_figure(&out->without, paths, SITE_NET, 0, NULL) &&
           site_paths_figure(&out->with, paths, SITE_NET, 0, weights);
    if (good) {
        out->effective = weighing.effective;
        out->said = !weighing.contradicted;
        out->held = out->with.lo90 <= truth && truth <= out->with.hi90;
    }
    site_paths_free(paths);
    free(weights);
    return good;
}

bool reported_net_of(struct reported_net *out, struct random_stream *stream, size_t draws)
{
    static const struct reported_options usual = {.converters = NET_COMPANIES,
                                                  .controls = 4,
                                                  .months = 48,
                                                  .converted = 30,
                                                  .course = 0.15,
                                                  .noise = COMPANIES_NOISE,
                                                  .missing = 0.1};
    double shares[NET_COMPANIES];
    double net[NET_COMPANIES];
    struct reported *reported = malloc(sizeof *reported);
    struct companies_answer *answer = NULL;
    bool good = reported != NULL && draw_truth(shares, net, stream);

    *out = (struct reported_net){.said = false};
    if (good) {
        reported_companies(reported, stream, &usual, shares);
        answer = companies_ask_quickly(reported->rows, reported->count);
        good = answer != NULL;
    }
    /* A company that happens to lack figures would have to be left out of the truth, too. */
    if (good && answer->enough && answer->converters == NET_COMPANIES)
        good = weigh(out, answer, net, draws);
    free(answer);
    free(reported);
    return good;
}

void reported_pools(struct pools_epoch *out, double *log_odds, struct random_stream *stream,
                    size_t count, double share, double switching, const double *jump)
{
    double level = log(share / (1.0 - share));

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            level += switching * random_normal(stream);
        level += jump != NULL ? jump[i] : 0.0;
        log_odds[i] = level;
        out[i] = (struct pools_epoch){.epoch = (uint32_t)(400 + i), .all = POOLS_EPOCH_BLOCKS};
        for (unsigned block = 0; block < POOLS_EPOCH_BLOCKS; block++)
            out[i].set += random_uniform(stream) < 1.0 / (1.0 + exp(-level));
    }
}
