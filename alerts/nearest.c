// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nearest: see nearest.h.
 */
#include "config.h"

#include "alerts/nearest.h"

#include <string.h>

/** Words longer than this are not compared: a table of distances stands on the stack. */
#define LENGTH_MAX 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau and Levenshtein's distance (adjacent letters may be swapped) of two words of at most
 * LENGTH_MAX letters. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[LENGTH_MAX + 1][LENGTH_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[i][0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = row[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);

            row[i][j] = least(change, least(row[i - 1][j], row[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1);
        }
    }
    return row[a_len][b_len];
}

const char *nearest_word(const char *given, const char *const *words, size_t count, size_t most)
{
    size_t given_len = strlen(given);
    size_t best = most + 1;
    const char *nearest = NULL;

    if (given_len == 0 || given_len > LENGTH_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t len = words[i] != NULL ? strlen(words[i]) : 0;
        size_t d = 0;

        if (len == 0 || len > LENGTH_MAX)
            continue;
        d = distance(given, given_len, words[i], len);
        /* Of a short word, something must be left as it was. */
        if (d < best && d * 2 < len + 1) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}
