// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: every key is read as documented, from the file and from the command line, in
 * the right order of precedence; and every mistake is named with its place and with what was
 * expected.
 */
#include "config.h"

#include "chain/epochs.h"
#include "monitor/log.h"
#include "monitor/settings.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NAME "x.conf"
#define HASH "00000000000000000000506183a8b30fa3224b85e82a70416e1d594bdb632fdb"

static void parse(struct settings *settings, const char *text)
{
    struct settings_error error;
    bool good = settings_parse_text(settings, &error, NAME, text, strlen(text));

    ck_assert_msg(good, "%s", error.text);
}

/* The text must be refused, in that line, with those words. */
static void refuse(const char *text, unsigned line, const char *words)
{
    struct settings settings;
    struct settings_error error;
    char place[32];

    snprintf(place, sizeof place, NAME ":%u: ", line);
    ck_assert_msg(!settings_parse_text(&settings, &error, NAME, text, strlen(text)), "accepted: %s",
                  text);
    ck_assert_msg(strncmp(error.text, place, strlen(place)) == 0, "%s", error.text);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
    ck_assert_ptr_null(strchr(error.text, '\n'));
}

START_TEST(test_defaults)
{
    struct settings settings;

    setenv("HOME", "/var/tide", 1);
    unsetenv("STATE_DIRECTORY");
    parse(&settings, "");
    ck_assert_str_eq(settings.params->name, "main");
    ck_assert_str_eq(settings.datadir, "/var/tide/.hashtide");
    ck_assert_uint_eq(settings.connect.count, 0);
    ck_assert_uint_eq(settings.addnode.count, 0);
    ck_assert_uint_eq(settings.onlynet.count, 0);
    ck_assert_str_eq(settings.proxy, "");
    ck_assert(settings.dnsseed);
    ck_assert_uint_eq(settings.maxoutbound, 8);
    ck_assert_uint_eq(settings.connect_timeout_ms, 5000);
    ck_assert(!settings.minimum_chain_work_given);
    ck_assert_int_eq(u256_cmp(settings.minimum_chain_work, settings.params->minimum_chain_work), 0);
    ck_assert(!settings.anchor.given);
    ck_assert_double_eq(settings.false_alarms_per_year, 1.0);
    ck_assert_double_eq(settings.daily_sd, 0.0);
    ck_assert_int_eq(settings.delivery.retry_min_ms, 2000);
    ck_assert_int_eq(settings.delivery.retry_max_ms, 3600 * 1000);
    ck_assert_int_eq(settings.delivery.give_up_ms, (int64_t)30 * 86400 * 1000);
    ck_assert_int_eq(settings.delivery_keep_ms, (int64_t)90 * 86400 * 1000);
    ck_assert_int_eq(settings.log_level, LOG_INFO);
    settings_free(&settings);

    setenv("STATE_DIRECTORY", "/var/lib/hashtide:/var/lib/other", 1);
    parse(&settings, "");
    ck_assert_str_eq(settings.datadir, "/var/lib/hashtide");
    settings_free(&settings);
}
END_TEST

START_TEST(test_every_key)
{
    struct settings settings;

    setenv("HOME", "/var/tide", 1);
    parse(&settings, "# a comment\r\n"
                     "\n"
                     "  network = regtest\n"
                     "datadir=~/tide data\n"
                     "connect=127.0.0.1\n"
                     "connect=[2001:db8::1]:18444\n"
                     "addnode=node.example:1\n"
                     "onlynet=ipv6\n"
                     "onlynet=onion\n"
                     "proxy=127.0.0.1\n"
                     "dnsseed=0\n"
                     "maxoutbound=3\n"
                     "timeout=250\n"
                     "minimumchainwork=0xff\n"
                     "\tanchor=2016:" HASH "\n"
                     "name=tide watch \303\251\n"
                     "prior=running=0.8..0.9\n"
                     "change.false_alarms_per_year=0.5\n"
                     "change.daily_sd=1.5%\n"
                     "delivery.retry_min=2h\n"
                     "delivery.retry_max=4h\n"
                     "delivery.give_up=50 ms\n"
                     "delivery.keep=0\n"
                     "power.file=~/power.csv\n"
                     "machines.file=/m.csv\n"
                     "loglevel=unusual");
    ck_assert_str_eq(settings.params->name, "regtest");
    ck_assert_str_eq(settings.datadir, "/var/tide/tide data");
    ck_assert_uint_eq(settings.connect.count, 2);
    ck_assert_str_eq(settings.connect.items[0], "127.0.0.1");
    ck_assert_str_eq(settings.connect.items[1], "[2001:db8::1]:18444");
    ck_assert_str_eq(settings.addnode.items[0], "node.example:1");
    ck_assert_uint_eq(settings.onlynet.count, 2);
    ck_assert_str_eq(settings.onlynet.items[1], "onion");
    ck_assert_str_eq(settings.proxy, "127.0.0.1:9050");
    ck_assert(!settings.dnsseed);
    ck_assert_uint_eq(settings.maxoutbound, 3);
    ck_assert_uint_eq(settings.connect_timeout_ms, 250);
    ck_assert_int_eq(u256_cmp(settings.minimum_chain_work, u256_from_u64(255)), 0);
    ck_assert(settings.anchor.given);
    ck_assert_uint_eq(settings.anchor.height, 2016);
    ck_assert(!settings.anchor.work_known);
    ck_assert_str_eq(settings.name, "tide watch \303\251");
    ck_assert_double_eq(settings.priors.of[SITE_PRIOR_RUNNING].low, 0.8);
    ck_assert_uint_eq(settings.prior_texts.count, 1);
    ck_assert_double_eq(settings.false_alarms_per_year, 0.5);
    ck_assert_double_eq(settings.daily_sd, 0.015);
    ck_assert_int_eq(settings.delivery.retry_min_ms, 2 * 3600 * 1000);
    ck_assert_int_eq(settings.delivery.retry_max_ms, 4 * 3600 * 1000);
    ck_assert_int_eq(settings.delivery.give_up_ms, 50);
    ck_assert_int_eq(settings.delivery_keep_ms, 0);
    ck_assert_str_eq(settings.tables[BUILTIN_POWER].file, "/var/tide/power.csv");
    ck_assert_str_eq(settings.tables[BUILTIN_MACHINES].file, "/m.csv");
    ck_assert_int_eq(settings.log_level, LOG_UNUSUAL);
    settings_free(&settings);
}
END_TEST

START_TEST(test_sections)
{
    static const char TEXT[] = "timeout=100\n"
                               "connect=10.0.0.1\n"
                               "[regtest]\n"
                               "timeout=200\n"
                               "connect=10.0.0.2\n"
                               "[test]\n"
                               "timeout=300\n"
                               "[regtest]\n"
                               "maxoutbound=1\n";
    struct settings settings;
    char text[512];

    parse(&settings, TEXT);
    ck_assert_uint_eq(settings.connect_timeout_ms, 100);
    ck_assert_uint_eq(settings.connect.count, 1);
    ck_assert_uint_eq(settings.maxoutbound, 8);
    settings_free(&settings);

    snprintf(text, sizeof text, "chain=regtest\n%s", TEXT);
    parse(&settings, text);
    ck_assert_uint_eq(settings.connect_timeout_ms, 200);
    ck_assert_uint_eq(settings.connect.count, 2);
    ck_assert_uint_eq(settings.maxoutbound, 1);
    settings_free(&settings);

    snprintf(text, sizeof text, "network=testnet3\n%s", TEXT);
    parse(&settings, text);
    ck_assert_uint_eq(settings.connect_timeout_ms, 300);
    settings_free(&settings);
}
END_TEST

START_TEST(test_mistakes)
{
    refuse("nonsense\n", 1, "expected KEY=VALUE");
    refuse("\n\n=1\n", 3, "expected KEY=VALUE");
    refuse("timout=1\n", 1, "did you mean timeout?");
    refuse("testnet4=1\n", 1, "did you mean network=testnet4?");
    refuse("frobnicate=1\n", 1, "unknown key frobnicate");
    refuse("frob\x1b[31m=1\n", 1, "frob\\x1b[31m");
    refuse("timeout=1\n\ntimeout=2\n", 3, "given already in line 1");
    refuse("[main]\ntimeout=1\n[mainnet]\ntimeout=2\n", 4, "given already in line 2");
    refuse("network=regtest\nchain=main\n", 2, "given already in line 1");
    refuse("network=nonet\n", 1, "expected main, testnet3");
    refuse("[nonet]\n", 1, "unknown section [nonet]");
    refuse("[main\n", 1, "expected [NETWORK]");
    refuse("[\n", 1, "expected [NETWORK]");
    refuse("[]\n", 1, "unknown section []");
    refuse("[main]\nnetwork=main\n", 2, "before the first [section]");
    refuse("[main]\ndatadir=/tmp\n", 2, "before the first [section]");
    refuse("conf=/etc/hashtide.conf\n", 1, "command line");
    refuse("connect=a b\n", 1, "expected HOST");
    refuse("connect=1.2.3.4:0\n", 1, "expected HOST");
    refuse("connect=1.2.3.4:65536\n", 1, "expected HOST");
    refuse("addnode=\n", 1, "expected HOST");
    refuse("onlynet=pigeon\n", 1, "expected ipv4, ipv6 or onion");
    refuse("proxy=:9050\n", 1, "expected HOST:PORT");
    refuse("proxy=tor.example:9050\n", 1, "an IP address or localhost");
    refuse("dnsseed=yes\n", 1, "expected 0 or 1");
    refuse("maxoutbound=0\n", 1, "expected a number from 1 to");
    refuse("maxoutbound=-1\n", 1, "expected a number");
    refuse("maxoutbound=1x\n", 1, "expected a number");
    refuse("timeout=99999999999999999999\n", 1, "expected milliseconds");
    refuse("minimumchainwork=xyz\n", 1, "hex digits");
    refuse("prior=running=2\n", 1, "prior=running=2: ");
    refuse("prior=runing=0.9\n", 1, "did you mean running?");
    refuse("prior=running\n", 1, "expected NAME=VALUE");
    refuse("name=" X32 X32 "\n", 1, "expected a name of at most 63 bytes of printable text");
    refuse("name=a\033[31m\n", 1, "expected a name of at most 63 bytes of printable text");
    refuse("name=\377\n", 1, "expected a name of at most 63 bytes of printable text");
    refuse("change.false_alarms_per_year=0\n", 1, "expected a number from 0.1 to 12");
    refuse("change.false_alarms_per_year=0.09\n", 1, "expected a number from 0.1 to 12");
    refuse("change.false_alarms_per_year=12.001\n", 1, "expected a number from 0.1 to 12");
    refuse("change.false_alarms_per_year=nan\n", 1, "expected a number from 0.1 to 12");
    refuse("change.false_alarms_per_year=-1\n", 1, "expected a number from 0.1 to 12");
    refuse("change.daily_sd=\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=%\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=1.5\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=0.099%\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=10.1%\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=1e-2\n", 1, "expected auto, or a percentage");
    refuse("change.daily_sd=0.0000000000000000000000000000000015\n", 1, "expected auto");
    refuse("change.dailysd=auto\n", 1, "did you mean change.daily_sd?");
    refuse("loglevel=loud\n", 1, "expected broken, unusual");
    refuse("datadir=\n", 1, "expected a path");
    refuse("connect=0\nconnect=1.2.3.4\n", 2, "connect=0");
}
END_TEST

START_TEST(test_daily_sd)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"auto", 0.0},    {"0.1%", 0.001}, {"10%", 0.1},
                {"0.75%", .0075}, {"0.001", .001}, {"0.0075", .0075}};
    struct settings settings;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[64];

        snprintf(text, sizeof text, "change.daily_sd=%s\n", good[i].text);
        parse(&settings, text);
        ck_assert_double_eq(settings.daily_sd, good[i].value);
        settings_free(&settings);
    }
}
END_TEST

/* A section of another network is read too: its day may come. */
START_TEST(test_mistakes_elsewhere)
{
    refuse("network=main\n[regtest]\ntimeout=0\n", 3, "expected milliseconds");
    refuse("network=main\n[regtest]\nanchor=2016\n", 3, "expected HEIGHT:HASH");
}
END_TEST

START_TEST(test_zero_byte)
{
    static const char text[] = "timeout=1\nnet\0work=main\n";
    struct settings settings;
    struct settings_error error;

    ck_assert(!settings_parse_text(&settings, &error, NAME, text, sizeof text - 1));
    ck_assert_ptr_nonnull(strstr(error.text, NAME ":2: "));
}
END_TEST

START_TEST(test_anchor)
{
    struct settings settings;
    struct epoch_row row;
    char text[256];
    char hex[HASH256_HEX_SIZE];

    ck_assert(epochs_find(&row, 2016 * 100));
    hash256_to_hex(hex, &row.hash);
    parse(&settings, "anchor=201600\n");
    ck_assert(settings.anchor.given && settings.anchor.work_known);
    ck_assert(hash256_equal(&settings.anchor.hash, &row.hash));
    ck_assert_int_eq(u256_cmp(settings.anchor.chainwork, row.chainwork), 0);
    settings_free(&settings);

    snprintf(text, sizeof text, "anchor=201600:%s\n", hex);
    parse(&settings, text);
    ck_assert(settings.anchor.work_known);
    settings_free(&settings);

    parse(&settings, "network=tidenet\nanchor=2016:" HASH ":1f\n");
    ck_assert(settings.anchor.work_known);
    ck_assert_int_eq(u256_cmp(settings.anchor.chainwork, u256_from_u64(31)), 0);
    settings_free(&settings);

    refuse("anchor=12345\n", 1, "a multiple of 2016");
    refuse("anchor=201600:" HASH "\n", 1, "another hash");
    refuse("anchor=4032000\n", 1, "expected HEIGHT:HASH");
    refuse("anchor=201600:\n", 1, "expected HEIGHT");
    refuse("anchor=201600:" HASH ":\n", 1, "expected HEIGHT");
    refuse("anchor=201600:" HASH ":1:1\n", 1, "expected HEIGHT");
    refuse("anchor=x\n", 1, "expected HEIGHT");
}
END_TEST

/* ---- Files and options -------------------------------------------------- */

static char *write_file(const char *text)
{
    char *path = strdup("/tmp/hashtide-settings-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

START_TEST(test_options_win)
{
    char *path = write_file("network=regtest\ntimeout=1\nconnect=10.0.0.1\n[regtest]\ntimeout=2\n"
                            "[signet]\ntimeout=3\n");
    struct settings settings;
    struct settings_error error;
    const struct settings_option options[] = {
        {"timeout", "7"}, {"conf", path},        {"connect", "10.0.0.2"},
        {"timeout", "8"}, {"network", "signet"},
    };

    ck_assert_msg(settings_load(&settings, &error, options, 2), "%s", error.text);
    ck_assert_str_eq(settings.params->name, "regtest");
    ck_assert_uint_eq(settings.connect_timeout_ms, 7);
    ck_assert_str_eq(settings.conf, path);
    settings_free(&settings);

    ck_assert(settings_load(&settings, &error, options, 5));
    ck_assert_str_eq(settings.params->name, "signet");
    ck_assert_uint_eq(settings.connect_timeout_ms, 8);
    ck_assert_uint_eq(settings.connect.count, 2);
    ck_assert_str_eq(settings.connect.items[1], "10.0.0.2");
    settings_free(&settings);

    ck_assert(settings_load(&settings, &error, options + 4, 1) == true);
    settings_free(&settings);
    unlink(path);
    free(path);
}
END_TEST

START_TEST(test_option_mistake)
{
    struct settings settings;
    struct settings_error error;
    const struct settings_option options[] = {{"datadir", "/nonexistent"}, {"timeout", "soon"}};
    const struct settings_option missing[] = {{"conf", "/nonexistent/hashtide.conf"}};

    ck_assert(!settings_load(&settings, &error, options, 2));
    ck_assert_ptr_nonnull(strstr(error.text, "--timeout=soon: expected milliseconds"));
    ck_assert(settings_load(&settings, &error, options, 1));
    ck_assert_str_eq(settings.conf, "");
    settings_free(&settings);
    ck_assert(!settings_load(&settings, &error, missing, 1));
    ck_assert_ptr_nonnull(strstr(error.text, "/nonexistent/hashtide.conf"));
}
END_TEST

START_TEST(test_default_files)
{
    char folder[] = "/tmp/hashtide:settings-XXXXXX";
    char path[64];
    struct settings settings;
    struct settings_error error;
    struct settings_option datadir = {"datadir", folder};
    FILE *file = NULL;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/hashtide.conf", folder);
    file = fopen(path, "w");
    fputs("timeout=77\n", file);
    fclose(file);
    unsetenv("CONFIGURATION_DIRECTORY");
    ck_assert_msg(settings_load(&settings, &error, &datadir, 1), "%s", error.text);
    ck_assert_uint_eq(settings.connect_timeout_ms, 77);
    ck_assert_str_eq(settings.conf, path);
    settings_free(&settings);

    setenv("CONFIGURATION_DIRECTORY", "/nonexistent/etc:/nonexistent/other", 1);
    ck_assert(settings_load(&settings, &error, &datadir, 1));
    ck_assert_uint_eq(settings.connect_timeout_ms, 5000);
    settings_free(&settings);
    unlink(path);
    rmdir(folder);
}
END_TEST

struct seen {
    size_t keys;
    size_t connects;
    char timeout_origin[64];
    char dnsseed_origin[64];
};

static void look(void *context, const struct settings_key *key, const char *value,
                 const char *origin)
{
    struct seen *seen = context;

    seen->keys++;
    if (strcmp(key->name, "connect") == 0) {
        ck_assert_str_eq(value, seen->connects == 0 ? "10.0.0.1" : "10.0.0.2");
        seen->connects++;
    } else if (strcmp(key->name, "timeout") == 0) {
        ck_assert_str_eq(value, "5");
        snprintf(seen->timeout_origin, sizeof seen->timeout_origin, "%s", origin);
    } else if (strcmp(key->name, "dnsseed") == 0) {
        ck_assert_str_eq(value, "1");
        snprintf(seen->dnsseed_origin, sizeof seen->dnsseed_origin, "%s", origin);
    }
}

/* A section's value is in force although one for all networks stands behind it. */
START_TEST(test_origins)
{
    struct settings settings;
    struct seen seen = {0};
    size_t keys = 0;

    while (settings_key_at(keys) != NULL)
        keys++;
    parse(&settings, "timeout=4\nconnect=10.0.0.1\nconnect=10.0.0.2\n[main]\ntimeout=5\n");
    settings_each(&settings, look, &seen);
    ck_assert_uint_eq(seen.connects, 2);
    ck_assert_uint_eq(seen.keys, keys + 1);
    ck_assert_str_eq(seen.timeout_origin, NAME ":5");
    ck_assert_str_eq(seen.dnsseed_origin, "default");
    settings_free(&settings);
}
END_TEST

/* A letter too many: every key is found again. */
START_TEST(test_nearest)
{
    for (size_t i = 0; settings_key_at(i) != NULL; i++) {
        char name[64];

        snprintf(name, sizeof name, "%sq", settings_key_at(i)->name);
        ck_assert_ptr_nonnull(settings_key_nearest(name));
        ck_assert_str_eq(settings_key_nearest(name), settings_key_at(i)->name);
    }
    ck_assert_ptr_null(settings_key_nearest("nothing.of.the.kind"));
}
END_TEST

/* Sections of rules and sinks: the rules in force are those built in, changed and added to. */
START_TEST(test_alerts)
{
    struct settings settings;
    const struct settings_section *section = NULL;
    const struct rule *rule = NULL;

    parse(&settings, "");
    ck_assert_uint_gt(settings.rules.count, 15);
    ck_assert_uint_eq(settings.section_count, 0);
    settings_free(&settings);
    parse(&settings, "timeout=100\n"
                     "[alert mine]\n"
                     "  metric = sync.peers \n"
                     "raise=below 2\n"
                     "clear=above 4\n"
                     "sinks=ops\n"
                     "text=a = b\n"
                     "[regtest]\n"
                     "timeout=200\n"
                     "[sink ops]\n"
                     "type=syslog\n"
                     "[alert few-peers]\n"
                     "enabled=0\n");
    ck_assert_uint_eq(settings.connect_timeout_ms, 100);
    rule = ruleset_find(&settings.rules, "mine");
    ck_assert_ptr_nonnull(rule);
    ck_assert_uint_eq(rule->metric, METRIC_SYNC_PEERS);
    ck_assert_str_eq(rule->text, "a = b");
    ck_assert(!ruleset_find(&settings.rules, "few-peers")->enabled);
    ck_assert_uint_eq(settings.section_count, 3);
    section = settings_section_find(&settings, SETTINGS_SINK, "ops");
    ck_assert_ptr_nonnull(section);
    ck_assert_uint_eq(section->line, 10);
    ck_assert_uint_eq(section->pair_count, 1);
    ck_assert_str_eq(section->pairs[0].key, "type");
    ck_assert_str_eq(section->pairs[0].value, "syslog");
    ck_assert_uint_eq(section->pairs[0].line, 11);
    ck_assert_ptr_null(settings_section_find(&settings, SETTINGS_ALERT, "ops"));
    settings_free(&settings);
}
END_TEST

START_TEST(test_delivery_mistakes)
{
    refuse("delivery.retry_min=5\n", 1, "expected a time from 10 ms to 7 d");
    refuse("delivery.retry_max=8d\n", 1, "expected a time from 10 ms to 7 d");
    refuse("delivery.give_up=6 blocks\n", 1, "expected a time");
    refuse("delivery.keep=-1d\n", 1, "expected a time from 0 s");
    refuse("delivery.retry_min=2h\ndnsseed=0\n", 1, "longer than delivery.retry_max");
}
END_TEST

#define HOOK "[sink a]\ntype=webhook\nurl=https://example.org/hook\n"
#define MAIL "[sink a]\ntype=smtp\nurl=smtps://h\nfrom=a@c\n"

/* What the sections of sinks become. */
START_TEST(test_sinks)
{
    struct settings settings;
    const struct sink *sink = NULL;
    char told[SINKS_EXPLAIN_SIZE];

    parse(&settings, "proxy=localhost\n"
                     "[sink a]\nurl=https://example.org:8443/hook/path\nsecret-file=/a\n"
                     "type=webhook\nsecret-file=/b\nheartbeat=1d\ntimeout=250ms\n"
                     "[sink m]\ntype=smtp\nurl=smtp://mail.example.org\nfrom=a@b.example\n"
                     "to=c@d.example , e@f.example\nto=g@h.example\nproxy=0\n"
                     "[sink x]\ntype=exec\ncommand=/bin/run  one two\n");
    ck_assert_uint_eq(settings.sinks.count, 3);
    sink = sinks_find(&settings.sinks, "a");
    ck_assert_int_eq(sink->type, SINK_WEBHOOK);
    ck_assert_uint_eq(sink->secret_file_count, 2);
    ck_assert_str_eq(sink->secret_files[1], "/b");
    ck_assert_int_eq(sink->heartbeat_ms, 86400000);
    ck_assert_int_eq(sink->timeout_ms, 250);
    ck_assert_str_eq(sink->proxy, "localhost:9050");
    sinks_explain(told, sink);
    ck_assert_ptr_nonnull(strstr(told, "https://example.org:8443"));
    ck_assert_ptr_null(strstr(told, "path"));
    sink = sinks_find(&settings.sinks, "m");
    ck_assert_uint_eq(sink->to_count, 3);
    ck_assert_str_eq(sink->to[1], "e@f.example");
    ck_assert_str_eq(sink->proxy, "");
    sink = sinks_find(&settings.sinks, "x");
    ck_assert_uint_eq(sink->command_count, 3);
    ck_assert_str_eq(sink->command[2], "two");
    ck_assert_ptr_null(sink->command[3]);
    settings_free(&settings);
}
END_TEST

START_TEST(test_sink_mistakes)
{
    refuse("[sink a]\n", 1, "sink a: there is no type: expected type=webhook, slack");
    refuse("[sink a]\ntype=webhok\n", 2, "sink a: type=webhok: expected webhook, slack");
    refuse(HOOK "secretfile=/a\n", 4, "sink a: unknown key secretfile: did you mean secret-file?");
    refuse(HOOK "zzzzz=1\n", 4, "sink a: unknown key zzzzz: expected type, url, ");
    refuse(HOOK "timeout=1s\ntimeout=1s\n", 5, "timeout was given already in line 4");
    refuse(HOOK "timeout=1\n", 4, "timeout=1: expected a time from 100ms to 10m");
    refuse(HOOK "timeout=11m\n", 4, "expected a time from");
    refuse(HOOK "heartbeat=999999999999d\n", 4, "expected a time of at least 1s");
    refuse(HOOK "secret-file=a\n", 4, "expected a file by its whole path");
    refuse(HOOK "to=a@b.example\n", 4, "to: a sink of type webhook has no such key");
    refuse(HOOK "url-file=/a\n", 1, "expected url or url-file, not both");
    refuse(HOOK "proxy=example.org:1\n", 4, "expected HOST:PORT of a SOCKS5 proxy");
    refuse("[sink a]\ntype=webhook\n", 1, "there is no url");
    refuse("[sink a]\ntype=webhook\nurl=ftp://example.org/x\n", 3, "url=...: expected https://");
    refuse("[sink a]\ntype=webhook\nurl=https://u:p@example.org/\n", 3, "without user, password");
    refuse("[sink a]\ntype=slack\nurl=http://example.org/x\n", 3, "the address is a secret");
    refuse("[sink a]\ntype=ntfy\nurl=https://ntfy.sh/\n", 3, "https://HOST/TOPIC");
    refuse("[sink a]\ntype=ntfy\nurl=http://n.example/t\ntoken-file=/t\n", 1, "expected an https");
    refuse("[sink a]\ntype=smtp\nurl=smtps://example.org/x\n", 3, "smtps://HOST");
    refuse("[sink a]\ntype=smtp\nurl=smtps://example.org\n", 1, "expected from=ADDRESS and to=");
    refuse("[sink a]\ntype=smtp\nurl=smtps://h\nfrom=a b@c\n", 4, "expected a mail address");
    refuse(MAIL "to=a@b,\n", 5, "up to 16 mail");
    refuse(MAIL "to=a@b\nuser=x\n", 1, "or neither");
    refuse("[sink a]\ntype=exec\n", 1, "expected command=/PATH");
    refuse("[sink a]\ntype=exec\ncommand=ls\n", 3, "a program by its whole path");
    refuse("[sink a]\ntype=syslog\nurl-file=/a\n", 3, "url-file: a sink of type syslog has no");
    refuse("[sink a]\ntype=syslog\nurl=https://example.org/\n", 3, "has no such key");
}
END_TEST

START_TEST(test_alert_mistakes)
{
    refuse("[alert x]\nmetric=sync.peer\n", 2, "alert x: metric=sync.peer: expected a metric: did");
    refuse("\n[alert x]\n", 2, "alert x: expected metric=NAME");
    refuse("[alert]\n", 1, "[alert ]: expected [alert NAME]");
    refuse("[sink a/b]\n", 1, "[sink a/b]: expected [sink NAME]");
    refuse("[alerts x]\n", 1, "unknown section [alerts x]: expected [main]");
    refuse("[alert few-peers]\n\n[alert few-peers]\n", 3, "already in line 1: expected it once");
    refuse("[sink a]\n[sink a]\n", 2, "already in line 1: expected it once");
    refuse("[alert few-peers]\nenabled=1\nsinks=ops\n", 3,
           "alert few-peers: sinks=ops: there is no such sink: expected a section [sink ops]");
    refuse("[alert few-peers]\nenabled\n", 2, "expected KEY=VALUE, [SECTION] or #");
    refuse("[alert few-peers]\nnetwork=main\n", 2, "alert few-peers: unknown key network");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_defaults,
        test_every_key,
        test_sections,
        test_mistakes,
        test_alerts,
        test_alert_mistakes,
        test_delivery_mistakes,
        test_daily_sd,
        test_mistakes_elsewhere,
        test_zero_byte,
        test_anchor,
        test_options_win,
        test_option_mistake,
        test_default_files,
        test_origins,
        test_nearest,
        test_sinks,
        test_sink_mistakes,
    };

    return TEST_MAIN("settings", tests);
}
