// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * world: a sync, its tree, and peers that are simulated, in virtual time.
 *
 * Each remote speaks the protocol by itself and serves a chain; a test switches its manners.
 * Everything happens in one thread, in an order that the seed decides, and bytes travel in pieces
 * of random length.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_WORLD_H
#define HASHTIDE_TESTS_SUPPORT_WORLD_H

#include "chain/accept.h"
#include "chain/context.h"
#include "chain/sync.h"
#include "chain/tree.h"
#include "chain/wire.h"
#include "chain/wire_headers.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- chains ---- */

/** A chain from genesis on; index is height. */
struct chain {
    const struct params *params;
    struct records records;
    struct hash256 *hashes;
    struct context context; /* of its last header */
};

/** Only genesis. */
void chain_init(struct chain *chain, const struct params *params);
/** Appends mined headers, spacing seconds apart. tag tells siblings of different chains apart. */
void chain_extend(struct chain *chain, size_t count, uint32_t spacing, uint32_t tag);
/** A new chain that shares headers 0 .. height with another. */
void chain_fork(struct chain *out, const struct chain *chain, size_t height);
void chain_free(struct chain *chain);
/** Index of a hash, or SIZE_MAX. */
size_t chain_find(const struct chain *chain, const struct hash256 *hash);

/* ---- remotes ---- */

#define WORLD_REMOTES 16

struct world;

/** A simulated peer. Fields after the first group are a test's to change. */
struct remote {
    struct world *world;
    sync_peer_id id;
    bool open;
    enum sync_disconnect end; /* why sync closed it */
    char detail[160];
    uint8_t *in; /* bytes from sync that were not looked at yet */
    size_t in_count, in_capacity;
    uint8_t *out; /* bytes to sync that were not delivered yet */
    size_t out_count, out_capacity;
    size_t asked;  /* getheaders received */
    size_t served; /* headers sent */
    size_t pings;
    size_t sent[WIRE_TYPE_COUNT]; /* messages received from sync, by type */
    uint64_t our_nonce;           /* from sync's version message */

    const struct chain *chain;
    size_t height; /* serves chain up to here */
    size_t claims; /* start height in version; SIZE_MAX: the same */
    uint64_t services;
    int32_t version;
    bool mute;       /* answers nothing at all */
    bool no_headers; /* answers getheaders with silence */
    bool no_empty;   /* answers getheaders with silence when there is nothing */
    bool echo_nonce; /* sends our own nonce back */
    const struct chain
        *second; /* served from the second getheaders for the same place on; see switch_after */
    size_t switch_after; /* number of getheaders after which second is served; 0: never */
};

struct world_options {
    const struct params *params;
    struct u256 minimum_chain_work;
    size_t manual_expected;
    bool relay_addresses;
    const struct sync_timing *timing; /* may be NULL */
    int64_t start_s;                  /* wall clock */
};

struct world {
    struct test_random random;
    struct instant now;
    struct records records; /* what is stored */
    struct tree *tree;
    struct accept *accept;
    struct sync *sync;
    struct remote remotes[WORLD_REMOTES];
    size_t remote_count;
    sync_peer_id next_id;
    bool disk_full;    /* accept answers with a fault */
    bool trickle;      /* bytes travel one by one */
    size_t batches;    /* calls of accept */
    size_t future_now; /* calls of clock_suspect */
    int64_t future_seconds;
    size_t synced; /* calls of synced */
    size_t ready;
    size_t addresses; /* told in all */
    struct sync_announcement announcements[256];
    size_t announced;
    enum sync_how last_how;
    int64_t next_ms; /* what sync_wake said */
};

void world_init(struct world *world, const struct world_options *options, uint64_t stream);
void world_free(struct world *world);
/** A new connection to a remote that serves chain to its end. The address is 8.group.0.n when
 * group >= 0, else loopback. NULL when sync is short of memory. */
struct remote *world_connect(struct world *world, const struct chain *chain,
                             enum sync_peer_kind kind, int group);
/** Lets bytes travel until nothing moves; time stands still. */
void world_settle(struct world *world);
/** Lets time pass. */
void world_run(struct world *world, int64_t ms);
/** Height of the best tip. */
uint32_t world_height(const struct world *world);
/** True if the best tip is the chain's header height. */
bool world_at(const struct world *world, const struct chain *chain, size_t height);
/** Index of the remote in sync's list; asserted. */
struct sync_peer_info world_info(const struct world *world, const struct remote *remote);

/* ---- what a remote says by itself ---- */

/** Queues raw bytes. */
void remote_bytes(struct remote *remote, const void *bytes, size_t len);
/** Queues a message. */
void remote_message(struct remote *remote, enum wire_type type, const void *payload, size_t len);
/** Announces headers first .. last of a chain in one headers message. */
void remote_headers(struct remote *remote, const struct chain *chain, size_t first, size_t last);
/** Announces a block by inv. */
void remote_inv(struct remote *remote, const struct hash256 *hash);
/** The peer hangs up. */
void remote_close(struct remote *remote);

#endif
