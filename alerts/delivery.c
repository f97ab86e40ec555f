// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * delivery: the machine of delivery.h; and what answers and Retry-After mean.
 */
#include "config.h"

#include "alerts/delivery.h"

#include "alerts/httpdate.h"

#include <assert.h>

#define MS_PER_S 1000
/** Doublings after which any back-off is at its longest. */
#define DOUBLINGS_MAX 62u
/** Statuses of HTTP that speak of the moment, not of the message. */
#define HTTP_REQUEST_TIMEOUT 408
#define HTTP_GONE 410
#define HTTP_TOO_EARLY 425
#define HTTP_TOO_MANY_REQUESTS 429

const char *delivery_meaning_name(enum delivery_meaning meaning)
{
    static const char *const names[] = {"taken", "failed", "refused", "gone"};

    return names[meaning];
}

const char *delivery_phase_name(enum delivery_phase phase)
{
    static const char *const names[] = {"idle", "waiting", "in-flight", "disabled"};

    return names[phase];
}

bool delivery_about_address(int status)
{
    static const int statuses[] = {
        401, /* unauthorized */
        402, /* payment required */
        403, /* forbidden */
        404, /* not found */
        405, /* method not allowed */
        407, /* proxy authentication required */
        421, /* misdirected request */
        426, /* upgrade required */
        451, /* unavailable for legal reasons */
    };

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (status == statuses[i])
            return true;
    }
    return false;
}

enum delivery_meaning delivery_meaning_http(int status)
{
    if (status >= 200 && status <= 299)
        return DELIVERY_TAKEN;
    if (status == HTTP_GONE)
        return DELIVERY_GONE;
    if (status == HTTP_REQUEST_TIMEOUT || status == HTTP_TOO_EARLY ||
        status == HTTP_TOO_MANY_REQUESTS || delivery_about_address(status))
        return DELIVERY_FAILED;
    return status >= 400 && status <= 499 ? DELIVERY_REFUSED : DELIVERY_FAILED;
}

/* ---- Retry-After ---- */

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    if (value < least)
        return least;
    return value > most ? most : value;
}

/* Digits and nothing else; what is beyond the longest wait is the longest wait. */
static bool read_seconds(int64_t *wait_ms, const char *text, size_t len)
{
    const int64_t most = DELIVERY_RETRY_AFTER_MAX_MS / MS_PER_S;
    int64_t seconds = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        seconds = clamp(seconds * 10 + (text[i] - '0'), 0, most);
    }
    *wait_ms = seconds * MS_PER_S;
    return len > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool delivery_retry_after(int64_t *wait_ms, const char *text, size_t len, int64_t wall_ms)
{
    const int64_t now_s = wall_ms / MS_PER_S;
    int64_t date_s = 0;

    *wait_ms = 0;
    for (; len > 0 && is_blank(text[0]); len--)
        text++;
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (read_seconds(wait_ms, text, len))
        return true;
    *wait_ms = 0;
    if (!httpdate_parse(&date_s, text, len, now_s))
        return false;
    *wait_ms = clamp(date_s - now_s, 0, DELIVERY_RETRY_AFTER_MAX_MS / MS_PER_S) * MS_PER_S;
    return true;
}

/* ---- waiting ---- */

/* The longest wait after so many failures in a row. */
static int64_t back_off_most(const struct delivery_options *options, uint32_t failures)
{
    int64_t most = options->retry_min_ms;

    for (uint32_t i = 0; i < failures && i < DOUBLINGS_MAX; i++) {
        if (most > options->retry_max_ms / 2)
            return options->retry_max_ms;
        most *= 2;
    }
    return most;
}

/* The remainder's bias is less than one in 2^20, as no wait has more than 2^44 ms. */
static int64_t back_off(const struct delivery_options *options, uint32_t failures, uint64_t random)
{
    uint64_t width = (uint64_t)(back_off_most(options, failures) - options->retry_min_ms);

    return options->retry_min_ms + (int64_t)(random % (width + 1));
}

bool delivery_too_late(const struct delivery_options *options, int64_t created_ms,
                       int64_t failing_since_ms, int64_t wall_ms)
{
    int64_t since = created_ms > failing_since_ms ? created_ms : failing_since_ms;

    return failing_since_ms != 0 && wall_ms - since >= options->give_up_ms;
}

/* ---- the machine ---- */

static void wait_for(struct delivery *delivery, struct delivery_now now, int64_t wait_ms)
{
    delivery->phase = DELIVERY_WAITING;
    delivery->until_ms = now.steady_ms + wait_ms;
    delivery->memory.next_try_ms = wait_ms > 0 ? now.wall_ms + wait_ms : 0;
}

void delivery_init(struct delivery *delivery, const struct delivery_options *options,
                   const struct delivery_memory *memory, struct delivery_now now)
{
    int64_t longest = options->retry_max_ms > DELIVERY_RETRY_AFTER_MAX_MS
                          ? options->retry_max_ms
                          : DELIVERY_RETRY_AFTER_MAX_MS;

    assert(options->retry_min_ms > 0 && options->retry_min_ms <= options->retry_max_ms);
    assert(options->give_up_ms > 0);
    *delivery = (struct delivery){.options = *options};
    if (memory != NULL)
        delivery->memory = *memory;
    if (delivery->memory.disabled) {
        delivery->phase = DELIVERY_DISABLED;
    } else {
        int64_t next = delivery->memory.next_try_ms;

        wait_for(delivery, now, next > now.wall_ms ? clamp(next - now.wall_ms, 0, longest) : 0);
    }
}

int64_t delivery_wake_ms(const struct delivery *delivery)
{
    return delivery->phase == DELIVERY_WAITING ? delivery->until_ms : DELIVERY_NEVER;
}

void delivery_queued(struct delivery *delivery, struct delivery_now now)
{
    if (delivery->phase == DELIVERY_IDLE)
        wait_for(delivery, now, 0);
}

bool delivery_start(struct delivery *delivery, struct delivery_now now)
{
    if (delivery->phase != DELIVERY_WAITING || now.steady_ms < delivery->until_ms)
        return false;
    delivery->phase = DELIVERY_IN_FLIGHT;
    return true;
}

void delivery_nothing(struct delivery *delivery)
{
    assert(delivery->phase == DELIVERY_IN_FLIGHT);
    delivery->phase = DELIVERY_IDLE;
}

void delivery_cancel(struct delivery *delivery, struct delivery_now now)
{
    assert(delivery->phase == DELIVERY_IN_FLIGHT);
    wait_for(delivery, now, 0);
}

static void went_well(struct delivery *delivery, struct delivery_now now)
{
    delivery->memory = (struct delivery_memory){0};
    wait_for(delivery, now, 0);
}

static void went_wrong(struct delivery *delivery, struct delivery_now now)
{
    if (delivery->memory.failures < UINT32_MAX)
        delivery->memory.failures++;
    if (delivery->memory.failing_since_ms == 0)
        delivery->memory.failing_since_ms = now.wall_ms != 0 ? now.wall_ms : 1;
}

enum delivery_fate delivery_finish(struct delivery *delivery,
                                   const struct delivery_message *message,
                                   const struct delivery_result *result, struct delivery_now now,
                                   uint64_t random)
{
    int64_t wait_ms = 0;
    int64_t asked_ms = 0;

    assert(delivery->phase == DELIVERY_IN_FLIGHT);
    if (result->meaning == DELIVERY_TAKEN) {
        went_well(delivery, now);
        return DELIVERY_DONE;
    }
    went_wrong(delivery, now);
    if (result->meaning == DELIVERY_GONE) {
        delivery->phase = DELIVERY_DISABLED;
        delivery->memory.disabled = true;
        delivery->memory.next_try_ms = 0;
        return DELIVERY_WAITS;
    }
    if (result->meaning == DELIVERY_REFUSED && message->refusals + 1 >= DELIVERY_REFUSALS_MAX) {
        went_well(delivery, now); /* the sink is there: it was the message's fault */
        return DELIVERY_DEAD_REFUSED;
    }
    wait_ms = back_off(&delivery->options, delivery->memory.failures, random);
    asked_ms = clamp(result->retry_after_ms, 0, DELIVERY_RETRY_AFTER_MAX_MS);
    if (asked_ms > wait_ms)
        wait_ms = asked_ms;
    wait_for(delivery, now, wait_ms);
    if (delivery_too_late(&delivery->options, message->created_ms,
                          delivery->memory.failing_since_ms, now.wall_ms))
        return DELIVERY_DEAD_LATE; /* and the sink still fails: the next one waits its time */
    return DELIVERY_WAITS;
}

void delivery_enable(struct delivery *delivery, struct delivery_now now)
{
    delivery->memory = (struct delivery_memory){0};
    if (delivery->phase != DELIVERY_IN_FLIGHT)
        wait_for(delivery, now, 0);
}
