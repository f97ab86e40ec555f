// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * csv: see csv.h.
 */
#include "config.h"

#include "analysis/csv.h"

#include <string.h>

bool csv_begin(struct csv *csv, char *text, size_t len, bool comments)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};

    *csv = (struct csv){.at = text, .end = text + len, .line = 1, .comments = comments};
    if (memchr(text, '\0', len) != NULL)
        return false;
    text[len] = '\0';
    if (len >= sizeof mark && memcmp(text, mark, sizeof mark) == 0)
        csv->at += sizeof mark;
    return true;
}

static bool at_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

/* Behind the end of this line. */
static void skip_line(struct csv *csv)
{
    while (csv->at < csv->end && *csv->at != '\n')
        csv->at++;
    if (csv->at < csv->end) {
        csv->at++;
        csv->line++;
    }
}

/* Takes a field in quotes, whose first stands at `at`; *put is where its end was put. False if it
 * does not end. */
static bool take_quoted(struct csv *csv, char **put)
{
    for (csv->at++; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"') {
            csv->at++;
            if (csv->at == csv->end || *csv->at != '"')
                return true;
        }
        csv->line += *csv->at == '\n';
        *(*put)++ = *csv->at;
    }
    return false;
}

/* Takes one field; its NUL is put by the caller, who has to look at what ends it first. */
static const char *take_field(struct csv *csv, struct csv_record *out, char **put)
{
    if (out->count == CSV_FIELDS_MAX)
        return "more than 64 fields";
    *put = csv->at;
    out->fields[out->count++] = csv->at;
    if (csv->at < csv->end && *csv->at == '"') {
        if (!take_quoted(csv, put))
            return "a quote that does not end";
    } else {
        while (!at_line_end(csv) && *csv->at != ',' && *csv->at != '"')
            csv->at++;
        *put = csv->at;
    }
    if (at_line_end(csv) || *csv->at == ',')
        return NULL;
    return "a quote where none belongs: expected , or the line's end";
}

/* Bytes that a terminal obeys: nothing of a table that people write, and a trap for who looks at
 * it. A field in quotes may have lines and tabs. */
static bool has_controls(const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        for (const unsigned char *c = (const unsigned char *)record->fields[i]; *c != '\0'; c++) {
            if ((*c < ' ' && *c != '\n' && *c != '\r' && *c != '\t') || *c == 0x7f ||
                (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f))
                return true;
        }
    }
    return false;
}

enum csv_result csv_next(struct csv *csv, struct csv_record *out, const char **why)
{
    while (csv->at < csv->end && (at_line_end(csv) || (csv->comments && *csv->at == '#')))
        skip_line(csv);
    *out = (struct csv_record){.line = csv->line};
    if (csv->at == csv->end)
        return CSV_END;
    for (;;) {
        char *put = NULL;
        unsigned line = csv->line;
        bool more = false;

        *why = take_field(csv, out, &put);
        if (*why != NULL) {
            out->line = line;
            skip_line(csv);
            return CSV_BAD;
        }
        more = csv->at < csv->end && *csv->at == ',';
        if (more)
            csv->at++;
        else
            skip_line(csv);
        *put = '\0';
        if (more)
            continue;
        if (!has_controls(out))
            return CSV_RECORD;
        *why = "a control character";
        return CSV_BAD;
    }
}

size_t csv_find(const struct csv_record *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++) {
        if (strcmp(header->fields[i], name) == 0)
            return i;
    }
    return CSV_NOWHERE;
}

/* A comment begins with '#', and a field of blanks alone would be lost by some programs. */
static bool needs_quotes(const char *field)
{
    return strpbrk(field, ",\"\r\n") != NULL || field[0] == '#' || field[0] == ' ';
}

/* A text that is written, and how long all of it is. */
struct writing {
    char *out;
    size_t size, len;
};

static void put(struct writing *writing, char c)
{
    if (writing->len + 1 < writing->size)
        writing->out[writing->len] = c;
    writing->len++;
}

size_t csv_quote(char *out, size_t size, const char *field)
{
    struct writing writing = {.out = out, .size = size};
    bool quotes = needs_quotes(field);

    if (quotes)
        put(&writing, '"');
    for (; *field != '\0'; field++) {
        if (*field == '"')
            put(&writing, '"');
        put(&writing, *field);
    }
    if (quotes)
        put(&writing, '"');
    if (size > 0)
        out[writing.len < size ? writing.len : size - 1] = '\0';
    return writing.len;
}
