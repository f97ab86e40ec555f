// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_history: real blocks through the engine at its defaults: which changes it tells of. Runs
 * of real headers and arrivals (bar C5), and all epochs of mainnet as 2,016 equal blocks each, with
 * the events that are known from other sources beside its changes.
 */
#include "config.h"

#include "analysis/engine.h"
#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/header.h"
#include "tests/bench/methods.h"
#include "tests/support/records.h"
#include "tests/support/vectors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPOCH_BLOCKS 2016
#define EXAHASH 1e18
#define DAY_S 86400
/** C5: where the fall of January 2024 is found, give or take. */
#define FALL_HEIGHT 826102
#define FALL_NEAR 10
/** Changes of epochs are printed from 2016 on: before, growth drowns them. */
#define EPOCHS_FROM_S 1451606400
/** An event counts as found by a change whose onset or alarm lies within so many days of it: an
 *  epoch is 14 days, and only its mean is known. */
#define NEAR_DAYS 21

/* ---- feeding ---- */

static struct engine *new_engine(uint32_t first, bool arrivals)
{
    struct engine_options options = engine_defaults();
    size_t count = first / EPOCH_BLOCKS < epochs_count() ? first / EPOCH_BLOCKS : 0;
    double *rates = calloc(count + 1, sizeof *rates);
    struct engine *engine;

    if (rates == NULL)
        abort();
    for (size_t i = 0; i < count && i + 1 < epochs_count(); i++) {
        struct epoch_row row = epochs_get(i);

        rates[i] = EPOCH_BLOCKS * compact_expected_hashes(row.bits) / EXAHASH /
                   ((double)epochs_get(i + 1).time - row.time);
    }
    options.arrivals = arrivals;
    options.past_rates = rates;
    options.past_count = count;
    engine = engine_new(&options);
    free(rates);
    if (engine == NULL)
        abort();
    return engine;
}

static void feed(struct engine *engine, uint32_t height, uint32_t bits, int64_t time_s,
                 int64_t arrival_ms)
{
    if (!engine_connect(engine, &(struct engine_block){.height = height,
                                                       .bits = bits,
                                                       .time_ms = time_s * 1000,
                                                       .arrival_ms = arrival_ms}))
        abort();
}

/* ---- telling ---- */

#define DATE_SIZE 32
static const char *date_of(char out[DATE_SIZE], int64_t time_s)
{
    time_t when = (time_t)time_s;
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(out, DATE_SIZE, "%Y-%m-%d", &tm);
    return out;
}

static int64_t time_at(const struct engine *engine, uint32_t height)
{
    return engine_block_at(engine, height).time_ms / 1000;
}

static void print_change(struct engine *engine, size_t i)
{
    struct engine_change change = engine_change(engine, i);
    struct engine_extent extent = engine_extent(engine, i);
    char alarm[DATE_SIZE], onset[DATE_SIZE], back[DATE_SIZE] = "";

    if (extent.status != ENGINE_OK)
        abort();
    if (extent.recovered_height != 0)
        date_of(back, time_at(engine, extent.recovered_height));
    printf(
        "  %s %s at %u, onset %s, %+5.1f %% [%+5.1f, %+5.1f], by luck %.1e a year, sure %.2f%s%s",
        change.direction == CHANGE_FALL ? "fall" : "rise",
        date_of(alarm, time_at(engine, change.alarm)), change.alarm,
        date_of(onset, time_at(engine, extent.extent.onset)), 100.0 * expm1(extent.extent.log_size),
        100.0 * expm1(extent.extent.log_size_lo), 100.0 * expm1(extent.extent.log_size_hi),
        change.luck_per_year, extent.confidence, back[0] != '\0' ? ", recovered " : "", back);
}

static unsigned count_changes(const struct engine *engine, enum change_direction direction)
{
    unsigned count = 0;

    for (size_t i = 0; i < engine_change_count(engine); i++)
        count += engine_change(engine, i).direction == direction;
    return count;
}

static void print_changes(struct engine *engine, const char *name)
{
    struct engine_volatility volatility = engine_volatility(engine);

    printf("%s through the engine at its defaults: %zu changes; volatility %.2f %% a day [%.2f, "
           "%.2f]\n",
           name, engine_change_count(engine), 100.0 * volatility.daily_sd, 100.0 * volatility.lo95,
           100.0 * volatility.hi95);
    for (size_t i = 0; i < engine_change_count(engine); i++) {
        print_change(engine, i);
        printf("\n");
    }
}

/* ---- runs ---- */

static void headers(struct methods *methods)
{
    struct records records = {0};
    const uint32_t first = 822528;
    struct engine *engine;
    uint32_t alarm = 0;

    if (!records_load_shared(&records, "headers/mainnet-822528-830592.bin"))
        return;
    engine = new_engine(first, false);
    for (size_t i = 0; i < records.count; i++) {
        struct header header;

        header_decode(&header, records_at(&records, i));
        feed(engine, first + (uint32_t)i, header.bits, header.time, ENGINE_NO_ARRIVAL);
    }
    records_free(&records);
    print_changes(engine, "headers");
    for (size_t i = engine_change_count(engine); i-- > 0;)
        if (engine_change(engine, i).direction == CHANGE_FALL)
            alarm = engine_change(engine, i).alarm;
    methods_bar(methods, "C5",
                count_changes(engine, CHANGE_FALL) == 1 && alarm + FALL_NEAR >= FALL_HEIGHT &&
                    alarm <= FALL_HEIGHT + FALL_NEAR,
                "%u falls, the first at %u; one wanted at %d +- %d",
                count_changes(engine, CHANGE_FALL), alarm, FALL_HEIGHT, FALL_NEAR);
    engine_free(engine);
}

static void arrivals(struct methods *methods)
{
    enum { HEIGHT, HASH, TIME, OBSERVERS = 3 };
    struct vectors rows;
    struct engine *engine;
    uint32_t next;

    if (!vectors_read(&rows, "arrivals-777616-821121.csv.gz"))
        return;
    next = (uint32_t)vectors_at(&rows, 0, HEIGHT);
    engine = new_engine(next, true);
    for (size_t row = 0; row < rows.rows; row++) {
        double arrival_ms = HUGE_VAL;
        struct epoch_row epoch;

        if ((uint32_t)vectors_at(&rows, row, HEIGHT) != next)
            continue; /* a second hash: which one lasted is not told */
        for (size_t i = 0; i < OBSERVERS; i++)
            arrival_ms = fmin(arrival_ms, vectors_at(&rows, row, TIME + i));
        epoch = epochs_get(next / EPOCH_BLOCKS);
        feed(engine, next++, epoch.bits, (int64_t)(arrival_ms / 1000.0), (int64_t)arrival_ms);
    }
    vectors_free(&rows);
    print_changes(engine, "arrivals");
    methods_bar(methods, "C5", engine_change_count(engine) == 0, "%zu changes, none wanted",
                engine_change_count(engine));
    engine_free(engine);
}

/* ---- epochs beside events ---- */

#define EVENTS_MOST 100
struct event {
    int64_t start_s, end_s;
    char name[64];
    bool fall; /* what it did, as its name says */
    bool found;
};

/* "2024-04-20" at the start of text; 0 where there is none. */
static int64_t parse_date(const char *text)
{
    struct tm tm = {0};

    if (sscanf(text, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (int64_t)timegm(&tm);
}

/* Lines begin start,end,name with a name that may be quoted; the rest is not looked at. */
static size_t load_events(struct event events[EVENTS_MOST])
{
    char path[4096];
    char line[8192];
    size_t count = 0;
    FILE *file;

    if (!shared_path(path, sizeof path, "ai/events.csv"))
        return 0;
    file = fopen(path, "r");
    while (file != NULL && count < EVENTS_MOST && fgets(line, sizeof line, file) != NULL) {
        struct event *event = &events[count];
        const char *end = strchr(line, ',');
        const char *name = end != NULL ? strchr(end + 1, ',') : NULL;
        bool quoted = name != NULL && name[1] == '"';

        *event = (struct event){.start_s = parse_date(line)};
        if (event->start_s == 0 || name == NULL)
            continue;
        event->end_s = parse_date(end + 1);
        event->end_s = event->end_s != 0 ? event->end_s : event->start_s;
        name += 1 + quoted;
        snprintf(event->name, sizeof event->name, "%.*s", (int)strcspn(name, quoted ? "\"" : ",\n"),
                 name);
        event->fall = strstr(name, "ebound") == NULL || strstr(name, "ebound") > name + 64;
        count++;
    }
    if (file != NULL)
        fclose(file);
    return count;
}

/* Seconds by which a stretch of time lies outside of an event. */
static int64_t apart(const struct event *event, int64_t from_s, int64_t to_s)
{
    if (to_s < event->start_s)
        return event->start_s - to_s;
    return from_s > event->end_s ? from_s - event->end_s : 0;
}

/* Prints the event nearest to a stretch of time, the shortest of equals; marks those near it. */
static void print_nearest(struct event *events, size_t count, int64_t from_s, int64_t to_s,
                          bool fall)
{
    const struct event *best = NULL;

    for (size_t i = 0; i < count; i++) {
        struct event *event = &events[i];
        int64_t distance = apart(event, from_s, to_s);

        if (event->fall != fall)
            continue;
        event->found = event->found || distance <= NEAR_DAYS * DAY_S;
        if (best == NULL || distance < apart(best, from_s, to_s) ||
            (distance == apart(best, from_s, to_s) &&
             event->end_s - event->start_s < best->end_s - best->start_s))
            best = event;
    }
    if (best != NULL && apart(best, from_s, to_s) <= NEAR_DAYS * DAY_S)
        printf(" | %s (%.0f days apart)", best->name, (double)apart(best, from_s, to_s) / DAY_S);
}

/* Each epoch's mean as 2,016 equal intervals: no luck is left in it, and what happens within an
 * epoch is not seen. */
static struct engine *feed_epochs(void)
{
    struct engine *engine = new_engine(0, false);

    for (size_t i = 0; i + 1 < epochs_count(); i++) {
        struct epoch_row row = epochs_get(i);
        double span_s = (double)epochs_get(i + 1).time - row.time;

        for (uint32_t k = 0; k < EPOCH_BLOCKS; k++)
            feed(engine, row.height + k, row.bits, (int64_t)(row.time + span_s * k / EPOCH_BLOCKS),
                 ENGINE_NO_ARRIVAL);
    }
    return engine;
}

static bool found(const struct event *events, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(events[i].name, name, strlen(name)) == 0 && events[i].found)
            return true;
    return false;
}

static void epochs(struct methods *methods)
{
    struct event events[EVENTS_MOST];
    size_t count = load_events(events);
    struct engine *engine = feed_epochs();

    printf("epochs since 2016, as 2,016 equal blocks each, through the engine at its defaults | "
           "events known from elsewhere\n");
    for (size_t i = 0; i < engine_change_count(engine); i++) {
        struct engine_change change = engine_change(engine, i);
        struct engine_extent extent = engine_extent(engine, i);
        int64_t onset_s = time_at(engine, extent.extent.onset);
        int64_t alarm_s = time_at(engine, change.alarm);

        if (alarm_s < EPOCHS_FROM_S)
            continue;
        print_change(engine, i);
        print_nearest(events, count, onset_s, alarm_s, change.direction == CHANGE_FALL);
        if (extent.recovered_height != 0) {
            int64_t back_s = time_at(engine, extent.recovered_height);

            print_nearest(events, count, back_s, back_s, change.direction != CHANGE_FALL);
        }
        printf("\n");
    }
    for (size_t i = 0; i < count; i++)
        if (!events[i].found)
            printf("  no change near: %s\n", events[i].name);
    if (count > 0) {
        methods_bar(methods, "events", found(events, count, "China ban"), "China ban of 2021");
        methods_bar(methods, "events", found(events, count, "Winter Storm Fern"),
                    "Winter Storm Fern, 2026");
        methods_bar(methods, "events", found(events, count, "Rebound after Fern"),
                    "the rebound after Fern, as a rise or a recovery");
    }
    engine_free(engine);
}

void methods_history(struct methods *methods)
{
    headers(methods);
    arrivals(methods);
    epochs(methods);
}
