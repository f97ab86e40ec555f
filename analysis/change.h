// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change: has the hash rate fallen, or risen, by more than its usual wandering and luck explain?
 *
 * A null belief follows the hash rate as nowcast's filters do, with a memory of 1,600 blocks.
 * Beside it run five alternatives, each a CUSUM (Page 1954) of the log-likelihood ratio against the
 * null, that begin as the null with a jump of a fixed size and then learn on their own, so that a
 * jump of any size is taken up by a neighbour. An alternative begins anew at the null when its
 * score is spent, or when the null has come so close that it no longer says anything else:
 *     if S_k <= 0 or |ln(H_null / H_k)| < 0.1 |ln(1 - D_k)| (signed towards the jump):
 *         S_k = 0, a_k = a, b_k = b / (1 - D_k)
 *     S_k += ln p(u | g a_k, g b_k e^-d) - ln p(u | g a, g b e^-d)
 * Alarm when some S_k >= h_k + offset; the offset sets false alarms a year. The null is adaptive,
 * so the known-baseline theory (Lorden 1971) does not give h: change_calibrate() finds it by
 * simulation, and change_offset() holds what it found.
 *
 * States are plain values without padding, as in nowcast.h.
 */
#ifndef HASHTIDE_ANALYSIS_CHANGE_H
#define HASHTIDE_ANALYSIS_CHANGE_H

#include "analysis/gamma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Memory of the null, in blocks: 11 days. */
#define CHANGE_MEMORY 1600.0
/** Alternatives, by size of the jump. */
#define CHANGE_SIZES 5

enum change_direction {
    CHANGE_FALL,
    CHANGE_RISE,
};

/** What does not change. */
struct change_model {
    enum change_direction direction;
    double keep;                    /* g */
    double jump[CHANGE_SIZES];      /* ln(1 - D_k) of the log hash rate */
    double threshold[CHANGE_SIZES]; /* h_k + offset, nats */
};

struct change_alternative {
    struct gamma_belief belief;
    struct gamma_belief base; /* the null when it last began anew */
    double score;             /* S_k, nats */
    uint64_t since;           /* height of the first block that it judged */
};

/** What blocks change. */
struct change_state {
    struct gamma_belief null;
    struct change_alternative alternative[CHANGE_SIZES];
};

/** The detector's word, at one block. */
struct change_verdict {
    bool alarm;
    int size;                 /* index of the alternative that stands out most */
    double excess;            /* its score over its threshold, nats; >= 0 is an alarm */
    uint32_t onset;           /* height of the first block that it judged */
    struct gamma_belief base; /* the null before the onset */
};

/** offset: added to all thresholds, nats; see change_offset(). */
struct change_model change_model(enum change_direction direction, double offset);
struct change_state change_start(struct gamma_belief null);
/** Takes a block's interval (seconds per exahash, > 0). After an alarm the caller starts anew from
 *  change_adopted(), or it is raised again at each block. */
struct change_verdict change_update(struct change_state *state, const struct change_model *model,
                                    uint32_t height, double u, double drift);
/** What change_update() would say, if this silence (seconds per exahash, >= 0) since the block
 *  before height went on for ever: no block is needed to raise the alarm. Stores nothing. */
struct change_verdict change_silent(const struct change_state *state,
                                    const struct change_model *model, uint32_t height,
                                    double silence, double drift);
/** What has been said by the intervals so far; the same if `hidden` less time, in an interval's
 *  units, had passed since the change, but at most half of what the null remembers. Changes
 * nothing.
 */
struct change_verdict change_standing(const struct change_state *state,
                                      const struct change_model *model, double hidden);
/** Believes alternative `size` of a state from now on, on little evidence (150 blocks at most). */
struct gamma_belief change_adopted(const struct change_state *state, int size);

/**
 * Where a change began and how large it was, looked at after the alarm. The detector's own size
 * overstates: it speaks when chance helps. Here each block up to the alarm is a possible onset,
 * weighted by the likelihood of all blocks, and the size is averaged over them. Before looking,
 * small changes are taken to be commoner than large ones, so that what chance has added is taken
 * off again. A change has the verdict's direction: a size goes down to 0 and not beyond.
 */
struct change_extent {
    uint32_t onset;                  /* most likely first block after the change */
    uint32_t onset_lo, onset_hi;     /* 95 % of the weight lies between them */
    double log_size;                 /* ln of hash rate after / before */
    double log_size_lo, log_size_hi; /* 90 % interval */
    double log_evidence;             /* ln of the likelihood of a change at some onset, averaged
                                        over onsets, over that of none */
};

/** Blocks of history that change_locate() is to be given before the verdict's onset, if there are
 *  as many: an onset may lie earlier than where the score last began. */
#define CHANGE_LOCATE_BEFORE 576

/** What change_locate() looks at. */
struct change_history {
    uint32_t first;  /* height of the first block; not before the one that the detector was started
                        anew from, and not after the verdict's onset */
    uint32_t alarm;  /* height of the block that raised the alarm, or was the last when silence did;
                        onsets lie up to there */
    const double *u; /* intervals of the blocks from first on, seconds per exahash */
    size_t count;    /* of them, up to the alarm at least; later ones tell more of the size, unless
                        the hash rate has come back */
    double walk;     /* variance per block by which the hash rate wanders, such as nowcast's q */
    double growth;   /* per block, of which the detector was not told, such as nowcast_drift() */
};

/** verdict: of an alarm of a detector of this direction. False when memory is short. */
bool change_locate(struct change_extent *out, enum change_direction direction,
                   const struct change_verdict *verdict, const struct change_history *history);

/**
 * Chance that the hash rate has come back at least half of the way (on a log scale) to what it was
 * before a change, whose size may have been smaller than it seemed: now is what is believed of it,
 * such as nowcast_belief(). A rebound soon after an alarm is seen by this and not by a detector of
 * rises, whose null is then quick to follow.
 */
double change_recovered(const struct change_verdict *verdict, const struct change_extent *extent,
                        struct gamma_belief now);

/** What the network is taken to be when it only wanders. */
struct change_null {
    double daily_sd;      /* of the log walk, e.g. 0.015 */
    double yearly_growth; /* log */
    double drift;         /* per block, that the detector is told */
};

/** Offsets at which calibration measures. */
#define CHANGE_GRID 61
#define CHANGE_GRID_FROM (-3.0)
#define CHANGE_GRID_STEP 0.25

/** Run lengths to the first false alarm, at each offset of the grid. Sums of runs of different
 *  seeds add up, so that work can be split and progress shown. */
struct change_calibration {
    double blocks[CHANGE_GRID]; /* watched until the alarm, or the end of the run */
    double alarms[CHANGE_GRID];
};

/** Blocks that a run lets the null settle before it watches. */
#define CHANGE_SETTLE_BLOCKS 3000

/** Adds one run of at most `blocks` blocks after settling, from (seed, number); thresholds are
 *  model's plus each grid offset, so model is made with offset 0. silence: also judge silence, as
 *  change_silent() does all the time. */
void change_calibrate(struct change_calibration *sum, const struct change_model *model,
                      const struct change_null *null, uint32_t blocks, bool silence, uint64_t seed,
                      uint64_t number);
/** Mean blocks to a false alarm at a grid index; infinity without alarms. */
double change_run_length(const struct change_calibration *sum, size_t index);
/** The offset with this many false alarms a year (> 0), interpolated in the log, clamped to the
 *  grid. */
double change_calibrated_offset(const struct change_calibration *sum, double alarms_a_year);
/** The same from the table that is built in, for a daily sd from 0.005 to 0.02 (clamped). */
double change_offset(enum change_direction direction, double daily_sd, double alarms_a_year);
/** The other way round: how many false alarms a year an offset has, carried on straight in the log
 *  beyond the table's ends. */
double change_alarms_a_year(enum change_direction direction, double daily_sd, double offset);
/** Growth in that table's simulations, of the log hash rate: 60 % a year. */
#define CHANGE_TABLE_GROWTH 0.47000362924573558
/** Its daily standard deviations. */
#define CHANGE_SDS 5
extern const double change_table_sds[CHANGE_SDS];

/** Offsets of one rate of false alarms that were calibrated for some daily sds. What is not used is
 *  0, so that two compare by memcmp(). */
struct change_offsets {
    uint64_t count;               /* of sds; 0: not calibrated, the table that is built in holds */
    double daily_sd[CHANGE_SDS];  /* rising */
    double offset[2][CHANGE_SDS]; /* by direction */
};
/** The offset at a daily sd, linear between those calibrated and level beyond; count > 0. */
double change_offset_between(const struct change_offsets *offsets, enum change_direction direction,
                             double daily_sd);

#endif
