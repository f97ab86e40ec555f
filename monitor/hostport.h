// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hostport: "host:port" as people write it, taken apart. No look-up.
 */
#ifndef HASHTIDE_MONITOR_HOSTPORT_H
#define HASHTIDE_MONITOR_HOSTPORT_H

#include <stdbool.h>
#include <stdint.h>

/** Longest host name with NUL (RFC 1035: 253 letters and dots). */
#define HOSTPORT_HOST_SIZE 256

struct hostport {
    char host[HOSTPORT_HOST_SIZE]; /* without brackets */
    uint16_t port;
};

/**
 * Reads "name", "name:port", "1.2.3.4:port", "[2001:db8::1]:port", "2001:db8::1" (an address with
 * several colons has its port behind brackets only). default_port 0: a port must be given. False on
 * anything else; out is unspecified then.
 */
bool hostport_parse(struct hostport *out, const char *text, uint16_t default_port);

#endif
