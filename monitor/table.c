// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * table: a buffer, and what is written into it. A million rows a second want no printf: numbers,
 * hashes and times are written by hand, and a day's date is worked out once.
 */
#include "config.h"

#include "monitor/table.h"

#include "monitor/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define BUFFER_SIZE ((size_t)64 * 1024)
/** Room that any single small piece (a number, a hash, a time) finds after a look at the buffer. */
#define PIECE_SIZE 128
/** zlib: deflate with a gzip wrapper (which then has no name and no time: same rows, same bytes).
 */
#define GZIP_WINDOW (15 + 16)
#define GZIP_MEMORY 8
#define GZIP_LEVEL 6
#define DAY_S 86400
/** Significant digits of an estimate. */
#define FIGURE_DIGITS 7

struct table {
    FILE *out;
    enum table_format format;
    const struct table_column *columns;
    size_t column_count;
    size_t column; /* the next one */
    int failure;   /* an errno */
    bool packing;
    z_stream packer;
    int64_t day; /* since 1970, of day_text */
    char day_text[16];
    size_t len;
    char buffer[BUFFER_SIZE];
    unsigned char packed[BUFFER_SIZE];
};

/* ---- out of the buffer ---- */

static void write_out(struct table *table, const void *bytes, size_t len)
{
    if (len == 0 || table->failure != 0)
        return;
    errno = 0;
    if (fwrite(bytes, 1, len, table->out) != len)
        table->failure = errno != 0 ? errno : EIO;
}

static void pack(struct table *table, int flush)
{
    int result;

    table->packer.next_in = (unsigned char *)table->buffer;
    table->packer.avail_in = (unsigned)table->len;
    do {
        table->packer.next_out = table->packed;
        table->packer.avail_out = sizeof(table->packed);
        result = deflate(&table->packer, flush);
        assert(result != Z_STREAM_ERROR);
        write_out(table, table->packed, sizeof(table->packed) - table->packer.avail_out);
    } while (table->packer.avail_out == 0);
}

static void drain(struct table *table)
{
    if (table->packing)
        pack(table, Z_NO_FLUSH);
    else
        write_out(table, table->buffer, table->len);
    table->len = 0;
}

/* Makes sure that a piece fits, and says where. */
static char *room(struct table *table)
{
    if (BUFFER_SIZE - table->len < PIECE_SIZE)
        drain(table);
    return table->buffer + table->len;
}

static void put(struct table *table, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t part = BUFFER_SIZE - table->len;

        if (part > len)
            part = len;
        memcpy(table->buffer + table->len, bytes, part);
        table->len += part;
        bytes += part;
        len -= part;
        if (table->len == BUFFER_SIZE)
            drain(table);
    }
}

static void put_text(struct table *table, const char *text)
{
    put(table, text, strlen(text));
}

static void put_char(struct table *table, char c)
{
    *room(table) = c;
    table->len++;
}

/* ---- beginning and end ---- */

static void put_header(struct table *table)
{
    if (table->format != TABLE_CSV)
        return;
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0)
            put_char(table, ',');
        put_text(table, table->columns[i].name);
    }
    put_text(table, "\r\n");
}

struct table *table_new(FILE *out, enum table_format format, bool gzip,
                        const struct table_column *columns)
{
    struct table *table = mem_zeroed(1, sizeof(*table));

    table->out = out;
    table->format = format;
    table->columns = columns;
    table->day = INT64_MIN;
    while (format != TABLE_RAW && columns[table->column_count].name != NULL)
        table->column_count++;
    if (gzip) {
        table->packing = deflateInit2(&table->packer, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
                                      GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
        table->failure = table->packing ? 0 : ENOMEM;
    }
    put_header(table);
    return table;
}

bool table_finish(struct table *table)
{
    assert(table->column == 0);
    if (table->packing)
        pack(table, Z_FINISH);
    else
        write_out(table, table->buffer, table->len);
    table->len = 0;
    return table->failure == 0;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    if (table->packing)
        deflateEnd(&table->packer);
    free(table);
}

bool table_failed(const struct table *table)
{
    return table->failure != 0;
}

int table_errno(const struct table *table)
{
    return table->failure;
}

/* ---- fields ---- */

/* What stands before the next field. */
static void begin_field(struct table *table)
{
    assert(table->column < table->column_count);
    if (table->format == TABLE_JSONL) {
        put_text(table, table->column == 0 ? "{\"" : ",\"");
        put_text(table, table->columns[table->column].name);
        put_text(table, "\":");
    } else if (table->column > 0) {
        put_char(table, ',');
    }
    table->column++;
}

void table_end_row(struct table *table)
{
    assert(table->column == table->column_count);
    put_text(table, table->format == TABLE_JSONL ? "}\n" : "\r\n");
    table->column = 0;
}

void table_null(struct table *table)
{
    begin_field(table);
    if (table->format == TABLE_JSONL)
        put_text(table, "null");
}

static void put_unsigned(struct table *table, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    put(table, digits + at, sizeof(digits) - at);
}

void table_integer(struct table *table, int64_t value)
{
    begin_field(table);
    if (value < 0)
        put_char(table, '-');
    put_unsigned(table, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void table_number(struct table *table, const char *text)
{
    begin_field(table);
    put_text(table, text);
}

void table_figure(struct table *table, double value)
{
    char text[TABLE_NUMBER_SIZE];

    if (!isfinite(value)) {
        table_null(table);
        return;
    }
    snprintf(text, sizeof(text), "%.*g", FIGURE_DIGITS, value);
    /* A zero is a zero, from wherever it came. */
    table_number(table, value == 0.0 ? "0" : text);
}

void table_boolean(struct table *table, bool value)
{
    begin_field(table);
    put_text(table, value ? "true" : "false");
}

static void put_quote(struct table *table)
{
    if (table->format == TABLE_JSONL)
        put_char(table, '"');
}

void table_word(struct table *table, const char *text, size_t len)
{
    begin_field(table);
    put_quote(table);
    put(table, text, len);
    put_quote(table);
}

static void put_csv_string(struct table *table, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        put_text(table, text);
        return;
    }
    put_char(table, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            put_char(table, '"');
        put_char(table, *text);
    }
    put_char(table, '"');
}

void table_string(struct table *table, const char *text)
{
    begin_field(table);
    if (table->format == TABLE_JSONL) {
        json_t *string = json_string(text);
        char *quoted = string != NULL ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

        put_text(table, quoted != NULL ? quoted : "null");
        free(quoted);
        json_decref(string);
    } else {
        put_csv_string(table, text);
    }
}

static void put_two(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
}

/* Date and time of day, without what comes after the seconds. */
static void put_time(struct table *table, int64_t seconds)
{
    int64_t day = seconds / DAY_S - (seconds % DAY_S < 0);
    unsigned rest = (unsigned)(seconds - day * DAY_S);
    char clock[9] = "00:00:00";

    if (day != table->day) {
        time_t start = (time_t)(day * DAY_S);
        struct tm utc = {.tm_mday = 1};

        gmtime_r(&start, &utc);
        strftime(table->day_text, sizeof(table->day_text), "%Y-%m-%dT", &utc);
        table->day = day;
    }
    put_two(clock, rest / 3600);
    put_two(clock + 3, rest / 60 % 60);
    put_two(clock + 6, rest % 60);
    put_text(table, table->day_text);
    put(table, clock, sizeof(clock) - 1);
}

void table_time_s(struct table *table, int64_t seconds)
{
    begin_field(table);
    put_quote(table);
    put_time(table, seconds);
    put_char(table, 'Z');
    put_quote(table);
}

void table_time_ms(struct table *table, int64_t milliseconds)
{
    int64_t seconds = milliseconds / 1000 - (milliseconds % 1000 < 0);
    unsigned rest = (unsigned)(milliseconds - seconds * 1000);
    char fraction[6] = ".000Z";

    put_two(fraction + 2, rest);
    fraction[1] = (char)('0' + rest / 100);
    begin_field(table);
    put_quote(table);
    put_time(table, seconds);
    put(table, fraction, sizeof(fraction) - 1);
    put_quote(table);
}

void table_hash(struct table *table, const struct hash256 *hash)
{
    static const char digits[] = "0123456789abcdef";
    char *out;

    begin_field(table);
    put_quote(table);
    out = room(table);
    for (int i = HASH256_SIZE - 1; i >= 0; i--) {
        *out++ = digits[hash->bytes[i] >> 4];
        *out++ = digits[hash->bytes[i] & 15];
    }
    table->len += 2 * HASH256_SIZE;
    put_quote(table);
}

void table_u256(struct table *table, struct u256 value)
{
    struct hash256 bytes;

    for (unsigned i = 0; i < HASH256_SIZE; i++)
        bytes.bytes[i] = (uint8_t)(value.limb[i / 8] >> (8 * (i % 8)));
    table_hash(table, &bytes);
}

void table_bits(struct table *table, uint32_t bits)
{
    char text[8];

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = "0123456789abcdef"[bits >> (28 - 4 * i) & 15];
    table_word(table, text, sizeof(text));
}

void table_bytes(struct table *table, const void *bytes, size_t len)
{
    assert(table->format == TABLE_RAW);
    put(table, bytes, len);
}

void table_number_text(char out[TABLE_NUMBER_SIZE], double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, TABLE_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value) // exact on purpose
            return;
    }
}

/* ---- the data dictionary ---- */

json_t *table_schema(const struct table_column *columns)
{
    static const char *const types[] = {"integer", "number", "string", "boolean", "datetime"};
    json_t *fields = json_array();

    for (; columns->name != NULL; columns++) {
        json_t *field = json_pack("{s:s, s:s, s:s}", "name", columns->name, "type",
                                  types[columns->type], "description", columns->description);

        if (columns->type == TABLE_TIME)
            json_object_set_new(field, "format", json_string("any"));
        json_array_append_new(fields, field);
    }
    return json_pack("{s:o, s:[s]}", "fields", fields, "missingValues", "");
}
