// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_session: version, ping and pong. (verack, sendheaders, sendaddrv2 and getaddr have no
 * payload.)
 */
#ifndef HASHTIDE_CHAIN_WIRE_SESSION_H
#define HASHTIDE_CHAIN_WIRE_SESSION_H

#include "chain/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest user agent that a version message may carry (Core's MAX_SUBVERSION_LENGTH). */
#define WIRE_USER_AGENT_MAX 256
/** Longest payload of ours; from others we take up to WIRE_SMALL_MAX, since later protocols may
 * append fields. */
#define WIRE_VERSION_MAX (86 + 2 + WIRE_USER_AGENT_MAX)
#define WIRE_PING_SIZE 8
/** Limit for payloads that are expected to be short. */
#define WIRE_SMALL_MAX 1024

/** Service bits (BIP144, BIP159). */
#define WIRE_NODE_NETWORK (UINT64_C(1) << 0)
#define WIRE_NODE_WITNESS (UINT64_C(1) << 3)
#define WIRE_NODE_NETWORK_LIMITED (UINT64_C(1) << 10)

/** An address as version carries it: IPv6 or IPv4-mapped, without a time. */
struct wire_endpoint {
    uint64_t services;
    uint8_t ip[16];
    uint16_t port;
};

struct wire_version {
    int32_t version;
    uint64_t services;
    int64_t time; /* seconds since 1970 by the sender's clock */
    struct wire_endpoint receiver;
    struct wire_endpoint sender;
    uint64_t nonce;
    uint8_t user_agent[WIRE_USER_AGENT_MAX]; /* any bytes */
    size_t user_agent_length;
    int32_t start_height;
    bool relay; /* BIP37; true where the sender says nothing */
};

/** Fields after relay are allowed and ignored. */
bool wire_version_decode(struct wire_version *out, const uint8_t *payload, size_t len);
void wire_version_put(struct writer *writer, const struct wire_version *version);

/** The nonce of a ping or pong (BIP31). */
bool wire_nonce_decode(uint64_t *nonce, const uint8_t *payload, size_t len);
void wire_nonce_put(struct writer *writer, uint64_t nonce);

#endif
