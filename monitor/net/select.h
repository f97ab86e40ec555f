// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * select: which address to try next. Pure: the address book and what we are connected to go in, one
 * address comes out.
 */
#ifndef HASHTIDE_MONITOR_NET_SELECT_H
#define HASHTIDE_MONITOR_NET_SELECT_H

#include "chain/netaddr.h"
#include "monitor/net/addrbook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A set of networks, one bit each. */
typedef uint32_t select_networks;
#define SELECT_NETWORK(network) (UINT32_C(1) << (network))

/** What the choice depends on besides the book. */
struct select_view {
    const struct addrbook *book; /* for what is discouraged */
    const struct netaddr *used;  /* connected or connecting, of the automatic peers */
    size_t used_count;
    select_networks networks; /* which can be reached and are wanted */
    int64_t now;              /* UNIX seconds */
};

/**
 * Networks that can be reached: with a proxy IPv4, IPv6 and Tor, without IPv4 and IPv6. onlynet:
 * words, none means all; one word that is wanted but out of reach is simply not in the set.
 */
select_networks select_reachable(bool proxy, char *const *onlynet, size_t count);

/** True if the address may be an automatic peer beside those that are used: a reachable network, a
 * group of its own, not discouraged, not a bad port. */
bool select_allowed(const struct select_view *view, const struct netaddr *address);

/** A full outbound peer. False if the book has none. */
bool select_outbound(struct addrbook *book, struct netaddr *out, const struct select_view *view);
/** An address to see whether it is alive. */
bool select_feeler(struct addrbook *book, struct netaddr *out, const struct select_view *view);

#endif
