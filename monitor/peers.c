// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/peers.h"

#include "monitor/mem.h"
#include "monitor/net/textfile.h"
#include "monitor/peers_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All in ms. */
#define OUTBOUND_GAP_MS 500   /* least time between two attempts */
#define OUTBOUND_SLOW_MS 5000 /* the same while nobody is to be had */
#define FEELER_MEAN_MS 120000
#define FIRST_PATIENCE_MS 11000 /* known addresses may do before the seeds are troubled */
#define SEED_LIFE_MS 60000      /* a seed behind a proxy tells its addresses by then */
#define LONELY_MS 30000         /* without peers for so long: that is said */
#define SAVE_MS 900000

enum { FEELERS_MAX = 1 };

/* ---- Small things ------------------------------------------------------- */

uint64_t peers_chance(struct peers *peers)
{
    return peers->ports->random(peers->ports->context);
}

/* ms, give or take a quarter. */
int64_t peers_spread(struct peers *peers, int64_t ms)
{
    return ms - ms / 4 + (int64_t)(peers_chance(peers) % (uint64_t)(ms / 2 + 1));
}

int64_t peers_doubled(int64_t wait_ms, int64_t first_ms, int64_t last_ms)
{
    if (wait_ms == 0) {
        return first_ms;
    }
    return wait_ms * 2 > last_ms ? last_ms : wait_ms * 2;
}

struct peers_link *peers_link_of(const struct peers *peers, uint64_t id)
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
    return peers_link_of(peers, id);
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

size_t peers_ready_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->link_count; i++) {
        count += peers->links[i].ready && peers->links[i].kind != SYNC_PEER_FEELER;
    }
    return count;
}

size_t peers_wanted_count(const struct peers *peers)
{
    return peers->only_manual ? peers->manual_count : peers->max_outbound;
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

struct peers_link *peers_link_add(struct peers *peers, enum sync_peer_kind kind,
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
void peers_link_start(struct peers *peers, const struct peers_link *link,
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
    addrbook_attempt(peers->book, address, peers_seconds(now));
    peers_link_start(peers, peers_link_add(peers, kind, address, NULL, now), NULL);
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
        .book = peers->book, .networks = peers->networks, .now = peers_seconds(now)};
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

/* Our own line is down, more likely than all of theirs. */
static bool lonely_for_long(const struct peers *peers, struct instant now)
{
    return peers->lonely_ms != INSTANT_NEVER && now.mono_ms - peers->lonely_ms >= LONELY_MS;
}

static int64_t wake_outbound(struct peers *peers, struct instant now)
{
    size_t have = count_kind(peers, SYNC_PEER_OUTBOUND);
    if (have < peers->max_outbound) {
        if (now.mono_ms >= peers->outbound_ms) {
            bool tried = try_one(peers, false, now);
            bool quick = tried && !lonely_for_long(peers, now);
            peers->outbound_ms =
                now.mono_ms + peers_spread(peers, quick ? OUTBOUND_GAP_MS : OUTBOUND_SLOW_MS);
        }
        return peers->outbound_ms;
    }
    if (now.mono_ms >= peers->feeler_ms && count_kind(peers, SYNC_PEER_FEELER) < FEELERS_MAX) {
        try_one(peers, true, now);
        peers->feeler_ms = now.mono_ms + peers_spread(peers, FEELER_MEAN_MS);
    }
    return peers->feeler_ms <= now.mono_ms ? INSTANT_NEVER : peers->feeler_ms;
}

/* Seeds behind a proxy that say nothing have to go. */
static int64_t wake_seed_links(struct peers *peers, struct instant now)
{
    int64_t next = INSTANT_NEVER;
    for (size_t i = 0; i < peers->link_count; i++) {
        const struct peers_link *link = &peers->links[i];
        if (!link->seed || !link->up) {
            continue;
        }
        if (link->since_ms + SEED_LIFE_MS <= now.mono_ms) {
            peers->unwanted(peers->context, link->id);
        } else {
            next = peers_earlier(next, link->since_ms + SEED_LIFE_MS);
        }
    }
    return next;
}

/* ---- The alarm ---------------------------------------------------------- */

static void note_loneliness(struct peers *peers, struct instant now)
{
    bool wanted = peers->manual_count > 0 || (!peers->only_manual && peers->max_outbound > 0);
    if (peers_ready_count(peers) > 0 || !wanted) {
        if (peers->lonely_ms != INSTANT_NEVER && peers->lonely.next_ms != 0) {
            log_settled(&peers->lonely);
            log_write(peers->log, LOG_INFO, "peers answer again");
        }
        peers->lonely_ms = INSTANT_NEVER;
        return;
    }
    if (peers->lonely_ms == INSTANT_NEVER) {
        peers->lonely_ms = now.mono_ms;
    }
    if (lonely_for_long(peers, now) && log_complain(&peers->lonely, now.mono_ms)) {
        log_write(peers->log, LOG_UNUSUAL,
                  "no peers for %" PRId64 " s; still trying (%zu addresses known)",
                  (now.mono_ms - peers->lonely_ms) / 1000,
                  addrbook_count(peers->book) + peers->manual_count);
    }
}

int64_t peers_wake(struct peers *peers, struct instant now)
{
    int64_t next = peers_manual_wake(peers, now);
    if (!peers->only_manual && peers->max_outbound > 0) {
        next = peers_earlier(next, peers_seeds_wake(peers, now));
        next = peers_earlier(next, wake_outbound(peers, now));
        next = peers_earlier(next, wake_seed_links(peers, now));
    }
    note_loneliness(peers, now);
    if (peers->lonely_ms != INSTANT_NEVER) {
        int64_t complaint = peers->lonely.next_ms > now.mono_ms ? peers->lonely.next_ms
                                                                : peers->lonely_ms + LONELY_MS;
        next = peers_earlier(next, complaint > now.mono_ms ? complaint : now.mono_ms + 1000);
    }
    if (now.mono_ms >= peers->save_ms) {
        peers_save(peers, now);
    }
    return peers_earlier(next, peers->save_ms);
}

/* ---- What is reported to us --------------------------------------------- */

const struct peers_link *peers_connected(struct peers *peers, uint64_t id, struct instant now)
{
    struct peers_link *link = peers_link_of(peers, id);
    if (link != NULL) {
        link->up = true;
        link->since_ms = now.mono_ms;
    }
    return link;
}

void peers_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses, size_t count,
                    const char *why, struct instant now)
{
    if (!peers_manual_resolved(peers, id, addresses, count, why, now)) {
        peers_seeds_resolved(peers, id, addresses, count, why, now);
    }
}

void peers_ready(struct peers *peers, uint64_t id, uint64_t services, struct instant now)
{
    struct peers_link *link = peers_link_of(peers, id);
    if (link == NULL) {
        return;
    }
    link->ready = true;
    if (link->address.network != NETADDR_NONE) {
        addrbook_good(peers->book, &link->address, services, peers_seconds(now));
    }
    if (link->manual != SIZE_MAX) {
        peers_manual_ready(peers, link);
    }
}

void peers_addresses(struct peers *peers, uint64_t id, const struct netaddr *addresses,
                     const uint64_t *services, const uint32_t *last_seen, size_t count,
                     struct instant now)
{
    struct peers_link *link = peers_link_of(peers, id);
    if (link == NULL || peers->only_manual) {
        return;
    }
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (!peers_reach(peers, &addresses[i])) {
            continue;
        }
        /* A seed behind a proxy has no address of its own to be its source. */
        const struct netaddr *source =
            link->address.network == NETADDR_NONE ? &addresses[i] : &link->address;
        taken += addrbook_add(peers->book, &addresses[i], source, services[i], last_seen[i],
                              peers_seconds(now));
    }
    log_write(peers->log, LOG_DEBUG, "peer %" PRIu64 ": %zu addresses, %zu taken", id, count,
              taken);
    if (link->seed && !link->told && count > 1) { /* one alone is its own */
        link->told = true;
        peers_seeds_answered(peers, taken, NULL, now);
        peers->unwanted(peers->context, id);
    }
}

void peers_gone(struct peers *peers, uint64_t id, enum sync_disconnect reason, const char *why,
                struct instant now)
{
    struct peers_link *found = peers_link_of(peers, id);
    if (found == NULL) {
        return;
    }
    struct peers_link link = *found;
    link_remove(peers, found);
    log_write(peers->log, LOG_DEBUG, "peer %" PRIu64 ": %s: gone: %s", id, link.name, why);
    if (link.manual != SIZE_MAX) {
        peers_manual_gone(peers, &link, reason, why, now);
        return;
    }
    if (link.seed) {
        if (!link.told) {
            peers_seeds_answered(peers, 0, why, now);
        }
        return;
    }
    if (reason == SYNC_DISCONNECT_MISBEHAVED || reason == SYNC_DISCONNECT_SELF) {
        addrbook_discourage(peers->book, &link.address, peers_seconds(now));
    }
    if (link.kind == SYNC_PEER_OUTBOUND && peers->outbound_ms > now.mono_ms + OUTBOUND_GAP_MS) {
        peers->outbound_ms = now.mono_ms + peers_spread(peers, OUTBOUND_GAP_MS);
    }
}

/* ---- Settings ----------------------------------------------------------- */

static void take_settings(struct peers *peers, const struct settings *settings, struct instant now)
{
    peers->params = settings->params;
    peers->only_manual = settings->connect.count > 0;
    peers->max_outbound = settings->maxoutbound;
    peers->timeout_ms = settings->connect_timeout_ms;
    peers->dns_seed = settings->dnsseed;
    peers->networks =
        select_reachable(peers->proxied, settings->onlynet.items, settings->onlynet.count);
    peers_manual_add(peers, &settings->connect, false, now);
    peers_manual_add(peers, &settings->addnode, true, now);
}

void peers_reconfigure(struct peers *peers, const struct settings *settings, struct instant now)
{
    peers_manual_prune(peers, settings);
    take_settings(peers, settings, now);
    for (size_t i = peers->link_count; i-- > 0;) {
        const struct peers_link *link = &peers->links[i];
        bool out_of_reach = (peers->networks & SELECT_NETWORK(link->address.network)) == 0;
        if (link->kind != SYNC_PEER_MANUAL && !link->seed && (peers->only_manual || out_of_reach)) {
            peers->unwanted(peers->context, link->id);
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
    return peers->anchor_count < PEERS_ANCHORS;
}

static void write_anchors(void *context, FILE *out)
{
    const struct peers *peers = context;
    size_t written = 0;
    /* The first to have connected stand first in the list often enough; which of the good ones does
     * not matter. */
    for (size_t i = 0; i < peers->link_count && written < PEERS_ANCHORS; i++) {
        const struct peers_link *link = &peers->links[i];
        if (link->kind == SYNC_PEER_OUTBOUND && link->ready && !link->seed) {
            fprintf(out, "%s\n", link->name);
            written++;
        }
    }
}

void peers_save(struct peers *peers, struct instant now)
{
    peers->save_ms = now.mono_ms + peers_spread(peers, SAVE_MS);
    if (peers->only_manual || peers->peers_path == NULL) {
        return;
    }
    if (!addrbook_save(peers->book, peers->peers_path)) {
        log_write(peers->log, LOG_UNUSUAL, "%s: %s; the address book is not kept",
                  peers->peers_path, strerror(errno));
    }
    bool any = false;
    for (size_t i = 0; i < peers->link_count; i++) {
        const struct peers_link *link = &peers->links[i];
        any = any || (link->kind == SYNC_PEER_OUTBOUND && link->ready && !link->seed);
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
    if (!addrbook_load(peers->book, peers->peers_path, peers_seconds(now))) {
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
    peers->unwanted = options->unwanted;
    peers->context = options->context;
    peers->next_id = 1;
    peers->book = addrbook_new(options->ports->random, options->ports->context);
    peers->peers_path = options->peers_path == NULL ? NULL : mem_text(options->peers_path);
    peers->anchors_path = options->anchors_path == NULL ? NULL : mem_text(options->anchors_path);
    peers->proxied = options->settings->proxy[0] != '\0';
    take_settings(peers, options->settings, now);
    load_files(peers, now);
    peers->outbound_ms = now.mono_ms;
    peers->feeler_ms = now.mono_ms + peers_spread(peers, FEELER_MEAN_MS);
    peers->save_ms = now.mono_ms + peers_spread(peers, SAVE_MS);
    bool known = addrbook_count(peers->book) > 0 || peers->manual_count > 0;
    peers->seeding.next_ms = now.mono_ms + (known ? FIRST_PATIENCE_MS : 0);
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
