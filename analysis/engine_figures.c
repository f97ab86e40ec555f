// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_figures: hash rate, windows, silence and intervals. See engine.h.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/engine_internal.h"
#include "chain/compact.h"
#include "chain/u256.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define MS_PER_S 1000.0

const char *engine_status_text(enum engine_status status)
{
    switch (status) {
    case ENGINE_OK:
        return "";
    case ENGINE_TOO_FEW:
        return "not enough blocks yet";
    case ENGINE_NO_TIME:
        return "time did not advance";
    case ENGINE_NO_MEMORY:
        return "memory is short";
    }
    return "";
}

/** Work by bits, which seldom change from block to block. */
struct works {
    uint32_t bits;
    double work_eh;
};

static double work_of(struct works *works, uint32_t bits)
{
    if (bits != works->bits) {
        works->work_eh = interval_work_eh(bits);
        works->bits = bits;
    }
    return works->work_eh;
}

/* Index of the last block up to `through` whose time is known, or of the first such block from
 * there on: by step. count where there is none. */
static size_t known_time(const struct engine *engine, size_t from, size_t to, int step)
{
    double time_s = 0.0;

    for (size_t i = from;; i = step > 0 ? i + 1 : i - 1) {
        if (engine_time_s(&time_s, engine, i))
            return i;
        if (i == to)
            return engine->core.count;
    }
}

/* What depends on the number of intervals alone: the same few numbers are asked for all the time.
 */
static struct window_width width_of(const struct engine *engine, uint32_t intervals)
{
    struct window_width *width =
        (struct window_width *)engine->widths.at + intervals % ENGINE_WIDTHS;

    if (intervals >= 2 && width->intervals != intervals)
        *width = window_width(intervals);
    return *width;
}

/* A block without a time leaves its share of it to the next one that has one, so a window begins
 * and ends at blocks that have. */
struct window_estimate engine_window(const struct engine *engine, uint32_t wanted)
{
    struct window_estimate estimate = {.status = WINDOW_TOO_FEW, .wanted = wanted};
    uint32_t count = engine->core.count;
    struct works works = {0};
    size_t from = 0;
    size_t to = 0;
    double start_s = 0.0;
    double latest_s = 0.0;
    double sum = 0.0;

    if (count < 2 || wanted == 0)
        return estimate;
    from = wanted < count ? count - 1 - wanted : 0;
    to = known_time(engine, count - 1, from, -1);
    if (to == count)
        return estimate;
    from = known_time(engine, from, to, 1);
    (void)engine_time_s(&start_s, engine, from);
    latest_s = start_s;
    for (size_t i = from + 1; i <= to; i++) {
        double before_s = latest_s;
        double time_s = 0.0;

        if (engine_time_s(&time_s, engine, i) && time_s > latest_s)
            latest_s = time_s;
        sum += (latest_s - before_s) / work_of(&works, engine_samples(engine)[i].bits);
    }
    estimate.blocks = (uint32_t)(to - from);
    estimate.from_height = engine->first + (uint32_t)from + 1;
    estimate.to_height = engine->first + (uint32_t)to;
    estimate.span_s = latest_s - start_s;
    window_settle(&estimate, sum, width_of(engine, estimate.blocks));
    if (estimate.status == WINDOW_TOO_FEW)
        estimate = (struct window_estimate){.status = WINDOW_TOO_FEW, .wanted = wanted};
    return estimate;
}

double engine_core_hashps(const struct engine *engine, uint32_t wanted)
{
    const struct engine_sample *samples = engine_samples(engine);
    uint32_t count = engine->core.count;
    uint32_t lookup = count > 0 && wanted < count ? wanted : count - 1;
    uint32_t earliest = 0;
    uint32_t latest = 0;
    uint32_t bits = 0;
    double work = 0.0; /* of a block, in hashes, rounded down as chain work is */
    double sum = 0.0;

    if (count < 2 || lookup == 0)
        return 0.0;
    earliest = latest = samples[count - 1 - lookup].time;
    for (size_t i = count - lookup; i < count; i++) {
        if (samples[i].bits != bits) {
            bits = samples[i].bits;
            work = u256_to_double(compact_work(bits));
        }
        sum += work;
        earliest = samples[i].time < earliest ? samples[i].time : earliest;
        latest = samples[i].time > latest ? samples[i].time : latest;
    }
    return latest > earliest ? sum / INTERVAL_EXAHASH / (double)(latest - earliest) : 0.0;
}

double engine_silence_s(const struct engine *engine, int64_t now_ms)
{
    const struct engine_sample *tip = NULL;
    double since_s = 0.0;

    if (engine->core.count == 0 || now_ms == ENGINE_AT_TIP)
        return 0.0;
    tip = &engine_samples(engine)[engine->core.count - 1];
    since_s = tip->offset_ms != ENGINE_NO_OFFSET ? (double)tip->time + tip->offset_ms / MS_PER_S
                                                 : (double)engine->core.header_latest;
    return fmax((double)now_ms / MS_PER_S - since_s, 0.0);
}

/* The alarm whose doubt is still in the hash rate; NULL where there is none. */
static const struct engine_alarm *recent_alarm(const struct engine *engine)
{
    const struct engine_alarm *last = NULL;

    if (engine->core.alarms == 0)
        return NULL;
    last = &engine_alarms(engine)[engine->core.alarms - 1];
    return engine_height(engine) - last->alarm < ENGINE_ALARM_BLOCKS ? last : NULL;
}

struct engine_hashrate engine_rate_now(const struct engine *engine, double silence_s)
{
    const struct engine_core *core = &engine->core;
    const struct engine_alarm *alarm = recent_alarm(engine);
    double silence = silence_s / core->epoch_work_eh;
    struct engine_hashrate rate = {
        .estimate = nowcast_silent(&core->nowcast, &engine->bank, silence),
        .drift = core->drift,
        .silence_s = silence_s,
        .silence_p = 1.0,
    };

    rate.plain = rate.estimate;
    if (alarm != NULL) {
        struct gamma_belief since = core->detector[alarm->direction].null;

        since.rate += silence;
        rate.estimate = nowcast_widened(&rate.estimate, since);
        rate.widened = true;
        rate.alarm_height = alarm->alarm;
    }
    return rate;
}

struct engine_hashrate engine_hashrate(const struct engine *engine, int64_t now_ms)
{
    struct engine_hashrate rate = {.status = ENGINE_TOO_FEW};
    double silence_s = engine_silence_s(engine, now_ms);

    if (engine->core.nowcast.blocks == 0)
        return rate;
    rate = engine_rate_now(engine, silence_s);
    if (silence_s > 0.0) {
        struct engine_hashrate at_tip = engine_rate_now(engine, 0.0);

        rate.silence_p = interval_silence_p(nowcast_belief(&at_tip.estimate), silence_s,
                                            engine->core.epoch_work_eh);
    }
    return rate;
}

const struct nowcast_state *engine_nowcast(const struct engine *engine)
{
    assert(engine->core.count > 0);
    return &engine->core.nowcast;
}

void engine_intervals_of(double *u, const struct engine *engine, size_t from, size_t through)
{
    uint32_t height = engine->first + (uint32_t)from;
    size_t batch = height / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH;
    size_t i = height % VOLATILITY_BATCH < from ? from - height % VOLATILITY_BATCH : 0;
    struct interval_clock clock = {.latest_s = engine_batches(engine)[batch].start_s};
    struct works works = {0};

    clock.running = !isnan(clock.latest_s);
    for (; i <= through; i++) {
        struct interval interval = {.u = NAN};
        double time_s = 0.0;

        if (engine_time_s(&time_s, engine, i))
            (void)interval_next(&interval, &clock, time_s,
                                work_of(&works, engine_samples(engine)[i].bits));
        else
            clock.running = false;
        if (i >= from)
            u[i - from] = interval.u;
    }
}

/* Intervals between arrivals that are both known, each times the hash rate as it was taken for;
 * returns how many. */
static size_t arrival_intervals(double *x, const struct engine *engine, size_t from)
{
    const struct engine_sample *samples = engine_samples(engine);
    struct works works = {0};
    size_t count = 0;

    for (size_t i = from; i < engine->core.count; i++) {
        uint32_t height = engine->first + (uint32_t)i;
        size_t batch = height / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH;
        double dt_s = 0.0;

        if (samples[i].offset_ms == ENGINE_NO_OFFSET ||
            samples[i - 1].offset_ms == ENGINE_NO_OFFSET)
            continue;
        dt_s = ((double)samples[i].time - (double)samples[i - 1].time) +
               ((double)samples[i].offset_ms - (double)samples[i - 1].offset_ms) / MS_PER_S;
        x[count++] = fmax(dt_s, INTERVAL_FLOOR_S) / work_of(&works, samples[i].bits) *
                     engine_batches(engine)[batch].ehs;
    }
    return count;
}

/* By header times: the longest interval, how likely, and how many run backwards. */
static void header_intervals(struct engine_intervals *out, const struct engine *engine, size_t from)
{
    const struct engine_sample *samples = engine_samples(engine);
    uint32_t latest = samples[from - 1].time;
    uint32_t start = latest;
    uint32_t longest = 0;
    uint32_t negative = 0;

    for (size_t i = from; i < engine->core.count; i++) {
        uint32_t before = latest;

        latest = samples[i].time > latest ? samples[i].time : latest;
        negative += samples[i].time < samples[i - 1].time;
        if (latest - before > longest || i == from) {
            longest = latest - before;
            out->longest_height = engine->first + (uint32_t)i;
        }
    }
    out->blocks = engine->core.count - (uint32_t)from;
    out->longest_s = longest;
    out->negative_share = (double)negative / out->blocks;
    out->longest_p = 1.0;
    if (latest > start)
        out->longest_p =
            interval_longest_p(longest, (double)(latest - start) / out->blocks, out->blocks);
}

struct engine_intervals engine_intervals(struct engine *engine, uint32_t wanted)
{
    struct engine_intervals out = {.status = ENGINE_TOO_FEW};
    uint32_t count = engine->core.count;
    size_t from = 1;
    double *x = NULL;

    if (count < 2 || wanted == 0)
        return out;
    from = wanted < count ? count - wanted : 1;
    header_intervals(&out, engine, from);
    x = malloc((count - from) * sizeof *x);
    if (x == NULL)
        out.status = ENGINE_NO_MEMORY;
    else if (interval_exponential(&out.test, x, arrival_intervals(x, engine, from)))
        out.status = ENGINE_OK;
    free(x);
    return out;
}
