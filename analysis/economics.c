// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * economics: see economics.h.
 */
#include "config.h"

#include "analysis/economics.h"

#include "analysis/csv.h"
#include "analysis/day.h"
#include "analysis/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Longest range as text: three numbers. */
#define RANGE_TEXT_SIZE 64
/** So many standard errors to each side make an interval of 90 %. */
#define Z90 1.645

/* clang-format off */
static const struct economics_info registry[ECONOMICS_INPUTS] = {
    [ECONOMICS_FLEET_J_TH] = {"fleet.j_per_th", "J/TH", "the network's machines, mean", 1, 10000},
    [ECONOMICS_FLEET_SPREAD] = {"fleet.spread", "sd of ln", "J/TH between machines", 0.01, 2},
    [ECONOMICS_POWER_USD_MWH] = {"power.usd_mwh", "USD/MWh", "power, delivered", 1, 1000},
    [ECONOMICS_POWER_SPREAD] = {"power.spread", "sd of ln", "power between owners", 0.01, 2},
    [ECONOMICS_MINING_OVERHEAD] = {"mining.overhead", "ratio", "site over machines", 1, 2},
    [ECONOMICS_MINING_UPTIME] = {"mining.uptime", "share", "time at work", 0.01, 1},
    [ECONOMICS_MINING_OPEX] = {"mining.opex_usd_mwh", "USD/MWh", "costs beside power", 0.01, 1000},
    [ECONOMICS_MINING_ASIC_USD_TH] = {"mining.asic_usd_per_th", "USD/TH", "machines", 0.01, 1000},
    [ECONOMICS_MINING_ASIC_LIFE] = {"mining.asic_life_years", "years", "their life", 0.5, 30},
    [ECONOMICS_MINING_CAPEX] = {"mining.capex_musd_mw", "M USD/MW", "a mine's site", 0.001, 100},
    [ECONOMICS_MINING_LIFE] = {"mining.life_years", "years", "its life", 0.5, 60},
    [ECONOMICS_MINING_CAPITAL_COST] = {"mining.capital_cost", "a year", "of capital", 0.001, 1},
    [ECONOMICS_LEASE_REVENUE] = {"lease.musd_mw_it", "M USD/MW IT", "AI rent a year", 0.01, 100},
    [ECONOMICS_LEASE_GROSS_PER_IT] = {"lease.gross_per_it", "ratio", "MW gross per MW IT", 1, 4},
    [ECONOMICS_LEASE_COST_SHARE] = {"lease.cost_share", "share", "operation, of rent", 0.001, 1},
    [ECONOMICS_LEASE_CAPEX] = {"lease.capex_musd_mw_it", "M USD/MW IT", "an AI hall", 0.01, 200},
    [ECONOMICS_LEASE_LIFE] = {"lease.life_years", "years", "its life", 0.5, 60},
    [ECONOMICS_LEASE_CAPITAL_COST] = {"lease.capital_cost", "a year", "of capital", 0.001, 1},
    [ECONOMICS_LEASE_BUILD] = {"lease.build_years", "years", "until rent comes", 0.01, 15},
    [ECONOMICS_GPU_USD_HOUR] = {"gpu.usd_hour", "USD/h", "an H100 rented", 0.01, 1000},
    [ECONOMICS_GPU_PER_MW_IT] = {"gpu.per_mw_it", "GPU/MW IT", "GPUs that fit", 1, 100000},
    [ECONOMICS_GPU_UTILISATION] = {"gpu.utilisation", "share", "hours sold", 0.01, 1},
    [ECONOMICS_GPU_LOAD] = {"gpu.load", "share", "power drawn", 0.01, 1},
    [ECONOMICS_GPU_COST_SHARE] = {"gpu.cost_share", "share", "operation, of revenue", 0.001, 1},
    [ECONOMICS_GPU_CAPEX] = {"gpu.capex_usd", "USD/GPU", "with server, network", 1, 1000000},
    [ECONOMICS_GPU_LIFE] = {"gpu.life_years", "years", "its life", 0.5, 30},
    [ECONOMICS_GPU_CAPITAL_COST] = {"gpu.capital_cost", "a year", "of capital", 0.001, 1},
};
/* clang-format on */

const struct economics_info *economics_info(enum economics_input input)
{
    assert((unsigned)input < ECONOMICS_INPUTS);
    return &registry[input];
}

enum economics_input economics_find(const char *name)
{
    for (unsigned i = 0; i < ECONOMICS_INPUTS; i++) {
        if (strcmp(registry[i].name, name) == 0)
            return (enum economics_input)i;
    }
    return ECONOMICS_INPUTS;
}

/* ---- Reading ------------------------------------------------------------- */

enum column { INPUT, REGION, DATE, LOW, CENTRAL, HIGH, SOURCE, CONFIDENCE, NOTE, COLUMNS };
static const char *const names[COLUMNS] = {"input", "region", "date",       "low", "central",
                                           "high",  "source", "confidence", "note"};

struct reader {
    struct economics *out;
    struct economics_fault *fault;
    struct csv csv;
    struct csv_record record;
    size_t places[COLUMNS];
};

static bool complain(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Always false. */
static bool complain(struct reader *reader, const char *format, ...)
{
    va_list arguments;

    reader->fault->line = reader->record.line;
    va_start(arguments, format);
    vsnprintf(reader->fault->text, sizeof reader->fault->text, format, arguments);
    va_end(arguments);
    return false;
}

static const char *field(const struct reader *reader, enum column column)
{
    size_t place = reader->places[column];

    return place < reader->record.count ? reader->record.fields[place] : "";
}

/* The header line. */
static bool find_columns(struct reader *reader)
{
    const char *why = NULL;

    switch (csv_next(&reader->csv, &reader->record, &why)) {
    case CSV_BAD:
        return complain(reader, "%s", why);
    case CSV_END:
        return complain(reader, "the table is empty");
    case CSV_RECORD:
        break;
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        reader->places[i] = csv_find(&reader->record, names[i]);
        if (reader->places[i] == CSV_NOWHERE && i != NOTE)
            return complain(reader, "there is no column %s", names[i]);
    }
    return true;
}

static bool read_number(struct reader *reader, double *out, enum column column,
                        const struct economics_info *info)
{
    if (!decimal_parse(out, field(reader, column)) || !(*out >= info->least && *out <= info->most))
        return complain(reader, "%s of %s: expected a number from %g to %g", names[column],
                        info->name, info->least, info->most);
    return true;
}

static bool read_region(struct reader *reader, struct economics_row *row)
{
    const char *region = field(reader, REGION);

    if (strlen(region) >= sizeof row->region ||
        region[strspn(region, "abcdefghijklmnopqrstuvwxyz-")] != '\0')
        return complain(reader, "region: expected lower-case letters and '-', less than %d",
                        ECONOMICS_REGION_SIZE);
    memcpy(row->region, region, strlen(region) + 1);
    return true;
}

static bool read_date(struct reader *reader, struct economics_row *row)
{
    const char *date = field(reader, DATE);
    struct day day = {0};

    if (date[0] == '\0')
        return true;
    if (!day_parse(&day, date))
        return complain(reader, "date: expected a date or a decimal year");
    row->dated = true;
    row->year = day_year(&day);
    return true;
}

static bool read_words(struct reader *reader, struct economics_row *row)
{
    row->source = field(reader, SOURCE);
    row->confidence = field(reader, CONFIDENCE);
    row->note = field(reader, NOTE);
    if (row->source[0] == '\0')
        return complain(reader, "source of %s: there is none", field(reader, INPUT));
    if (strcmp(row->confidence, "seen") != 0 && strcmp(row->confidence, "memory") != 0 &&
        strcmp(row->confidence, "judgement") != 0)
        return complain(reader, "confidence: expected seen, memory or judgement");
    return true;
}

/* Rows of an input and region are one without a date, or dated ones in order. */
static bool fits_others(struct reader *reader, const struct economics_row *row)
{
    for (size_t i = 0; i < reader->out->count; i++) {
        const struct economics_row *other = &reader->out->rows[i];

        if (other->input != row->input || strcmp(other->region, row->region) != 0)
            continue;
        if (!other->dated || !row->dated)
            return complain(reader, "%s: there is a row without a date, and another",
                            registry[row->input].name);
        if (other->year >= row->year)
            return complain(reader, "date of %s: expected one after the row's before it",
                            registry[row->input].name);
    }
    return true;
}

static bool read_row(struct reader *reader)
{
    struct economics_row row = {.input = economics_find(field(reader, INPUT))};

    if (row.input == ECONOMICS_INPUTS)
        return complain(reader, "input: there is no '%.60s'", field(reader, INPUT));
    if (!read_region(reader, &row) || !read_date(reader, &row) ||
        !read_number(reader, &row.range.low, LOW, &registry[row.input]) ||
        !read_number(reader, &row.range.central, CENTRAL, &registry[row.input]) ||
        !read_number(reader, &row.range.high, HIGH, &registry[row.input]) ||
        !read_words(reader, &row) || !fits_others(reader, &row))
        return false;
    if (row.range.low > row.range.central || row.range.central > row.range.high)
        return complain(reader, "range of %s: expected low <= central <= high",
                        registry[row.input].name);
    if (reader->out->count == ECONOMICS_ROWS_MAX)
        return complain(reader, "there are more than %d rows", ECONOMICS_ROWS_MAX);
    if (row.input == ECONOMICS_FLEET_J_TH && reader->out->fleet_line == 0)
        reader->out->fleet_line = reader->record.line;
    reader->out->rows[reader->out->count++] = row;
    return true;
}

static bool read_rows(struct reader *reader)
{
    const char *why = NULL;

    for (;;) {
        switch (csv_next(&reader->csv, &reader->record, &why)) {
        case CSV_END:
            return true;
        case CSV_BAD:
            return complain(reader, "%s", why);
        case CSV_RECORD:
            if (!read_row(reader))
                return false;
        }
    }
}

bool economics_read(struct economics *out, struct economics_fault *fault, const char *text,
                    size_t len)
{
    struct reader reader = {.out = out, .fault = fault};
    bool good = false;

    *out = (struct economics){0};
    *fault = (struct economics_fault){0};
    if (len > ECONOMICS_SIZE_MAX)
        return complain(&reader, "it has more than %zu bytes", ECONOMICS_SIZE_MAX);
    out->text = malloc(len + 1);
    out->rows = calloc(ECONOMICS_ROWS_MAX, sizeof *out->rows);
    if (out->text == NULL || out->rows == NULL) {
        complain(&reader, "out of memory");
    } else {
        memcpy(out->text, text, len);
        out->text[len] = '\0';
        good = csv_begin(&reader.csv, out->text, len, true)
                   ? find_columns(&reader) && read_rows(&reader)
                   : complain(&reader, "there is a NUL in it: it is no text");
    }
    if (!good)
        economics_free(out);
    return good;
}

/* ---- The fleet ----------------------------------------------------------- */

static double within(double value, const struct economics_info *info)
{
    return fmin(fmax(value, info->least), info->most);
}

static struct economics_row fleet_row(const struct efficiency_row *row)
{
    const struct economics_info *info = &registry[ECONOMICS_FLEET_J_TH];
    double factor = exp(Z90 * row->sd);
    struct economics_row out = {.input = ECONOMICS_FLEET_J_TH,
                                .dated = true,
                                .year = day_year(&row->date),
                                .source = row->source,
                                .confidence = row->confidence,
                                .note = row->note};

    out.range = (struct economics_range){within(row->j_per_th / factor, info), row->j_per_th,
                                         within(row->j_per_th * factor, info)};
    if (out.source[0] == '\0')
        out.source = out.note[0] != '\0' ? out.note : "table of efficiency";
    return out;
}

/* Among rows of the fleet from `first` on, which are in order of time. */
static void insert_row(struct economics *economics, size_t first, const struct economics_row *row)
{
    size_t at = economics->count;

    while (at > first && economics->rows[at - 1].year > row->year)
        at--;
    if (at > first && economics->rows[at - 1].year >= row->year) {
        economics->rows[at - 1] = *row;
        return;
    }
    memmove(&economics->rows[at + 1], &economics->rows[at],
            (economics->count - at) * sizeof *economics->rows);
    economics->rows[at] = *row;
    economics->count++;
}

static void remove_fleet(struct economics *economics)
{
    size_t kept = 0;

    for (size_t i = 0; i < economics->count; i++) {
        if (economics->rows[i].input != ECONOMICS_FLEET_J_TH)
            economics->rows[kept++] = economics->rows[i];
    }
    economics->count = kept;
}

bool economics_set_fleet(struct economics *economics, const struct efficiency *table)
{
    struct economics_row *rows =
        realloc(economics->rows, (economics->count + table->count + 1) * sizeof *rows);
    size_t first = 0;

    if (rows == NULL)
        return false;
    economics->rows = rows;
    remove_fleet(economics);
    first = economics->count;
    for (size_t i = 0; i < table->count; i++) {
        struct economics_row row;

        if (table->rows[i].kind != EFFICIENCY_NETWORK || table->rows[i].sd < 0.0)
            continue;
        row = fleet_row(&table->rows[i]);
        insert_row(economics, first, &row);
    }
    return true;
}

void economics_free(struct economics *economics)
{
    free(economics->rows);
    free(economics->text);
    *economics = (struct economics){0};
}

/* ---- Asking -------------------------------------------------------------- */

bool economics_knows_region(const struct economics *economics, const char *region)
{
    for (size_t i = 0; i < economics->count; i++) {
        if (strcmp(economics->rows[i].region, region) == 0)
            return true;
    }
    return region[0] == '\0';
}

static double between(double from, double to, double share)
{
    return exp(log(from) + (log(to) - log(from)) * share);
}

/* Among rows of exactly this region. */
static bool range_at(struct economics_range *out, const struct economics_row **row, bool *any,
                     const struct economics *economics, enum economics_input input,
                     const char *region, double year)
{
    const struct economics_row *before = NULL;
    const struct economics_row *behind = NULL;
    double share = 0.0;

    for (size_t i = 0; i < economics->count && behind == NULL; i++) {
        const struct economics_row *here = &economics->rows[i];

        if (here->input != input || strcmp(here->region, region) != 0)
            continue;
        *any = true;
        if (!here->dated || here->year <= year)
            before = here;
        else
            behind = here;
    }
    if (before == NULL)
        return false;
    *out = before->range;
    *row = before;
    if (behind == NULL)
        return true;
    share = (year - before->year) / (behind->year - before->year);
    out->low = between(before->range.low, behind->range.low, share);
    out->central = between(before->range.central, behind->range.central, share);
    out->high = between(before->range.high, behind->range.high, share);
    *row = behind;
    return true;
}

bool economics_at(struct economics_range *out, const struct economics_row **row,
                  const struct economics *economics, enum economics_input input, const char *region,
                  double year)
{
    const struct economics_row *found = NULL;
    bool any = false;
    bool known = range_at(out, &found, &any, economics, input, region, year) ||
                 (!any && range_at(out, &found, &any, economics, input, "", year));

    if (row != NULL)
        *row = known ? found : NULL;
    return known;
}

bool economics_parse_range(struct economics_range *out, enum economics_input input,
                           const char *text)
{
    const struct economics_info *info = economics_info(input);
    char copy[RANGE_TEXT_SIZE];
    double values[3];
    size_t count = 0;
    char *at = copy;

    if (strlen(text) >= sizeof copy)
        return false;
    memcpy(copy, text, strlen(text) + 1);
    while (at != NULL) {
        char *colon = strchr(at, ':');

        if (colon != NULL)
            *colon++ = '\0';
        if (count == 3 || !decimal_parse(&values[count], at) ||
            !(values[count] >= info->least && values[count] <= info->most))
            return false;
        count++;
        at = colon;
    }
    if (count == 2 || (count == 3 && (values[0] > values[1] || values[1] > values[2])))
        return false;
    *out = count == 1 ? (struct economics_range){values[0], values[0], values[0]}
                      : (struct economics_range){values[0], values[1], values[2]};
    return true;
}
