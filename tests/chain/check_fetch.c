// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a header is fetched by its hash from whichever peer has it; who has not, or
 * says nothing, is let go.
 */
#include "config.h"

#include "chain/fetch.h"
#include "chain/wire.h"
#include "chain/wire_headers.h"
#include "chain/wire_session.h"
#include "tests/support/check.h"
#include "tests/support/world.h"

#include <string.h>

#define PEERS 4

/* A fetch, and what came of it. */
struct desk {
    struct fetch *fetch;
    struct instant now;
    struct test_random random;
    enum sync_disconnect end[PEERS];
    bool asked[PEERS];
    uint64_t nonce; /* of our last version message */
    size_t found;
    uint8_t header[HEADER_SIZE];
};

static struct hash256 wanted;

static void on_send(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len)
{
    struct desk *desk = context;
    struct wire_frame frame;

    ck_assert(wire_frame_decode(&frame, bytes));
    ck_assert_int_eq(desk->end[peer], SYNC_DISCONNECT_NONE);
    if (frame.type == WIRE_VERSION) {
        struct wire_version version;

        ck_assert(wire_version_decode(&version, bytes + WIRE_FRAME_SIZE, len - WIRE_FRAME_SIZE));
        desk->nonce = version.nonce;
    } else if (frame.type == WIRE_GETHEADERS) {
        static struct wire_getheaders ask;

        ck_assert(wire_getheaders_decode(&ask, bytes + WIRE_FRAME_SIZE, len - WIRE_FRAME_SIZE));
        ck_assert_uint_eq(ask.count, 0);
        ck_assert(hash256_equal(&ask.stop, &wanted));
        desk->asked[peer] = true;
    }
}

static void on_disconnect(void *context, sync_peer_id peer, enum sync_disconnect reason,
                          const char *detail)
{
    struct desk *desk = context;

    ck_assert(detail[0] != '\0');
    ck_assert_int_eq(desk->end[peer], SYNC_DISCONNECT_NONE);
    desk->end[peer] = reason;
}

static void on_found(void *context, const uint8_t raw[HEADER_SIZE])
{
    struct desk *desk = context;

    desk->found++;
    memcpy(desk->header, raw, HEADER_SIZE);
}

static uint64_t on_random(void *context)
{
    struct desk *desk = context;

    return test_random_u64(&desk->random);
}

static void open_desk(struct desk *desk, const struct hash256 *hash)
{
    struct fetch_callbacks callbacks = {.context = desk,
                                        .send = on_send,
                                        .disconnect = on_disconnect,
                                        .found = on_found,
                                        .random = on_random};

    wanted = *hash;
    *desk = (struct desk){.random = test_random_init(test_seed(), 1)};
    desk->now = (struct instant){.wall_ms = 1700000000000, .mono_ms = 1000};
    desk->fetch = fetch_new(params_get(NETWORK_TIDENET), hash, "/test/", &callbacks);
    ck_assert_ptr_nonnull(desk->fetch);
}

static void say(struct desk *desk, sync_peer_id peer, enum wire_type type, uint8_t *message,
                size_t len)
{
    size_t size = wire_seal(message, params_get(NETWORK_TIDENET)->magic, type, len);

    fetch_peer_bytes(desk->fetch, peer, message, size, desk->now);
}

static void shake_hands(struct desk *desk, sync_peer_id peer, uint64_t nonce)
{
    uint8_t message[WIRE_FRAME_SIZE + WIRE_VERSION_MAX];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, WIRE_VERSION_MAX);
    struct wire_version version = {.version = 70016, .nonce = nonce};

    wire_version_put(&writer, &version);
    say(desk, peer, WIRE_VERSION, message, writer.used);
    say(desk, peer, WIRE_VERACK, message, 0);
}

static void connect_to(struct desk *desk, sync_peer_id peer)
{
    struct netaddr address = {.network = NETADDR_IPV4, .bytes = {127, 0, 0, 1}, .port = 1};

    ck_assert(fetch_peer_connected(desk->fetch, peer, &address, desk->now));
}

static void say_headers(struct desk *desk, sync_peer_id peer, const struct chain *chain,
                        size_t first, size_t count)
{
    static uint8_t message[WIRE_FRAME_SIZE + WIRE_HEADERS_USUAL_MAX];
    struct writer writer = writer_of(message + WIRE_FRAME_SIZE, WIRE_HEADERS_USUAL_MAX);
    struct wire_headers headers = {.stride = HEADER_SIZE, .count = count};

    headers.raw = count > 0 ? records_at(&chain->records, first) : NULL;
    wire_headers_put(&writer, &headers);
    say(desk, peer, WIRE_HEADERS, message, writer.used);
}

START_TEST(test_fetch)
{
    struct chain chain;
    struct desk desk;

    chain_init(&chain, params_get(NETWORK_TIDENET));
    chain_extend(&chain, 20, 600, 1);
    open_desk(&desk, &chain.hashes[16]);
    for (sync_peer_id peer = 0; peer < PEERS; peer++) {
        connect_to(&desk, peer);
        shake_hands(&desk, peer, 77);
        ck_assert(desk.asked[peer]);
    }
    say_headers(&desk, 0, &chain, 0, 0); /* it does not know it */
    ck_assert_int_eq(desk.end[0], SYNC_DISCONNECT_UNSUITABLE);
    fetch_peer_closed(desk.fetch, 0, desk.now);
    say_headers(&desk, 1, &chain, 15, 1); /* another one */
    ck_assert_int_eq(desk.end[1], SYNC_DISCONNECT_UNSUITABLE);
    ck_assert_uint_eq(desk.found, 0);
    say_headers(&desk, 2, &chain, 10, 7); /* some more than was asked for */
    say_headers(&desk, 3, &chain, 16, 1);
    ck_assert_uint_eq(desk.found, 1); /* once */
    ck_assert_mem_eq(desk.header, records_at(&chain.records, 16), HEADER_SIZE);
    ck_assert_int_eq(desk.end[2], SYNC_DISCONNECT_NONE);
    ck_assert_int_eq(desk.end[3], SYNC_DISCONNECT_NONE);
    fetch_free(desk.fetch);
    chain_free(&chain);
}
END_TEST

START_TEST(test_no_answer)
{
    struct desk desk;
    uint8_t garbage[64] = {0};
    int64_t next;

    open_desk(&desk, &params_get(NETWORK_TIDENET)->genesis_hash);
    connect_to(&desk, 0); /* says nothing after the handshake */
    connect_to(&desk, 1); /* says nothing at all */
    connect_to(&desk, 2);
    connect_to(&desk, 3);
    shake_hands(&desk, 3, desk.nonce);
    ck_assert_int_eq(desk.end[3], SYNC_DISCONNECT_SELF);
    fetch_peer_bytes(desk.fetch, 2, garbage, sizeof(garbage), desk.now);
    ck_assert_int_eq(desk.end[2], SYNC_DISCONNECT_MISBEHAVED);
    desk.now.mono_ms += 10000;
    shake_hands(&desk, 0, 77);
    for (;;) {
        next = fetch_wake(desk.fetch, desk.now);
        if (next == INSTANT_NEVER)
            break;
        ck_assert_int_gt(next, desk.now.mono_ms);
        desk.now.mono_ms = next;
    }
    ck_assert_int_eq(desk.end[0], SYNC_DISCONNECT_STALLED);
    ck_assert_int_eq(desk.end[1], SYNC_DISCONNECT_STALLED);
    ck_assert_int_eq(desk.now.mono_ms, 1000 + 10000 + 60000);
    fetch_free(desk.fetch);
    fetch_free(NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_fetch, test_no_answer};

    return TEST_MAIN("fetch", tests);
}
