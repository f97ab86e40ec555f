// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * journal: a line to the system's log, by the socket on which syslog and systemd's journal listen.
 *
 * Not by syslog(3), which waits for a log that is stuck and does not say when nobody listens.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_JOURNAL_H
#define HASHTIDE_MONITOR_DELIVER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

enum journal_priority {
    JOURNAL_CRITICAL = 2,
    JOURNAL_WARNING = 4,
    JOURNAL_NOTICE = 5,
    JOURNAL_INFO = 6,
};

/** Writes a line, of which the log keeps 1 kB at least. False with the error number's text in why,
 *  size bytes; the line is not written then. Never waits. */
bool journal_write(char *why, size_t size, const char *path, enum journal_priority priority,
                   const char *line);

#endif
