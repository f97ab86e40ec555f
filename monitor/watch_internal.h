// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * watch_internal: what the files of watch share, and nobody else sees.
 *
 *   watch.c         feeds the engine
 *   watch_alarms.c  finds what is new, and writes it down
 *   watch_say.c     the lines, which wait until what they say is durable
 */
#ifndef HASHTIDE_MONITOR_WATCH_INTERNAL_H
#define HASHTIDE_MONITOR_WATCH_INTERNAL_H

#include "monitor/replay.h"
#include "monitor/watch.h"

/** Announcements of the last blocks, by index in the tree: a block that a reorganisation takes away
 *  and brings back keeps its arrival. */
#define WATCH_RECENT 512

/** Lines that wait for a disk that is full; what comes after them is not said. */
#define WATCH_LINES 64
#define WATCH_LINE_SIZE 320

/** An alarm of the log that holds: raised, and not withdrawn. */
struct watch_known {
    enum change_direction direction;
    bool silent;
    bool recovered;
    uint32_t height;
    struct hash256 hash;
    double false_alarms_per_year, daily_sd; /* the settings that it was raised with */
};

struct watch_line {
    enum log_level level;
    char text[WATCH_LINE_SIZE];
};

struct watch {
    struct headerfile *file;
    struct observations *rows;
    struct log *log;
    struct alerting *alerting;
    const struct params *params;

    struct engine_options options; /* without a past, which is the store's */
    struct engine *engine;
    struct replay_arrivals arrivals; /* until the engine has reached the tip for the first time */
    bool arrivals_loaded;
    uint32_t target; /* the durable best tip, an index */
    struct {
        uint32_t index;
        int64_t wall_ms;
    } recent[WATCH_RECENT];
    size_t recent_next;
    bool recent_full;

    struct watch_known *known;
    size_t known_count, known_room;
    bool looked;          /* the first look has been had; from now on news are said one by one */
    bool moved;           /* since the last look */
    bool disconnected;    /* blocks were taken away since the last look */
    bool live;            /* all that came since the last look happened now */
    uint32_t seen;        /* height at the last look */
    uint32_t silent_said; /* tip (index) of the gap whose silence was said, or TREE_NONE */
    int64_t listen_ms;    /* monotonic: when silence is judged next */

    struct watch_line lines[WATCH_LINES];
    size_t line_count;
    bool write_now; /* lines are new: do not wait for the pipeline to write the rows */
};

/** Height of a header of the tree. */
static inline uint32_t watch_height(const struct watch *watch, uint32_t index)
{
    return tree_get(headerfile_tree(watch->file), index).height;
}

/* ---- watch_alarms.c ---- */

/** Reads the log of alarms. */
void watch_load_known(struct watch *watch);
/** The engine is at the tip: what is new since the last look? */
void watch_look(struct watch *watch, const struct watch_moment *moment);
/** Is the present silence out of the ordinary? */
void watch_listen(struct watch *watch, const struct watch_moment *moment);

/* ---- watch_say.c ---- */

/** Queues a line for when the rows before it are durable. */
void watch_say(struct watch *watch, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Writes rows, and says the lines if that succeeded. */
void watch_publish(struct watch *watch);
void watch_say_found(struct watch *watch, const struct figures_change *change, int64_t now_ms);
/** The block that ends a silence which was said says the same. */
void watch_say_over(struct watch *watch, const struct figures_change *change, int64_t now_ms);
/** The one line after the first look: the hash rate, and what was found that was not known. */
void watch_say_summary(struct watch *watch, const struct watch_moment *moment, size_t falls,
                       size_t rises);
/** Lines of an epoch's course, for blocks from height first to the tip. */
void watch_say_epoch(struct watch *watch, const struct watch_moment *moment, uint32_t first);

#endif
