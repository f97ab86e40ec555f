// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sync: sessions' lives, whom to ask for what, and time.
 *
 * Every peer is asked where its tip is: when its handshake is done, every poll_ms, and when it
 * stays behind. The question starts from our tip's parent, so a peer with the same tip answers with
 * one header. A full answer means that there is more; one peer at a time, the downloader, is then
 * asked for all of it. The others wait with "more" set, and are asked again when the downloader has
 * finished or failed: by then most of them have nothing new. A chain of too little work so far goes
 * through presync, one at a time as well, in a role of its own: a peer that has it for nothing
 * keeps no downloader waiting.
 *
 *   session      connected -> (peer.h: handshake) -> ready -> gone -> closed
 *   question     none -> asked -> none (headers came) | dropped: stalled (answer_ms passed)
 *   downloader   nobody -> a peer whose answer was full
 *                       -> nobody (its chain ended, it was dropped, a fault, its time is over)
 *   presyncer    nobody -> a peer whose answer was full, of too little work, while nobody downloads
 *                       -> nobody (enough work: it may download; or dropped, as above)
 *   fault        none -> pause (headers could not be kept; 1 s, doubled up to 1 min)
 *                     -> none, waiting peers are asked again
 */
#include "config.h"

#include "chain/sync.h"

#include "chain/locator.h"
#include "chain/sync_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct sync_timing sync_timing_default = {
    .peer = {.handshake_ms = 60 * 1000,
             .ping_ms = 2 * 60 * 1000,
             .ping_timeout_ms = 20 * 60 * 1000,
             .message_ms = 5 * 60 * 1000},
    .answer_ms = 2 * 60 * 1000,
    .download_ms = 15 * 60 * 1000,
    .download_header_us = 1000,
    .poll_ms = 20 * 60 * 1000,
    .stale_ms = 20 * 60 * 1000,
    .stale_answer_ms = 2 * 60 * 1000,
    .unconnecting_ms = 60 * 1000,
    .future_min_ms = 60 * 1000,
    .future_max_ms = 10 * 60 * 1000,
    .fault_min_ms = 1000,
    .fault_max_ms = 60 * 1000,
};

/** Addresses that a peer may tell us: so many a second, so many at once, and one message's worth
 * more as the answer to getaddr (Core's). */
#define ADDRESSES_PER_SECOND 0.1
#define ADDRESSES_AT_ONCE 1000.0
/** Polls are late by up to one part in so many, so that peers are not asked in step. */
#define POLL_SPREAD 8
/** Room for "bad-version(0x...) " and a hash. */
#define DETAIL_SIZE (VERDICT_NAME_SIZE + HASH256_HEX_SIZE + 1)

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum sync_disconnect sync_disconnect_of(enum peer_end end)
{
    static const enum sync_disconnect reasons[] = {
        [PEER_END_PROTOCOL] = SYNC_DISCONNECT_MISBEHAVED,
        [PEER_END_TIMEOUT] = SYNC_DISCONNECT_STALLED,
        [PEER_END_UNSUITABLE] = SYNC_DISCONNECT_UNSUITABLE,
        [PEER_END_MEMORY] = SYNC_DISCONNECT_REPLACED,
    };

    return reasons[end];
}

const char *sync_disconnect_name(enum sync_disconnect reason)
{
    switch (reason) {
    case SYNC_DISCONNECT_NONE:
        return "none";
    case SYNC_DISCONNECT_MISBEHAVED:
        return "misbehaved";
    case SYNC_DISCONNECT_STALLED:
        return "stalled";
    case SYNC_DISCONNECT_STALE_TIP:
        return "stale-tip";
    case SYNC_DISCONNECT_SELF:
        return "self";
    case SYNC_DISCONNECT_UNSUITABLE:
        return "unsuitable";
    case SYNC_DISCONNECT_FEELER_DONE:
        return "feeler-done";
    case SYNC_DISCONNECT_LOW_WORK:
        return "low-work";
    case SYNC_DISCONNECT_REPLACED:
        return "replaced";
    }
    return "unknown";
}

struct sync *sync_new(const struct sync_options *options, struct instant now)
{
    struct sync *sync = calloc(1, sizeof(*sync));

    if (sync == NULL)
        return NULL;
    sync->params = options->params;
    sync->tree = options->tree;
    if (options->work_known)
        sync->minimum_chain_work = options->minimum_chain_work;
    sync->manual_expected = options->manual_expected;
    sync->user_agent = options->user_agent;
    sync->relay_addresses = options->relay_addresses;
    sync->timing = options->timing != NULL ? *options->timing : sync_timing_default;
    sync->callbacks = options->callbacks;
    sync->now = now;
    return sync;
}

static void session_free(struct session *session)
{
    sync_end_presync(session);
    peer_free(session->peer);
    free(session);
}

void sync_free(struct sync *sync)
{
    if (sync == NULL)
        return;
    for (size_t i = 0; i < sync->count; i++)
        session_free(sync->sessions[i]);
    free(sync->sessions);
    free(sync);
}

/* ---- ends ---- */

void sync_drop(struct session *session, enum sync_disconnect reason, const char *detail)
{
    struct sync *sync = session->sync;

    if (session->gone)
        return;
    session->gone = true;
    session->ask = ASK_NOTHING;
    sync_leave_roles(session);
    peer_stop(session->peer);
    sync->callbacks.disconnect(sync->callbacks.context, session->id, reason, detail);
}

void sync_drop_for_header(struct session *session, enum verdict verdict,
                          const struct header *header, const struct hash256 *hash)
{
    char name[VERDICT_NAME_SIZE];
    char hex[HASH256_HEX_SIZE];
    char detail[DETAIL_SIZE];

    hash256_to_hex(hex, hash);
    snprintf(detail, sizeof(detail), "%s %s", verdict_name(name, verdict, header), hex);
    sync_drop(session, SYNC_DISCONNECT_MISBEHAVED, detail);
}

/* ---- questions ---- */

/* Sends getheaders: first (may be NULL) and then the locator of index. */
static void ask(struct session *session, enum ask why, const struct hash256 *first, uint32_t index)
{
    struct sync *sync = session->sync;
    struct hash256 hashes[LOCATOR_MAX + 1];
    struct locator locator;
    size_t count = 0;

    if (session->gone || !session->ready || session->ask != ASK_NOTHING)
        return;
    if (!locator_build(&locator, sync->tree, index)) {
        sync_fault(session);
        return;
    }
    if (first != NULL)
        hashes[count++] = *first;
    memcpy(hashes + count, locator.hashes, locator.count * sizeof(hashes[0]));
    session->ask = why;
    session->asked_ms = sync->now.mono_ms;
    session->asked_from = first != NULL ? TREE_NONE : index;
    peer_getheaders(session->peer, hashes, count + locator.count, NULL);
}

void sync_ask(struct session *session, enum ask why, uint32_t index)
{
    if (sync_in_presync(session))
        return; /* it has a question open, or has failed */
    ask(session, why, NULL, index);
}

void sync_schedule_poll(struct session *session)
{
    struct sync *sync = session->sync;
    uint64_t spread = (uint64_t)sync->timing.poll_ms / POLL_SPREAD + 1;
    uint64_t random = sync->callbacks.random(sync->callbacks.context);

    session->poll_ms = sync->now.mono_ms + sync->timing.poll_ms + (int64_t)(random % spread);
}

void sync_no_more(struct session *session)
{
    session->ask = ASK_NOTHING;
    session->exhausted = true;
    session->more = false;
    session->more_unproved = false;
    sync_leave_roles(session);
}

void sync_ask_tip(struct session *session)
{
    struct sync *sync = session->sync;
    struct tree_node best = tree_get(sync->tree, tree_best(sync->tree));

    sync_schedule_poll(session);
    sync_ask(session, ASK_TIP, best.parent != TREE_NONE ? best.parent : best.index);
}

bool sync_ask_below_claim(struct session *session)
{
    const struct tree *tree = session->sync->tree;
    uint32_t claimed = peer_info(session->peer).claimed_height;

    if (session->tip != TREE_NONE || session->claim_asked || claimed <= tree_base_height(tree) ||
        claimed >= tree_get(tree, tree_best(tree)).height)
        return false;
    session->claim_asked = true;
    sync_ask(session, ASK_TIP, tree_best_at(tree, claimed - 1));
    return session->ask != ASK_NOTHING;
}

void sync_ask_presync(struct session *session)
{
    struct hash256 last = presync_last(session->presync);

    ask(session, ASK_MORE, &last, session->presync_start);
    if (session->ask == ASK_NOTHING) /* the locator could not be read */
        sync_end_presync(session);
}

bool sync_take_role(struct role *role, struct session *session)
{
    const struct sync *sync = session->sync;
    int64_t tip_time = tree_get(sync->tree, tree_best(sync->tree)).time;
    int64_t expected = (sync->now.wall_ms / 1000 - tip_time) / PARAMS_SPACING_SECONDS;

    if (role->holder != NULL || session->gone)
        return role->holder == session;
    if (expected < 0)
        expected = 0;
    session->more = false;
    session->more_unproved = false;
    role->holder = session;
    role->deadline_ms = sync->now.mono_ms + sync->timing.download_ms +
                        expected * sync->timing.download_header_us / 1000;
    return true;
}

void sync_leave_roles(struct session *session)
{
    struct sync *sync = session->sync;

    if (sync->downloader.holder == session)
        sync->downloader.holder = NULL;
    if (sync->presyncer.holder == session)
        sync->presyncer.holder = NULL;
}

void sync_note_tip(struct session *session, uint32_t index)
{
    struct u256 work;

    if (index == TREE_NONE)
        return;
    work = tree_chainwork(session->sync->tree, index);
    if (session->tip == TREE_NONE || u256_cmp(work, session->tip_work) > 0) {
        session->tip = index;
        session->tip_work = work;
    }
}

void sync_fault(struct session *session)
{
    struct sync *sync = session->sync;
    int64_t pause = sync->fault_pause_ms * 2;

    session->more = true;
    for (size_t i = 0; i < sync->count; i++) { /* the owner may have taken headers back */
        struct session *other = sync->sessions[i];

        if (other->tip != TREE_NONE && other->tip >= tree_count(sync->tree)) {
            other->tip = TREE_NONE;
            other->tip_work = u256_from_u64(0);
        }
        if (other->asked_from != TREE_NONE && other->asked_from >= tree_count(sync->tree))
            other->asked_from = tree_best(sync->tree);
    }
    sync_leave_roles(session);
    if (sync->fault_until_ms != 0)
        return;
    if (pause < sync->timing.fault_min_ms)
        pause = sync->timing.fault_min_ms;
    if (pause > sync->timing.fault_max_ms)
        pause = sync->timing.fault_max_ms;
    sync->fault_pause_ms = pause;
    sync->fault_until_ms = sync->now.mono_ms + pause;
}

/* ---- what sessions tell ---- */

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    struct session *session = context;
    struct sync *sync = session->sync;

    sync->callbacks.send(sync->callbacks.context, session->id, bytes, len);
}

static void on_ended(void *context, enum peer_end end, const char *detail)
{
    sync_drop(context, sync_disconnect_of(end), detail);
}

static void on_version(void *context, const struct wire_version *version)
{
    struct session *session = context;
    const struct sync *sync = session->sync;
    const uint64_t serving = WIRE_NODE_NETWORK | WIRE_NODE_NETWORK_LIMITED;

    for (size_t i = 0; i < sync->count; i++) {
        if (peer_nonce(sync->sessions[i]->peer) == version->nonce) {
            sync_drop(session, SYNC_DISCONNECT_SELF, "connected to ourselves");
            return;
        }
    }
    if (session->kind == SYNC_PEER_OUTBOUND && (version->services & serving) == 0)
        sync_drop(session, SYNC_DISCONNECT_UNSUITABLE, "does not serve blocks");
}

static void on_ready(void *context)
{
    struct session *session = context;
    struct sync *sync = session->sync;

    session->ready = true;
    sync->callbacks.ready(sync->callbacks.context, session->id);
    if (session->kind == SYNC_PEER_FEELER)
        sync_drop(session, SYNC_DISCONNECT_FEELER_DONE, "alive");
    else
        sync_ask_tip(session);
}

static void on_headers(void *context, const struct wire_headers *headers)
{
    sync_on_headers(context, headers);
}

static void on_inv(void *context, const struct wire_inv *inv)
{
    sync_on_inv(context, inv);
}

static void on_addresses(void *context, const struct wire_addresses *addresses)
{
    struct session *session = context;
    struct sync *sync = session->sync;
    double gained =
        (double)(sync->now.mono_ms - session->address_ms) / 1000.0 * ADDRESSES_PER_SECOND;
    size_t count = addresses->count;

    if (!sync->relay_addresses)
        return;
    /* Filling stops at the bucket's size, but what getaddr added above it stays. */
    if (session->address_tokens < ADDRESSES_AT_ONCE) {
        session->address_tokens += gained;
        if (session->address_tokens > ADDRESSES_AT_ONCE)
            session->address_tokens = ADDRESSES_AT_ONCE;
    }
    session->address_ms = sync->now.mono_ms;
    if ((double)count > session->address_tokens)
        count = (size_t)session->address_tokens;
    if (count == 0)
        return;
    session->address_tokens -= (double)count;
    sync->callbacks.addresses(sync->callbacks.context, session->id, addresses->address,
                              addresses->services, addresses->last_seen, count);
}

static uint64_t on_random(void *context)
{
    struct session *session = context;

    return session->sync->callbacks.random(session->sync->callbacks.context);
}

/* ---- connections ---- */

static struct session *find(const struct sync *sync, sync_peer_id id)
{
    for (size_t i = 0; i < sync->count; i++) {
        if (sync->sessions[i]->id == id)
            return sync->sessions[i];
    }
    return NULL;
}

static bool reserve(struct sync *sync)
{
    size_t capacity = sync->capacity == 0 ? 16 : 2 * sync->capacity;
    struct session **grown;

    if (sync->count < sync->capacity)
        return true;
    grown = realloc(sync->sessions, capacity * sizeof(struct session *));
    if (grown == NULL)
        return false;
    sync->sessions = grown;
    sync->capacity = capacity;
    return true;
}

static struct peer *session_peer(struct session *session)
{
    struct sync *sync = session->sync;
    const struct peer_options options = {
        .params = sync->params,
        .address = session->address,
        .user_agent = sync->user_agent,
        .nonce = on_random(session),
        .start_height = tree_get(sync->tree, tree_best(sync->tree)).height,
        .want_addresses = sync->relay_addresses && session->kind != SYNC_PEER_FEELER,
        .timing = sync->timing.peer,
        .counters = &sync->peers,
        .callbacks = {.context = session,
                      .send = on_send,
                      .ended = on_ended,
                      .version = on_version,
                      .ready = on_ready,
                      .headers = on_headers,
                      .inv = on_inv,
                      .addresses = on_addresses,
                      .random = on_random},
    };

    return peer_new(&options);
}

bool sync_peer_connected(struct sync *sync, sync_peer_id peer, const struct netaddr *address,
                         enum sync_peer_kind kind, struct instant now)
{
    struct session *session;

    assert(find(sync, peer) == NULL);
    sync->now = now;
    if (!reserve(sync))
        return false;
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return false;
    session->sync = sync;
    session->id = peer;
    session->address = *address;
    netaddr_group(session->group, address);
    session->kind = kind;
    session->tip = TREE_NONE;
    session->asked_from = TREE_NONE;
    session->address_tokens = 1.0 + ADDRESSES_AT_ONCE;
    session->address_ms = now.mono_ms;
    session->peer = session_peer(session);
    if (session->peer == NULL) {
        session_free(session);
        return false;
    }
    sync->sessions[sync->count++] = session;
    peer_start(session->peer, now);
    return true;
}

void sync_peer_bytes(struct sync *sync, sync_peer_id peer, const uint8_t *bytes, size_t len,
                     struct instant now)
{
    struct session *session = find(sync, peer);

    sync->now = now;
    if (session != NULL)
        peer_bytes(session->peer, bytes, len, now);
}

void sync_peer_closed(struct sync *sync, sync_peer_id peer, struct instant now)
{
    struct session *session = find(sync, peer);

    sync->now = now;
    if (session == NULL)
        return;
    sync_leave_roles(session);
    for (size_t i = 0; i < sync->count; i++) {
        if (sync->sessions[i] == session) {
            memmove(sync->sessions + i, sync->sessions + i + 1,
                    (sync->count - i - 1) * sizeof(struct session *));
            sync->count--;
            break;
        }
    }
    session_free(session);
}

/* ---- synced ---- */

static bool usable(const struct session *session)
{
    return session->ready && !session->gone && session->kind != SYNC_PEER_FEELER;
}

/* Number of network groups with a session that the condition holds for. */
static size_t count_groups(const struct sync *sync, bool (*holds)(const struct session *))
{
    size_t groups = 0;

    for (size_t i = 0; i < sync->count; i++) {
        bool counted = false;

        if (!usable(sync->sessions[i]) || !holds(sync->sessions[i]))
            continue;
        for (size_t j = 0; j < i && !counted; j++)
            counted =
                usable(sync->sessions[j]) && holds(sync->sessions[j]) &&
                memcmp(sync->sessions[i]->group, sync->sessions[j]->group, NETADDR_GROUP_SIZE) == 0;
        groups += !counted;
    }
    return groups;
}

static bool offers_nothing(const struct session *session)
{
    return session->exhausted && !session->more;
}

static bool at_our_tip(const struct session *session)
{
    return session->tip == tree_best(session->sync->tree);
}

static bool all_manual_exhausted(const struct sync *sync)
{
    size_t done = 0;

    for (size_t i = 0; i < sync->count; i++) {
        const struct session *session = sync->sessions[i];

        done += session->kind == SYNC_PEER_MANUAL && usable(session) && offers_nothing(session);
    }
    return done >= sync->manual_expected;
}

/* True while somebody is known to have more valid headers than we have. */
static bool more_to_come(const struct sync *sync)
{
    if (sync->downloader.holder != NULL)
        return true;
    for (size_t i = 0; i < sync->count; i++) {
        if (usable(sync->sessions[i]) && sync->sessions[i]->more)
            return true;
    }
    return false;
}

void sync_judge_synced(struct sync *sync)
{
    struct u256 work = tree_chainwork(sync->tree, tree_best(sync->tree));

    if (sync->synced || more_to_come(sync) || u256_cmp(work, sync->minimum_chain_work) < 0)
        return;
    if (sync->manual_expected > 0 ? !all_manual_exhausted(sync)
                                  : count_groups(sync, offers_nothing) < 2)
        return;
    sync->synced = true;
    sync->callbacks.synced(sync->callbacks.context, sync->now);
}

bool sync_is_synced(const struct sync *sync)
{
    return sync->synced;
}

size_t sync_groups_agreeing(const struct sync *sync)
{
    return count_groups(sync, at_our_tip);
}

/* ---- time ---- */

/* Some nodes send no empty headers: a peer that has nothing after what it was asked from, as far as
 * it ever said, is not stalling when it is silent, not even after a full message. */
static bool silence_is_an_answer(const struct session *session)
{
    const struct tree *tree = session->sync->tree;
    uint32_t height = peer_info(session->peer).claimed_height;

    if (session->tip != TREE_NONE && tree_get(tree, session->tip).height > height)
        height = tree_get(tree, session->tip).height;
    return (session->ask == ASK_TIP || session->ask == ASK_MORE) &&
           session->asked_from != TREE_NONE && height <= tree_get(tree, session->asked_from).height;
}

static void judge_silence(struct session *session)
{
    if (silence_is_an_answer(session)) {
        session->ask = ASK_NOTHING;
        if (!sync_ask_below_claim(session))
            sync_no_more(session);
        sync_judge_synced(session->sync);
        return;
    }
    sync_drop(session, SYNC_DISCONNECT_STALLED, "no headers in time");
}

/* Is the peer behind our tip, and for how long? Bitcoin Core's rule for outbound peers. */
static void judge_stale(struct session *session)
{
    struct sync *sync = session->sync;
    int64_t now = sync->now.mono_ms;
    struct u256 best = tree_chainwork(sync->tree, tree_best(sync->tree));

    if (u256_cmp(session->tip_work, best) >= 0) {
        session->stale_deadline_ms = 0;
    } else if (session->stale_deadline_ms == 0 ||
               u256_cmp(session->tip_work, session->stale_work) >= 0) {
        session->stale_deadline_ms = now + sync->timing.stale_ms;
        session->stale_work = best;
        session->stale_asked = false;
    } else if (now >= session->stale_deadline_ms) {
        if (session->stale_asked) {
            sync_drop(session, SYNC_DISCONNECT_STALE_TIP, "stays behind our tip");
            return;
        }
        sync_ask_tip(session);
        session->stale_asked = true;
        session->stale_deadline_ms = now + sync->timing.stale_answer_ms;
    }
}

static int64_t wake_session(struct session *session)
{
    struct sync *sync = session->sync;
    int64_t now = sync->now.mono_ms;
    int64_t next = peer_wake(session->peer, sync->now);

    if (session->gone || !usable(session))
        return next;
    if (session->ask != ASK_NOTHING && now >= session->asked_ms + sync->timing.answer_ms)
        judge_silence(session);
    if (session->kind == SYNC_PEER_OUTBOUND && !session->gone)
        judge_stale(session);
    if (session->future_retry_ms != 0 && now >= session->future_retry_ms) {
        session->future_retry_ms = 0;
        sync_ask_tip(session);
    }
    if (now >= session->poll_ms)
        sync_ask_tip(session);
    if (session->gone)
        return INSTANT_NEVER;
    next = least(next, session->poll_ms);
    if (session->ask != ASK_NOTHING)
        next = least(next, session->asked_ms + sync->timing.answer_ms);
    if (session->stale_deadline_ms != 0)
        next = least(next, session->stale_deadline_ms);
    if (session->future_retry_ms != 0)
        next = least(next, session->future_retry_ms);
    return next;
}

/* Has the task taken longer than it should? If nobody else is there, it may go on. */
static void judge_role(struct sync *sync, struct role *role)
{
    if (role->holder != NULL && role->holder->ask == ASK_NOTHING)
        role->holder = NULL; /* nothing is under way */
    if (role->holder == NULL || sync->now.mono_ms < role->deadline_ms)
        return;
    for (size_t i = 0; i < sync->count; i++) {
        if (sync->sessions[i] != role->holder && usable(sync->sessions[i])) {
            sync_drop(role->holder, SYNC_DISCONNECT_STALLED, "the download takes too long");
            return;
        }
    }
    role->deadline_ms = sync->now.mono_ms + sync->timing.download_ms;
}

/* Of those who wait with an offer, and are not being asked, the one that has waited longest. */
static struct session *longest_waiting(const struct sync *sync, bool proved)
{
    struct session *longest = NULL;

    for (size_t i = 0; i < sync->count; i++) {
        struct session *session = sync->sessions[i];

        if (!usable(session) || session->ask != ASK_NOTHING || sync_in_presync(session) ||
            !(proved ? session->more : session->more_unproved))
            continue;
        if (longest == NULL || session->more_since_ms < longest->more_since_ms)
            longest = session;
    }
    return longest;
}

/* Gives out the roles that are free. Proved offers come first. */
static void assign_roles(struct sync *sync)
{
    struct session *session = NULL;
    struct role *role = &sync->downloader;

    if (sync->downloader.holder != NULL || sync->fault_until_ms != 0)
        return;
    session = longest_waiting(sync, true);
    if (session == NULL && sync->presyncer.holder == NULL) {
        role = &sync->presyncer;
        session = longest_waiting(sync, false);
    }
    if (session != NULL && sync_take_role(role, session))
        sync_ask_tip(session);
}

static int64_t wake_role(const struct role *role)
{
    const struct session *holder = role->holder;

    if (holder == NULL)
        return INSTANT_NEVER;
    if (holder->ask == ASK_NOTHING)
        return role->deadline_ms;
    return least(role->deadline_ms, holder->asked_ms + holder->sync->timing.answer_ms);
}

int64_t sync_wake(struct sync *sync, struct instant now)
{
    int64_t next = INSTANT_NEVER;

    sync->now = now;
    if (sync->fault_until_ms != 0 && now.mono_ms >= sync->fault_until_ms)
        sync->fault_until_ms = 0;
    judge_role(sync, &sync->downloader);
    judge_role(sync, &sync->presyncer);
    assign_roles(sync);
    for (size_t i = 0; i < sync->count; i++)
        next = least(next, wake_session(sync->sessions[i]));
    assign_roles(sync); /* whoever had one may have been dropped just now */
    sync_judge_synced(sync);
    next = least(next, least(wake_role(&sync->downloader), wake_role(&sync->presyncer)));
    return sync->fault_until_ms != 0 ? least(next, sync->fault_until_ms) : next;
}

void sync_expect_manual(struct sync *sync, size_t count)
{
    sync->manual_expected = count;
}

void sync_restart(struct sync *sync, struct instant now)
{
    sync->now = now;
    sync->fault_until_ms = 0;
    sync->fault_pause_ms = 0;
    for (size_t i = 0; i < sync->count; i++)
        sync->sessions[i]->more = true;
}

/* ---- reports ---- */

static const char *state_of(const struct session *session)
{
    if (!session->ready)
        return "handshake";
    if (sync_in_presync(session))
        return presync_state(session->presync) == PRESYNC_COUNTING ? "presync" : "redownload";
    if (session->sync->downloader.holder == session || session->sync->presyncer.holder == session)
        return "syncing";
    return offers_nothing(session) ? "synced" : "idle";
}

size_t sync_peer_count(const struct sync *sync)
{
    return sync->count;
}

struct sync_peer_info sync_peer_info_at(const struct sync *sync, size_t i)
{
    const struct session *session = sync->sessions[i];
    struct peer_info peer = peer_info(session->peer);
    struct sync_peer_info info = {
        .peer = session->id,
        .address = session->address,
        .kind = session->kind,
        .ready = session->ready,
        .services = peer.services,
        .version = peer.version,
        .claimed_height = peer.claimed_height,
        .connected_ms = peer.connected_ms,
        .last_message_ms = peer.last_message_ms,
        .ping_ms = peer.ping_ms,
        .bytes_in = peer.bytes_in,
        .bytes_out = peer.bytes_out,
        .announcements = session->announcements,
        .state = state_of(session),
    };

    assert(i < sync->count);
    memcpy(info.user_agent, peer.user_agent, sizeof(info.user_agent));
    if (session->tip != TREE_NONE && tree_hash(sync->tree, &info.tip_hash, session->tip)) {
        info.tip_known = true;
        info.tip_height = tree_get(sync->tree, session->tip).height;
    }
    return info;
}

static int by_height(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/** Claims that are looked at for the target height. */
#define CLAIMS_MAX 64

/* The median of what peers claim: a single one may say anything. */
static uint32_t claimed_height(const struct sync *sync)
{
    uint32_t claims[CLAIMS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < sync->count && count < CLAIMS_MAX; i++) {
        if (usable(sync->sessions[i]))
            claims[count++] = peer_info(sync->sessions[i]->peer).claimed_height;
    }
    if (count == 0)
        return 0;
    qsort(claims, count, sizeof(claims[0]), by_height);
    return claims[count / 2];
}

struct sync_progress sync_progress(const struct sync *sync)
{
    struct sync_progress progress = {
        .height = tree_get(sync->tree, tree_best(sync->tree)).height,
        .target_height = claimed_height(sync),
    };

    if (progress.target_height != 0 && progress.target_height < progress.height)
        progress.target_height = progress.height;
    if (sync->presyncer.holder != NULL && sync_in_presync(sync->presyncer.holder)) {
        progress.height = presync_height(sync->presyncer.holder->presync);
        progress.presync = true;
    }
    return progress;
}

struct sync_counters sync_counters(const struct sync *sync)
{
    struct sync_counters counters = sync->counters;

    counters.messages_in = sync->peers.messages;
    counters.messages_unknown = sync->peers.unknown;
    counters.bad_checksum = sync->peers.bad_checksum;
    counters.bad_magic = sync->peers.bad_magic;
    counters.oversized = sync->peers.oversized;
    counters.malformed = sync->peers.malformed;
    return counters;
}
