// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status: see status.h. This part fills the value and makes JSON of it; status_print.c makes the
 * screen.
 */
#include "config.h"

#include "monitor/status.h"

#include "analysis/interval.h"
#include "chain/compact.h"
#include "chain/context.h"
#include "chain/netaddr.h"
#include "chain/verdict.h"
#include "monitor/fields.h"
#include "monitor/mem.h"
#include "monitor/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/** The windows, in blocks: about a day, half a week, a week and two weeks. */
static const uint32_t window_blocks[STATUS_WINDOWS] = {144, 504, 1008, 2016};
static const char *const window_names[STATUS_WINDOWS] = {"w144", "w504", "w1008", "w2016"};
#define WINDOW_LONGEST 2016
#define SAMPLES_MAX (WINDOW_LONGEST + 1)

/* ---- From the tree ------------------------------------------------------ */

static void fill_windows(struct status *out, const struct tree *tree, uint32_t best)
{
    uint32_t height = tree_get(tree, best).height;
    size_t room = height - tree_base_height(tree) + 1;
    size_t count = room < SAMPLES_MAX ? room : SAMPLES_MAX;
    struct window_sample *samples = mem_zeroed(count, sizeof *samples);

    for (size_t i = 0; i < count; i++) {
        uint32_t at = height - (uint32_t)(count - 1 - i);
        struct tree_node node = tree_get(tree, tree_best_at(tree, at));

        samples[i].time = (double)node.time;
        samples[i].work = compact_expected_hashes(node.bits);
    }
    for (size_t i = 0; i < STATUS_WINDOWS; i++) {
        size_t before = count > window_blocks[i] + 1 ? count - window_blocks[i] - 1 : 0;

        /* The running maximum of times begins with each window, as in exports. */
        out->windows[i] =
            window_hashrate(samples + before, count - before, height, window_blocks[i]);
    }
    free(samples);
}

/* Memoryless: the blocks that are missing take as long from now as they would from the tip. */
static double expected_seconds(const struct status *status)
{
    const struct window_estimate *window = &status->windows[STATUS_WINDOWS - 1];
    double work = interval_work_eh(status->tip.bits);

    if (window->status != WINDOW_OK || status->params->no_retarget)
        return -1.0;
    return (double)(status->epoch.next_height - status->tip.height) * work / window->ehs;
}

static void fill_epoch(struct status *out, const struct tree *tree)
{
    uint32_t height = out->tip.height;

    out->epoch.first_height = height - height % PARAMS_RETARGET_BLOCKS;
    out->epoch.next_height = out->epoch.first_height + PARAMS_RETARGET_BLOCKS;
    out->epoch.done = height % PARAMS_RETARGET_BLOCKS + 1;
    out->epoch.elapsed_s = -1.0;
    if (out->epoch.first_height >= tree_base_height(tree)) {
        struct tree_node first = tree_get(tree, tree_best_at(tree, out->epoch.first_height));

        out->epoch.elapsed_s = (double)out->tip.time - (double)first.time;
    }
    out->epoch.expected_s = expected_seconds(out);
}

bool status_from_tree(struct status *out, const struct tree *tree, bool work_known, int64_t now_ms)
{
    uint32_t best = tree_best(tree);
    struct context tip;

    *out = (struct status){.params = tree_params(tree), .now_ms = now_ms};
    if (!tree_context(tree, &tip, best))
        return false;
    out->tip.height = tip.height;
    out->tip.hash = tip.hash;
    out->tip.time = tip.time;
    out->tip.bits = tip.bits;
    out->tip.chainwork = tip.chainwork;
    out->tip.work_known = work_known;
    out->store.base_height = tree_base_height(tree);
    out->store.headers = tree_count(tree);
    out->store.branches = (uint32_t)tree_tip_count(tree);
    fill_windows(out, tree, best);
    fill_epoch(out, tree);
    return true;
}

void status_free(struct status *status)
{
    for (size_t i = 0; status->peer_names != NULL && i < status->peer_count; i++)
        free(status->peer_names[i]);
    free(status->peer_names);
    free(status->peers);
    status->peer_names = NULL;
    status->peers = NULL;
    status->peer_count = 0;
}

/* ---- JSON --------------------------------------------------------------- */

static bool set_integer(json_t *object, const char *key, int64_t value)
{
    return fields_set(object, key, json_integer(value));
}

static bool set_count(json_t *object, const char *key, uint64_t value)
{
    return fields_set(object, key, json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX));
}

static bool set_hash(json_t *object, const char *key, const struct hash256 *hash)
{
    char hex[HASH256_HEX_SIZE];

    hash256_to_hex(hex, hash);
    return fields_set(object, key, json_string(hex));
}

/* A time in seconds, or null where it is not known. */
static bool set_duration(json_t *object, const char *key, double seconds)
{
    return fields_set(object, key, seconds >= 0.0 ? json_real(seconds) : json_null());
}

static json_t *tip_to_json(const struct status *status)
{
    json_t *tip = json_object();
    char bits[9];
    char work[65];
    bool good = true;

    snprintf(bits, sizeof bits, "%08" PRIx32, status->tip.bits);
    u256_to_hex(work, status->tip.chainwork);
    good = good && set_count(tip, "height", status->tip.height);
    good = good && set_hash(tip, "hash", &status->tip.hash);
    good = good && set_count(tip, "time", status->tip.time);
    good = good && set_integer(tip, "age_s", status->now_ms / 1000 - (int64_t)status->tip.time);
    good = good && fields_set(tip, "bits", json_string(bits));
    good = good && fields_set(tip, "difficulty", json_real(compact_difficulty(status->tip.bits)));
    good = good && fields_set(tip, "chainwork", json_string(work));
    good = good && fields_set(tip, "work_known", json_boolean(status->tip.work_known));
    return fields_complete(tip, good);
}

static json_t *store_to_json(const struct status *status)
{
    json_t *store = json_object();
    bool trouble = status->store.trouble.trouble;
    bool good = true;

    good = good && set_count(store, "base_height", status->store.base_height);
    good = good && set_count(store, "headers", status->store.headers);
    good = good && set_count(store, "branches", status->store.branches);
    if (status->running) {
        good = good && set_count(store, "durable", status->store.durable);
        good = good && set_count(store, "observations_dropped", status->store.observations_dropped);
        good = good && fields_set(store, "trouble",
                                  trouble ? text_to_json(status->store.trouble.text) : json_null());
    }
    return fields_complete(store, good);
}

static json_t *epoch_to_json(const struct status *status)
{
    json_t *epoch = json_object();
    bool good = true;

    good = good && set_count(epoch, "first_height", status->epoch.first_height);
    good = good && set_count(epoch, "next_height", status->epoch.next_height);
    good = good && set_count(epoch, "done", status->epoch.done);
    good = good && set_count(epoch, "of", PARAMS_RETARGET_BLOCKS);
    good = good && set_duration(epoch, "elapsed_s", status->epoch.elapsed_s);
    good = good && set_duration(epoch, "expected_s", status->epoch.expected_s);
    good = good && fields_set(epoch, "retargets", json_boolean(!status->params->no_retarget));
    return fields_complete(epoch, good);
}

static json_t *window_to_json(const struct window_estimate *window)
{
    json_t *object = json_object();
    bool known = window->status == WINDOW_OK;
    bool good = true;

    good = good && fields_set(object, "ehs", known ? json_real(window->ehs) : json_null());
    good = good && fields_set(object, "lo95", known ? json_real(window->lo95) : json_null());
    good = good && fields_set(object, "hi95", known ? json_real(window->hi95) : json_null());
    good = good && set_count(object, "blocks", window->blocks);
    good = good && set_count(object, "from_height", window->from_height);
    good = good && set_count(object, "to_height", window->to_height);
    good = good && fields_set(object, "span_s", json_real(window->span_s));
    if (!known)
        good =
            good && fields_set(object, "reason", json_string(window_status_text(window->status)));
    return fields_complete(object, good);
}

/* The windows, and a place for the figures that belong to them. */
static json_t *hashrate_to_json(const struct status *status)
{
    json_t *windows = json_object();
    bool good = true;

    for (size_t i = 0; i < STATUS_WINDOWS; i++)
        good = good && fields_set(windows, window_names[i], window_to_json(&status->windows[i]));
    return fields_complete(windows, good);
}

static bool set_peer_address(json_t *object, const struct netaddr *address, const char *name)
{
    char text[NETADDR_TEXT_SIZE];
    uint8_t group[NETADDR_GROUP_SIZE];
    char hex[2 * NETADDR_GROUP_SIZE + 1];

    netaddr_format(text, address);
    netaddr_group(group, address);
    for (size_t i = 0; i < NETADDR_GROUP_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", group[i]);
    return fields_set(object, "address", json_string(name != NULL ? name : text)) &&
           fields_set(object, "network", json_string(netaddr_network_name(address->network))) &&
           fields_set(object, "group", json_string(hex));
}

static const char *kind_name(enum sync_peer_kind kind)
{
    switch (kind) {
    case SYNC_PEER_OUTBOUND:
        return "outbound";
    case SYNC_PEER_MANUAL:
        return "manual";
    case SYNC_PEER_FEELER:
        return "feeler";
    }
    return "";
}

static json_t *peer_to_json(const struct sync_peer_info *peer, const char *name)
{
    json_t *object = json_object();
    bool good = true;

    good = good && set_count(object, "id", peer->peer);
    good = good && set_peer_address(object, &peer->address, name);
    good = good && fields_set(object, "kind", json_string(kind_name(peer->kind)));
    good = good && fields_set(object, "state", json_string(peer->state));
    good = good && fields_set(object, "subversion", json_string(peer->user_agent));
    good = good && set_count(object, "version", peer->version);
    good = good && set_count(object, "services", peer->services);
    good = good && fields_set(object, "height",
                              peer->tip_known ? json_integer(peer->tip_height) : json_null());
    good = good && (peer->tip_known ? set_hash(object, "hash", &peer->tip_hash)
                                    : fields_set(object, "hash", json_null()));
    good = good && set_count(object, "claimed_height", peer->claimed_height);
    good = good && set_integer(object, "since", peer->connected_ms / 1000);
    good = good && set_integer(object, "last_message", peer->last_message_ms / 1000);
    good = good && fields_set(object, "ping_ms",
                              peer->ping_ms >= 0 ? json_integer(peer->ping_ms) : json_null());
    good = good && set_count(object, "bytes_in", peer->bytes_in);
    good = good && set_count(object, "bytes_out", peer->bytes_out);
    good = good && set_count(object, "announcements", peer->announcements);
    return fields_complete(object, good);
}

static json_t *peers_to_json(const struct status *status)
{
    json_t *peers = json_array();
    bool good = true;

    for (size_t i = 0; i < status->peer_count && good; i++)
        good =
            json_array_append_new(peers, peer_to_json(&status->peers[i], status->peer_names != NULL
                                                                             ? status->peer_names[i]
                                                                             : NULL)) == 0;
    return fields_complete(peers, good);
}

static json_t *progress_to_json(const struct status *status)
{
    json_t *progress = json_object();
    bool good = true;

    good = good && set_count(progress, "height", status->progress.height);
    good = good && fields_set(progress, "target_height",
                              status->progress.target_height > 0
                                  ? json_integer(status->progress.target_height)
                                  : json_null());
    good = good && fields_set(progress, "presync", json_boolean(status->progress.presync));
    return fields_complete(progress, good);
}

static json_t *clock_to_json(const struct status *status)
{
    json_t *clock = json_object();
    bool good = true;

    good = good && fields_set(clock, "synchronized", json_boolean(status->clock.synchronized));
    good = good && set_integer(clock, "error_us", status->clock.error_us);
    good = good && set_integer(clock, "last_jump_ms", status->clock.last_jump_ms);
    good = good && fields_set(clock, "suspect", json_boolean(status->clock.suspect));
    return fields_complete(clock, good);
}

/* Rejected headers by reason, where there were any. */
static json_t *rejected_to_json(const struct sync_counters *counters)
{
    json_t *rejected = json_object();
    bool good = true;

    for (size_t i = 0; i < VERDICT_COUNT && good; i++) {
        char name[VERDICT_NAME_SIZE];

        if (counters->rejected[i] > 0)
            good = set_count(rejected, verdict_name(name, (enum verdict)i, NULL),
                             counters->rejected[i]);
    }
    return fields_complete(rejected, good);
}

static json_t *counters_to_json(const struct sync_counters *counters)
{
    json_t *object = json_object();
    bool good = true;

    good = good && set_count(object, "messages_in", counters->messages_in);
    good = good && set_count(object, "messages_unknown", counters->messages_unknown);
    good = good && set_count(object, "bad_checksum", counters->bad_checksum);
    good = good && set_count(object, "bad_magic", counters->bad_magic);
    good = good && set_count(object, "oversized", counters->oversized);
    good = good && set_count(object, "malformed", counters->malformed);
    good = good && set_count(object, "unconnecting", counters->unconnecting);
    good = good && set_count(object, "presync_started", counters->presync_started);
    good = good && set_count(object, "presync_failed", counters->presync_failed);
    good = good && set_count(object, "future_headers", counters->future_headers);
    good = good && fields_set(object, "rejected", rejected_to_json(counters));
    return fields_complete(object, good);
}

static bool add_note(json_t *notes, bool wanted, const char *text)
{
    return !wanted || json_array_append_new(notes, text_to_json(text)) == 0;
}

/* What a reader must know in order not to be misled; the screen has one line for each, and two for
 * trouble. */
static json_t *notes_to_json(const struct status *status)
{
    json_t *notes = json_array();
    bool good = true;

    good = good && add_note(notes, status->store.trouble.trouble, status->store.trouble.text);
    good = good && add_note(notes, status->clock.suspect,
                            "peers say that the clock of this machine is wrong");
    good = good && add_note(notes, !status->tip.work_known,
                            "work is relative to the store's base, whose own is not known");
    good = good && add_note(notes, status->params->work_only_advisory,
                            "anyone can forge a signet branch: use connect= with a trusted node");
    return fields_complete(notes, good);
}

json_t *status_to_json(const struct status *status)
{
    json_t *object = json_object();
    bool good = true;

    good = good && fields_set(object, "network", json_string(status->params->name));
    good = good && fields_set(object, "running", json_boolean(status->running));
    good = good && fields_set(object, "synced", json_boolean(status->synced));
    good = good && set_integer(object, "now", status->now_ms / 1000);
    good = good && fields_set(object, "tip", tip_to_json(status));
    good = good && fields_set(object, "hashrate", hashrate_to_json(status));
    good = good && fields_set(object, "epoch", epoch_to_json(status));
    good = good && fields_set(object, "store", store_to_json(status));
    good = good && fields_set(object, "peers", peers_to_json(status));
    if (status->running) {
        good = good && set_integer(object, "started", status->started_ms / 1000);
        good = good && fields_set(object, "progress", progress_to_json(status));
        good = good && fields_set(object, "counters", counters_to_json(&status->counters));
    }
    good = good && figures_to_json(object, json_object_get(object, "hashrate"), &status->figures);
    if (status->clock.known)
        good = good && fields_set(object, "clock", clock_to_json(status));
    good = good && fields_set(object, "notes", notes_to_json(status));
    return fields_complete(object, good);
}
