// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger_choose: the state of a ledger on a day, and what would be counted twice in it.
 */
#include "config.h"

#include "analysis/ledger.h"
#include "analysis/ledger_internal.h"

#include <string.h>

/** Parts may be more than their whole by this share of it: figures are rounded. */
#define ROUNDING 0.01
/** Levels of parents. */
#define DEPTH_MAX 16

/* Where in by_id the first of an id stands; count if there is none. */
static size_t first_of(const struct ledger *ledger, const char *id)
{
    size_t low = 0;
    size_t high = ledger->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(ledger->rows[ledger->by_id[middle]].fields[LEDGER_ID], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ledger->count &&
                   strcmp(ledger->rows[ledger->by_id[low]].fields[LEDGER_ID], id) == 0
               ? low
               : ledger->count;
}

size_t ledger_find(const struct ledger *ledger, const char *id)
{
    size_t place = first_of(ledger, id);
    size_t row = place < ledger->count ? ledger->by_id[place] : LEDGER_NOWHERE;

    while (row != LEDGER_NOWHERE && !ledger->rows[row].in_force)
        row = ledger->rows[row].next;
    return row;
}

size_t ledger_find_last(const struct ledger *ledger, const char *id)
{
    size_t place = first_of(ledger, id);
    size_t row = place < ledger->count ? ledger->by_id[place] : LEDGER_NOWHERE;

    while (row != LEDGER_NOWHERE && ledger->rows[row].next != LEDGER_NOWHERE)
        row = ledger->rows[row].next;
    return row;
}

static bool in_force(const struct ledger *ledger, const struct ledger_row *row, int32_t day)
{
    return row->recorded <= day && row->status != LEDGER_WITHDRAWN &&
           (row->next == LEDGER_NOWHERE || ledger->rows[row->next].recorded > day);
}

static bool could_count(const struct ledger_row *row)
{
    return row->in_force && ledger_kind_counts(row->kind) && row->mined != LEDGER_MINED_NO &&
           row->mw > 0.0 && row->probability >= 0.0;
}

/* ---- parents ---- */

static void find_parent(struct ledger *ledger, struct ledger_row *row, struct ledger_judge *judge)
{
    const char *id = row->fields[LEDGER_PARENT];

    judge->line = row->line;
    row->parent = LEDGER_NOWHERE;
    if (!row->in_force || id[0] == '\0')
        return;
    row->parent = ledger_find(ledger, id);
    if (row->parent == LEDGER_NOWHERE)
        ledger_complain(judge, LEDGER_PARENT, "%s: there is no such entry on that day", id);
}

/* Cuts a row off that is its own ancestor, or has too many. */
static void limit_depth(struct ledger *ledger, struct ledger_row *row, struct ledger_judge *judge)
{
    size_t up = row->parent;
    int depth = 0;

    while (up != LEDGER_NOWHERE && depth <= DEPTH_MAX) {
        up = ledger->rows[up].parent;
        depth++;
    }
    if (up == LEDGER_NOWHERE)
        return;
    judge->line = row->line;
    ledger_complain(judge, LEDGER_PARENT,
                    "%s: it is a part of itself, or has more than %d others above it",
                    row->fields[LEDGER_ID], DEPTH_MAX);
    row->parent = LEDGER_NOWHERE;
}

/* ---- counted twice ---- */

static void judge_ancestors(struct ledger *ledger, struct ledger_row *row,
                            struct ledger_judge *judge)
{
    for (size_t up = row->parent; up != LEDGER_NOWHERE; up = ledger->rows[up].parent) {
        const struct ledger_row *parent = &ledger->rows[up];

        if (!could_count(parent))
            continue;
        judge->line = row->line;
        ledger_complain(judge, LEDGER_PROBABILITY,
                        "%s: counted twice, here and in %s, of which it is a part",
                        row->fields[LEDGER_ID], parent->fields[LEDGER_ID]);
        row->counts = false;
        return;
    }
}

static bool same(const struct ledger_row *a, const struct ledger_row *b, enum ledger_column column)
{
    return ledger_compare_names(a->fields[column], b->fields[column]) == 0;
}

/* A row that counts, against the one before it by name that does. */
static void judge_name(struct ledger_row *row, const struct ledger_row *last,
                       struct ledger_judge *judge)
{
    if (!same(row, last, LEDGER_SITE))
        return;
    judge->line = row->line;
    if (same(row, last, LEDGER_COMPANY)) {
        ledger_complain(judge, LEDGER_SITE, "%s: counted twice: %s in line %u is the same site",
                        row->fields[LEDGER_ID], last->fields[LEDGER_ID], last->line);
        row->counts = false;
    } else if (same(row, last, LEDGER_REGION)) {
        ledger_doubt(judge, LEDGER_SITE,
                     "%s: counted twice, if it is the same site as %s in line %u of another"
                     " company: owner and tenant, say",
                     row->fields[LEDGER_ID], last->fields[LEDGER_ID], last->line);
    }
}

/* One site under two ids: the first counts. */
static void judge_names(struct ledger *ledger, struct ledger_judge *judge)
{
    const struct ledger_row *last = NULL; /* that counts */

    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_row *row = &ledger->rows[ledger->by_name[i]];

        if (row->counts && last != NULL)
            judge_name(row, last, judge);
        if (row->counts)
            last = row;
    }
}

/* ---- parts and their whole ---- */

static void judge_sum(const struct ledger_row *whole, enum ledger_column column, double parts,
                      double all, struct ledger_judge *judge)
{
    if (all <= 0.0 || parts <= all * (1.0 + ROUNDING))
        return;
    judge->line = whole->line;
    ledger_doubt(judge, column, "%s: %g MW, but its parts have %g", whole->fields[LEDGER_ID], all,
                 parts);
}

static void judge_sums(struct ledger *ledger, struct ledger_judge *judge)
{
    for (size_t i = 0; i < ledger->count; i++)
        ledger->rows[i].parts_mw = ledger->rows[i].parts_it_mw = 0.0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (row->parent == LEDGER_NOWHERE || row->kind == LEDGER_TOTAL)
            continue;
        ledger->rows[row->parent].parts_mw += row->mw;
        ledger->rows[row->parent].parts_it_mw += row->it_mw;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        judge_sum(row, LEDGER_MW, row->parts_mw, row->mw, judge);
        judge_sum(row, LEDGER_IT_MW, row->parts_it_mw, row->it_mw, judge);
    }
}

size_t ledger_choose(struct ledger *ledger, int32_t day, csv_fault_fn fault, void *context)
{
    struct ledger_judge judge = {.fault = fault, .context = context};

    for (size_t i = 0; i < ledger->count; i++)
        ledger->rows[i].in_force = in_force(ledger, &ledger->rows[i], day);
    for (size_t i = 0; i < ledger->count; i++)
        find_parent(ledger, &ledger->rows[i], &judge);
    for (size_t i = 0; i < ledger->count; i++)
        limit_depth(ledger, &ledger->rows[i], &judge);
    for (size_t i = 0; i < ledger->count; i++) {
        ledger->rows[i].counts = could_count(&ledger->rows[i]);
        if (ledger->rows[i].counts)
            judge_ancestors(ledger, &ledger->rows[i], &judge);
    }
    judge_names(ledger, &judge);
    judge_sums(ledger, &judge);
    return judge.faults;
}

/* ---- for the model ---- */

size_t ledger_sites(struct site *out, const struct ledger *ledger)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (!row->counts)
            continue;
        out[count++] = (struct site){
            .name = row->fields[LEDGER_ID],
            .mw = row->mw,
            .mined = row->mined == LEDGER_MINED_PARTIAL ? SITE_MINED_PARTLY : SITE_MINED_YES,
            .announced = day_year_or_nan(&row->announced),
            .unplugged = day_year_or_nan(&row->unplugged),
            .energised = day_year_or_nan(&row->energised),
            .full = day_year_or_nan(&row->full),
            .delivery = row->probability,
        };
    }
    return count;
}
