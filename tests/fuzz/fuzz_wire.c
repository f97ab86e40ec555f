// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this target: every decoder of messages survives any bytes, and what it accepts survives
 * being encoded and decoded again.
 *
 * The input's first byte is the message's type, the rest its payload.
 */
#include "config.h"

#include "chain/wire.h"
#include "chain/wire_addr.h"
#include "chain/wire_headers.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** No accepted message is longer when it is written again. */
#define OUT_MAX ((size_t)1 << 21)

static void frame(const uint8_t *payload, size_t len)
{
    struct wire_frame frame;
    uint8_t again[WIRE_FRAME_SIZE];

    if (len < WIRE_FRAME_SIZE || !wire_frame_decode(&frame, payload))
        return;
    wire_frame_encode(again, &frame);
    assert(memcmp(again, payload, WIRE_FRAME_SIZE) == 0);
}

static void version(struct writer *out, const uint8_t *payload, size_t len)
{
    struct wire_version first;
    struct wire_version second;

    if (!wire_version_decode(&first, payload, len))
        return;
    wire_version_put(out, &first);
    assert(!out->failed && wire_version_decode(&second, out->bytes, out->used));
    assert(first.nonce == second.nonce && first.start_height == second.start_height &&
           first.user_agent_length == second.user_agent_length && first.relay == second.relay);
}

static void nonce(struct writer *out, const uint8_t *payload, size_t len)
{
    uint64_t value;

    if (!wire_nonce_decode(&value, payload, len))
        return;
    wire_nonce_put(out, value);
    assert(out->used == len && memcmp(out->bytes, payload, len) == 0);
}

static void getheaders(struct writer *out, const uint8_t *payload, size_t len)
{
    static struct wire_getheaders message;

    if (!wire_getheaders_decode(&message, payload, len))
        return;
    wire_getheaders_put(out, &message);
    assert(out->used == len && memcmp(out->bytes, payload, len) == 0);
}

static void headers(struct writer *out, const uint8_t *payload, size_t len)
{
    struct wire_headers first;
    struct wire_headers second;
    uint8_t *copy = malloc(len + 1);

    assert(copy != NULL);
    if (len > 0)
        memcpy(copy, payload, len);
    if (wire_headers_decode(&first, copy, len)) {
        wire_headers_put(out, &first);
        assert(!out->failed && wire_headers_decode(&second, out->bytes, out->used));
        assert(first.count == second.count);
        for (size_t i = 0; i < first.count; i++)
            assert(memcmp(first.raw + i * first.stride, second.raw + i * second.stride,
                          HEADER_SIZE) == 0);
    }
    free(copy);
}

static void inv(struct writer *out, const uint8_t *payload, size_t len)
{
    struct wire_inv list;
    struct wire_inv_item *items;

    if (!wire_inv_decode(&list, payload, len))
        return;
    items = calloc(list.count + 1, sizeof(*items));
    assert(items != NULL);
    for (size_t i = 0; i < list.count; i++)
        items[i] = wire_inv_get(&list, i);
    wire_inv_put(out, items, list.count);
    assert(out->used == len && memcmp(out->bytes, payload, len) == 0);
    free(items);
}

static bool same(const struct wire_addresses *a, const struct wire_addresses *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!netaddr_equal(&a->address[i], &b->address[i]) || a->services[i] != b->services[i] ||
            a->last_seen[i] != b->last_seen[i])
            return false;
    }
    return true;
}

/* Addresses are written, read, grouped and judged in every way there is. */
static void use_address(const struct netaddr *address)
{
    char text[NETADDR_TEXT_SIZE];
    uint8_t group[NETADDR_GROUP_SIZE];
    struct netaddr again;

    netaddr_format(text, address);
    netaddr_group(group, address);
    (void)netaddr_routable(address);
    if (address->network != NETADDR_CJDNS && address->port != 0)
        assert(netaddr_parse(&again, text, 1) && netaddr_equal(&again, address));
}

static void addresses(struct writer *out, const uint8_t *payload, size_t len, bool v2)
{
    static struct wire_addresses first;
    static struct wire_addresses second;

    if (!(v2 ? wire_addrv2_decode : wire_addr_decode)(&first, payload, len))
        return;
    for (size_t i = 0; i < first.count; i++)
        use_address(&first.address[i]);
    (v2 ? wire_addrv2_put : wire_addr_put)(out, &first);
    assert(!out->failed);
    assert((v2 ? wire_addrv2_decode : wire_addr_decode)(&second, out->bytes, out->used));
    assert(same(&first, &second));
}

/* Any text as an address. */
static void text(const uint8_t *payload, size_t len)
{
    char *string = malloc(len + 1);
    struct netaddr address;

    assert(string != NULL);
    if (len > 0)
        memcpy(string, payload, len);
    string[len] = '\0';
    if (netaddr_parse(&address, string, 8333))
        use_address(&address);
    free(string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t room[OUT_MAX];
    struct writer out = writer_of(room, sizeof(room));
    uint8_t type;

    if (size == 0)
        return 0;
    type = data[0];
    data++;
    size--;
    if (type == WIRE_VERSION)
        version(&out, data, size);
    else if (type == WIRE_PING)
        nonce(&out, data, size);
    else if (type == WIRE_GETHEADERS)
        getheaders(&out, data, size);
    else if (type == WIRE_HEADERS)
        headers(&out, data, size);
    else if (type == WIRE_INV)
        inv(&out, data, size);
    else if (type == WIRE_ADDR || type == WIRE_ADDRV2)
        addresses(&out, data, size, type == WIRE_ADDRV2);
    else if (type == WIRE_UNKNOWN)
        frame(data, size);
    else
        text(data, size);
    return 0;
}
