// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * peers_internal: what the files of peers share, and nobody else sees.
 *
 *   peers.c         links, automatic peers, the alarm, the files
 *   peers_manual.c  connect= and addnode=
 *   peers_seeds.c   DNS seeds and fixed seeds
 */
#ifndef HASHTIDE_MONITOR_PEERS_INTERNAL_H
#define HASHTIDE_MONITOR_PEERS_INTERNAL_H

#include "monitor/hostport.h"
#include "monitor/net/select.h"
#include "monitor/peers.h"

/** Anchors that are kept, as in Bitcoin Core. */
#define PEERS_ANCHORS 2

/** A peer that the user named. */
struct manual {
    char text[PEERS_NAME_SIZE];
    struct hostport where;
    struct netaddr address; /* NETADDR_NONE: a name */
    bool addnode;
    uint64_t busy; /* id of the link or of the name being looked up; 0: neither */
    int64_t next_ms;
    int64_t wait_ms;
    uint32_t failures; /* in a row */
    bool misbehaved;   /* when last seen */
    char why[160];     /* of the last failure */
    struct log_complaint complaint;
};

/** One round of asking the seeds, and when the next one is due. */
struct seeding {
    uint64_t first_query, pending; /* ids [first_query, first_query + asked) are ours */
    size_t asked;
    size_t found;
    bool running;
    bool fixed_used;
    int64_t next_ms;
    int64_t wait_ms;
    struct log_complaint complaint;
    char why[128];
};

struct peers {
    const struct ports *ports;
    struct log *log;
    void (*unwanted)(void *context, uint64_t id);
    void *context;
    const struct params *params;
    struct addrbook *book;
    char *peers_path, *anchors_path;

    uint32_t max_outbound, timeout_ms;
    bool only_manual, dns_seed, proxied;
    select_networks networks;

    struct manual *manuals;
    size_t manual_count;
    struct peers_link *links;
    size_t link_count, link_room;
    struct netaddr anchors[PEERS_ANCHORS]; /* of the last run, not tried yet */
    size_t anchor_count;
    struct seeding seeding;

    uint64_t next_id;
    int64_t outbound_ms, feeler_ms, save_ms;
    int64_t lonely_ms; /* since when there is no ready peer; INSTANT_NEVER: there is one */
    struct log_complaint lonely;
};

/* ---- peers.c ---- */

uint64_t peers_chance(struct peers *peers);
/** ms, give or take a quarter. */
int64_t peers_spread(struct peers *peers, int64_t ms);
/** The wait after wait_ms (0: the first). */
int64_t peers_doubled(int64_t wait_ms, int64_t first_ms, int64_t last_ms);
/** NULL when there is no such link. */
struct peers_link *peers_link_of(const struct peers *peers, uint64_t id);
/** name NULL: the address is the name. */
struct peers_link *peers_link_add(struct peers *peers, enum sync_peer_kind kind,
                                  const struct netaddr *address, const char *name,
                                  struct instant now);
/** Begins to connect. where counts where the link's address is not known; else it may be
 * NULL. */
void peers_link_start(struct peers *peers, const struct peers_link *link,
                      const struct hostport *where);

static inline int64_t peers_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t peers_seconds(struct instant now)
{
    return now.wall_ms / 1000;
}

/** An address that we could not connect to would only keep the place of another from it. */
static inline bool peers_reach(const struct peers *peers, const struct netaddr *address)
{
    return (peers->networks & SELECT_NETWORK(address->network)) != 0;
}

/* ---- peers_manual.c ---- */

/** Takes over the names of a list that are not there yet. */
void peers_manual_add(struct peers *peers, const struct settings_list *list, bool addnode,
                      struct instant now);
/** Drops those that stand in neither list any more; their links are unwanted. */
void peers_manual_prune(struct peers *peers, const struct settings *settings);
/** Starts what is due. */
int64_t peers_manual_wake(struct peers *peers, struct instant now);
/** False if the question was none of theirs. */
bool peers_manual_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                           size_t count, const char *why, struct instant now);
void peers_manual_ready(struct peers *peers, const struct peers_link *link);
void peers_manual_gone(struct peers *peers, const struct peers_link *link,
                       enum sync_disconnect reason, const char *why, struct instant now);

/* ---- peers_seeds.c ---- */

/** Asks when it is time to. */
int64_t peers_seeds_wake(struct peers *peers, struct instant now);
/** The answer to a name. */
void peers_seeds_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                          size_t count, const char *why, struct instant now);
/** One of those that were asked has told so many addresses, or will tell none. */
void peers_seeds_answered(struct peers *peers, size_t found, const char *why, struct instant now);

#endif
