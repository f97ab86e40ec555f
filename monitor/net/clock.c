// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/clock.h"

#include <sys/timex.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0) {
        return 0; /* both clocks are there on every kernel we run on */
    }
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct instant clock_now(void)
{
    return (struct instant){.wall_ms = read_ms(CLOCK_REALTIME), .mono_ms = read_ms(CLOCK_BOOTTIME)};
}

int64_t clock_wall_ms(void *context)
{
    (void)context;
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct ports_clock clock_status(void)
{
    struct timex t = {.modes = 0}; /* a question; it needs no privilege */
    int state = adjtimex(&t);
    if (state < 0) {
        return (struct ports_clock){.known = false, .error_us = -1};
    }
    return (struct ports_clock){
        .known = true,
        .synchronized = state != TIME_ERROR && (t.status & STA_UNSYNC) == 0,
        .error_us = t.maxerror,
    };
}

int64_t clock_watch_step(struct clock_watch *watch, struct instant now)
{
    int64_t offset = now.wall_ms - now.mono_ms;
    int64_t moved = watch->started ? offset - watch->offset_ms : 0;
    watch->started = true;
    /* Steering is followed step by step; only what comes at once is a jump. */
    watch->offset_ms = offset;
    return moved >= CLOCK_JUMP_MS || moved <= -CLOCK_JUMP_MS ? moved : 0;
}
