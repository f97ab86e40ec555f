// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Scenarios of the network: whom the monitor finds, keeps, leaves and tries again.
 */
#include "config.h"

#include "monitor/net/addrbook.h"
#include "monitor/net/textfile.h"
#include "tests/sim/sim.h"
#include "tests/support/check.h"

#include <string.h>

static const char *const seeds[] = {"seed.example", "other.example", NULL};

/* A network of hosts that only seeds and gossip lead to. */
static void network_of(struct sim *sim, size_t hosts, uint64_t stream)
{
    sim_init(sim, 2500, stream);
    sim->params.dns_seeds = seeds;
    sim->seeds_answer = true;
    for (size_t i = 0; i < hosts; i++)
        sim_add_host(sim)->gossips = true;
}

START_TEST(finds_peers_of_distinct_groups)
{
    struct sim sim;
    network_of(&sim, 30, 1);
    /* A neighbour for each of ten hosts, in the same group. */
    for (size_t i = 0; i < 10; i++) {
        struct sim_host *host = sim_add_host(&sim);
        memcpy(host->address.bytes, sim.hosts[i].address.bytes, 2);
    }
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, 5 * SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert_uint_ge(sim_peers(&sim), 8);
    bool seen[256] = {false};
    for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
        if (sim.connections[i].ready) {
            uint8_t group = sim.connections[i].host->address.bytes[1];
            ck_assert(!seen[group]);
            seen[group] = true;
        }
    }
    sim_free(&sim);
}
END_TEST

START_TEST(no_network_is_said_and_tried_again)
{
    struct sim sim;
    network_of(&sim, 3, 2);
    sim.seeds_answer = false;
    sim_start(&sim);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(sim_said(&sim, "no peers: the DNS seeds gave no address"));
    ck_assert_uint_ge(sim.lookups, 4); /* twice two seeds */
    sim_run(&sim, SIM_DAY);
    ck_assert_uint_lt(sim.lookups, 2 * 24 * 12);
    sim.seeds_answer = true;
    sim_run(&sim, 20 * SIM_MINUTE);
    ck_assert(app_is_synced(sim.app));
    sim_free(&sim);
}
END_TEST

START_TEST(liar_is_left_for_a_day)
{
    struct sim sim;
    network_of(&sim, 12, 3);
    sim.hosts[0].forger = true;
    sim_start(&sim);
    sim_run(&sim, 12 * SIM_HOUR);
    ck_assert(app_is_synced(sim.app));
    ck_assert_uint_le(sim.hosts[0].accepted, 1);
    ck_assert_uint_eq(sim_peers(&sim), 8);
    sim_free(&sim);
}
END_TEST

START_TEST(named_liar_is_tried_again)
{
    struct sim sim;
    sim_init(&sim, 2500, 4);
    sim_connect_to(&sim, sim_add_host(&sim));
    sim.hosts[0].forger = true;
    sim_start(&sim);
    sim_run(&sim, 10 * SIM_MINUTE);
    ck_assert_uint_eq(sim_height(&sim), 0);
    /* 1 s, 2 s ... 60 s: about 14 times, and never in a row. */
    ck_assert_uint_ge(sim.hosts[0].accepted, 9);
    ck_assert_uint_le(sim.hosts[0].accepted, 22);
    /* Unless it is being tried at this moment: then it is found out soon. */
    if (app_prospects(sim.app).hopeless == 0)
        sim_run(&sim, 10 * SIM_SECOND);
    ck_assert_uint_eq(app_prospects(sim.app).hopeless, 1);
    sim.hosts[0].forger = false;
    sim_run_synced(&sim);
    ck_assert_uint_eq(app_prospects(sim.app).hopeless, 0);
    sim_free(&sim);
}
END_TEST

START_TEST(named_peer_that_is_away_is_tried_again)
{
    struct sim sim;
    sim_init(&sim, 2500, 5);
    sim_connect_to(&sim, sim_add_host(&sim));
    sim.hosts[0].down = true;
    sim_start(&sim);
    sim_run(&sim, SIM_HOUR);
    ck_assert(sim_said(&sim, "connection refused; trying again in"));
    sim.hosts[0].down = false;
    sim_run(&sim, 2 * SIM_MINUTE);
    ck_assert(app_is_synced(sim.app));
    sim_free(&sim);
}
END_TEST

START_TEST(peers_that_vanish_are_replaced)
{
    struct sim sim;
    network_of(&sim, 24, 6);
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, 5 * SIM_MINUTE);
    ck_assert_uint_ge(sim_peers(&sim), 8);
    /* The first twelve fall silent: only their missing pongs tell. */
    for (size_t i = 0; i < 12; i++)
        sim.hosts[i].mute = true;
    sim_run(&sim, SIM_HOUR);
    size_t alive = 0;
    for (size_t i = 0; i < SIM_CONNECTIONS; i++)
        alive += sim.connections[i].ready && !sim.connections[i].host->mute;
    ck_assert_uint_ge(alive, 7);
    sim_free(&sim);
}
END_TEST

START_TEST(feelers_fill_the_tried_table)
{
    struct sim sim;
    network_of(&sim, 40, 7);
    sim_start(&sim);
    sim_run(&sim, 3 * SIM_HOUR);
    size_t visited = 0;
    for (size_t i = 0; i < 40; i++)
        visited += sim.hosts[i].accepted > 0;
    ck_assert_uint_ge(visited, 25);
    ck_assert_uint_eq(sim_peers(&sim), 8);
    sim_free(&sim);
}
END_TEST

static bool note_ipv6(void *context, const char *line)
{
    size_t *lines = context;
    lines[0]++;
    lines[1] += line[0] == '[';
    return true;
}

START_TEST(book_has_no_room_for_what_is_out_of_reach)
{
    struct sim sim;
    char *ipv4 = (char[]){"ipv4"}, path[128];
    size_t lines[2] = {0};
    network_of(&sim, 30, 12);
    for (uint8_t i = 0; i < 10; i++) {
        sim_add_host(&sim)->address = (struct netaddr){
            .network = NETADDR_IPV6, .bytes = {0x2a, 0x01, i, 1, [15] = 1}, .port = 18999};
    }
    sim.settings.onlynet = (struct settings_list){.items = &ipv4, .count = 1};
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, SIM_MINUTE);
    sim_stop(&sim, false);
    snprintf(path, sizeof path, "%s/peers.dat", sim.directory);
    ck_assert(textfile_read(path, note_ipv6, lines));
    ck_assert_uint_gt(lines[0], 20);
    ck_assert_uint_eq(lines[1], 0);
    sim.settings.onlynet = (struct settings_list){.count = 0}; /* the list is not sim's to free */
    sim_free(&sim);
}
END_TEST

START_TEST(anchors_and_book_outlive_a_restart)
{
    struct sim sim;
    network_of(&sim, 30, 8);
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, SIM_MINUTE);
    sim_stop(&sim, false);
    size_t lookups = sim.lookups;
    size_t before[SIM_HOSTS];
    for (size_t i = 0; i < 30; i++)
        before[i] = sim.hosts[i].accepted;
    sim_start(&sim);
    sim_run(&sim, SIM_SECOND);
    /* The first two that are tried are among those of the last time. */
    size_t again = 0;
    for (size_t i = 0; i < 30; i++)
        again += sim.hosts[i].accepted > before[i] && before[i] > 0;
    ck_assert_uint_ge(again, 1);
    sim_run_synced(&sim);
    ck_assert_uint_eq(sim.lookups, lookups); /* the book was enough */
    sim_free(&sim);
}
END_TEST

START_TEST(anchored_store_is_founded_from_peers)
{
    struct sim sim;
    sim_init(&sim, 5000, 9);
    for (size_t i = 0; i < 2; i++)
        sim_connect_to(&sim, sim_add_host(&sim));
    sim.settings.anchor =
        (struct settings_anchor){.given = true, .height = 2016, .hash = sim.chain.hashes[2016]};
    sim_start(&sim);
    ck_assert_ptr_null(app_tree(sim.app));
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert_uint_eq(tree_base_height(app_tree(sim.app)), 2016);
    ck_assert_uint_eq(sim_height(&sim), 4999);
    sim_free(&sim);
}
END_TEST

START_TEST(reload_changes_named_peers)
{
    struct sim sim;
    sim_init(&sim, 2500, 10);
    for (size_t i = 0; i < 4; i++)
        sim_add_host(&sim);
    sim_connect_to(&sim, &sim.hosts[0]);
    sim_connect_to(&sim, &sim.hosts[1]);
    sim.hosts[1].deaf = true; /* still connecting when it is dropped */
    sim_start(&sim);
    sim_run(&sim, 2 * SIM_SECOND);
    ck_assert_uint_eq(sim_peers(&sim), 1);
    struct settings fresh = sim.settings;
    struct settings_list none = {.count = 0}, kept = sim.settings.connect;
    sim.settings.connect = none;
    sim_connect_to(&sim, &sim.hosts[2]);
    sim_connect_to(&sim, &sim.hosts[3]);
    fresh.connect = sim.settings.connect;
    sim.settings.connect = kept;
    app_reconfigure(sim.app, &fresh);
    sim_run(&sim, SIM_MINUTE);
    ck_assert_uint_eq(sim_peers(&sim), 2);
    ck_assert_uint_eq(sim.hosts[0].accepted, 1);
    ck_assert_uint_eq(sim.hosts[1].accepted, 0);
    ck_assert_uint_eq(sim.hosts[2].accepted, 1);
    ck_assert_uint_eq(sim.hosts[3].accepted, 1);
    ck_assert(app_is_synced(sim.app));
    sim_stop(&sim, false);
    for (size_t i = 0; i < fresh.connect.count; i++)
        free(fresh.connect.items[i]);
    free(fresh.connect.items);
    sim_free(&sim);
}
END_TEST

START_TEST(reload_without_the_absent_peer_syncs)
{
    struct sim sim;
    sim_init(&sim, 2500, 11);
    sim_connect_to(&sim, sim_add_host(&sim));
    sim_connect_to(&sim, sim_add_host(&sim));
    sim.hosts[1].deaf = true;
    sim_start(&sim);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(!app_is_synced(sim.app)); /* one of the two was not heard */
    struct settings fresh = sim.settings;
    fresh.connect.count = 1;
    app_reconfigure(sim.app, &fresh);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(app_is_synced(sim.app));
    sim_free(&sim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        finds_peers_of_distinct_groups,
        no_network_is_said_and_tried_again,
        liar_is_left_for_a_day,
        named_liar_is_tried_again,
        named_peer_that_is_away_is_tried_again,
        peers_that_vanish_are_replaced,
        feelers_fill_the_tried_table,
        book_has_no_room_for_what_is_out_of_reach,
        anchors_and_book_outlive_a_restart,
        anchored_store_is_founded_from_peers,
        reload_changes_named_peers,
        reload_without_the_absent_peer_syncs,
    };
    return TEST_MAIN("peers", tests);
}
