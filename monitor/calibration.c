// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * calibration: see calibration.h. The file:
 *
 *     {"version": 1, "false_alarms_per_year": 1, "daily_sd": "auto", "yearly_growth": 0.47,
 *      "runs": 300, "blocks": 78840, "seed": 1,
 *      "thresholds": [{"direction": "fall", "daily_sd": 0.005, "offset": -1.5, "offset_sd": 0.05,
 *                      "run_length_blocks": 52560, "run_length_sd_blocks": 3500,
 *                      "reached": true}, ...]}
 *
 * Falls come first, then rises, each by rising daily_sd.
 */
#include "config.h"

#include "monitor/calibration.h"

#include "monitor/output.h"
#include "monitor/store/datadir.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_VERSION 1
/** Digits of numbers in the file. */
#define DIGITS 10
/** Settings are equal that differ by less than this, relatively: they were printed and read. */
#define EQUAL 1e-8
/** Offsets further out than this are no thresholds, in nats. */
#define OFFSET_MAX 1000.0
/** More bytes than a file of ours can have. */
#define FILE_MAX 65536
#define WHAT_TO_DO                                                                                 \
    "run 'hashtide calibrate' again or remove it; until then the built-in thresholds hold"

static const char *const directions[2] = {"fall", "rise"};

static bool equal(double a, double b)
{
    return fabs(a - b) <= EQUAL * fmax(fabs(a), fabs(b));
}

/* ---- writing ---- */

static json_t *cell_to_json(const struct calibration *calibration, size_t direction, size_t i)
{
    const struct calibration_cell *cell = &calibration->cell[direction][i];
    json_t *object = json_object();

    json_object_set_new(object, "direction", json_string(directions[direction]));
    json_object_set_new(object, "daily_sd", json_real(calibration->daily_sd[i]));
    json_object_set_new(object, "offset", json_real(cell->offset));
    json_object_set_new(object, "offset_sd", json_real(cell->offset_sd));
    json_object_set_new(object, "run_length_blocks", json_real(cell->blocks));
    json_object_set_new(object, "run_length_sd_blocks", json_real(cell->blocks_sd));
    json_object_set_new(object, "reached", json_boolean(cell->reached));
    return object;
}

json_t *calibration_to_json(const struct calibration *calibration)
{
    json_t *object = json_object();
    json_t *list = json_array();

    json_object_set_new(object, "version", json_integer(FILE_VERSION));
    json_object_set_new(object, "false_alarms_per_year",
                        json_real(calibration->false_alarms_per_year));
    json_object_set_new(object, "daily_sd",
                        calibration->automatic ? json_string("auto")
                                               : json_real(calibration->daily_sd[0]));
    json_object_set_new(object, "yearly_growth", json_real(calibration->yearly_growth));
    json_object_set_new(object, "runs", json_integer((json_int_t)calibration->runs));
    json_object_set_new(object, "blocks", json_integer(calibration->blocks));
    json_object_set_new(object, "seed", json_integer((json_int_t)calibration->seed));
    for (size_t direction = 0; direction < 2; direction++)
        for (size_t i = 0; i < calibration->count; i++)
            json_array_append_new(list, cell_to_json(calibration, direction, i));
    json_object_set_new(object, "thresholds", list);
    return object;
}

bool calibration_save(const struct calibration *calibration, const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    struct output output;
    json_t *json = NULL;

    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_CALIBRATION) ||
        !output_open(&output, path))
        return false;
    json = calibration_to_json(calibration);
    json_dumpf(json, output.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    fputc('\n', output.stream);
    json_decref(json);
    return output_commit(&output);
}

/* ---- reading ---- */

/** Reads members of an object; once one is missing or senseless, good is false. */
struct reader {
    bool good;
};

static double read_number(struct reader *reader, const json_t *object, const char *name,
                          double least, double most)
{
    const json_t *value = json_object_get(object, name);
    double number = json_number_value(value);

    if (json_is_number(value) && number >= least && number <= most)
        return number;
    reader->good = false;
    return least;
}

static void read_cell(struct calibration *out, struct reader *reader, size_t direction, size_t i,
                      const json_t *object)
{
    struct calibration_cell *cell = &out->cell[direction][i];
    const char *name = json_string_value(json_object_get(object, "direction"));
    double daily_sd = read_number(reader, object, "daily_sd", 1e-6, 1.0);

    *cell = (struct calibration_cell){
        .offset = read_number(reader, object, "offset", -OFFSET_MAX, OFFSET_MAX),
        .offset_sd = read_number(reader, object, "offset_sd", 0.0, OFFSET_MAX),
        .blocks = read_number(reader, object, "run_length_blocks", 0.0, HUGE_VAL),
        .blocks_sd = read_number(reader, object, "run_length_sd_blocks", 0.0, HUGE_VAL),
        .reached = json_is_true(json_object_get(object, "reached")),
    };
    if (name == NULL || strcmp(name, directions[direction]) != 0)
        reader->good = false;
    if (direction == 0)
        out->daily_sd[i] = daily_sd;
    if (out->daily_sd[i] != daily_sd || (i > 0 && !(daily_sd > out->daily_sd[i - 1])))
        reader->good = false;
}

static bool from_json(struct calibration *out, const json_t *json)
{
    struct reader reader = {json_is_object(json)};
    const json_t *sd = json_object_get(json, "daily_sd");
    const json_t *list = json_object_get(json, "thresholds");
    size_t cells = json_array_size(list);

    *out = (struct calibration){
        .false_alarms_per_year = read_number(&reader, json, "false_alarms_per_year", 1e-6, 1e6),
        .yearly_growth = read_number(&reader, json, "yearly_growth", -100.0, 100.0),
        .runs = (uint64_t)read_number(&reader, json, "runs", 1.0, 1e15),
        .blocks = (uint32_t)read_number(&reader, json, "blocks", 1.0, UINT32_MAX),
        .seed = (uint64_t)read_number(&reader, json, "seed", 0.0, CALIBRATION_SEED_MAX),
        .automatic = json_is_string(sd),
        .count = cells / 2,
    };
    if (out->automatic ? strcmp(json_string_value(sd), "auto") != 0 : out->count != 1)
        return false;
    if (!reader.good || cells % 2 != 0 || out->count < 1 || out->count > CHANGE_SDS)
        return false;
    for (size_t i = 0; i < cells; i++)
        read_cell(out, &reader, i / out->count, i % out->count, json_array_get(list, i));
    return reader.good;
}

static enum calibration_status say(char message[CALIBRATION_MESSAGE_SIZE],
                                   enum calibration_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum calibration_status say(char message[CALIBRATION_MESSAGE_SIZE],
                                   enum calibration_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, CALIBRATION_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return status;
}

/* Thresholds for one volatility suit that one; those made for auto suit all within their range. */
static bool suits(const struct calibration *calibration, const struct settings *settings)
{
    double sd = settings->daily_sd;

    if (!equal(calibration->false_alarms_per_year, settings->false_alarms_per_year))
        return false;
    if (!calibration->automatic)
        return equal(calibration->daily_sd[0], sd);
    return sd <= 0.0 || (sd >= calibration->daily_sd[0] * (1.0 - EQUAL) &&
                         sd <= calibration->daily_sd[calibration->count - 1] * (1.0 + EQUAL));
}

enum calibration_status calibration_load(struct calibration *out,
                                         char message[CALIBRATION_MESSAGE_SIZE],
                                         const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    char text[FILE_MAX];
    size_t len = 0;
    FILE *file = NULL;
    json_t *json = NULL;
    bool good = false;

    message[0] = '\0';
    if (settings->datadir[0] == '\0')
        return CALIBRATION_NONE;
    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_CALIBRATION))
        return CALIBRATION_NONE; /* whoever opens the store says it */
    file = fopen(path, "rb");
    if (file == NULL && (errno == ENOENT || errno == ENOTDIR))
        return CALIBRATION_NONE;
    if (file == NULL)
        return say(message, CALIBRATION_DAMAGED, "cannot read %s: %s; the built-in thresholds hold",
                   path, strerror(errno));
    len = fread(text, 1, sizeof text, file);
    good = ferror(file) == 0 && len < sizeof text;
    fclose(file);
    if (good)
        json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json != NULL && json_integer_value(json_object_get(json, "version")) > FILE_VERSION) {
        json_decref(json);
        return say(message, CALIBRATION_DAMAGED, "%s is of a newer hashtide: " WHAT_TO_DO, path);
    }
    good = good && json_integer_value(json_object_get(json, "version")) == FILE_VERSION &&
           from_json(out, json);
    json_decref(json);
    if (!good)
        return say(message, CALIBRATION_DAMAGED, "%s is damaged: " WHAT_TO_DO, path);
    if (!suits(out, settings))
        return say(message, CALIBRATION_OTHER,
                   "%s was made for other settings than change.false_alarms_per_year and "
                   "change.daily_sd now have: " WHAT_TO_DO,
                   path);
    return CALIBRATION_FITS;
}

struct change_offsets calibration_offsets(const struct calibration *calibration)
{
    struct change_offsets offsets;

    memset(&offsets, 0, sizeof offsets);
    offsets.count = calibration->count;
    for (size_t i = 0; i < calibration->count; i++) {
        offsets.daily_sd[i] = calibration->daily_sd[i];
        for (int direction = 0; direction < 2; direction++)
            offsets.offset[direction][i] = calibration->cell[direction][i].offset;
    }
    return offsets;
}
