// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * figures: see figures.h. This part asks and says; figures_json.c makes JSON.
 */
#include "config.h"

#include "monitor/figures.h"

#include "monitor/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *figures_no_forecast(const struct params *params)
{
    if (params->no_retarget)
        return "difficulty never changes on this network";
    if (params->min_difficulty)
        return "late blocks may have the least difficulty on this network";
    return NULL;
}

void figures_none(struct figures *out, const char *reason)
{
    memset(out, 0, sizeof *out);
    snprintf(out->reason, sizeof out->reason, "%s", reason);
}

static int64_t time_at(const struct engine *engine, uint32_t height)
{
    if (height < engine_first(engine) || height > engine_tip(engine))
        return 0;
    return engine_block_at(engine, height).time_ms / 1000;
}

struct figures_change figures_change_at(struct engine *engine, size_t i)
{
    struct figures_change out = {.change = engine_change(engine, i),
                                 .extent = engine_extent(engine, i)};

    out.alarm_time = time_at(engine, out.change.alarm);
    if (out.extent.status == ENGINE_OK)
        out.onset_time = time_at(engine, out.extent.extent.onset);
    return out;
}

static void ask_changes(struct figures *out, struct engine *engine)
{
    size_t count = engine_change_count(engine);

    for (size_t i = 0; i < count; i++) {
        if (engine_change(engine, i).direction == CHANGE_FALL)
            out->falls++;
        else
            out->rises++;
    }
    out->has_last = count > 0;
    if (count > 0)
        out->last = figures_change_at(engine, count - 1);
}

static void ask_forecast(struct figures *out, struct engine *engine, int64_t now_ms)
{
    size_t milestone = 0;

    out->forecast = engine_forecast(engine, now_ms);
    if (out->forecast.status != ENGINE_OK)
        return;
    while (milestone + 1 < ENGINE_MILESTONES &&
           engine_milestones[milestone + 1] <= out->forecast.done)
        milestone++;
    out->milestone = engine_milestones[milestone];
    out->score = engine_score(engine, milestone);
}

void figures_ask(struct figures *out, struct engine *engine,
                 const struct figures_question *question)
{
    int64_t now_ms = question->live ? question->now_ms : ENGINE_AT_TIP;
    struct engine_block tip;

    if (engine_count(engine) == 0) {
        figures_none(out, "there are no blocks yet");
        return;
    }
    tip = engine_block_at(engine, engine_tip(engine));
    *out = (struct figures){
        .known = true,
        .live = question->live,
        .height = tip.height,
        .at_s = (question->live ? question->now_ms : tip.time_ms) / 1000,
        .hashrate = engine_hashrate(engine, now_ms),
        .core_ehs = engine_core_hashps(engine, FIGURES_CORE_BLOCKS),
        .silence_by_arrival = tip.arrival_ms != ENGINE_NO_ARRIVAL,
        .volatility = engine_volatility(engine),
        .no_forecast = figures_no_forecast(question->params),
        .false_alarms_per_year = question->options->false_alarms_per_year,
        .daily_sd = question->options->daily_sd,
    };
    ask_changes(out, engine);
    if (out->no_forecast == NULL)
        ask_forecast(out, engine, now_ms);
}

/* ---- Sentences ---------------------------------------------------------- */

void figures_say_change(char *out, size_t size, const struct figures_change *change)
{
    bool known = change->extent.status == ENGINE_OK;
    uint32_t onset = known ? change->extent.extent.onset : change->change.verdict.onset;
    const struct change_extent *extent = &change->extent.extent;
    bool fall = change->change.direction == CHANGE_FALL;
    char how_much[WORDS_SIZE] = "";
    char since[WORDS_SIZE];

    if (known)
        words_extent(how_much, sizeof how_much, fall, exp(extent->log_size),
                     exp(extent->log_size_lo), exp(extent->log_size_hi));
    words_count(since, sizeof since, onset);
    snprintf(out, size, "%s%s%s since block %s", fall ? "fallen" : "risen", known ? " by " : "",
             how_much, since);
}

void figures_say_forecast(char *out, size_t size, const struct engine_forecast *forecast)
{
    char ratio[WORDS_SIZE];
    char low[WORDS_SIZE];
    char high[WORDS_SIZE];

    words_change(ratio, sizeof ratio, forecast->ratio);
    if (forecast->to_come == 0) {
        snprintf(out, size, "%s", ratio);
        return;
    }
    words_change(low, sizeof low, forecast->ratio_lo95);
    words_change(high, sizeof high, forecast->ratio_hi95);
    snprintf(out, size, "%s, 95 %% sure between %s and %s", ratio, low, high);
}
