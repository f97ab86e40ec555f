// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * volatility_internal: what volatility and volatility_risen share.
 */
#ifndef HASHTIDE_ANALYSIS_VOLATILITY_INTERNAL_H
#define HASHTIDE_ANALYSIS_VOLATILITY_INTERNAL_H

#include "analysis/volatility.h"

#include <stddef.h>

/** Coordinates of the largest search. */
#define VOLATILITY_SEARCH_MAX 5
/** Where searches begin: a walk of 1 % a day, and a transient of 2 % that halves each batch. */
#define VOLATILITY_START_SD 0.01
#define VOLATILITY_START_TRANSIENT 0.02
#define VOLATILITY_START_PERSISTENCE 0.5

/** What is to be as large as possible. */
typedef double (*volatility_search_fn)(const void *data, const double *x);

/** Maximises over n coordinates from x on, by a pattern of steps that halve (Hooke and Jeeves
 * 1961); x becomes the maximum's place, and its value is returned. */
double volatility_search(double *x, size_t n, volatility_search_fn value, const void *data);
/** Parts from coordinates: ln sd of the walk, ln sd of the transient, atanh of its persistence.
 *  Kept within limits, so that every coordinate means something. */
struct volatility_parts volatility_parts_at(double walk, double transient, double persistence);

#endif
