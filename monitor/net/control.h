// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * control: the socket on which a running monitor answers other commands. A client sends one line
 * with a JSON object and gets one JSON object in one line; then the connection is closed.
 *
 * The socket is for the owner and the group (0660). Since the data directory's lock is ours when
 * this starts, a socket file that is there is a dead one's.
 */
#ifndef HASHTIDE_MONITOR_NET_CONTROL_H
#define HASHTIDE_MONITOR_NET_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct control; /* opaque */

/** Answers a request (borrowed) with a new reference; never NULL. */
typedef json_t *(*control_answer_fn)(void *context, const json_t *request);

/** NULL with message if the socket can't be made. */
struct control *control_new(uv_loop_t *loop, const char *path, control_answer_fn answer,
                            void *context, char *message, size_t message_len);
/** Removes the socket and lets all clients go; frees itself once libuv has let go. NULL is allowed.
 */
void control_close(struct control *control);

#endif
