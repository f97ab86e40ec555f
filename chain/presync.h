// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * presync: does a chain have enough work? Found out before any of it is kept.
 *
 * A chain with little work costs its maker little, so headers are not stored on a peer's word. The
 * peer's chain is fetched twice. First (counting) every header is judged by all rules and
 * forgotten, but for one salted bit of every 600th; when the work suffices, the chain is fetched
 * again (redownload), compared with those bits, and released from the front once enough right bits
 * stand behind it. What is released is the chain that was counted, but for a chance of about 2^-23.
 * The idea is Bitcoin Core's (version 24); unlike there, difficulty and times are judged exactly,
 * since a context is all that it takes.
 *
 * Memory while counting: a bit per 600 headers, at most 6 blocks per second since the start (600 kB
 * on mainnet from genesis); while redownloading, a buffer of 1.28 MB besides.
 */
#ifndef HASHTIDE_CHAIN_PRESYNC_H
#define HASHTIDE_CHAIN_PRESYNC_H

#include "chain/context.h"
#include "chain/hash.h"
#include "chain/header.h"
#include "chain/params.h"
#include "chain/u256.h"
#include "chain/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A bit is kept of one header in so many. */
#define PRESYNC_PERIOD 600
/** A header is released when so many others stand behind it: 23 bits that had to be right. */
#define PRESYNC_LOOKAHEAD 14000
/** Most headers of a batch. */
#define PRESYNC_BATCH_MAX 2000

struct presync; /* opaque */

enum presync_state {
    PRESYNC_COUNTING,   /* ask for more after presync_last() */
    PRESYNC_REDOWNLOAD, /* the same; on entry that is the start again */
    PRESYNC_DONE,       /* enough work, all released */
    PRESYNC_FAILED,     /* see presync_failure() */
};

/** Why it failed. */
struct presync_failure {
    const char *text; /* for the log, e.g. "too little work" */
    bool ours; /* memory is short, or released headers could not be kept: no fault of the peer */
    enum verdict broken; /* the rule that a header breaks, or VERDICT_VALID */
    struct hash256 hash; /* of that header */
    struct header header;
};

struct presync_options {
    const struct params *params;
    const struct context *start; /* the chain's last header that we have; copied */
    struct u256 minimum_work;    /* what the chain's total work must reach */
    int64_t now;                 /* wall clock, seconds */
    uint64_t salt[2];            /* secret, random */
};

/** Takes count contiguous records; false if they could not be kept. raw is valid during the call
 * only. */
typedef bool (*presync_release_fn)(void *context, const uint8_t *raw, size_t count);

/** NULL when memory is short. */
struct presync *presync_new(const struct presync_options *options);
void presync_free(struct presync *presync);

/**
 * The next headers, at most PRESYNC_BATCH_MAX, stride bytes apart. more: the message was full, so
 * the peer may have more. now is the wall clock in seconds. May call release, several times.
 */
enum presync_state presync_headers(struct presync *presync, const uint8_t *raw, size_t stride,
                                   size_t count, bool more, int64_t now, presync_release_fn release,
                                   void *release_context);

enum presync_state presync_state(const struct presync *presync);
/** Only in PRESYNC_FAILED. */
struct presync_failure presync_failure(const struct presync *presync);
/** The header after which to ask, and its height. */
struct hash256 presync_last(const struct presync *presync);
uint32_t presync_height(const struct presync *presync);
/** Bytes held. */
size_t presync_memory(const struct presync *presync);

#endif
