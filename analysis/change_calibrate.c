// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * change_calibrate: how long until a false alarm, by simulation. See change.h.
 *
 * Up to its first alarm a run does not depend on the offset, so that one run measures the run
 * length at every offset: whenever the excess over the thresholds reaches a new height. Run lengths
 * are close to exponential; blocks watched over alarms seen is then their mean, censored runs
 * included.
 */
#include "config.h"

#include "analysis/change.h"
#include "analysis/synth.h"

#include <assert.h>
#include <math.h>

/** Rate of the made-up network, in EH/s: nothing depends on it. */
#define RATE_EHS 1.0
/** Evidence for the null at the start, in blocks: it settles from there. */
#define START_SHAPE 400.0

static double grid_offset(size_t index)
{
    return CHANGE_GRID_FROM + CHANGE_GRID_STEP * (double)index;
}

/** One simulated network and its detector. */
struct run {
    const struct change_model *model;
    struct change_state state;
    struct synth synth;
    double drift;
};

/* The excess at the next block; with silence, its height in the gap before it if that is larger. */
static double next_excess(struct run *run, bool silence)
{
    struct synth_block block = synth_next(&run->synth);
    double before = -HUGE_VAL;

    if (silence)
        before = change_silent(&run->state, run->model, block.height, block.u, run->drift).excess;
    return fmax(before,
                change_update(&run->state, run->model, block.height, block.u, run->drift).excess);
}

static struct run settled(const struct change_model *model, const struct change_null *null,
                          uint64_t seed, uint64_t number)
{
    struct synth_options options = {
        .rate_ehs = RATE_EHS,
        .daily_sd = null->daily_sd,
        .yearly_growth = null->yearly_growth,
    };
    struct run run = {
        .model = model,
        .state = change_start((struct gamma_belief){START_SHAPE, START_SHAPE / RATE_EHS}),
        .synth = synth_init(&options, seed, number),
        .drift = null->drift,
    };

    for (int i = 0; i < CHANGE_SETTLE_BLOCKS; i++)
        (void)next_excess(&run, false);
    run.state = change_start(run.state.null);
    return run;
}

void change_calibrate(struct change_calibration *sum, const struct change_model *model,
                      const struct change_null *null, uint32_t blocks, bool silence, uint64_t seed,
                      uint64_t number)
{
    struct run run = settled(model, null, seed, number);
    size_t index = 0;

    for (uint32_t i = 0; i < blocks && index < CHANGE_GRID; i++) {
        double excess = next_excess(&run, silence);

        for (; index < CHANGE_GRID && excess >= grid_offset(index); index++) {
            sum->blocks[index] += i + 1.0;
            sum->alarms[index] += 1.0;
        }
    }
    for (; index < CHANGE_GRID; index++)
        sum->blocks[index] += blocks;
}

double change_run_length(const struct change_calibration *sum, size_t index)
{
    return sum->alarms[index] > 0.0 ? sum->blocks[index] / sum->alarms[index] : HUGE_VAL;
}

double change_calibrated_offset(const struct change_calibration *sum, double alarms_a_year)
{
    double aim = log(SYNTH_YEAR_BLOCKS / alarms_a_year);
    double below = log(change_run_length(sum, 0));

    if (aim <= below)
        return grid_offset(0);
    for (size_t i = 1; i < CHANGE_GRID; i++) {
        double above = log(change_run_length(sum, i));

        if (isinf(above))
            return grid_offset(i - 1);
        if (aim <= above)
            return grid_offset(i - 1) + CHANGE_GRID_STEP * (aim - below) / (above - below);
        below = above;
    }
    return grid_offset(CHANGE_GRID - 1);
}

const double change_table_sds[CHANGE_SDS] = {0.005, 0.0075, 0.01, 0.015, 0.02};
/** Offsets of the table, from the grid's first on, in steps of two of the grid's. */
#define TABLE_OFFSETS 21

/* ln of the mean blocks to a false alarm by change_calibrate(): growth of 60 % a year, of which
 * the detector is not told, in 300 runs of at most 5 years each. Where these are too few to see
 * twenty alarms, the slope before goes on. */
static const double table_log_length[2][CHANGE_SDS][TABLE_OFFSETS] = {
    {
        {8.24,  8.96,  9.76,  10.50, 11.18, 11.81, 12.43, 13.16, 13.85, 14.46, 15.06,
         15.26, 15.86, 16.40, 16.95, 17.50, 18.05, 18.60, 19.15, 19.70, 20.25},
        {8.25,  8.94,  9.63,  10.26, 11.00, 11.54, 12.14, 12.76, 13.48, 14.04, 14.57,
         15.16, 15.60, 16.15, 16.70, 17.25, 17.80, 18.35, 18.90, 19.45, 20.00},
        {8.24,  8.86,  9.52,  10.09, 10.73, 11.24, 11.78, 12.30, 12.92, 13.47, 13.98,
         14.49, 14.88, 15.40, 15.90, 16.40, 16.90, 17.40, 17.90, 18.40, 18.90},
        {8.18,  8.76,  9.25,  9.60,  10.16, 10.61, 10.91, 11.25, 11.64, 11.98, 12.36,
         12.73, 13.09, 13.35, 13.61, 13.89, 14.28, 14.61, 14.81, 15.10, 15.40},
        {8.19,  8.61,  8.99,  9.33,  9.56,  9.92,  10.28, 10.58, 10.80, 11.01, 11.20,
         11.45, 11.65, 11.93, 12.13, 12.30, 12.59, 12.77, 13.04, 13.16, 13.29},
    },
    {
        {9.01,  9.51,  9.99,  10.51, 10.99, 11.51, 12.01, 12.54, 13.08, 13.66, 14.17,
         14.70, 15.16, 15.70, 16.25, 16.80, 17.35, 17.90, 18.45, 19.00, 19.55},
        {8.94,  9.38,  9.74,  10.21, 10.70, 11.18, 11.57, 12.08, 12.48, 12.97, 13.56,
         14.05, 14.61, 15.10, 15.60, 16.10, 16.60, 17.10, 17.60, 18.10, 18.60},
        {8.81,  9.23,  9.63,  9.96,  10.36, 10.70, 11.15, 11.47, 11.92, 12.24, 12.53,
         12.89, 13.33, 13.80, 14.20, 14.40, 14.70, 15.01, 15.32, 15.67, 16.00},
        {8.65,  8.99,  9.28,  9.52,  9.81,  10.05, 10.28, 10.52, 10.75, 11.00, 11.20,
         11.40, 11.64, 11.81, 12.02, 12.19, 12.40, 12.60, 12.83, 13.10, 13.32},
        {8.52,  8.79,  9.05,  9.25,  9.46,  9.63,  9.79,  9.91,  10.05, 10.26, 10.42,
         10.56, 10.66, 10.84, 10.93, 11.06, 11.19, 11.28, 11.44, 11.55, 11.68},
    },
};

/* Where a daily sd stands among `count` (> 0) rising ones: between the rows *row and *row + 1, or
 * at *row; the share of the way is returned. */
static double place_among(size_t *row, const double *sds, size_t count, double daily_sd)
{
    *row = 0;
    if (count == 1 || daily_sd <= sds[0])
        return 0.0;
    while (*row < count - 2 && daily_sd > sds[*row + 1])
        ++*row;
    return fmin((daily_sd - sds[*row]) / (sds[*row + 1] - sds[*row]), 1.0);
}

/* ln run length at a table's offset, for a daily sd between its rows. */
static double table_at(enum change_direction direction, double daily_sd, size_t offset)
{
    const double(*rows)[TABLE_OFFSETS] = table_log_length[direction];
    size_t row = 0;
    double share = place_among(&row, change_table_sds, CHANGE_SDS, daily_sd);

    return rows[row][offset] + share * (rows[row + 1][offset] - rows[row][offset]);
}

double change_offset_between(const struct change_offsets *offsets, enum change_direction direction,
                             double daily_sd)
{
    const double *offset = offsets->offset[direction];
    size_t row = 0;
    double share = place_among(&row, offsets->daily_sd, offsets->count, daily_sd);

    assert(offsets->count > 0 && offsets->count <= CHANGE_SDS);
    return share > 0.0 ? offset[row] + share * (offset[row + 1] - offset[row]) : offset[row];
}

double change_offset(enum change_direction direction, double daily_sd, double alarms_a_year)
{
    double aim = log(SYNTH_YEAR_BLOCKS / alarms_a_year);
    size_t above = 1;
    double low = 0.0;
    double high = 0.0;

    while (above < TABLE_OFFSETS - 1 && table_at(direction, daily_sd, above) < aim)
        above++;
    low = table_at(direction, daily_sd, above - 1);
    high = table_at(direction, daily_sd, above);
    aim = fmin(fmax(aim, low), high);
    return grid_offset(2 * (above - 1)) + 2.0 * CHANGE_GRID_STEP * (aim - low) / (high - low);
}

double change_alarms_a_year(enum change_direction direction, double daily_sd, double offset)
{
    double place = (offset - grid_offset(0)) / (2.0 * CHANGE_GRID_STEP);
    size_t below = (size_t)fmin(fmax(place, 0.0), TABLE_OFFSETS - 2.0);
    double low = table_at(direction, daily_sd, below);
    double high = table_at(direction, daily_sd, below + 1);

    return SYNTH_YEAR_BLOCKS / exp(low + (place - (double)below) * (high - low));
}
