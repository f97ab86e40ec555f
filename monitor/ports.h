// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ports: what the monitor asks of the world: the time, chance, connections, names and to be woken.
 *
 * app and peers know nothing else of it. The real world stands behind it in net/adapter (libuv);
 * tests/sim puts a made-up one there, in which a month passes in seconds. A port never calls the
 * app from inside a call: what it has to say comes later, through app_connected(), app_bytes(),
 * app_closed(), app_resolved() and app_wake().
 */
#ifndef HASHTIDE_MONITOR_PORTS_H
#define HASHTIDE_MONITOR_PORTS_H

#include "chain/instant.h"
#include "chain/netaddr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where to connect to: an address, or a name that only a proxy may resolve. */
struct ports_target {
    struct netaddr address; /* network NETADDR_NONE: host and port count instead */
    const char *host;       /* valid during the call */
    uint16_t port;
    uint32_t timeout_ms; /* of the whole way, proxy included */
};

/** What the kernel knows of its own clock (adjtimex). */
struct ports_clock {
    bool known;
    bool synchronized;
    int64_t error_us; /* its estimate of the error, -1 unknown */
};

struct ports {
    void *context;
    struct instant (*now)(void *context);
    /** 64 bits that nobody can guess. */
    uint64_t (*random)(void *context);
    /** Starts to connect; app_connected() or app_closed() follows. id is the caller's and never
     * used twice. */
    void (*connect)(void *context, uint64_t id, const struct ports_target *target);
    /** Queues bytes (copied). A peer that lets too many pile up is closed: app_closed() follows. */
    void (*send)(void *context, uint64_t id, const uint8_t *bytes, size_t len);
    /** Closes; nothing is heard of id again. Unknown ids are passed over. */
    void (*close)(void *context, uint64_t id);
    /** Looks up a name; app_resolved() follows. Never called where a proxy is set. */
    void (*resolve)(void *context, uint64_t id, const char *name);
    /** Have app_wake() called at this monotonic time (INSTANT_NEVER: not at all). One alarm; the
     * last call counts. */
    void (*wake_at)(void *context, int64_t mono_ms);
    struct ports_clock (*clock)(void *context);
};

#endif
