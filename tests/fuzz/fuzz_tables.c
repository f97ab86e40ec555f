// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a table of claims and as one of efficiency: what is read holds what the headers
 * promise, what is refused says why, and a verdict comes of whatever is read.
 */
#include "config.h"

#include "analysis/claims.h"
#include "analysis/efficiency.h"
#include "analysis/site.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_claims(data, size);
    read_efficiency(data, size);
    return 0;
}
