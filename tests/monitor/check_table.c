// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: tables are CSV and JSON as others read them, to the byte.
 */
#include "config.h"

#include "monitor/table.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const struct table_column columns[] = {
    {"n", TABLE_INTEGER, "A number."},
    {"text", TABLE_STRING, "A text."},
    {"time", TABLE_TIME, "A time."},
    {NULL, TABLE_INTEGER, NULL},
};

/* What fill() writes. */
static size_t written(char **out, enum table_format format, bool gzip,
                      void (*fill)(struct table *table))
{
    size_t len = 0;
    FILE *stream = open_memstream(out, &len);
    struct table *table;

    ck_assert_ptr_nonnull(stream);
    table = table_new(stream, format, gzip, columns);
    fill(table);
    ck_assert(table_finish(table));
    ck_assert(!table_failed(table));
    table_free(table);
    ck_assert_int_eq(fclose(stream), 0);
    return len;
}

static void fill_rows(struct table *table)
{
    table_integer(table, INT64_MIN);
    table_string(table, "plain");
    table_time_s(table, 0);
    table_end_row(table);
    table_integer(table, INT64_MAX);
    table_string(table, "a \"b\", c\r\nd");
    table_time_ms(table, -1);
    table_end_row(table);
    table_null(table);
    table_string(table, "\xc3\xa9");
    table_time_ms(table, INT64_C(1713571767007));
    table_end_row(table);
}

START_TEST(csv_is_quoted_where_it_must_be)
{
    char *text;

    written(&text, TABLE_CSV, false, fill_rows);
    ck_assert_str_eq(text,
                     "n,text,time\r\n"
                     "-9223372036854775808,plain,1970-01-01T00:00:00Z\r\n"
                     "9223372036854775807,\"a \"\"b\"\", c\r\nd\",1969-12-31T23:59:59.999Z\r\n"
                     ",\xc3\xa9,2024-04-20T00:09:27.007Z\r\n");
    free(text);
}
END_TEST

START_TEST(json_lines_are_json)
{
    char *text;
    size_t len = written(&text, TABLE_JSONL, false, fill_rows);
    size_t rows = 0;

    for (const char *line = text; line < text + len; rows++) {
        const char *end = strchr(line, '\n');
        json_t *object;

        ck_assert_ptr_nonnull(end);
        object = json_loadb(line, (size_t)(end - line), 0, NULL);
        ck_assert_msg(object != NULL, "%s", line);
        ck_assert_uint_eq(json_object_size(object), 3);
        ck_assert_ptr_nonnull(json_object_get(object, "time"));
        json_decref(object);
        line = end + 1;
    }
    ck_assert_uint_eq(rows, 3);
    free(text);
}
END_TEST

static void fill_much(struct table *table)
{
    char text[5000];

    for (int64_t i = 0; i < 2000; i++) {
        memset(text, 'a' + (int)(i % 26), sizeof(text));
        text[i % (int64_t)sizeof(text)] = '\0';
        table_integer(table, i);
        table_string(table, text);
        table_time_s(table, i * 1000);
        table_end_row(table);
    }
}

START_TEST(packed_and_plain_are_the_same)
{
    char *plain;
    char *packed;
    size_t plain_len = written(&plain, TABLE_CSV, false, fill_much);
    size_t packed_len = written(&packed, TABLE_CSV, true, fill_much);
    char *unpacked = malloc(plain_len + 1);
    z_stream stream = {.next_in = (unsigned char *)packed,
                       .avail_in = (unsigned)packed_len,
                       .next_out = (unsigned char *)unpacked,
                       .avail_out = (unsigned)plain_len + 1};

    ck_assert_ptr_nonnull(unpacked);
    ck_assert_uint_lt(packed_len, plain_len);
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.total_out, plain_len);
    ck_assert_mem_eq(unpacked, plain, plain_len);
    inflateEnd(&stream);
    free(plain);
    free(packed);
    free(unpacked);
}
END_TEST

START_TEST(numbers_read_back_as_they_were)
{
    const double values[] = {0,
                             1,
                             0.1,
                             1.0 / 3,
                             72006146478567.1,
                             3.092687633032541e+23,
                             1e-300,
                             4295032833.0,
                             5e-324,
                             1.7976931348623157e308};
    char text[TABLE_NUMBER_SIZE];

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        table_number_text(text, values[i]);
        ck_assert_msg(fabs(strtod(text, NULL) - values[i]) == 0, "%s", text);
    }
    table_number_text(text, 0.1);
    ck_assert_str_eq(text, "0.1");
    table_number_text(text, 4295032833.0);
    ck_assert_str_eq(text, "4295032833");
}
END_TEST

static void fill_figures(struct table *table)
{
    table_figure(table, 612.34567891);
    table_figure(table, -0.0);
    table_figure(table, 5.0);
    table_end_row(table);
    table_figure(table, (double)NAN);
    table_figure(table, (double)INFINITY);
    table_figure(table, 1.23456749999e-17);
    table_end_row(table);
}

START_TEST(figures_are_rounded)
{
    char *text;

    written(&text, TABLE_CSV, false, fill_figures);
    ck_assert_str_eq(text, "n,text,time\r\n"
                           "612.3457,0,5\r\n"
                           ",,1.234567e-17\r\n");
    free(text);
    written(&text, TABLE_JSONL, false, fill_figures);
    ck_assert_str_eq(text, "{\"n\":612.3457,\"text\":0,\"time\":5}\n"
                           "{\"n\":null,\"text\":null,\"time\":1.234567e-17}\n");
    free(text);
}
END_TEST

START_TEST(a_full_disk_is_noticed)
{
    FILE *full = fopen("/dev/full", "w");
    struct table *table;

    if (full == NULL)
        return;
    table = table_new(full, TABLE_CSV, false, columns);
    fill_much(table);
    ck_assert(table_failed(table));
    ck_assert_int_ne(table_errno(table), 0);
    ck_assert(!table_finish(table));
    table_free(table);
    fclose(full);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        csv_is_quoted_where_it_must_be, json_lines_are_json, packed_and_plain_are_the_same,
        numbers_read_back_as_they_were, figures_are_rounded, a_full_disk_is_noticed,
    };

    return TEST_MAIN("table", tests);
}
