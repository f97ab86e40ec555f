// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this target: whatever several peers send, and whenever, a sync keeps its promises:
 * nothing is sent to a peer that it asked to close, each is closed once, the tree holds valid
 * headers only, and no time goes by in a loop.
 *
 * The input is a program. Each step is an opcode and what it needs:
 *
 *     0x00..0x7f   a message of type (opcode & 15) from peer (opcode >> 4 & 3); two bytes of
 * length, payload; frame and checksum are made here 0x80 + 0     raw bytes from a peer: peer, two
 * bytes of length, bytes
 *          + 1     time passes: two bytes, in units of 100 ms, times a byte
 *          + 2     a peer hangs up
 *          + 3     the disk is full, or no longer
 *          + 4, 5  prepared headers: peer, chain and fault, then the first, how many, and where the
 * fault is
 *          + 6, 7  a handshake: peer
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/cursor.h"
#include "chain/mine.h"
#include "chain/sync.h"
#include "chain/wire.h"
#include "chain/wire_headers.h"
#include "chain/wire_session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PEERS 4
/** Prepared headers: two chains that part at 1000. */
#define CHAIN 2600
#define FORK 1000
#define BATCH_MAX WIRE_HEADERS_COUNT_MAX
/** Most runs are of short messages, which are a hundred times faster. */
#define SHORT_MAX 20
#define RECORDS_MAX 65536
/** More steps say nothing new. */
#define STEPS_MAX 64

/* What is stored: the header file's place. Only what the tree has was written. */
static uint8_t records[RECORDS_MAX][HEADER_SIZE];
static uint8_t prepared[2][CHAIN + 1][HEADER_SIZE];
static uint8_t payload[WIRE_FRAME_SIZE + WIRE_HEADERS_MAX];

struct harness {
    struct tree *tree;
    struct accept *accept;
    struct sync *sync;
    struct instant now;
    uint64_t random;
    bool disk_full;
    bool full_messages;
    struct {
        sync_peer_id id;
        bool open;
        bool closing;
    } peers[PEERS];
    sync_peer_id next_id;
};

static void prepare(void)
{
    const struct params *params = params_get(NETWORK_TIDENET);

    if (prepared[0][0][0] != 0)
        return;
    for (unsigned which = 0; which < 2; which++) {
        struct context context;

        context_genesis(&context, params);
        memcpy(prepared[which][0], params->genesis, HEADER_SIZE);
        for (uint32_t height = 1; height <= CHAIN; height++) {
            struct header header = {.merkle_root.bytes = {height > FORK ? (uint8_t)which : 9}};
            struct hash256 hash;
            bool mined = mine_child(&header, &hash, params, &context, context.time + 600);

            assert(mined);
            (void)mined;
            context_advance(&context, params, &header, &hash);
            header_encode(prepared[which][height], &header);
        }
    }
}

/* ---- callbacks ---- */

static bool read_record(void *context, uint8_t raw[HEADER_SIZE], uint32_t index)
{
    (void)context;
    memcpy(raw, records[index], HEADER_SIZE);
    return true;
}

static bool each(void *context, const struct judgement *judgement, const struct header *header,
                 const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                 uint32_t height)
{
    (void)context;
    (void)header;
    (void)hash;
    (void)height;
    if (judgement->verdict == VERDICT_VALID) {
        assert(index < RECORDS_MAX);
        memcpy(records[index], raw, HEADER_SIZE);
    }
    return true;
}

static unsigned by_id(const struct harness *harness, sync_peer_id id)
{
    for (unsigned i = 0; i < PEERS; i++) {
        if (harness->peers[i].open && harness->peers[i].id == id)
            return i;
    }
    abort();
}

static void on_send(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len)
{
    struct harness *harness = context;
    struct wire_frame frame;
    bool well_formed = wire_frame_decode(&frame, bytes);

    assert(!harness->peers[by_id(harness, peer)].closing);
    assert(well_formed && frame.length + WIRE_FRAME_SIZE == len);
    (void)well_formed;
    (void)len;
}

static void on_disconnect(void *context, sync_peer_id peer, enum sync_disconnect reason,
                          const char *detail)
{
    struct harness *harness = context;
    unsigned i = by_id(harness, peer);

    assert(!harness->peers[i].closing);
    assert(reason != SYNC_DISCONNECT_NONE && strlen(detail) < 160);
    (void)reason;
    (void)detail;
    harness->peers[i].closing = true;
}

static struct accept_result on_accept(void *context, const struct sync_batch *batch)
{
    struct harness *harness = context;
    uint32_t before = tree_count(harness->tree);
    const struct accept_options options = {
        .now = harness->now.wall_ms / 1000,
        .stop_at_invalid = true,
        .minimum_work = batch->minimum_work,
        .each = each,
        .each_context = harness,
    };

    if (harness->disk_full || before + batch->count > RECORDS_MAX) {
        if (before + batch->count <= RECORDS_MAX) {
            (void)accept_headers(harness->accept, &options, batch->raw, batch->stride,
                                 batch->count);
            tree_truncate(harness->tree, before);
            accept_reset(harness->accept);
        }
        return (struct accept_result){.last_index = TREE_NONE, .fault = true};
    }
    return accept_headers(harness->accept, &options, batch->raw, batch->stride, batch->count);
}

static void on_announced(void *context, const struct sync_announcement *announcement)
{
    struct harness *harness = context;

    assert(sync_is_synced(harness->sync));
    assert(tree_find(harness->tree, &announcement->hash, NULL) != TREE_NONE);
    (void)harness;
    (void)announcement;
}

static void on_ready(void *context, sync_peer_id peer)
{
    (void)by_id(context, peer);
}

static void on_addresses(void *context, sync_peer_id peer, const struct netaddr *addresses,
                         const uint64_t *services, const uint32_t *last_seen, size_t count)
{
    (void)by_id(context, peer);
    (void)services;
    (void)last_seen;
    for (size_t i = 0; i < count; i++)
        assert(netaddr_length(addresses[i].network) > 0);
    (void)addresses;
}

static void on_synced(void *context, struct instant now)
{
    (void)context;
    (void)now;
}

static void on_clock_suspect(void *context, int64_t seconds)
{
    (void)context;
    assert(seconds > 0);
    (void)seconds;
}

static uint64_t on_random(void *context)
{
    struct harness *harness = context;

    harness->random = harness->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return harness->random ^ harness->random >> 29;
}

/* ---- steps ---- */

static void wake(struct harness *harness)
{
    int64_t next = sync_wake(harness->sync, harness->now);

    for (unsigned i = 0; i < PEERS; i++) {
        if (harness->peers[i].open && harness->peers[i].closing) {
            sync_peer_closed(harness->sync, harness->peers[i].id, harness->now);
            harness->peers[i].open = false;
        }
    }
    assert(sync_wake(harness->sync, harness->now) > harness->now.mono_ms);
    (void)next;
    for (size_t i = 0; i < sync_peer_count(harness->sync); i++)
        (void)sync_peer_info_at(harness->sync, i);
    (void)sync_progress(harness->sync);
    (void)sync_groups_agreeing(harness->sync);
}

static void open_peer(struct harness *harness, unsigned i)
{
    struct netaddr address = {
        .network = NETADDR_IPV4, .bytes = {8, (uint8_t)i, 0, 1}, .port = 18999};
    enum sync_peer_kind kind = i == 0 ? SYNC_PEER_MANUAL : SYNC_PEER_OUTBOUND;

    harness->peers[i].id = harness->next_id++;
    harness->peers[i].open = true;
    harness->peers[i].closing = false;
    if (!sync_peer_connected(harness->sync, harness->peers[i].id, &address, kind, harness->now))
        abort();
}

static void bytes_from(struct harness *harness, unsigned peer, const uint8_t *bytes, size_t len)
{
    if (!harness->peers[peer].open)
        open_peer(harness, peer);
    if (!harness->peers[peer].closing)
        sync_peer_bytes(harness->sync, harness->peers[peer].id, bytes, len, harness->now);
    wake(harness);
}

/* The message's payload stands in payload after the frame. */
static void message_from(struct harness *harness, unsigned peer, enum wire_type type, size_t len)
{
    bytes_from(harness, peer, payload,
               wire_seal(payload, tree_params(harness->tree)->magic, type, len));
}

static void handshake(struct harness *harness, unsigned peer)
{
    struct writer writer = writer_of(payload + WIRE_FRAME_SIZE, WIRE_VERSION_MAX);
    struct wire_version version = {.version = 70016, .services = 9, .nonce = 1 + peer};

    wire_version_put(&writer, &version);
    message_from(harness, peer, WIRE_VERSION, writer.used);
    message_from(harness, peer, WIRE_VERACK, 0);
}

static void message_step(struct harness *harness, uint8_t opcode, struct cursor *input)
{
    size_t len = cursor_u16(input);
    const uint8_t *bytes;

    if (len > input->left)
        len = input->left;
    bytes = cursor_take(input, len);
    if (bytes == NULL || (opcode & 15) == 0 || (opcode & 15) >= WIRE_TYPE_COUNT)
        return;
    if (len > 0)
        memcpy(payload + WIRE_FRAME_SIZE, bytes, len);
    message_from(harness, opcode >> 4 & 3, (enum wire_type)(opcode & 15), len);
}

static void raw_step(struct harness *harness, struct cursor *input)
{
    unsigned peer = cursor_u8(input) % PEERS;
    size_t len = cursor_u16(input);
    const uint8_t *bytes;

    if (len > input->left)
        len = input->left;
    bytes = cursor_take(input, len);
    if (bytes != NULL)
        bytes_from(harness, peer, bytes, len);
}

/* Headers first .. first + count - 1 of a prepared chain, with a fault perhaps. */
static void headers_step(struct harness *harness, struct cursor *input)
{
    unsigned peer = cursor_u8(input);
    size_t first = cursor_u16(input) % (CHAIN + 1);
    size_t most = harness->full_messages ? BATCH_MAX : SHORT_MAX;
    size_t count = cursor_u16(input) % (most + 1);
    uint16_t fault_at = cursor_u16(input);
    unsigned which = peer >> 2 & 1;
    struct writer writer = writer_of(payload + WIRE_FRAME_SIZE, WIRE_HEADERS_MAX);
    struct wire_headers headers = {.stride = HEADER_SIZE};

    if (count > CHAIN + 1 - first)
        count = CHAIN + 1 - first;
    headers.raw = prepared[which][first];
    headers.count = count;
    wire_headers_put(&writer, &headers);
    assert(!writer.failed);
    if ((peer & 8) != 0 && writer.used > 0)
        payload[WIRE_FRAME_SIZE + fault_at % writer.used] ^= (uint8_t)(1 + (peer >> 4));
    message_from(harness, peer % PEERS, WIRE_HEADERS, writer.used);
}

static void time_step(struct harness *harness, struct cursor *input)
{
    int64_t ms = (int64_t)cursor_u16(input) * 100;

    ms *= cursor_u8(input);
    harness->now.mono_ms += ms;
    harness->now.wall_ms += ms;
    wake(harness);
}

static void step(struct harness *harness, struct cursor *input)
{
    uint8_t opcode = cursor_u8(input);
    unsigned peer;

    if (opcode < 0x80) {
        message_step(harness, opcode, input);
        return;
    }
    switch (opcode & 7) {
    case 0:
        raw_step(harness, input);
        break;
    case 1:
        time_step(harness, input);
        break;
    case 2:
        peer = cursor_u8(input) % PEERS;
        if (harness->peers[peer].open)
            harness->peers[peer].closing = true;
        wake(harness);
        break;
    case 3:
        harness->disk_full = !harness->disk_full;
        if (!harness->disk_full)
            sync_restart(harness->sync, harness->now);
        wake(harness);
        break;
    case 4:
    case 5:
        headers_step(harness, input);
        break;
    default:
        handshake(harness, cursor_u8(input) % PEERS);
        break;
    }
}

static void begin(struct harness *harness, uint8_t flags)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct context genesis;
    struct sync_options options = {
        .params = params,
        .minimum_chain_work = u256_from_u64((flags & 3) * 2300u),
        .work_known = true,
        .manual_expected = (flags & 4) != 0,
        .user_agent = "/fuzz/",
        .relay_addresses = true,
        .callbacks = {.context = harness,
                      .send = on_send,
                      .disconnect = on_disconnect,
                      .accept = on_accept,
                      .announced = on_announced,
                      .ready = on_ready,
                      .addresses = on_addresses,
                      .synced = on_synced,
                      .clock_suspect = on_clock_suspect,
                      .random = on_random},
    };

    /* The clock stands within the chain, so that some headers come from the future. */
    *harness = (struct harness){
        .now = {.wall_ms = INT64_C(1000) * (500000000 + 600 * ((flags & 8) != 0 ? 2300 : CHAIN)),
                .mono_ms = 1},
        .random = flags,
        .full_messages = (flags & 32) != 0,
    };
    memcpy(records[0], params->genesis, HEADER_SIZE);
    context_genesis(&genesis, params);
    harness->tree = tree_new(params, &genesis, params->genesis,
                             (struct tree_source){.context = harness, .read = read_record}, 0);
    harness->accept = accept_new(harness->tree);
    options.tree = harness->tree;
    harness->sync = sync_new(&options, harness->now);
    assert(harness->tree != NULL && harness->accept != NULL && harness->sync != NULL);
    for (unsigned i = 0; i < PEERS; i++) {
        open_peer(harness, i);
        if ((flags & 16) != 0)
            handshake(harness, i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor input = cursor_of(data, size);
    struct harness harness;

    prepare();
    begin(&harness, cursor_u8(&input));
    for (unsigned i = 0; i < STEPS_MAX && cursor_ok(&input) && input.left > 0; i++)
        step(&harness, &input);
    sync_free(harness.sync);
    accept_free(harness.accept);
    tree_free(harness.tree);
    return 0;
}
