// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/mem.h"
#include "monitor/peers_internal.h"

#include <stdio.h>
#include <string.h>

/** Waits after a failure, in ms: doubled each time. */
#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS 60000
/** A link that lived this long was a good one, in ms: the waits begin anew. */
#define STABLE_MS 60000

size_t peers_connect_count(const struct peers *peers)
{
    size_t count = 0;
    for (size_t i = 0; i < peers->manual_count; i++) {
        count += !peers->manuals[i].addnode;
    }
    return count;
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

/* ---- connecting ---- */

static void manual_connect(struct peers *peers, struct manual *manual,
                           const struct netaddr *address, struct instant now)
{
    struct peers_link *link = peers_link_add(peers, SYNC_PEER_MANUAL, address, manual->text, now);
    link->manual = (size_t)(manual - peers->manuals);
    manual->busy = link->id;
    peers_link_start(peers, link, &manual->where);
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
    manual->wait_ms = peers_doubled(manual->wait_ms, RETRY_FIRST_MS, RETRY_LAST_MS);
    int64_t wait = peers_spread(peers, manual->wait_ms);
    manual->next_ms = now.mono_ms + wait;
    if (log_complain(&manual->complaint, now.mono_ms)) {
        log_write(peers->log, LOG_UNUSUAL, "peer %s: %s; trying again in %.1f s", manual->text, why,
                  (double)wait / 1000.0);
    }
}

int64_t peers_manual_wake(struct peers *peers, struct instant now)
{
    int64_t next = INSTANT_NEVER;
    for (size_t i = 0; i < peers->manual_count; i++) {
        struct manual *manual = &peers->manuals[i];
        if (manual->busy == 0 && manual->next_ms <= now.mono_ms) {
            manual_start(peers, manual, now);
        }
        if (manual->busy == 0) {
            next = peers_earlier(next, manual->next_ms);
        }
    }
    return next;
}

bool peers_manual_resolved(struct peers *peers, uint64_t id, const struct netaddr *addresses,
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
            struct netaddr address = addresses[peers_chance(peers) % count];
            address.port = manual->where.port;
            manual_connect(peers, manual, &address, now);
        }
        return true;
    }
    return false;
}

void peers_manual_ready(struct peers *peers, const struct peers_link *link)
{
    struct manual *manual = &peers->manuals[link->manual];
    manual->failures = 0;
    manual->misbehaved = false;
    if (log_settled(&manual->complaint) > 0) {
        log_write(peers->log, LOG_INFO, "peer %s: connected again", manual->text);
    }
}

/* A manual peer is tried again, soon if it had been there for a while. */
void peers_manual_gone(struct peers *peers, const struct peers_link *link,
                       enum sync_disconnect reason, const char *why, struct instant now)
{
    struct manual *manual = &peers->manuals[link->manual];
    if (manual->busy != link->id) {
        return;
    }
    if (reason == SYNC_DISCONNECT_REPLACED) { /* our own doing, no fault of its */
        manual->busy = 0;
        manual->next_ms = now.mono_ms + peers_spread(peers, RETRY_FIRST_MS);
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

/* ---- the list ---- */

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

void peers_manual_add(struct peers *peers, const struct settings_list *list, bool addnode,
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

void peers_manual_prune(struct peers *peers, const struct settings *settings)
{
    for (size_t i = peers->manual_count; i-- > 0;) {
        const struct manual *manual = &peers->manuals[i];
        if (has_text(settings->connect.items, settings->connect.count, manual->text) ||
            has_text(settings->addnode.items, settings->addnode.count, manual->text)) {
            continue;
        }
        uint64_t busy = manual->busy;
        remove_manual(peers, i);
        if (peers_link_of(peers, busy) != NULL) {
            peers->unwanted(peers->context, busy);
        }
    }
}
