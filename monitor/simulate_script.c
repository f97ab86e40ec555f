// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script: see simulate_script.h. A line is cut into words. After "at WHEN", if it is
 * there, the first word says what the line is.
 */
#include "config.h"

#include "monitor/simulate_script.h"

#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/simulate_fixed.h"
#include "monitor/simulate_script_internal.h"
#include "monitor/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Thousandths, of a start's factor: 1 to 4096. */
#define START_MIN 1000
#define START_MAX 4096000

/* ---- lines that are true of the whole chain ---- */

static bool read_blocks(struct simulate_reading *reading)
{
    const char *word = simulate_script_take(reading);
    uint64_t blocks = 0;

    if (reading->script->blocks > 0)
        return simulate_script_fail(reading, "blocks stands in line %u already: expected it once",
                                    reading->blocks_line);
    if (word == NULL || !number_parse(&blocks, word, 1, SIMULATE_BLOCKS_MAX))
        return simulate_script_fail_word(reading, word, "how many blocks, from 1 to 6000000");
    reading->script->blocks = (uint32_t)blocks;
    reading->blocks_line = reading->line;
    return true;
}

static bool read_seed(struct simulate_reading *reading)
{
    const char *word = simulate_script_take(reading);

    if (reading->seed_given)
        return simulate_script_fail(reading, "there is a seed already: expected it once");
    if (word == NULL || !number_parse(&reading->script->seed, word, 0, UINT64_MAX))
        return simulate_script_fail_word(reading, word, "a number from 0 to 18446744073709551615");
    reading->seed_given = true;
    return true;
}

static bool read_start(struct simulate_reading *reading)
{
    const char *word = simulate_script_take(reading);
    uint64_t milli = 0;

    if (reading->script->start_line != 0)
        return simulate_script_fail(reading, "start stands in line %u already: expected it once",
                                    reading->script->start_line);
    if (word == NULL || !simulate_script_milli(&milli, word, "x", START_MAX) || milli < START_MIN)
        return simulate_script_fail_word(
            reading, word,
            "a multiple of the hash rate that the easiest difficulty is for, from 1x "
            "to 4096x");
    reading->script->start = simulate_fixed_ln((milli << SIMULATE_FIXED_BITS) / 1000);
    reading->script->start_line = reading->line;
    return true;
}

static const struct {
    const char *word;
    bool (*read)(struct simulate_reading *reading);
} heads[] = {{"blocks", read_blocks}, {"seed", read_seed}, {"start", read_start}};
#define HEADS (sizeof heads / sizeof heads[0])

/* ---- a line ---- */

static bool unknown_word(const struct simulate_reading *reading, const char *word)
{
    const char *names[HEADS + SIMULATE_RULES + 1];
    const char *nearest = NULL;
    char shown[80];

    for (size_t i = 0; i < HEADS; i++)
        names[i] = heads[i].word;
    for (size_t i = 0; i < SIMULATE_RULES; i++)
        names[HEADS + i] = simulate_script_rule(i)->word;
    names[HEADS + SIMULATE_RULES] = "at";
    nearest = text_nearest(word, names, HEADS + SIMULATE_RULES + 1);
    text_escape(shown, sizeof shown, word);
    if (nearest != NULL)
        return simulate_script_fail(reading, "'%s': did you mean %s?", shown, nearest);
    return simulate_script_fail(
        reading,
        "'%s': expected blocks, seed, start, growth, walk, noise, stale, delay, step, ramp, "
        "storm, departure, timewarp, reorg, or at and one of them",
        shown);
}

static bool read_head(struct simulate_reading *reading, bool *found, const char *word, bool with_at)
{
    for (size_t i = 0; i < HEADS; i++) {
        if (strcmp(word, heads[i].word) == 0) {
            *found = true;
            if (with_at)
                return simulate_script_fail(
                    reading, "%s holds for the whole chain: expected it without 'at'", word);
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
static bool not_set_twice(const struct simulate_reading *reading, const struct simulate_item *item,
                          const char *word)
{
    for (size_t i = 0; i < reading->script->item_count; i++) {
        const struct simulate_item *other = &reading->script->items[i];

        if (item->kind < SIMULATE_STEP && other->kind == item->kind &&
            other->at.timed == item->at.timed && other->at.value == item->at.value)
            return simulate_script_fail(reading,
                                        "line %u says %s for the same moment: expected it once",
                                        other->line, word);
    }
    return true;
}

static bool read_item(struct simulate_reading *reading, const char *word, const char *when,
                      const struct simulate_when *at)
{
    struct simulate_item item = {.line = reading->line, .at = {.value = 1}};
    size_t kind = 0;

    while (kind < SIMULATE_RULES && strcmp(word, simulate_script_rule(kind)->word) != 0)
        kind++;
    if (kind == SIMULATE_RULES)
        return unknown_word(reading, word);
    if (simulate_script_rule(kind)->at == SIMULATE_AT_NEEDED && when == NULL)
        return simulate_script_fail(reading, "%s needs to know when: expected 'at WHEN %s ...'",
                                    word, word);
    if (simulate_script_rule(kind)->at == SIMULATE_AT_FORBIDDEN && when != NULL)
        return simulate_script_fail(
            reading, "%s has its own 'from' and 'to': expected it without 'at'", word);
    if (reading->script->item_count == SIMULATE_ITEMS_MAX)
        return simulate_script_fail(
            reading,
            "that is too much: expected at most %d lines in which something "
            "happens",
            SIMULATE_ITEMS_MAX);
    item.kind = (enum simulate_kind)kind;
    if (when != NULL)
        item.at = *at;
    if (!not_set_twice(reading, &item, word) || !simulate_script_rule(kind)->read(reading, &item))
        return false;
    set_default_name(&item, word, when != NULL ? when : reading->words[2]);
    reading->script->items[reading->script->item_count++] = item;
    return true;
}

static bool read_words(struct simulate_reading *reading)
{
    struct simulate_when at = {.timed = false};
    const char *when = NULL;
    const char *word = NULL;
    bool found = false;

    if (simulate_script_accept(reading, "at")) {
        when = reading->words[reading->next];
        if (!simulate_script_when(reading, &at))
            return false;
    }
    word = simulate_script_take(reading);
    if (word == NULL)
        return simulate_script_fail_word(reading, NULL, "what happens then, such as 'step -20%'");
    if (!read_head(reading, &found, word, when != NULL) ||
        (!found && !read_item(reading, word, when, &at)))
        return false;
    if (reading->words[reading->next] != NULL)
        return simulate_script_fail_word(reading, reading->words[reading->next],
                                         "the end of the line");
    return true;
}

/* Cuts the line into words and reads them; line is changed. */
static bool read_line(struct simulate_reading *reading, char *line)
{
    static const char *const blanks = " \t\r";
    size_t count = 0;
    char *rest = NULL;

    line[strcspn(line, "#")] = '\0';
    for (char *word = strtok_r(line, blanks, &rest); word != NULL;
         word = strtok_r(NULL, blanks, &rest)) {
        if (count == SIMULATE_WORDS_MAX)
            return simulate_script_fail(reading, "too many words: expected at most %d",
                                        SIMULATE_WORDS_MAX);
        reading->words[count++] = word;
    }
    reading->words[count] = NULL;
    reading->next = 0;
    return count == 0 || read_words(reading);
}

/* ---- the whole ---- */

static bool read_text(struct simulate_reading *reading, const char *text, size_t len)
{
    const char *at = text;
    const char *end = text + len;

    if (len > 0 && memchr(text, '\0', len) != NULL) {
        reading->line = 1;
        return simulate_script_fail(reading, "this is no text: expected a script");
    }
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((line_end != NULL ? line_end : end) - at);
        char line[SIMULATE_LINE_MAX + 1];

        reading->line++;
        if (line_len > SIMULATE_LINE_MAX)
            return simulate_script_fail(reading, "the line is too long: expected at most %d bytes",
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
    struct simulate_reading reading = {.script = script, .error = error};

    *script = (struct simulate_script){
        .name = mem_text(name),
        .seed = SIMULATE_SEED_DEFAULT,
        .items = mem_zeroed(SIMULATE_ITEMS_MAX, sizeof *script->items),
    };
    if (len > SIMULATE_SCRIPT_SIZE_MAX
            ? simulate_script_fail_at(error, name, 1, "too large for a script")
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
        return simulate_script_fail_at(error, script->name, item->line,
                                       "the reorganisation ends with block %" PRIu64
                                       ", and the chain with %" PRIu32
                                       ": expected an earlier one or more blocks",
                                       end, script->blocks);
    for (size_t i = 0; i < script->item_count; i++) {
        const struct simulate_item *other = &script->items[i];

        if (other != item && other->kind == SIMULATE_REORG && !other->at.timed &&
            other->at.value >= item->at.value && other->at.value <= end &&
            (other->at.value > item->at.value || other > item))
            return simulate_script_fail_at(
                error, script->name, other->line,
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
            return simulate_script_fail_at(error, script->name, item->line,
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
