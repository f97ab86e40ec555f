// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * loop: the real world behind ports.h: libuv's event loop with its sockets, names, alarm, signals
 * and control socket.
 */
#ifndef HASHTIDE_MONITOR_NET_LOOP_H
#define HASHTIDE_MONITOR_NET_LOOP_H

#include "monitor/app.h"
#include "monitor/ports.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;
struct loop; /* opaque */

struct loop_options {
    const char *proxy; /* "HOST:PORT" with a numeric host, or "" */
    /** SIGINT, SIGTERM, SIGHUP. May be NULL: then they keep their default action. */
    void (*signalled)(void *context, int signum);
    void *context;
};

/** NULL with message when the proxy is no address or the system has no room for a loop. */
struct loop *loop_new(const struct loop_options *options, char *message, size_t message_len);
const struct ports *loop_ports(struct loop *loop);
/** libuv's own, for what else runs on it; to be gone before loop_free(). */
struct uv_loop_s *loop_uv(struct loop *loop);
/** Whom to tell what happens; before loop_run(). */
void loop_attach(struct loop *loop, struct app *app);

/** Answers on a control socket; false with message. */
bool loop_listen(struct loop *loop, const char *path,
                 json_t *(*answer)(void *context, const json_t *request), void *context,
                 char *message, size_t message_len);

/** Runs until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/**
 * Closes everything and frees. False if the system is still busy with a name, or with something
 * else (unfinished): then its thread is still there and the memory stays, and the process should
 * end by _exit(), since exit() would wait for it.
 */
bool loop_free(struct loop *loop, bool unfinished);

#endif
