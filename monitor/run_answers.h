// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * run_answers: what a running monitor answers on its control socket. A request is an object with a
 * command and its arguments, all of them and no others:
 *
 *     {"command": "status"}
 *         status_to_json(), and what alerts_view_in_status() sets
 *     {"command": "alerts"}
 *         now_ms, trouble (text or null), rules: alerting_json()
 *     {"command": "story", "alert": NAME}
 *         alerts_view_story()
 *     {"command": "acknowledge", "alert": NAME}
 *         rule, already, written
 *     {"command": "silence", "rule": NAME, "for_ms": N}
 *         rule, until_ms (0: speaks again, null: for ever), written
 *
 * NAME of an alert is a rule's, or the id of an alert. N is 0 (speak again) to ten years, or null
 * (for ever). written: it is in the outbox; else the monitor holds to it, but a crash would lose it
 * before it can be written. An answer may be {"error": TEXT} instead, which says what was expected.
 *
 * Who may use the socket may ask all of this: owner and group of it.
 */
#ifndef HASHTIDE_MONITOR_RUN_ANSWERS_H
#define HASHTIDE_MONITOR_RUN_ANSWERS_H

#include "alerts/sign.h"
#include "monitor/alerting.h"
#include "monitor/app.h"
#include "monitor/log.h"
#include "monitor/store/outbox.h"

#include <jansson.h>

/** Of whom is asked; nothing is owned. */
struct run_answers {
    struct app *app;
    struct alerting *alerting;
    struct outbox *outbox;
    const struct signer *signer; /* NULL: no key */
    struct log *log;
};

/** Answers one request; context is a struct run_answers. New reference; NULL when memory is short.
 */
json_t *run_answer(void *context, const json_t *request);

#endif
