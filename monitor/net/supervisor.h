// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * supervisor: tells systemd how we are (Type=notify). Without it, or without libsystemd at build
 * time, nothing happens.
 */
#ifndef HASHTIDE_MONITOR_NET_SUPERVISOR_H
#define HASHTIDE_MONITOR_NET_SUPERVISOR_H

#include <stdbool.h>

/** The monitor serves from here on. */
void supervisor_ready(void);
void supervisor_reloading(void);
void supervisor_stopping(void);
/** True if fd is a stream to the journal, which wants priorities and stamps lines itself. */
bool supervisor_journal(int fd);

#endif
