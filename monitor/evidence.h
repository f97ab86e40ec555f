// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * evidence: what companies report, read and weighed for the commands `hashtide evidence ...` and
 * `hashtide departure --evidence`.
 */
#ifndef HASHTIDE_MONITOR_EVIDENCE_H
#define HASHTIDE_MONITOR_EVIDENCE_H

#include "analysis/companies.h"
#include "analysis/site.h"
#include "monitor/departure_inputs.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** A figure as JSON: mean, median, lo50, hi50, lo90, hi90. New reference. */
json_t *evidence_figure(const struct site_figure *figure);
/** Prints an object, sorted as it was filled, and lets it go. False if it is NULL. */
bool evidence_print_json(json_t *object);

/** A table of companies, and what it says. */
struct evidence_companies {
    struct tablefile file; /* its origin; the text is the table's */
    struct companies table;
    struct companies_answer *answer;
};

/** Reads the table at path, or, if that is NULL, the one of the settings, and works out its answer.
 *  False after command_error(). To be freed in any case. */
bool evidence_companies_read(struct evidence_companies *out, const struct settings *settings,
                             const char *path);
void evidence_companies_free(struct evidence_companies *companies);

/** AI net removal by the list of sites, with and without what companies report. */
struct evidence_net {
    size_t sites;
    struct companies_weighing weighing;
    struct site_figure without, with; /* at the middle of the reports' window */
    size_t draws;
};

/** Weights by draw of these inputs' sites, options->draws of them; mem_*() memory. The answer is
 *  one. */
double *evidence_weights(struct companies_weighing *out, const struct companies_answer *answer,
                         const struct departure_inputs *inputs, const struct site_options *options);
/** Weighs the paths of the settings' ledger by the companies' reports. False after
 *  command_error(). */
bool evidence_net_of(struct evidence_net *out, const struct companies_answer *answer,
                     const struct settings *settings);

#endif
