// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a table of claims, of efficiency, of power, of used machines, of companies and of
 * pools: what is read holds what the headers promise, what is refused says why, and a verdict or an
 * answer comes of whatever is read.
 */
#include "config.h"

#include "analysis/claims.h"
#include "analysis/companies.h"
#include "analysis/efficiency.h"
#include "analysis/pools.h"
#include "analysis/series.h"
#include "analysis/site.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** Rows of a series on whose days prices are asked for: each asks all rows. */
#define ROWS_LOOKED_AT 64
/** Rows and epochs of which an answer is worked out: more would take the fuzzer's time. */
#define ROWS_ASKED 500
#define EPOCHS_ASKED 16

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

static void check_figure(const struct site_figure *figure)
{
    demand(isfinite(figure->mean) && figure->lo90 <= figure->lo50 &&
           figure->lo50 <= figure->median && figure->median <= figure->hi50 &&
           figure->hi50 <= figure->hi90 && isfinite(figure->lo90 + figure->hi90));
}

static void ask_companies(const struct companies *table)
{
    struct companies_answer *answer = companies_ask(table->rows, table->count);

    demand(answer != NULL && answer->count <= COMPANIES_MAX);
    for (unsigned rule = 0; rule < COMPANIES_RULES; rule++) {
        demand(answer->reason[rule][0] != '\0');
        demand(!answer->enough || answer->met[rule]);
    }
    if (answer->enough) {
        demand(answer->converters >= COMPANIES_LEAST);
        check_figure(&answer->removed);
        check_figure(&answer->removed_ehs);
    }
    free(answer);
}

static void read_companies(const uint8_t *data, size_t size)
{
    struct companies table;
    size_t faults = 0;

    if (companies_parse(&table, copy_of(data, size), size, take_fault, &faults) != COMPANIES_READ) {
        demand(faults > 0 && table.text == NULL);
        return;
    }
    demand(faults == 0 && table.count <= COMPANIES_ROWS_MAX);
    for (size_t i = 0; i < table.count; i++) {
        const struct companies_row *row = &table.rows[i];

        demand(row->company[0] != '\0' && row->line > 1 && row->measure < COMPANIES_MEASURES);
        demand(row->ehs > 0.0 && row->ehs <= COMPANIES_EHS_MOST && row->month > 0);
        demand(row->converter ? row->converted > 0 : row->converted == 0);
    }
    if (table.count <= ROWS_ASKED)
        ask_companies(&table);
    companies_free(&table);
}

static void ask_pools(const struct pools *pools)
{
    const struct pools_question question = {
        .from = 0, .to = pools->count - 1, .width = 1, .from_ehs = 900.0, .to_ehs = 950.0};
    struct pools_answer answer;

    if (pools_fault(pools, &question) != NULL)
        return;
    demand(pools_ask(&answer, pools, &question));
    check_figure(&answer.from_share);
    check_figure(&answer.to_share);
    check_figure(&answer.lost_ehs);
    demand(answer.from_share.lo90 > 0.0 && answer.to_share.hi90 < 1.0 && answer.switching > 0.0);
}

static void read_pools(const uint8_t *data, size_t size)
{
    struct pools pools;
    char *text = copy_of(data, size);
    size_t faults = 0;

    if (pools_parse(&pools, text, size, pools_us, take_fault, &faults) == POOLS_READ) {
        demand(faults == 0 && pools.count > 0);
        for (size_t i = 0; i < pools.count; i++) {
            const struct pools_epoch *epoch = &pools.epochs[i];

            demand(epoch->set <= epoch->all && epoch->all <= POOLS_EPOCH_BLOCKS);
            demand(i == 0 || epoch->epoch > epoch[-1].epoch);
        }
        if (pools.count <= EPOCHS_ASKED)
            ask_pools(&pools);
    } else {
        demand(faults > 0 && pools.epochs == NULL);
    }
    pools_free(&pools);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_claims(data, size);
    read_efficiency(data, size);
    read_series(data, size, SERIES_POWER);
    read_series(data, size, SERIES_MACHINES);
    read_companies(data, size);
    read_pools(data, size);
    return 0;
}
