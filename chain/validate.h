// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * validate: the header rules, judged one by one.
 */
#ifndef HASHTIDE_CHAIN_VALIDATE_H
#define HASHTIDE_CHAIN_VALIDATE_H

#include "chain/context.h"
#include "chain/header.h"
#include "chain/params.h"
#include "chain/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct judgement {
    enum verdict verdict; /* the first broken rule, or VERDICT_VALID */
    uint32_t broken; /* VERDICT_BIT of every rule that is broken, as far as it could be judged */
    struct u256 chainwork; /* through the header, when parent was given and bits are usable */
};

/** Options that are not the network's. */
struct validate_options {
    int64_t now;        /* our wall clock, seconds; the future rule is judged against it */
    bool ignore_future; /* skip time-too-new: stored headers were judged when they came, and our
                           clock may be wrong now */
};

/**
 * Proof of work alone: bits usable and hash not above the target. Needs no ancestors.
 */
bool validate_work(const struct params *params, const struct header *header,
                   const struct hash256 *hash);

/**
 * All rules of a header whose parent is context's last header, in Core's order (verdict.h). The
 * chain rules of duplicate, unknown and bad parents are the caller's (accept.h).
 */
void validate_header_into(struct judgement *out, const struct params *params,
                          const struct context *parent, const struct header *header,
                          const struct hash256 *hash, const struct validate_options *options);

/** The same as a value. */
static inline struct judgement validate_header(const struct params *params,
                                               const struct context *parent,
                                               const struct header *header,
                                               const struct hash256 *hash,
                                               const struct validate_options *options)
{
    struct judgement out;

    validate_header_into(&out, params, parent, header, hash, options);
    return out;
}

#endif
