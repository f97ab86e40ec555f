// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * app: the monitor put together: peers, sync, the way into the store, and what is said of it all.
 * It sees the world through ports.h only.
 *
 *   FETCHING (an anchored store that does not exist yet: its base is asked for) --found-->
 * FOLLOWING --app_drain()--> done
 *
 * Single-threaded: the owner calls in when something has happened, and is called back through the
 * ports and the two callbacks.
 */
#ifndef HASHTIDE_MONITOR_APP_H
#define HASHTIDE_MONITOR_APP_H

#include "monitor/log.h"
#include "monitor/pipeline.h"
#include "monitor/ports.h"
#include "monitor/settings.h"
#include "monitor/status.h"
#include "monitor/store/io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app; /* opaque */

#define APP_MESSAGE_SIZE 4608

/** Where the files are; all but headers may be NULL (then nothing of the kind is kept). */
struct app_paths {
    const char *headers;
    const char *observations;
    const char *peers;
    const char *anchors;
};

struct app_options {
    const struct settings *settings; /* of the start; must outlive the app */
    const struct ports *ports;
    struct log *log;
    const struct io *io;
    struct app_paths paths;
    bool analyse; /* feed the engine, look for changes, have figures */
    /* Not owned: the rules, shown each block and told what time it is. Only with analyse; NULL:
     * there are none. */
    struct alerting *alerting;
    /** Called after whatever has happened, while not synced at least each ten seconds. May be NULL.
     */
    void (*settled)(void *context);
    /** The best chain moved; durable. May be NULL. */
    void (*moved)(void *context, const struct pipeline_move *move);
    void *context;
};

/** Opens the store and begins. NULL with message when the store can't be opened. */
struct app *app_new(const struct app_options *options, char message[APP_MESSAGE_SIZE]);
/** Without draining: as after a crash. */
void app_free(struct app *app);

/* What the ports report. */
void app_connected(struct app *app, uint64_t id);
void app_bytes(struct app *app, uint64_t id, const uint8_t *bytes, size_t len);
void app_closed(struct app *app, uint64_t id, const char *why);
void app_resolved(struct app *app, uint64_t id, const struct netaddr *addresses, size_t count,
                  const char *why);
void app_wake(struct app *app);

/** Takes over what may change while running (log level is the owner's); what may not is said in the
 * log. settings are copied from. */
void app_reconfigure(struct app *app, const struct settings *settings);
/** Ends in order: everything durable, peers and anchors written, connections closed. False when
 * something could not be stored. */
bool app_drain(struct app *app);

/** The present picture; to be freed with status_free(). False when the store can't be read. */
bool app_status(struct app *app, struct status *out);
bool app_is_synced(const struct app *app);
struct sync_progress app_progress(const struct app *app);
/** Counts of headers since the start. */
const struct tally *app_tally(const struct app *app);
/** NULL while the base of an anchored store is being fetched. */
struct tree *app_tree(struct app *app);

/** For a command that wants an end: how the peers that the user named fare. */
struct app_prospects {
    bool only_manual; /* connect=: there will be no others */
    size_t manual;    /* connect= and addnode= */
    size_t hopeless;  /* of those, how many misbehaved, or could not be reached several times in a
                         row */
    char why[256];    /* what the last of them failed of */
};
struct app_prospects app_prospects(const struct app *app);

#endif
