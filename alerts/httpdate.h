// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * httpdate: points in time as HTTP writes them (RFC 9110, 5.6.7).
 */
#ifndef HASHTIDE_ALERTS_HTTPDATE_H
#define HASHTIDE_ALERTS_HTTPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads any of the three forms that a recipient must take, nothing before or behind it:
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT     the present one
 *     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850
 *     Sun Nov  6 08:49:37 1994          asctime()
 *
 * A year of two digits that would be more than 50 years after now_s is of the century before, as
 * the RFC wants it; now_s decides nothing else. That the name of the day is the date's own is not
 * checked. False, *out_s untouched, on anything else, and on days that there are not.
 */
bool httpdate_parse(int64_t *out_s, const char *text, size_t len, int64_t now_s);

#endif
