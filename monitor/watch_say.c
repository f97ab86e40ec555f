// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * watch_say: the watch's lines in the log. They wait until the rows that they tell of are durable,
 * so that a line is never repeated after a loss of power.
 */
#include "config.h"

#include "chain/compact.h"
#include "monitor/watch_internal.h"
#include "monitor/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/** Point of an epoch at which the next retarget is said once more: half of it, about a week. */
#define HALF_EPOCH 1008
/** Of engine_milestones: the one at HALF_EPOCH. */
#define HALF_MILESTONE 4

void watch_say(struct watch *watch, enum log_level level, const char *format, ...)
{
    struct watch_line *line;
    va_list arguments;

    if (watch->line_count == WATCH_LINES)
        return;
    watch->write_now = true;
    line = &watch->lines[watch->line_count++];
    line->level = level;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof line->text, format, arguments);
    va_end(arguments);
}

/* What cannot be written at once is tried again by the pipeline, which also says so. */
void watch_publish(struct watch *watch)
{
    bool write_now = watch->write_now;

    watch->write_now = false;
    if (watch->line_count == 0)
        return;
    if (watch->rows != NULL && observations_pending(watch->rows) > 0 &&
        (!write_now || !observations_flush(watch->rows)))
        return;
    for (size_t i = 0; i < watch->line_count; i++)
        log_write(watch->log, watch->lines[i].level, "%s", watch->lines[i].text);
    watch->line_count = 0;
}

/* "12 hours ago" */
static void say_age(char *out, size_t size, const struct figures_change *change, int64_t now_ms)
{
    int64_t since = change->onset_time > 0 ? change->onset_time : change->alarm_time;

    words_span(out, size, (double)(now_ms / 1000 - since));
}

void watch_say_found(struct watch *watch, const struct figures_change *change, int64_t now_ms)
{
    char what[WATCH_LINE_SIZE / 2];
    char age[WORDS_SIZE];
    char luck[WORDS_SIZE];

    figures_say_change(what, sizeof what, change);
    say_age(age, sizeof age, change, now_ms);
    words_per_year(luck, sizeof luck, change->change.luck_per_year);
    watch_say(watch, LOG_UNUSUAL, "hash rate has %s, %s ago; luck alone goes this far %s", what,
              age, luck);
}

void watch_say_over(struct watch *watch, const struct figures_change *change, int64_t now_ms)
{
    char what[WATCH_LINE_SIZE / 2];
    char age[WORDS_SIZE];

    figures_say_change(what, sizeof what, change);
    say_age(age, sizeof age, change, now_ms);
    watch_say(watch, LOG_INFO, "hash rate: the silence is over; it had %s, %s ago", what, age);
}

/* "the last: ..." of what was found while catching up. */
static void say_last(struct watch *watch, int64_t now_ms, size_t falls, size_t rises)
{
    struct figures_change last =
        figures_change_at(watch->engine, engine_change_count(watch->engine) - 1);
    char what[WATCH_LINE_SIZE / 2];
    char age[WORDS_SIZE];

    figures_say_change(what, sizeof what, &last);
    say_age(age, sizeof age, &last, now_ms);
    watch_say(
        watch, LOG_INFO,
        "hash rate: %zu %s and %zu %s found in the blocks so far; the last time it had %s, %s "
        "ago",
        falls, falls == 1 ? "fall" : "falls", rises, rises == 1 ? "rise" : "rises", what, age);
}

/* Where difficulty is going, if it goes anywhere. */
static void say_forecast(struct watch *watch, int64_t now_ms)
{
    struct engine_forecast forecast;
    char height[WORDS_SIZE];
    char when[WORDS_SIZE];
    char what[2 * WORDS_SIZE];

    if (figures_no_forecast(watch->params) != NULL)
        return;
    forecast = engine_forecast(watch->engine, now_ms);
    if (forecast.status != ENGINE_OK)
        return;
    words_count(height, sizeof height, forecast.height);
    words_duration(when, sizeof when, forecast.seconds);
    figures_say_forecast(what, sizeof what, &forecast);
    watch_say(watch, LOG_INFO, "next retarget at block %s in about %s: difficulty %s", height, when,
              what);
}

void watch_say_summary(struct watch *watch, const struct watch_moment *moment, size_t falls,
                       size_t rises)
{
    struct engine_hashrate hashrate = engine_hashrate(watch->engine, ENGINE_AT_TIP);
    char rate[WATCH_LINE_SIZE / 2];

    if (hashrate.status == ENGINE_OK) {
        words_hashrate(rate, sizeof rate, hashrate.estimate.ehs, hashrate.estimate.lo95,
                       hashrate.estimate.hi95);
        watch_say(watch, LOG_INFO, "hash rate: %s", rate);
    }
    if (falls + rises > 0)
        say_last(watch, moment->now.wall_ms, falls, rises);
}

/* The retarget that block height brought, and what had been said of it a week before. */
static void say_retarget(struct watch *watch, uint32_t height)
{
    uint32_t before_bits = engine_block_at(watch->engine, height - 1).bits;
    uint32_t bits = engine_block_at(watch->engine, height).bits;
    double ratio = compact_expected_hashes(bits) / compact_expected_hashes(before_bits);
    size_t count = engine_scored_count(watch->engine);
    struct engine_scored scored;
    char at[WORDS_SIZE];
    char change[WORDS_SIZE];
    char low[WORDS_SIZE];
    char high[WORDS_SIZE];

    words_count(at, sizeof at, height);
    words_change(change, sizeof change, ratio);
    if (count > 0 && engine_scored(&scored, watch->engine, count - 1, HALF_MILESTONE) &&
        scored.epoch + PARAMS_RETARGET_BLOCKS == height) {
        words_change(low, sizeof low, scored.lo95);
        words_change(high, sizeof high, scored.hi95);
        watch_say(
            watch, LOG_INFO,
            "retarget at block %s: difficulty %s; half an epoch before, between %s and %s was "
            "forecast",
            at, change, low, high);
        return;
    }
    watch_say(watch, LOG_INFO, "retarget at block %s: difficulty %s", at, change);
}

/* Once an epoch is often enough: it moves slowly. */
static void say_volatility(struct watch *watch)
{
    struct engine_volatility volatility = engine_volatility(watch->engine);
    char sd[WORDS_SIZE];
    char low[WORDS_SIZE];
    char high[WORDS_SIZE];

    if (volatility.status != ENGINE_OK || !isfinite(volatility.hi95))
        return;
    words_percent(sd, sizeof sd, volatility.daily_sd);
    words_percent(low, sizeof low, volatility.lo95);
    if (volatility.hi95 >= volatility_grid_sd(VOLATILITY_GRID - 1)) { /* it is not known */
        watch_say(watch, LOG_INFO, "volatility net of luck: 95 %% sure at least %s a day", low);
        return;
    }
    words_percent(high, sizeof high, volatility.hi95);
    watch_say(watch, LOG_INFO, "volatility net of luck: %s a day, 95 %% sure between %s and %s", sd,
              low, high);
}

void watch_say_epoch(struct watch *watch, const struct watch_moment *moment, uint32_t first)
{
    uint32_t tip = engine_tip(watch->engine);
    bool forecasts = false;

    if (watch->params->no_retarget)
        return;
    if (first <= engine_first(watch->engine))
        first = engine_first(watch->engine) + 1;
    for (uint32_t height = first; height <= tip; height++) {
        uint32_t done = height % PARAMS_RETARGET_BLOCKS;

        if (done == 0) {
            say_retarget(watch, height);
            say_volatility(watch);
        }
        forecasts = forecasts || done == HALF_EPOCH;
    }
    if (forecasts)
        say_forecast(watch, moment->now.wall_ms);
}
