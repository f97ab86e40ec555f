// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * peer: one session of the peer-to-peer protocol, from version to the end, without I/O.
 *
 * A session takes bytes and the time; it gives back bytes to send and the few kinds of messages
 * that a header client looks at. It knows nothing of chains: what to ask for, and what an answer is
 * worth, is the business of sync.
 */
#ifndef HASHTIDE_CHAIN_PEER_H
#define HASHTIDE_CHAIN_PEER_H

#include "chain/instant.h"
#include "chain/netaddr.h"
#include "chain/params.h"
#include "chain/wire_addr.h"
#include "chain/wire_headers.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The protocol that we speak. */
#define PEER_PROTOCOL_VERSION 70016
/** Oldest protocol that we talk to (BIP37's; everything alive is newer). */
#define PEER_MIN_VERSION 70001
/** From here a peer understands sendheaders (BIP130). */
#define PEER_SENDHEADERS_VERSION 70012
/** From here a peer understands sendaddrv2 (BIP155). */
#define PEER_ADDRV2_VERSION 70016
/** Room for a user agent as it is shown: printable ASCII, cut, with NUL. */
#define PEER_USER_AGENT_SIZE 128

struct peer; /* opaque */

/** Why a session ended by itself. */
enum peer_end {
    PEER_END_PROTOCOL,   /* the peer broke the protocol */
    PEER_END_TIMEOUT,    /* it did not answer in time */
    PEER_END_UNSUITABLE, /* it speaks too old a protocol */
    PEER_END_MEMORY,     /* we are short of memory */
};

/** Milliseconds after which a session loses patience. */
struct peer_timing {
    int64_t handshake_ms;    /* from the connection to verack */
    int64_t ping_ms;         /* between two pings */
    int64_t ping_timeout_ms; /* from a ping to its pong */
    int64_t message_ms;      /* from a message's first byte to its last */
};
/** One minute, two minutes, twenty minutes (as in Bitcoin Core) and five minutes. */
extern const struct peer_timing peer_timing_default;

/** Counted over all sessions that share it. */
struct peer_counters {
    uint64_t messages; /* complete, ours to read or skipped */
    uint64_t unknown;  /* of a command that we do not speak */
    uint64_t bad_checksum;
    uint64_t bad_magic;
    uint64_t oversized;
    uint64_t malformed;
};

/** Callbacks run inside peer_bytes(), peer_start() and peer_wake(); they may send and stop, not
 * free. Pointers are valid during the call. */
struct peer_callbacks {
    void *context;
    void (*send)(void *context, const uint8_t *bytes, size_t len);
    /** The session is over; no callback comes after it. detail is a short text for the log. */
    void (*ended)(void *context, enum peer_end end, const char *detail);
    /** Its version came and is new enough. Call peer_stop() to refuse the peer. */
    void (*version)(void *context, const struct wire_version *version);
    /** The handshake is done. */
    void (*ready)(void *context);
    void (*headers)(void *context, const struct wire_headers *headers);
    void (*inv)(void *context, const struct wire_inv *inv);
    void (*addresses)(void *context, const struct wire_addresses *addresses);
    uint64_t (*random)(void *context);
};

struct peer_options {
    const struct params *params;
    struct netaddr address; /* of the peer; told to it in our version */
    const char *user_agent; /* at most WIRE_USER_AGENT_MAX bytes; copied */
    uint64_t nonce;         /* by which we would know ourselves */
    uint32_t start_height;  /* of our tip */
    bool want_addresses;    /* send getaddr */
    struct peer_timing timing;
    struct peer_counters *counters; /* outlives the peer */
    struct peer_callbacks callbacks;
};

/** NULL when memory is short. Nothing is sent before peer_start(). */
struct peer *peer_new(const struct peer_options *options);
void peer_free(struct peer *peer);
/** The connection is up: sends our version. */
void peer_start(struct peer *peer, struct instant now);
/** Bytes from the peer; any bytes are survived. Ignored after the end. */
void peer_bytes(struct peer *peer, const uint8_t *bytes, size_t len, struct instant now);
/** Timeouts and pings. Returns the monotonic ms when it wants to be woken next, INSTANT_NEVER after
 * the end. */
int64_t peer_wake(struct peer *peer, struct instant now);
/** Ends the session without the ended callback: from now on nothing is sent and nothing read. */
void peer_stop(struct peer *peer);
/** Asks for headers after the newest of the locator that the peer knows, up to stop (NULL: as many
 * as it gives). */
void peer_getheaders(struct peer *peer, const struct hash256 *locator, size_t count,
                     const struct hash256 *stop);

/** What the session knows of its peer. */
struct peer_info {
    bool ready;
    bool stopped;
    uint32_t version;
    uint64_t services;
    uint32_t claimed_height; /* 0 where negative */
    char user_agent[PEER_USER_AGENT_SIZE];
    int64_t connected_ms;    /* wall clock */
    int64_t last_message_ms; /* wall clock; the last complete message, else connected_ms */
    int64_t ping_ms;         /* last round trip, -1 unknown */
    uint64_t bytes_in, bytes_out;
    size_t memory; /* bytes held for the message that is coming in */
};
struct peer_info peer_info(const struct peer *peer);
uint64_t peer_nonce(const struct peer *peer);

#endif
