// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * vectors: tables of numbers in CSV (plain or .gz) of the shared data set, which tests compare
 * with.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_VECTORS_H
#define HASHTIDE_TESTS_SUPPORT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

struct vectors {
    size_t rows;
    size_t columns; /* of the line of names */
    double *cells;  /* row by row; NaN where a cell is missing or no number */
};

/**
 * Reads a file of the shared data set ("../vectors/A_bank.csv"): lines that begin with # are left
 * out, and the first other line names the columns. False when the data set or the file is absent:
 * then it has said so, and the test is to be skipped. Ends the test program when memory is short.
 */
bool vectors_read(struct vectors *out, const char *name);
/** row < rows, column < columns. */
double vectors_at(const struct vectors *vectors, size_t row, size_t column);
void vectors_free(struct vectors *vectors);

#endif
