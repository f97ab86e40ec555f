// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * words: figures as people read them, for the screen and the log. Plain ASCII.
 */
#ifndef HASHTIDE_MONITOR_WORDS_H
#define HASHTIDE_MONITOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for any of these texts, with NUL. */
#define WORDS_SIZE 96

/** "912,345"; negative numbers are 0. */
void words_count(char *out, size_t size, int64_t number);
/** "8 s", "12 min", "5 h 3 min", "3 d 4 h", "2.8 years". */
void words_duration(char *out, size_t size, double seconds);
/** "8 seconds", "12 minutes", "5 hours", "3 days", "2.8 years": one unit, for a sentence. */
void words_span(char *out, size_t size, double seconds);
/** "2026-08-01 12:00:00 UTC". */
void words_time(char *out, size_t size, int64_t seconds);
/** About four digits: "0.00333", "3.142", "912.3", "1,069", "1.2e+09". */
void words_figure(char *out, size_t size, double number);

/** A prefix of a thousand's power. */
struct words_scale {
    double unit;
    const char *prefix;
};
/** Power of the largest prefix that people use for difficulty: T. */
#define WORDS_TERA 4
/** The largest prefix that leaves a number of at least 1; last is the largest power to be used. */
struct words_scale words_scale(double number, size_t last);

/** The same of hashes a second: up to E, and m where there is less than one. */
struct words_scale words_rate_scale(double hashes);

/** "1,012 EH/s, 95 % sure between 985 and 1,040"; by a prefix that suits the network. */
void words_hashrate(char *out, size_t size, double ehs, double lo_ehs, double hi_ehs);
/** A ratio as a change: "+3.2 %", "-12 %", "0.0 %". */
void words_change(char *out, size_t size, double ratio);
/** How far a fall or a rise went, from ratios of after to before: "about 23 % (15 to 31 %)". Both
 * are said as positive numbers, and what lies on the other side of no change as 0. */
void words_extent(char *out, size_t size, bool fall, double ratio, double low, double high);
/** A share as percent: "0.82 %", "12 %". */
void words_percent(char *out, size_t size, double share);
/** "once in 3 years", "5 times a year", "less than once in 1,000 years". */
void words_per_year(char *out, size_t size, double per_year);

#endif
