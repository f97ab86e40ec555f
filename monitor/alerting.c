// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting: see alerting.h. This part takes the steps.
 */
#include "config.h"

#include "monitor/alerting.h"

#include "monitor/alerting_internal.h"
#include "monitor/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All in ms. */
/** Durations, repetitions and silences are noticed this often. */
#define TICK_MS 5000
/** States that moved without a message (a rule is pending, say) are written this often: what a
 *  crash takes of them is time, never a message. */
#define STATES_MS 60000
#define TIDY_MS 3600000
/** After the outbox could not be written: doubled from the first to the last. */
#define RETRY_FIRST_MS 1000
#define RETRY_LAST_MS 30000
/** Blocks of a past that is caught up with are committed together, as long as they make no more
 *  messages than this. */
#define BATCH_NOTES 64

static _Noreturn void no_memory(struct alerting *alerting)
{
    log_write(alerting->log, LOG_BROKEN, "out of memory");
    abort();
}

/* ---- Beginning ---------------------------------------------------------- */

static void take_sinks(struct alerting *alerting, const struct sinks *sinks)
{
    free(alerting->sinks);
    alerting->sinks = mem_zeroed(sinks->count + 1, sizeof *alerting->sinks);
    alerting->sink_count = sinks->count;
    for (size_t i = 0; i < sinks->count; i++) {
        struct alerting_sink *sink = &alerting->sinks[i];
        struct outbox_sink stored;

        snprintf(sink->name, sizeof sink->name, "%s", sinks->items[i].name);
        sink->heartbeat_ms = sinks->items[i].heartbeat_ms;
        if (outbox_sink(alerting->outbox, &stored, sink->name) == OUTBOX_FOUND) {
            sink->heartbeats = stored.heartbeats;
            sink->last_heartbeat_ms = stored.heartbeat_ms;
        }
    }
}

static void take_settings(struct alerting *alerting, const struct settings *settings)
{
    free(alerting->name);
    alerting->name = mem_text(settings->name);
    alerting->speaker.name = alerting->name;
    alerting->wanted = observe_wanted(&settings->rules);
    alerting->delivery = settings->delivery;
    alerting->keep_ms = settings->delivery_keep_ms;
    take_sinks(alerting, &settings->sinks);
}

static bool restore_rule(void *context, const struct outbox_rule *row)
{
    struct alerting *alerting = context;

    if (!board_restore(alerting->board, row->name, row->state, row->state_len))
        log_write(alerting->log, LOG_UNUSUAL,
                  "what the outbox holds of rule %s cannot be read: it begins anew", row->name);
    return board_number(alerting->board, row->name, row->incident);
}

/* Ids are made under the public key: a monitor with another key makes others. */
static bool take_key(struct alerting *alerting)
{
    uint8_t before[IDENTITY_KEY_SIZE];
    enum outbox_found found = outbox_key(alerting->outbox, before);
    const uint8_t *key = alerting->speaker.public_key;

    if (found == OUTBOX_BROKEN)
        return false;
    if (found == OUTBOX_FOUND && memcmp(before, key, sizeof before) == 0)
        return true;
    if (found == OUTBOX_FOUND)
        log_write(alerting->log, LOG_UNUSUAL,
                  "the signing key is another than before: tell those who verify our alerts");
    return outbox_set_key(alerting->outbox, key);
}

static bool restore(struct alerting *alerting)
{
    enum outbox_found found = outbox_cursor(alerting->outbox, &alerting->stored);

    alerting->has_stored = found == OUTBOX_FOUND;
    return found != OUTBOX_BROKEN && take_key(alerting) &&
           outbox_each_rule(alerting->outbox, restore_rule, alerting);
}

struct alerting *alerting_new(const struct alerting_options *options, char *message,
                              size_t message_len)
{
    struct alerting *alerting = mem_zeroed(1, sizeof *alerting);

    alerting->outbox = options->outbox;
    alerting->signer = options->signer;
    alerting->log = options->log;
    alerting->queued = options->queued;
    alerting->undurable = options->undurable;
    alerting->context = options->context;
    alerting->start = options->now;
    alerting->cursor = TREE_NONE;
    alerting->best = TREE_NONE;
    alerting->states_ms = options->now.mono_ms + STATES_MS;
    alerting->late_ms = INT64_MIN;
    alerting->speaker = (struct document_monitor){
        .has_key = options->signer != NULL,
        .network = options->settings->params->name,
        .software = PACKAGE_NAME " " PACKAGE_VERSION,
    };
    if (options->signer != NULL)
        memcpy(alerting->speaker.public_key, signer_key(options->signer)->bytes,
               sizeof alerting->speaker.public_key);
    take_settings(alerting, options->settings);
    alerting->board = board_new(&options->settings->rules);
    if (alerting->board == NULL)
        no_memory(alerting);
    if (!restore(alerting)) {
        snprintf(message, message_len, "%s", outbox_error(alerting->outbox));
        alerting_free(alerting);
        return NULL;
    }
    return alerting;
}

void alerting_free(struct alerting *alerting)
{
    if (alerting == NULL)
        return;
    alerting_batch_free(&alerting->batch);
    board_free(alerting->board);
    free(alerting->sinks);
    free(alerting->name);
    free(alerting);
}

void alerting_reconfigure(struct alerting *alerting, const struct settings *settings)
{
    take_settings(alerting, settings);
    if (!board_reconfigure(alerting->board, &settings->rules))
        no_memory(alerting);
    alerting->tick_ms = 0;
}

/* Headers that a loss of power took from the file. They are judged as any others are. */
static void restore_headers(struct alerting *alerting)
{
    uint8_t raw[OUTBOX_HEADERS_SIZE];
    size_t len = 0;
    struct accept_options options = {.ignore_future = true};
    enum headerfile_status status = HEADERFILE_OK;
    struct accept_result result;

    if (outbox_headers(alerting->outbox, raw, &len) != OUTBOX_FOUND)
        return;
    result =
        headerfile_accept(alerting->file, &status, &options, raw, HEADER_SIZE, len / HEADER_SIZE);
    if (result.fault || headerfile_sync(alerting->file) != HEADERFILE_OK)
        log_write(alerting->log, LOG_BROKEN, "headers of the outbox cannot be put back: %s",
                  headerfile_error(alerting->file));
    else if (result.accepted > 0)
        log_write(alerting->log, LOG_UNUSUAL,
                  "%zu headers that the header file had lost are back, from the outbox",
                  result.accepted);
}

void alerting_attach(struct alerting *alerting, struct headerfile *file)
{
    alerting->file = file;
    alerting->tree = headerfile_tree(file);
    alerting->cursor = TREE_NONE;
    alerting->unseen = (struct reorg){.disconnected = 0};
    if (!alerting->has_stored)
        return;
    restore_headers(alerting);
    alerting->cursor = tree_find(alerting->tree, &alerting->stored.hash, NULL);
    if (alerting->cursor == TREE_NONE)
        log_write(alerting->log, LOG_UNUSUAL,
                  "the block at height %" PRIu32 " that rules looked at last is not in the store: "
                  "they go on from the tip",
                  alerting->stored.height);
}

void alerting_moment(struct alerting *alerting, const struct alerting_moment *moment)
{
    uint32_t best = alerting->tree == NULL ? TREE_NONE : tree_best(alerting->tree);

    if (best != alerting->best || alerting->best_ms == 0)
        alerting->best_ms = moment->now.mono_ms;
    alerting->best = best;
    alerting->moment = *moment;
}

/* ---- Into the outbox ---------------------------------------------------- */

const char *alerting_trouble(const struct alerting *alerting)
{
    return outbox_trouble(alerting->outbox);
}

static void gather_state(void *context, const char *name, const uint8_t *bytes, size_t len)
{
    struct alerting *alerting = context;
    struct incident incident = {.number = 0};

    /* Its number stands in the bytes, but also beside them, in case that they cannot be read. */
    (void)incident_decode(&incident, bytes, INCIDENT_BYTES);
    alerting_batch_state(&alerting->batch, name, incident.number, bytes, len);
}

static void get_stuck(struct alerting *alerting, const char *why)
{
    int64_t now_ms = alerting->moment.now.mono_ms;

    alerting->retry_wait_ms = alerting->stuck ? 2 * alerting->retry_wait_ms : RETRY_FIRST_MS;
    if (alerting->retry_wait_ms > RETRY_LAST_MS)
        alerting->retry_wait_ms = RETRY_LAST_MS;
    alerting->retry_ms = now_ms + alerting->retry_wait_ms;
    alerting->stuck = true;
    alerting->caught_up = false;
    if (log_complain(&alerting->complaint, now_ms))
        log_write(alerting->log, LOG_BROKEN,
                  "alerts cannot be written down: %s; they wait in memory, trying again in %" PRId64
                  " s",
                  why, alerting->retry_wait_ms / 1000);
}

/*
 * The batch's cursor is not to outlive the block that it names: what the file may still lose goes
 * into the outbox with it. Should that be much, or not to be had, the file has to be synced first.
 */
static bool gather_headers(struct alerting *alerting)
{
    struct alerting_batch *batch = &alerting->batch;
    uint32_t durable = headerfile_durable(alerting->file);
    uint32_t end = alerting->cursor + 1;

    batch->headers_len = 0;
    if (end <= durable)
        return true;
    if (end - durable > OUTBOX_HEADERS_MAX ||
        !headerfile_read(alerting->file, batch->headers, durable, end - durable))
        return headerfile_sync(alerting->file) == HEADERFILE_OK;
    batch->headers_len = (size_t)(end - durable) * HEADER_SIZE;
    return true;
}

bool alerting_commit(struct alerting *alerting)
{
    bool said = false;

    (void)board_changes(alerting->board, gather_state, alerting);
    alerting->states_ms = alerting->moment.now.mono_ms + STATES_MS;
    if (alerting_batch_is_empty(&alerting->batch))
        return true;
    said = alerting->batch.note_count > 0;
    if (alerting->batch.has_cursor && !gather_headers(alerting)) {
        get_stuck(alerting, headerfile_error(alerting->file));
        return false;
    }
    if (!alerting_batch_commit(&alerting->batch, alerting->outbox)) {
        get_stuck(alerting, outbox_error(alerting->outbox));
        return false;
    }
    if (said && alerting->queued != NULL) /* first of all: it goes out in this call */
        alerting->queued(alerting->context);
    if (alerting->stuck) {
        alerting->stuck = false;
        log_settled(&alerting->complaint);
        log_write(alerting->log, LOG_INFO, "alerts are written down again");
    }
    alerting_log_notes(alerting);
    alerting_batch_clear(&alerting->batch);
    return true;
}

/* ---- Blocks ------------------------------------------------------------- */

uint32_t alerting_cursor(const struct alerting *alerting)
{
    return alerting->cursor;
}

bool alerting_may_look(const struct alerting *alerting)
{
    return alerting->moment.synced && !alerting->stuck;
}

void alerting_moved(struct alerting *alerting, const struct reorg *reorg)
{
    if (alerting->cursor != TREE_NONE && reorg->disconnected > alerting->unseen.disconnected)
        alerting->unseen = *reorg;
}

/* The way from the block looked at before. What has left beyond that leaves with the first block
 * that took its place. */
static struct reorg way_to(const struct alerting *alerting, uint32_t index)
{
    struct reorg reorg = reorg_between(alerting->tree, alerting->cursor, index);
    const struct reorg *unseen = &alerting->unseen;

    if (tree_get(alerting->tree, index).height > unseen->fork_height &&
        unseen->disconnected > reorg.disconnected)
        reorg.disconnected = unseen->disconnected;
    return reorg;
}

static void move_cursor(struct alerting *alerting, uint32_t index)
{
    alerting->cursor = index;
    alerting->batch.has_cursor = true;
    alerting->batch.cursor =
        (struct outbox_cursor){.height = alerting->metrics.height, .hash = alerting->metrics.hash};
}

/* The store could not be read: a disk that fails. The next block tries again. */
static void cannot_look(struct alerting *alerting, uint32_t index)
{
    log_write(alerting->log, LOG_BROKEN,
              "the header at height %" PRIu32 " cannot be read back: no rule looks at it",
              tree_get(alerting->tree, index).height);
}

void alerting_look(struct alerting *alerting, struct engine *engine, uint32_t index, bool caught_up)
{
    struct alerting_view view = {.engine = engine, .index = index, .late = !alerting->caught_up};

    assert(alerting->cursor != TREE_NONE && alerting_may_look(alerting));
    view.reorg = way_to(alerting, index);
    if (!alerting_snapshot(alerting, &view)) {
        cannot_look(alerting, index);
        return;
    }
    (void)board_step(alerting->board, view.late ? BOARD_CHAIN : BOARD_ALL, &alerting->metrics,
                     alerting_say, alerting);
    move_cursor(alerting, index);
    if (alerting->metrics.height > alerting->unseen.fork_height)
        alerting->unseen = (struct reorg){.disconnected = 0};
    if (caught_up || alerting->batch.note_count >= BATCH_NOTES)
        (void)alerting_commit(alerting);
    if (caught_up)
        alerting->caught_up = !alerting->stuck;
}

/* ---- Time --------------------------------------------------------------- */

/* Nothing can be written: only the rules about that speak. */
static void tick_stuck(struct alerting *alerting)
{
    struct alerting_view view = {.index = alerting->cursor};

    if (!alerting_snapshot(alerting, &view))
        return;
    (void)board_step(alerting->board, BOARD_STORE, &alerting->metrics, alerting_say, alerting);
    alerting_send_undurable(alerting);
}

/* Before the engine has come to the tip, and while blocks wait to be looked at, the chain's rules
 * stay where they are: their time comes with the blocks. */
static void tick(struct alerting *alerting, struct engine *engine)
{
    struct alerting_view view = {.engine = engine, .index = alerting->cursor};
    bool whole = false;

    if (engine != NULL && alerting->moment.synced && alerting->cursor == TREE_NONE)
        view.index = tree_best_at(alerting->tree, engine_tip(engine));
    whole = engine != NULL && alerting->moment.synced && view.index != TREE_NONE;
    if (!whole)
        view.engine = NULL;
    if (!alerting_snapshot(alerting, &view)) {
        cannot_look(alerting, view.index);
        return;
    }
    (void)board_step(alerting->board, whole ? BOARD_ALL : BOARD_HEALTH, &alerting->metrics,
                     alerting_say, alerting);
    if (whole && alerting->cursor != view.index)
        move_cursor(alerting, view.index);
    alerting_beat(alerting);
    if (alerting->batch.note_count > 0 || alerting->batch.has_cursor ||
        alerting->moment.now.mono_ms >= alerting->states_ms)
        (void)alerting_commit(alerting);
    alerting->caught_up = (alerting->caught_up || whole) && !alerting->stuck;
}

static void tidy(struct alerting *alerting)
{
    struct outbox_tidying tidying = {.wall_ms = alerting->moment.now.wall_ms,
                                     .keep_ms = alerting->keep_ms,
                                     .give_up_ms = alerting->delivery.give_up_ms};
    bool more = false;

    if (alerting->moment.now.mono_ms < alerting->tidy_ms)
        return;
    if (!outbox_tidy(alerting->outbox, &tidying, &more) || !more)
        alerting->tidy_ms = alerting->moment.now.mono_ms + TIDY_MS;
}

int64_t alerting_wake(struct alerting *alerting, struct engine *engine)
{
    int64_t now_ms = alerting->moment.now.mono_ms;
    bool fresh = engine != NULL && alerting->moment.synced && !alerting->caught_up;

    if (alerting->stuck && now_ms >= alerting->retry_ms)
        (void)alerting_commit(alerting);
    if (now_ms >= alerting->tick_ms || (fresh && !alerting->stuck)) {
        alerting->tick_ms = now_ms + TICK_MS;
        if (!alerting->stuck) {
            tick(alerting, engine);
            tidy(alerting);
            outbox_checkpoint(alerting->outbox);
        }
        if (alerting->stuck)
            tick_stuck(alerting);
    }
    return alerting->stuck && alerting->retry_ms < alerting->tick_ms ? alerting->retry_ms
                                                                     : alerting->tick_ms;
}

bool alerting_drain(struct alerting *alerting)
{
    bool good = alerting_commit(alerting);

    if (!good)
        log_write(alerting->log, LOG_BROKEN,
                  "alerts could not be written down: %s; the next start makes those of blocks "
                  "again",
                  outbox_error(alerting->outbox));
    return good;
}
