// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * worker: see worker.h. One timer wakes for all sinks: at the earliest moment that any delivery
 * machine asks for, and at once when a try has ended. What came of the tries that have ended by
 * then is written down together, since a durable commit costs the same for one as for many.
 */
#include "config.h"

#include "monitor/deliver/worker.h"

#include "monitor/mem.h"
#include "monitor/net/clock.h"
#include "monitor/net/entropy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/** One sink's way. */
struct route {
    struct worker *worker;
    const struct sink *sink;
    struct delivery delivery;
    int64_t hold_ms; /* steady: not before */
    struct courier_call *call;
    struct outbox_delivery message; /* if there is a call, or the try has ended */
    struct sign_signature signature;
    bool ended; /* and what came of it is not written down yet: */
    struct outbox_outcome outcome;
    struct courier_answer answer;
};

struct worker {
    struct worker_options options;
    struct courier *courier;
    struct route *routes; /* as many as there are sinks */
    uv_timer_t *wake, *look;
    bool ending;
};

static struct delivery_now now(void)
{
    struct instant instant = clock_now();

    return (struct delivery_now){.steady_ms = instant.mono_ms, .wall_ms = instant.wall_ms};
}

static void schedule(struct worker *worker);

/* ---- A try --------------------------------------------------------------- */

static void hold(struct route *route)
{
    route->hold_ms = now().steady_ms + WORKER_HOLD_MS;
}

static void on_answer(void *context, const struct courier_answer *answer)
{
    struct route *route = context;
    struct delivery_now when = now();
    struct delivery_message tried = {.created_ms = route->message.created_ms,
                                     .refusals = route->message.refusals};

    route->call = NULL;
    route->ended = true;
    route->answer = *answer;
    route->outcome = (struct outbox_outcome){
        .sink = route->sink->name,
        .number = route->message.number,
        .fate = delivery_finish(&route->delivery, &tried, &answer->result, when, entropy_u64()),
        .refused = answer->result.meaning == DELIVERY_REFUSED,
        .tried_ms = when.wall_ms,
        .status = answer->status,
        .answer = route->answer.words,
    };
    route->outcome.memory = route->delivery.memory;
    schedule(route->worker);
}

/* What came of the tries that have ended, in one transaction. False: it is not written, and is
 * still to be. */
static bool write_outcomes(struct worker *worker)
{
    struct outbox_outcome outcomes[SINKS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < worker->options.sinks->count; i++) {
        if (worker->routes[i].ended)
            outcomes[count++] = worker->routes[i].outcome;
    }
    if (count == 0 || outbox_record(worker->options.outbox, outcomes, count))
        return true;
    for (size_t i = 0; i < worker->options.sinks->count; i++) {
        if (worker->routes[i].ended)
            hold(&worker->routes[i]);
    }
    return false;
}

/* Writes them down, and tells of them. Whoever hears it may call worker_queued(). */
static void settle(struct worker *worker)
{
    if (!write_outcomes(worker))
        return;
    for (size_t i = 0; i < worker->options.sinks->count; i++) {
        struct route *route = &worker->routes[i];

        if (!route->ended)
            continue;
        if (worker->options.said != NULL)
            worker->options.said(worker->options.context,
                                 &(struct worker_report){.sink = route->sink->name,
                                                         .message_id = route->message.id,
                                                         .answer = &route->answer,
                                                         .fate = route->outcome.fate,
                                                         .delivery = &route->delivery});
        outbox_delivery_free(&route->message);
        route->ended = false;
    }
}

/* It is in flight: sends its first message. */
static void begin(struct route *route)
{
    struct worker *worker = route->worker;
    struct courier_message message;

    switch (outbox_next(worker->options.outbox, &route->message, route->sink->name)) {
    case OUTBOX_NONE:
        delivery_nothing(&route->delivery);
        return;
    case OUTBOX_BROKEN:
        delivery_cancel(&route->delivery, now());
        hold(route);
        return;
    case OUTBOX_FOUND:
        break;
    }
    memcpy(route->signature.bytes, route->message.signature, sizeof route->signature.bytes);
    message = (struct courier_message){
        .id = route->message.id,
        .body = route->message.body,
        .body_len = route->message.body_len,
        .signature = route->message.is_signed ? &route->signature : NULL,
    };
    route->call = courier_send(worker->courier, route->sink, &message, on_answer, route);
}

/* ---- Time ---------------------------------------------------------------- */

/* When a route wants to be woken; DELIVERY_NEVER. */
static int64_t wake_of(const struct route *route)
{
    int64_t wake_ms = delivery_wake_ms(&route->delivery);

    if (route->ended)
        return route->hold_ms; /* to write it down */
    return wake_ms != DELIVERY_NEVER && wake_ms < route->hold_ms ? route->hold_ms : wake_ms;
}

static bool is_web(const struct sink *sink)
{
    return sink->type <= SINK_NTFY;
}

/* Begins the tries that are due; on the web first, for there the message leaves at once, while to
 * start a program takes a millisecond. */
static void begin_due(struct worker *worker)
{
    struct delivery_now when = now();

    for (int web = 1; web >= 0; web--) {
        for (size_t i = 0; i < worker->options.sinks->count; i++) {
            struct route *route = &worker->routes[i];

            if (is_web(route->sink) == (web != 0) && !route->ended &&
                when.steady_ms >= route->hold_ms && delivery_start(&route->delivery, when))
                begin(route);
        }
    }
}

static void on_wake(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    settle(worker);
    begin_due(worker);
    schedule(worker);
}

static void schedule(struct worker *worker)
{
    int64_t wake_ms = DELIVERY_NEVER;
    int64_t wait_ms = 0;

    for (size_t i = 0; i < worker->options.sinks->count; i++) {
        int64_t one_ms = wake_of(&worker->routes[i]);

        wake_ms = one_ms < wake_ms ? one_ms : wake_ms;
    }
    if (wake_ms == DELIVERY_NEVER) {
        uv_timer_stop(worker->wake);
        return;
    }
    wait_ms = wake_ms - now().steady_ms;
    uv_update_time(worker->options.loop);
    uv_timer_start(worker->wake, on_wake, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

/* Somebody else may have revived or dropped messages, or enabled a sink. */
static void on_look(uv_timer_t *timer)
{
    struct worker *worker = timer->data;

    if (!outbox_changed(worker->options.outbox))
        return;
    settle(worker); /* so that what is stored is not older than what we know */
    for (size_t i = 0; i < worker->options.sinks->count; i++) {
        struct route *route = &worker->routes[i];
        struct outbox_sink stored;

        if (outbox_sink(worker->options.outbox, &stored, route->sink->name) == OUTBOX_FOUND &&
            !stored.memory.disabled && stored.memory.next_try_ms == 0 &&
            (route->delivery.memory.disabled || route->delivery.memory.next_try_ms != 0))
            delivery_enable(&route->delivery, now());
    }
    worker_queued(worker);
}

void worker_queued(struct worker *worker)
{
    if (worker->ending)
        return;
    for (size_t i = 0; i < worker->options.sinks->count; i++)
        delivery_queued(&worker->routes[i].delivery, now());
    begin_due(worker);
    schedule(worker);
}

/* ---- Life ---------------------------------------------------------------- */

static uv_timer_t *new_timer(struct worker *worker)
{
    uv_timer_t *timer = mem_zeroed(1, sizeof *timer);

    uv_timer_init(worker->options.loop, timer);
    timer->data = worker;
    return timer;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

/* What the outbox remembers of each sink. */
static bool read_routes(struct worker *worker)
{
    const struct sinks *sinks = worker->options.sinks;
    const char *names[SINKS_MAX];

    for (size_t i = 0; i < sinks->count; i++)
        names[i] = sinks->items[i].name;
    if (!outbox_set_sinks(worker->options.outbox, names, sinks->count, now().wall_ms))
        return false;
    for (size_t i = 0; i < sinks->count; i++) {
        struct route *route = &worker->routes[i];
        struct outbox_sink stored;
        enum outbox_found found = outbox_sink(worker->options.outbox, &stored, names[i]);

        if (found == OUTBOX_BROKEN)
            return false;
        route->worker = worker;
        route->sink = &sinks->items[i];
        delivery_init(&route->delivery, &worker->options.delivery,
                      found == OUTBOX_FOUND ? &stored.memory : NULL, now());
    }
    return true;
}

struct worker *worker_new(const struct worker_options *options, char *message, size_t message_len)
{
    struct worker *worker = mem_zeroed(1, sizeof *worker);

    worker->options = *options;
    worker->routes = mem_zeroed(options->sinks->count + 1, sizeof *worker->routes);
    worker->wake = new_timer(worker);
    worker->look = new_timer(worker);
    worker->courier = courier_new(options->loop);
    if (worker->courier == NULL) {
        snprintf(message, message_len, "libcurl cannot be used");
    } else if (!read_routes(worker)) {
        snprintf(message, message_len, "%s", outbox_error(options->outbox));
    } else {
        outbox_changed(options->outbox); /* what we have just written is no news */
        uv_timer_start(worker->look, on_look, WORKER_LOOK_MS, WORKER_LOOK_MS);
        worker_queued(worker);
        return worker;
    }
    worker_free(worker);
    return NULL;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    worker->ending = true;
    settle(worker);
    courier_free(worker->courier);
    for (size_t i = 0; i < worker->options.sinks->count; i++)
        outbox_delivery_free(&worker->routes[i].message);
    uv_close((uv_handle_t *)worker->wake, on_closed);
    uv_close((uv_handle_t *)worker->look, on_closed);
    free(worker->routes);
    free(worker);
}
