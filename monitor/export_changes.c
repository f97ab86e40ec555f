// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_changes: falls and rises of the hash rate that were larger than its usual wandering and
 * luck explain.
 */
#include "config.h"

#include "monitor/export.h"

#include <math.h>
#include <string.h>

static void write_height_and_time(struct export *export, struct table *table, bool known,
                                  uint32_t height)
{
    if (known) {
        table_integer(table, height);
        table_time_s(table, export_time(export, height));
    } else {
        table_null(table);
        table_null(table);
    }
}

static void write_extent(struct export *export, struct table *table,
                         const struct engine_extent *extent)
{
    bool known = extent->status == ENGINE_OK;
    const struct change_extent *where = &extent->extent;

    write_height_and_time(export, table, known, where->onset);
    write_height_and_time(export, table, known, where->onset_lo);
    write_height_and_time(export, table, known, where->onset_hi);
    export_figures(table, known, expm1(where->log_size), expm1(where->log_size_lo),
                   expm1(where->log_size_hi));
    export_figure(table, known, extent->confidence);
    export_figure(table, known, where->log_evidence);
}

static void write_row(struct export *export, struct table *table,
                      const struct engine_change *change, const struct engine_extent *extent)
{
    const char *direction = change->direction == CHANGE_FALL ? "fall" : "rise";

    write_height_and_time(export, table, true, change->alarm);
    table_word(table, direction, strlen(direction));
    write_extent(export, table, extent);
    export_figure(table, true, change->luck_per_year);
    export_figure(table, extent->status == ENGINE_OK, extent->recovered);
    write_height_and_time(export, table,
                          extent->status == ENGINE_OK && extent->recovered_height > 0,
                          extent->recovered_height);
    table_end_row(table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct export_walk walk;
    bool good;

    (void)format;
    if (export->empty)
        return true;
    /* To the tip, as a change is known better by the blocks after it. */
    good =
        export_walk_begin(&walk, export) && export_walk_to(&walk, export_tip(export), NULL, NULL);
    for (size_t i = 0; good && i < engine_change_count(walk.engine); i++) {
        struct engine_change change = engine_change(walk.engine, i);
        struct engine_extent extent;

        if (change.alarm < export->from || change.alarm > export->to)
            continue;
        extent = engine_extent(walk.engine, i);
        write_row(export, table, &change, &extent);
        good = !table_failed(table);
    }
    export_walk_end(&walk);
    return good;
}

static const struct table_column columns[] = {
    {"height", TABLE_INTEGER, "Height of the block that raised the alarm."},
    {"time", TABLE_TIME, "Its header time."},
    {"direction", TABLE_STRING, "fall or rise."},
    {"onset_height", TABLE_INTEGER,
     "Height of the first block after the change, most likely; like all that follows, by what is "
     "known at the store's tip, of at most 2016 blocks after the alarm. Empty where not enough "
     "blocks are there to say."},
    {"onset_time", TABLE_TIME, "Its header time."},
    {"onset_lo95_height", TABLE_INTEGER, "Earliest onset: lower end of its 95 % interval."},
    {"onset_lo95_time", TABLE_TIME, "Header time of that block."},
    {"onset_hi95_height", TABLE_INTEGER, "Latest onset: upper end."},
    {"onset_hi95_time", TABLE_TIME, "Header time of that block."},
    {"size", TABLE_NUMBER,
     "Hash rate after the change over before it, less 1: -0.2 is a fall of 20 %. Not the "
     "detector's "
     "own size, which overstates."},
    {"size_lo90", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"size_hi90", TABLE_NUMBER, "Upper end."},
    {"confidence", TABLE_NUMBER,
     "Probability that there was a change at all, by log_evidence, where one change a year is "
     "expected and half of all are smaller than 12 %."},
    {"log_evidence", TABLE_NUMBER,
     "Natural log of how much likelier the blocks up to the alarm are by a change, of some size at "
     "some onset, than by none."},
    {"luck_per_year", TABLE_NUMBER,
     "How many times a year luck and the usual wandering alone would raise an alarm as strong."},
    {"recovered", TABLE_NUMBER,
     "Probability that by the tip the hash rate has come back at least half of the way (on a log "
     "scale)."},
    {"recovered_height", TABLE_INTEGER, "First block at which that was 95 % sure; empty: never."},
    {"recovered_time", TABLE_TIME, "Its header time."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_changes = {
    .name = "changes",
    .summary = "falls and rises of the hash rate beyond its usual wandering and luck: alarms that "
               "the present settings would have raised",
    .columns = columns,
    .write = write,
};
