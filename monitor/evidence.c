// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * evidence: see evidence.h.
 */
#include "config.h"

#include "monitor/evidence.h"

#include "monitor/command.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define DIGITS 9

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

/* ---- companies ---- */

bool evidence_companies_read(struct evidence_companies *out, const struct settings *settings,
                             const char *path)
{
    static const struct tablefile_place nowhere = {.proxy = ""};
    char *message = mem_zeroed(1, TABLEFILE_MESSAGE_SIZE);
    struct tablefile_teller teller = {.say = ledgerfile_say};
    enum companies_result result = COMPANIES_REFUSED;
    bool good = path != NULL ? tablefile_read_path(&out->file, message, path)
                             : tablefile_read(&out->file, message, BUILTIN_COMPANIES,
                                              &settings->tables[BUILTIN_COMPANIES], &nowhere);

    out->answer = NULL;
    if (!good) {
        command_error("%s", message);
    } else {
        teller.name = out->file.name;
        result =
            companies_parse(&out->table, out->file.text, out->file.len, tablefile_tell, &teller);
        out->file.text = NULL; /* the table's */
        if (result == COMPANIES_REFUSED)
            command_error("%s: %zu %s: it cannot be used as the table of companies", out->file.name,
                          teller.faults, teller.faults == 1 ? "fault" : "faults");
        if (result == COMPANIES_READ)
            out->answer = companies_ask(out->table.rows, out->table.count);
        if (result == COMPANIES_NO_MEMORY || (result == COMPANIES_READ && out->answer == NULL))
            abort(); /* as mem_*() does when memory is short */
    }
    free(message);
    return out->answer != NULL;
}

void evidence_companies_free(struct evidence_companies *companies)
{
    free(companies->answer);
    companies->answer = NULL;
    companies_free(&companies->table);
    tablefile_free(&companies->file);
}

/* ---- sites ---- */

double *evidence_weights(struct companies_weighing *out, const struct companies_answer *answer,
                         const struct departure_inputs *inputs, const struct site_options *options)
{
    const struct companies_sites sites = {
        .sites = inputs->sites, .companies = inputs->companies, .count = inputs->site_count};
    double *weights = mem_zeroed(options->draws, sizeof *weights);

    if (!companies_weigh_sites(out, weights, answer, &sites, options))
        abort(); /* as mem_*() does when memory is short */
    return weights;
}

bool evidence_net_of(struct evidence_net *out, const struct companies_answer *answer,
                     const struct settings *settings)
{
    struct site_options options;
    struct departure_inputs inputs;
    const struct departure_inputs_options from = {.settings = settings,
                                                  .known_on = LEDGER_LATEST,
                                                  .priors = &options.priors,
                                                  .say = ledgerfile_say};
    char *message = mem_zeroed(1, DEPARTURE_INPUTS_MESSAGE_SIZE);
    struct site_paths *paths = NULL;
    double *weights = NULL;
    bool good = false;

    site_options_init(&options);
    options.priors = settings->priors;
    *out = (struct evidence_net){.draws = options.draws};
    good = departure_inputs_read_sites(&inputs, message, &from);
    if (!good)
        command_error("%s", message);
    free(message);
    if (good) {
        out->sites = inputs.site_count;
        weights = evidence_weights(&out->weighing, answer, &inputs, &options);
        paths = site_paths_new(inputs.sites, inputs.site_count, &out->weighing.time, 1, &options);
        if (paths == NULL || !site_paths_figure(&out->without, paths, SITE_NET, 0, NULL) ||
            !site_paths_figure(&out->with, paths, SITE_NET, 0, weights))
            abort(); /* as mem_*() does when memory is short */
    }
    site_paths_free(paths);
    free(weights);
    departure_inputs_free(&inputs);
    return good;
}
