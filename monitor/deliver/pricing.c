// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pricing: see pricing.h.
 */
#include "config.h"

#include "monitor/deliver/pricing.h"

#include "monitor/deliver/http.h"
#include "monitor/deliver/quotes.h"
#include "monitor/economy.h"
#include "monitor/mem.h"
#include "monitor/net/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* All in ms. */
/** Whether it is time is looked at this often, and how old the price is told. */
#define LOOK_MS 5000
#define FIRST_LOOK_MS 1000
/** After a round without a price; doubled each time. */
#define RETRY_MS 300000
/** Of the time between rounds, one in so many parts is left to chance. */
#define APART 10

struct pricing {
    struct pricing_options options;
    const struct settings *settings;
    struct market_source sources[MARKET_SOURCES_MAX];
    size_t source_count;
    enum market_verdict verdicts[MARKET_SOURCES_MAX]; /* the latest, for what is new in the log */
    struct http *http;
    struct quotes *quotes; /* NULL: nobody is asked */
    uv_timer_t timer;
    int64_t due_ms;   /* wall clock: the next round */
    int64_t retry_ms; /* 0: the last round had a price */
    int64_t known_ms; /* wall clock: the last price, or the start */
    size_t suspect;
    bool asked; /* suspect says something */
    struct log_complaint no_price, no_store;
};

static bool is_on(const struct pricing *pricing)
{
    return pricing->settings->price_fetch_ms > 0;
}

static void tell(struct pricing *pricing)
{
    int64_t now_ms = clock_wall_ms(NULL);
    double age_ms = 0;
    struct alerting_figure figures[2] = {{.id = METRIC_MARKET_SUSPECT},
                                         {.id = METRIC_MARKET_PRICE_AGE_S}};
    struct metrics values = {.wall_ms = 0};

    /* A clock that was set back must not keep a price young until it is there again. */
    if (pricing->known_ms > now_ms)
        pricing->known_ms = now_ms;
    age_ms = (double)(now_ms - pricing->known_ms);
    if (is_on(pricing) && pricing->asked)
        metrics_set(&values, METRIC_MARKET_SUSPECT, (double)pricing->suspect);
    if (is_on(pricing))
        metrics_set(&values, METRIC_MARKET_PRICE_AGE_S, age_ms / 1000.0);
    for (size_t i = 0; i < 2; i++)
        figures[i].value = values.values[figures[i].id];
    pricing->options.figures(pricing->options.context, figures, 2);
}

/* ---- A round ------------------------------------------------------------- */

static int64_t apart(int64_t ms)
{
    uint32_t chance = 0;

    (void)uv_random(NULL, NULL, &chance, sizeof chance, 0, NULL);
    return ms - ms / APART + (int64_t)(chance % 1024) * (2 * ms / APART) / 1024;
}

static void plan(struct pricing *pricing, bool known)
{
    int64_t usual_ms = pricing->settings->price_fetch_ms;
    int64_t wait_ms = usual_ms;

    if (known) {
        pricing->retry_ms = 0;
    } else {
        pricing->retry_ms = pricing->retry_ms == 0 ? RETRY_MS : 2 * pricing->retry_ms;
        if (pricing->retry_ms > usual_ms)
            pricing->retry_ms = usual_ms;
        wait_ms = pricing->retry_ms;
    }
    pricing->due_ms = clock_wall_ms(NULL) + apart(wait_ms);
}

static void say_round(struct pricing *pricing, const struct market_round *round)
{
    struct log *log = pricing->options.log;

    if (round->known) {
        log_write(log, LOG_DEBUG, "price %.2f USD: %u of %u sources agree", round->usd,
                  round->agreeing, round->sources);
        if (log_settled(&pricing->no_price) > 0)
            log_write(log, LOG_INFO, "sources agree on a price again");
        return;
    }
    if (log_complain(&pricing->no_price, clock_now().mono_ms))
        log_write(log, LOG_UNUSUAL,
                  "no price: %u of %u sources agree ('hashtide market list' says what they "
                  "answered)",
                  round->agreeing, round->sources);
}

static void say_sources(struct pricing *pricing, const struct market_quote *quotes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool suspect = market_verdict_suspect(quotes[i].verdict);

        if (suspect && quotes[i].verdict != pricing->verdicts[i])
            log_write(pricing->options.log, LOG_UNUSUAL,
                      "the source %s of the price is refused: %s%s%s", quotes[i].source->name,
                      market_verdict_name(quotes[i].verdict),
                      quotes[i].detail[0] != '\0' ? ": " : "", quotes[i].detail);
        pricing->verdicts[i] = quotes[i].verdict;
    }
}

static void keep(struct pricing *pricing, const struct market_round *round,
                 const struct market_quote *quotes, size_t count)
{
    char message[ECONOMY_MESSAGE_SIZE];
    struct market_store *store = economy_open_market(pricing->settings, false, NULL, message);
    bool good = store != NULL;

    if (good) {
        good = market_store_put(store, clock_wall_ms(NULL), round, quotes, count);
        if (!good)
            snprintf(message, sizeof message, "%s", market_store_error(store));
    }
    market_store_close(store);
    if (good)
        (void)log_settled(&pricing->no_store);
    else if (log_complain(&pricing->no_store, clock_now().mono_ms))
        log_write(pricing->options.log, LOG_BROKEN, "the price cannot be kept: %s", message);
}

static void on_round(void *context, const struct market_quote *quotes, size_t count,
                     const struct market_round *round)
{
    struct pricing *pricing = context;

    pricing->quotes = NULL;
    pricing->suspect = round->suspect;
    pricing->asked = true;
    if (round->known)
        pricing->known_ms = clock_wall_ms(NULL);
    say_round(pricing, round);
    say_sources(pricing, quotes, count);
    keep(pricing, round, quotes, count);
    plan(pricing, round->known);
    tell(pricing);
    if (round->known)
        pricing->options.priced(pricing->options.context);
}

static void on_look(uv_timer_t *timer)
{
    struct pricing *pricing = timer->data;
    int64_t now_ms = clock_wall_ms(NULL);
    struct quotes_options options = {.sources = pricing->sources,
                                     .count = pricing->source_count,
                                     .proxy = pricing->settings->proxy,
                                     .timeout_ms = QUOTES_TIMEOUT_MS,
                                     .now_ms = now_ms};

    tell(pricing);
    /* A clock that was set back must not put the next round off. */
    if (pricing->due_ms > now_ms + 2 * pricing->settings->price_fetch_ms)
        pricing->due_ms = now_ms;
    if (is_on(pricing) && pricing->quotes == NULL && now_ms >= pricing->due_ms)
        pricing->quotes = quotes_start(pricing->http, &options, on_round, pricing);
}

/* ---- Life ---------------------------------------------------------------- */

/* When sources were asked last, and when there was a price. */
static void remember(struct pricing *pricing)
{
    char message[ECONOMY_MESSAGE_SIZE];
    int64_t now_ms = clock_wall_ms(NULL);
    struct market_last last = {.round_ms = 0};
    struct market_store *store = economy_open_market(pricing->settings, true, NULL, message);

    if (store != NULL && !market_store_last(store, &last))
        last = (struct market_last){.round_ms = 0};
    market_store_close(store);
    pricing->known_ms = last.known_ms > 0 && last.known_ms < now_ms ? last.known_ms : now_ms;
    pricing->due_ms = now_ms;
    if (last.round_ms > 0 && last.round_ms == last.known_ms)
        pricing->due_ms = last.round_ms + apart(pricing->settings->price_fetch_ms);
}

static void take_settings(struct pricing *pricing, const struct settings *settings)
{
    pricing->settings = settings;
    pricing->source_count = economy_sources(pricing->sources, settings);
    memset(pricing->verdicts, 0, sizeof pricing->verdicts);
}

struct pricing *pricing_new(const struct pricing_options *options)
{
    struct pricing *pricing = mem_zeroed(1, sizeof *pricing);

    pricing->options = *options;
    pricing->http = http_new(options->loop);
    if (pricing->http == NULL) {
        free(pricing);
        return NULL;
    }
    take_settings(pricing, options->settings);
    remember(pricing);
    pricing->timer.data = pricing;
    (void)uv_timer_init(options->loop, &pricing->timer); /* cannot fail */
    (void)uv_timer_start(&pricing->timer, on_look, FIRST_LOOK_MS, LOOK_MS);
    return pricing;
}

static void forget_round(struct pricing *pricing)
{
    if (pricing->quotes != NULL)
        quotes_cancel(pricing->quotes);
    pricing->quotes = NULL;
}

void pricing_reconfigure(struct pricing *pricing, const struct settings *settings)
{
    bool others = false;
    struct market_source before[MARKET_SOURCES_MAX];
    size_t count = pricing->source_count;

    memcpy(before, pricing->sources, sizeof before);
    forget_round(pricing);
    take_settings(pricing, settings);
    others = count != pricing->source_count;
    for (size_t i = 0; i < count && !others; i++)
        others = strcmp(before[i].name, pricing->sources[i].name) != 0 ||
                 strcmp(before[i].url, pricing->sources[i].url) != 0;
    if (others) {
        pricing->due_ms = clock_wall_ms(NULL);
        pricing->asked = false;
    }
}

void pricing_stop(struct pricing *pricing)
{
    if (pricing == NULL)
        return;
    forget_round(pricing);
    http_free(pricing->http);
    uv_close((uv_handle_t *)&pricing->timer, NULL);
}

void pricing_free(struct pricing *pricing)
{
    free(pricing);
}
