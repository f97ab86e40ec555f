// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * text: see text.h.
 */
#include "config.h"

#include "monitor/text.h"

#include "monitor/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longer words are not looked at when a near one is sought. */
#define NEAREST_LENGTH_MAX 32
/** A slip of the fingers: at most this many letters differ. */
#define NEAREST_DISTANCE_MAX 3

/* Length of the character that starts at bytes, which end in NUL; 0 if it is none (RFC 3629:
 * shortest form, no surrogates). */
static size_t utf8_decode(uint32_t *code, const unsigned char *bytes)
{
    static const uint32_t SMALLEST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = 0;

    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    if (bytes[0] >= 0xc2 && bytes[0] <= 0xdf)
        len = 2;
    else if (bytes[0] >= 0xe0 && bytes[0] <= 0xef)
        len = 3;
    else if (bytes[0] >= 0xf0 && bytes[0] <= 0xf4)
        len = 4;
    else
        return 0;
    *code = bytes[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3fu);
    }
    if (*code < SMALLEST[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return len;
}

/* False for what moves the cursor, ends the line, or turns the direction of writing. */
static bool harmless(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return false;
    if (code == 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e))
        return false;
    return !(code >= 0x2066 && code <= 0x2069) && code != 0xfeff;
}

size_t text_escape(char *out, size_t size, const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t used = 0;

    if (size == 0)
        return 0;
    while (*in != '\0') {
        uint32_t code = 0;
        size_t len = utf8_decode(&code, in);

        if (len > 0 && harmless(code)) {
            if (used + len >= size)
                break;
            memcpy(out + used, in, len);
            used += len;
            in += len;
        } else {
            if (used + 4 >= size)
                break;
            snprintf(out + used, 5, "\\x%02x", *in);
            used += 4;
            in++;
        }
    }
    out[used] = '\0';
    return used;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau and Levenshtein's distance (adjacent letters may be swapped) of two words of at most
 * NEAREST_LENGTH_MAX letters. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[NEAREST_LENGTH_MAX + 1][NEAREST_LENGTH_MAX + 1];

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

const char *text_nearest(const char *given, const char *const *words, size_t count)
{
    size_t given_len = strlen(given);
    size_t best = NEAREST_DISTANCE_MAX + 1;
    const char *nearest = NULL;

    if (given_len == 0 || given_len > NEAREST_LENGTH_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t len = words[i] != NULL ? strlen(words[i]) : 0;
        size_t d = 0;

        if (len == 0 || len > NEAREST_LENGTH_MAX)
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

json_t *text_to_json(const char *text)
{
    json_t *string = json_string(text);
    size_t size = 4 * strlen(text) + 1;
    char *shown = NULL;

    if (string != NULL)
        return string;
    shown = mem_zeroed(size, 1);
    text_escape(shown, size, text);
    string = json_string(shown);
    free(shown);
    return string;
}
