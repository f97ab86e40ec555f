// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * http: see http.h. libcurl says which sockets it waits for and when it wants to be woken; each of
 * its sockets has a handle of libuv's here, and all of it one timer. A second one tells of calls
 * that have ended where they began.
 */
#include "config.h"

#include "monitor/deliver/http.h"

#include "monitor/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

/** A connection that was idle for so long is not used again: the other side has closed it, or a
 *  firewall has forgotten it. */
#define IDLE_MAX_S 60L
/** Of a request's time, the share within which it must be connected. */
#define CONNECT_SHARE 2

struct http_call {
    struct http *http;
    CURL *easy;
    struct curl_slist *headers, *to;
    http_done_fn done;
    void *context;
    const char *unsent; /* of a mail */
    size_t unsent_len;
    size_t received; /* bytes of the answer */
    char *into;
    size_t into_size;
    long complete; /* status whose headers have come whole; 0: none */
    struct http_answer answer;
    char error[CURL_ERROR_SIZE];
    struct http_call *previous, *next;
};

/** A socket of libcurl's on the loop. */
struct watcher {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t socket;
};

struct http {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t *timer, *ended; /* freed by their close callbacks */
    struct http_call *calls;
};

/* ---- The loop ------------------------------------------------------------ */

static void free_handle(uv_handle_t *handle)
{
    free(handle->data);
}

static void unlink_call(struct http_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        call->http->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
}

static void free_call(struct http_call *call)
{
    unlink_call(call);
    curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    curl_slist_free_all(call->to);
    free(call);
}

/* What libcurl says of a call that has ended. */
static void read_result(struct http_call *call, CURLcode code)
{
    struct http_answer *answer = &call->answer;
    struct curl_header *header = NULL;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)(call->to != NULL ? status : call->complete);
    answer->untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
    answer->too_slow = code == CURLE_OPERATION_TIMEDOUT;
    if (answer->too_long)
        snprintf(answer->why, sizeof answer->why, "the answer has more than %zu bytes",
                 call->into != NULL ? call->into_size : HTTP_ANSWER_MAX);
    else if (code != CURLE_OK)
        snprintf(answer->why, sizeof answer->why, "%s",
                 call->error[0] != '\0' ? call->error : curl_easy_strerror(code));
    if (call->to == NULL &&
        curl_easy_header(call->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        snprintf(answer->retry_after, sizeof answer->retry_after, "%s", header->value);
}

/* Tells of the calls that have ended. done() may begin and cancel others. */
static void finish_calls(struct http *http)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        struct http_answer answer;
        http_done_fn done = NULL;
        void *context = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        read_result(call, message->data.result);
        answer = call->answer;
        done = call->done;
        context = call->context;
        free_call(call);
        done(context, &answer);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct http *http = timer->data;
    int running = 0;

    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_calls(http);
}

static void on_ended(uv_timer_t *timer)
{
    finish_calls(timer->data);
}

static int set_timer(CURLM *multi, long ms, void *context)
{
    struct http *http = context;

    (void)multi;
    if (ms < 0) {
        uv_timer_stop(http->timer);
    } else {
        uv_update_time(http->loop);
        uv_timer_start(http->timer, on_timer, (uint64_t)ms, 0);
    }
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    const struct watcher *watcher = poll->data;
    struct http *http = watcher->http;
    int running = 0;
    int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) | (status < 0 ? CURL_CSELECT_ERR : 0);

    curl_multi_socket_action(http->multi, watcher->socket, flags, &running);
    finish_calls(http);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known)
{
    struct http *http = context;
    struct watcher *watcher = known;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watcher != NULL) {
            curl_multi_assign(http->multi, socket, NULL);
            uv_poll_stop(&watcher->poll);
            uv_close((uv_handle_t *)&watcher->poll, free_handle);
        }
        return 0;
    }
    if (watcher == NULL) {
        watcher = mem_zeroed(1, sizeof *watcher);
        watcher->http = http;
        watcher->socket = socket;
        watcher->poll.data = watcher;
        if (uv_poll_init_socket(http->loop, &watcher->poll, socket) < 0) {
            free(watcher);
            return -1;
        }
        curl_multi_assign(http->multi, socket, watcher);
    }
    return uv_poll_start(&watcher->poll, events, on_ready) < 0 ? -1 : 0;
}

/* ---- Requests ------------------------------------------------------------ */

/* Not to be inherited by programs that are run. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* False when there is no room for it. */
static bool keep_body(struct http_call *call, const char *bytes, size_t len)
{
    if (call->into == NULL)
        return true;
    if (len > call->into_size - call->answer.into_len)
        return false;
    memcpy(call->into + call->answer.into_len, bytes, len);
    call->answer.into_len += len;
    return true;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    struct http_answer *answer = &call->answer;
    size_t room = sizeof answer->body - 1 - answer->body_len;
    size_t len = size * count;

    memcpy(answer->body + answer->body_len, bytes, len < room ? len : room);
    answer->body_len += len < room ? len : room;
    call->received += len;
    if (call->received <= HTTP_ANSWER_MAX && keep_body(call, bytes, len))
        return len;
    answer->too_long = true;
    return 0; /* ends the call */
}

/* Headers count as part of the answer; an empty line ends those of a status. */
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t len = size * count;
    long status = 0;

    call->received += len;
    if (call->received > HTTP_ANSWER_MAX) {
        call->answer.too_long = true;
        return 0;
    }
    if (len <= 2 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->complete = status >= 200 ? status : 0;
    }
    return len;
}

static size_t give_mail(char *out, size_t size, size_t count, void *context)
{
    struct http_call *call = context;
    size_t len = size * count < call->unsent_len ? size * count : call->unsent_len;

    memcpy(out, call->unsent, len);
    call->unsent += len;
    call->unsent_len -= len;
    return len;
}

static struct curl_slist *append(struct curl_slist *list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(list, text);

    if (longer == NULL)
        abort(); /* as mem_*() does when memory is short */
    return longer;
}

static void set_common(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(request->timeout_ms / CONNECT_SHARE + 1));
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (request->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    /* Empty, and not left out: else the environment's are used. */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy);
    if (request->proxy[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)CURLPROXY_SOCKS5_HOSTNAME);
        curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, request->proxy_user);
        curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, "hashtide");
        curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
    }
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

static void set_http(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;

    for (size_t i = 0; i < request->header_count; i++)
        call->headers = append(call->headers, request->headers[i]);
    call->headers = append(call->headers, "Expect:"); /* no wait for leave to send the body */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    if (request->get) {
        call->into = request->into;
        call->into_size = request->into_size;
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
}

static void set_mail(struct http_call *call, const struct http_request *request)
{
    CURL *easy = call->easy;

    for (size_t i = 0; i < request->to_count; i++)
        call->to = append(call->to, request->to[i]);
    call->unsent = request->body;
    call->unsent_len = request->body_len;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(request->in_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, request->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, call->to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_mail);
    curl_easy_setopt(easy, CURLOPT_READDATA, call);
    if (request->user != NULL) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, request->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password);
    }
}

struct http_call *http_start(struct http *http, const struct http_request *request,
                             http_done_fn done, void *context)
{
    struct http_call *call = mem_zeroed(1, sizeof *call);
    int running = 0;

    call->http = http;
    call->done = done;
    call->context = context;
    call->easy = curl_easy_init();
    if (call->easy == NULL)
        abort(); /* as mem_*() does when memory is short */
    call->next = http->calls;
    if (call->next != NULL)
        call->next->previous = call;
    http->calls = call;
    set_common(call, request);
    if (request->mail)
        set_mail(call, request);
    else
        set_http(call, request);
    curl_multi_add_handle(http->multi, call->easy);
    /* Now, and not when the loop comes round: on a connection that is kept the request leaves here.
     * What has ended already is told from the loop. */
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    uv_timer_start(http->ended, on_ended, 0, 0);
    return call;
}

void http_cancel(struct http_call *call)
{
    free_call(call);
}

/* ---- Life ---------------------------------------------------------------- */

static uv_timer_t *new_timer(struct http *http)
{
    uv_timer_t *timer = mem_zeroed(1, sizeof *timer);

    uv_timer_init(http->loop, timer);
    timer->data = http;
    return timer;
}

static void close_timer(uv_timer_t *timer)
{
    uv_timer_stop(timer);
    timer->data = timer;
    uv_close((uv_handle_t *)timer, free_handle);
}

struct http *http_new(struct uv_loop_s *loop)
{
    struct http *http = mem_zeroed(1, sizeof *http);

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return NULL;
    }
    http->loop = loop;
    http->multi = curl_multi_init();
    if (http->multi == NULL) {
        curl_global_cleanup();
        free(http);
        return NULL;
    }
    http->timer = new_timer(http);
    http->ended = new_timer(http);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CONNECTIONS);
    return http;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    while (http->calls != NULL)
        free_call(http->calls);
    curl_multi_cleanup(http->multi);
    close_timer(http->timer);
    close_timer(http->ended);
    curl_global_cleanup();
    free(http);
}

const char *http_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}
