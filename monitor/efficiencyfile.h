// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * efficiencyfile: the table of efficiency that the settings name.
 */
#ifndef HASHTIDE_MONITOR_EFFICIENCYFILE_H
#define HASHTIDE_MONITOR_EFFICIENCYFILE_H

#include "analysis/efficiency.h"
#include "monitor/settings.h"
#include "monitor/tablefile.h"

#include <stdbool.h>

struct efficiencyfile {
    struct efficiency table;
    char origin[TABLEFILE_PATH_SIZE + 64];
};

/** Reads the table of efficiency.file, or the one built in. say is told each fault, a line each; it
 *  may be NULL. False with message, one line, and nothing to free. */
bool efficiencyfile_load(struct efficiencyfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                         const struct settings *settings, tablefile_say_fn say, void *context);
void efficiencyfile_free(struct efficiencyfile *file);

#endif
