// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fetch: gets a document from a web address, and waits for it: for commands, not for the loop.
 *
 * What holds:
 *   - http and https and nothing else, three redirections at most. Certificates and their names
 *     are verified. No cookie is kept, no variable of the environment and no file of the user's
 *     (.netrc) is looked at.
 *   - It ends within its time, and takes no more than its size; what is longer is refused whole.
 *   - What comes is not believed here: whoever asks verifies it.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_FETCH_H
#define HASHTIDE_MONITOR_DELIVER_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of a mistake's text, with NUL. */
#define FETCH_WHY_SIZE 320

struct fetch_request {
    const char *url;
    const char *proxy; /* "HOST:PORT" of a SOCKS5 proxy, or "" */
    size_t size_max;
    int64_t timeout_ms;
};

/** Gets it. *body is the caller's to free, and has room for one byte behind len. False with why,
 *  one line without the address, and nothing to free. */
bool fetch(char **body, size_t *len, char why[FETCH_WHY_SIZE], const struct fetch_request *request);

#endif
