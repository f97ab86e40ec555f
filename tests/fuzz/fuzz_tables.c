// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a table of claims, of efficiency, of power and of used machines: what is read holds
 * what the headers promise, what is refused says why, and a verdict comes of whatever is read.
 */
#include "config.h"

#include "analysis/claims.h"
#include "analysis/efficiency.h"
#include "analysis/series.h"
#include "analysis/site.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** Rows of a series on whose days prices are asked for: each asks all rows. */
#define ROWS_LOOKED_AT 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void take_fault(void *context, const struct csv_fault *fault)
{
    size_t *faults = context;

    demand(fault->reason[0] != '\0' && fault->line > 0 && !fault->doubt);
    (*faults)++;
}

static char *copy_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    demand(text != NULL);
    memcpy(text, data, size);
    return text;
}

static void check_claim(const struct claim *claim)
{
    struct claim_figure figure = {true, claim->threshold, claim->threshold, claim->threshold};

    demand(claim->probability <= 1.0 && claim->id[0] != '\0');
    if (claim->metric == CLAIM_NONE) {
        demand(claim->note[0] != '\0' && claim_judge(claim, &figure, true) == CLAIM_UNTESTABLE);
        return;
    }
    demand(claim->from < claim->deadline);
    demand(claim_judge(claim, &figure, true) == CLAIM_FALSE);
    demand(claim_judge(claim, &figure, false) == CLAIM_OPEN);
}

static void read_claims(const uint8_t *data, size_t size)
{
    struct claims claims;
    size_t faults = 0;

    if (claims_parse(&claims, copy_of(data, size), size, take_fault, &faults) != CLAIMS_READ) {
        demand(faults > 0 && claims.text == NULL);
        return;
    }
    demand(faults == 0);
    for (size_t i = 0; i < claims.count; i++)
        check_claim(&claims.rows[i]);
    claims_free(&claims);
}

static void read_efficiency(const uint8_t *data, size_t size)
{
    struct efficiency table;
    struct site_priors priors;
    size_t faults = 0;

    if (efficiency_parse(&table, copy_of(data, size), size, take_fault, &faults) !=
        EFFICIENCY_READ) {
        demand(faults > 0 && table.text == NULL);
        return;
    }
    demand(faults == 0 && table.knot_count > 0 && table.knot_count <= table.count);
    for (size_t i = 1; i < table.knot_count; i++)
        demand(table.knots[i].year > table.knots[i - 1].year);
    site_priors_init(&priors);
    (void)site_priors_set_knots(&priors, table.knots, table.knot_count);
    efficiency_free(&table);
}

static void check_series(const struct series *series, int32_t day)
{
    struct series_spread spread;
    struct series_quote nearest = {.row = NULL};

    if (series->kind == SERIES_MACHINES)
        nearest = series_nearest(series, 20.0, day);
    demand(series_spread_at(&spread, series, day));
    demand(spread.known <= series->subjects);
    demand(spread.known == 0 ||
           (spread.low->value <= spread.median && spread.median <= spread.high->value));
    demand(nearest.row == NULL || nearest.fresh);
    for (size_t i = 0; i < series->subjects; i++) {
        struct series_quote quote = series_at(series, i, day);

        demand(quote.row == NULL || (quote.age_days >= 0 && quote.row->date.first <= day));
    }
}

static void read_series(const uint8_t *data, size_t size, enum series_kind kind)
{
    struct series series;
    size_t faults = 0;

    if (series_parse(&series, kind, copy_of(data, size), size, take_fault, &faults) !=
        SERIES_READ) {
        demand(faults > 0 && series.text == NULL);
        return;
    }
    demand(faults == 0 && series.begins[series.subjects] == series.count);
    for (size_t i = 0; i < series.count && i < ROWS_LOOKED_AT; i++)
        check_series(&series, series.rows[i].date.last + SERIES_AGE_DAYS);
    series_free(&series);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_claims(data, size);
    read_efficiency(data, size);
    read_series(data, size, SERIES_POWER);
    read_series(data, size, SERIES_MACHINES);
    return 0;
}
