// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * verdict: the names.
 */
#include "config.h"

#include "chain/verdict.h"

#include <inttypes.h>
#include <stdio.h>

static const char *fixed_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_VALID:
        return "valid";
    case VERDICT_DUPLICATE:
        return "duplicate";
    case VERDICT_DUPLICATE_INVALID:
        return "duplicate-invalid";
    case VERDICT_HIGH_HASH:
        return "high-hash";
    case VERDICT_PREV_NOT_FOUND:
        return "prev-blk-not-found";
    case VERDICT_BAD_PREV:
        return "bad-prevblk";
    case VERDICT_BAD_DIFFBITS:
        return "bad-diffbits";
    case VERDICT_TIME_TOO_OLD:
        return "time-too-old";
    case VERDICT_TIMEWARP:
        return "time-timewarp-attack";
    case VERDICT_TIME_TOO_NEW:
        return "time-too-new";
    case VERDICT_BAD_VERSION:
        return "bad-version";
    case VERDICT_TOO_LITTLE_WORK:
        return "too-little-chainwork";
    case VERDICT_COUNT:
        break;
    }
    return "unknown";
}

const char *verdict_name(char name[VERDICT_NAME_SIZE], enum verdict verdict,
                         const struct header *header)
{
    if (verdict == VERDICT_BAD_VERSION && header != NULL)
        (void)snprintf(name, VERDICT_NAME_SIZE, "bad-version(0x%08" PRIx32 ")",
                       (uint32_t)header->version);
    else
        (void)snprintf(name, VERDICT_NAME_SIZE, "%s", fixed_name(verdict));
    return name;
}
