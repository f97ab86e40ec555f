// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/app.h"

#include "chain/context.h"
#include "monitor/app_internal.h"
#include "monitor/mem.h"
#include "monitor/store/aside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Peers said that our clock is wrong; after so long, in ms, that is forgotten. */
#define SUSPECT_MS 3600000
/** An anchored store that could not be made (a full disk, say) is tried again after so long, in ms.
 */
#define FOUND_RETRY_MS 30000
/** Headers after which a peer's claim of many more is believed enough to make memory ready. */
#define EXPECT_FROM 65536

/* ---- What sync calls ---------------------------------------------------- */

static void on_send(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len)
{
    struct app *app = context;
    app->ports->send(app->ports->context, peer, bytes, len);
}

static void on_disconnect(void *context, sync_peer_id peer, enum sync_disconnect reason,
                          const char *detail)
{
    struct app *app = context;
    for (size_t i = 0; i < app->closing_count; i++) {
        if (app->closing[i].id == peer) {
            return;
        }
    }
    if (app->closing_count == app->closing_room) {
        app->closing_room = app->closing_room == 0 ? 8 : app->closing_room * 2;
        app->closing = mem_resize(app->closing, app->closing_room, sizeof *app->closing);
    }
    struct closing *closing = &app->closing[app->closing_count++];
    *closing = (struct closing){.id = peer, .reason = reason};
    snprintf(closing->detail, sizeof closing->detail, "%s", detail == NULL ? "" : detail);
}

static void on_unwanted(void *context, uint64_t id)
{
    on_disconnect(context, id, SYNC_DISCONNECT_REPLACED, "no longer wanted");
}

/* The texts that observations keep of a peer. */
struct source_text {
    char group[2 * NETADDR_GROUP_SIZE + 1];
    struct pipeline_source source;
};

static void describe_source(const struct app *app, struct source_text *out, sync_peer_id peer)
{
    const struct peers_link *link = peers_find(app->peers, peer);
    out->source.peer = link == NULL ? "?" : link->name;
    out->source.group = out->group;
    out->group[0] = '\0';
    if (link != NULL) {
        uint8_t group[NETADDR_GROUP_SIZE];
        netaddr_group(group, &link->address);
        for (size_t i = 0; i < NETADDR_GROUP_SIZE; i++) { /* as status has it */
            snprintf(out->group + 2 * i, 3, "%02x", (unsigned)group[i]);
        }
    }
}

static struct accept_result on_accept(void *context, const struct sync_batch *batch)
{
    struct app *app = context;
    struct source_text text;
    describe_source(app, &text, batch->peer);
    return pipeline_accept(app->pipeline, batch, &text.source);
}

static void on_rejected(void *context, sync_peer_id peer, enum verdict verdict,
                        const struct header *header, const struct hash256 *hash)
{
    struct app *app = context;
    const struct peers_link *link = peers_find(app->peers, peer);
    pipeline_rejected(app->pipeline, hash, verdict, header, link == NULL ? "?" : link->name);
}

static void on_announced(void *context, const struct sync_announcement *announcement)
{
    struct app *app = context;
    struct source_text text;
    describe_source(app, &text, announcement->peer);
    pipeline_announced(app->pipeline, announcement, &text.source, &app->clock);
}

static void on_ready(void *context, sync_peer_id peer)
{
    struct app *app = context;
    uint64_t services = 0;
    for (size_t i = 0; i < sync_peer_count(app->sync); i++) {
        struct sync_peer_info info = sync_peer_info_at(app->sync, i);
        if (info.peer == peer) {
            services = info.services;
            const struct peers_link *link = peers_find(app->peers, peer);
            log_write(app->log, LOG_DEBUG,
                      "peer %" PRIu64 ": %s: version %" PRIu32 " %s, height %" PRIu32, peer,
                      link == NULL ? "?" : link->name, info.version, info.user_agent,
                      info.claimed_height);
        }
    }
    peers_ready(app->peers, peer, services, app_now(app));
}

static void on_addresses(void *context, sync_peer_id peer, const struct netaddr *addresses,
                         const uint64_t *services, const uint32_t *last_seen, size_t count)
{
    struct app *app = context;
    peers_addresses(app->peers, peer, addresses, services, last_seen, count, app_now(app));
}

static void tip_text(const struct app *app, char *out, size_t size)
{
    struct tree *tree = headerfile_tree(app->file);
    uint32_t best = tree_best(tree);
    struct hash256 hash;
    char hex[HASH256_HEX_SIZE] = "?";
    if (tree_hash(tree, &hash, best)) {
        hash256_to_hex(hex, &hash);
    }
    snprintf(out, size, "height %" PRIu32 " %s", tree_get(tree, best).height, hex);
}

static void on_synced(void *context, struct instant now)
{
    struct app *app = context;
    (void)now;
    char tip[128];
    tip_text(app, tip, sizeof tip);
    log_write(app->log, LOG_INFO, "synced: %s", tip);
    pipeline_synced(app->pipeline);
    app->aside_due = true; /* not now: sync is in the middle of something */
}

static void on_clock_suspect(void *context, int64_t seconds)
{
    struct app *app = context;
    struct instant now = app_now(app);
    if (now.mono_ms >= app->suspect_until_ms) {
        log_write(app->log, LOG_BROKEN,
                  "peers of two network groups are %" PRId64
                  " s ahead: our clock is probably wrong; set it (NTP)",
                  seconds);
    }
    app->suspect_until_ms = now.mono_ms + SUSPECT_MS;
}

static uint64_t on_random(void *context)
{
    struct app *app = context;
    return app->ports->random(app->ports->context);
}

/* ---- What the pipeline tells -------------------------------------------- */

static void log_move(struct app *app, const struct pipeline_move *move)
{
    char tip[128];
    tip_text(app, tip, sizeof tip);
    if (move->reorg.disconnected > 0) {
        log_write(app->log, LOG_UNUSUAL,
                  "reorg: %" PRIu32 " blocks replaced by %" PRIu32 " above height %" PRIu32
                  ", now %s",
                  move->reorg.disconnected, move->reorg.connected, move->reorg.fork_height, tip);
    } else if (move->live) {
        log_write(app->log, LOG_INFO, "tip: %s", tip);
    }
}

static void on_moved(void *context, const struct pipeline_move *move)
{
    struct app *app = context;
    log_move(app, move);
    if (app->watch != NULL) {
        watch_moved(app->watch, &move->reorg, move->live);
    }
    if (app->options.moved != NULL) {
        app->options.moved(app->options.context, move);
    }
}

static void on_arrived(void *context, uint32_t index, int64_t wall_ms)
{
    struct app *app = context;
    if (app->watch != NULL) {
        watch_arrived(app->watch, index, wall_ms);
    }
}

/* ---- Beginning ---------------------------------------------------------- */

static void start_sync(struct app *app, struct instant now)
{
    struct sync_options options = {
        .params = app->settings->params,
        .tree = headerfile_tree(app->file),
        .minimum_chain_work = app->settings->minimum_chain_work,
        .work_known = headerfile_base(app->file).work_known,
        .manual_expected = peers_connect_count(app->peers),
        .user_agent = app->user_agent,
        .relay_addresses = !peers_only_manual(app->peers),
        .callbacks = {.context = app,
                      .send = on_send,
                      .disconnect = on_disconnect,
                      .accept = on_accept,
                      .rejected = on_rejected,
                      .announced = on_announced,
                      .ready = on_ready,
                      .addresses = on_addresses,
                      .synced = on_synced,
                      .clock_suspect = on_clock_suspect,
                      .random = on_random},
    };
    if (app->options.analyse && app->options.alerting != NULL) {
        alerting_attach(app->options.alerting, app->file);
    }
    app->pipeline = pipeline_new(&(struct pipeline_options){.file = app->file,
                                                            .observations = app->rows,
                                                            .log = app->log,
                                                            .moved = on_moved,
                                                            .arrived = on_arrived,
                                                            .context = app});
    app->sync = sync_new(&options, now);
    if (app->sync == NULL) {
        log_write(app->log, LOG_BROKEN, "out of memory");
        abort();
    }
    if (app->options.analyse) {
        app->watch = watch_new(&(struct watch_options){.file = app->file,
                                                       .rows = app->rows,
                                                       .log = app->log,
                                                       .alerting = app->options.alerting,
                                                       .settings = app->settings});
    }
    struct tree *tree = headerfile_tree(app->file);
    app->progress_height = tree_get(tree, tree_best(tree)).height;
}

/* Opens or founds the store. base NULL: genesis. */
static bool open_store(struct app *app, const struct headerfile_base *base,
                       char message[APP_MESSAGE_SIZE])
{
    struct headerfile_opened *opened = mem_zeroed(1, sizeof *opened);
    app->file = headerfile_open(&(struct headerfile_options){.io = app->io,
                                                             .path = app->headers_path,
                                                             .params = app->settings->params,
                                                             .base = base,
                                                             .now = app_now(app).wall_ms / 1000},
                                opened);
    if (app->file == NULL) {
        snprintf(message, APP_MESSAGE_SIZE, "%.4600s", opened->message);
    } else if (opened->repaired) {
        log_write(app->log, LOG_UNUSUAL, "%s", opened->message);
    }
    free(opened);
    return app->file != NULL;
}

static void on_found(void *context, const uint8_t raw[HEADER_SIZE])
{
    struct app *app = context;
    memcpy(app->base.raw, raw, HEADER_SIZE);
    app->base_found = true;
}

static void start_fetch(struct app *app)
{
    const struct settings_anchor *anchor = &app->settings->anchor;
    app->base = (struct headerfile_base){
        .height = anchor->height, .work_known = anchor->work_known, .chainwork = anchor->chainwork};
    struct fetch_callbacks callbacks = {.context = app,
                                        .send = on_send,
                                        .disconnect = on_disconnect,
                                        .found = on_found,
                                        .random = on_random};
    app->fetch = fetch_new(app->settings->params, &anchor->hash, app->user_agent, &callbacks);
    if (app->fetch == NULL) {
        log_write(app->log, LOG_BROKEN, "out of memory");
        abort();
    }
    char hex[HASH256_HEX_SIZE];
    hash256_to_hex(hex, &anchor->hash);
    log_write(app->log, LOG_INFO, "asking peers for the anchor's header, height %" PRIu32 " %s",
              anchor->height, hex);
}

static bool store_exists(const struct app *app)
{
    int fd = app->io->open(app->io->context, app->headers_path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        app->io->close(app->io->context, fd);
    }
    return fd != -ENOENT;
}

static bool open_observations(struct app *app, char message[APP_MESSAGE_SIZE])
{
    if (app->options.paths.observations == NULL) {
        return true;
    }
    bool missing;
    char why[1024] = "";
    app->rows =
        observations_open(app->options.paths.observations, false, &missing, why, sizeof why);
    if (app->rows == NULL) {
        snprintf(message, APP_MESSAGE_SIZE, "%s", why);
    }
    return app->rows != NULL;
}

struct app *app_new(const struct app_options *options, char message[APP_MESSAGE_SIZE])
{
    struct app *app = mem_zeroed(1, sizeof *app);
    app->settings = options->settings;
    app->ports = options->ports;
    app->log = options->log;
    app->io = options->io;
    app->options = *options;
    app->headers_path = mem_text(options->paths.headers);
    snprintf(app->user_agent, sizeof app->user_agent, "/hashtide:%s/", PACKAGE_VERSION);
    struct instant now = app_now(app);
    app_report_start(app, now);

    bool fetch_base = app->settings->anchor.given && !store_exists(app);
    if (!open_observations(app, message) || (!fetch_base && !open_store(app, NULL, message))) {
        app_free(app);
        return NULL;
    }
    app->peers = peers_new(&(struct peers_options){.settings = app->settings,
                                                   .ports = app->ports,
                                                   .log = app->log,
                                                   .peers_path = options->paths.peers,
                                                   .anchors_path = options->paths.anchors,
                                                   .unwanted = on_unwanted,
                                                   .context = app},
                           now);
    if (fetch_base) {
        start_fetch(app);
    } else {
        start_sync(app, now);
    }
    return app;
}

void app_free(struct app *app)
{
    if (app != NULL) {
        sync_free(app->sync);
        fetch_free(app->fetch);
        pipeline_free(app->pipeline);
        watch_free(app->watch);
        observations_close(app->rows);
        headerfile_close(app->file);
        peers_free(app->peers);
        free(app->closing);
        free(app->tips);
        free(app->headers_path);
        free(app);
    }
}

/* ---- After each call ---------------------------------------------------- */

static void session_closed(struct app *app, uint64_t id, struct instant now)
{
    if (app->fetch != NULL) {
        fetch_peer_closed(app->fetch, id, now);
    } else {
        sync_peer_closed(app->sync, id, now);
    }
}

static bool worth_a_line(enum sync_disconnect reason)
{
    return reason == SYNC_DISCONNECT_MISBEHAVED || reason == SYNC_DISCONNECT_LOW_WORK;
}

/* Closes what sync wants closed. */
static void close_ended(struct app *app, struct instant now)
{
    while (app->closing_count > 0) {
        struct closing closing = app->closing[--app->closing_count];
        const struct peers_link *link = peers_find(app->peers, closing.id);
        char why[APP_DETAIL_SIZE + 64];
        snprintf(why, sizeof why, "%s%s%s", sync_disconnect_name(closing.reason),
                 closing.detail[0] == '\0' ? "" : ": ", closing.detail);
        if (link != NULL && worth_a_line(closing.reason)) {
            log_write(app->log, LOG_INFO, "peer %s disconnected: %s", link->name, why);
        }
        if (link != NULL && link->up) {
            session_closed(app, closing.id, now);
        }
        app->ports->close(app->ports->context, closing.id);
        app_forget_tip(app, closing.id);
        peers_gone(app->peers, closing.id, closing.reason, why, now);
    }
}

/* The base has come: found the store, and begin anew with each peer as a session of sync's. */
static void found_store(struct app *app, struct instant now)
{
    char message[APP_MESSAGE_SIZE];
    app->failed = !open_store(app, &app->base, message);
    if (app->failed) {
        app->found_retry_ms = now.mono_ms + FOUND_RETRY_MS;
        if (log_complain(&app->found_complaint, now.mono_ms)) {
            log_write(app->log, LOG_BROKEN, "%s; trying again every %d s", message,
                      FOUND_RETRY_MS / 1000);
        }
        return;
    }
    app->base_found = false;
    peers_each(app->peers, on_unwanted, app);
    close_ended(app, now);
    fetch_free(app->fetch);
    app->fetch = NULL;
    start_sync(app, now);
}

/*
 * The tree's index is made ready for what is to come, but only once peers have proved a good part
 * of it: what they claim costs us nothing. Ten minutes a block since the base are the most there
 * can be.
 */
static void expect_headers(struct app *app, struct instant now)
{
    struct tree *tree = headerfile_tree(app->file);
    if (app->expecting || tree_count(tree) < EXPECT_FROM) {
        return;
    }
    app->expecting = true;
    int64_t age_s = now.wall_ms / 1000 - (int64_t)tree_get(tree, 0).time;
    int64_t most = age_s / PARAMS_SPACING_SECONDS + age_s / PARAMS_SPACING_SECONDS / 8;
    int64_t target = (int64_t)sync_progress(app->sync).target_height - tree_base_height(tree);
    if (target > 0 && target < most && most < UINT32_MAX) {
        tree_expect(tree, (uint32_t)target + EXPECT_FROM);
    }
}

/* ---- What was set aside once -------------------------------------------- */

struct reattaching {
    struct app *app;
    struct instant now;
    size_t stored;
};

static bool on_aside(void *context, const uint8_t *records, size_t count)
{
    struct reattaching *reattaching = context;
    bool stopped;
    reattaching->stored +=
        pipeline_reattach(reattaching->app->pipeline, &stopped, records, count, reattaching->now);
    return !stopped;
}

/* Branches behind a hole in the header file: no peer sends them again, but now they connect. */
static void reattach(struct app *app, struct instant now)
{
    struct reattaching reattaching = {.app = app, .now = now};
    size_t files = aside_offer(app->io, app->headers_path, on_aside, &reattaching);
    app->aside_due = false;
    if (files > 0) {
        log_write(app->log, LOG_INFO, "%zu headers that had been set aside are back",
                  reattaching.stored);
    }
}

/* Before there is a store, rules look at the monitor's health alone. */
static int64_t wake_rules(struct app *app, struct instant now)
{
    struct alerting *alerting = app->options.alerting;
    if (alerting == NULL) {
        return INSTANT_NEVER;
    }
    struct alerting_moment rules = app_alerting_moment(app, now);
    alerting_moment(alerting, &rules);
    return alerting_wake(alerting, NULL);
}

/* The engine, and the rules behind it. */
static int64_t wake_watch(struct app *app, struct instant now)
{
    struct watch_moment moment = app_moment(app, now);
    struct alerting *alerting = app->options.alerting;
    if (alerting == NULL) {
        return watch_wake(app->watch, &moment);
    }
    struct alerting_moment rules = app_alerting_moment(app, now);
    alerting_moment(alerting, &rules);
    int64_t next = watch_wake(app->watch, &moment);
    bool held = !alerting_may_look(alerting);
    next = app_earlier(next, alerting_wake(alerting, watch_engine(app->watch)));
    /* Blocks that had to wait need not wait any longer. */
    return held && alerting_may_look(alerting) ? now.mono_ms : next;
}

/*
 * Headers, and the rules that look at them. Where rules look, they do so first: the outbox keeps
 * the headers with what they say until the header file has synced them (see alerting.h), so that an
 * alert waits for one sync and not for two, nor for anything else.
 */
static int64_t wake_chain(struct app *app, struct instant now)
{
    const struct alerting *alerting = app->watch == NULL ? NULL : app->options.alerting;
    bool first = alerting != NULL && alerting_cursor(alerting) != TREE_NONE &&
                 alerting_may_look(alerting) && pipeline_announce_early(app->pipeline, now);
    int64_t next = first ? wake_watch(app, now) : INSTANT_NEVER;
    next = app_earlier(next, pipeline_wake(app->pipeline, now));
    next = app_earlier(next, app_record_tips(app, now));
    if (app->watch != NULL && !first) {
        next = app_earlier(next, wake_watch(app, now));
    }
    return next;
}

/* Lets each part do what is due; returns when the next is. */
static int64_t wake_parts(struct app *app, struct instant now)
{
    int64_t next = app_earlier(peers_wake(app->peers, now), app->clock_check_ms);
    if (app->fetch != NULL) {
        next = app_earlier(next, fetch_wake(app->fetch, now));
        next = app_earlier(next, wake_rules(app, now));
        if (app->base_found) {
            next = app_earlier(next, app->found_retry_ms);
        }
    } else {
        if (pipeline_retry_due(app->pipeline, now)) {
            sync_restart(app->sync, now);
        }
        expect_headers(app, now);
        next = app_earlier(next, sync_wake(app->sync, now));
        next = app_earlier(next, wake_chain(app, now));
    }
    if (!app_is_synced(app)) {
        next = app_earlier(next, app_log_progress(app, now));
    }
    return next;
}

static void settle(struct app *app, struct instant now)
{
    int64_t next;
    do { /* what is due may end connections, and what ends may make something due */
        close_ended(app, now);
        if (app->base_found && now.mono_ms >= app->found_retry_ms) {
            found_store(app, now);
        }
        if (app->aside_due) {
            reattach(app, now);
        }
        next = wake_parts(app, now);
    } while (app->closing_count > 0);
    app->ports->wake_at(app->ports->context, next);
    if (app->options.settled != NULL) {
        app->options.settled(app->options.context);
    }
}

static struct instant begin(struct app *app)
{
    struct instant now = app_now(app);
    app_watch_clock(app, now);
    return now;
}

/* ---- What the ports report ---------------------------------------------- */

void app_connected(struct app *app, uint64_t id)
{
    struct instant now = begin(app);
    const struct peers_link *link = peers_connected(app->peers, id, now);
    if (link == NULL) {
        app->ports->close(app->ports->context, id);
    } else {
        bool begun = app->fetch != NULL
                         ? fetch_peer_connected(app->fetch, id, &link->address, now)
                         : sync_peer_connected(app->sync, id, &link->address, link->kind, now);
        if (!begun) {
            app->ports->close(app->ports->context, id);
            peers_gone(app->peers, id, SYNC_DISCONNECT_NONE, "memory is short", now);
        }
    }
    settle(app, now);
}

void app_bytes(struct app *app, uint64_t id, const uint8_t *bytes, size_t len)
{
    struct instant now = begin(app);
    if (app->fetch != NULL) {
        fetch_peer_bytes(app->fetch, id, bytes, len, now);
    } else {
        sync_peer_bytes(app->sync, id, bytes, len, now);
    }
    settle(app, now);
}

void app_closed(struct app *app, uint64_t id, const char *why)
{
    struct instant now = begin(app);
    const struct peers_link *link = peers_find(app->peers, id);
    if (link != NULL && link->up) {
        session_closed(app, id, now);
    }
    app_forget_tip(app, id);
    peers_gone(app->peers, id, SYNC_DISCONNECT_NONE, why, now);
    settle(app, now);
}

void app_resolved(struct app *app, uint64_t id, const struct netaddr *addresses, size_t count,
                  const char *why)
{
    struct instant now = begin(app);
    peers_resolved(app->peers, id, addresses, count, why, now);
    settle(app, now);
}

void app_wake(struct app *app)
{
    settle(app, begin(app));
}

/* ---- The owner ---------------------------------------------------------- */

/* Names of keys whose new value waits for a restart, for one line. */
static void say_unchangeable(struct app *app, const struct settings *fresh)
{
    const struct settings *old = app->settings;
    bool connect = (old->connect.count > 0) != (fresh->connect.count > 0);
    const struct {
        const char *key;
        bool changed;
    } keys[] = {
        {"network", old->params != fresh->params},
        {"datadir", strcmp(old->datadir, fresh->datadir) != 0},
        {"proxy", strcmp(old->proxy, fresh->proxy) != 0},
        {"minimumchainwork", memcmp(&old->minimum_chain_work, &fresh->minimum_chain_work,
                                    sizeof old->minimum_chain_work) != 0},
        {"anchor",
         old->anchor.given != fresh->anchor.given || old->anchor.height != fresh->anchor.height},
        {"connect (from some to none, or the other way round)", connect},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].changed) {
            log_write(app->log, LOG_UNUSUAL, "%s has changed; that takes effect at the next start",
                      keys[i].key);
        }
    }
}

void app_reconfigure(struct app *app, const struct settings *settings)
{
    struct instant now = begin(app);
    say_unchangeable(app, settings);
    if ((app->settings->connect.count > 0) == (settings->connect.count > 0)) {
        peers_reconfigure(app->peers, settings, now);
        if (app->sync != NULL) {
            sync_expect_manual(app->sync, peers_connect_count(app->peers));
        }
    }
    if (app->watch != NULL) {
        watch_reconfigure(app->watch, settings);
    }
    if (app->options.alerting != NULL) {
        alerting_reconfigure(app->options.alerting, settings);
    }
    settle(app, now);
}

bool app_drain(struct app *app)
{
    struct instant now = app_now(app);
    peers_save(app->peers, now);
    bool stored = app->pipeline == NULL || pipeline_drain(app->pipeline, now);
    if (app->watch != NULL) {
        watch_drain(app->watch);
    }
    if (app->options.alerting != NULL && !alerting_drain(app->options.alerting)) {
        return false;
    }
    if (!stored) {
        log_write(app->log, LOG_BROKEN, "not everything could be stored: %s",
                  pipeline_trouble(app->pipeline));
    }
    return stored;
}

bool app_is_synced(const struct app *app)
{
    return app->sync != NULL && sync_is_synced(app->sync);
}

struct sync_progress app_progress(const struct app *app)
{
    return app->sync == NULL ? (struct sync_progress){0} : sync_progress(app->sync);
}

const struct tally *app_tally(const struct app *app)
{
    static const struct tally none;
    return app->pipeline == NULL ? &none : pipeline_tally(app->pipeline);
}

struct tree *app_tree(struct app *app)
{
    return app->file == NULL ? NULL : headerfile_tree(app->file);
}

struct app_prospects app_prospects(const struct app *app)
{
    struct app_prospects out = {.only_manual = peers_only_manual(app->peers)};
    if (app->failed) {
        out.only_manual = true;
        out.manual = out.hopeless = 1;
        snprintf(out.why, sizeof out.why, "the store could not be founded");
        return out;
    }
    out.manual = peers_manual_count(app->peers);
    out.hopeless = peers_hopeless_count(app->peers, out.why, sizeof out.why);
    return out;
}
