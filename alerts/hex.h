// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hex: bytes as hexadecimal digits, in the one form in which keys and signatures are written: lower
 * case, nothing around them. One text for each value: what is compared, stored or looked up as text
 * then is the same as what is compared as bytes.
 *
 * Both functions take the same time whatever the digits are, so secrets may go through them.
 */
#ifndef HASHTIDE_ALERTS_HEX_H
#define HASHTIDE_ALERTS_HEX_H

#include <stddef.h>
#include <stdint.h>

/** Room for the digits of len bytes and a NUL. */
#define HEX_SIZE(len) (2 * (len) + 1)

enum hex_verdict {
    HEX_GOOD,
    HEX_LENGTH,    /* too few or too many characters */
    HEX_UPPERCASE, /* good, were it not for A to F */
    HEX_DIGIT,     /* a character that is no hexadecimal digit */
};

/** Reads exactly len bytes from text_len characters. Unless HEX_GOOD, out is undefined. */
enum hex_verdict hex_parse(uint8_t *out, size_t len, const char *text, size_t text_len);
/** Writes HEX_SIZE(len) characters. */
void hex_format(char *out, const uint8_t *bytes, size_t len);

#endif
