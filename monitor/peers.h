// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * peers: whom to be connected to. Knows the address book, seeds, anchors and the user's own peers;
 * speaks no protocol (that is chain/sync's) and does no I/O but through the ports.
 *
 *   manual     connect= and addnode=: always wanted, tried again after 1 s, 2 s ... 60 s
 *   outbound   up to maxoutbound, each of another network group, from the book; the anchors of the
 * last run first feeler     about every two minutes, when outbound is full: is this address alive?
 *   seed       with a proxy only: a DNS seed's name is connected to for the addresses it tells,
 * since we must not resolve it
 *
 * With connect= there are manual peers only. All waiting carries spread, so that many monitors
 * started together do not act in step.
 */
#ifndef HASHTIDE_MONITOR_PEERS_H
#define HASHTIDE_MONITOR_PEERS_H

#include "chain/instant.h"
#include "chain/netaddr.h"
#include "chain/sync.h"
#include "monitor/log.h"
#include "monitor/net/addrbook.h"
#include "monitor/ports.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peers; /* opaque */

#define PEERS_NAME_SIZE 280

/** A connection, being made or up. A pointer to one is good until the next call that changes peers.
 */
struct peers_link {
    uint64_t id;
    enum sync_peer_kind kind;
    bool seed;                  /* goes as soon as it has told addresses */
    bool told;                  /* a seed that has */
    struct netaddr address;     /* NETADDR_NONE where only a proxy knows it */
    char name[PEERS_NAME_SIZE]; /* for people: address, or the name as configured */
    bool up;
    bool ready;       /* handshake done */
    int64_t since_ms; /* monotonic: when it began, then when it was up */
    size_t manual;    /* which of the manual peers, or SIZE_MAX */
};

struct peers_options {
    const struct settings *settings; /* copied from; not kept */
    const struct ports *ports;       /* must outlive peers, as log does */
    struct log *log;
    const char *peers_path;   /* peers.dat; NULL: nothing is read or written */
    const char *anchors_path; /* anchors.dat */
    /** A link that is up has to be closed. Called from inside peers' functions; peers_gone() comes
     * later, not inside. May be called again until then. */
    void (*unwanted)(void *context, uint64_t id);
    void *context;
};

struct peers *peers_new(const struct peers_options *options, struct instant now);
void peers_free(struct peers *peers);

/** Starts what is due; returns the monotonic ms when it wants to be called again. Call it after the
 * other calls too. */
int64_t peers_wake(struct peers *peers, struct instant now);

/** What the ports report. connected: NULL when the id is not known (closed meanwhile). */
const struct peers_link *peers_connected(struct peers *peers, uint64_t id, struct instant now);
void peers_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses, size_t count,
                    const char *why, struct instant now);
/** A link is gone (or was never made). reason is sync's, NONE when the other side or the network
 * ended it. why is for the log. */
void peers_gone(struct peers *peers, uint64_t id, enum sync_disconnect reason, const char *why,
                struct instant now);
/** The handshake is done. */
void peers_ready(struct peers *peers, uint64_t id, uint64_t services, struct instant now);
/** A peer told of addresses. */
void peers_addresses(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                     const uint64_t *services, const uint32_t *last_seen, size_t count,
                     struct instant now);

const struct peers_link *peers_find(const struct peers *peers, uint64_t id);
/** Calls each() with the id of every link; it must not change peers. */
void peers_each(const struct peers *peers, void (*each)(void *context, uint64_t id), void *context);
size_t peers_ready_count(const struct peers *peers);
/** How many there should be: maxoutbound, or the connect= peers. */
size_t peers_wanted_count(const struct peers *peers);
/** Number of connect= and addnode= peers. */
size_t peers_manual_count(const struct peers *peers);
/** Of those, how many misbehaved when last seen, or could not be had PEERS_HOPELESS_TRIES times in
 * a row; why is what the last of them failed of. */
size_t peers_hopeless_count(const struct peers *peers, char *why, size_t size);
#define PEERS_HOPELESS_TRIES 4
/** Number of connect= peers (what sync_options wants). */
size_t peers_connect_count(const struct peers *peers);
/** True when only connect= peers are used. */
bool peers_only_manual(const struct peers *peers);
struct addrbook *peers_book(struct peers *peers);

/** New settings: lists and numbers are taken over, and links closed that are no longer wanted. */
void peers_reconfigure(struct peers *peers, const struct settings *settings, struct instant now);

/** Writes address book and anchors. Trouble is logged. */
void peers_save(struct peers *peers, struct instant now);

#endif
