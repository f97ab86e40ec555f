// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * peer: a session as two small state machines, one of frames and one of the handshake.
 *
 *   frames      HEAD    --24 bytes, ours to read---------> PAYLOAD
 *               HEAD    --24 bytes, not for us-----------> SKIP
 *               PAYLOAD --length bytes, checksum right---> handled, HEAD
 *               SKIP    --length bytes, never kept-------> HEAD
 *
 *   handshake   state     version     verack    anything else      60 s pass
 *               VERSION   -> VERACK   ignored   ignored            end: timeout
 *               VERACK    ignored     -> READY  ignored            end: timeout
 *               READY     ignored     ignored   handled            -
 *               STOPPED   nothing is read, nothing is sent
 *
 * Every state goes to STOPPED on wrong magic, an oversized or malformed message, or when a message
 * takes five minutes to come. A message with a wrong checksum is dropped, as in Bitcoin Core.
 *
 * Memory: the payload's buffer grows with the bytes that have come, not with the length that was
 * claimed. It holds at most WIRE_HEADERS_MAX (178 kB), and is given back after the first message
 * that needs less.
 */
#include "config.h"

#include "chain/peer.h"

#include "chain/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct peer_timing peer_timing_default = {
    .handshake_ms = 60 * 1000,
    .ping_ms = 2 * 60 * 1000,
    .ping_timeout_ms = 20 * 60 * 1000,
    .message_ms = 5 * 60 * 1000,
};

/** First size of a payload's buffer. */
#define BUFFER_FIRST 4096
/** A larger buffer is given back after the first message that would fit into this: while a peer
 * sends its chain, the pages of one buffer serve all messages. */
#define BUFFER_KEPT 4096
/** Answers to pings and getheaders: so many at once, and one more each second. A peer that asks and
 * never reads would fill our memory. */
#define REPLIES_BURST 20
#define REPLY_MS 1000
/** Longest inv that is looked into; a peer that was told not to relay transactions sends a handful
 * of items. */
#define INV_ITEMS_READ 1000
/** Largest message that we send: getheaders. */
#define SEND_MAX (WIRE_FRAME_SIZE + WIRE_GETHEADERS_MAX)

enum frame_state { FRAME_HEAD, FRAME_PAYLOAD, FRAME_SKIP };
enum session_state { SESSION_VERSION, SESSION_VERACK, SESSION_READY, SESSION_STOPPED };

struct peer {
    const struct params *params;
    struct netaddr address;
    char user_agent[WIRE_USER_AGENT_MAX + 1];
    uint64_t nonce;
    uint32_t start_height;
    bool want_addresses;
    struct peer_timing timing;
    struct peer_counters *counters;
    struct peer_callbacks callbacks;

    enum session_state session;
    struct peer_info info;
    int64_t started_ms; /* monotonic */

    enum frame_state state;
    uint8_t head[WIRE_FRAME_SIZE];
    struct wire_frame frame;
    uint8_t *payload;
    size_t capacity;
    size_t have;              /* bytes of the head or of the payload that have come */
    int64_t message_begun_ms; /* monotonic; meaningful while have > 0 or not in FRAME_HEAD */

    uint64_t ping_nonce; /* 0: no ping is under way */
    int64_t ping_sent_ms;
    int64_t replies_full_ms; /* monotonic time at which all of REPLIES_BURST are there again */
};

struct peer *peer_new(const struct peer_options *options)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (peer == NULL)
        return NULL;
    peer->params = options->params;
    peer->address = options->address;
    snprintf(peer->user_agent, sizeof(peer->user_agent), "%s", options->user_agent);
    peer->nonce = options->nonce;
    peer->start_height = options->start_height;
    peer->want_addresses = options->want_addresses;
    peer->timing = options->timing;
    peer->counters = options->counters;
    peer->callbacks = options->callbacks;
    peer->info.ping_ms = -1;
    return peer;
}

static void release_buffer(struct peer *peer)
{
    free(peer->payload);
    peer->payload = NULL;
    peer->capacity = 0;
}

void peer_free(struct peer *peer)
{
    if (peer == NULL)
        return;
    release_buffer(peer);
    free(peer);
}

void peer_stop(struct peer *peer)
{
    peer->session = SESSION_STOPPED;
    peer->info.stopped = true;
}

static void end(struct peer *peer, enum peer_end reason, const char *detail)
{
    if (peer->session == SESSION_STOPPED)
        return;
    peer_stop(peer);
    peer->callbacks.ended(peer->callbacks.context, reason, detail);
}

/* ---- sending ---- */

/* message has room for the frame before a payload of len bytes. */
static void send_message(struct peer *peer, uint8_t *message, enum wire_type type, size_t len)
{
    size_t size;

    if (peer->session == SESSION_STOPPED)
        return;
    size = wire_seal(message, peer->params->magic, type, len);
    peer->info.bytes_out += size;
    peer->callbacks.send(peer->callbacks.context, message, size);
}

static void send_empty(struct peer *peer, enum wire_type type)
{
    uint8_t message[WIRE_FRAME_SIZE];

    send_message(peer, message, type, 0);
}

static void send_nonce(struct peer *peer, enum wire_type type, uint64_t nonce)
{
    uint8_t message[WIRE_FRAME_SIZE + WIRE_PING_SIZE];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, WIRE_PING_SIZE);

    wire_nonce_put(&writer, nonce);
    send_message(peer, message, type, writer.used);
}

static void send_version(struct peer *peer, struct instant now)
{
    uint8_t message[WIRE_FRAME_SIZE + WIRE_VERSION_MAX];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, WIRE_VERSION_MAX);
    struct wire_version version = {
        .version = PEER_PROTOCOL_VERSION,
        .time = now.wall_ms / 1000,
        .receiver.port = peer->address.port,
        .nonce = peer->nonce,
        .user_agent_length = strlen(peer->user_agent),
        .start_height = (int32_t)peer->start_height,
        .relay = false,
    };

    wire_netaddr_to_ipv6(version.receiver.ip, &peer->address);
    memcpy(version.user_agent, peer->user_agent, version.user_agent_length);
    wire_version_put(&writer, &version);
    assert(!writer.failed);
    send_message(peer, message, WIRE_VERSION, writer.used);
}

void peer_getheaders(struct peer *peer, const struct hash256 *locator, size_t count,
                     const struct hash256 *stop)
{
    uint8_t message[SEND_MAX];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, WIRE_GETHEADERS_MAX);
    struct wire_getheaders ask = {.version = PEER_PROTOCOL_VERSION, .count = count};

    assert(count <= WIRE_LOCATOR_MAX);
    if (count > 0)
        memcpy(ask.locator, locator, count * sizeof(*locator));
    if (stop != NULL)
        ask.stop = *stop;
    wire_getheaders_put(&writer, &ask);
    assert(!writer.failed);
    send_message(peer, message, WIRE_GETHEADERS, writer.used);
}

static void send_ping(struct peer *peer, struct instant now)
{
    do {
        peer->ping_nonce = peer->callbacks.random(peer->callbacks.context);
    } while (peer->ping_nonce == 0);
    peer->ping_sent_ms = now.mono_ms;
    send_nonce(peer, WIRE_PING, peer->ping_nonce);
}

/* True if an answer may be sent now. */
static bool may_reply(struct peer *peer, struct instant now)
{
    int64_t full = peer->replies_full_ms > now.mono_ms ? peer->replies_full_ms : now.mono_ms;

    if (full - now.mono_ms > (REPLIES_BURST - 1) * REPLY_MS)
        return false;
    peer->replies_full_ms = full + REPLY_MS;
    return true;
}

void peer_start(struct peer *peer, struct instant now)
{
    peer->started_ms = now.mono_ms;
    peer->info.connected_ms = now.wall_ms;
    peer->info.last_message_ms = now.wall_ms;
    send_version(peer, now);
}

/* ---- messages ---- */

static void malformed(struct peer *peer)
{
    char detail[32];

    peer->counters->malformed++;
    snprintf(detail, sizeof(detail), "malformed %s", wire_command(peer->frame.type));
    end(peer, PEER_END_PROTOCOL, detail);
}

/* What is shown and logged: printable ASCII, or a question mark. */
static void clean_user_agent(char out[PEER_USER_AGENT_SIZE], const struct wire_version *version)
{
    size_t len = version->user_agent_length;

    if (len > PEER_USER_AGENT_SIZE - 1)
        len = PEER_USER_AGENT_SIZE - 1;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = version->user_agent[i];

        out[i] = c >= 0x20 && c <= 0x7e ? (char)c : '?';
    }
    out[len] = '\0';
}

static void on_version(struct peer *peer)
{
    struct wire_version version;

    if (peer->session != SESSION_VERSION)
        return;
    if (!wire_version_decode(&version, peer->payload, peer->have)) {
        malformed(peer);
        return;
    }
    if (version.version < PEER_MIN_VERSION) {
        end(peer, PEER_END_UNSUITABLE, "protocol too old");
        return;
    }
    peer->info.version = (uint32_t)version.version;
    peer->info.services = version.services;
    peer->info.claimed_height = version.start_height > 0 ? (uint32_t)version.start_height : 0;
    clean_user_agent(peer->info.user_agent, &version);
    peer->session = SESSION_VERACK;
    peer->callbacks.version(peer->callbacks.context, &version);
    if (peer->info.version >= PEER_ADDRV2_VERSION)
        send_empty(peer, WIRE_SENDADDRV2);
    send_empty(peer, WIRE_VERACK);
}

static void on_verack(struct peer *peer, struct instant now)
{
    if (peer->session != SESSION_VERACK)
        return;
    peer->session = SESSION_READY;
    peer->info.ready = true;
    if (peer->info.version >= PEER_SENDHEADERS_VERSION)
        send_empty(peer, WIRE_SENDHEADERS);
    if (peer->want_addresses)
        send_empty(peer, WIRE_GETADDR);
    send_ping(peer, now);
    peer->callbacks.ready(peer->callbacks.context);
}

static void on_ping(struct peer *peer, struct instant now)
{
    uint64_t nonce;

    if (!wire_nonce_decode(&nonce, peer->payload, peer->have))
        malformed(peer);
    else if (may_reply(peer, now))
        send_nonce(peer, WIRE_PONG, nonce);
}

static void on_pong(struct peer *peer, struct instant now)
{
    uint64_t nonce;

    if (!wire_nonce_decode(&nonce, peer->payload, peer->have) || nonce != peer->ping_nonce ||
        peer->ping_nonce == 0)
        return; /* harmless, and known to happen */
    peer->info.ping_ms = now.mono_ms - peer->ping_sent_ms;
    peer->ping_nonce = 0;
}

static void on_getheaders(struct peer *peer, struct instant now)
{
    uint8_t message[WIRE_FRAME_SIZE + 1];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, 1);
    struct wire_getheaders ask;

    if (!wire_getheaders_decode(&ask, peer->payload, peer->have)) {
        malformed(peer);
        return;
    }
    if (!may_reply(peer, now))
        return;
    wire_headers_put(&writer, &(struct wire_headers){0}); /* we serve none, and say so */
    send_message(peer, message, WIRE_HEADERS, writer.used);
}

static void on_headers(struct peer *peer)
{
    struct wire_headers headers;

    if (wire_headers_decode(&headers, peer->payload, peer->have))
        peer->callbacks.headers(peer->callbacks.context, &headers);
    else
        malformed(peer);
}

static void on_inv(struct peer *peer)
{
    struct wire_inv inv;

    if (wire_inv_decode(&inv, peer->payload, peer->have))
        peer->callbacks.inv(peer->callbacks.context, &inv);
    else
        malformed(peer);
}

static void on_addresses(struct peer *peer)
{
    struct wire_addresses *addresses = malloc(sizeof(*addresses));
    bool (*decode)(struct wire_addresses *, const uint8_t *, size_t) =
        peer->frame.type == WIRE_ADDR ? wire_addr_decode : wire_addrv2_decode;

    if (addresses == NULL)
        end(peer, PEER_END_MEMORY, "out of memory");
    else if (decode(addresses, peer->payload, peer->have))
        peer->callbacks.addresses(peer->callbacks.context, addresses);
    else
        malformed(peer);
    free(addresses);
}

/* A complete message with a right checksum. */
static void handle(struct peer *peer, struct instant now)
{
    enum wire_type type = peer->frame.type;

    if (type == WIRE_VERSION) {
        on_version(peer);
    } else if (type == WIRE_VERACK) {
        on_verack(peer, now);
    } else if (peer->session == SESSION_READY) {
        switch (type) {
        case WIRE_PING:
            on_ping(peer, now);
            break;
        case WIRE_PONG:
            on_pong(peer, now);
            break;
        case WIRE_GETHEADERS:
            on_getheaders(peer, now);
            break;
        case WIRE_HEADERS:
            on_headers(peer);
            break;
        case WIRE_INV:
            on_inv(peer);
            break;
        case WIRE_ADDR:
        case WIRE_ADDRV2:
            on_addresses(peer);
            break;
        case WIRE_UNKNOWN: /* not ours, or nothing that we do depends on them */
        case WIRE_VERSION:
        case WIRE_VERACK:
        case WIRE_SENDHEADERS:
        case WIRE_GETDATA:
        case WIRE_NOTFOUND:
        case WIRE_GETADDR:
        case WIRE_SENDADDRV2:
        case WIRE_TYPE_COUNT:
            break;
        }
    }
}

/* ---- frames ---- */

/** What is done with a message of each type: read up to so many bytes; a longer one is skipped, or
 * ends the session. */
static const struct {
    uint32_t limit;
    bool skip_longer;
} reading[WIRE_TYPE_COUNT] = {
    [WIRE_UNKNOWN] = {0, true},
    [WIRE_VERSION] = {WIRE_SMALL_MAX, false},
    [WIRE_VERACK] = {WIRE_SMALL_MAX, false},
    [WIRE_PING] = {WIRE_PING_SIZE, false},
    [WIRE_PONG] = {WIRE_SMALL_MAX, false},
    [WIRE_SENDHEADERS] = {WIRE_SMALL_MAX, false},
    [WIRE_GETHEADERS] = {WIRE_GETHEADERS_MAX, false},
    [WIRE_HEADERS] = {WIRE_HEADERS_MAX, false},
    [WIRE_INV] = {3 + INV_ITEMS_READ * WIRE_INV_ITEM_SIZE, true},
    [WIRE_GETDATA] = {0, true},  /* we serve nothing */
    [WIRE_NOTFOUND] = {0, true}, /* we never ask with getdata */
    [WIRE_GETADDR] = {WIRE_SMALL_MAX, false},
    [WIRE_ADDR] = {WIRE_ADDR_MAX, false},
    [WIRE_ADDRV2] = {WIRE_ADDRV2_MAX, true}, /* addresses of unknown networks may be long */
    [WIRE_SENDADDRV2] = {WIRE_SMALL_MAX, false},
};

static void oversized(struct peer *peer)
{
    char detail[48];

    peer->counters->oversized++;
    snprintf(detail, sizeof(detail), "oversized %s", peer->frame.command);
    end(peer, PEER_END_PROTOCOL, detail);
}

static void next_frame(struct peer *peer)
{
    if (peer->capacity > BUFFER_KEPT && peer->frame.length <= BUFFER_KEPT)
        release_buffer(peer);
    peer->state = FRAME_HEAD;
    peer->have = 0;
}

static void complete(struct peer *peer, struct instant now)
{
    uint8_t sum[WIRE_CHECKSUM_SIZE];

    peer->counters->messages++;
    peer->info.last_message_ms = now.wall_ms;
    if (peer->state == FRAME_PAYLOAD) {
        wire_checksum(sum, peer->have > 0 ? peer->payload : peer->head, peer->have);
        if (memcmp(sum, peer->frame.checksum, sizeof(sum)) == 0)
            handle(peer, now);
        else
            peer->counters->bad_checksum++;
    }
    next_frame(peer);
}

/* The head has come: what is to be done with the rest? */
static void begin_payload(struct peer *peer, struct instant now)
{
    struct wire_frame *frame = &peer->frame;
    bool well_formed = wire_frame_decode(frame, peer->head);

    if (memcmp(frame->magic, peer->params->magic, WIRE_MAGIC_SIZE) != 0) {
        peer->counters->bad_magic++;
        end(peer, PEER_END_PROTOCOL, "wrong magic");
        return;
    }
    if (!well_formed) {
        peer->counters->malformed++;
        end(peer, PEER_END_PROTOCOL, "malformed command");
        return;
    }
    peer->counters->unknown += frame->type == WIRE_UNKNOWN;
    if (frame->length > WIRE_PAYLOAD_MAX ||
        (frame->length > reading[frame->type].limit && !reading[frame->type].skip_longer)) {
        oversized(peer);
        return;
    }
    peer->have = 0;
    peer->state = frame->length > reading[frame->type].limit || frame->type == WIRE_UNKNOWN
                      ? FRAME_SKIP
                      : FRAME_PAYLOAD;
    if (frame->length == 0)
        complete(peer, now);
}

/* Makes room for more bytes of the payload, at most all of it. */
static bool reserve(struct peer *peer, size_t more)
{
    size_t wanted = peer->have + more;
    size_t capacity = peer->capacity * 2 > BUFFER_FIRST ? peer->capacity * 2 : BUFFER_FIRST;
    uint8_t *grown;

    if (wanted <= peer->capacity)
        return true;
    if (capacity < wanted)
        capacity = wanted;
    if (capacity > peer->frame.length && peer->frame.length > BUFFER_FIRST)
        capacity = peer->frame.length;
    grown = realloc(peer->payload, capacity);
    if (grown == NULL)
        return false;
    peer->payload = grown;
    peer->capacity = capacity;
    return true;
}

/* Takes what it can of the bytes; returns how many. */
static size_t take(struct peer *peer, const uint8_t *bytes, size_t len, struct instant now)
{
    size_t size = peer->state == FRAME_HEAD ? WIRE_FRAME_SIZE : peer->frame.length;
    size_t count = size - peer->have < len ? size - peer->have : len;

    if (peer->state == FRAME_HEAD) {
        if (peer->have == 0)
            peer->message_begun_ms = now.mono_ms;
        memcpy(peer->head + peer->have, bytes, count);
    } else if (peer->state == FRAME_PAYLOAD) {
        if (!reserve(peer, count)) {
            end(peer, PEER_END_MEMORY, "out of memory");
            return count;
        }
        memcpy(peer->payload + peer->have, bytes, count);
    }
    peer->have += count;
    if (peer->have == size) {
        if (peer->state == FRAME_HEAD)
            begin_payload(peer, now);
        else
            complete(peer, now);
    }
    return count;
}

void peer_bytes(struct peer *peer, const uint8_t *bytes, size_t len, struct instant now)
{
    peer->info.bytes_in += len;
    while (len > 0 && peer->session != SESSION_STOPPED) {
        size_t taken = take(peer, bytes, len, now);

        bytes += taken;
        len -= taken;
    }
}

/* ---- time ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool within_message(const struct peer *peer)
{
    return peer->state != FRAME_HEAD || peer->have > 0;
}

int64_t peer_wake(struct peer *peer, struct instant now)
{
    int64_t next = INSTANT_NEVER;
    bool ready = peer->session == SESSION_READY;

    if (peer->session == SESSION_STOPPED)
        return INSTANT_NEVER;
    if (ready && peer->ping_nonce == 0 && now.mono_ms >= peer->ping_sent_ms + peer->timing.ping_ms)
        send_ping(peer, now);
    if (!ready)
        next = peer->started_ms + peer->timing.handshake_ms;
    else if (peer->ping_nonce != 0)
        next = peer->ping_sent_ms + peer->timing.ping_timeout_ms;
    if (within_message(peer))
        next = least(next, peer->message_begun_ms + peer->timing.message_ms);
    if (now.mono_ms >= next) {
        end(peer, PEER_END_TIMEOUT, ready ? "no answer" : "no handshake");
        return INSTANT_NEVER;
    }
    if (ready && peer->ping_nonce == 0)
        next = least(next, peer->ping_sent_ms + peer->timing.ping_ms);
    return next;
}

struct peer_info peer_info(const struct peer *peer)
{
    struct peer_info info = peer->info;

    info.memory = peer->capacity;
    return info;
}

uint64_t peer_nonce(const struct peer *peer)
{
    return peer->nonce;
}
