// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * table: rows of typed columns as CSV or as JSON lines, plain or packed by gzip.
 *
 * CSV is RFC 4180: a header line, lines that end in CR LF, a comma between fields, quotes where a
 * field needs them. UTF-8, '.' before decimals, ISO 8601 times in UTC, nothing at all for what is
 * not known (JSON lines: null). The same rows give the same bytes, packed or not.
 */
#ifndef HASHTIDE_MONITOR_TABLE_H
#define HASHTIDE_MONITOR_TABLE_H

#include "chain/hash.h"
#include "chain/u256.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum table_type {
    TABLE_INTEGER,
    TABLE_NUMBER,
    TABLE_STRING,
    TABLE_BOOLEAN,
    TABLE_TIME, /* ISO 8601, UTC, seconds or milliseconds */
};

/** A column. name has its unit at its end (_s, _ehs). Lists of columns end with name NULL. */
struct table_column {
    const char *name;
    enum table_type type;
    const char *description; /* for the data dictionary */
};

enum table_format { TABLE_CSV, TABLE_JSONL, TABLE_RAW };

struct table; /* opaque */

/**
 * Begins a table: writes the header line, if the format has one. columns must outlive it. For
 * TABLE_RAW, which is bytes as they are, columns is not used.
 */
struct table *table_new(FILE *out, enum table_format format, bool gzip,
                        const struct table_column *columns);
/** Writes out what is left. False if anything could not be written. */
bool table_finish(struct table *table);
/** NULL is allowed. */
void table_free(struct table *table);
/** True once writing has failed: going on is of no use. */
bool table_failed(const struct table *table);
/** Why: an errno, 0 if it has not failed. */
int table_errno(const struct table *table);

/* One call for each column, in order, then table_end_row(). */
void table_null(struct table *table);
void table_integer(struct table *table, int64_t value);
/** text is a number as it shall stand: see table_number_text(). */
void table_number(struct table *table, const char *text);
/**
 * An estimate: 7 significant digits, which are more than any estimate has. The C library's last
 * digit differs from machine to machine, and makes estimates differ by some 1e-14 of themselves; so
 * few digits hide that for all but one figure in ten million. Nothing (null) for what is not known:
 * NaN or infinite.
 */
void table_figure(struct table *table, double value);
void table_string(struct table *table, const char *text);
/** Hex digits and the like: nothing in it needs quoting. */
void table_word(struct table *table, const char *text, size_t len);
void table_boolean(struct table *table, bool value);
void table_time_s(struct table *table, int64_t seconds);
void table_time_ms(struct table *table, int64_t milliseconds);
void table_hash(struct table *table, const struct hash256 *hash);
void table_u256(struct table *table, struct u256 value);
/** 8 hex digits. */
void table_bits(struct table *table, uint32_t bits);
void table_end_row(struct table *table);

/** TABLE_RAW only. */
void table_bytes(struct table *table, const void *bytes, size_t len);

#define TABLE_NUMBER_SIZE 32
/** The shortest decimal number that reads back as value. */
void table_number_text(char out[TABLE_NUMBER_SIZE], double value);

/** The columns as a Frictionless Table Schema. New reference. */
json_t *table_schema(const struct table_column *columns);

#endif
