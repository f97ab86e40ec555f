// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_incentive: what a megawatt earns with mining and with AI, as a CFO reads it.
 */
#include "config.h"

#include "analysis/day.h"
#include "monitor/command.h"
#include "monitor/costs.h"
#include "monitor/help.h"
#include "monitor/income.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"
#include "monitor/net/clock.h"
#include "monitor/screen.h"
#include "monitor/snapshot.h"
#include "monitor/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000
#define MILLION 1e6
/** Same figures for everybody. */
#define SEED 1
/** History: from when the built-in table knows the fleet's efficiency. */
#define HISTORY_FROM 2016.5
/** Digits of a figure in JSON. */
#define DIGITS 7
/** Of an input's line: columns for its source. */
#define SOURCE_WIDTH 29

struct request {
    const struct command_call *call;
    struct incentive_setting settings[ECONOMICS_INPUTS];
    struct incentive_options options;
};

struct scene {
    struct economy economy;
    struct costs costs;
    struct headerfile *file; /* NULL: there is no store */
    struct income_epoch *epochs;
    size_t count;
    int64_t now;
    struct income income;
    struct incentive incentive;
};

/* ---- What is asked for --------------------------------------------------- */

/* "INPUT=RANGE". */
static bool read_setting(struct request *request, const char *text)
{
    const char *equals = strchr(text, '=');
    char name[64];
    struct incentive_setting *setting = NULL;
    enum economics_input input = ECONOMICS_INPUTS;
    const struct economics_info *info = NULL;
    struct economics_range range;

    snprintf(name, sizeof name, "%.*s", equals != NULL ? (int)(equals - text) : 0, text);
    input = economics_find(name);
    if (equals == NULL || (size_t)(equals - text) >= sizeof name || input == ECONOMICS_INPUTS) {
        command_error("--set=%s: expected INPUT=VALUE or INPUT=LOW:CENTRAL:HIGH, with an input of "
                      "'hashtide incentive'",
                      text);
        return false;
    }
    info = economics_info(input);
    if (!economics_parse_range(&range, input, equals + 1)) {
        command_error("--set=%s: expected a number from %g to %g, or three that rise, as in "
                      "10:20:30",
                      text, info->least, info->most);
        return false;
    }
    for (size_t i = 0; i < request->options.setting_count; i++) {
        if (request->settings[i].input == input)
            setting = &request->settings[i];
    }
    if (setting == NULL)
        setting = &request->settings[request->options.setting_count++];
    *setting = (struct incentive_setting){input, range};
    return true;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *region = command_value(call, "region");

    *request = (struct request){.call = call};
    request->options = (struct incentive_options){.region = region != NULL ? region : "",
                                                  .settings = request->settings,
                                                  .seed = SEED,
                                                  .draws = INCENTIVE_DRAWS};
    if (call->argument_count > 0) {
        command_error("'incentive' takes no arguments, but there is '%s'", call->arguments[0]);
        return false;
    }
    if (call->settings->params->network != NETWORK_MAIN) {
        command_error("only the main network's coins have a price");
        return false;
    }
    for (size_t i = 0; i < call->value_count; i++) {
        if (strcmp(call->values[i].name, "set") == 0 &&
            !read_setting(request, call->values[i].value))
            return false;
    }
    return true;
}

/* ---- What there is ------------------------------------------------------- */

static bool region_known(const struct scene *scene, const char *region)
{
    char list[512] = "";
    size_t len = 0;

    if (economics_knows_region(&scene->economy.economics, region))
        return true;
    for (size_t i = 0; i < scene->economy.economics.count; i++) {
        const char *name = scene->economy.economics.rows[i].region;

        if (name[0] != '\0' && strstr(list, name) == NULL && len < sizeof list)
            len +=
                (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "", name);
    }
    command_error("--region=%s: there are %s", region, list);
    return false;
}

static bool set_scene(struct scene *scene, struct request *request)
{
    const struct settings *settings = request->call->settings;
    char message[ECONOMY_MESSAGE_SIZE];
    const struct income_epoch *last = NULL;

    scene->now = clock_wall_ms(NULL) / MS_PER_S;
    if (!economy_load(&scene->economy, settings, message, ledgerfile_say, NULL) ||
        !costs_load(&scene->costs, message, settings, ledgerfile_say, NULL)) {
        command_error("%s", message);
        return false;
    }
    if (!snapshot_open_if_any(&scene->file, settings)) /* difficulty beyond the built-in table */
        return false;
    scene->epochs =
        income_epochs(&scene->count, scene->file != NULL ? headerfile_tree(scene->file) : NULL);
    last = &scene->epochs[scene->count - 1];
    scene->income = income_at(&scene->economy, last, scene->now);
    if (!scene->income.known) {
        command_error("the price is not known: its table begins later than now");
        return false;
    }
    request->options.year = income_year(scene->now);
    request->options.usd_ph_day = scene->income.usd_ph_day;
    request->options.log_sd = scene->income.log_sd;
    return true;
}

static void leave_scene(struct scene *scene)
{
    free(scene->epochs);
    headerfile_close(scene->file);
    costs_free(&scene->costs);
    economy_free(&scene->economy);
}

/* An input's most likely value; NaN where it is not known. */
static double central(const struct scene *scene, const struct request *request,
                      enum economics_input input)
{
    struct economics_range range;

    return incentive_range(&range, NULL, &scene->economy.economics, &request->options, input)
               ? range.central
               : (double)NAN;
}

static struct costs_scene costs_scene(const struct scene *scene, const struct request *request)
{
    return (struct costs_scene){
        .day = (int32_t)(scene->now / DAY_S),
        .usd_ph_day = scene->income.usd_ph_day,
        .usd_mwh = central(scene, request, ECONOMICS_POWER_USD_MWH),
        .overhead = central(scene, request, ECONOMICS_MINING_OVERHEAD),
    };
}

/* ---- For people ---------------------------------------------------------- */

static const char *const business_titles[] = {"mining", "AI lease", "GPU cloud"};
static const char *const reading_titles[] = {"revenue", "after power", "running", "all in"};

/* "1.30 [1.03, 1.54]", in millions. */
/* As printed with two digits, and 0 without a sign. */
static double millions(double usd)
{
    double value = usd / MILLION;

    return fabs(value) < 0.005 ? 0 : value;
}

static void write_figure(char out[24], const struct incentive_figure *figure)
{
    if (!figure->known)
        snprintf(out, 24, "not known");
    else
        snprintf(out, 24, "%.2f [%.2f, %.2f]", millions(figure->median), millions(figure->low),
                 millions(figure->high));
}

static void print_table(const struct incentive *incentive)
{
    printf("%-18s %19s %19s %19s\n", "M USD/MW and year", business_titles[0], business_titles[1],
           business_titles[2]);
    for (size_t reading = 0; reading < INCENTIVE_READINGS; reading++) {
        printf("%-18s", reading_titles[reading]);
        for (size_t business = 0; business < INCENTIVE_BUSINESSES; business++) {
            char text[24];

            write_figure(text, &incentive->usd_mw_year[business][reading]);
            printf(" %19s", text);
        }
        putchar('\n');
    }
    printf("Running: less the other costs of operation too. All in: less a yearly charge for\n"
           "the capital of what has to be built or bought. A lease's tenant pays the power.\n");
}

static void print_headline(const struct scene *scene, const struct request *request)
{
    const struct incentive *incentive = &scene->incentive;
    char text[512];

    if (incentive->ratio.known)
        snprintf(text, sizeof text,
                 "A lease for AI pays %.1f times [%.1f, %.1f] the revenue that mining pays on the "
                 "same megawatt%s%s. All costs counted, it earns more in %.0f %% of draws than a "
                 "mine whose machines are paid for, and in %.0f %% than a new mine.",
                 incentive->ratio.median, incentive->ratio.low, incentive->ratio.high,
                 request->options.region[0] != '\0' ? " in " : "", request->options.region,
                 100.0 * incentive->convert_paid.median, 100.0 * incentive->convert_new.median);
    else
        snprintf(text, sizeof text,
                 "What a lease for AI pays against mining is not known: see "
                 "the inputs.");
    help_paragraph(stdout, 0, text);
}

static void print_price(const struct scene *scene)
{
    const struct income *income = &scene->income;
    const struct income_epoch *last = &scene->epochs[scene->count - 1];
    const struct price_point *point = &scene->economy.points[scene->economy.count - 1];
    char begun[DAY_TEXT_SIZE], known[DAY_TEXT_SIZE], text[512];

    day_text(begun, (int32_t)(last->time / DAY_S));
    day_text(known, (int32_t)(point->time / DAY_S));
    snprintf(text, sizeof text,
             "Hashprice %.2f USD per PH/s and day, subsidy alone: fees are not counted. Price "
             "%.0f USD, %s%s%s; difficulty %.2f T since %s%s.",
             income->usd_ph_day, income->price_usd,
             income->reconstructed > 0.0 ? "reconstructed from the hashprice" : "quoted",
             income->held > 0.0 ? ", held since " : "", income->held > 0.0 ? known : "",
             last->difficulty / 1e12, begun,
             scene->file == NULL ? " (built-in table: there is no store)" : "");
    help_paragraph(stdout, 0, text);
    if (scene->now - point->time > ECONOMY_OLD_S) {
        snprintf(text, sizeof text,
                 "The last price is %.0f days old. What it may have done since widens every "
                 "interval with mining in it; 'hashtide market fetch' asks for a new one.",
                 (double)(scene->now - point->time) / DAY_S);
        help_paragraph(stdout, 0, text);
    }
}

static void print_fleet(const struct incentive *incentive)
{
    if (incentive->breakeven_j_th.known)
        printf("Machines above %.1f J/TH [%.1f, %.1f] do not earn the price of power.\n",
               incentive->breakeven_j_th.median, incentive->breakeven_j_th.low,
               incentive->breakeven_j_th.high);
    if (incentive->underwater.known)
        printf("Of the fleet's hash rate %.0f %% [%.0f, %.0f] is under water.\n",
               100.0 * incentive->underwater.median, 100.0 * incentive->underwater.low,
               100.0 * incentive->underwater.high);
}

static void print_input(const struct scene *scene, const struct request *request,
                        enum economics_input input)
{
    const struct economics_info *info = economics_info(input);
    const struct economics_row *row = NULL;
    struct economics_range range;
    char numbers[40] = "not known", source[SOURCE_WIDTH + 1] = "";

    if (incentive_range(&range, &row, &scene->economy.economics, &request->options, input))
        snprintf(numbers, sizeof numbers,
                 range.high < 1000 ? "%.4g..%.4g..%.4g" : "%.0f..%.0f..%.0f", range.low,
                 range.central, range.high);
    screen_plain(source, SOURCE_WIDTH, row != NULL ? row->source : "set");
    printf("  %-23s %-22s %.1s %s\n", info->name, numbers, row != NULL ? row->confidence : "-",
           source);
}

static void print_inputs(const struct scene *scene, const struct request *request)
{
    printf("\nInputs: low..likely..high, triangular, independent; intervals hold 90 %% of\n"
           "%zu draws. s: a source was seen, m: memory, j: judgement. All of it: --json.\n",
           request->options.draws);
    for (size_t i = 0; i < ECONOMICS_INPUTS; i++)
        print_input(scene, request, (enum economics_input)i);
}

static void print_costs(const struct scene *scene, const struct request *request)
{
    struct costs_scene costs = costs_scene(scene, request);

    if (scene->costs.power.count > 0 || scene->costs.machines.count > 0)
        putchar('\n');
    costs_print(stdout, &scene->costs, &costs);
}

static void print_people(const struct scene *scene, const struct request *request)
{
    print_headline(scene, request);
    putchar('\n');
    print_table(&scene->incentive);
    putchar('\n');
    print_price(scene);
    print_fleet(&scene->incentive);
    print_costs(scene, request);
    print_inputs(scene, request);
}

/* ---- History ------------------------------------------------------------- */

/* The first epoch that begins in each year, and those with a halving. */
static bool in_history(const struct scene *scene, size_t i, bool *halving)
{
    const struct income_epoch *epoch = &scene->epochs[i];
    double year = income_year(epoch->time);

    *halving = i > 0 && epoch->first_height / 210000 !=
                            (epoch->first_height + PARAMS_RETARGET_BLOCKS - 1) / 210000;
    return year >= HISTORY_FROM && (*halving || i + 1 == scene->count ||
                                    floor(year) > floor(income_year(scene->epochs[i - 1].time)));
}

static bool compute_epoch(struct incentive *out, struct income *income, const struct scene *scene,
                          const struct request *request, size_t i)
{
    struct incentive_options options = request->options;

    *income = income_of(&scene->economy, &scene->epochs[i], scene->now);
    if (!income->known)
        return true;
    options.year = income_year(scene->epochs[i].time);
    options.usd_ph_day = income->usd_ph_day;
    options.log_sd = income->log_sd;
    return incentive_compute(out, &scene->economy.economics, &options);
}

static void print_epoch(const struct income_epoch *epoch, const struct income *income,
                        const struct incentive *incentive, bool halving)
{
    char date[DAY_TEXT_SIZE], mining[24], after[24], lease[16] = "", ratio[16] = "";
    const struct incentive_figure *rent =
        &incentive->usd_mw_year[INCENTIVE_LEASE][INCENTIVE_REVENUE];

    day_text(date, (int32_t)(epoch->time / DAY_S));
    write_figure(mining, &incentive->usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE]);
    write_figure(after, &incentive->usd_mw_year[INCENTIVE_MINING][INCENTIVE_AFTER_POWER]);
    if (rent->known)
        snprintf(lease, sizeof lease, "%.2f", rent->median / MILLION);
    if (incentive->ratio.known)
        snprintf(ratio, sizeof ratio, "%.1f", incentive->ratio.median);
    printf("%s%c %8.2f%c %18s %18s %9s %6s\n", date, halving ? '*' : ' ', income->usd_ph_day,
           income_basis(income)[0] == 'q' ? ' ' : income_basis(income)[0], mining, after, lease,
           ratio);
}

static bool print_history(const struct scene *scene, const struct request *request)
{
    printf("M USD per MW and year, in each year's first epoch, those with a halving (*) and\n"
           "the last; hashprice in USD per PH/s and day, no fees (r: the price is\n"
           "reconstructed, h: held).\n"
           "%-11s %8s  %18s %18s %9s %6s\n",
           "", "hashp.", "mining", "after power", "AI lease", "ratio");
    for (size_t i = 0; i < scene->count; i++) {
        struct incentive incentive = {0};
        struct income income;
        bool halving = false;

        if (!in_history(scene, i, &halving))
            continue;
        if (!compute_epoch(&incentive, &income, scene, request, i)) {
            command_error("out of memory");
            return false;
        }
        if (income.known)
            print_epoch(&scene->epochs[i], &income, &incentive, halving);
    }
    return true;
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *figure_json(const struct incentive_figure *figure)
{
    if (!figure->known)
        return json_null();
    return json_pack("{s:f, s:f, s:f}", "median", figure->median, "low", figure->low, "high",
                     figure->high);
}

static json_t *share_json(const struct incentive_figure *figure)
{
    return figure->known ? json_real(figure->median) : json_null();
}

static json_t *table_json(const struct incentive *incentive)
{
    json_t *table = json_object();

    for (size_t business = 0; business < INCENTIVE_BUSINESSES; business++) {
        json_t *readings = json_object();

        for (size_t reading = 0; reading < INCENTIVE_READINGS; reading++)
            json_object_set_new(readings, incentive_reading_name((enum incentive_reading)reading),
                                figure_json(&incentive->usd_mw_year[business][reading]));
        json_object_set_new(table, incentive_business_name((enum incentive_business)business),
                            readings);
    }
    return table;
}

static json_t *inputs_json(const struct scene *scene, const struct request *request)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ECONOMICS_INPUTS; i++) {
        const struct economics_info *info = economics_info((enum economics_input)i);
        const struct economics_row *row = NULL;
        struct economics_range range = {0};
        bool known = incentive_range(&range, &row, &scene->economy.economics, &request->options,
                                     (enum economics_input)i);
        json_t *values =
            known ? json_pack("[f, f, f]", range.low, range.central, range.high) : json_null();

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "input", info->name, "unit",
                            info->unit, "meaning", info->meaning, "range", values, "source",
                            row != NULL ? text_to_json(row->source) : json_null(), "confidence",
                            row != NULL ? json_string(row->confidence) : json_null(), "note",
                            row != NULL ? text_to_json(row->note) : json_null()));
    }
    return list;
}

static json_t *income_json(const struct scene *scene)
{
    const struct income *income = &scene->income;
    const struct income_epoch *last = &scene->epochs[scene->count - 1];
    const struct price_point *point = &scene->economy.points[scene->economy.count - 1];

    return json_pack(
        "{s:f, s:f, s:f, s:f, s:s, s:I, s:b, s:s, s:s}", "usd_ph_day", income->usd_ph_day,
        "price_usd", income->price_usd, "subsidy_btc", income->subsidy_btc, "difficulty",
        last->difficulty, "price_basis", income_basis(income), "last_price_time",
        (json_int_t)point->time, "last_price_reconstructed", point->reconstructed, "price_table",
        scene->economy.price_origin, "economics_table", scene->economy.economics_origin);
}

static void print_json(const struct scene *scene, const struct request *request)
{
    const struct incentive *incentive = &scene->incentive;
    struct costs_scene costs = costs_scene(scene, request);
    json_t *all = json_pack(
        "{s:I, s:s, s:f, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "time",
        (json_int_t)scene->now, "region", request->options.region, "level", INCENTIVE_LEVEL,
        "draws", (json_int_t)request->options.draws, "hashprice", income_json(scene), "usd_mw_year",
        table_json(incentive), "ratio", figure_json(&incentive->ratio), "underwater",
        figure_json(&incentive->underwater), "breakeven_j_th",
        figure_json(&incentive->breakeven_j_th), "lease_beats_paid_mine",
        share_json(&incentive->convert_paid), "lease_beats_new_mine",
        share_json(&incentive->convert_new), "inputs", inputs_json(scene, request), "power_prices",
        costs_power_json(&scene->costs, &costs), "used_machines",
        costs_machines_json(&scene->costs, &costs));

    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    putchar('\n');
    json_decref(all);
}

/* ---- Running ------------------------------------------------------------- */

static bool answer(struct scene *scene, const struct request *request)
{
    if (command_flag(request->call, "history"))
        return print_history(scene, request);
    if (!incentive_compute(&scene->incentive, &scene->economy.economics, &request->options)) {
        command_error("out of memory");
        return false;
    }
    if (command_flag(request->call, "json"))
        print_json(scene, request);
    else
        print_people(scene, request);
    return true;
}

static int run(const struct command_call *call)
{
    struct request request;
    struct scene scene = {.file = NULL};
    int code = COMMAND_FAILED;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (command_flag(call, "history") && command_flag(call, "json")) {
        command_error("--history is for people: 'hashtide export incentive' has it as data");
        return COMMAND_USAGE;
    }
    request.options.settings = request.settings;
    if (set_scene(&scene, &request)) {
        if (!region_known(&scene, request.options.region))
            code = COMMAND_USAGE;
        else if (answer(&scene, &request))
            code = COMMAND_DONE;
    }
    leave_scene(&scene);
    return code;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {"set", 0, true, "INPUT=RANGE", "another value for an input: 20, or 15:20:26; repeatable"},
    {"region", 0, true, "REGION", "inputs of this region, where they differ"},
    {"history", 0, false, NULL, "by the year, and at halvings"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_incentive = {
    .name = "incentive",
    .synopsis = "incentive [--json | --history] [--region REGION] [--set INPUT=RANGE] ...",
    .summary = "what a megawatt earns with mining and with AI",
    .details =
        "USD per megawatt at the meter and year: mining with the network's mean machine, a\n"
        "site leased for AI, GPUs of one's own. Each as revenue, after power (a lease's\n"
        "tenant pays its own), running (less other operation: what counts where the capital\n"
        "is spent), and all in (less a yearly charge for all that is to be built or bought).\n"
        "\n"
        "Every input is a range with its source; each can be set. Ranges go through by Monte\n"
        "Carlo, independent triangular draws with a fixed seed. doc/METHODS.md has formulas.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
