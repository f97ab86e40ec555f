// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a log line is one line whatever a stranger wrote into it, carries its time or
 * its priority, and is left out when its level is; a complaint is repeated ever more rarely.
 */
#include "config.h"

#include "monitor/log.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)

static int64_t fixed_clock(void *context)
{
    return *(const int64_t *)context;
}

/* What was written to a log since the last call. */
static void read_log(char *out, size_t size, FILE *file)
{
    size_t len = fread(out, 1, size - 1, file);

    out[len] = '\0';
    clearerr(file);
}

static struct log *open_log(FILE *file, int64_t *now_ms, bool journal)
{
    struct log_options options = {
        .level = LOG_INFO,
        .fd = fileno(file),
        .journal = journal,
        .wall_ms = fixed_clock,
        .clock_context = now_ms,
    };

    return log_new(&options);
}

/* Reading and writing share the file's position: each line is read back from where it began. */
static void assert_logged(FILE *file, long *at, const char *expected)
{
    char text[8192];

    fseek(file, *at, SEEK_SET);
    read_log(text, sizeof text, file);
    *at += (long)strlen(text);
    ck_assert_str_eq(text, expected);
}

START_TEST(test_lines)
{
    int64_t now_ms = INT64_C(1785585600999);
    FILE *file = tmpfile();
    struct log *log = open_log(file, &now_ms, false);
    long at = 0;

    log_write(log, LOG_INFO, "height %d", 7);
    assert_logged(file, &at, "2026-08-01T12:00:00Z info: height 7\n");
    log_write(log, LOG_DEBUG, "not seen");
    assert_logged(file, &at, "");
    log_set_level(log, LOG_TRACE);
    log_write(log, LOG_TRACE, "seen");
    assert_logged(file, &at, "2026-08-01T12:00:00Z trace: seen\n");
    log_write(log, LOG_BROKEN, "a\nb\r\x1b[2J\x7f");
    assert_logged(file, &at, "2026-08-01T12:00:00Z broken: a\\x0ab\\x0d\\x1b[2J\\x7f\n");
    log_write(NULL, LOG_BROKEN, "nowhere");
    assert_logged(file, &at, "");
    log_free(log);
    fclose(file);
}
END_TEST

START_TEST(test_journal)
{
    int64_t now_ms = 0;
    FILE *file = tmpfile();
    struct log *log = open_log(file, &now_ms, true);
    long at = 0;

    log_set_level(log, LOG_TRACE);
    log_write(log, LOG_BROKEN, "x");
    assert_logged(file, &at, "<3>x\n");
    log_write(log, LOG_UNUSUAL, "x");
    assert_logged(file, &at, "<4>x\n");
    log_write(log, LOG_INFO, "x");
    assert_logged(file, &at, "<6>x\n");
    log_write(log, LOG_TRACE, "x");
    assert_logged(file, &at, "<7>x\n");
    log_free(log);
    fclose(file);
}
END_TEST

/* Whatever is longer than a line is cut, and the line still ends. */
START_TEST(test_long)
{
    int64_t now_ms = 0;
    FILE *file = tmpfile();
    struct log *log = open_log(file, &now_ms, false);
    char text[8192];
    char long_text[4000];

    memset(long_text, 1, sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    log_write(log, LOG_INFO, "%s", long_text);
    rewind(file);
    read_log(text, sizeof text, file);
    ck_assert_uint_lt(strlen(text), 2200);
    ck_assert_uint_gt(strlen(text), 1900);
    ck_assert_uint_eq(strcspn(text, "\n"), strlen(text) - 1);
    log_free(log);
    fclose(file);
}
END_TEST

START_TEST(test_levels)
{
    enum log_level level = LOG_INFO;

    for (int i = LOG_BROKEN; i <= LOG_TRACE; i++) {
        ck_assert(log_level_by_name(&level, log_level_name((enum log_level)i)));
        ck_assert_int_eq(level, i);
    }
    ck_assert(!log_level_by_name(&level, "loud"));
    ck_assert_int_eq(level, LOG_TRACE);
}
END_TEST

START_TEST(test_complaints)
{
    struct log_complaint complaint = {0};
    int64_t now = 5000;
    int64_t last = now;
    unsigned said = 0;

    ck_assert(log_complain(&complaint, now));
    ck_assert(!log_complain(&complaint, now));
    ck_assert(!log_complain(&complaint, now + 2 * MINUTE - 1));
    ck_assert(log_complain(&complaint, now + 2 * MINUTE));
    ck_assert(!log_complain(&complaint, now + 6 * MINUTE - 1));
    ck_assert(log_complain(&complaint, now + 6 * MINUTE));
    ck_assert_uint_eq(log_settled(&complaint), 3);
    ck_assert_uint_eq(log_settled(&complaint), 0);
    ck_assert(log_complain(&complaint, now));

    /* A month of complaints, one a minute: about once a day in the end. */
    complaint = (struct log_complaint){0};
    for (; now < 30 * 1440 * MINUTE; now += MINUTE) {
        if (log_complain(&complaint, now)) {
            said++;
            ck_assert_int_le(now - last, 1440 * MINUTE);
            last = now;
        }
    }
    ck_assert_uint_ge(said, 30);
    ck_assert_uint_le(said, 45);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_lines, test_journal, test_long, test_levels, test_complaints,
    };

    return TEST_MAIN("log", tests);
}
