// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger_names: the words of a ledger's file, and what they mean here.
 */
#include "config.h"

#include "analysis/ledger_internal.h"

#include <string.h>

const char *const ledger_kinds[LEDGER_KINDS] = {
    [LEDGER_CONVERSION] = "conversion",
    [LEDGER_PILOT] = "pilot",
    [LEDGER_REBRAND] = "rebrand",
    [LEDGER_DUAL] = "dual",
    [LEDGER_EXIT] = "exit",
    [LEDGER_GREENFIELD] = "greenfield",
    [LEDGER_FOREGONE] = "foregone",
    [LEDGER_CONTROL] = "control",
    [LEDGER_TOTAL] = "total",
};
const char *const ledger_statuses[LEDGER_STATUSES] = {
    [LEDGER_OPTION] = "option",     [LEDGER_PLAN] = "plan", [LEDGER_SIGNED] = "signed",
    [LEDGER_BUILDING] = "building", [LEDGER_LIVE] = "live", [LEDGER_SOLD] = "sold",
    [LEDGER_CLOSED] = "closed",     [LEDGER_NONE] = "none", [LEDGER_WITHDRAWN] = "withdrawn",
};
const char *const ledger_mineds[LEDGER_MINEDS] = {
    [LEDGER_MINED_YES] = "yes", [LEDGER_MINED_PARTIAL] = "partial", [LEDGER_MINED_NO] = "no"};
const char *const ledger_bases[LEDGER_BASES] = {[LEDGER_BASIS_NONE] = "",
                                                [LEDGER_BASIS_MINED] = "mined",
                                                [LEDGER_BASIS_LEASE] = "lease",
                                                [LEDGER_BASIS_ANNOUNCED] = "announced"};
const char *const ledger_confidences[LEDGER_CONFIDENCES] = {
    [LEDGER_SEEN] = "seen", [LEDGER_MEMORY] = "memory", [LEDGER_JUDGEMENT] = "judgement"};

static const char *const columns[LEDGER_COLUMNS] = {
    [LEDGER_ID] = "id",
    [LEDGER_RECORDED] = "recorded",
    [LEDGER_COMPANY] = "company",
    [LEDGER_SITE] = "site",
    [LEDGER_REGION] = "region",
    [LEDGER_KIND] = "kind",
    [LEDGER_STATUS] = "status",
    [LEDGER_MW] = "mw",
    [LEDGER_MW_BASIS] = "mw_basis",
    [LEDGER_GROSS_MW] = "gross_mw",
    [LEDGER_IT_MW] = "it_mw",
    [LEDGER_MINED_BEFORE] = "mined_before",
    [LEDGER_ANNOUNCED] = "announced",
    [LEDGER_UNPLUGGED] = "unplugged",
    [LEDGER_ENERGISED] = "energised",
    [LEDGER_FULL] = "full",
    [LEDGER_PROBABILITY] = "probability",
    [LEDGER_PARENT] = "parent",
    [LEDGER_TENANT] = "tenant",
    [LEDGER_SOURCE] = "source",
    [LEDGER_CONFIDENCE] = "confidence",
    [LEDGER_NOTE] = "note",
};

/* The next letter or digit, small, or byte of one; 0 at the end. Locales play no part. */
static unsigned char next_letter(const char **at)
{
    for (; **at != '\0'; (*at)++) {
        unsigned char c = (unsigned char)**at;

        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
            (*at)++;
            return c;
        }
    }
    return 0;
}

int ledger_compare_names(const char *a, const char *b)
{
    unsigned char x = 0, y = 0;

    do {
        x = next_letter(&a);
        y = next_letter(&b);
    } while (x == y && x != 0);
    return (x > y) - (x < y);
}

size_t ledger_name_find(const char *const *names, size_t count, const char *text)
{
    size_t i = 0;

    while (i < count && strcmp(names[i], text) != 0)
        i++;
    return i;
}

const char *ledger_column_name(enum ledger_column column)
{
    return column < LEDGER_COLUMNS ? columns[column] : "";
}

enum ledger_column ledger_column_find(const char *name)
{
    return (enum ledger_column)ledger_name_find(columns, LEDGER_COLUMNS, name);
}

const char *ledger_kind_name(enum ledger_kind kind)
{
    return ledger_kinds[kind];
}

const char *ledger_status_name(enum ledger_status status)
{
    return ledger_statuses[status];
}

const char *ledger_mined_name(enum ledger_mined mined)
{
    return ledger_mineds[mined];
}

const char *ledger_basis_name(enum ledger_basis basis)
{
    return ledger_bases[basis];
}

const char *ledger_confidence_name(enum ledger_confidence confidence)
{
    return ledger_confidences[confidence];
}

bool ledger_kind_find(enum ledger_kind *out, const char *name)
{
    size_t kind = ledger_name_find(ledger_kinds, LEDGER_KINDS, name);

    if (kind == LEDGER_KINDS)
        return false;
    *out = (enum ledger_kind)kind;
    return true;
}
