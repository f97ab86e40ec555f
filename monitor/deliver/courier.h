// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * courier: brings one message to one sink, once: in the sink's format, by http, exec or journal,
 * and judges the answer. Trying again is the business of who asks.
 *
 * Files of secrets are read for each try, so that one may be replaced while the monitor runs, and
 * wiped after. One that cannot be used is a failure of the try.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_COURIER_H
#define HASHTIDE_MONITOR_DELIVER_COURIER_H

#include "alerts/delivery.h"
#include "alerts/sign.h"
#include "monitor/sinks.h"

#include <stddef.h>
#include <stdint.h>

/** Of an answer in words, with NUL. */
#define COURIER_WORDS_SIZE 256
/** Of an answer's body, with NUL. */
#define COURIER_BODY_SIZE 512
/** Exit code of a program that does not want this message: EX_DATAERR. */
#define COURIER_EXIT_REFUSED 65

struct uv_loop_s;
struct courier;
struct courier_call;

/** body must live until done() or courier_cancel(). */
struct courier_message {
    const char *id;   /* webhook_id_valid() */
    const void *body; /* the document as it was signed */
    size_t body_len;
    const struct sign_signature *signature; /* NULL: not signed */
};

struct courier_answer {
    struct delivery_result result;
    int status;                     /* of HTTP or SMTP, or a program's exit code; 0: none, or 0 */
    char words[COURIER_WORDS_SIZE]; /* one line for people: "HTTP 200", "connection refused" */
    char body[COURIER_BODY_SIZE];   /* how the answer, or a program's output, begins, as it came */
    size_t body_len;
    int64_t took_ms;
};

typedef void (*courier_done_fn)(void *context, const struct courier_answer *answer);

/** NULL when memory is short. */
struct courier *courier_new(struct uv_loop_s *loop);
/** Ends all calls without done(). Memory goes as the loop runs on. NULL is allowed. */
void courier_free(struct courier *courier);

/** Begins. sink must live until done(), which is called once, from the loop and never before this
 *  returns, and may begin another. */
struct courier_call *courier_send(struct courier *courier, const struct sink *sink,
                                  const struct courier_message *message, courier_done_fn done,
                                  void *context);
void courier_cancel(struct courier_call *call);

/** The same on a loop of its own, waiting for the answer. */
void courier_send_now(struct courier_answer *answer, const struct sink *sink,
                      const struct courier_message *message);

#endif
