// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/pipeline.h"

#include "monitor/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* While catching up: at most this much is fetched again after a loss of power. */
#define CATCH_UP_SYNC_MS 2000
/* Observations are written together: this long after the first. */
#define FLUSH_MS 1000
/* Waits after trouble, doubling. */
#define RETRY_FIRST_MS 5000
#define RETRY_LAST_MS 60000
/* Announced hashes whose header has not come yet, and how long they may wait for it. */
#define WAITING_MAX 64
#define WAITING_MS 600000
/* An announcement of a block this deep is no news. */
#define NEWS_DEPTH 144
/* So far below its tip it is looked for when a branch was first seen: one look-up each. */
#define SEEN_DEPTH 144

#define TEXT_SIZE 96

struct waiting {
    struct sync_announcement announcement;
    char peer[TEXT_SIZE], group[TEXT_SIZE];
    struct ports_clock clock;
};

struct pipeline {
    struct pipeline_options options;
    struct tree *tree;
    uint32_t told_tip; /* best tip of the last move (or of the start) */
    bool live;
    bool history;        /* some of what was not told yet was fetched, not announced */
    int64_t sync_due_ms; /* INSTANT_NEVER: nothing to make durable */
    int64_t flush_due_ms;
    int64_t retry_ms; /* ask peers again; INSTANT_NEVER: no need */
    int64_t wait_ms;
    int64_t flush_wait_ms;
    struct log_complaint store_complaint, rows_complaint;
    char store_trouble[256], rows_trouble[256];
    struct waiting waiting[WAITING_MAX];
    size_t waiting_count;
    struct pipeline_move unrecorded; /* of a reorg, until there is time; disconnected 0: none */
    struct tally tally;
    struct instant last; /* of the last batch: when a move happened */
};

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
    struct pipeline *pipeline = mem_zeroed(1, sizeof *pipeline);
    pipeline->options = *options;
    pipeline->tree = headerfile_tree(options->file);
    pipeline->told_tip = tree_best(pipeline->tree);
    pipeline->sync_due_ms = INSTANT_NEVER;
    pipeline->flush_due_ms = INSTANT_NEVER;
    pipeline->retry_ms = INSTANT_NEVER;
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    free(pipeline);
}

const struct tally *pipeline_tally(const struct pipeline *pipeline)
{
    return &pipeline->tally;
}

const char *pipeline_trouble(const struct pipeline *pipeline)
{
    if (pipeline->store_trouble[0] != '\0') {
        return pipeline->store_trouble;
    }
    return pipeline->rows_trouble[0] != '\0' ? pipeline->rows_trouble : NULL;
}

/* ---- Trouble and recovery ----------------------------------------------- */

static void store_failed(struct pipeline *pipeline, enum headerfile_status status,
                         struct instant now)
{
    snprintf(pipeline->store_trouble, sizeof pipeline->store_trouble, "%s%s",
             status == HEADERFILE_FULL ? "disk full: " : "",
             headerfile_error(pipeline->options.file));
    pipeline->wait_ms = pipeline->wait_ms == 0 ? RETRY_FIRST_MS : pipeline->wait_ms * 2;
    pipeline->wait_ms = pipeline->wait_ms > RETRY_LAST_MS ? RETRY_LAST_MS : pipeline->wait_ms;
    pipeline->retry_ms = now.mono_ms + pipeline->wait_ms;
    if (log_complain(&pipeline->store_complaint, now.mono_ms)) {
        log_write(pipeline->options.log, LOG_BROKEN,
                  "%s; headers are not stored, trying again in %" PRId64 " s",
                  pipeline->store_trouble, pipeline->wait_ms / 1000);
    }
}

static void store_works(struct pipeline *pipeline)
{
    pipeline->wait_ms = 0;
    if (pipeline->store_trouble[0] != '\0') {
        pipeline->store_trouble[0] = '\0';
        pipeline->retry_ms = INSTANT_NEVER;
        log_settled(&pipeline->store_complaint);
        log_write(pipeline->options.log, LOG_INFO, "headers are stored again");
    }
}

bool pipeline_retry_due(struct pipeline *pipeline, struct instant now)
{
    if (pipeline->retry_ms > now.mono_ms) {
        return false;
    }
    pipeline->retry_ms = INSTANT_NEVER;
    return true;
}

/* ---- Branches and reorgs ------------------------------------------------ */

/*
 * When a branch's first header was first seen, and from whom: by its arrival, if it came while
 * synced; else by what was recorded when the branch ended lower, before which it may have been the
 * best chain for a while. last is the highest header that is not new. False if unknown.
 */
static bool first_seen(struct pipeline *pipeline, int64_t *wall_ms, char peer[TEXT_SIZE],
                       uint32_t first, uint32_t last)
{
    struct observations *rows = pipeline->options.observations;
    struct tree *tree = pipeline->tree;
    uint32_t lowest = tree_get(tree, first).height;
    struct hash256 hash;
    if (tree_hash(tree, &hash, first) &&
        observations_first_seen(rows, wall_ms, peer, TEXT_SIZE, &hash)) {
        return true;
    }
    for (int steps = 0; steps < SEEN_DEPTH && last != TREE_NONE; steps++) {
        struct tree_node node = tree_get(tree, last);
        if (node.height < lowest) {
            break;
        }
        if (tree_hash(tree, &hash, last) &&
            observations_branch_seen(rows, wall_ms, peer, TEXT_SIZE, &hash)) {
            return true;
        }
        last = node.parent;
    }
    return false;
}

/* tip ends a losing branch. source is who sent the headers from index fresh on (NULL: none of them
 * is new). */
static void record_branch(struct pipeline *pipeline, uint32_t tip, uint32_t fresh,
                          const struct pipeline_source *source, int64_t wall_ms)
{
    struct tree *tree = pipeline->tree;
    if (pipeline->options.observations == NULL) {
        return;
    }
    struct reorg way = reorg_between(tree, tree_best(tree), tip);
    if (way.connected == 0) {
        return; /* it lies on the best chain after all */
    }
    char peer[TEXT_SIZE] = "";
    struct observation_branch row = {.fork_height = way.fork_height, .length = way.connected};
    uint32_t first = tree_ancestor(tree, tip, way.fork_height + 1);
    if (source != NULL && first >= fresh) {
        row.first_seen_ms = wall_ms;
        row.first_peer = source->peer;
    } else {
        uint32_t last = source == NULL ? tip : tree_get(tree, fresh).parent;
        if (first_seen(pipeline, &row.first_seen_ms, peer, first, last)) {
            row.first_peer = peer[0] == '\0' ? NULL : peer;
        }
    }
    if (tree_hash(tree, &row.tip, tip) && tree_hash(tree, &row.fork, way.fork)) {
        observations_branch(pipeline->options.observations, &row);
    }
}

static void record_reorg(struct pipeline *pipeline)
{
    const struct pipeline_move *move = &pipeline->unrecorded;
    const struct reorg *reorg = &move->reorg;
    if (reorg->disconnected == 0 || pipeline->options.observations == NULL) {
        return;
    }
    struct observation_reorg row = {.fork_height = reorg->fork_height,
                                    .disconnected = reorg->disconnected,
                                    .connected = reorg->connected,
                                    .wall_ms = move->when.wall_ms,
                                    .live = move->live};
    if (tree_hash(pipeline->tree, &row.fork, reorg->fork) &&
        tree_hash(pipeline->tree, &row.old_tip, reorg->old_tip) &&
        tree_hash(pipeline->tree, &row.new_tip, reorg->new_tip)) {
        observations_reorg(pipeline->options.observations, &row);
    }
    record_branch(pipeline, reorg->old_tip, TREE_NONE, NULL, move->when.wall_ms);
    pipeline->unrecorded.reorg.disconnected = 0;
}

/* ---- Announcements ------------------------------------------------------ */

static void record_arrival(struct pipeline *pipeline, const struct waiting *waiting)
{
    const struct sync_announcement *a = &waiting->announcement;
    struct observation_arrival row = {
        .hash = a->hash,
        .peer = waiting->peer,
        .group = waiting->group,
        .how = a->how == SYNC_HOW_INV ? OBSERVATIONS_INV : OBSERVATIONS_HEADERS,
        .wall_ms = a->when.wall_ms,
        .clock_ok = waiting->clock.known && waiting->clock.synchronized,
        .clock_error_us = waiting->clock.error_us,
    };
    observations_arrival(pipeline->options.observations, &row);
}

static bool is_news(const struct pipeline *pipeline, uint32_t index)
{
    uint32_t best = tree_get(pipeline->tree, tree_best(pipeline->tree)).height;
    return tree_get(pipeline->tree, index).height + NEWS_DEPTH > best;
}

/* Rows of announcements whose header's index is below end; those that waited too long are dropped.
 * Rows wait in memory for at least FLUSH_MS. */
static void settle_waiting(struct pipeline *pipeline, uint32_t end, struct instant now)
{
    size_t kept = 0;
    for (size_t i = 0; i < pipeline->waiting_count; i++) {
        const struct waiting *waiting = &pipeline->waiting[i];
        uint32_t index = tree_find(pipeline->tree, &waiting->announcement.hash, NULL);
        if (index != TREE_NONE && index < end) {
            if (is_news(pipeline, index)) {
                record_arrival(pipeline, waiting);
                if (pipeline->options.arrived != NULL) {
                    pipeline->options.arrived(pipeline->options.context, index,
                                              waiting->announcement.when.wall_ms);
                }
            }
        } else if (now.mono_ms - waiting->announcement.when.mono_ms < WAITING_MS) {
            pipeline->waiting[kept++] = *waiting;
        }
    }
    pipeline->waiting_count = kept;
}

void pipeline_announced(struct pipeline *pipeline, const struct sync_announcement *announcement,
                        const struct pipeline_source *source, const struct ports_clock *clock)
{
    if (pipeline->options.observations == NULL || announcement->how == SYNC_HOW_FETCHED) {
        return;
    }
    if (pipeline->waiting_count == WAITING_MAX) {
        /* The oldest gives way: a flood of invented hashes costs at most rows of its own time. */
        memmove(pipeline->waiting, pipeline->waiting + 1,
                (WAITING_MAX - 1) * sizeof pipeline->waiting[0]);
        pipeline->waiting_count--;
    }
    struct waiting *waiting = &pipeline->waiting[pipeline->waiting_count++];
    *waiting = (struct waiting){.announcement = *announcement, .clock = *clock};
    snprintf(waiting->peer, sizeof waiting->peer, "%s", source->peer);
    snprintf(waiting->group, sizeof waiting->group, "%s", source->group);
}

/* ---- Accept ------------------------------------------------------------- */

void pipeline_rejected(struct pipeline *pipeline, const struct hash256 *hash, enum verdict verdict,
                       const struct header *header, const char *peer)
{
    uint32_t parent = tree_find(pipeline->tree, &header->prev, NULL);
    char hex[HASH256_HEX_SIZE], reason[VERDICT_NAME_SIZE];
    hash256_to_hex(hex, hash);
    tally_reject(&pipeline->tally, hash,
                 parent == TREE_NONE ? TREE_NONE : tree_get(pipeline->tree, parent).height + 1,
                 verdict, header);
    log_write(pipeline->options.log, LOG_UNUSUAL, "header %s from %s rejected: %s", hex, peer,
              verdict_name(reason, verdict, header));
}

struct accept_result pipeline_accept(struct pipeline *pipeline, const struct sync_batch *batch,
                                     const struct pipeline_source *source)
{
    struct accept_options options = {.now = batch->when.wall_ms / 1000,
                                     .stop_at_invalid = true,
                                     .minimum_work = batch->minimum_work};
    enum headerfile_status status = HEADERFILE_OK;
    uint32_t before = tree_count(pipeline->tree);
    struct accept_result result = headerfile_accept(pipeline->options.file, &status, &options,
                                                    batch->raw, batch->stride, batch->count);
    if (result.fault) {
        store_failed(pipeline, status, batch->when);
        return result;
    }
    pipeline->tally.accepted += result.accepted;
    pipeline->tally.duplicate += result.duplicate;
    if (result.accepted == 0) {
        return result;
    }
    store_works(pipeline);
    pipeline->last = batch->when;
    pipeline->history = pipeline->history || !pipeline->live || batch->how == SYNC_HOW_FETCHED;
    if (pipeline->sync_due_ms == INSTANT_NEVER) {
        pipeline->sync_due_ms = batch->when.mono_ms + (pipeline->live ? 0 : CATCH_UP_SYNC_MS);
    }
    if (result.last_index >= before && !tree_on_best(pipeline->tree, result.last_index)) {
        record_branch(pipeline, result.last_index, before, source, batch->when.wall_ms);
    }
    return result;
}

size_t pipeline_reattach(struct pipeline *pipeline, bool *stopped, const uint8_t *records,
                         size_t count, struct instant now)
{
    struct accept_options options = {.now = now.wall_ms / 1000, .ignore_future = true};
    enum headerfile_status status = HEADERFILE_OK;
    struct accept_result result =
        headerfile_accept(pipeline->options.file, &status, &options, records, HEADER_SIZE, count);
    *stopped = result.fault;
    if (result.fault) {
        store_failed(pipeline, status, now);
        return 0;
    }
    if (result.accepted > 0) {
        pipeline->last = now;
        pipeline->history = true;
        pipeline->sync_due_ms = now.mono_ms;
    }
    return result.accepted;
}

void pipeline_synced(struct pipeline *pipeline)
{
    pipeline->live = true;
    if (pipeline->sync_due_ms != INSTANT_NEVER) {
        pipeline->sync_due_ms = 0;
    }
}

/* ---- Durable, then announced -------------------------------------------- */

static void announce(struct pipeline *pipeline)
{
    uint32_t best = tree_best(pipeline->tree);
    bool history = pipeline->history;
    pipeline->history = false;
    if (best == pipeline->told_tip) {
        return;
    }
    struct pipeline_move move = {.reorg = reorg_between(pipeline->tree, pipeline->told_tip, best),
                                 .live = !history,
                                 .when = pipeline->last};
    pipeline->told_tip = best;
    record_reorg(pipeline);
    pipeline->unrecorded = move;
    pipeline->options.moved(pipeline->options.context, &move);
}

bool pipeline_announce_early(struct pipeline *pipeline, struct instant now)
{
    uint32_t told = pipeline->told_tip;
    uint32_t count = tree_count(pipeline->tree);

    if (pipeline->sync_due_ms > now.mono_ms || !pipeline->live ||
        count - headerfile_durable(pipeline->options.file) > PIPELINE_EARLY_MAX ||
        pipeline->store_trouble[0] != '\0') {
        return false;
    }
    settle_waiting(pipeline, count, now);
    announce(pipeline);
    return pipeline->told_tip != told;
}

static bool commit(struct pipeline *pipeline, struct instant now)
{
    if (pipeline->sync_due_ms == INSTANT_NEVER) {
        return true;
    }
    enum headerfile_status status = headerfile_sync(pipeline->options.file);
    if (status != HEADERFILE_OK) {
        store_failed(pipeline, status, now);
        pipeline->sync_due_ms = now.mono_ms + pipeline->wait_ms;
        return false;
    }
    pipeline->sync_due_ms = INSTANT_NEVER;
    store_works(pipeline);
    announce(pipeline);
    record_reorg(pipeline);
    return true;
}

static bool flush_rows(struct pipeline *pipeline, struct instant now)
{
    struct observations *rows = pipeline->options.observations;
    pipeline->flush_due_ms = INSTANT_NEVER;
    if (rows == NULL || observations_pending(rows) == 0) {
        return true;
    }
    if (observations_flush(rows)) {
        pipeline->flush_wait_ms = 0;
        if (pipeline->rows_trouble[0] != '\0') {
            pipeline->rows_trouble[0] = '\0';
            log_settled(&pipeline->rows_complaint);
            log_write(pipeline->options.log, LOG_INFO,
                      "observations are written again (%" PRIu64 " were dropped)",
                      observations_dropped(rows));
        }
        return true;
    }
    snprintf(pipeline->rows_trouble, sizeof pipeline->rows_trouble, "observations: %s",
             observations_error(rows));
    pipeline->flush_wait_ms =
        pipeline->flush_wait_ms == 0 ? RETRY_FIRST_MS : pipeline->flush_wait_ms * 2;
    if (pipeline->flush_wait_ms > RETRY_LAST_MS) {
        pipeline->flush_wait_ms = RETRY_LAST_MS;
    }
    pipeline->flush_due_ms = now.mono_ms + pipeline->flush_wait_ms;
    if (log_complain(&pipeline->rows_complaint, now.mono_ms)) {
        log_write(pipeline->options.log, LOG_BROKEN,
                  "%s; they wait in memory, trying again in %" PRId64 " s", pipeline->rows_trouble,
                  pipeline->flush_wait_ms / 1000);
    }
    return false;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t pipeline_wake(struct pipeline *pipeline, struct instant now)
{
    if (pipeline->sync_due_ms <= now.mono_ms) {
        commit(pipeline, now);
    }
    if (pipeline->waiting_count > 0) {
        settle_waiting(pipeline, headerfile_durable(pipeline->options.file), now);
    }
    struct observations *rows = pipeline->options.observations;
    if (pipeline->flush_due_ms <= now.mono_ms) {
        flush_rows(pipeline, now);
    } else if (pipeline->flush_due_ms == INSTANT_NEVER && rows != NULL &&
               observations_pending(rows) > 0) {
        pipeline->flush_due_ms = now.mono_ms + FLUSH_MS;
    }
    return earlier(pipeline->sync_due_ms, earlier(pipeline->flush_due_ms, pipeline->retry_ms));
}

bool pipeline_drain(struct pipeline *pipeline, struct instant now)
{
    bool stored = commit(pipeline, now);
    settle_waiting(pipeline, headerfile_durable(pipeline->options.file), now);
    return flush_rows(pipeline, now) && stored;
}
