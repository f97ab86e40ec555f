// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status: the present picture as one plain value, and its two renderings.
 *
 * The monitor fills it from its parts, the command from a store that it only reads. The screen is
 * made from the JSON and not from the value, since that is what a running monitor sends.
 */
#ifndef HASHTIDE_MONITOR_STATUS_H
#define HASHTIDE_MONITOR_STATUS_H

#include "analysis/window.h"
#include "chain/hash.h"
#include "chain/params.h"
#include "chain/sync.h"
#include "chain/tree.h"
#include "chain/u256.h"
#include "monitor/figures.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define STATUS_WINDOWS 4

struct status_store_trouble {
    bool trouble;
    char text[256]; /* "disk full: 0 bytes left on ..." */
};

struct status {
    const struct params *params;
    bool running; /* a monitor answered (false: read from the store) */
    bool synced;
    int64_t now_ms;
    int64_t started_ms; /* 0 when not running */
    struct {
        uint32_t height;
        struct hash256 hash;
        uint32_t time;
        uint32_t bits;
        struct u256 chainwork;
        bool work_known; /* false: chainwork counts from the store's base */
    } tip;
    struct {
        uint32_t base_height;
        uint32_t headers;
        uint32_t branches;
        uint32_t durable; /* headers of which it is sure that they survive a loss of power */
        uint64_t observations_dropped;
        struct status_store_trouble trouble;
    } store;
    struct {
        uint32_t first_height, next_height; /* next retarget's height */
        uint32_t done;                      /* blocks of 2016 */
        double elapsed_s;  /* header time from the epoch's first block to the tip; -1 unknown */
        double expected_s; /* until the retarget, at the rate of the longest window; -1 unknown */
    } epoch;
    struct {
        bool known;
        bool synchronized;
        int64_t error_us;
        int64_t last_jump_ms;
        bool suspect; /* peers say that our clock is wrong */
    } clock;
    struct sync_progress progress;
    struct sync_peer_info *peers; /* owned */
    char **peer_names; /* owned; for peers that only a proxy knows the address of; NULL, or entries
                          that are NULL: the address says it */
    size_t peer_count;
    struct sync_counters counters;
    struct window_estimate windows[STATUS_WINDOWS]; /* 144, 504, 1008, 2016 */
    struct figures figures;
};

/**
 * Begins a status: everything zero but tip, store, epoch and windows, which come from the tree.
 * figures are the caller's to fill in.
 * False when its source fails: nothing is to be freed then.
 */
bool status_from_tree(struct status *out, const struct tree *tree, bool work_known, int64_t now_ms);
void status_free(struct status *status);

/** New reference; what strangers wrote (user agents) stands in it as they wrote it. NULL when
 * memory is short. */
json_t *status_to_json(const struct status *status);

/**
 * One screen of 80 columns, at most 24 lines where there are up to 8 peers. Prints what is there
 * and is no worse for what is missing or of another type: the JSON may come from a monitor of
 * another version. What strangers wrote is escaped.
 */
void status_print(FILE *out, const json_t *status);

#endif
