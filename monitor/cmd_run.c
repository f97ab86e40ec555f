// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_run: the monitor itself, until it is told to stop.
 */
#include "config.h"

#include "chain/sha256.h"
#include "monitor/command.h"
#include "monitor/dispatch.h"
#include "monitor/keyfile.h"
#include "monitor/mem.h"
#include "monitor/net/supervisor.h"
#include "monitor/run_answers.h"
#include "monitor/run_economy.h"
#include "monitor/service.h"
#include "monitor/store/datadir.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const struct command_call *call;
    struct service service;
    struct signer *signer; /* NULL where there is no key */
    struct dispatch *dispatch;
    struct run_answers answers;
    struct run_economy economy;
    struct settings *reread; /* of the latest SIGHUP; NULL: those of the start hold */
    struct settings *held;   /* of an earlier one, which a thread still read; or NULL */
};

/* ---- Control socket ----------------------------------------------------- */

static void listen_for_commands(struct run *run)
{
    char path[DATADIR_PATH_SIZE], message[DATADIR_PATH_SIZE + 128];
    service_path(&run->service, path, DATADIR_SOCKET);
    run->answers = (struct run_answers){.app = run->service.app,
                                        .alerting = dispatch_alerting(run->dispatch),
                                        .outbox = dispatch_outbox(run->dispatch),
                                        .signer = run->signer,
                                        .log = run->service.log};
    if (!loop_listen(run->service.loop, path, run_answer, &run->answers, message, sizeof message)) {
        log_write(run->service.log, LOG_BROKEN,
                  "control socket: %s; 'hashtide status' and 'hashtide alerts' will not find us",
                  message);
    }
}

/* ---- Signals ------------------------------------------------------------ */

static void forget(struct settings *settings)
{
    if (settings != NULL) {
        settings_free(settings);
        free(settings);
    }
}

/* Others hold now. The thread that works out slow figures may still read these. */
static void retire_reread(struct run *run)
{
    const struct settings *used = run_economy_uses(&run->economy);

    if (run->held != used) {
        forget(run->held);
        run->held = NULL;
    }
    if (run->reread != NULL && run->reread == used)
        run->held = run->reread;
    else
        forget(run->reread);
    run->reread = NULL;
}

static void reload(struct run *run)
{
    struct settings *fresh = mem_zeroed(1, sizeof *fresh);
    struct settings_error error;
    struct log *log = run->service.log;
    if (!settings_load(fresh, &error, run->call->options, run->call->option_count)) {
        log_write(log, LOG_BROKEN, "%s; nothing was changed", error.text);
        free(fresh);
        return;
    }
    supervisor_reloading();
    log_set_level(log, (enum log_level)fresh->log_level);
    dispatch_reconfigure(run->dispatch, fresh);
    app_reconfigure(run->service.app, fresh);
    run_economy_reconfigure(&run->economy, fresh);
    log_write(log, LOG_INFO, "configuration read again, log level %s",
              log_level_name((enum log_level)fresh->log_level));
    retire_reread(run);
    run->reread = fresh; /* sinks live as long as they are in use */
    supervisor_ready();
}

static void on_signal(void *context, int signum)
{
    struct run *run = context;
    if (signum == SIGHUP) {
        reload(run);
        return;
    }
    log_write(run->service.log, LOG_INFO, "%s: stopping", signum == SIGINT ? "SIGINT" : "SIGTERM");
    supervisor_stopping();
    loop_stop(run->service.loop);
}

/* ---- The story ---------------------------------------------------------- */

static void tell_key(const struct run *run)
{
    char key[SIGN_KEY_TEXT_SIZE];
    if (run->signer == NULL) {
        log_write(run->service.log, LOG_INFO,
                  "no signing key, nothing is signed: 'hashtide keygen' makes one");
        return;
    }
    sign_key_format(key, signer_key(run->signer));
    log_write(run->service.log, LOG_INFO, "public key %s", key);
}

static void tell_start(struct run *run)
{
    const struct settings *settings = run->call->settings;
    struct log *log = run->service.log;
    char path[DATADIR_PATH_SIZE];
    datadir_path(path, settings->datadir, settings->params);
    log_write(log, LOG_INFO, "hashtide %s: network %s, data in %s, SHA-256 %s", PACKAGE_VERSION,
              settings->params->name, path, sha256_best()->name);
    if (settings->params->work_only_advisory) {
        log_write(log, LOG_UNUSUAL,
                  "%s: headers prove work only, anyone can forge a branch; use connect= with a "
                  "node that you trust",
                  settings->params->name);
    }
    tell_key(run);
    struct tree *tree = app_tree(run->service.app);
    if (tree == NULL) {
        return;
    }
    struct tree_node tip = tree_get(tree, tree_best(tree));
    struct hash256 hash = {{0}};
    char hex[HASH256_HEX_SIZE];
    tree_hash(tree, &hash, tip.index);
    hash256_to_hex(hex, &hash);
    log_write(log, LOG_INFO,
              "%" PRIu32 " header%s from height %" PRIu32 " on, tip: height %" PRIu32 " %s",
              tree_count(tree), tree_count(tree) == 1 ? "" : "s", tree_base_height(tree),
              tip.height, hex);
}

static bool prepare(void *context, struct service *service)
{
    struct run *run = context;
    char path[DATADIR_PATH_SIZE], message[DISPATCH_MESSAGE_SIZE] = "";
    run->dispatch =
        dispatch_new(&(struct dispatch_options){.path = service_path(service, path, DATADIR_ALERTS),
                                                .settings = service->settings,
                                                .signer = run->signer,
                                                .log = service->log,
                                                .loop = loop_uv(service->loop)},
                     message);
    if (run->dispatch == NULL) {
        command_error("%s", message);
        return false;
    }
    service->alerting = dispatch_alerting(run->dispatch);
    return true;
}

static void run_free(struct run *run)
{
    run_economy_free(&run->economy);
    dispatch_free(run->dispatch);
    forget(run->reread);
    forget(run->held);
    signer_free(run->signer);
}

static void start_economy(struct run *run)
{
    run_economy_start(&run->economy,
                      &(struct run_economy_options){.loop = loop_uv(run->service.loop),
                                                    .log = run->service.log,
                                                    .settings = run->call->settings,
                                                    .app = run->service.app,
                                                    .alerting = dispatch_alerting(run->dispatch)});
}

static int run_monitor(const struct command_call *call)
{
    if (call->argument_count != 0) {
        command_error("'run' takes no arguments");
        return COMMAND_USAGE;
    }
    struct run run = {.call = call};
    struct service_options options = {.settings = call->settings,
                                      .log_level = (enum log_level)call->settings->log_level,
                                      .analyse = true,
                                      .prepare = prepare,
                                      .signalled = on_signal,
                                      .context = &run};
    char message[KEYFILE_MESSAGE_SIZE];
    if (keyfile_load_own(&run.signer, message, call->settings) == KEYFILE_REFUSED) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    if (!service_start(&run.service, &options)) {
        run_free(&run);
        return COMMAND_FAILED;
    }
    tell_start(&run);
    (void)dispatch_start(run.dispatch);
    start_economy(&run);
    listen_for_commands(&run);
    supervisor_ready();
    app_wake(run.service.app);
    loop_run(run.service.loop);
    int code = app_drain(run.service.app) ? COMMAND_DONE : COMMAND_FAILED;
    run.service.unfinished = run_economy_stop(&run.economy);
    dispatch_stop(run.dispatch);
    log_write(run.service.log, LOG_INFO, "stopped");
    service_end(&run.service, code);
    run_free(&run);
    return code;
}

const struct command cmd_run = {
    .name = "run",
    .synopsis = "run",
    .summary = "the monitor: follow the chain until told to stop",
    .details =
        "Connects to peers, fetches and verifies all headers, keeps every branch, records\n"
        "when blocks were first announced, says when the hash rate has changed, and answers\n"
        "'hashtide status'. Rules raise alerts, which are written down and brought to the\n"
        "sinks of the configuration; 'hashtide config check' explains both. Sources of the\n"
        "price are asked each hour (price.fetch), so that rules may watch hashprice and what\n"
        "rests on it.\n"
        "\n"
        "SIGTERM and SIGINT end it in order. SIGHUP reads the configuration again:\n"
        "loglevel, connect, addnode, onlynet, maxoutbound, dnsseed, timeout, name, rules,\n"
        "sinks, tables, prices, and the keys of delivery and change detection take effect\n"
        "at once.",
    .options = NULL,
    .settings_wanted = true,
    .run = run_monitor,
};
