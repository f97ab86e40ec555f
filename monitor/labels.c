// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * labels: see labels.h.
 */
#include "config.h"

#include "monitor/labels.h"

#include "analysis/csv.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/text.h"
#include "monitor/when.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A depth beyond this, in thousandths of a percent, is a mistake: a rise to eleven times. */
#define DEPTH_MAX_MILLI 1000000
#define MILLI_PERCENT 100000.0

/** Columns that are read. */
enum column { COLUMN_START, COLUMN_END, COLUMN_NAME, COLUMN_DEPTH, COLUMNS };
static const char *const column_names[COLUMNS] = {"start", "end", "name", "depth_percent"};

/** The file while it is read. */
struct reading {
    const char *file;
    char *error; /* of LABELS_ERROR_SIZE bytes */
    struct csv csv;
    struct csv_record record; /* the one at hand */
    size_t places[COLUMNS];   /* of the columns */
    size_t width;             /* fields of the first line */
};

static bool fail(struct reading *reading, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct reading *reading, unsigned line, const char *format, ...)
{
    char raw[LABELS_ERROR_SIZE];
    int used = snprintf(raw, sizeof raw, "%.4000s:%u: ", reading->file, line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw + used, sizeof raw - (size_t)used, format, arguments);
    va_end(arguments);
    (void)text_escape(reading->error, LABELS_ERROR_SIZE, raw); /* fields may have line ends */
    return false;
}

/* The next record. False at the end, or with an error. */
static bool take_record(struct reading *reading)
{
    const char *why = NULL;
    enum csv_result result = csv_next(&reading->csv, &reading->record, &why);

    if (result == CSV_BAD)
        return fail(reading, reading->record.line, "%s", why);
    return result == CSV_RECORD;
}

/* ---- events ---- */

static bool read_columns(struct reading *reading)
{
    if (!take_record(reading)) {
        if (reading->error[0] == '\0')
            (void)fail(reading, 1, "expected a line of columns: start,end,name,depth_percent");
        return false;
    }
    reading->width = reading->record.count;
    for (int column = 0; column < COLUMNS; column++) {
        reading->places[column] = csv_find(&reading->record, column_names[column]);
        if (reading->places[column] == CSV_NOWHERE &&
            (column == COLUMN_START || column == COLUMN_NAME))
            return fail(reading, reading->record.line, "there is no column %s",
                        column_names[column]);
    }
    return true;
}

/* "" where the file has no such column. */
static const char *field(const struct reading *reading, enum column column)
{
    size_t place = reading->places[column];

    return place != CSV_NOWHERE ? reading->record.fields[place] : "";
}

static bool read_time(struct reading *reading, struct when *out, enum column column)
{
    const char *text = field(reading, column);

    *out = (struct when){0};
    if (when_parse_time(out, text))
        return true;
    return fail(reading, reading->record.line,
                "%s: %.80s: expected a date (2024-01-11) or a time in UTC (2024-01-11T09:00Z)",
                column_names[column], text[0] != '\0' ? text : "nothing");
}

static bool read_times(struct reading *reading, struct label *label)
{
    struct when start;
    struct when end;

    if (!read_time(reading, &start, COLUMN_START))
        return false;
    end = start;
    if (field(reading, COLUMN_END)[0] != '\0' && !read_time(reading, &end, COLUMN_END))
        return false;
    label->start_ms = start.time * 1000;
    label->date = strchr(field(reading, COLUMN_START), 'T') == NULL;
    label->end_ms = (end.time + end.length) * 1000;
    if (label->end_ms > label->start_ms)
        return true;
    return fail(reading, reading->record.line, "end: %.80s: lies before start, %.80s",
                field(reading, COLUMN_END), field(reading, COLUMN_START));
}

static bool read_depth(struct reading *reading, struct label *label)
{
    const char *text = field(reading, COLUMN_DEPTH);
    bool negative = text[0] == '-';
    uint64_t milli = 0;

    if (text[0] == '\0')
        return true;
    if (!number_parse_milli(&milli, text + (negative ? 1 : 0), DEPTH_MAX_MILLI))
        return fail(reading, reading->record.line,
                    "depth_percent: %.80s: expected a number such as 20, 7.5, or -14.7 of a rise",
                    text);
    label->depth_known = true;
    label->depth = (negative ? -1.0 : 1.0) * (double)milli / MILLI_PERCENT;
    return true;
}

static bool read_label(struct reading *reading, struct label *label)
{
    char name[LABELS_NAME_SIZE];

    *label = (struct label){.line = reading->record.line};
    if (reading->record.count != reading->width)
        return fail(reading, reading->record.line, "%zu fields: expected %zu, as in the first line",
                    reading->record.count, reading->width);
    if (field(reading, COLUMN_NAME)[0] == '\0')
        return fail(reading, reading->record.line, "name: nothing: expected a name");
    if (!read_times(reading, label) || !read_depth(reading, label))
        return false;
    (void)text_escape(name, sizeof name, field(reading, COLUMN_NAME));
    label->name = mem_text(name);
    return true;
}

static bool read_all(struct reading *reading, struct labels *out)
{
    size_t room = 0;

    while (take_record(reading)) {
        if (out->count == room) {
            room = 2 * room + 16;
            out->items = mem_resize(out->items, room, sizeof *out->items);
        }
        if (!read_label(reading, &out->items[out->count]))
            return false;
        out->count++;
    }
    return reading->error[0] == '\0';
}

bool labels_parse(struct labels *out, char error[LABELS_ERROR_SIZE], const char *name,
                  const char *text, size_t len)
{
    struct reading reading = {.file = name, .error = error};
    char *copy = NULL; /* is taken apart */
    bool good = false;

    *out = (struct labels){.count = 0};
    error[0] = '\0';
    if (len > LABELS_SIZE_MAX)
        return fail(&reading, 1, "the file is too large: expected %zu bytes at most",
                    LABELS_SIZE_MAX);
    copy = mem_zeroed(len + 1, 1);
    memcpy(copy, text, len);
    if (!csv_begin(&reading.csv, copy, len, false))
        good = fail(&reading, 1, "this is not text: there are zero bytes in it");
    else
        good = read_columns(&reading) && read_all(&reading, out);
    free(copy);
    if (!good)
        labels_free(out);
    return good;
}

static bool read_stream(char *text, size_t *len, FILE *stream)
{
    *len = fread(text, 1, LABELS_SIZE_MAX + 1, stream);
    return ferror(stream) == 0;
}

bool labels_read(struct labels *out, char error[LABELS_ERROR_SIZE], const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "rbe");
    char *text = mem_zeroed(LABELS_SIZE_MAX + 1, 1);
    size_t len = 0;
    bool good = stream != NULL && read_stream(text, &len, stream);
    int failure = errno;

    *out = (struct labels){.count = 0};
    if (stream != NULL && !standard)
        fclose(stream);
    if (!good)
        snprintf(error, LABELS_ERROR_SIZE, "cannot read %.4000s: %s", path, strerror(failure));
    else
        good = labels_parse(out, error, standard ? "standard input" : path, text, len);
    free(text);
    return good;
}

void labels_free(struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++)
        free(labels->items[i].name);
    free(labels->items);
    *labels = (struct labels){.count = 0};
}
