// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * header: 80 bytes, little-endian: version 4, previous hash 32, merkle root 32, time 4, bits 4,
 * nonce 4.
 */
#include "config.h"

#include "chain/header.h"

#include "chain/sha256.h"

/* Where each field begins. */
#define OFFSET_VERSION 0
#define OFFSET_PREV 4
#define OFFSET_MERKLE_ROOT 36
#define OFFSET_TIME 68
#define OFFSET_BITS 72
#define OFFSET_NONCE 76

static uint32_t read_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void write_le32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = (uint8_t)(value >> 24);
}

/* Two's complement without implementation-defined conversion. */
static int32_t to_signed(uint32_t value)
{
    return value <= INT32_MAX ? (int32_t)value
                              : (int32_t)(value - UINT32_C(0x80000000)) + INT32_MIN;
}

void header_decode(struct header *out, const uint8_t raw[HEADER_SIZE])
{
    out->version = to_signed(read_le32(raw + OFFSET_VERSION));
    memcpy(out->prev.bytes, raw + OFFSET_PREV, HASH256_SIZE);
    memcpy(out->merkle_root.bytes, raw + OFFSET_MERKLE_ROOT, HASH256_SIZE);
    out->time = read_le32(raw + OFFSET_TIME);
    out->bits = read_le32(raw + OFFSET_BITS);
    out->nonce = read_le32(raw + OFFSET_NONCE);
}

void header_encode(uint8_t raw[HEADER_SIZE], const struct header *header)
{
    write_le32(raw + OFFSET_VERSION, (uint32_t)header->version);
    memcpy(raw + OFFSET_PREV, header->prev.bytes, HASH256_SIZE);
    memcpy(raw + OFFSET_MERKLE_ROOT, header->merkle_root.bytes, HASH256_SIZE);
    write_le32(raw + OFFSET_TIME, header->time);
    write_le32(raw + OFFSET_BITS, header->bits);
    write_le32(raw + OFFSET_NONCE, header->nonce);
}

void header_hash(struct hash256 *out, const uint8_t raw[HEADER_SIZE])
{
    sha256d_headers(out, raw, HEADER_SIZE, 1);
}
