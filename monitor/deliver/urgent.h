// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * urgent: messages that could not be written to the outbox, each tried once at each of its sinks,
 * from memory. They go past the queue: what waits there cannot be read or marked as delivered
 * anyway while the store is in trouble.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_URGENT_H
#define HASHTIDE_MONITOR_DELIVER_URGENT_H

#include "monitor/deliver/courier.h"

struct uv_loop_s;
struct urgent;

/** How a try ended; called from the loop. */
typedef void (*urgent_said_fn)(void *context, const struct sink *sink,
                               const struct courier_answer *answer);

/** NULL when libcurl cannot be used. */
struct urgent *urgent_new(struct uv_loop_s *loop, urgent_said_fn said, void *context);
/** Breaks off what is on its way. NULL is allowed. */
void urgent_free(struct urgent *urgent);
/** Begins a try. The message is copied; the sink must live until said() or urgent_free(). More than
 *  URGENT_MAX at once are not begun: false. */
bool urgent_send(struct urgent *urgent, const struct sink *sink,
                 const struct courier_message *message);
#define URGENT_MAX 128

#endif
