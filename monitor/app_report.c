// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/app_internal.h"
#include "monitor/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All in ms. */
#define PROGRESS_MS 10000
#define CLOCK_CHECK_MS 60000 /* is the clock still disciplined? */
#define CLOCK_ROW_MS 3600000 /* a row of it each hour, and at each change */
#define TIPS_ROW_MS 60000    /* peers' tips, where they changed */
#define HEARD_MS 300000      /* a peer that said something so lately is there; pings are at 120 s */

/** Network groups that must agree before silence means that there is no block, and not that nobody
 *  tells us. Of peers that the user has chosen by connect=, one will do. */
#define LISTENING_GROUPS ((size_t)2)

void app_report_start(struct app *app, struct instant now)
{
    app->started_ms = now.wall_ms;
    clock_watch_step(&app->clock_watch, now);
    app->tips_row_ms = now.mono_ms + TIPS_ROW_MS;
    app->progress_ms = now.mono_ms + PROGRESS_MS;
}

static void record_clock(struct app *app, struct instant now, int64_t jump_ms)
{
    app->clock_row_ms = now.mono_ms + CLOCK_ROW_MS;
    if (app->rows != NULL) {
        observations_clock(app->rows,
                           &(struct observation_clock){.wall_ms = now.wall_ms,
                                                       .synchronized = app->clock.synchronized,
                                                       .error_us = app->clock.error_us,
                                                       .jump_ms = jump_ms});
    }
}

void app_watch_clock(struct app *app, struct instant now)
{
    int64_t jump = clock_watch_step(&app->clock_watch, now);
    if (jump != 0) {
        app->last_jump_ms = now.wall_ms;
        app->suspect_until_ms = 0;
        log_write(app->log, LOG_UNUSUAL, "the clock was set: it jumped %s by %.1f s",
                  jump > 0 ? "ahead" : "back", (double)(jump > 0 ? jump : -jump) / 1000.0);
        record_clock(app, now, jump);
    }
    if (now.mono_ms >= app->clock_check_ms) {
        struct ports_clock before = app->clock;
        app->clock = app->ports->clock(app->ports->context);
        app->clock_check_ms = now.mono_ms + CLOCK_CHECK_MS;
        if (app->clock.synchronized != before.synchronized || now.mono_ms >= app->clock_row_ms) {
            record_clock(app, now, 0);
        }
    }
}

static struct recorded_tip *recorded_of(struct app *app, uint64_t id)
{
    for (size_t i = 0; i < app->tip_count; i++) {
        if (app->tips[i].id == id) {
            return &app->tips[i];
        }
    }
    app->tips = mem_resize(app->tips, app->tip_count + 1, sizeof *app->tips);
    app->tips[app->tip_count] = (struct recorded_tip){.id = id};
    return &app->tips[app->tip_count++];
}

int64_t app_record_tips(struct app *app, struct instant now)
{
    if (now.mono_ms < app->tips_row_ms) {
        return app->tips_row_ms;
    }
    app->tips_row_ms = now.mono_ms + TIPS_ROW_MS;
    for (size_t i = 0; i < sync_peer_count(app->sync) && app->rows != NULL; i++) {
        struct sync_peer_info info = sync_peer_info_at(app->sync, i);
        const struct peers_link *link = peers_find(app->peers, info.peer);
        struct recorded_tip *recorded = recorded_of(app, info.peer);
        if (!info.tip_known || link == NULL || hash256_equal(&recorded->hash, &info.tip_hash)) {
            continue;
        }
        recorded->hash = info.tip_hash;
        observations_peer_tip(app->rows, &(struct observation_peer_tip){.peer = link->name,
                                                                        .hash = info.tip_hash,
                                                                        .height = info.tip_height,
                                                                        .wall_ms = now.wall_ms});
    }
    return app->tips_row_ms;
}

void app_forget_tip(struct app *app, uint64_t id)
{
    for (size_t i = 0; i < app->tip_count; i++) {
        if (app->tips[i].id == id) {
            app->tips[i] = app->tips[--app->tip_count];
            return;
        }
    }
}

/* Only what takes long is worth a line. */
int64_t app_log_progress(struct app *app, struct instant now)
{
    if (now.mono_ms < app->progress_ms) {
        return app->progress_ms;
    }
    app->progress_ms = now.mono_ms + PROGRESS_MS;
    struct sync_progress progress = app_progress(app);
    uint32_t target =
        progress.target_height > progress.height ? progress.target_height : progress.height;
    if (app->sync != NULL && progress.height != app->progress_height) {
        app->progress_height = progress.height;
        log_write(app->log, LOG_INFO, "%s: height %" PRIu32 " of about %" PRIu32,
                  progress.presync ? "presyncing" : "syncing", progress.height, target);
    }
    return app->progress_ms;
}

/* ---- Who agrees with us ------------------------------------------------- */

/** A network group, and what its peers hold to. */
struct group {
    uint8_t bytes[NETADDR_GROUP_SIZE];
    bool agrees;    /* a peer has our tip, and was heard of late */
    bool disagrees; /* a peer has a tip that is not on our chain */
};

static struct group *group_of(struct group *groups, size_t *count, const struct netaddr *address)
{
    uint8_t bytes[NETADDR_GROUP_SIZE];

    netaddr_group(bytes, address);
    for (size_t i = 0; i < *count; i++) {
        if (memcmp(groups[i].bytes, bytes, sizeof bytes) == 0) {
            return &groups[i];
        }
    }
    memcpy(groups[*count].bytes, bytes, sizeof bytes);
    return &groups[(*count)++];
}

/* A tip that we do not know at all is no part of our chain either. */
static bool is_on_our_chain(const struct tree *tree, const struct hash256 *tip)
{
    uint32_t index = tree_find(tree, tip, NULL);
    return index != TREE_NONE && tree_on_best(tree, index);
}

static void note_peer(struct group *group, const struct app *app, const struct hash256 *best,
                      const struct sync_peer_info *info, struct instant now)
{
    if (!info->ready || !info->tip_known) {
        return;
    }
    if (hash256_equal(&info->tip_hash, best)) {
        group->agrees = group->agrees || now.wall_ms - info->last_message_ms < HEARD_MS;
    } else if (!is_on_our_chain(headerfile_tree(app->file), &info->tip_hash)) {
        group->disagrees = true;
    }
}

static void count_groups(const struct app *app, struct instant now, size_t *agreeing,
                         size_t *disagreeing)
{
    const struct tree *tree = headerfile_tree(app->file);
    size_t peers = sync_peer_count(app->sync), count = 0;
    struct group *groups = mem_zeroed(peers + 1, sizeof *groups);
    struct hash256 best;
    bool known = tree_hash(tree, &best, tree_best(tree));

    *agreeing = *disagreeing = 0;
    for (size_t i = 0; i < peers && known; i++) {
        struct sync_peer_info info = sync_peer_info_at(app->sync, i);
        note_peer(group_of(groups, &count, &info.address), app, &best, &info, now);
    }
    for (size_t i = 0; i < count; i++) {
        *agreeing += groups[i].agrees;
        *disagreeing += groups[i].disagrees && !groups[i].agrees;
    }
    free(groups);
}

/* For the log's remark on a silence one group will do that would tell us of a block. */
struct watch_moment app_moment(const struct app *app, struct instant now)
{
    struct watch_moment moment = {
        .now = now, .synced = app_is_synced(app), .since_ms = app->last_jump_ms};
    if (moment.synced && now.mono_ms >= app->suspect_until_ms) {
        size_t agreeing, disagreeing;
        count_groups(app, now, &agreeing, &disagreeing);
        moment.listening = agreeing > 0;
    }
    return moment;
}

struct alerting_moment app_alerting_moment(const struct app *app, struct instant now)
{
    struct alerting_moment moment = {.now = now, .synced = app_is_synced(app)};
    struct alerting_health *health = &moment.health;
    if (app->sync != NULL) {
        count_groups(app, now, &health->groups, &health->disagreeing_groups);
        health->store_trouble = pipeline_trouble(app->pipeline) != NULL;
    } else {
        health->store_trouble = app->failed;
    }
    health->peers = peers_ready_count(app->peers);
    health->peers_wanted = peers_wanted_count(app->peers);
    health->clock_known = app->clock.known && app->clock.synchronized;
    health->clock_error_us = app->clock.error_us;
    health->clock_suspect = now.mono_ms < app->suspect_until_ms;
    health->store_dropped = app->rows == NULL ? 0 : observations_dropped(app->rows);
    moment.listening = moment.synced && !health->clock_suspect &&
                       health->groups >= (peers_only_manual(app->peers) ? 1 : LISTENING_GROUPS);
    return moment;
}

static void fill_peers(struct app *app, struct status *out)
{
    size_t count = sync_peer_count(app->sync);
    out->peers = mem_zeroed(count + 1, sizeof *out->peers);
    out->peer_names = mem_zeroed(count + 1, sizeof *out->peer_names);
    for (size_t i = 0; i < count; i++) {
        out->peers[i] = sync_peer_info_at(app->sync, i);
        const struct peers_link *link = peers_find(app->peers, out->peers[i].peer);
        if (link != NULL && link->address.network == NETADDR_NONE) {
            out->peer_names[i] = mem_text(link->name);
        }
    }
    out->peer_count = count;
    out->counters = sync_counters(app->sync);
    out->progress = sync_progress(app->sync);
}

bool app_status(struct app *app, struct status *out)
{
    struct instant now = app_now(app);
    bool read = true;
    *out = (struct status){.params = app->settings->params};
    if (app->file != NULL) {
        struct tree *tree = headerfile_tree(app->file);
        read = status_from_tree(out, tree, headerfile_base(app->file).work_known, now.wall_ms);
        out->store.durable = headerfile_durable(app->file);
    }
    if (app->watch != NULL) {
        struct watch_moment moment = app_moment(app, now);
        watch_figures(app->watch, &out->figures, &moment);
    } else {
        figures_none(&out->figures, "there are no headers yet");
    }
    out->running = true;
    out->now_ms = now.wall_ms;
    out->started_ms = app->started_ms;
    out->clock.known = app->clock.known;
    out->clock.synchronized = app->clock.synchronized;
    out->clock.error_us = app->clock.error_us;
    out->clock.last_jump_ms = app->last_jump_ms;
    out->clock.suspect = now.mono_ms < app->suspect_until_ms;
    if (app->sync != NULL) {
        out->synced = sync_is_synced(app->sync);
        fill_peers(app, out);
        const char *trouble = pipeline_trouble(app->pipeline);
        out->store.trouble.trouble = trouble != NULL;
        snprintf(out->store.trouble.text, sizeof out->store.trouble.text, "%s",
                 trouble == NULL ? "" : trouble);
    }
    if (app->rows != NULL) {
        out->store.observations_dropped = observations_dropped(app->rows);
    }
    return read;
}
