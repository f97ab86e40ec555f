// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compare: stretches of a chain as series of batches, to be asked whether volatility has risen from
 * one to the other.
 *
 * Batches are of 36 blocks of the store, or whole epochs; epochs before the store's first block
 * come from the built-in table, where there is one. What is not known, or left out, is NaN.
 */
#ifndef HASHTIDE_MONITOR_COMPARE_H
#define HASHTIDE_MONITOR_COMPARE_H

#include "analysis/volatility.h"
#include "chain/params.h"
#include "chain/tree.h"
#include "monitor/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A stretch of the best chain by heights, both within. */
struct compare_span {
    uint32_t from, to;
};

/** Where blocks are looked up. */
struct compare_chain {
    const struct tree *tree;
    bool table; /* the built-in table is of this chain */
};

struct compare_chain compare_chain(const struct tree *tree, const struct params *params);

/** The heights of a range as it was typed; a time before the store is known to the epoch. False
 *  where there are no such blocks. */
bool compare_find(struct compare_span *out, const struct compare_chain *chain,
                  const struct when *from, const struct when *to);
/** When a span began and ended, by header times; before the store, those of epochs' first blocks.
 * 0: not known. */
int64_t compare_from_time(const struct compare_chain *chain, const struct compare_span *span);
int64_t compare_to_time(const struct compare_chain *chain, const struct compare_span *span);

/** A span as batches. */
struct compare_series {
    struct volatility_series series;
    double *log_rate;         /* its batches, owned */
    struct compare_span span; /* of whole batches */
    size_t known;             /* batches with a figure */
    size_t left_out;          /* that would have one, but were excepted */
};

/** Batches of VOLATILITY_BATCH or VOLATILITY_BATCH_EPOCH blocks that lie wholly in span; those that
 *  touch an exception are left out. To be freed by compare_free(). */
struct compare_series compare_series(const struct compare_chain *chain, struct compare_span span,
                                     unsigned batch, const struct compare_span *except,
                                     size_t except_count);
void compare_free(struct compare_series *series);

/** What the test says to a question. */
enum compare_word {
    COMPARE_RISEN,      /* p < 5 % */
    COMPARE_NOT_SEEN,   /* and doubling would probably have been seen */
    COMPARE_CANNOT_SEE, /* nor would doubling have been */
};
enum compare_word compare_word(const struct volatility_risen *risen);
/** What the three answers, by enum volatility_question, say together, in a sentence. */
const char *compare_summary(const struct volatility_risen risen[3]);

#endif
