// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * market: what sources of the price have answered, and when; and histories that somebody imported.
 * Nothing in it is ever changed but a day that is imported again.
 */
#ifndef HASHTIDE_MONITOR_STORE_MARKET_H
#define HASHTIDE_MONITOR_STORE_MARKET_H

#include "analysis/price.h"
#include "monitor/market.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct market_store;

/** As observations_open(). NULL on failure, message set; *missing (may be NULL) where there is no
 *  such file and read_only. */
struct market_store *market_store_open(const char *path, bool read_only, bool *missing,
                                       char *message, size_t message_len);
/** NULL is allowed. */
void market_store_close(struct market_store *store);
/** Why the last call failed; one line. */
const char *market_store_error(const struct market_store *store);

/** Keeps a round and its quotes, all or nothing. False with error. */
bool market_store_put(struct market_store *store, int64_t fetched_ms,
                      const struct market_round *round, const struct market_quote *quotes,
                      size_t count);
/** Keeps a history's days, all or nothing; days that are there already are replaced. source: what
 *  people know it by. */
bool market_store_import(struct market_store *store, int64_t imported_ms, const char *source,
                         const struct price_point *points, size_t count);

/** A quote as it was kept. Texts live until the callback returns. */
struct market_kept {
    int64_t fetched_ms;
    bool round_known;
    double round_usd, spread;
    unsigned sources, agreeing;
    const char *source, *verdict, *detail;
    double usd; /* 0: none */
};
/** Quotes in order of time, of the last `rounds` rounds (0: all); each returns false to stop. False
 *  on an error or when stopped. */
bool market_store_each(struct market_store *store, size_t rounds,
                       bool (*each)(void *context, const struct market_kept *quote), void *context);

/** A price of the series that what is kept makes. */
struct market_day {
    struct price_point point;
    const char *source; /* of what was imported; "fetched" of a round */
};
/** Days that were imported, and of each UTC day the last round that has a price, in order of time;
 *  where both are of one time the round. each as above. */
bool market_store_each_day(struct market_store *store,
                           bool (*each)(void *context, const struct market_day *day),
                           void *context);

/** What a source has come to, over all rounds. */
struct market_record {
    uint64_t tries, good, suspect;
    int64_t last_ms, last_good_ms; /* 0: never */
    char last_verdict[16];
};
/** False on an error. */
bool market_store_record(struct market_store *store, struct market_record *out, const char *source);
/** Answers that an honest source would not give, over all rounds. */
bool market_store_suspect(struct market_store *store, uint64_t *out);

/** When sources were asked last, and when they agreed on a price last; 0: never. */
struct market_last {
    int64_t round_ms, known_ms;
};
/** False on an error. */
bool market_store_last(struct market_store *store, struct market_last *out);

#endif
