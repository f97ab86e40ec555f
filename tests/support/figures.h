// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * figures: every figure that an engine gives, in a row: to see that all are sane, and that two
 * engines give the same. For tests that link analysis/.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_FIGURES_H
#define HASHTIDE_TESTS_SUPPORT_FIGURES_H

#include "analysis/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIGURES_MAX 512

struct figures {
    size_t count;
    const char *name[FIGURES_MAX];
    double value[FIGURES_MAX];
};

/** Asks an engine everything, of the changes and the scored forecasts the last few. */
void figures_ask(struct figures *figures, struct engine *engine, int64_t now_ms);
/** Name of the first figure that is not finite, or not what it can be (a chance above 1, an
 * interval that does not hold its figure); NULL where all are sane. */
const char *figures_fault(struct engine *engine, int64_t now_ms);
/** Name of the first figure that differs, bit for bit; NULL where none does. */
const char *figures_difference(struct engine *a, struct engine *b, int64_t now_ms);

#endif
