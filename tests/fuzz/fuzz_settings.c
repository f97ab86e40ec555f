// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Any bytes as a configuration file: either settings that can be printed, or one line that says
 * what is wrong.
 */
#include "config.h"

#include "monitor/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *context, const struct settings_key *key, const char *value,
                 const char *origin)
{
    size_t *seen = context;

    *seen += strlen(key->name) + strlen(value) + strlen(origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct settings_error error;
    size_t seen = 0;

    if (settings_parse_text(&settings, &error, "fuzz.conf", (const char *)data, size)) {
        settings_each(&settings, look, &seen);
        settings_free(&settings);
        if (seen == 0)
            abort();
    } else if (error.text[0] == '\0' || strchr(error.text, '\n') != NULL) {
        abort();
    }
    return 0;
}
