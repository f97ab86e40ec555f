// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * wirecat: our codec as a filter, for comparing it with somebody else's.
 *
 * Each line of stdin is a message in hex, frame included. Each line of stdout says what was
 * understood: {"error": ...}, or an object with the message's fields and, as "hex", the message
 * written again from those fields.
 */
#include "config.h"

#include "chain/wire.h"
#include "chain/wire_addr.h"
#include "chain/wire_headers.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)WIRE_PAYLOAD_MAX + WIRE_FRAME_SIZE)

static uint8_t in[ROOM];
static uint8_t out[ROOM];
static char line[2 * ROOM + 2];

static void print_hex(const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", ((const uint8_t *)bytes)[i]);
}

/* "name": "hex" and a comma. */
static void print_bytes(const char *name, const void *bytes, size_t len)
{
    printf("\"%s\": \"", name);
    print_hex(bytes, len);
    printf("\", ");
}

static void print_address(const struct netaddr *address, uint64_t services, uint32_t last_seen)
{
    printf("{\"network\": %u, \"bytes\": \"", (unsigned)address->network);
    print_hex(address->bytes, netaddr_length(address->network));
    printf("\", \"port\": %u, \"services\": %llu, \"time\": %u}", (unsigned)address->port,
           (unsigned long long)services, (unsigned)last_seen);
}

static bool cat_version(struct writer *writer, const uint8_t *payload, size_t len)
{
    struct wire_version version;

    if (!wire_version_decode(&version, payload, len))
        return false;
    printf("\"version\": %d, \"services\": %llu, \"time\": %lld, \"nonce\": %llu, "
           "\"height\": %d, \"relay\": %d, \"to_port\": %u, \"from_port\": %u, "
           "\"to_services\": %llu, \"from_services\": %llu, ",
           (int)version.version, (unsigned long long)version.services, (long long)version.time,
           (unsigned long long)version.nonce, (int)version.start_height, (int)version.relay,
           (unsigned)version.receiver.port, (unsigned)version.sender.port,
           (unsigned long long)version.receiver.services,
           (unsigned long long)version.sender.services);
    print_bytes("to", version.receiver.ip, sizeof(version.receiver.ip));
    print_bytes("from", version.sender.ip, sizeof(version.sender.ip));
    print_bytes("user_agent", version.user_agent, version.user_agent_length);
    wire_version_put(writer, &version);
    return true;
}

static bool cat_nonce(struct writer *writer, const uint8_t *payload, size_t len)
{
    uint64_t nonce;

    if (!wire_nonce_decode(&nonce, payload, len))
        return false;
    printf("\"nonce\": %llu, ", (unsigned long long)nonce);
    wire_nonce_put(writer, nonce);
    return true;
}

static bool cat_getheaders(struct writer *writer, const uint8_t *payload, size_t len)
{
    static struct wire_getheaders message;

    if (!wire_getheaders_decode(&message, payload, len))
        return false;
    printf("\"version\": %u, \"locator\": [", (unsigned)message.version);
    for (size_t i = 0; i < message.count; i++) {
        printf("%s\"", i > 0 ? ", " : "");
        print_hex(message.locator[i].bytes, HASH256_SIZE);
        printf("\"");
    }
    printf("], ");
    print_bytes("stop", message.stop.bytes, HASH256_SIZE);
    wire_getheaders_put(writer, &message);
    return true;
}

static bool cat_headers(struct writer *writer, uint8_t *payload, size_t len)
{
    struct wire_headers headers;

    if (!wire_headers_decode(&headers, payload, len))
        return false;
    printf("\"headers\": [");
    for (size_t i = 0; i < headers.count; i++) {
        struct header header;

        header_decode(&header, headers.raw + i * headers.stride);
        printf("%s{\"version\": %d, \"time\": %u, \"bits\": %u, \"nonce\": %u, ", i > 0 ? ", " : "",
               (int)header.version, (unsigned)header.time, (unsigned)header.bits,
               (unsigned)header.nonce);
        print_bytes("prev", header.prev.bytes, HASH256_SIZE);
        printf("\"merkle_root\": \"");
        print_hex(header.merkle_root.bytes, HASH256_SIZE);
        printf("\"}");
    }
    printf("], ");
    wire_headers_put(writer, &headers);
    return true;
}

static bool cat_inv(struct writer *writer, const uint8_t *payload, size_t len)
{
    static struct wire_inv_item items[WIRE_INV_COUNT_MAX];
    struct wire_inv inv;

    if (!wire_inv_decode(&inv, payload, len))
        return false;
    printf("\"items\": [");
    for (size_t i = 0; i < inv.count; i++) {
        items[i] = wire_inv_get(&inv, i);
        printf("%s[%u, \"", i > 0 ? ", " : "", (unsigned)items[i].type);
        print_hex(items[i].hash.bytes, HASH256_SIZE);
        printf("\"]");
    }
    printf("], ");
    wire_inv_put(writer, items, inv.count);
    return true;
}

static bool cat_addresses(struct writer *writer, const uint8_t *payload, size_t len, bool v2)
{
    static struct wire_addresses addresses;

    if (!(v2 ? wire_addrv2_decode : wire_addr_decode)(&addresses, payload, len))
        return false;
    printf("\"addresses\": [");
    for (size_t i = 0; i < addresses.count; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_address(&addresses.address[i], addresses.services[i], addresses.last_seen[i]);
    }
    printf("], ");
    (v2 ? wire_addrv2_put : wire_addr_put)(writer, &addresses);
    return true;
}

/* Prints the fields and writes the payload again. False when it is malformed. */
static bool cat_payload(struct writer *writer, enum wire_type type, uint8_t *payload, size_t len)
{
    if (type == WIRE_VERSION)
        return cat_version(writer, payload, len);
    if (type == WIRE_PING || type == WIRE_PONG)
        return cat_nonce(writer, payload, len);
    if (type == WIRE_GETHEADERS)
        return cat_getheaders(writer, payload, len);
    if (type == WIRE_HEADERS)
        return cat_headers(writer, payload, len);
    if (type == WIRE_INV || type == WIRE_GETDATA || type == WIRE_NOTFOUND)
        return cat_inv(writer, payload, len);
    if (type == WIRE_ADDR || type == WIRE_ADDRV2)
        return cat_addresses(writer, payload, len, type == WIRE_ADDRV2);
    return type != WIRE_UNKNOWN && len == 0;
}

static const char *cat(size_t len)
{
    struct writer writer = writer_of(out + WIRE_FRAME_SIZE, sizeof(out) - WIRE_FRAME_SIZE);
    uint8_t sum[WIRE_CHECKSUM_SIZE];
    struct wire_frame frame;

    if (len < WIRE_FRAME_SIZE || !wire_frame_decode(&frame, in))
        return "frame";
    if (frame.length != len - WIRE_FRAME_SIZE)
        return "length";
    wire_checksum(sum, in + WIRE_FRAME_SIZE, frame.length);
    if (memcmp(sum, frame.checksum, sizeof(sum)) != 0)
        return "checksum";
    printf("{\"command\": \"%s\", ", frame.command);
    if (!cat_payload(&writer, frame.type, in + WIRE_FRAME_SIZE, frame.length))
        return "malformed";
    print_bytes("hex", out, wire_seal(out, frame.magic, frame.type, writer.used));
    printf("\"error\": null}\n");
    return NULL;
}

/* Number of bytes, or SIZE_MAX when the line is no hex. */
static size_t read_hex(const char *text)
{
    size_t len = strcspn(text, "\n");

    if (len % 2 != 0)
        return SIZE_MAX;
    for (size_t i = 0; i < len; i += 2) {
        char pair[3] = {text[i], text[i + 1], '\0'};
        char *end;

        in[i / 2] = (uint8_t)strtoul(pair, &end, 16);
        if (*end != '\0')
            return SIZE_MAX;
    }
    return len / 2;
}

int main(void)
{
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t len = read_hex(line);
        const char *error = len == SIZE_MAX ? "hex" : cat(len);

        if (error != NULL)
            printf("%s\"error\": \"%s\"}\n", strcmp(error, "malformed") == 0 ? "" : "{", error);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
