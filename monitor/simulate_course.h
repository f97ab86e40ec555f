// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_course: what a script makes of the world at a moment of its chain: the hash rate and
 * what it is made of, and the habits of miners and of the network.
 *
 * Time runs in minutes since genesis, and the hash rate is constant within one, except that what
 * begins with a block begins at once. The logarithm of the hash rate is a sum: start and growth,
 * the walk, steps, ramps and storms, departures.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_COURSE_H
#define HASHTIDE_MONITOR_SIMULATE_COURSE_H

#include "monitor/simulate_script.h"

#include <stdbool.h>
#include <stdint.h>

/** Parts of the logarithm of the hash rate, in units of what the work limit is for, with 32
 * fraction bits. */
struct simulate_rate {
    int64_t trend; /* start and growth */
    int64_t walk;
    int64_t events; /* steps, ramps, storms */
    int64_t departures;
};

int64_t simulate_rate_log(const struct simulate_rate *rate);

/** Habits in force; each points to the line that says so, or is NULL. */
struct simulate_habits {
    const struct simulate_item *noise;
    const struct simulate_item *stale;
    const struct simulate_item *delay;
    const struct simulate_item *timewarp;
    const struct simulate_item *reorg; /* due: taken by simulate_course_take_reorg() */
};

struct simulate_course; /* opaque */

/** At genesis. The script must outlive the course. */
struct simulate_course *simulate_course_new(const struct simulate_script *script);
/** NULL is allowed. */
void simulate_course_free(struct simulate_course *course);

/** The search of the block of this height begins, one above the last call's (1 at first). */
void simulate_course_block(struct simulate_course *course, uint32_t height);
/** The next minute begins. */
void simulate_course_minute(struct simulate_course *course);

/** Minutes since genesis. */
uint64_t simulate_course_minutes(const struct simulate_course *course);
const struct simulate_rate *simulate_course_rate(const struct simulate_course *course);
const struct simulate_habits *simulate_course_habits(const struct simulate_course *course);
/** The reorganisation that is due has begun: its name stands among the events until
 * simulate_course_end_reorg(). */
void simulate_course_take_reorg(struct simulate_course *course);
void simulate_course_end_reorg(struct simulate_course *course);

/** Names of what is in progress, in the script's order, a blank between them; "" if nothing is. A
 * step is in progress until the first block after it has been found. Good until the course is
 * freed. */
const char *simulate_course_events(const struct simulate_course *course);

/** The line that has raised the hash rate most so far (or lowered it most). 0 if none has. */
unsigned simulate_course_blame(const struct simulate_course *course, bool raised);
/** The first item of the script that has not begun; NULL if all have. */
const struct simulate_item *simulate_course_waiting(const struct simulate_course *course);

#endif
