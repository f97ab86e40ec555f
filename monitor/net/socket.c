// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/socket.h"

#include "monitor/mem.h"
#include "monitor/net/socks5.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { CONNECTING, PROXY, UP, GOING };

struct socket {
    uint64_t id;
    const struct socket_events *events;
    enum state state;
    bool silent; /* closed by its owner: nothing more is told */
    int handles; /* that libuv still has */
    uv_tcp_t tcp;
    uv_timer_t timer; /* of connecting, proxy included */
    uv_connect_t connecting;
    uv_buf_t buffer;
    bool proxied;
    struct socks5 socks;
    struct socks5_output greeting;
    char why[160];
};

/* Bytes that could not be sent at once. */
struct pending {
    uv_write_t request;
    uint8_t bytes[];
};

uint64_t socket_id(const struct socket *socket)
{
    return socket->id;
}

/* ---- Ending ------------------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct socket *socket = handle->data;
    if (--socket->handles > 0) {
        return;
    }
    if (!socket->silent) {
        socket->events->closed(socket->events->context, socket->id, socket->why);
    }
    free(socket);
}

static void go(struct socket *socket, const char *why)
{
    if (socket->state == GOING) {
        return;
    }
    socket->state = GOING;
    snprintf(socket->why, sizeof socket->why, "%s", why);
    uv_close((uv_handle_t *)&socket->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&socket->timer, on_handle_closed);
}

void socket_close(struct socket *socket)
{
    socket->silent = true;
    go(socket, "");
}

/* ---- Sending ------------------------------------------------------------ */

static void on_written(uv_write_t *request, int status)
{
    struct socket *socket = request->handle->data;
    free(request->data);
    if (status < 0) {
        go(socket, uv_strerror(status));
    }
}

static void queue(struct socket *socket, const uint8_t *bytes, size_t len)
{
    uv_stream_t *stream = (uv_stream_t *)&socket->tcp;
    if (uv_stream_get_write_queue_size(stream) + len > SOCKET_QUEUE_MAX) {
        go(socket, "it does not read what we send");
        return;
    }
    struct pending *pending = mem_zeroed(1, sizeof *pending + len);
    memcpy(pending->bytes, bytes, len);
    pending->request.data = pending;
    uv_buf_t buffer = uv_buf_init((char *)pending->bytes, (unsigned)len);
    int error = uv_write(&pending->request, stream, &buffer, 1, on_written);
    if (error < 0) {
        free(pending);
        go(socket, uv_strerror(error));
    }
}

static void send_now(struct socket *socket, const uint8_t *bytes, size_t len)
{
    uv_buf_t buffer =
        uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len); /* libuv only reads it */
    int sent = uv_try_write((uv_stream_t *)&socket->tcp, &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        go(socket, uv_strerror(sent));
        return;
    }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done < len) {
        queue(socket, bytes + done, len - done);
    }
}

void socket_send(struct socket *socket, const uint8_t *bytes, size_t len)
{
    if (socket->state == UP && len > 0) {
        send_now(socket, bytes, len);
    }
}

/* ---- Receiving ---------------------------------------------------------- */

static void come_up(struct socket *socket)
{
    socket->state = UP;
    uv_timer_stop(&socket->timer);
    socket->events->connected(socket->events->context, socket->id);
}

/* Bytes that come from the proxy; what follows its last reply is the peer's. */
static void proxy_bytes(struct socket *socket, const uint8_t *bytes, size_t len)
{
    size_t used = 0;
    while (used < len && socket->state == PROXY) {
        struct socks5_output output;
        used += socks5_bytes(&socket->socks, &output, bytes + used, len - used);
        if (socket->socks.state == SOCKS5_FAILED) {
            go(socket, socket->socks.error);
            return;
        }
        if (output.len > 0) {
            send_now(socket, output.bytes, output.len);
        }
        if (socket->socks.state == SOCKS5_DONE && socket->state == PROXY) {
            come_up(socket);
        }
    }
    if (used < len && socket->state == UP) {
        socket->events->bytes(socket->events->context, socket->id, bytes + used, len - used);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    const struct socket *socket = handle->data;
    (void)suggested;
    *buffer = socket->buffer;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct socket *socket = stream->data;
    if (count < 0) {
        go(socket,
           count == UV_EOF ? "the other side closed the connection" : uv_strerror((int)count));
    } else if (count > 0 && socket->state == UP) {
        socket->events->bytes(socket->events->context, socket->id, (const uint8_t *)buffer->base,
                              (size_t)count);
    } else if (count > 0 && socket->state == PROXY) {
        proxy_bytes(socket, (const uint8_t *)buffer->base, (size_t)count);
    }
}

/* ---- Connecting --------------------------------------------------------- */

static void on_timeout(uv_timer_t *timer)
{
    struct socket *socket = timer->data;
    go(socket, socket->state == PROXY ? "the proxy took too long" : "connecting took too long");
}

static void on_connect(uv_connect_t *request, int status)
{
    struct socket *socket = request->data;
    if (socket->state == GOING) {
        return;
    }
    if (status < 0) {
        char why[128];
        snprintf(why, sizeof why, "%s%s", socket->proxied ? "the proxy: " : "",
                 uv_strerror(status));
        go(socket, why);
        return;
    }
    uv_tcp_nodelay(&socket->tcp, 1);
    int error = uv_read_start((uv_stream_t *)&socket->tcp, on_alloc, on_read);
    if (error < 0) {
        go(socket, uv_strerror(error));
    } else if (socket->proxied) {
        socket->state = PROXY;
        send_now(socket, socket->greeting.bytes, socket->greeting.len);
    } else {
        come_up(socket);
    }
}

static bool to_sockaddr(struct sockaddr_storage *out, const struct netaddr *address)
{
    memset(out, 0, sizeof *out);
    if (address->network == NETADDR_IPV4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(address->port);
        memcpy(&in->sin_addr, address->bytes, 4);
        return true;
    }
    if (address->network == NETADDR_IPV6 || address->network == NETADDR_CJDNS) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(address->port);
        memcpy(&in6->sin6_addr, address->bytes, 16);
        return true;
    }
    return false;
}

static void start(struct socket *socket, const struct socket_options *options)
{
    const struct ports_target *target = options->target;
    const struct netaddr *to = &target->address;
    if (options->proxy != NULL) {
        socket->proxied = true;
        to = options->proxy;
        if (!socks5_start(&socket->socks, &socket->greeting, &target->address, target->host,
                          target->port, options->isolation)) {
            go(socket, socket->socks.error);
            return;
        }
    }
    struct sockaddr_storage address;
    if (!to_sockaddr(&address, to)) {
        go(socket, "such addresses can be reached through a proxy only (proxy=)");
        return;
    }
    /* The loop's idea of now may be seconds old: a large store was read, or a long batch judged. */
    uv_update_time(socket->timer.loop);
    uv_timer_start(&socket->timer, on_timeout, target->timeout_ms, 0);
    socket->connecting.data = socket;
    int error = uv_tcp_connect(&socket->connecting, &socket->tcp, (const struct sockaddr *)&address,
                               on_connect);
    if (error < 0) {
        go(socket, uv_strerror(error));
    }
}

struct socket *socket_new(uv_loop_t *loop, const struct socket_options *options)
{
    struct socket *socket = mem_zeroed(1, sizeof *socket);
    socket->id = options->id;
    socket->events = options->events;
    socket->buffer = options->buffer;
    socket->handles = 2;
    uv_tcp_init(loop, &socket->tcp);
    uv_timer_init(loop, &socket->timer);
    socket->tcp.data = socket;
    socket->timer.data = socket;
    start(socket, options);
    return socket;
}
