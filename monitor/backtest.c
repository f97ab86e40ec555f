// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest: see backtest.h.
 */
#include "config.h"

#include "monitor/backtest.h"

#include "alerts/board.h"
#include "alerts/observe.h"
#include "chain/params.h"
#include "chain/tree.h"

#include <assert.h>

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS ((int64_t)60 * MINUTE_MS)
#define DAY_MS ((int64_t)24 * HOUR_MS)
/** Silences longer than these are looked at less often. */
#define LONG_MS DAY_MS
#define VERY_LONG_MS ((int64_t)30 * DAY_MS)
/** Blocks between two calls of pace(): some milliseconds. */
#define PACE_BLOCKS 64

int64_t backtest_next_tick(int64_t block_ms, int64_t now_ms)
{
    int64_t silence = now_ms - block_ms;

    if (silence < LONG_MS)
        return now_ms + MINUTE_MS;
    return now_ms + (silence < VERY_LONG_MS ? HOUR_MS : DAY_MS);
}

/** Silence between two forecasts of the retarget: most of what a tick costs, and moves slowly. */
#define FORECAST_MS ((int64_t)10 * MINUTE_MS)

/** The figures that time alone changes. All of one fall belong together: see observe.c. */
static const enum metric_id by_time[] = {
    METRIC_HASHRATE_NOW_EHS,      METRIC_HASHRATE_FALL_STANDING, METRIC_HASHRATE_FALL_CONFIDENCE,
    METRIC_HASHRATE_FALL_SIZE,    METRIC_HASHRATE_FALL_DEPTH,    METRIC_HASHRATE_FALL_LUCK_PER_YEAR,
    METRIC_INTERVAL_SINCE_LAST_S, METRIC_INTERVAL_SILENCE_P,
};

struct walk {
    const struct backtest_setup *setup;
    struct tree *tree;
    struct engine *engine;
    struct board *board;
    struct metrics metrics;       /* the snapshot */
    struct observe_wanted wanted; /* at a block */
    struct observe_wanted ticked; /* at a tick */
    struct observe_wanted slow;   /* at one with a forecast */
    int64_t now_ms;
    bool hashed;     /* metrics.hash is of the tip: it is read when a message wants it */
    bool unreadable; /* it could not be */
    backtest_message_fn message;
    void *context;
};

static struct observe_wanted only_by_time(const struct observe_wanted *all)
{
    struct observe_wanted wanted = {{false}};

    for (size_t i = 0; i < sizeof by_time / sizeof by_time[0]; i++)
        wanted.metric[by_time[i]] = all->metric[by_time[i]];
    return wanted;
}

static void hand_on(void *context, const struct rule *rule,
                    const struct alert_transition *transition)
{
    struct walk *walk = context;

    if (!walk->hashed && !walk->unreadable) {
        uint32_t index = tree_best_at(walk->tree, walk->metrics.height);

        walk->hashed = tree_hash(walk->tree, &walk->metrics.hash, index);
        walk->unreadable = !walk->hashed;
    }
    if (!walk->unreadable)
        walk->message(walk->context, rule, transition, &walk->metrics);
}

/* The rules look at what is now. */
static void look(struct walk *walk, const struct observe_wanted *wanted)
{
    struct observe_moment moment = {
        .now_ms = walk->now_ms,
        .listening = true,
        .retargets = !tree_params(walk->tree)->no_retarget,
    };

    walk->metrics.wall_ms = walk->now_ms;
    walk->metrics.steady_ms = walk->now_ms;
    observe_chain(&walk->metrics, walk->engine, wanted, &moment);
    (void)board_step(walk->board, BOARD_ALL, &walk->metrics, hand_on, walk);
}

/* The clock when a block has come. */
static int64_t time_of(const struct walk *walk, const struct engine_block *block)
{
    int64_t time = block->arrival_ms != ENGINE_NO_ARRIVAL ? block->arrival_ms : block->time_ms;

    return time > walk->now_ms ? time : walk->now_ms;
}

/* Lets time pass up to the next block. */
static void tick_until(struct walk *walk, int64_t end_ms)
{
    int64_t block_ms = walk->now_ms;
    int64_t next = backtest_next_tick(block_ms, block_ms);
    int64_t forecast_ms = block_ms + FORECAST_MS;

    while (next < end_ms) {
        bool slow = next >= forecast_ms;

        walk->now_ms = next;
        look(walk, slow ? &walk->slow : &walk->ticked);
        if (slow)
            forecast_ms = next + FORECAST_MS;
        next = backtest_next_tick(block_ms, next);
    }
    walk->now_ms = end_ms;
}

/* Blocks before the range: for the engine and the clock alone. */
static bool connect_before(void *context, const struct engine_block *block)
{
    struct walk *walk = context;

    walk->now_ms = time_of(walk, block);
    return true;
}

static enum backtest_status step(struct walk *walk, uint32_t height)
{
    struct engine_block block = replay_block(walk->tree, walk->setup->arrivals, height);
    int64_t time_ms = time_of(walk, &block);

    if (height > walk->setup->from)
        tick_until(walk, time_ms);
    walk->now_ms = time_ms;
    if (!engine_connect(walk->engine, &block))
        return BACKTEST_NO_MEMORY;
    walk->metrics.height = height;
    walk->hashed = false;
    look(walk, &walk->wanted);
    return walk->unreadable ? BACKTEST_UNREADABLE : BACKTEST_DONE;
}

static enum backtest_status go(struct walk *walk, struct backtest_span *span, backtest_pace_fn pace)
{
    const struct backtest_setup *setup = walk->setup;
    enum backtest_status status = BACKTEST_DONE;

    if (setup->from > tree_base_height(walk->tree) &&
        !replay_connect(walk->engine, walk->tree, setup->arrivals, setup->from - 1, connect_before,
                        walk))
        return BACKTEST_NO_MEMORY;
    for (uint64_t height = setup->from; height <= setup->to; height++) {
        if ((height - setup->from) % PACE_BLOCKS == 0 && !pace(walk->context, (uint32_t)height))
            return BACKTEST_STOPPED;
        status = step(walk, (uint32_t)height);
        if (status != BACKTEST_DONE)
            return status;
        if (height == setup->from)
            span->begin_ms = walk->now_ms;
        span->end_ms = walk->now_ms;
    }
    return status;
}

enum backtest_status backtest_run(struct backtest_span *span, const struct backtest_setup *setup,
                                  backtest_message_fn message, backtest_pace_fn pace, void *context)
{
    enum backtest_status status = BACKTEST_NO_MEMORY;
    struct walk walk = {
        .setup = setup,
        .tree = headerfile_tree(setup->file),
        .metrics = {.uptime_ms = METRICS_NO_START, .synced = true, .has_tip = true},
        .wanted = observe_wanted(setup->rules),
        .now_ms = INT64_MIN,
        .message = message,
        .context = context,
    };

    assert(setup->from <= setup->to);
    *span = (struct backtest_span){0};
    walk.ticked = only_by_time(&walk.wanted);
    walk.slow = walk.ticked;
    for (int i = METRIC_DIFFICULTY_NEXT_CHANGE; i <= METRIC_DIFFICULTY_NEXT_IN_S; i++)
        walk.slow.metric[i] = walk.wanted.metric[i];
    walk.engine = replay_new(setup->options, setup->file);
    walk.board = board_new(setup->rules);
    if (walk.engine != NULL && walk.board != NULL)
        status = go(&walk, span, pace);
    board_free(walk.board);
    engine_free(walk.engine);
    return status;
}
