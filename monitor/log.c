// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * log: see log.h. A line is one write(2), so that lines of two programs on one terminal do not mix;
 * what cannot be written is lost, since there is nowhere to complain.
 */
#include "config.h"

#include "monitor/log.h"

#include "monitor/mem.h"
#include "monitor/text.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** A line is cut beyond this many bytes: whatever is longer was written by a stranger. */
#define LINE_SIZE 2048
/** The first repetition of a complaint comes after this long ... */
#define COMPLAINT_FIRST_MS (INT64_C(2) * 60 * 1000)
/** ... and the later ones never further apart than this. */
#define COMPLAINT_LONGEST_MS (INT64_C(24) * 60 * 60 * 1000)

struct log {
    struct log_options options;
};

/* By level: name, and syslog's priority as the journal reads it. */
static const struct {
    const char *name;
    char priority;
} levels[] = {
    [LOG_BROKEN] = {"broken", '3'}, [LOG_UNUSUAL] = {"unusual", '4'}, [LOG_INFO] = {"info", '6'},
    [LOG_DEBUG] = {"debug", '7'},   [LOG_TRACE] = {"trace", '7'},
};
#define LEVEL_COUNT (sizeof levels / sizeof levels[0])

struct log *log_new(const struct log_options *options)
{
    struct log *log = mem_zeroed(1, sizeof *log);

    assert(options->journal || options->wall_ms != NULL);
    log->options = *options;
    return log;
}

void log_free(struct log *log)
{
    free(log);
}

void log_set_level(struct log *log, enum log_level level)
{
    log->options.level = level;
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        len -= (size_t)written;
    }
}

/* "2026-08-01T12:00:00Z level: " or "<6>"; returns its length. */
static size_t write_prefix(char *line, size_t size, const struct log *log, enum log_level level)
{
    time_t seconds = 0;
    struct tm utc;
    size_t len = 0;

    if (log->options.journal)
        return (size_t)snprintf(line, size, "<%c>", levels[level].priority);
    seconds = (time_t)(log->options.wall_ms(log->options.clock_context) / 1000);
    if (gmtime_r(&seconds, &utc) != NULL)
        len = strftime(line, size, "%Y-%m-%dT%H:%M:%SZ ", &utc);
    return len + (size_t)snprintf(line + len, size - len, "%s: ", levels[level].name);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    char message[LINE_SIZE];
    char line[LINE_SIZE + 64];
    va_list arguments;
    size_t len = 0;

    if (log == NULL || level > log->options.level)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    len = write_prefix(line, sizeof line, log, level);
    len += text_escape(line + len, sizeof line - len - 1, message);
    line[len++] = '\n';
    write_all(log->options.fd, line, len);
}

bool log_complain(struct log_complaint *complaint, int64_t mono_ms)
{
    if (complaint->wait_ms != 0 && mono_ms < complaint->next_ms) {
        complaint->held_back++;
        return false;
    }
    if (complaint->wait_ms == 0)
        complaint->wait_ms = COMPLAINT_FIRST_MS;
    else if (complaint->wait_ms < COMPLAINT_LONGEST_MS / 2)
        complaint->wait_ms *= 2;
    else
        complaint->wait_ms = COMPLAINT_LONGEST_MS;
    complaint->next_ms = mono_ms + complaint->wait_ms;
    return true;
}

uint32_t log_settled(struct log_complaint *complaint)
{
    uint32_t held_back = complaint->held_back;

    *complaint = (struct log_complaint){0};
    return held_back;
}

const char *log_level_name(enum log_level level)
{
    return levels[level].name;
}

bool log_level_by_name(enum log_level *out, const char *name)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (strcmp(levels[i].name, name) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}
