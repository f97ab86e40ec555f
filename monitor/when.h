// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * when: an end of a range as people type it: a height, a date or a time in UTC.
 */
#ifndef HASHTIDE_MONITOR_WHEN_H
#define HASHTIDE_MONITOR_WHEN_H

#include "chain/tree.h"

#include <stdbool.h>
#include <stdint.h>

struct when {
    bool given;
    bool is_time;
    uint32_t height;
    int64_t time;   /* its first second */
    int64_t length; /* seconds that it covers: a day, a minute or one second */
};

/** Reads text, the value of option name; NULL: not given. False after command_error(). */
bool when_parse(struct when *out, const char *name, const char *text);
/** Reads a date or a time: YYYY-MM-DD, or YYYY-MM-DDTHH:MM[:SS][Z], in UTC. False, and *out not to
 *  be used, on anything else. */
bool when_parse_time(struct when *out, const char *text);
/** Whether from comes before to; of a height and a time nothing can be said before a store is open,
 *  and they pass. False after command_error(), which names both options and their texts. */
bool when_in_order(const char *from_name, const char *from_text, const struct when *from,
                   const char *to_name, const char *to_text, const struct when *to);

/** Height of the first block of the best chain stamped at or after time; one above the tip if there
 *  is none. */
uint32_t when_first_at(const struct tree *tree, int64_t time);
/** Height of the last block stamped before time; false if there is none. */
bool when_last_before(uint32_t *out, const struct tree *tree, int64_t time);

#endif
