// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * service: what `run` and `sync` have in common: the data directory and its lock, the log, the
 * event loop and the app, made in this order and given back in the other.
 */
#ifndef HASHTIDE_MONITOR_SERVICE_H
#define HASHTIDE_MONITOR_SERVICE_H

#include "monitor/app.h"
#include "monitor/log.h"
#include "monitor/net/loop.h"
#include "monitor/settings.h"

#include <stdbool.h>

struct service;

struct service_options {
    const struct settings *settings; /* must outlive the service */
    enum log_level log_level;
    bool analyse; /* app.h */
    /** Called before the app is made: log and loop are there, and service->alerting may be set.
     * False after command_error(). May be NULL. */
    bool (*prepare)(void *context, struct service *service);
    void (*signalled)(void *context, int signum);
    void (*settled)(void *context); /* app.h; may be NULL */
    void *context;
};

struct service {
    const struct settings *settings;
    int lock;
    struct log *log;
    struct loop *loop;
    struct alerting *alerting; /* not owned; NULL: no rules */
    struct app *app;
    bool unfinished; /* a thread of the loop works on, and uses what its owner has */
};

/** False after command_error(): then nothing is left to be ended. */
bool service_start(struct service *service, const struct service_options *options);
/** Path of a file in the data directory; it was found to be short enough when the service started.
 */
const char *service_path(const struct service *service, char *out, const char *name);
/**
 * Gives everything back, in order; app_drain() comes before. Does not return, but ends the process
 * with code, when a name is still being looked up or a thread is unfinished: exit() would wait for
 * that, which may take many seconds.
 */
void service_end(struct service *service, int code);

#endif
