// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * progress: see progress.h.
 */
#include "config.h"

#include "monitor/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/** The line is written this often. */
#define PERIOD_MS 200

static int64_t monotonic_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_start(struct progress *progress, const char *what, uint64_t total)
{
    *progress = (struct progress){
        .what = what,
        .total = total,
        .terminal = isatty(STDERR_FILENO) == 1,
        .next_ms = monotonic_ms() + PERIOD_MS,
    };
}

void progress_update(struct progress *progress, uint64_t done)
{
    int64_t now = 0;

    if (!progress->terminal)
        return;
    now = monotonic_ms();
    if (now < progress->next_ms)
        return;
    progress->next_ms = now + PERIOD_MS;
    progress->shown = true;
    /* Back to the line's beginning, the text, and erase what was longer. */
    if (progress->total > 0)
        fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " (%.0f %%)\033[K", progress->what, done,
                progress->total, 100.0 * (double)done / (double)progress->total);
    else
        fprintf(stderr, "\r%s: %" PRIu64 "\033[K", progress->what, done);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
