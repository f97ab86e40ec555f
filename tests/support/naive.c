// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * naive: see naive.h.
 */
#include "config.h"

#include "tests/support/naive.h"

#include "chain/sha256.h"

#include <stdlib.h>
#include <string.h>

static void hash_of(struct hash256 *hash, const uint8_t raw[HEADER_SIZE])
{
    sha256d(hash, raw, HEADER_SIZE);
}

static void keep(struct naive *naive, const struct naive_header *header, const struct hash256 *hash)
{
    if (naive->count == naive->capacity) {
        naive->capacity = 2 * naive->capacity + 64;
        naive->all = realloc(naive->all, naive->capacity * sizeof(*naive->all));
        naive->hashes = realloc(naive->hashes, naive->capacity * sizeof(*naive->hashes));
        if (naive->all == NULL || naive->hashes == NULL)
            abort();
    }
    naive->all[naive->count] = *header;
    naive->hashes[naive->count++] = *hash;
}

void naive_init(struct naive *naive, const struct params *params, const uint8_t raw[HEADER_SIZE],
                uint32_t height, const struct slow *work)
{
    struct naive_header base = {.parent = NAIVE_NONE, .height = height, .work = *work};
    struct hash256 hash;

    *naive = (struct naive){.params = params};
    header_decode(&base.header, raw);
    hash_of(&hash, raw);
    keep(naive, &base, &hash);
}

void naive_free(struct naive *naive)
{
    free(naive->all);
    free(naive->hashes);
    *naive = (struct naive){0};
}

void naive_truncate(struct naive *naive, size_t count)
{
    naive->count = count;
    naive->invalid_count = 0;
}

size_t naive_find(const struct naive *naive, const struct hash256 *hash)
{
    for (size_t i = naive->count; i-- > 0;) {
        if (memcmp(&naive->hashes[i], hash, sizeof(*hash)) == 0)
            return i;
    }
    return NAIVE_NONE;
}

static bool known_invalid(const struct naive *naive, const struct hash256 *hash)
{
    for (size_t i = 0; i < naive->invalid_count; i++) {
        if (memcmp(&naive->invalid[i], hash, sizeof(*hash)) == 0)
            return true;
    }
    return false;
}

static int compare_times(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

bool naive_median(const struct naive *naive, uint32_t *median, size_t index)
{
    uint32_t times[11];
    size_t count = 0;

    while (count < 11 && index != NAIVE_NONE) {
        times[count++] = naive->all[index].header.time;
        index = naive->all[index].parent;
    }
    if (count < 11 && naive->all[0].height > 0)
        return false;
    qsort(times, count, sizeof(times[0]), compare_times);
    *median = times[count / 2];
    return true;
}

/* The first block of the epoch in which index is. */
static size_t epoch_first(const struct naive *naive, size_t index)
{
    while (naive->all[index].height % 2016 != 0)
        index = naive->all[index].parent;
    return index;
}

static uint32_t bits_after_epoch(const struct naive *naive, size_t last)
{
    const struct header *first = &naive->all[epoch_first(naive, last)].header;
    const struct header *end = &naive->all[last].header;
    struct slow weeks = slow_from_u64(14 * 24 * 60 * 60);
    struct slow limit = slow_from_u256(naive->params->limit);
    int64_t span = (int64_t)end->time - (int64_t)first->time;
    struct slow target;
    struct slow factor;

    if (span < 14 * 24 * 60 * 60 / 4)
        span = 14 * 24 * 60 * 60 / 4;
    if (span > 14 * 24 * 60 * 60 * 4)
        span = 14 * 24 * 60 * 60 * 4;
    if (!slow_target(&target, naive->params->bip94 ? first->bits : end->bits))
        abort();
    factor = slow_from_u64((uint64_t)span);
    target = slow_mul(&target, &factor);
    target = slow_div(&target, &weeks);
    if (slow_cmp(&target, &limit) > 0)
        target = limit;
    return slow_compact(&target);
}

uint32_t naive_bits(const struct naive *naive, size_t parent, uint32_t time)
{
    const struct naive_header *last = &naive->all[parent];

    if (naive->params->no_retarget)
        return last->header.bits;
    if ((last->height + 1) % 2016 == 0)
        return bits_after_epoch(naive, parent);
    if (!naive->params->min_difficulty)
        return last->header.bits;
    if ((int64_t)time > (int64_t)last->header.time + 20 * 60)
        return naive->params->limit_bits;
    while (naive->all[parent].height % 2016 != 0 &&
           naive->all[parent].header.bits == naive->params->limit_bits)
        parent = naive->all[parent].parent;
    return naive->all[parent].header.bits;
}

static bool enough_work(const struct naive *naive, const struct header *header,
                        const struct hash256 *hash)
{
    struct slow limit = slow_from_u256(naive->params->limit);
    struct slow number = slow_from_bytes(hash->bytes, HASH256_SIZE);
    struct slow target;

    return slow_target(&target, header->bits) && slow_cmp(&target, &limit) <= 0 &&
           slow_cmp(&number, &target) <= 0;
}

/* The rules that need the parent. */
static uint32_t broken_in_context(const struct naive *naive, const struct naive_header *new,
                                  const struct naive_options *options)
{
    const struct params *params = naive->params;
    const struct header *header = &new->header;
    const struct header *last = &naive->all[new->parent].header;
    int64_t time = header->time;
    uint32_t broken = 0;
    uint32_t median;

    if (header->bits != naive_bits(naive, new->parent, header->time))
        broken |= VERDICT_BIT(VERDICT_BAD_DIFFBITS);
    if (naive_median(naive, &median, new->parent) && time <= (int64_t)median)
        broken |= VERDICT_BIT(VERDICT_TIME_TOO_OLD);
    if (params->bip94 && new->height % 2016 == 0 && time < (int64_t)last->time - 600)
        broken |= VERDICT_BIT(VERDICT_TIMEWARP);
    if (!options->ignore_future && time > options->now + 2 * 60 * 60)
        broken |= VERDICT_BIT(VERDICT_TIME_TOO_NEW);
    if (header->version < 2 && new->height >= params->version2_height)
        broken |= VERDICT_BIT(VERDICT_BAD_VERSION);
    if (header->version < 3 && new->height >= params->version3_height)
        broken |= VERDICT_BIT(VERDICT_BAD_VERSION);
    if (header->version < 4 && new->height >= params->version4_height)
        broken |= VERDICT_BIT(VERDICT_BAD_VERSION);
    if (slow_cmp(&new->work, &options->minimum_work) < 0)
        broken |= VERDICT_BIT(VERDICT_TOO_LITTLE_WORK);
    return broken;
}

static enum verdict first_of(uint32_t broken)
{
    for (int verdict = 1; verdict < VERDICT_COUNT; verdict++) {
        if ((broken & VERDICT_BIT(verdict)) != 0)
            return (enum verdict)verdict;
    }
    return VERDICT_VALID;
}

static bool lasts(enum verdict verdict)
{
    return verdict == VERDICT_BAD_PREV || verdict == VERDICT_BAD_DIFFBITS ||
           verdict == VERDICT_TIME_TOO_OLD || verdict == VERDICT_TIMEWARP ||
           verdict == VERDICT_BAD_VERSION;
}

/* Dividing is what takes the time here, so the last answer is remembered. */
static struct slow work_of(struct naive *naive, uint32_t bits)
{
    if (naive->memo_bits != bits) {
        naive->memo_bits = bits;
        naive->memo_work = slow_work(bits);
    }
    return naive->memo_work;
}

enum verdict naive_judge(struct naive *naive, uint32_t *broken, const uint8_t raw[HEADER_SIZE],
                         const struct naive_options *options)
{
    struct naive_header new;
    struct hash256 hash;
    enum verdict verdict;

    header_decode(&new.header, raw);
    hash_of(&hash, raw);
    new.parent = naive_find(naive, &new.header.prev);
    *broken = 0;
    if (naive_find(naive, &hash) != NAIVE_NONE) {
        *broken = VERDICT_BIT(VERDICT_DUPLICATE);
        return VERDICT_DUPLICATE;
    }
    if (known_invalid(naive, &hash)) {
        *broken = VERDICT_BIT(VERDICT_DUPLICATE_INVALID);
        return VERDICT_DUPLICATE_INVALID;
    }
    if (!enough_work(naive, &new.header, &hash))
        *broken |= VERDICT_BIT(VERDICT_HIGH_HASH);
    if (new.parent != NAIVE_NONE) {
        struct slow work = work_of(naive, new.header.bits);

        new.height = naive->all[new.parent].height + 1;
        new.work = slow_add(&naive->all[new.parent].work, &work);
        *broken |= broken_in_context(naive, &new, options);
    } else if (known_invalid(naive, &new.header.prev)) {
        *broken |= VERDICT_BIT(VERDICT_BAD_PREV);
    } else {
        *broken |= VERDICT_BIT(VERDICT_PREV_NOT_FOUND);
    }
    verdict = first_of(*broken);
    if (lasts(verdict) && naive->invalid_count < sizeof(naive->invalid) / sizeof(hash))
        naive->invalid[naive->invalid_count++] = hash;
    if (verdict == VERDICT_VALID)
        keep(naive, &new, &hash);
    return verdict;
}

size_t naive_best(const struct naive *naive)
{
    size_t best = 0;

    for (size_t i = 1; i < naive->count; i++) {
        if (slow_cmp(&naive->all[i].work, &naive->all[best].work) > 0)
            best = i;
    }
    return best;
}
