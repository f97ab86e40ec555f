// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * claims: what is said in public about mining and AI, as quantities that can be tested: a metric, a
 * threshold, a window and a deadline; what a measured figure makes of them; and how good a source's
 * claims were.
 *
 * Verdicts are a rule, the same for every claim:
 *     cannot be tested   the claim names no metric: its note says why
 *     undecidable        the figure can't be had, or its interval has the threshold in it
 *     open               the deadline lies behind the last day of the data
 *     true, false        the whole interval is on one side of the threshold
 * The Brier score of a source is the mean of (p - outcome)^2 over its claims that were decided, p
 * being the probability that the source gave, or that is read from its words: 0 is perfect, 0.25 is
 * what always saying 'one half' gets, 1 is always sure and always wrong.
 */
#ifndef HASHTIDE_ANALYSIS_CLAIMS_H
#define HASHTIDE_ANALYSIS_CLAIMS_H

#include "analysis/csv.h"
#include "analysis/day.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAIMS_SIZE_MAX ((size_t)1 << 20)
#define CLAIMS_ROWS_MAX 1000
#define CLAIMS_ID_MAX 64

/** What can be measured between the days from and deadline. Changes are fractions: .1 is 10 % more.
 */
enum claim_metric {
    CLAIM_NONE,              /* it can't be tested */
    CLAIM_DIFFICULTY_CHANGE, /* of the difficulty */
    CLAIM_HASHRATE_CHANGE,   /* of the mean hash rate of the epochs at both ends */
    CLAIM_HASHPRICE_CHANGE,  /* of USD per PH/s and day, subsidy alone */
    CLAIM_VOLATILITY_CHANGE, /* of the daily sd of the random walk, against as long a time before */
    CLAIM_EFFICIENCY_CHANGE, /* of the fleet's J/TH */
    CLAIM_ATTACK_CHANGE,     /* of the power that half of the hash rate draws: USD an hour at one
                                price of power */
    CLAIM_INCENTIVE_RATIO,   /* revenue of a lease over that of mining, at the deadline */
    CLAIM_INCENTIVE_REGIONS, /* share of the regions in which that is above 1 */
    CLAIM_REBRANDS,          /* companies in the ledger that called themselves ones of AI first */
    CLAIM_AI_SHARE,          /* removed for AI, as a share of what the network would have */
    CLAIM_CONCENTRATION,     /* change of the sum of squared shares of pools */
    CLAIM_METRICS,
};

struct claim {
    unsigned line;
    const char *id, *text, *said_by, *source, *note; /* they point into the table's text */
    const char *metric_name;
    enum claim_metric metric;
    bool above; /* the claim holds where the figure is above the threshold; else below */
    double threshold;
    double probability; /* that the source gave it, in [0, 1]; negative: not said */
    struct day said;
    int32_t from, deadline; /* days from 1970-01-01: of the window */
};

struct claims {
    char *text;         /* owned */
    struct claim *rows; /* in the file's order */
    size_t count;
};

enum claims_result {
    CLAIMS_READ,
    CLAIMS_REFUSED, /* for faults, all of which were told */
    CLAIMS_NO_MEMORY,
};

/** Reads a table: all of it, or nothing. text has len bytes and room for one more; it is of
 *  malloc() and the table's from here on, whatever comes of it. Unless CLAIMS_READ, out is empty.
 *  fault may be NULL. */
enum claims_result claims_parse(struct claims *out, char *text, size_t len, csv_fault_fn fault,
                                void *context);
/** A zeroed table is allowed. */
void claims_free(struct claims *claims);

/** "difficulty.change", ...; "" for CLAIM_NONE. */
const char *claim_metric_name(enum claim_metric metric);
/** One sentence about it. */
const char *claim_metric_text(enum claim_metric metric);

/** A figure with an interval that holds it as far as is known. */
struct claim_figure {
    bool known;
    double value, low, high; /* low <= value <= high */
};

enum claim_verdict {
    CLAIM_UNTESTABLE,
    CLAIM_UNDECIDABLE,
    CLAIM_OPEN,
    CLAIM_TRUE,
    CLAIM_FALSE,
    CLAIM_VERDICTS,
};
/** The rule above. reached: the data go as far as the deadline. */
enum claim_verdict claim_judge(const struct claim *claim, const struct claim_figure *figure,
                               bool reached);
/** "cannot be tested", "undecidable", "open", "true", "false". */
const char *claim_verdict_name(enum claim_verdict verdict);

/** How good a source was. */
struct claim_score {
    const char *said_by;
    size_t claims, decided; /* decided: true or false, and with a probability */
    double brier;           /* mean over those; 0 where there are none */
};
/** Scores of all sources, in the order in which they first speak; verdicts are as many as claims.
 *  out has room for count; returns how many there are. */
size_t claims_scores(struct claim_score *out, const struct claim *const *claims,
                     const enum claim_verdict *verdicts, size_t count);

#endif
