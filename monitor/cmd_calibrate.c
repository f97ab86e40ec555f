// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_calibrate: how high the change detectors' thresholds have to be, by simulation.
 *
 * Networks that only wander and grow are watched until the first false alarm. With a volatility of
 * one's own that is done for it; with change.daily_sd=auto for those of the built-in table, between
 * which the engine interpolates, since the volatility that is measured moves.
 */
#include "config.h"

#include "analysis/change.h"
#include "analysis/synth.h"
#include "monitor/calibration.h"
#include "monitor/command.h"
#include "monitor/number.h"
#include "monitor/progress.h"
#include "monitor/store/datadir.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Fewer runs say too little to be kept; more take weeks. */
#define RUNS_LEAST 20
#define RUNS_MOST 1000000
#define RUNS_DEFAULT 300
/** A run is given up after this many times the mean wanted: what is left of it would say little for
 *  the time that it takes. */
#define RUN_MEANS 1.5

struct request {
    uint64_t runs;
    uint64_t seed;
    bool json;
};

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *runs = command_value(call, "runs");
    const char *seed = command_value(call, "seed");

    *request =
        (struct request){.runs = RUNS_DEFAULT, .seed = 1, .json = command_flag(call, "json")};
    if (call->argument_count > 0)
        command_error("'calibrate' takes no arguments; try 'hashtide calibrate --help'");
    else if (runs != NULL && !number_parse(&request->runs, runs, RUNS_LEAST, RUNS_MOST))
        command_error("--runs=%s: expected a number from %d to %d", runs, RUNS_LEAST, RUNS_MOST);
    else if (seed != NULL && !number_parse(&request->seed, seed, 0, CALIBRATION_SEED_MAX))
        command_error("--seed=%s: expected a number from 0 to %" PRIu64, seed,
                      (uint64_t)CALIBRATION_SEED_MAX);
    else
        return true;
    return false;
}

/* The threshold where the mean is as wanted, and how well that is known. Run lengths are close to
 * exponential, so n alarms tell their mean to a share of 1/sqrt(n). */
static struct calibration_cell cell_of(const struct change_calibration *sum, double alarms_a_year)
{
    double offset = change_calibrated_offset(sum, alarms_a_year);
    double place = (offset - CHANGE_GRID_FROM) / CHANGE_GRID_STEP;
    size_t below = (size_t)fmin(fmax(floor(place), 0.0), CHANGE_GRID - 2.0);
    double share = place - (double)below;
    double wanted = SYNTH_YEAR_BLOCKS / alarms_a_year;
    double low = sum->blocks[below] / fmax(sum->alarms[below], 1.0);
    double high = sum->blocks[below + 1] / fmax(sum->alarms[below + 1], 1.0);
    double alarms = (1.0 - share) * sum->alarms[below] + share * sum->alarms[below + 1];
    double relative = 1.0 / sqrt(fmax(alarms, 1.0));
    double slope = (log(high) - log(low)) / CHANGE_GRID_STEP;
    struct calibration_cell cell = {.offset = offset};

    cell.blocks = exp((1.0 - share) * log(low) + share * log(high));
    cell.blocks_sd = relative * cell.blocks;
    cell.offset_sd = slope > 0.0 ? relative / slope : CHANGE_GRID_STEP;
    cell.reached = alarms > 0.0 && fabs(log(cell.blocks / wanted)) < 1e-6;
    return cell;
}

static struct calibration prepared(const struct request *request, const struct settings *settings)
{
    struct calibration calibration = {
        .false_alarms_per_year = settings->false_alarms_per_year,
        .yearly_growth = CHANGE_TABLE_GROWTH,
        .runs = request->runs,
        .seed = request->seed,
        .blocks = (uint32_t)(RUN_MEANS * SYNTH_YEAR_BLOCKS / settings->false_alarms_per_year),
        .automatic = settings->daily_sd <= 0.0,
        .count = settings->daily_sd <= 0.0 ? CHANGE_SDS : 1,
    };

    for (size_t i = 0; i < calibration.count; i++)
        calibration.daily_sd[i] = calibration.automatic ? change_table_sds[i] : settings->daily_sd;
    return calibration;
}

static void simulate(struct calibration *calibration)
{
    struct progress progress;
    uint64_t done = 0;

    progress_start(&progress, "simulating", 2 * calibration->count * calibration->runs);
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        struct change_model model = change_model(way, 0.0);

        for (size_t i = 0; i < calibration->count; i++) {
            struct change_null null = {.daily_sd = calibration->daily_sd[i],
                                       .yearly_growth = calibration->yearly_growth};
            struct change_calibration sum = {0};

            for (uint64_t run = 0; run < calibration->runs; run++) {
                progress_update(&progress, done++);
                /* Silence adds no alarm: see engine_silent_alarm(). */
                change_calibrate(&sum, &model, &null, calibration->blocks, false, calibration->seed,
                                 run);
            }
            calibration->cell[way][i] = cell_of(&sum, calibration->false_alarms_per_year);
        }
    }
    progress_end(&progress);
}

static double built_in(const struct calibration *calibration, enum change_direction way, size_t i)
{
    return change_offset(way, calibration->daily_sd[i], calibration->false_alarms_per_year);
}

static void print_text(const struct calibration *calibration)
{
    static const char *const names[] = {"falls", "rises"};
    bool reached = true;

    printf("Thresholds for %g false alarm%s a year, of falls and of rises each.\n"
           "%" PRIu64 " simulated networks for each line, each watched for %" PRIu32
           " blocks at most; seed %" PRIu64 ".\n\n"
           "        volatility      threshold           built in   blocks to a false alarm\n",
           calibration->false_alarms_per_year, calibration->false_alarms_per_year == 1.0 ? "" : "s",
           calibration->runs, calibration->blocks, calibration->seed);
    for (enum change_direction way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        for (size_t i = 0; i < calibration->count; i++) {
            const struct calibration_cell *cell = &calibration->cell[way][i];

            printf("%-6s  %5.2f %% a day   %+6.2f +- %.2f %s  %+6.2f     %8.0f +- %.0f\n",
                   names[way], 100.0 * calibration->daily_sd[i], cell->offset, cell->offset_sd,
                   cell->reached ? "     " : "(end)", built_in(calibration, way, i), cell->blocks,
                   cell->blocks_sd);
            reached = reached && cell->reached;
        }
    }
    printf(
        "\nA threshold is what is added to the tuned ones, in nats; +- is one standard error.\n");
    if (!reached)
        printf("(end): alarms as rare as that were not seen, and the nearest threshold that was\n"
               "measured is taken: give more --runs, or allow more false alarms.\n");
}

static void print_json(const struct calibration *calibration)
{
    json_t *json = calibration_to_json(calibration);
    json_t *list = json_object_get(json, "thresholds");

    for (size_t i = 0; i < 2 * calibration->count; i++) {
        enum change_direction way = i < calibration->count ? CHANGE_FALL : CHANGE_RISE;

        json_object_set_new(json_array_get(list, i), "built_in_offset",
                            json_real(built_in(calibration, way, i % calibration->count)));
    }
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(json);
}

/* Whether there is a place for what is found is better known before than after. */
static bool has_place(const struct settings *settings)
{
    char message[DATADIR_MESSAGE_SIZE];
    char path[DATADIR_PATH_SIZE];

    if (!datadir_create(message, settings->datadir, settings->params)) {
        command_error("%s", message);
        return false;
    }
    if (datadir_path(path, settings->datadir, settings->params) && access(path, W_OK) != 0) {
        command_error("cannot write to %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static int run(const struct command_call *call)
{
    struct request request;
    struct calibration calibration;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (!has_place(call->settings))
        return COMMAND_FAILED;
    calibration = prepared(&request, call->settings);
    simulate(&calibration);
    /* If it cannot be kept, it is not for nothing. */
    if (request.json)
        print_json(&calibration);
    else
        print_text(&calibration);
    return calibration_save(&calibration, call->settings) ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"runs", 0, true, "N", "simulated networks for each threshold (300)"},
    {"seed", 0, true, "S", "of the simulation: same seed, same thresholds (1)"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_calibrate = {
    .name = "calibrate",
    .synopsis = "calibrate [--runs N] [--seed S] [--json]",
    .summary = "find the change detectors' thresholds by simulation",
    .details =
        "Simulates networks whose hash rate only grows and wanders, and finds the thresholds at\n"
        "which falls, and rises, are reported as often as change.false_alarms_per_year allows.\n"
        "They are kept in calibration.json in the data directory, and used from the next start\n"
        "on for as long as change.false_alarms_per_year and change.daily_sd stay as they are;\n"
        "before that, a table that is built in holds. With change.daily_sd=auto thresholds are\n"
        "found for five volatilities from 0.5 to 2 % a day, between which the one that is\n"
        "measured picks.\n"
        "\n"
        "Takes some 10 seconds for one volatility and a minute for auto, in proportion to --runs\n"
        "and to the years between false alarms. Interrupted, it leaves things as they were.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
