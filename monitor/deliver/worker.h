// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * worker: brings what stands in the outbox to the sinks: for each sink one delivery machine
 * (alerts/delivery) and at most one message on its way, so that its messages go in order and a slow
 * or dead sink delays no other.
 * The program ignores SIGPIPE.
 *
 * What came of a try is written down before the sink's next begins, in one transaction for all the
 * sinks whose tries end in the same turn of the loop. If it cannot be written the sink waits until
 * it can, so that a full disk does not send a message twice; one that was not written when the
 * monitor ends is sent again, under the same id. If the outbox cannot be read the sink waits too.
 * Both are tried again every WORKER_HOLD_MS.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_WORKER_H
#define HASHTIDE_MONITOR_DELIVER_WORKER_H

#include "alerts/delivery.h"
#include "monitor/deliver/courier.h"
#include "monitor/sinks.h"
#include "monitor/store/outbox.h"

#include <stdbool.h>
#include <stddef.h>

/** Pause of a sink after trouble with the outbox. */
#define WORKER_HOLD_MS 5000
/** How often we look whether another process has written to the outbox. */
#define WORKER_LOOK_MS 2000

struct uv_loop_s;
struct worker;

/** How a try ended, once that is written down. What it points to lives until said() returns. */
struct worker_report {
    const char *sink;
    const char *message_id;
    const struct courier_answer *answer;
    enum delivery_fate fate;
    const struct delivery *delivery; /* as it is now */
};

struct worker_options {
    struct uv_loop_s *loop;
    struct outbox *outbox; /* these live as long as the worker */
    const struct sinks *sinks;
    struct delivery_options delivery;
    void (*said)(void *context, const struct worker_report *report); /* NULL: nobody listens */
    void *context;
};

/** Tells the outbox which sinks there are and begins with what waits. NULL with message: the outbox
 *  cannot be read, or memory is short. */
struct worker *worker_new(const struct worker_options *options, char *message, size_t message_len);
/** Messages were written to the outbox: what can be sent now is sent in this call. */
void worker_queued(struct worker *worker);
/** Breaks off what is on its way: it will be sent again by the next. What has ended is written down
 *  and told first; not to be called within said(). Another worker may follow at once, for other
 *  sinks too: what waits for a sink that is no longer there waits. Memory goes as the loop runs on.
 *  NULL is allowed. */
void worker_free(struct worker *worker);

#endif
