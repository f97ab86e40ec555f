// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_import: `hashtide import` of a file of any content, plain or gzip, into an empty store or
 * (if the first byte is odd) into one that has the headers of a chain's first half. It ends with
 * exit code 0 or 1, and the store opens with no repair, at least what was there, and nothing that
 * breaks a rule.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/store/headerfile.h"
#include "tests/support/records.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHAIN 30

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_import: %s\n", what);
    abort();
}

static void spill(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    demand(file != NULL && fwrite(bytes, 1, len, file) == len && fclose(file) == 0,
           "cannot write the input");
}

/* Runs the command with nothing to be seen of it. */
static int import(const struct settings *settings, char *path)
{
    char *arguments[] = {path};
    const struct command_value values[] = {{"json", NULL}};
    struct command_call call = {.settings = settings,
                                .arguments = arguments,
                                .argument_count = 1,
                                .values = values,
                                .value_count = 1};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    int code;

    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    code = cmd_import.run(&call);
    fflush(stdout);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    close(null);
    close(out);
    close(err);
    return code;
}

static uint32_t look(const char *store, const struct params *params)
{
    struct headerfile_options options = {
        .io = io_system(), .path = store, .params = params, .must_exist = true};
    struct headerfile_opened opened;
    struct headerfile *file = headerfile_open(&options, &opened);

    demand(file != NULL && !opened.repaired, "the store is not as it should be");
    headerfile_close(file);
    return opened.headers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings = {.params = params_get(NETWORK_TIDENET)};
    char folder[] = "fuzz-import-XXXXXX";
    char path[64];
    char store[64];
    char command[64];
    static struct records chain; /* mined once */
    bool filled = size > 0 && (data[0] & 1) != 0;
    int code;

    if (chain.count == 0)
        records_mine(&chain, settings.params, CHAIN, 600, 1);
    demand(mkdtemp(folder) != NULL, "no temporary directory");
    snprintf(settings.datadir, sizeof(settings.datadir), "%s", folder);
    snprintf(path, sizeof(path), "%s/input", folder);
    snprintf(store, sizeof(store), "%s/tidenet/headers.dat", folder);
    if (filled) {
        spill(path, chain.bytes, (size_t)CHAIN / 2 * HEADER_SIZE);
        demand(import(&settings, path) == COMMAND_DONE, "a good chain is not imported");
    }
    spill(path, data + (size > 0), size - (size > 0));
    code = import(&settings, path);
    demand(code == COMMAND_DONE || code == COMMAND_FAILED, "another exit code");
    if (filled || access(store, F_OK) == 0)
        demand(look(store, settings.params) >= (filled ? CHAIN / 2 : 1), "headers are gone");
    else
        demand(code == COMMAND_FAILED, "done, and no store");
    snprintf(command, sizeof(command), "%s/tidenet/lock", folder);
    (void)unlink(store);
    (void)unlink(command);
    (void)unlink(path);
    snprintf(command, sizeof(command), "%s/tidenet", folder);
    (void)rmdir(command);
    demand(rmdir(folder) == 0, "something is left behind");
    return 0;
}
