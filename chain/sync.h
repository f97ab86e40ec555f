// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sync: many peers, one chain. A state machine without I/O.
 *
 * The owner opens and closes connections, moves bytes, keeps the clock, and accepts headers into
 * tree and file; sync does the rest: sessions (peer.h), whom to ask for what, low-work protection
 * (presync.h), who is stalling or lying, whose tip is where, and whether we are synced. All calls
 * come from one thread; callbacks run inside them and must not call back into sync except where
 * said.
 */
#ifndef HASHTIDE_CHAIN_SYNC_H
#define HASHTIDE_CHAIN_SYNC_H

#include "chain/accept.h"
#include "chain/instant.h"
#include "chain/netaddr.h"
#include "chain/peer.h"
#include "chain/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sync; /* opaque */

/** Names a connection; chosen by the owner, never reused within a run. */
typedef uint64_t sync_peer_id;

/** How a connection came to be. */
enum sync_peer_kind {
    SYNC_PEER_OUTBOUND, /* chosen from the address book: full rules */
    SYNC_PEER_MANUAL,   /* connect= and addnode=: disconnected and retried, never discouraged */
    SYNC_PEER_FEELER,   /* handshake only, then closed: is the address alive? */
};

/** Why a peer has to go. */
enum sync_disconnect {
    SYNC_DISCONNECT_NONE = 0,
    SYNC_DISCONNECT_MISBEHAVED,  /* broke a header rule or the protocol: discourage */
    SYNC_DISCONNECT_STALLED,     /* did not answer in time */
    SYNC_DISCONNECT_STALE_TIP,   /* answers, but stays at an old tip */
    SYNC_DISCONNECT_SELF,        /* it is us */
    SYNC_DISCONNECT_UNSUITABLE,  /* too old, or does not serve headers */
    SYNC_DISCONNECT_FEELER_DONE, /* a feeler that has done its work */
    SYNC_DISCONNECT_LOW_WORK,    /* its chain has too little work, and it has no better one */
    SYNC_DISCONNECT_REPLACED,    /* room is needed for a better peer */
};
const char *sync_disconnect_name(enum sync_disconnect reason);
/** What the end of a session means for its peer. */
enum sync_disconnect sync_disconnect_of(enum peer_end end);

/** Most headers that are announced at once (Core's MAX_BLOCKS_TO_ANNOUNCE); a longer message is a
 * catch-up, whoever began it. */
#define SYNC_ANNOUNCED_MAX 8

/** How a header became known (observations keep it). */
enum sync_how {
    SYNC_HOW_FETCHED, /* asked for while catching up: its arrival says nothing */
    SYNC_HOW_HEADERS, /* announced by a headers message while synced */
    SYNC_HOW_INV,     /* announced by inv while synced */
};

/** A peer announced a block while we were synced: a sample of its arrival time. Sent once per peer
 * and hash, when the header is in the tree, for headers within a day's blocks of the tip. */
struct sync_announcement {
    sync_peer_id peer;
    struct hash256 hash;
    enum sync_how how;
    struct instant when; /* when the announcement's last byte came */
};

/** What a callback needs for accepting: raw points into a message and is valid during the call
 * only. */
struct sync_batch {
    sync_peer_id peer;
    const uint8_t *raw;
    size_t stride;
    size_t count;
    /* Floor for new headers, for accept_options. Zero: sync has judged the work of the whole. */
    struct u256 minimum_work;
    /* FETCHED when it is no announcement, or longer than SYNC_ANNOUNCED_MAX. Who announced which
     * header, and when, comes by the announced callback: an announcement may precede its header. */
    enum sync_how how;
    struct instant when; /* when the message's last byte came */
};

struct sync_callbacks {
    void *context;
    /** Queue bytes to a peer. They are copied. */
    void (*send)(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len);
    /** Close a connection (the owner calls sync_peer_closed() later, not inside). detail is a short
     * text for the log, e.g. "high-hash 0000…". */
    void (*disconnect)(void *context, sync_peer_id peer, enum sync_disconnect reason,
                       const char *detail);
    /** Validate, persist, announce: the owner runs accept_headers(), stores, and returns its
     * result. fault true: nothing was kept, sync will ask again later. */
    struct accept_result (*accept)(void *context, const struct sync_batch *batch);
    /** A header from this peer broke a rule, in accept() or before it came to that. Not told of
     * time-too-new, which is no fault. May be NULL. */
    void (*rejected)(void *context, sync_peer_id peer, enum verdict verdict,
                     const struct header *header, const struct hash256 *hash);
    void (*announced)(void *context, const struct sync_announcement *announcement);
    /** Handshake done: services, user agent etc. are in sync_peer_info(). */
    void (*ready)(void *context, sync_peer_id peer);
    /** Addresses that a peer told us (at most 1000 a message, rate-limited by sync as Core does);
     * last_seen in UNIX seconds. */
    void (*addresses)(void *context, sync_peer_id peer, const struct netaddr *addresses,
                      const uint64_t *services, const uint32_t *last_seen, size_t count);
    /** synced has latched (true once). */
    void (*synced)(void *context, struct instant now);
    /** Headers from the future were offered by two network groups: our clock is probably wrong.
     * seconds: how far ahead. */
    void (*clock_suspect)(void *context, int64_t seconds);
    /** 64 bits of randomness (nonces, salts, spread). */
    uint64_t (*random)(void *context);
};

/** Milliseconds of patience. Tests shorten them; everybody else leaves them alone. */
struct sync_timing {
    struct peer_timing peer;
    int64_t answer_ms;          /* from getheaders to headers */
    int64_t download_ms;        /* for all of a download by one peer, while others wait ... */
    int64_t download_header_us; /* ... and so many microseconds for each header that is expected */
    int64_t poll_ms;            /* a peer is asked for its tip again after so long */
    int64_t stale_ms;           /* behind our tip for so long: asked; */
    int64_t stale_answer_ms;    /* and behind for so long after that: disconnected */
    int64_t unconnecting_ms;    /* between two getheaders because of headers that do not connect */
    int64_t future_min_ms;      /* a header from the future is asked for again: not sooner ... */
    int64_t future_max_ms;      /* ... and not later than this */
    int64_t fault_min_ms;       /* pause after headers could not be kept; doubled each time ... */
    int64_t fault_max_ms;       /* ... up to this */
};
/** 2 min; 15 min and 1 ms a header (Core's); 20 min; 20 min and 2 min (Core's); 1 min; 1 to 10 min;
 * 1 s to 1 min. */
extern const struct sync_timing sync_timing_default;

struct sync_options {
    const struct params *params;
    struct tree *tree;
    struct u256 minimum_chain_work; /* params' or the user's */
    bool work_known; /* false: anchored store without known work; the minimum-work check is off */
    /* Number of connect= peers, all of which must offer nothing more for synced; 0: peers of two
     * network groups must. */
    size_t manual_expected;
    const char *user_agent;           /* "/hashtide:0.1.0/"; must outlive sync */
    bool relay_addresses;             /* ask peers for addresses (off with connect=) */
    const struct sync_timing *timing; /* NULL: sync_timing_default */
    struct sync_callbacks callbacks;
};

struct sync *sync_new(const struct sync_options *options, struct instant now);
void sync_free(struct sync *sync);

/** A connection is up: the session starts with our version message. False when memory is short. */
bool sync_peer_connected(struct sync *sync, sync_peer_id peer, const struct netaddr *address,
                         enum sync_peer_kind kind, struct instant now);
/** Bytes from a peer. Any bytes are survived. */
void sync_peer_bytes(struct sync *sync, sync_peer_id peer, const uint8_t *bytes, size_t len,
                     struct instant now);
/** The connection is gone, for whatever reason. */
void sync_peer_closed(struct sync *sync, sync_peer_id peer, struct instant now);

/** Time has passed: timeouts, retries of future headers, pings. Returns the monotonic ms when it
 * wants to be woken next. Call it after every other call too. */
int64_t sync_wake(struct sync *sync, struct instant now);

/** What status shows of a peer. */
struct sync_peer_info {
    sync_peer_id peer;
    struct netaddr address;
    enum sync_peer_kind kind;
    bool ready; /* handshake done */
    uint64_t services;
    uint32_t version;
    char user_agent[128]; /* printable ASCII only, cut */
    bool tip_known;
    struct hash256 tip_hash; /* best header it is known to have */
    uint32_t tip_height;
    uint32_t claimed_height; /* from its version message: unproved */
    int64_t connected_ms;    /* wall clock */
    int64_t last_message_ms; /* wall clock */
    int64_t ping_ms;         /* last round trip, -1 unknown */
    uint64_t bytes_in, bytes_out;
    uint32_t announcements;
    /* One word: "handshake", "presync", "redownload", "syncing", "synced", "idle". */
    const char *state;
};
size_t sync_peer_count(const struct sync *sync);
/** i < sync_peer_count(). */
struct sync_peer_info sync_peer_info_at(const struct sync *sync, size_t i);
bool sync_is_synced(const struct sync *sync);
/** Network groups whose peers agree that our tip is their tip. */
size_t sync_groups_agreeing(const struct sync *sync);
/** Height that presync or download has reached and the best height claimed: for progress. */
struct sync_progress {
    uint32_t height;
    uint32_t target_height; /* best guess, 0 unknown */
    bool presync;
};
struct sync_progress sync_progress(const struct sync *sync);
/** Counters by cause, for status and metrics. */
struct sync_counters {
    uint64_t messages_in, messages_unknown, bad_checksum, bad_magic, oversized, malformed;
    uint64_t rejected[VERDICT_COUNT];
    uint64_t unconnecting, presync_started, presync_failed, future_headers;
};
struct sync_counters sync_counters(const struct sync *sync);
/** The number of connect= peers has changed (sync_options.manual_expected). */
void sync_expect_manual(struct sync *sync, size_t count);
/** Memory was freed or the disk has room again: ask peers anew from our tip (after a fault). */
void sync_restart(struct sync *sync, struct instant now);

#endif
