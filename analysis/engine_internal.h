// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine_internal: what the parts of the engine share.
 *
 *   engine.c             the chain: connect, disconnect, checkpoints
 *   engine_figures.c     hash rate, windows, silence, intervals
 *   engine_changes.c     falls and rises: where, how large, how sure, undone?
 *   engine_forecasts.c   the next retarget, and how good forecasts have been
 *   engine_volatility.c  volatility, and the thresholds that suit it
 *   engine_snapshot.c    the engine as bytes, and whether two are equal
 *
 * All that an engine is after a block is kept in three kinds of things:
 *
 *   the series    what the caller said of each block
 *   the core      what estimators made of it, of a fixed size: copied to undo
 *   logs          arrays that only grow while blocks are connected: sums of batches, rates of
 *                 epochs, alarms, forecasts that came to their end. How long each is follows from
 *                 the core, so that a core taken back takes them back.
 *
 * Everything else is a cache. Nothing that is compared or stored byte by byte has padding.
 */
#ifndef HASHTIDE_ANALYSIS_ENGINE_INTERNAL_H
#define HASHTIDE_ANALYSIS_ENGINE_INTERNAL_H

#include "analysis/engine.h"
#include "chain/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_EPOCH_BLOCKS PARAMS_RETARGET_BLOCKS
#define ENGINE_YEAR_EPOCHS 26
/** How long an alarm's doubt is kept in the hash rate, in blocks. */
#define ENGINE_ALARM_BLOCKS 2016

/** What was said of a block. */
struct engine_sample {
    uint32_t time; /* the header's */
    uint32_t bits;
    int32_t offset_ms; /* arrival minus header time, or ENGINE_NO_OFFSET */
};
#define ENGINE_NO_OFFSET INT32_MIN

/** A forecast as it was made at a milestone. How many intervals were to come, the milestone says.
 */
struct engine_pending {
    struct gamma_belief rate;
    double work_eh;
    double elapsed_s;
    double linear, mempool;
};

/** What blocks change. */
struct engine_core {
    struct nowcast_state nowcast;
    struct change_state detector[2]; /* by direction */
    double offset[2];                /* of their thresholds, in nats, as of the last retarget */
    double daily_sd;                 /* that the thresholds suit */
    double drift;                    /* per block */
    double latest_s;                 /* running maximum on the clock in use */
    double batch_sum;                /* of u, in this batch of VOLATILITY_BATCH */
    double epoch_sum;                /* of u, in this epoch */
    double epoch_work_eh;            /* largest work of a block of this epoch, exahashes */
    double previous_work_eh;         /* of the epoch before; 0: not known */
    struct engine_pending pending[ENGINE_MILESTONES];
    uint32_t count;         /* blocks connected */
    uint32_t header_latest; /* running maximum of header times */
    uint32_t running;       /* latest_s is where the next interval begins: 0 or 1 */
    uint32_t batch_blocks;  /* measured in this batch, or ENGINE_BATCH_BROKEN */
    uint32_t epoch_blocks;  /* measured in this epoch */
    uint32_t alarms;        /* entries of the logs that have one when something happens */
    uint32_t epochs;        /* retargets seen */
    uint32_t scored;
};
#define ENGINE_BATCH_BROKEN UINT32_MAX

_Static_assert(sizeof(struct engine_core) ==
                   sizeof(struct nowcast_state) + 2 * sizeof(struct change_state) +
                       9 * sizeof(double) + ENGINE_MILESTONES * sizeof(struct engine_pending) +
                       8 * sizeof(uint32_t),
               "no padding");

/** VOLATILITY_BATCH blocks, aligned to the height. */
struct engine_batch {
    double sum;     /* of u; NaN unless all of its intervals are known */
    double start_s; /* latest_s before its first block; NaN where no interval can begin there */
    double ehs;     /* what the detector of falls took the hash rate for before it */
};

struct engine_alarm {
    double excess;
    double luck_per_year;
    double walk;   /* nowcast's q */
    double hidden; /* silence that clocks may have hidden before a rise, seconds per exahash */
    struct gamma_belief base;
    uint32_t direction, alarm, size, onset;
};

/** Forecasts of one epoch that came to their end. */
struct engine_ended {
    struct engine_pending forecast[ENGINE_MILESTONES];
    double actual;
    uint64_t epoch; /* its first height */
};

/** What was made of a forecast that came to its end, once it was asked for. */
struct engine_judged {
    double ratio, lo95, hi95;
    double crps;
    bool known;
};

/** What was made of an alarm, as far as it was asked for. */
struct engine_traced {
    struct engine_extent extent;
    struct gamma_belief now; /* of the hash rate since the onset, before block next */
    double farthest;         /* log ratio to what was before: size at the alarm, or beyond */
    size_t next;             /* index in the series */
    bool known;
};

/** Quantiles of the forecasts noted in this epoch, as far as they have been worked out. */
struct engine_quantiles {
    uint32_t known[ENGINE_MILESTONES]; /* of FORECAST_QUANTILES each */
    struct forecast_record record[ENGINE_MILESTONES];
};

/** A year of batches. */
#define ENGINE_YEAR_BATCHES 1460
/** Two years of epochs: as many rates have. */
#define ENGINE_VOLATILITY_EPOCHS (2 * ENGINE_YEAR_EPOCHS)

/** The volatility as of a refresh, as far as it has been worked out. */
struct engine_refresh {
    uint32_t height; /* last block that goes in; 0: there is nothing here */
    uint32_t step;   /* done */
    struct volatility_series series;
    struct volatility_fit fit;
    struct engine_volatility out;
    double log_rate[ENGINE_YEAR_BATCHES];
};

/** A log and how many entries it has room for. */
struct engine_log {
    void *at;
    size_t room;
};

/** Widths of windows that are kept: days and weeks of blocks do not share a place. */
#define ENGINE_WIDTHS 17

/** Checkpoints: some for each of several distances, each distance eight times the one before, so
 *  that a fork takes back little more than it must however deep it is. */
#define ENGINE_LEVELS 5
#define ENGINE_LEVEL_SLOTS 16
#define ENGINE_LEVEL_FIRST 64
#define ENGINE_LEVEL_FACTOR 8
#define ENGINE_CHECKPOINTS (ENGINE_LEVELS * ENGINE_LEVEL_SLOTS)

struct engine {
    struct engine_options options;
    struct nowcast_model bank;
    struct change_model detector[2]; /* at core.offset */
    uint32_t first;                  /* height */
    uint32_t work_bits;              /* work_eh is theirs */
    double work_eh;
    struct engine_core core;
    struct engine_log series;  /* of struct engine_sample, core.count */
    struct engine_log batches; /* of struct engine_batch, engine_batches() */
    struct engine_log rates;   /* of double: past_count + core.epochs, EH/s, 0 where not known */
    struct engine_log alarms;  /* of struct engine_alarm, core.alarms */
    struct engine_log ended;   /* of struct engine_ended, core.scored */
    struct engine_log judged;  /* of ENGINE_MILESTONES struct engine_judged for each of those */
    struct engine_log traced;  /* of struct engine_traced, for each alarm */
    struct engine_log widths;  /* of ENGINE_WIDTHS struct window_width, by intervals modulo that */
    struct engine_quantiles quantiles;
    struct engine_refresh refresh[2];                  /* the one that is shown, and the next */
    struct engine_core checkpoint[ENGINE_CHECKPOINTS]; /* count is 0 where there is none */
};

static inline struct engine_sample *engine_samples(const struct engine *engine)
{
    return engine->series.at;
}
static inline struct engine_batch *engine_batches(const struct engine *engine)
{
    return engine->batches.at;
}
static inline double *engine_rates(const struct engine *engine)
{
    return engine->rates.at;
}
static inline struct engine_alarm *engine_alarms(const struct engine *engine)
{
    return engine->alarms.at;
}
static inline struct engine_ended *engine_ended(const struct engine *engine)
{
    return engine->ended.at;
}
static inline struct engine_traced *engine_traced(const struct engine *engine)
{
    return engine->traced.at;
}
/** Of entry i. */
static inline struct engine_judged *engine_judged(const struct engine *engine, size_t i)
{
    return (struct engine_judged *)engine->judged.at + i * ENGINE_MILESTONES;
}
/** Height of the tip; count > 0. */
static inline uint32_t engine_height(const struct engine *engine)
{
    return engine->first + engine->core.count - 1;
}
/** Entries of the log of batches, the last perhaps not complete. */
static inline size_t engine_batch_count(const struct engine *engine)
{
    if (engine->core.count == 0)
        return 0;
    return engine_height(engine) / VOLATILITY_BATCH - engine->first / VOLATILITY_BATCH + 1;
}
static inline size_t engine_rate_count(const struct engine *engine)
{
    return engine->options.past_count + engine->core.epochs;
}

/** The time of block i of the series on the clock in use; false where it is not known. */
bool engine_time_s(double *time_s, const struct engine *engine, size_t i);
/** Keeps a core as a checkpoint, if it stands at a distance at which they are kept. */
void engine_keep(struct engine *engine, const struct engine_core *core);
/** Room for what is made of alarms, and of forecasts that came to their end, all still to be done.
 */
bool engine_caches_reserve(struct engine *engine);
/** Room for one entry more than count; false without memory. */
bool engine_log_reserve(struct engine_log *log, size_t count, size_t entry_size);
/** How many times a year luck alone takes a detector this far beyond its threshold. */
double engine_luck(const struct engine *engine, enum change_direction way, double excess);
/** Thresholds of both detectors from the core's offsets. */
void engine_set_detectors(struct engine *engine);
/**
 * Intervals u of blocks from to through (indices of the series), in order; where a block has none,
 * NaN. u has room for as many.
 */
void engine_intervals_of(double *u, const struct engine *engine, size_t from, size_t through);

/** The hash rate with nothing but what the tip knew, and its widening; drift, silence and the rest
 *  as in engine_hashrate(). count > 0. */
struct engine_hashrate engine_rate_now(const struct engine *engine, double silence_s);

/** Does a slice of the next refresh's work; false if nothing is left. */
bool engine_volatility_work(struct engine *engine);
/** Forgets refreshes that know blocks above a height that is taken back to. */
void engine_volatility_rewind(struct engine *engine, uint32_t height);
/** Entries of the log of rates, and the drift, as they were when the block of this height had come.
 */
size_t engine_rate_count_at(const struct engine *engine, uint32_t height);
double engine_drift_at(const struct engine *engine, uint32_t height);
/** The daily sd that thresholds are to suit from now on, and the offsets that do. */
void engine_set_thresholds(struct engine *engine);

/** Notes a forecast if the tip is a milestone of an epoch seen from its first block on. */
void engine_forecast_note(struct engine *engine);
/** The retarget has come, and the work of a block is now work_eh: noted forecasts are filed. Room
 *  in the log is there. */
void engine_forecast_end(struct engine *engine, double work_eh);
/** Works out some quantiles of noted forecasts; false if none are left. */
bool engine_forecast_work(struct engine *engine);

#endif
