// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger: sites at which mining gives way to AI, and such as only seem to, as rows of a table.
 *
 * The format is described in doc/hashtide-ledger.5. In short: CSV with named columns, a row for
 * each version of each entry. A version is in force from the day on which it was recorded until a
 * later one of the same id takes its place; so every past state of the ledger can be had again.
 *
 * A row counts, which means that it goes into the site model, if it is of a kind that removes hash
 * rate (conversion, pilot, dual), something mined there before, and its MW and its probability are
 * known. Totals never count, nor does a row whose parent does.
 *
 * What is wrong is told to the caller, all of it: each fault with line, column and reason. A row
 * with a fault is not taken; whether the others are of use then is for the caller to decide.
 */
#ifndef HASHTIDE_ANALYSIS_LEDGER_H
#define HASHTIDE_ANALYSIS_LEDGER_H

#include "analysis/csv.h"
#include "analysis/day.h"
#include "analysis/site.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest text of a ledger, and most rows of one. */
#define LEDGER_SIZE_MAX ((size_t)4 << 20)
#define LEDGER_ROWS_MAX 20000
/** Longest field and longest id, in bytes without NUL. */
#define LEDGER_FIELD_MAX 2000
#define LEDGER_ID_MAX 64
/** Most MW of a row: beyond it somebody took kW for MW. */
#define LEDGER_MW_MAX 100000.0

enum ledger_kind {
    LEDGER_CONVERSION, /* mining gives way to AI */
    LEDGER_PILOT,      /* the same, small and for trial */
    LEDGER_REBRAND,    /* a company calls itself one of AI first */
    LEDGER_DUAL,       /* mining and AI on one campus or in turn */
    LEDGER_EXIT,       /* a company leaves, its machines go on elsewhere or end for other reasons */
    LEDGER_GREENFIELD, /* an AI site at which nothing was mined */
    LEDGER_FOREGONE,   /* the same, where mining had been planned: growth that does not come */
    LEDGER_CONTROL,    /* a miner that does not convert */
    LEDGER_TOTAL,      /* a sum over other rows */
    LEDGER_KINDS,
};

enum ledger_status {
    LEDGER_OPTION, /* somebody might */
    LEDGER_PLAN,   /* announced, nobody has signed */
    LEDGER_SIGNED,
    LEDGER_BUILDING,
    LEDGER_LIVE,
    LEDGER_SOLD,
    LEDGER_CLOSED,
    LEDGER_NONE,      /* nothing happens there */
    LEDGER_WITHDRAWN, /* the entry is taken back: from this version on there is none */
    LEDGER_STATUSES,
};

enum ledger_mined { LEDGER_MINED_YES, LEDGER_MINED_PARTIAL, LEDGER_MINED_NO, LEDGER_MINEDS };

/** What the MW are. */
enum ledger_basis {
    LEDGER_BASIS_NONE,      /* there are none */
    LEDGER_BASIS_MINED,     /* what was mining there */
    LEDGER_BASIS_LEASE,     /* the IT load of a lease x overhead */
    LEDGER_BASIS_ANNOUNCED, /* what was announced, whatever it is */
    LEDGER_BASES,
};

enum ledger_confidence { LEDGER_SEEN, LEDGER_MEMORY, LEDGER_JUDGEMENT, LEDGER_CONFIDENCES };

/** Columns, in the order in which they are written. */
enum ledger_column {
    LEDGER_ID,
    LEDGER_RECORDED,
    LEDGER_COMPANY,
    LEDGER_SITE,
    LEDGER_REGION,
    LEDGER_KIND,
    LEDGER_STATUS,
    LEDGER_MW,
    LEDGER_MW_BASIS,
    LEDGER_GROSS_MW,
    LEDGER_IT_MW,
    LEDGER_MINED_BEFORE,
    LEDGER_ANNOUNCED,
    LEDGER_UNPLUGGED,
    LEDGER_ENERGISED,
    LEDGER_FULL,
    LEDGER_PROBABILITY,
    LEDGER_PARENT,
    LEDGER_TENANT,
    LEDGER_SOURCE,
    LEDGER_CONFIDENCE,
    LEDGER_NOTE,
    LEDGER_COLUMNS,
};

/** No row. */
#define LEDGER_NOWHERE SIZE_MAX

/** A version of an entry. Numbers that are not known are 0 and, of probability, negative. */
struct ledger_row {
    const char *fields[LEDGER_COLUMNS]; /* as they stand in the file; "" for nothing */
    unsigned line;
    enum ledger_kind kind;
    enum ledger_status status;
    enum ledger_mined mined;
    enum ledger_basis basis;
    enum ledger_confidence confidence;
    int32_t recorded;           /* days from 1970-01-01 */
    double mw, gross_mw, it_mw; /* of basis; of the whole site; of its IT load */
    double probability;         /* that the plan is delivered */
    struct day announced, unplugged, energised, full;
    size_t next; /* the version that takes its place: a row, or LEDGER_NOWHERE */
    /* As of the day last chosen by ledger_choose(): */
    bool in_force; /* and not withdrawn */
    bool counts;
    size_t parent; /* the row in force that is its parent; LEDGER_NOWHERE for none */
    double parts_mw,
        parts_it_mw; /* sums of mw and it_mw over those whose parent it is, but totals */
};

/** Rows in the file's order. */
struct ledger {
    char *text; /* owned; the rows' fields point into it */
    struct ledger_row *rows;
    size_t *by_id;   /* all rows, by id and, of one id, as they follow each other in time */
    size_t *by_name; /* all rows, by site and company as ledger_compare_names() has it, and then
                        in the file's order */
    size_t count;
    size_t faults; /* told by ledger_parse(), doubts not among them: rows are missing */
};

enum ledger_result {
    LEDGER_READ,     /* all rows that have no fault; faults were told */
    LEDGER_NO_TABLE, /* it is none; why was told */
    LEDGER_NO_MEMORY,
};

/**
 * Reads a ledger, which is to be given a day by ledger_choose() then. text has len bytes and room
 * for one more; it is of malloc() and the ledger's from here on, whatever comes of it. Unless
 * LEDGER_READ, out is empty.
 */
enum ledger_result ledger_parse(struct ledger *out, char *text, size_t len, csv_fault_fn fault,
                                void *context);
/** A zeroed ledger is allowed. */
void ledger_free(struct ledger *ledger);

/** A day on which all versions are known. */
#define LEDGER_LATEST INT32_MAX
/**
 * Chooses the state that was known at the end of a day (from 1970-01-01), and tells what is wrong
 * with it: parents that there are not, what would be counted twice, parts that are more than their
 * whole. A row that would be counted a second time does not count. Returns the number of faults,
 * doubts not among them. fault may be NULL.
 */
size_t ledger_choose(struct ledger *ledger, int32_t day, csv_fault_fn fault, void *context);

/** The row in force of an id, after ledger_choose(); LEDGER_NOWHERE if there is none. */
size_t ledger_find(const struct ledger *ledger, const char *id);
/** The last version of an id, in force or not. */
size_t ledger_find_last(const struct ledger *ledger, const char *id);

/** The sites of the state chosen, for the model: its rows that count, in the file's order, named by
 *  their ids, which are the ledger's. out has room for ledger->count; returns how many there are.
 */
size_t ledger_sites(struct site *out, const struct ledger *ledger);

/* ---- names, as the file has them ---- */

const char *ledger_column_name(enum ledger_column column);
/** LEDGER_COLUMNS if there is no such column. */
enum ledger_column ledger_column_find(const char *name);
const char *ledger_kind_name(enum ledger_kind kind);
const char *ledger_status_name(enum ledger_status status);
const char *ledger_mined_name(enum ledger_mined mined);
const char *ledger_basis_name(enum ledger_basis basis);
const char *ledger_confidence_name(enum ledger_confidence confidence);
/** False if there is no such kind. */
bool ledger_kind_find(enum ledger_kind *out, const char *name);

#endif
