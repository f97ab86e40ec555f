// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * identity: see identity.h.
 */
#include "config.h"

#include "alerts/identity.h"

#include "alerts/hex.h"
#include "chain/cursor.h"
#include "chain/sha256.h"

#include <assert.h>
#include <string.h>

/** Two tags, a key, kind, length, a name, a number and a sequence, at most. */
#define DATA_MAX (2 * HASH256_SIZE + IDENTITY_KEY_SIZE + 1 + 1 + 255 + 8 + 4)
/** Bytes of the hash that become digits. */
#define ID_BYTES 16

static struct writer begin(uint8_t data[DATA_MAX], const char *tag, const struct identity *identity)
{
    struct writer writer = writer_of(data, DATA_MAX);
    size_t len = strlen(identity->name);
    struct hash256 tag_hash;

    assert(len <= UINT8_MAX);
    sha256(&tag_hash, tag, strlen(tag));
    writer_put(&writer, tag_hash.bytes, HASH256_SIZE);
    writer_put(&writer, tag_hash.bytes, HASH256_SIZE);
    writer_put(&writer, identity->key, IDENTITY_KEY_SIZE);
    writer_u8(&writer, (uint8_t)identity->kind);
    writer_u8(&writer, (uint8_t)len);
    writer_put(&writer, identity->name, len);
    writer_u64(&writer, identity->number);
    return writer;
}

static void finish(char out[IDENTITY_SIZE], const struct writer *writer)
{
    struct hash256 hash;

    assert(!writer->failed);
    sha256(&hash, writer->bytes, writer->used);
    hex_format(out, hash.bytes, ID_BYTES);
}

void identity_alert(char out[IDENTITY_SIZE], const struct identity *identity)
{
    uint8_t data[DATA_MAX];
    struct writer writer = begin(data, "hashtide/alert-id", identity);

    finish(out, &writer);
}

void identity_message(char out[IDENTITY_SIZE], const struct identity *identity, uint32_t sequence)
{
    uint8_t data[DATA_MAX];
    struct writer writer = begin(data, "hashtide/message-id", identity);

    writer_u32(&writer, sequence);
    finish(out, &writer);
}
