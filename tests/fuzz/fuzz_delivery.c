// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A value of Retry-After of any bytes at all: read as a wait that we would keep, or refused. Then a
 * sink's machine through whatever happens: it never hangs without a time to be woken, and never
 * waits longer than it may.
 *
 * The input: a line, the value; then two bytes to a step: what happens, and how much.
 */
#include "config.h"

#include "alerts/delivery.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WALL INT64_C(1767225600000)

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static int64_t read_value(const char *text, size_t len)
{
    int64_t wait_ms = -1;
    int64_t again_ms = -1;
    bool good = delivery_retry_after(&wait_ms, text, len, WALL);

    demand(wait_ms >= 0 && wait_ms <= DELIVERY_RETRY_AFTER_MAX_MS && (good || wait_ms == 0));
    /* A later clock never makes the wait longer, but for years of two digits. */
    demand(delivery_retry_after(&again_ms, text, len, WALL + 1000) == good);
    demand(again_ms <= wait_ms);
    return wait_ms;
}

static void look(const struct delivery *delivery, struct delivery_now now)
{
    int64_t wake = delivery_wake_ms(delivery);

    demand((wake == DELIVERY_NEVER) == (delivery->phase != DELIVERY_WAITING));
    demand(wake == DELIVERY_NEVER || wake - now.steady_ms <= DELIVERY_RETRY_AFTER_MAX_MS);
    demand(delivery->memory.disabled == (delivery->phase == DELIVERY_DISABLED) ||
           delivery->phase == DELIVERY_IN_FLIGHT);
}

/* What happens while a message is on its way. */
static void answer(struct delivery *delivery, struct delivery_now now, uint8_t what, uint8_t much,
                   int64_t asked_ms)
{
    const struct delivery_message message = {.created_ms = WALL + (int64_t)much * 1000,
                                             .refusals = much % 12};
    const int status = 100 + what * 2 + (much & 1);
    const struct delivery_result result = {.meaning = delivery_meaning_http(status),
                                           .retry_after_ms = (much & 1) != 0 ? asked_ms : 0};
    enum delivery_fate fate = DELIVERY_WAITS;

    if (what == 0xff) {
        delivery_nothing(delivery);
    } else if (what == 0xfe) {
        delivery_cancel(delivery, now);
    } else {
        fate = delivery_finish(delivery, &message, &result, now, (uint64_t)much << 40 | what);
        demand((fate == DELIVERY_DONE) == (result.meaning == DELIVERY_TAKEN));
        demand(fate != DELIVERY_DEAD_REFUSED || !delivery_about_address(status));
        demand(fate != DELIVERY_DEAD_REFUSED || message.refusals + 1 >= DELIVERY_REFUSALS_MAX);
    }
}

static void happen(const uint8_t *data, size_t size, int64_t asked_ms)
{
    static const struct delivery_options options = {
        .retry_min_ms = 100, .retry_max_ms = 100000, .give_up_ms = 3600000};
    struct delivery_now now = {.steady_ms = 0, .wall_ms = WALL};
    struct delivery delivery;

    delivery_init(&delivery, &options, NULL, now);
    for (; size >= 2; data += 2, size -= 2) {
        now.steady_ms += (int64_t)data[1] * 100;
        now.wall_ms += ((int64_t)data[1] - 50) * 100;
        if (delivery.phase == DELIVERY_IN_FLIGHT)
            answer(&delivery, now, data[0], data[1], asked_ms);
        else if (data[0] == 0xff)
            delivery_enable(&delivery, now);
        else if (data[0] == 0xfe)
            delivery_init(&delivery, &options, &(struct delivery_memory){0}, now);
        else if (data[0] == 0xfd) {
            struct delivery_memory memory = delivery.memory; /* a new start */

            delivery_init(&delivery, &options, &memory, now);
        } else if ((data[0] & 1) != 0)
            delivery_queued(&delivery, now);
        else
            (void)delivery_start(&delivery, now);
        look(&delivery, now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t len = end != NULL ? (size_t)(end - data) : size;
    char *text = malloc(len + 1); /* of its length, so that a sanitizer sees what is read */
    int64_t asked_ms = 0;

    demand(text != NULL);
    if (len > 0)
        memcpy(text, data, len);
    asked_ms = read_value(text, len);
    free(text);
    if (end != NULL)
        happen(end + 1, size - len - 1, asked_ms);
    return 0;
}
