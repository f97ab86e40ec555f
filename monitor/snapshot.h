// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * snapshot: the store of headers as it is, for commands that only read it: no lock is taken and
 * nothing is repaired, so that a running monitor is not disturbed.
 */
#ifndef HASHTIDE_MONITOR_SNAPSHOT_H
#define HASHTIDE_MONITOR_SNAPSHOT_H

#include "monitor/settings.h"
#include "monitor/store/headerfile.h"

#define SNAPSHOT_MESSAGE_SIZE 9216

enum snapshot_result {
    SNAPSHOT_OPEN,
    SNAPSHOT_NONE,   /* there is no store, or none that may be looked at */
    SNAPSHOT_BROKEN, /* there is one, and it cannot be read */
};

/** Opens the store of the settings' network and data directory. Unless SNAPSHOT_OPEN, *out is NULL
 *  and message is one line that says what to do. */
enum snapshot_result snapshot_open(struct headerfile **out, char message[SNAPSHOT_MESSAGE_SIZE],
                                   const struct settings *settings);
/** The same for whom it takes a store. NULL after command_error(). */
struct headerfile *snapshot_open_needed(const struct settings *settings);
/** The same for whom a store is welcome and not needed: where there is none *out is NULL. False
 *  after command_error() where one cannot be read. */
bool snapshot_open_if_any(struct headerfile **out, const struct settings *settings);

#endif
