// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * app_internal: what the files of app share, and nobody else sees.
 *
 *   app.c         the wiring: what sync, pipeline and the ports say, and to whom it is told
 *   app_report.c  what is watched beside that: clock, peers' tips, progress, status
 */
#ifndef HASHTIDE_MONITOR_APP_INTERNAL_H
#define HASHTIDE_MONITOR_APP_INTERNAL_H

#include "chain/fetch.h"
#include "monitor/app.h"
#include "monitor/net/clock.h"
#include "monitor/peers.h"
#include "monitor/watch.h"

/** Longest reason for a disconnect that is kept. */
#define APP_DETAIL_SIZE 160

/** A connection that sync wants closed; done once sync's call has returned. */
struct closing {
    uint64_t id;
    enum sync_disconnect reason;
    char detail[APP_DETAIL_SIZE];
};

/** The tip of a peer as last recorded. */
struct recorded_tip {
    uint64_t id;
    struct hash256 hash;
};

struct app {
    const struct settings *settings;
    const struct ports *ports;
    struct log *log;
    const struct io *io;
    struct app_options options;
    char *headers_path;
    char user_agent[64];

    struct headerfile *file; /* these five: NULL while the base is being fetched */
    struct observations *rows;
    struct pipeline *pipeline;
    struct watch *watch; /* NULL too where figures are not wanted */
    struct sync *sync;
    struct fetch *fetch; /* NULL otherwise */
    struct headerfile_base base;
    bool base_found;

    struct peers *peers;
    struct closing *closing;
    size_t closing_count, closing_room;
    struct recorded_tip *tips;
    size_t tip_count;

    struct clock_watch clock_watch;
    struct ports_clock clock;
    int64_t clock_check_ms, clock_row_ms, tips_row_ms, progress_ms;
    uint32_t progress_height;
    int64_t last_jump_ms; /* wall clock when it jumped last, 0 never */
    int64_t suspect_until_ms;
    int64_t started_ms;
    bool expecting; /* the tree was told how large it will be */
    bool aside_due; /* the chain is whole: look through what was set aside */
    bool failed;    /* the store could not be founded; tried again at found_retry_ms */
    int64_t found_retry_ms;
    struct log_complaint found_complaint;
};

static inline struct instant app_now(const struct app *app)
{
    return app->ports->now(app->ports->context);
}

static inline int64_t app_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- app_report.c ---- */

/** Begins to watch. */
void app_report_start(struct app *app, struct instant now);
/** Notices jumps of the wall clock, and asks from time to time whether it is disciplined. */
void app_watch_clock(struct app *app, struct instant now);
/** Rows of peers' tips that changed, once a minute; when it is due again. */
int64_t app_record_tips(struct app *app, struct instant now);
void app_forget_tip(struct app *app, uint64_t id);
/** A line now and then while it is not synced; when it is due again. */
int64_t app_log_progress(struct app *app, struct instant now);
/** The state of the world as the watch wants it. */
struct watch_moment app_moment(const struct app *app, struct instant now);
/** The same as the rules want it. */
struct alerting_moment app_alerting_moment(const struct app *app, struct instant now);

#endif
