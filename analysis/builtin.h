// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * builtin: the tables of analysis/data/, as they stand there, inside the program. They are what is
 * used where no other file is named; the same files are installed, to be copied and changed.
 */
#ifndef HASHTIDE_ANALYSIS_BUILTIN_H
#define HASHTIDE_ANALYSIS_BUILTIN_H

#include <stddef.h>

enum builtin_table {
    BUILTIN_CLAIMS,      /* claims.csv: what is said in public, analysis/claims.h */
    BUILTIN_COMPANIES,   /* companies.csv: analysis/companies.h */
    BUILTIN_CONVERSIONS, /* conversions.csv: the ledger of sites, analysis/ledger.h */
    BUILTIN_ECONOMICS,   /* economics.csv: what mining and AI earn and cost, analysis/economics.h */
    BUILTIN_EFFICIENCY,  /* efficiency.csv: J/TH by date, analysis/efficiency.h */
    BUILTIN_MACHINES,    /* machines.csv: used machines, no rows yet, analysis/series.h */
    BUILTIN_POWER,       /* power.csv: power by region, no rows yet, likewise */
    BUILTIN_PRICES,      /* prices.csv: analysis/price_table.h */
    BUILTIN_TABLES,
};

/** A text of UTF-8 with no NUL in it; *len is its length. It is a constant. */
const char *builtin_text(size_t *len, enum builtin_table table);
/** "conversions.csv". */
const char *builtin_name(enum builtin_table table);

#endif
