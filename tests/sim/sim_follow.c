// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Scenarios of the chain: start, stall, reorg, downtime, and a month of all days.
 */
#include "config.h"

#include "monitor/store/observations.h"
#include "tests/sim/sim.h"
#include "tests/support/check.h"

#include <math.h>

/* A world with hosts that the monitor is told to connect to. */
static void world_with(struct sim *sim, size_t blocks, size_t hosts, uint64_t stream)
{
    sim_init(sim, blocks, stream);
    for (size_t i = 0; i < hosts; i++)
        sim_connect_to(sim, sim_add_host(sim));
}

START_TEST(starts_and_follows)
{
    struct sim sim;
    world_with(&sim, 5000, 3, 1);
    sim.hosts[2].by_inv = true;
    sim_start(&sim);
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert_uint_eq(sim.live_moves, 0);
    ck_assert(sim_said(&sim, "synced: height 4999"));
    for (int i = 0; i < 10; i++) {
        sim_run(&sim, 10 * SIM_MINUTE);
        sim_mine(&sim, &sim.chain);
        sim_run(&sim, SIM_SECOND);
        ck_assert(sim_at_tip(&sim, &sim.chain));
    }
    ck_assert_uint_eq(sim.live_moves, 10);
    ck_assert_uint_eq(sim.deepest.disconnected, 0);
    sim_stop(&sim, false);
    ck_assert_uint_eq(sim_arrivals(&sim), 10);
    sim_free(&sim);
}
END_TEST

START_TEST(stalling_peer_is_left)
{
    struct sim sim;
    world_with(&sim, 5000, 1, 2);
    sim.hosts[0].stalls = true;
    sim_start(&sim);
    sim_run(&sim, SIM_MINUTE);
    ck_assert_uint_eq(sim_height(&sim), 0);
    sim_run(&sim, 30 * SIM_MINUTE);
    ck_assert_uint_gt(sim.hosts[0].accepted, 1);
    ck_assert(!app_is_synced(sim.app));
    /* It comes to its senses. */
    sim.hosts[0].stalls = false;
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    sim_free(&sim);
}
END_TEST

START_TEST(stalling_peer_holds_nobody_up)
{
    struct sim sim;
    world_with(&sim, 5000, 3, 3);
    sim.hosts[0].stalls = true;
    sim.hosts[1].mute = true;
    sim_start(&sim);
    sim_run(&sim, 10 * SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    sim_free(&sim);
}
END_TEST

static bool keep_reorg(void *context, const struct observation_reorg *row)
{
    struct observation_reorg *kept = context;
    *kept = *row;
    return true;
}

START_TEST(reorg_of_three)
{
    struct sim sim;
    struct chain other;
    struct observation_reorg row = {.disconnected = 0};
    char path[128], message[512], peer[128];
    int64_t seen = 0;
    world_with(&sim, 3000, 2, 4);
    sim_start(&sim);
    sim_run_synced(&sim);
    chain_fork(&other, &sim.chain, sim.chain.records.count - 1);
    for (int i = 0; i < 3; i++) {
        sim_run(&sim, 9 * SIM_MINUTE);
        sim_mine(&sim, &sim.chain);
    }
    sim_run(&sim, SIM_MINUTE);
    struct hash256 lost = sim.chain.hashes[sim.chain.records.count - 1];
    /* One host was on another branch all the time, and it wins. */
    sim.hosts[1].chain = &other;
    for (int i = 0; i < 4; i++)
        sim_mine(&sim, &other);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &other));
    ck_assert_uint_eq(sim.deepest.disconnected, 3);
    ck_assert(sim_said(&sim, "reorg: 3 blocks replaced by 4"));
    ck_assert_uint_eq(tree_tip_count(app_tree(sim.app)), 2);

    /* A restart forgets nothing of it. */
    sim_stop(&sim, true);
    sim_start(&sim);
    ck_assert_uint_eq(tree_tip_count(app_tree(sim.app)), 2);
    ck_assert(sim_at_tip(&sim, &other));
    sim_stop(&sim, false);
    struct observations *rows = observations_open(sim_path(&sim, path, "observations.sqlite"), true,
                                                  NULL, message, sizeof message);
    ck_assert_ptr_nonnull(rows);
    ck_assert(observations_each_reorg(rows, keep_reorg, &row));
    ck_assert_uint_eq(row.disconnected, 3);
    ck_assert(row.live);
    ck_assert(observations_branch_seen(rows, &seen, peer, sizeof peer, &lost));
    ck_assert_int_gt(seen, 0);
    observations_close(rows);
    chain_free(&other);
    sim_free(&sim);
}
END_TEST

/* The hash rate of the last 144 blocks as status has it. */
static double rate(struct sim *sim)
{
    struct status status;
    ck_assert(app_status(sim->app, &status));
    double ehs = status.windows[0].ehs;
    ck_assert_int_eq(status.windows[0].status, WINDOW_OK);
    status_free(&status);
    return ehs;
}

START_TEST(day_of_downtime_is_no_jump)
{
    struct sim sim;
    world_with(&sim, 3000, 2, 5);
    sim_start(&sim);
    sim_run_synced(&sim);
    double before = rate(&sim);
    sim_stop(&sim, false);
    /* 144 blocks, ten minutes apart, come to somebody who is not there. */
    for (int i = 0; i < 144; i++) {
        sim_run(&sim, 10 * SIM_MINUTE);
        sim_mine(&sim, &sim.chain);
    }
    sim_start(&sim);
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert_double_lt(fabs(rate(&sim) / before - 1), 0.02);
    ck_assert_uint_eq(sim.live_moves, 0);
    sim_stop(&sim, false);
    ck_assert_uint_eq(sim_arrivals(&sim), 0);
    sim_free(&sim);
}
END_TEST

START_TEST(month_of_all_days)
{
    struct sim sim;
    world_with(&sim, 3000, 3, 6);
    sim.mining = true;
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, 30 * SIM_DAY);
    /* About 4320 blocks; the last may still be under way. */
    ck_assert_uint_gt(sim.chain.records.count, 3000 + 3900);
    ck_assert_uint_le(sim.chain.records.count - 1 - sim_height(&sim), 1);
    ck_assert_uint_eq(sim_peers(&sim), 3);
    ck_assert_uint_eq(sim.deepest.disconnected, 0);
    ck_assert(!sim_said(&sim, "the clock was set"));
    size_t mined = sim.chain.records.count - 3000;
    sim_stop(&sim, false);
    ck_assert_uint_ge(sim_arrivals(&sim), mined - 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(sim.hosts[i].accepted, 1);
    sim_free(&sim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        starts_and_follows, stalling_peer_is_left,      stalling_peer_holds_nobody_up,
        reorg_of_three,     day_of_downtime_is_no_jump, month_of_all_days,
    };
    return TEST_MAIN("follow", tests);
}
