// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * words: see words.h.
 */
#include "config.h"

#include "monitor/words.h"

#include "analysis/interval.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#define MINUTE_S 60.0
#define HOUR_S 3600.0
#define DAY_S 86400.0
#define YEAR_S (365.25 * DAY_S)
/** What is longer is no time that anybody plans with, in seconds. */
#define AN_AGE_S 1e12
/** A rise by more than this is no rise of anything that anybody compares. */
#define LARGEST_PERCENT 1e6
/** What luck alone does less often, in times a year, is not told apart. */
#define RAREST_PER_YEAR 1e-3

void words_count(char *out, size_t size, int64_t number)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRId64, number < 0 ? 0 : number);
    size_t used = 0;

    for (size_t i = 0; i < len && used + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

void words_duration(char *out, size_t size, double seconds)
{
    double s = seconds < 0.0 ? 0.0 : floor(seconds);

    if (!(s < AN_AGE_S))
        snprintf(out, size, "an age");
    else if (s < 2.0 * MINUTE_S)
        snprintf(out, size, "%.0f s", s);
    else if (s < 2.0 * HOUR_S)
        snprintf(out, size, "%.0f min", floor(s / MINUTE_S));
    else if (s < 2.0 * DAY_S)
        snprintf(out, size, "%.0f h %.0f min", floor(s / HOUR_S),
                 floor(fmod(s, HOUR_S) / MINUTE_S));
    else if (s < 730.0 * DAY_S)
        snprintf(out, size, "%.0f d %.0f h", floor(s / DAY_S), floor(fmod(s, DAY_S) / HOUR_S));
    else
        snprintf(out, size, "%.1f years", s / YEAR_S);
}

void words_span(char *out, size_t size, double seconds)
{
    double s = seconds < 0.0 ? 0.0 : seconds;

    if (!(s < AN_AGE_S))
        snprintf(out, size, "an age");
    else if (s < 2.0 * MINUTE_S)
        snprintf(out, size, "%.0f seconds", floor(s));
    else if (s < 2.0 * HOUR_S)
        snprintf(out, size, "%.0f minutes", floor(s / MINUTE_S));
    else if (s < 2.0 * DAY_S)
        snprintf(out, size, "%.0f hours", floor(s / HOUR_S));
    else if (s < 730.0 * DAY_S)
        snprintf(out, size, "%.0f days", floor(s / DAY_S));
    else
        snprintf(out, size, "%.1f years", s / YEAR_S);
}

void words_time(char *out, size_t size, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm utc;

    if (gmtime_r(&time, &utc) == NULL || strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf(out, size, "?");
}

void words_figure(char *out, size_t size, double number)
{
    if (number >= 999.95 && number < 1e7)
        words_count(out, size, llround(number));
    else
        snprintf(out, size, "%.4g", number);
}

struct words_scale words_scale(double number, size_t last)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    struct words_scale scale = {1.0, prefixes[0]};

    for (size_t i = 1; i <= last && number >= scale.unit * 1000.0; i++)
        scale = (struct words_scale){scale.unit * 1000.0, prefixes[i]};
    return scale;
}

/** Power of the largest prefix that people use for hash rates: E. */
#define EXA 6

struct words_scale words_rate_scale(double hashes)
{
    if (hashes > 0.0 && hashes < 1.0)
        return (struct words_scale){1e-3, "m"};
    return words_scale(hashes, EXA);
}

void words_hashrate(char *out, size_t size, double ehs, double lo_ehs, double hi_ehs)
{
    struct words_scale scale = words_rate_scale(ehs * INTERVAL_EXAHASH);
    char figure[WORDS_SIZE];
    char low[WORDS_SIZE];
    char high[WORDS_SIZE];

    words_figure(figure, sizeof figure, ehs * INTERVAL_EXAHASH / scale.unit);
    words_figure(low, sizeof low, lo_ehs * INTERVAL_EXAHASH / scale.unit);
    words_figure(high, sizeof high, hi_ehs * INTERVAL_EXAHASH / scale.unit);
    snprintf(out, size, "%s %sH/s, 95 %% sure between %s and %s", figure, scale.prefix, low, high);
}

void words_change(char *out, size_t size, double ratio)
{
    double percent = (ratio - 1.0) * 100.0;

    if (fabs(percent) < 0.05)
        snprintf(out, size, "0.0 %%");
    else
        snprintf(out, size, "%+.*f %%", fabs(percent) >= 9.95 ? 0 : 1, percent);
}

/* "23", "1,000,000+" */
static void whole_percent(char *out, size_t size, double percent)
{
    if (percent < LARGEST_PERCENT)
        words_count(out, size, llround(percent));
    else
        snprintf(out, size, "1,000,000+");
}

void words_extent(char *out, size_t size, bool fall, double ratio, double low, double high)
{
    double sign = fall ? -100.0 : 100.0;
    double a = fmax(sign * (low - 1.0), 0.0);
    double b = fmax(sign * (high - 1.0), 0.0);
    char figures[3][WORDS_SIZE];

    whole_percent(figures[0], sizeof figures[0], fmax(sign * (ratio - 1.0), 0.0));
    whole_percent(figures[1], sizeof figures[1], fmin(a, b));
    whole_percent(figures[2], sizeof figures[2], fmax(a, b));
    snprintf(out, size, "about %.10s %% (%.10s to %.10s %%)", figures[0], figures[1], figures[2]);
}

void words_percent(char *out, size_t size, double share)
{
    double percent = share * 100.0;

    snprintf(out, size, "%.*f %%", percent >= 9.95 ? 0 : percent >= 0.995 ? 1 : 2, percent);
}

void words_per_year(char *out, size_t size, double per_year)
{
    char years[WORDS_SIZE];

    if (!(per_year >= RAREST_PER_YEAR)) {
        snprintf(out, size, "less than once in 1,000 years");
    } else if (per_year > 1.5) {
        snprintf(out, size, "%.0f times a year", per_year);
    } else if (per_year > 1.0 / 1.5) {
        snprintf(out, size, "once a year");
    } else {
        words_count(years, sizeof years, llround(1.0 / per_year));
        snprintf(out, size, "once in %s years", years);
    }
}
