// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sync_internal: what the files of sync share, and nobody else sees.
 *
 *   sync.c           sessions' lives, time, whom to ask, reports
 *   sync_headers.c   what headers messages are worth, and presync
 *   sync_announce.c  announcements: inv, headers, and when each was heard of
 */
#ifndef HASHTIDE_CHAIN_SYNC_INTERNAL_H
#define HASHTIDE_CHAIN_SYNC_INTERNAL_H

#include "chain/peer.h"
#include "chain/presync.h"
#include "chain/sync.h"

/** Announced hashes whose headers have not come yet, per peer. */
#define PENDING_MAX 16
/** Announced hashes that are remembered per peer, so that each counts once; only headers near the
 * tip count at all. */
#define RECENT_MAX 256
#define RECENT_BLOCKS 144

/** Why a peer was asked for headers. */
enum ask {
    ASK_NOTHING = 0, /* no question is open */
    ASK_TIP,  /* where is your tip? From our tip's parent, so that even the same tip is an answer */
    ASK_MORE, /* the last message was full */
    ASK_ANNOUNCED, /* it announced a block that we do not have */
};

/** An announcement that waits for its header. */
struct pending {
    struct hash256 hash;
    enum sync_how how;
    struct instant when;
};

struct session {
    struct sync *sync;
    sync_peer_id id;
    struct netaddr address;
    uint8_t group[NETADDR_GROUP_SIZE];
    enum sync_peer_kind kind;
    struct peer *peer;
    bool ready;
    bool gone; /* the owner was told to close it */

    enum ask ask; /* the open question */
    int64_t asked_ms;
    uint32_t asked_from; /* index of the header after which it was asked, TREE_NONE in presync */
    int64_t poll_ms;     /* when to ask for its tip again */

    uint32_t tip; /* index of the best header that it is known to have, or TREE_NONE */
    struct u256 tip_work;
    bool claim_asked; /* it was asked from below the height of its version message */
    bool exhausted;   /* its last answer ended, and held nothing that we want */
    bool more;        /* it has more than it was asked for: proved by headers that were accepted */
    bool more_unproved; /* it says that it has, with little work so far */
    int64_t more_since_ms;

    struct presync *presync;
    uint32_t presync_start;

    int64_t unconnecting_until_ms; /* no further question because of headers that do not connect */
    int64_t future_s; /* how far ahead of our clock its newest header is; 0: no such header */
    int64_t future_retry_ms;   /* 0: none */
    int64_t stale_deadline_ms; /* 0: not behind */
    struct u256 stale_work;    /* it has until then to show so much work */
    bool stale_asked;

    double address_tokens;
    int64_t address_ms;

    struct pending pending[PENDING_MAX];
    size_t pending_count;
    uint64_t recent[RECENT_MAX]; /* a ring of hashes' first bytes */
    size_t recent_count;
    uint32_t announcements;
};

/** A task that one peer has until it has done it, or its time is over. */
struct role {
    struct session *holder; /* NULL: nobody */
    int64_t deadline_ms;
};

struct sync {
    const struct params *params;
    struct tree *tree;
    struct u256 minimum_chain_work; /* zero when the work is not known */
    size_t manual_expected;
    const char *user_agent;
    bool relay_addresses;
    struct sync_timing timing;
    struct sync_callbacks callbacks;

    struct session **sessions;
    size_t count;
    size_t capacity;
    struct instant now; /* of the call that is running */

    /* Two roles, each for one peer at a time. */
    struct role downloader; /* may be asked for more than its tip; what it sends is kept */
    struct role presyncer; /* may be in presync; nothing of it is kept until it has proved itself */

    bool synced;
    bool clock_suspected;
    int64_t fault_until_ms; /* 0: none */
    int64_t fault_pause_ms;
    struct peer_counters peers;
    struct sync_counters counters;
};

/* sync.c */

/** Ends a session: the owner is told to close it. */
void sync_drop(struct session *session, enum sync_disconnect reason, const char *detail);
/** The same because of a header: detail is "reason hash". */
void sync_drop_for_header(struct session *session, enum verdict verdict,
                          const struct header *header, const struct hash256 *hash);
/** Asks for the headers after index, unless a question is open. */
void sync_ask(struct session *session, enum ask why, uint32_t index);
/** Asks where its tip is. */
void sync_ask_tip(struct session *session);
/**
 * A peer whose tip is an ancestor of ours that the locator named answers with nothing, and its tip
 * stays unknown. Asked once more, from below the height that it claims, it names it. False when
 * there is no need.
 */
bool sync_ask_below_claim(struct session *session);
/** The peer is asked for its tip some time from now, unless it says something before. */
void sync_schedule_poll(struct session *session);
/** The peer has answered, and nothing more is to be had from it now. */
void sync_no_more(struct session *session);
/** Asks for what presync wants next. */
void sync_ask_presync(struct session *session);
/** Takes a role for the session if nobody has it; true if the session has it now. */
bool sync_take_role(struct role *role, struct session *session);
/** The session has no role any more. */
void sync_leave_roles(struct session *session);
/** The peer is known to have the header index. */
void sync_note_tip(struct session *session, uint32_t index);
/** Headers could not be looked up or kept: a pause for everybody. */
void sync_fault(struct session *session);
/** Latches synced if it is time. */
void sync_judge_synced(struct sync *sync);

/* sync_headers.c */

void sync_on_headers(struct session *session, const struct wire_headers *headers);
/** True while the peer's chain is being counted or redownloaded. */
bool sync_in_presync(const struct session *session);
void sync_end_presync(struct session *session);

/* sync_announce.c */

void sync_on_inv(struct session *session, const struct wire_inv *inv);
/** Remembers that a peer spoke of a hash whose header is not known yet. */
void sync_pending_add(struct session *session, const struct hash256 *hash, enum sync_how how);
/** Reports the pending announcements, of all peers, whose headers are known now. */
void sync_pending_settle(struct sync *sync);
/** Reports that a peer announced a header that is in the tree, if it counts. */
void sync_announce(struct session *session, const struct hash256 *hash, uint32_t index,
                   enum sync_how how, struct instant when);

#endif
