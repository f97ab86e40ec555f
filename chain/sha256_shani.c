// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sha256_shani: SHA-256 with the x86 SHA extensions. Compiled with -msha in a library of its own;
 * reached only after sha256.c has seen that the processor has them.
 *
 * The SHA unit takes four cycles to answer two rounds but can begin new ones meanwhile: one stream
 * alone leaves it idle about half the time. So headers are hashed two at a time, and each pair of
 * lines below serves both lanes; the processor overlaps them.
 *
 * The state is kept as the instructions want it: abef (a most significant) and cdgh. w[0..3] are
 * the newest 16 words of the message schedule, four a register, the oldest in the lowest lane.
 */
#include "config.h"

#include "chain/header.h"
#include "chain/sha256_internal.h"

#include <immintrin.h>

struct lane {
    __m128i abef;
    __m128i cdgh;
    __m128i w0;
    __m128i w1;
    __m128i w2;
    __m128i w3;
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Bytes of each 32-bit word turned round: messages and digests are big-endian. */
ALWAYS_INLINE __m128i swap_words(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

ALWAYS_INLINE __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* Four rounds, t to t + 3, with the schedule words w. */
ALWAYS_INLINE void rounds(struct lane *lane, __m128i w, unsigned t)
{
    __m128i wk = _mm_add_epi32(w, load(&sha256_k[t]));

    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, wk);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/* The four schedule words that follow the sixteen in w0 to w3. */
ALWAYS_INLINE __m128i extend(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));

    return _mm_sha256msg2_epu32(sum, w3);
}

ALWAYS_INLINE void extend_first(struct lane *lane)
{
    lane->w0 = extend(lane->w0, lane->w1, lane->w2, lane->w3);
}

ALWAYS_INLINE void extend_second(struct lane *lane)
{
    lane->w1 = extend(lane->w1, lane->w2, lane->w3, lane->w0);
}

ALWAYS_INLINE void extend_third(struct lane *lane)
{
    lane->w2 = extend(lane->w2, lane->w3, lane->w0, lane->w1);
}

ALWAYS_INLINE void extend_fourth(struct lane *lane)
{
    lane->w3 = extend(lane->w3, lane->w0, lane->w1, lane->w2);
}

/* Sixteen rounds on both lanes, and the schedule of the next sixteen. */
ALWAYS_INLINE void rounds_and_extend(struct lane *x, struct lane *y, unsigned t)
{
    rounds(x, x->w0, t);
    rounds(y, y->w0, t);
    extend_first(x);
    extend_first(y);
    rounds(x, x->w1, t + 4);
    rounds(y, y->w1, t + 4);
    extend_second(x);
    extend_second(y);
    rounds(x, x->w2, t + 8);
    rounds(y, y->w2, t + 8);
    extend_third(x);
    extend_third(y);
    rounds(x, x->w3, t + 12);
    rounds(y, y->w3, t + 12);
    extend_fourth(x);
    extend_fourth(y);
}

/* Compresses the sixteen words in each lane into its state. */
ALWAYS_INLINE void compress_pair(struct lane *x, struct lane *y)
{
    const struct lane x0 = *x;
    const struct lane y0 = *y;

    rounds_and_extend(x, y, 0);
    rounds_and_extend(x, y, 16);
    rounds_and_extend(x, y, 32);
    rounds(x, x->w0, 48);
    rounds(y, y->w0, 48);
    rounds(x, x->w1, 52);
    rounds(y, y->w1, 52);
    rounds(x, x->w2, 56);
    rounds(y, y->w2, 56);
    rounds(x, x->w3, 60);
    rounds(y, y->w3, 60);
    x->abef = _mm_add_epi32(x->abef, x0.abef);
    x->cdgh = _mm_add_epi32(x->cdgh, x0.cdgh);
    y->abef = _mm_add_epi32(y->abef, y0.abef);
    y->cdgh = _mm_add_epi32(y->cdgh, y0.cdgh);
}

/* The state words abcd and efgh (a in the lowest place) turned into abef and cdgh. */
ALWAYS_INLINE void set_state(struct lane *lane, __m128i abcd, __m128i efgh)
{
    __m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);

    lane->abef = _mm_alignr_epi8(badc, hgfe, 8);
    lane->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

/* And back. */
ALWAYS_INLINE void get_state(__m128i *abcd, __m128i *efgh, const struct lane *lane)
{
    __m128i feba = _mm_shuffle_epi32(lane->abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xb1);

    *abcd = _mm_blend_epi16(feba, dchg, 0xf0);
    *efgh = _mm_alignr_epi8(dchg, feba, 8);
}

ALWAYS_INLINE void set_initial(struct lane *lane)
{
    set_state(lane, load(sha256_initial), load(sha256_initial + 4));
}

ALWAYS_INLINE void load_block(struct lane *lane, const uint8_t *block)
{
    lane->w0 = swap_words(load(block));
    lane->w1 = swap_words(load(block + 16));
    lane->w2 = swap_words(load(block + 32));
    lane->w3 = swap_words(load(block + 48));
}

/* The last 16 bytes of a header with SHA-256's padding: a one bit, zeros, the length of 640 bits.
 */
ALWAYS_INLINE void load_tail(struct lane *lane, const uint8_t *tail)
{
    lane->w0 = swap_words(load(tail));
    lane->w1 = _mm_set_epi32(0, 0, 0, INT32_MIN);
    lane->w2 = _mm_setzero_si128();
    lane->w3 = _mm_set_epi32(HEADER_SIZE * 8, 0, 0, 0);
}

/* A digest as the next message: its eight words, then the padding with the length of 256 bits. */
ALWAYS_INLINE void load_digest(struct lane *lane)
{
    get_state(&lane->w0, &lane->w1, lane);
    lane->w2 = _mm_set_epi32(0, 0, 0, INT32_MIN);
    lane->w3 = _mm_set_epi32(HASH256_SIZE * 8, 0, 0, 0);
}

ALWAYS_INLINE void store_digest(struct hash256 *out, const struct lane *lane)
{
    __m128i abcd, efgh;

    get_state(&abcd, &efgh, lane);
    _mm_storeu_si128((__m128i *)out->bytes, swap_words(abcd));
    _mm_storeu_si128((__m128i *)(out->bytes + 16), swap_words(efgh));
}

static void header_pair(struct hash256 *out_x, struct hash256 *out_y, const uint8_t *raw_x,
                        const uint8_t *raw_y)
{
    struct lane x, y;

    set_initial(&x);
    set_initial(&y);
    load_block(&x, raw_x);
    load_block(&y, raw_y);
    compress_pair(&x, &y);
    load_tail(&x, raw_x + SHA256_BLOCK);
    load_tail(&y, raw_y + SHA256_BLOCK);
    compress_pair(&x, &y);
    load_digest(&x);
    load_digest(&y);
    set_initial(&x);
    set_initial(&y);
    compress_pair(&x, &y);
    store_digest(out_x, &x);
    store_digest(out_y, &y);
}

static void shani_headers(struct hash256 *out, const uint8_t *records, size_t stride, size_t count)
{
    size_t i;

    for (i = 0; i + 2 <= count; i += 2)
        header_pair(&out[i], &out[i + 1], records + i * stride, records + (i + 1) * stride);
    if (i < count) /* an odd one keeps itself company: the second lane is nearly free */
        header_pair(&out[i], &out[i], records + i * stride, records + i * stride);
}

static void shani_compress(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    struct lane lane;
    __m128i abcd, efgh;

    set_state(&lane, load(state), load(state + 4));
    for (size_t i = 0; i < count; i++) {
        struct lane twin;

        load_block(&lane, blocks + i * SHA256_BLOCK);
        twin = lane;
        compress_pair(&lane, &twin);
    }
    get_state(&abcd, &efgh, &lane);
    _mm_storeu_si128((__m128i *)state, abcd);
    _mm_storeu_si128((__m128i *)(state + 4), efgh);
}

const struct sha256_impl sha256_shani_impl = {
    .name = "sha-ni",
    .compress = shani_compress,
    .headers = shani_headers,
};
