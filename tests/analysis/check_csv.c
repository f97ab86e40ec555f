// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: tables that people write are read as they mean them and not otherwise: CSV as
 * RFC 4180 has it, with the line of what is wrong; numbers exactly; dates as exact as they are.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/csv.h"
#include "analysis/day.h"
#include "analysis/decimal.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

/** Room for a text of a test. */
#define TEXT_SIZE 4096

/* A text while it is read, in memory of exactly its length, so that a sanitizer sees one byte too
 * many. */
struct text {
    char *bytes;
    struct csv csv;
    struct csv_record record;
    const char *why;
};

static void begin(struct text *text, const char *bytes, bool comments)
{
    size_t len = strlen(bytes);

    *text = (struct text){.bytes = malloc(len + 1)};
    ck_assert_ptr_nonnull(text->bytes);
    memcpy(text->bytes, bytes, len);
    text->bytes[len] = 'x'; /* what stands there is not the caller's affair */
    ck_assert(csv_begin(&text->csv, text->bytes, len, comments));
}

static enum csv_result next(struct text *text)
{
    return csv_next(&text->csv, &text->record, &text->why);
}

START_TEST(test_records)
{
    struct text text;

    begin(&text,
          "\xef\xbb\xbf"
          "a,\"b\"\"c\",\r\n\n\r\n\"two\nlines\",#no comment\r\n#x,y\n,\ncarriage\rreturn",
          false);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_uint_eq(text.record.count, 3);
    ck_assert_uint_eq(text.record.line, 1);
    ck_assert_str_eq(text.record.fields[0], "a");
    ck_assert_str_eq(text.record.fields[1], "b\"c");
    ck_assert_str_eq(text.record.fields[2], "");
    ck_assert_uint_eq(csv_find(&text.record, "b\"c"), 1);
    ck_assert_uint_eq(csv_find(&text.record, "b"), CSV_NOWHERE);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_uint_eq(text.record.line, 4);
    ck_assert_str_eq(text.record.fields[0], "two\nlines");
    ck_assert_str_eq(text.record.fields[1], "#no comment");
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_uint_eq(text.record.line, 6);
    ck_assert_str_eq(text.record.fields[0], "#x");
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_uint_eq(text.record.count, 2);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_str_eq(text.record.fields[0], "carriage\rreturn");
    ck_assert_int_eq(next(&text), CSV_END);
    ck_assert_int_eq(next(&text), CSV_END);
    free(text.bytes);
}
END_TEST

START_TEST(test_comments)
{
    struct text text;

    begin(&text, "# one, \"\na\n#\n\"#b\"\n# end", true);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_str_eq(text.record.fields[0], "a");
    ck_assert_uint_eq(text.record.line, 2);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_str_eq(text.record.fields[0], "#b");
    ck_assert_int_eq(next(&text), CSV_END);
    free(text.bytes);
}
END_TEST

START_TEST(test_faults)
{
    struct text text;
    char bytes[TEXT_SIZE] = "";

    begin(&text, "a\nb,c\"d\",\ne,f\n\"g\"h\ni,\"\nj\n", false);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_uint_eq(text.record.line, 2);
    ck_assert_ptr_nonnull(strstr(text.why, "none belongs"));
    ck_assert_int_eq(next(&text), CSV_RECORD); /* the rest is still read */
    ck_assert_str_eq(text.record.fields[1], "f");
    ck_assert_uint_eq(text.record.line, 3);
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_uint_eq(text.record.line, 4);
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_uint_eq(text.record.line, 5);
    ck_assert_ptr_nonnull(strstr(text.why, "does not end"));
    ck_assert_int_eq(next(&text), CSV_END);
    free(text.bytes);

    begin(&text, "a,\x1b[31mb\na,\"b\r\n\tc\"\n\x7f\n\xc2\x9b,c\n\xc2\xa0,\xc3\xa9\n", false);
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_uint_eq(text.record.line, 1);
    ck_assert_ptr_nonnull(strstr(text.why, "control"));
    ck_assert_int_eq(next(&text), CSV_RECORD); /* lines and tabs in quotes are text */
    ck_assert_str_eq(text.record.fields[1], "b\r\n\tc");
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_int_eq(next(&text), CSV_BAD);
    ck_assert_uint_eq(text.record.line, 5);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_int_eq(next(&text), CSV_END);
    free(text.bytes);

    memset(bytes, ',', CSV_FIELDS_MAX - 1);
    begin(&text, bytes, false);
    ck_assert_int_eq(next(&text), CSV_RECORD);
    ck_assert_uint_eq(text.record.count, CSV_FIELDS_MAX);
    free(text.bytes);
    bytes[CSV_FIELDS_MAX - 1] = ',';
    begin(&text, bytes, false);
    ck_assert_int_eq(next(&text), CSV_BAD);
    free(text.bytes);

    ck_assert(!csv_begin(&text.csv, bytes, TEXT_SIZE, false)); /* zero bytes */
}
END_TEST

/* What is quoted is read as it was, whatever it is. */
START_TEST(test_quoting)
{
    static const char *const fields[] = {"",     "plain", "with, comma", "\"",         "two\nlines",
                                         "#rem", " a",    "\r",          "a,\"b\"\r\n"};
    char out[TEXT_SIZE];
    char little[4];

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct text text;
        size_t len = csv_quote(out, sizeof out, fields[i]);

        ck_assert_uint_eq(len, strlen(out));
        ck_assert_uint_eq(csv_quote(NULL, 0, fields[i]), len);
        memcpy(out + len, ",x", sizeof ",x");
        begin(&text, out, true);
        ck_assert_int_eq(next(&text), CSV_RECORD);
        ck_assert_uint_eq(text.record.count, 2);
        ck_assert_str_eq(text.record.fields[0], fields[i]);
        free(text.bytes);
    }
    ck_assert_uint_eq(csv_quote(little, sizeof little, "a,b"), 5);
    ck_assert_str_eq(little, "\"a,");
}
END_TEST

START_TEST(test_decimals)
{
    static const char *const bad[] = {"",
                                      "-",
                                      ".5",
                                      "1.",
                                      "1e3",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "nan",
                                      "inf",
                                      "0x10",
                                      "1,000",
                                      "--1",
                                      "1.2.3",
                                      "1234567890123456",
                                      "0.1234567890123456"};
    double value = 7.0;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!decimal_parse(&value, bad[i]), "%s", bad[i]);
    ck_assert(value == 7.0);
    ck_assert(decimal_parse(&value, "0.1") && value == 0.1);
    ck_assert(decimal_parse(&value, "-14.7") && value == -14.7);
    ck_assert(decimal_parse(&value, "2025.87") && value == 2025.87);
    ck_assert(decimal_parse(&value, "999999999999999") && value == 999999999999999.0);
    ck_assert(decimal_parse(&value, "0.000000012345") && value == 0.000000012345);
}
END_TEST

START_TEST(test_days)
{
    static const char *const bad[] = {
        "",           "2025-",       "2025-13",    "2025-00", "2025-02-29",
        "2025-04-31", "2025-4",      "2025-04-1",  "2025-Q5", "2025-Q0",
        "2025-Q11",   "25",          "2008",       "2100",    "2025.",
        "2025.12345", "2025-04-010", "2025-04-00", "20255",   "-2025"};
    struct day day = {.known = false};
    char text[DAY_TEXT_SIZE];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!day_parse(&day, bad[i]), "%s", bad[i]);
    ck_assert(!day.known);
    ck_assert(day_parse(&day, "2024-02-29") && day.first == 19782 && day.last == 19782);
    ck_assert(day_parse(&day, "2024-02") && day.first == 19754 && day.last == 19782);
    ck_assert(day_parse(&day, "2024-Q4") && day.first == 19997 && day.last == 20088);
    ck_assert(day_parse(&day, "2024") && day.first == 19723 && day.last == 20088);
    ck_assert(!day_parse_exact(&day, "2024-02") && !day_parse_exact(&day, "2024.5"));
    ck_assert(day_parse_exact(&day, "2024-02-29"));
    for (int32_t days = 14245; days < 47482; days++) {
        day_text(text, days);
        ck_assert(day_parse_exact(&day, text) && day.first == days);
    }
}
END_TEST

START_TEST(test_years)
{
    static const struct {
        const char *text;
        double year;
    } years[] = {{"2024-11-20", 2024.89}, {"2025-04", 2025.29}, {"2025", 2025.5},
                 {"2025.15", 2025.15},    {"2026.0", 2026.0},   {"2026-01-16", 2026.04},
                 {"2026-Q1", 2026.12}};
    struct day a = {.known = false};
    struct day b = {.known = false};

    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        ck_assert(day_parse(&a, years[i].text));
        ck_assert_msg(day_year(&a) == years[i].year, "%s: %.17g", years[i].text, day_year(&a));
    }
    ck_assert(day_parse(&a, "2025-05") && day_parse(&b, "2025-04-30"));
    ck_assert(day_after(&a, &b) && !day_after(&b, &a));
    ck_assert(day_parse(&b, "2025-05-31") && !day_after(&a, &b) && !day_after(&b, &a));
    b.known = false;
    ck_assert(!day_after(&a, &b));
}
END_TEST

START_TEST(test_builtin)
{
    const char *srcdir = getenv("HASHTIDE_SRCDIR");

    for (int table = 0; table < BUILTIN_TABLES; table++) {
        char path[TEXT_SIZE];
        char line[TEXT_SIZE];
        size_t len = 0;
        const char *text = builtin_text(&len, (enum builtin_table)table);
        FILE *file = NULL;
        size_t at = 0;

        ck_assert(len > 0 && text[len - 1] == '\n' && memchr(text, '\0', len) == NULL);
        snprintf(path, sizeof path, "%s/analysis/data/%s", srcdir != NULL ? srcdir : ".",
                 builtin_name((enum builtin_table)table));
        file = fopen(path, "rb");
        ck_assert_msg(file != NULL, "%s", path);
        while (fgets(line, sizeof line, file) != NULL) {
            ck_assert(at + strlen(line) <= len && memcmp(text + at, line, strlen(line)) == 0);
            at += strlen(line);
        }
        ck_assert_uint_eq(at, len);
        fclose(file);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_records,  test_comments, test_faults, test_quoting,
                                  test_decimals, test_days,     test_years,  test_builtin};

    return TEST_MAIN("csv", tests);
}
