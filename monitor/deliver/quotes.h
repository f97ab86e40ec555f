// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * quotes: asks all sources of the price at once (monitor/market.h), and says what came.
 *
 * Each answer is bounded in bytes and in time, and no redirection is followed: see http.h.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_QUOTES_H
#define HASHTIDE_MONITOR_DELIVER_QUOTES_H

#include "monitor/market.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A source has so long. */
#define QUOTES_TIMEOUT_MS 15000

struct uv_loop_s;
struct http;
struct quotes;

struct quotes_options {
    const struct market_source *sources; /* they live until the end */
    size_t count;                        /* from 1 to MARKET_SOURCES_MAX (asserted) */
    const char *proxy;                   /* "HOST:PORT" of a SOCKS5 proxy, or ""; as sources */
    int64_t timeout_ms;
    int64_t now_ms; /* UNIX time */
};

/** All sources have answered, or will not. quotes: in the order of the sources; they and the round
 *  live until this returns. May begin another. */
typedef void (*quotes_done_fn)(void *context, const struct market_quote *quotes, size_t count,
                               const struct market_round *round);

/** Begins. done() is not called before this returns, and called once unless it is cancelled. */
struct quotes *quotes_start(struct http *http, const struct quotes_options *options,
                            quotes_done_fn done, void *context);
/** done() is not called. */
void quotes_cancel(struct quotes *quotes);

/** The same for who has nothing else to do: returns when done() has been called; false when the
 *  network library cannot be used. */
bool quotes_now(const struct quotes_options *options, quotes_done_fn done, void *context);

#endif
