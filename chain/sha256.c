// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha256: the portable implementation, the choice between implementations, and the convenience
 * forms.
 *
 * A header takes three compressions: its first 64 bytes, its last 16 with padding, and the padded
 * first digest.
 */
#include "config.h"

#include "chain/sha256.h"

#include "chain/header.h"
#include "chain/sha256_internal.h"

#include <stdatomic.h>
#include <string.h>

#ifdef HAVE_X86_SHANI
#include <cpuid.h>
#endif

const uint32_t sha256_initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

_Alignas(16) const uint32_t sha256_k[SHA256_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t read_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void write_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

static void write_be64(uint8_t *p, uint64_t value)
{
    write_be32(p, (uint32_t)(value >> 32));
    write_be32(p + 4, (uint32_t)value);
}

/* One round. The eight working variables keep their places; the caller turns their names instead of
 * moving values. */
static inline void round_step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
                              uint32_t f, uint32_t g, uint32_t *h, uint32_t kw)
{
    uint32_t t1 = *h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + kw;
    uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));

    *d += t1;
    *h = t1 + t2;
}

static void expand(uint32_t w[SHA256_ROUNDS], const uint8_t *block)
{
    for (unsigned t = 0; t < 16; t++)
        w[t] = read_be32(block + 4 * t);
    for (unsigned t = 16; t < SHA256_ROUNDS; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

static void compress_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[SHA256_ROUNDS];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    expand(w, block);
    for (unsigned t = 0; t < SHA256_ROUNDS; t += 8) {
        round_step(a, b, c, &d, e, f, g, &h, sha256_k[t] + w[t]);
        round_step(h, a, b, &c, d, e, f, &g, sha256_k[t + 1] + w[t + 1]);
        round_step(g, h, a, &b, c, d, e, &f, sha256_k[t + 2] + w[t + 2]);
        round_step(f, g, h, &a, b, c, d, &e, sha256_k[t + 3] + w[t + 3]);
        round_step(e, f, g, &h, a, b, c, &d, sha256_k[t + 4] + w[t + 4]);
        round_step(d, e, f, &g, h, a, b, &c, sha256_k[t + 5] + w[t + 5]);
        round_step(c, d, e, &f, g, h, a, &b, sha256_k[t + 6] + w[t + 6]);
        round_step(b, c, d, &e, f, g, h, &a, sha256_k[t + 7] + w[t + 7]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void portable_compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        compress_block(state, blocks + i * SHA256_BLOCK);
}

/* Single SHA-256 with a given implementation. */
static void digest(const struct sha256_impl *impl, uint8_t out[HASH256_SIZE], const uint8_t *data,
                   size_t len)
{
    uint32_t state[8];
    uint8_t tail[2 * SHA256_BLOCK] = {0};
    size_t whole = len / SHA256_BLOCK;
    size_t rest = len % SHA256_BLOCK;
    size_t tail_blocks = rest + 9 <= SHA256_BLOCK ? 1 : 2; /* 0x80 and the 64-bit length must fit */

    memcpy(state, sha256_initial, sizeof(state));
    impl->compress(state, data, whole);
    if (rest > 0)
        memcpy(tail, data + whole * SHA256_BLOCK, rest);
    tail[rest] = 0x80;
    write_be64(tail + tail_blocks * SHA256_BLOCK - 8, (uint64_t)len * 8);
    impl->compress(state, tail, tail_blocks);
    for (unsigned i = 0; i < 8; i++)
        write_be32(out + 4 * i, state[i]);
}

static void portable_headers(struct hash256 *out, const uint8_t *records, size_t stride,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t first[HASH256_SIZE];

        digest(sha256_portable(), first, records + i * stride, HEADER_SIZE);
        digest(sha256_portable(), out[i].bytes, first, sizeof(first));
    }
}

const struct sha256_impl *sha256_portable(void)
{
    static const struct sha256_impl impl = {
        .name = "portable",
        .compress = portable_compress,
        .headers = portable_headers,
    };

    return &impl;
}

#ifdef HAVE_X86_SHANI
/* True when the processor has SHA, SSSE3 and SSE4.1. SSE registers need no consent of the system's
 * on x86-64. */
static bool processor_has_shani(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

const struct sha256_impl *sha256_shani(void)
{
    return processor_has_shani() ? &sha256_shani_impl : NULL;
}
#else
const struct sha256_impl *sha256_shani(void)
{
    return NULL;
}
#endif

const struct sha256_impl *sha256_best(void)
{
    /* A cache and no state: every thread that finds it empty computes the same. */
    static _Atomic(const struct sha256_impl *) best;
    const struct sha256_impl *impl = atomic_load_explicit(&best, memory_order_relaxed);

    if (impl == NULL) {
        impl = sha256_shani();
        if (impl == NULL)
            impl = sha256_portable();
        atomic_store_explicit(&best, impl, memory_order_relaxed);
    }
    return impl;
}

void sha256(struct hash256 *out, const void *data, size_t len)
{
    digest(sha256_best(), out->bytes, data, len);
}

void sha256d(struct hash256 *out, const void *data, size_t len)
{
    struct hash256 first;

    sha256(&first, data, len);
    sha256(out, first.bytes, sizeof(first.bytes));
}

void sha256d_headers(struct hash256 *out, const uint8_t *records, size_t stride, size_t count)
{
    sha256_best()->headers(out, records, stride, count);
}
