// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_forecasts: the next retarget, and how good forecasts of it have been. See engine.h.
 *
 * At each milestone of an epoch the forecast is noted in closed form, and what others would say
 * beside it. The retarget files them. Quantiles cost hundreds of microseconds and are worked out
 * when a score is wanted, or by engine_work() while the epoch still lasts.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/engine_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/** Blocks that mempool.space's rule looks back over early in an epoch. */
#define MEMPOOL_BLOCKS 503
/** An sd of 2 of the log hash rate is all that can be not known: the ratio cannot leave 1/4 .. 4
 *  anyway, and quantiles of wider ones have no digits left. */
#define LOG_VARIANCE_MAX 4.0
/** Quantiles to a slice of work, some 5 us each; a divisor of FORECAST_QUANTILES. */
#define SLICE_QUANTILES 5
#define MEDIAN 0.5
/** nBits of difficulty 1. */
#define DIFFICULTY_ONE_BITS 0x1d00ffffu
#define TAIL95 0.025

const uint32_t engine_milestones[ENGINE_MILESTONES] = {0, 144, 288, 504, 1008, 1512, 1872};

/** Where the tip's epoch stands. */
struct epoch {
    uint32_t done;  /* blocks since its first */
    bool whole;     /* its first block is in the series */
    size_t first;   /* index of that */
    double first_s; /* header time of that */
    double previous_ratio;
};

static struct epoch epoch_of(const struct engine *engine)
{
    const struct engine_core *core = &engine->core;
    struct epoch epoch = {.done = engine_height(engine) % ENGINE_EPOCH_BLOCKS, .previous_ratio = 1};

    if (core->previous_work_eh > 0.0)
        epoch.previous_ratio = core->epoch_work_eh / core->previous_work_eh;
    epoch.whole = epoch.done < core->count;
    if (epoch.whole) {
        epoch.first = core->count - 1 - epoch.done;
        epoch.first_s = engine_samples(engine)[epoch.first].time;
    }
    return epoch;
}

static struct forecast forecast_of(const struct engine *engine, const struct epoch *epoch,
                                   double silence_s, double elapsed_s)
{
    struct nowcast_estimate rate = engine_rate_now(engine, silence_s).estimate;
    const struct forecast_input input = {
        .log_mean = rate.mean,
        .log_variance = fmin(rate.variance, LOG_VARIANCE_MAX),
        .walk = rate.walk,
        .drift = engine->core.drift,
        .work_eh = engine->core.epoch_work_eh,
        .elapsed_s = elapsed_s,
        .done = epoch->done,
    };

    return forecast_make(&input);
}

/* What others would say. Where their rule looks back over more blocks than there are, it is the
 * straight line. */
static void compare(double *linear, double *mempool, const struct engine *engine,
                    const struct epoch *epoch, double elapsed_s)
{
    struct forecast_past past = {
        .elapsed_s = elapsed_s, .done = epoch->done, .previous_ratio = epoch->previous_ratio};
    size_t back = epoch->done < MEMPOOL_BLOCKS ? MEMPOOL_BLOCKS - epoch->done : 0;

    *linear = forecast_linear(&past);
    *mempool = *linear;
    if (back > epoch->first)
        return;
    past.before_s = epoch->first_s - engine_samples(engine)[epoch->first - back].time;
    *mempool = forecast_mempool(&past);
}

void engine_forecast_note(struct engine *engine)
{
    struct engine_core *core = &engine->core;
    struct epoch epoch = epoch_of(engine);

    for (size_t k = 0; k < ENGINE_MILESTONES && epoch.whole; k++) {
        double elapsed_s = core->header_latest - epoch.first_s;
        struct forecast forecast;

        if (epoch.done != engine_milestones[k])
            continue;
        forecast = forecast_of(engine, &epoch, 0.0, elapsed_s);
        core->pending[k] = (struct engine_pending){
            .rate = forecast.rate, .work_eh = forecast.work_eh, .elapsed_s = elapsed_s};
        compare(&core->pending[k].linear, &core->pending[k].mempool, engine, &epoch, elapsed_s);
        engine->quantiles.known[k] = 0;
    }
}

/* The forecast as it was. */
static struct forecast noted(const struct engine_pending *pending, size_t milestone)
{
    return (struct forecast){
        .rate = pending->rate,
        .work_eh = pending->work_eh,
        .elapsed_s = pending->elapsed_s,
        .to_come = FORECAST_INTERVALS - engine_milestones[milestone],
    };
}

static void judge(struct engine_judged *judged, const struct forecast_record *record, double actual)
{
    judged->ratio = forecast_median(record);
    forecast_limits95(&judged->lo95, &judged->hi95, record);
    judged->crps = forecast_crps(record, actual);
    judged->known = true;
}

void engine_forecast_end(struct engine *engine, double work_eh)
{
    struct engine_core *core = &engine->core;
    struct engine_ended *ended = &engine_ended(engine)[core->scored];
    struct engine_judged *judged = engine_judged(engine, core->scored);

    /* Only where the tip closes an epoch of which all blocks are known. */
    if (!epoch_of(engine).whole)
        return;
    ended->actual = work_eh / core->epoch_work_eh;
    ended->epoch = engine_height(engine) + 1 - ENGINE_EPOCH_BLOCKS;
    memcpy(ended->forecast, core->pending, sizeof ended->forecast);
    for (size_t k = 0; k < ENGINE_MILESTONES; k++) {
        judged[k].known = false;
        if (engine->quantiles.known[k] == FORECAST_QUANTILES)
            judge(&judged[k], &engine->quantiles.record[k], ended->actual);
        engine->quantiles.known[k] = 0;
    }
    core->scored++;
}

bool engine_forecast_work(struct engine *engine)
{
    struct epoch epoch = {0};

    if (engine->core.count == 0)
        return false;
    epoch = epoch_of(engine);
    for (size_t k = 0; k < ENGINE_MILESTONES && epoch.whole; k++) {
        uint32_t *known = &engine->quantiles.known[k];
        struct forecast forecast = noted(&engine->core.pending[k], k);

        if (engine_milestones[k] > epoch.done || *known == FORECAST_QUANTILES)
            continue;
        for (size_t i = 0; i < SLICE_QUANTILES; i++, ++*known)
            engine->quantiles.record[k].quantile[*known] =
                forecast_ratio(&forecast, forecast_kept_at(*known));
        return true;
    }
    return false;
}

size_t engine_scored_count(const struct engine *engine)
{
    return engine->core.scored;
}

bool engine_scored(struct engine_scored *out, const struct engine *engine, size_t i,
                   size_t milestone)
{
    const struct engine_ended *ended = NULL;
    struct engine_judged *judged = NULL;

    if (i >= engine->core.scored || milestone >= ENGINE_MILESTONES)
        return false;
    ended = &engine_ended(engine)[i];
    judged = &engine_judged(engine, i)[milestone];
    if (!judged->known) {
        struct forecast forecast = noted(&ended->forecast[milestone], milestone);
        struct forecast_record record = forecast_ratio_record(&forecast);

        judge(judged, &record, ended->actual);
    }
    *out = (struct engine_scored){
        .epoch = (uint32_t)ended->epoch,
        .done = engine_milestones[milestone],
        .ratio = judged->ratio,
        .lo95 = judged->lo95,
        .hi95 = judged->hi95,
        .linear = ended->forecast[milestone].linear,
        .mempool = ended->forecast[milestone].mempool,
        .actual = ended->actual,
        .crps = judged->crps,
        .covered = judged->lo95 <= ended->actual && ended->actual <= judged->hi95,
    };
    return true;
}

bool engine_noted(struct engine_scored *out, const struct engine *engine, size_t milestone)
{
    const struct engine_pending *pending = NULL;
    struct forecast_record record;
    struct forecast forecast;
    struct epoch epoch;

    if (engine->core.count == 0 || milestone >= ENGINE_MILESTONES)
        return false;
    epoch = epoch_of(engine);
    if (!epoch.whole || engine_milestones[milestone] > epoch.done)
        return false;
    pending = &engine->core.pending[milestone];
    forecast = noted(pending, milestone);
    record = forecast_ratio_record(&forecast);
    *out = (struct engine_scored){
        .epoch = engine_height(engine) - epoch.done,
        .done = engine_milestones[milestone],
        .ratio = forecast_median(&record),
        .linear = pending->linear,
        .mempool = pending->mempool,
    };
    forecast_limits95(&out->lo95, &out->hi95, &record);
    return true;
}

struct engine_score engine_score(struct engine *engine, size_t milestone)
{
    struct engine_score score = {0};
    size_t count = engine->core.scored;
    struct engine_scored one;

    for (size_t i = count > ENGINE_YEAR_EPOCHS ? count - ENGINE_YEAR_EPOCHS : 0;
         engine_scored(&one, engine, i, milestone); i++) {
        score.epochs++;
        score.error += fabs(one.ratio - one.actual);
        score.linear_error += fabs(one.linear - one.actual);
        score.mempool_error += fabs(one.mempool - one.actual);
        score.crps += one.crps;
        score.coverage += one.covered;
    }
    if (score.epochs > 0) {
        score.error /= score.epochs;
        score.linear_error /= score.epochs;
        score.mempool_error /= score.epochs;
        score.crps /= score.epochs;
        score.coverage /= score.epochs;
    }
    return score;
}

/* Seconds since the header time of the epoch's first block: until now, or until the tip. Once the
 * last block is there, its own time counts, as it does by the rule. */
static double elapsed(const struct engine *engine, const struct epoch *epoch, int64_t now_ms)
{
    double until_s = engine->core.header_latest;

    if (epoch->done == FORECAST_INTERVALS)
        return (double)engine_samples(engine)[engine->core.count - 1].time - epoch->first_s;
    if (now_ms != ENGINE_AT_TIP)
        until_s = fmax(until_s, (double)now_ms / 1000.0);
    return until_s - epoch->first_s;
}

struct engine_forecast engine_forecast(const struct engine *engine, int64_t now_ms)
{
    struct engine_forecast out = {.status = ENGINE_TOO_FEW};
    struct epoch epoch = {0};
    struct forecast forecast;
    double elapsed_s = 0.0;
    double difficulty = 0.0;

    if (engine->core.count == 0)
        return out;
    epoch = epoch_of(engine);
    if (!epoch.whole || engine->core.nowcast.blocks == 0)
        return out;
    elapsed_s = elapsed(engine, &epoch, now_ms);
    forecast = forecast_of(engine, &epoch, engine_silence_s(engine, now_ms), elapsed_s);
    difficulty = engine->core.epoch_work_eh / interval_work_eh(DIFFICULTY_ONE_BITS);
    out = (struct engine_forecast){
        .status = ENGINE_OK,
        .height = engine_height(engine) + forecast.to_come + 1,
        .done = epoch.done,
        .to_come = forecast.to_come,
        .seconds = forecast_seconds(&forecast, MEDIAN),
        .seconds_lo95 = forecast_seconds(&forecast, TAIL95),
        .seconds_hi95 = forecast_seconds(&forecast, 1.0 - TAIL95),
    };
    out.ratio = forecast_ratio_after(&forecast, out.seconds);
    out.ratio_lo95 = forecast_ratio_after(&forecast, out.seconds_hi95);
    out.ratio_hi95 = forecast_ratio_after(&forecast, out.seconds_lo95);
    out.difficulty = difficulty * out.ratio;
    out.difficulty_lo95 = difficulty * out.ratio_lo95;
    out.difficulty_hi95 = difficulty * out.ratio_hi95;
    compare(&out.linear, &out.mempool, engine, &epoch, elapsed_s);
    return out;
}
