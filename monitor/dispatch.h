// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dispatch: all that the running monitor has for alerts, put together: the outbox, the rules over
 * it (monitor/alerting.h), the worker that brings messages to the sinks, and what goes out past the
 * outbox when that cannot be written.
 */
#ifndef HASHTIDE_MONITOR_DISPATCH_H
#define HASHTIDE_MONITOR_DISPATCH_H

#include "alerts/sign.h"
#include "monitor/alerting.h"
#include "monitor/log.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;
struct dispatch; /* opaque */

struct dispatch_options {
    const char *path;                /* of the outbox */
    const struct settings *settings; /* lives until dispatch_reconfigure() gives others, or the end
                                      */
    const struct signer *signer;     /* not owned; NULL: nothing is signed */
    struct log *log;                 /* not owned */
    struct uv_loop_s *loop;
};

#define DISPATCH_MESSAGE_SIZE 1024
/** Opens the outbox and takes up the rules. NULL with message. */
struct dispatch *dispatch_new(const struct dispatch_options *options,
                              char message[DISPATCH_MESSAGE_SIZE]);
struct alerting *dispatch_alerting(struct dispatch *dispatch);
/** To be read. */
struct outbox *dispatch_outbox(struct dispatch *dispatch);
/** Begins to deliver. False, said in the log: messages are written, but nobody brings them. */
bool dispatch_start(struct dispatch *dispatch);
/** Sinks may be others; rules are the app's to reconfigure. */
void dispatch_reconfigure(struct dispatch *dispatch, const struct settings *settings);
/** Ends delivery, while the loop still runs its last round. */
void dispatch_stop(struct dispatch *dispatch);
/** The rest, when the app is gone. NULL is allowed. */
void dispatch_free(struct dispatch *dispatch);

#endif
