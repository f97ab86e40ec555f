// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tally: what became of the headers that a command took in, and how that is told at its end.
 */
#ifndef HASHTIDE_MONITOR_TALLY_H
#define HASHTIDE_MONITOR_TALLY_H

#include "chain/hash.h"
#include "chain/tree.h"
#include "chain/verdict.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Refused headers that are listed; more are only counted. */
#define TALLY_LISTED 100

struct tally_rejected {
    uint32_t height; /* TREE_NONE if unknown */
    struct hash256 hash;
    char reason[VERDICT_NAME_SIZE];
};

/** Plain value; begins as zero. */
struct tally {
    uint64_t accepted;
    uint64_t duplicate;
    uint64_t rejected;
    struct tally_rejected list[TALLY_LISTED]; /* the first ones */
};

/** Counts and lists a refused header; its version gives bad-version its number. */
void tally_reject(struct tally *tally, const struct hash256 *hash, uint32_t height,
                  enum verdict verdict, const struct header *header);
/** Entries of the list that are in use. */
size_t tally_listed(const struct tally *tally);

/** One JSON object in one line. tree is where the headers went, NULL if nowhere. */
void tally_print_json(FILE *out, const struct tally *tally, const struct tree *tree);
/** The same for people. */
void tally_print_text(FILE *out, const struct tally *tally, const struct tree *tree);

#endif
