// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wire_addr: two encodings of the same list.
 */
#include "config.h"

#include "chain/wire_addr.h"

#include <assert.h>
#include <string.h>

static const uint8_t ipv4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
/* Addresses that only look like IPv6: Tor v2 in OnionCat's range, and the range in which Core hides
 * names of its own. */
static const uint8_t onioncat_prefix[6] = {0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43};
static const uint8_t internal_prefix[6] = {0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24};

/* First byte of every CJDNS address (BIP155). */
#define CJDNS_FIRST 0xfc

static bool begins_with(const uint8_t *bytes, const uint8_t *prefix, size_t len)
{
    return memcmp(bytes, prefix, len) == 0;
}

struct netaddr wire_netaddr_from_ipv6(const uint8_t ip[16], uint16_t port)
{
    struct netaddr out = {.network = NETADDR_IPV6, .port = port};

    if (begins_with(ip, ipv4_prefix, sizeof(ipv4_prefix))) {
        out.network = NETADDR_IPV4;
        memcpy(out.bytes, ip + sizeof(ipv4_prefix), 4);
        return out;
    }
    if (begins_with(ip, onioncat_prefix, sizeof(onioncat_prefix)) ||
        begins_with(ip, internal_prefix, sizeof(internal_prefix)))
        return (struct netaddr){.network = NETADDR_NONE};
    memcpy(out.bytes, ip, 16);
    return out;
}

void wire_netaddr_to_ipv6(uint8_t ip[16], const struct netaddr *address)
{
    memset(ip, 0, 16);
    if (address->network == NETADDR_IPV4) {
        memcpy(ip, ipv4_prefix, sizeof(ipv4_prefix));
        memcpy(ip + sizeof(ipv4_prefix), address->bytes, 4);
    } else if (address->network == NETADDR_IPV6) {
        memcpy(ip, address->bytes, 16);
    }
}

static void add(struct wire_addresses *out, const struct netaddr *address, uint64_t services,
                uint32_t last_seen)
{
    if (address->network == NETADDR_NONE)
        return;
    assert(out->count < WIRE_ADDR_COUNT_MAX);
    out->address[out->count] = *address;
    out->services[out->count] = services;
    out->last_seen[out->count] = last_seen;
    out->count++;
}

bool wire_addr_decode(struct wire_addresses *out, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);
    uint64_t count = cursor_compact_size(&cursor, WIRE_ADDR_COUNT_MAX);

    out->count = 0;
    for (uint64_t i = 0; i < count && cursor_ok(&cursor); i++) {
        uint8_t ip[16];
        uint32_t last_seen = cursor_u32(&cursor);
        uint64_t services = cursor_u64(&cursor);
        struct netaddr address;

        cursor_copy(&cursor, ip, sizeof(ip));
        address = wire_netaddr_from_ipv6(ip, cursor_u16_be(&cursor));
        if (cursor_ok(&cursor))
            add(out, &address, services, last_seen);
    }
    return cursor_done(&cursor);
}

/* An address of BIP155. Fails the cursor where a known network's length is wrong. */
static struct netaddr take_address(struct cursor *cursor)
{
    uint8_t network = cursor_u8(cursor);
    size_t len = (size_t)cursor_compact_size(cursor, WIRE_ADDRV2_BYTES_MAX);
    const uint8_t *bytes = cursor_take(cursor, len);
    size_t expected = network <= NETADDR_CJDNS ? netaddr_length((enum netaddr_network)network) : 0;
    struct netaddr out = {.network = NETADDR_NONE, .port = cursor_u16_be(cursor)};

    if (bytes == NULL || expected == 0)
        return out;
    if (len != expected) {
        cursor_fail(cursor);
        return out;
    }
    if (network == NETADDR_IPV6) {
        struct netaddr real = wire_netaddr_from_ipv6(bytes, out.port);

        return real.network == NETADDR_IPV6 ? real : out;
    }
    if (network == NETADDR_CJDNS && bytes[0] != CJDNS_FIRST)
        return out;
    out.network = (enum netaddr_network)network;
    memcpy(out.bytes, bytes, len);
    return out;
}

bool wire_addrv2_decode(struct wire_addresses *out, const uint8_t *payload, size_t len)
{
    struct cursor cursor = cursor_of(payload, len);
    uint64_t count = cursor_compact_size(&cursor, WIRE_ADDR_COUNT_MAX);

    out->count = 0;
    for (uint64_t i = 0; i < count && cursor_ok(&cursor); i++) {
        uint32_t last_seen = cursor_u32(&cursor);
        uint64_t services = cursor_compact_size(&cursor, UINT64_MAX);
        struct netaddr address = take_address(&cursor);

        if (cursor_ok(&cursor))
            add(out, &address, services, last_seen);
    }
    return cursor_done(&cursor);
}

void wire_addr_put(struct writer *writer, const struct wire_addresses *addresses)
{
    writer_compact_size(writer, addresses->count);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct netaddr *address = &addresses->address[i];
        uint8_t ip[16];

        assert(address->network == NETADDR_IPV4 || address->network == NETADDR_IPV6);
        wire_netaddr_to_ipv6(ip, address);
        writer_u32(writer, addresses->last_seen[i]);
        writer_u64(writer, addresses->services[i]);
        writer_put(writer, ip, sizeof(ip));
        writer_u16_be(writer, address->port);
    }
}

void wire_addrv2_put(struct writer *writer, const struct wire_addresses *addresses)
{
    writer_compact_size(writer, addresses->count);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct netaddr *address = &addresses->address[i];
        size_t len = netaddr_length(address->network);

        writer_u32(writer, addresses->last_seen[i]);
        writer_compact_size(writer, addresses->services[i]);
        writer_u8(writer, (uint8_t)address->network);
        writer_compact_size(writer, len);
        writer_put(writer, address->bytes, len);
        writer_u16_be(writer, address->port);
    }
}
