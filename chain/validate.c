// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * validate: each rule is judged by itself and all of them always, so that a refusal can be logged
 * with everything that was wrong; the verdict is the first in Core's order.
 *
 * In an anchored store the median time past is unknown for the first ten headers after the anchor;
 * time-too-old is not judged there. Every other rule is judged everywhere.
 */
#include "config.h"

#include "chain/validate.h"

#include "chain/compact.h"

static bool hash_meets(const struct hash256 *hash, const struct u256 *target)
{
    return u256_cmp(u256_from_hash(hash), *target) <= 0;
}

bool validate_work(const struct params *params, const struct header *header,
                   const struct hash256 *hash)
{
    struct u256 target;

    return compact_usable(&target, header->bits, params->limit) && hash_meets(hash, &target);
}

static bool work_broken(const struct params *params, const struct context *parent,
                        const struct header *header, const struct hash256 *hash)
{
    if (header->bits == parent->bits) /* usable, since the parent is valid */
        return !hash_meets(hash, &parent->target);
    return !validate_work(params, header, hash);
}

static bool timewarp_broken(const struct params *params, const struct context *parent,
                            const struct header *header)
{
    return params->bip94 && (parent->height + 1) % PARAMS_RETARGET_BLOCKS == 0 &&
           (int64_t)header->time < (int64_t)parent->time - PARAMS_TIMEWARP_SECONDS;
}

static bool version_broken(const struct params *params, uint32_t height, int32_t version)
{
    return (version < 2 && height >= params->version2_height) ||
           (version < 3 && height >= params->version3_height) ||
           (version < 4 && height >= params->version4_height);
}

/* The rule with the lowest number among the broken. */
static enum verdict first_broken(uint32_t broken)
{
    unsigned verdict = 0;

    if (broken == 0)
        return VERDICT_VALID;
    while ((broken & VERDICT_BIT(verdict)) == 0)
        verdict++;
    return (enum verdict)verdict;
}

void validate_header_into(struct judgement *out, const struct params *params,
                          const struct context *parent, const struct header *header,
                          const struct hash256 *hash, const struct validate_options *options)
{
    struct u256 work = header->bits == parent->bits ? parent->work : compact_work(header->bits);
    uint32_t broken = 0;

    out->chainwork = u256_add_saturating(parent->chainwork, work);
    if (work_broken(params, parent, header, hash))
        broken |= VERDICT_BIT(VERDICT_HIGH_HASH);
    if (header->bits != context_next_bits(parent, params, header->time))
        broken |= VERDICT_BIT(VERDICT_BAD_DIFFBITS);
    if (context_median_known(parent) && !context_after_median(parent, header->time))
        broken |= VERDICT_BIT(VERDICT_TIME_TOO_OLD);
    if (timewarp_broken(params, parent, header))
        broken |= VERDICT_BIT(VERDICT_TIMEWARP);
    if (!options->ignore_future && (int64_t)header->time - PARAMS_MAX_FUTURE_SECONDS > options->now)
        broken |= VERDICT_BIT(VERDICT_TIME_TOO_NEW);
    if (version_broken(params, parent->height + 1, header->version))
        broken |= VERDICT_BIT(VERDICT_BAD_VERSION);
    out->broken = broken;
    out->verdict = first_broken(broken);
}
