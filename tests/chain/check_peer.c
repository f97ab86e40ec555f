// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a session says the right things in the right order, hears the same however the
 * bytes are cut, loses patience when it should, and a peer that breaks the protocol costs neither
 * memory nor answers.
 */
#include "config.h"

#include "chain/peer.h"
#include "chain/wire.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)

/* A session and all that it said. */
struct desk {
    struct peer *peer;
    struct peer_counters counters;
    struct instant now;
    struct test_random random;
    char log[4096]; /* "<" what it sent, ">" what it reported */
    int ended;      /* an enum peer_end, or -1 */
    char detail[64];
    bool refuse; /* stop at the version */
    size_t headers;
    uint64_t ping; /* nonce of its last ping */
};

static void note(struct desk *desk, const char *mark, const char *text)
{
    size_t used = strlen(desk->log);

    snprintf(desk->log + used, sizeof(desk->log) - used, "%s%s ", mark, text);
}

static void on_send(void *context, const uint8_t *bytes, size_t len)
{
    struct desk *desk = context;
    struct wire_frame frame;

    ck_assert(wire_frame_decode(&frame, bytes));
    ck_assert_uint_eq(frame.length + WIRE_FRAME_SIZE, len);
    ck_assert_int_eq(desk->ended, -1);
    note(desk, "<", frame.command);
    if (frame.type == WIRE_PING)
        ck_assert(wire_nonce_decode(&desk->ping, bytes + WIRE_FRAME_SIZE, frame.length));
}

static void on_ended(void *context, enum peer_end end, const char *detail)
{
    struct desk *desk = context;

    ck_assert_int_eq(desk->ended, -1);
    desk->ended = (int)end;
    snprintf(desk->detail, sizeof(desk->detail), "%s", detail);
    note(desk, ">", "end");
}

static void on_version(void *context, const struct wire_version *version)
{
    struct desk *desk = context;

    (void)version;
    note(desk, ">", "version");
    if (desk->refuse)
        peer_stop(desk->peer);
}

static void on_ready(void *context)
{
    note(context, ">", "ready");
}

static void on_headers(void *context, const struct wire_headers *headers)
{
    struct desk *desk = context;

    desk->headers += headers->count;
    note(desk, ">", "headers");
}

static void on_inv(void *context, const struct wire_inv *inv)
{
    (void)inv;
    note(context, ">", "inv");
}

static void on_addresses(void *context, const struct wire_addresses *addresses)
{
    (void)addresses;
    note(context, ">", "addresses");
}

static uint64_t on_random(void *context)
{
    struct desk *desk = context;

    return test_random_u64(&desk->random);
}

static void open_desk(struct desk *desk)
{
    struct peer_options options = {
        .params = params_get(NETWORK_MAIN),
        .address = {.network = NETADDR_IPV4, .bytes = {1, 2, 3, 4}, .port = 8333},
        .user_agent = "/test/",
        .nonce = 42,
        .start_height = 7,
        .want_addresses = true,
        .timing = peer_timing_default,
        .counters = &desk->counters,
        .callbacks = {.context = desk,
                      .send = on_send,
                      .ended = on_ended,
                      .version = on_version,
                      .ready = on_ready,
                      .headers = on_headers,
                      .inv = on_inv,
                      .addresses = on_addresses,
                      .random = on_random},
    };

    *desk = (struct desk){.ended = -1, .random = test_random_init(test_seed(), 1)};
    desk->now = (struct instant){.wall_ms = 1700000000000, .mono_ms = 5000};
    desk->peer = peer_new(&options);
    ck_assert_ptr_nonnull(desk->peer);
    peer_start(desk->peer, desk->now);
}

static void hear(struct desk *desk, const uint8_t *bytes, size_t len)
{
    /* In a block of its own size, so that a sanitizer sees every step beyond it. */
    uint8_t *copy = malloc(len > 0 ? len : 1);

    ck_assert_ptr_nonnull(copy);
    if (len > 0)
        memcpy(copy, bytes, len);
    peer_bytes(desk->peer, copy, len, desk->now);
    free(copy);
}

/* A message; its size. */
static size_t build(uint8_t *out, const char *command, const void *payload, size_t len)
{
    struct wire_frame frame = {.length = (uint32_t)len};

    memcpy(frame.magic, params_get(NETWORK_MAIN)->magic, WIRE_MAGIC_SIZE);
    snprintf(frame.command, sizeof(frame.command), "%s", command);
    if (len > 0)
        memcpy(out + WIRE_FRAME_SIZE, payload, len);
    wire_checksum(frame.checksum, out + WIRE_FRAME_SIZE, len);
    wire_frame_encode(out, &frame);
    return WIRE_FRAME_SIZE + len;
}

static void say(struct desk *desk, const char *command, const void *payload, size_t len)
{
    uint8_t *message = malloc(WIRE_FRAME_SIZE + len);

    ck_assert_ptr_nonnull(message);
    hear(desk, message, build(message, command, payload, len));
    free(message);
}

static size_t build_version(uint8_t payload[WIRE_VERSION_MAX], int32_t number, const char *agent)
{
    struct writer writer = writer_of(payload, WIRE_VERSION_MAX);
    struct wire_version version = {.version = number,
                                   .services = WIRE_NODE_NETWORK,
                                   .nonce = 1,
                                   .start_height = -5,
                                   .user_agent_length = strlen(agent)};

    memcpy(version.user_agent, agent, version.user_agent_length);
    wire_version_put(&writer, &version);
    return writer.used;
}

static void shake_hands(struct desk *desk)
{
    uint8_t payload[WIRE_VERSION_MAX];

    say(desk, "version", payload, build_version(payload, 70016, "/Satoshi:28.0.0/"));
    say(desk, "verack", NULL, 0);
    desk->log[0] = '\0';
}

/* Lets time pass; wakes the session whenever it asked for it. */
static void pass(struct desk *desk, int64_t ms)
{
    int64_t end = desk->now.mono_ms + ms;

    for (;;) {
        int64_t next = peer_wake(desk->peer, desk->now);
        int64_t to = next < end ? next : end;

        if (desk->now.mono_ms == end)
            return;
        ck_assert_int_gt(to, desk->now.mono_ms);
        desk->now.wall_ms += to - desk->now.mono_ms;
        desk->now.mono_ms = to;
    }
}

START_TEST(test_handshake)
{
    struct desk desk;
    uint8_t payload[WIRE_VERSION_MAX];
    struct peer_info info;

    open_desk(&desk);
    ck_assert_str_eq(desk.log, "<version ");
    say(&desk, "verack", NULL, 0); /* not yet */
    say(&desk, "ping", "12345678", 8);
    say(&desk, "headers", "", 1);
    ck_assert_str_eq(desk.log, "<version ");
    say(&desk, "version", payload, build_version(payload, 70016, "/Sat\x01oshi\xff/"));
    ck_assert_str_eq(desk.log, "<version >version <sendaddrv2 <verack ");
    say(&desk, "headers", "", 1);
    say(&desk, "wtxidrelay", NULL, 0);
    say(&desk, "sendaddrv2", NULL, 0);
    say(&desk, "version", payload, build_version(payload, 70016, "/again/"));
    say(&desk, "verack", NULL, 0);
    ck_assert_str_eq(desk.log, "<version >version <sendaddrv2 <verack <sendheaders <getaddr <ping "
                               ">ready ");
    say(&desk, "verack", NULL, 0);
    say(&desk, "version", payload, build_version(payload, 70016, "/again/"));
    info = peer_info(desk.peer);
    ck_assert(info.ready);
    ck_assert_str_eq(info.user_agent, "/Sat?oshi?/");
    ck_assert_uint_eq(info.claimed_height, 0);
    ck_assert_uint_eq(info.version, 70016);
    ck_assert_int_eq(desk.ended, -1);
    peer_free(desk.peer);

    open_desk(&desk);
    desk.refuse = true;
    say(&desk, "version", payload, build_version(payload, 70016, ""));
    say(&desk, "verack", NULL, 0);
    ck_assert_str_eq(desk.log, "<version >version ");
    ck_assert_int_eq(desk.ended, -1);
    peer_free(desk.peer);

    open_desk(&desk);
    say(&desk, "version", payload, build_version(payload, 70001, ""));
    say(&desk, "verack", NULL, 0);
    ck_assert_str_eq(desk.log, "<version >version <verack <getaddr <ping >ready ");
    peer_free(desk.peer);

    open_desk(&desk);
    say(&desk, "version", payload, build_version(payload, 70000, ""));
    ck_assert_int_eq(desk.ended, PEER_END_UNSUITABLE);
    peer_free(desk.peer);
}
END_TEST

/* A stream of everything that a peer may say, cut in two at every place, and in pieces of one. */
START_TEST(test_any_cut)
{
    static uint8_t stream[8192];
    uint8_t payload[WIRE_VERSION_MAX];
    uint8_t inv[1 + WIRE_INV_ITEM_SIZE] = {1, 2};
    uint8_t addr[1 + 30] = {1};
    uint8_t headers[1 + 81] = {1};
    uint8_t getheaders[4 + 1 + 32] = {0};
    struct desk whole;
    struct desk cut;
    size_t len = 0;

    len += build(stream + len, "version", payload, build_version(payload, 70016, "/x/"));
    len += build(stream + len, "verack", NULL, 0);
    len += build(stream + len, "sendcmpct", "123456789", 9);
    len += build(stream + len, "headers", headers, sizeof(headers));
    len += build(stream + len, "inv", inv, sizeof(inv));
    len += build(stream + len, "feefilter", "12345678", 8);
    len += build(stream + len, "addr", addr, sizeof(addr));
    len += build(stream + len, "ping", "12345678", 8);
    len += build(stream + len, "getheaders", getheaders, sizeof(getheaders));
    len += build(stream + len, "getdata", inv, sizeof(inv));
    len += build(stream + len, "headers", "", 1);
    open_desk(&whole);
    hear(&whole, stream, len);
    ck_assert_str_eq(whole.log, "<version >version <sendaddrv2 <verack <sendheaders <getaddr <ping "
                                ">ready >headers >inv >addresses <pong <headers >headers ");
    for (size_t at = 0; at <= len; at++) {
        open_desk(&cut);
        hear(&cut, stream, at);
        hear(&cut, stream + at, len - at);
        ck_assert_str_eq(cut.log, whole.log);
        ck_assert_uint_eq(cut.counters.messages, whole.counters.messages);
        peer_free(cut.peer);
    }
    open_desk(&cut);
    for (size_t at = 0; at < len; at++)
        hear(&cut, stream + at, 1);
    ck_assert_str_eq(cut.log, whole.log);
    ck_assert_uint_eq(cut.counters.unknown, 2);
    ck_assert_uint_eq(peer_info(cut.peer).bytes_in, len);
    peer_free(cut.peer);
    peer_free(whole.peer);
}
END_TEST

static void expect_end(struct desk *desk, const char *detail)
{
    ck_assert_int_eq(desk->ended, PEER_END_PROTOCOL);
    ck_assert_str_eq(desk->detail, detail);
    ck_assert(peer_info(desk->peer).stopped);
    desk->log[0] = '\0';
    say(desk, "ping", "12345678", 8); /* nobody is listening any more */
    ck_assert_str_eq(desk->log, "");
    ck_assert_int_eq(peer_wake(desk->peer, desk->now), INSTANT_NEVER);
    peer_free(desk->peer);
}

START_TEST(test_broken_frames)
{
    struct desk desk;
    uint8_t message[WIRE_FRAME_SIZE + 64];
    struct wire_frame frame;
    size_t len;

    open_desk(&desk);
    shake_hands(&desk);
    len = build(message, "ping", "12345678", 8);
    message[0] ^= 1;
    hear(&desk, message, len);
    ck_assert_uint_eq(desk.counters.bad_magic, 1);
    expect_end(&desk, "wrong magic");

    open_desk(&desk);
    shake_hands(&desk);
    len = build(message, "ping", "12345678", 8);
    message[15] = 'x';
    hear(&desk, message, len);
    expect_end(&desk, "malformed command");

    /* A wrong checksum is dropped, and the session goes on. */
    open_desk(&desk);
    shake_hands(&desk);
    len = build(message, "ping", "12345678", 8);
    message[WIRE_FRAME_SIZE] ^= 1;
    hear(&desk, message, len);
    ck_assert_str_eq(desk.log, "");
    ck_assert_uint_eq(desk.counters.bad_checksum, 1);
    say(&desk, "ping", "12345678", 8);
    ck_assert_str_eq(desk.log, "<pong ");
    /* Too long a claim; for headers the limit is what 2,000 of them can take. */
    wire_frame_decode(&frame, message);
    snprintf(frame.command, sizeof(frame.command), "headers");
    frame.length = WIRE_HEADERS_MAX + 1;
    wire_frame_encode(message, &frame);
    hear(&desk, message, WIRE_FRAME_SIZE);
    ck_assert_uint_eq(desk.counters.oversized, 1);
    expect_end(&desk, "oversized headers");

    open_desk(&desk);
    snprintf(frame.command, sizeof(frame.command), "block");
    frame.length = WIRE_PAYLOAD_MAX + 1;
    wire_frame_encode(message, &frame);
    hear(&desk, message, WIRE_FRAME_SIZE);
    expect_end(&desk, "oversized block");
}
END_TEST

START_TEST(test_malformed_messages)
{
    static const struct {
        const char *command;
        const char *payload;
        size_t len;
    } cases[] = {
        {"ping", "1234567", 7},   {"headers", "", 0},     {"headers", "\x01", 1},
        {"inv", "\x01", 1},       {"addr", "\x01", 1},    {"addrv2", "\x01", 1},
        {"getheaders", "123", 3}, {"headers", "\0\0", 2}, {"headers", "\xfd\xd1\x07", 3},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk desk;
        char detail[32];

        open_desk(&desk);
        shake_hands(&desk);
        say(&desk, cases[i].command, cases[i].payload, cases[i].len);
        snprintf(detail, sizeof(detail), "malformed %s", cases[i].command);
        ck_assert_uint_eq(desk.counters.malformed, 1);
        expect_end(&desk, detail);
    }
}
END_TEST

/* What a peer claims costs nothing; what it sends costs what is needed, until the message ends. */
START_TEST(test_memory)
{
    struct desk desk;
    struct wire_headers headers = {.stride = HEADER_SIZE, .count = WIRE_HEADERS_COUNT_MAX};
    uint8_t *raw = calloc(WIRE_HEADERS_COUNT_MAX, HEADER_SIZE);
    uint8_t *payload = malloc(WIRE_HEADERS_USUAL_MAX);
    uint8_t *message = malloc(WIRE_FRAME_SIZE + WIRE_PAYLOAD_MAX);
    struct writer writer = writer_of(payload, WIRE_HEADERS_USUAL_MAX);
    size_t len;

    ck_assert(raw != NULL && payload != NULL && message != NULL);
    headers.raw = raw;
    wire_headers_put(&writer, &headers);
    len = build(message, "headers", payload, writer.used);
    open_desk(&desk);
    shake_hands(&desk);
    hear(&desk, message, WIRE_FRAME_SIZE + 10);
    ck_assert_uint_le(peer_info(desk.peer).memory, 4096);
    hear(&desk, message + WIRE_FRAME_SIZE + 10, 50000);
    ck_assert_uint_le(peer_info(desk.peer).memory, 100000 + 20);
    hear(&desk, message + WIRE_FRAME_SIZE + 50010, len - WIRE_FRAME_SIZE - 50010 - 1);
    ck_assert_uint_le(peer_info(desk.peer).memory, WIRE_HEADERS_USUAL_MAX);
    ck_assert_uint_eq(desk.headers, 0);
    hear(&desk, message + len - 1, 1);
    ck_assert_uint_eq(desk.headers, WIRE_HEADERS_COUNT_MAX);
    ck_assert_uint_le(peer_info(desk.peer).memory, WIRE_HEADERS_USUAL_MAX);
    say(&desk, "ping", "12345678", 8); /* a message that needs less */
    ck_assert_uint_le(peer_info(desk.peer).memory, 4096);

    /* The longest message that there may be, of a kind that is not ours: skipped, and nothing kept.
     */
    memset(message + WIRE_FRAME_SIZE, 0, WIRE_PAYLOAD_MAX);
    len = build(message, "block", NULL, 0);
    message[16] = (uint8_t)(WIRE_PAYLOAD_MAX & 0xff);
    message[17] = (uint8_t)(WIRE_PAYLOAD_MAX >> 8 & 0xff);
    message[18] = (uint8_t)(WIRE_PAYLOAD_MAX >> 16);
    for (size_t at = 0; at < len + WIRE_PAYLOAD_MAX; at += 65536) {
        size_t rest = len + WIRE_PAYLOAD_MAX - at;

        hear(&desk, message + at, rest < 65536 ? rest : 65536);
        ck_assert_uint_le(peer_info(desk.peer).memory, 4096);
    }
    ck_assert_int_eq(desk.ended, -1);
    desk.log[0] = '\0';
    say(&desk, "ping", "12345678", 8);
    ck_assert_str_eq(desk.log, "<pong ");
    /* A longer inv than anybody who does not relay transactions needs: skipped. */
    message[0] = 0xfd;
    message[1] = 0x50;
    message[2] = 0xc3;
    say(&desk, "inv", message, 3 + (size_t)WIRE_INV_COUNT_MAX * WIRE_INV_ITEM_SIZE);
    ck_assert_str_eq(desk.log, "<pong ");
    ck_assert_int_eq(desk.ended, -1);
    peer_free(desk.peer);
    free(raw);
    free(payload);
    free(message);
}
END_TEST

START_TEST(test_time)
{
    struct desk desk;
    uint8_t message[WIRE_FRAME_SIZE + 8];
    uint8_t pong[8];
    struct writer writer = writer_of(pong, sizeof(pong));

    open_desk(&desk);
    pass(&desk, MINUTE - 1);
    ck_assert_int_eq(desk.ended, -1);
    pass(&desk, 1);
    ck_assert_int_eq(desk.ended, PEER_END_TIMEOUT);
    ck_assert_str_eq(desk.detail, "no handshake");
    peer_free(desk.peer);

    /* A pong that comes after 3 seconds, and another ping two minutes after the first. */
    open_desk(&desk);
    shake_hands(&desk);
    pass(&desk, 3 * SECOND);
    wire_nonce_put(&writer, desk.ping);
    say(&desk, "pong", "87654321", 8); /* not it */
    ck_assert_int_eq(peer_info(desk.peer).ping_ms, -1);
    say(&desk, "pong", pong, sizeof(pong));
    ck_assert_int_eq(peer_info(desk.peer).ping_ms, 3 * SECOND);
    pass(&desk, 2 * MINUTE - 3 * SECOND - 1);
    ck_assert_str_eq(desk.log, "");
    pass(&desk, 1);
    ck_assert_str_eq(desk.log, "<ping ");
    pass(&desk, 20 * MINUTE - 1);
    ck_assert_int_eq(desk.ended, -1);
    pass(&desk, 1);
    ck_assert_int_eq(desk.ended, PEER_END_TIMEOUT);
    peer_free(desk.peer);

    /* A message that drips for five minutes. */
    open_desk(&desk);
    shake_hands(&desk);
    build(message, "ping", "12345678", 8);
    for (size_t i = 0; i < 10; i++) {
        hear(&desk, message + i, 1);
        ck_assert_int_eq(desk.ended, -1);
        pass(&desk, 30 * SECOND);
    }
    ck_assert_int_eq(desk.ended, PEER_END_TIMEOUT);
    peer_free(desk.peer);
}
END_TEST

/* A peer that asks without end is answered at its own cost. */
START_TEST(test_reply_limit)
{
    struct desk desk;
    size_t before;

    open_desk(&desk);
    shake_hands(&desk);
    before = (size_t)peer_info(desk.peer).bytes_out;
    for (size_t i = 0; i < 1000; i++)
        say(&desk, "ping", "12345678", 8);
    ck_assert_uint_eq(peer_info(desk.peer).bytes_out - before, 20 * (WIRE_FRAME_SIZE + 8));
    desk.now.mono_ms += 5 * SECOND;
    for (size_t i = 0; i < 1000; i++)
        say(&desk, "ping", "12345678", 8);
    ck_assert_uint_eq(peer_info(desk.peer).bytes_out - before, 25 * (WIRE_FRAME_SIZE + 8));
    peer_free(desk.peer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_handshake, test_any_cut, test_broken_frames, test_malformed_messages,
        test_memory,    test_time,    test_reply_limit,
    };

    return TEST_MAIN("peer", tests);
}
