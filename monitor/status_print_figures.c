// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print_figures: hash rate, silence, volatility, changes and the next retarget on the
 * screen.
 */
#include "config.h"

#include "analysis/interval.h"
#include "analysis/volatility.h"
#include "chain/params.h"
#include "monitor/fields.h"
#include "monitor/status_print_internal.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/** A number of blocks that is so little below a whole one is one. */
#define ROUNDING 1e-3
/** Seconds that a block is meant to take. */
#define SPACING_S ((double)PARAMS_SPACING_SECONDS)
/** Room for a window's text. */
#define WINDOW_SIZE (4 * WORDS_SIZE)

/* "980 [835, 1,150]": a window; false where it is not known. */
static bool format_window(char *out, size_t size, const json_t *window, struct words_scale scale)
{
    double ehs = 0.0;
    double low = 0.0;
    double high = 0.0;
    char figures[3][WORDS_SIZE];

    if (!fields_number(&ehs, window, "ehs") || !fields_number(&low, window, "lo95") ||
        !fields_number(&high, window, "hi95"))
        return false;
    words_figure(figures[0], sizeof figures[0], ehs * INTERVAL_EXAHASH / scale.unit);
    words_figure(figures[1], sizeof figures[1], low * INTERVAL_EXAHASH / scale.unit);
    words_figure(figures[2], sizeof figures[2], high * INTERVAL_EXAHASH / scale.unit);
    snprintf(out, size, "%s [%s, %s]", figures[0], figures[1], figures[2]);
    return true;
}

/* The windows of a day and of two weeks, which assume a steady rate. */
static void print_windows(struct screen *out, const json_t *windows, const char *name)
{
    const json_t *longest = json_object_get(windows, "w2016");
    const json_t *shortest = json_object_get(windows, "w144");
    int64_t blocks = fields_integer(longest, "blocks");
    int64_t first = fields_integer(shortest, "blocks");
    double ehs = 0.0;
    struct words_scale scale;
    char day[WINDOW_SIZE];
    char fortnight[WINDOW_SIZE];
    char reason[64];

    fields_number(&ehs, longest, "ehs");
    scale = words_rate_scale(ehs * INTERVAL_EXAHASH);
    if (!format_window(fortnight, sizeof fortnight, longest, scale) ||
        !format_window(day, sizeof day, shortest, scale)) {
        screen_plain(reason, sizeof reason - 1, fields_text(longest, "reason"));
        if (name[0] != '\0') /* else a figure stands above it */
            screen_line(out, "%-*snot known: %s", SCREEN_INDENT, name, reason);
        return;
    }
    if (blocks <= first) {
        screen_line(out, "%-*s%" PRId64 " blocks: %s %sH/s, 95 %% interval", SCREEN_INDENT, name,
                    blocks, fortnight, scale.prefix);
        return;
    }
    screen_line(out, "%-*slast %" PRId64 ": %s, %" PRId64 ": %s %sH/s", SCREEN_INDENT, name, first,
                day, blocks, fortnight, scale.prefix);
}

/* What the nowcast rests on. In a store of few blocks that is the difficulty too, or the epochs
 * before it: then the nowcast weighs more than the blocks that there are. */
static void print_base(struct screen *out, const json_t *status, double memory)
{
    const json_t *nowcast = json_object_get(json_object_get(status, "hashrate"), "nowcast");
    double held = (double)fields_integer(json_object_get(status, "tip"), "height") -
                  (double)fields_integer(json_object_get(status, "store"), "base_height");
    bool few = memory > held && held > 0.0;
    char blocks[WORDS_SIZE];

    memory = few ? held : memory;
    words_figure(blocks, sizeof blocks, floor(memory + ROUNDING));
    screen_line(out, "%-*srests on %s %s block%s, %.1f days%s%s", SCREEN_INDENT, "",
                few ? "difficulty and" : "the last", blocks, memory < 2.0 ? "" : "s",
                memory * SPACING_S / 86400.0, fields_true(nowcast, "live") ? "" : "; as of the tip",
                fields_true(nowcast, "widened") ? "; less sure since a change" : "");
}

void status_print_hashrate(struct screen *out, const json_t *status)
{
    const json_t *windows = json_object_get(status, "hashrate");
    const json_t *nowcast = json_object_get(windows, "nowcast");
    double ehs = 0.0;
    double low = 0.0;
    double high = 0.0;
    double memory = 0.0;
    char rate[4 * WORDS_SIZE];

    if (!fields_number(&ehs, nowcast, "ehs") || !fields_number(&low, nowcast, "lo95") ||
        !fields_number(&high, nowcast, "hi95") ||
        !fields_number(&memory, nowcast, "memory_blocks")) {
        print_windows(out, windows, "hash rate");
        return;
    }
    words_hashrate(rate, sizeof rate, ehs, low, high);
    screen_line(out, "%-*s%s", SCREEN_INDENT, "hash rate", rate);
    print_base(out, status, memory);
    print_windows(out, windows, "");
}

/* How unusual it is that no block has come yet. */
void status_print_silence(struct screen *out, const json_t *status)
{
    const json_t *silence = json_object_get(status, "silence");
    double seconds = 0.0;
    double p = 0.0;
    char duration[WORDS_SIZE];
    char share[WORDS_SIZE];

    if (!fields_number(&seconds, silence, "seconds") || !fields_number(&p, silence, "p"))
        return;
    words_duration(duration, sizeof duration, seconds);
    if (p >= 0.01)
        words_percent(share, sizeof share, p);
    else
        snprintf(share, sizeof share, "less than 1 %%");
    screen_line(out, "%-*s%s without a block; %s of gaps are as long", SCREEN_INDENT, "silence",
                duration, share);
}

void status_print_volatility(struct screen *out, const json_t *status)
{
    const json_t *volatility = json_object_get(status, "volatility");
    /* No more than this is looked for. */
    const double end = volatility_grid_sd(VOLATILITY_GRID - 1);
    double sd = 0.0;
    double low = 0.0;
    double high = 0.0;
    double raw = 0.0;
    char figures[4][WORDS_SIZE];

    if (!fields_number(&sd, volatility, "daily_sd") || !fields_number(&low, volatility, "lo95") ||
        !fields_number(&raw, volatility, "change_sd"))
        return;
    words_percent(figures[0], sizeof figures[0], sd);
    words_percent(figures[1], sizeof figures[1], low);
    if (fields_number(&high, volatility, "hi95") && high < end)
        words_percent(figures[2], sizeof figures[2], high);
    else
        snprintf(figures[2], sizeof figures[2], "more");
    words_percent(figures[3], sizeof figures[3], raw);
    screen_line(out, "%-*s%s a day%s net of luck (%s to %s); raw 6 h figures: %s", SCREEN_INDENT,
                "volatility", figures[0], sd < end ? "" : " or more", figures[1], figures[2],
                figures[3]);
}

/* "fallen by about 23 % (15 to 31 %) since block 826,046" */
static void format_last(char *out, size_t size, const json_t *last)
{
    bool fall = strcmp(fields_text(last, "direction"), "fall") == 0;
    double ratio = 0.0;
    double low = 0.0;
    double high = 0.0;
    char extent[WORDS_SIZE];
    char onset[WORDS_SIZE];

    if (!fields_number(&ratio, last, "ratio") || !fields_number(&low, last, "ratio_lo90") ||
        !fields_number(&high, last, "ratio_hi90")) {
        words_count(onset, sizeof onset, fields_integer(last, "alarm_height"));
        snprintf(out, size, "%s, found at block %s", fall ? "fallen" : "risen", onset);
        return;
    }
    words_count(onset, sizeof onset, fields_integer(last, "onset_height"));
    words_extent(extent, sizeof extent, fall, ratio, low, high);
    snprintf(out, size, "%s by %s since block %s", fall ? "fallen" : "risen", extent, onset);
}

void status_print_changes(struct screen *out, const json_t *status)
{
    const json_t *changes = json_object_get(status, "changes");
    const json_t *last = json_object_get(changes, "last");
    int64_t now = fields_integer(status, "now");
    double back = 0.0;
    char what[4 * WORDS_SIZE];
    char age[WORDS_SIZE];
    char alarm[WORDS_SIZE];
    char then[WORDS_SIZE];

    if (!json_is_integer(json_object_get(changes, "falls")))
        return;
    if (!json_is_object(last)) {
        screen_line(out, "%-*snone found in the blocks of this store", SCREEN_INDENT,
                    "last change");
        return;
    }
    format_last(what, sizeof what, last);
    screen_line(out, "%-*s%s", SCREEN_INDENT, "last change", what);
    words_duration(age, sizeof age, (double)now - (double)fields_integer(last, "alarm_time"));
    words_count(alarm, sizeof alarm, fields_integer(last, "alarm_height"));
    if (json_is_integer(json_object_get(last, "recovered_height")))
        snprintf(then, sizeof then, "; at least half undone since");
    else if (fields_number(&back, last, "recovered") && back >= 0.5)
        snprintf(then, sizeof then, "; half undone? %.0f %% sure", 100.0 * back);
    else
        then[0] = '\0';
    screen_line(out, "%-*sfound %s ago at block %s%s", SCREEN_INDENT, "", age, alarm, then);
}

/* "2026-08-05 02:10" */
static void format_minute(char *out, size_t size, double seconds)
{
    char time[WORDS_SIZE];

    words_time(time, sizeof time, fabs(seconds) < 1e12 ? (int64_t)seconds : INT64_MAX);
    snprintf(out, size, "%.16s", time);
}

void status_print_retarget(struct screen *out, const json_t *status, bool fresh)
{
    const json_t *retarget = json_object_get(status, "retarget");
    double from = (double)fields_integer(retarget, "from");
    double ratio[3] = {0.0};
    double seconds[2] = {0.0};
    double error = 0.0;
    char words[3][WORDS_SIZE];
    char past[64] = "";

    if (!fields_number(&ratio[0], retarget, "ratio") ||
        !fields_number(&ratio[1], retarget, "ratio_lo95") ||
        !fields_number(&ratio[2], retarget, "ratio_hi95") ||
        !fields_number(&seconds[0], retarget, "seconds_lo95") ||
        !fields_number(&seconds[1], retarget, "seconds_hi95"))
        return;
    for (int i = 0; i < 3; i++)
        words_change(words[i], sizeof words[i], ratio[i]);
    if (!fresh) {
        snprintf(past, sizeof past, "; as of the tip");
    } else if (fields_number(&error, json_object_get(retarget, "past"), "error")) {
        char miss[WORDS_SIZE];

        words_percent(miss, sizeof miss, error);
        snprintf(past, sizeof past, "; past error %.40s", miss);
    }
    screen_line(out, "%-*s%s, 95 %% sure between %s and %s%s", SCREEN_INDENT, "retarget", words[0],
                words[1], words[2], past);
    if (!fresh) /* its dates have passed */
        return;
    format_minute(words[0], sizeof words[0], from + seconds[0]);
    format_minute(words[1], sizeof words[1], from + seconds[1]);
    screen_line(out, "%-*sbetween %s and %s UTC", SCREEN_INDENT, "", words[0], words[1]);
}
