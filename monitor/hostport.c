// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hostport: see hostport.h.
 */
#include "config.h"

#include "monitor/hostport.h"

#include <stddef.h>
#include <string.h>

static bool parse_port(uint16_t *out, const char *digits)
{
    uint32_t port = 0;

    if (*digits == '\0')
        return false;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        port = port * 10 + (uint32_t)(*digits - '0');
        if (port > UINT16_MAX)
            return false;
    }
    *out = (uint16_t)port;
    return port > 0;
}

/* Letters of a host name or an address; the zone of a link-local address ("%eth0") too. */
static bool host_letters(const char *host, const char *others)
{
    static const char ORDINARY[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    for (; *host != '\0'; host++) {
        if (strchr(ORDINARY, *host) == NULL && strchr(others, *host) == NULL)
            return false;
    }
    return true;
}

bool hostport_parse(struct hostport *out, const char *text, uint16_t default_port)
{
    const char *end = text + strlen(text); /* of the host */
    const char *colon = strchr(text, ':');
    bool brackets = text[0] == '[';
    bool address6 = brackets || (colon != NULL && strchr(colon + 1, ':') != NULL);
    const char *port = NULL;

    if (brackets) {
        text++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (!address6 && colon != NULL) {
        end = colon;
        port = colon + 1;
    }
    if (end == text || (size_t)(end - text) >= sizeof out->host)
        return false;
    memcpy(out->host, text, (size_t)(end - text));
    out->host[end - text] = '\0';
    if (!host_letters(out->host, address6 ? ":.%" : ".-_"))
        return false;
    out->port = default_port;
    return port != NULL ? parse_port(&out->port, port) : default_port != 0;
}
