// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_headers: getheaders and headers.
 */
#ifndef HASHTIDE_CHAIN_WIRE_HEADERS_H
#define HASHTIDE_CHAIN_WIRE_HEADERS_H

#include "chain/cursor.h"
#include "chain/hash.h"
#include "chain/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Most hashes in a locator (Core's MAX_LOCATOR_SZ). */
#define WIRE_LOCATOR_MAX 101
#define WIRE_GETHEADERS_MAX (4 + COMPACT_SIZE_BYTES_MAX + 32 * WIRE_LOCATOR_MAX + 32)

/** Most headers in a message; a message with as many says that there may be more. */
#define WIRE_HEADERS_COUNT_MAX 2000
/** A header on the wire, followed by a transaction count of one byte. */
#define WIRE_HEADERS_STRIDE (HEADER_SIZE + 1)
/** The usual longest payload, and the longest there can be: transaction counts say nothing here and
 * may take nine bytes. */
#define WIRE_HEADERS_USUAL_MAX (3 + WIRE_HEADERS_COUNT_MAX * WIRE_HEADERS_STRIDE)
#define WIRE_HEADERS_MAX (3 + WIRE_HEADERS_COUNT_MAX * (HEADER_SIZE + COMPACT_SIZE_BYTES_MAX))

struct wire_getheaders {
    uint32_t version;
    struct hash256
        locator[WIRE_LOCATOR_MAX]; /* newest first; none asks for the header stop itself */
    size_t count;
    struct hash256 stop; /* zero: as many as possible */
};

bool wire_getheaders_decode(struct wire_getheaders *out, const uint8_t *payload, size_t len);
void wire_getheaders_put(struct writer *writer, const struct wire_getheaders *message);

/** Headers in place: count of them, stride bytes apart. */
struct wire_headers {
    const uint8_t *raw;
    size_t stride;
    size_t count;
};

/**
 * Finds the headers in a payload. Transaction counts are read and ignored, as Core does. Where each
 * takes one byte (as it should), nothing is moved; else the headers are packed together at the
 * payload's beginning, which is why it must be writable.
 */
bool wire_headers_decode(struct wire_headers *out, uint8_t *payload, size_t len);
/** Writes the headers, each followed by the transaction count 0. count is at most
 * WIRE_HEADERS_COUNT_MAX. */
void wire_headers_put(struct writer *writer, const struct wire_headers *headers);

#endif
