// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hex: see hex.h. Digits are worked out and not looked up: a table would leave traces of a secret
 * in the cache.
 */
#include "config.h"

#include "alerts/hex.h"

#include <sodium.h>

/* All ones if a <= b, else 0; both below 256. */
static unsigned at_most(unsigned a, unsigned b)
{
    return ((a - b - 1) >> 8) & 0xffu;
}

/* All ones if the character lies in the range first..last, else 0. */
static unsigned in_range(unsigned character, unsigned first, unsigned last)
{
    return at_most(first, character) & at_most(character, last);
}

/* The value of a digit of either case; what is none of lower case is marked in upper or bad. */
static unsigned digit_value(unsigned character, unsigned *upper, unsigned *bad)
{
    unsigned decimal = in_range(character, '0', '9');
    unsigned small = in_range(character, 'a', 'f');
    unsigned large = in_range(character, 'A', 'F');

    *upper |= large;
    *bad |= ~(decimal | small | large) & 0xffu;
    return (decimal & (character - '0')) | (small & (character - 'a' + 10)) |
           (large & (character - 'A' + 10));
}

enum hex_verdict hex_parse(uint8_t *out, size_t len, const char *text, size_t text_len)
{
    unsigned upper = 0;
    unsigned bad = 0;

    for (size_t i = 0; i < text_len; i++) {
        unsigned value = digit_value((unsigned char)text[i], &upper, &bad);

        if (i / 2 < len)
            out[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : out[i / 2] | value);
    }
    if (bad != 0)
        return HEX_DIGIT;
    if (text_len != 2 * len)
        return HEX_LENGTH;
    return upper != 0 ? HEX_UPPERCASE : HEX_GOOD;
}

void hex_format(char *out, const uint8_t *bytes, size_t len)
{
    (void)sodium_bin2hex(out, HEX_SIZE(len), bytes, len);
}
