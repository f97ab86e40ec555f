// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_session: field by field, as the protocol lists them.
 */
#include "config.h"

#include "chain/wire_session.h"

static void endpoint_take(struct wire_endpoint *out, struct cursor *cursor)
{
    out->services = cursor_u64(cursor);
    cursor_copy(cursor, out->ip, sizeof(out->ip));
    out->port = cursor_u16_be(cursor);
}

static void endpoint_put(struct writer *writer, const struct wire_endpoint *endpoint)
{
    writer_u64(writer, endpoint->services);
    writer_put(writer, endpoint->ip, sizeof(endpoint->ip));
    writer_u16_be(writer, endpoint->port);
}

bool wire_version_decode(struct wire_version *out, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);

    *out = (struct wire_version){0};
    out->version = (int32_t)cursor_u32(&cursor);
    out->services = cursor_u64(&cursor);
    out->time = (int64_t)cursor_u64(&cursor);
    endpoint_take(&out->receiver, &cursor);
    endpoint_take(&out->sender, &cursor);
    out->nonce = cursor_u64(&cursor);
    out->user_agent_length = (size_t)cursor_compact_size(&cursor, WIRE_USER_AGENT_MAX);
    cursor_copy(&cursor, out->user_agent, out->user_agent_length);
    out->start_height = (int32_t)cursor_u32(&cursor);
    out->relay = cursor.left == 0 || cursor_u8(&cursor) != 0;
    return cursor_ok(&cursor);
}

void wire_version_put(struct writer *writer, const struct wire_version *version)
{
    writer_u32(writer, (uint32_t)version->version);
    writer_u64(writer, version->services);
    writer_u64(writer, (uint64_t)version->time);
    endpoint_put(writer, &version->receiver);
    endpoint_put(writer, &version->sender);
    writer_u64(writer, version->nonce);
    writer_compact_size(writer, version->user_agent_length);
    writer_put(writer, version->user_agent, version->user_agent_length);
    writer_u32(writer, (uint32_t)version->start_height);
    writer_u8(writer, version->relay);
}

bool wire_nonce_decode(uint64_t *nonce, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);

    *nonce = cursor_u64(&cursor);
    return cursor_done(&cursor);
}

void wire_nonce_put(struct writer *writer, uint64_t nonce)
{
    writer_u64(writer, nonce);
}
