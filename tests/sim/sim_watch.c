// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Scenarios of the hash rate: it falls, and that is written down and said once, whatever happens
 * next: a reorg across the alarm, a restart, a database that cannot be written, other settings. A
 * silence alone says it too.
 *
 * What luck does is the same in each run: that an alarm is raised exactly once is a statement about
 * one course of the world.
 */
#include "config.h"

#include "chain/compact.h"
#include "monitor/store/observations.h"
#include "tests/sim/sim.h"
#include "tests/support/check.h"

#include <sqlite3.h>
#include <string.h>

#define SEED UINT64_C(20240117)
#define BLOCKS 5000
#define FALL 0.6 /* what is left */

/* A synced monitor in a world whose hash rate is steady. */
static void world_with(struct sim *sim, uint64_t stream)
{
    sim_init(sim, BLOCKS, stream);
    sim->random = test_random_init(SEED, stream);
    for (size_t i = 0; i < 2; i++)
        sim_connect_to(sim, sim_add_host(sim));
    sim->settings.false_alarms_per_year = 0.2;
    sim->rate = compact_expected_hashes(sim->chain.context.bits) / 600.0;
    sim->mining = true;
    sim_start(sim);
    sim_run_synced(sim);
    sim_run(sim, 14 * SIM_DAY);
}

/* What the log of alarms holds. */
struct alarms {
    size_t raised, withdrawn, recovered, silent, live, rises;
    struct observation_alarm last;
};

static bool count_alarm(void *context, const struct observation_alarm *row)
{
    struct alarms *alarms = context;
    alarms->raised += row->event == OBSERVATIONS_RAISED;
    alarms->withdrawn += row->event == OBSERVATIONS_WITHDRAWN;
    alarms->recovered += row->event == OBSERVATIONS_RECOVERED;
    alarms->silent += row->event == OBSERVATIONS_RAISED && row->silent;
    alarms->live += row->event == OBSERVATIONS_RAISED && row->live;
    alarms->rises += row->event == OBSERVATIONS_RAISED && row->rise;
    alarms->last = *row;
    return true;
}

static struct alarms read_alarms(const struct sim *sim)
{
    struct alarms alarms = {.raised = 0};
    char path[128], message[512];
    struct observations *rows = observations_open(sim_path(sim, path, "observations.sqlite"), true,
                                                  NULL, message, sizeof message);
    ck_assert_msg(rows != NULL, "%s", message);
    ck_assert(observations_each_alarm(rows, count_alarm, &alarms));
    observations_close(rows);
    return alarms;
}

/* Lets time pass until the fall has been said. */
static void run_until_found(struct sim *sim)
{
    for (int i = 0; i < 6 * 24 * 14 && !sim_said(sim, "hash rate has fallen"); i++)
        sim_run(sim, 10 * SIM_MINUTE);
    ck_assert(sim_said(sim, "hash rate has fallen"));
}

START_TEST(a_fall_is_said_once)
{
    struct sim sim;
    struct status status;
    world_with(&sim, 1);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate: "), 1); /* the summary */
    ck_assert_uint_eq(read_alarms(&sim).raised, 0);
    uint32_t before = sim_height(&sim);
    sim.rate *= FALL;
    run_until_found(&sim);
    uint32_t found = sim_height(&sim);
    ck_assert_uint_lt(found - before, 1008);
    sim_run(&sim, 7 * SIM_DAY);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has fallen"), 1);
    struct alarms alarms = read_alarms(&sim);
    ck_assert_uint_eq(alarms.raised, 1);
    ck_assert_uint_eq(alarms.live, 1);
    ck_assert_uint_eq(alarms.withdrawn, 0);
    ck_assert(!alarms.last.rise);
    ck_assert_uint_gt(alarms.last.height, before);
    ck_assert_uint_le(alarms.last.height, found);
    ck_assert_double_gt(alarms.last.ratio_hi, FALL);
    ck_assert_double_lt(alarms.last.ratio_lo, FALL);
    ck_assert_double_eq(alarms.last.false_alarms_per_year, 0.2);

    ck_assert(app_status(sim.app, &status));
    ck_assert(status.figures.known);
    ck_assert(status.figures.live);
    ck_assert_uint_eq(status.figures.falls, 1);
    ck_assert_uint_eq(status.figures.last.change.alarm, alarms.last.height);
    ck_assert_double_lt(status.figures.hashrate.estimate.lo95 * 1e18, sim.rate);
    ck_assert_double_gt(status.figures.hashrate.estimate.hi95 * 1e18, sim.rate);
    status_free(&status);

    /* Starting again repeats nothing, after a crash neither. */
    for (int i = 0; i < 3; i++) {
        sim_stop(&sim, i > 0);
        sim_start(&sim);
        sim_run_synced(&sim);
        sim_run(&sim, SIM_DAY);
    }
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has fallen"), 1);
    ck_assert(!sim_said(&sim, "falls"));
    ck_assert_uint_eq(read_alarms(&sim).raised, 1);
    sim_free(&sim);
}
END_TEST

START_TEST(a_retarget_is_said_once)
{
    struct sim sim;
    world_with(&sim, 2);
    uint32_t height = sim_height(&sim);
    size_t said = sim_said_times(&sim, "info: retarget at block");
    sim_run(&sim, 28 * SIM_DAY);
    size_t epochs = sim_height(&sim) / 2016 - height / 2016;
    ck_assert_uint_ge(epochs, 1);
    ck_assert_uint_eq(sim_said_times(&sim, "info: retarget at block"), said + epochs);
    ck_assert_uint_eq(sim_said_times(&sim, "volatility net of luck"),
                      sim_said_times(&sim, "info: retarget at block"));
    ck_assert(sim_said(&sim, "was forecast"));
    ck_assert(sim_said(&sim, "next retarget at block"));
    sim_free(&sim);
}
END_TEST

/* The block of the alarm goes, and so does the alarm. */
START_TEST(a_reorg_takes_the_alarm_away)
{
    struct sim sim;
    struct chain other;
    world_with(&sim, 3);
    sim.mining = false;
    for (int i = 0; i < 400 && !sim_said(&sim, "hash rate has fallen"); i++) { /* no long gap */
        sim_run(&sim, 1000 * SIM_SECOND);
        sim_mine(&sim, &sim.chain);
        sim_run(&sim, SIM_SECOND);
    }
    struct alarms before = read_alarms(&sim);
    ck_assert_uint_eq(before.raised, 1);
    /* A branch from well before, whose blocks came as fast as ever until now. */
    size_t fork = before.last.height - 120;
    chain_fork(&other, &sim.chain, fork);
    size_t count = (size_t)(sim.now.wall_ms / 1000 - (int64_t)other.context.time) / 600 - 1;
    ck_assert_uint_gt(count, sim_height(&sim) - fork);
    chain_extend(&other, count, 600, 77);
    sim.hosts[1].chain = &other;
    sim_mine(&sim, &other);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &other));
    struct alarms after = read_alarms(&sim);
    ck_assert_uint_eq(after.withdrawn, 1);
    ck_assert_uint_eq(sim_said_times(&sim, "is withdrawn: a reorg"), 1);
    ck_assert_uint_eq(after.raised, 1);
    chain_free(&other);
    sim_free(&sim);
}
END_TEST

START_TEST(a_silence_is_said_once)
{
    struct sim sim;
    world_with(&sim, 4);
    sim_mine(&sim, &sim.chain);
    sim.mining = false;
    sim_run(&sim, 2 * SIM_HOUR);
    ck_assert(!sim_said(&sim, "hash rate has probably fallen"));
    sim_run(&sim, SIM_DAY);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has probably fallen"), 1);
    struct alarms alarms = read_alarms(&sim);
    ck_assert_uint_eq(alarms.raised, 1);
    ck_assert_uint_eq(alarms.silent, 1);
    ck_assert_uint_eq(alarms.last.height, sim_height(&sim));
    sim_stop(&sim, true);
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, SIM_DAY);
    ck_assert_uint_eq(read_alarms(&sim).raised, 1);
    /* The block that ends it says the same; the next one shows that its stamp was right. */
    sim_mine(&sim, &sim.chain);
    sim_run(&sim, SIM_HOUR);
    alarms = read_alarms(&sim);
    ck_assert_uint_eq(alarms.raised, 1);
    ck_assert_uint_eq(alarms.withdrawn, 0);
    ck_assert(!sim_said(&sim, "the silence is over"));
    sim_mine(&sim, &sim.chain);
    sim_run(&sim, SIM_MINUTE);
    alarms = read_alarms(&sim);
    ck_assert_uint_eq(alarms.raised, 1);
    ck_assert_uint_eq(alarms.withdrawn, 0);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has"), 1);
    ck_assert_uint_eq(sim_said_times(&sim, "the silence is over; it had fallen"), 1);
    sim_stop(&sim, false);
    sim_start(&sim);
    sim_run_synced(&sim);
    sim_run(&sim, SIM_HOUR);
    ck_assert_uint_eq(read_alarms(&sim).raised, 1);
    sim_free(&sim);
}
END_TEST

/* A block of a few minutes after the last was held back: there was no silence after all. */
START_TEST(a_silence_that_was_none_is_withdrawn)
{
    struct sim sim;
    world_with(&sim, 9);
    sim_mine(&sim, &sim.chain);
    sim.mining = false;
    sim_run(&sim, 8 * SIM_HOUR);
    ck_assert_uint_eq(read_alarms(&sim).silent, 1);
    chain_extend(&sim.chain, 47, 600, 5);
    sim_mine(&sim, &sim.chain);
    sim_run(&sim, SIM_MINUTE);
    ck_assert(sim_at_tip(&sim, &sim.chain));
    struct alarms alarms = read_alarms(&sim);
    ck_assert_uint_eq(alarms.raised, 1);
    ck_assert_uint_eq(alarms.withdrawn, 1);
    ck_assert_uint_eq(sim_said_times(&sim, "is withdrawn: by the next blocks' times"), 1);
    sim_stop(&sim, false);
    sim_start(&sim);
    sim_run_synced(&sim);
    ck_assert_uint_eq(read_alarms(&sim).withdrawn, 1);
    sim_free(&sim);
}
END_TEST

/* Who is alone hears nothing, and that means nothing. */
START_TEST(loneliness_is_no_silence)
{
    struct sim sim;
    world_with(&sim, 5);
    sim_mine(&sim, &sim.chain);
    sim.mining = false;
    sim_run(&sim, SIM_MINUTE);
    sim.hosts[0].mute = sim.hosts[1].mute = true;
    sim_run(&sim, 2 * SIM_DAY);
    ck_assert(!sim_said(&sim, "hash rate has probably fallen"));
    ck_assert_uint_eq(read_alarms(&sim).raised, 0);
    sim_free(&sim);
}
END_TEST

static void change_database(const char *path, const char *sql)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(nothing_is_said_before_it_is_written)
{
    struct sim sim;
    char path[128];
    world_with(&sim, 6);
    sim_path(&sim, path, "observations.sqlite");
    /* A lock would do too, but every try waits for it in real time. */
    change_database(path, "CREATE TRIGGER refuse BEFORE INSERT ON alarms "
                          "BEGIN SELECT RAISE(ABORT, 'no room'); END");
    sim_mine(&sim, &sim.chain);
    sim.mining = false;
    sim_run(&sim, 8 * SIM_HOUR);
    ck_assert(!sim_said(&sim, "hash rate has probably fallen"));
    change_database(path, "DROP TRIGGER refuse");
    sim_run(&sim, 5 * SIM_MINUTE);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has probably fallen"), 1);
    ck_assert_uint_eq(read_alarms(&sim).silent, 1);
    sim_free(&sim);
}
END_TEST

/* Other settings: everything is looked through again, quietly. */
START_TEST(settings_change_while_it_runs)
{
    struct sim sim;
    world_with(&sim, 7);
    sim.rate *= FALL;
    run_until_found(&sim);
    sim_run(&sim, SIM_DAY);
    struct settings fresh = sim.settings;
    app_reconfigure(sim.app, &fresh);
    ck_assert(!sim_said(&sim, "change detection is set anew"));
    fresh.false_alarms_per_year = 0.1;
    app_reconfigure(sim.app, &fresh);
    ck_assert_uint_eq(sim_said_times(&sim, "change detection is set anew"), 1);
    sim_run(&sim, SIM_DAY);
    ck_assert_uint_eq(sim_said_times(&sim, "hash rate has fallen"), 1);
    struct alarms alarms = read_alarms(&sim);
    ck_assert_uint_ge(alarms.raised, 1);
    ck_assert_uint_eq(alarms.live, 1);
    ck_assert_uint_eq(alarms.withdrawn, 0);
    struct status status;
    ck_assert(app_status(sim.app, &status));
    ck_assert_double_eq(status.figures.false_alarms_per_year, 0.1);
    status_free(&status);
    sim_free(&sim);
}
END_TEST

/* What is too little for stricter settings is no reason to take back what was said. */
START_TEST(a_silence_outlives_its_settings)
{
    struct sim sim;
    world_with(&sim, 10);
    struct settings fresh = sim.settings;
    fresh.false_alarms_per_year = 12.0;
    app_reconfigure(sim.app, &fresh);
    sim_mine(&sim, &sim.chain);
    sim.mining = false;
    for (int i = 0; i < 24 * 60 && !sim_said(&sim, "hash rate has probably fallen"); i++)
        sim_run(&sim, SIM_MINUTE);
    ck_assert(sim_said(&sim, "hash rate has probably fallen"));
    sim_mine(&sim, &sim.chain);
    sim_run(&sim, SIM_MINUTE);
    ck_assert_uint_eq(read_alarms(&sim).withdrawn, 0);
    fresh.false_alarms_per_year = 0.1;
    app_reconfigure(sim.app, &fresh);
    sim_run(&sim, SIM_HOUR);
    ck_assert_uint_eq(read_alarms(&sim).withdrawn, 0);
    sim_free(&sim);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_fall_is_said_once,
        a_retarget_is_said_once,
        a_reorg_takes_the_alarm_away,
        a_silence_is_said_once,
        a_silence_that_was_none_is_withdrawn,
        loneliness_is_no_silence,
        nothing_is_said_before_it_is_written,
        settings_change_while_it_runs,
        a_silence_outlives_its_settings,
    };
    return TEST_MAIN("watch", tests);
}
