// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * observe: see observe.h.
 */
#include "config.h"

#include "alerts/observe.h"

#include "alerts/template.h"
#include "chain/compact.h"
#include "chain/params.h"

#include <math.h>

/** Of a 95 % interval of a normal. */
#define Z95 1.959964

/** What the functions below pass on. */
struct observing {
    struct metrics *metrics;
    struct engine *engine;
    const struct observe_wanted *wanted;
    const struct observe_moment *moment;
};

struct observe_wanted observe_wanted(const struct ruleset *set)
{
    struct observe_wanted wanted = {{false}};

    for (size_t i = 0; i < set->count; i++) {
        const struct rule *rule = &set->rules[i];

        if (!rule->enabled)
            continue;
        wanted.metric[rule->metric] = true;
        template_metrics(wanted.metric, rule->text);
    }
    return wanted;
}

static bool wants(const struct observing *observing, enum metric_id id)
{
    return id != METRIC_COUNT && observing->wanted->metric[id];
}

static void put(const struct observing *observing, enum metric_id id, double value)
{
    if (wants(observing, id))
        metrics_set(observing->metrics, id, value);
}

static void forget(const struct observing *observing, enum metric_id id)
{
    put(observing, id, (double)NAN);
}

/* ---- Hash rate ---------------------------------------------------------- */

static struct engine_hashrate hashrate_now(const struct observing *observing)
{
    const struct observe_moment *moment = observing->moment;

    return engine_hashrate(observing->engine, moment->listening ? moment->now_ms : ENGINE_AT_TIP);
}

static void observe_now(const struct observing *observing)
{
    const struct observe_moment *moment = observing->moment;
    struct engine_hashrate now = hashrate_now(observing);
    uint32_t tip = engine_tip(observing->engine);
    uint32_t first = engine_first(observing->engine);
    bool known = now.status == ENGINE_OK;
    double memory = fmin(ceil(now.estimate.memory), (double)(tip - first));

    forget(observing, METRIC_HASHRATE_NOW_EHS);
    if (known && wants(observing, METRIC_HASHRATE_NOW_EHS))
        metrics_set_estimate(observing->metrics, METRIC_HASHRATE_NOW_EHS, now.estimate.ehs,
                             now.estimate.lo95, now.estimate.hi95, tip - (uint32_t)memory, tip);
    if (known && moment->listening) {
        put(observing, METRIC_INTERVAL_SINCE_LAST_S, now.silence_s);
        put(observing, METRIC_INTERVAL_SILENCE_P, now.silence_p);
    } else {
        forget(observing, METRIC_INTERVAL_SINCE_LAST_S);
        forget(observing, METRIC_INTERVAL_SILENCE_P);
    }
}

static void observe_window(const struct observing *observing, enum metric_id id, uint32_t blocks)
{
    struct window_estimate window;

    if (!wants(observing, id))
        return;
    window = engine_window(observing->engine, blocks);
    forget(observing, id);
    if (window.status == WINDOW_OK && window.blocks == blocks)
        metrics_set_estimate(observing->metrics, id, window.ehs, window.lo95, window.hi95,
                             window.from_height, window.to_height);
}

/* Seconds per exahash that the blocks behind one height, up to another, took, all of one
 * difficulty. Stamps are noisy, and stretches of some days do not mind. */
static double stretch(const struct engine *engine, uint32_t from, uint32_t to)
{
    struct engine_block first = engine_block_at(engine, from);
    struct engine_block last = engine_block_at(engine, to);
    double work_eh = interval_work_eh(last.bits);

    return (double)(last.time_ms - first.time_ms) / 1000.0 / work_eh;
}

/* Mean hash rate of the epoch that begins at a height, in EH/s; 0 where time did not advance. */
static double epoch_rate(const struct engine *engine, uint32_t begin)
{
    double sum = stretch(engine, begin, begin + PARAMS_RETARGET_BLOCKS - 1);

    return sum > 0 ? (PARAMS_RETARGET_BLOCKS - 2) / sum : 0;
}

/* Of the last 2016 intervals, which lie in one epoch or in two. */
static double present_rate(const struct engine *engine)
{
    uint32_t tip = engine_tip(engine);
    uint32_t from = tip - PARAMS_RETARGET_BLOCKS;
    uint32_t before = tip - tip % PARAMS_RETARGET_BLOCKS - 1; /* last of the epoch before */
    double sum = stretch(engine, from, before) + stretch(engine, before, tip);

    return sum > 0 ? (PARAMS_RETARGET_BLOCKS - 1) / sum : 0;
}

/* The best of the year's complete epochs, in EH/s; *begin is where the earliest of them begins. */
static double best_rate(uint32_t *begin, const struct engine *engine)
{
    uint32_t tip = engine_tip(engine);
    double best = 0;

    *begin = tip - tip % PARAMS_RETARGET_BLOCKS;
    for (unsigned i = 0; i < OBSERVE_YEAR_EPOCHS; i++) {
        if (*begin < PARAMS_RETARGET_BLOCKS ||
            *begin - PARAMS_RETARGET_BLOCKS < engine_first(engine))
            break;
        *begin -= PARAMS_RETARGET_BLOCKS;
        best = fmax(best, epoch_rate(engine, *begin));
    }
    return best;
}

static void observe_off_high(const struct observing *observing)
{
    struct engine *engine = observing->engine;
    uint32_t tip = engine_tip(engine);
    uint32_t begin = 0;
    double best = 0;
    double off = 0;
    double spread = 0;

    if (!wants(observing, METRIC_HASHRATE_OFF_HIGH))
        return;
    forget(observing, METRIC_HASHRATE_OFF_HIGH);
    if (!observing->moment->retargets) /* an epoch may have blocks of several difficulties */
        return;
    best = best_rate(&begin, engine);
    if (best <= 0)
        return;
    /* Both rates are of some 2016 intervals: gamma, and near enough to log-normal. */
    off = present_rate(engine) / best;
    spread = exp(Z95 * sqrt(2.0 / PARAMS_RETARGET_BLOCKS));
    if (off > 0)
        metrics_set_estimate(observing->metrics, METRIC_HASHRATE_OFF_HIGH, 1 - off,
                             1 - off * spread, 1 - off / spread, begin, tip);
}

static void observe_volatility(const struct observing *observing)
{
    struct engine_volatility volatility;

    if (!wants(observing, METRIC_HASHRATE_DAILY_SD))
        return;
    volatility = engine_volatility(observing->engine);
    forget(observing, METRIC_HASHRATE_DAILY_SD);
    if (volatility.status == ENGINE_OK)
        metrics_set_estimate(observing->metrics, METRIC_HASHRATE_DAILY_SD, volatility.daily_sd,
                             volatility.lo95, volatility.hi95,
                             volatility.height - volatility.blocks, volatility.height);
}

/* ---- Falls and rises ---------------------------------------------------- */

/** The names of one direction's figures; METRIC_COUNT where there is none. */
struct change_names {
    enum change_direction direction;
    enum metric_id standing, confidence, size, recovered, luck, depth;
};

static const struct change_names change_names[] = {
    {CHANGE_FALL, METRIC_HASHRATE_FALL_STANDING, METRIC_HASHRATE_FALL_CONFIDENCE,
     METRIC_HASHRATE_FALL_SIZE, METRIC_HASHRATE_FALL_RECOVERED, METRIC_HASHRATE_FALL_LUCK_PER_YEAR,
     METRIC_HASHRATE_FALL_DEPTH},
    {CHANGE_RISE, METRIC_HASHRATE_RISE_STANDING, METRIC_HASHRATE_RISE_CONFIDENCE,
     METRIC_HASHRATE_RISE_SIZE, METRIC_HASHRATE_RISE_RECOVERED, METRIC_HASHRATE_RISE_LUCK_PER_YEAR,
     METRIC_COUNT},
};

/* The share that a fall has taken or a rise has added, from the log of after over before. */
static double share(enum change_direction direction, double log_size)
{
    return direction == CHANGE_FALL ? -expm1(log_size) : expm1(log_size);
}

static void put_size(const struct observing *observing, const struct change_names *names,
                     const struct engine_change *change, const struct engine_extent *extent)
{
    double value = share(names->direction, extent->extent.log_size);
    double one = share(names->direction, extent->extent.log_size_lo);
    double other = share(names->direction, extent->extent.log_size_hi);

    if (wants(observing, names->size))
        metrics_set_estimate(observing->metrics, names->size, value, fmin(one, other),
                             fmax(one, other), extent->extent.onset_lo, change->alarm);
}

/* How far it is now below what was believed before the onset; both are near enough to log-normal.
 */
static void put_depth(const struct observing *observing, const struct change_names *names,
                      const struct engine_change *change)
{
    struct engine_hashrate now;
    double log_ratio = 0;
    double spread = 0;

    forget(observing, names->depth);
    if (!wants(observing, names->depth))
        return;
    now = hashrate_now(observing);
    if (now.status != ENGINE_OK)
        return;
    log_ratio = now.estimate.mean - gamma_log_mean(change->verdict.base);
    spread = Z95 * sqrt(now.estimate.variance + gamma_log_variance(change->verdict.base));
    metrics_set_estimate(observing->metrics, names->depth, -expm1(log_ratio),
                         -expm1(log_ratio + spread), -expm1(log_ratio - spread),
                         change->verdict.onset, engine_tip(observing->engine));
}

/* None stands: that is something that is known. */
static void put_none(const struct observing *observing, const struct change_names *names)
{
    put(observing, names->standing, 0);
    put(observing, names->confidence, 0);
    put(observing, names->size, 0);
    put(observing, names->depth, 0);
    forget(observing, names->luck);
}

/* Its index; false if there was none. */
static bool find_latest(size_t *index, const struct engine *engine, enum change_direction direction)
{
    for (size_t i = engine_change_count(engine); i > 0; i--) {
        if (engine_change(engine, i - 1).direction == direction) {
            *index = i - 1;
            return true;
        }
    }
    return false;
}

/* A later change is about another level, and one of long ago is the state of things. */
static bool is_of_now(const struct engine *engine, size_t index)
{
    return index + 1 == engine_change_count(engine) &&
           engine_tip(engine) - engine_change(engine, index).alarm <= OBSERVE_STANDING_BLOCKS;
}

static bool stands(struct engine *engine, size_t index)
{
    struct engine_extent extent;

    if (!is_of_now(engine, index))
        return false;
    extent = engine_extent(engine, index);
    return extent.status != ENGINE_OK || extent.recovered_height == 0;
}

/* A change that the detector has told of: does it stand, and what is known of it? */
static void put_change(const struct observing *observing, const struct change_names *names,
                       size_t index)
{
    struct engine *engine = observing->engine;
    struct engine_change change = engine_change(engine, index);
    struct engine_extent extent = {.status = ENGINE_TOO_FEW};

    if (is_of_now(engine, index) || wants(observing, names->recovered))
        extent = engine_extent(engine, index);
    forget(observing, names->recovered);
    if (extent.status == ENGINE_OK)
        put(observing, names->recovered, extent.recovered);
    if (!stands(engine, index)) {
        put_none(observing, names);
        return;
    }
    put(observing, names->standing, 1);
    put(observing, names->luck, change.luck_per_year);
    put_depth(observing, names, &change);
    forget(observing, names->confidence);
    forget(observing, names->size);
    if (extent.status == ENGINE_OK) {
        put(observing, names->confidence, extent.confidence);
        put_size(observing, names, &change, &extent);
    }
}

/* The next block will be evidence enough for a fall whenever it comes: it stands already, though
 * nothing can be said of its size yet. */
static void observe_silent_fall(const struct observing *observing)
{
    const struct change_names *names = &change_names[0];

    size_t index = 0;

    if (!observing->moment->listening ||
        !engine_silent_alarm(observing->engine, observing->moment->now_ms).alarm)
        return;
    if (find_latest(&index, observing->engine, names->direction) &&
        stands(observing->engine, index))
        return; /* that one, with figures of its own */
    put(observing, names->standing, 1);
    forget(observing, names->confidence);
    forget(observing, names->size);
    forget(observing, names->depth);
}

static void observe_changes(const struct observing *observing)
{
    for (size_t i = 0; i < sizeof change_names / sizeof change_names[0]; i++) {
        const struct change_names *names = &change_names[i];
        size_t index = 0;

        if (!wants(observing, names->standing) && !wants(observing, names->confidence) &&
            !wants(observing, names->size) && !wants(observing, names->recovered) &&
            !wants(observing, names->luck) && !wants(observing, names->depth))
            continue;
        if (find_latest(&index, observing->engine, names->direction)) {
            put_change(observing, names, index);
        } else {
            put_none(observing, names);
            forget(observing, names->recovered);
        }
    }
    observe_silent_fall(observing);
}

/* ---- Intervals and difficulty ------------------------------------------- */

static void observe_intervals(const struct observing *observing)
{
    struct engine_intervals intervals;

    if (!wants(observing, METRIC_INTERVAL_LONGEST_P) && !wants(observing, METRIC_INTERVAL_FIT_P) &&
        !wants(observing, METRIC_INTERVAL_NEGATIVE_SHARE))
        return;
    intervals = engine_intervals(observing->engine, PARAMS_RETARGET_BLOCKS);
    forget(observing, METRIC_INTERVAL_FIT_P);
    forget(observing, METRIC_INTERVAL_LONGEST_P);
    forget(observing, METRIC_INTERVAL_NEGATIVE_SHARE);
    if (intervals.status == ENGINE_OK)
        put(observing, METRIC_INTERVAL_FIT_P, intervals.test.p);
    if (intervals.blocks > 0) {
        put(observing, METRIC_INTERVAL_LONGEST_P, intervals.longest_p);
        put(observing, METRIC_INTERVAL_NEGATIVE_SHARE, intervals.negative_share);
    }
}

static void observe_forecast(const struct observing *observing)
{
    const struct observe_moment *moment = observing->moment;
    struct engine_forecast next = {.status = ENGINE_TOO_FEW};
    struct metrics *metrics = observing->metrics;
    uint32_t tip = engine_tip(observing->engine);

    if (!wants(observing, METRIC_DIFFICULTY_NEXT_CHANGE) &&
        !wants(observing, METRIC_DIFFICULTY_NEXT_IN_S))
        return;
    if (moment->retargets)
        next =
            engine_forecast(observing->engine, moment->listening ? moment->now_ms : ENGINE_AT_TIP);
    forget(observing, METRIC_DIFFICULTY_NEXT_CHANGE);
    forget(observing, METRIC_DIFFICULTY_NEXT_IN_S);
    if (next.status != ENGINE_OK)
        return;
    if (wants(observing, METRIC_DIFFICULTY_NEXT_CHANGE))
        metrics_set_estimate(metrics, METRIC_DIFFICULTY_NEXT_CHANGE, next.ratio - 1,
                             next.ratio_lo95 - 1, next.ratio_hi95 - 1, tip - next.done, tip);
    if (wants(observing, METRIC_DIFFICULTY_NEXT_IN_S))
        metrics_set_estimate(metrics, METRIC_DIFFICULTY_NEXT_IN_S, next.seconds, next.seconds_lo95,
                             next.seconds_hi95, tip - next.done, tip);
}

static void observe_last_change(const struct observing *observing)
{
    const struct engine *engine = observing->engine;
    uint32_t begin = engine_tip(engine) / PARAMS_RETARGET_BLOCKS * PARAMS_RETARGET_BLOCKS;
    double before = 0;

    if (!wants(observing, METRIC_DIFFICULTY_LAST_CHANGE))
        return;
    forget(observing, METRIC_DIFFICULTY_LAST_CHANGE);
    if (begin == 0 || begin - 1 < engine_first(engine))
        return;
    before = compact_expected_hashes(engine_block_at(engine, begin - 1).bits);
    if (before > 0)
        put(observing, METRIC_DIFFICULTY_LAST_CHANGE,
            compact_expected_hashes(engine_block_at(engine, begin).bits) / before - 1);
}

void observe_chain(struct metrics *metrics, struct engine *engine,
                   const struct observe_wanted *wanted, const struct observe_moment *moment)
{
    const struct observing observing = {
        .metrics = metrics, .engine = engine, .wanted = wanted, .moment = moment};

    put(&observing, METRIC_REORG_DEPTH, moment->reorg_depth);
    if (engine_count(engine) == 0) {
        for (unsigned i = 0; i < METRIC_COUNT; i++) {
            if (metric_info((enum metric_id)i)->subject == METRIC_CHAIN && i != METRIC_REORG_DEPTH)
                forget(&observing, (enum metric_id)i);
        }
        return;
    }
    observe_now(&observing);
    observe_window(&observing, METRIC_HASHRATE_W144_EHS, 144);
    observe_window(&observing, METRIC_HASHRATE_W2016_EHS, PARAMS_RETARGET_BLOCKS);
    observe_off_high(&observing);
    observe_volatility(&observing);
    observe_changes(&observing);
    observe_intervals(&observing);
    observe_forecast(&observing);
    observe_last_change(&observing);
}
