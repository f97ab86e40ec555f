// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * accept: a batch of raw headers into the tree: hash, look up, judge, add.
 *
 * This is the one way into the tree, for the network, for import and for reopening the header file.
 * Hashing is done in batches (two streams at a time) and index slots are prefetched, so a linear
 * run of headers costs little more than its hashing.
 */
#ifndef HASHTIDE_CHAIN_ACCEPT_H
#define HASHTIDE_CHAIN_ACCEPT_H

#include "chain/tree.h"
#include "chain/u256.h"
#include "chain/validate.h"
#include "chain/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct accept; /* opaque: the tree's doorman; remembers known-invalid headers (bounded) and the
                  context of the last header added */

/**
 * Called for each header, in order. index: of the added or already known header, else TREE_NONE.
 * height: TREE_NONE where nothing is known of the parent. judgement->chainwork is zero where the
 * parent's context was not looked at: for duplicates, and for all that is refused before that.
 * raw points into the caller's buffer.
 * Return false to stop the batch (the header spoken of counts as handled). The callback may read
 * the tree and the source but not change them.
 */
typedef bool (*accept_each_fn)(void *context, const struct judgement *judgement,
                               const struct header *header, const struct hash256 *hash,
                               const uint8_t raw[HEADER_SIZE], uint32_t index, uint32_t height);

struct accept_options {
    int64_t now;          /* wall clock, seconds */
    bool ignore_future;   /* see validate.h */
    bool stop_at_invalid; /* true for peers: the first header that is not valid or duplicate ends
                             the batch */
    struct u256 minimum_work; /* a header that is new and whose chain's work is below this is
                                 too-little-chainwork; zero: no floor */
    accept_each_fn each;      /* may be NULL */
    void *each_context;
};

struct accept_result {
    size_t handled;  /* headers looked at */
    size_t accepted; /* added to the tree */
    size_t duplicate;
    size_t rejected;
    enum verdict first_bad; /* VERDICT_VALID if none */
    struct hash256 first_bad_hash;
    struct header first_bad_header;
    uint32_t last_index; /* of the last header that is in the tree now (added or known), TREE_NONE
                            if none */
    bool fault;          /* the source failed or memory is short: nothing after it was handled */
};

struct accept *accept_new(struct tree *tree);
void accept_free(struct accept *accept);

/** Judges and adds count raw headers, stride bytes apart (80 in files, 81 in headers messages).
 * After tree_truncate() call accept_reset(). */
struct accept_result accept_headers(struct accept *accept, const struct accept_options *options,
                                    const uint8_t *raw, size_t stride, size_t count);
/** Forgets the cached context (known-invalid headers stay known). */
void accept_reset(struct accept *accept);

/**
 * Remembers a header as invalid, as accept_headers does by itself for rules that are broken for
 * ever: bad-prevblk, bad-diffbits, time-too-old, time-timewarp-attack, bad-version. (high-hash is
 * not remembered: it costs nothing to forge.)
 */
void accept_mark_invalid(struct accept *accept, const struct hash256 *hash);
bool accept_known_invalid(const struct accept *accept, const struct hash256 *hash);

#endif
