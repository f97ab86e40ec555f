// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * delivery: when to try to bring a sink its next message, and what comes of a try.
 *
 * One state machine for each sink, so that a slow or dead one delays no other. Its messages go in
 * order: only the first that is neither delivered nor dead is tried.
 *
 *                 delivery_queued()          delivery_start(), at its time
 *      .------. ------------------> .---------. -----------------> .-----------.
 *      | idle |                     | waiting |                    | in flight |
 *      '------' <-.                 '---------' <----------------- '-----------'
 *                 |                    ^    ^    delivery_finish()     |    |
 *                 |                    |    '---- delivery_cancel() ---'    |
 *                 '--- delivery_nothing(): no message is there -------------|
 *                                      |                                    |
 *                  delivery_enable()   |   .----------.                     |
 *                                      '-- | disabled | <-------------------'
 *                                          '----------'  delivery_finish(): the sink is gone
 *
 * What holds:
 *   - A message is tried until it is delivered or dead. It is dead after DELIVERY_REFUSALS_MAX
 *     refusals of its own, or when it has been in vain for give_up: since it was made or since the
 *     sink began to fail, whichever was later. So the time of a monitor that was off does not
 *     count against a sink that was never seen to fail.
 *   - After the n-th failure in a row the wait is drawn evenly from retry_min to retry_min times
 *     2^n, but at most to retry_max (full jitter, above a floor); and it is at least what the sink
 *     asked for by Retry-After, up to DELIVERY_RETRY_AFTER_MAX_MS.
 *   - After a message that was delivered, or was refused too often, comes the next one at once.
 *
 * Waits run on the steady clock; what is stored for the next start is in wall time. Randomness is
 * the caller's.
 */
#ifndef HASHTIDE_ALERTS_DELIVERY_H
#define HASHTIDE_ALERTS_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Tries that are refused before a message is dead. With the default back-off they take 17 minutes
 *  on average and 34 at most: so long does one that a receiver does not understand block the
 * others, and so long a receiver may be in repair. */
#define DELIVERY_REFUSALS_MAX 10u
/** Longer waits are not believed: a day. */
#define DELIVERY_RETRY_AFTER_MAX_MS ((int64_t)24 * 60 * 60 * 1000)
/** Never. */
#define DELIVERY_NEVER INT64_MAX

#define DELIVERY_RETRY_MIN_MS ((int64_t)2 * 1000)
#define DELIVERY_RETRY_MAX_MS ((int64_t)60 * 60 * 1000)
#define DELIVERY_GIVE_UP_MS ((int64_t)30 * 24 * 60 * 60 * 1000)

/** 0 < retry_min_ms <= retry_max_ms; give_up_ms > 0. None above a century. */
struct delivery_options {
    int64_t retry_min_ms; /* the shortest wait after a failure */
    int64_t retry_max_ms; /* the longest, unless the sink asks for more */
    int64_t give_up_ms;   /* a message is dead when it could not be delivered for so long */
};

struct delivery_now {
    int64_t steady_ms;
    int64_t wall_ms;
};

/** What an answer means. */
enum delivery_meaning {
    DELIVERY_TAKEN,   /* delivered */
    DELIVERY_FAILED,  /* not now, or not so; to be tried again */
    DELIVERY_REFUSED, /* this message is not wanted; to be tried again a few times */
    DELIVERY_GONE,    /* nobody is there any more: the sink is disabled */
};

/** How a try ended. */
struct delivery_result {
    enum delivery_meaning meaning;
    int64_t retry_after_ms; /* what the sink asked for; 0: nothing */
};

/** The message that was tried, as the store has it. */
struct delivery_message {
    int64_t created_ms; /* wall */
    uint32_t refusals;  /* before this try */
};

/** What becomes of a message. */
enum delivery_fate {
    DELIVERY_WAITS,
    DELIVERY_DONE,
    DELIVERY_DEAD_REFUSED, /* dead: refused too often */
    DELIVERY_DEAD_LATE,    /* dead: in vain for too long */
    DELIVERY_DEAD_DROPPED, /* dead: a person took it out of the queue */
};

/** A sink's memory over restarts; all in wall time. Zeroed: a sink without a past. */
struct delivery_memory {
    uint32_t failures;        /* in a row */
    int64_t failing_since_ms; /* 0: the last try went well */
    int64_t next_try_ms;      /* 0: at once */
    bool disabled;
};

enum delivery_phase {
    DELIVERY_IDLE,
    DELIVERY_WAITING,
    DELIVERY_IN_FLIGHT,
    DELIVERY_DISABLED,
};

/** Of one sink. To be begun by delivery_init(); fields are read by the caller, set here. */
struct delivery {
    struct delivery_options options;
    enum delivery_phase phase;
    int64_t until_ms; /* steady; waiting: when to try */
    struct delivery_memory memory;
};

/** "taken", "failed", "refused", "gone". */
const char *delivery_meaning_name(enum delivery_meaning meaning);
/** "idle", "waiting", "in-flight", "disabled". */
const char *delivery_phase_name(enum delivery_phase phase);

/**
 * What an HTTP status means: 2xx taken; 410 gone; other 4xx refused, but for 408, 425 and 429,
 * which speak of the moment, and those that speak of the address; all else failed.
 * A wrong token or a path that has moved is the same for every message, and is put right in the
 * configuration. If it made messages dead, all that was said until somebody looked would have to be
 * revived by hand; so they wait, in plain sight of the metrics delivery.*, and are delivered once
 * it is right, or given up like those of any sink that fails. A 3xx has failed too: a redirection
 * is never followed, since it would send a signed message where nobody has configured it to go.
 */
enum delivery_meaning delivery_meaning_http(int status);
/** Whether a status speaks of the address, or of who may send there, and not of the message: 401 to
 *  405, 407, 421, 426, 451. */
bool delivery_about_address(int status);

/**
 * Reads the value of a header Retry-After, seconds or a date, blanks around it allowed. *wait_ms is
 * 0 to DELIVERY_RETRY_AFTER_MAX_MS; false and 0 if it is neither.
 */
bool delivery_retry_after(int64_t *wait_ms, const char *text, size_t len, int64_t wall_ms);

/** Whether a message is to be given up that was made at created_ms for a sink that has failed since
 *  failing_since_ms (0: does not). */
bool delivery_too_late(const struct delivery_options *options, int64_t created_ms,
                       int64_t failing_since_ms, int64_t wall_ms);

/** Begins with what the store remembers; memory NULL: nothing. A wait that is longer than any we
 *  make (the wall clock was changed meanwhile) is cut. */
void delivery_init(struct delivery *delivery, const struct delivery_options *options,
                   const struct delivery_memory *memory, struct delivery_now now);

/** Steady time at which it wants to be woken for delivery_start(); DELIVERY_NEVER. */
int64_t delivery_wake_ms(const struct delivery *delivery);

/** There may be a message for it. */
void delivery_queued(struct delivery *delivery, struct delivery_now now);
/** True, and then it is in flight: the first message is to be tried now. False: too early. */
bool delivery_start(struct delivery *delivery, struct delivery_now now);
/** In flight, but there was no message after all. */
void delivery_nothing(struct delivery *delivery);
/** In flight, but it was not tried to the end (the monitor stops): the same again. */
void delivery_cancel(struct delivery *delivery, struct delivery_now now);
/** In flight, and the try has ended. What is to be stored is the fate, and delivery->memory. */
enum delivery_fate delivery_finish(struct delivery *delivery,
                                   const struct delivery_message *message,
                                   const struct delivery_result *result, struct delivery_now now,
                                   uint64_t random);
/** Try anew at once, also where it was disabled or waits: somebody has asked for it. No change
 *  while in flight, but that what comes next will not wait long. */
void delivery_enable(struct delivery *delivery, struct delivery_now now);

#endif
