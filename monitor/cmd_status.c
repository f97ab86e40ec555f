// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_status: the present picture: from the monitor that runs on this data directory, or, where
 * there is none, from the store.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/analysis.h"
#include "monitor/ask.h"
#include "monitor/command.h"
#include "monitor/mem.h"
#include "monitor/replay.h"
#include "monitor/status.h"
#include "monitor/store/datadir.h"
#include "monitor/store/headerfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/** Digits of a JSON number: more than any figure deserves, and none that are noise. */
#define REAL_PRECISION 12

static int64_t wall_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Opens the store as a snapshot. NULL after command_error(). */
static struct headerfile *open_store(const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    struct headerfile_opened *opened = mem_zeroed(1, sizeof *opened);
    struct headerfile_options options = {
        .io = io_system(),
        .path = path,
        .params = settings->params,
        .read_only = true,
        .must_exist = true,
        .now = wall_ms() / 1000,
    };
    struct headerfile *file = NULL;
    struct stat info;

    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_HEADERS)) {
        command_error("--datadir is too long");
    } else if (stat(path, &info) != 0 && errno == ENOENT) {
        command_error(
            "there is no store of %s in %s yet: 'hashtide run', 'sync' or 'import' makes one",
            settings->params->name, settings->datadir);
    } else {
        file = headerfile_open(&options, opened);
        if (file == NULL)
            command_error("%s", opened->message);
    }
    free(opened);
    return file;
}

/* What the store's blocks say as of its tip. A second's work for a whole chain. */
static void fill_figures(struct figures *out, const struct settings *settings,
                         struct headerfile *file, int64_t now_ms)
{
    char note[ANALYSIS_MESSAGE_SIZE];
    struct engine_options options = analysis_options(settings, note);
    struct figures_question question = {
        .params = settings->params, .options = &options, .now_ms = now_ms};
    char message[256] = "";
    struct engine *engine = replay_engine(&options, file, NULL, message, sizeof message);

    if (note[0] != '\0')
        command_error("note: %s", note);
    if (engine != NULL)
        figures_ask(out, engine, &question);
    else
        figures_none(out, message);
    engine_free(engine);
}

/* NULL after command_error(). */
static json_t *status_from_store(const struct settings *settings)
{
    struct headerfile *file = open_store(settings);
    struct status status;
    json_t *json = NULL;

    if (file == NULL)
        return NULL;
    if (status_from_tree(&status, headerfile_tree(file), headerfile_base(file).work_known,
                         wall_ms())) {
        fill_figures(&status.figures, settings, file, status.now_ms);
        json = status_to_json(&status);
        status_free(&status);
    } else {
        command_error("cannot read the store: %s", headerfile_error(file));
    }
    headerfile_close(file);
    return json;
}

/* What stands, as the last monitor has left it; nothing where none has run, or the outbox cannot be
 * read, which is said. */
static void add_alerts(json_t *status, const struct settings *settings)
{
    struct outbox *outbox = NULL;
    uint8_t key[IDENTITY_KEY_SIZE];
    const uint8_t none[IDENTITY_KEY_SIZE] = {0};
    json_t *rules = NULL;
    bool has_key = false;

    if (!ask_outbox(&outbox, settings) || outbox == NULL)
        return;
    rules = alerts_view_stored(outbox, settings, wall_ms());
    has_key = outbox_key(outbox, key) == OUTBOX_FOUND && memcmp(key, none, sizeof key) != 0;
    if (!alerts_view_in_status(status, rules, outbox, has_key ? key : NULL, NULL))
        command_error("the outbox cannot be read: %s", outbox_error(outbox));
    json_decref(rules);
    outbox_close(outbox);
}

/* NULL after command_error(). */
static json_t *get_status(const struct settings *settings)
{
    json_t *answer = NULL;

    if (ask_monitor(&answer, settings, json_pack("{s:s}", "command", "status")) != CONTROL_NOBODY)
        return answer;
    answer = status_from_store(settings);
    if (answer != NULL)
        add_alerts(answer, settings);
    return answer;
}

static int run(const struct command_call *call)
{
    json_t *status = NULL;

    if (call->argument_count > 0) {
        command_error("'status' takes no arguments, but there is '%s'", call->arguments[0]);
        return COMMAND_USAGE;
    }
    status = get_status(call->settings);
    if (status == NULL)
        return COMMAND_FAILED;
    if (command_flag(call, "json")) {
        json_dumpf(status, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_PRECISION));
        putchar('\n');
    } else {
        status_print(stdout, status);
    }
    json_decref(status);
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_status = {
    .name = "status",
    .synopsis = "status [--json]",
    .summary = "print the present picture in one screen",
    .details =
        "Asks the monitor that runs on this data directory and network, or, if none does,\n"
        "reads its store. Prints the tip, the work behind it, how much hash rate there is\n"
        "and how sure that is, how unusual the present silence is, volatility net of luck,\n"
        "the last change that was found, the next retarget, which alerts stand, sinks that fail,\n"
        "and the peers.\n\n"
        "Each figure has its interval; hashtide(1) says what they mean, and what the JSON\n"
        "holds besides. Figures of a store that no monitor follows are as of its tip.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
