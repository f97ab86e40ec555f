// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Scenarios of the disk: it is full, it has room again; the observations can't be written; the
 * process is killed.
 */
#include "config.h"

#include "tests/sim/sim.h"
#include "tests/support/check.h"

#include <sqlite3.h>

static void world_with(struct sim *sim, size_t hosts, uint64_t stream)
{
    sim_init(sim, 3000, stream);
    for (size_t i = 0; i < hosts; i++)
        sim_connect_to(sim, sim_add_host(sim));
}

static bool in_trouble(struct sim *sim)
{
    struct status status;
    ck_assert(app_status(sim->app, &status));
    bool trouble = status.store.trouble.trouble;
    ck_assert(trouble == (status.store.trouble.text[0] != '\0'));
    status_free(&status);
    return trouble;
}

START_TEST(disk_full_while_syncing)
{
    struct sim sim;
    world_with(&sim, 2, 1);
    sim_start(&sim);
    sim.disk_full = true;
    sim_run(&sim, 20 * SIM_MINUTE);
    ck_assert_uint_eq(sim_height(&sim), 0);
    ck_assert(in_trouble(&sim));
    ck_assert(sim_said(&sim, "disk full"));
    ck_assert(!app_is_synced(sim.app));
    sim.disk_full = false;
    sim_run(&sim, 3 * SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert(!in_trouble(&sim));
    ck_assert(sim_said(&sim, "headers are stored again"));
    sim_free(&sim);
}
END_TEST

START_TEST(disk_full_while_founding)
{
    struct sim sim;
    world_with(&sim, 2, 6);
    sim.settings.anchor =
        (struct settings_anchor){.given = true, .height = 2016, .hash = sim.chain.hashes[2016]};
    sim.disk_full = true;
    sim_start(&sim);
    sim_run(&sim, 5 * SIM_MINUTE);
    ck_assert_ptr_null(app_tree(sim.app));
    ck_assert(sim_said(&sim, "No space left"));
    sim.disk_full = false;
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert_uint_eq(tree_base_height(app_tree(sim.app)), 2016);
    sim_free(&sim);
}
END_TEST

START_TEST(disk_full_while_synced)
{
    struct sim sim;
    world_with(&sim, 2, 2);
    sim.mining = true;
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, 3 * SIM_HOUR);
    uint32_t height = sim_height(&sim);
    sim.disk_full = true;
    sim_run(&sim, SIM_DAY);
    ck_assert_uint_eq(sim_height(&sim), height);
    ck_assert(in_trouble(&sim));
    ck_assert_uint_eq(sim_peers(&sim), 2); /* nobody is blamed */
    sim.mining = false;
    sim.disk_full = false;
    sim_run(&sim, 10 * SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    ck_assert(!in_trouble(&sim));
    sim_free(&sim);
}
END_TEST

START_TEST(observations_wait_for_better_times)
{
    struct sim sim;
    char path[128];
    sqlite3 *holder;
    world_with(&sim, 2, 3);
    sim_start(&sim);
    sim_run_synced(&sim);
    /* Somebody else holds the database: nothing can be written to it. */
    ck_assert_int_eq(sqlite3_open(sim_path(&sim, path, "observations.sqlite"), &holder), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    sim_mine(&sim, &sim.chain);
    sim_run(&sim, 30 * SIM_SECOND);
    ck_assert(sim_at_tip(&sim, &sim.chain)); /* headers don't depend on it */
    ck_assert(in_trouble(&sim));
    ck_assert(sim_said(&sim, "they wait in memory"));
    sqlite3_exec(holder, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(holder);
    sim_run(&sim, 2 * SIM_MINUTE);
    ck_assert(!in_trouble(&sim));
    ck_assert(sim_said(&sim, "observations are written again"));
    sim_stop(&sim, false);
    ck_assert_uint_eq(sim_arrivals(&sim), 1);
    sim_free(&sim);
}
END_TEST

START_TEST(killed_and_started_again)
{
    struct sim sim;
    world_with(&sim, 2, 4);
    sim.mining = true;
    sim_start(&sim);
    for (int i = 0; i < 50; i++) {
        sim_run(&sim, (int64_t)test_random_below(&sim.random, 60) * SIM_MINUTE);
        uint32_t height = sim_height(&sim);
        sim_stop(&sim, test_random_one_in(&sim.random, 2));
        sim_start(&sim);
        ck_assert_uint_eq(sim_height(&sim), height);
    }
    sim.mining = false;
    sim_run_synced(&sim);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    sim_free(&sim);
}
END_TEST

START_TEST(synced_is_durable_at_once)
{
    struct sim sim;
    struct status status;
    world_with(&sim, 2, 5);
    sim_start(&sim);
    sim_run_synced(&sim);
    size_t syncs = sim.syncs;
    for (int i = 0; i < 5; i++) {
        sim_mine(&sim, &sim.chain);
        sim_run(&sim, SIM_SECOND);
        ck_assert(app_status(sim.app, &status));
        ck_assert_uint_eq(status.store.durable, status.store.headers);
        status_free(&status);
    }
    ck_assert_uint_eq(sim.syncs, syncs + 5);
    sim_free(&sim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        disk_full_while_syncing,  disk_full_while_founding,
        disk_full_while_synced,   observations_wait_for_better_times,
        killed_and_started_again, synced_is_durable_at_once,
    };
    return TEST_MAIN("disk", tests);
}
