// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * decimal: see decimal.h. Up to 15 digits as an integer, and ten to the power of the decimals, are
 * both exact, and so their quotient is rounded once.
 */
#include "config.h"

#include "analysis/decimal.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool decimal_parse(double *out, const char *text)
{
    bool negative = *text == '-';
    double number = 0.0;
    double scale = 1.0;
    int digits = 0;

    text += negative ? 1 : 0;
    for (; is_digit(*text); text++, digits++)
        number = 10.0 * number + (*text - '0');
    if (digits == 0)
        return false;
    if (*text == '.' && is_digit(text[1])) {
        for (text++; is_digit(*text); text++, digits++) {
            number = 10.0 * number + (*text - '0');
            scale *= 10.0;
        }
    }
    if (*text != '\0' || digits > DECIMAL_DIGITS_MAX)
        return false;
    *out = (negative ? -number : number) / scale;
    return true;
}
