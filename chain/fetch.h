// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fetch: one header by its hash, before there is a chain: an anchored store's base. A set of
 * sessions of its own, without a tree.
 *
 * Each peer that comes is asked with an empty locator and stop = the hash. What it answers needs no
 * trust: the header has the hash, or not.
 */
#ifndef HASHTIDE_CHAIN_FETCH_H
#define HASHTIDE_CHAIN_FETCH_H

#include "chain/instant.h"
#include "chain/netaddr.h"
#include "chain/params.h"
#include "chain/sync.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch; /* opaque */

/** As sync's callbacks: they run inside calls and must not call back. */
struct fetch_callbacks {
    void *context;
    void (*send)(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len);
    void (*disconnect)(void *context, sync_peer_id peer, enum sync_disconnect reason,
                       const char *detail);
    /** The header whose hash is the wanted one; once. */
    void (*found)(void *context, const uint8_t raw[HEADER_SIZE]);
    uint64_t (*random)(void *context);
};

/** NULL when memory is short. */
struct fetch *fetch_new(const struct params *params, const struct hash256 *wanted,
                        const char *user_agent, const struct fetch_callbacks *callbacks);
void fetch_free(struct fetch *fetch);
/** The functions mean what their namesakes of sync mean. */
bool fetch_peer_connected(struct fetch *fetch, sync_peer_id peer, const struct netaddr *address,
                          struct instant now);
void fetch_peer_bytes(struct fetch *fetch, sync_peer_id peer, const uint8_t *bytes, size_t len,
                      struct instant now);
void fetch_peer_closed(struct fetch *fetch, sync_peer_id peer, struct instant now);
int64_t fetch_wake(struct fetch *fetch, struct instant now);

#endif
