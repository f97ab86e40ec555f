// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: an answer means what delivery.h says; Retry-After is read in all its forms and
 * never believed beyond a day; a sink's machine waits as long as it may, no longer and no shorter,
 * whatever happens; every message ends as delivered or dead, in order, and a slow sink delays no
 * other.
 */
#include "config.h"

#include "alerts/delivery.h"
#include "alerts/httpdate.h"
#include "tests/support/check.h"

#include <string.h>

#define SECOND ((int64_t)1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
/** 2026-01-01 00:00:00 UTC. */
#define WALL ((int64_t)1767225600 * SECOND)

static const struct delivery_options usual = {.retry_min_ms = DELIVERY_RETRY_MIN_MS,
                                              .retry_max_ms = DELIVERY_RETRY_MAX_MS,
                                              .give_up_ms = DELIVERY_GIVE_UP_MS};

static struct delivery_now at(int64_t ms)
{
    return (struct delivery_now){.steady_ms = 5000 + ms, .wall_ms = WALL + ms};
}

START_TEST(statuses_have_their_meanings)
{
    static const int not_the_message[] = {401, 402, 403, 404, 405, 407,
                                          408, 421, 425, 426, 429, 451};

    for (int status = -1; status < 1000; status++) {
        enum delivery_meaning expected = DELIVERY_FAILED;
        bool refused = status >= 400 && status < 500;

        for (size_t i = 0; i < sizeof not_the_message / sizeof not_the_message[0]; i++)
            refused = refused && status != not_the_message[i];

        if (status >= 200 && status < 300)
            expected = DELIVERY_TAKEN;
        else if (status == 410)
            expected = DELIVERY_GONE;
        else if (refused)
            expected = DELIVERY_REFUSED;
        ck_assert_msg(delivery_meaning_http(status) == expected, "status %d", status);
    }
    ck_assert_str_eq(delivery_meaning_name(DELIVERY_GONE), "gone");
    ck_assert_str_eq(delivery_phase_name(DELIVERY_IN_FLIGHT), "in-flight");
}
END_TEST

/* A token that has expired, and is replaced after a week: nothing is lost. */
START_TEST(a_wrong_token_loses_nothing)
{
    const struct delivery_message message = {.created_ms = WALL};
    const struct delivery_result wrong = {.meaning = delivery_meaning_http(401)};
    const struct delivery_result right = {.meaning = delivery_meaning_http(204)};
    struct delivery delivery;
    int64_t time = 0;

    delivery_init(&delivery, &usual, NULL, at(0));
    for (unsigned tries = 0; time < 7 * 24 * 3600 * SECOND; tries++) {
        ck_assert_uint_lt(tries, 2000); /* and it is not hammered at */
        ck_assert(delivery_start(&delivery, at(time)));
        ck_assert_int_eq(
            delivery_finish(&delivery, &message, &wrong, at(time), (uint64_t)time * 7919),
            DELIVERY_WAITS);
        time = delivery_wake_ms(&delivery) - at(0).steady_ms;
    }
    ck_assert(delivery_start(&delivery, at(time)));
    ck_assert_int_eq(delivery_finish(&delivery, &message, &right, at(time), 1), DELIVERY_DONE);
}
END_TEST

static int64_t retry_after(const char *text)
{
    int64_t wait_ms = -1;
    bool good = delivery_retry_after(&wait_ms, text, strlen(text), WALL);

    ck_assert(good || wait_ms == 0);
    return good ? wait_ms : -1;
}

START_TEST(retry_after_is_seconds_or_a_date)
{
    ck_assert_int_eq(retry_after("0"), 0);
    ck_assert_int_eq(retry_after("120"), 120 * SECOND);
    ck_assert_int_eq(retry_after(" \t7 "), 7 * SECOND);
    ck_assert_int_eq(retry_after("86400"), DAY);
    ck_assert_int_eq(retry_after("86401"), DAY);
    ck_assert_int_eq(retry_after("99999999999999999999999999"), DAY);
    ck_assert_int_eq(retry_after("Thu, 01 Jan 2026 00:05:00 GMT"), 300 * SECOND);
    ck_assert_int_eq(retry_after("Thursday, 01-Jan-26 00:05:00 GMT"), 300 * SECOND);
    ck_assert_int_eq(retry_after("Thu Jan  1 00:05:00 2026"), 300 * SECOND);
    ck_assert_int_eq(retry_after("Thu Jan 01 00:05:00 2026"), 300 * SECOND);
    ck_assert_int_eq(retry_after("Wed, 31 Dec 2025 23:59:00 GMT"), 0); /* gone by */
    ck_assert_int_eq(retry_after("Fri, 31 Dec 9999 23:59:59 GMT"), DAY);
}
END_TEST

START_TEST(what_is_no_retry_after_is_refused)
{
    static const char *const texts[] = {
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "0x10",
        "1 2",
        "5s",
        "soon",
        "Thu, 01 Jan 2026 00:05:00",
        "Thu, 01 Jan 2026 00:05:00 UTC",
        "Thu, 1 Jan 2026 00:05:00 GMT",
        "Thu, 01 Jan 26 00:05:00 GMT",
        "Thu, 32 Jan 2026 00:05:00 GMT",
        "Thu, 29 Feb 2026 00:05:00 GMT",
        "Mon, 29 Feb 2100 00:05:00 GMT",
        "Thu, 01 Jan 2026 24:05:00 GMT",
        "Thu, 01 Jan 2026 00:60:00 GMT",
        "Thu, 01 Jan 2026 00:05:61 GMT",
        "Thu, 01 Jan 2026 00:05:00 GMT!",
        "Thx, 01 Jan 2026 00:05:00 GMT",
        "Thu, 01 jan 2026 00:05:00 GMT",
        "Thu, 01 Jan 0000 00:05:00 GMT",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(retry_after(texts[i]) == -1, "'%s' was taken", texts[i]);
}
END_TEST

static int64_t date(const char *text, int64_t now_s)
{
    int64_t out = -1;

    ck_assert_msg(httpdate_parse(&out, text, strlen(text), now_s), "%s", text);
    return out;
}

START_TEST(dates_are_counted_right)
{
    const int64_t now = WALL / SECOND;

    /* RFC 9110's own, of three forms; values by date(1). */
    ck_assert_int_eq(date("Sun, 06 Nov 1994 08:49:37 GMT", now), 784111777);
    ck_assert_int_eq(date("Sunday, 06-Nov-94 08:49:37 GMT", now), 784111777);
    ck_assert_int_eq(date("Sun Nov  6 08:49:37 1994", now), 784111777);
    ck_assert_int_eq(date("Thu, 01 Jan 1970 00:00:00 GMT", now), 0);
    ck_assert_int_eq(date("Tue, 29 Feb 2000 12:00:00 GMT", now), 951825600);
    ck_assert_int_eq(date("Thu, 29 Feb 2024 00:00:00 GMT", now), 1709164800);
    ck_assert_int_eq(date("Sat, 31 Dec 2016 23:59:60 GMT", now), 1483228800);
    ck_assert_int_eq(date("Mon, 01 Mar 2100 00:00:00 GMT", now), INT64_C(4107542400));
    /* 2076 is 50 years from now, 2077 one more. */
    ck_assert_int_eq(date("Wednesday, 01-Jan-76 00:00:00 GMT", now), INT64_C(3345062400));
    ck_assert_int_eq(date("Saturday, 01-Jan-77 00:00:00 GMT", now), 220924800);
}
END_TEST

/* Fails a first try at once. */
static enum delivery_fate fail_at(struct delivery *delivery, enum delivery_meaning meaning,
                                  int64_t asked_ms, int64_t ms, uint64_t random)
{
    const struct delivery_message message = {.created_ms = WALL};
    const struct delivery_result result = {.meaning = meaning, .retry_after_ms = asked_ms};

    ck_assert(delivery_start(delivery, at(ms)));
    return delivery_finish(delivery, &message, &result, at(ms), random);
}

START_TEST(a_sink_goes_through_its_phases)
{
    struct delivery delivery;

    delivery_init(&delivery, &usual, NULL, at(0));
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(0).steady_ms); /* something may wait */
    ck_assert(delivery_start(&delivery, at(0)));
    ck_assert_int_eq(delivery_wake_ms(&delivery), DELIVERY_NEVER);
    delivery_nothing(&delivery);
    ck_assert_int_eq(delivery_wake_ms(&delivery), DELIVERY_NEVER);
    ck_assert(!delivery_start(&delivery, at(1)));
    delivery_queued(&delivery, at(10));
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(10).steady_ms);
    ck_assert_int_eq(fail_at(&delivery, DELIVERY_TAKEN, 0, 10, 0), DELIVERY_DONE);
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(10).steady_ms); /* and the next */
    ck_assert_int_eq(fail_at(&delivery, DELIVERY_FAILED, 0, 10, 0), DELIVERY_WAITS);
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(10).steady_ms + usual.retry_min_ms);
    ck_assert(!delivery_start(&delivery, at(10 + usual.retry_min_ms - 1)));
    delivery_queued(&delivery, at(11)); /* does not make it hurry */
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(10).steady_ms + usual.retry_min_ms);
    delivery_enable(&delivery, at(20)); /* this does */
    ck_assert(delivery_start(&delivery, at(20)));
    delivery_cancel(&delivery, at(21));
    ck_assert_int_eq(fail_at(&delivery, DELIVERY_GONE, 0, 21, 0), DELIVERY_WAITS);
    ck_assert_int_eq(delivery.phase, DELIVERY_DISABLED);
    ck_assert(delivery.memory.disabled);
    delivery_queued(&delivery, at(22));
    ck_assert_int_eq(delivery_wake_ms(&delivery), DELIVERY_NEVER);
    delivery_enable(&delivery, at(30));
    ck_assert(delivery_start(&delivery, at(30)));
}
END_TEST

START_TEST(waits_grow_and_are_drawn_evenly)
{
    for (uint32_t failures = 1; failures <= 40; failures++) {
        int64_t most = failures < 11 ? usual.retry_min_ms << failures : usual.retry_max_ms;
        struct delivery_memory memory = {.failures = failures - 1, .failing_since_ms = WALL};
        struct delivery delivery;

        if (most > usual.retry_max_ms)
            most = usual.retry_max_ms;
        delivery_init(&delivery, &usual, &memory, at(0));
        fail_at(&delivery, DELIVERY_FAILED, 0, 0, 0);
        ck_assert_int_eq(delivery.until_ms, at(usual.retry_min_ms).steady_ms);
        delivery_init(&delivery, &usual, &memory, at(0));
        fail_at(&delivery, DELIVERY_FAILED, 0, 0, (uint64_t)(most - usual.retry_min_ms));
        ck_assert_int_eq(delivery.until_ms, at(most).steady_ms);
        ck_assert_int_eq(delivery.memory.next_try_ms, at(most).wall_ms);
        delivery_init(&delivery, &usual, &memory, at(0));
        fail_at(&delivery, DELIVERY_FAILED, 0, 0, (uint64_t)(most - usual.retry_min_ms) + 1);
        ck_assert_int_eq(delivery.until_ms, at(usual.retry_min_ms).steady_ms);
    }
}
END_TEST

START_TEST(what_a_sink_asks_for_is_a_lower_bound)
{
    struct delivery delivery;

    delivery_init(&delivery, &usual, NULL, at(0));
    fail_at(&delivery, DELIVERY_FAILED, 90 * SECOND, 0, 0);
    ck_assert_int_eq(delivery.until_ms, at(90 * SECOND).steady_ms);
    delivery_init(&delivery, &usual, NULL, at(0));
    fail_at(&delivery, DELIVERY_FAILED, 1, 0, 0);
    ck_assert_int_eq(delivery.until_ms, at(usual.retry_min_ms).steady_ms);
    delivery_init(&delivery, &usual, NULL, at(0));
    fail_at(&delivery, DELIVERY_FAILED, INT64_MAX, 0, 0);
    ck_assert_int_eq(delivery.until_ms, at(DAY).steady_ms);
}
END_TEST

START_TEST(a_refused_message_dies_at_the_tenth_refusal)
{
    struct delivery delivery;
    struct delivery_message message = {.created_ms = WALL};
    const struct delivery_result refused = {.meaning = DELIVERY_REFUSED};
    int64_t now = 0;

    delivery_init(&delivery, &usual, NULL, at(0));
    for (; message.refusals < DELIVERY_REFUSALS_MAX - 1; message.refusals++) {
        ck_assert(delivery_start(&delivery, at(now)));
        ck_assert_int_eq(delivery_finish(&delivery, &message, &refused, at(now), 1),
                         DELIVERY_WAITS);
        now = delivery_wake_ms(&delivery) - 5000;
    }
    ck_assert(delivery_start(&delivery, at(now)));
    ck_assert_int_eq(delivery_finish(&delivery, &message, &refused, at(now), 1),
                     DELIVERY_DEAD_REFUSED);
    ck_assert_int_eq(delivery_wake_ms(&delivery), at(now).steady_ms); /* it blocks nobody */
    ck_assert_uint_eq(delivery.memory.failures, 0);
}
END_TEST

START_TEST(a_message_is_given_up_after_its_time)
{
    struct delivery delivery;
    struct delivery_memory memory = {.failures = 9, .failing_since_ms = WALL - 30 * DAY};
    struct delivery_message message = {.created_ms = WALL - 40 * DAY};
    const struct delivery_result failed = {.meaning = DELIVERY_FAILED};

    delivery_init(&delivery, &usual, &memory, at(0));
    ck_assert(delivery_start(&delivery, at(-1)) == false);
    ck_assert(delivery_start(&delivery, at(0)));
    ck_assert_int_eq(delivery_finish(&delivery, &message, &failed, at(-1), 0), DELIVERY_WAITS);
    delivery_init(&delivery, &usual, &memory, at(0));
    ck_assert(delivery_start(&delivery, at(0)));
    ck_assert_int_eq(delivery_finish(&delivery, &message, &failed, at(0), 0), DELIVERY_DEAD_LATE);
    ck_assert_int_gt(delivery_wake_ms(&delivery), at(0).steady_ms); /* the sink still fails */
    /* A younger one of the same sink is not given up with it. */
    message.created_ms = WALL - 29 * DAY;
    ck_assert(!delivery_too_late(&usual, message.created_ms, memory.failing_since_ms, WALL));
    /* Nor is an old one when the sink fails for the first time. */
    delivery_init(&delivery, &usual, NULL, at(0));
    message.created_ms = WALL - 400 * DAY;
    ck_assert(delivery_start(&delivery, at(0)));
    ck_assert_int_eq(delivery_finish(&delivery, &message, &failed, at(0), 0), DELIVERY_WAITS);
}
END_TEST

START_TEST(a_start_goes_on_where_the_last_one_ended)
{
    struct delivery_memory memory = {
        .failures = 5, .failing_since_ms = WALL, .next_try_ms = WALL + 700 * SECOND};
    struct delivery delivery;

    delivery_init(&delivery, &usual, &memory, at(100 * SECOND));
    ck_assert_int_eq(delivery.until_ms, at(700 * SECOND).steady_ms);
    delivery_init(&delivery, &usual, &memory, at(900 * SECOND));
    ck_assert_int_eq(delivery.until_ms, at(900 * SECOND).steady_ms);
    delivery_init(&delivery, &usual, &memory, at(-1000 * DAY)); /* the clock was set back */
    ck_assert_int_eq(delivery.until_ms, at(-999 * DAY).steady_ms);
    memory.disabled = true;
    delivery_init(&delivery, &usual, &memory, at(0));
    ck_assert_int_eq(delivery_wake_ms(&delivery), DELIVERY_NEVER);
}
END_TEST

/* ---- many sinks, random receivers, a clock of our own ---- */

#define SINKS 5
#define MESSAGES 40

struct receiver {
    struct delivery delivery;
    unsigned next;            /* first message without an end */
    uint32_t refusals;        /* of it */
    unsigned taken[MESSAGES]; /* in the order in which they came */
    size_t taken_count;
    enum delivery_fate fates[MESSAGES];
    bool dead;          /* answers nothing, ever */
    int64_t busy_until; /* in flight: when the answer comes */
    struct delivery_result result;
};

static void draw_answer(struct receiver *receiver, struct test_random *random, int64_t now)
{
    static const int statuses[] = {200, 202, 204, 301, 400, 404, 408, 410, 422, 429, 500, 503, 0};
    int status = statuses[test_random_below(random, sizeof statuses / sizeof statuses[0])];

    receiver->busy_until = now + (int64_t)test_random_below(random, 60000);
    receiver->result = (struct delivery_result){
        .meaning = receiver->dead ? DELIVERY_FAILED : delivery_meaning_http(status)};
    if (status == 429)
        receiver->result.retry_after_ms = (int64_t)test_random_below(random, 100000);
}

static void take_answer(struct receiver *receiver, struct test_random *random,
                        const int64_t *created, int64_t now)
{
    const struct delivery_message message = {.created_ms = WALL + created[receiver->next],
                                             .refusals = receiver->refusals};
    enum delivery_fate fate = delivery_finish(&receiver->delivery, &message, &receiver->result,
                                              at(now), test_random_u64(random));

    receiver->refusals += receiver->result.meaning == DELIVERY_REFUSED;
    ck_assert_uint_le(receiver->refusals, DELIVERY_REFUSALS_MAX);
    if (receiver->result.meaning == DELIVERY_TAKEN) {
        ck_assert_int_eq(fate, DELIVERY_DONE);
        receiver->taken[receiver->taken_count++] = receiver->next;
    }
    if (fate != DELIVERY_WAITS) {
        receiver->fates[receiver->next++] = fate;
        receiver->refusals = 0;
    }
}

/* Lets one sink do what it wants at this time. */
static void step(struct receiver *receiver, struct test_random *random, const int64_t *created,
                 unsigned made, int64_t now)
{
    if (receiver->delivery.phase == DELIVERY_IN_FLIGHT) {
        if (now >= receiver->busy_until)
            take_answer(receiver, random, created, now);
    } else if (receiver->delivery.phase == DELIVERY_DISABLED) {
        if (test_random_one_in(random, 50))
            delivery_enable(&receiver->delivery, at(now));
    } else if (delivery_start(&receiver->delivery, at(now))) {
        if (receiver->next >= made)
            delivery_nothing(&receiver->delivery);
        else
            draw_answer(receiver, random, now);
    }
}

static int64_t next_time(const struct receiver receivers[SINKS], int64_t now)
{
    int64_t next = now + HOUR;

    for (int i = 0; i < SINKS; i++) {
        const struct receiver *receiver = &receivers[i];
        int64_t wake = delivery_wake_ms(&receiver->delivery);

        if (receiver->delivery.phase == DELIVERY_IN_FLIGHT && receiver->busy_until < next)
            next = receiver->busy_until;
        if (wake != DELIVERY_NEVER && wake - 5000 < next)
            next = wake - 5000;
    }
    return next > now ? next : now + 1;
}

static void check_receiver(const struct receiver *receiver)
{
    size_t taken = 0;

    ck_assert_uint_eq(receiver->next, MESSAGES);
    for (unsigned i = 0; i < MESSAGES; i++) {
        ck_assert_int_ne(receiver->fates[i], DELIVERY_WAITS);
        if (receiver->fates[i] == DELIVERY_DONE)
            ck_assert_uint_eq(receiver->taken[taken++], i);
    }
    ck_assert_uint_eq(taken, receiver->taken_count);
    ck_assert(!receiver->dead || taken == 0);
}

START_TEST(every_message_ends_in_order_whatever_happens)
{
    const struct delivery_options options = {
        .retry_min_ms = 500, .retry_max_ms = 20 * SECOND * 60, .give_up_ms = 2 * DAY};

    for (uint64_t round = 0; round < test_rounds("HASHTIDE_ROUNDS", 30); round++) {
        struct test_random random = test_random_init(test_seed(), round);
        struct receiver receivers[SINKS] = {0};
        int64_t created[MESSAGES];
        unsigned made = 0;
        int64_t now = 0;
        bool busy = true;

        for (int i = 0; i < SINKS; i++) {
            delivery_init(&receivers[i].delivery, &options, NULL, at(0));
            receivers[i].dead = i == 0;
        }
        for (unsigned steps = 0; busy; steps++) {
            ck_assert_uint_lt(steps, 1000000);
            if (made < MESSAGES && test_random_one_in(&random, 4)) {
                created[made++] = now;
                for (int i = 0; i < SINKS; i++)
                    delivery_queued(&receivers[i].delivery, at(now));
            }
            for (int i = 0; i < SINKS; i++)
                step(&receivers[i], &random, created, made, now);
            busy = false;
            for (int i = 0; i < SINKS; i++)
                busy = busy || receivers[i].next < MESSAGES;
            now = next_time(receivers, now);
        }
        for (int i = 0; i < SINKS; i++)
            check_receiver(&receivers[i]);
    }
}
END_TEST

/* The bar's other half: what one sink does is in nobody else's machine. */
START_TEST(a_dead_sink_delays_no_other)
{
    struct delivery dead, live;

    delivery_init(&dead, &usual, NULL, at(0));
    delivery_init(&live, &usual, NULL, at(0));
    ck_assert(delivery_start(&dead, at(0))); /* and never ends */
    for (int64_t now = 0; now < 100; now++) {
        ck_assert_int_eq(delivery_wake_ms(&live), at(now == 0 ? 0 : now - 1).steady_ms);
        ck_assert_int_eq(fail_at(&live, DELIVERY_TAKEN, 0, now, 0), DELIVERY_DONE);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        statuses_have_their_meanings,
        a_wrong_token_loses_nothing,
        retry_after_is_seconds_or_a_date,
        what_is_no_retry_after_is_refused,
        dates_are_counted_right,
        a_sink_goes_through_its_phases,
        waits_grow_and_are_drawn_evenly,
        what_a_sink_asks_for_is_a_lower_bound,
        a_refused_message_dies_at_the_tenth_refusal,
        a_message_is_given_up_after_its_time,
        a_start_goes_on_where_the_last_one_ended,
        every_message_ends_in_order_whatever_happens,
        a_dead_sink_delays_no_other,
    };

    return TEST_MAIN("delivery", tests);
}
