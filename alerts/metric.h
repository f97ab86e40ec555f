// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * metric: the registry of every figure that a rule may watch, and one snapshot of their values.
 *
 * Each figure has one name for good. Rules, CSV columns, the metrics page and the API use the same
 * one. Names are lower-case words joined by dots; where there is a unit it stands at the end (_ehs,
 * _s, _ms, _pct); shares are fractions of one and probabilities lie between 0 and 1, unless the
 * name ends in _pct.
 *
 * A snapshot is a plain value of some 3 KB: what is known at one moment, with the block and the
 * time it belongs to. Who fills it (the running monitor, the backtest) leaves unknown what cannot
 * be said: 0 is a statement, unknown is none.
 */
#ifndef HASHTIDE_ALERTS_METRIC_H
#define HASHTIDE_ALERTS_METRIC_H

#include "chain/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Index into the registry. Never stored or sent: names are. */
enum metric_id {
    METRIC_HASHRATE_NOW_EHS,
    METRIC_HASHRATE_W144_EHS,
    METRIC_HASHRATE_W2016_EHS,
    METRIC_HASHRATE_OFF_HIGH,
    METRIC_HASHRATE_DAILY_SD,
    METRIC_HASHRATE_FALL_STANDING,
    METRIC_HASHRATE_FALL_CONFIDENCE,
    METRIC_HASHRATE_FALL_SIZE,
    METRIC_HASHRATE_FALL_DEPTH,
    METRIC_HASHRATE_FALL_RECOVERED,
    METRIC_HASHRATE_FALL_LUCK_PER_YEAR,
    METRIC_HASHRATE_RISE_STANDING,
    METRIC_HASHRATE_RISE_CONFIDENCE,
    METRIC_HASHRATE_RISE_SIZE,
    METRIC_HASHRATE_RISE_RECOVERED,
    METRIC_HASHRATE_RISE_LUCK_PER_YEAR,
    METRIC_INTERVAL_SINCE_LAST_S,
    METRIC_INTERVAL_SILENCE_P,
    METRIC_INTERVAL_LONGEST_P,
    METRIC_INTERVAL_FIT_P,
    METRIC_INTERVAL_NEGATIVE_SHARE,
    METRIC_DIFFICULTY_NEXT_CHANGE,
    METRIC_DIFFICULTY_NEXT_IN_S,
    METRIC_DIFFICULTY_LAST_CHANGE,
    METRIC_REORG_DEPTH,
    METRIC_DEPARTURE_AI_NET_EHS,
    METRIC_DEPARTURE_AI_SHARE,
    METRIC_DEPARTURE_UNEXPLAINED_EHS,
    METRIC_HASHPRICE_USD_PH_DAY,
    METRIC_FLEET_UNDERWATER_PCT,
    METRIC_INCENTIVE_RATIO,
    METRIC_SYNC_SYNCED,
    METRIC_SYNC_PEERS,
    METRIC_SYNC_PEERS_SHARE,
    METRIC_SYNC_GROUPS,
    METRIC_SYNC_DISAGREEING_GROUPS,
    METRIC_SYNC_TIP_AGE_S,
    METRIC_CLOCK_ERROR_MS,
    METRIC_CLOCK_SUSPECT,
    METRIC_STORE_TROUBLE,
    METRIC_STORE_DROPPED,
    METRIC_DELIVERY_OLDEST_S,
    METRIC_DELIVERY_QUEUED,
    METRIC_DELIVERY_DEAD,
    METRIC_MARKET_SUSPECT,
    METRIC_MARKET_PRICE_AGE_S,
    METRIC_COUNT
};

enum metric_unit {
    METRIC_EHS,      /* EH/s */
    METRIC_FRACTION, /* of one; people read it in per cent */
    METRIC_PERCENT,  /* of a hundred */
    METRIC_SECONDS,
    METRIC_MILLISECONDS,
    METRIC_NUMBER, /* whole */
    METRIC_BLOCKS, /* whole */
    METRIC_PER_YEAR,
    METRIC_USD_PH_DAY, /* USD per PH/s and day */
    METRIC_RATIO,      /* how many times as much */
    METRIC_YES_NO,     /* 1 or 0 */
};

enum metric_kind {
    METRIC_GAUGE,    /* a value */
    METRIC_ESTIMATE, /* a value with an interval */
    METRIC_EVENT,    /* of what happened since the snapshot before: 0 at all others. No later block
                        takes it back */
};

/** When rules on it speak. */
enum metric_class {
    METRIC_CHAIN,  /* about the chain: silent until synced */
    METRIC_HEALTH, /* about the monitor: always, after a grace at start */
};

struct metric_info {
    const char *name;
    enum metric_unit unit;
    enum metric_kind kind;
    enum metric_class subject;
    bool live;           /* known of the present only, in the running monitor: no stored chain has
                            it */
    double level;        /* of an estimate's interval: 0.95, 0.9; else 0 */
    const char *phrase;  /* in the middle of a sentence: "the hash rate now"; where yes or no is the
                           value, a statement: "the monitor is synced" */
    const char *meaning; /* one sentence */
    const char *method;  /* of estimates: what made it, as doc/METHODS.md names it; else NULL */
    unsigned version;    /* of that method: its figures mean something else when it changes */
};

/** id < METRIC_COUNT (asserted). */
const struct metric_info *metric_info(enum metric_id id);
/** By name; METRIC_COUNT if there is none. */
enum metric_id metric_find(const char *name);
/** The name that was probably meant by one that is none; NULL if none is near. */
const char *metric_nearest(const char *name);
/** "EH/s", "fraction", "%", "s", "ms", "count", "blocks", "1/year", "USD/PH/s/day", "ratio",
 *  "yes/no": as listed and sent. */
const char *metric_unit_name(enum metric_unit unit);
/** "gauge", "estimate", "event". */
const char *metric_kind_name(enum metric_kind kind);
/** "chain", "health". */
const char *metric_class_name(enum metric_class subject);

#define METRIC_TEXT_SIZE 48
/** A value as people read it, with its unit: "652 EH/s", "-4.3 %", "2 h 13 min", "1 in 85,000",
 *  "yes". value must be finite (asserted). */
void metric_format(char out[METRIC_TEXT_SIZE], enum metric_unit unit, double value);

/** One figure. Of one that is not known all else is 0. */
struct metric_value {
    bool known;
    double value;
    double lo, hi;                   /* of estimates, lo <= value <= hi; else equal to value */
    uint32_t from_height, to_height; /* blocks that it rests on; both 0 where none */
};

/** uptime_ms of who never starts: a backtest. */
#define METRICS_NO_START INT64_MAX

/** What is known at one moment. */
struct metrics {
    int64_t wall_ms;   /* to be printed: UNIX time */
    int64_t steady_ms; /* to be measured with: wall time at start plus monotonic time since. It
                          may jump from one run of the program to the next, never within one */
    int64_t uptime_ms; /* since start, or METRICS_NO_START */
    bool synced;
    bool late;    /* an event of before this start, caught up with */
    bool has_tip; /* false: height and hash say nothing */
    uint32_t height;
    struct hash256 hash;
    bool reorged;         /* blocks have left the best chain since the snapshot before: ... */
    uint32_t fork_height; /* ... all above this one */
    struct metric_value values[METRIC_COUNT];
};

/** Sets a figure without an interval. What is not finite stays unknown. */
void metrics_set(struct metrics *metrics, enum metric_id id, double value);
/** Sets an estimate from blocks from_height to to_height. What is not finite, or not in order,
 *  stays unknown. */
void metrics_set_estimate(struct metrics *metrics, enum metric_id id, double value, double lo,
                          double hi, uint32_t from_height, uint32_t to_height);

#endif
