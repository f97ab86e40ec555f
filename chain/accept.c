// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * accept: judges in Core's order: known, proof of work, parent, the parent's rules, the floor of
 * work.
 *
 * The context of the last header added is kept, so a header that continues from the newest one
 * needs no look-up at all. Anything else pays for its proof of work before the tree is asked for
 * its parent.
 *
 * Invalid headers are remembered in a small cache (sets of four, the oldest of a set goes first).
 * It holds only headers with proof of work, so filling it costs the network's difficulty; one that
 * was forgotten is judged again and refused again.
 */
#include "config.h"

#include "chain/accept.h"

#include "chain/sha256.h"

#include <assert.h>
#include <stdlib.h>

/** Headers hashed together: their hashes fit the first-level cache. */
#define BATCH 64
#define INVALID_SETS 256
#define INVALID_WAYS 4

/** Rules that a header breaks for ever. high-hash is for ever too, but costs nothing to forge and
 * little to judge. */
#define LASTING                                                                                    \
    (VERDICT_BIT(VERDICT_BAD_PREV) | VERDICT_BIT(VERDICT_BAD_DIFFBITS) |                           \
     VERDICT_BIT(VERDICT_TIME_TOO_OLD) | VERDICT_BIT(VERDICT_TIMEWARP) |                           \
     VERDICT_BIT(VERDICT_BAD_VERSION))

struct invalid {
    struct hash256 hash;
    uint32_t height; /* TREE_NONE if unknown */
    bool used;
};

struct invalid_set {
    struct invalid ways[INVALID_WAYS];
    unsigned next; /* way that is filled next */
};

struct accept {
    struct tree *tree;
    bool has_context;
    uint32_t context_index;
    struct context context; /* ends in context_index */
    bool any_invalid;       /* the rule is that there is none */
    struct invalid_set invalid[INVALID_SETS];
};

/* One header on its way in. */
struct candidate {
    const uint8_t *raw;
    struct header header;
    const struct hash256 *hash;
    struct judgement judgement;
    bool in_place;   /* the context ends in its parent */
    uint32_t index;  /* in the tree now, else TREE_NONE */
    uint32_t height; /* TREE_NONE if unknown */
};

struct accept *accept_new(struct tree *tree)
{
    struct accept *accept = calloc(1, sizeof(*accept));

    if (accept != NULL)
        accept->tree = tree;
    return accept;
}

void accept_free(struct accept *accept)
{
    free(accept);
}

void accept_reset(struct accept *accept)
{
    accept->has_context = false;
}

/* ---- known-invalid headers ---- */

static const struct invalid *invalid_find(const struct accept *accept, const struct hash256 *hash)
{
    const struct invalid_set *set = &accept->invalid[hash->bytes[0]];

    if (!accept->any_invalid)
        return NULL;
    for (unsigned i = 0; i < INVALID_WAYS; i++) {
        if (set->ways[i].used && hash256_equal(&set->ways[i].hash, hash))
            return &set->ways[i];
    }
    return NULL;
}

static void invalid_add(struct accept *accept, const struct hash256 *hash, uint32_t height)
{
    struct invalid_set *set = &accept->invalid[hash->bytes[0]];

    if (invalid_find(accept, hash) != NULL)
        return;
    set->ways[set->next] = (struct invalid){.hash = *hash, .height = height, .used = true};
    set->next = (set->next + 1) % INVALID_WAYS;
    accept->any_invalid = true;
}

void accept_mark_invalid(struct accept *accept, const struct hash256 *hash)
{
    invalid_add(accept, hash, TREE_NONE);
}

bool accept_known_invalid(const struct accept *accept, const struct hash256 *hash)
{
    return invalid_find(accept, hash) != NULL;
}

/* ---- judging ---- */

static void set_verdict(struct candidate *candidate, enum verdict verdict)
{
    candidate->judgement = (struct judgement){.verdict = verdict, .broken = VERDICT_BIT(verdict)};
}

/* Brings the context to the header prev. False when prev is not in the tree, or on *fault. */
static bool move_context(struct accept *accept, bool *fault, const struct hash256 *prev)
{
    uint32_t index = tree_find(accept->tree, prev, fault);

    if (index == TREE_NONE)
        return false;
    accept->has_context = tree_context(accept->tree, &accept->context, index);
    accept->context_index = index;
    *fault = !accept->has_context;
    return accept->has_context;
}

/* The parent is not in the tree: is it invalid or unknown? */
static void judge_orphan(const struct accept *accept, struct candidate *candidate)
{
    const struct invalid *parent = invalid_find(accept, &candidate->header.prev);

    if (parent == NULL) {
        set_verdict(candidate, VERDICT_PREV_NOT_FOUND);
        return;
    }
    set_verdict(candidate, VERDICT_BAD_PREV);
    if (parent->height != TREE_NONE)
        candidate->height = parent->height + 1;
}

/* Fills judgement and, where known, height. False when the source failed. */
static bool judge(struct accept *accept, const struct accept_options *options,
                  struct candidate *candidate)
{
    const struct params *params = tree_params(accept->tree);
    const struct validate_options rules = {.now = options->now,
                                           .ignore_future = options->ignore_future};
    const struct invalid *known = invalid_find(accept, candidate->hash);
    bool fault = false;

    if (known != NULL) {
        set_verdict(candidate, VERDICT_DUPLICATE_INVALID);
        candidate->height = known->height;
        return true;
    }
    if (!candidate->in_place) {
        if (!validate_work(params, &candidate->header, candidate->hash)) {
            set_verdict(candidate, VERDICT_HIGH_HASH);
            return true;
        }
        if (!move_context(accept, &fault, &candidate->header.prev)) {
            if (!fault)
                judge_orphan(accept, candidate);
            return !fault;
        }
    }
    candidate->height = accept->context.height + 1;
    validate_header_into(&candidate->judgement, params, &accept->context, &candidate->header,
                         candidate->hash, &rules);
    if (u256_cmp(candidate->judgement.chainwork, options->minimum_work) < 0) {
        candidate->judgement.broken |= VERDICT_BIT(VERDICT_TOO_LITTLE_WORK);
        if (candidate->judgement.verdict == VERDICT_VALID)
            candidate->judgement.verdict = VERDICT_TOO_LITTLE_WORK;
    }
    return true;
}

/* Judges one header and adds it if it is valid. False when the source failed or memory is short. */
static bool take(struct accept *accept, const struct accept_options *options,
                 struct candidate *candidate)
{
    bool fault = false;

    candidate->height = TREE_NONE;
    candidate->index = TREE_NONE;
    candidate->in_place =
        accept->has_context && hash256_equal(&accept->context.hash, &candidate->header.prev);
    /* If it were known, the newest header would have a child: a linear run needs no look-up. */
    if (!candidate->in_place || accept->context_index + 1 != tree_count(accept->tree))
        candidate->index = tree_find(accept->tree, candidate->hash, &fault);
    if (fault)
        return false;
    if (candidate->index != TREE_NONE) {
        set_verdict(candidate, VERDICT_DUPLICATE);
        candidate->height = tree_get(accept->tree, candidate->index).height;
        return true;
    }
    if (!judge(accept, options, candidate))
        return false;
    if (VERDICT_BIT(candidate->judgement.verdict) & LASTING)
        invalid_add(accept, candidate->hash, candidate->height);
    if (candidate->judgement.verdict != VERDICT_VALID)
        return true;
    candidate->index =
        tree_add(accept->tree, accept->context_index, &candidate->header, candidate->hash);
    if (candidate->index == TREE_NONE)
        return false;
    context_advance(&accept->context, tree_params(accept->tree), &candidate->header,
                    candidate->hash);
    accept->context_index = candidate->index;
    return true;
}

/* Counts a header that was judged; returns whether the batch goes on. */
static bool record(struct accept_result *result, const struct accept_options *options,
                   const struct candidate *candidate)
{
    enum verdict verdict = candidate->judgement.verdict;
    bool in_tree = candidate->index != TREE_NONE;

    result->handled++;
    result->accepted += verdict == VERDICT_VALID;
    result->duplicate += verdict == VERDICT_DUPLICATE;
    if (in_tree) {
        result->last_index = candidate->index;
    } else {
        if (result->rejected++ == 0) {
            result->first_bad = verdict;
            result->first_bad_hash = *candidate->hash;
            result->first_bad_header = candidate->header;
        }
    }
    if (options->each != NULL &&
        !options->each(options->each_context, &candidate->judgement, &candidate->header,
                       candidate->hash, candidate->raw, candidate->index, candidate->height))
        return false;
    return in_tree || !options->stop_at_invalid;
}

/* Up to BATCH headers. Returns false when the whole call must end. */
static bool accept_batch(struct accept *accept, struct accept_result *result,
                         const struct accept_options *options, const uint8_t *raw, size_t stride,
                         size_t count)
{
    struct hash256 hashes[BATCH];

    assert(count <= BATCH);
    sha256d_headers(hashes, raw, stride, count);
    for (size_t i = 0; i < count; i++) {
        struct candidate candidate; /* not cleared, which would cost as much as a rule */

        candidate.raw = raw + i * stride;
        candidate.hash = &hashes[i];
        header_decode(&candidate.header, candidate.raw);
        if (!take(accept, options, &candidate)) {
            result->fault = true;
            return false;
        }
        if (!record(result, options, &candidate))
            return false;
    }
    return true;
}

struct accept_result accept_headers(struct accept *accept, const struct accept_options *options,
                                    const uint8_t *raw, size_t stride, size_t count)
{
    struct accept_result result = {.first_bad = VERDICT_VALID, .last_index = TREE_NONE};

    assert(stride >= HEADER_SIZE);
    while (count > 0) {
        size_t batch = count < BATCH ? count : BATCH;

        if (!accept_batch(accept, &result, options, raw, stride, batch))
            break;
        raw += batch * stride;
        count -= batch;
    }
    return result;
}
