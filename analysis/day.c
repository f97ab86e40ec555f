// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * day: see day.h.
 */
#include "config.h"

#include "analysis/day.h"

#include "analysis/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/** A decimal year has so many characters at most ("2025.8542"), and is exact to a few days. */
#define FRACTION_LEN_MAX 9
#define MONTHS 12
#define QUARTER_MONTHS 3

/* Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant's days_from_civil). */
static int32_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

/* The first day of a month, which may be the 13th of a year. */
static int32_t month_begin(int year, int month)
{
    return month > MONTHS ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, month, 1);
}

/* A number of so many digits at text; -1 if there are others. */
static int digits(const char *text, int count)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = 10 * number + (text[i] - '0');
    }
    return number;
}

static bool span(struct day *out, int year, int first_month, int months)
{
    *out = (struct day){.known = true,
                        .first = month_begin(year, first_month),
                        .last = month_begin(year, first_month + months) - 1};
    return true;
}

static bool parse_fraction(struct day *out, const char *text)
{
    double year = 0.0;
    int32_t days = 0;

    if (strlen(text) > FRACTION_LEN_MAX || !decimal_parse(&year, text) || year < DAY_YEAR_LEAST ||
        year >= DAY_YEAR_MOST)
        return false;
    days = (int32_t)floor((year - 1970.0) * DAY_YEAR_S / DAY_S);
    *out = (struct day){.known = true, .first = days, .last = days, .fraction = year};
    return true;
}

/* Behind "YYYY-". */
static bool parse_month(struct day *out, const char *text, int year)
{
    int month = digits(text, 2);
    int day = 0;
    int32_t days = 0;

    if (text[0] == 'Q' && text[1] >= '1' && text[1] <= '4' && text[2] == '\0')
        return span(out, year, (text[1] - '1') * QUARTER_MONTHS + 1, QUARTER_MONTHS);
    if (month < 1 || month > MONTHS)
        return false;
    if (text[2] == '\0')
        return span(out, year, month, 1);
    if (text[2] != '-' || (day = digits(text + 3, 2)) < 1 || text[5] != '\0')
        return false;
    days = month_begin(year, month) + day - 1;
    if (days >= month_begin(year, month + 1))
        return false;
    *out = (struct day){.known = true, .first = days, .last = days};
    return true;
}

bool day_parse(struct day *out, const char *text)
{
    int year = digits(text, 4);

    if (year < DAY_YEAR_LEAST || year >= DAY_YEAR_MOST)
        return false;
    if (text[4] == '\0')
        return span(out, year, 1, MONTHS);
    if (text[4] == '.')
        return parse_fraction(out, text);
    return text[4] == '-' && parse_month(out, text + 5, year);
}

bool day_parse_exact(struct day *out, const char *text)
{
    struct day day = {.known = false};

    if (!day_parse(&day, text) || day.first != day.last || day.fraction > 0.0)
        return false;
    *out = day;
    return true;
}

double day_year(const struct day *day)
{
    double middle = 0.0;

    assert(day->known);
    if (day->fraction > 0.0)
        return day->fraction;
    middle = ((double)day->first + (double)day->last + 1.0) / 2.0;
    return round(100.0 * (1970.0 + middle * DAY_S / DAY_YEAR_S)) / 100.0;
}

double day_year_or_nan(const struct day *day)
{
    return day->known ? day_year(day) : (double)NAN;
}

bool day_after(const struct day *a, const struct day *b)
{
    return a->known && b->known && a->first > b->last;
}

void day_text(char out[DAY_TEXT_SIZE], int32_t days)
{
    /* H. Hinnant's civil_from_days, of days behind year 0. */
    int shifted = days + 719468;
    int era = shifted / 146097;
    int day_of_era = shifted - era * 146097;
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

    assert(shifted >= 0 && year <= 9999);
    snprintf(out, DAY_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000u, (unsigned)month % 100u,
             (unsigned)day % 100u);
}
