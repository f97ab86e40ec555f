// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * number: numbers as people type them, read strictly: digits only, no sign, no blanks, no overflow.
 */
#ifndef HASHTIDE_MONITOR_NUMBER_H
#define HASHTIDE_MONITOR_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/** A whole number of at least least and at most most. False (out untouched) on anything else. */
bool number_parse(uint64_t *out, const char *text, uint64_t least, uint64_t most);
/** A number with up to three decimals ("20", "12.5"), in thousandths, at most most. False (out
 * untouched) on anything else. */
bool number_parse_milli(uint64_t *out, const char *text, uint64_t most);
/** The same with up to six decimals, in millionths. */
bool number_parse_micro(uint64_t *out, const char *text, uint64_t most);

#endif
