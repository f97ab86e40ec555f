// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nowcast_internal: what nowcast and nowcast_smooth share.
 */
#ifndef HASHTIDE_ANALYSIS_NOWCAST_INTERNAL_H
#define HASHTIDE_ANALYSIS_NOWCAST_INTERNAL_H

#include "analysis/nowcast.h"

/** The estimate from each filter's belief and the log of its weight, up to a constant. */
struct nowcast_estimate nowcast_mixture(const struct nowcast_model *model,
                                        const struct gamma_belief *belief,
                                        const double *log_weight);

#endif
