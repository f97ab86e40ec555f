// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_market: the price of a bitcoin: asked of several sources, imported, listed.
 */
#include "config.h"

#include "analysis/day.h"
#include "analysis/price_table.h"
#include "monitor/command.h"
#include "monitor/deliver/quotes.h"
#include "monitor/economy.h"
#include "monitor/net/clock.h"
#include "monitor/number.h"
#include "monitor/store/datadir.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define MS_PER_S 1000
/** Rounds that are listed where nothing else is asked for. */
#define ROUNDS_LISTED 10
#define ROUNDS_MOST 1000000
#define TIMEOUT_MOST_S 600

static bool no_arguments(const struct command_call *call, const char *name)
{
    if (call->argument_count == 0)
        return true;
    command_error("'%s' takes no arguments, but there is '%s'", name, call->arguments[0]);
    return false;
}

/* Opens for writing, and makes the directory where it is missing. NULL after command_error(). */
static struct market_store *open_to_write(const struct settings *settings)
{
    char message[ECONOMY_MESSAGE_SIZE];
    struct market_store *store = NULL;

    if (datadir_create(message, settings->datadir, settings->params))
        store = economy_open_market(settings, false, NULL, message);
    if (store == NULL)
        command_error("%s", message);
    return store;
}

static void print_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(value);
}

static json_t *time_json(int64_t ms)
{
    return ms > 0 ? json_real((double)ms / MS_PER_S) : json_null();
}

/* ---- market fetch -------------------------------------------------------- */

struct fetch {
    const struct command_call *call;
    struct market_store *store;
    int64_t now_ms;
    int code;
};

static void print_quote(const struct market_quote *quote)
{
    char usd[WORDS_SIZE] = "";

    if (quote->usd > 0.0)
        words_figure(usd, sizeof usd, quote->usd);
    printf("  %-*s %14s  %s%s%s\n", MARKET_NAME_SIZE / 2, quote->source->name, usd,
           market_verdict_name(quote->verdict), quote->detail[0] != '\0' ? ": " : "",
           quote->detail);
}

static void print_round(const struct market_quote *quotes, size_t count,
                        const struct market_round *round)
{
    if (round->known)
        printf("%.2f USD: median of %u of %u sources, which lie %.2f %% apart\n", round->usd,
               round->agreeing, round->sources, round->spread * 100.0);
    else
        printf("no price: %u of %u sources agree\n", round->agreeing, round->sources);
    for (size_t i = 0; i < count; i++)
        print_quote(&quotes[i]);
}

static json_t *quote_json(const struct market_quote *quote)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "source", quote->source->name, "verdict",
                     market_verdict_name(quote->verdict), "usd",
                     quote->usd > 0.0 ? json_real(quote->usd) : json_null(), "detail",
                     text_to_json(quote->detail));
}

static void print_round_json(const struct fetch *fetch, const struct market_quote *quotes,
                             size_t count, const struct market_round *round)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, quote_json(&quotes[i]));
    print_json(json_pack("{s:o, s:o, s:o, s:i, s:i, s:i, s:o}", "fetched", time_json(fetch->now_ms),
                         "usd", round->known ? json_real(round->usd) : json_null(), "spread",
                         round->known ? json_real(round->spread) : json_null(), "sources",
                         (int)round->sources, "agreeing", (int)round->agreeing, "suspect",
                         (int)round->suspect, "quotes", list));
}

static void on_round(void *context, const struct market_quote *quotes, size_t count,
                     const struct market_round *round)
{
    struct fetch *fetch = context;

    if (command_flag(fetch->call, "json"))
        print_round_json(fetch, quotes, count, round);
    else
        print_round(quotes, count, round);
    for (size_t i = 0; i < count; i++) {
        if (market_verdict_suspect(quotes[i].verdict))
            command_error("the source %s is refused: %s%s%s", quotes[i].source->name,
                          market_verdict_name(quotes[i].verdict),
                          quotes[i].detail[0] != '\0' ? ": " : "", quotes[i].detail);
    }
    fetch->code = round->known ? COMMAND_DONE : COMMAND_FAILED;
    if (!round->known)
        command_error("the price is not known: sources that agree are too few");
    if (market_store_put(fetch->store, fetch->now_ms, round, quotes, count))
        return;
    command_error("cannot keep what was fetched: %s", market_store_error(fetch->store));
    fetch->code = COMMAND_FAILED;
}

static int run_fetch(const struct command_call *call)
{
    struct market_source sources[MARKET_SOURCES_MAX];
    struct fetch fetch = {.call = call, .now_ms = clock_wall_ms(NULL), .code = COMMAND_FAILED};
    struct quotes_options options = {
        .sources = sources,
        .count = economy_sources(sources, call->settings),
        .proxy = call->settings->proxy,
        .timeout_ms = QUOTES_TIMEOUT_MS,
        .now_ms = fetch.now_ms,
    };
    const char *timeout = command_value(call, "timeout-s");
    uint64_t seconds = 0;

    if (!no_arguments(call, "market fetch"))
        return COMMAND_USAGE;
    if (timeout != NULL && !number_parse(&seconds, timeout, 1, TIMEOUT_MOST_S)) {
        command_error("--timeout-s=%s: expected seconds, from 1 to %d", timeout, TIMEOUT_MOST_S);
        return COMMAND_USAGE;
    }
    if (timeout != NULL)
        options.timeout_ms = (int64_t)seconds * MS_PER_S;
    fetch.store = open_to_write(call->settings);
    if (fetch.store == NULL)
        return COMMAND_FAILED;
    if (!quotes_now(&options, on_round, &fetch))
        command_error("the network library cannot be used");
    market_store_close(fetch.store);
    return fetch.code;
}

static const struct command_option fetch_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {"timeout-s", 0, true, "S", "give a source so many seconds (15)"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_market_fetch = {
    .name = "market fetch",
    .synopsis = "market fetch [--json] [--timeout-s S]",
    .summary = "ask all sources for the price of a bitcoin",
    .details = "Asks the sources that 'hashtide market sources' lists, through proxy= where that\n"
               "is set. The price is the median of those that lie within 10 % of the median of\n"
               "all; there is none unless two agree, and more than half do. What else a source\n"
               "answers (too much, too late, elsewhere, no JSON, no number, a number that no\n"
               "price can be, a price apart from the others) is refused, told and counted.\n\n"
               "Exit status 1 where there is no price.",
    .options = fetch_options,
    .settings_wanted = true,
    .run = run_fetch,
};

/* ---- market list --------------------------------------------------------- */

struct listing {
    json_t *list; /* NULL: for people */
    int64_t round_ms;
    size_t count;
};

static bool list_quote(void *context, const struct market_kept *quote)
{
    struct listing *listing = context;
    char time[WORDS_SIZE], usd[WORDS_SIZE] = "no price";

    if (listing->count++ == 0 || quote->fetched_ms != listing->round_ms) {
        words_time(time, sizeof time, quote->fetched_ms / MS_PER_S);
        if (quote->round_known)
            snprintf(usd, sizeof usd, "%.2f USD", quote->round_usd);
        printf("%s  %s, %u of %u sources agree\n", time, usd, quote->agreeing, quote->sources);
    }
    listing->round_ms = quote->fetched_ms;
    words_figure(usd, sizeof usd, quote->usd);
    printf("  %-12s %14s  %s%s%s\n", quote->source, quote->usd > 0.0 ? usd : "", quote->verdict,
           quote->detail[0] != '\0' ? ": " : "", quote->detail);
    return true;
}

static bool list_quote_json(void *context, const struct market_kept *quote)
{
    struct listing *listing = context;

    json_array_append_new(
        listing->list, json_pack("{s:o, s:o, s:i, s:i, s:s, s:s, s:o, s:o}", "fetched",
                                 time_json(quote->fetched_ms), "median_usd",
                                 quote->round_known ? json_real(quote->round_usd) : json_null(),
                                 "sources", (int)quote->sources, "agreeing", (int)quote->agreeing,
                                 "source", quote->source, "verdict", quote->verdict, "usd",
                                 quote->usd > 0.0 ? json_real(quote->usd) : json_null(), "detail",
                                 text_to_json(quote->detail)));
    return true;
}

static int run_list(const struct command_call *call)
{
    const char *rounds_text = command_value(call, "rounds");
    char message[ECONOMY_MESSAGE_SIZE];
    struct listing listing = {.list = command_flag(call, "json") ? json_array() : NULL};
    struct market_store *store = NULL;
    uint64_t rounds = ROUNDS_LISTED;
    bool missing = false, good = true;

    if (!no_arguments(call, "market list"))
        return COMMAND_USAGE;
    if (rounds_text != NULL && !number_parse(&rounds, rounds_text, 1, ROUNDS_MOST)) {
        command_error("--rounds=%s: expected a number from 1 to %d", rounds_text, ROUNDS_MOST);
        return COMMAND_USAGE;
    }
    store = economy_open_market(call->settings, true, &missing, message);
    if (store == NULL && !missing) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    if (store != NULL)
        good = market_store_each(store, (size_t)rounds,
                                 listing.list != NULL ? list_quote_json : list_quote, &listing);
    if (!good)
        command_error("%s", market_store_error(store));
    if (listing.list != NULL)
        print_json(listing.list);
    else if (good && listing.count == 0)
        printf("nothing was fetched yet: 'hashtide market fetch' does\n");
    market_store_close(store);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option list_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {"rounds", 0, true, "N", "the last so many times that sources were asked (10)"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_market_list = {
    .name = "market list",
    .synopsis = "market list [--json] [--rounds N]",
    .summary = "list what sources of the price have answered",
    .details = "Lists the last times that sources were asked: the price, and what each of them\n"
               "said or did. All of it is in 'hashtide export market'.",
    .options = list_options,
    .settings_wanted = true,
    .run = run_list,
};

/* ---- market sources ------------------------------------------------------ */

static void print_source(const struct market_source *source, const struct market_record *record)
{
    char time[WORDS_SIZE];

    printf("%s\n  %s %s%s%s\n", source->name, source->url, source->pointer,
           source->time_pointer[0] != '\0' ? " " : "", source->time_pointer);
    if (record->tries == 0) {
        printf("  never asked\n");
        return;
    }
    words_time(time, sizeof time, record->last_ms / MS_PER_S);
    printf("  asked %" PRIu64 " times, %" PRIu64 " good, %" PRIu64 " suspect; last %s: %s\n",
           record->tries, record->good, record->suspect, time, record->last_verdict);
}

static json_t *source_json(const struct market_source *source, const struct market_record *record)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "name", source->name,
                     "url", source->url, "pointer", source->pointer, "time_pointer",
                     source->time_pointer, "tries", (json_int_t)record->tries, "good",
                     (json_int_t)record->good, "suspect", (json_int_t)record->suspect, "last",
                     time_json(record->last_ms), "last_good", time_json(record->last_good_ms),
                     "last_verdict",
                     record->tries > 0 ? json_string(record->last_verdict) : json_null());
}

static int run_sources(const struct command_call *call)
{
    struct market_source sources[MARKET_SOURCES_MAX];
    size_t count = economy_sources(sources, call->settings);
    char message[ECONOMY_MESSAGE_SIZE];
    struct market_store *store = NULL;
    json_t *list = command_flag(call, "json") ? json_array() : NULL;
    bool missing = false, good = true;

    if (!no_arguments(call, "market sources"))
        return COMMAND_USAGE;
    store = economy_open_market(call->settings, true, &missing, message);
    good = store != NULL || missing;
    if (!good)
        command_error("%s", message);
    for (size_t i = 0; good && i < count; i++) {
        struct market_record record = {0};

        if (store != NULL && !market_store_record(store, &record, sources[i].name)) {
            command_error("%s", market_store_error(store));
            good = false;
        } else if (list != NULL) {
            json_array_append_new(list, source_json(&sources[i], &record));
        } else {
            print_source(&sources[i], &record);
        }
    }
    if (list != NULL && good)
        print_json(list);
    else
        json_decref(list);
    market_store_close(store);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option sources_options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_market_sources = {
    .name = "market sources",
    .synopsis = "market sources [--json]",
    .summary = "list the sources of the price, and how they have done",
    .details = "Lists the sources that price.source= names, or the built-in ones: address, JSON\n"
               "pointer to the price and perhaps to its time, how often each was asked, was good,\n"
               "and did what an honest source does not.",
    .options = sources_options,
    .settings_wanted = true,
    .run = run_sources,
};

/* ---- market import ------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool read_history(struct price_table *out, const char *path)
{
    char message[TABLEFILE_MESSAGE_SIZE];
    struct price_table_fault fault;
    struct tablefile file;
    bool good = false;

    if (!tablefile_read_path(&file, message, path)) {
        command_error("%s", message);
        return false;
    }
    good = price_table_read(out, &fault, file.text, file.len);
    if (!good && fault.line > 0)
        command_error("%s:%u: %s", path, fault.line, fault.text);
    else if (!good)
        command_error("%s: %s", path, fault.text);
    tablefile_free(&file);
    if (good && !economy_days_come(message, path, out)) {
        command_error("%s", message);
        price_table_free(out);
        good = false;
    }
    return good;
}

static int run_import(const struct command_call *call)
{
    struct price_table table;
    struct market_store *store = NULL;
    char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE], source[MARKET_DETAIL_SIZE];
    bool good = false;

    if (call->argument_count != 1) {
        command_error("'market import' takes one file");
        return COMMAND_USAGE;
    }
    if (!read_history(&table, call->arguments[0]))
        return COMMAND_FAILED;
    store = open_to_write(call->settings);
    text_escape(source, sizeof source, base_name(call->arguments[0]));
    good = store != NULL &&
           market_store_import(store, clock_wall_ms(NULL), source, table.points, table.count);
    if (store != NULL && !good)
        command_error("cannot keep the prices: %s", market_store_error(store));
    if (good) {
        day_text(first, (int32_t)(table.points[0].time / DAY_S));
        day_text(last, (int32_t)(table.points[table.count - 1].time / DAY_S));
        printf("%zu days from %s to %s; %zu without a price\n", table.count, first, last,
               table.empty);
    }
    market_store_close(store);
    price_table_free(&table);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

const struct command cmd_market_import = {
    .name = "market import",
    .synopsis = "market import FILE.csv",
    .summary = "import a history of the price of a bitcoin",
    .details = "Reads a CSV file with the columns date (YYYY-MM-DD) and price_usd, the price at\n"
               "00:00 UTC of that day, and perhaps basis: quoted or reconstructed. Dates rise;\n"
               "other columns are passed over. A file with a mistake is not imported at all. Days\n"
               "that are there already are replaced. What is imported takes the place of the\n"
               "built-in table, or of price.file=, on its days.",
    .settings_wanted = true,
    .run = run_import,
};
