// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger_internal: what the parts of ledger share.
 */
#ifndef HASHTIDE_ANALYSIS_LEDGER_INTERNAL_H
#define HASHTIDE_ANALYSIS_LEDGER_INTERNAL_H

#include "analysis/ledger.h"

#include <stdbool.h>
#include <stddef.h>

/** Whom faults are told, and how many there were. */
struct ledger_judge {
    csv_fault_fn fault;
    void *context;
    unsigned line; /* of the row at hand */
    size_t faults; /* doubts not among them */
};

/** A fault, and a doubt, in a column (LEDGER_COLUMNS: in the whole line) of the line at hand. */
void ledger_complain(struct ledger_judge *judge, enum ledger_column column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ledger_doubt(struct ledger_judge *judge, enum ledger_column column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Reads a row whose fields are set. Tells all that is wrong with it. */
void ledger_read_row(struct ledger_row *row, struct ledger_judge *judge);

/** Orders names as people mean them: capitals, blanks and signs make no difference. */
int ledger_compare_names(const char *a, const char *b);

/** Whether rows of this kind can count. */
bool ledger_kind_counts(enum ledger_kind kind);

/** What a text is in a list of names; count if it is none of them. */
size_t ledger_name_find(const char *const *names, size_t count, const char *text);
/** The lists of names. */
extern const char *const ledger_kinds[LEDGER_KINDS];
extern const char *const ledger_statuses[LEDGER_STATUSES];
extern const char *const ledger_mineds[LEDGER_MINEDS];
extern const char *const ledger_bases[LEDGER_BASES];
extern const char *const ledger_confidences[LEDGER_CONFIDENCES];

#endif
