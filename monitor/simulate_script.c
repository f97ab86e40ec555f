// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script: see simulate_script.h.
 *
 * A line is cut into words. After "at WHEN", if it is there, the first word says what the line is,
 * and the rest is read by that word's function: fixed values first, then clauses that begin with a
 * word of their own ("over 14d"), in any order, each at most once.
 */
#include "config.h"

#include "monitor/simulate_script.h"

#include "chain/params.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/simulate_fixed.h"
#include "monitor/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32
/** A percent in the thousandths that numbers are read in, and the whole. */
#define PERCENT 1000
#define WHOLE (100 * PERCENT)
/** Bounds of what a line may say, in thousandths of a percent. */
#define FALL_MAX (99 * PERCENT)
#define RISE_MAX (900 * PERCENT)
#define YEAR_FALL_MAX (90 * PERCENT)
#define YEAR_RISE_MAX SIMULATE_GROWTH_MAX
#define WALK_MAX (20 * PERCENT)
#define STALE_MAX (20 * PERCENT)
#define DEEPER_MAX (50 * PERCENT)
/** Thousandths, of a start's factor: 1 to 4096. */
#define START_MIN 1000
#define START_MAX 4096000
/** Means of what is random about stamps and arrivals, in ms. */
#define EARLY_MAX (UINT64_C(86400) * 1000)
#define LATE_MAX (UINT64_C(7200) * 1000)
#define DELAY_MAX (UINT64_C(600) * 1000)
/** Longer than 32 bits of seconds. */
#define YEARS_MAX 140
#define MINUTE_MS UINT64_C(60000)
#define DAY_MS (UINT64_C(86400) * 1000)
#define YEAR_MS UINT64_C(31557600000)
/** 1 / sqrt(minutes of a day), with 32 bits: the sd of a day's walk to that of a minute's. */
#define MINUTE_OF_WALK UINT64_C(113182326)

/** A script in the making, and the line that is being read. */
struct reading {
    struct simulate_script *script;
    struct simulate_script_error *error;
    unsigned line;
    const char *words[WORDS_MAX + 1]; /* ends with NULL */
    size_t next;
    bool seed_given;
    unsigned blocks_line;
};

/* ---- messages ---- */

static bool fail_at(struct simulate_script_error *error, const char *name, unsigned line,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
static bool fail(const struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail_list(struct simulate_script_error *error, const char *name, unsigned line,
                      const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static bool fail_list(struct simulate_script_error *error, const char *name, unsigned line,
                      const char *format, va_list arguments)
{
    size_t size = sizeof error->text;
    size_t len = 0;

    /* A very long name must leave room for what is wrong. */
    len = (size_t)snprintf(error->text, size / 2, "%s", name);
    len = len < size / 2 ? len : size / 2 - 1;
    len += (size_t)snprintf(error->text + len, size - len, ":%u: ", line);
    vsnprintf(error->text + len, size - len, format, arguments);
    return false;
}

static bool fail_at(struct simulate_script_error *error, const char *name, unsigned line,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail_list(error, name, line, format, arguments);
    va_end(arguments);
    return false;
}

static bool fail(const struct reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail_list(reading->error, reading->script->name, reading->line, format, arguments);
    va_end(arguments);
    return false;
}

/* "expected WHAT, not WORD": what the script has is shown, made fit for a terminal. */
static bool fail_word(const struct reading *reading, const char *word, const char *expected)
{
    char shown[80];

    if (word == NULL)
        return fail(reading, "the line ends too early: expected %s", expected);
    text_escape(shown, sizeof shown, word);
    return fail(reading, "'%s': expected %s", shown, expected);
}

/* ---- values ---- */

static const char *take(struct reading *reading)
{
    const char *word = reading->words[reading->next];

    if (word != NULL)
        reading->next++;
    return word;
}

static bool next_is(const struct reading *reading, const char *word)
{
    const char *next = reading->words[reading->next];

    return next != NULL && strcmp(next, word) == 0;
}

/* Takes the word if it is the next. */
static bool accept_word(struct reading *reading, const char *word)
{
    if (!next_is(reading, word))
        return false;
    reading->next++;
    return true;
}

/* A number with up to three decimals and then ending, in thousandths. */
static bool milli_before(uint64_t *out, const char *word, const char *ending, uint64_t most)
{
    char digits[24];
    size_t len = strlen(word);
    size_t ending_len = strlen(ending);

    if (len <= ending_len || len - ending_len >= sizeof digits ||
        strcmp(word + len - ending_len, ending) != 0)
        return false;
    memcpy(digits, word, len - ending_len);
    digits[len - ending_len] = '\0';
    return number_parse_milli(out, digits, most);
}

/* A share without a sign, "15%", in 2^-32. */
static bool read_share(struct reading *reading, uint64_t *out, uint64_t most, const char *expected)
{
    const char *word = take(reading);
    uint64_t milli = 0;

    if (word == NULL || !milli_before(&milli, word, "%", most))
        return fail_word(reading, word, expected);
    *out = (milli << 32) / WHOLE;
    return true;
}

/* A change with its sign, "-20%" or "+35%/year", as the logarithm of the factor. A number without a
 * sign is a rise. */
static bool read_change(struct reading *reading, int64_t *out, const char *ending,
                        const uint64_t most[2], const char *expected)
{
    const char *word = take(reading);
    const char *digits = word;
    uint64_t milli = 0;
    bool falls = word != NULL && word[0] == '-';

    if (word != NULL && (word[0] == '-' || word[0] == '+'))
        digits++;
    if (word == NULL || !milli_before(&milli, digits, ending, most[falls ? 0 : 1]))
        return fail_word(reading, word, expected);
    milli = falls ? WHOLE - milli : WHOLE + milli;
    *out = simulate_fixed_ln((milli << SIMULATE_FIXED_BITS) / WHOLE);
    return true;
}

/* "300s", "2.5min", "12h", "5d", "2w", "1y", in ms. */
static bool parse_time(uint64_t *ms, const char *word)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"min", MINUTE_MS}, {"s", 1000},       {"h", 60 * MINUTE_MS},
                 {"d", DAY_MS},      {"w", 7 * DAY_MS}, {"y", YEAR_MS}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        uint64_t milli = 0;

        if (milli_before(&milli, word, units[i].unit,
                         YEARS_MAX * (YEAR_MS / units[i].ms + 1) * 1000)) {
            /* Units are whole seconds, so that thousandths of them are whole milliseconds. */
            *ms = milli * (units[i].ms / 1000);
            return true;
        }
    }
    return false;
}

/* Minutes, to the nearest, but never none of a time that is some. */
static uint64_t minutes_of(uint64_t ms)
{
    uint64_t minutes = (ms + MINUTE_MS / 2) / MINUTE_MS;

    return minutes == 0 && ms > 0 ? 1 : minutes;
}

static bool read_mean(struct reading *reading, uint64_t *ms, uint64_t most, const char *expected)
{
    const char *word = NULL;

    if (!accept_word(reading, "mean"))
        return fail_word(reading, take(reading), expected);
    word = take(reading);
    if (word == NULL || !parse_time(ms, word) || *ms > most)
        return fail_word(reading, word, expected);
    return true;
}

static bool read_span(struct reading *reading, struct simulate_span *out)
{
    static const char *const expected =
        "how long: blocks or a time, such as 1008, 12h or 14d (units s, min, h, d, w, y)";
    const char *word = take(reading);
    uint64_t value = 0;

    if (word != NULL && number_parse(&value, word, 0, SIMULATE_BLOCKS_MAX)) {
        *out = (struct simulate_span){.timed = false, .length = value};
        (void)(accept_word(reading, "blocks") || accept_word(reading, "block"));
        return true;
    }
    if (word == NULL || !parse_time(&value, word))
        return fail_word(reading, word, expected);
    *out = (struct simulate_span){.timed = true, .length = minutes_of(value)};
    return true;
}

static bool read_when(struct reading *reading, struct simulate_when *out)
{
    static const char *const expected =
        "when: a height of at least 1 or a time since genesis, such as 12000, 30d or 1.5y";
    const char *word = take(reading);
    uint64_t value = 0;

    if (word != NULL && number_parse(&value, word, 1, SIMULATE_BLOCKS_MAX)) {
        *out = (struct simulate_when){.timed = false, .value = value};
        return true;
    }
    if (word == NULL || !parse_time(&value, word))
        return fail_word(reading, word, expected);
    *out = (struct simulate_when){.timed = true, .value = minutes_of(value)};
    return true;
}

/* "as NAME": what the truth calls the event. */
static bool read_name(struct reading *reading, struct simulate_item *item)
{
    static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-";
    const char *word = take(reading);

    if (word == NULL || strlen(word) >= sizeof item->name || strspn(word, allowed) != strlen(word))
        return fail_word(reading, word,
                         "a name: at most 39 letters, digits, '.', '_' or '-', without blanks");
    memcpy(item->name, word, strlen(word) + 1);
    return true;
}

/* ---- clauses ---- */

/** A span that a word announces. */
struct clause {
    const char *word;
    struct simulate_span *span;
    bool needed;
};

/* "WORD SPAN" and "as NAME" in any order, to the end of the line. clauses end with word NULL. */
static bool read_clauses(struct reading *reading, struct simulate_item *item,
                         const struct clause *clauses, const char *expected)
{
    unsigned seen = 0;
    bool named = false;

    while (reading->words[reading->next] != NULL) {
        size_t i = 0;

        if (!named && accept_word(reading, "as")) {
            named = true;
            if (!read_name(reading, item))
                return false;
            continue;
        }
        while (clauses[i].word != NULL &&
               ((seen >> i & 1) != 0 || !next_is(reading, clauses[i].word)))
            i++;
        if (clauses[i].word == NULL)
            return fail_word(reading, take(reading), expected);
        seen |= 1u << i;
        reading->next++;
        if (!read_span(reading, clauses[i].span))
            return false;
    }
    for (size_t i = 0; clauses[i].word != NULL; i++) {
        if (clauses[i].needed && clauses[i].span->length == 0)
            return fail(reading, "'%s' is missing or 0: expected %s", clauses[i].word, expected);
    }
    return true;
}

/* ---- a function for each kind of line, which reads what follows its word ---- */

static bool read_growth(struct reading *reading, struct simulate_item *item)
{
    const uint64_t most[2] = {YEAR_FALL_MAX, YEAR_RISE_MAX};

    return read_change(reading, &item->change, "%/year", most,
                       "growth from -90%/year to 900%/year, such as 35%/year");
}

static bool read_walk(struct reading *reading, struct simulate_item *item)
{
    const char *word = take(reading);
    uint64_t milli = 0;

    if (word == NULL || !milli_before(&milli, word, "%/day", WALK_MAX))
        return fail_word(reading, word, "a standard deviation up to 20%/day, such as 1.2%/day");
    item->sd = (milli << SIMULATE_FIXED_BITS) / WHOLE;
    item->sd = simulate_fixed_multiply(item->sd, MINUTE_OF_WALK, 32);
    return true;
}

static bool read_noise(struct reading *reading, struct simulate_item *item)
{
    static const char *const expected =
        "'early P% mean T', 'late mean T', both, or 'none' (T up to 24h early, 2h late)";

    if (accept_word(reading, "none"))
        return true;
    if (!next_is(reading, "early") && !next_is(reading, "late"))
        return fail_word(reading, take(reading), expected);
    if (accept_word(reading, "early") &&
        !(read_share(reading, &item->share, WHOLE, "a share of the stamps, such as 15%") &&
          read_mean(reading, &item->early_ms, EARLY_MAX, "'mean' and a time up to 24h")))
        return false;
    if (accept_word(reading, "late") &&
        !read_mean(reading, &item->late_ms, LATE_MAX, "'mean' and a time up to 2h"))
        return false;
    return true;
}

static bool read_stale(struct reading *reading, struct simulate_item *item)
{
    if (accept_word(reading, "none"))
        return true;
    if (!read_share(reading, &item->share, STALE_MAX, "a share of the heights up to 20%, or none"))
        return false;
    if (accept_word(reading, "deeper"))
        return read_share(reading, &item->deeper, DEEPER_MAX,
                          "a share of the losing branches up to 50%");
    return true;
}

static bool read_delay(struct reading *reading, struct simulate_item *item)
{
    if (accept_word(reading, "none"))
        return true;
    return read_mean(reading, &item->late_ms, DELAY_MAX, "'mean' and a time up to 10min, or none");
}

static bool read_event_change(struct reading *reading, struct simulate_item *item)
{
    const uint64_t most[2] = {FALL_MAX, RISE_MAX};

    return read_change(reading, &item->change, "%", most, "a change from -99% to +900%");
}

static bool read_step(struct reading *reading, struct simulate_item *item)
{
    const struct clause none[] = {{NULL, NULL, false}};

    return read_event_change(reading, item) &&
           read_clauses(reading, item, none, "nothing more but 'as NAME'");
}

static bool read_ramp(struct reading *reading, struct simulate_item *item)
{
    const struct clause clauses[] = {{"over", &item->in, true}, {NULL, NULL, false}};

    if (!read_event_change(reading, item))
        return false;
    if (item->kind == SIMULATE_DEPARTURE && item->change >= 0)
        return fail(reading, "a departure takes hash rate away: expected a change below 0, such as "
                             "-8%%");
    return read_clauses(reading, item, clauses, "'over' and how long, and perhaps 'as NAME'");
}

static bool read_storm(struct reading *reading, struct simulate_item *item)
{
    const struct clause clauses[] = {{"for", &item->hold, true},
                                     {"in", &item->in, false},
                                     {"out", &item->out, false},
                                     {NULL, NULL, false}};

    return read_event_change(reading, item) &&
           read_clauses(reading, item, clauses,
                        "'for' and how long, and perhaps 'in', 'out' and 'as NAME'");
}

static bool read_timewarp(struct reading *reading, struct simulate_item *item)
{
    static const char *const expected = "'from WHEN to WHEN', and perhaps 'share P%'";
    const struct clause none[] = {{NULL, NULL, false}};

    item->share = UINT64_C(1) << 32;
    if (!accept_word(reading, "from"))
        return fail_word(reading, take(reading), expected);
    if (!read_when(reading, &item->at))
        return false;
    if (!accept_word(reading, "to"))
        return fail_word(reading, take(reading), expected);
    if (!read_when(reading, &item->until))
        return false;
    if (item->at.timed != item->until.timed)
        return fail(reading, "'from' and 'to' differ in kind: expected two heights or two times");
    if (item->at.value > item->until.value)
        return fail(reading, "'to' lies before 'from': expected a later one");
    if (accept_word(reading, "share") &&
        !read_share(reading, &item->share, WHOLE, "a share of the blocks, such as 60%"))
        return false;
    return read_clauses(reading, item, none, expected);
}

static bool read_reorg(struct reading *reading, struct simulate_item *item)
{
    const struct clause none[] = {{NULL, NULL, false}};
    const char *word = NULL;
    uint64_t depth = 0;

    if (!accept_word(reading, "depth"))
        return fail_word(reading, take(reading), "'depth N'");
    word = take(reading);
    if (word == NULL || !number_parse(&depth, word, 1, SIMULATE_REORG_MAX))
        return fail_word(reading, word, "a depth from 1 to 100 blocks");
    item->depth = (uint32_t)depth;
    return read_clauses(reading, item, none, "nothing more but 'as NAME'");
}

/** May a line begin with "at WHEN"? */
enum at_rule { AT_ALLOWED, AT_NEEDED, AT_FORBIDDEN };

/** A kind of line. */
struct rule {
    const char *word;
    enum at_rule at;
    bool (*read)(struct reading *reading, struct simulate_item *item);
};

/* In the order of enum simulate_kind. */
static const struct rule rules[] = {
    {"growth", AT_ALLOWED, read_growth}, {"walk", AT_ALLOWED, read_walk},
    {"noise", AT_ALLOWED, read_noise},   {"stale", AT_ALLOWED, read_stale},
    {"delay", AT_ALLOWED, read_delay},   {"step", AT_NEEDED, read_step},
    {"ramp", AT_NEEDED, read_ramp},      {"storm", AT_NEEDED, read_storm},
    {"departure", AT_NEEDED, read_ramp}, {"timewarp", AT_FORBIDDEN, read_timewarp},
    {"reorg", AT_NEEDED, read_reorg},
};
#define RULES (sizeof rules / sizeof rules[0])

/* ---- lines that are true of the whole chain ---- */

static bool read_blocks(struct reading *reading)
{
    const char *word = take(reading);
    uint64_t blocks = 0;

    if (reading->script->blocks > 0)
        return fail(reading, "blocks stands in line %u already: expected it once",
                    reading->blocks_line);
    if (word == NULL || !number_parse(&blocks, word, 1, SIMULATE_BLOCKS_MAX))
        return fail_word(reading, word, "how many blocks, from 1 to 6000000");
    reading->script->blocks = (uint32_t)blocks;
    reading->blocks_line = reading->line;
    return true;
}

static bool read_seed(struct reading *reading)
{
    const char *word = take(reading);

    if (reading->seed_given)
        return fail(reading, "there is a seed already: expected it once");
    if (word == NULL || !number_parse(&reading->script->seed, word, 0, UINT64_MAX))
        return fail_word(reading, word, "a number from 0 to 18446744073709551615");
    reading->seed_given = true;
    return true;
}

static bool read_start(struct reading *reading)
{
    const char *word = take(reading);
    uint64_t milli = 0;

    if (reading->script->start_line != 0)
        return fail(reading, "start stands in line %u already: expected it once",
                    reading->script->start_line);
    if (word == NULL || !milli_before(&milli, word, "x", START_MAX) || milli < START_MIN)
        return fail_word(reading, word,
                         "a multiple of the hash rate that the easiest difficulty is for, from 1x "
                         "to 4096x");
    reading->script->start = simulate_fixed_ln((milli << SIMULATE_FIXED_BITS) / 1000);
    reading->script->start_line = reading->line;
    return true;
}

static const struct {
    const char *word;
    bool (*read)(struct reading *reading);
} heads[] = {{"blocks", read_blocks}, {"seed", read_seed}, {"start", read_start}};
#define HEADS (sizeof heads / sizeof heads[0])

/* ---- a line ---- */

static bool unknown_word(const struct reading *reading, const char *word)
{
    const char *names[HEADS + RULES + 1];
    const char *nearest = NULL;
    char shown[80];

    for (size_t i = 0; i < HEADS; i++)
        names[i] = heads[i].word;
    for (size_t i = 0; i < RULES; i++)
        names[HEADS + i] = rules[i].word;
    names[HEADS + RULES] = "at";
    nearest = text_nearest(word, names, HEADS + RULES + 1);
    text_escape(shown, sizeof shown, word);
    if (nearest != NULL)
        return fail(reading, "'%s': did you mean %s?", shown, nearest);
    return fail(
        reading,
        "'%s': expected blocks, seed, start, growth, walk, noise, stale, delay, step, ramp, "
        "storm, departure, timewarp, reorg, or at and one of them",
        shown);
}

static bool read_head(struct reading *reading, bool *found, const char *word, bool with_at)
{
    for (size_t i = 0; i < HEADS; i++) {
        if (strcmp(word, heads[i].word) == 0) {
            *found = true;
            if (with_at)
                return fail(reading, "%s holds for the whole chain: expected it without 'at'",
                            word);
            return heads[i].read(reading);
        }
    }
    return true;
}

/* "storm@40000", "ramp@30d": as the script has it. */
static void set_default_name(struct simulate_item *item, const char *word, const char *when)
{
    if (item->name[0] == '\0' && item->kind >= SIMULATE_STEP)
        snprintf(item->name, sizeof item->name, "%s@%s", word, when);
}

/* Two lines that hold until the next of their kind, and from the same moment on. */
static bool not_set_twice(const struct reading *reading, const struct simulate_item *item,
                          const char *word)
{
    for (size_t i = 0; i < reading->script->item_count; i++) {
        const struct simulate_item *other = &reading->script->items[i];

        if (item->kind < SIMULATE_STEP && other->kind == item->kind &&
            other->at.timed == item->at.timed && other->at.value == item->at.value)
            return fail(reading, "line %u says %s for the same moment: expected it once",
                        other->line, word);
    }
    return true;
}

static bool read_item(struct reading *reading, const char *word, const char *when,
                      const struct simulate_when *at)
{
    struct simulate_item item = {.line = reading->line, .at = {.value = 1}};
    size_t kind = 0;

    while (kind < RULES && strcmp(word, rules[kind].word) != 0)
        kind++;
    if (kind == RULES)
        return unknown_word(reading, word);
    if (rules[kind].at == AT_NEEDED && when == NULL)
        return fail(reading, "%s needs to know when: expected 'at WHEN %s ...'", word, word);
    if (rules[kind].at == AT_FORBIDDEN && when != NULL)
        return fail(reading, "%s has its own 'from' and 'to': expected it without 'at'", word);
    if (reading->script->item_count == SIMULATE_ITEMS_MAX)
        return fail(reading,
                    "that is too much: expected at most %d lines in which something "
                    "happens",
                    SIMULATE_ITEMS_MAX);
    item.kind = (enum simulate_kind)kind;
    if (when != NULL)
        item.at = *at;
    if (!not_set_twice(reading, &item, word) || !rules[kind].read(reading, &item))
        return false;
    set_default_name(&item, word, when != NULL ? when : reading->words[2]);
    reading->script->items[reading->script->item_count++] = item;
    return true;
}

static bool read_words(struct reading *reading)
{
    struct simulate_when at = {.timed = false};
    const char *when = NULL;
    const char *word = NULL;
    bool found = false;

    if (accept_word(reading, "at")) {
        when = reading->words[reading->next];
        if (!read_when(reading, &at))
            return false;
    }
    word = take(reading);
    if (word == NULL)
        return fail_word(reading, NULL, "what happens then, such as 'step -20%'");
    if (!read_head(reading, &found, word, when != NULL) ||
        (!found && !read_item(reading, word, when, &at)))
        return false;
    if (reading->words[reading->next] != NULL)
        return fail_word(reading, reading->words[reading->next], "the end of the line");
    return true;
}

/* Cuts the line into words and reads them; line is changed. */
static bool read_line(struct reading *reading, char *line)
{
    static const char *const blanks = " \t\r";
    size_t count = 0;
    char *rest = NULL;

    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, blanks, &rest); word != NULL;
         word = strtok_r(NULL, blanks, &rest)) {
        if (count == WORDS_MAX)
            return fail(reading, "too many words: expected at most %d", WORDS_MAX);
        reading->words[count++] = word;
    }
    reading->words[count] = NULL;
    reading->next = 0;
    return count == 0 || read_words(reading);
}

/* ---- the whole ---- */

static bool read_text(struct reading *reading, const char *text, size_t len)
{
    const char *at = text;
    const char *end = text + len;

    if (len > 0 && memchr(text, '\0', len) != NULL) {
        reading->line = 1;
        return fail(reading, "this is no text: expected a script");
    }
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((line_end != NULL ? line_end : end) - at);
        char line[SIMULATE_LINE_MAX + 1];

        reading->line++;
        if (line_len > SIMULATE_LINE_MAX)
            return fail(reading, "the line is too long: expected at most %d bytes",
                        SIMULATE_LINE_MAX);
        memcpy(line, at, line_len);
        line[line_len] = '\0';
        if (!read_line(reading, line))
            return false;
        at += line_len + 1;
    }
    return true;
}

void simulate_script_steady(struct simulate_script *script, uint32_t blocks, uint64_t seed,
                            uint32_t growth)
{
    *script = (struct simulate_script){.name = mem_text("the options"),
                                       .blocks = blocks,
                                       .seed = seed,
                                       .steady = true,
                                       .growth = growth};
}

bool simulate_script_parse(struct simulate_script *script, struct simulate_script_error *error,
                           const char *name, const char *text, size_t len)
{
    struct reading reading = {.script = script, .error = error};

    *script = (struct simulate_script){
        .name = mem_text(name),
        .seed = SIMULATE_SEED_DEFAULT,
        .items = mem_zeroed(SIMULATE_ITEMS_MAX, sizeof *script->items),
    };
    if (len > SIMULATE_SCRIPT_SIZE_MAX ? fail_at(error, name, 1, "too large for a script")
                                       : read_text(&reading, text, len))
        return true;
    simulate_script_free(script);
    return false;
}

/* The losing branch begins at its height, and the winner needs a block more. */
static bool check_reorg(const struct simulate_script *script, struct simulate_script_error *error,
                        const struct simulate_item *item)
{
    uint64_t end = item->at.value + item->depth;

    if (item->at.timed)
        return true;
    if (end > script->blocks)
        return fail_at(error, script->name, item->line,
                       "the reorganisation ends with block %" PRIu64 ", and the chain with %" PRIu32
                       ": expected an earlier one or more blocks",
                       end, script->blocks);
    for (size_t i = 0; i < script->item_count; i++) {
        const struct simulate_item *other = &script->items[i];

        if (other != item && other->kind == SIMULATE_REORG && !other->at.timed &&
            other->at.value >= item->at.value && other->at.value <= end &&
            (other->at.value > item->at.value || other > item))
            return fail_at(error, script->name, other->line,
                           "the reorganisation of line %u lasts until block %" PRIu64
                           ": expected a later height",
                           item->line, end);
    }
    return true;
}

bool simulate_script_check(const struct simulate_script *script,
                           struct simulate_script_error *error)
{
    for (size_t i = 0; i < script->item_count; i++) {
        const struct simulate_item *item = &script->items[i];

        if (!item->at.timed && item->at.value > script->blocks)
            return fail_at(error, script->name, item->line,
                           "block %" PRIu64 " lies behind the last one, %" PRIu32
                           ": expected a lower height or more blocks",
                           item->at.value, script->blocks);
        if (item->kind == SIMULATE_REORG && !check_reorg(script, error, item))
            return false;
    }
    return true;
}

void simulate_script_free(struct simulate_script *script)
{
    free(script->name);
    free(script->items);
    *script = (struct simulate_script){.name = NULL};
}
