// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_changes: falls and rises: where, how large, how sure, undone? See engine.h.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/engine_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** Log odds that an alarm is of a real change are this times its evidence, less this and less the
 *  log of false alarms a year. Measured: years with one fall, or rise, each, half of them smaller
 *  than 12 %, of 1.0 and 1.5 % a day; see doc/METHODS.md. */
#define ODDS_SLOPE 0.6
#define ODDS_OFFSET 1.45
/** A change that is undone later than this, 8 weeks, was not: growth took its place. */
#define RECOVERY_BLOCKS (4 * 2016)
/** Memory with which a recovery is followed, in blocks: a week, for an sd of 3 %. */
#define RECOVERY_MEMORY 1008.0
#define RECOVERED_SURE 0.95
/** Blocks of evidence from which on a level counts as reached: half of what that memory holds. */
#define FARTHEST_SHAPE 500.0

static struct engine_change change_of(const struct engine_alarm *alarm)
{
    return (struct engine_change){
        .direction = (enum change_direction)alarm->direction,
        .alarm = alarm->alarm,
        .verdict =
            {
                .alarm = true,
                .size = (int)alarm->size,
                .excess = alarm->excess,
                .onset = alarm->onset,
                .base = alarm->base,
            },
        .luck_per_year = alarm->luck_per_year,
    };
}

size_t engine_change_count(const struct engine *engine)
{
    return engine->core.alarms;
}

struct engine_change engine_change(const struct engine *engine, size_t i)
{
    assert(i < engine->core.alarms);
    return change_of(&engine_alarms(engine)[i]);
}

double engine_luck(const struct engine *engine, enum change_direction way, double excess)
{
    const struct engine_core *core = &engine->core;
    double per_year = engine->options.false_alarms_per_year;

    /* Thresholds of one's own are taken at their word; how much rarer an excess is, the table
     * tells. */
    return per_year * change_alarms_a_year(way, core->daily_sd, core->offset[way] + excess) /
           change_alarms_a_year(way, core->daily_sd, core->offset[way]);
}

/* As if the next block came now. The evidence for a fall grows with the interval, so that block's
 * is then certain, whenever it comes: nothing is gained by waiting for it, and speaking at once
 * adds no false alarm. Judging the silence itself, as change_silent() does, would: a block that
 * comes takes back part of what its absence said. */
struct change_verdict engine_silent_alarm(const struct engine *engine, int64_t now_ms)
{
    const struct engine_core *core = &engine->core;
    struct change_state copy = core->detector[CHANGE_FALL];
    double silence_s = fmax(engine_silence_s(engine, now_ms), INTERVAL_FLOOR_S);

    if (core->nowcast.blocks == 0)
        return (struct change_verdict){0};
    return change_update(&copy, &engine->detector[CHANGE_FALL], engine_height(engine) + 1,
                         silence_s / core->epoch_work_eh, 0.0);
}

bool engine_fall_pending(const struct engine *engine)
{
    return engine->core.count > 0 &&
           change_standing(&engine->core.detector[CHANGE_FALL], &engine->detector[CHANGE_FALL], 0.0)
               .alarm;
}

/** Known intervals in a row, and the blocks that they are of. */
struct stretch {
    double *u;
    uint32_t *height;
    size_t count;
};

static void stretch_free(struct stretch *stretch)
{
    free(stretch->u);
    free(stretch->height);
}

/* The intervals of blocks from .. through. False without memory. */
static bool stretch_of(struct stretch *stretch, const struct engine *engine, size_t from,
                       size_t through)
{
    size_t blocks = through - from + 1;

    *stretch =
        (struct stretch){malloc(blocks * sizeof(double)), malloc(blocks * sizeof(uint32_t)), 0};
    if (stretch->u == NULL || stretch->height == NULL) {
        stretch_free(stretch);
        return false;
    }
    engine_intervals_of(stretch->u, engine, from, through);
    for (size_t i = 0; i < blocks; i++) {
        if (isnan(stretch->u[i]))
            continue;
        stretch->u[stretch->count] = stretch->u[i];
        stretch->height[stretch->count++] = engine->first + (uint32_t)(from + i);
    }
    return true;
}

/* Place in the stretch of the first interval of a block of at least this height. */
static uint32_t place_of(const struct stretch *known, uint32_t height)
{
    uint32_t place = 0;

    while (place + 1 < known->count && known->height[place] < height)
        place++;
    return place;
}

/* Index of the first block that an onset may be: a week before the verdict's, but not before the
 * detector began anew. */
static size_t earliest(const struct engine *engine, size_t i)
{
    const struct engine_alarm *alarms = engine_alarms(engine);
    uint32_t from = engine->first + 1;

    if (alarms[i].onset > from + CHANGE_LOCATE_BEFORE)
        from = alarms[i].onset - CHANGE_LOCATE_BEFORE;
    for (size_t k = 0; k < i; k++)
        if (alarms[k].direction == alarms[i].direction && alarms[k].alarm >= from)
            from = alarms[k].alarm + 1;
    return from - engine->first;
}

/* The extent, its heights those of blocks. There are intervals: the alarm's own, for one. */
static bool locate(struct change_extent *extent, const struct engine *engine,
                   const struct engine_alarm *alarm, const struct stretch *known)
{
    struct change_verdict verdict = change_of(alarm).verdict;
    /* Blocks without an interval are as good as none: heights become places in the stretch. */
    struct change_history history = {
        .alarm = (uint32_t)known->count - 1,
        .u = known->u,
        .count = known->count,
        .walk = alarm->walk,
        .growth = engine_drift_at(engine, alarm->alarm),
    };

    verdict.onset = place_of(known, alarm->onset);
    known->u[known->count - 1] += alarm->hidden;
    if (!change_locate(extent, (enum change_direction)alarm->direction, &verdict, &history))
        return false;
    extent->onset = known->height[extent->onset];
    extent->onset_lo = known->height[extent->onset_lo];
    extent->onset_hi = known->height[extent->onset_hi];
    return true;
}

static double confidence_of(const struct engine *engine, double log_evidence)
{
    return 1.0 / (1.0 + engine->options.false_alarms_per_year *
                            exp(ODDS_OFFSET - ODDS_SLOPE * log_evidence));
}

/* The extent, from the blocks up to the alarm: what came later may already be the way back. */
static void trace(struct engine_traced *traced, const struct engine *engine, size_t i)
{
    const struct engine_alarm *alarm = &engine_alarms(engine)[i];
    struct engine_extent *out = &traced->extent;
    struct stretch known;

    *traced = (struct engine_traced){.extent.status = ENGINE_NO_MEMORY};
    if (!stretch_of(&known, engine, earliest(engine, i), alarm->alarm - engine->first))
        return;
    if (locate(&out->extent, engine, alarm, &known)) {
        out->status = ENGINE_OK;
        out->confidence = confidence_of(engine, out->extent.log_evidence);
        traced->known = true;
        traced->next = out->extent.onset - engine->first;
        traced->farthest = out->extent.log_size;
        /* One block's worth of what was before keeps the belief proper, and counts for little. */
        traced->now = (struct gamma_belief){1.0, alarm->base.rate / alarm->base.shape};
    }
    stretch_free(&known);
}

/* The size is as of the alarm, and cautious: where the hash rate has gone on falling, or rising,
 * the way back is longer. Judged when enough is known, or luck would be taken for it. */
static double farther(double farthest, const struct change_verdict *verdict,
                      struct gamma_belief now)
{
    double moved = gamma_log_mean(now) - gamma_log_mean(verdict->base);

    if (now.shape < FARTHEST_SHAPE)
        return farthest;
    return farthest < 0.0 ? fmin(farthest, moved) : fmax(farthest, moved);
}

/* The hash rate is followed from the onset on, and looked at now and then after the alarm. */
static void follow(struct engine_traced *traced, const struct engine *engine,
                   const struct engine_alarm *alarm)
{
    struct engine_extent *out = &traced->extent;
    struct change_verdict verdict = change_of(alarm).verdict;
    struct change_extent reached = out->extent;

    while (traced->next < engine->core.count) {
        double u[VOLATILITY_BATCH];
        uint32_t height = engine->first + (uint32_t)traced->next;
        size_t batch = VOLATILITY_BATCH - height % VOLATILITY_BATCH;
        size_t left = engine->core.count - traced->next;
        size_t count = batch < left ? batch : left;

        if (height > alarm->alarm + RECOVERY_BLOCKS)
            return;
        engine_intervals_of(u, engine, traced->next, traced->next + count - 1);
        for (size_t i = 0; i < count; i++)
            if (!isnan(u[i]))
                traced->now = gamma_after(
                    gamma_discounted(traced->now, 1.0 - 1.0 / RECOVERY_MEMORY, 1.0), u[i]);
        traced->next += count;
        height += (uint32_t)count - 1;
        if (height <= alarm->alarm || count < batch)
            continue;
        traced->farthest = farther(traced->farthest, &verdict, traced->now);
        /* What was reached after the alarm rests on evidence enough to be taken as it is. */
        if (traced->farthest != out->extent.log_size)
            reached.log_size = reached.log_size_lo = reached.log_size_hi = traced->farthest;
        out->recovered = change_recovered(&verdict, &reached, traced->now);
        if (out->recovered_height == 0 && out->recovered >= RECOVERED_SURE)
            out->recovered_height = height;
    }
}

struct engine_extent engine_extent(struct engine *engine, size_t i)
{
    const struct engine_alarm *alarm = NULL;
    struct engine_traced *traced = NULL;

    assert(i < engine->core.alarms);
    alarm = &engine_alarms(engine)[i];
    traced = &engine_traced(engine)[i];
    if (!traced->known)
        trace(traced, engine, i);
    if (traced->known)
        follow(traced, engine, alarm);
    return traced->extent;
}
