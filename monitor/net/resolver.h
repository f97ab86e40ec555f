// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * resolver: names into addresses, by the system's resolver, in libuv's threads.
 */
#ifndef HASHTIDE_MONITOR_NET_RESOLVER_H
#define HASHTIDE_MONITOR_NET_RESOLVER_H

#include "chain/netaddr.h"

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct resolver; /* opaque */

/** Most addresses that are taken of one name. */
#define RESOLVER_MAX 256

/** addresses have port 0; count is 0 when there is none, and why says so. */
typedef void (*resolver_done_fn)(void *context, uint64_t id, const struct netaddr *addresses,
                                 size_t count, const char *why);

struct resolver *resolver_new(uv_loop_t *loop, resolver_done_fn done, void *context);
/** done() is called later, also for what fails at once. */
void resolver_ask(struct resolver *resolver, uint64_t id, const char *name);
/**
 * Forgets all questions; done() is not called any more. Questions that the system is busy with
 * can't be taken back: true while there are such; their memory is given back when they end, if the
 * loop still runs then.
 */
bool resolver_stop(struct resolver *resolver);
/** Once no question is left. */
void resolver_free(struct resolver *resolver);

#endif
