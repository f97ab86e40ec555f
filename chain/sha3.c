// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha3: Keccak-f[1600] as FIPS 202 writes it down, on a single block.
 */
#include "config.h"

#include "chain/sha3.h"

#include <assert.h>
#include <string.h>

#define LANES 25
#define ROUNDS 24

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return bits == 0 ? value : value << bits | value >> (64 - bits);
}

static void theta(uint64_t a[LANES])
{
    uint64_t column[5];

    for (unsigned x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (unsigned i = 0; i < LANES; i++)
        a[i] ^= column[(i + 4) % 5] ^ rotate_left(column[(i + 1) % 5], 1);
}

/* rho and pi in one: lane (x, y) is rotated and goes to (y, 2x + 3y). */
static void rho_pi(uint64_t a[LANES])
{
    uint64_t moving = a[1];
    unsigned x = 1;
    unsigned y = 0;

    for (unsigned t = 0; t < LANES - 1; t++) {
        unsigned next_y = (2 * x + 3 * y) % 5;
        uint64_t displaced;

        x = y;
        y = next_y;
        displaced = a[x + 5 * y];
        a[x + 5 * y] = rotate_left(moving, (t + 1) * (t + 2) / 2 % 64);
        moving = displaced;
    }
}

static void chi(uint64_t a[LANES])
{
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof(row));
        for (unsigned x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

/* The round constants are bits of a linear feedback shift register, at the places 2^j - 1. */
static uint64_t round_constant(uint8_t *lfsr)
{
    uint64_t constant = 0;

    for (unsigned j = 0; j <= 6; j++) {
        if (*lfsr & 1)
            constant |= UINT64_C(1) << ((1u << j) - 1);
        *lfsr = (uint8_t)(*lfsr << 1 ^ (*lfsr & 0x80 ? 0x71 : 0));
    }
    return constant;
}

static void keccak(uint64_t a[LANES])
{
    uint8_t lfsr = 1;

    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= round_constant(&lfsr);
    }
}

void sha3_256(uint8_t digest[SHA3_256_SIZE], const void *data, size_t len)
{
    uint8_t block[SHA3_256_INPUT_MAX + 1] = {0};
    uint64_t state[LANES] = {0};

    assert(len <= SHA3_256_INPUT_MAX);
    memcpy(block, data, len);
    block[len] ^= 0x06;
    block[SHA3_256_INPUT_MAX] ^= 0x80;
    for (unsigned i = 0; i < sizeof(block); i++)
        state[i / 8] |= (uint64_t)block[i] << 8 * (i % 8);
    keccak(state);
    for (unsigned i = 0; i < SHA3_256_SIZE; i++)
        digest[i] = (uint8_t)(state[i / 8] >> 8 * (i % 8));
}
