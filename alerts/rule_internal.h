// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rule_internal: what rule.c, which knows what a rule means, shares with rule_parse.c, which reads
 * one.
 */
#ifndef HASHTIDE_ALERTS_RULE_INTERNAL_H
#define HASHTIDE_ALERTS_RULE_INTERNAL_H

#include "alerts/rule.h"

#include <stdint.h>

/** Of metric, bound, side and levels; never 0. */
uint64_t rule_digest(const struct rule *rule);

#endif
