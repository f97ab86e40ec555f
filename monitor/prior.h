// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * prior: an assumption about sites as people write it: "relocated.mean=0.2", or, of one that is a
 * range, "running=0.8..0.9".
 */
#ifndef HASHTIDE_MONITOR_PRIOR_H
#define HASHTIDE_MONITOR_PRIOR_H

#include "analysis/site.h"

#include <stdbool.h>

#define PRIOR_MESSAGE_SIZE 200

/** Sets what the text says. False with message, which says what was expected, and nothing set. */
bool prior_set(struct site_priors *priors, char message[PRIOR_MESSAGE_SIZE], const char *text);

#endif
