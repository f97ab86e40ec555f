// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * progress: one line on a terminal that says how far long work has come. Where standard error is no
 * terminal, nothing is shown.
 */
#ifndef HASHTIDE_MONITOR_PROGRESS_H
#define HASHTIDE_MONITOR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "mining"; must outlive the progress */
    uint64_t total;   /* 0: not known */
    bool terminal;
    bool shown;
    int64_t next_ms; /* monotonic: when the line is written anew */
};

void progress_start(struct progress *progress, const char *what, uint64_t total);
/** Cheap enough to be called for every thousandth of the work. */
void progress_update(struct progress *progress, uint64_t done);
/** Takes the line away. */
void progress_end(struct progress *progress);

#endif
