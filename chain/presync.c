// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * presync: count, then compare and release.
 *
 *   COUNTING   --work reaches the minimum----------> REDOWNLOAD, back at the start
 *   COUNTING   --the chain ends--------------------> FAILED
 *   REDOWNLOAD --work reaches the minimum again----> DONE: all that is held is released,
 *                                                    bits are no longer asked for
 *   REDOWNLOAD --a bit differs, the chain ends-----> FAILED
 *   both       --a rule is broken, a link missing--> FAILED
 *
 * Which headers give a bit (their height modulo the period) and the salt are secret, so a peer
 * can't prepare a second chain whose bits agree. Proof of work is judged both times: claimed work
 * without it would end the comparison early.
 */
#include "config.h"

#include "chain/presync.h"

#include "chain/sha256.h"
#include "chain/validate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** Headers hashed together. */
#define HASHED_TOGETHER 64
/** No chain grows faster than this for long: the median time past must rise by a second every six
 * blocks. */
#define BLOCKS_PER_SECOND 6
#define RING (PRESYNC_LOOKAHEAD + PRESYNC_BATCH_MAX)
#define BITS_FIRST 1024

struct presync {
    const struct params *params;
    struct u256 minimum_work;
    struct context start;
    struct context context; /* ends in the last header seen */
    uint64_t salt[2];
    uint32_t offset; /* heights with this remainder give a bit */
    enum presync_state state;
    struct presync_failure failure;

    uint8_t *bits;
    size_t bits_capacity; /* in bits */
    size_t bits_count;
    size_t bits_compared;
    uint64_t bits_max;

    uint8_t *ring; /* RING records; NULL until redownload */
    size_t first;
    size_t held;
    bool enough; /* redownload has reached the minimum work */
};

/* Bits that an honest chain can have by now. */
static uint64_t most_bits(const struct context *start, int64_t now)
{
    uint32_t since = start->time;
    int64_t seconds;

    (void)context_median_time(&since, start); /* unknown: the header's own time will do */
    seconds = now + PARAMS_MAX_FUTURE_SECONDS - (int64_t)since;
    return seconds > 0 ? (uint64_t)seconds * BLOCKS_PER_SECOND / PRESYNC_PERIOD + 1 : 1;
}

struct presync *presync_new(const struct presync_options *options)
{
    struct presync *presync = calloc(1, sizeof(*presync));

    if (presync == NULL)
        return NULL;
    presync->params = options->params;
    presync->minimum_work = options->minimum_work;
    presync->start = *options->start;
    presync->context = *options->start;
    memcpy(presync->salt, options->salt, sizeof(presync->salt));
    presync->offset = (uint32_t)(options->salt[0] % PRESYNC_PERIOD);
    presync->bits_max = most_bits(options->start, options->now);
    presync->state = PRESYNC_COUNTING;
    return presync;
}

static void release_memory(struct presync *presync)
{
    free(presync->bits);
    free(presync->ring);
    presync->bits = NULL;
    presync->ring = NULL;
    presync->bits_capacity = 0;
    presync->held = 0;
}

void presync_free(struct presync *presync)
{
    if (presync == NULL)
        return;
    release_memory(presync);
    free(presync);
}

static bool fail(struct presync *presync, const char *text)
{
    release_memory(presync);
    presync->state = PRESYNC_FAILED;
    presync->failure.text = text;
    return false;
}

static bool fail_ours(struct presync *presync, const char *text)
{
    presync->failure.ours = true;
    return fail(presync, text);
}

/* ---- one header ---- */

static bool salted_bit(const struct presync *presync, const struct hash256 *hash)
{
    uint8_t text[sizeof(presync->salt) + HASH256_SIZE];
    struct hash256 digest;

    memcpy(text, presync->salt, sizeof(presync->salt));
    memcpy(text + sizeof(presync->salt), hash->bytes, HASH256_SIZE);
    sha256(&digest, text, sizeof(text));
    return digest.bytes[0] & 1;
}

/* Judges a header by all rules and moves the context on to it. */
static bool follow(struct presync *presync, const struct header *header, const struct hash256 *hash,
                   int64_t now)
{
    const struct validate_options rules = {.now = now};
    struct judgement judgement;

    if (!hash256_equal(&header->prev, &presync->context.hash))
        return fail(presync, "headers do not connect");
    judgement = validate_header(presync->params, &presync->context, header, hash, &rules);
    if (judgement.verdict != VERDICT_VALID) {
        presync->failure.broken = judgement.verdict;
        presync->failure.hash = *hash;
        presync->failure.header = *header;
        return fail(presync, "a header breaks a rule");
    }
    context_advance(&presync->context, presync->params, header, hash);
    return true;
}

static bool gives_bit(const struct presync *presync)
{
    return presync->context.height % PRESYNC_PERIOD == presync->offset;
}

static bool push_bit(struct presync *presync, bool bit)
{
    size_t i = presync->bits_count;

    if (i >= presync->bits_max)
        return fail(presync, "more headers than time allows");
    if (i == presync->bits_capacity) {
        size_t capacity = i == 0 ? BITS_FIRST : 2 * i;
        uint8_t *grown = realloc(presync->bits, capacity / 8);

        if (grown == NULL)
            return fail_ours(presync, "out of memory");
        memset(grown + i / 8, 0, (capacity - i) / 8);
        presync->bits = grown;
        presync->bits_capacity = capacity;
    }
    presync->bits[i / 8] |= (uint8_t)(bit << i % 8);
    presync->bits_count++;
    return true;
}

static bool compare_bit(struct presync *presync, bool bit)
{
    size_t i = presync->bits_compared;

    if (i == presync->bits_count)
        return fail(presync, "longer than when counted");
    presync->bits_compared++;
    if ((presync->bits[i / 8] >> i % 8 & 1) != bit)
        return fail(presync, "not the chain that was counted");
    return true;
}

static bool take_counting(struct presync *presync, const struct hash256 *hash)
{
    return !gives_bit(presync) || push_bit(presync, salted_bit(presync, hash));
}

static bool take_redownload(struct presync *presync, const uint8_t *raw, const struct hash256 *hash)
{
    if (u256_cmp(presync->context.chainwork, presync->minimum_work) >= 0)
        presync->enough = true;
    if (!presync->enough && gives_bit(presync) && !compare_bit(presync, salted_bit(presync, hash)))
        return false;
    assert(presync->held < RING);
    memcpy(presync->ring + (presync->first + presync->held) % RING * HEADER_SIZE, raw, HEADER_SIZE);
    presync->held++;
    return true;
}

/* ---- a batch ---- */

static bool take(struct presync *presync, const uint8_t *raw, size_t stride, size_t count,
                 int64_t now)
{
    struct hash256 hashes[HASHED_TOGETHER];

    for (size_t i = 0; i < count; i++) {
        const uint8_t *record = raw + i * stride;
        const struct hash256 *hash = &hashes[i % HASHED_TOGETHER];
        struct header header;

        if (i % HASHED_TOGETHER == 0)
            sha256d_headers(hashes, record, stride,
                            count - i < HASHED_TOGETHER ? count - i : HASHED_TOGETHER);
        header_decode(&header, record);
        if (!follow(presync, &header, hash, now))
            return false;
        if (!(presync->state == PRESYNC_COUNTING ? take_counting(presync, hash)
                                                 : take_redownload(presync, record, hash)))
            return false;
    }
    return true;
}

static void begin_redownload(struct presync *presync)
{
    presync->ring = malloc((size_t)RING * HEADER_SIZE);
    if (presync->ring == NULL) {
        fail_ours(presync, "out of memory");
        return;
    }
    presync->context = presync->start;
    presync->state = PRESYNC_REDOWNLOAD;
}

/* Gives out what is buried deep enough. */
static void release(struct presync *presync, presync_release_fn give, void *give_context)
{
    size_t keep = presync->enough ? 0 : PRESYNC_LOOKAHEAD;

    while (presync->held > keep) {
        size_t count = presync->held - keep;

        if (count > RING - presync->first)
            count = RING - presync->first;
        if (count > PRESYNC_BATCH_MAX)
            count = PRESYNC_BATCH_MAX;
        if (!give(give_context, presync->ring + presync->first * HEADER_SIZE, count)) {
            fail_ours(presync, "released headers were not kept");
            return;
        }
        presync->first = (presync->first + count) % RING;
        presync->held -= count;
    }
    if (presync->enough) {
        release_memory(presync);
        presync->state = PRESYNC_DONE;
    }
}

enum presync_state presync_headers(struct presync *presync, const uint8_t *raw, size_t stride,
                                   size_t count, bool more, int64_t now, presync_release_fn give,
                                   void *give_context)
{
    assert(presync->state == PRESYNC_COUNTING || presync->state == PRESYNC_REDOWNLOAD);
    assert(count <= PRESYNC_BATCH_MAX);
    if (!take(presync, raw, stride, count, now))
        return presync->state;
    if (presync->state == PRESYNC_REDOWNLOAD)
        release(presync, give, give_context);
    else if (u256_cmp(presync->context.chainwork, presync->minimum_work) >= 0) {
        begin_redownload(presync);
        return presync->state;
    }
    if (!more && (presync->state == PRESYNC_COUNTING || presync->state == PRESYNC_REDOWNLOAD))
        fail(presync, "too little work");
    return presync->state;
}

enum presync_state presync_state(const struct presync *presync)
{
    return presync->state;
}

struct presync_failure presync_failure(const struct presync *presync)
{
    return presync->failure;
}

struct hash256 presync_last(const struct presync *presync)
{
    return presync->context.hash;
}

uint32_t presync_height(const struct presync *presync)
{
    return presync->context.height;
}

size_t presync_memory(const struct presync *presync)
{
    return sizeof(*presync) + presync->bits_capacity / 8 +
           (presync->ring != NULL ? (size_t)RING * HEADER_SIZE : 0);
}
