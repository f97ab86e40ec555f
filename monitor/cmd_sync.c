// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_sync: fetches headers up to the peers' tip and stops.
 *
 * It ends when synced has latched; when all peers that the user named turned out hopeless; when
 * nothing new came for --patience seconds; or by a signal.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/net/clock.h"
#include "monitor/number.h"
#include "monitor/progress.h"
#include "monitor/service.h"
#include "monitor/tally.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/** Without a new header for so long, in seconds, it gives up. */
#define PATIENCE_S 60
#define PATIENCE_MAX_S 86400

struct sync_run {
    struct service service;
    struct progress progress;
    int64_t patience_ms;
    int64_t last_new_ms; /* monotonic: when headers came last, stored or in presync */
    uint64_t last_count;
    uint32_t last_height;
    bool stopped; /* by a signal */
    bool ended;
    char why[320]; /* why it ended without being synced */
};

static void end(struct sync_run *run, const char *why)
{
    if (!run->ended) {
        run->ended = true;
        snprintf(run->why, sizeof run->why, "%s", why);
        loop_stop(run->service.loop);
    }
}

static void on_signal(void *context, int signum)
{
    struct sync_run *run = context;
    if (signum != SIGHUP) {
        run->stopped = true;
        end(run, "stopped; start again to go on");
    }
}

/* Has anything come since we looked last? */
static void look_for_news(struct sync_run *run, int64_t mono_ms)
{
    struct sync_progress progress = app_progress(run->service.app);
    uint64_t count = app_tally(run->service.app)->accepted;
    if (count != run->last_count || progress.height != run->last_height) {
        run->last_count = count;
        run->last_height = progress.height;
        run->last_new_ms = mono_ms;
    }
    run->progress.total = progress.target_height;
    progress_update(&run->progress, progress.height);
}

static void on_settled(void *context)
{
    struct sync_run *run = context;
    int64_t mono_ms = clock_now().mono_ms;
    look_for_news(run, mono_ms);
    if (app_is_synced(run->service.app)) {
        end(run, "");
        return;
    }
    struct app_prospects prospects = app_prospects(run->service.app);
    if (prospects.manual > 0 && prospects.hopeless == prospects.manual && prospects.only_manual) {
        end(run, prospects.why);
    } else if (mono_ms - run->last_new_ms > run->patience_ms) {
        char why[320];
        snprintf(why, sizeof why, "nothing came for %" PRId64 " s%s%s", run->patience_ms / 1000,
                 prospects.why[0] == '\0' ? "" : "; ", prospects.why);
        end(run, why);
    }
}

/* ---- The command ---- */

static bool read_patience(int64_t *out, const struct command_call *call)
{
    const char *text = command_value(call, "patience");
    uint64_t seconds = PATIENCE_S;
    if (text != NULL && !number_parse(&seconds, text, 1, PATIENCE_MAX_S)) {
        command_error("--patience %s: expected seconds, 1 to %d", text, PATIENCE_MAX_S);
        return false;
    }
    *out = (int64_t)seconds * 1000;
    return true;
}

static bool sync_to_tip(struct sync_run *run)
{
    run->last_new_ms = clock_now().mono_ms;
    progress_start(&run->progress, "syncing", 0);
    app_wake(run->service.app);
    if (!run->ended) {
        loop_run(run->service.loop);
    }
    progress_end(&run->progress);
    return app_is_synced(run->service.app);
}

static int run_sync(const struct command_call *call)
{
    struct sync_run run = {.stopped = false};
    if (call->argument_count != 0) {
        command_error("'sync' takes no arguments");
        return COMMAND_USAGE;
    }
    if (!read_patience(&run.patience_ms, call)) {
        return COMMAND_USAGE;
    }
    /* The result is what is asked for; the story of a run that goes well is not. */
    enum log_level level = (enum log_level)call->settings->log_level;
    struct service_options options = {.settings = call->settings,
                                      .log_level = level == LOG_INFO ? LOG_UNUSUAL : level,
                                      .signalled = on_signal,
                                      .settled = on_settled,
                                      .context = &run};
    if (!service_start(&run.service, &options)) {
        return COMMAND_FAILED;
    }
    bool synced = sync_to_tip(&run);
    bool stored = app_drain(run.service.app);
    if (!synced) {
        command_error("not synced: %s", run.why);
    }
    if (command_flag(call, "json")) {
        tally_print_json(stdout, app_tally(run.service.app), app_tree(run.service.app));
    } else {
        tally_print_text(stdout, app_tally(run.service.app), app_tree(run.service.app));
    }
    bool clean = synced && stored && app_tally(run.service.app)->rejected == 0;
    service_end(&run.service, clean ? COMMAND_DONE : COMMAND_FAILED);
    return clean ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print the result as JSON"},
    {"patience", 0, true, "SECONDS", "give up when nothing came for so long (default: 60)"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_sync = {
    .name = "sync",
    .synopsis = "sync [--json] [--patience SECONDS]",
    .summary = "fetch headers up to the peers' tip and stop",
    .details =
        "Connects to peers as 'run' does, fetches and verifies all headers, and ends when\n"
        "two network groups (or all connect= peers) have nothing more to offer.\n"
        "\n"
        "The exit code is 1 when a header was rejected, and when it did not get to the tip:\n"
        "what came until then is stored, and another sync goes on from there.",
    .options = options,
    .settings_wanted = true,
    .run = run_sync,
};
