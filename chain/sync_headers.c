// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sync_headers: what a headers message is worth.
 *
 *   empty                                  the peer has nothing after what it was asked from
 *   first does not connect                 one question from our tip, no penalty
 *   last is known                          nothing to do but to note it
 *   parent has the threshold's work        accepted: the usual case
 *   the message brings it there            accepted, once every header's proof of work is seen
 *   less work, message full                presync, if nobody else is in it; else later
 *   less work, message not full            ignored
 *
 * The threshold is the larger of the minimum chain work and our tip's work less 144 blocks' proof
 * (Bitcoin Core's rule).
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/locator.h"
#include "chain/sha256.h"
#include "chain/sync_internal.h"
#include "chain/validate.h"

#include <stdlib.h>
#include <string.h>

/** A branch may begin with so many blocks' work less than our tip has, before it must prove itself:
 * a day. */
#define THRESHOLD_BLOCKS 144
/** Headers hashed together. */
#define HASHED_TOGETHER 64

/* One headers message on its way. */
struct message {
    const uint8_t *raw;
    size_t stride;
    size_t count;
    bool full;
    enum ask answers; /* the question that was open when it came */
    enum sync_how how;
};

static struct hash256 prev_of(const uint8_t *raw)
{
    struct header header;

    header_decode(&header, raw);
    return header.prev;
}

static struct u256 threshold(const struct sync *sync)
{
    uint32_t best = tree_best(sync->tree);
    struct u256 work = tree_chainwork(sync->tree, best);
    struct u256 slack =
        u256_mul_u64_saturating(compact_work(tree_get(sync->tree, best).bits), THRESHOLD_BLOCKS);
    struct u256 near = u256_cmp(work, slack) > 0 ? u256_sub(work, slack) : u256_from_u64(0);

    return u256_cmp(near, sync->minimum_chain_work) > 0 ? near : sync->minimum_chain_work;
}

/* ---- headers from the future ---- */

static void suspect_clock(struct sync *sync, int64_t seconds)
{
    const uint8_t *first = NULL;
    bool two = false;

    for (size_t i = 0; i < sync->count; i++) {
        const struct session *session = sync->sessions[i];

        if (session->future_s == 0 || session->gone)
            continue;
        if (first == NULL)
            first = session->group;
        two = two || memcmp(first, session->group, NETADDR_GROUP_SIZE) != 0;
        if (session->future_s < seconds)
            seconds = session->future_s;
    }
    if (two && !sync->clock_suspected)
        sync->callbacks.clock_suspect(sync->callbacks.context, seconds);
    sync->clock_suspected = two;
}

/* Kept out, not punished, asked for again when it may have become valid. */
static void note_future(struct session *session, const struct header *header)
{
    struct sync *sync = session->sync;
    int64_t ahead = (int64_t)header->time - sync->now.wall_ms / 1000;
    int64_t wait = (ahead - PARAMS_MAX_FUTURE_SECONDS) * 1000;

    if (wait < sync->timing.future_min_ms)
        wait = sync->timing.future_min_ms;
    if (wait > sync->timing.future_max_ms)
        wait = sync->timing.future_max_ms;
    session->future_s = ahead;
    session->future_retry_ms = sync->now.mono_ms + wait;
    sync->counters.future_headers++;
    suspect_clock(sync, ahead);
}

static void clear_future(struct session *session)
{
    if (session->future_s == 0)
        return;
    session->future_s = 0;
    session->future_retry_ms = 0;
    suspect_clock(session->sync, INT64_MAX);
}

/* ---- accepting ---- */

/* What a refused header means for its peer. */
static void judge_refusal(struct session *session, enum verdict verdict,
                          const struct header *header, const struct hash256 *hash)
{
    const struct sync_callbacks *callbacks = &session->sync->callbacks;

    session->sync->counters.rejected[verdict]++;
    if (verdict != VERDICT_TIME_TOO_NEW && callbacks->rejected != NULL)
        callbacks->rejected(callbacks->context, session->id, verdict, header, hash);
    if (verdict == VERDICT_TIME_TOO_NEW)
        note_future(session, header);
    else if (verdict != VERDICT_TOO_LITTLE_WORK)
        sync_drop_for_header(session, verdict, header, hash);
}

/* Hands headers to the owner. False when the message ends here: a fault, or a header that was
 * refused. */
static bool hand_over(struct session *session, uint32_t *last, const struct message *message)
{
    struct sync *sync = session->sync;
    struct sync_batch batch = {.peer = session->id,
                               .raw = message->raw,
                               .stride = message->stride,
                               .count = message->count,
                               .how = message->how,
                               .when = sync->now};
    struct accept_result result = sync->callbacks.accept(sync->callbacks.context, &batch);

    *last = result.fault ? TREE_NONE : result.last_index;
    if (result.fault) {
        sync_fault(session);
        return false;
    }
    sync->fault_pause_ms = 0;
    sync_note_tip(session, result.last_index);
    if (result.first_bad != VERDICT_VALID) {
        judge_refusal(session, result.first_bad, &result.first_bad_header, &result.first_bad_hash);
        return false;
    }
    clear_future(session);
    return true;
}

/* More is to be had: now, if nobody else is downloading. */
static void offers_more(struct session *session, bool proved, uint32_t last)
{
    struct sync *sync = session->sync;

    session->exhausted = false;
    if (proved && sync->fault_until_ms == 0) {
        if (sync->presyncer.holder == session)
            sync->presyncer.holder = NULL;
        if (sync_take_role(&sync->downloader, session)) {
            sync_ask(session, ASK_MORE, last);
            return;
        }
    }
    if (!session->more && !session->more_unproved)
        session->more_since_ms = sync->now.mono_ms;
    session->more = session->more || proved;
    session->more_unproved = session->more_unproved || !proved;
}

/* True of an answer that names nothing above what was asked for: whoever repeats itself has no
 * more, however full its messages are. */
static bool repeats(const struct session *session, const struct message *message, uint32_t last)
{
    const struct tree *tree = session->sync->tree;

    return message->answers == ASK_MORE && session->asked_from != TREE_NONE && last != TREE_NONE &&
           tree_get(tree, last).height <= tree_get(tree, session->asked_from).height;
}

/* The message's headers are in the tree, up to last. */
static void conclude(struct session *session, const struct message *message, uint32_t last)
{
    session->unconnecting_until_ms = 0;
    if (message->full && !repeats(session, message, last))
        offers_more(session, true, last);
    else if (message->answers != ASK_NOTHING)
        sync_no_more(session);
}

/* ---- announcements in headers messages ---- */

/* How the owner should see the headers of a message. */
static enum sync_how how_of(const struct session *session, const struct message *message)
{
    if (!session->sync->synced || message->count > SYNC_ANNOUNCED_MAX)
        return SYNC_HOW_FETCHED;
    if (message->answers == ASK_NOTHING)
        return SYNC_HOW_HEADERS;
    if (message->answers == ASK_ANNOUNCED && session->pending_count > 0)
        return session->pending[session->pending_count - 1].how;
    return SYNC_HOW_FETCHED;
}

static void announce_all(struct session *session, const struct message *message)
{
    struct sync *sync = session->sync;

    if (sync->synced && message->answers == ASK_NOTHING && message->count <= SYNC_ANNOUNCED_MAX) {
        for (size_t i = 0; i < message->count; i++) {
            struct hash256 hash;
            uint32_t index;

            header_hash(&hash, message->raw + i * message->stride);
            index = tree_find(sync->tree, &hash, NULL);
            if (index != TREE_NONE)
                sync_announce(session, &hash, index, SYNC_HOW_HEADERS, sync->now);
        }
    }
    sync_pending_settle(sync);
}

/* ---- presync ---- */

bool sync_in_presync(const struct session *session)
{
    return session->presync != NULL;
}

void sync_end_presync(struct session *session)
{
    presync_free(session->presync);
    session->presync = NULL;
    if (session->sync->presyncer.holder == session)
        session->sync->presyncer.holder = NULL;
}

/* What presync releases while it works on a message. */
struct released {
    struct session *session;
    uint32_t last;
};

static bool on_release(void *context, const uint8_t *raw, size_t count)
{
    struct released *released = context;
    const struct message message = {
        .raw = raw, .stride = HEADER_SIZE, .count = count, .how = SYNC_HOW_FETCHED};

    return hand_over(released->session, &released->last, &message);
}

static void presync_failed(struct session *session)
{
    struct presync_failure failure = presync_failure(session->presync);

    session->sync->counters.presync_failed++;
    sync_end_presync(session);
    if (failure.broken == VERDICT_TIME_TOO_NEW)
        sync_no_more(session);
    if (failure.broken != VERDICT_VALID)
        judge_refusal(session, failure.broken, &failure.header, &failure.hash);
    else if (failure.ours)
        sync_fault(session);
    else
        sync_drop(session, SYNC_DISCONNECT_LOW_WORK, failure.text);
}

/* A message, or the rest of one, goes to presync. */
static void continue_presync(struct session *session, const struct message *message)
{
    struct sync *sync = session->sync;
    struct released released = {.session = session, .last = TREE_NONE};
    enum presync_state state =
        presync_headers(session->presync, message->raw, message->stride, message->count,
                        message->full, sync->now.wall_ms / 1000, on_release, &released);

    switch (state) {
    case PRESYNC_COUNTING:
    case PRESYNC_REDOWNLOAD:
        sync_ask_presync(session);
        break;
    case PRESYNC_DONE:
        sync_end_presync(session);
        conclude(session, message, released.last);
        break;
    case PRESYNC_FAILED:
        if (session->gone)
            sync_end_presync(session);
        else
            presync_failed(session);
        break;
    }
}

static void begin_presync(struct session *session, const struct message *message, uint32_t start)
{
    struct sync *sync = session->sync;
    struct context context;
    struct presync_options options = {
        .params = sync->params,
        .start = &context,
        .minimum_work = threshold(sync),
        .now = sync->now.wall_ms / 1000,
        .salt = {sync->callbacks.random(sync->callbacks.context),
                 sync->callbacks.random(sync->callbacks.context)},
    };

    if (!tree_context(sync->tree, &context, start)) {
        sync_fault(session);
        return;
    }
    session->presync = presync_new(&options);
    if (session->presync == NULL) {
        sync_fault(session);
        return;
    }
    session->presync_start = start;
    sync->counters.presync_started++;
    continue_presync(session, message);
}

/* ---- too little work at first sight ---- */

/* What a look at every header of a message says. */
struct look {
    size_t known;     /* headers at the front that are in the tree */
    uint32_t parent;  /* of the first that is not */
    struct u256 work; /* of the chain through the last, as its nBits claim */
};

/* All headers before this one are known: is it known, too? False at a fault. */
static bool look_up(struct session *session, struct look *look, const struct hash256 *hash)
{
    bool fault = false;
    uint32_t index = tree_find(session->sync->tree, hash, &fault);

    if (fault) {
        sync_fault(session);
        return false;
    }
    if (index != TREE_NONE) {
        look->known++;
        look->parent = index;
        look->work = tree_chainwork(session->sync->tree, index);
    }
    return true;
}

/* Hashes and links every header. False when the peer was dropped for one, or at a fault. */
static bool look_at(struct session *session, struct look *look, const struct message *message)
{
    struct sync *sync = session->sync;
    struct hash256 hashes[HASHED_TOGETHER];
    struct hash256 prev = prev_of(message->raw);

    for (size_t i = 0; i < message->count; i++) {
        const uint8_t *raw = message->raw + i * message->stride;
        const struct hash256 *hash = &hashes[i % HASHED_TOGETHER];
        struct header header;

        if (i % HASHED_TOGETHER == 0)
            sha256d_headers(hashes, raw, message->stride,
                            message->count - i < HASHED_TOGETHER ? message->count - i
                                                                 : HASHED_TOGETHER);
        header_decode(&header, raw);
        if (!hash256_equal(&header.prev, &prev)) {
            sync_drop(session, SYNC_DISCONNECT_MISBEHAVED, "headers do not follow each other");
            return false;
        }
        if (!validate_work(sync->params, &header, hash)) {
            judge_refusal(session, VERDICT_HIGH_HASH, &header, hash);
            return false;
        }
        if (look->known == i && !look_up(session, look, hash))
            return false;
        if (look->known <= i)
            look->work = u256_add_saturating(look->work, compact_work(header.bits));
        prev = *hash;
    }
    return true;
}

/* The parent alone has not enough work: does the message bring enough? False when the message is
 * not to be accepted now. */
static bool enough_work(struct session *session, struct message *message, uint32_t parent)
{
    struct sync *sync = session->sync;
    struct look look = {.parent = parent, .work = tree_chainwork(sync->tree, parent)};

    if (u256_cmp(look.work, threshold(sync)) >= 0)
        return true;
    if (!look_at(session, &look, message))
        return false;
    sync_note_tip(session, look.known > 0 ? look.parent : TREE_NONE);
    if (look.known == message->count || u256_cmp(look.work, threshold(sync)) >= 0)
        return true;
    if (!message->full) { /* not worth keeping; nothing better is to be had here */
        sync->counters.rejected[VERDICT_TOO_LITTLE_WORK]++;
        if (message->answers == ASK_NOTHING)
            return false;
        sync_no_more(session);
        if (session->kind == SYNC_PEER_OUTBOUND &&
            u256_cmp(session->tip_work, sync->minimum_chain_work) < 0)
            sync_drop(session, SYNC_DISCONNECT_LOW_WORK, "its chain has too little work");
        return false;
    }
    if (sync->downloader.holder == session)
        sync->downloader.holder = NULL;
    if (sync->downloader.holder != NULL || !sync_take_role(&sync->presyncer, session)) {
        offers_more(session, false, TREE_NONE);
        return false;
    }
    message->raw += look.known * message->stride;
    message->count -= look.known;
    begin_presync(session, message, look.parent);
    return false;
}

/* ---- the message ---- */

static void on_empty(struct session *session, const struct message *message)
{
    struct sync *sync = session->sync;

    if (message->answers == ASK_NOTHING)
        return;
    if (message->answers == ASK_TIP && sync_ask_below_claim(session))
        return;
    if (message->answers == ASK_TIP && tree_count(sync->tree) == 1)
        sync_note_tip(session, tree_best(sync->tree)); /* asked from the base, and it is there */
    clear_future(session);
    sync_no_more(session);
}

static void on_unconnecting(struct session *session, const struct message *message)
{
    struct sync *sync = session->sync;
    struct header header;
    struct hash256 hash;

    header_decode(&header, message->raw);
    header_hash(&hash, message->raw);
    if (!validate_work(sync->params, &header, &hash)) { /* that needs no parent to be seen */
        judge_refusal(session, VERDICT_HIGH_HASH, &header, &hash);
        return;
    }
    sync->counters.unconnecting++;
    if (message->answers != ASK_NOTHING)
        sync_leave_roles(session);
    if (message->answers == ASK_NOTHING && message->count <= SYNC_ANNOUNCED_MAX) {
        header_hash(&hash, message->raw + (message->count - 1) * message->stride);
        sync_pending_add(session, &hash, SYNC_HOW_HEADERS);
    }
    if (sync->now.mono_ms < session->unconnecting_until_ms)
        return;
    session->unconnecting_until_ms = sync->now.mono_ms + sync->timing.unconnecting_ms;
    sync_ask(session, ASK_ANNOUNCED, tree_best(sync->tree));
}

/* Headers that connect to the tree at parent. */
static void on_connecting(struct session *session, struct message *message, uint32_t parent)
{
    struct sync *sync = session->sync;
    struct hash256 hash;
    uint32_t last;
    bool fault = false;

    header_hash(&hash, message->raw + (message->count - 1) * message->stride);
    last = TREE_NONE; /* nothing that follows the newest header can be in the tree */
    if (parent != tree_count(sync->tree) - 1)
        last = tree_find(sync->tree, &hash, &fault);
    if (fault) {
        sync_fault(session);
        return;
    }
    if (last != TREE_NONE) {
        sync_note_tip(session, last);
        clear_future(session);
    } else if (!enough_work(session, message, parent) || !hand_over(session, &last, message)) {
        if (session->future_s != 0 && message->answers != ASK_NOTHING && !session->gone &&
            sync->fault_until_ms == 0)
            sync_no_more(session); /* what comes after it is not valid yet */
        announce_all(session, message);
        return;
    }
    announce_all(session, message);
    conclude(session, message, last);
}

/* During presync: a short message that does not continue it is an announcement, and not the answer.
 */
static bool continues_presync(const struct session *session, const struct message *message)
{
    struct hash256 last = presync_last(session->presync);
    struct hash256 prev;

    if (message->count == 0 || message->full)
        return true;
    prev = prev_of(message->raw);
    return hash256_equal(&prev, &last);
}

/*
 * Is the message the answer to the question that is open? An answer begins after a header of the
 * locator. A short message that begins above all of them, or nowhere that we know, is an
 * announcement that crossed the question on its way.
 */
static bool is_answer(const struct session *session, const struct message *message, uint32_t parent)
{
    const struct tree *tree = session->sync->tree;

    if (session->ask == ASK_NOTHING || sync_in_presync(session))
        return false;
    if (message->count == 0 || message->count > SYNC_ANNOUNCED_MAX ||
        session->asked_from == TREE_NONE)
        return true;
    return parent != TREE_NONE &&
           tree_get(tree, parent).height <= tree_get(tree, session->asked_from).height;
}

/* The tree's index of the first header's parent; false when the source fails. */
static bool find_parent(uint32_t *parent, const struct session *session,
                        const struct message *message)
{
    bool fault = false;
    struct hash256 prev;

    *parent = TREE_NONE;
    if (message->count == 0)
        return true;
    prev = prev_of(message->raw);
    *parent = tree_find(session->sync->tree, &prev, &fault);
    return !fault;
}

/* A message that presync has no part in. */
static void take_message(struct session *session, struct message *message)
{
    struct sync *sync = session->sync;
    uint32_t parent;

    if (!find_parent(&parent, session, message)) {
        session->ask = ASK_NOTHING;
        sync_fault(session);
        return;
    }
    if (is_answer(session, message, parent)) {
        message->answers = session->ask;
        session->ask = ASK_NOTHING;
        sync_schedule_poll(session);
    }
    if (sync->fault_until_ms != 0) { /* nothing can be kept now; it is asked again afterwards */
        session->more = true;
        sync_leave_roles(session);
        return;
    }
    message->how = how_of(session, message);
    if (message->count == 0)
        on_empty(session, message);
    else if (parent == TREE_NONE)
        on_unconnecting(session, message);
    else
        on_connecting(session, message, parent);
}

void sync_on_headers(struct session *session, const struct wire_headers *headers)
{
    struct message message = {.raw = headers->raw,
                              .stride = headers->stride,
                              .count = headers->count,
                              .full = headers->count == WIRE_HEADERS_COUNT_MAX};

    if (sync_in_presync(session) && session->ask != ASK_NOTHING &&
        continues_presync(session, &message)) {
        message.answers = session->ask;
        session->ask = ASK_NOTHING;
        continue_presync(session, &message);
    } else {
        take_message(session, &message);
    }
    sync_judge_synced(session->sync);
}
