// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * snapshot: see snapshot.h.
 */
#include "config.h"

#include "monitor/snapshot.h"

#include "monitor/command.h"
#include "monitor/mem.h"
#include "monitor/store/datadir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct headerfile *open_file(char message[SNAPSHOT_MESSAGE_SIZE], const char *path,
                                    const struct params *params)
{
    struct headerfile_options options = {
        .io = io_system(), .path = path, .params = params, .read_only = true, .must_exist = true};
    struct headerfile_opened *opened = mem_zeroed(1, sizeof *opened);
    struct headerfile *file = headerfile_open(&options, opened);

    snprintf(message, SNAPSHOT_MESSAGE_SIZE, "%s", opened->message);
    free(opened);
    return file;
}

enum snapshot_result snapshot_open(struct headerfile **out, char message[SNAPSHOT_MESSAGE_SIZE],
                                   const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];

    *out = NULL;
    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_HEADERS)) {
        snprintf(message, SNAPSHOT_MESSAGE_SIZE, "the data directory's name is too long: %.4096s",
                 settings->datadir);
        return SNAPSHOT_BROKEN;
    }
    if (access(path, F_OK) != 0) {
        int failure = errno;

        if (failure == ENOENT || failure == ENOTDIR)
            snprintf(message, SNAPSHOT_MESSAGE_SIZE,
                     "there is no %s: fill the store by 'hashtide sync' or 'hashtide import'",
                     path);
        else
            snprintf(message, SNAPSHOT_MESSAGE_SIZE, "%s: %s", path, strerror(failure));
        return SNAPSHOT_NONE;
    }
    *out = open_file(message, path, settings->params);
    return *out != NULL ? SNAPSHOT_OPEN : SNAPSHOT_BROKEN;
}

struct headerfile *snapshot_open_needed(const struct settings *settings)
{
    char *message = mem_zeroed(1, SNAPSHOT_MESSAGE_SIZE);
    struct headerfile *file = NULL;

    if (snapshot_open(&file, message, settings) != SNAPSHOT_OPEN)
        command_error("%s", message);
    free(message);
    return file;
}

bool snapshot_open_if_any(struct headerfile **out, const struct settings *settings)
{
    char *message = mem_zeroed(1, SNAPSHOT_MESSAGE_SIZE);
    enum snapshot_result result = snapshot_open(out, message, settings);

    if (result == SNAPSHOT_BROKEN)
        command_error("%s", message);
    free(message);
    return result != SNAPSHOT_BROKEN;
}
