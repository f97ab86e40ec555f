// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * engine: all estimators over one chain: blocks are connected and disconnected, figures are asked.
 *
 * The state after a block follows from the chain up to it and from the options, and from nothing
 * else: not from the order of events, from the clock, nor from what was asked in between. So live
 * headers, history and simulation give the same figures, and a reorg leaves no trace: the state is
 * equal, bit for bit, to that of an engine which never saw the losing branch.
 *
 *   connect:     interval -> nowcast, detectors of falls and rises, epoch's sums; a checkpoint now
 *                and then
 *   disconnect:  back to the last checkpoint at or below, then the blocks from there on again
 *   questions:   what costs more than a few microseconds (volatility, scores, extents of changes)
 *                is worked out when asked, of the state alone, and kept until the chain moves
 *
 * Memory: 13 bytes a block for the series and its logs (950,000 blocks: 12 MB), and some 200 kB.
 */
#ifndef HASHTIDE_ANALYSIS_ENGINE_H
#define HASHTIDE_ANALYSIS_ENGINE_H

#include "analysis/change.h"
#include "analysis/forecast.h"
#include "analysis/interval.h"
#include "analysis/nowcast.h"
#include "analysis/volatility.h"
#include "analysis/window.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Opaque. For one thread at a time: questions fill caches. */
struct engine;

/** No block stands higher than this. */
#define ENGINE_HEIGHT_MAX (UINT32_MAX / 2)
/** Arrival that is not known. */
#define ENGINE_NO_ARRIVAL INT64_MIN

struct engine_options {
    bool arrivals;                 /* blocks' times are arrival times (of studies), not headers' */
    double false_alarms_per_year;  /* of falls, and of rises; > 0 */
    double daily_sd;               /* that thresholds suit, e.g. 0.015; 0: as measured */
    struct change_offsets offsets; /* of thresholds, from `calibrate`; count 0: built in */
    const double *past_rates; /* mean EH/s of the epochs before the first block's, oldest first, as
                                 far as they are known; copied; may be NULL */
    size_t past_count;
};

/** One a year, measured volatility, thresholds built in, no past. */
struct engine_options engine_defaults(void);

/** A block as the engine wants it. */
struct engine_block {
    uint32_t height;
    uint32_t bits;      /* usable, as a verified header's are (asserted) */
    int64_t time_ms;    /* the header's, times 1000 (asserted: of 32 bits of seconds) */
    int64_t arrival_ms; /* when it was first announced to us, by our clock, or ENGINE_NO_ARRIVAL */
};

/** NULL when memory is short. Options are copied. */
struct engine *engine_new(const struct engine_options *options);
void engine_free(struct engine *engine);

/** Takes the next block: any height first, then always the tip's plus one (asserted). False,
 *  nothing changed, when memory is short. */
bool engine_connect(struct engine *engine, const struct engine_block *block);
/** Takes back all blocks above height, which is at least the first one's (asserted). */
void engine_disconnect(struct engine *engine, uint32_t height);
/** A block's arrival that became known after it was connected. Heights not connected and blocks
 *  that have one already are passed over. False, nothing changed, when memory is short. */
bool engine_arrived(struct engine *engine, uint32_t height, int64_t arrival_ms);

/** Number of blocks connected. */
size_t engine_count(const struct engine *engine);
/** Heights of the first block and of the tip; count > 0 (asserted). */
uint32_t engine_first(const struct engine *engine);
uint32_t engine_tip(const struct engine *engine);
struct engine_block engine_block_at(const struct engine *engine, uint32_t height);
/** Bytes of memory held. */
size_t engine_memory(const struct engine *engine);

/**
 * The whole engine as bytes that engine_restore() turns into an equal one, on the same machine and
 * version. Caller frees with free(). NULL when memory is short.
 */
uint8_t *engine_snapshot(const struct engine *engine, size_t *len);
/** NULL where bytes are damaged, of another version or of other options, or memory is short: then
 *  the blocks are connected anew. */
struct engine *engine_restore(const struct engine_options *options, const uint8_t *bytes,
                              size_t len);
/** Whether two engines are in the same state, bit for bit. */
bool engine_equal(const struct engine *a, const struct engine *b);

/* ---- figures ------------------------------------------------------------- */

/** Why there is no figure. Of results that are not ENGINE_OK all else is 0. */
enum engine_status {
    ENGINE_OK,
    ENGINE_TOO_FEW, /* blocks */
    ENGINE_NO_TIME, /* it did not advance */
    ENGINE_NO_MEMORY,
};
/** In words: "not enough blocks yet"; "" for ENGINE_OK. */
const char *engine_status_text(enum engine_status status);

/** Hash rate in the last `wanted` intervals. */
struct window_estimate engine_window(const struct engine *engine, uint32_t wanted);
/** What Bitcoin Core's getnetworkhashps(wanted) says, EH/s, biased as it is: work over the span
 *  from the earliest to the latest time. 0 where it says 0. */
double engine_core_hashps(const struct engine *engine, uint32_t wanted);

/** Time that has passed since the tip as it enters figures: by our own clock where the tip's
 *  arrival is known, else by the latest header time; never negative. */
double engine_silence_s(const struct engine *engine, int64_t now_ms);

/** ENGINE_AT_TIP as now: figures as they were when the tip had just come. */
#define ENGINE_AT_TIP INT64_MIN

struct engine_hashrate {
    enum engine_status status;
    struct nowcast_estimate estimate; /* widened after an alarm, see widened */
    struct nowcast_estimate plain;    /* the same without an alarm's doubt */
    bool widened;                     /* an alarm's doubt is in the interval */
    uint32_t alarm_height;            /* of that alarm */
    double drift;                     /* expected growth of the log rate per block */
    double silence_s;                 /* since the last block */
    double silence_p;                 /* chance of a silence at least as long */
};
struct engine_hashrate engine_hashrate(const struct engine *engine, int64_t now_ms);

/** The nowcast's own state after the tip: what nowcast_smoothed() wants. count > 0 (asserted). */
const struct nowcast_state *engine_nowcast(const struct engine *engine);

/** Volatility net of luck, as of a refresh: every VOLATILITY_BATCH blocks. */
struct engine_volatility {
    enum engine_status status;       /* of all figures by batches */
    uint32_t height;                 /* last block that went in */
    uint32_t blocks;                 /* that went in: a year, or what there is */
    double daily_sd, lo95, hi95;     /* of the walk; see struct volatility_fit */
    struct volatility_moments batch; /* of 36 blocks: the naive figure, luck, and what remains */
    enum engine_status epoch_status; /* of the three that follow */
    uint32_t epochs;                 /* complete ones that went in, at most two years' */
    struct volatility_moments epoch;
    struct volatility_reversing reversing; /* by epochs: the part that returns, and its gain */
};
/** May take some milliseconds the first time that it is asked after a refresh; engine_work() can
 *  spread them. */
struct engine_volatility engine_volatility(struct engine *engine);
/**
 * Does a slice of what a refresh left to do, well below 0.2 ms. True if more is left. To be called
 * after a block by who follows live, so that a question never waits. Changes no answer.
 */
bool engine_work(struct engine *engine);

/** A fall or a rise. */
struct engine_change {
    enum change_direction direction;
    uint32_t alarm; /* height of the block that raised it */
    struct change_verdict verdict;
    double luck_per_year; /* how many times a year luck alone would go at least this far */
};
size_t engine_change_count(const struct engine *engine);
/** In order of alarm; i < count (asserted). */
struct engine_change engine_change(const struct engine *engine, size_t i);

/** What can be said of it, and of what came after. */
struct engine_extent {
    enum engine_status status;
    struct change_extent
        extent;                /* from the blocks up to the alarm: later ones may be the way back */
    double confidence;         /* chance that there was a change at all, by extent's evidence, where
                                  one a year is expected and half are smaller than 12 % */
    double recovered;          /* chance that it has come back at least half of the way from the
                                  farthest that it went, by a memory of a week, as of the last batch
                                  of 36 blocks; after 8 weeks as it was then */
    uint32_t recovered_height; /* first such batch's last block at which that was 95 % sure; 0:
                                  never */
};
struct engine_extent engine_extent(struct engine *engine, size_t i);

/** Would a block be evidence enough for a fall if it came now, after this silence? Then it will be
 *  whenever it comes, and nobody need wait for it who knows by his own clock that the silence is
 *  real: to judge it so adds no false alarm. By header times the change itself comes with a later
 *  block, which shows that the stamps were right. The verdict's onset may be the block that has not
 *  come. */
struct change_verdict engine_silent_alarm(const struct engine *engine, int64_t now_ms);

/** Whether blocks so far are evidence enough for a fall that no block has raised yet: the next ones
 *  will raise it, or show that a stamp was ahead of time. Never by arrivals, which raise it at
 *  once. */
bool engine_fall_pending(const struct engine *engine);

/** The next retarget. */
struct engine_forecast {
    enum engine_status status;
    uint32_t height;  /* of the first block at the new difficulty */
    uint32_t done;    /* blocks since the epoch's first, 0 to 2015 */
    uint32_t to_come; /* intervals until it is fixed; 0: it is, and figures are exact */
    double ratio, ratio_lo95, ratio_hi95; /* new difficulty over old; median and 95 % */
    double difficulty, difficulty_lo95, difficulty_hi95;
    double seconds, seconds_lo95, seconds_hi95; /* from now until it is fixed */
    double linear;                              /* ratio if the epoch's pace went on */
    double mempool;                             /* ratio as mempool.space would say */
};
struct engine_forecast engine_forecast(const struct engine *engine, int64_t now_ms);

/** Points of an epoch at which forecasts are kept to be scored: blocks since its first. */
#define ENGINE_MILESTONES 7
extern const uint32_t engine_milestones[ENGINE_MILESTONES]; /* 0 144 288 504 1008 1512 1872 */

/** A forecast that has come to its end. */
struct engine_scored {
    uint32_t epoch; /* first height of the epoch whose end was forecast */
    uint32_t done;  /* the milestone */
    double ratio, lo95, hi95;
    double linear, mempool;
    double actual;
    double crps;
    bool covered;
};
/** Epochs whose forecasts are complete, oldest first; only epochs seen from their first block on
 *  have one. milestone is an index. False where there is none. */
size_t engine_scored_count(const struct engine *engine);
bool engine_scored(struct engine_scored *out, const struct engine *engine, size_t i,
                   size_t milestone);
/** The same of the epoch that runs: what was forecast at a milestone that it has passed; actual,
 *  crps and covered are 0. */
bool engine_noted(struct engine_scored *out, const struct engine *engine, size_t milestone);
/** How good forecasts at a milestone have been, over the last year (26 epochs at most). */
struct engine_score {
    uint32_t epochs;
    double error, linear_error, mempool_error; /* mean absolute, of the ratio */
    double crps;
    double coverage; /* share within the 95 % interval */
};
struct engine_score engine_score(struct engine *engine, size_t milestone);

/** Whether intervals look as chance would have it, over the last `wanted` blocks. */
struct engine_intervals {
    enum engine_status status; /* of the test: intervals between known arrivals only */
    struct interval_test test;
    double longest_s; /* longest interval by header times (running maximum) */
    uint32_t longest_height;
    double longest_p;      /* chance of one at least as long among as many */
    double negative_share; /* of blocks stamped before their parent */
    uint32_t blocks;
};
struct engine_intervals engine_intervals(struct engine *engine, uint32_t wanted);

#endif
