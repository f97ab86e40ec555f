// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * vectors: see vectors.h.
 */
#include "config.h"

#include "tests/support/vectors.h"

#include "tests/support/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/** Longest path and line that the data set has, with room. */
#define PATH_SIZE 1024
#define LINE_SIZE 4096
/** Rows for which the first allocation has room. */
#define ROWS_FIRST 64

static size_t count_columns(const char *line)
{
    size_t columns = 1;

    for (; *line != '\0'; line++)
        columns += *line == ',';
    return columns;
}

/* Room for one more row, capacity being how many there is room for. */
static void reserve(struct vectors *out, size_t *capacity)
{
    if (out->rows < *capacity)
        return;
    *capacity = *capacity == 0 ? ROWS_FIRST : 2 * *capacity;
    out->cells = realloc(out->cells, *capacity * out->columns * sizeof *out->cells);
    if (out->cells == NULL) {
        printf("no memory for vectors\n");
        exit(EXIT_FAILURE);
    }
}

static void read_row(double *cells, size_t columns, const char *line)
{
    for (size_t i = 0; i < columns; i++) {
        char *end = NULL;
        double value = strtod(line, &end);

        cells[i] = end != line && strchr(",\r\n", *end) != NULL ? value : NAN;
        line += strcspn(line, ",");
        line += *line == ',';
    }
}

bool vectors_read(struct vectors *out, const char *name)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    size_t capacity = 0;
    gzFile file;

    *out = (struct vectors){0};
    if (!shared_path(path, sizeof path, name))
        return false;
    file = gzopen(path, "rb");
    if (file == NULL) {
        printf("skipped: cannot read %s\n", path);
        return false;
    }
    while (gzgets(file, line, sizeof line) != NULL) {
        if (line[0] == '#')
            continue;
        if (out->columns == 0) {
            out->columns = count_columns(line);
            continue;
        }
        reserve(out, &capacity);
        read_row(out->cells + out->rows * out->columns, out->columns, line);
        out->rows++;
    }
    gzclose(file);
    return true;
}

double vectors_at(const struct vectors *vectors, size_t row, size_t column)
{
    return vectors->cells[row * vectors->columns + column];
}

void vectors_free(struct vectors *vectors)
{
    free(vectors->cells);
    *vectors = (struct vectors){0};
}
