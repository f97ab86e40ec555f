// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * log: lines for an operator, on stderr. Under systemd (JOURNAL_STREAM) each line begins with the
 * journal's priority "<N>" and has no time of its own.
 */
#ifndef HASHTIDE_MONITOR_LOG_H
#define HASHTIDE_MONITOR_LOG_H

#include <stdbool.h>
#include <stdint.h>

/** By consequence: what the operator should do about it. Numbers grow with talkativeness. */
enum log_level {
    LOG_BROKEN = 0,  /* something has to be done */
    LOG_UNUSUAL = 1, /* look at it some time */
    LOG_INFO = 2,    /* the ordinary story: start, synced, reorg, stop */
    LOG_DEBUG = 3,   /* peers and messages */
    LOG_TRACE = 4,
};

struct log; /* opaque */

struct log_options {
    enum log_level level;
    int fd;
    bool journal;                      /* priorities, no time */
    int64_t (*wall_ms)(void *context); /* the clock that stamps lines */
    void *clock_context;
};

struct log *log_new(const struct log_options *options);
void log_free(struct log *log);
void log_set_level(struct log *log, enum log_level level);
/** One line; control characters from outside are escaped. log may be NULL: nothing is written. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Tells repetition apart: true for the first complaint about a subject, then at 2, 4, 8 ...
 * minutes; log_settled() ends it and returns how many were held back. */
struct log_complaint {
    int64_t next_ms;
    int64_t wait_ms;
    uint32_t held_back;
};
bool log_complain(struct log_complaint *complaint, int64_t mono_ms);
uint32_t log_settled(struct log_complaint *complaint);

const char *log_level_name(enum log_level level);
bool log_level_by_name(enum log_level *out, const char *name);

#endif
