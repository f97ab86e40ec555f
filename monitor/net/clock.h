// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * clock: the one door to time, and what the kernel says of its quality.
 *
 * Monotonic time goes on while the machine sleeps, so that waking up is no jump of the wall clock
 * but simply late.
 */
#ifndef HASHTIDE_MONITOR_NET_CLOCK_H
#define HASHTIDE_MONITOR_NET_CLOCK_H

#include "chain/instant.h"
#include "monitor/ports.h"

#include <stdbool.h>
#include <stdint.h>

/** Both clocks, read one right after the other. */
struct instant clock_now(void);
/** Wall clock alone; the context is not used: it has the shape that log_options wants. */
int64_t clock_wall_ms(void *context);
/** What supervisors compare with their own monotonic clock. */
int64_t clock_monotonic_us(void);
/** Is the wall clock disciplined, and how far may it be off? */
struct ports_clock clock_status(void);

/** Notices that the wall clock was set: it moved against the monotonic one. Plain value, zero
 * before the first step. */
struct clock_watch {
    bool started;
    int64_t offset_ms; /* wall less monotonic */
};

/** Less than this is a clock being steered, or our own delay between two readings. */
#define CLOCK_JUMP_MS 2000

/** Milliseconds by which the wall clock jumped since the last step; 0 if it did not. */
int64_t clock_watch_step(struct clock_watch *watch, struct instant now);

#endif
