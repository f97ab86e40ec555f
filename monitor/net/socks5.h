// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * socks5: the client's half of a SOCKS5 handshake (RFC 1928, user and password by RFC 1929), as a
 * state machine without I/O.
 *
 *   GREETING --choice of method--> [AUTH --accepted-->] REQUEST --reply--> DONE;   anything
 * unexpected --> FAILED
 *
 * Names and .onion addresses go to the proxy as domain names, so nothing is ever resolved here.
 * With isolation each connection names a user of its own, which makes Tor build a circuit of its
 * own for it.
 */
#ifndef HASHTIDE_MONITOR_NET_SOCKS5_H
#define HASHTIDE_MONITOR_NET_SOCKS5_H

#include "chain/netaddr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest message we send: request with a domain of 255 bytes. */
#define SOCKS5_SEND_MAX 262
/** Longest message we take: a reply with a domain of 255 bytes. */
#define SOCKS5_RECEIVE_MAX 262

enum socks5_state {
    SOCKS5_GREETING,
    SOCKS5_AUTH,
    SOCKS5_REQUEST,
    SOCKS5_DONE,
    SOCKS5_FAILED,
};

struct socks5 {
    enum socks5_state state;
    uint8_t request[SOCKS5_SEND_MAX];
    size_t request_len;
    char user[17];                        /* 16 hex digits of isolation, NUL */
    uint8_t received[SOCKS5_RECEIVE_MAX]; /* of the message that is being received */
    size_t received_len;
    const char *error; /* why FAILED: static text for the log */
};

/** What a step gives: bytes to send, if any. */
struct socks5_output {
    uint8_t bytes[SOCKS5_SEND_MAX];
    size_t len;
};

/**
 * Begins a handshake to an address (IPv4, IPv6, Tor v3) or, where its network is NETADDR_NONE, to
 * host and port; output is to be sent. False when the target can't be named to a proxy (an I2P
 * address, a name of more than 255 bytes): state is FAILED then.
 */
bool socks5_start(struct socks5 *socks, struct socks5_output *output, const struct netaddr *address,
                  const char *host, uint16_t port, uint64_t isolation);

/**
 * Takes bytes from the proxy; returns how many were used. Once DONE the rest belongs to the peer.
 * output is what to send now (may be empty).
 */
size_t socks5_bytes(struct socks5 *socks, struct socks5_output *output, const uint8_t *bytes,
                    size_t len);

#endif
