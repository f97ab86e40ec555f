// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * order: see order.h.
 */
#include "config.h"

#include "analysis/order.h"

int order_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}
