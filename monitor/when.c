// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * when: see when.h.
 */
#include "config.h"

#include "monitor/when.h"

#include "monitor/command.h"
#include "monitor/number.h"

#include <stdio.h>
#include <string.h>

/** Seconds of a day, an hour and a minute. */
#define DAY_S 86400
#define HOUR_S 3600
#define MINUTE_S 60

/* Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant's days_from_civil). */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static bool date_exists(int year, int month, int day)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
        return false;
    return month != 2 || day <= 28 || leap;
}

bool when_parse_time(struct when *out, const char *text)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    int used = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10 ||
        !date_exists(year, month, day))
        return false;
    out->is_time = true;
    out->time = days_from_civil(year, month, day) * DAY_S;
    out->length = DAY_S;
    text += used;
    if (*text == '\0')
        return true;
    used = 0;
    if (sscanf(text, "T%2d:%2d%n", &hour, &minute, &used) != 2 || used != 6)
        return false;
    text += used;
    out->length = MINUTE_S;
    if (*text == ':') {
        used = 0;
        if (sscanf(text, ":%2d%n", &second, &used) != 1 || used != 3)
            return false;
        text += used;
        out->length = 1;
    }
    if (strcmp(text, "Z") != 0 && *text != '\0')
        return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    out->time += (int64_t)hour * HOUR_S + (int64_t)minute * MINUTE_S + second;
    return true;
}

bool when_parse(struct when *out, const char *name, const char *text)
{
    uint64_t height;

    if (text == NULL)
        return true;
    out->given = true;
    if (number_parse(&height, text, 0, UINT32_MAX - 1)) {
        out->height = (uint32_t)height;
        return true;
    }
    if (when_parse_time(out, text))
        return true;
    command_error("--%s=%s: expected a height, a date (2024-04-20) or a time in UTC "
                  "(2024-04-20T00:09:27Z)",
                  name, text);
    return false;
}

bool when_in_order(const char *from_name, const char *from_text, const struct when *from,
                   const char *to_name, const char *to_text, const struct when *to)
{
    if (!from->given || !to->given || from->is_time != to->is_time)
        return true;
    if (from->is_time ? from->time < to->time + to->length : from->height <= to->height)
        return true;
    command_error("--%s=%s lies behind --%s=%s", from_name, from_text, to_name, to_text);
    return false;
}

uint32_t when_first_at(const struct tree *tree, int64_t time)
{
    uint32_t height = tree_base_height(tree);
    uint32_t tip = tree_get(tree, tree_best(tree)).height;

    while (height <= tip && (int64_t)tree_get(tree, tree_best_at(tree, height)).time < time)
        height++;
    return height;
}

bool when_last_before(uint32_t *out, const struct tree *tree, int64_t time)
{
    uint32_t base = tree_base_height(tree);

    for (uint64_t height = (uint64_t)tree_get(tree, tree_best(tree)).height + 1; height-- > base;) {
        *out = (uint32_t)height;
        if ((int64_t)tree_get(tree, tree_best_at(tree, *out)).time < time)
            return true;
    }
    return false;
}
