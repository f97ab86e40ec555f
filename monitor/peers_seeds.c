// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/peers_internal.h"

#include <inttypes.h>
#include <stdio.h>

/** When no seed answered, in ms: doubled each time. */
#define RETRY_FIRST_MS 30000
#define RETRY_LAST_MS 600000
/** While enough peers answer the seeds are left alone, in ms after that: known addresses may do. */
#define PATIENCE_MS 11000

enum {
    PROXY_SEEDS = 3,  /* asked at a time through a proxy */
    ENOUGH_PEERS = 2, /* that answer: the seeds need not be asked */
    RESOLVED_MAX = 256,
};

static size_t seed_count(const struct peers *peers)
{
    size_t count = 0;
    while (peers->dns_seed && peers->params->dns_seeds != NULL &&
           peers->params->dns_seeds[count] != NULL) {
        count++;
    }
    return count;
}

static void add_seed_address(struct peers *peers, struct netaddr address, struct instant now)
{
    if (address.port == 0) {
        address.port = peers->params->port;
    }
    /* Between three and seven days old, so that what a peer vouches for comes first. */
    int64_t age = 3 * 86400 + (int64_t)(peers_chance(peers) % (4 * 86400));
    addrbook_add(peers->book, &address, &address, 0, peers_seconds(now) - age, peers_seconds(now));
}

/* The last resort: addresses that came with the program. */
static size_t use_fixed_seeds(struct peers *peers, struct instant now)
{
    size_t before = addrbook_count(peers->book);
    for (const char *const *seed = peers->params->fixed_seeds; seed != NULL && *seed != NULL;
         seed++) {
        struct netaddr address;
        if (netaddr_parse(&address, *seed, peers->params->port) && peers_reach(peers, &address)) {
            add_seed_address(peers, address, now);
        }
    }
    peers->seeding.fixed_used = true;
    return addrbook_count(peers->book) - before;
}

static void seeding_done(struct peers *peers, struct instant now)
{
    struct seeding *s = &peers->seeding;
    s->running = false;
    size_t fixed = s->found == 0 && !s->fixed_used ? use_fixed_seeds(peers, now) : 0;
    if (s->found + fixed > 0) {
        log_write(peers->log, LOG_INFO, "%zu addresses from %s", s->found + fixed,
                  s->found > 0 ? "the DNS seeds" : "the list that comes with the program");
        peers->outbound_ms = now.mono_ms;
    }
    s->wait_ms = peers_doubled(s->wait_ms, RETRY_FIRST_MS, RETRY_LAST_MS);
    int64_t wait = peers_spread(peers, s->wait_ms);
    s->next_ms = now.mono_ms + wait;
    if (s->found + fixed == 0 && peers_ready_count(peers) == 0 &&
        log_complain(&s->complaint, now.mono_ms)) {
        if (s->asked == 0) {
            log_write(peers->log, LOG_UNUSUAL,
                      "no peers: network %s has no seeds to ask here; name peers with connect= or "
                      "addnode=",
                      peers->params->name);
        } else {
            log_write(peers->log, LOG_UNUSUAL,
                      "no peers: the DNS seeds gave no address (%s); trying again in %.0f s",
                      s->why, (double)wait / 1000.0);
        }
    }
}

void peers_seeds_answered(struct peers *peers, size_t found, const char *why, struct instant now)
{
    struct seeding *s = &peers->seeding;
    s->found += found;
    if (found == 0 && why != NULL) {
        snprintf(s->why, sizeof s->why, "%s", why);
    }
    if (s->running && s->pending > 0 && --s->pending == 0) {
        seeding_done(peers, now);
    }
}

/* Through a proxy a seed is a peer like any other that is asked for addresses and left. */
static void ask_seed_by_proxy(struct peers *peers, const char *name, struct instant now)
{
    static const struct netaddr none = {.network = NETADDR_NONE};
    struct hostport where = {.port = peers->params->port};
    snprintf(where.host, sizeof where.host, "%s", name);
    struct peers_link *link = peers_link_add(peers, SYNC_PEER_OUTBOUND, &none, name, now);
    link->seed = true;
    peers_link_start(peers, link, &where);
}

static void ask_seeds(struct peers *peers, struct instant now)
{
    struct seeding *s = &peers->seeding;
    size_t seeds = seed_count(peers);
    s->running = true;
    s->found = 0;
    s->asked = seeds;
    snprintf(s->why, sizeof s->why, "%s", "none answered");
    if (peers->proxied) {
        size_t start = seeds == 0 ? 0 : peers_chance(peers) % seeds;
        s->asked = seeds < PROXY_SEEDS ? seeds : PROXY_SEEDS;
        s->pending = s->asked;
        for (size_t i = 0; i < s->asked; i++) {
            ask_seed_by_proxy(peers, peers->params->dns_seeds[(start + i) % seeds], now);
        }
    } else {
        s->first_query = peers->next_id;
        s->pending = seeds;
        peers->next_id += seeds;
        for (size_t i = 0; i < seeds; i++) {
            peers->ports->resolve(peers->ports->context, s->first_query + i,
                                  peers->params->dns_seeds[i]);
        }
    }
    if (s->pending == 0) {
        seeding_done(peers, now);
    }
}

void peers_seeds_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                          size_t count, const char *why, struct instant now)
{
    const struct seeding *s = &peers->seeding;
    if (!s->running || peers->proxied || id < s->first_query || id >= s->first_query + s->asked) {
        return; /* of a manual peer that is no longer wanted */
    }
    count = count < RESOLVED_MAX ? count : RESOLVED_MAX;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (peers_reach(peers, &addresses[i])) {
            add_seed_address(peers, addresses[i], now);
            found++;
        }
    }
    peers_seeds_answered(peers, found, count > 0 ? "none that onlynet= allows" : why, now);
}

/* Seeds are asked at once when nothing is known, after some patience when few answer, and not at
 * all when all is well. */
int64_t peers_seeds_wake(struct peers *peers, struct instant now)
{
    struct seeding *s = &peers->seeding;
    if (s->running) {
        return INSTANT_NEVER;
    }
    size_t enough = peers->max_outbound < ENOUGH_PEERS ? peers->max_outbound : ENOUGH_PEERS;
    if (peers_ready_count(peers) >= enough) {
        s->wait_ms = 0;
        s->next_ms = now.mono_ms + PATIENCE_MS;
        log_settled(&s->complaint);
        return INSTANT_NEVER; /* a link that goes wakes us */
    }
    if (now.mono_ms >= s->next_ms) {
        ask_seeds(peers, now);
    }
    return s->running ? INSTANT_NEVER : s->next_ms;
}
