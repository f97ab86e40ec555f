// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script: what shall happen in a simulated chain, read from a file of lines.
 *
 * hashtide-script(5) describes the language. A script is checked as far as can be done without
 * running it: words, numbers and their bounds line by line, then what lies behind the last block
 * and reorganisations that overlap.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_SCRIPT_H
#define HASHTIDE_MONITOR_SIMULATE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Unit of the growth of a chain without a script: a thousandth of a percent a year. */
#define SIMULATE_GROWTH_PERCENT 1000u
/** Growth that a million headers survive: work a block stays below 60 hashes, mined in seconds. */
#define SIMULATE_GROWTH_DEFAULT (20u * SIMULATE_GROWTH_PERCENT)
#define SIMULATE_GROWTH_MAX (900u * SIMULATE_GROWTH_PERCENT)
/** More blocks than tidenet can hold until the 32 bits of a header's time run out. */
#define SIMULATE_BLOCKS_MAX 6000000u
#define SIMULATE_SEED_DEFAULT 1u

/** Of a script: lines in which something happens, bytes, bytes of a line. */
#define SIMULATE_ITEMS_MAX 256
#define SIMULATE_SCRIPT_SIZE_MAX ((size_t)1 << 20)
#define SIMULATE_LINE_MAX 500
/** Of an event, with the NUL. */
#define SIMULATE_NAME_SIZE 40
/** Blocks of the losing branch. */
#define SIMULATE_REORG_MAX 100

enum simulate_kind {
    /* these hold until the next line of their kind */
    SIMULATE_GROWTH,
    SIMULATE_WALK,
    SIMULATE_NOISE,
    SIMULATE_STALE,
    SIMULATE_DELAY,
    /* these happen once */
    SIMULATE_STEP,
    SIMULATE_RAMP,
    SIMULATE_STORM,
    SIMULATE_DEPARTURE,
    SIMULATE_TIMEWARP,
    SIMULATE_REORG,
};

/** A moment: the search of a block begins, or minutes have passed since genesis. */
struct simulate_when {
    bool timed;
    uint64_t value; /* height, or minutes */
};

/** A stretch: blocks or minutes; 0 is none. */
struct simulate_span {
    bool timed;
    uint64_t length;
};

/** A line of the script that does something. What a kind does not use is 0. Shares are in units of
 * 2^-32, logarithms have 32 fraction bits. */
struct simulate_item {
    enum simulate_kind kind;
    unsigned line;
    char name[SIMULATE_NAME_SIZE]; /* "storm@40000", or as the script says */
    struct simulate_when at;       /* block 1 if the line has no "at" */
    struct simulate_when until;    /* timewarp: its last block or minute */
    int64_t change;                /* events: ln of the factor; growth: of that in a year */
    uint64_t sd;                   /* walk: of the logarithm, in a minute */
    struct simulate_span in;       /* ramp, departure, storm: until the change is complete */
    struct simulate_span hold;     /* storm: how long it then stays */
    struct simulate_span out;      /* storm: until it is gone */
    uint64_t share;                /* noise: early stamps; stale: siblings; timewarp: miners */
    uint64_t deeper;               /* stale: of branches that go on, at each block */
    uint32_t depth;                /* reorg */
    uint64_t early_ms;             /* noise: mean */
    uint64_t late_ms;              /* noise: mean; delay: mean */
};

struct simulate_script {
    char *name;      /* for messages: a file's, or "the options"; owned */
    uint32_t blocks; /* on top of genesis; 0: not said */
    uint64_t seed;
    int64_t start; /* ln of the hash rate at genesis, in those that the work limit is for */
    unsigned start_line;
    bool steady;     /* no script, only options: grow in a straight line within each year ... */
    uint32_t growth; /* ... by this, in SIMULATE_GROWTH_PERCENT */
    struct simulate_item *items; /* owned */
    size_t item_count;
};

struct simulate_script_error {
    char text[512]; /* one line: "FILE:LINE: what is wrong: what was expected" */
};

/** The chain of options alone. */
void simulate_script_steady(struct simulate_script *script, uint32_t blocks, uint64_t seed,
                            uint32_t growth);
/** Reads a script; name is for messages. False with error set, and nothing to free. */
bool simulate_script_parse(struct simulate_script *script, struct simulate_script_error *error,
                           const char *name, const char *text, size_t len);
/** What can only be judged when the number of blocks is settled. */
bool simulate_script_check(const struct simulate_script *script,
                           struct simulate_script_error *error);
/** Leaves nothing behind; a zeroed script is allowed. */
void simulate_script_free(struct simulate_script *script);

#endif
