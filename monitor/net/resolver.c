// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/resolver.h"

#include "monitor/mem.h"

#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct question {
    uv_getaddrinfo_t request; /* first: a request is its question */
    struct resolver *resolver;
    uint64_t id;
    struct question *next;
};

struct resolver {
    uv_loop_t *loop;
    resolver_done_fn done;
    void *context;
    struct question *questions;
    bool stopped;
};

struct resolver *resolver_new(uv_loop_t *loop, resolver_done_fn done, void *context)
{
    struct resolver *resolver = mem_zeroed(1, sizeof *resolver);
    resolver->loop = loop;
    resolver->done = done;
    resolver->context = context;
    return resolver;
}

static bool from_sockaddr(struct netaddr *out, const struct sockaddr *address)
{
    *out = (struct netaddr){.network = NETADDR_NONE};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        out->network = NETADDR_IPV4;
        memcpy(out->bytes, &in->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        out->network = NETADDR_IPV6;
        memcpy(out->bytes, &in6->sin6_addr, 16);
    }
    return out->network != NETADDR_NONE;
}

static void unlink_question(struct question *question)
{
    struct question **at = &question->resolver->questions;
    while (*at != question) {
        at = &(*at)->next;
    }
    *at = question->next;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct question *question = (struct question *)request;
    struct resolver *resolver = question->resolver;
    struct netaddr *addresses = mem_zeroed(RESOLVER_MAX, sizeof *addresses);
    size_t count = 0;
    for (const struct addrinfo *a = found; a != NULL && count < RESOLVER_MAX; a = a->ai_next) {
        count += from_sockaddr(&addresses[count], a->ai_addr);
    }
    uint64_t id = question->id;
    unlink_question(question);
    free(question);
    uv_freeaddrinfo(found);
    if (!resolver->stopped) {
        resolver->done(resolver->context, id, addresses, count,
                       status < 0 ? uv_strerror(status) : "the name has no address");
    }
    free(addresses);
}

void resolver_ask(struct resolver *resolver, uint64_t id, const char *name)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct question *question = mem_zeroed(1, sizeof *question);
    question->resolver = resolver;
    question->id = id;
    question->next = resolver->questions;
    resolver->questions = question;
    int error = uv_getaddrinfo(resolver->loop, &question->request, on_resolved, name, NULL, &hints);
    if (error < 0) {
        /* Too long a name is all that can be wrong here, and settings do not let it through. */
        assert(error != UV_EINVAL);
        on_resolved(&question->request, error, NULL);
    }
}

bool resolver_stop(struct resolver *resolver)
{
    resolver->stopped = true;
    bool busy = false;
    for (struct question *q = resolver->questions; q != NULL; q = q->next) {
        busy = uv_cancel((uv_req_t *)&q->request) != 0 || busy;
    }
    return busy;
}

void resolver_free(struct resolver *resolver)
{
    assert(resolver == NULL || resolver->questions == NULL);
    free(resolver);
}
