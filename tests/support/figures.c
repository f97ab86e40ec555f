// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * figures: see figures.h.
 */
#include "config.h"

#include "tests/support/figures.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/** Of changes and scored epochs, so many of the last. */
#define LAST_CHANGES 3
#define LAST_EPOCHS 1
/** What rounding may do to an order. */
#define SLACK 1e-9

static void put(struct figures *figures, const char *name, double value)
{
    assert(figures->count < FIGURES_MAX);
    figures->name[figures->count] = name;
    figures->value[figures->count++] = value;
}

/* A figure and its interval. */
static void put_three(struct figures *figures, const char *name, double lo, double value, double hi)
{
    put(figures, name, value);
    put(figures, name, lo);
    put(figures, name, hi);
    /* A figure that is not finite shows what is wrong. */
    if (!(lo <= value + SLACK * fabs(value) && value <= hi + SLACK * fabs(hi)))
        put(figures, name, NAN);
}

static void put_chance(struct figures *figures, const char *name, double value)
{
    put(figures, name, value >= 0.0 && value <= 1.0 ? value : NAN);
}

static void ask_rates(struct figures *figures, struct engine *engine, int64_t now_ms)
{
    static const uint32_t windows[] = {0, 1, 2, 6, 144, 2016, 5000, UINT32_MAX};
    struct engine_hashrate rate = engine_hashrate(engine, now_ms);

    put(figures, "hashrate status", rate.status);
    put_three(figures, "hashrate", rate.estimate.lo95, rate.estimate.ehs, rate.estimate.hi95);
    put(figures, "hashrate memory", rate.estimate.memory);
    put(figures, "hashrate variance", rate.estimate.variance);
    put(figures, "widened", rate.widened ? rate.alarm_height : 0.0);
    put(figures, "drift", rate.drift);
    put(figures, "silence", rate.silence_s);
    put_chance(figures, "silence p", rate.silence_p);
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct window_estimate window = engine_window(engine, windows[i]);

        put(figures, "window status", window.status);
        put_three(figures, "window", window.lo95, window.ehs, window.hi95);
        put(figures, "window blocks", window.blocks);
        put(figures, "window span", window.span_s);
        put(figures, "core", engine_core_hashps(engine, windows[i]));
    }
}

static void put_moments(struct figures *figures, const struct volatility_moments *moments)
{
    put(figures, "change sd", moments->change_sd);
    put(figures, "luck sd", moments->luck_sd);
    put(figures, "net sd", moments->net_sd);
    put(figures, "correlation", moments->correlation);
    put(figures, "moments' daily sd", moments->daily_sd);
}

static void ask_volatility(struct figures *figures, struct engine *engine)
{
    struct engine_volatility volatility = engine_volatility(engine);

    put(figures, "volatility status", volatility.status);
    put(figures, "volatility height", volatility.height);
    put(figures, "volatility blocks", volatility.blocks);
    put_three(figures, "volatility", volatility.lo95, volatility.daily_sd, volatility.hi95);
    put_moments(figures, &volatility.batch);
    put(figures, "epochs' status", volatility.epoch_status);
    put(figures, "epochs", volatility.epochs);
    put_moments(figures, &volatility.epoch);
    put(figures, "transient", volatility.reversing.parts.transient_sd);
    put(figures, "walk", volatility.reversing.parts.daily_sd);
    put(figures, "gain", volatility.reversing.gain);
}

static void ask_changes(struct figures *figures, struct engine *engine, int64_t now_ms)
{
    size_t count = engine_change_count(engine);
    struct change_verdict silent = engine_silent_alarm(engine, now_ms);

    put(figures, "changes", (double)count);
    put(figures, "silent alarm", silent.alarm ? 1.0 : 0.0);
    put(figures, "silent excess", silent.excess);
    for (size_t i = count > LAST_CHANGES ? count - LAST_CHANGES : 0; i < count; i++) {
        struct engine_change change = engine_change(engine, i);
        struct engine_extent extent = engine_extent(engine, i);

        put(figures, "direction", change.direction);
        put(figures, "alarm", change.alarm);
        put(figures, "excess", change.verdict.excess);
        put(figures, "luck", change.luck_per_year);
        put(figures, "extent status", extent.status);
        put(figures, "onset", extent.extent.onset);
        put_three(figures, "onset's interval", engine_first(engine), extent.extent.onset_lo,
                  extent.extent.onset_hi);
        put_three(figures, "size", extent.extent.log_size_lo, extent.extent.log_size,
                  extent.extent.log_size_hi);
        put_chance(figures, "confidence", extent.confidence);
        put_chance(figures, "recovered", extent.recovered);
        put(figures, "recovered height", extent.recovered_height);
    }
}

static void ask_forecast(struct figures *figures, struct engine *engine, int64_t now_ms)
{
    struct engine_forecast forecast = engine_forecast(engine, now_ms);

    put(figures, "forecast status", forecast.status);
    put(figures, "forecast height", forecast.height);
    put(figures, "to come", forecast.to_come);
    put_three(figures, "ratio", forecast.ratio_lo95, forecast.ratio, forecast.ratio_hi95);
    put_three(figures, "difficulty", forecast.difficulty_lo95, forecast.difficulty,
              forecast.difficulty_hi95);
    put_three(figures, "seconds", forecast.seconds_lo95, forecast.seconds, forecast.seconds_hi95);
    put(figures, "linear", forecast.linear);
    put(figures, "mempool", forecast.mempool);
}

static void ask_scores(struct figures *figures, struct engine *engine)
{
    size_t count = engine_scored_count(engine);
    struct engine_scored scored;

    put(figures, "scored", (double)count);
    for (size_t i = count > LAST_EPOCHS ? count - LAST_EPOCHS : 0; i < count; i++) {
        for (size_t k = 0; engine_scored(&scored, engine, i, k); k++) {
            put(figures, "epoch", scored.epoch);
            put_three(figures, "scored ratio", scored.lo95, scored.ratio, scored.hi95);
            put(figures, "actual", scored.actual);
            put(figures, "crps", scored.crps);
            put(figures, "linear", scored.linear);
            put(figures, "mempool", scored.mempool);
        }
    }
}

static void ask_intervals(struct figures *figures, struct engine *engine)
{
    struct engine_intervals intervals = engine_intervals(engine, 1008);

    put(figures, "intervals' status", intervals.status);
    put(figures, "intervals", (double)intervals.test.count);
    put(figures, "statistic", intervals.test.statistic);
    put_chance(figures, "exponential p", intervals.test.p);
    put(figures, "longest", intervals.longest_s);
    put(figures, "longest height", intervals.longest_height);
    put_chance(figures, "longest p", intervals.longest_p);
    put_chance(figures, "negative share", intervals.negative_share);
}

void figures_ask(struct figures *figures, struct engine *engine, int64_t now_ms)
{
    figures->count = 0;
    ask_rates(figures, engine, now_ms);
    ask_volatility(figures, engine);
    ask_changes(figures, engine, now_ms);
    ask_forecast(figures, engine, now_ms);
    ask_scores(figures, engine);
    ask_intervals(figures, engine);
}

const char *figures_fault(struct engine *engine, int64_t now_ms)
{
    struct figures figures;

    figures_ask(&figures, engine, now_ms);
    for (size_t i = 0; i < figures.count; i++)
        if (!isfinite(figures.value[i]))
            return figures.name[i];
    return NULL;
}

const char *figures_difference(struct engine *a, struct engine *b, int64_t now_ms)
{
    struct figures of_a;
    struct figures of_b;

    figures_ask(&of_a, a, now_ms);
    figures_ask(&of_b, b, now_ms);
    if (of_a.count != of_b.count)
        return "number of figures";
    for (size_t i = 0; i < of_a.count; i++)
        if (memcmp(&of_a.value[i], &of_b.value[i], sizeof of_a.value[i]) != 0)
            return of_a.name[i];
    return NULL;
}
