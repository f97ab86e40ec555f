// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * world: see world.h.
 */
#include "config.h"

#include "tests/support/world.h"

#include "chain/mine.h"
#include "chain/peer.h"
#include "chain/wire_inv.h"
#include "chain/wire_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *block, size_t size)
{
    void *grown = realloc(block, size);

    if (grown == NULL)
        grown =
            realloc(block, size); /* a test lets single allocations fail: not those of the test */
    if (grown == NULL)
        abort();
    return grown;
}

/* ---- chains ---- */

static void keep(struct chain *chain, const struct header *header, const struct hash256 *hash)
{
    uint8_t raw[HEADER_SIZE];
    size_t count = chain->records.count;

    header_encode(raw, header);
    if ((count & (count - 1)) == 0) /* a power of two: full */
        chain->hashes = grow(chain->hashes, (2 * count + 1) * sizeof(*chain->hashes));
    chain->hashes[count] = *hash;
    records_append(&chain->records, raw);
}

void chain_init(struct chain *chain, const struct params *params)
{
    struct header genesis;

    *chain = (struct chain){.params = params};
    header_decode(&genesis, params->genesis);
    keep(chain, &genesis, &params->genesis_hash);
    context_genesis(&chain->context, params);
}

void chain_extend(struct chain *chain, size_t count, uint32_t spacing, uint32_t tag)
{
    for (size_t i = 0; i < count; i++) {
        struct header header = {0};
        struct hash256 hash;

        memcpy(header.merkle_root.bytes, &tag, sizeof(tag));
        if (!mine_child(&header, &hash, chain->params, &chain->context,
                        chain->context.time + spacing))
            abort();
        context_advance(&chain->context, chain->params, &header, &hash);
        keep(chain, &header, &hash);
    }
}

void chain_fork(struct chain *out, const struct chain *chain, size_t height)
{
    chain_init(out, chain->params);
    for (size_t i = 1; i <= height; i++) {
        struct header header;

        header_decode(&header, records_at(&chain->records, i));
        context_advance(&out->context, out->params, &header, &chain->hashes[i]);
        keep(out, &header, &chain->hashes[i]);
    }
}

void chain_free(struct chain *chain)
{
    records_free(&chain->records);
    free(chain->hashes);
    *chain = (struct chain){0};
}

size_t chain_find(const struct chain *chain, const struct hash256 *hash)
{
    for (size_t i = chain->records.count; i-- > 0;) {
        if (hash256_equal(&chain->hashes[i], hash))
            return i;
    }
    return SIZE_MAX;
}

/* ---- what a remote says ---- */

static void append(uint8_t **bytes, size_t *count, size_t *capacity, const void *more, size_t len)
{
    if (*count + len > *capacity) {
        *capacity = 2 * (*count + len);
        *bytes = grow(*bytes, *capacity);
    }
    if (len > 0)
        memcpy(*bytes + *count, more, len);
    *count += len;
}

void remote_bytes(struct remote *remote, const void *bytes, size_t len)
{
    append(&remote->out, &remote->out_count, &remote->out_capacity, bytes, len);
}

void remote_message(struct remote *remote, enum wire_type type, const void *payload, size_t len)
{
    uint8_t *message = grow(NULL, WIRE_FRAME_SIZE + len);

    if (len > 0)
        memcpy(message + WIRE_FRAME_SIZE, payload, len);
    remote_bytes(remote, message,
                 wire_seal(message, tree_params(remote->world->tree)->magic, type, len));
    free(message);
}

void remote_headers(struct remote *remote, const struct chain *chain, size_t first, size_t last)
{
    uint8_t *payload = grow(NULL, WIRE_HEADERS_USUAL_MAX);
    struct writer writer = writer_of(payload, WIRE_HEADERS_USUAL_MAX);
    struct wire_headers headers = {.stride = HEADER_SIZE,
                                   .count = last + 1 > first ? last + 1 - first : 0};

    if (headers.count > 0)
        headers.raw = records_at(&chain->records, first);
    wire_headers_put(&writer, &headers);
    assert(!writer.failed);
    remote_message(remote, WIRE_HEADERS, payload, writer.used);
    remote->served += headers.count;
    free(payload);
}

void remote_inv(struct remote *remote, const struct hash256 *hash)
{
    uint8_t payload[1 + WIRE_INV_ITEM_SIZE];
    struct writer writer = writer_of(payload, sizeof(payload));
    struct wire_inv_item item = {.type = WIRE_INV_BLOCK, .hash = *hash};

    wire_inv_put(&writer, &item, 1);
    remote_message(remote, WIRE_INV, payload, writer.used);
}

void remote_close(struct remote *remote)
{
    if (!remote->open)
        return;
    remote->open = false;
    sync_peer_closed(remote->world->sync, remote->id, remote->world->now);
}

static void say_version(struct remote *remote)
{
    uint8_t payload[WIRE_VERSION_MAX];
    struct writer writer = writer_of(payload, sizeof(payload));
    struct wire_version version = {
        .version = remote->version,
        .services = remote->services,
        .time = remote->world->now.wall_ms / 1000,
        .nonce = remote->echo_nonce ? remote->our_nonce : 0x1234567890u + remote->id,
        .start_height = (int32_t)(remote->claims == SIZE_MAX ? remote->height : remote->claims),
        .relay = true,
    };
    static const char agent[] = "/remote:1.0/";

    memcpy(version.user_agent, agent, sizeof(agent) - 1);
    version.user_agent_length = sizeof(agent) - 1;
    wire_version_put(&writer, &version);
    remote_message(remote, WIRE_VERSION, payload, writer.used);
}

static void answer_getheaders(struct remote *remote, const uint8_t *payload, size_t len)
{
    static struct wire_getheaders ask;
    const struct chain *chain = remote->chain;
    size_t last = remote->height;
    size_t from = 0;

    if (!wire_getheaders_decode(&ask, payload, len))
        abort();
    remote->asked++;
    if (remote->no_headers)
        return;
    if (remote->switch_after != 0 && remote->asked > remote->switch_after) {
        chain = remote->second;
        last = chain->records.count - 1;
    }
    for (size_t i = 0; i < ask.count; i++) {
        size_t found = chain_find(chain, &ask.locator[i]);

        if (found != SIZE_MAX && found <= last) {
            from = found;
            break;
        }
    }
    if (last > from + WIRE_HEADERS_COUNT_MAX)
        last = from + WIRE_HEADERS_COUNT_MAX;
    if (last > from || !remote->no_empty)
        remote_headers(remote, chain, from + 1, last);
}

static void hear(struct remote *remote, const struct wire_frame *frame, const uint8_t *payload)
{
    struct wire_version version;

    remote->sent[frame->type]++;
    if (frame->type == WIRE_VERSION && wire_version_decode(&version, payload, frame->length))
        remote->our_nonce = version.nonce;
    if (remote->mute)
        return;
    if (frame->type == WIRE_VERSION) {
        say_version(remote);
        remote_message(remote, WIRE_VERACK, NULL, 0);
    } else if (frame->type == WIRE_PING) {
        remote->pings++;
        remote_message(remote, WIRE_PONG, payload, frame->length);
    } else if (frame->type == WIRE_GETHEADERS) {
        answer_getheaders(remote, payload, frame->length);
    }
}

/* Handles all complete messages; true if there was one. */
static bool listen_to(struct remote *remote)
{
    size_t at = 0;

    while (remote->in_count - at >= WIRE_FRAME_SIZE) {
        struct wire_frame frame;

        if (!wire_frame_decode(&frame, remote->in + at))
            abort();
        if (remote->in_count - at < WIRE_FRAME_SIZE + frame.length)
            break;
        hear(remote, &frame, remote->in + at + WIRE_FRAME_SIZE);
        at += WIRE_FRAME_SIZE + frame.length;
    }
    if (at > 0)
        memmove(remote->in, remote->in + at, remote->in_count - at);
    remote->in_count -= at;
    return at > 0;
}

/* ---- what sync says ---- */

static struct remote *by_id(struct world *world, sync_peer_id id)
{
    for (size_t i = 0; i < world->remote_count; i++) {
        if (world->remotes[i].id == id)
            return &world->remotes[i];
    }
    abort();
}

static void on_send(void *context, sync_peer_id peer, const uint8_t *bytes, size_t len)
{
    struct remote *remote = by_id(context, peer);

    assert(remote->end == SYNC_DISCONNECT_NONE); /* nothing is sent after a disconnect */
    append(&remote->in, &remote->in_count, &remote->in_capacity, bytes, len);
}

static void on_disconnect(void *context, sync_peer_id peer, enum sync_disconnect reason,
                          const char *detail)
{
    struct remote *remote = by_id(context, peer);

    assert(remote->end == SYNC_DISCONNECT_NONE); /* once */
    remote->end = reason;
    snprintf(remote->detail, sizeof(remote->detail), "%s", detail);
}

static struct accept_result on_accept(void *context, const struct sync_batch *batch)
{
    struct world *world = context;
    uint32_t before = tree_count(world->tree);
    const struct accept_options options = {
        .now = world->now.wall_ms / 1000,
        .stop_at_invalid = true,
        .minimum_work = batch->minimum_work,
        .each = records_each,
        .each_context = &world->records,
    };
    struct accept_result result =
        accept_headers(world->accept, &options, batch->raw, batch->stride, batch->count);

    world->batches++;
    world->last_how = batch->how;
    if (world->disk_full || result.fault) {
        tree_truncate(world->tree, before);
        accept_reset(world->accept);
        world->records.count = before;
        result = (struct accept_result){.last_index = TREE_NONE, .fault = true};
    }
    return result;
}

static void on_announced(void *context, const struct sync_announcement *announcement)
{
    struct world *world = context;

    if (world->announced < sizeof(world->announcements) / sizeof(world->announcements[0]))
        world->announcements[world->announced] = *announcement;
    world->announced++;
}

static void on_ready(void *context, sync_peer_id peer)
{
    struct world *world = context;

    (void)peer;
    world->ready++;
}

static void on_addresses(void *context, sync_peer_id peer, const struct netaddr *addresses,
                         const uint64_t *services, const uint32_t *last_seen, size_t count)
{
    struct world *world = context;

    (void)peer;
    (void)addresses;
    (void)services;
    (void)last_seen;
    world->addresses += count;
}

static void on_synced(void *context, struct instant now)
{
    struct world *world = context;

    (void)now;
    world->synced++;
}

static void on_clock_suspect(void *context, int64_t seconds)
{
    struct world *world = context;

    world->future_now++;
    world->future_seconds = seconds;
}

static uint64_t on_random(void *context)
{
    struct world *world = context;

    return test_random_u64(&world->random);
}

/* ---- the world ---- */

void world_init(struct world *world, const struct world_options *options, uint64_t stream)
{
    struct context genesis;
    struct sync_options sync = {
        .params = options->params,
        .minimum_chain_work = options->minimum_chain_work,
        .work_known = true,
        .manual_expected = options->manual_expected,
        .user_agent = "/hashtide:test/",
        .relay_addresses = options->relay_addresses,
        .timing = options->timing,
        .callbacks = {.context = world,
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

    *world = (struct world){.random = test_random_init(test_seed(), stream)};
    world->now = (struct instant){.wall_ms = options->start_s * 1000, .mono_ms = 1000000};
    context_genesis(&genesis, options->params);
    records_append(&world->records, options->params->genesis);
    world->tree = tree_new(options->params, &genesis, options->params->genesis,
                           records_source(&world->records), 0);
    world->accept = accept_new(world->tree);
    sync.tree = world->tree;
    world->sync = sync_new(&sync, world->now);
    if (world->tree == NULL || world->accept == NULL || world->sync == NULL)
        abort();
}

void world_free(struct world *world)
{
    sync_free(world->sync);
    accept_free(world->accept);
    tree_free(world->tree);
    records_free(&world->records);
    for (size_t i = 0; i < world->remote_count; i++) {
        free(world->remotes[i].in);
        free(world->remotes[i].out);
    }
}

struct remote *world_connect(struct world *world, const struct chain *chain,
                             enum sync_peer_kind kind, int group)
{
    struct remote *remote = &world->remotes[world->remote_count];
    struct netaddr address = {.network = NETADDR_IPV4, .bytes = {127, 0, 0, 1}, .port = 18999};

    assert(world->remote_count < WORLD_REMOTES);
    if (group >= 0) {
        address.bytes[0] = 8;
        address.bytes[1] = (uint8_t)group;
        address.bytes[3] = (uint8_t)(1 + world->remote_count);
    }
    *remote = (struct remote){
        .world = world,
        .id = ++world->next_id + 100,
        .open = true,
        .chain = chain,
        .height = chain->records.count - 1,
        .claims = SIZE_MAX,
        .services = WIRE_NODE_NETWORK | WIRE_NODE_WITNESS,
        .version = PEER_PROTOCOL_VERSION,
    };
    world->remote_count++;
    if (!sync_peer_connected(world->sync, remote->id, &address, kind, world->now)) {
        world->remote_count--;
        return NULL;
    }
    return remote;
}

/* Carries some of a remote's bytes; true if anything moved. */
static bool deliver(struct world *world, struct remote *remote)
{
    size_t count = remote->out_count;

    if (!remote->open)
        return false;
    if (remote->end != SYNC_DISCONNECT_NONE) {
        remote_close(remote);
        return true;
    }
    if (count == 0)
        return false;
    if (world->trickle)
        count = 1;
    else if (test_random_one_in(&world->random, 3))
        count = 1 + test_random_below(&world->random, (uint32_t)count);
    sync_peer_bytes(world->sync, remote->id, remote->out, count, world->now);
    memmove(remote->out, remote->out + count, remote->out_count - count);
    remote->out_count -= count;
    world->next_ms = sync_wake(world->sync, world->now);
    return true;
}

void world_settle(struct world *world)
{
    bool moved = true;

    world->next_ms = sync_wake(world->sync, world->now);
    while (moved) {
        moved = false;
        for (size_t i = 0; i < world->remote_count; i++) {
            struct remote *remote = &world->remotes[i];

            moved = (remote->open && listen_to(remote)) || moved;
            moved = deliver(world, remote) || moved;
        }
    }
    world->next_ms = sync_wake(world->sync, world->now);
}

void world_run(struct world *world, int64_t ms)
{
    int64_t end = world->now.mono_ms + ms;

    world_settle(world);
    while (world->now.mono_ms < end) {
        int64_t to = world->next_ms < end ? world->next_ms : end;

        assert(to > world->now.mono_ms); /* else sync would be woken for ever */
        world->now.wall_ms += to - world->now.mono_ms;
        world->now.mono_ms = to;
        world_settle(world);
    }
}

uint32_t world_height(const struct world *world)
{
    return tree_get(world->tree, tree_best(world->tree)).height;
}

bool world_at(const struct world *world, const struct chain *chain, size_t height)
{
    struct hash256 hash;

    return tree_hash(world->tree, &hash, tree_best(world->tree)) &&
           hash256_equal(&hash, &chain->hashes[height]);
}

struct sync_peer_info world_info(const struct world *world, const struct remote *remote)
{
    for (size_t i = 0; i < sync_peer_count(world->sync); i++) {
        struct sync_peer_info info = sync_peer_info_at(world->sync, i);

        if (info.peer == remote->id)
            return info;
    }
    abort();
}
