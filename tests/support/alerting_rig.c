// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_rig: see alerting_rig.h.
 */
#include "config.h"

#include "tests/support/alerting_rig.h"

#include "monitor/mem.h"
#include "monitor/pipeline.h"
#include "tests/support/check.h"
#include "tests/support/io_vfs.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define HEADERS "store/headers.dat"
#define ROWS "store/alerts.sqlite"
#define SINK_SECTION "[sink " RIG_SINK "]\n"
#define SINK_KEYS "type=exec\ncommand=/bin/true\n"
/** Rounds of work that nothing should need. */
#define ROUNDS 10000
/** A stamp must be above the median of so many before it. */
#define MEDIAN_BLOCKS 11
/** Virtual time begins well after tidenet's genesis. */
#define BEGIN_MS INT64_C(1767225600000)

/* ---- Settings ----------------------------------------------------------- */

static void read_settings(struct settings *out, const char *text)
{
    struct settings_error error;
    struct ruleset_builtin builtin;
    size_t size = strlen(text) + 8192;
    char *whole = mem_zeroed(size, 1);

    snprintf(whole, size, "network=tidenet\n%s\n%s", text,
             strstr(text, SINK_SECTION) == NULL ? SINK_SECTION SINK_KEYS : "");
    for (size_t i = 0; ruleset_builtin(&builtin, i); i++) {
        char section[2 * RULE_NAME_SIZE];

        snprintf(section, sizeof section, "[alert %s]\n", builtin.name);
        if (strstr(text, section) == NULL)
            snprintf(whole + strlen(whole), size - strlen(whole), "%senabled=0\n", section);
    }
    ck_assert_msg(settings_parse_text(out, &error, "rig", whole, strlen(whole)), "%s", error.text);
    free(whole);
}

void rig_init(struct rig *rig, const char *text, struct io_record *headers, struct io_record *rows)
{
    *rig = (struct rig){.headers = headers,
                        .rows = rows,
                        .now = {.wall_ms = BEGIN_MS, .mono_ms = 1000},
                        .synced = true,
                        .health = {.peers = 8, .peers_wanted = 8, .groups = 8},
                        .told = TREE_NONE};
    read_settings(&rig->settings, text);
}

void rig_free(struct rig *rig)
{
    if (rig->file != NULL)
        (void)rig_stop(rig, true);
    settings_free(&rig->settings);
    rig_messages_free(&rig->undurable);
}

void rig_configure(struct rig *rig, const char *text)
{
    struct settings fresh;

    read_settings(&fresh, text);
    if (rig->file != NULL) {
        watch_reconfigure(rig->watch, &fresh);
        alerting_reconfigure(rig->alerting, &fresh);
    }
    settings_free(&rig->settings);
    rig->settings = fresh;
}

/* ---- Messages ----------------------------------------------------------- */

static const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

static void add_message(struct rig_messages *messages, const char *id, const void *body, size_t len)
{
    struct rig_message *message = NULL;
    json_t *document = json_loadb(body, len, 0, NULL);

    ck_assert_ptr_nonnull(document);
    messages->items = mem_resize(messages->items, messages->count + 1, sizeof *messages->items);
    message = &messages->items[messages->count++];
    memset(message, 0, sizeof *message);
    message->body = mem_text_of(body, len);
    ck_assert_str_eq(word(document, "message_id"), id);
    snprintf(message->id, sizeof message->id, "%s", id);
    snprintf(message->alert_id, sizeof message->alert_id, "%s", word(document, "alert_id"));
    snprintf(message->rule, sizeof message->rule, "%s", word(document, "rule"));
    snprintf(message->state, sizeof message->state, "%s", word(document, "state"));
    snprintf(message->reason, sizeof message->reason, "%s", word(document, "reason"));
    message->sequence = (uint64_t)json_integer_value(json_object_get(document, "sequence"));
    message->height =
        (uint32_t)json_integer_value(json_object_get(json_object_get(document, "block"), "height"));
    message->late = json_is_true(json_object_get(document, "late"));
    message->durable = json_is_true(json_object_get(document, "durable"));
    json_decref(document);
}

void rig_messages_free(struct rig_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        free(messages->items[i].body);
    free(messages->items);
    *messages = (struct rig_messages){.count = 0};
}

void rig_take(struct rig *rig, struct rig_messages *out)
{
    struct outbox_delivery delivery;

    while (outbox_next(rig->outbox, &delivery, RIG_SINK) == OUTBOX_FOUND) {
        struct outbox_outcome outcome = {.sink = RIG_SINK,
                                         .number = delivery.number,
                                         .fate = DELIVERY_DONE,
                                         .tried_ms = rig->now.wall_ms,
                                         .status = 200};

        add_message(out, delivery.id, delivery.body, delivery.body_len);
        outbox_delivery_free(&delivery);
        ck_assert_msg(outbox_record(rig->outbox, &outcome, 1), "%s", outbox_error(rig->outbox));
    }
}

static void on_queued(void *context)
{
    struct rig *rig = context;

    rig->queued++;
}

static void on_undurable(void *context, const struct alerting_undurable *message)
{
    struct rig *rig = context;

    ck_assert_uint_eq(message->sink_count, 1);
    ck_assert_str_eq(message->sinks[0], RIG_SINK);
    add_message(&rig->undurable, message->id, message->body, message->body_len);
}

/* ---- Life --------------------------------------------------------------- */

static void open_file(struct rig *rig)
{
    struct headerfile_opened opened;
    struct headerfile_options options = {.io = io_record_io(rig->headers),
                                         .path = HEADERS,
                                         .params = rig->settings.params,
                                         .now = rig->now.wall_ms / 1000};

    rig->file = headerfile_open(&options, &opened);
    ck_assert_msg(rig->file != NULL, "%s", opened.message);
}

static void open_outbox(struct rig *rig)
{
    char message[1024];
    struct alerting_options options = {.settings = &rig->settings,
                                       .now = rig->now,
                                       .queued = on_queued,
                                       .undurable = on_undurable,
                                       .context = rig};

    io_vfs_use(io_record_io(rig->rows));
    rig->outbox = outbox_open(ROWS, false, NULL, message, sizeof message);
    ck_assert_msg(rig->outbox != NULL, "%s", message);
    options.outbox = rig->outbox;
    rig->alerting = alerting_new(&options, message, sizeof message);
    ck_assert_msg(rig->alerting != NULL, "%s", message);
}

void rig_start(struct rig *rig)
{
    uint32_t headers = 0;

    ck_assert_ptr_null(rig->file);
    open_outbox(rig);
    open_file(rig);
    headers = tree_count(headerfile_tree(rig->file));
    alerting_attach(rig->alerting, rig->file);
    rig->restored = tree_count(headerfile_tree(rig->file)) - headers;
    rig->told = tree_best(headerfile_tree(rig->file));
    rig->watch = watch_new(&(struct watch_options){
        .file = rig->file, .alerting = rig->alerting, .settings = &rig->settings});
}

bool rig_stop(struct rig *rig, bool crash)
{
    bool good = true;

    if (!crash) {
        watch_drain(rig->watch);
        good = alerting_drain(rig->alerting);
    }
    watch_free(rig->watch);
    alerting_free(rig->alerting);
    outbox_close(rig->outbox);
    headerfile_close(rig->file);
    rig->file = NULL;
    return good;
}

/* Appends what is new of a chain; not durable. */
static void append(struct rig *rig, const struct chain *chain)
{
    struct tree *tree = headerfile_tree(rig->file);
    struct accept_options options = {.now = rig->now.wall_ms / 1000, .stop_at_invalid = true};
    enum headerfile_status status = HEADERFILE_OK;
    size_t first = chain->records.count;
    struct accept_result result;

    while (first > 1 && tree_find(tree, &chain->hashes[first - 1], NULL) == TREE_NONE)
        first--;
    if (first == chain->records.count)
        return;
    result = headerfile_accept(rig->file, &status, &options, records_at(&chain->records, first),
                               HEADER_SIZE, chain->records.count - first);
    ck_assert_int_eq(status, HEADERFILE_OK);
    ck_assert_uint_eq(result.rejected, 0);
}

void rig_store(struct rig *rig, const struct chain *chain)
{
    append(rig, chain);
    ck_assert_int_eq(headerfile_sync(rig->file), HEADERFILE_OK);
}

/* As the app does it when it wakes. Returns when it wants to be woken. */
static int64_t wake(struct rig *rig)
{
    struct watch_moment watched = {
        .now = rig->now, .synced = rig->synced, .listening = rig->synced};
    struct alerting_moment moment = {
        .now = rig->now, .synced = rig->synced, .listening = rig->synced, .health = rig->health};
    int64_t next = 0;
    int64_t other = 0;
    bool held = false;

    alerting_moment(rig->alerting, &moment);
    next = watch_wake(rig->watch, &watched);
    held = !alerting_may_look(rig->alerting);
    other = alerting_wake(rig->alerting, watch_engine(rig->watch));
    next = other < next ? other : next;
    return held && alerting_may_look(rig->alerting) ? rig->now.mono_ms : next;
}

void rig_run(struct rig *rig, int64_t ms)
{
    int64_t end = rig->now.mono_ms + ms;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t next = wake(rig);

        if (next > end) {
            rig->now.wall_ms += end - rig->now.mono_ms;
            rig->now.mono_ms = end;
            return;
        }
        if (next > rig->now.mono_ms) {
            rig->now.wall_ms += next - rig->now.mono_ms;
            rig->now.mono_ms = next;
        }
    }
    ck_abort_msg("it never comes to rest");
}

/* Whether rules look before the file is synced. */
static bool may_be_early(const struct rig *rig)
{
    uint32_t fresh = tree_count(headerfile_tree(rig->file)) - headerfile_durable(rig->file);

    return rig->synced && alerting_cursor(rig->alerting) != TREE_NONE &&
           alerting_may_look(rig->alerting) && fresh <= PIPELINE_EARLY_MAX;
}

void rig_offer(struct rig *rig, const struct chain *chain)
{
    struct tree *tree = headerfile_tree(rig->file);
    struct reorg reorg;

    append(rig, chain);
    if (!may_be_early(rig))
        ck_assert_int_eq(headerfile_sync(rig->file), HEADERFILE_OK);
    if (tree_best(tree) != rig->told) {
        reorg = reorg_between(tree, rig->told, tree_best(tree));
        rig->told = tree_best(tree);
        watch_moved(rig->watch, &reorg, rig->synced);
    }
    (void)wake(rig);
    ck_assert_int_eq(headerfile_sync(rig->file), HEADERFILE_OK);
    rig_run(rig, 1);
}

bool rig_is_at_tip(const struct rig *rig)
{
    return alerting_cursor(rig->alerting) == tree_best(headerfile_tree(rig->file));
}

/* ---- Chains ------------------------------------------------------------- */

const char *rig_rules(void)
{
    return "[alert reorg-2]\nclearfor=0\n"
           "[alert near]\nmetric=interval.negative_share\nraise=above 0.4567\nclear=below 0.4566\n"
           "repeat=0\nupdate=0\n"
           "[alert far]\nmetric=interval.negative_share\nraise=above 0.4912\nclear=below 0.4309\n"
           "repeat=0\nupdate=0\n"
           "[alert slow]\nmetric=interval.negative_share\nraise=above 0.4613\nclear=below 0.4555\n"
           "for=2 blocks\nclearfor=1 block\nrepeat=0\nupdate=0\n"
           "[alert low]\nmetric=interval.negative_share\nraise=below 0.4499\nclear=above 0.4601\n"
           "repeat=0\nupdate=0\n";
}

void rig_mine(struct chain *chain, bool before, uint32_t tag)
{
    bool may = chain->records.count > MEDIAN_BLOCKS;

    chain_extend(chain, 1, before && may ? UINT32_MAX : 1201, tag);
}

static uint32_t stamp(const struct chain *chain, size_t height)
{
    struct header header;

    header_decode(&header, records_at(&chain->records, height));
    return header.time;
}

size_t rig_stamped_before(const struct chain *chain, size_t *row)
{
    size_t all = 0;

    *row = 0;
    for (size_t height = 1; height < chain->records.count; height++) {
        bool before = stamp(chain, height) < stamp(chain, height - 1);

        all += before;
        *row = before ? *row + 1 : 0;
    }
    return all;
}
