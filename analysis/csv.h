// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * csv: records of a text in memory, as RFC 4180 has them; and fields put into that form.
 *
 * Taken besides what the RFC says: lines that end in LF alone, empty lines (passed over), a byte
 * order mark, and, where the caller wants them, lines that begin with '#' as comments. A field is
 * any bytes but NUL.
 *
 * The text is taken apart in its own place: fields are terminated and quotes resolved there, so
 * nothing is allocated, and fields live as long as the text.
 */
#ifndef HASHTIDE_ANALYSIS_CSV_H
#define HASHTIDE_ANALYSIS_CSV_H

#include <stdbool.h>
#include <stddef.h>

/** Fields of a record, at most. */
#define CSV_FIELDS_MAX 64
/** No such column. */
#define CSV_NOWHERE CSV_FIELDS_MAX

enum csv_result {
    CSV_RECORD,
    CSV_END,
    CSV_BAD, /* out->line and *why say what is wrong; the next call goes on behind that line */
};

struct csv_record {
    unsigned line; /* at which it begins */
    size_t count;
    char *fields[CSV_FIELDS_MAX]; /* they point into the text */
};

/** A text while it is read. */
struct csv {
    char *at, *end;
    unsigned line; /* at which `at` stands */
    bool comments;
};

/** Something that is wrong with a table, as whoever reads its rows tells it. */
#define CSV_REASON_SIZE 320
struct csv_fault {
    unsigned line;
    const char *column;           /* "" for the whole line */
    bool doubt;                   /* it may be right: nothing is left out for it */
    char reason[CSV_REASON_SIZE]; /* may hold bytes of the table: escape it */
};
typedef void (*csv_fault_fn)(void *context, const struct csv_fault *fault);

/**
 * Begins with len bytes of text, which are changed, and behind which text[len] is ours too. False
 * if there is a NUL among them: then it is no text.
 */
bool csv_begin(struct csv *csv, char *text, size_t len, bool comments);

/** The next record. *why is a constant, without a full stop; it is set by CSV_BAD alone. */
enum csv_result csv_next(struct csv *csv, struct csv_record *out, const char **why);

/** Place of the first field that is name; CSV_NOWHERE where there is none. */
size_t csv_find(const struct csv_record *header, const char *name);

/**
 * Writes a field, in quotes where it needs them, and a NUL; cut where it does not fit into size
 * bytes. Returns the length of all of it, as snprintf() does. out may be NULL where size is 0.
 */
size_t csv_quote(char *out, size_t size, const char *field);

#endif
