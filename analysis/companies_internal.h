// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies_internal: what companies_ask.c and companies_fit.c share.
 */
#ifndef HASHTIDE_ANALYSIS_COMPANIES_INTERNAL_H
#define HASHTIDE_ANALYSIS_COMPANIES_INTERNAL_H

#include "analysis/companies.h"

#include <stdbool.h>
#include <stddef.h>

/** An observation that is in no effect. */
#define COMPANIES_NO_EFFECT SIZE_MAX

struct companies_seen {
    size_t company;
    int month;
    double log_ehs;
    size_t effect;
    double amount; /* by which the effect counts */
};

/** Observations sorted by company and month, companies numbered from 0 without a gap. */
struct companies_problem {
    struct companies_seen *seen;
    size_t count, companies, effects;
};

/** Fits the effects (flat priors) at each point of the grid. False without memory. */
bool companies_fit(struct companies_point grid[COMPANIES_GRID],
                   const struct companies_problem *problem);
/** Posterior probabilities of the grid's points. */
void companies_grid_chances(double chances[COMPANIES_GRID],
                            const struct companies_point grid[COMPANIES_GRID], size_t effects);
/** Draws of the effects: values[draw * effects + e]. With shares each is lowered by half its
 * variance: by so much the exponential of an estimate is too large in the mean, which adds up over
 * companies. */
void companies_draw(double *values, const struct companies_point grid[COMPANIES_GRID],
                    size_t effects, size_t draws, bool shares);

#endif
