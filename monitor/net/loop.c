// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/loop.h"

#include "monitor/mem.h"
#include "monitor/net/clock.h"
#include "monitor/net/control.h"
#include "monitor/net/entropy.h"
#include "monitor/net/resolver.h"
#include "monitor/net/socket.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* One headers message is 162 kB: a full socket is emptied with few calls. */
#define READ_SIZE (256 * 1024)
/* Names are asked one or two at a time; each thread costs memory. */
#define RESOLVER_THREADS "2"

#define SIGNALS 3
static const int signal_numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

struct loop {
    uv_loop_t uv;
    struct ports ports;
    struct app *app;
    struct loop_options options;
    bool proxied;
    struct netaddr proxy;
    uv_timer_t alarm;
    int64_t alarm_ms;
    uv_signal_t signals[SIGNALS];
    bool signals_started;
    struct socket_events events;
    struct socket **sockets;
    size_t socket_count, socket_room;
    struct resolver *resolver;
    struct control *control;
    char *buffer;
};

/* ---- Sockets ------------------------------------------------------------ */

static size_t find_socket(const struct loop *loop, uint64_t id)
{
    size_t i = 0;
    while (i < loop->socket_count && socket_id(loop->sockets[i]) != id) {
        i++;
    }
    return i;
}

static void on_connected(void *context, uint64_t id)
{
    struct loop *loop = context;
    app_connected(loop->app, id);
}

static void on_bytes(void *context, uint64_t id, const uint8_t *bytes, size_t len)
{
    struct loop *loop = context;
    app_bytes(loop->app, id, bytes, len);
}

static void on_closed(void *context, uint64_t id, const char *why)
{
    struct loop *loop = context;
    size_t at = find_socket(loop, id);
    loop->sockets[at] = loop->sockets[--loop->socket_count];
    app_closed(loop->app, id, why);
}

static void port_connect(void *context, uint64_t id, const struct ports_target *target)
{
    struct loop *loop = context;
    if (loop->socket_count == loop->socket_room) {
        loop->socket_room = loop->socket_room == 0 ? 16 : loop->socket_room * 2;
        loop->sockets = mem_resize(loop->sockets, loop->socket_room, sizeof *loop->sockets);
    }
    struct socket_options options = {.id = id,
                                     .target = target,
                                     .proxy = loop->proxied ? &loop->proxy : NULL,
                                     .isolation = entropy_u64(),
                                     .buffer = uv_buf_init(loop->buffer, READ_SIZE),
                                     .events = &loop->events};
    loop->sockets[loop->socket_count++] = socket_new(&loop->uv, &options);
}

static void port_send(void *context, uint64_t id, const uint8_t *bytes, size_t len)
{
    struct loop *loop = context;
    size_t at = find_socket(loop, id);
    if (at < loop->socket_count) {
        socket_send(loop->sockets[at], bytes, len);
    }
}

static void port_close(void *context, uint64_t id)
{
    struct loop *loop = context;
    size_t at = find_socket(loop, id);
    if (at < loop->socket_count) {
        socket_close(loop->sockets[at]);
        loop->sockets[at] = loop->sockets[--loop->socket_count];
    }
}

/* ---- Names, time, chance ------------------------------------------------ */

static void on_resolved(void *context, uint64_t id, const struct netaddr *addresses, size_t count,
                        const char *why)
{
    struct loop *loop = context;
    app_resolved(loop->app, id, addresses, count, why);
}

static void port_resolve(void *context, uint64_t id, const char *name)
{
    struct loop *loop = context;
    resolver_ask(loop->resolver, id, name);
}

static struct instant port_now(void *context)
{
    (void)context;
    return clock_now();
}

static uint64_t port_random(void *context)
{
    (void)context;
    return entropy_u64();
}

static struct ports_clock port_clock(void *context)
{
    (void)context;
    return clock_status();
}

static void on_alarm(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop->alarm_ms = INSTANT_NEVER;
    app_wake(loop->app);
}

static void port_wake_at(void *context, int64_t mono_ms)
{
    struct loop *loop = context;
    if (mono_ms == loop->alarm_ms) {
        return; /* the common case: nothing new since the last packet */
    }
    loop->alarm_ms = mono_ms;
    if (mono_ms == INSTANT_NEVER) {
        uv_timer_stop(&loop->alarm);
        return;
    }
    int64_t wait = mono_ms - clock_now().mono_ms;
    uv_update_time(&loop->uv); /* its idea of now may be as old as the callback we are in */
    uv_timer_start(&loop->alarm, on_alarm, wait < 1 ? 1 : (uint64_t)wait, 0);
}

/* ---- Signals, control --------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int signum)
{
    struct loop *loop = handle->data;
    loop->options.signalled(loop->options.context, signum);
}

static void start_signals(struct loop *loop)
{
    if (loop->options.signalled == NULL) {
        return;
    }
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        uv_signal_start(&loop->signals[i], on_signal, signal_numbers[i]);
    }
    loop->signals_started = true;
}

bool loop_listen(struct loop *loop, const char *path,
                 json_t *(*answer)(void *context, const json_t *request), void *context,
                 char *message, size_t message_len)
{
    loop->control = control_new(&loop->uv, path, answer, context, message, message_len);
    return loop->control != NULL;
}

/* ---- Life --------------------------------------------------------------- */

static bool set_proxy(struct loop *loop, const char *proxy, char *message, size_t message_len)
{
    if (proxy[0] == '\0') {
        return true;
    }
    /* The one name that everybody writes, and that needs no resolver. */
    static const char localhost[] = "localhost:";
    char numeric[32];
    if (strncmp(proxy, localhost, sizeof localhost - 1) == 0) {
        snprintf(numeric, sizeof numeric, "127.0.0.1:%s", proxy + sizeof localhost - 1);
        proxy = numeric;
    }
    loop->proxied = netaddr_parse(&loop->proxy, proxy, 9050) &&
                    (loop->proxy.network == NETADDR_IPV4 || loop->proxy.network == NETADDR_IPV6);
    if (!loop->proxied) {
        snprintf(message, message_len,
                 "proxy=%s: expected the proxy's address, such as 127.0.0.1:9050", proxy);
    }
    return loop->proxied;
}

struct loop *loop_new(const struct loop_options *options, char *message, size_t message_len)
{
    struct loop *loop = mem_zeroed(1, sizeof *loop);
    loop->options = *options;
    setenv("UV_THREADPOOL_SIZE", RESOLVER_THREADS, 0);
    int error =
        set_proxy(loop, options->proxy, message, message_len) ? uv_loop_init(&loop->uv) : UV_EINVAL;
    if (error < 0) {
        if (message[0] == '\0') {
            snprintf(message, message_len, "event loop: %s", uv_strerror(error));
        }
        free(loop);
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that has gone is told by write() */
    loop->ports = (struct ports){.context = loop,
                                 .now = port_now,
                                 .random = port_random,
                                 .connect = port_connect,
                                 .send = port_send,
                                 .close = port_close,
                                 .resolve = port_resolve,
                                 .wake_at = port_wake_at,
                                 .clock = port_clock};
    loop->events = (struct socket_events){
        .context = loop, .connected = on_connected, .bytes = on_bytes, .closed = on_closed};
    loop->buffer = mem_zeroed(1, READ_SIZE);
    loop->resolver = resolver_new(&loop->uv, on_resolved, loop);
    uv_timer_init(&loop->uv, &loop->alarm);
    loop->alarm.data = loop;
    loop->alarm_ms = INSTANT_NEVER;
    start_signals(loop);
    return loop;
}

const struct ports *loop_ports(struct loop *loop)
{
    return &loop->ports;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void loop_attach(struct loop *loop, struct app *app)
{
    loop->app = app;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

bool loop_free(struct loop *loop, bool unfinished)
{
    control_close(loop->control);
    while (loop->socket_count > 0) {
        socket_close(loop->sockets[--loop->socket_count]);
    }
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    for (size_t i = 0; i < SIGNALS && loop->signals_started; i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
    if (resolver_stop(loop->resolver) || unfinished) {
        uv_run(&loop->uv, UV_RUN_NOWAIT); /* for what can be closed at once */
        return false;
    }
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    resolver_free(loop->resolver);
    free(loop->sockets);
    free(loop->buffer);
    free(loop);
    return true;
}
