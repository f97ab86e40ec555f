// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * text: see text.h.
 */
#include "config.h"

#include "monitor/text.h"

#include "alerts/nearest.h"
#include "monitor/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const char *text_nearest(const char *given, const char *const *words, size_t count)
{
    return nearest_word(given, words, count, NEAREST_DISTANCE_MAX);
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
