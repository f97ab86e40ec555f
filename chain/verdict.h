// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * verdict: what is said of a header. Names are Bitcoin Core's reject reasons.
 */
#ifndef HASHTIDE_CHAIN_VERDICT_H
#define HASHTIDE_CHAIN_VERDICT_H

#include "chain/header.h"

#include <stdint.h>

/** In the order in which the rules are judged: the first that is broken names the verdict. */
enum verdict {
    VERDICT_VALID = 0,
    VERDICT_DUPLICATE,         /* known already; no fault */
    VERDICT_DUPLICATE_INVALID, /* known to be invalid: "duplicate-invalid" */
    /* also negative, zero, overflowing or too easy nBits: "high-hash" */
    VERDICT_HIGH_HASH,
    VERDICT_PREV_NOT_FOUND,  /* "prev-blk-not-found" */
    VERDICT_BAD_PREV,        /* parent known to be invalid: "bad-prevblk" */
    VERDICT_BAD_DIFFBITS,    /* "bad-diffbits" */
    VERDICT_TIME_TOO_OLD,    /* "time-too-old" */
    VERDICT_TIMEWARP,        /* "time-timewarp-attack" */
    VERDICT_TIME_TOO_NEW,    /* "time-too-new": not invalid for ever */
    VERDICT_BAD_VERSION,     /* "bad-version(0x%08x)" */
    VERDICT_TOO_LITTLE_WORK, /* "too-little-chainwork" */
    VERDICT_COUNT
};

/** Bit of a verdict in a set of broken rules. */
#define VERDICT_BIT(verdict) (1u << (verdict))

/** Longest name with NUL. */
#define VERDICT_NAME_SIZE 32

/**
 * Core's reject reason ("valid" and "duplicate" for the two that are none); header gives the
 * version to bad-version and may be NULL.
 */
const char *verdict_name(char name[VERDICT_NAME_SIZE], enum verdict verdict,
                         const struct header *header);

#endif
