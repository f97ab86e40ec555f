// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/ask.h"

#include "monitor/command.h"
#include "monitor/store/datadir.h"

static bool find_file(char path[DATADIR_PATH_SIZE], const struct settings *settings,
                      const char *name)
{
    if (datadir_file(path, settings->datadir, settings->params, name))
        return true;
    command_error("the data directory's name is too long: %s", settings->datadir);
    return false;
}

enum control_result ask_monitor(json_t **answer, const struct settings *settings, json_t *request)
{
    char path[DATADIR_PATH_SIZE];
    char message[CONTROL_MESSAGE_SIZE];
    enum control_result result = CONTROL_FAILED;

    *answer = NULL;
    if (request == NULL) {
        command_error("out of memory");
    } else if (find_file(path, settings, DATADIR_SOCKET)) {
        result = control_ask(answer, message, path, request);
        if (result == CONTROL_REFUSED || result == CONTROL_FAILED)
            command_error("%s", message);
    }
    json_decref(request);
    return result;
}

bool ask_outbox(struct outbox **out, const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    char message[DATADIR_MESSAGE_SIZE];
    bool missing = false;

    *out = NULL;
    if (!find_file(path, settings, DATADIR_ALERTS))
        return false;
    *out = outbox_open(path, true, &missing, message, sizeof message);
    if (*out == NULL && !missing)
        command_error("%s", message);
    return *out != NULL || missing;
}
