// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * economy: see economy.h.
 */
#include "config.h"

#include "monitor/economy.h"

#include "analysis/builtin.h"
#include "analysis/day.h"
#include "monitor/mem.h"
#include "monitor/net/clock.h"
#include "monitor/store/datadir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000

/* ---- Tables -------------------------------------------------------------- */

static void complain(char message[ECONOMY_MESSAGE_SIZE], const char *name, unsigned line,
                     const char *text)
{
    if (line > 0)
        snprintf(message, ECONOMY_MESSAGE_SIZE, "%.4096s:%u: %s", name, line, text);
    else
        snprintf(message, ECONOMY_MESSAGE_SIZE, "%.4096s: %s", name, text);
}

/* A table's text. It is never fetched. */
static bool open_table(struct tablefile *out, char origin[ECONOMY_ORIGIN_SIZE],
                       enum builtin_table table, const struct settings *settings,
                       char message[ECONOMY_MESSAGE_SIZE])
{
    static const struct tablefile_place nowhere = {.proxy = ""};

    if (!tablefile_read(out, message, table, &settings->tables[table], &nowhere))
        return false;
    snprintf(origin, ECONOMY_ORIGIN_SIZE, "%.*s", ECONOMY_ORIGIN_SIZE - 1, out->origin);
    return true;
}

static bool load_economics(struct economy *out, const struct settings *settings,
                           char message[ECONOMY_MESSAGE_SIZE])
{
    struct economics_fault fault;
    struct tablefile file;
    bool good = false;

    if (!open_table(&file, out->economics_origin, BUILTIN_ECONOMICS, settings, message))
        return false;
    good = economics_read(&out->economics, &fault, file.text, file.len);
    if (!good)
        complain(message, file.name, fault.line, fault.text);
    tablefile_free(&file);
    return good;
}

/* A table of one's own may still have the row that the table of efficiency took over. */
static void say_retired(const struct economy *economy, const struct settings *settings,
                        tablefile_say_fn say, void *context)
{
    char line[TABLEFILE_LINE_SIZE];

    if (say == NULL || economy->economics.fleet_line == 0)
        return;
    snprintf(line, sizeof line,
             "note: %.4000s:%u: fleet.j_per_th is passed over: rows of the kind network with an sd "
             "in the table of efficiency (efficiency.file) have taken its place",
             settings->tables[BUILTIN_ECONOMICS].file, economy->economics.fleet_line);
    say(context, line);
}

static bool load_fleet(struct economy *out, const struct settings *settings,
                       char message[ECONOMY_MESSAGE_SIZE], tablefile_say_fn say, void *context)
{
    if (!efficiencyfile_load(&out->efficiency, message, settings, say, context))
        return false;
    say_retired(out, settings, say, context);
    if (economics_set_fleet(&out->economics, &out->efficiency.table))
        return true;
    snprintf(message, ECONOMY_MESSAGE_SIZE, "out of memory");
    return false;
}

/* A day begins earlier elsewhere, and clocks are off; a price of next year is a mistake. */
static int64_t latest_time(void)
{
    return clock_wall_ms(NULL) / MS_PER_S + DAY_S;
}

bool economy_days_come(char message[ECONOMY_MESSAGE_SIZE], const char *name,
                       const struct price_table *table)
{
    int64_t last = table->points[table->count - 1].time;
    char day[DAY_TEXT_SIZE];

    if (last <= latest_time())
        return true;
    day_text(day, (int32_t)(last / DAY_S));
    snprintf(message, ECONOMY_MESSAGE_SIZE, "%.4096s: date: %s has not come yet", name, day);
    return false;
}

static bool load_prices(struct price_table *table, struct economy *out,
                        const struct settings *settings, char message[ECONOMY_MESSAGE_SIZE])
{
    struct price_table_fault fault;
    struct tablefile file;
    bool good = false;

    if (!open_table(&file, out->price_origin, BUILTIN_PRICES, settings, message))
        return false;
    good = price_table_read(table, &fault, file.text, file.len);
    if (!good)
        complain(message, file.name, fault.line, fault.text);
    else if (settings->tables[BUILTIN_PRICES].file[0] != '\0')
        good = economy_days_come(message, file.name, table);
    tablefile_free(&file);
    return good;
}

/* ---- The market's store -------------------------------------------------- */

struct market_store *economy_open_market(const struct settings *settings, bool read_only,
                                         bool *missing, char message[ECONOMY_MESSAGE_SIZE])
{
    char path[DATADIR_PATH_SIZE];

    if (missing != NULL)
        *missing = false;
    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_MARKET)) {
        snprintf(message, ECONOMY_MESSAGE_SIZE, "the data directory's name is too long: %s",
                 settings->datadir);
        return NULL;
    }
    return market_store_open(path, read_only, missing, message, ECONOMY_MESSAGE_SIZE);
}

struct gathered {
    struct price_point *points;
    size_t count, room;
    int64_t latest;
};

static bool gather(void *context, const struct market_day *day)
{
    struct gathered *all = context;

    /* Kept while a clock was ahead: a line from today's price to it would pass for quotes. */
    if (day->point.time > all->latest)
        return true;
    if (all->count == all->room) {
        all->room = all->room == 0 ? 256 : 2 * all->room;
        all->points = mem_resize(all->points, all->room, sizeof *all->points);
    }
    all->points[all->count++] = day->point;
    return true;
}

static bool load_own(struct gathered *own, const struct settings *settings,
                     char message[ECONOMY_MESSAGE_SIZE])
{
    bool missing = false;
    struct market_store *store = economy_open_market(settings, true, &missing, message);
    bool good = false;

    if (store == NULL)
        return missing;
    good = market_store_each_day(store, gather, own);
    if (!good)
        snprintf(message, ECONOMY_MESSAGE_SIZE, "cannot read the prices that were fetched: %s",
                 market_store_error(store));
    market_store_close(store);
    return good;
}

/* Whether a point of the table gives way to what lies in the store. */
static bool gives_way(const struct price_point *point, const struct gathered *own, size_t next)
{
    int64_t day = point->time / DAY_S;

    if (own->count == 0)
        return false;
    if (point->reconstructed && point->time >= own->points[0].time &&
        point->time <= own->points[own->count - 1].time)
        return true;
    return (next < own->count && own->points[next].time / DAY_S == day) ||
           (next > 0 && own->points[next - 1].time / DAY_S == day);
}

/* Both in order of time. */
static void merge(struct economy *out, const struct price_table *table, const struct gathered *own)
{
    size_t next = 0;

    out->points = mem_zeroed(table->count + own->count, sizeof *out->points);
    for (size_t i = 0; i < table->count; i++) {
        while (next < own->count && own->points[next].time < table->points[i].time)
            out->points[out->count++] = own->points[next++];
        if (!gives_way(&table->points[i], own, next))
            out->points[out->count++] = table->points[i];
    }
    while (next < own->count)
        out->points[out->count++] = own->points[next++];
    out->own = own->count;
    for (size_t i = out->count; i > 0 && out->last_quoted == 0; i--) {
        if (!out->points[i - 1].reconstructed)
            out->last_quoted = out->points[i - 1].time;
    }
}

bool economy_load(struct economy *out, const struct settings *settings,
                  char message[ECONOMY_MESSAGE_SIZE], tablefile_say_fn say, void *context)
{
    struct price_table table = {0};
    struct gathered own = {.latest = latest_time()};
    bool good = false;

    *out = (struct economy){0};
    good = load_economics(out, settings, message) &&
           load_fleet(out, settings, message, say, context) &&
           load_prices(&table, out, settings, message) && load_own(&own, settings, message);
    if (good)
        merge(out, &table, &own);
    else
        economy_free(out);
    price_table_free(&table);
    free(own.points);
    return good;
}

void economy_free(struct economy *economy)
{
    economics_free(&economy->economics);
    efficiencyfile_free(&economy->efficiency);
    free(economy->points);
    *economy = (struct economy){0};
}

struct price_series economy_series(const struct economy *economy)
{
    return (struct price_series){economy->points, economy->count};
}

size_t economy_sources(struct market_source out[MARKET_SOURCES_MAX],
                       const struct settings *settings)
{
    const char *why = NULL;
    size_t count = 0;
    const struct market_source *builtin = market_sources_builtin(&count);

    if (settings->price_sources.count == 0) {
        memcpy(out, builtin, count * sizeof *out);
        return count;
    }
    for (count = 0; count < settings->price_sources.count && count < MARKET_SOURCES_MAX; count++)
        (void)market_source_parse(&out[count], &why, settings->price_sources.items[count]);
    return count;
}
