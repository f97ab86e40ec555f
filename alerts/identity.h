// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * identity: names of alerts and messages that a replay makes again.
 *
 * Both are the first 16 bytes, in hex, of a tagged SHA-256, SHA256(SHA256(tag) SHA256(tag) data),
 * as BIP340 tags hashes. With numbers little-endian:
 *
 *     alert id    tag "hashtide/alert-id"      key (32) | kind (1) | len (1) | name | number (8)
 *     message id  tag "hashtide/message-id"    the same | sequence (4)
 *
 * So an id says whose it is and of what, and two monitors never make the same one.
 */
#ifndef HASHTIDE_ALERTS_IDENTITY_H
#define HASHTIDE_ALERTS_IDENTITY_H

#include <stdint.h>

/** 32 hex digits and the final NUL. */
#define IDENTITY_SIZE 33
#define IDENTITY_KEY_SIZE 32

enum identity_kind {
    IDENTITY_RULE = 1,      /* name: the rule's; number: the incident's */
    IDENTITY_HEARTBEAT = 2, /* name: the sink's; number: of heartbeats to it */
    IDENTITY_TEST = 3,      /* name: the sink's; number: the time in ms */
    IDENTITY_BACKTEST = 4,  /* of a backtest; name: the rule's; number: the incident's in it */
};

struct identity {
    uint8_t key[IDENTITY_KEY_SIZE]; /* the monitor's public key, x only; zeroes where it has none */
    enum identity_kind kind;
    const char *name; /* at most 255 bytes (asserted) */
    uint64_t number;
};

void identity_alert(char out[IDENTITY_SIZE], const struct identity *identity);
void identity_message(char out[IDENTITY_SIZE], const struct identity *identity, uint32_t sequence);

#endif
