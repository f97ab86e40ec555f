// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * watch: see watch.h. This part feeds the engine.
 *
 * While the monitor catches up the engine follows in slices, so that peers and the store are served
 * in between. It follows the chain that it was told of, which is durable or about to be (see
 * pipeline.h), never the tree's best tip, which may be ahead of it.
 */
#include "config.h"

#include "monitor/watch.h"

#include "monitor/analysis.h"
#include "monitor/mem.h"
#include "monitor/watch_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/** Blocks to a slice: some milliseconds. */
#define SLICE_BLOCKS 4096
/** Of those that are shown to the rules, which takes longer, so many. */
#define SLICE_SHOWN 32
/** Slices of what the engine has to refresh, to one wake. */
#define SLICE_WORK 64
/** So far below the tip a block's arrival is looked up, if it is not a recent one. */
#define LOOK_UP_DEPTH 144
/** Figures so far below the best header are of another time: a day. */
#define STALE_BLOCKS 144
/** A silence is judged this often, in ms. */
#define LISTEN_MS 60000

static _Noreturn void no_memory(struct watch *watch)
{
    log_write(watch->log, LOG_BROKEN, "out of memory");
    abort();
}

/* ---- Beginning ---------------------------------------------------------- */

static void load_arrivals(struct watch *watch)
{
    if (!replay_arrivals_load(&watch->arrivals, watch->rows, headerfile_tree(watch->file)))
        log_write(watch->log, LOG_UNUSUAL, "%s; arrival times of earlier blocks are not used",
                  observations_error(watch->rows));
    watch->arrivals_loaded = true;
}

/* An empty engine, and all arrivals that were recorded. */
static void start(struct watch *watch)
{
    watch->engine = replay_new(&watch->options, watch->file);
    if (watch->engine == NULL)
        no_memory(watch);
    load_arrivals(watch);
    watch->looked = false;
    watch->moved = true;
    watch->live = false;
}

static struct engine_options read_options(const struct watch *watch,
                                          const struct settings *settings)
{
    char *message = mem_zeroed(1, ANALYSIS_MESSAGE_SIZE);
    struct engine_options options = analysis_options(settings, message);

    if (message[0] != '\0')
        log_write(watch->log, LOG_UNUSUAL, "%s", message);
    free(message);
    return options;
}

struct watch *watch_new(const struct watch_options *options)
{
    struct watch *watch = mem_zeroed(1, sizeof *watch);
    struct tree *tree = headerfile_tree(options->file);

    watch->file = options->file;
    watch->rows = options->rows;
    watch->log = options->log;
    watch->alerting = options->alerting;
    watch->params = tree_params(tree);
    watch->options = read_options(watch, options->settings);
    watch->target = tree_best(tree);
    watch->silent_said = TREE_NONE;
    watch_load_known(watch);
    start(watch);
    return watch;
}

void watch_free(struct watch *watch)
{
    if (watch != NULL) {
        engine_free(watch->engine);
        replay_arrivals_free(&watch->arrivals);
        free(watch->known);
        free(watch);
    }
}

void watch_reconfigure(struct watch *watch, const struct settings *settings)
{
    struct engine_options fresh = read_options(watch, settings);

    if (analysis_same(&fresh, &watch->options))
        return;
    log_write(watch->log, LOG_INFO,
              "change detection is set anew: looking through %zu blocks again",
              engine_count(watch->engine));
    watch->options = fresh;
    engine_free(watch->engine);
    replay_arrivals_free(&watch->arrivals);
    start(watch);
}

/* ---- What comes --------------------------------------------------------- */

static bool behind(const struct watch *watch)
{
    return engine_count(watch->engine) == 0 ||
           engine_tip(watch->engine) < watch_height(watch, watch->target);
}

void watch_moved(struct watch *watch, const struct reorg *reorg, bool live)
{
    watch->live = live && (watch->live || !watch->moved);
    watch->moved = true;
    watch->target = reorg->new_tip;
    if (reorg->disconnected == 0)
        return;
    watch->disconnected = true;
    if (watch->alerting != NULL)
        alerting_moved(watch->alerting, reorg);
    if (watch->arrivals_loaded) { /* what was loaded is of the chain that was best then */
        replay_arrivals_free(&watch->arrivals);
        load_arrivals(watch);
    }
    if (engine_count(watch->engine) > 0 && engine_tip(watch->engine) > reorg->fork_height)
        engine_disconnect(watch->engine, reorg->fork_height);
    if (watch->seen > reorg->fork_height)
        watch->seen = reorg->fork_height;
}

static bool recent_arrival(const struct watch *watch, int64_t *wall_ms, uint32_t index)
{
    size_t count = watch->recent_full ? WATCH_RECENT : watch->recent_next;

    for (size_t i = 0; i < count; i++) {
        if (watch->recent[i].index == index) {
            *wall_ms = watch->recent[i].wall_ms;
            return true;
        }
    }
    return false;
}

void watch_arrived(struct watch *watch, uint32_t index, int64_t wall_ms)
{
    struct tree *tree = headerfile_tree(watch->file);
    uint32_t height = tree_get(tree, index).height;
    int64_t before;

    if (recent_arrival(watch, &before, index))
        return;
    watch->recent[watch->recent_next].index = index;
    watch->recent[watch->recent_next].wall_ms = wall_ms;
    watch->recent_next = (watch->recent_next + 1) % WATCH_RECENT;
    watch->recent_full = watch->recent_full || watch->recent_next == 0;
    if (engine_count(watch->engine) > 0 && height >= engine_first(watch->engine) &&
        height <= engine_tip(watch->engine) &&
        tree_ancestor(tree, watch->target, height) == index &&
        !engine_arrived(watch->engine, height, wall_ms))
        no_memory(watch);
}

/* When a block about to be connected was announced, if it was. */
static int64_t arrival_of(struct watch *watch, const struct tree_node *node, uint32_t tip_height)
{
    struct hash256 hash;
    int64_t wall_ms = replay_arrival_at(&watch->arrivals, node->height);

    if (wall_ms != ENGINE_NO_ARRIVAL || recent_arrival(watch, &wall_ms, node->index))
        return wall_ms;
    if (!watch->arrivals_loaded && watch->rows != NULL &&
        node->height + LOOK_UP_DEPTH > tip_height &&
        tree_hash(headerfile_tree(watch->file), &hash, node->index) &&
        observations_first_seen(watch->rows, &wall_ms, NULL, 0, &hash))
        return wall_ms;
    return ENGINE_NO_ARRIVAL;
}

static uint32_t cursor_of_rules(const struct watch *watch)
{
    return watch->alerting == NULL ? TREE_NONE : alerting_cursor(watch->alerting);
}

/* Whether a block of the way to the target is one that the rules have not looked at: it is behind
 * their cursor, or on a branch that has left it. */
static bool is_behind_cursor(const struct watch *watch, uint32_t index)
{
    uint32_t cursor = cursor_of_rules(watch);

    return cursor != TREE_NONE &&
           tree_ancestor(headerfile_tree(watch->file), cursor, watch_height(watch, index)) != index;
}

/* Shows it to the rules: of a branch that became the best, the blocks from the one on that made it
 * longer than what was the best before. */
static void show(struct watch *watch, uint32_t index)
{
    uint32_t before = watch_height(watch, alerting_cursor(watch->alerting));

    if (index == watch->target || watch_height(watch, index) > before)
        alerting_look(watch->alerting, watch->engine, index, index == watch->target);
}

/* Connects so many blocks at most towards the target. False: what comes next has to wait. */
static bool feed(struct watch *watch, uint32_t most)
{
    struct tree *tree = headerfile_tree(watch->file);
    uint32_t to = watch_height(watch, watch->target);
    unsigned shown = 0;

    for (uint32_t i = 0; i < most && shown < SLICE_SHOWN && behind(watch); i++) {
        uint32_t height = engine_count(watch->engine) == 0 ? tree_base_height(tree)
                                                           : engine_tip(watch->engine) + 1;
        struct tree_node node = tree_get(tree, tree_ancestor(tree, watch->target, height));
        struct engine_block block = {.height = height,
                                     .bits = node.bits,
                                     .time_ms = (int64_t)node.time * 1000,
                                     .arrival_ms = arrival_of(watch, &node, to)};
        bool unseen = is_behind_cursor(watch, node.index);

        if (unseen && !alerting_may_look(watch->alerting))
            return false;
        if (!engine_connect(watch->engine, &block))
            no_memory(watch);
        if (unseen) {
            show(watch, node.index);
            shown++;
        }
    }
    if (!behind(watch)) {
        replay_arrivals_free(&watch->arrivals);
        watch->arrivals_loaded = false;
    }
    return true;
}

/* True if there is more to refresh. */
static bool refresh(struct watch *watch)
{
    bool more = true;

    for (int i = 0; more && i < SLICE_WORK; i++)
        more = engine_work(watch->engine);
    return more;
}

int64_t watch_wake(struct watch *watch, const struct watch_moment *moment)
{
    int64_t now_ms = moment->now.mono_ms;

    if (behind(watch)) {
        uint32_t cursor = cursor_of_rules(watch);
        bool fed = feed(watch, SLICE_BLOCKS);

        if (behind(watch))
            return fed ? now_ms : INSTANT_NEVER;
        /* What the rules have said is on its way; whoever takes it may need our processor. */
        if (cursor != cursor_of_rules(watch))
            return now_ms;
    }
    if (!moment->synced)
        return INSTANT_NEVER;
    if (watch->moved && refresh(watch))
        return now_ms;
    if (watch->moved)
        watch_look(watch, moment);
    if (moment->listening && now_ms >= watch->listen_ms) {
        watch->listen_ms = now_ms + LISTEN_MS;
        watch_listen(watch, moment);
    }
    watch_publish(watch);
    return watch->listen_ms > now_ms ? watch->listen_ms : now_ms + LISTEN_MS;
}

void watch_drain(struct watch *watch)
{
    watch_publish(watch);
}

void watch_figures(struct watch *watch, struct figures *out, const struct watch_moment *moment)
{
    struct tree *tree = headerfile_tree(watch->file);
    uint32_t best = tree_get(tree, tree_best(tree)).height;
    struct figures_question question = {.params = watch->params,
                                        .options = &watch->options,
                                        .now_ms = moment->now.wall_ms,
                                        .live = moment->synced && moment->listening};

    /* Blocks that wait to be looked at are no reason to say nothing of those before them. */
    if (engine_count(watch->engine) == 0 || engine_tip(watch->engine) + STALE_BLOCKS < best) {
        figures_none(out, "the headers are still being read");
        return;
    }
    figures_ask(out, watch->engine, &question);
}

size_t watch_memory(const struct watch *watch)
{
    return engine_memory(watch->engine);
}

struct engine *watch_engine(struct watch *watch)
{
    return behind(watch) ? NULL : watch->engine;
}
