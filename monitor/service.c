// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/service.h"

#include "monitor/command.h"
#include "monitor/net/clock.h"
#include "monitor/net/supervisor.h"
#include "monitor/store/datadir.h"
#include "monitor/store/io.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The process is to stay small for years: one arena, and what was needed for opening given back. */
static void tame_allocator(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

static void trim_allocator(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

const char *service_path(const struct service *service, char *out, const char *name)
{
    if (!datadir_file(out, service->settings->datadir, service->settings->params, name)) {
        out[0] = '\0';
    }
    return out;
}

static bool take_directory(struct service *service)
{
    const struct settings *settings = service->settings;
    char message[DATADIR_MESSAGE_SIZE];
    if (!datadir_create(message, settings->datadir, settings->params)) {
        command_error("%s", message);
        return false;
    }
    service->lock = datadir_lock(message, settings->datadir, settings->params);
    if (service->lock < 0) {
        command_error("%s", message);
    }
    return service->lock >= 0;
}

static bool start_app(struct service *service, const struct service_options *options)
{
    char headers[DATADIR_PATH_SIZE], observations[DATADIR_PATH_SIZE], peers[DATADIR_PATH_SIZE],
        anchors[DATADIR_PATH_SIZE];
    char message[APP_MESSAGE_SIZE];
    struct app_options app = {
        .settings = options->settings,
        .ports = loop_ports(service->loop),
        .log = service->log,
        .io = io_system(),
        .paths = {.headers = service_path(service, headers, DATADIR_HEADERS),
                  .observations = service_path(service, observations, DATADIR_OBSERVATIONS),
                  .peers = service_path(service, peers, DATADIR_PEERS),
                  .anchors = service_path(service, anchors, DATADIR_ANCHORS)},
        .analyse = options->analyse,
        .alerting = service->alerting,
        .settled = options->settled,
        .context = options->context,
    };
    service->app = app_new(&app, message);
    if (service->app == NULL) {
        command_error("%s", message);
        return false;
    }
    loop_attach(service->loop, service->app);
    trim_allocator();
    return true;
}

bool service_start(struct service *service, const struct service_options *options)
{
    *service = (struct service){.settings = options->settings, .lock = -1};
    tame_allocator();
    if (!take_directory(service)) {
        return false;
    }
    service->log = log_new(&(struct log_options){.level = options->log_level,
                                                 .fd = STDERR_FILENO,
                                                 .journal = supervisor_journal(STDERR_FILENO),
                                                 .wall_ms = clock_wall_ms});
    char message[512] = "";
    service->loop = loop_new(&(struct loop_options){.proxy = options->settings->proxy,
                                                    .signalled = options->signalled,
                                                    .context = options->context},
                             message, sizeof message);
    if (service->loop == NULL) {
        command_error("%s", message);
    }
    if (service->loop == NULL ||
        (options->prepare != NULL && !options->prepare(options->context, service)) ||
        !start_app(service, options)) {
        service_end(service, COMMAND_FAILED);
        return false;
    }
    return true;
}

void service_end(struct service *service, int code)
{
    bool idle = service->loop == NULL || loop_free(service->loop, service->unfinished);
    app_free(service->app);
    log_free(service->log);
    datadir_unlock(service->lock);
    if (!idle) {
        fflush(NULL);
        _exit(code);
    }
}
