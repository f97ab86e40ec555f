// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * decimal: numbers in tables that people write, read strictly and exactly, whatever the locale.
 */
#ifndef HASHTIDE_ANALYSIS_DECIMAL_H
#define HASHTIDE_ANALYSIS_DECIMAL_H

#include <stdbool.h>

/** Digits of a number, at most: so many are exact in a double. */
#define DECIMAL_DIGITS_MAX 15

/**
 * Reads digits, with or without a sign before and decimals behind a point ("20", "-14.7", "0.10"),
 * and nothing else: no exponent, no blanks, no "nan". The double is the nearest to what is written.
 * False (*out untouched) on anything else.
 */
bool decimal_parse(double *out, const char *text);

#endif
