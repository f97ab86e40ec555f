// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * evidence: see evidence.h.
 */
#include "config.h"

#include "monitor/evidence.h"

#include "analysis/random.h"
#include "monitor/command.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define DIGITS 9
/** Where machines run on is drawn apart from the sites' own chances. */
#define STAYING_STREAM 7001

/** The ledger's sites, and what weighs them. */
struct weighing {
    struct ledgerfile ledger;
    struct site *sites;
    size_t count;
    double *net;     /* [draw], all sites */
    double *removed; /* [draw][converter] */
    double *weights; /* [draw] */
};

json_t *evidence_figure(const struct site_figure *figure)
{
    return json_pack("{s:f,s:f,s:f,s:f,s:f,s:f}", "mean", figure->mean, "median", figure->median,
                     "lo50", figure->lo50, "hi50", figure->hi50, "lo90", figure->lo90, "hi90",
                     figure->hi90);
}

bool evidence_print_json(json_t *object)
{
    if (object == NULL)
        return false;
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    putchar('\n');
    json_decref(object);
    return true;
}

static bool read_sites(struct weighing *out, const struct settings *settings)
{
    struct ledgerfile_options options = {.day = LEDGER_LATEST, .say = ledgerfile_say};
    char *message = mem_zeroed(1, TABLEFILE_MESSAGE_SIZE);
    bool good = ledgerfile_load(&out->ledger, message, settings, &options);

    if (good) {
        out->sites = mem_zeroed(out->ledger.ledger.count + 1, sizeof *out->sites);
        out->count = ledger_sites(out->sites, &out->ledger.ledger);
    } else {
        command_error("%s", message);
    }
    free(message);
    return good;
}

/* The sites of a company; out has room for all. */
static size_t sites_of(struct site *out, const struct weighing *weighing, const char *company)
{
    const struct ledger *ledger = &weighing->ledger.ledger;
    size_t count = 0;

    for (size_t i = 0; i < weighing->count; i++) {
        size_t row = ledger_find(ledger, weighing->sites[i].name);

        if (row != LEDGER_NOWHERE &&
            companies_same(ledger->rows[row].fields[LEDGER_COMPANY], company))
            out[count++] = weighing->sites[i];
    }
    return count;
}

/* Paths of some sites at one time; the draws of a site are the same whatever stands beside it. */
static struct site_paths *paths_of(const struct site *sites, size_t count, double time,
                                   const struct site_options *options)
{
    struct site_paths *paths = site_paths_new(sites, count, &time, 1, options);

    if (paths == NULL)
        abort(); /* as mem_*() does when memory is short */
    return paths;
}

static void fill(struct evidence_net *out, struct weighing *weighing,
                 const struct companies_answer *answer, const struct site_options *options)
{
    double time = (answer->end - (COMPANIES_WINDOW - 1) / 2.0 + 0.5) / 12.0;
    struct site *some = mem_zeroed(weighing->count + 1, sizeof *some);
    struct site_paths *paths = paths_of(weighing->sites, weighing->count, time, options);

    for (size_t d = 0; d < options->draws; d++)
        weighing->net[d] = site_paths_at(paths, SITE_NET, d, 0);
    site_paths_free(paths);
    for (size_t c = 0; c < answer->converters; c++) {
        struct random_stream stream = random_init(options->seed, STAYING_STREAM);
        size_t count = sites_of(some, weighing, answer->have[answer->converter[c]].company);

        out->matched += count;
        paths = paths_of(some, count, time, options);
        for (size_t d = 0; d < options->draws; d++) {
            double gross = site_paths_at(paths, SITE_GROSS, d, 0);
            double elsewhere = gross - site_paths_at(paths, SITE_NET, d, 0);

            weighing->removed[d * answer->converters + c] =
                gross - random_uniform(&stream) * elsewhere;
        }
        site_paths_free(paths);
    }
    free(some);
}

bool evidence_net_of(struct evidence_net *out, const struct companies_answer *answer,
                     const struct settings *settings)
{
    struct weighing weighing = {.count = 0};
    struct site_options options;
    bool good = false;

    site_options_init(&options);
    options.priors = settings->priors;
    *out = (struct evidence_net){.draws = options.draws};
    good = read_sites(&weighing, settings);
    if (good) {
        out->sites = weighing.count;
        weighing.net = mem_zeroed(options.draws, sizeof *weighing.net);
        weighing.weights = mem_zeroed(options.draws, sizeof *weighing.weights);
        weighing.removed = mem_zeroed(options.draws * answer->converters, sizeof *weighing.removed);
        fill(out, &weighing, answer, &options);
        out->effective = companies_weigh(weighing.weights, answer, weighing.removed, options.draws);
        if (!site_figure_of(&out->without, weighing.net, NULL, options.draws) ||
            !site_figure_of(&out->with, weighing.net, weighing.weights, options.draws))
            abort(); /* as mem_*() does when memory is short */
    }
    free(weighing.net);
    free(weighing.weights);
    free(weighing.removed);
    free(weighing.sites);
    ledgerfile_free(&weighing.ledger);
    return good;
}
