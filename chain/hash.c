// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hash: hashes to and from the hex that people read.
 */
#include "config.h"

#include "chain/hash.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void hash256_to_hex(char hex[HASH256_HEX_SIZE], const struct hash256 *hash)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH256_SIZE; i++) {
        uint8_t byte = hash->bytes[HASH256_SIZE - 1 - i];

        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    hex[2 * HASH256_SIZE] = '\0';
}

bool hash256_from_hex(struct hash256 *hash, const char *hex)
{
    struct hash256 out;

    for (size_t i = 0; i < HASH256_SIZE; i++) {
        int high = hex_digit(hex[2 * i]);
        int low;

        if (high < 0) /* also the NUL of a short string: never read beyond it */
            return false;
        low = hex_digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        out.bytes[HASH256_SIZE - 1 - i] = (uint8_t)(high << 4 | low);
    }
    if (hex[2 * HASH256_SIZE] != '\0')
        return false;
    *hash = out;
    return true;
}
