// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * instant: a moment on both clocks. chain, analysis and alerts are told the time; they never ask
 * for it.
 */
#ifndef HASHTIDE_CHAIN_INSTANT_H
#define HASHTIDE_CHAIN_INSTANT_H

#include <stdint.h>

struct instant {
    int64_t wall_ms; /* UNIX time in milliseconds; may jump */
    int64_t mono_ms; /* monotonic milliseconds from an arbitrary start; deadlines use this one */
};

/** A deadline that never comes. */
#define INSTANT_NEVER INT64_MAX

#endif
