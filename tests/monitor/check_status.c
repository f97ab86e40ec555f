// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the screen has 80 columns and, with up to 8 peers and numbers that can be, at
 * most 24 lines, whatever strangers call themselves; no number is cut; it survives JSON of any
 * shape; and the JSON says what the store holds.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/compact.h"
#include "monitor/mem.h"
#include "monitor/status.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 80
#define LINES 24
/** Lines that numbers which cannot be make too long for 80 columns. */
#define BROKEN 4
#define NOW_MS INT64_C(1790000000000)

/* The screen as text; to be freed. Every line has been measured. */
static char *screen_of(const json_t *status, size_t lines_most)
{
    char *text = NULL;
    size_t len = 0;
    size_t lines = 0;
    FILE *stream = open_memstream(&text, &len);

    status_print(stream, status);
    fclose(stream);
    for (const char *line = text; *line != '\0'; lines++) {
        size_t columns = strcspn(line, "\n");

        ck_assert_msg(columns <= COLUMNS, "%.2000s", text);
        for (size_t i = 0; i < columns; i++)
            ck_assert_msg(line[i] >= 0x20 && line[i] < 0x7f, "%.2000s", text);
        line += columns + 1;
    }
    ck_assert_msg(lines <= lines_most, "%.2000s", text);
    return text;
}

static void assert_says(const json_t *status, const char *words)
{
    char *screen = screen_of(status, LINES + BROKEN);

    ck_assert_msg(strstr(screen, words) != NULL, "'%s' is not in:\n%s", words, screen);
    free(screen);
}

/* Eight peers with everything as long as it can be. */
static struct sync_peer_info *longest_peers(size_t count)
{
    static const char *const addresses[] = {
        "[2001:0db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535",
        "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:65535",
        "255.255.255.255:65535",
    };
    struct sync_peer_info *peers = mem_zeroed(count, sizeof *peers);

    for (size_t i = 0; i < count; i++) {
        struct sync_peer_info *peer = &peers[i];

        ck_assert(netaddr_parse(&peer->address, addresses[i % 3], 1));
        peer->peer = UINT64_MAX - i;
        peer->tip_known = i % 2 == 0;
        peer->tip_height = UINT32_MAX;
        peer->claimed_height = UINT32_MAX;
        peer->state = "redownload";
        peer->connected_ms = NOW_MS;
        peer->last_message_ms = NOW_MS;
        peer->ping_ms = -1;
        peer->bytes_in = UINT64_MAX;
        memset(peer->user_agent, '\x1b', sizeof peer->user_agent - 1);
    }
    return peers;
}

/* Figures of which each has as many digits as it can have. */
static struct figures largest_figures(void)
{
    struct figures figures = {.known = true, .live = true, .height = UINT32_MAX, .at_s = INT32_MAX};
    struct engine_extent *extent = &figures.last.extent;
    struct engine_forecast *forecast = &figures.forecast;

    figures.hashrate.estimate = (struct nowcast_estimate){
        .ehs = 1234567.0, .lo95 = 1234567.0, .hi95 = 1234567.0, .memory = 12345.6};
    figures.hashrate.widened = true;
    figures.hashrate.alarm_height = UINT32_MAX;
    figures.hashrate.silence_s = 1e9;
    figures.hashrate.silence_p = 1e-300;
    figures.core_ehs = 1e300;
    figures.volatility = (struct engine_volatility){
        .height = UINT32_MAX, .daily_sd = 0.123456, .lo95 = 0.123456, .hi95 = HUGE_VAL};
    figures.volatility.batch.change_sd = 1.23456;
    figures.falls = SIZE_MAX;
    figures.has_last = true;
    figures.last.change.alarm = UINT32_MAX;
    extent->extent = (struct change_extent){
        .onset = UINT32_MAX, .log_size = 20.0, .log_size_lo = 20.0, .log_size_hi = 700.0};
    figures.last.change.direction = CHANGE_RISE;
    extent->recovered = 0.999;
    *forecast = (struct engine_forecast){.ratio = 0.25,
                                         .ratio_lo95 = 0.25,
                                         .ratio_hi95 = 4.0,
                                         .seconds = 1e9,
                                         .seconds_lo95 = 1e9,
                                         .seconds_hi95 = 1e300};
    figures.score = (struct engine_score){.epochs = UINT32_MAX, .error = 0.999};
    return figures;
}

/* A status in which every number is as large as it can be, and every note is made. */
static struct status largest(enum network network, size_t peer_count)
{
    struct status status = {.params = params_get(network), .running = true, .now_ms = NOW_MS};

    status.tip.height = UINT32_MAX;
    status.tip.time = UINT32_MAX;
    status.tip.bits = 0x01010000; /* target 1: the greatest difficulty */
    memset(&status.tip.hash, 0xff, sizeof status.tip.hash);
    memset(&status.tip.chainwork, 0xff, sizeof status.tip.chainwork);
    status.store.base_height = UINT32_MAX;
    status.store.headers = UINT32_MAX;
    status.store.branches = UINT32_MAX;
    status.store.trouble.trouble = true;
    memset(status.store.trouble.text, 'x', sizeof status.store.trouble.text - 1);
    memset(status.store.trouble.text + 20, ' ', 2);
    status.store.trouble.text[100] = '\0';
    status.epoch.next_height = UINT32_MAX;
    status.epoch.done = UINT32_MAX;
    status.epoch.elapsed_s = 1e300;
    status.epoch.expected_s = 1e300;
    status.progress.height = UINT32_MAX - 1;
    status.progress.target_height = UINT32_MAX;
    status.progress.presync = true;
    status.clock.known = true;
    status.clock.suspect = true;
    for (size_t i = 0; i < STATUS_WINDOWS; i++)
        status.windows[i] = (struct window_estimate){
            .status = WINDOW_OK, .blocks = UINT32_MAX, .ehs = 1e300, .lo95 = 1e300, .hi95 = 1e300};
    status.figures = largest_figures();
    status.peers = longest_peers(peer_count);
    status.peer_count = peer_count;
    return status;
}

START_TEST(test_largest)
{
    for (int network = 0; network < NETWORK_COUNT; network++) {
        struct status status = largest((enum network)network, 8);
        json_t *json = status_to_json(&status);

        ck_assert_ptr_nonnull(json);
        free(screen_of(json, LINES + BROKEN));
        json_decref(json);
        status_free(&status);
    }
}
END_TEST

/* A list of that many names of that length, at most 99. */
static json_t *names_of(size_t count, int length)
{
    json_t *names = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(names,
                              json_sprintf("%.*s%02zu", length - 2,
                                           "a-name-as-long-as-a-rule-may-have-which-is-47-", i));
    return names;
}

static json_t *sink_of(const char *name, bool disabled, int64_t failing_ms, int64_t waiting,
                       int64_t dead)
{
    return json_pack("{s:s, s:b, s:b, s:I, s:I, s:I}", "sink", name, "configured", 1, "disabled",
                     (int)disabled, "failing_since_ms", (json_int_t)failing_ms, "waiting",
                     (json_int_t)waiting, "dead", (json_int_t)dead);
}

/* The key, then alerts, then perhaps sinks, then notes. */
static void assert_three_lines(const char *screen, bool sinks)
{
    const char *line = strstr(screen, "public key  ");

    ck_assert_ptr_nonnull(line);
    line = strchr(line, '\n') + 1;
    ck_assert_int_eq(strncmp(line, "alerts      ", 12), 0);
    line = strchr(line, '\n') + 1;
    if (sinks) {
        ck_assert_int_eq(strncmp(line, "sinks       ", 12), 0);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_int_eq(strncmp(line, "note", 4), 0);
}

/* All three lines about alerts, as long as they can be, beside all else: a line each. */
START_TEST(test_alerts_are_three_lines)
{
    const char *key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    for (size_t count = 0; count < 100; count += count < 6 ? 1 : 31) {
        struct status status = largest(NETWORK_SIGNET, 8);
        json_t *json = status_to_json(&status);
        json_t *sinks = json_array();
        char *screen = NULL;

        for (size_t i = 0; i < count; i++)
            json_array_append_new(sinks, sink_of("a-sink-with-a-long-name-too", i % 3 == 0, NOW_MS,
                                                 INT64_MAX, INT64_MAX));
        json_object_set_new(json, "public_key", json_string(key));
        json_object_set_new(json, "sinks", sinks);
        json_object_set_new(json, "alerts",
                            json_pack("{s:{s:o, s:o, s:o}, s:o, s:o}", "standing", "critical",
                                      names_of(count, 6 + (int)count % 42), "warning",
                                      names_of(count, 47), "info", names_of(count / 2, 11),
                                      "pending", names_of(count, 5), "silenced",
                                      names_of(count, 5)));
        screen = screen_of(json, LINES + BROKEN);
        assert_three_lines(screen, count > 0);
        free(screen);
        json_decref(json);
        status_free(&status);
    }
}
END_TEST

START_TEST(test_alerts_are_named)
{
    struct status status = largest(NETWORK_MAIN, 0);
    json_t *json = status_to_json(&status);
    json_t *alerts =
        json_pack("{s:{s:[s], s:[s,s], s:[]}, s:[], s:[], s:n}", "standing", "critical", "reorg-6",
                  "warning", "few-peers", "stale-tip", "info", "pending", "silenced", "trouble");
    char *screen = NULL;

    screen = screen_of(json, LINES + BROKEN);
    ck_assert_ptr_null(strstr(screen, "\nalerts")); /* nobody knows */
    free(screen);
    json_object_set_new(json, "alerts", alerts);
    assert_says(json, "alerts      1 critical: reorg-6; 2 warning: few-peers, stale-tip\n");
    json_array_append_new(json_object_get(alerts, "silenced"), json_string("few-peers"));
    assert_says(json, "few-peers, stale-tip\n"); /* there is no room for more, which is no alert */
    json_array_append_new(json_object_get(json_object_get(alerts, "standing"), "warning"),
                          json_string("clock-off-by-a-lot"));
    assert_says(json, "3 warning: few-peers; and 2 more\n");
    json_array_clear(json_object_get(json_object_get(alerts, "standing"), "warning"));
    assert_says(json, "alerts      1 critical: reorg-6; 1 rule silenced\n");
    json_array_clear(json_object_get(json_object_get(alerts, "standing"), "critical"));
    json_array_append_new(json_object_get(alerts, "pending"), json_string("x"));
    assert_says(json, "alerts      none stands; 1 pending; 1 rule silenced\n");
    json_object_set_new(json, "sinks",
                        json_pack("[o, o, o, o]", sink_of("a", false, 0, 3, 0),
                                  sink_of("b", false, 0, 0, 2), sink_of("c", true, 1, 5, 2),
                                  sink_of("d", false, 1, 5, 0)));
    assert_says(json, "sinks       b gave up 2; c is disabled; d fails, 5 waiting\n");
    json_object_set_new(alerts, "trouble", json_string("disk full\n"));
    assert_says(json, "outbox      trouble: disk full\\x0a\n");
    json_decref(json);
    status_free(&status);
}
END_TEST

/* More peers take more lines, and no more columns. */
START_TEST(test_many_peers)
{
    struct status status = largest(NETWORK_MAIN, 40);
    json_t *json = status_to_json(&status);

    free(screen_of(json, LINES + 32));
    json_decref(json);
    status_free(&status);
}
END_TEST

/* A line that is too long goes on in the next: no figure is ever cut. */
START_TEST(test_whole_figures)
{
    struct test_random random = test_random_init(test_seed(), 3);

    for (unsigned i = 0; i < 400; i++) {
        struct status status = largest(NETWORK_TIDENET, 0);
        double ehs = pow(10.0, (double)test_random_below(&random, 30) - 24.0) *
                     (1.0 + test_random_below(&random, 9000) / 1e3);
        json_t *json = NULL;

        status.figures.live = i % 2 == 0;
        status.figures.hashrate.estimate = (struct nowcast_estimate){
            .ehs = ehs, .lo95 = 0.9123 * ehs, .hi95 = 1.1234 * ehs, .memory = 7999.9999};
        status.figures.volatility.daily_sd = 0.2;
        status.figures.last.extent.extent.log_size = 2.0;
        for (size_t w = 0; w < STATUS_WINDOWS; w++)
            status.windows[w] = (struct window_estimate){.status = WINDOW_OK,
                                                         .blocks = w == 0 ? 144 : 2016,
                                                         .ehs = ehs,
                                                         .lo95 = 0.8123 * ehs,
                                                         .hi95 = 1.2234 * ehs};
        json = status_to_json(&status);
        assert_says(json, "rests on the last 8,000 blocks, 55.6 days");
        assert_says(json, "less sure since a change\n");
        assert_says(json, status.figures.live ? "days; less" : "days; as of the tip");
        assert_says(json, "H/s, 95 % sure between ");
        assert_says(json, status.figures.live ? "H/s\nsilence" : "H/s\nvolatility");
        assert_says(json, "20 % a day or more net of luck (12 % to more)");
        assert_says(json, "raw 6 h figures: 123 %\n");
        assert_says(json, "about 639 % (1,000,000+ to 1,000,000+ %) since block");
        json_decref(json);
        status_free(&status);
    }
}
END_TEST

/** Members that a status has. */
static const char *const members[] = {"network",
                                      "running",
                                      "synced",
                                      "now",
                                      "started",
                                      "tip",
                                      "height",
                                      "hash",
                                      "time",
                                      "age_s",
                                      "difficulty",
                                      "chainwork",
                                      "peers",
                                      "hashrate",
                                      "w144",
                                      "w2016",
                                      "ehs",
                                      "lo95",
                                      "hi95",
                                      "blocks",
                                      "epoch",
                                      "done",
                                      "expected_s",
                                      "retargets",
                                      "store",
                                      "headers",
                                      "notes",
                                      "next_height",
                                      "base_height",
                                      "subversion",
                                      "address",
                                      "state",
                                      "reason",
                                      "progress",
                                      "presync",
                                      "target_height",
                                      "nowcast",
                                      "memory_blocks",
                                      "live",
                                      "widened",
                                      "silence",
                                      "seconds",
                                      "p",
                                      "volatility",
                                      "daily_sd",
                                      "change_sd",
                                      "changes",
                                      "falls",
                                      "last",
                                      "direction",
                                      "ratio",
                                      "ratio_lo90",
                                      "ratio_hi90",
                                      "onset_height",
                                      "alarm_height",
                                      "alarm_time",
                                      "recovered",
                                      "recovered_height",
                                      "retarget",
                                      "ratio_lo95",
                                      "ratio_hi95",
                                      "seconds_lo95",
                                      "seconds_hi95",
                                      "from",
                                      "past",
                                      "error",
                                      "public_key",
                                      "alerts",
                                      "standing",
                                      "critical",
                                      "warning",
                                      "pending",
                                      "silenced",
                                      "trouble",
                                      "sinks",
                                      "sink",
                                      "configured",
                                      "disabled",
                                      "failing_since_ms",
                                      "waiting",
                                      "dead"};

/* Any JSON: the monitor that answers may be of another version. */
static json_t *random_json(struct test_random *random, unsigned depth)
{
    json_t *value = NULL;

    switch (test_random_below(random, depth > 0 ? 9 : 6)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer((json_int_t)test_random_u64(random));
    case 3:
        return json_real(ldexp(1.0, (int)test_random_below(random, 2000) - 1000));
    case 4:
        return json_string("\x1b[2J\xe2\x80\xae a long text with blanks and without"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    case 5:
        return json_string("00ff");
    case 6:
        value = json_array();
        for (unsigned i = test_random_below(random, 4); i > 0; i--)
            json_array_append_new(value, random_json(random, depth - 1));
        return value;
    default:
        value = json_object();
        for (unsigned i = 0; i < 32; i++)
            json_object_set_new(
                value, members[test_random_below(random, sizeof members / sizeof *members)],
                random_json(random, depth - 1));
        return value;
    }
}

START_TEST(test_any_json)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 1000);

    for (size_t i = 0; i < rounds; i++) {
        json_t *json = random_json(&random, 3);

        free(screen_of(json, 100));
        json_decref(json);
    }
    free(screen_of(NULL, LINES));
}
END_TEST

/* The figures' own objects, each value of any type in its place. */
START_TEST(test_any_figures)
{
    struct test_random random = test_random_init(test_seed(), 2);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 1000);
    struct status status = largest(NETWORK_MAIN, 0);
    json_t *whole = status_to_json(&status);

    for (size_t i = 0; i < rounds; i++) {
        json_t *json = json_deep_copy(whole);
        const char *key = NULL;
        json_t *part = NULL;

        json_object_foreach(json, key, part)
        {
            const char *inner = NULL;
            json_t *value = NULL;
            void *next = NULL;

            json_object_foreach_safe(part, next, inner, value)
            {
                if (test_random_one_in(&random, 4))
                    json_object_set_new(part, inner, random_json(&random, 2));
            }
        }
        free(screen_of(json, 100));
        json_decref(json);
    }
    json_decref(whole);
    status_free(&status);
}
END_TEST

/* ---- From a tree -------------------------------------------------------- */

struct store {
    struct records records;
    struct tree *tree;
};

/* A chain of tidenet of count headers, genesis included. */
static void store_open(struct store *store, size_t count)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct records mined = {0};
    struct context base;
    struct accept *accept = NULL;
    struct accept_options options = {
        .now = INT32_MAX, .each = records_each, .each_context = &store->records};

    *store = (struct store){0};
    context_genesis(&base, params);
    records_append(&store->records, params->genesis);
    store->tree = tree_new(params, &base, params->genesis, records_source(&store->records), count);
    accept = accept_new(store->tree);
    records_mine(&mined, params, count, 600, test_seed());
    ck_assert_uint_eq(
        accept_headers(accept, &options, records_at(&mined, 0), HEADER_SIZE, count).accepted,
        count - 1);
    accept_free(accept);
    records_free(&mined);
}

static void store_close(struct store *store)
{
    tree_free(store->tree);
    records_free(&store->records);
}

static double real_at(const json_t *json, const char *a, const char *b, const char *c)
{
    const json_t *value = json_object_get(json_object_get(json, a), b);

    return json_number_value(c != NULL ? json_object_get(value, c) : value);
}

START_TEST(test_from_tree)
{
    const size_t count = 3000;
    struct store store;
    struct status status;
    struct header last;
    json_t *json = NULL;
    double work = 0.0;
    double elapsed = 0.0;

    store_open(&store, count);
    header_decode(&last, records_at(&store.records, count - 1));
    ck_assert(status_from_tree(&status, store.tree, true, ((int64_t)last.time + 90) * 1000));
    json = status_to_json(&status);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json_string_value(json_object_get(json, "network")), "tidenet");
    ck_assert(json_is_false(json_object_get(json, "running")));
    ck_assert(json_is_false(json_object_get(json, "synced")));
    ck_assert_double_eq(real_at(json, "tip", "height", NULL), (double)count - 1);
    ck_assert_double_eq(real_at(json, "tip", "time", NULL), (double)last.time);
    ck_assert_double_eq(real_at(json, "tip", "age_s", NULL), 90.0);
    ck_assert_double_eq(real_at(json, "store", "headers", NULL), (double)count);
    ck_assert_double_eq(real_at(json, "store", "branches", NULL), 1.0);
    ck_assert_double_eq(real_at(json, "epoch", "done", NULL), (double)(count - 2016));
    ck_assert_double_eq(real_at(json, "epoch", "next_height", NULL), 4032.0);
    ck_assert_double_eq(real_at(json, "hashrate", "w144", "blocks"), 144.0);
    ck_assert_double_eq(real_at(json, "hashrate", "w2016", "from_height"), (double)count - 2016);

    /* All of the last 144 blocks have the same nBits: then the rate is work x 143 / time. */
    elapsed = real_at(json, "hashrate", "w144", "span_s");
    work = compact_expected_hashes(last.bits);
    ck_assert_double_eq_tol(
        real_at(json, "hashrate", "w144", "ehs") * 1e18 * elapsed / (143.0 * work), 1.0, 1e-9);
    ck_assert_double_eq_tol(real_at(json, "epoch", "expected_s", NULL),
                            (4032.0 - (double)count + 1.0) * work / 1e18 /
                                real_at(json, "hashrate", "w2016", "ehs"),
                            1.0);
    assert_says(json, "not running");
    assert_says(json, "height 2,999");
    assert_says(json, "90 s ago");
    json_decref(json);
    store_close(&store);
}
END_TEST

START_TEST(test_small_trees)
{
    for (size_t count = 1; count <= 4; count++) {
        struct store store;
        struct status status;
        json_t *json = NULL;

        store_open(&store, count);
        ck_assert(status_from_tree(&status, store.tree, true, NOW_MS));
        json = status_to_json(&status);
        ck_assert_uint_eq(status.windows[0].blocks, count < 3 ? 0 : count - 1);
        if (count < 3)
            assert_says(json, "too few blocks");
        else
            assert_says(json, "95 % interval");
        json_decref(json);
        store_close(&store);
    }
}
END_TEST

/* What must not be left out. */
START_TEST(test_notes)
{
    struct store store;
    struct status status;
    json_t *json = NULL;

    store_open(&store, 10);
    ck_assert(status_from_tree(&status, store.tree, false, NOW_MS));
    json = status_to_json(&status);
    assert_says(json, "work is relative to the store's base, whose own is not known\n");
    json_decref(json);

    ck_assert(status_from_tree(&status, store.tree, true, NOW_MS));
    status.params = params_get(NETWORK_SIGNET);
    json = status_to_json(&status);
    assert_says(json, "use connect= with a trusted node\n");
    json_decref(json);

    status.params = params_get(NETWORK_REGTEST);
    status.running = true;
    status.clock.suspect = true;
    status.store.trouble = (struct status_store_trouble){true, "disk full: \xff"};
    json = status_to_json(&status);
    assert_says(json, "clock of this machine");
    assert_says(json, "disk full: \\xff");
    assert_says(json, "never changes");
    assert_says(json, "no peers yet");
    json_decref(json);
    store_close(&store);
}
END_TEST

START_TEST(test_source_fails)
{
    struct store store;
    struct status status;

    store_open(&store, 3);
    store.records.broken = true;
    if (!status_from_tree(&status, store.tree, true, NOW_MS))
        ck_assert_ptr_null(status.peers);
    store_close(&store);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_alerts_are_three_lines,
        test_alerts_are_named,
        test_largest,
        test_many_peers,
        test_whole_figures,
        test_any_json,
        test_any_figures,
        test_from_tree,
        test_small_trees,
        test_notes,
        test_source_fails,
    };

    return TEST_MAIN("status", tests);
}
