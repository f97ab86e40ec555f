// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_volatility: volatility as of a refresh, and the thresholds that suit it. See engine.h.
 *
 * A refresh is due whenever VOLATILITY_BATCH blocks (aligned to the height) have come. It takes
 * more than a block's share of time, so its figures are shown from the next one on: there are 36
 * blocks in which engine_work() can do it in slices, and a question does at once what is left. What
 * is shown follows from the height alone.
 *
 *   height  ... 35 | 36 ... 71 | 72 ... 107 | 108
 *   shown              -          0 .. 35     0 .. 71      (figures of blocks)
 *   worked on       0 .. 35     0 .. 71     0 .. 107
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/engine_internal.h"

#include <math.h>
#include <string.h>

/** Daily sd that thresholds are made for while too little is known: half a year of batches; and the
 *  limits of what is measured: the table of thresholds ends at 2 %, and below 0.75 % alarms would
 *  come of what a calm year does not show. */
#define SD_UNKNOWN 0.015
#define SD_LEAST 0.0075
#define SD_MOST 0.02
#define SD_BATCHES (ENGINE_YEAR_BATCHES / 2)
/** Points of the likelihood's curve to a slice: some 50 us of a full year. */
#define SLICE_POINTS 8
/** Slices: the batches' logs, the curve, what follows from it, and the epochs. */
#define STEP_CURVE 1
#define STEP_SETTLE (STEP_CURVE + VOLATILITY_GRID / SLICE_POINTS)
#define STEP_EPOCHS (STEP_SETTLE + 1)
#define STEP_DONE (STEP_EPOCHS + 1)

/* The log rates of the year of batches up to the one that ends with this height; how many. */
static size_t year_of_batches(double *log_rate, const struct engine *engine, uint32_t height)
{
    uint32_t last = height / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH;
    size_t count = last + 1 < ENGINE_YEAR_BATCHES ? last + 1 : ENGINE_YEAR_BATCHES;

    for (size_t i = 0; i < count; i++) {
        double sum = engine_batches(engine)[last + 1 - count + i].sum;

        log_rate[i] = isnan(sum) ? NAN : volatility_log_rate(sum, VOLATILITY_BATCH);
    }
    return count;
}

void engine_set_thresholds(struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    struct engine_core *core = &engine->core;

    core->daily_sd = options->daily_sd > 0.0 ? options->daily_sd : SD_UNKNOWN;
    if (!(options->daily_sd > 0.0) && core->count > 0) {
        double log_rate[ENGINE_YEAR_BATCHES];
        struct volatility_series series = {log_rate, 0, VOLATILITY_BATCH, core->drift};

        series.count = year_of_batches(log_rate, engine, engine_height(engine));
        if (volatility_batches(&series) >= SD_BATCHES)
            core->daily_sd = volatility_likeliest(&series, SD_LEAST, SD_MOST);
    }
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++)
        core->offset[way] =
            options->offsets.count > 0
                ? change_offset_between(&options->offsets, way, core->daily_sd)
                : change_offset(way, core->daily_sd, options->false_alarms_per_year);
    engine_set_detectors(engine);
}

static void start(struct engine_refresh *refresh, const struct engine *engine)
{
    refresh->series = (struct volatility_series){
        .log_rate = refresh->log_rate,
        .count = year_of_batches(refresh->log_rate, engine, refresh->height),
        .batch = VOLATILITY_BATCH,
        .drift = engine_drift_at(engine, refresh->height),
    };
    refresh->out = (struct engine_volatility){
        .status = ENGINE_TOO_FEW, .epoch_status = ENGINE_TOO_FEW, .height = refresh->height};
    if (volatility_batches(&refresh->series) < VOLATILITY_LEAST)
        refresh->step = STEP_SETTLE; /* nothing to do before the epochs */
}

static void settle(struct engine_refresh *refresh)
{
    struct engine_volatility *out = &refresh->out;

    if (volatility_batches(&refresh->series) < VOLATILITY_LEAST ||
        !volatility_moments(&out->batch, &refresh->series))
        return;
    volatility_fit_settle(&refresh->fit, &refresh->series);
    out->status = ENGINE_OK;
    out->blocks = (uint32_t)refresh->fit.batches * VOLATILITY_BATCH;
    out->daily_sd = refresh->fit.daily_sd;
    out->lo95 = refresh->fit.lo95;
    /* Where the likelihood does not fall, the curve ends. */
    out->hi95 = fmin(refresh->fit.hi95, volatility_grid_sd(VOLATILITY_GRID - 1));
}

/* By epochs: the log of rates is what they are. */
static void epochs(struct engine_refresh *refresh, const struct engine *engine)
{
    struct engine_volatility *out = &refresh->out;
    double log_rate[ENGINE_VOLATILITY_EPOCHS];
    size_t known = engine_rate_count_at(engine, refresh->height);
    size_t count = known < ENGINE_VOLATILITY_EPOCHS ? known : ENGINE_VOLATILITY_EPOCHS;
    const struct volatility_series series = {log_rate, count, VOLATILITY_BATCH_EPOCH,
                                             refresh->series.drift};

    for (size_t i = 0; i < count; i++) {
        double rate = engine_rates(engine)[known - count + i];

        log_rate[i] = rate > 0.0 ? log(rate) : NAN;
    }
    if (!volatility_moments(&out->epoch, &series) ||
        !volatility_reversing(&out->reversing, &series)) {
        memset(&out->epoch, 0, sizeof out->epoch);
        return;
    }
    out->epoch_status = ENGINE_OK;
    out->epochs = (uint32_t)volatility_batches(&series);
}

/* Does the next step; false if there is none. */
static bool advance(struct engine_refresh *refresh, const struct engine *engine)
{
    if (refresh->step >= STEP_DONE)
        return false;
    if (refresh->step == 0)
        start(refresh, engine);
    else if (refresh->step < STEP_SETTLE)
        volatility_fit_points(&refresh->fit, &refresh->series,
                              (refresh->step - STEP_CURVE) * SLICE_POINTS, SLICE_POINTS);
    else if (refresh->step == STEP_SETTLE)
        settle(refresh);
    else
        epochs(refresh, engine);
    refresh->step++;
    return true;
}

/* Sets up what is shown and what is next, as the tip has it. False where nothing is shown yet, and
 * *next tells whether there is something to work on. */
static bool look(struct engine *engine, bool *next)
{
    struct engine_refresh *shown = &engine->refresh[0];
    struct engine_refresh *coming = &engine->refresh[1];
    uint32_t due = engine->core.count > 0
                       ? (engine_height(engine) + 1) / VOLATILITY_BATCH * VOLATILITY_BATCH
                       : 0; /* blocks below this height go in */

    *next = due > 0 && due - 1 >= engine->first;
    if (*next && coming->height != due - 1) {
        if (due > VOLATILITY_BATCH && coming->height == due - 1 - VOLATILITY_BATCH)
            *shown = *coming;
        coming->height = due - 1;
        coming->step = 0;
    }
    if (due <= VOLATILITY_BATCH || due - 1 - VOLATILITY_BATCH < engine->first)
        return false;
    if (shown->height != due - 1 - VOLATILITY_BATCH) {
        shown->height = due - 1 - VOLATILITY_BATCH;
        shown->step = 0;
    }
    shown->series.log_rate = shown->log_rate;
    return true;
}

struct engine_volatility engine_volatility(struct engine *engine)
{
    bool next = false;

    if (!look(engine, &next))
        return (struct engine_volatility){.status = ENGINE_TOO_FEW, .epoch_status = ENGINE_TOO_FEW};
    while (advance(&engine->refresh[0], engine))
        continue;
    return engine->refresh[0].out;
}

bool engine_volatility_work(struct engine *engine)
{
    bool next = false;

    if (look(engine, &next) && advance(&engine->refresh[0], engine))
        return true;
    return next && advance(&engine->refresh[1], engine);
}

bool engine_work(struct engine *engine)
{
    return engine_volatility_work(engine) || engine_forecast_work(engine);
}

void engine_volatility_rewind(struct engine *engine, uint32_t height)
{
    for (int i = 0; i < 2; i++)
        if (engine->refresh[i].height >= height)
            engine->refresh[i].height = 0;
}
