// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledgerfile: the ledger that the settings name, read and judged, with each fault as a line that
 * says where it is.
 */
#ifndef HASHTIDE_MONITOR_LEDGERFILE_H
#define HASHTIDE_MONITOR_LEDGERFILE_H

#include "analysis/ledger.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledgerfile_options {
    int32_t day;          /* as known on: days from 1970-01-01, or LEDGER_LATEST */
    bool force;           /* faulty rows are left out; else the ledger is refused for them */
    bool doubts;          /* say what may be right, too */
    tablefile_say_fn say; /* is told each fault, and what had to be made do with; NULL: nobody */
    void *context;
};

struct ledgerfile {
    struct ledger ledger; /* at options' day */
    char origin[TABLEFILE_PATH_SIZE + 64];
    size_t faults, doubts; /* how many there were */
};

/** Reads the ledger of the settings, from the network where they say so. False with message, one
 *  line that says what to do, and nothing to free; out->faults and doubts are set in any case. */
bool ledgerfile_load(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                     const struct settings *settings, const struct ledgerfile_options *options);
/** The same of a file. */
bool ledgerfile_load_path(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                          const char *path, const struct ledgerfile_options *options);
/** The same of a text, which it takes over. */
bool ledgerfile_load_text(struct ledgerfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                          struct tablefile *file, const struct ledgerfile_options *options);
void ledgerfile_free(struct ledgerfile *file);

/** A day as the value of an option; NULL: LEDGER_LATEST. False after command_error(). */
bool ledgerfile_day(int32_t *out, const char *option, const char *text);
/** Tells a line by command_error(): a tablefile_say_fn. */
void ledgerfile_say(void *context, const char *line);

/** The text of the settings' ledger, not judged. */
bool ledgerfile_read(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                     const struct settings *settings);

#endif
