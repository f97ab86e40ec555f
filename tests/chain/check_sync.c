// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a sync among simulated peers, honest and not, in virtual time, ends where it
 * should, closes whom it should and keeps nothing that it should not.
 */
#include "config.h"

#include "chain/mine.h"
#include "chain/presync.h"
#include "chain/wire_addr.h"
#include "tests/support/check.h"
#include "tests/support/world.h"

#include <string.h>

#define MINUTE ((int64_t)60 * 1000)

static const struct params *tidenet(void)
{
    return params_get(NETWORK_TIDENET);
}

/* A world whose clock stands a minute after the chain's last block. */
static void begin(struct world *world, const struct chain *chain, size_t manual, uint64_t stream)
{
    const struct world_options options = {
        .params = tidenet(),
        .manual_expected = manual,
        .start_s = (int64_t)chain->context.time + 60,
    };

    world_init(world, &options, stream);
}

static void make_chain(struct chain *chain, size_t count, uint32_t spacing)
{
    chain_init(chain, tidenet());
    chain_extend(chain, count, spacing, 1);
}

/* Work of a chain of count headers at tidenet's limit. */
static struct u256 work_of(const struct chain *chain)
{
    return chain->context.chainwork;
}

START_TEST(test_initial_sync)
{
    struct chain chain;
    struct world world;
    struct remote *first;
    size_t served = 0;

    make_chain(&chain, 9000, 600);
    begin(&world, &chain, 0, 1);
    for (int i = 0; i < 8; i++)
        world_connect(&world, &chain, SYNC_PEER_OUTBOUND, i);
    first = &world.remotes[0];
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 9000);
    ck_assert_uint_eq(world.synced, 1);
    ck_assert(sync_is_synced(world.sync));
    ck_assert_uint_eq(sync_groups_agreeing(world.sync), 8);
    ck_assert_uint_eq(world.ready, 8);
    ck_assert_uint_eq(world.announced, 0);
    ck_assert_int_eq(world.last_how, SYNC_HOW_FETCHED);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_int_eq(world.remotes[i].end, SYNC_DISCONNECT_NONE);
        served += world.remotes[i].served;
    }
    /* The chain once, and the first message of each. */
    ck_assert_uint_le(served, 9000 + 8 * 2000 + 8);
    ck_assert_uint_eq(first->sent[WIRE_SENDADDRV2], 1);
    ck_assert_uint_eq(first->sent[WIRE_VERACK], 1);
    ck_assert_uint_eq(first->sent[WIRE_SENDHEADERS], 1);
    ck_assert_uint_eq(first->sent[WIRE_GETADDR], 0);
    ck_assert_str_eq(world_info(&world, first).state, "synced");
    ck_assert_uint_eq(world_info(&world, first).tip_height, 9000);
    ck_assert_str_eq(world_info(&world, first).user_agent, "/remote:1.0/");
    world_free(&world);
    chain_free(&chain);
}
END_TEST

START_TEST(test_byte_by_byte)
{
    struct chain chain;
    struct world world;

    make_chain(&chain, 50, 600);
    begin(&world, &chain, 1, 2);
    world.trickle = true;
    world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 50);
    ck_assert_uint_eq(world.synced, 1);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* One group is not enough, two are; a manual peer alone is enough where it is all there is. */
START_TEST(test_synced_latch)
{
    struct chain chain;
    struct world world;

    make_chain(&chain, 2500, 600);
    begin(&world, &chain, 0, 3);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_run(&world, 5 * MINUTE);
    ck_assert_uint_eq(world_height(&world), 2500);
    ck_assert_uint_eq(world.synced, 0);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    world_settle(&world);
    ck_assert_uint_eq(world.synced, 1);
    world_free(&world);

    begin(&world, &chain, 2, 3);
    world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    world_settle(&world);
    ck_assert_uint_eq(world.synced, 0);
    world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    world_settle(&world);
    ck_assert_uint_eq(world.synced, 1);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* Both have genesis only, and the peer sends no empty headers. */
START_TEST(test_nothing_to_sync)
{
    struct chain chain;
    struct world world;
    struct remote *remote;

    make_chain(&chain, 0, 600);
    begin(&world, &chain, 1, 4);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    remote->no_empty = true;
    world_run(&world, 30 * MINUTE);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.synced, 1);
    ck_assert_uint_ge(remote->pings, 10);
    world_free(&world);

    /* The same where we have more than the peer. */
    chain_extend(&chain, 100, 600, 1);
    begin(&world, &chain, 2, 4);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    world_settle(&world);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    remote->height = 90;
    remote->no_empty = true;
    world_run(&world, 30 * MINUTE);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.synced, 1);
    ck_assert_uint_eq(world_info(&world, remote).tip_height, 90);
    world_free(&world);
    chain_free(&chain);

    /* And where a message that was full was the last. */
    make_chain(&chain, WIRE_HEADERS_COUNT_MAX, 600);
    begin(&world, &chain, 1, 4);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    remote->no_empty = true;
    world_run(&world, 30 * MINUTE);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.synced, 1);
    ck_assert_uint_eq(world_info(&world, remote).tip_height, WIRE_HEADERS_COUNT_MAX);
    world_free(&world);

    /* But not where it had spoken of more. */
    begin(&world, &chain, 1, 4);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, -1);
    remote->claims = WIRE_HEADERS_COUNT_MAX + 1;
    remote->no_empty = true;
    world_run(&world, 30 * MINUTE);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_STALLED);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

START_TEST(test_announcements_and_reorg)
{
    struct chain chain;
    struct chain other;
    struct world world;
    struct remote *a;
    struct remote *b;

    make_chain(&chain, 300, 600);
    chain_fork(&other, &chain, 298);
    begin(&world, &chain, 2, 5);
    a = world_connect(&world, &chain, SYNC_PEER_MANUAL, 1);
    b = world_connect(&world, &chain, SYNC_PEER_MANUAL, 2);
    world_settle(&world);
    ck_assert(sync_is_synced(world.sync));

    chain_extend(&chain, 1, 600, 1);
    remote_headers(a, &chain, 301, 301);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 301);
    ck_assert_uint_eq(world.announced, 1);
    ck_assert_int_eq(world.last_how, SYNC_HOW_HEADERS);
    ck_assert(world.announcements[0].peer == a->id);
    ck_assert_int_eq(world.announcements[0].how, SYNC_HOW_HEADERS);
    ck_assert(hash256_equal(&world.announcements[0].hash, &chain.hashes[301]));
    ck_assert_uint_eq(sync_groups_agreeing(world.sync), 1);

    /* The other one too, and again: once counts. */
    remote_headers(b, &chain, 301, 301);
    remote_headers(b, &chain, 301, 301);
    world_settle(&world);
    ck_assert_uint_eq(world.announced, 2);
    ck_assert_uint_eq(sync_groups_agreeing(world.sync), 2);

    /* A branch from 298 overtakes; it is announced by inv, and the time of the inv counts. */
    chain_extend(&other, 4, 600, 2);
    b->chain = &other;
    b->height = 302;
    b->mute = true;
    remote_inv(b, &other.hashes[302]);
    world_settle(&world);
    ck_assert_uint_eq(world.announced, 2);
    world.now.wall_ms += 5000;
    world.now.mono_ms += 5000;
    remote_headers(b, &other, 299, 302);
    world_settle(&world);
    ck_assert(world_at(&world, &other, 302));
    ck_assert_uint_eq(tree_tip_count(world.tree), 2);
    ck_assert_int_eq(world.last_how, SYNC_HOW_INV);
    ck_assert_uint_eq(world.announced, 3);
    ck_assert_int_eq(world.announcements[2].how, SYNC_HOW_INV);
    ck_assert(world.announcements[2].when.wall_ms == world.now.wall_ms - 5000);
    ck_assert_int_eq(b->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
    chain_free(&other);
}
END_TEST

/* A downloader falls silent in the middle: another takes over. */
START_TEST(test_stall_and_replacement)
{
    struct chain chain;
    struct world world;
    struct remote *slow;
    struct remote *good;

    make_chain(&chain, 9000, 600);
    begin(&world, &chain, 0, 6);
    slow = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    slow->second = &chain;
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 9000);
    world_free(&world);

    begin(&world, &chain, 0, 6);
    slow = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    while (slow->asked == 0) {
        slow->height = 2000; /* one full message, and then silence */
        world_settle(&world);
    }
    slow->no_headers = true;
    good = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    world_settle(&world);
    world_run(&world, 3 * MINUTE);
    ck_assert_uint_eq(world_height(&world), 9000);
    ck_assert_int_eq(good->end, SYNC_DISCONNECT_NONE);
    world_free(&world);

    /* It never answers at all, and is gone after two minutes. */
    begin(&world, &chain, 0, 6);
    slow = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    slow->no_headers = true;
    world_run(&world, MINUTE);
    ck_assert_int_eq(slow->end, SYNC_DISCONNECT_NONE);
    world_run(&world, MINUTE + 1000);
    ck_assert_int_eq(slow->end, SYNC_DISCONNECT_STALLED);
    slow = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    slow->mute = true;
    world_run(&world, MINUTE + 1000);
    ck_assert_int_eq(slow->end, SYNC_DISCONNECT_STALLED);
    ck_assert_str_eq(slow->detail, "no handshake");
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* A peer that answers each question with the same headers has nothing more, however full its
 * messages are. */
START_TEST(test_repeater)
{
    struct chain chain;
    struct world world;
    struct remote *repeater;

    make_chain(&chain, 9000, 600);
    begin(&world, &chain, 0, 6);
    repeater = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    repeater->no_headers = true;
    world_settle(&world);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2)->no_headers = true;
    world_settle(&world);
    remote_headers(repeater, &chain, 1, 2000);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 2000);
    remote_headers(repeater, &chain, 1, 2000);
    world_settle(&world);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 3);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 9000);
    ck_assert_int_eq(repeater->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

START_TEST(test_invalid_header)
{
    struct chain chain;
    struct chain bad;
    struct world world;
    struct remote *good;
    struct remote *liar;
    uint8_t *raw;

    make_chain(&chain, 100, 600);
    chain_fork(&bad, &chain, 100);
    chain_extend(&bad, 1, 600, 7);
    begin(&world, &chain, 0, 7);
    good = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    liar = world_connect(&world, &chain, SYNC_PEER_MANUAL, 2);
    world_settle(&world);
    ck_assert(sync_is_synced(world.sync));

    /* Another nonce, until there is no proof of work. */
    raw = bad.records.bytes + 101 * HEADER_SIZE;
    for (;;) {
        struct header header;
        struct hash256 hash;

        raw[76]++;
        header_decode(&header, raw);
        header_hash(&hash, raw);
        if ((hash.bytes[31] & 0x80) != 0)
            break;
    }
    remote_headers(liar, &bad, 101, 101);
    world_settle(&world);
    ck_assert_int_eq(liar->end, SYNC_DISCONNECT_MISBEHAVED);
    ck_assert_msg(strncmp(liar->detail, "high-hash ", 10) == 0, "%s", liar->detail);
    ck_assert_uint_eq(strlen(liar->detail), 10 + 64);
    ck_assert_uint_eq(world_height(&world), 100);
    ck_assert_uint_eq(sync_counters(world.sync).rejected[VERDICT_HIGH_HASH], 1);
    ck_assert_int_eq(good->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
    chain_free(&bad);
}
END_TEST

START_TEST(test_unconnecting)
{
    struct chain chain;
    struct chain foreign;
    struct world world;
    struct remote *remote;
    size_t asked;

    make_chain(&chain, 100, 600);
    chain_init(&foreign, tidenet());
    chain_extend(&foreign, 120, 600, 9);
    begin(&world, &chain, 1, 8);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, 1);
    world_settle(&world);
    asked = remote->asked;

    /* The parent is missing: one question brings both, and the announcement counts. */
    chain_extend(&chain, 2, 300, 1);
    remote->height = 102;
    remote_headers(remote, &chain, 102, 102);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 102);
    ck_assert_uint_eq(remote->asked, asked + 1);
    ck_assert_uint_eq(world.announced, 1);
    ck_assert_int_eq(world.announcements[0].how, SYNC_HOW_HEADERS);

    /* Nonsense: a question a minute, no penalty. */
    asked = remote->asked;
    remote->no_empty = true;
    for (size_t i = 0; i < 20; i++) {
        remote_headers(remote, &foreign, 50 + i, 50 + i);
        world_settle(&world);
    }
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(remote->asked, asked + 1);
    ck_assert_uint_eq(sync_counters(world.sync).unconnecting, 21);

    /* Without proof of work it is a lie. */
    foreign.records.bytes[80 * HEADER_SIZE + 75] = 0x1d; /* difficulty 1, more or less */
    remote_headers(remote, &foreign, 80, 80);
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_MISBEHAVED);
    world_free(&world);
    chain_free(&chain);
    chain_free(&foreign);
}
END_TEST

START_TEST(test_future_header)
{
    struct chain chain;
    struct world world;
    struct remote *a;
    struct remote *b;

    make_chain(&chain, 100, 600);
    begin(&world, &chain, 2, 9);
    a = world_connect(&world, &chain, SYNC_PEER_MANUAL, 1);
    b = world_connect(&world, &chain, SYNC_PEER_MANUAL, 2);
    world_settle(&world);
    chain_extend(&chain, 1, 60 + 7200 + 300, 1); /* five minutes too far ahead */
    a->height = b->height = 101;
    remote_headers(a, &chain, 101, 101);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 100);
    ck_assert_int_eq(a->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.future_now, 0);
    remote_headers(b, &chain, 101, 101);
    world_settle(&world);
    ck_assert_uint_eq(world.future_now, 1);
    ck_assert_int_eq(world.future_seconds, 7500);
    ck_assert_uint_eq(sync_counters(world.sync).future_headers, 2);
    world_run(&world, 4 * MINUTE);
    ck_assert_uint_eq(world_height(&world), 100);
    world_run(&world, 2 * MINUTE);
    ck_assert_uint_eq(world_height(&world), 101);
    ck_assert_int_eq(a->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.announced, 0); /* its arrival says nothing any more */
    world_free(&world);
    chain_free(&chain);
}
END_TEST

START_TEST(test_unsuitable_peers)
{
    struct chain chain;
    struct world world;
    struct remote *remote;

    make_chain(&chain, 10, 600);
    begin(&world, &chain, 0, 10);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    remote->echo_nonce = true;
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_SELF);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    remote->services = WIRE_NODE_WITNESS;
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_UNSUITABLE);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    remote->version = 70000;
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_UNSUITABLE);
    remote = world_connect(&world, &chain, SYNC_PEER_FEELER, 1);
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_FEELER_DONE);
    ck_assert_uint_eq(remote->asked, 0);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    remote->services = WIRE_NODE_NETWORK_LIMITED;
    remote->version = 70011;
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(remote->sent[WIRE_SENDADDRV2], 0);
    ck_assert_uint_eq(remote->sent[WIRE_SENDHEADERS], 0);
    ck_assert_uint_eq(world_height(&world), 10);
    ck_assert_uint_eq(world.ready, 2);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* A peer that stays at an old tip is asked after 20 minutes and let go after 22. */
START_TEST(test_stale_tip)
{
    struct chain chain;
    struct world world;
    struct remote *good;
    struct remote *old;

    make_chain(&chain, 200, 600);
    begin(&world, &chain, 0, 11);
    good = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    old = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    old->height = 150;
    world_settle(&world);
    ck_assert_uint_eq(world.synced, 1);
    world_run(&world, 19 * MINUTE);
    ck_assert_int_eq(old->end, SYNC_DISCONNECT_NONE);
    world_run(&world, 5 * MINUTE);
    ck_assert_int_eq(old->end, SYNC_DISCONNECT_STALE_TIP);
    ck_assert_int_eq(good->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* The disk is full for a while: nothing is kept, nobody is blamed, and then it goes on. */
START_TEST(test_fault)
{
    struct chain chain;
    struct world world;
    struct remote *remote;
    size_t batches;

    make_chain(&chain, 5000, 600);
    begin(&world, &chain, 1, 12);
    world.disk_full = true;
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, 1);
    world_run(&world, 10 * MINUTE);
    ck_assert_uint_eq(world_height(&world), 0);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    batches = world.batches;
    ck_assert_uint_ge(batches, 10);
    ck_assert_uint_le(batches, 20); /* 1, 2, 4 ... 60, 60 seconds apart */
    world.disk_full = false;
    world_run(&world, MINUTE);
    ck_assert_uint_eq(world_height(&world), 5000);
    ck_assert_uint_eq(world.synced, 1);
    world.disk_full = true;
    chain_extend(&chain, 1, 600, 1);
    remote->height = 5001;
    remote_headers(remote, &chain, 5001, 5001);
    world_settle(&world);
    world.disk_full = false;
    sync_restart(world.sync, world.now);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 5001);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

static void begin_with_minimum(struct world *world, const struct chain *chain, struct u256 work,
                               uint64_t stream)
{
    const struct world_options options = {
        .params = tidenet(),
        .minimum_chain_work = work,
        .start_s = (int64_t)chain->context.time + 60,
    };

    world_init(world, &options, stream);
}

/* Enough work, so much that headers are released while the redownload goes on. */
START_TEST(test_presync)
{
    struct chain chain;
    struct world world;

    make_chain(&chain, PRESYNC_LOOKAHEAD + 9000, 600);
    begin_with_minimum(&world, &chain, u256_sub(work_of(&chain), u256_from_u64(1000)), 13);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), chain.records.count - 1);
    ck_assert_uint_eq(world.synced, 1);
    ck_assert_uint_eq(sync_counters(world.sync).presync_started, 1);
    ck_assert_uint_eq(sync_counters(world.sync).presync_failed, 0);
    ck_assert_int_eq(world.remotes[0].end, SYNC_DISCONNECT_NONE);
    ck_assert_int_eq(world.remotes[1].end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

START_TEST(test_low_work)
{
    struct chain chain;
    struct chain branch;
    struct world world;
    struct remote *remote;

    make_chain(&chain, 7000, 600);
    begin_with_minimum(&world, &chain, u256_add(work_of(&chain), u256_from_u64(1)), 14);
    for (int i = 0; i < 4; i++)
        world_connect(&world, &chain, SYNC_PEER_OUTBOUND, i);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 0);
    ck_assert_uint_eq(world.batches, 0);
    ck_assert_uint_eq(world.records.count, 1);
    ck_assert_uint_eq(world.synced, 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(world.remotes[i].end, SYNC_DISCONNECT_LOW_WORK);
    ck_assert_uint_eq(sync_counters(world.sync).presync_started, 4);
    ck_assert_uint_eq(sync_counters(world.sync).presync_failed, 4);
    world_free(&world);

    /* Forks from deep below the tip: 1,000 headers and 5,000. */
    begin_with_minimum(&world, &chain, u256_from_u64(0), 14);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 7000);
    chain_fork(&branch, &chain, 2000);
    chain_extend(&branch, 1000, 600, 3);
    remote = world_connect(&world, &branch, SYNC_PEER_MANUAL, 2);
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    remote->height = 2;
    remote_headers(remote, &branch, 2001, 3000);
    world_settle(&world);
    ck_assert_uint_eq(tree_tip_count(world.tree), 1);
    chain_extend(&branch, 3500, 600, 3);
    remote = world_connect(&world, &branch, SYNC_PEER_OUTBOUND, 3);
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_LOW_WORK);
    ck_assert_uint_eq(tree_tip_count(world.tree), 1);
    ck_assert_uint_eq(world.records.count, 7001);
    ck_assert(sync_is_synced(world.sync));
    /* It grows beyond the tip: then it is taken. */
    chain_extend(&branch, 600, 600, 3);
    world.now.wall_ms = ((int64_t)branch.context.time + 60) * 1000;
    remote = world_connect(&world, &branch, SYNC_PEER_OUTBOUND, 4);
    world_settle(&world);
    ck_assert(world_at(&world, &branch, 7100));
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
    chain_free(&branch);
}
END_TEST

/* One chain when counted, another at the redownload. */
START_TEST(test_chain_switch)
{
    struct chain chain;
    struct chain other;
    struct world world;
    struct remote *remote;
    size_t messages = 8; /* full ones until there is enough work */

    make_chain(&chain, 2000 * messages, 600);
    chain_init(&other, tidenet());
    chain_extend(&other, 2000 * messages, 600, 5);
    begin_with_minimum(&world, &chain, work_of(&chain), 15);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    remote->second = &other;
    remote->switch_after = messages;
    world_settle(&world);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_LOW_WORK);
    ck_assert_str_eq(remote->detail, "not the chain that was counted");
    ck_assert_uint_eq(world.records.count, 1);
    world_free(&world);
    chain_free(&chain);
    chain_free(&other);
}
END_TEST

/* An announcement and a question cross: the announcement counts as one, and the question stays
 * open. */
START_TEST(test_crossing)
{
    struct chain chain;
    struct world world;
    struct remote *remote;
    size_t asked;

    make_chain(&chain, 300, 600);
    begin(&world, &chain, 1, 16);
    remote = world_connect(&world, &chain, SYNC_PEER_MANUAL, 1);
    world_settle(&world);
    asked = remote->asked;
    remote->no_headers = true;
    while (remote->asked == asked) /* until it is polled */
        world_run(&world, MINUTE);
    chain_extend(&chain, 1, 600, 1);
    remote_headers(remote, &chain, 301, 301);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 301);
    ck_assert_uint_eq(world.announced, 1);
    ck_assert_int_eq(world.announcements[0].how, SYNC_HOW_HEADERS);
    ck_assert_int_eq(world.last_how, SYNC_HOW_HEADERS);
    remote_headers(remote, &chain, 300, 301); /* the answer */
    world_run(&world, 5 * MINUTE);
    ck_assert_int_eq(remote->end, SYNC_DISCONNECT_NONE);
    ck_assert_uint_eq(world.announced, 1);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* Many offer chains of little work: one is looked at, and honest peers are not kept waiting. */
START_TEST(test_presync_blocks_nobody)
{
    struct chain chain;
    struct chain low;
    struct world world;
    struct remote *honest;
    size_t in_presync = 0;

    make_chain(&chain, 5000, 600);
    chain_fork(&low, &chain, 500);
    chain_extend(&low, 4000, 600, 4);
    begin(&world, &chain, 0, 17);
    honest = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    world_settle(&world);
    ck_assert_uint_eq(world.synced, 1);
    for (int i = 3; i < 11; i++) {
        struct remote *liar = world_connect(&world, &low, SYNC_PEER_OUTBOUND, i);

        world_settle(&world); /* they serve nothing but their first message */
        ck_assert_uint_ge(liar->asked, 1);
    }
    for (size_t i = 2; i < world.remote_count; i++)
        ck_assert_int_eq(world.remotes[i].end, SYNC_DISCONNECT_LOW_WORK);
    for (int i = 11; i < 15; i++) {
        struct remote *liar = world_connect(&world, &low, SYNC_PEER_MANUAL, i);

        liar->no_headers = true;
        world_settle(&world);
        remote_headers(liar, &low, 501, 2500);
        world_settle(&world);
        ck_assert_int_eq(liar->end, SYNC_DISCONNECT_NONE);
        in_presync += strcmp(world_info(&world, liar).state, "presync") == 0;
    }
    ck_assert_uint_eq(in_presync, 1);
    ck_assert(sync_progress(world.sync).presync);
    /* Months pass while one of them holds its presync, and an honest peer has 4,000 blocks more. */
    chain_extend(&chain, 4000, 600, 1);
    world.now.wall_ms = ((int64_t)chain.context.time + 60) * 1000;
    honest->height = 9000;
    remote_inv(honest, &chain.hashes[9000]);
    world_settle(&world);
    ck_assert(world_at(&world, &chain, 9000));
    ck_assert_int_eq(world.last_how, SYNC_HOW_FETCHED);
    world_free(&world);
    chain_free(&chain);
    chain_free(&low);
}
END_TEST

/* One peer's announcement can't be kept while another one downloads: both go on afterwards. */
START_TEST(test_fault_during_download)
{
    struct chain chain;
    struct world world;
    struct remote *a;
    struct remote *b;

    make_chain(&chain, 9000, 600);
    begin(&world, &chain, 0, 18);
    a = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    b = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 2);
    a->height = b->height = 3000;
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 3000);
    a->height = b->height = 9000;
    a->no_headers = true;
    remote_headers(a, &chain, 3001, 5000); /* it is asked for more, and the question is open */
    world_settle(&world);
    ck_assert_str_eq(world_info(&world, a).state, "syncing");
    world.disk_full = true;
    remote_headers(b, &chain, 5001, 5002);
    world_settle(&world);
    remote_headers(a, &chain, 5001, 7000);
    world_settle(&world);
    ck_assert_uint_eq(world_height(&world), 5000);
    world.disk_full = false;
    a->no_headers = false;
    world_run(&world, 10 * 1000);
    ck_assert_uint_eq(world_height(&world), 9000);
    ck_assert_int_eq(a->end, SYNC_DISCONNECT_NONE);
    ck_assert_int_eq(b->end, SYNC_DISCONNECT_NONE);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* As many addresses as Core takes: 1,000 at once, more only as the answer to getaddr, then one
 * every ten seconds. */
START_TEST(test_addresses)
{
    const struct world_options options = {
        .params = tidenet(), .relay_addresses = true, .start_s = 500000060};
    static struct wire_addresses addresses;
    static uint8_t payload[WIRE_ADDRV2_MAX];
    struct writer writer = writer_of(payload, sizeof(payload));
    struct chain chain;
    struct world world;
    struct remote *remote;

    addresses.count = WIRE_ADDR_COUNT_MAX;
    for (size_t i = 0; i < addresses.count; i++)
        addresses.address[i] =
            (struct netaddr){.network = NETADDR_IPV4, .bytes = {8, 8, 8, 8}, .port = 8333};
    wire_addrv2_put(&writer, &addresses);
    make_chain(&chain, 0, 600);
    world_init(&world, &options, 19);
    remote = world_connect(&world, &chain, SYNC_PEER_OUTBOUND, 1);
    world_settle(&world);
    ck_assert_uint_eq(remote->sent[WIRE_GETADDR], 1);
    for (size_t i = 0; i < 5; i++)
        remote_message(remote, WIRE_ADDRV2, payload, writer.used);
    world_settle(&world);
    ck_assert_uint_eq(world.addresses, 1001);
    world_run(&world, 5 * MINUTE);
    remote_message(remote, WIRE_ADDRV2, payload, writer.used);
    world_settle(&world);
    ck_assert_uint_eq(world.addresses, 1031);
    world_free(&world);
    chain_free(&chain);
}
END_TEST

/* ---- random worlds ---- */

#define CHAINS 3
#define EVENTS 60

/* Three chains that part near their ends, in one world. */
struct struggle {
    struct chain chains[CHAINS];
    struct world world;
    struct test_random random;
};

static uint32_t pick(struct struggle *struggle, uint32_t bound)
{
    return test_random_below(&struggle->random, bound);
}

static void open_struggle(struct struggle *struggle, uint64_t stream)
{
    struggle->random = test_random_init(test_seed(), stream);
    make_chain(&struggle->chains[0], 50 + pick(struggle, 4500), 600);
    for (uint32_t i = 1; i < CHAINS; i++) {
        size_t tip = struggle->chains[0].records.count - 1;

        chain_fork(&struggle->chains[i], &struggle->chains[0], tip - pick(struggle, 40));
        chain_extend(&struggle->chains[i], pick(struggle, 40), 600, 10 + i);
    }
    begin(&struggle->world, &struggle->chains[0], 0, stream);
    struggle->world.now.wall_ms += (int64_t)40 * 600 * 1000; /* later than the end of any */
}

static void join(struct struggle *struggle)
{
    struct world *world = &struggle->world;
    const struct chain *chain = &struggle->chains[pick(struggle, CHAINS)];
    enum sync_peer_kind kind = pick(struggle, 3) == 0 ? SYNC_PEER_MANUAL : SYNC_PEER_OUTBOUND;
    struct remote *remote;

    if (world->remote_count == WORLD_REMOTES)
        return;
    remote = world_connect(world, chain, kind, (int)pick(struggle, 5));
    remote->no_empty = pick(struggle, 2) == 0;
    if (pick(struggle, 4) == 0) /* it is behind */
        remote->height -= pick(struggle, 20);
}

/* Blocks are found on one of the chains, and its peers speak of them each in its own way. */
static void find_blocks(struct struggle *struggle)
{
    struct world *world = &struggle->world;
    struct chain *chain = &struggle->chains[pick(struggle, CHAINS)];
    size_t before = chain->records.count - 1;
    size_t tip;
    int64_t ahead;

    chain_extend(chain, 1 + pick(struggle, 3), 600, 20 + pick(struggle, 1000));
    tip = chain->records.count - 1;
    ahead = (int64_t)chain->context.time * 1000 - world->now.wall_ms;
    if (ahead > 0)
        world_run(world, ahead);
    for (size_t i = 0; i < world->remote_count; i++) {
        struct remote *remote = &world->remotes[i];

        if (!remote->open || remote->chain != chain || remote->height != before ||
            pick(struggle, 8) == 0)
            continue;
        remote->height = tip;
        if (pick(struggle, 3) == 0)
            remote_inv(remote, &chain->hashes[tip]);
        else if (pick(struggle, 2) == 0)
            remote_headers(remote, chain, tip, tip);
        else if (pick(struggle, 4) > 0) /* else it keeps quiet */
            remote_headers(remote, chain, before + 1, tip);
    }
}

static void happen(struct struggle *struggle)
{
    struct world *world = &struggle->world;
    uint32_t what = pick(struggle, 10);

    if (what < 2)
        join(struggle);
    else if (what < 6)
        find_blocks(struggle);
    else if (what == 6 && world->remote_count > 0)
        remote_close(&world->remotes[pick(struggle, (uint32_t)world->remote_count)]);
    else if (what == 7)
        world->disk_full = pick(struggle, 3) == 0;
    else
        world_run(world, (int64_t)pick(struggle, 20 * 60) * 1000);
    world_settle(world);
}

/* The tip is as good as that of every peer that is still there; nobody was blamed. */
static void judge(struct struggle *struggle)
{
    struct world *world = &struggle->world;
    struct u256 work = tree_chainwork(world->tree, tree_best(world->tree));

    for (size_t i = 0; i < world->remote_count; i++) {
        const struct remote *remote = &world->remotes[i];
        uint32_t index = tree_find(world->tree, &remote->chain->hashes[remote->height], NULL);

        ck_assert_msg(remote->end == SYNC_DISCONNECT_NONE ||
                          remote->end == SYNC_DISCONNECT_STALE_TIP,
                      "%s: %s", sync_disconnect_name(remote->end), remote->detail);
        if (!remote->open)
            continue;
        ck_assert_uint_ne(index, TREE_NONE);
        ck_assert_int_le(u256_cmp(tree_chainwork(world->tree, index), work), 0);
    }
    for (size_t i = 0; i < world->announced && i < 256; i++) {
        for (size_t j = 0; j < i; j++)
            ck_assert(world->announcements[i].peer != world->announcements[j].peer ||
                      !hash256_equal(&world->announcements[i].hash, &world->announcements[j].hash));
    }
}

/* Forks, silence, faults, comings and goings, all honest: it always ends at the most work. */
START_TEST(test_random_worlds)
{
    size_t rounds = test_rounds("HASHTIDE_WORLDS", 25);
    static struct struggle struggle;
    size_t announced = 0;

    for (size_t round = 0; round < rounds; round++) {
        open_struggle(&struggle, 100 + round);
        for (size_t i = 0; i < EVENTS; i++)
            happen(&struggle);
        struggle.world.disk_full = false;
        world_run(&struggle.world, 60 * MINUTE);
        judge(&struggle);
        announced += struggle.world.announced;
        world_free(&struggle.world);
        for (size_t i = 0; i < CHAINS; i++)
            chain_free(&struggle.chains[i]);
    }
    ck_assert_uint_ge(announced, rounds); /* or nothing was tested */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_initial_sync,
        test_byte_by_byte,
        test_synced_latch,
        test_nothing_to_sync,
        test_announcements_and_reorg,
        test_stall_and_replacement,
        test_repeater,
        test_invalid_header,
        test_unconnecting,
        test_future_header,
        test_unsuitable_peers,
        test_stale_tip,
        test_fault,
        test_presync,
        test_low_work,
        test_chain_switch,
        test_crossing,
        test_presync_blocks_nobody,
        test_fault_during_download,
        test_addresses,
        test_random_worlds,
    };

    return TEST_MAIN("sync", tests);
}
