// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fetch: handshake, one question, one answer.
 *
 * A peer that answers with something else, or with nothing, is let go: another one may have the
 * header. Time to answer: a minute.
 */
#include "config.h"

#include "chain/fetch.h"

#include "chain/peer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** From the end of the handshake to the header. */
#define ANSWER_MS (60 * 1000)

struct fetching {
    struct fetch *fetch;
    sync_peer_id id;
    struct peer *peer;
    bool gone;
    int64_t asked_ms; /* monotonic; 0: not asked yet */
    struct fetching *next;
};

struct fetch {
    const struct params *params;
    struct hash256 wanted;
    const char *user_agent;
    struct fetch_callbacks callbacks;
    struct peer_counters counters;
    struct fetching *peers;
    struct instant now; /* of the call that is running */
    bool found;
};

struct fetch *fetch_new(const struct params *params, const struct hash256 *wanted,
                        const char *user_agent, const struct fetch_callbacks *callbacks)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (fetch == NULL)
        return NULL;
    fetch->params = params;
    fetch->wanted = *wanted;
    fetch->user_agent = user_agent;
    fetch->callbacks = *callbacks;
    return fetch;
}

static void fetching_free(struct fetching *fetching)
{
    peer_free(fetching->peer);
    free(fetching);
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    while (fetch->peers != NULL) {
        struct fetching *next = fetch->peers->next;

        fetching_free(fetch->peers);
        fetch->peers = next;
    }
    free(fetch);
}

static void drop(struct fetching *fetching, enum sync_disconnect reason, const char *detail)
{
    struct fetch *fetch = fetching->fetch;

    if (fetching->gone)
        return;
    fetching->gone = true;
    peer_stop(fetching->peer);
    fetch->callbacks.disconnect(fetch->callbacks.context, fetching->id, reason, detail);
}

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    struct fetching *fetching = context;
    struct fetch *fetch = fetching->fetch;

    fetch->callbacks.send(fetch->callbacks.context, fetching->id, bytes, len);
}

static void on_ended(void *context, enum peer_end end, const char *detail)
{
    drop(context, sync_disconnect_of(end), detail);
}

static void on_version(void *context, const struct wire_version *version)
{
    struct fetching *fetching = context;

    for (const struct fetching *other = fetching->fetch->peers; other != NULL;
         other = other->next) {
        if (peer_nonce(other->peer) == version->nonce) {
            drop(fetching, SYNC_DISCONNECT_SELF, "connected to ourselves");
            return;
        }
    }
}

static void on_ready(void *context)
{
    struct fetching *fetching = context;

    fetching->asked_ms = fetching->fetch->now.mono_ms;
    peer_getheaders(fetching->peer, NULL, 0, &fetching->fetch->wanted);
}

static void on_headers(void *context, const struct wire_headers *headers)
{
    struct fetching *fetching = context;
    struct fetch *fetch = fetching->fetch;
    struct hash256 hash;

    if (fetch->found)
        return;
    /* The answer is the header alone; peers that know no empty locators answer with the chain up to
     * it. */
    for (size_t i = headers->count; i > 0; i--) {
        const uint8_t *raw = headers->raw + (i - 1) * headers->stride;

        header_hash(&hash, raw);
        if (hash256_equal(&hash, &fetch->wanted)) {
            fetch->found = true;
            fetch->callbacks.found(fetch->callbacks.context, raw);
            return;
        }
    }
    drop(fetching, SYNC_DISCONNECT_UNSUITABLE, "does not have the header");
}

static void on_inv(void *context, const struct wire_inv *inv)
{
    (void)context;
    (void)inv;
}

static void on_addresses(void *context, const struct wire_addresses *addresses)
{
    (void)context;
    (void)addresses;
}

static uint64_t on_random(void *context)
{
    struct fetching *fetching = context;

    return fetching->fetch->callbacks.random(fetching->fetch->callbacks.context);
}

bool fetch_peer_connected(struct fetch *fetch, sync_peer_id peer, const struct netaddr *address,
                          struct instant now)
{
    struct fetching *fetching = calloc(1, sizeof(*fetching));
    struct peer_options options = {
        .params = fetch->params,
        .address = *address,
        .user_agent = fetch->user_agent,
        .timing = peer_timing_default,
        .counters = &fetch->counters,
        .callbacks = {.context = fetching,
                      .send = on_send,
                      .ended = on_ended,
                      .version = on_version,
                      .ready = on_ready,
                      .headers = on_headers,
                      .inv = on_inv,
                      .addresses = on_addresses,
                      .random = on_random},
    };

    fetch->now = now;
    if (fetching == NULL)
        return false;
    fetching->fetch = fetch;
    fetching->id = peer;
    options.nonce = on_random(fetching);
    fetching->peer = peer_new(&options);
    if (fetching->peer == NULL) {
        free(fetching);
        return false;
    }
    fetching->next = fetch->peers;
    fetch->peers = fetching;
    peer_start(fetching->peer, now);
    return true;
}

void fetch_peer_bytes(struct fetch *fetch, sync_peer_id peer, const uint8_t *bytes, size_t len,
                      struct instant now)
{
    fetch->now = now;
    for (struct fetching *at = fetch->peers; at != NULL; at = at->next) {
        if (at->id == peer) {
            peer_bytes(at->peer, bytes, len, now);
            return;
        }
    }
}

void fetch_peer_closed(struct fetch *fetch, sync_peer_id peer, struct instant now)
{
    fetch->now = now;
    for (struct fetching **at = &fetch->peers; *at != NULL; at = &(*at)->next) {
        if ((*at)->id == peer) {
            struct fetching *closed = *at;

            *at = closed->next;
            fetching_free(closed);
            return;
        }
    }
}

int64_t fetch_wake(struct fetch *fetch, struct instant now)
{
    int64_t next = INSTANT_NEVER;

    fetch->now = now;
    for (struct fetching *at = fetch->peers; at != NULL; at = at->next) {
        int64_t wake = peer_wake(at->peer, now);

        if (!at->gone && !fetch->found && at->asked_ms != 0) {
            if (now.mono_ms >= at->asked_ms + ANSWER_MS)
                drop(at, SYNC_DISCONNECT_STALLED, "no headers in time");
            else if (at->asked_ms + ANSWER_MS < wake)
                wake = at->asked_ms + ANSWER_MS;
        }
        if (!at->gone && wake < next)
            next = wake;
    }
    return next;
}
