// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * httpdate: a cursor that sticks at the first thing out of place; each form is a line of steps.
 */
#include "config.h"

#include "alerts/httpdate.h"

#include <string.h>

#define SECONDS_PER_DAY 86400
/** Mean Gregorian year, for the century of a year of two digits. */
#define SECONDS_PER_YEAR 31556952
/** A date of RFC 850 is at most so many years from now. */
#define CENTURY_AHEAD 50

static const char *const days_short[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const days_long[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
#define DAYS 7
#define MONTHS 12

struct cursor {
    const char *at;
    size_t left;
    bool failed;
};

struct date {
    int year, month, day; /* month from 1 */
    int hour, minute, second;
};

static void take(struct cursor *cursor, const char *text)
{
    size_t len = strlen(text);

    if (cursor->failed || cursor->left < len || memcmp(cursor->at, text, len) != 0) {
        cursor->failed = true;
        return;
    }
    cursor->at += len;
    cursor->left -= len;
}

/* Index of the word that stands there; -1, and failed, if none does. No word begins another. */
static int take_word(struct cursor *cursor, const char *const *words, int count)
{
    for (int i = 0; i < count && !cursor->failed; i++) {
        size_t len = strlen(words[i]);

        if (cursor->left >= len && memcmp(cursor->at, words[i], len) == 0) {
            take(cursor, words[i]);
            return i;
        }
    }
    cursor->failed = true;
    return -1;
}

/* A number of exactly so many digits. */
static int take_number(struct cursor *cursor, size_t digits)
{
    int number = 0;

    if (cursor->failed || cursor->left < digits) {
        cursor->failed = true;
        return 0;
    }
    for (size_t i = 0; i < digits; i++) {
        if (cursor->at[i] < '0' || cursor->at[i] > '9')
            cursor->failed = true;
        else
            number = number * 10 + (cursor->at[i] - '0');
    }
    cursor->at += digits;
    cursor->left -= digits;
    return number;
}

static void take_clock(struct cursor *cursor, struct date *date)
{
    date->hour = take_number(cursor, 2);
    take(cursor, ":");
    date->minute = take_number(cursor, 2);
    take(cursor, ":");
    date->second = take_number(cursor, 2);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_fixed(struct date *date, struct cursor cursor)
{
    (void)take_word(&cursor, days_short, DAYS);
    take(&cursor, ", ");
    date->day = take_number(&cursor, 2);
    take(&cursor, " ");
    date->month = take_word(&cursor, months, MONTHS) + 1;
    take(&cursor, " ");
    date->year = take_number(&cursor, 4);
    take(&cursor, " ");
    take_clock(&cursor, date);
    take(&cursor, " GMT");
    return !cursor.failed && cursor.left == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_850(struct date *date, struct cursor cursor, int64_t now_s)
{
    int64_t this_year = 1970 + now_s / SECONDS_PER_YEAR;

    (void)take_word(&cursor, days_long, DAYS);
    take(&cursor, ", ");
    date->day = take_number(&cursor, 2);
    take(&cursor, "-");
    date->month = take_word(&cursor, months, MONTHS) + 1;
    take(&cursor, "-");
    date->year = take_number(&cursor, 2);
    take(&cursor, " ");
    take_clock(&cursor, date);
    take(&cursor, " GMT");
    if (cursor.failed || cursor.left != 0 || this_year < 1970 || this_year > 9999)
        return false;
    date->year += (int)(this_year - this_year % 100);
    if (date->year > this_year + CENTURY_AHEAD)
        date->year -= 100;
    return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime(struct date *date, struct cursor cursor)
{
    (void)take_word(&cursor, days_short, DAYS);
    take(&cursor, " ");
    date->month = take_word(&cursor, months, MONTHS) + 1;
    take(&cursor, " ");
    if (!cursor.failed && cursor.left > 0 && cursor.at[0] == ' ') {
        take(&cursor, " ");
        date->day = take_number(&cursor, 1);
    } else {
        date->day = take_number(&cursor, 2);
    }
    take(&cursor, " ");
    take_clock(&cursor, date);
    take(&cursor, " ");
    date->year = take_number(&cursor, 4);
    return !cursor.failed && cursor.left == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Second 60 is a leap second, and counts as the one after it. */
static bool is_real(const struct date *date)
{
    return date->month >= 1 && date->month <= MONTHS && date->day >= 1 &&
           date->day <= days_in_month(date->year, date->month) && date->hour < 24 &&
           date->minute < 60 && date->second <= 60;
}

/* Days from 1970-01-01, in the Gregorian calendar: years begin in March, so that the leap day is a
 * year's last. */
static int64_t days_since_1970(const struct date *date)
{
    int64_t year = date->month > 2 ? date->year : date->year - 1;
    int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t before_year = year * 365 + year / 4 - year / 100 + year / 400;
    int64_t before_month = (153 * month + 2) / 5;

    /* 719468 days lie between 0000-03-01 and 1970-01-01. */
    return before_year + before_month + date->day - 1 - 719468;
}

bool httpdate_parse(int64_t *out_s, const char *text, size_t len, int64_t now_s)
{
    const struct cursor cursor = {.at = text, .left = len};
    struct date date = {0};

    if ((!read_fixed(&date, cursor) && !read_850(&date, cursor, now_s) &&
         !read_asctime(&date, cursor)) ||
        date.year < 1 || !is_real(&date))
        return false;
    *out_s = days_since_1970(&date) * SECONDS_PER_DAY + date.hour * 3600 + date.minute * 60 +
             date.second;
    return true;
}
