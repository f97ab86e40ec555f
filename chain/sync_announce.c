// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sync_announce: who spoke of which block, and when.
 *
 * An announcement is reported once its header is in the tree, with the time at which it was heard.
 * A hash for which no header ever comes is forgotten, so inventions cost their maker a question and
 * nobody anything else.
 */
#include "config.h"

#include "chain/sync_internal.h"

#include <string.h>

static uint64_t short_hash(const struct hash256 *hash)
{
    uint64_t out;

    memcpy(&out, hash->bytes, sizeof(out));
    return out;
}

/* True if the peer has announced the hash before; else remembers it. */
static bool seen(struct session *session, const struct hash256 *hash)
{
    uint64_t wanted = short_hash(hash);
    size_t known = session->recent_count < RECENT_MAX ? session->recent_count : RECENT_MAX;

    for (size_t i = 0; i < known; i++) {
        if (session->recent[i] == wanted)
            return true;
    }
    session->recent[session->recent_count++ % RECENT_MAX] = wanted;
    return false;
}

void sync_announce(struct session *session, const struct hash256 *hash, uint32_t index,
                   enum sync_how how, struct instant when)
{
    struct sync *sync = session->sync;
    struct sync_announcement announcement = {
        .peer = session->id, .hash = *hash, .how = how, .when = when};
    uint32_t best = tree_get(sync->tree, tree_best(sync->tree)).height;
    uint32_t height = tree_get(sync->tree, index).height;

    if (!sync->synced || height + RECENT_BLOCKS < best || seen(session, hash))
        return;
    session->announcements++;
    sync->callbacks.announced(sync->callbacks.context, &announcement);
}

void sync_pending_add(struct session *session, const struct hash256 *hash, enum sync_how how)
{
    struct pending *pending = session->pending;

    if (!session->sync->synced)
        return;
    for (size_t i = 0; i < session->pending_count; i++) {
        if (hash256_equal(&pending[i].hash, hash))
            return;
    }
    if (session->pending_count == PENDING_MAX) { /* the oldest goes */
        memmove(pending, pending + 1, (PENDING_MAX - 1) * sizeof(*pending));
        session->pending_count--;
    }
    pending[session->pending_count++] =
        (struct pending){.hash = *hash, .how = how, .when = session->sync->now};
}

static void settle(struct session *session)
{
    size_t kept = 0;

    for (size_t i = 0; i < session->pending_count; i++) {
        const struct pending *pending = &session->pending[i];
        uint32_t index = tree_find(session->sync->tree, &pending->hash, NULL);

        if (index == TREE_NONE) {
            session->pending[kept++] = *pending;
            continue;
        }
        sync_note_tip(session, index);
        sync_announce(session, &pending->hash, index, pending->how, pending->when);
    }
    session->pending_count = kept;
}

void sync_pending_settle(struct sync *sync)
{
    for (size_t i = 0; i < sync->count; i++)
        settle(sync->sessions[i]);
}

void sync_on_inv(struct session *session, const struct wire_inv *inv)
{
    struct sync *sync = session->sync;
    bool unknown = false;

    for (size_t i = 0; i < inv->count; i++) {
        struct wire_inv_item item = wire_inv_get(inv, i);
        bool fault = false;
        uint32_t index;

        if (!wire_inv_is_block(&item))
            continue;
        index = tree_find(sync->tree, &item.hash, &fault);
        if (fault) {
            sync_fault(session);
            return;
        }
        if (index == TREE_NONE) {
            sync_pending_add(session, &item.hash, SYNC_HOW_INV);
            unknown = true;
        } else {
            sync_note_tip(session, index);
            sync_announce(session, &item.hash, index, SYNC_HOW_INV, sync->now);
        }
    }
    /* During the first download the block comes with the rest. */
    if (unknown &&
        (sync->synced || (sync->downloader.holder == NULL && sync->presyncer.holder == NULL)))
        sync_ask(session, ASK_ANNOUNCED, tree_best(sync->tree));
}
