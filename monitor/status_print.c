// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print: the screen of `hashtide status`.
 *
 * At most: a title, 3 lines of the tip, 3 of the hash rate, 1 of the silence, 1 of volatility, 2 of
 * the last change, 3 of the epoch and its end, 1 of the store: 15, which leaves 9 for 8 peers and
 * their title. Where there are notes (up to 5 lines) or more peers, some of these are only counted.
 * No line can be longer than 80 columns: print_line() goes on in the next one, between two words,
 * which takes numbers that no network has, or a change in a chain that is not live.
 */
#include "config.h"

#include "monitor/status.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define COLUMNS 80
#define LINES 24
/** Room for a line before it is broken. */
#define LONGEST 512
/** A number of blocks that is so little below a whole one is one. */
#define ROUNDING 1e-3
/** Seconds that a block is meant to take. */
#define SPACING_S ((double)PARAMS_SPACING_SECONDS)
/** Where what is said of a thing begins, behind its name. */
#define INDENT 12
/** Seconds; a tip that is older is not the network's. */
#define AGE_FRESH 86400
/** Columns of a peer's address: room for the table's title at least, and a whole IPv6 address. */
#define ADDRESS_NARROWEST 34
#define ADDRESS_WIDEST 47
/** Lines of a note: what is longer is cut; --json has it whole. */
#define NOTE_LINES 2
/** Room for a window's text. */
#define WINDOW_SIZE (4 * WORDS_SIZE)
/** Peers' nets that are counted apart. */
#define NETS_MAX 8

/* ---- Lines and words ---------------------------------------------------- */

/** Where lines go, and how many there are by now. */
struct screen {
    FILE *file;
    size_t lines;
};

static void print_line(struct screen *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How much of the text a line of that width takes: whole words, if there is one that fits, and
 * numbers with their %. */
static size_t fitting(const char *text, size_t width)
{
    size_t len = strlen(text);

    if (len <= width)
        return len;
    for (len = width; len > 0 && (text[len] != ' ' || text[len + 1] == '%'); len--) {
    }
    return len > 0 ? len : width;
}

/* The same, but up to the last semicolon, if there is one. */
static size_t fitting_part(const char *text, size_t width)
{
    size_t len = width;

    if (strlen(text) <= width)
        return strlen(text);
    while (len > 0 && (text[len - 1] != ';' || text[len] != ' '))
        len--;
    return len > 0 ? len : fitting(text, width);
}

static void print_line(struct screen *out, const char *format, ...)
{
    char text[LONGEST];
    const char *rest = text;
    size_t indent = 0;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    do {
        size_t len = fitting_part(rest, COLUMNS - indent);
        const char *next = rest + len;

        while (len > 0 && rest[len - 1] == ' ')
            len--;
        fprintf(out->file, "%*s%.*s\n", (int)indent, "", (int)len, rest);
        out->lines++;
        indent = INDENT;
        rest = next + strspn(next, " ");
    } while (*rest != '\0');
}

/* What a stranger wrote, as printable ASCII of at most width characters: then every character is a
 * column. */
static void plain(char *out, size_t width, const char *text)
{
    size_t used = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        bool printable = *c >= 0x20 && *c < 0x7f;
        size_t len = printable ? 1 : 4;

        if (used + len > width) {
            for (size_t i = used < 3 ? used : 3; i > 0; i--)
                out[used - i] = '.';
            break;
        }
        snprintf(out + used, len + 1, printable ? "%c" : "\\x%02x", *c);
        used += len;
    }
    out[used] = '\0';
}

/* Prints text behind a name, broken between words, as far as there is room for it. */
static void print_wrapped(struct screen *out, const char *name, const char *text)
{
    for (unsigned line = 1; line <= NOTE_LINES && *text != '\0'; line++) {
        size_t len = fitting(text, COLUMNS - INDENT);

        print_line(out, "%-*s%.*s", INDENT, name, (int)len, text);
        name = "";
        text += len;
        text += strspn(text, " ");
    }
}

/* ---- Out of JSON, whatever it is ---------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static int64_t integer_of(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

static bool true_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static bool number_of(double *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    *out = json_number_value(value);
    return json_is_number(value);
}

/* ---- The parts ---------------------------------------------------------- */

/* "ipv4 5, onion 3". */
static void count_nets(char *out, size_t size, const json_t *peers)
{
    struct {
        const char *name;
        unsigned count;
    } nets[NETS_MAX] = {{NULL, 0}};
    size_t used = 0;

    for (size_t i = 0; i < json_array_size(peers); i++) {
        const char *name = text_of(json_array_get(peers, i), "network");
        size_t at = 0;

        while (at < NETS_MAX && nets[at].name != NULL && strcmp(nets[at].name, name) != 0)
            at++;
        if (at == NETS_MAX)
            continue;
        nets[at].name = name;
        nets[at].count++;
    }
    out[0] = '\0';
    for (size_t i = 0; i < NETS_MAX && nets[i].name != NULL && used + 1 < size; i++) {
        char name[16];

        plain(name, 8, nets[i].name);
        used += (size_t)snprintf(out + used, size - used, "%s%s %u", i > 0 ? ", " : "", name,
                                 nets[i].count);
    }
}

/* How far behind, as far as it is known. */
static void format_sync(char *out, size_t size, const json_t *status)
{
    const json_t *progress = json_object_get(status, "progress");
    int64_t height = integer_of(progress, "height");
    int64_t target = integer_of(progress, "target_height");
    const char *verb = true_of(progress, "presync") ? "checking work" : "syncing";
    char done[32];
    char all[32];

    if (true_of(status, "synced")) {
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

    plain(network, 16, text_of(status, "network"));
    if (!true_of(status, "running")) {
        print_line(out, "%-*s%s: not running; what the store holds", INDENT, "hashtide", network);
        return;
    }
    format_sync(sync, sizeof sync, status);
    words_duration(uptime, sizeof uptime,
                   (double)(integer_of(status, "now") - integer_of(status, "started")));
    print_line(out, "%-*s%s: %s, up %s", INDENT, "hashtide", network, sync, uptime);
}

/* The work behind the tip as a power of two: its digits say nothing to people. */
static void format_work(char *out, size_t size, const json_t *tip)
{
    struct u256 work;
    char hex[HASH256_HEX_SIZE];

    plain(hex, sizeof hex - 1, text_of(tip, "chainwork"));
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
    int64_t age = integer_of(tip, "age_s");
    double difficulty = 0.0;
    struct words_scale scale;
    char height[32];
    char time[48];
    char duration[48];
    char hash[HASH256_HEX_SIZE];
    char figure[WORDS_SIZE];
    char work[64];

    words_count(height, sizeof height, integer_of(tip, "height"));
    words_time(time, sizeof time, integer_of(tip, "time"));
    words_duration(duration, sizeof duration, (double)(age < 0 ? -age : age));
    plain(hash, sizeof hash - 1, text_of(tip, "hash"));
    print_line(out, "%-*sheight %s, %s (%s%s%s)", INDENT, "tip", height, time, age < 0 ? "in " : "",
               duration, age < 0 ? "" : " ago");
    print_line(out, "%-*s%s", INDENT, "", hash);
    number_of(&difficulty, tip, "difficulty");
    format_work(work, sizeof work, tip);
    scale = words_scale(difficulty, WORDS_TERA);
    words_figure(figure, sizeof figure, difficulty / scale.unit);
    print_line(out, "%-*s%s%s%s; %s", INDENT, "difficulty", figure, scale.unit > 1.0 ? " " : "",
               scale.prefix, work);
}

/* "2026-08-05 02:10" */
static void format_minute(char *out, size_t size, double seconds)
{
    char time[WORDS_SIZE];

    words_time(time, sizeof time, fabs(seconds) < 1e12 ? (int64_t)seconds : INT64_MAX);
    snprintf(out, size, "%.16s", time);
}

static void print_retarget(struct screen *out, const json_t *status)
{
    const json_t *retarget = json_object_get(status, "retarget");
    double from = (double)integer_of(retarget, "from");
    double ratio[3] = {0.0};
    double seconds[2] = {0.0};
    double error = 0.0;
    char words[3][WORDS_SIZE];
    char past[64] = "";

    if (!number_of(&ratio[0], retarget, "ratio") || !number_of(&ratio[1], retarget, "ratio_lo95") ||
        !number_of(&ratio[2], retarget, "ratio_hi95") ||
        !number_of(&seconds[0], retarget, "seconds_lo95") ||
        !number_of(&seconds[1], retarget, "seconds_hi95"))
        return;
    for (int i = 0; i < 3; i++)
        words_change(words[i], sizeof words[i], ratio[i]);
    if (number_of(&error, json_object_get(retarget, "past"), "error")) {
        char miss[WORDS_SIZE];

        words_percent(miss, sizeof miss, error);
        snprintf(past, sizeof past, "; past error %.40s", miss);
    }
    print_line(out, "%-*s%s, 95 %% sure between %s and %s%s", INDENT, "retarget", words[0],
               words[1], words[2], past);
    format_minute(words[0], sizeof words[0], from + seconds[0]);
    format_minute(words[1], sizeof words[1], from + seconds[1]);
    print_line(out, "%-*sbetween %s and %s UTC", INDENT, "", words[0], words[1]);
}

static void print_epoch(struct screen *out, const json_t *status)
{
    const json_t *epoch = json_object_get(status, "epoch");
    int64_t age = integer_of(json_object_get(status, "tip"), "age_s");
    double expected = 0.0;
    bool fresh = age < AGE_FRESH;
    char next[32];
    char duration[48];

    if (!true_of(epoch, "retargets")) {
        print_line(out, "%-*sdifficulty never changes on this network", INDENT, "epoch");
        return;
    }
    words_count(next, sizeof next, integer_of(epoch, "next_height"));
    /* A forecast begins now; from an old tip nobody knows what has been found since. */
    if (fresh && (number_of(&expected, json_object_get(status, "retarget"), "seconds") ||
                  number_of(&expected, epoch, "expected_s"))) {
        words_duration(duration, sizeof duration, expected);
        print_line(out, "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s, in about %s",
                   INDENT, "epoch", integer_of(epoch, "done"), integer_of(epoch, "of"), next,
                   duration);
    } else {
        print_line(out, "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s", INDENT,
                   "epoch", integer_of(epoch, "done"), integer_of(epoch, "of"), next);
    }
    if (fresh)
        print_retarget(out, status);
}

/* "980 [835, 1,150]": a window; false where it is not known. */
static bool format_window(char *out, size_t size, const json_t *window, struct words_scale scale)
{
    double ehs = 0.0;
    double low = 0.0;
    double high = 0.0;
    char figures[3][WORDS_SIZE];

    if (!number_of(&ehs, window, "ehs") || !number_of(&low, window, "lo95") ||
        !number_of(&high, window, "hi95"))
        return false;
    words_figure(figures[0], sizeof figures[0], ehs * 1e18 / scale.unit);
    words_figure(figures[1], sizeof figures[1], low * 1e18 / scale.unit);
    words_figure(figures[2], sizeof figures[2], high * 1e18 / scale.unit);
    snprintf(out, size, "%s [%s, %s]", figures[0], figures[1], figures[2]);
    return true;
}

/* The windows of a day and of two weeks, which assume a steady rate. */
static void print_windows(struct screen *out, const json_t *windows, const char *name)
{
    const json_t *longest = json_object_get(windows, "w2016");
    const json_t *shortest = json_object_get(windows, "w144");
    int64_t blocks = integer_of(longest, "blocks");
    int64_t first = integer_of(shortest, "blocks");
    double ehs = 0.0;
    struct words_scale scale;
    char day[WINDOW_SIZE];
    char fortnight[WINDOW_SIZE];
    char reason[64];

    number_of(&ehs, longest, "ehs");
    scale = words_rate_scale(ehs * 1e18);
    if (!format_window(fortnight, sizeof fortnight, longest, scale) ||
        !format_window(day, sizeof day, shortest, scale)) {
        plain(reason, sizeof reason - 1, text_of(longest, "reason"));
        if (name[0] != '\0') /* else a figure stands above it */
            print_line(out, "%-*snot known: %s", INDENT, name, reason);
        return;
    }
    if (blocks <= first) {
        print_line(out, "%-*s%" PRId64 " blocks: %s %sH/s, 95 %% interval", INDENT, name, blocks,
                   fortnight, scale.prefix);
        return;
    }
    print_line(out, "%-*slast %" PRId64 ": %s, %" PRId64 ": %s %sH/s", INDENT, name, first, day,
               blocks, fortnight, scale.prefix);
}

/* What the nowcast rests on. In a store of few blocks that is the difficulty too, or the epochs
 * before it: then the nowcast weighs more than the blocks that there are. */
static void print_base(struct screen *out, const json_t *status, double memory)
{
    const json_t *nowcast = json_object_get(json_object_get(status, "hashrate"), "nowcast");
    double held = (double)integer_of(json_object_get(status, "tip"), "height") -
                  (double)integer_of(json_object_get(status, "store"), "base_height");
    bool few = memory > held && held > 0.0;
    char blocks[WORDS_SIZE];

    memory = few ? held : memory;
    words_figure(blocks, sizeof blocks, floor(memory + ROUNDING));
    print_line(out, "%-*srests on %s %s block%s, %.1f days%s%s", INDENT, "",
               few ? "difficulty and" : "the last", blocks, memory < 2.0 ? "" : "s",
               memory * SPACING_S / 86400.0, true_of(nowcast, "live") ? "" : "; as of the tip",
               true_of(nowcast, "widened") ? "; less sure since a change" : "");
}

static void print_hashrate(struct screen *out, const json_t *status)
{
    const json_t *windows = json_object_get(status, "hashrate");
    const json_t *nowcast = json_object_get(windows, "nowcast");
    double ehs = 0.0;
    double low = 0.0;
    double high = 0.0;
    double memory = 0.0;
    char rate[4 * WORDS_SIZE];

    if (!number_of(&ehs, nowcast, "ehs") || !number_of(&low, nowcast, "lo95") ||
        !number_of(&high, nowcast, "hi95") || !number_of(&memory, nowcast, "memory_blocks")) {
        print_windows(out, windows, "hash rate");
        return;
    }
    words_hashrate(rate, sizeof rate, ehs, low, high);
    print_line(out, "%-*s%s", INDENT, "hash rate", rate);
    print_base(out, status, memory);
    print_windows(out, windows, "");
}

/* How unusual it is that no block has come yet. */
static void print_silence(struct screen *out, const json_t *status)
{
    const json_t *silence = json_object_get(status, "silence");
    double seconds = 0.0;
    double p = 0.0;
    char duration[WORDS_SIZE];
    char share[WORDS_SIZE];

    if (!number_of(&seconds, silence, "seconds") || !number_of(&p, silence, "p"))
        return;
    words_duration(duration, sizeof duration, seconds);
    if (p >= 0.01)
        words_percent(share, sizeof share, p);
    else
        snprintf(share, sizeof share, "less than 1 %%");
    print_line(out, "%-*s%s without a block; %s of gaps are as long", INDENT, "silence", duration,
               share);
}

static void print_volatility(struct screen *out, const json_t *status)
{
    const json_t *volatility = json_object_get(status, "volatility");
    /* No more than this is looked for. */
    const double end = volatility_grid_sd(VOLATILITY_GRID - 1);
    double sd = 0.0;
    double low = 0.0;
    double high = 0.0;
    double raw = 0.0;
    char figures[4][WORDS_SIZE];

    if (!number_of(&sd, volatility, "daily_sd") || !number_of(&low, volatility, "lo95") ||
        !number_of(&raw, volatility, "change_sd"))
        return;
    words_percent(figures[0], sizeof figures[0], sd);
    words_percent(figures[1], sizeof figures[1], low);
    if (number_of(&high, volatility, "hi95") && high < end)
        words_percent(figures[2], sizeof figures[2], high);
    else
        snprintf(figures[2], sizeof figures[2], "more");
    words_percent(figures[3], sizeof figures[3], raw);
    print_line(out, "%-*s%s a day%s net of luck (%s to %s); raw 6 h figures: %s", INDENT,
               "volatility", figures[0], sd < end ? "" : " or more", figures[1], figures[2],
               figures[3]);
}

/* "fallen by about 23 % (15 to 31 %) since block 826,046" */
static void format_last(char *out, size_t size, const json_t *last)
{
    bool fall = strcmp(text_of(last, "direction"), "fall") == 0;
    double ratio = 0.0;
    double low = 0.0;
    double high = 0.0;
    char extent[WORDS_SIZE];
    char onset[WORDS_SIZE];

    if (!number_of(&ratio, last, "ratio") || !number_of(&low, last, "ratio_lo90") ||
        !number_of(&high, last, "ratio_hi90")) {
        words_count(onset, sizeof onset, integer_of(last, "alarm_height"));
        snprintf(out, size, "%s, found at block %s", fall ? "fallen" : "risen", onset);
        return;
    }
    words_count(onset, sizeof onset, integer_of(last, "onset_height"));
    words_extent(extent, sizeof extent, fall, ratio, low, high);
    snprintf(out, size, "%s by %s since block %s", fall ? "fallen" : "risen", extent, onset);
}

static void print_changes(struct screen *out, const json_t *status)
{
    const json_t *changes = json_object_get(status, "changes");
    const json_t *last = json_object_get(changes, "last");
    int64_t now = integer_of(status, "now");
    double back = 0.0;
    char what[4 * WORDS_SIZE];
    char age[WORDS_SIZE];
    char alarm[WORDS_SIZE];
    char then[WORDS_SIZE];

    if (!json_is_integer(json_object_get(changes, "falls")))
        return;
    if (!json_is_object(last)) {
        print_line(out, "%-*snone found in the blocks of this store", INDENT, "last change");
        return;
    }
    format_last(what, sizeof what, last);
    print_line(out, "%-*s%s", INDENT, "last change", what);
    words_duration(age, sizeof age, (double)now - (double)integer_of(last, "alarm_time"));
    words_count(alarm, sizeof alarm, integer_of(last, "alarm_height"));
    if (json_is_integer(json_object_get(last, "recovered_height")))
        snprintf(then, sizeof then, "; at least half undone since");
    else if (number_of(&back, last, "recovered") && back >= 0.5)
        snprintf(then, sizeof then, "; half undone? %.0f %% sure", 100.0 * back);
    else
        then[0] = '\0';
    print_line(out, "%-*sfound %s ago at block %s%s", INDENT, "", age, alarm, then);
}

static void print_store(struct screen *out, const json_t *status)
{
    const json_t *store = json_object_get(status, "store");
    int64_t branches = integer_of(store, "branches");
    int64_t missing = integer_of(store, "headers") - integer_of(store, "durable");
    char headers[32];
    char base[32];
    char more[48] = "";

    words_count(headers, sizeof headers, integer_of(store, "headers"));
    words_count(base, sizeof base, integer_of(store, "base_height"));
    if (json_object_get(store, "durable") != NULL && missing > 0)
        snprintf(more, sizeof more, "; %" PRId64 " not yet on disk", missing);
    print_line(out, "%-*s%s %s from height %s on, %" PRId64 " %s%s", INDENT, "store", headers,
               integer_of(store, "headers") == 1 ? "header" : "headers", base, branches,
               branches == 1 ? "branch" : "branches", more);
}

static void print_notes(struct screen *out, const json_t *status)
{
    const json_t *notes = json_object_get(status, "notes");

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const char *text = json_string_value(json_array_get(notes, i));
        char note[512];

        plain(note, sizeof note - 1, text != NULL ? text : "");
        print_wrapped(out, "note", note);
    }
}

static void print_peer(struct screen *out, const json_t *peer, int width)
{
    const json_t *height = json_object_get(peer, "height");
    char address[ADDRESS_WIDEST + 1];
    char state[11];
    char software[64];
    char known[32] = "?";

    plain(address, (size_t)width, text_of(peer, "address"));
    plain(state, sizeof state - 1, text_of(peer, "state"));
    plain(software, (size_t)(COLUMNS - width - 23), text_of(peer, "subversion"));
    if (json_is_integer(height))
        words_count(known, sizeof known, json_integer_value(height));
    print_line(out, "%-*s %9s  %-10s %s", width, address, known, state, software);
}

static void print_peers(struct screen *out, const json_t *status)
{
    const json_t *peers = json_object_get(status, "peers");
    size_t count = json_array_size(peers);
    int width = ADDRESS_NARROWEST;
    size_t room = 0;
    size_t shown = 0;
    char nets[128];
    char title[192];

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(text_of(json_array_get(peers, i), "address"));

        if (len > (size_t)width)
            width = len < ADDRESS_WIDEST ? (int)len : ADDRESS_WIDEST;
    }
    count_nets(nets, sizeof nets, peers);
    snprintf(title, sizeof title, "%zu %s: %s", count, count == 1 ? "peer" : "peers", nets);
    if (out->lines + 2 >= LINES) { /* no room for a table */
        print_line(out, "%s; --json has them", title);
        return;
    }
    print_line(out, "%-*.*s %9s  %-10s %s", width, width, title, "height", "state", "software");
    room = LINES - out->lines;
    shown = count <= room ? count : room - 1;
    for (size_t i = 0; i < shown; i++)
        print_peer(out, json_array_get(peers, i), width);
    if (shown < count)
        print_line(out, "and %zu more; --json has them all", count - shown);
}

void status_print(FILE *out, const json_t *status)
{
    struct screen screen = {.file = out};

    print_title(&screen, status);
    print_tip(&screen, status);
    print_hashrate(&screen, status);
    print_silence(&screen, status);
    print_volatility(&screen, status);
    print_changes(&screen, status);
    print_epoch(&screen, status);
    print_store(&screen, status);
    print_notes(&screen, status);
    print_peers(&screen, status);
}
