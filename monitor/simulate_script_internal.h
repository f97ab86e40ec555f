// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_script_internal: what the files that read a script share: the line under way, the values
 * in it, and the kinds of lines.
 */
#ifndef HASHTIDE_MONITOR_SIMULATE_SCRIPT_INTERNAL_H
#define HASHTIDE_MONITOR_SIMULATE_SCRIPT_INTERNAL_H

#include "monitor/simulate_script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Words of a line. */
#define SIMULATE_WORDS_MAX 32
/** A percent in the thousandths that numbers are read in, and the whole. */
#define SIMULATE_PERCENT 1000
#define SIMULATE_WHOLE (100 * SIMULATE_PERCENT)

/** A script in the making, and the line that is being read. */
struct simulate_reading {
    struct simulate_script *script;
    struct simulate_script_error *error;
    unsigned line;
    const char *words[SIMULATE_WORDS_MAX + 1]; /* ends with NULL */
    size_t next;
    bool seed_given;
    unsigned blocks_line;
};

/* ---- simulate_script_values.c: messages and values. All return false after a message. ---- */

/** "NAME:LINE: ..." Always false. */
bool simulate_script_fail_at(struct simulate_script_error *error, const char *name, unsigned line,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));
/** The same of the line that is being read. */
bool simulate_script_fail(const struct simulate_reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** "'WORD': expected ...", made fit for a terminal; word NULL: the line ends too early. Always
 * false. */
bool simulate_script_fail_word(const struct simulate_reading *reading, const char *word,
                               const char *expected);

/** The next word, which is then taken; NULL at the end. */
const char *simulate_script_take(struct simulate_reading *reading);
bool simulate_script_next_is(const struct simulate_reading *reading, const char *word);
/** Takes the word if it is the next. */
bool simulate_script_accept(struct simulate_reading *reading, const char *word);

/** A number with up to three decimals and then ending, in thousandths. Says nothing. */
bool simulate_script_milli(uint64_t *out, const char *word, const char *ending, uint64_t most);
/** A share without a sign, "15%", in 2^-32. */
bool simulate_script_share(struct simulate_reading *reading, uint64_t *out, uint64_t most,
                           const char *expected);
/** A change, "-20%" or "+35%/year", as the logarithm of the factor. most: of a fall, of a rise. */
bool simulate_script_change(struct simulate_reading *reading, int64_t *out, const char *ending,
                            const uint64_t most[2], const char *expected);
/** "mean T". */
bool simulate_script_mean(struct simulate_reading *reading, uint64_t *ms, uint64_t most,
                          const char *expected);
bool simulate_script_span(struct simulate_reading *reading, struct simulate_span *out);
bool simulate_script_when(struct simulate_reading *reading, struct simulate_when *out);
/** What follows "as". */
bool simulate_script_name(struct simulate_reading *reading, struct simulate_item *item);

/* ---- simulate_script_lines.c: the kinds of lines ---- */

/** May a line begin with "at WHEN"? */
enum simulate_at { SIMULATE_AT_ALLOWED, SIMULATE_AT_NEEDED, SIMULATE_AT_FORBIDDEN };

/** A kind of line in which something happens; read() reads what follows its word. */
struct simulate_rule {
    const char *word;
    enum simulate_at at;
    bool (*read)(struct simulate_reading *reading, struct simulate_item *item);
};

/** In the order of enum simulate_kind. */
#define SIMULATE_RULES ((size_t)SIMULATE_REORG + 1)
const struct simulate_rule *simulate_script_rule(size_t kind);

#endif
