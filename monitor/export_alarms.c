// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_alarms: falls and rises as the monitor told of them, and when. Unlike changes, which is
 * worked out anew from the store, this is a log: nothing in it follows from headers alone.
 */
#include "config.h"

#include "monitor/export.h"

#include <stdio.h>
#include <string.h>

struct rows {
    const struct export *export;
    struct table *table;
};

static void write_word(struct table *table, const char *word)
{
    table_word(table, word, strlen(word));
}

static void write_event(struct table *table, enum observations_alarm_event event)
{
    switch (event) {
    case OBSERVATIONS_RAISED:
        write_word(table, "raised");
        return;
    case OBSERVATIONS_WITHDRAWN:
        write_word(table, "withdrawn");
        return;
    case OBSERVATIONS_RECOVERED:
        write_word(table, "recovered");
        return;
    }
    table_null(table); /* of a later version */
}

/* What was told of the change's place and size. */
static void write_extent(struct table *table, const struct observation_alarm *row)
{
    const uint32_t heights[] = {row->onset, row->onset_lo, row->onset_hi};
    bool known = row->ratio > 0.0;

    for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++)
        if (row->onset_hi > 0)
            table_integer(table, heights[i]);
        else
            table_null(table);
    export_figures(table, known, row->ratio - 1.0, row->ratio_lo - 1.0, row->ratio_hi - 1.0);
}

static bool write_row(void *context, const struct observation_alarm *row)
{
    const struct rows *rows = context;
    struct table *table = rows->table;

    if (row->height < rows->export->from || row->height > rows->export->to)
        return true;
    table_time_ms(table, row->wall_ms);
    write_event(table, row->event);
    write_word(table, row->rise ? "rise" : "fall");
    table_integer(table, row->height);
    table_hash(table, &row->hash);
    table_boolean(table, row->silent);
    table_boolean(table, row->live);
    write_extent(table, row);
    export_figure(table, true, row->false_alarms_per_year);
    export_figure(table, row->daily_sd > 0.0, row->daily_sd);
    table_end_row(table);
    return !table_failed(table);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct rows rows = {.export = export, .table = table};

    (void)format;
    if (export->empty || export->observations == NULL ||
        observations_each_alarm(export->observations, write_row, &rows))
        return true;
    snprintf(export->error, sizeof(export->error), "%s", observations_error(export->observations));
    return false;
}

static const struct table_column columns[] = {
    {"time", TABLE_TIME, "When the monitor told of it, by our clock."},
    {"event", TABLE_STRING,
     "raised; withdrawn: a reorganisation took its block away; recovered: the hash rate has come "
     "back. Rows are never changed: what becomes of an alarm is another row."},
    {"direction", TABLE_STRING, "fall or rise."},
    {"height", TABLE_INTEGER, "Height of the block that raised it."},
    {"hash", TABLE_STRING, "Hash of that block, which may have lost since."},
    {"silent", TABLE_BOOLEAN, "Whether a silence after that block raised it, and not the block."},
    {"live", TABLE_BOOLEAN,
     "Whether the monitor was synced, and told of it as it happened; else it was found in what was "
     "fetched later."},
    {"onset_height", TABLE_INTEGER,
     "First block after the change, most likely, by what was known then. Empty, as all that "
     "follows up to the settings, where it was not known or is not told of this event."},
    {"onset_lo95_height", TABLE_INTEGER, "Lower end of its 95 % interval."},
    {"onset_hi95_height", TABLE_INTEGER, "Upper end."},
    {"size", TABLE_NUMBER,
     "Hash rate after the change over before it, less 1, by what was known then."},
    {"size_lo90", TABLE_NUMBER, "Lower end of its 90 % interval."},
    {"size_hi90", TABLE_NUMBER, "Upper end."},
    {"false_alarms_per_year", TABLE_NUMBER, "change.false_alarms_per_year as it was set then."},
    {"daily_sd", TABLE_NUMBER, "change.daily_sd as it was set; empty: auto."},
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_alarms = {
    .name = "alarms",
    .summary = "falls and rises as the monitor told of them, and when",
    .columns = columns,
    .write = write,
};
