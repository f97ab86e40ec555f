// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Scenarios of time: our clock is wrong, is set, and is right again; no verdict depends on it.
 */
#include "config.h"

#include "tests/sim/sim.h"
#include "tests/support/check.h"

/* Nobody was taken for a liar. */
static void assert_no_verdict(struct sim *sim)
{
    ck_assert(!sim_said(sim, "rejected"));
    ck_assert(!sim_said(sim, "disconnected: misbehaved"));
    ck_assert_uint_eq(app_tally(sim->app)->rejected, 0);
}

static void world_with(struct sim *sim, size_t hosts, uint64_t stream)
{
    sim_init(sim, 3000, stream);
    for (size_t i = 0; i < hosts; i++)
        sim_connect_to(sim, sim_add_host(sim));
}

START_TEST(slow_clock_keeps_headers_out_for_a_while)
{
    struct sim sim;
    world_with(&sim, 3, 1);
    sim_set_clock(&sim, -5 * SIM_HOUR);
    sim_start(&sim);
    sim_run(&sim, 10 * SIM_MINUTE);
    /* Two hours are allowed; of five hours of blocks the last three are in our future. */
    ck_assert_uint_gt(sim_height(&sim), 2999 - 20);
    ck_assert_uint_lt(sim_height(&sim), 2999 - 14);
    ck_assert(sim_said(&sim, "our clock is probably wrong"));
    assert_no_verdict(&sim);
    /* Somebody puts it right. */
    sim_set_clock(&sim, 5 * SIM_HOUR);
    sim_run(&sim, 15 * SIM_MINUTE);
    ck_assert(sim_said(&sim, "the clock was set: it jumped ahead by 18000.0 s"));
    ck_assert(sim_at_tip(&sim, &sim.chain));
    assert_no_verdict(&sim);
    struct status status;
    ck_assert(app_status(sim.app, &status));
    ck_assert_int_gt(status.clock.last_jump_ms, 0);
    ck_assert(!status.clock.suspect);
    status_free(&status);
    sim_free(&sim);
}
END_TEST

START_TEST(clock_jumps_while_synced)
{
    struct sim sim;
    world_with(&sim, 2, 2);
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_set_clock(&sim, -10 * SIM_HOUR);
    sim_run(&sim, 2 * SIM_MINUTE);
    ck_assert(sim_said(&sim, "the clock was set: it jumped back by 36000.0 s"));
    ck_assert_uint_eq(sim_height(&sim), 2999);
    sim_set_clock(&sim, 40 * SIM_DAY);
    sim_run(&sim, SIM_HOUR);
    ck_assert_uint_eq(sim_height(&sim), 2999);
    ck_assert_uint_eq(sim_peers(&sim), 2);
    assert_no_verdict(&sim);
    sim_free(&sim);
}
END_TEST

START_TEST(block_from_the_future_comes_in_its_time)
{
    struct sim sim;
    world_with(&sim, 2, 3);
    sim_start(&sim);
    sim_run_synced(&sim);
    chain_extend(&sim.chain, 1, 3 * 3600, 7);
    sim_run(&sim, 40 * SIM_MINUTE);
    ck_assert_uint_eq(sim_height(&sim), 2999);
    assert_no_verdict(&sim);
    sim_run(&sim, 40 * SIM_MINUTE);
    ck_assert_uint_eq(sim_height(&sim), 3000);
    assert_no_verdict(&sim);
    sim_free(&sim);
}
END_TEST

START_TEST(undisciplined_clock_is_seen)
{
    struct sim sim;
    struct status status;
    world_with(&sim, 1, 4);
    sim_start(&sim);
    sim_run(&sim, 2 * SIM_MINUTE);
    sim.clock_synchronized = false;
    sim_run(&sim, 2 * SIM_MINUTE);
    ck_assert(app_status(sim.app, &status));
    ck_assert(status.clock.known && !status.clock.synchronized);
    status_free(&status);
    sim_free(&sim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        slow_clock_keeps_headers_out_for_a_while,
        clock_jumps_while_synced,
        block_from_the_future_comes_in_its_time,
        undisciplined_clock_is_seen,
    };
    return TEST_MAIN("clock", tests);
}
