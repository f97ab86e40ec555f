// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a calibration is read back as it was written, is believed only where it suits
 * the settings, and a file that is damaged in any way is named and does no harm.
 */
#include "config.h"

#include "monitor/calibration.h"
#include "monitor/store/datadir.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct settings settings;

static void path_of(char path[DATADIR_PATH_SIZE])
{
    ck_assert(datadir_file(path, settings.datadir, settings.params, DATADIR_CALIBRATION));
}

static void setup(void)
{
    struct settings_error error;

    snprintf(folder, sizeof folder, "calibration-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert(settings_parse_text(&settings, &error, "test", "", 0));
    snprintf(settings.datadir, sizeof settings.datadir, "%s", folder);
}

static void teardown(void)
{
    char path[DATADIR_PATH_SIZE];

    path_of(path);
    unlink(path);
    rmdir(folder);
    settings_free(&settings);
}

static struct calibration made(bool automatic)
{
    struct calibration calibration = {
        .false_alarms_per_year = settings.false_alarms_per_year,
        .yearly_growth = CHANGE_TABLE_GROWTH,
        .runs = 100,
        .blocks = 78840,
        .seed = CALIBRATION_SEED_MAX,
        .automatic = automatic,
        .count = automatic ? CHANGE_SDS : 1,
    };

    for (size_t i = 0; i < calibration.count; i++) {
        calibration.daily_sd[i] = automatic ? change_table_sds[i] : 0.03;
        for (int way = 0; way < 2; way++)
            calibration.cell[way][i] = (struct calibration_cell){-1.0 / 3.0 + way + (double)i, 0.1,
                                                                 52560.0, 3000.0, way == 0};
    }
    return calibration;
}

static enum calibration_status load(struct calibration *out)
{
    char message[CALIBRATION_MESSAGE_SIZE];
    enum calibration_status status = calibration_load(out, message, &settings);

    ck_assert_int_eq(message[0] == '\0', status == CALIBRATION_NONE || status == CALIBRATION_FITS);
    if (message[0] != '\0')
        ck_assert_ptr_nonnull(strstr(message, DATADIR_CALIBRATION));
    return status;
}

static void write_file(const char *text, size_t len)
{
    char path[DATADIR_PATH_SIZE];
    FILE *file = NULL;

    path_of(path);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    fclose(file);
}

START_TEST(test_round_trip)
{
    setup();
    for (int automatic = 0; automatic < 2; automatic++) {
        struct calibration kept = made(automatic == 1);
        struct calibration read;
        struct change_offsets offsets;

        settings.daily_sd = automatic == 1 ? 0.0 : 0.03;
        ck_assert(calibration_save(&kept, &settings));
        ck_assert_int_eq(load(&read), CALIBRATION_FITS);
        ck_assert_uint_eq(read.count, kept.count);
        ck_assert_uint_eq(read.runs, kept.runs);
        ck_assert_uint_eq(read.seed, kept.seed);
        ck_assert_uint_eq(read.blocks, kept.blocks);
        ck_assert(read.automatic == kept.automatic);
        offsets = calibration_offsets(&read);
        ck_assert_uint_eq(offsets.count, kept.count);
        for (size_t i = 0; i < kept.count; i++) {
            ck_assert_double_eq_tol(offsets.daily_sd[i], kept.daily_sd[i], 1e-12);
            for (int way = 0; way < 2; way++) {
                ck_assert_double_eq_tol(offsets.offset[way][i], kept.cell[way][i].offset, 1e-8);
                ck_assert(read.cell[way][i].reached == kept.cell[way][i].reached);
            }
        }
    }
    teardown();
}
END_TEST

START_TEST(test_suits)
{
    struct calibration calibration;
    struct calibration read;

    setup();
    ck_assert_int_eq(load(&read), CALIBRATION_NONE);
    calibration = made(true);
    ck_assert(calibration_save(&calibration, &settings));
    ck_assert_int_eq(load(&read), CALIBRATION_FITS);
    settings.daily_sd = 0.0123; /* lies between those made for auto */
    ck_assert_int_eq(load(&read), CALIBRATION_FITS);
    settings.daily_sd = 0.03;
    ck_assert_int_eq(load(&read), CALIBRATION_OTHER);
    settings.daily_sd = 0.0;
    settings.false_alarms_per_year *= 2.0;
    ck_assert_int_eq(load(&read), CALIBRATION_OTHER);
    calibration = made(false);
    ck_assert(calibration_save(&calibration, &settings));
    ck_assert_int_eq(load(&read), CALIBRATION_OTHER); /* made for 3 %, and auto is wanted */
    settings.daily_sd = 0.03;
    ck_assert_int_eq(load(&read), CALIBRATION_FITS);
    settings.daily_sd = 0.031;
    ck_assert_int_eq(load(&read), CALIBRATION_OTHER);
    teardown();
}
END_TEST

START_TEST(test_damaged)
{
    static const char *const texts[] = {
        "",
        "\n",
        "[]",
        "{}",
        "{\"version\": 1}",
        "{\"version\": 2, \"thresholds\": []}",
        "{\"version\": \"1\"}",
        "not json",
        "{\"version\": 1, \"false_alarms_per_year\": 1, \"daily_sd\": \"auto\", "
        "\"yearly_growth\": 0.47, \"runs\": 300, \"blocks\": 1e300, \"seed\": -1, "
        "\"thresholds\": []}",
    };
    struct calibration read;

    setup();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(texts[i], strlen(texts[i]));
        ck_assert_int_eq(load(&read), CALIBRATION_DAMAGED);
    }
    teardown();
}
END_TEST

/* Whatever a file holds, offsets that are believed are finite and sds rise. */
START_TEST(test_mutated)
{
    struct test_random random = test_random_init(test_seed(), 1);
    struct calibration calibration;
    char path[DATADIR_PATH_SIZE];
    char text[8192];
    size_t len = 0;
    FILE *file = NULL;

    setup();
    calibration = made(true);
    ck_assert(calibration_save(&calibration, &settings));
    path_of(path);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    for (int round = 0; round < 3000; round++) {
        static const char alphabet[] = "0123456789-+eE.,:{}[]\"ntf \n";
        char bad[sizeof text];
        struct calibration read;
        size_t edits = 1 + test_random_below(&random, 3);

        memcpy(bad, text, len);
        for (size_t i = 0; i < edits; i++)
            bad[test_random_below(&random, (uint32_t)len)] =
                alphabet[test_random_below(&random, sizeof alphabet - 1)];
        write_file(bad, test_random_one_in(&random, 10) ? test_random_below(&random, (uint32_t)len)
                                                        : len);
        if (load(&read) != CALIBRATION_FITS)
            continue;
        ck_assert(read.count >= 1 && read.count <= CHANGE_SDS);
        for (size_t i = 0; i < read.count; i++) {
            ck_assert(read.daily_sd[i] > 0.0 &&
                      (i == 0 || read.daily_sd[i] > read.daily_sd[i - 1]));
            ck_assert(isfinite(read.cell[0][i].offset) && isfinite(read.cell[1][i].offset));
        }
    }
    teardown();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_round_trip, test_suits, test_damaged, test_mutated};

    return TEST_MAIN("calibration", tests);
}
