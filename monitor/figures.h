// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * figures: what the engine says of the hash rate at one moment, as a plain value, its JSON and its
 * sentences. The screen of `hashtide status` is made from the JSON, log lines from the value.
 */
#ifndef HASHTIDE_MONITOR_FIGURES_H
#define HASHTIDE_MONITOR_FIGURES_H

#include "analysis/engine.h"
#include "chain/params.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Blocks that Bitcoin Core's getnetworkhashps looks at unless told otherwise. */
#define FIGURES_CORE_BLOCKS 120

/** The last fall or rise, and what is known of it by now. */
struct figures_change {
    struct engine_change change;
    struct engine_extent extent;
    int64_t alarm_time; /* header times, seconds */
    int64_t onset_time; /* 0: unknown */
};

struct figures {
    bool known; /* else reason says why nothing is */
    char reason[128];
    bool live;       /* as of now; else as of the tip, since nobody knows what has come since */
    uint32_t height; /* of the engine's tip */
    int64_t at_s;    /* the moment of which it speaks */
    struct engine_hashrate hashrate;
    double core_ehs;
    bool silence_by_arrival; /* else by header times */
    struct engine_volatility volatility;
    size_t falls, rises;
    bool has_last;
    struct figures_change last;
    const char *no_forecast; /* why difficulty is not forecast; NULL: it is */
    struct engine_forecast forecast;
    uint32_t milestone; /* blocks into the epoch at which score is of: the latest before now */
    struct engine_score score;
    double false_alarms_per_year, daily_sd; /* the detectors' settings; 0: as measured */
};

/** What figures are asked about. */
struct figures_question {
    const struct params *params;
    const struct engine_options *options; /* the engine's */
    int64_t now_ms;
    bool live; /* the tip is the network's, as far as anybody knows */
};

/** All figures of an engine; may take some milliseconds after a block, once. */
void figures_ask(struct figures *out, struct engine *engine,
                 const struct figures_question *question);
/** No figures, and why. */
void figures_none(struct figures *out, const char *reason);

/** One change by its number. */
struct figures_change figures_change_at(struct engine *engine, size_t i);
/** Why the next difficulty cannot be forecast on this network; NULL where it can. */
const char *figures_no_forecast(const struct params *params);

/** "fallen by about 23 % (15 to 31 %) since block 826,046"; where size or onset is not known it is
 *  left out. */
void figures_say_change(char *out, size_t size, const struct figures_change *change);
/** "+3.2 % (-1.0 to +7.4 %)": what the next retarget does to difficulty. */
void figures_say_forecast(char *out, size_t size, const struct engine_forecast *forecast);

/**
 * Adds to objects of the status: `nowcast` and `core` to hashrate, `silence`, `volatility`,
 * `changes`, `retarget` and `analysis` to status. False when memory is short.
 */
bool figures_to_json(json_t *status, json_t *hashrate, const struct figures *figures);

#endif
