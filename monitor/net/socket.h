// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * socket: one TCP connection to a peer, straight or through a SOCKS5 proxy, on libuv.
 *
 *   connecting --> [proxy handshake] --> up --> gone
 *
 * A socket frees itself once libuv has let go of it. It tells its end exactly once, by closed(),
 * unless socket_close() was called before; never from inside a call of ours.
 */
#ifndef HASHTIDE_MONITOR_NET_SOCKET_H
#define HASHTIDE_MONITOR_NET_SOCKET_H

#include "monitor/ports.h"

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct socket; /* opaque */

/** A peer that lets more than this pile up unread is closed. */
#define SOCKET_QUEUE_MAX (1024 * 1024)

struct socket_events {
    void *context;
    void (*connected)(void *context, uint64_t id);
    void (*bytes)(void *context, uint64_t id, const uint8_t *bytes, size_t len);
    /** why is for the log, good during the call. */
    void (*closed)(void *context, uint64_t id, const char *why);
};

struct socket_options {
    uint64_t id;
    const struct ports_target *target;
    const struct netaddr *proxy;        /* NULL: straight */
    uint64_t isolation;                 /* tells one connection from another to the proxy */
    uv_buf_t buffer;                    /* for reading; shared by all sockets of a loop */
    const struct socket_events *events; /* must outlive the socket */
};

/** Begins to connect. */
struct socket *socket_new(uv_loop_t *loop, const struct socket_options *options);
/** Copies what can't be sent at once. */
void socket_send(struct socket *socket, const uint8_t *bytes, size_t len);
/** Ends it without a word. */
void socket_close(struct socket *socket);
uint64_t socket_id(const struct socket *socket);

#endif
