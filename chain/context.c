// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * context: the ancestors that the rules look at, carried along header by header.
 */
#include "config.h"

#include "chain/context.h"

#include "chain/compact.h"
#include "chain/retarget.h"

#include <assert.h>

static bool begins_epoch(uint32_t height)
{
    return height % PARAMS_RETARGET_BLOCKS == 0;
}

void context_set_bits(struct context *context, uint32_t bits)
{
    struct compact_target decoded = compact_decode(bits);

    context->bits = bits;
    context->work = compact_work(bits);
    context->target = u256_is_zero(context->work) ? u256_from_u64(0) : decoded.target;
}

/* A context of one header, the first of an epoch. */
static void set_first(struct context *out, const struct header *header, const struct hash256 *hash,
                      uint32_t height)
{
    *out = (struct context){.hash = *hash, .height = height, .time = header->time};
    context_set_bits(out, header->bits);
    out->real_bits = header->bits;
    out->epoch_first_time = header->time;
    out->epoch_first_bits = header->bits;
    out->times[height % PARAMS_MEDIAN_BLOCKS] = header->time;
    out->times_known = 1;
}

void context_genesis(struct context *out, const struct params *params)
{
    struct header header;

    header_decode(&header, params->genesis);
    set_first(out, &header, &params->genesis_hash, 0);
    out->from_genesis = true;
    out->chainwork = out->work;
}

void context_anchor(struct context *out, const struct header *header, const struct hash256 *hash,
                    uint32_t height, struct u256 chainwork)
{
    assert(begins_epoch(height));
    set_first(out, header, hash, height);
    out->from_genesis = height == 0;
    out->chainwork = chainwork;
}

void context_advance(struct context *context, const struct params *params,
                     const struct header *header, const struct hash256 *hash)
{
    assert(hash256_equal(&context->hash, &header->prev));
    context->hash = *hash;
    context->height++;
    context->time = header->time;
    if (header->bits != context->bits)
        context_set_bits(context, header->bits);
    context->chainwork = u256_add_saturating(context->chainwork, context->work);
    if (begins_epoch(context->height)) {
        context->epoch_first_time = header->time;
        context->epoch_first_bits = header->bits;
        context->real_bits = header->bits;
    } else if (header->bits != params->limit_bits) {
        context->real_bits = header->bits;
    }
    context->times[context->height % PARAMS_MEDIAN_BLOCKS] = header->time;
    if (context->times_known < PARAMS_MEDIAN_BLOCKS)
        context->times_known++;
}

/* Number of known times that are below time. */
static unsigned count_below(const struct context *context, uint32_t time)
{
    unsigned below = 0;

    if (context->times_known == PARAMS_MEDIAN_BLOCKS) {
        const uint32_t *t = context->times;

        /* All of the ring, whatever the order; without a loop, for every header comes here. */
        return (unsigned)(t[0] < time) + (t[1] < time) + (t[2] < time) + (t[3] < time) +
               (t[4] < time) + (t[5] < time) + (t[6] < time) + (t[7] < time) + (t[8] < time) +
               (t[9] < time) + (t[10] < time);
    }
    for (unsigned i = 0; i < context->times_known; i++)
        below += context->times[(context->height - i) % PARAMS_MEDIAN_BLOCKS] < time;
    return below;
}

bool context_median_known(const struct context *context)
{
    return context->from_genesis || context->times_known == PARAMS_MEDIAN_BLOCKS;
}

bool context_after_median(const struct context *context, uint32_t time)
{
    /* The median of n is the sorted times' number n / 2, counted from 0: above it are those with
     * more than n / 2 below. */
    return count_below(context, time) > context->times_known / 2;
}

bool context_median_time(uint32_t *median, const struct context *context)
{
    uint32_t best = 0;

    if (!context_median_known(context))
        return false;
    /* The greatest of the times that has at most n / 2 below it. */
    for (unsigned i = 0; i < context->times_known; i++) {
        uint32_t time = context->times[(context->height - i) % PARAMS_MEDIAN_BLOCKS];

        if (time > best && count_below(context, time) <= context->times_known / 2)
            best = time;
    }
    *median = best;
    return true;
}

uint32_t context_next_bits(const struct context *context, const struct params *params,
                           uint32_t time)
{
    if (params->no_retarget)
        return context->bits;
    if (begins_epoch(context->height + 1)) {
        uint32_t base = params->bip94 ? context->epoch_first_bits : context->bits;

        return retarget_bits(params, context->epoch_first_time, context->time, base);
    }
    if (!params->min_difficulty)
        return context->bits;
    if ((int64_t)time > (int64_t)context->time + 2 * PARAMS_SPACING_SECONDS)
        return params->limit_bits;
    return context->real_bits;
}
