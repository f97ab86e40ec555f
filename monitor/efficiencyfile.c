// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * efficiencyfile: see efficiencyfile.h.
 */
#include "config.h"

#include "monitor/efficiencyfile.h"

#include <stdio.h>
#include <stdlib.h>

bool efficiencyfile_load(struct efficiencyfile *out, char message[TABLEFILE_MESSAGE_SIZE],
                         const struct settings *settings, tablefile_say_fn say, void *context)
{
    static const struct tablefile_place nowhere = {.proxy = ""};
    struct tablefile file;
    struct tablefile_teller teller = {.say = say, .context = context};
    enum efficiency_result result = EFFICIENCY_READ;

    *out = (struct efficiencyfile){.origin = ""};
    if (!tablefile_read(&file, message, BUILTIN_EFFICIENCY, &settings->tables[BUILTIN_EFFICIENCY],
                        &nowhere))
        return false;
    teller.name = file.name;
    snprintf(out->origin, sizeof out->origin, "%s", file.origin);
    result = efficiency_parse(&out->table, file.text, file.len, tablefile_tell, &teller);
    file.text = NULL;
    if (result == EFFICIENCY_NO_MEMORY)
        abort(); /* as mem_*() does when memory is short */
    if (result == EFFICIENCY_REFUSED)
        snprintf(message, TABLEFILE_MESSAGE_SIZE,
                 "%.4000s: %zu %s: it cannot be used as the table of efficiency", file.name,
                 teller.faults, teller.faults == 1 ? "fault" : "faults");
    tablefile_free(&file);
    return result == EFFICIENCY_READ;
}

void efficiencyfile_free(struct efficiencyfile *file)
{
    efficiency_free(&file->table);
}
