// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/socks5.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SOCKS_VERSION = 5,
    AUTH_VERSION = 1,
    METHOD_NONE = 0,
    METHOD_PASSWORD = 2,
    COMMAND_CONNECT = 1,
    ADDRESS_IPV4 = 1,
    ADDRESS_DOMAIN = 3,
    ADDRESS_IPV6 = 4,
    REPLY_HEAD = 4,
};

static size_t fail(struct socks5 *socks, const char *why, size_t used)
{
    socks->state = SOCKS5_FAILED;
    socks->error = why;
    return used;
}

/* "The target as a request": the address part, then the port. */
static bool put_target(struct socks5 *socks, const struct netaddr *address, const char *host,
                       uint16_t port)
{
    uint8_t *p = socks->request;
    *p++ = SOCKS_VERSION;
    *p++ = COMMAND_CONNECT;
    *p++ = 0;
    char onion[NETADDR_TEXT_SIZE];
    if (address->network == NETADDR_TORV3) {
        netaddr_format(onion, address);
        char *colon = strrchr(onion, ':');
        if (colon != NULL) {
            *colon = '\0';
        }
        host = onion;
    }
    if (address->network == NETADDR_IPV4 || address->network == NETADDR_IPV6) {
        size_t len = netaddr_length(address->network);
        *p++ = address->network == NETADDR_IPV4 ? ADDRESS_IPV4 : ADDRESS_IPV6;
        memcpy(p, address->bytes, len);
        p += len;
    } else if (address->network == NETADDR_TORV3 || address->network == NETADDR_NONE) {
        size_t len = host == NULL ? 0 : strlen(host);
        if (len == 0 || len > 255) {
            return false;
        }
        *p++ = ADDRESS_DOMAIN;
        *p++ = (uint8_t)len;
        memcpy(p, host, len);
        p += len;
    } else {
        return false;
    }
    if (address->network != NETADDR_NONE) {
        port = address->port;
    }
    *p++ = (uint8_t)(port >> 8);
    *p++ = (uint8_t)port;
    socks->request_len = (size_t)(p - socks->request);
    return true;
}

bool socks5_start(struct socks5 *socks, struct socks5_output *output, const struct netaddr *address,
                  const char *host, uint16_t port, uint64_t isolation)
{
    *socks = (struct socks5){.state = SOCKS5_GREETING};
    output->len = 0;
    if (!put_target(socks, address, host, port)) {
        fail(socks, "the proxy cannot reach such an address", 0);
        return false;
    }
    snprintf(socks->user, sizeof socks->user, "%016" PRIx64, isolation);
    const uint8_t greeting[] = {SOCKS_VERSION, 2, METHOD_NONE, METHOD_PASSWORD};
    memcpy(output->bytes, greeting, sizeof greeting);
    output->len = sizeof greeting;
    return true;
}

static void send_request(struct socks5 *socks, struct socks5_output *output)
{
    memcpy(output->bytes, socks->request, socks->request_len);
    output->len = socks->request_len;
    socks->state = SOCKS5_REQUEST;
}

/* The user name isolates; the password only has to be there. */
static void send_auth(struct socks5 *socks, struct socks5_output *output)
{
    size_t len = strlen(socks->user);
    uint8_t *p = output->bytes;
    *p++ = AUTH_VERSION;
    *p++ = (uint8_t)len;
    memcpy(p, socks->user, len);
    p += len;
    *p++ = (uint8_t)len;
    memcpy(p, socks->user, len);
    p += len;
    output->len = (size_t)(p - output->bytes);
    socks->state = SOCKS5_AUTH;
}

static const char *reply_text(uint8_t code)
{
    static const char *const texts[] = {
        "", /* succeeded */
        "the proxy failed",
        "the proxy's rules forbid it",
        "the proxy cannot reach the network",
        "the proxy cannot reach the host",
        "the proxy's connection was refused",
        "the proxy's connection took too long",
        "the proxy does not connect",
        "the proxy does not know such addresses",
    };
    return code < sizeof texts / sizeof texts[0] ? texts[code]
                                                 : "the proxy answered with an unknown error";
}

/* How long the message being received is, as far as its first bytes tell; 0: more is needed to
 * know. */
static size_t message_len(const struct socks5 *socks)
{
    if (socks->state != SOCKS5_REQUEST) {
        return 2;
    }
    if (socks->received_len < REPLY_HEAD + 1) {
        return 0;
    }
    switch (socks->received[3]) {
    case ADDRESS_IPV4:
        return REPLY_HEAD + 4 + 2;
    case ADDRESS_IPV6:
        return REPLY_HEAD + 16 + 2;
    default:
        return REPLY_HEAD + 1 + (size_t)socks->received[4] + 2;
    }
}

/* Judged early: a proxy that refuses need not send a whole reply. */
static const char *reply_error(const struct socks5 *socks)
{
    const uint8_t *r = socks->received;
    if (r[0] != SOCKS_VERSION) {
        return "it does not answer as a SOCKS5 proxy";
    }
    if (socks->received_len >= 2 && r[1] != 0) {
        return reply_text(r[1]);
    }
    if (socks->received_len >= REPLY_HEAD && r[3] != ADDRESS_IPV4 && r[3] != ADDRESS_IPV6 &&
        r[3] != ADDRESS_DOMAIN) {
        return "the proxy's reply makes no sense";
    }
    return NULL;
}

static void message_done(struct socks5 *socks, struct socks5_output *output)
{
    const uint8_t *r = socks->received;
    if (socks->state == SOCKS5_REQUEST) {
        socks->state = SOCKS5_DONE;
    } else if (socks->state == SOCKS5_AUTH) {
        if (r[1] != 0) {
            fail(socks, "the proxy refuses our user name", 0);
        } else {
            send_request(socks, output);
        }
    } else if (r[0] != SOCKS_VERSION) {
        fail(socks, "it does not answer as a SOCKS5 proxy", 0);
    } else if (r[1] == METHOD_NONE) {
        send_request(socks, output);
    } else if (r[1] == METHOD_PASSWORD) {
        send_auth(socks, output);
    } else {
        fail(socks, "the proxy wants a kind of authentication that we do not have", 0);
    }
    socks->received_len = 0;
}

size_t socks5_bytes(struct socks5 *socks, struct socks5_output *output, const uint8_t *bytes,
                    size_t len)
{
    output->len = 0;
    size_t used = 0;
    /* One message at a time: after each we speak, so that nothing can have come behind it yet,
     * except after the last. */
    while (used < len && output->len == 0 && socks->state != SOCKS5_DONE &&
           socks->state != SOCKS5_FAILED) {
        assert(socks->received_len < sizeof socks->received);
        socks->received[socks->received_len++] = bytes[used++];
        if (socks->state == SOCKS5_REQUEST) {
            const char *error = reply_error(socks);
            if (error != NULL) {
                return fail(socks, error, used);
            }
        }
        if (message_len(socks) == socks->received_len) {
            message_done(socks, output);
        }
    }
    return used;
}
