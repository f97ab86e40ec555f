// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * receiver: the other end of a webhook, on loopback, in the test's own hands: nothing is taken or
 * answered but by a call.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_RECEIVER_H
#define HASHTIDE_TESTS_SUPPORT_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

#define RECEIVER_URL_SIZE 64

/** A socket that listens, and its address under the name host ("localhost", "127.0.0.1"). */
int receiver_open(char url[RECEIVER_URL_SIZE], const char *host);
/** Whether a connection, or bytes, are there within the time. */
bool receiver_ready(int socket, int wait_ms);
/** A connection that is there. */
int receiver_accept(int listener);
/** What is there, in one reading, with NUL behind it. */
size_t receiver_take(int socket, char *out, size_t size);
void receiver_send(int socket, const char *answer);

#endif
