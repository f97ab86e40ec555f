// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: fewer than half of the sources, whatever they say, do not move the price out
 * of what the honest ones say; what is kept comes back as it was, and a day's price is its last
 * round's.
 */
#include "config.h"

#include "monitor/market.h"
#include "monitor/store/market.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)
#define DAY_SECONDS INT64_C(86400)

static const struct market_source source = {.name = "a", .url = "http://a", .pointer = ""};

static struct market_quote good(double usd)
{
    return (struct market_quote){.source = &source, .verdict = MARKET_GOOD, .usd = usd};
}

START_TEST(test_builtin)
{
    size_t count = 0;
    const struct market_source *sources = market_sources_builtin(&count);

    ck_assert_uint_ge(count, 5);
    for (size_t i = 0; i < count; i++) {
        struct market_source again;
        const char *why = NULL;
        char text[MARKET_URL_SIZE + 400];

        snprintf(text, sizeof text, "%s %s %s %s", sources[i].name, sources[i].url,
                 sources[i].pointer, sources[i].time_pointer);
        ck_assert_msg(market_source_parse(&again, &why, text), "%s: %s", text, why);
        ck_assert_int_eq(strncmp(sources[i].url, "https://", 8), 0);
    }
}
END_TEST

/* The formats of the built-in sources' answers, as their documentation has them. */
START_TEST(test_formats)
{
    static const char *const bodies[] = {
        "{\"bitcoin\":{\"usd\":64000.5,\"last_updated_at\":1764000000}}",
        "{\"data\":{\"amount\":\"64000.5\",\"base\":\"BTC\",\"currency\":\"USD\"}}",
        "{\"error\":[],\"result\":{\"XXBTZUSD\":{\"a\":[\"1\",\"2\",\"3\"],"
        "\"c\":[\"64000.50000\",\"0.01\"]}}}",
        "{\"timestamp\":\"1764000000\",\"last\":\"64000.5\",\"high\":\"65000\"}",
        "{\"time\":1764000000,\"USD\":64000.5,\"EUR\":55000}",
    };
    size_t count = 0;
    const struct market_source *sources = market_sources_builtin(&count);

    for (size_t i = 0; i < count; i++) {
        struct market_quote quote = {.source = &sources[i]};

        market_read(&quote, bodies[i], strlen(bodies[i]), INT64_C(1764000000000));
        ck_assert_msg(quote.verdict == MARKET_GOOD, "%s: %s %s", sources[i].name,
                      market_verdict_name(quote.verdict), quote.detail);
        ck_assert_double_eq(quote.usd, 64000.5);
    }
}
END_TEST

START_TEST(test_minority)
{
    struct test_random random = test_random_init(test_seed(), 3);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 20000);

    for (size_t i = 0; i < rounds; i++) {
        struct market_quote quotes[MARKET_SOURCES_MAX];
        size_t honest = 2 + test_random_below(&random, 7);
        size_t liars = test_random_below(&random, (uint32_t)honest);
        double truth = exp((double)test_random_below(&random, 1500) / 100.0);
        struct market_round round;

        for (size_t k = 0; k < honest + liars; k++) {
            double about = 1.0 + ((double)test_random_below(&random, 1001) - 500.0) / 1e5;

            quotes[k] =
                good(k < honest ? truth * about
                                : exp((double)test_random_below(&random, 2700) / 100.0 - 6.0));
        }
        for (size_t k = honest + liars; k > 1; k--) { /* in any order */
            size_t other = test_random_below(&random, (uint32_t)k);
            struct market_quote swap = quotes[other];

            quotes[other] = quotes[k - 1];
            quotes[k - 1] = swap;
        }
        round = market_settle(quotes, honest + liars);
        ck_assert(round.known);
        /* Liars near enough to count, at most a tenth away, cannot move the median further. */
        ck_assert_double_le(fabs(round.usd / truth - 1.0), 0.0051);
        ck_assert_uint_ge(round.agreeing, honest);
        ck_assert_uint_eq(round.sources, honest + liars);
    }
}
END_TEST

START_TEST(test_settle_ends)
{
    struct market_quote one[] = {good(10.0)};
    struct market_quote two[] = {good(10.0), good(10.5)};
    struct market_quote apart[] = {good(10.0), good(20.0)};
    struct market_quote left[] = {good(10.0), {.source = &source, .verdict = MARKET_TOO_SLOW}};
    struct market_quote scattered[] = {good(1.0), good(10.0), good(10.1), good(100.0), good(1e3)};
    struct market_round round = market_settle(one, 1);

    ck_assert(round.known && round.usd == 10.0 && round.spread == 0.0);
    round = market_settle(two, 2);
    ck_assert(round.known && round.usd == 10.25);
    round = market_settle(apart, 2);
    ck_assert(!round.known && round.agreeing == 0 && round.suspect == 2);
    /* Two agree, but most do not agree with them. */
    round = market_settle(scattered, 5);
    ck_assert(!round.known && round.agreeing == 2 && round.suspect == 3);
    /* Of two that are asked one alone is not believed. */
    round = market_settle(left, 2);
    ck_assert(!round.known && round.agreeing == 1 && round.suspect == 0);
}
END_TEST

struct seen {
    size_t count;
    struct market_kept kept[8];
    struct price_point days[8];
};

static bool see_quote(void *context, const struct market_kept *quote)
{
    struct seen *seen = context;

    ck_assert_str_eq(quote->source, "a");
    seen->kept[seen->count++] = *quote;
    return true;
}

static bool see_day(void *context, const struct market_day *day)
{
    struct seen *seen = context;

    seen->days[seen->count++] = day->point;
    return true;
}

static void put(struct market_store *store, int64_t ms, double usd)
{
    struct market_quote quotes[] = {good(usd)};
    struct market_round round = market_settle(quotes, 1);

    if (usd == 0.0) {
        quotes[0].verdict = MARKET_NOT_JSON;
        round = market_settle(quotes, 1);
    }
    ck_assert(market_store_put(store, ms, &round, quotes, 1));
}

START_TEST(test_store)
{
    static const struct price_point history[] = {
        {.time = 0, .usd = 1.0},
        {.time = 2 * DAY_SECONDS, .usd = 2.0, .reconstructed = true},
    };
    static const struct price_point again[] = {{.time = 0, .usd = 1.5}};
    char path[] = "check_market_XXXXXX", message[512], file[64];
    struct market_store *store = NULL;
    struct market_record record;
    struct seen seen = {0};
    uint64_t suspect = 0;

    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(file, sizeof file, "%s/market.sqlite", path);
    store = market_store_open(file, false, NULL, message, sizeof message);
    ck_assert_msg(store != NULL, "%s", message);
    ck_assert(market_store_import(store, 1, "h.csv", history, 2));
    ck_assert(market_store_import(store, 2, "h.csv", again, 1));
    put(store, 5 * DAY_MS + 1000, 3.0);
    put(store, 5 * DAY_MS + 2000, 4.0);
    put(store, 5 * DAY_MS + 3000, 0.0);
    put(store, 6 * DAY_MS, 5.0);
    market_store_close(store);

    store = market_store_open(file, true, NULL, message, sizeof message);
    ck_assert_msg(store != NULL, "%s", message);
    ck_assert(market_store_each(store, 0, see_quote, &seen));
    ck_assert_uint_eq(seen.count, 4);
    ck_assert(seen.kept[1].round_known && seen.kept[1].round_usd == 4.0);
    ck_assert(!seen.kept[2].round_known);
    seen.count = 0;
    ck_assert(market_store_each(store, 2, see_quote, &seen));
    ck_assert_uint_eq(seen.count, 2);
    ck_assert(!seen.kept[0].round_known);
    seen.count = 0;
    ck_assert(market_store_each_day(store, see_day, &seen));
    ck_assert_uint_eq(seen.count, 4);
    ck_assert_double_eq(seen.days[0].usd, 1.5);
    ck_assert(seen.days[1].reconstructed);
    ck_assert_double_eq(seen.days[2].usd, 4.0);
    ck_assert_int_eq(seen.days[2].time, 5 * DAY_SECONDS + 2);
    ck_assert(market_store_record(store, &record, "a"));
    ck_assert_uint_eq(record.tries, 4);
    ck_assert_uint_eq(record.good, 3);
    ck_assert_uint_eq(record.suspect, 1);
    ck_assert_int_eq(record.last_good_ms, 6 * DAY_MS);
    ck_assert_str_eq(record.last_verdict, "good");
    ck_assert(market_store_record(store, &record, "b"));
    ck_assert_uint_eq(record.tries, 0);
    ck_assert(market_store_suspect(store, &suspect));
    ck_assert_uint_eq(suspect, 1);
    market_store_close(store);
    unlink(file);
    snprintf(file, sizeof file, "%s/market.sqlite-wal", path); /* left by who may only read */
    unlink(file);
    snprintf(file, sizeof file, "%s/market.sqlite-shm", path);
    unlink(file);
    ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_builtin, test_formats, test_minority, test_settle_ends,
                                  test_store};

    return TEST_MAIN("market", tests);
}
