// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * netaddr: the address of a peer on any of the networks that BIP155 names, as a value.
 */
#ifndef HASHTIDE_CHAIN_NETADDR_H
#define HASHTIDE_CHAIN_NETADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Numbers are BIP155's network ids. */
enum netaddr_network {
    NETADDR_NONE = 0,
    NETADDR_IPV4 = 1,
    NETADDR_IPV6 = 2,
    NETADDR_TORV3 = 4,
    NETADDR_I2P = 5,
    NETADDR_CJDNS = 6,
};

#define NETADDR_MAX_BYTES 32
/** Longest text form with port and NUL. */
#define NETADDR_TEXT_SIZE 80
#define NETADDR_GROUP_SIZE 8

struct netaddr {
    enum netaddr_network network;
    uint8_t bytes[NETADDR_MAX_BYTES]; /* 4, 16 or 32 are used, network order; the rest is zero */
    uint16_t port;                    /* host order */
};

/** Used bytes of a network's address: 4, 16, 32; 0 for NETADDR_NONE. */
size_t netaddr_length(enum netaddr_network network);
/** "ipv4", "ipv6", "onion", "i2p", "cjdns": the words of onlynet=. */
const char *netaddr_network_name(enum netaddr_network network);
bool netaddr_network_by_name(enum netaddr_network *out, const char *name);
/** Reads "1.2.3.4", "1.2.3.4:8333", "[2001:db8::1]:8333", "2001:db8::1", "<56 chars>.onion:8333"
 * (checksum checked). No names, no look-up. */
bool netaddr_parse(struct netaddr *out, const char *text, uint16_t default_port);
void netaddr_format(char text[NETADDR_TEXT_SIZE], const struct netaddr *address);
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
/** False for addresses that no peer on the public network can have (loopback, private, multicast,
 * documentation, ...). */
bool netaddr_routable(const struct netaddr *address);
/**
 * Network group, of which at most one peer should be chosen: /16 of IPv4 (also embedded in 6to4 and
 * Teredo), /32 of IPv6, 4 bits of Tor and I2P, as in Bitcoin Core without an AS map. Comparable by
 * memcmp; the first byte is the network. Loopback and private addresses are one group each.
 */
void netaddr_group(uint8_t group[NETADDR_GROUP_SIZE], const struct netaddr *address);

#endif
