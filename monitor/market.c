// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * market: see market.h.
 */
#include "config.h"

#include "monitor/market.h"

#include "analysis/decimal.h"
#include "analysis/order.h"
#include "analysis/price.h"
#include "monitor/number.h"
#include "monitor/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Of a list's length: more digits are no index of ours. */
#define INDEX_MOST 1000000u
#define MS_PER_S 1000
/** The year 3000: times beyond are no times. */
#define TIME_MOST_S 32503680000.0

static const struct market_source builtin[] = {
    {"coingecko",
     "https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies=usd"
     "&include_last_updated_at=true",
     "/bitcoin/usd", "/bitcoin/last_updated_at"},
    {"coinbase", "https://api.coinbase.com/v2/prices/BTC-USD/spot", "/data/amount", ""},
    {"kraken", "https://api.kraken.com/0/public/Ticker?pair=XBTUSD", "/result/XXBTZUSD/c/0", ""},
    {"bitstamp", "https://www.bitstamp.net/api/v2/ticker/btcusd/", "/last", "/timestamp"},
    {"mempool", "https://mempool.space/api/v1/prices", "/USD", "/time"},
};

static const struct {
    const char *name;
    bool suspect;
} verdicts[MARKET_VERDICTS] = {
    [MARKET_GOOD] = {"good", false},
    [MARKET_UNREACHABLE] = {"unreachable", false},
    [MARKET_TOO_SLOW] = {"too-slow", false},
    [MARKET_UNTRUSTED] = {"untrusted", true},
    [MARKET_TOO_LONG] = {"too-long", true},
    [MARKET_REDIRECT] = {"redirect", true},
    [MARKET_REFUSED] = {"refused", false},
    [MARKET_NOT_JSON] = {"not-json", true},
    [MARKET_NO_VALUE] = {"no-value", true},
    [MARKET_WRONG_TYPE] = {"wrong-type", true},
    [MARKET_NO_PRICE] = {"no-price", true},
    [MARKET_STALE] = {"stale", false},
    [MARKET_APART_FROM_OTHERS] = {"apart", true},
};

const char *market_verdict_name(enum market_verdict verdict)
{
    assert((unsigned)verdict < MARKET_VERDICTS);
    return verdicts[verdict].name;
}

bool market_verdict_suspect(enum market_verdict verdict)
{
    assert((unsigned)verdict < MARKET_VERDICTS);
    return verdicts[verdict].suspect;
}

const struct market_source *market_sources_builtin(size_t *count)
{
    *count = sizeof builtin / sizeof builtin[0];
    return builtin;
}

/* ---- Sources ------------------------------------------------------------- */

/* Copies the next word, of less than size bytes, and goes behind it. */
static bool take_word(char *out, size_t size, const char **at)
{
    size_t len = 0;

    *at += strspn(*at, " ");
    len = strcspn(*at, " ");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len;
    return true;
}

static bool name_ok(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool url_ok(const char *url)
{
    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return false;
    for (; *url != '\0'; url++) {
        if ((unsigned char)*url <= ' ' || (unsigned char)*url >= 0x7f)
            return false;
    }
    return true;
}

/* "" or "/..." in which every '~' is followed by 0 or 1. */
static bool pointer_ok(const char *pointer)
{
    if (pointer[0] != '\0' && pointer[0] != '/')
        return false;
    for (; *pointer != '\0'; pointer++) {
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return false;
    }
    return true;
}

bool market_source_parse(struct market_source *out, const char **why, const char *text)
{
    struct market_source source = {0};
    const char *at = text;

    *why = "expected NAME URL POINTER, as in: kraken https://api.kraken.com/... /result/c/0";
    if (!take_word(source.name, sizeof source.name, &at) ||
        !take_word(source.url, sizeof source.url, &at) ||
        !take_word(source.pointer, sizeof source.pointer, &at))
        return false;
    if (at[strspn(at, " ")] != '\0' &&
        (!take_word(source.time_pointer, sizeof source.time_pointer, &at) ||
         at[strspn(at, " ")] != '\0'))
        return false;
    *why = "expected a name of lower-case letters, digits and '-'";
    if (!name_ok(source.name))
        return false;
    *why = "expected an address that begins with https:// or http://";
    if (!url_ok(source.url))
        return false;
    *why = "expected a JSON pointer that begins with '/', such as /data/amount";
    if (!pointer_ok(source.pointer) || !pointer_ok(source.time_pointer))
        return false;
    *out = source;
    return true;
}

/* ---- Answers ------------------------------------------------------------- */

/* A piece of a pointer, of len bytes, with its escapes resolved. */
static void unescape(char *out, const char *piece, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (piece[i] == '~' && i + 1 < len)
            *out++ = piece[++i] == '1' ? '/' : '~';
        else
            *out++ = piece[i];
    }
    *out = '\0';
}

static json_t *find_step(json_t *value, const char *key)
{
    uint64_t index = 0;

    if (json_is_object(value))
        return json_object_get(value, key);
    if (json_is_array(value) && (key[0] != '0' || key[1] == '\0') &&
        number_parse(&index, key, 0, INDEX_MOST))
        return json_array_get(value, (size_t)index);
    return NULL;
}

json_t *market_find(json_t *root, const char *pointer)
{
    char key[MARKET_POINTER_SIZE];

    while (root != NULL && pointer[0] == '/') {
        size_t len = strcspn(++pointer, "/");

        if (len >= sizeof key)
            return NULL;
        unescape(key, pointer, len);
        root = find_step(root, key);
        pointer += len;
    }
    return root;
}

/* A number, or a text that is one. */
static bool read_number(double *out, const json_t *value)
{
    if (json_is_number(value)) {
        *out = json_number_value(value);
        return isfinite(*out);
    }
    return json_is_string(value) && decimal_parse(out, json_string_value(value));
}

static void judge(struct market_quote *quote, enum market_verdict verdict, const char *detail)
{
    quote->verdict = verdict;
    text_escape(quote->detail, sizeof quote->detail, detail);
}

static void judge_time(struct market_quote *quote, json_t *root, int64_t now_ms)
{
    json_t *value = market_find(root, quote->source->time_pointer);
    char detail[MARKET_DETAIL_SIZE];
    double seconds = 0.0;

    if (quote->source->time_pointer[0] == '\0')
        return;
    if (value == NULL || !read_number(&seconds, value) || fabs(seconds) > TIME_MOST_S) {
        judge(quote, MARKET_NO_VALUE, "it has no time where one should be");
        return;
    }
    if (fabs(seconds * MS_PER_S - (double)now_ms) <= (double)MARKET_STALE_MS)
        return;
    snprintf(detail, sizeof detail, "it is dated %.0f s %s", fabs(seconds - (double)now_ms / 1e3),
             seconds * MS_PER_S < (double)now_ms ? "back" : "ahead");
    judge(quote, MARKET_STALE, detail);
}

static void judge_price(struct market_quote *quote, json_t *root)
{
    json_t *value = market_find(root, quote->source->pointer);
    char detail[MARKET_DETAIL_SIZE];
    double usd = 0.0;

    if (value == NULL || json_is_null(value)) {
        judge(quote, MARKET_NO_VALUE, "");
    } else if (!json_is_number(value) && !json_is_string(value)) {
        judge(quote, MARKET_WRONG_TYPE, "");
    } else if (!read_number(&usd, value)) {
        snprintf(detail, sizeof detail, "it says '%.60s'",
                 json_is_string(value) ? json_string_value(value) : "a number without end");
        judge(quote, MARKET_WRONG_TYPE, detail);
    } else if (!(usd >= PRICE_LEAST_USD && usd <= PRICE_MOST_USD)) {
        snprintf(detail, sizeof detail, "it says %.6g", usd);
        judge(quote, MARKET_NO_PRICE, detail);
    } else {
        judge(quote, MARKET_GOOD, "");
        quote->usd = usd;
    }
}

void market_read(struct market_quote *quote, const char *body, size_t len, int64_t now_ms)
{
    json_error_t error;
    json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);

    quote->usd = 0.0;
    if (root == NULL) {
        judge(quote, MARKET_NOT_JSON, error.text);
        return;
    }
    judge_price(quote, root);
    if (quote->verdict == MARKET_GOOD)
        judge_time(quote, root, now_ms);
    json_decref(root);
}

/* ---- All together -------------------------------------------------------- */

/* Sorted prices of the good quotes; how many. */
static size_t collect(double *out, const struct market_quote *quotes, size_t count)
{
    size_t good = 0;

    for (size_t i = 0; i < count; i++) {
        if (quotes[i].verdict == MARKET_GOOD)
            out[good++] = quotes[i].usd;
    }
    qsort(out, good, sizeof *out, order_doubles);
    return good;
}

static double median_of(const double *sorted, size_t count)
{
    return 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
}

static void mark_apart(struct market_quote *quotes, size_t count, double median)
{
    char detail[MARKET_DETAIL_SIZE];

    for (size_t i = 0; i < count; i++) {
        if (quotes[i].verdict != MARKET_GOOD ||
            fabs(quotes[i].usd - median) <= MARKET_APART * median)
            continue;
        snprintf(detail, sizeof detail, "it says %.6g, the median is %.6g", quotes[i].usd, median);
        judge(&quotes[i], MARKET_APART_FROM_OTHERS, detail);
    }
}

struct market_round market_settle(struct market_quote *quotes, size_t count)
{
    struct market_round round = {.sources = (unsigned)count};
    double prices[MARKET_SOURCES_MAX];
    size_t good = 0, agreeing = 0;

    assert(count <= MARKET_SOURCES_MAX);
    good = collect(prices, quotes, count);
    if (good > 0)
        mark_apart(quotes, count, median_of(prices, good));
    agreeing = collect(prices, quotes, count);
    round.agreeing = (unsigned)agreeing;
    for (size_t i = 0; i < count; i++)
        round.suspect += market_verdict_suspect(quotes[i].verdict);
    if (2 * agreeing <= good || (agreeing < MARKET_LEAST_AGREEING && count > 1))
        return round;
    round.known = true;
    round.usd = median_of(prices, agreeing);
    round.spread = (prices[agreeing - 1] - prices[0]) / round.usd;
    return round;
}
