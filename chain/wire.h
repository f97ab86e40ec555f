// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire: the frame around every message of Bitcoin's version 1 transport.
 *
 *     offset  bytes  field
 *          0      4  magic: which network
 *          4     12  command, ASCII, padded with NUL
 *         16      4  length of the payload, little-endian
 *         20      4  checksum: the first bytes of the payload's double SHA-256
 *         24      -  payload
 *
 * The payloads' codecs stand beside it, one file per family of messages: wire_session,
 * wire_headers, wire_inv, wire_addr. All decoders take any bytes; all encoders write into a writer
 * (cursor.h), whose failure the caller asks for once.
 */
#ifndef HASHTIDE_CHAIN_WIRE_H
#define HASHTIDE_CHAIN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAME_SIZE 24
#define WIRE_MAGIC_SIZE 4
#define WIRE_CHECKSUM_SIZE 4
#define WIRE_COMMAND_SIZE 12
/** Longest payload that any peer may announce, as in Bitcoin Core. */
#define WIRE_PAYLOAD_MAX 4000000

/** The messages that we speak; all others are WIRE_UNKNOWN and skipped. */
enum wire_type {
    WIRE_UNKNOWN = 0,
    WIRE_VERSION,
    WIRE_VERACK,
    WIRE_PING,
    WIRE_PONG,
    WIRE_SENDHEADERS,
    WIRE_GETHEADERS,
    WIRE_HEADERS,
    WIRE_INV,
    WIRE_GETDATA,
    WIRE_NOTFOUND,
    WIRE_GETADDR,
    WIRE_ADDR,
    WIRE_ADDRV2,
    WIRE_SENDADDRV2,
    WIRE_TYPE_COUNT
};

struct wire_frame {
    uint8_t magic[WIRE_MAGIC_SIZE];
    char command[WIRE_COMMAND_SIZE + 1]; /* NUL-terminated */
    enum wire_type type;
    uint32_t length; /* of the payload */
    uint8_t checksum[WIRE_CHECKSUM_SIZE];
};

/** Command of a type, "" for WIRE_UNKNOWN. */
const char *wire_command(enum wire_type type);
enum wire_type wire_type_by_command(const char *command);

/** Reads a frame's head. False when the command is not printable ASCII padded with NUL; magic and
 * length are the caller's to judge. */
bool wire_frame_decode(struct wire_frame *out, const uint8_t raw[WIRE_FRAME_SIZE]);
void wire_frame_encode(uint8_t raw[WIRE_FRAME_SIZE], const struct wire_frame *frame);
void wire_checksum(uint8_t sum[WIRE_CHECKSUM_SIZE], const uint8_t *payload, size_t len);

/**
 * Completes a message whose payload of len bytes already stands at message + WIRE_FRAME_SIZE:
 * writes the frame before it. Returns the message's size.
 */
size_t wire_seal(uint8_t *message, const uint8_t magic[WIRE_MAGIC_SIZE], enum wire_type type,
                 size_t len);

#endif
