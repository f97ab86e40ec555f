// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_version: which hashtide this is, and what it stands on.
 */
#include "config.h"

#include "chain/sha256.h"
#include "monitor/command.h"
#include "monitor/deliver/http.h"
#include "monitor/net/library.h"
#include "monitor/store/library.h"

#include <gsl/gsl_version.h>
#include <jansson.h>
#include <stdio.h>
#include <zlib.h>

static json_t *version_to_json(void)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s}}", "version", PACKAGE_VERSION,
                     "sha256", sha256_best()->name, "libraries", "curl", http_library_version(),
                     "gsl", gsl_version, "jansson", jansson_version_str(), "libuv",
                     net_library_version(), "sqlite", store_library_version(), "zlib",
                     zlibVersion());
}

static void version_print(const json_t *version)
{
    const char *name = NULL;
    json_t *library = NULL;

    printf("hashtide %s\n", json_string_value(json_object_get(version, "version")));
    printf("SHA-256: %s\n", json_string_value(json_object_get(version, "sha256")));
    json_object_foreach(json_object_get(version, "libraries"), name, library)
        printf("%s %s\n", name, json_string_value(library));
}

static int run(const struct command_call *call)
{
    json_t *version = NULL;

    if (call->argument_count > 0) {
        command_error("'version' takes no arguments; try 'hashtide version --help'");
        return COMMAND_USAGE;
    }
    version = version_to_json();
    if (version == NULL)
        return COMMAND_FAILED;
    if (command_flag(call, "json")) {
        json_dumpf(version, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        version_print(version);
    }
    json_decref(version);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_version = {
    .name = "version",
    .synopsis = "version [--json]",
    .summary = "print the version, the libraries and the SHA-256 in use",
    .details = "Prints the version of hashtide, the libraries that it is running with, and\n"
               "which implementation of SHA-256 was chosen for this processor.",
    .options = options,
    .settings_wanted = false,
    .run = run,
};
