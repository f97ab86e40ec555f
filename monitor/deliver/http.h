// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * http: posts to web addresses, asks them, and hands mail to servers, by libcurl on libuv's loop.
 *
 * What holds:
 *   - http and https, or smtp and smtps, as the request says, and nothing else. Certificates and
 *     their names are verified. No redirection is followed, no cookie kept, no variable of the
 *     environment and no file of the user's (.netrc) is looked at.
 *   - A request ends within its time, in one call of done(), unless it was cancelled.
 *   - At most HTTP_ANSWER_MAX bytes of an answer are taken; with more the connection is closed.
 *   - An HTTP status counts once its headers have come whole, even if the rest never ends.
 *
 * Connections are kept for the next request, HTTP_CONNECTIONS of them. Over one that is kept a
 * request leaves within http_start(), whole: no name is asked for, and no leave to send the body.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_HTTP_H
#define HASHTIDE_MONITOR_DELIVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX ((size_t)64 * 1024)
/** Of an answer's body so much is kept, with NUL. */
#define HTTP_BODY_SIZE 512
/** Of a mistake's text, with NUL. */
#define HTTP_WHY_SIZE 256
/** Of the header Retry-After, with NUL. */
#define HTTP_RETRY_AFTER_SIZE 64
#define HTTP_CONNECTIONS 16

struct uv_loop_s;
struct http;
struct http_call;

/** All of it must live until done() or http_cancel(), but for the strings of headers. */
struct http_request {
    const char *url;
    const char *const *headers; /* "name: value"; of HTTP */
    size_t header_count;
    const void *body;
    size_t body_len;
    bool get;   /* HTTP: nothing is posted */
    char *into; /* of get: where all of the answer's body goes, or NULL; it lives until then too */
    size_t into_size; /* a longer body ends the call, as one of more than HTTP_ANSWER_MAX does */
    bool mail;        /* SMTP: body is the mail */
    bool in_clear;    /* mail: no TLS is asked of a server at smtp:// */
    const char *from; /* mail */
    const char *const *to; /* mail */
    size_t to_count;
    const char *user, *password; /* mail; NULL: none */
    const char *proxy;           /* "HOST:PORT" of a SOCKS5 proxy, or "" */
    const char *proxy_user;      /* what Tor tells circuits apart by */
    const char *ca_file;         /* NULL: the system's certificates */
    int64_t timeout_ms;
};

struct http_answer {
    int status;                              /* of HTTP or SMTP; 0: none came */
    char why[HTTP_WHY_SIZE];                 /* what went wrong underneath; "" for nothing */
    char retry_after[HTTP_RETRY_AFTER_SIZE]; /* "" for none */
    char body[HTTP_BODY_SIZE];               /* its beginning, as it came */
    size_t body_len;                         /* of that */
    size_t into_len;                         /* of what stands in `into` */
    bool untrusted;                          /* the certificate was refused */
    bool too_long;                           /* it was more than is taken */
    bool too_slow;                           /* the request's time was over */
};

typedef void (*http_done_fn)(void *context, const struct http_answer *answer);

/** NULL when memory is short. */
struct http *http_new(struct uv_loop_s *loop);
/** Ends all calls without done(), and closes connections. What belongs to the loop is freed when
 *  that has run once more. NULL is allowed. */
void http_free(struct http *http);

/** Begins a request. done() is never called before this returns, and may begin another. */
struct http_call *http_start(struct http *http, const struct http_request *request,
                             http_done_fn done, void *context);
/** done() is not called. Not within done() of the same call. */
void http_cancel(struct http_call *call);

/** Version of the library, for `hashtide version`. */
const char *http_library_version(void);

#endif
