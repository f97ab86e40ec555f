// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fingerprint: marks that hardware and firmware leave in nonces and version bits, counted over an
 * epoch of 2,016 blocks, and whether they have changed since another.
 *
 * Machines do not search nonces evenly: cores begin at fixed places, skip ranges, or count down, so
 * that some digits of the nonces that win are rarer than others. Which digits depends on the mix of
 * machines. Bits 13 to 28 of the version are free for miners to roll (BIP320), and are rolled in
 * ways of their own. A change of these shares says that the mix of machines, firmware or pools'
 * software has changed; it names no machine, and a mix can change without leaving a mark.
 *
 * Four groups, each a set of 16 exclusive cells:
 *     low   bits 4 to 7 of the nonce     (the first byte of the four as they stand in the header)
 *     mid   bits 8 to 11                 (the second byte)
 *     top   bits 28 to 31                (the last byte)
 *     roll  which of version bits 13-16, 17-20, 21-24, 25-28 have any bit set
 *
 * Two epochs are compared by Pearson's chi-square for homogeneity. Its p-value takes blocks for
 * independent draws, which they are not: a pool is one mix, and pools come and go. So the ratio of
 * the statistic to its degrees of freedom, as it was from epoch to epoch in the past, is kept
 * (McCullagh and Nelder 1989, section 4.5: overdispersion), and a second p-value asks how far
 * beyond that the ratio is.
 *
 * Plain values; nothing is allocated.
 */
#ifndef HASHTIDE_ANALYSIS_FINGERPRINT_H
#define HASHTIDE_ANALYSIS_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FINGERPRINT_CELLS 16
/** BIP320: version bits that are free for use as nonce. */
#define FINGERPRINT_ROLL_FIRST 13
#define FINGERPRINT_ROLL_BITS 16

enum fingerprint_group {
    FINGERPRINT_LOW,
    FINGERPRINT_MID,
    FINGERPRINT_TOP,
    FINGERPRINT_ROLL,
};
#define FINGERPRINT_GROUPS 4

/** What was counted. Begins as all zero. */
struct fingerprint {
    uint32_t blocks;
    uint32_t cells[FINGERPRINT_GROUPS][FINGERPRINT_CELLS];
    uint32_t bits[FINGERPRINT_ROLL_BITS]; /* blocks with bit 13 + i of the version set */
    uint32_t rolled;                      /* blocks with any of these set */
    uint32_t prefixed;                    /* version begins with 001, as BIP9 asks */
    uint32_t signalled;                   /* prefixed, and any of bits 0 to 12 set */
};

/** Takes a block. Any two words will do. */
void fingerprint_add(struct fingerprint *fingerprint, int32_t version, uint32_t nonce);

/** How even the cells of a group are. */
struct fingerprint_evenness {
    double entropy; /* 0 to 1: of log 16, with Miller and Madow's correction (1955) */
    double p;       /* chance of cells as uneven, if all were equally likely (chi-square) */
};
/** Fewer blocks (5 a cell) are too few to say. */
#define FINGERPRINT_EVENNESS_LEAST (5 * FINGERPRINT_CELLS)
/** False, all zero, where there are too few blocks. */
bool fingerprint_evenness(struct fingerprint_evenness *out, const struct fingerprint *fingerprint,
                          enum fingerprint_group group);

/** Past changes from epoch to epoch: the last 26, one year. Begins as all zero. */
#define FINGERPRINT_PAST 26
/** Fewer say nothing of what is usual. */
#define FINGERPRINT_PAST_LEAST 6
struct fingerprint_past {
    size_t count; /* ever added */
    double ratio[FINGERPRINT_PAST];
};

/** Two epochs side by side, in one group. */
struct fingerprint_change {
    uint32_t freedom; /* degrees of; 0: nothing to compare, and all else is 0 */
    double statistic; /* chi-square */
    double p; /* of it, if blocks were independent draws: far too small where they are not */
    bool usual_known;      /* whether the past says what is usual: else the next two are 0 */
    double overdispersion; /* usual ratio of statistic to freedom, at least 1 */
    double p_usual;        /* chance of as much in a pair of epochs as they usually differ */
    double distance;       /* total variation distance of the shares, 0 to 1 */
    double chance;         /* what of it luck alone gives on average, overdispersion included */
    double shift;          /* distance net of luck: sqrt(distance^2 - chance^2), or 0 */
};

/** Compares two epochs; past is what was usual before either, or NULL. */
struct fingerprint_change fingerprint_change(const struct fingerprint *before,
                                             const struct fingerprint *after,
                                             enum fingerprint_group group,
                                             const struct fingerprint_past *past);
/** Remembers a change between complete neighbours. Without freedom it is passed over. */
void fingerprint_remember(struct fingerprint_past *past, const struct fingerprint_change *change);

#endif
