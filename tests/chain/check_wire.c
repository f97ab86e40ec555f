// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: every message that we write is read back as it was; every message that is cut
 * off, too long or against the encoding's rules is refused; and no byte outside it is touched (each
 * payload stands in a block of exactly its size).
 */
#include "config.h"

#include "chain/cursor.h"
#include "chain/wire.h"
#include "chain/wire_addr.h"
#include "chain/wire_headers.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"
#include "tests/support/check.h"

#include <string.h>

#define ROUNDS 300
/** More than any message of this test. */
#define ROOM ((size_t)2 << 20)

static struct test_random random_of(uint64_t stream)
{
    return test_random_init(test_seed(), stream);
}

/* A copy in a block of its own size, so that a sanitizer sees every step beyond it. */
static uint8_t *exact(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    ck_assert_ptr_nonnull(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

typedef bool (*decode_fn)(uint8_t *payload, size_t len);

/* True if a decoder takes the first len bytes. */
static bool takes(decode_fn decode, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = exact(bytes, len);
    bool taken = decode(copy, len);

    free(copy);
    return taken;
}

/* Only the whole message is taken; no part of it, and nothing that goes on. */
static void whole_only(decode_fn decode, const uint8_t *bytes, size_t len)
{
    uint8_t *longer = malloc(len + 1);

    for (size_t cut = 0; cut < len; cut++)
        ck_assert_msg(!takes(decode, bytes, cut), "cut to %zu of %zu", cut, len);
    ck_assert(takes(decode, bytes, len));
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, bytes, len);
    longer[len] = 0;
    ck_assert(!decode(longer, len + 1));
    free(longer);
}

/* ---- numbers ---- */

START_TEST(test_compact_size)
{
    static const struct {
        uint8_t bytes[COMPACT_SIZE_BYTES_MAX];
        size_t len;
        uint64_t value;
        bool canonical;
    } cases[] = {
        {{0}, 1, 0, true},
        {{0xfc}, 1, 0xfc, true},
        {{0xfd, 0xfd, 0}, 3, 0xfd, true},
        {{0xfd, 0xfc, 0}, 3, 0xfc, false},
        {{0xfd, 0xff, 0xff}, 3, 0xffff, true},
        {{0xfe, 0, 0, 1, 0}, 5, 0x10000, true},
        {{0xfe, 0xff, 0xff, 0, 0}, 5, 0xffff, false},
        {{0xfe, 0xff, 0xff, 0xff, 0xff}, 5, 0xffffffff, true},
        {{0xff, 0, 0, 0, 0, 1, 0, 0, 0}, 9, UINT64_C(0x100000000), true},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, 9, 0xffffffff, false},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, UINT64_MAX, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cursor cursor = cursor_of(cases[i].bytes, cases[i].len);
        uint8_t out[COMPACT_SIZE_BYTES_MAX];
        struct writer writer = writer_of(out, sizeof(out));

        ck_assert(cursor_compact_size(&cursor, UINT64_MAX) ==
                  (cases[i].canonical ? cases[i].value : 0));
        ck_assert(cursor_done(&cursor) == cases[i].canonical);
        if (!cases[i].canonical)
            continue;
        writer_compact_size(&writer, cases[i].value);
        ck_assert_uint_eq(writer.used, cases[i].len);
        ck_assert_mem_eq(out, cases[i].bytes, cases[i].len);
        if (cases[i].value > 0) {
            cursor = cursor_of(cases[i].bytes, cases[i].len);
            (void)cursor_compact_size(&cursor, cases[i].value - 1);
            ck_assert(!cursor_ok(&cursor));
        }
        for (size_t cut = 0; cut < cases[i].len; cut++) {
            cursor = cursor_of(cases[i].bytes, cut);
            ck_assert(cursor_compact_size(&cursor, UINT64_MAX) == 0);
            ck_assert(!cursor_ok(&cursor));
        }
    }
}
END_TEST

/* After a failure everything is zero, and nothing more is written. */
START_TEST(test_sticky_failure)
{
    static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct cursor cursor = cursor_of(bytes, sizeof(bytes));
    uint8_t out[4] = {9, 9, 9, 9};
    struct writer writer = writer_of(out, sizeof(out));

    ck_assert_uint_eq(cursor_u16(&cursor), 0x0201);
    ck_assert_uint_eq(cursor_u16_be(&cursor), 0x0304);
    ck_assert_uint_eq(cursor_u64(&cursor), 0);
    ck_assert(!cursor_ok(&cursor));
    ck_assert_uint_eq(cursor_u8(&cursor), 0);
    ck_assert_ptr_null(cursor_take(&cursor, 0));
    cursor_copy(&cursor, out, 1);
    ck_assert_uint_eq(out[0], 0);
    writer_u16_be(&writer, 0x0102);
    writer_u32(&writer, 7);
    writer_u8(&writer, 7);
    ck_assert(writer.failed);
    ck_assert_uint_eq(writer.used, 2);
    ck_assert_uint_eq(out[0], 1);
    ck_assert_uint_eq(out[1], 2);
    ck_assert_uint_eq(out[2], 9);
}
END_TEST

/* ---- frames ---- */

START_TEST(test_frame)
{
    static const uint8_t magic[WIRE_MAGIC_SIZE] = {0xf9, 0xbe, 0xb4, 0xd9};
    static const uint8_t verack[WIRE_FRAME_SIZE] = {0xf9, 0xbe, 0xb4, 0xd9, 'v',  'e',  'r',  'a',
                                                    'c',  'k',  0,    0,    0,    0,    0,    0,
                                                    0,    0,    0,    0,    0x5d, 0xf6, 0xe0, 0xe2};
    struct wire_frame frame;
    uint8_t raw[WIRE_FRAME_SIZE];

    ck_assert_uint_eq(wire_seal(raw, magic, WIRE_VERACK, 0), WIRE_FRAME_SIZE);
    ck_assert_mem_eq(raw, verack, sizeof(raw));
    for (unsigned type = 1; type < WIRE_TYPE_COUNT; type++) {
        wire_seal(raw, magic, (enum wire_type)type, 0);
        ck_assert(wire_frame_decode(&frame, raw));
        ck_assert_uint_eq(frame.type, type);
        ck_assert_str_eq(frame.command, wire_command((enum wire_type)type));
    }
    memcpy(raw + 4, "twelveletter", 12);
    ck_assert(wire_frame_decode(&frame, raw));
    ck_assert_uint_eq(frame.type, WIRE_UNKNOWN);
    ck_assert_str_eq(frame.command, "twelveletter");
    memcpy(raw + 4, "ping\0\0\0\0\0\0\0x", 12); /* padding is not all NUL */
    ck_assert(!wire_frame_decode(&frame, raw));
    ck_assert_uint_eq(frame.type, WIRE_UNKNOWN);
    memcpy(raw + 4, "pi\x07g\0\0\0\0\0\0\0\0", 12);
    ck_assert(!wire_frame_decode(&frame, raw));
}
END_TEST

/* ---- sessions ---- */

static bool decode_version(uint8_t *payload, size_t len)
{
    struct wire_version version;

    return wire_version_decode(&version, payload, len);
}

static bool decode_nonce(uint8_t *payload, size_t len)
{
    uint64_t nonce;

    return wire_nonce_decode(&nonce, payload, len);
}

START_TEST(test_version)
{
    struct test_random random = random_of(1);

    for (size_t round = 0; round < ROUNDS; round++) {
        struct wire_version in = {.user_agent_length =
                                      test_random_below(&random, WIRE_USER_AGENT_MAX + 1)};
        struct wire_version out;
        uint8_t bytes[WIRE_VERSION_MAX + 4];
        struct writer writer = writer_of(bytes, WIRE_VERSION_MAX);

        in.version = (int32_t)test_random_u64(&random);
        in.services = test_random_u64(&random);
        in.time = (int64_t)test_random_u64(&random);
        in.receiver.services = test_random_u64(&random);
        test_random_fill(&random, in.receiver.ip, sizeof(in.receiver.ip));
        in.receiver.port = (uint16_t)test_random_u64(&random);
        in.sender.services = test_random_u64(&random);
        test_random_fill(&random, in.sender.ip, sizeof(in.sender.ip));
        in.sender.port = (uint16_t)test_random_u64(&random);
        in.nonce = test_random_u64(&random);
        test_random_fill(&random, in.user_agent, in.user_agent_length);
        in.start_height = (int32_t)test_random_u64(&random);
        in.relay = test_random_one_in(&random, 2);
        wire_version_put(&writer, &in);
        ck_assert(!writer.failed);
        ck_assert(wire_version_decode(&out, bytes, writer.used));
        ck_assert_int_eq(out.version, in.version);
        ck_assert_uint_eq(out.services, in.services);
        ck_assert_int_eq(out.time, in.time);
        ck_assert_mem_eq(out.receiver.ip, in.receiver.ip, 16);
        ck_assert_uint_eq(out.receiver.services, in.receiver.services);
        ck_assert_uint_eq(out.receiver.port, in.receiver.port);
        ck_assert_mem_eq(out.sender.ip, in.sender.ip, 16);
        ck_assert_uint_eq(out.sender.services, in.sender.services);
        ck_assert_uint_eq(out.sender.port, in.sender.port);
        ck_assert_uint_eq(out.nonce, in.nonce);
        ck_assert_uint_eq(out.user_agent_length, in.user_agent_length);
        ck_assert_mem_eq(out.user_agent, in.user_agent, in.user_agent_length);
        ck_assert_int_eq(out.start_height, in.start_height);
        ck_assert(out.relay == in.relay);
        if (round % 50 != 0)
            continue;
        for (size_t cut = 0; cut + 1 < writer.used; cut++)
            ck_assert(!takes(decode_version, bytes, cut));
        /* Without the last byte relay is on; with more than that, a later protocol. */
        ck_assert(wire_version_decode(&out, bytes, writer.used - 1) && out.relay);
        memset(bytes + writer.used, 0xff, 4);
        ck_assert(wire_version_decode(&out, bytes, writer.used + 4));
        ck_assert(out.relay == in.relay);
    }
}
END_TEST

START_TEST(test_version_user_agent_too_long)
{
    struct wire_version version = {.user_agent_length = WIRE_USER_AGENT_MAX};
    uint8_t bytes[WIRE_VERSION_MAX + 1];
    struct writer writer = writer_of(bytes, sizeof(bytes));

    wire_version_put(&writer, &version);
    ck_assert(wire_version_decode(&version, bytes, writer.used));
    memmove(bytes + 84, bytes + 83, writer.used - 83);
    ck_assert_uint_eq(bytes[80], 0xfd); /* the length: 256, then 257 with a byte more */
    bytes[81] = 1;
    ck_assert(!wire_version_decode(&version, bytes, writer.used + 1));
}
END_TEST

START_TEST(test_nonce)
{
    uint8_t bytes[WIRE_PING_SIZE];
    struct writer writer = writer_of(bytes, sizeof(bytes));
    uint64_t nonce;

    wire_nonce_put(&writer, UINT64_C(0x1122334455667788));
    ck_assert(wire_nonce_decode(&nonce, bytes, sizeof(bytes)));
    ck_assert(nonce == UINT64_C(0x1122334455667788));
    ck_assert_uint_eq(bytes[0], 0x88);
    whole_only(decode_nonce, bytes, sizeof(bytes));
}
END_TEST

/* ---- headers ---- */

static bool decode_getheaders(uint8_t *payload, size_t len)
{
    struct wire_getheaders message;

    return wire_getheaders_decode(&message, payload, len);
}

START_TEST(test_getheaders)
{
    static const size_t counts[] = {0, 1, 2, 30, WIRE_LOCATOR_MAX};
    struct test_random random = random_of(2);

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct wire_getheaders in = {.version = 70016, .count = counts[i]};
        struct wire_getheaders out;
        uint8_t bytes[WIRE_GETHEADERS_MAX + HASH256_SIZE];
        struct writer writer = writer_of(bytes, sizeof(bytes));

        test_random_fill(&random, in.locator, sizeof(in.locator));
        test_random_fill(&random, in.stop.bytes, HASH256_SIZE);
        wire_getheaders_put(&writer, &in);
        ck_assert_uint_eq(writer.used, 4 + 1 + 32 * in.count + 32);
        ck_assert(wire_getheaders_decode(&out, bytes, writer.used));
        ck_assert_uint_eq(out.version, in.version);
        ck_assert_uint_eq(out.count, in.count);
        ck_assert_mem_eq(out.locator, in.locator, 32 * in.count);
        ck_assert(hash256_equal(&out.stop, &in.stop));
        whole_only(decode_getheaders, bytes, writer.used);
        if (counts[i] == WIRE_LOCATOR_MAX) {
            bytes[4] = WIRE_LOCATOR_MAX + 1;
            ck_assert(!takes(decode_getheaders, bytes, writer.used + HASH256_SIZE));
        }
    }
}
END_TEST

static bool decode_headers(uint8_t *payload, size_t len)
{
    struct wire_headers headers;

    return wire_headers_decode(&headers, payload, len);
}

/* count headers of random bytes, with transaction counts that take count_bytes each (1, 3, 5, 9; 0:
 * any of them). */
static size_t put_headers(uint8_t *payload, const uint8_t *raw, size_t count, unsigned count_bytes,
                          struct test_random *random)
{
    static const uint64_t values[] = {7, 0xfd, 0x10000, UINT64_C(0x100000000)};
    struct writer writer = writer_of(payload, ROOM);

    writer_compact_size(&writer, count);
    for (size_t i = 0; i < count; i++) {
        unsigned form = count_bytes == 1 ? 0 : test_random_below(random, 4);

        writer_put(&writer, raw + i * HEADER_SIZE, HEADER_SIZE);
        writer_compact_size(&writer, values[form]);
    }
    ck_assert(!writer.failed);
    return writer.used;
}

static void same_headers(const struct wire_headers *headers, const uint8_t *raw, size_t count)
{
    ck_assert_uint_eq(headers->count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_mem_eq(headers->raw + i * headers->stride, raw + i * HEADER_SIZE, HEADER_SIZE);
}

START_TEST(test_headers)
{
    static const size_t counts[] = {0, 1, 2, 3, 252, 253, 1999, WIRE_HEADERS_COUNT_MAX};
    struct test_random random = random_of(3);
    uint8_t *raw = malloc((size_t)(WIRE_HEADERS_COUNT_MAX + 1) * HEADER_SIZE);
    uint8_t *bytes = malloc(ROOM);
    struct wire_headers headers;
    size_t len;

    ck_assert(raw != NULL && bytes != NULL);
    test_random_fill(&random, raw, (size_t)(WIRE_HEADERS_COUNT_MAX + 1) * HEADER_SIZE);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct writer writer = writer_of(bytes, WIRE_HEADERS_USUAL_MAX);
        struct wire_headers in = {.raw = raw, .stride = HEADER_SIZE, .count = counts[i]};

        wire_headers_put(&writer, &in);
        ck_assert(!writer.failed);
        ck_assert(wire_headers_decode(&headers, bytes, writer.used));
        ck_assert_uint_eq(headers.stride, WIRE_HEADERS_STRIDE); /* nothing was moved */
        same_headers(&headers, raw, counts[i]);
        if (counts[i] <= 3)
            whole_only(decode_headers, bytes, writer.used);
        for (unsigned form = 0; form < 2; form++) {
            uint8_t *copy;

            len = put_headers(bytes, raw, counts[i], form, &random);
            ck_assert_uint_le(len, WIRE_HEADERS_MAX);
            copy = exact(bytes, len);
            ck_assert(wire_headers_decode(&headers, copy, len));
            same_headers(&headers, raw, counts[i]);
            free(copy);
            if (counts[i] <= 3)
                whole_only(decode_headers, bytes, len);
        }
    }
    ck_assert_uint_eq(WIRE_HEADERS_USUAL_MAX, 162003);
    len = put_headers(bytes, raw, WIRE_HEADERS_COUNT_MAX + 1, 1, &random);
    ck_assert(!takes(decode_headers, bytes, len));
    free(raw);
    free(bytes);
}
END_TEST

/* ---- inventories ---- */

static bool decode_inv(uint8_t *payload, size_t len)
{
    struct wire_inv inv;

    return wire_inv_decode(&inv, payload, len);
}

START_TEST(test_inv)
{
    static const size_t counts[] = {0, 1, 3, 1000, WIRE_INV_COUNT_MAX};
    struct test_random random = random_of(4);
    struct wire_inv_item *items = calloc(WIRE_INV_COUNT_MAX, sizeof(*items));
    uint8_t *bytes = calloc(1, ROOM);

    ck_assert(items != NULL && bytes != NULL);
    test_random_fill(&random, items, WIRE_INV_COUNT_MAX * sizeof(*items));
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct writer writer = writer_of(bytes, ROOM);
        struct wire_inv inv;

        wire_inv_put(&writer, items, counts[i]);
        ck_assert(wire_inv_decode(&inv, bytes, writer.used));
        ck_assert_uint_eq(inv.count, counts[i]);
        for (size_t j = 0; j < counts[i]; j++) {
            struct wire_inv_item item = wire_inv_get(&inv, j);

            ck_assert_uint_eq(item.type, items[j].type);
            ck_assert(hash256_equal(&item.hash, &items[j].hash));
        }
        if (counts[i] <= 3)
            whole_only(decode_inv, bytes, writer.used);
    }
    bytes[0] = 0xfd; /* 50,001 items, all of them there */
    bytes[1] = 0x51;
    bytes[2] = 0xc3;
    ck_assert(!takes(decode_inv, bytes, 3 + (size_t)(WIRE_INV_COUNT_MAX + 1) * WIRE_INV_ITEM_SIZE));
    items[0].type = WIRE_INV_BLOCK | WIRE_INV_WITNESS_FLAG;
    ck_assert(wire_inv_is_block(&items[0]));
    items[0].type = WIRE_INV_COMPACT_BLOCK;
    ck_assert(wire_inv_is_block(&items[0]));
    items[0].type = 1 | WIRE_INV_WITNESS_FLAG;
    ck_assert(!wire_inv_is_block(&items[0]));
    free(items);
    free(bytes);
}
END_TEST

/* ---- addresses ---- */

static bool decode_addr(uint8_t *payload, size_t len)
{
    static struct wire_addresses addresses;

    return wire_addr_decode(&addresses, payload, len);
}

static bool decode_addrv2(uint8_t *payload, size_t len)
{
    static struct wire_addresses addresses;

    return wire_addrv2_decode(&addresses, payload, len);
}

static struct netaddr random_address(struct test_random *random, bool v2)
{
    static const enum netaddr_network networks[] = {NETADDR_IPV4, NETADDR_IPV6, NETADDR_TORV3,
                                                    NETADDR_I2P, NETADDR_CJDNS};
    struct netaddr address = {.network = networks[test_random_below(random, v2 ? 5 : 2)],
                              .port = (uint16_t)test_random_u64(random)};

    test_random_fill(random, address.bytes, netaddr_length(address.network));
    if (address.network == NETADDR_CJDNS)
        address.bytes[0] = 0xfc;
    else if (address.network == NETADDR_IPV6)
        address.bytes[0] = 0x20; /* not a range that stands for something else */
    return address;
}

START_TEST(test_addresses)
{
    static const size_t counts[] = {0, 1, 4, 253, WIRE_ADDR_COUNT_MAX};
    static struct wire_addresses in;
    static struct wire_addresses out;
    struct test_random random = random_of(5);
    uint8_t *bytes = malloc(ROOM);

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 2 * sizeof(counts) / sizeof(counts[0]); i++) {
        struct writer writer = writer_of(bytes, ROOM);
        bool v2 = i % 2 != 0;

        in.count = counts[i / 2];
        for (size_t j = 0; j < in.count; j++) {
            in.address[j] = random_address(&random, v2);
            in.services[j] = test_random_u64(&random) >> test_random_below(&random, 64);
            in.last_seen[j] = (uint32_t)test_random_u64(&random);
        }
        (v2 ? wire_addrv2_put : wire_addr_put)(&writer, &in);
        ck_assert(!writer.failed);
        ck_assert_uint_le(writer.used, v2 ? WIRE_ADDRV2_MAX : WIRE_ADDR_MAX);
        memset(&out, 0xee, sizeof(out));
        ck_assert((v2 ? wire_addrv2_decode : wire_addr_decode)(&out, bytes, writer.used));
        ck_assert_uint_eq(out.count, in.count);
        for (size_t j = 0; j < in.count; j++) {
            ck_assert(netaddr_equal(&out.address[j], &in.address[j]));
            ck_assert_uint_eq(out.services[j], in.services[j]);
            ck_assert_uint_eq(out.last_seen[j], in.last_seen[j]);
        }
        if (in.count <= 4)
            whole_only(v2 ? decode_addrv2 : decode_addr, bytes, writer.used);
    }
    free(bytes);
}
END_TEST

/* One BIP155 address; the number of addresses that come of it, or -1 if the message is refused. */
static int one_address(uint8_t network, size_t len, uint8_t first)
{
    static struct wire_addresses out;
    uint8_t bytes[16 + WIRE_ADDRV2_BYTES_MAX + 1];
    uint8_t address[WIRE_ADDRV2_BYTES_MAX + 1];
    struct writer writer = writer_of(bytes, sizeof(bytes));

    memset(address, first, sizeof(address));
    writer_compact_size(&writer, 1);
    writer_u32(&writer, 1700000000);
    writer_compact_size(&writer, 9);
    writer_u8(&writer, network);
    writer_compact_size(&writer, len);
    writer_put(&writer, address, len);
    writer_u16_be(&writer, 8333);
    ck_assert(!writer.failed);
    return wire_addrv2_decode(&out, bytes, writer.used) ? (int)out.count : -1;
}

START_TEST(test_addrv2_rules)
{
    static const struct {
        uint8_t network;
        size_t len;
    } known[] = {{1, 4}, {2, 16}, {4, 32}, {5, 32}, {6, 16}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        ck_assert_int_eq(one_address(known[i].network, known[i].len, 0xfc), 1);
        ck_assert_int_eq(one_address(known[i].network, known[i].len + 1, 0xfc), -1);
        ck_assert_int_eq(one_address(known[i].network, known[i].len - 1, 0xfc), -1);
        ck_assert_int_eq(one_address(known[i].network, 0, 0xfc), -1);
    }
    ck_assert_int_eq(one_address(6, 16, 0x20), 0); /* not in CJDNS's range */
    ck_assert_int_eq(one_address(3, 10, 1), 0);    /* Tor v2 is dead */
    ck_assert_int_eq(one_address(0, 1, 1), 0);
    ck_assert_int_eq(one_address(99, WIRE_ADDRV2_BYTES_MAX, 1), 0);
    ck_assert_int_eq(one_address(99, WIRE_ADDRV2_BYTES_MAX + 1, 1), -1);
}
END_TEST

START_TEST(test_addr_disguises)
{
    static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4};
    static const uint8_t onioncat[16] = {0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43, 1};
    static const uint8_t internal[16] = {0xfd, 0x6b, 0x88, 0xc0, 0x87, 0x24, 1};
    struct netaddr address = wire_netaddr_from_ipv6(mapped, 8333);
    uint8_t ip[16];

    ck_assert_int_eq(address.network, NETADDR_IPV4);
    ck_assert_uint_eq(address.bytes[3], 4);
    wire_netaddr_to_ipv6(ip, &address);
    ck_assert_mem_eq(ip, mapped, 16);
    ck_assert_int_eq(wire_netaddr_from_ipv6(onioncat, 1).network, NETADDR_NONE);
    ck_assert_int_eq(wire_netaddr_from_ipv6(internal, 1).network, NETADDR_NONE);
    address.network = NETADDR_TORV3;
    wire_netaddr_to_ipv6(ip, &address);
    ck_assert_mem_eq(ip, (const uint8_t[16]){0}, 16);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_compact_size,
        test_sticky_failure,
        test_frame,
        test_version,
        test_version_user_agent_too_long,
        test_nonce,
        test_getheaders,
        test_headers,
        test_inv,
        test_addresses,
        test_addrv2_rules,
        test_addr_disguises,
    };

    return TEST_MAIN("wire", tests);
}
