// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fetch: see fetch.h.
 */
#include "config.h"

#include "monitor/deliver/fetch.h"

#include "monitor/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REDIRECTIONS_MAX 3L
/** Of the time, the share within which it must be connected. */
#define CONNECT_SHARE 2
#define HTTP_OK 200

struct fetching {
    char *body; /* owned */
    size_t len, room, most;
    bool too_long;
};

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    struct fetching *fetching = context;
    size_t len = size * count;

    if (len > fetching->most - fetching->len) {
        fetching->too_long = true;
        return 0; /* ends it */
    }
    if (fetching->len + len >= fetching->room) {
        fetching->room = 2 * (fetching->len + len) + 1;
        fetching->body = mem_resize(fetching->body, fetching->room, 1);
    }
    memcpy(fetching->body + fetching->len, bytes, len);
    fetching->len += len;
    return len;
}

/* Not to be inherited by programs that are run. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_up(CURL *easy, struct fetching *fetching, const struct fetch_request *request,
                   char error[CURL_ERROR_SIZE])
{
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(request->timeout_ms / CONNECT_SHARE + 1));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTIONS_MAX);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    /* Empty, and not left out: else the environment's are used. */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy);
    if (request->proxy[0] != '\0') {
        curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)CURLPROXY_SOCKS5_HOSTNAME);
        curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, "fetch"); /* Tor: a circuit of its own */
        curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, "hashtide");
        curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
    }
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetching);
}

static bool judge(char why[FETCH_WHY_SIZE], CURL *easy, CURLcode code, const char *error,
                  const struct fetching *fetching)
{
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (fetching->too_long)
        snprintf(why, FETCH_WHY_SIZE, "it has more than %zu bytes", fetching->most);
    else if (code != CURLE_OK)
        snprintf(why, FETCH_WHY_SIZE, "%s", error[0] != '\0' ? error : curl_easy_strerror(code));
    else if (status != HTTP_OK)
        snprintf(why, FETCH_WHY_SIZE, "the server answers %ld", status);
    else
        return true;
    return false;
}

bool fetch(char **body, size_t *len, char why[FETCH_WHY_SIZE], const struct fetch_request *request)
{
    struct fetching fetching = {.most = request->size_max, .room = 1};
    char error[CURL_ERROR_SIZE] = "";
    CURL *easy = NULL;
    bool good = false;

    *body = NULL;
    *len = 0;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (easy = curl_easy_init()) == NULL) {
        snprintf(why, FETCH_WHY_SIZE, "libcurl cannot be used");
        return false;
    }
    fetching.body = mem_zeroed(fetching.room, 1);
    set_up(easy, &fetching, request, error);
    good = judge(why, easy, curl_easy_perform(easy), error, &fetching);
    curl_easy_cleanup(easy);
    curl_global_cleanup();
    if (!good) {
        free(fetching.body);
        return false;
    }
    *body = fetching.body;
    *len = fetching.len;
    return true;
}
