// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * number: see number.h.
 */
#include "config.h"

#include "monitor/number.h"

#include <stddef.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Adds a digit to number; false when most is passed. */
static bool add_digit(uint64_t *number, char digit, uint64_t most)
{
    uint64_t value = (uint64_t)(digit - '0');

    if (value > most || *number > (most - value) / 10)
        return false;
    *number = *number * 10 + value;
    return true;
}

bool number_parse(uint64_t *out, const char *text, uint64_t least, uint64_t most)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text) || !add_digit(&number, *text, most))
            return false;
    }
    if (number < least)
        return false;
    *out = number;
    return true;
}

/* A number in units of the last of so many decimals. */
static bool parse_decimal(uint64_t *out, const char *text, size_t places, uint64_t most)
{
    uint64_t number = 0;
    size_t decimals = 0;

    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        if (!add_digit(&number, *text, most))
            return false;
    }
    if (*text == '.' && is_digit(text[1])) {
        for (text++; is_digit(*text) && decimals < places; text++, decimals++) {
            if (!add_digit(&number, *text, most))
                return false;
        }
    }
    for (; decimals < places; decimals++) {
        if (!add_digit(&number, '0', most))
            return false;
    }
    if (*text != '\0')
        return false;
    *out = number;
    return true;
}

bool number_parse_milli(uint64_t *out, const char *text, uint64_t most)
{
    return parse_decimal(out, text, 3, most);
}

bool number_parse_micro(uint64_t *out, const char *text, uint64_t most)
{
    return parse_decimal(out, text, 6, most);
}
