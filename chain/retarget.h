// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * retarget: the new target after 2016 blocks.
 */
#ifndef HASHTIDE_CHAIN_RETARGET_H
#define HASHTIDE_CHAIN_RETARGET_H

#include "chain/params.h"

#include <stdint.h>

/**
 * nBits of the epoch that follows.
 *
 * first_time is the time of the old epoch's first block and last_time that of its last, so the span
 * covers 2015 intervals and not 2016: the rule's off-by-one. The span is clamped to a quarter and
 * four times two weeks. base_bits are the last block's (BIP94: the epoch's first block's). The
 * product is computed with more than 256 bits.
 */
uint32_t retarget_bits(const struct params *params, uint32_t first_time, uint32_t last_time,
                       uint32_t base_bits);

#endif
