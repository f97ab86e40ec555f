// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_addr: addr and addrv2 (BIP155), the addresses that peers tell each other.
 */
#ifndef HASHTIDE_CHAIN_WIRE_ADDR_H
#define HASHTIDE_CHAIN_WIRE_ADDR_H

#include "chain/cursor.h"
#include "chain/netaddr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most addresses in a message. */
#define WIRE_ADDR_COUNT_MAX 1000
/** Longest address of a network that we need not know (BIP155). */
#define WIRE_ADDRV2_BYTES_MAX 512
#define WIRE_ADDR_MAX (3 + WIRE_ADDR_COUNT_MAX * 30)
/** More than a thousand addresses of known networks can take (52 bytes each). */
#define WIRE_ADDRV2_MAX 65536

/** Addresses of one message, in three arrays of the same length. 44 kB: too much for a stack. */
struct wire_addresses {
    size_t count;
    struct netaddr address[WIRE_ADDR_COUNT_MAX];
    uint64_t services[WIRE_ADDR_COUNT_MAX];
    uint32_t last_seen[WIRE_ADDR_COUNT_MAX]; /* seconds since 1970, as the peer says */
};

/** An IPv6 address as the old messages carry it: IPv4 may be mapped into it. NETADDR_NONE for what
 * stands for other networks (OnionCat, Core's internal). */
struct netaddr wire_netaddr_from_ipv6(const uint8_t ip[16], uint16_t port);
/** The other way; all zero where the address has no such form. */
void wire_netaddr_to_ipv6(uint8_t ip[16], const struct netaddr *address);

/** Addresses that are of no known network are left out, those of a known one with a wrong length
 * make the message malformed. */
bool wire_addr_decode(struct wire_addresses *out, const uint8_t *payload, size_t len);
bool wire_addrv2_decode(struct wire_addresses *out, const uint8_t *payload, size_t len);
/** Only IPv4 and IPv6 (asserted). */
void wire_addr_put(struct writer *writer, const struct wire_addresses *addresses);
void wire_addrv2_put(struct writer *writer, const struct wire_addresses *addresses);

#endif
