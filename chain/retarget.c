// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * retarget: new target = old target * span / two weeks, clamped, cut to the compact form.
 */
#include "config.h"

#include "chain/retarget.h"

#include "chain/compact.h"

/** The span counts as at least a quarter of two weeks and at most four times. */
#define CLAMP 4

uint32_t retarget_bits(const struct params *params, uint32_t first_time, uint32_t last_time,
                       uint32_t base_bits)
{
    const int64_t shortest = PARAMS_RETARGET_SECONDS / CLAMP;
    const int64_t longest = (int64_t)PARAMS_RETARGET_SECONDS * CLAMP;
    int64_t span = (int64_t)last_time - (int64_t)first_time; /* may be negative */
    struct u256 target;

    if (params->no_retarget)
        return base_bits;
    if (span < shortest)
        span = shortest;
    if (span > longest)
        span = longest;
    target = compact_decode(base_bits).target;
    target = u256_mul_div_u32(target, (uint32_t)span, PARAMS_RETARGET_SECONDS);
    if (u256_cmp(target, params->limit) > 0)
        target = params->limit;
    return compact_encode(target);
}
