// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a ledger: what is read holds what ledger.h promises, on any day, and what is written
 * of it is read as the same again.
 */
#include "config.h"

#include "analysis/csv.h"
#include "analysis/ledger.h"

#include <math.h>
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

    demand(fault->reason[0] != '\0' && fault->line > 0);
    *faults += fault->doubt ? 0 : 1;
}

static void check_row(const struct ledger *ledger, const struct ledger_row *row)
{
    char quoted[2 * LEDGER_FIELD_MAX + 5] = "x,"; /* a byte order mark is one in front alone */
    struct csv csv;
    struct csv_record record;
    const char *why = NULL;
    size_t steps = 0;
    size_t len = 0;

    demand(row->mw >= 0.0 && row->mw <= LEDGER_MW_MAX && row->probability <= 1.0);
    demand(!row->counts || (row->in_force && row->mw > 0.0 && row->probability >= 0.0 &&
                            row->mined != LEDGER_MINED_NO && row->announced.known));
    for (size_t up = row->parent; up != LEDGER_NOWHERE; up = ledger->rows[up].parent)
        demand(ledger->rows[up].in_force && steps++ < ledger->count &&
               !(row->counts && ledger->rows[up].counts));
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        memcpy(quoted, "x,", 2);
        len = 2 + csv_quote(quoted + 2, sizeof quoted - 2, row->fields[column]);
        demand(len < sizeof quoted && csv_begin(&csv, quoted, len, false));
        demand(csv_next(&csv, &record, &why) == CSV_RECORD && record.count == 2 &&
               strcmp(record.fields[1], row->fields[column]) == 0);
    }
}

static void check_state(struct ledger *ledger, int32_t day)
{
    struct site *sites = calloc(ledger->count + 1, sizeof *sites);
    size_t faults = 0;
    size_t count = 0;

    demand(sites != NULL);
    demand(ledger_choose(ledger, day, take_fault, &faults) == faults);
    for (size_t i = 0; i < ledger->count; i++)
        check_row(ledger, &ledger->rows[i]);
    count = ledger_sites(sites, ledger);
    demand(count <= ledger->count);
    for (size_t i = 0; i < count; i++)
        demand(isfinite(sites[i].announced) && isfinite(sites[i].mw));
    free(sites);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger ledger;
    char *text = malloc(size + 1);
    size_t faults = 0;

    demand(text != NULL);
    memcpy(text, data, size);
    if (ledger_parse(&ledger, text, size, take_fault, &faults) == LEDGER_READ) {
        demand(ledger.faults == faults);
        check_state(&ledger, LEDGER_LATEST);
        check_state(&ledger, INT32_MIN);
        if (ledger.count > 0)
            check_state(&ledger, ledger.rows[0].recorded);
        ledger_free(&ledger);
    } else {
        demand(faults > 0 && ledger.text == NULL);
    }
    return 0;
}
