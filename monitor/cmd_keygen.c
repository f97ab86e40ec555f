// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_keygen: makes the key with which the monitor signs, or shows its public half.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/keyfile.h"
#include "monitor/store/datadir.h"
#include "monitor/text.h"

#include <jansson.h>
#include <stdio.h>

/** What is printed. */
struct answer {
    const char *path;
    const struct sign_key *key;
    const char *aside; /* "" if no old key was moved */
};

static int print_answer(const struct answer *answer, bool json)
{
    char key[SIGN_KEY_TEXT_SIZE];
    json_t *object = NULL;

    sign_key_format(key, answer->key);
    if (!json) {
        printf("public key: %s\n", key);
        printf("key file: %s\n", answer->path);
        if (answer->aside[0] != '\0')
            printf("old key file: %s\n", answer->aside);
        return COMMAND_DONE;
    }
    object =
        json_pack("{s:s, s:o, s:o}", "public_key", key, "file", text_to_json(answer->path),
                  "old_file", answer->aside[0] != '\0' ? text_to_json(answer->aside) : json_null());
    if (object == NULL) {
        command_error("out of memory");
        return COMMAND_FAILED;
    }
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
    return COMMAND_DONE;
}

static int show(const char *path, bool json)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;
    int code = COMMAND_FAILED;

    if (keyfile_load(&signer, message, path) != KEYFILE_OK) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    code = print_answer(&(struct answer){path, signer_key(signer), ""}, json);
    signer_free(signer);
    return code;
}

static int make(const struct settings *settings, const char *path, bool replace, bool json)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;

    _Static_assert(KEYFILE_MESSAGE_SIZE >= DATADIR_MESSAGE_SIZE, "one buffer serves both");
    if (!datadir_create(message, settings->datadir, settings->params) ||
        !keyfile_create(&made, message, path, replace)) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    return print_answer(&(struct answer){path, &made.key, made.aside}, json);
}

static int run(const struct command_call *call)
{
    const struct settings *settings = call->settings;
    bool replace = command_flag(call, "force");
    bool json = command_flag(call, "json");
    char path[DATADIR_PATH_SIZE];

    if (call->argument_count > 0) {
        command_error("'keygen' takes no arguments; try 'hashtide keygen --help'");
        return COMMAND_USAGE;
    }
    if (replace && command_flag(call, "show")) {
        command_error("--show and --force exclude each other");
        return COMMAND_USAGE;
    }
    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_KEY)) {
        command_error("the data directory's name is too long: %s", settings->datadir);
        return COMMAND_FAILED;
    }
    return command_flag(call, "show") ? show(path, json) : make(settings, path, replace, json);
}

static const struct command_option options[] = {
    {"force", 0, false, NULL, "make a new key even if there is one; the old one is kept aside"},
    {"show", 0, false, NULL, "print the public key that there is, and make none"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_keygen = {
    .name = "keygen",
    .synopsis = "keygen [--force | --show] [--json]",
    .summary = "make the key that signs alerts and exports",
    .details =
        "Makes a key for BIP340 signatures, in signing.key of the network's data directory,\n"
        "and prints the public key. Make that known to everybody who is to check what this\n"
        "monitor says; keep the file to yourself, and a copy of it. A file that others can\n"
        "read is not used.\n"
        "\n"
        "A monitor that is running signs with the old key until it is started again.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
