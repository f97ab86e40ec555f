// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest: the rules over the stored best chain, in virtual time.
 *
 * Engine, observe and board are those of the running monitor; only the clock is another. It stands
 * at each block's arrival where that was observed, else at the block's stamp, and never goes back.
 * Between two blocks it ticks, so that silences grow, and durations and repetitions in time are
 * noticed: see backtest_next_tick(). What is said is therefore late by a minute at most; what the
 * next retarget will be, which moves slowly, is asked at blocks and each ten minutes between them.
 *
 * What is not in a stored chain is not known: figures about the monitor's health, so that rules on
 * them say nothing; and reorganisations, since branches that lost were not followed.
 */
#ifndef HASHTIDE_MONITOR_BACKTEST_H
#define HASHTIDE_MONITOR_BACKTEST_H

#include "alerts/incident.h"
#include "alerts/metric.h"
#include "alerts/ruleset.h"
#include "analysis/engine.h"
#include "monitor/replay.h"
#include "monitor/store/headerfile.h"

#include <stdbool.h>
#include <stdint.h>

/** What it runs over. Nothing in it is kept. */
struct backtest_setup {
    struct headerfile *file;
    const struct replay_arrivals *arrivals; /* NULL: none */
    const struct engine_options *options;   /* without a past, which is the store's */
    const struct ruleset *rules;
    uint32_t from, to; /* heights of the best chain, from <= to. Blocks before from are connected,
                          and the rules begin at from, as for a monitor that is synced then */
};

/** A message that would have been sent. All of it is of this call only. */
typedef void (*backtest_message_fn)(void *context, const struct rule *rule,
                                    const struct alert_transition *transition,
                                    const struct metrics *metrics);
/** Called now and then with the height that has been reached; returns false to stop. */
typedef bool (*backtest_pace_fn)(void *context, uint32_t height);

enum backtest_status {
    BACKTEST_DONE,
    BACKTEST_STOPPED, /* by pace() */
    BACKTEST_NO_MEMORY,
    BACKTEST_UNREADABLE, /* a header could not be read from the store */
};

/** The time that was gone through: of the blocks at from and at to. */
struct backtest_span {
    int64_t begin_ms, end_ms;
};

/** Goes through the blocks. *span is of as far as it came. */
enum backtest_status backtest_run(struct backtest_span *span, const struct backtest_setup *setup,
                                  backtest_message_fn message, backtest_pace_fn pace,
                                  void *context);

/** When the clock ticks next after now_ms, where the last block came at block_ms: each minute; of a
 *  silence beyond a day each hour, and beyond 30 days each day, so that a chain stamped by nonsense
 *  ends too. */
int64_t backtest_next_tick(int64_t block_ms, int64_t now_ms);

#endif
