// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sinks_url: addresses of sinks, taken apart as far as a configuration has to know them.
 */
#include "config.h"

#include "monitor/hostport.h"
#include "monitor/sinks.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/** An address, taken apart. */
struct parts {
    size_t scheme_len;
    const char *authority; /* HOST or HOST:PORT */
    size_t authority_len;
    const char *path; /* "" or what begins with a slash */
    struct hostport host;
};

/* Visible ASCII: what else an address may mean is written with %. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text) != NULL)
            return false;
    }
    return true;
}

static bool take_apart(struct parts *out, const char *url)
{
    const char *colon = strstr(url, "://");
    char authority[HOSTPORT_HOST_SIZE + 8];

    if (colon == NULL || !is_plain(url) || strchr(url, '#') != NULL)
        return false;
    out->scheme_len = (size_t)(colon - url);
    out->authority = colon + 3;
    out->authority_len = strcspn(out->authority, "/?");
    out->path = out->authority + out->authority_len;
    if (out->authority_len == 0 || out->authority_len >= sizeof authority ||
        memchr(out->authority, '@', out->authority_len) != NULL)
        return false;
    memcpy(authority, out->authority, out->authority_len);
    authority[out->authority_len] = '\0';
    return hostport_parse(&out->host, authority, 1);
}

static bool has_scheme(const struct parts *parts, const char *url, const char *scheme)
{
    return parts->scheme_len == strlen(scheme) && strncmp(url, scheme, parts->scheme_len) == 0;
}

/* A topic is the last part of the path: letters, digits, - and _. */
static bool has_topic(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? strlen(slash + 1) : 0;

    return len > 0 && len <= 64 &&
           strspn(slash + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               len;
}

bool sinks_url_ok(enum sink_type type, const char *url, const char **expected)
{
    struct parts parts;

    *expected = type == SINK_SMTP   ? "smtp://HOST[:PORT] or smtps://HOST[:PORT]"
                : type == SINK_NTFY ? "https://HOST/TOPIC, such as https://ntfy.sh/my-topic"
                                    : "https://HOST/..., without user, password or #";
    if (strlen(url) >= SINKS_VALUE_SIZE || !take_apart(&parts, url))
        return false;
    if (type == SINK_SMTP)
        return (has_scheme(&parts, url, "smtp") || has_scheme(&parts, url, "smtps")) &&
               strcmp(parts.path, *parts.path == '/' ? "/" : "") == 0;
    if (!has_scheme(&parts, url, "http") && !has_scheme(&parts, url, "https"))
        return false;
    if ((type == SINK_SLACK || type == SINK_DISCORD) && sinks_url_in_clear(url)) {
        *expected = "https://, since the address is a secret";
        return false;
    }
    return type != SINK_NTFY || has_topic(parts.path);
}

bool sinks_url_host(char *out, size_t size, const char *url)
{
    struct parts parts;
    int len = 0;

    if (!take_apart(&parts, url))
        return false;
    len = snprintf(out, size, "%.*s://%.*s", (int)parts.scheme_len, url, (int)parts.authority_len,
                   parts.authority);
    return len > 0 && (size_t)len < size;
}

bool sinks_url_local(const char *url)
{
    struct parts parts;

    if (!take_apart(&parts, url))
        return false;
    return strcasecmp(parts.host.host, "localhost") == 0 || strcmp(parts.host.host, "::1") == 0 ||
           (strncmp(parts.host.host, "127.", 4) == 0 &&
            strspn(parts.host.host, "0123456789.") == strlen(parts.host.host));
}

bool sinks_url_in_clear(const char *url)
{
    static const char onion[] = ".onion";
    struct parts parts;
    size_t len = 0;

    if (!take_apart(&parts, url))
        return true;
    len = strlen(parts.host.host);
    /* Mail to another machine is sent after STARTTLS or not at all. */
    return has_scheme(&parts, url, "http") && !sinks_url_local(url) &&
           (len < sizeof onion ||
            strcasecmp(parts.host.host + len - (sizeof onion - 1), onion) != 0);
}
