// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print: the screen of `hashtide status`, but for the analysis and the peers.
 *
 * At most: a title, 3 lines of the tip, 3 of the hash rate, 1 of the silence, 1 of volatility, 2 of
 * the last change, 3 of the epoch and its end, 1 of the store, 3 of the key, the alerts and sinks
 * that fail: 18, which leaves 5 for notes and 1 for the number of peers. Where there are no notes
 * some peers are shown, and the rest counted.
 * No line can be longer than 80 columns: screen_line() goes on in the next one, between two words,
 * which takes numbers that no network has, or a change in a chain that is not live.
 */
#include "config.h"

#include "monitor/fields.h"
#include "monitor/screen.h"
#include "monitor/status.h"
#include "monitor/status_print_internal.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/** Seconds; a tip that is older is not the network's. */
#define AGE_FRESH 86400

/* How far behind, as far as it is known. */
static void format_sync(char *out, size_t size, const json_t *status)
{
    const json_t *progress = json_object_get(status, "progress");
    int64_t height = fields_integer(progress, "height");
    int64_t target = fields_integer(progress, "target_height");
    const char *verb = fields_true(progress, "presync") ? "checking work" : "syncing";
    char done[32];
    char all[32];

    if (fields_true(status, "synced")) {
        snprintf(out, size, "synced");
        return;
    }
    if (json_array_size(json_object_get(status, "peers")) == 0) {
        snprintf(out, size, "not synced: no peers yet");
        return;
    }
    words_count(done, sizeof done, height);
    words_count(all, sizeof all, target);
    if (target > height)
        snprintf(out, size, "%s: %s of %s (%.0f %%)", verb, done, all,
                 floor(100.0 * (double)height / (double)target));
    else
        snprintf(out, size, "not synced");
}

static void print_title(struct screen *out, const json_t *status)
{
    char network[24];
    char sync[512];
    char uptime[48];

    screen_plain(network, 16, fields_text(status, "network"));
    if (!fields_true(status, "running")) {
        screen_line(out, "%-*s%s: not running; what the store holds", SCREEN_INDENT, "hashtide",
                    network);
        return;
    }
    format_sync(sync, sizeof sync, status);
    words_duration(uptime, sizeof uptime,
                   (double)(fields_integer(status, "now") - fields_integer(status, "started")));
    screen_line(out, "%-*s%s: %s, up %s", SCREEN_INDENT, "hashtide", network, sync, uptime);
}

/* The work behind the tip as a power of two: its digits say nothing to people. */
static void format_work(char *out, size_t size, const json_t *tip)
{
    struct u256 work;
    char hex[HASH256_HEX_SIZE];

    screen_plain(hex, sizeof hex - 1, fields_text(tip, "chainwork"));
    if (!u256_from_hex(&work, hex))
        snprintf(out, size, "work not known");
    else if (u256_is_zero(work))
        snprintf(out, size, "no work");
    else
        snprintf(out, size, "2^%.2f hashes of work", log2(u256_to_double(work)));
}

static void print_tip(struct screen *out, const json_t *status)
{
    const json_t *tip = json_object_get(status, "tip");
    int64_t age = fields_integer(tip, "age_s");
    double difficulty = 0.0;
    struct words_scale scale;
    char height[32];
    char time[48];
    char duration[48];
    char hash[HASH256_HEX_SIZE];
    char figure[WORDS_SIZE];
    char work[64];

    words_count(height, sizeof height, fields_integer(tip, "height"));
    words_time(time, sizeof time, fields_integer(tip, "time"));
    words_duration(duration, sizeof duration, (double)(age < 0 ? -age : age));
    screen_plain(hash, sizeof hash - 1, fields_text(tip, "hash"));
    screen_line(out, "%-*sheight %s, %s (%s%s%s)", SCREEN_INDENT, "tip", height, time,
                age < 0 ? "in " : "", duration, age < 0 ? "" : " ago");
    screen_line(out, "%-*s%s", SCREEN_INDENT, "", hash);
    fields_number(&difficulty, tip, "difficulty");
    format_work(work, sizeof work, tip);
    scale = words_scale(difficulty, WORDS_TERA);
    words_figure(figure, sizeof figure, difficulty / scale.unit);
    screen_line(out, "%-*s%s%s%s; %s", SCREEN_INDENT, "difficulty", figure,
                scale.unit > 1.0 ? " " : "", scale.prefix, work);
}

static void print_epoch(struct screen *out, const json_t *status)
{
    const json_t *epoch = json_object_get(status, "epoch");
    int64_t age = fields_integer(json_object_get(status, "tip"), "age_s");
    double expected = 0.0;
    bool fresh = age < AGE_FRESH;
    bool live =
        fields_true(json_object_get(json_object_get(status, "hashrate"), "nowcast"), "live");
    char next[32];
    char duration[48];

    if (!fields_true(epoch, "retargets")) {
        screen_line(out, "%-*sdifficulty never changes on this network", SCREEN_INDENT, "epoch");
        return;
    }
    words_count(next, sizeof next, fields_integer(epoch, "next_height"));
    /* A forecast begins now; from an old tip nobody knows what has been found since. */
    if (fresh && (fields_number(&expected, json_object_get(status, "retarget"), "seconds") ||
                  fields_number(&expected, epoch, "expected_s"))) {
        words_duration(duration, sizeof duration, expected);
        screen_line(out,
                    "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s, in about %s",
                    SCREEN_INDENT, "epoch", fields_integer(epoch, "done"),
                    fields_integer(epoch, "of"), next, duration);
    } else {
        screen_line(out, "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s",
                    SCREEN_INDENT, "epoch", fields_integer(epoch, "done"),
                    fields_integer(epoch, "of"), next);
    }
    status_print_retarget(out, status, fresh || live);
}

static void print_store(struct screen *out, const json_t *status)
{
    const json_t *store = json_object_get(status, "store");
    int64_t branches = fields_integer(store, "branches");
    int64_t missing = fields_integer(store, "headers") - fields_integer(store, "durable");
    char headers[32];
    char base[32];
    char more[48] = "";

    words_count(headers, sizeof headers, fields_integer(store, "headers"));
    words_count(base, sizeof base, fields_integer(store, "base_height"));
    if (json_object_get(store, "durable") != NULL && missing > 0)
        snprintf(more, sizeof more, "; %" PRId64 " not yet on disk", missing);
    screen_line(out, "%-*s%s %s from height %s on, %" PRId64 " %s%s", SCREEN_INDENT, "store",
                headers, fields_integer(store, "headers") == 1 ? "header" : "headers", base,
                branches, branches == 1 ? "branch" : "branches", more);
}

static void print_notes(struct screen *out, const json_t *status)
{
    const json_t *notes = json_object_get(status, "notes");

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const char *text = json_string_value(json_array_get(notes, i));
        char note[512];

        screen_plain(note, sizeof note - 1, text != NULL ? text : "");
        screen_wrapped(out, "note", note);
    }
}

void status_print(FILE *out, const json_t *status)
{
    struct screen screen = {.file = out};

    print_title(&screen, status);
    print_tip(&screen, status);
    status_print_hashrate(&screen, status);
    status_print_silence(&screen, status);
    status_print_volatility(&screen, status);
    status_print_changes(&screen, status);
    print_epoch(&screen, status);
    status_print_economy(&screen, status);
    print_store(&screen, status);
    status_print_alerts(&screen, status);
    print_notes(&screen, status);
    status_print_peers(&screen, status);
}
