// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * order: how numbers are sorted.
 */
#ifndef HASHTIDE_ANALYSIS_ORDER_H
#define HASHTIDE_ANALYSIS_ORDER_H

/** For qsort(): doubles, or structures whose first member is one, the least first. None is NaN. */
int order_doubles(const void *left, const void *right);

#endif
