// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/peers.h"

#include "monitor/hostport.h"
#include "monitor/mem.h"
#include "monitor/net/select.h"
#include "monitor/net/textfile.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All in ms. */
#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS 60000
#define STABLE_MS                                                                                  \
    60000 /* a link that lived this long was a good one: begin with short waits again */
#define OUTBOUND_GAP_MS 500     /* least time between two attempts */
#define BOOK_EMPTY_WAIT_MS 5000 /* nobody to try: look again */
#define FEELER_MEAN_MS 120000
#define SEED_PATIENCE_MS 11000 /* a known address may do before the seeds are troubled */
#define SEED_RETRY_FIRST_MS 30000
#define SEED_RETRY_LAST_MS 600000
#define SEED_LIFE_MS 60000 /* a seed behind a proxy tells its addresses by then */
#define SAVE_MS 900000
#define NEVER INSTANT_NEVER

enum {
    ANCHORS_MAX = 2,
    PROXY_SEEDS = 3,  /* seeds asked at a time through a proxy */
    ENOUGH_PEERS = 2, /* the seeds need not be asked */
    FEELERS_MAX = 1,
    RESOLVED_MAX = 256,
};

/* A peer that the user named. */
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
    struct netaddr anchors[ANCHORS_MAX]; /* of the last run, not tried yet */
    size_t anchor_count;
    struct seeding seeding;

    uint64_t next_id;
    int64_t outbound_ms, feeler_ms, save_ms;
    int64_t lonely_ms; /* since when there is no ready peer; NEVER: there is one */
    struct log_complaint lonely;
};

/* ---- Small things ------------------------------------------------------- */

static uint64_t chance(struct peers *peers)
{
    return peers->ports->random(peers->ports->context);
}

/* ms, give or take a quarter. */
static int64_t spread(struct peers *peers, int64_t ms)
{
    return ms - ms / 4 + (int64_t)(chance(peers) % (uint64_t)(ms / 2 + 1));
}

static int64_t doubled(int64_t wait_ms, int64_t first_ms, int64_t last_ms)
{
    if (wait_ms == 0) {
        return first_ms;
    }
    return wait_ms * 2 > last_ms ? last_ms : wait_ms * 2;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t seconds(struct instant now)
{
    return now.wall_ms / 1000;
}

static struct peers_link *link_of(const struct peers *peers, uint64_t id)
{
    for (size_t i = 0; i < peers->link_count; i++) {
        if (peers->links[i].id == id) {
            return &peers->links[i];
        }
    }
    return NULL;
}

const struct peers_link *peers_find(const struct peers *peers, uint64_t id)
{
    return link_of(peers, id);
}

static size_t count_kind(const struct peers *peers, enum sync_peer_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->link_count; i++) {
        count += peers->links[i].kind == kind && !peers->links[i].seed;
    }
    return count;
}

void peers_each(const struct peers *peers, void (*each)(void *context, uint64_t id), void *context)
{
    for (size_t i = 0; i < peers->link_count; i++) {
        each(context, peers->links[i].id);
    }
}

size_t peers_manual_count(const struct peers *peers)
{
    return peers->manual_count;
}

size_t peers_hopeless_count(const struct peers *peers, char *why, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->manual_count; i++) {
        const struct manual *manual = &peers->manuals[i];
        if (manual->misbehaved || manual->failures >= PEERS_HOPELESS_TRIES) {
            snprintf(why, size, "%s: %s", manual->text, manual->why);
            count++;
        }
    }
    return count;
}

size_t peers_ready_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->link_count; i++) {
        count += peers->links[i].ready && peers->links[i].kind != SYNC_PEER_FEELER;
    }
    return count;
}

size_t peers_connect_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->manual_count; i++) {
        count += !peers->manuals[i].addnode;
    }
    return count;
}

bool peers_only_manual(const struct peers *peers)
{
    return peers->only_manual;
}

struct addrbook *peers_book(struct peers *peers)
{
    return peers->book;
}

/* ---- Links -------------------------------------------------------------- */

static struct peers_link *link_add(struct peers *peers, enum sync_peer_kind kind,
                                   const struct netaddr *address, const char *name,
                                   struct instant now)
{
    if (peers->link_count == peers->link_room) {
        peers->link_room = peers->link_room == 0 ? 16 : peers->link_room * 2;
        peers->links = mem_resize(peers->links, peers->link_room, sizeof *peers->links);
    }
    struct peers_link *link = &peers->links[peers->link_count++];
    *link = (struct peers_link){.id = peers->next_id++,
                                .kind = kind,
                                .address = *address,
                                .since_ms = now.mono_ms,
                                .manual = SIZE_MAX};
    if (name != NULL) {
        snprintf(link->name, sizeof link->name, "%s", name);
    } else {
        char text[NETADDR_TEXT_SIZE];
        netaddr_format(text, address);
        snprintf(link->name, sizeof link->name, "%s", text);
    }
    return link;
}

static void link_remove(struct peers *peers, struct peers_link *link)
{
    *link = peers->links[--peers->link_count];
}

/* Host and port count where the address is not known. */
static void start_link(struct peers *peers, const struct peers_link *link,
                       const struct hostport *where)
{
    struct ports_target target = {.address = link->address, .timeout_ms = peers->timeout_ms};
    if (where != NULL) {
        target.host = where->host;
        target.port = where->port;
    }
    log_write(peers->log, LOG_DEBUG, "peer %" PRIu64 ": connecting to %s", link->id, link->name);
    peers->ports->connect(peers->ports->context, link->id, &target);
}

static void connect_to(struct peers *peers, enum sync_peer_kind kind, const struct netaddr *address,
                       struct instant now)
{
    addrbook_attempt(peers->book, address, seconds(now));
    start_link(peers, link_add(peers, kind, address, NULL, now), NULL);
}

/* ---- Manual peers ------------------------------------------------------- */

static void manual_connect(struct peers *peers, struct manual *manual,
                           const struct netaddr *address, struct instant now)
{
    struct peers_link *link = link_add(peers, SYNC_PEER_MANUAL, address, manual->text, now);
    link->manual = (size_t)(manual - peers->manuals);
    manual->busy = link->id;
    start_link(peers, link, &manual->where);
}

static void manual_start(struct peers *peers, struct manual *manual, struct instant now)
{
    static const struct netaddr none = {.network = NETADDR_NONE};
    if (manual->address.network != NETADDR_NONE) {
        manual_connect(peers, manual, &manual->address, now);
    } else if (peers->proxied) {
        manual_connect(peers, manual, &none, now);
    } else {
        manual->busy = peers->next_id++;
        peers->ports->resolve(peers->ports->context, manual->busy, manual->where.host);
    }
}

/* Waits longer each time; the first failure is told, then fewer and fewer. */
static void manual_failed(struct peers *peers, struct manual *manual, const char *why,
                          struct instant now)
{
    manual->busy = 0;
    manual->failures++;
    snprintf(manual->why, sizeof manual->why, "%s", why);
    manual->wait_ms = doubled(manual->wait_ms, RETRY_FIRST_MS, RETRY_LAST_MS);
    int64_t wait = spread(peers, manual->wait_ms);
    manual->next_ms = now.mono_ms + wait;
    if (log_complain(&manual->complaint, now.mono_ms)) {
        log_write(peers->log, LOG_UNUSUAL, "peer %s: %s; trying again in %.1f s", manual->text, why,
                  (double)wait / 1000.0);
    }
}

static int64_t wake_manuals(struct peers *peers, struct instant now)
{
    int64_t next = NEVER;
    for (size_t i = 0; i < peers->manual_count; i++) {
        struct manual *manual = &peers->manuals[i];
        if (manual->busy == 0 && manual->next_ms <= now.mono_ms) {
            manual_start(peers, manual, now);
        }
        if (manual->busy == 0) {
            next = earlier(next, manual->next_ms);
        }
    }
    return next;
}

static bool manual_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                            size_t count, const char *why, struct instant now)
{
    for (size_t i = 0; i < peers->manual_count; i++) {
        struct manual *manual = &peers->manuals[i];
        if (manual->busy != id) {
            continue;
        }
        if (count == 0) {
            manual_failed(peers, manual, why, now);
        } else {
            struct netaddr address = addresses[chance(peers) % count];
            address.port = manual->where.port;
            manual_connect(peers, manual, &address, now);
        }
        return true;
    }
    return false;
}

/* ---- Seeds -------------------------------------------------------------- */

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
    int64_t age = 3 * 86400 + (int64_t)(chance(peers) % (4 * 86400));
    addrbook_add(peers->book, &address, &address, 0, seconds(now) - age, seconds(now));
}

/* The last resort: addresses that came with the program. */
static size_t use_fixed_seeds(struct peers *peers, struct instant now)
{
    size_t before = addrbook_count(peers->book);
    for (const char *const *seed = peers->params->fixed_seeds; seed != NULL && *seed != NULL;
         seed++) {
        struct netaddr address;
        if (netaddr_parse(&address, *seed, peers->params->port)) {
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
    s->wait_ms = doubled(s->wait_ms, SEED_RETRY_FIRST_MS, SEED_RETRY_LAST_MS);
    int64_t wait = spread(peers, s->wait_ms);
    s->next_ms = now.mono_ms + wait;
    if (s->found == 0 && log_complain(&s->complaint, now.mono_ms)) {
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

/* Through a proxy a seed is a peer like any other that is asked for addresses and left. */
static void ask_seed_by_proxy(struct peers *peers, const char *name, struct instant now)
{
    static const struct netaddr none = {.network = NETADDR_NONE};
    struct hostport where = {.port = peers->params->port};
    snprintf(where.host, sizeof where.host, "%s", name);
    struct peers_link *link = link_add(peers, SYNC_PEER_OUTBOUND, &none, name, now);
    link->seed = true;
    start_link(peers, link, &where);
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
        size_t start = seeds == 0 ? 0 : chance(peers) % seeds;
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

static void seed_answered(struct peers *peers, size_t found, const char *why, struct instant now)
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

void peers_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses, size_t count,
                    const char *why, struct instant now)
{
    if (manual_resolved(peers, id, addresses, count, why, now)) {
        return;
    }
    const struct seeding *s = &peers->seeding;
    if (!s->running || peers->proxied || id < s->first_query || id >= s->first_query + s->asked) {
        return; /* of a manual peer that is no longer wanted */
    }
    count = count < RESOLVED_MAX ? count : RESOLVED_MAX;
    for (size_t i = 0; i < count; i++) {
        add_seed_address(peers, addresses[i], now);
    }
    seed_answered(peers, count, why, now);
}

/* ---- Automatic peers ---------------------------------------------------- */

/* Addresses in use by automatic peers; the caller frees. */
static struct netaddr *used_addresses(const struct peers *peers, size_t *count)
{
    struct netaddr *used = mem_zeroed(peers->link_count + 1, sizeof *used);
    *count = 0;
    for (size_t i = 0; i < peers->link_count; i++) {
        if (peers->links[i].kind != SYNC_PEER_MANUAL &&
            peers->links[i].address.network != NETADDR_NONE) {
            used[(*count)++] = peers->links[i].address;
        }
    }
    return used;
}

static bool next_outbound(struct peers *peers, struct netaddr *out, const struct select_view *view)
{
    while (peers->anchor_count > 0) {
        *out = peers->anchors[--peers->anchor_count];
        if (select_allowed(view, out)) {
            return true;
        }
    }
    return select_outbound(peers->book, out, view);
}

static bool already_linked(const struct peers *peers, const struct netaddr *address)
{
    for (size_t i = 0; i < peers->link_count; i++) {
        if (netaddr_equal(&peers->links[i].address, address)) {
            return true;
        }
    }
    return false;
}

static bool try_one(struct peers *peers, bool feeler, struct instant now)
{
    struct select_view view = {
        .book = peers->book, .networks = peers->networks, .now = seconds(now)};
    struct netaddr *used = used_addresses(peers, &view.used_count);
    view.used = used;
    struct netaddr address;
    bool found = feeler ? select_feeler(peers->book, &address, &view)
                        : next_outbound(peers, &address, &view);
    free(used);
    if (!found || already_linked(peers, &address)) {
        return false;
    }
    connect_to(peers, feeler ? SYNC_PEER_FEELER : SYNC_PEER_OUTBOUND, &address, now);
    return true;
}

static int64_t wake_outbound(struct peers *peers, struct instant now)
{
    size_t have = count_kind(peers, SYNC_PEER_OUTBOUND);
    if (have < peers->max_outbound) {
        if (now.mono_ms >= peers->outbound_ms) {
            bool tried = try_one(peers, false, now);
            peers->outbound_ms =
                now.mono_ms + spread(peers, tried ? OUTBOUND_GAP_MS : BOOK_EMPTY_WAIT_MS);
        }
        return peers->outbound_ms;
    }
    if (now.mono_ms >= peers->feeler_ms && count_kind(peers, SYNC_PEER_FEELER) < FEELERS_MAX) {
        try_one(peers, true, now);
        peers->feeler_ms = now.mono_ms + spread(peers, FEELER_MEAN_MS);
    }
    return peers->feeler_ms <= now.mono_ms ? NEVER : peers->feeler_ms;
}

/* Seeds are asked at once when nothing is known, after some patience when few answer, and not at
 * all when all is well. */
static int64_t wake_seeding(struct peers *peers, struct instant now)
{
    struct seeding *s = &peers->seeding;
    if (s->running || peers->max_outbound == 0) {
        return NEVER;
    }
    if (peers_ready_count(peers) >= ENOUGH_PEERS) {
        s->wait_ms = 0;
        s->next_ms = now.mono_ms + SEED_PATIENCE_MS;
        log_settled(&s->complaint);
        return NEVER; /* a link that goes wakes us */
    }
    if (now.mono_ms >= s->next_ms) {
        ask_seeds(peers, now);
    }
    return s->running ? NEVER : s->next_ms;
}

/* Seeds behind a proxy that say nothing. */
static int64_t wake_seed_links(struct peers *peers, struct instant now)
{
    int64_t next = NEVER;
    for (size_t i = 0; i < peers->link_count; i++) {
        struct peers_link *link = &peers->links[i];
        if (link->seed && link->up) {
            next = earlier(next, link->since_ms + SEED_LIFE_MS);
        }
    }
    return next <= now.mono_ms ? NEVER : next;
}

/* ---- The alarm ---------------------------------------------------------- */

static void note_loneliness(struct peers *peers, struct instant now)
{
    if (peers_ready_count(peers) > 0) {
        if (peers->lonely_ms != NEVER && peers->lonely.next_ms != 0) {
            log_settled(&peers->lonely);
            log_write(peers->log, LOG_INFO, "peers answer again");
        }
        peers->lonely_ms = NEVER;
        return;
    }
    if (peers->lonely_ms == NEVER) {
        peers->lonely_ms = now.mono_ms;
    }
    bool silent = now.mono_ms - peers->lonely_ms >= SEED_RETRY_FIRST_MS;
    if (silent && log_complain(&peers->lonely, now.mono_ms)) {
        log_write(peers->log, LOG_UNUSUAL,
                  "no peers for %" PRId64 " s; still trying (%zu addresses known)",
                  (now.mono_ms - peers->lonely_ms) / 1000,
                  addrbook_count(peers->book) + peers->manual_count);
    }
}

int64_t peers_wake(struct peers *peers, struct instant now)
{
    int64_t next = wake_manuals(peers, now);
    if (!peers->only_manual) {
        next = earlier(next, wake_seeding(peers, now));
        next = earlier(next, wake_outbound(peers, now));
        next = earlier(next, wake_seed_links(peers, now));
    }
    note_loneliness(peers, now);
    if (peers->lonely_ms != NEVER) {
        int64_t complaint = peers->lonely.next_ms > now.mono_ms
                                ? peers->lonely.next_ms
                                : peers->lonely_ms + SEED_RETRY_FIRST_MS;
        next = earlier(next, complaint > now.mono_ms ? complaint : now.mono_ms + 1000);
    }
    if (now.mono_ms >= peers->save_ms) {
        peers_save(peers, now);
    }
    return earlier(next, peers->save_ms);
}

/* ---- What is reported to us --------------------------------------------- */

const struct peers_link *peers_connected(struct peers *peers, uint64_t id, struct instant now)
{
    struct peers_link *link = link_of(peers, id);
    if (link != NULL) {
        link->up = true;
        link->since_ms = now.mono_ms;
    }
    return link;
}

void peers_ready(struct peers *peers, uint64_t id, uint64_t services, struct instant now)
{
    struct peers_link *link = link_of(peers, id);
    if (link == NULL) {
        return;
    }
    link->ready = true;
    if (link->address.network != NETADDR_NONE) {
        addrbook_good(peers->book, &link->address, services, seconds(now));
    }
    if (link->manual != SIZE_MAX) {
        struct manual *manual = &peers->manuals[link->manual];
        manual->failures = 0;
        manual->misbehaved = false;
        if (log_settled(&manual->complaint) > 0) {
            log_write(peers->log, LOG_INFO, "peer %s: connected again", manual->text);
        }
    }
}

bool peers_addresses(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                     const uint64_t *services, const uint32_t *last_seen, size_t count,
                     struct instant now)
{
    const struct peers_link *link = link_of(peers, id);
    if (link == NULL || peers->only_manual) {
        return false;
    }
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        /* A seed behind a proxy has no address of its own to be its source. */
        const struct netaddr *source =
            link->address.network == NETADDR_NONE ? &addresses[i] : &link->address;
        taken += addrbook_add(peers->book, &addresses[i], source, services[i], last_seen[i],
                              seconds(now));
    }
    log_write(peers->log, LOG_DEBUG, "peer %" PRIu64 ": %zu addresses, %zu taken", id, count,
              taken);
    bool seed_done = link->seed && count > 1; /* one alone is its own */
    if (seed_done) {
        seed_answered(peers, taken, NULL, now);
    }
    return seed_done;
}

/* A manual peer is tried again, soon if it had been there for a while. */
static void manual_gone(struct peers *peers, const struct peers_link *link,
                        enum sync_disconnect reason, const char *why, struct instant now)
{
    struct manual *manual = &peers->manuals[link->manual];
    if (manual->busy != link->id) {
        return;
    }
    if (link->up && now.mono_ms - link->since_ms >= STABLE_MS) {
        manual->wait_ms = 0;
    }
    if (link->ready) {
        manual->failures = 0;
        manual->misbehaved =
            reason == SYNC_DISCONNECT_MISBEHAVED || reason == SYNC_DISCONNECT_LOW_WORK;
    }
    manual_failed(peers, manual, why, now);
}

void peers_gone(struct peers *peers, uint64_t id, enum sync_disconnect reason, const char *why,
                struct instant now)
{
    struct peers_link *found = link_of(peers, id);
    if (found == NULL) {
        return;
    }
    struct peers_link link = *found;
    link_remove(peers, found);
    log_write(peers->log, LOG_DEBUG, "peer %" PRIu64 ": %s: gone: %s", id, link.name, why);
    if (link.manual != SIZE_MAX) {
        manual_gone(peers, &link, reason, why, now);
        return;
    }
    if (link.seed) {
        seed_answered(peers, 0, why, now);
        return;
    }
    if (reason == SYNC_DISCONNECT_MISBEHAVED || reason == SYNC_DISCONNECT_SELF) {
        addrbook_discourage(peers->book, &link.address, seconds(now));
    }
    if (link.kind == SYNC_PEER_OUTBOUND && peers->outbound_ms > now.mono_ms + OUTBOUND_GAP_MS) {
        peers->outbound_ms = now.mono_ms + spread(peers, OUTBOUND_GAP_MS);
    }
}

/* ---- Settings ----------------------------------------------------------- */

static bool has_text(char *const *items, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void add_manual(struct peers *peers, const char *text, bool addnode, struct instant now)
{
    struct manual manual = {.addnode = addnode, .next_ms = now.mono_ms};
    snprintf(manual.text, sizeof manual.text, "%s", text);
    if (!hostport_parse(&manual.where, text, peers->params->port)) {
        log_write(peers->log, LOG_UNUSUAL, "peer %s: not an address or name; passed over", text);
        return;
    }
    netaddr_parse(&manual.address, text, peers->params->port); /* else it stays a name */
    peers->manuals = mem_resize(peers->manuals, peers->manual_count + 1, sizeof *peers->manuals);
    peers->manuals[peers->manual_count++] = manual;
}

static void add_manuals(struct peers *peers, const struct settings_list *list, bool addnode,
                        struct instant now)
{
    for (size_t i = 0; i < list->count; i++) {
        bool known = false;
        for (size_t m = 0; m < peers->manual_count; m++) {
            known = known || strcmp(peers->manuals[m].text, list->items[i]) == 0;
        }
        if (!known && strcmp(list->items[i], "0") != 0) {
            add_manual(peers, list->items[i], addnode, now);
        }
    }
}

/* Links know their manual peer by number, so the numbers after a removed one move. */
static void remove_manual(struct peers *peers, size_t at)
{
    memmove(&peers->manuals[at], &peers->manuals[at + 1],
            (peers->manual_count - at - 1) * sizeof *peers->manuals);
    peers->manual_count--;
    for (size_t i = 0; i < peers->link_count; i++) {
        struct peers_link *link = &peers->links[i];
        if (link->manual != SIZE_MAX && link->manual > at) {
            link->manual--;
        } else if (link->manual == at) {
            link->manual = SIZE_MAX;
        }
    }
}

static void take_settings(struct peers *peers, const struct settings *settings, struct instant now)
{
    peers->params = settings->params;
    peers->only_manual = settings->connect.count > 0;
    peers->max_outbound = settings->maxoutbound;
    peers->timeout_ms = settings->connect_timeout_ms;
    peers->dns_seed = settings->dnsseed;
    peers->networks =
        select_reachable(peers->proxied, settings->onlynet.items, settings->onlynet.count);
    add_manuals(peers, &settings->connect, false, now);
    add_manuals(peers, &settings->addnode, true, now);
}

void peers_reconfigure(struct peers *peers, const struct settings *settings, struct instant now,
                       void (*unwanted)(void *context, uint64_t id), void *context)
{
    for (size_t i = peers->manual_count; i-- > 0;) {
        const struct manual *manual = &peers->manuals[i];
        if (has_text(settings->connect.items, settings->connect.count, manual->text) ||
            has_text(settings->addnode.items, settings->addnode.count, manual->text)) {
            continue;
        }
        uint64_t busy = manual->busy;
        remove_manual(peers, i);
        if (link_of(peers, busy) != NULL) {
            unwanted(context, busy);
        }
    }
    take_settings(peers, settings, now);
    for (size_t i = peers->link_count; i-- > 0;) {
        const struct peers_link *link = &peers->links[i];
        bool out_of_reach = (peers->networks & SELECT_NETWORK(link->address.network)) == 0;
        if (link->kind != SYNC_PEER_MANUAL && !link->seed && (peers->only_manual || out_of_reach)) {
            unwanted(context, link->id);
        }
    }
}

/* ---- Files -------------------------------------------------------------- */

static bool load_anchor(void *context, const char *line)
{
    struct peers *peers = context;
    if (netaddr_parse(&peers->anchors[peers->anchor_count], line, 0)) {
        peers->anchor_count++;
    }
    return peers->anchor_count < ANCHORS_MAX;
}

static void write_anchors(void *context, FILE *out)
{
    const struct peers *peers = context;
    size_t written = 0;
    /* The first to have connected stand first in the list often enough; which of the good ones does
     * not matter. */
    for (size_t i = 0; i < peers->link_count && written < ANCHORS_MAX; i++) {
        const struct peers_link *link = &peers->links[i];
        if (link->kind == SYNC_PEER_OUTBOUND && link->ready && !link->seed) {
            fprintf(out, "%s\n", link->name);
            written++;
        }
    }
}

void peers_save(struct peers *peers, struct instant now)
{
    peers->save_ms = now.mono_ms + spread(peers, SAVE_MS);
    if (peers->only_manual || peers->peers_path == NULL) {
        return;
    }
    if (!addrbook_save(peers->book, peers->peers_path)) {
        log_write(peers->log, LOG_UNUSUAL, "%s: %s; the address book is not kept",
                  peers->peers_path, strerror(errno));
    }
    bool any = false;
    for (size_t i = 0; i < peers->link_count; i++) {
        any = any || (peers->links[i].kind == SYNC_PEER_OUTBOUND && peers->links[i].ready);
    }
    /* Without peers the anchors of the last time are the better ones. */
    if (any && !textfile_replace(peers->anchors_path, write_anchors, peers)) {
        log_write(peers->log, LOG_UNUSUAL, "%s: %s; the anchors are not kept", peers->anchors_path,
                  strerror(errno));
    }
}

static void load_files(struct peers *peers, struct instant now)
{
    if (peers->only_manual || peers->peers_path == NULL) {
        return;
    }
    if (!addrbook_load(peers->book, peers->peers_path, seconds(now))) {
        log_write(peers->log, LOG_UNUSUAL, "%s: %s; starting with an empty address book",
                  peers->peers_path, strerror(errno));
    }
    if (!textfile_read(peers->anchors_path, load_anchor, peers)) {
        log_write(peers->log, LOG_UNUSUAL, "%s: %s; starting without anchors", peers->anchors_path,
                  strerror(errno));
    }
}

struct peers *peers_new(const struct peers_options *options, struct instant now)
{
    struct peers *peers = mem_zeroed(1, sizeof *peers);
    peers->ports = options->ports;
    peers->log = options->log;
    peers->next_id = 1;
    peers->book = addrbook_new(options->ports->random, options->ports->context);
    peers->peers_path = options->peers_path == NULL ? NULL : mem_text(options->peers_path);
    peers->anchors_path = options->anchors_path == NULL ? NULL : mem_text(options->anchors_path);
    peers->proxied = options->settings->proxy[0] != '\0';
    take_settings(peers, options->settings, now);
    load_files(peers, now);
    peers->outbound_ms = now.mono_ms;
    peers->feeler_ms = now.mono_ms + spread(peers, FEELER_MEAN_MS);
    peers->save_ms = now.mono_ms + spread(peers, SAVE_MS);
    peers->seeding.next_ms =
        now.mono_ms + (addrbook_count(peers->book) == 0 ? 0 : SEED_PATIENCE_MS);
    peers->lonely_ms = now.mono_ms;
    return peers;
}

void peers_free(struct peers *peers)
{
    if (peers != NULL) {
        addrbook_free(peers->book);
        free(peers->manuals);
        free(peers->links);
        free(peers->peers_path);
        free(peers->anchors_path);
        free(peers);
    }
}
