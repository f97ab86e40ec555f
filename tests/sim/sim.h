// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sim: the whole monitor in a made-up world and in virtual time: the real app, peers, sync, header
 * file and observations behind a false network, false clocks and a disk that can be full.
 *
 * A scenario makes hosts, starts the monitor, lets time pass and looks at what was stored and said.
 * What happens is decided by the seed alone (HASHTIDE_SEED repeats it). Nothing waits for real
 * time: a month is a few seconds.
 */
#ifndef HASHTIDE_TESTS_SIM_SIM_H
#define HASHTIDE_TESTS_SIM_SIM_H

#include "chain/tree.h"
#include "monitor/app.h"
#include "monitor/settings.h"
#include "monitor/store/io.h"
#include "tests/support/random.h"
#include "tests/support/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_SECOND INT64_C(1000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_HOUR (60 * SIM_MINUTE)
#define SIM_DAY (24 * SIM_HOUR)

#define SIM_HOSTS 64
#define SIM_CONNECTIONS 64

/** A node of the network. The fields are a scenario's to change at any time. */
struct sim_host {
    struct netaddr address;
    const struct chain *chain; /* what it follows */
    bool down;                 /* refuses connections */
    bool deaf;                 /* does not even refuse: connecting takes for ever */
    bool mute;                 /* connects and says nothing */
    bool stalls;               /* shakes hands, then does not answer getheaders */
    bool forger;               /* answers getheaders with a header that has no work behind it */
    bool by_inv;               /* announces by inv */
    bool gossips;              /* tells all hosts' addresses when asked */
    size_t accepted;           /* connections made to it */
    size_t lag;                /* serves its chain but for the last ones */
};

struct sim_event; /* of the queue; sim.c's own */

struct sim_connection {
    bool used, up, ready;
    uint64_t id;
    struct sim_host *host;
    uint8_t *in; /* bytes from the monitor that were not looked at yet */
    size_t in_count, in_room;
};

struct sim {
    struct test_random random;
    struct params params; /* tidenet's, or what the scenario makes of them */
    struct settings settings;
    struct instant now;
    int64_t wake_ms;
    bool clock_synchronized;

    struct chain chain; /* what honest hosts follow */
    struct sim_host hosts[SIM_HOSTS];
    size_t host_count;
    struct sim_connection connections[SIM_CONNECTIONS];
    struct sim_event *events; /* in order of time */
    uint64_t event_number;
    bool seeds_answer; /* names have all hosts' addresses; else none */
    size_t lookups;

    bool mining;           /* a block each ten minutes on average, told to all */
    int64_t next_block_ms; /* monotonic */
    double rate;           /* hashes a second that mine; 0: whatever ten minutes take */

    char directory[64];
    struct ports ports;
    struct io io;
    bool disk_full;
    size_t syncs; /* fdatasync calls */
    struct log *log;
    int log_fd;

    struct app *app; /* NULL: not running */
    size_t moves, live_moves;
    struct reorg deepest; /* of the moves */
    size_t settled;
};

/** An empty world at a moment when tidenet's chain has so many blocks, with the monitor not
 * started. stream: a number of the scenario's own. */
void sim_init(struct sim *sim, size_t blocks, uint64_t stream);
void sim_free(struct sim *sim);

/** A host in a network group of its own that follows sim->chain. */
struct sim_host *sim_add_host(struct sim *sim);
/** Has the monitor connect to a host alone (connect=), besides others named so. */
void sim_connect_to(struct sim *sim, const struct sim_host *host);

void sim_start(struct sim *sim);
/** Ends the monitor in order; with crash as kill -9 does. */
void sim_stop(struct sim *sim, bool crash);
/** Lets time pass. */
void sim_run(struct sim *sim, int64_t ms);
/** Lets time pass until the monitor is synced; fails the test after an hour. */
void sim_run_synced(struct sim *sim);
/** The wall clock is set. */
void sim_set_clock(struct sim *sim, int64_t by_ms);

/** A block on a chain now; hosts that follow it tell their peers. */
void sim_mine(struct sim *sim, struct chain *chain);

/** Height of the monitor's tip; its tip is the end of this chain. */
uint32_t sim_height(const struct sim *sim);
bool sim_at_tip(const struct sim *sim, const struct chain *chain);
/** True if the log holds this text. */
bool sim_said(const struct sim *sim, const char *text);
/** How often. */
size_t sim_said_times(const struct sim *sim, const char *text);
/** Connections that are up, by the monitor's own count. */
size_t sim_peers(struct sim *sim);
/** Path of a file of the monitor's. */
const char *sim_path(const struct sim *sim, char out[128], const char *name);
/** Headers whose arrival is recorded; the monitor must not be running. */
size_t sim_arrivals(const struct sim *sim);

#endif
