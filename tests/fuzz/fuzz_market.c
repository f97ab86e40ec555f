// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_market: what a source of the price may answer, and how people may name one. The first line
 * is a source as in price.source=, the rest an answer's body.
 *
 * What is good is a price, whatever was sent; a source is taken in one form; a verdict's text stays
 * in its line; and three sources that agree are not moved by a fourth.
 */
#include "config.h"

#include "analysis/price.h"
#include "monitor/market.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS INT64_C(1764000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_market: %s\n", what);
    abort();
}

static void check_source(const struct market_source *source)
{
    char text[MARKET_NAME_SIZE + MARKET_URL_SIZE + 2 * MARKET_POINTER_SIZE + 4];
    struct market_source again;
    const char *why = NULL;

    snprintf(text, sizeof text, "%s %s %s %s", source->name, source->url, source->pointer,
             source->time_pointer);
    demand(market_source_parse(&again, &why, text), "a source is refused in its own form");
    demand(strcmp(again.name, source->name) == 0 && strcmp(again.url, source->url) == 0 &&
               strcmp(again.pointer, source->pointer) == 0 &&
               strcmp(again.time_pointer, source->time_pointer) == 0,
           "a source is another one the second time");
}

static void check_quote(const struct market_quote *quote)
{
    bool good = quote->verdict == MARKET_GOOD;

    demand((unsigned)quote->verdict < MARKET_VERDICTS, "there is no such verdict");
    demand(isfinite(quote->usd), "a price is not finite");
    demand(!good || (quote->usd >= PRICE_LEAST_USD && quote->usd <= PRICE_MOST_USD),
           "what is good is no price");
    for (const char *at = quote->detail; *at != '\0'; at++)
        demand((unsigned char)*at >= ' ' && *at != 0x7f, "a detail steers the terminal");
}

/* Three honest ones beside it. */
static void check_round(const struct market_quote *stranger, const struct market_source *source)
{
    struct market_quote quotes[4];
    struct market_round round;

    for (size_t i = 0; i < 3; i++)
        quotes[i] = (struct market_quote){.source = source, .usd = 64000.0 + (double)i};
    quotes[3] = *stranger;
    round = market_settle(quotes, 4);
    demand(round.known && round.usd >= 64000.0 && round.usd <= 64002.0, "one has moved three");
    demand(round.agreeing >= 3 && round.sources == 4, "sources are miscounted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    struct market_source source = {.name = "x", .url = "http://x", .pointer = "/usd"};
    struct market_quote quote = {.source = &source};
    const char *why = NULL;
    char line[1024];
    size_t len = end != NULL ? (size_t)(end - data) : 0;

    if (end == NULL || len >= sizeof line)
        return 0;
    memcpy(line, data, len);
    line[len] = '\0';
    if (market_source_parse(&source, &why, line))
        check_source(&source);
    else
        demand(why != NULL, "a source is refused without a word");
    market_read(&quote, (const char *)end + 1, size - len - 1, NOW_MS);
    check_quote(&quote);
    check_round(&quote, &source);
    return 0;
}
