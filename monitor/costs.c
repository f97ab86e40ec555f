// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * costs: see costs.h.
 */
#include "config.h"

#include "monitor/costs.h"

#include "analysis/hashprice.h"
#include "monitor/help.h"
#include "monitor/screen.h"
#include "monitor/text.h"

#include <math.h>
#include <stdlib.h>

/** Lines of a list for people; --json has them all. */
#define LINES_MAX 12
#define NAME_WIDTH 26

/* ---- Reading ------------------------------------------------------------- */

static bool load_one(struct series *out, char message[TABLEFILE_MESSAGE_SIZE],
                     enum series_kind kind, const struct settings *settings, tablefile_say_fn say,
                     void *context)
{
    static const struct tablefile_place nowhere = {.proxy = ""};
    enum builtin_table table = kind == SERIES_POWER ? BUILTIN_POWER : BUILTIN_MACHINES;
    struct tablefile_teller teller = {.say = say, .context = context};
    struct tablefile file;
    enum series_result result = SERIES_READ;

    if (!tablefile_read(&file, message, table, &settings->tables[table], &nowhere))
        return false;
    teller.name = file.name;
    result = series_parse(out, kind, file.text, file.len, tablefile_tell, &teller);
    file.text = NULL;
    if (result == SERIES_NO_MEMORY)
        abort(); /* as mem_*() does when memory is short */
    if (result == SERIES_REFUSED)
        snprintf(message, TABLEFILE_MESSAGE_SIZE,
                 "%.4000s: %zu %s: it cannot be used as a table of %s", file.name, teller.faults,
                 teller.faults == 1 ? "fault" : "faults",
                 kind == SERIES_POWER ? "power prices" : "used machines");
    tablefile_free(&file);
    return result == SERIES_READ;
}

bool costs_load(struct costs *out, char message[TABLEFILE_MESSAGE_SIZE],
                const struct settings *settings, tablefile_say_fn say, void *context)
{
    *out = (struct costs){.power = {.count = 0}};
    if (load_one(&out->power, message, SERIES_POWER, settings, say, context) &&
        load_one(&out->machines, message, SERIES_MACHINES, settings, say, context))
        return true;
    costs_free(out);
    return false;
}

void costs_free(struct costs *costs)
{
    series_free(&costs->power);
    series_free(&costs->machines);
}

/* ---- What a price comes to ----------------------------------------------- */

/* Where power costs less than nothing every machine earns it, and none just so. */
static bool breakeven(double *j_th, const struct series_row *row, const struct costs_scene *scene)
{
    if (row->value <= 0.0 || isnan(scene->overhead))
        return false;
    *j_th = hashprice_breakeven_j_th(scene->usd_ph_day, row->value, scene->overhead);
    return true;
}

static bool payback_known(const struct costs_scene *scene)
{
    return !isnan(scene->usd_mwh) && !isnan(scene->overhead);
}

bool costs_payback(double *days, const struct series_row *row, const struct costs_scene *scene)
{
    struct hashprice_machine machine = {.usd_th = row->value,
                                        .j_th = row->j_per_th,
                                        .usd_mwh = scene->usd_mwh,
                                        .overhead = scene->overhead};

    return payback_known(scene) && hashprice_payback_days(days, &machine, scene->usd_ph_day);
}

/* ---- For people ---------------------------------------------------------- */

static void print_quote(FILE *out, const struct series *series, const struct series_quote *quote,
                        const struct costs_scene *scene)
{
    const struct series_row *row = quote->row;
    char name[NAME_WIDTH + 1], comes_to[24] = "not known";
    double number = 0.0;

    screen_plain(name, NAME_WIDTH, row->subject);
    if (!quote->fresh) {
        fprintf(out, "  %-*s old: the last price is of %s\n", NAME_WIDTH, name, row->written);
        return;
    }
    if (series->kind == SERIES_POWER) {
        if (breakeven(&number, row, scene))
            snprintf(comes_to, sizeof comes_to, "%.1f J/TH", number);
        else if (row->value <= 0.0)
            snprintf(comes_to, sizeof comes_to, "any");
        fprintf(out, "  %-*s %-9s %8.2f %12s   %s\n", NAME_WIDTH, name, row->basis, row->value,
                comes_to, row->written);
        return;
    }
    if (costs_payback(&number, row, scene))
        snprintf(comes_to, sizeof comes_to, "%.0f days", number);
    else if (payback_known(scene))
        snprintf(comes_to, sizeof comes_to, "never");
    fprintf(out, "  %-*s %9.1f %8.2f %12s   %s\n", NAME_WIDTH, name, row->j_per_th, row->value,
            comes_to, row->written);
}

static void print_series(FILE *out, const struct series *series, const struct costs_scene *scene)
{
    size_t lines = 0, more = 0;

    for (size_t i = 0; i < series->subjects; i++) {
        struct series_quote quote = series_at(series, i, scene->day);

        if (quote.row == NULL)
            continue;
        if (lines++ < LINES_MAX)
            print_quote(out, series, &quote, scene);
        else
            more++;
    }
    if (more > 0)
        fprintf(out, "  and %zu more: --json\n", more);
}

void costs_print(FILE *out, const struct costs *costs, const struct costs_scene *scene)
{
    char text[320];

    if (costs->power.count > 0) {
        fprintf(out, "%-*s %8s %12s   %s\n", NAME_WIDTH + 12, "Power by region", "USD/MWh",
                "breaks even", "as of");
        print_series(out, &costs->power, scene);
    }
    if (costs->machines.count > 0) {
        fprintf(out, "%-*s %9s %8s %12s   %s\n", NAME_WIDTH + 2, "Used machines", "J/TH", "USD/TH",
                "pays back in", "as of");
        print_series(out, &costs->machines, scene);
    }
    if (costs->machines.count > 0 && payback_known(scene)) {
        snprintf(text, sizeof text,
                 "Pays back: 1000 x USD/TH over what 1 PH/s earns in a day less its power, at this "
                 "hashprice, without rest, at %.4g USD/MWh.",
                 scene->usd_mwh);
        help_paragraph(out, 0, text);
    }
    if (costs->power.count > 0 || costs->machines.count > 0)
        fprintf(out, "These prices are used for %d days, and in no other figure.\n",
                SERIES_AGE_DAYS);
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *quote_json(const struct series_quote *quote)
{
    return json_pack("{s:s, s:I, s:b, s:o, s:o}", "date", quote->row->written, "age_days",
                     (json_int_t)quote->age_days, "fresh", quote->fresh, "source",
                     text_to_json(quote->row->source), "note", text_to_json(quote->row->note));
}

static json_t *number_json(bool known, double value)
{
    return known ? json_real(value) : json_null();
}

static void put_power(json_t *object, const struct series_quote *quote,
                      const struct costs_scene *scene)
{
    double j_th = 0.0;
    bool known = quote->fresh && breakeven(&j_th, quote->row, scene);

    json_object_set_new(object, "region", json_string(quote->row->subject));
    json_object_set_new(object, "usd_mwh", json_real(quote->row->value));
    json_object_set_new(object, "basis",
                        quote->row->basis[0] != '\0' ? json_string(quote->row->basis)
                                                     : json_null());
    json_object_set_new(object, "breakeven_j_th", number_json(known, j_th));
}

static void put_machine(json_t *object, const struct series_quote *quote,
                        const struct costs_scene *scene)
{
    double days = 0.0;
    bool known = quote->fresh && costs_payback(&days, quote->row, scene);

    json_object_set_new(object, "machine", text_to_json(quote->row->subject));
    json_object_set_new(object, "j_per_th", json_real(quote->row->j_per_th));
    json_object_set_new(object, "usd_th", json_real(quote->row->value));
    json_object_set_new(object, "payback_days", number_json(known, days));
}

static json_t *series_json(const struct series *series, const struct costs_scene *scene,
                           void (*put)(json_t *object, const struct series_quote *quote,
                                       const struct costs_scene *scene))
{
    json_t *list = json_array();

    for (size_t i = 0; i < series->subjects; i++) {
        struct series_quote quote = series_at(series, i, scene->day);
        json_t *object = NULL;

        if (quote.row == NULL)
            continue;
        object = quote_json(&quote);
        put(object, &quote, scene);
        json_array_append_new(list, object);
    }
    return list;
}

json_t *costs_power_json(const struct costs *costs, const struct costs_scene *scene)
{
    return series_json(&costs->power, scene, put_power);
}

json_t *costs_machines_json(const struct costs *costs, const struct costs_scene *scene)
{
    return series_json(&costs->machines, scene, put_machine);
}
