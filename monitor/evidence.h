// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * evidence: what the commands `hashtide evidence ...` share.
 */
#ifndef HASHTIDE_MONITOR_EVIDENCE_H
#define HASHTIDE_MONITOR_EVIDENCE_H

#include "analysis/companies.h"
#include "analysis/site.h"
#include "monitor/settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** A figure as JSON: mean, median, lo50, hi50, lo90, hi90. New reference. */
json_t *evidence_figure(const struct site_figure *figure);
/** Prints an object, sorted as it was filled, and lets it go. False if it is NULL. */
bool evidence_print_json(json_t *object);

/** AI net removal by the list of sites, with and without what companies report. */
struct evidence_net {
    size_t sites, matched; /* of all sites, those of the companies in the answer */
    struct site_figure without, with;
    size_t draws;
    double effective; /* draws after weighing */
};

/**
 * Weighs the paths of the settings' ledger by the companies' reports, at the middle of their
 * window. Of machines that run on elsewhere, a share that is uniform from 0 to 1 runs on with the
 * same company. False after command_error().
 */
bool evidence_net_of(struct evidence_net *out, const struct companies_answer *answer,
                     const struct settings *settings);

#endif
