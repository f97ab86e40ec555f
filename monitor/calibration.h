// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * calibration: thresholds of the change detectors that `hashtide calibrate` found, and their file
 * in the data directory.
 *
 * The file is JSON and for people too. It is only believed where it suits the settings in force:
 * thresholds for another rate of false alarms, or for another volatility, are none.
 */
#ifndef HASHTIDE_MONITOR_CALIBRATION_H
#define HASHTIDE_MONITOR_CALIBRATION_H

#include "analysis/change.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALIBRATION_MESSAGE_SIZE 4608
/** Largest seed: all up to here are exact in JSON. */
#define CALIBRATION_SEED_MAX 9007199254740992

/** How far a threshold was measured. */
struct calibration_cell {
    double offset;    /* nats */
    double offset_sd; /* its standard error */
    double blocks;    /* mean blocks to a false alarm there */
    double blocks_sd; /* its standard error */
    bool reached;     /* false: simulations did not go as far as was asked, the offset is the
                         nearest that was measured */
};

struct calibration {
    double false_alarms_per_year;
    double yearly_growth; /* of the log hash rate, in the simulations */
    uint64_t runs;        /* for each cell */
    uint32_t blocks;      /* of a run, at most */
    uint64_t seed;
    bool automatic; /* made for daily_sd=auto: the built-in table's sds */
    size_t count;   /* of daily sds, 1 to CHANGE_SDS */
    double daily_sd[CHANGE_SDS];
    struct calibration_cell cell[2][CHANGE_SDS]; /* by direction */
};

enum calibration_status {
    CALIBRATION_NONE,
    CALIBRATION_FITS,
    CALIBRATION_OTHER, /* made for other settings */
    CALIBRATION_DAMAGED,
};

/**
 * Reads the file of the settings' data directory; settings without a directory have none. *out is
 * filled in if it FITS, and if it is of OTHER settings. message: empty, or one line that says what
 * is the matter and what to do.
 */
enum calibration_status calibration_load(struct calibration *out,
                                         char message[CALIBRATION_MESSAGE_SIZE],
                                         const struct settings *settings);
/** Puts the file in the place of what is there, whole or not at all. False after
 *  command_error(). */
bool calibration_save(const struct calibration *calibration, const struct settings *settings);

/** What the engine wants of it. */
struct change_offsets calibration_offsets(const struct calibration *calibration);

/** As JSON; a new reference. */
struct json_t *calibration_to_json(const struct calibration *calibration);

#endif
