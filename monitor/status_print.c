// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print: the screen of `hashtide status`.
 *
 * With 8 peers: a title, 2 lines of the tip, 2 of difficulty and work, 1 of the epoch, 3 of the
 * hash rate, 1 of the store, a table of 9 lines: 19, which leaves 5 for notes: 2 of trouble, and
 * one for each of the others that there can be. No line can be longer than 80 columns: print_line()
 * cuts it.
 */
#include "config.h"

#include "monitor/status.h"
#include "monitor/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define COLUMNS 80
/** Where what is said of a thing begins, behind its name. */
#define INDENT 12
/** Seconds; a tip that is older is not the network's. */
#define AGE_FRESH 86400
/** Columns of a peer's address: room for the table's title at least, and a whole IPv6 address. */
#define ADDRESS_NARROWEST 34
#define ADDRESS_WIDEST 47
/** Lines of a note: what is longer is cut; --json has it whole. */
#define NOTE_LINES 2
/** Peers' nets that are counted apart. */
#define NETS_MAX 8

/* ---- Lines and words ---------------------------------------------------- */

static void print_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print_line(FILE *out, const char *format, ...)
{
    char line[COLUMNS + 1];
    size_t len = 0;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    len = strlen(line);
    while (len > 0 && line[len - 1] == ' ')
        line[--len] = '\0';
    fprintf(out, "%s\n", line);
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
static void print_wrapped(FILE *out, const char *name, const char *text)
{
    const size_t width = COLUMNS - INDENT;

    for (unsigned line = 1; line <= NOTE_LINES && *text != '\0'; line++) {
        size_t len = strlen(text);

        if (len > width) {
            for (len = width; len > 0 && text[len] != ' '; len--) {
            }
            len = len > 0 ? len : width;
        }
        print_line(out, "%-*s%.*s", INDENT, name, (int)len, text);
        name = "";
        text += len;
        text += strspn(text, " ");
    }
}

/* "912,345"; size is at least 27, the longest 64-bit number's. */
static void group_digits(char *out, size_t size, int64_t number)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRId64, number < 0 ? 0 : number);
    size_t used = 0;

    for (size_t i = 0; i < len && used + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

/* "8 s", "12 min", "5 h 3 min", "3 d 4 h", "2.8 years". */
static void format_duration(char *out, size_t size, double seconds)
{
    double s = seconds < 0.0 ? 0.0 : floor(seconds);

    if (!(s < 1e12))
        snprintf(out, size, "an age");
    else if (s < 120.0)
        snprintf(out, size, "%.0f s", s);
    else if (s < 7200.0)
        snprintf(out, size, "%.0f min", floor(s / 60.0));
    else if (s < 172800.0)
        snprintf(out, size, "%.0f h %.0f min", floor(s / 3600.0), floor(fmod(s, 3600.0) / 60.0));
    else if (s < 730.0 * 86400.0)
        snprintf(out, size, "%.0f d %.0f h", floor(s / 86400.0), floor(fmod(s, 86400.0) / 3600.0));
    else
        snprintf(out, size, "%.1f years", s / (365.25 * 86400.0));
}

/* "2026-08-01 12:00:00 UTC". */
static void format_time(char *out, size_t size, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm utc;

    if (gmtime_r(&time, &utc) == NULL || strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(out, size, "?");
}

/** A prefix of a thousand's power. */
struct scale {
    double unit;
    const char *prefix;
};

/* The largest prefix that leaves a number of at least 1. last is the largest that people use for
 * this quantity. */
static struct scale scale_of(double number, size_t last)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    struct scale scale = {1.0, prefixes[0]};

    for (size_t i = 1; i <= last && number >= scale.unit * 1000.0; i++)
        scale = (struct scale){scale.unit * 1000.0, prefixes[i]};
    return scale;
}

/* About four digits: "0.00333", "3.142", "912.3", "1069", "1.2e+09". */
static void format_figure(char *out, size_t size, double number)
{
    if (number >= 1000.0 && number < 1e7)
        snprintf(out, size, "%.0f", number);
    else
        snprintf(out, size, "%.4g", number);
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
    group_digits(done, sizeof done, height);
    group_digits(all, sizeof all, target);
    if (target > height)
        snprintf(out, size, "%s: %s of %s (%.0f %%)", verb, done, all,
                 floor(100.0 * (double)height / (double)target));
    else
        snprintf(out, size, "not synced");
}

static void print_title(FILE *out, const json_t *status)
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
    format_duration(uptime, sizeof uptime,
                    (double)(integer_of(status, "now") - integer_of(status, "started")));
    print_line(out, "%-*s%s: %s, up %s", INDENT, "hashtide", network, sync, uptime);
}

static void print_tip(FILE *out, const json_t *status)
{
    const json_t *tip = json_object_get(status, "tip");
    int64_t age = integer_of(tip, "age_s");
    double difficulty = 0.0;
    struct scale scale;
    char height[32];
    char time[48];
    char duration[48];
    char hash[HASH256_HEX_SIZE];
    char figure[32];

    group_digits(height, sizeof height, integer_of(tip, "height"));
    format_time(time, sizeof time, integer_of(tip, "time"));
    format_duration(duration, sizeof duration, (double)(age < 0 ? -age : age));
    plain(hash, sizeof hash - 1, text_of(tip, "hash"));
    print_line(out, "%-*sheight %s, %s (%s%s%s)", INDENT, "tip", height, time, age < 0 ? "in " : "",
               duration, age < 0 ? "" : " ago");
    print_line(out, "%-*s%s", INDENT, "", hash);
    number_of(&difficulty, tip, "difficulty");
    scale = scale_of(difficulty, 4);
    format_figure(figure, sizeof figure, difficulty / scale.unit);
    print_line(out, "%-*s%s%s%s", INDENT, "difficulty", figure, scale.unit > 1.0 ? " " : "",
               scale.prefix);
}

/* Leading zeros say nothing to people. */
static void print_work(FILE *out, const json_t *status)
{
    const json_t *tip = json_object_get(status, "tip");
    struct u256 work;
    char hex[HASH256_HEX_SIZE];
    const char *digits = NULL;

    plain(hex, sizeof hex - 1, text_of(tip, "chainwork"));
    if (!u256_from_hex(&work, hex))
        return;
    digits = hex + strspn(hex, "0");
    if (u256_is_zero(work))
        print_line(out, "%-*snone", INDENT, "chainwork");
    else if (strlen(digits) <= 40)
        print_line(out, "%-*s0x%s (2^%.2f hashes)", INDENT, "chainwork", digits,
                   log2(u256_to_double(work)));
    else
        print_line(out, "%-*s0x%s", INDENT, "chainwork", digits);
}

static void print_epoch(FILE *out, const json_t *status)
{
    const json_t *epoch = json_object_get(status, "epoch");
    int64_t age = integer_of(json_object_get(status, "tip"), "age_s");
    double expected = 0.0;
    char next[32];
    char duration[48];

    if (!true_of(epoch, "retargets")) {
        print_line(out, "%-*sdifficulty never changes on this network", INDENT, "epoch");
        return;
    }
    group_digits(next, sizeof next, integer_of(epoch, "next_height"));
    /* A forecast begins now; from an old tip nobody knows what has been found since. */
    if (number_of(&expected, epoch, "expected_s") && age < AGE_FRESH) {
        format_duration(duration, sizeof duration, expected);
        print_line(out, "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s, in about %s",
                   INDENT, "epoch", integer_of(epoch, "done"), integer_of(epoch, "of"), next,
                   duration);
    } else {
        print_line(out, "%-*s%" PRId64 " of %" PRId64 " blocks; retarget at height %s", INDENT,
                   "epoch", integer_of(epoch, "done"), integer_of(epoch, "of"), next);
    }
}

/* True if there is a figure. */
static bool print_window(FILE *out, const char *name, const json_t *window, int wanted)
{
    double ehs = 0.0;
    double low = 0.0;
    double high = 0.0;
    int64_t blocks = integer_of(window, "blocks");
    struct scale scale;
    char figures[3][32];
    char reason[64];

    if (!number_of(&ehs, window, "ehs") || !number_of(&low, window, "lo95") ||
        !number_of(&high, window, "hi95")) {
        plain(reason, sizeof reason - 1, text_of(window, "reason"));
        print_line(out, "%-*slast %4d blocks  not known: %s", INDENT, name, wanted, reason);
        return false;
    }
    scale = scale_of(ehs * 1e18, 6);
    format_figure(figures[0], sizeof figures[0], ehs * 1e18 / scale.unit);
    format_figure(figures[1], sizeof figures[1], low * 1e18 / scale.unit);
    format_figure(figures[2], sizeof figures[2], high * 1e18 / scale.unit);
    print_line(out, "%-*slast %4" PRId64 " blocks  %s %sH/s, from %s to %s", INDENT, name, blocks,
               figures[0], scale.prefix, figures[1], figures[2]);
    return true;
}

static void print_hashrate(FILE *out, const json_t *status)
{
    const json_t *windows = json_object_get(status, "hashrate");
    bool known = print_window(out, "hash rate", json_object_get(windows, "w144"), 144);

    known = print_window(out, "", json_object_get(windows, "w2016"), 2016) || known;
    if (known)
        print_line(out, "%-*sfrom ... to: 95 %% interval from luck alone, if the rate was steady",
                   INDENT, "");
}

static void print_store(FILE *out, const json_t *status)
{
    const json_t *store = json_object_get(status, "store");
    int64_t branches = integer_of(store, "branches");
    int64_t missing = integer_of(store, "headers") - integer_of(store, "durable");
    char headers[32];
    char base[32];
    char more[48] = "";

    group_digits(headers, sizeof headers, integer_of(store, "headers"));
    group_digits(base, sizeof base, integer_of(store, "base_height"));
    if (json_object_get(store, "durable") != NULL && missing > 0)
        snprintf(more, sizeof more, "; %" PRId64 " not yet on disk", missing);
    print_line(out, "%-*s%s %s from height %s on, %" PRId64 " %s%s", INDENT, "store", headers,
               integer_of(store, "headers") == 1 ? "header" : "headers", base, branches,
               branches == 1 ? "branch" : "branches", more);
}

static void print_notes(FILE *out, const json_t *status)
{
    const json_t *notes = json_object_get(status, "notes");

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const char *text = json_string_value(json_array_get(notes, i));
        char note[512];

        plain(note, sizeof note - 1, text != NULL ? text : "");
        print_wrapped(out, "note", note);
    }
}

static void print_peer(FILE *out, const json_t *peer, int width)
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
        group_digits(known, sizeof known, json_integer_value(height));
    print_line(out, "%-*s %9s  %-10s %s", width, address, known, state, software);
}

static void print_peers(FILE *out, const json_t *status)
{
    const json_t *peers = json_object_get(status, "peers");
    size_t count = json_array_size(peers);
    int width = ADDRESS_NARROWEST;
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
    print_line(out, "%-*.*s %9s  %-10s %s", width, width, title, "height", "state", "software");
    for (size_t i = 0; i < count; i++)
        print_peer(out, json_array_get(peers, i), width);
}

void status_print(FILE *out, const json_t *status)
{
    print_title(out, status);
    print_tip(out, status);
    print_work(out, status);
    print_epoch(out, status);
    print_hashrate(out, status);
    print_store(out, status);
    print_notes(out, status);
    print_peers(out, status);
}
