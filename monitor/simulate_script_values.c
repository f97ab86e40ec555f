// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script_values: the words of a script's line: numbers, shares, changes, moments, spans,
 * names; and what is said of those that are wrong.
 */
#include "config.h"

#include "monitor/number.h"
#include "monitor/simulate_fixed.h"
#include "monitor/simulate_script_internal.h"
#include "monitor/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Longer than 32 bits of seconds. */
#define YEARS_MAX 140
#define MINUTE_MS UINT64_C(60000)
#define DAY_MS (UINT64_C(86400) * 1000)
#define YEAR_MS UINT64_C(31557600000)

/* ---- messages ---- */

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

bool simulate_script_fail_at(struct simulate_script_error *error, const char *name, unsigned line,
                             const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail_list(error, name, line, format, arguments);
    va_end(arguments);
    return false;
}

bool simulate_script_fail(const struct simulate_reading *reading, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fail_list(reading->error, reading->script->name, reading->line, format, arguments);
    va_end(arguments);
    return false;
}

/* "expected WHAT, not WORD": what the script has is shown, made fit for a terminal. */
bool simulate_script_fail_word(const struct simulate_reading *reading, const char *word,
                               const char *expected)
{
    char shown[80];

    if (word == NULL)
        return simulate_script_fail(reading, "the line ends too early: expected %s", expected);
    text_escape(shown, sizeof shown, word);
    return simulate_script_fail(reading, "'%s': expected %s", shown, expected);
}

/* ---- values ---- */

const char *simulate_script_take(struct simulate_reading *reading)
{
    const char *word = reading->words[reading->next];

    if (word != NULL)
        reading->next++;
    return word;
}

bool simulate_script_next_is(const struct simulate_reading *reading, const char *word)
{
    const char *next = reading->words[reading->next];

    return next != NULL && strcmp(next, word) == 0;
}

/* Takes the word if it is the next. */
bool simulate_script_accept(struct simulate_reading *reading, const char *word)
{
    if (!simulate_script_next_is(reading, word))
        return false;
    reading->next++;
    return true;
}

/* A number with up to three decimals and then ending, in thousandths. */
bool simulate_script_milli(uint64_t *out, const char *word, const char *ending, uint64_t most)
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
bool simulate_script_share(struct simulate_reading *reading, uint64_t *out, uint64_t most,
                           const char *expected)
{
    const char *word = simulate_script_take(reading);
    uint64_t milli = 0;

    if (word == NULL || !simulate_script_milli(&milli, word, "%", most))
        return simulate_script_fail_word(reading, word, expected);
    *out = (milli << 32) / SIMULATE_WHOLE;
    return true;
}

/* A change with its sign, "-20%" or "+35%/year", as the logarithm of the factor. A number without a
 * sign is a rise. */
bool simulate_script_change(struct simulate_reading *reading, int64_t *out, const char *ending,
                            const uint64_t most[2], const char *expected)
{
    const char *word = simulate_script_take(reading);
    const char *digits = word;
    uint64_t milli = 0;
    bool falls = word != NULL && word[0] == '-';

    if (word != NULL && (word[0] == '-' || word[0] == '+'))
        digits++;
    if (word == NULL || !simulate_script_milli(&milli, digits, ending, most[falls ? 0 : 1]))
        return simulate_script_fail_word(reading, word, expected);
    milli = falls ? SIMULATE_WHOLE - milli : SIMULATE_WHOLE + milli;
    *out = simulate_fixed_ln((milli << SIMULATE_FIXED_BITS) / SIMULATE_WHOLE);
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

        if (simulate_script_milli(&milli, word, units[i].unit,
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

bool simulate_script_mean(struct simulate_reading *reading, uint64_t *ms, uint64_t most,
                          const char *expected)
{
    const char *word = NULL;

    if (!simulate_script_accept(reading, "mean"))
        return simulate_script_fail_word(reading, simulate_script_take(reading), expected);
    word = simulate_script_take(reading);
    if (word == NULL || !parse_time(ms, word) || *ms > most)
        return simulate_script_fail_word(reading, word, expected);
    return true;
}

bool simulate_script_span(struct simulate_reading *reading, struct simulate_span *out)
{
    static const char *const expected =
        "how long: blocks or a time, such as 1008, 12h or 14d (units s, min, h, d, w, y)";
    const char *word = simulate_script_take(reading);
    uint64_t value = 0;

    if (word != NULL && number_parse(&value, word, 0, SIMULATE_BLOCKS_MAX)) {
        *out = (struct simulate_span){.timed = false, .length = value};
        (void)(simulate_script_accept(reading, "blocks") ||
               simulate_script_accept(reading, "block"));
        return true;
    }
    if (word == NULL || !parse_time(&value, word))
        return simulate_script_fail_word(reading, word, expected);
    *out = (struct simulate_span){.timed = true, .length = minutes_of(value)};
    return true;
}

bool simulate_script_when(struct simulate_reading *reading, struct simulate_when *out)
{
    static const char *const expected =
        "when: a height of at least 1 or a time since genesis, such as 12000, 30d or 1.5y";
    const char *word = simulate_script_take(reading);
    uint64_t value = 0;

    if (word != NULL && number_parse(&value, word, 1, SIMULATE_BLOCKS_MAX)) {
        *out = (struct simulate_when){.timed = false, .value = value};
        return true;
    }
    if (word == NULL || !parse_time(&value, word))
        return simulate_script_fail_word(reading, word, expected);
    *out = (struct simulate_when){.timed = true, .value = minutes_of(value)};
    return true;
}

/* "as NAME": what the truth calls the event. */
bool simulate_script_name(struct simulate_reading *reading, struct simulate_item *item)
{
    static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._-";
    const char *word = simulate_script_take(reading);

    if (word == NULL || strlen(word) >= sizeof item->name || strspn(word, allowed) != strlen(word))
        return simulate_script_fail_word(
            reading, word, "a name: at most 39 letters, digits, '.', '_' or '-', without blanks");
    memcpy(item->name, word, strlen(word) + 1);
    return true;
}
