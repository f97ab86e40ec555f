// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * control_client: asks a running monitor. One line of JSON goes to its control socket, one JSON
 * object comes back.
 */
#ifndef HASHTIDE_MONITOR_CONTROL_CLIENT_H
#define HASHTIDE_MONITOR_CONTROL_CLIENT_H

#include <jansson.h>

/** Longest message with NUL. */
#define CONTROL_MESSAGE_SIZE 512

enum control_result {
    CONTROL_ANSWERED,
    CONTROL_NOBODY,  /* no monitor runs here */
    CONTROL_REFUSED, /* it has answered that it will not, or cannot: message says why */
    CONTROL_FAILED,  /* one runs, but there is no answer: message says why */
};

/** Sends a request, {"command": "...", ...}, to the socket at path and waits, a few seconds at
 * most. What can be asked is in run_answers.h. The answer is the caller's to free, NULL unless
 *  CONTROL_ANSWERED. */
enum control_result control_ask(json_t **answer, char message[CONTROL_MESSAGE_SIZE],
                                const char *path, const json_t *request);

#endif
