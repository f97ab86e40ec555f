// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings_keys: the table of keys: how each value is read, checked and printed.
 */
#include "config.h"

#include "alerts/rule.h"
#include "chain/epochs.h"
#include "chain/netaddr.h"
#include "chain/params.h"
#include "monitor/hostport.h"
#include "monitor/log.h"
#include "monitor/market.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/prior.h"
#include "monitor/settings_internal.h"
#include "monitor/text.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Bitcoin Core's defaults, and ours where Core has none. */
#define DEFAULT_PROXY_PORT 9050
#define DEFAULT_MAXOUTBOUND 8
#define DEFAULT_TIMEOUT_MS 5000
#define MAXOUTBOUND_MAX 64
#define TIMEOUT_MS_MAX 600000
/** False alarms a year, in thousandths: what thresholds can be set to, from one in ten years to one
 * a month. */
#define FALSE_ALARMS_LEAST 100u
#define FALSE_ALARMS_MOST 12000u
#define DEFAULT_FALSE_ALARMS 1.0
/** Daily standard deviation, in millionths: from 0.1 % to 10 %. */
#define DAILY_SD_LEAST 1000u
#define DAILY_SD_MOST 100000u
/** A try that follows the last at once would be an attack. */
#define RETRY_LEAST_MS 10
/** Waits of more than a week would be as good as none. */
#define RETRY_MOST_MS ((int64_t)7 * 86400 * 1000)
/** How long delivered messages are kept. */
#define DEFAULT_KEEP_MS ((int64_t)90 * 86400 * 1000)
/** Hashprice follows the price by the day; sources that are free of charge allow far more. */
#define DEFAULT_PRICE_FETCH_MS ((int64_t)3600 * 1000)
#define PRICE_FETCH_LEAST_MS ((int64_t)10 * 1000)
#define PRICE_FETCH_MOST_MS ((int64_t)7 * 86400 * 1000)

static bool expected(struct settings_complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Always false. */
static bool expected(struct settings_complaint *complaint, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- Values ------------------------------------------------------------- */

static bool copy_text(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len >= size)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

static bool parse_u32(uint32_t *out, const char *digits, uint32_t least, uint32_t most)
{
    uint64_t number = 0;

    if (!number_parse(&number, digits, least, most))
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool parse_switch(bool *out, struct settings_complaint *complaint, const char *value)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return expected(complaint, "expected 0 or 1");
    *out = value[0] == '1';
    return true;
}

const char *settings_home_dir(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user = NULL;

    if (home != NULL && home[0] == '/')
        return home;
    user = getpwuid(getuid());
    return user != NULL ? user->pw_dir : NULL;
}

bool settings_read_path(char out[SETTINGS_PATH_SIZE], struct settings_complaint *complaint,
                        const char *value)
{
    const char *home = NULL;

    if (value[0] == '\0')
        return expected(complaint, "expected a path");
    if (value[0] == '~' && (value[1] == '/' || value[1] == '\0')) {
        home = settings_home_dir();
        value++;
        if (home == NULL)
            return expected(complaint, "there is no home directory that ~ could mean: set HOME");
    }
    if ((size_t)snprintf(out, SETTINGS_PATH_SIZE, "%s%s", home != NULL ? home : "", value) >=
        SETTINGS_PATH_SIZE)
        return expected(complaint, "expected a path of less than %d bytes", SETTINGS_PATH_SIZE);
    return true;
}

static void list_add(struct settings_list *list, const char *item)
{
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = mem_text(item);
}

void settings_list_free(struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct settings_list){0};
}

/* ---- The keys ----------------------------------------------------------- */

static bool set_network(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    const struct params *params = params_by_name(value);

    if (params == NULL)
        return expected(complaint, "expected main, testnet3, testnet4, signet, regtest or tidenet");
    s->params = params;
    return true;
}

static bool set_datadir(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return settings_read_path(s->datadir, complaint, value);
}

/* It is read by people, in alerts and on pages: what would have to be escaped there is refused. */
static bool set_name(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    char shown[4 * SETTINGS_NAME_SIZE];

    (void)text_escape(shown, sizeof shown, value);
    if (strcmp(shown, value) != 0 || !copy_text(s->name, sizeof s->name, value))
        return expected(complaint, "expected a name of at most %d bytes of printable text",
                        SETTINGS_NAME_SIZE - 1);
    return true;
}

static bool set_prior(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    char message[PRIOR_MESSAGE_SIZE];

    if (!prior_set(&s->priors, message, value))
        return expected(complaint, "%s", message);
    list_add(&s->prior_texts, value);
    return true;
}

static bool set_conf(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return settings_read_path(s->conf, complaint, value);
}

static bool set_peer(struct settings_list *list, const struct settings *s,
                     struct settings_complaint *complaint, const char *value)
{
    struct hostport peer;

    if (!hostport_parse(&peer, value, s->params->port))
        return expected(complaint, "expected HOST or HOST:PORT ([v6]:PORT for an IPv6 address)");
    list_add(list, value);
    return true;
}

static bool set_connect(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    bool none = strcmp(value, "0") == 0;

    if (s->connect.count > 0 && (none || strcmp(s->connect.items[0], "0") == 0))
        return expected(complaint, "connect=0 means no peers at all, so expected it alone");
    if (none) {
        list_add(&s->connect, value);
        return true;
    }
    return set_peer(&s->connect, s, complaint, value);
}

static bool set_addnode(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return set_peer(&s->addnode, s, complaint, value);
}

static bool set_onlynet(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    if (strcmp(value, "ipv4") != 0 && strcmp(value, "ipv6") != 0 && strcmp(value, "onion") != 0)
        return expected(complaint, "expected ipv4, ipv6 or onion");
    list_add(&s->onlynet, value);
    return true;
}

/* A name would have to be looked up before there is a proxy to ask. */
static bool is_proxy_host(const char *host)
{
    struct netaddr address;

    return strcmp(host, "localhost") == 0 ||
           (netaddr_parse(&address, host, DEFAULT_PROXY_PORT) &&
            (address.network == NETADDR_IPV4 || address.network == NETADDR_IPV6));
}

bool settings_read_proxy(char out[SINKS_PROXY_SIZE], const char *value)
{
    struct hostport proxy;
    bool address6 = false;

    out[0] = '\0';
    if (value[0] == '\0' || strcmp(value, "0") == 0)
        return true;
    if (!hostport_parse(&proxy, value, DEFAULT_PROXY_PORT) || !is_proxy_host(proxy.host))
        return false;
    address6 = strchr(proxy.host, ':') != NULL;
    snprintf(out, SINKS_PROXY_SIZE, address6 ? "[%s]:%u" : "%s:%u", proxy.host,
             (unsigned)proxy.port);
    return true;
}

static bool set_proxy(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return settings_read_proxy(s->proxy, value) ||
           expected(complaint, "expected HOST:PORT of a SOCKS5 proxy, HOST an IP address or "
                               "localhost; or 0 for none");
}

static bool set_dnsseed(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return parse_switch(&s->dnsseed, complaint, value);
}

static bool set_maxoutbound(struct settings *s, struct settings_complaint *complaint,
                            const char *value)
{
    if (!parse_u32(&s->maxoutbound, value, 1, MAXOUTBOUND_MAX))
        return expected(complaint, "expected a number from 1 to %d", MAXOUTBOUND_MAX);
    return true;
}

static bool set_timeout(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    if (!parse_u32(&s->connect_timeout_ms, value, 1, TIMEOUT_MS_MAX))
        return expected(complaint, "expected milliseconds, from 1 to %d", TIMEOUT_MS_MAX);
    return true;
}

static bool set_minimumchainwork(struct settings *s, struct settings_complaint *complaint,
                                 const char *value)
{
    if (!u256_from_hex(&s->minimum_chain_work, value))
        return expected(complaint, "expected up to 64 hex digits");
    s->minimum_chain_work_given = true;
    return true;
}

static bool set_loglevel(struct settings *s, struct settings_complaint *complaint,
                         const char *value)
{
    enum log_level level = LOG_INFO;

    if (!log_level_by_name(&level, value))
        return expected(complaint, "expected broken, unusual, info, debug or trace");
    s->log_level = (int)level;
    return true;
}

static bool set_debug(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    bool debug = false;

    if (!parse_switch(&debug, complaint, value))
        return false;
    if (debug && s->log_level < (int)LOG_DEBUG)
        s->log_level = (int)LOG_DEBUG;
    return true;
}

/* Takes HEIGHT[:HASH[:WORK]] apart; hash_given and work_known say how much there was. */
static bool split_anchor(struct settings_anchor *out, bool *hash_given, const char *value)
{
    char copy[2 * HASH256_HEX_SIZE + 16];
    char *hash = NULL;
    char *work = NULL;

    if (!copy_text(copy, sizeof copy, value))
        return false;
    hash = strchr(copy, ':');
    if (hash != NULL) {
        *hash++ = '\0';
        work = strchr(hash, ':');
        if (work != NULL)
            *work++ = '\0';
    }
    *hash_given = hash != NULL;
    out->work_known = work != NULL;
    return parse_u32(&out->height, copy, 0, UINT32_MAX - 1) &&
           (hash == NULL || hash256_from_hex(&out->hash, hash)) &&
           (work == NULL || u256_from_hex(&out->chainwork, work));
}

static bool set_anchor(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    struct settings_anchor anchor = {.given = true};
    struct epoch_row row;
    bool hash_given = false;

    s->anchor = (struct settings_anchor){0};
    if (strcmp(value, "0") == 0)
        return true;
    if (!split_anchor(&anchor, &hash_given, value))
        return expected(complaint, "expected HEIGHT, HEIGHT:HASH or HEIGHT:HASH:WORK (hash and "
                                   "work in hex)");
    if (anchor.height == 0 || anchor.height % PARAMS_RETARGET_BLOCKS != 0)
        return expected(complaint,
                        "expected a height at which difficulty is set anew, a multiple "
                        "of %d",
                        PARAMS_RETARGET_BLOCKS);
    if (s->params->network == NETWORK_MAIN && epochs_find(&row, anchor.height)) {
        if (hash_given && !hash256_equal(&anchor.hash, &row.hash))
            return expected(complaint, "the block at height %lu of main has another hash",
                            (unsigned long)anchor.height);
        anchor.hash = row.hash;
        anchor.chainwork = row.chainwork;
        anchor.work_known = true;
    } else if (!hash_given) {
        return expected(complaint, "no hash is built in for this height: expected HEIGHT:HASH");
    }
    s->anchor = anchor;
    return true;
}

static bool set_false_alarms(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    uint64_t milli = 0;

    if (!number_parse_milli(&milli, value, FALSE_ALARMS_MOST) || milli < FALSE_ALARMS_LEAST)
        return expected(complaint, "expected a number from 0.1 to 12");
    s->false_alarms_per_year = (double)milli / 1000.0;
    return true;
}

/* "auto", "1.5%" or "0.015". */
static bool set_daily_sd(struct settings *s, struct settings_complaint *complaint,
                         const char *value)
{
    size_t len = strlen(value);
    bool percent = len > 1 && value[len - 1] == '%';
    uint64_t micro = 0;
    char digits[32];

    if (strcmp(value, "auto") == 0) {
        s->daily_sd = 0.0;
        return true;
    }
    if (!copy_text(digits, sizeof digits, value))
        digits[0] = '\0';
    else if (percent)
        digits[len - 1] = '\0';
    if (!number_parse_micro(&micro, digits, DAILY_SD_MOST * (percent ? 100u : 1u)) ||
        micro < DAILY_SD_LEAST * (percent ? 100u : 1u))
        return expected(complaint,
                        "expected auto, or a percentage from 0.1%% to 10%% such as 1.5%% "
                        "(or the same as a fraction, 0.015)");
    s->daily_sd = (double)micro / (percent ? 1e8 : 1e6);
    return true;
}

static bool parse_delay(int64_t *out, struct settings_complaint *complaint, const char *value,
                        int64_t least, int64_t most)
{
    char least_text[RULE_DURATION_TEXT_SIZE], most_text[RULE_DURATION_TEXT_SIZE];
    int64_t ms = 0;

    rule_duration_text(least_text, (struct rule_duration){.amount = least});
    rule_duration_text(most_text, (struct rule_duration){.amount = most});
    if (!rule_time_parse(&ms, value) || ms < least || ms > most)
        return expected(complaint, "expected a time from %s to %s, such as 2s, 1h or 30d",
                        least_text, most_text);
    *out = ms;
    return true;
}

static bool set_retry_min(struct settings *s, struct settings_complaint *complaint,
                          const char *value)
{
    return parse_delay(&s->delivery.retry_min_ms, complaint, value, RETRY_LEAST_MS, RETRY_MOST_MS);
}

static bool set_retry_max(struct settings *s, struct settings_complaint *complaint,
                          const char *value)
{
    return parse_delay(&s->delivery.retry_max_ms, complaint, value, RETRY_LEAST_MS, RETRY_MOST_MS);
}

static bool set_give_up(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return parse_delay(&s->delivery.give_up_ms, complaint, value, RETRY_LEAST_MS, RULE_TIME_MAX_MS);
}

static bool set_keep(struct settings *s, struct settings_complaint *complaint, const char *value)
{
    return parse_delay(&s->delivery_keep_ms, complaint, value, 0, RULE_TIME_MAX_MS);
}

static bool set_price_fetch(struct settings *s, struct settings_complaint *complaint,
                            const char *value)
{
    if (strcmp(value, "0") == 0) {
        s->price_fetch_ms = 0;
        return true;
    }
    return parse_delay(&s->price_fetch_ms, complaint, value, PRICE_FETCH_LEAST_MS,
                       PRICE_FETCH_MOST_MS);
}

static bool set_price_source(struct settings *s, struct settings_complaint *complaint,
                             const char *value)
{
    struct market_source source, other;
    const char *why = NULL;

    if (!market_source_parse(&source, &why, value))
        return expected(complaint, "%s", why);
    if (s->price_sources.count == MARKET_SOURCES_MAX)
        return expected(complaint, "expected at most %d sources", MARKET_SOURCES_MAX);
    for (size_t i = 0; i < s->price_sources.count; i++) {
        if (market_source_parse(&other, &why, s->price_sources.items[i]) &&
            strcmp(other.name, source.name) == 0)
            return expected(complaint, "expected a name that no other source has");
    }
    list_add(&s->price_sources, value);
    return true;
}

static void format_switch(char *out, bool on)
{
    out[0] = on ? '1' : '0';
    out[1] = '\0';
}

static void format_network(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->params->name);
}

static void format_name(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->name);
}

static void format_datadir(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->datadir);
}

static void format_conf(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->conf);
}

static void format_proxy(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", s->proxy);
}

static void format_dnsseed(char *out, const struct settings *s)
{
    format_switch(out, s->dnsseed);
}

static void format_maxoutbound(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%lu", (unsigned long)s->maxoutbound);
}

static void format_timeout(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%lu", (unsigned long)s->connect_timeout_ms);
}

static void format_minimumchainwork(char *out, const struct settings *s)
{
    u256_to_hex(out, s->minimum_chain_work);
}

static void format_false_alarms(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%g", s->false_alarms_per_year);
}

static void format_daily_sd(char *out, const struct settings *s)
{
    if (s->daily_sd > 0.0)
        snprintf(out, SETTINGS_VALUE_SIZE, "%.8g%%", s->daily_sd * 100.0);
    else
        snprintf(out, SETTINGS_VALUE_SIZE, "auto");
}

/* Without the blank before the unit. */
static void format_delay(char *out, int64_t ms)
{
    char text[RULE_DURATION_TEXT_SIZE];
    size_t digits = 0;

    rule_duration_text(text, (struct rule_duration){.amount = ms});
    digits = strspn(text, "0123456789");
    snprintf(out, SETTINGS_VALUE_SIZE, "%.*s%s", (int)digits, text,
             text + digits + strspn(text + digits, " "));
}

static void format_retry_min(char *out, const struct settings *s)
{
    format_delay(out, s->delivery.retry_min_ms);
}

static void format_retry_max(char *out, const struct settings *s)
{
    format_delay(out, s->delivery.retry_max_ms);
}

static void format_give_up(char *out, const struct settings *s)
{
    format_delay(out, s->delivery.give_up_ms);
}

static void format_keep(char *out, const struct settings *s)
{
    format_delay(out, s->delivery_keep_ms);
}

static void format_price_fetch(char *out, const struct settings *s)
{
    format_delay(out, s->price_fetch_ms);
}

static void format_loglevel(char *out, const struct settings *s)
{
    snprintf(out, SETTINGS_VALUE_SIZE, "%s", log_level_name((enum log_level)s->log_level));
}

static void format_debug(char *out, const struct settings *s)
{
    format_switch(out, s->log_level >= (int)LOG_DEBUG);
}

static void format_anchor(char *out, const struct settings *s)
{
    char hash[HASH256_HEX_SIZE];
    char work[65];

    out[0] = '\0';
    if (!s->anchor.given)
        return;
    hash256_to_hex(hash, &s->anchor.hash);
    u256_to_hex(work, s->anchor.chainwork);
    snprintf(out, SETTINGS_VALUE_SIZE, "%lu:%s%s%s", (unsigned long)s->anchor.height, hash,
             s->anchor.work_known ? ":" : "", s->anchor.work_known ? work : "");
}

static const struct settings_rule rules[] = {
    {{"network", "NAME", "main, testnet3, testnet4, signet, regtest or tidenet", false},
     SETTINGS_NO_SECTION,
     set_network,
     format_network},
    {{"datadir", "DIR", "where everything is kept", false},
     SETTINGS_NO_SECTION,
     set_datadir,
     format_datadir},
    {{"conf", "FILE", "the configuration file (DATADIR/hashtide.conf)", false},
     SETTINGS_OPTION_ONLY,
     set_conf,
     format_conf},
    {{"connect", "HOST[:PORT]", "connect to this peer and no others (0: to none)", true},
     SETTINGS_ANYWHERE,
     set_connect,
     NULL},
    {{"addnode", "HOST[:PORT]", "connect to this peer too", true},
     SETTINGS_ANYWHERE,
     set_addnode,
     NULL},
    {{"onlynet", "NET", "choose peers on this net only: ipv4, ipv6, onion", true},
     SETTINGS_ANYWHERE,
     set_onlynet,
     NULL},
    {{"proxy", "HOST:PORT", "connect through this SOCKS5 proxy", false},
     SETTINGS_ANYWHERE,
     set_proxy,
     format_proxy},
    {{"dnsseed", NULL, "ask DNS seeds for peers (1)", false},
     SETTINGS_ANYWHERE,
     set_dnsseed,
     format_dnsseed},
    {{"maxoutbound", "N", "connections to keep (8)", false},
     SETTINGS_ANYWHERE,
     set_maxoutbound,
     format_maxoutbound},
    {{"timeout", "MS", "give up connecting after this long (5000)", false},
     SETTINGS_ANYWHERE,
     set_timeout,
     format_timeout},
    {{"minimumchainwork", "HEX", "chains with less work than this are not believed", false},
     SETTINGS_ANYWHERE,
     set_minimumchainwork,
     format_minimumchainwork},
    {{"anchor", "HEIGHT[:HASH[:WORK]]", "start a new store here and not at genesis", false},
     SETTINGS_ANYWHERE,
     set_anchor,
     format_anchor},
    {{"name", "NAME", "what the monitor calls itself in its alerts", false},
     SETTINGS_ANYWHERE,
     set_name,
     format_name},
    {{"change.false_alarms_per_year", "N", "falls that luck alone may report each year (1)", false},
     SETTINGS_ANYWHERE,
     set_false_alarms,
     format_false_alarms},
    {{"change.daily_sd", "PERCENT", "how restless the hash rate is taken to be: auto, 1.5%", false},
     SETTINGS_ANYWHERE,
     set_daily_sd,
     format_daily_sd},
    {{"prior", "NAME=VALUE", "an assumption of 'hashtide departure', in the default's place", true},
     SETTINGS_ANYWHERE,
     set_prior,
     NULL},
    {{"delivery.retry_min", "TIME", "wait at least this long after a failed delivery (2s)", false},
     SETTINGS_ANYWHERE,
     set_retry_min,
     format_retry_min},
    {{"delivery.retry_max", "TIME", "wait at most this long between tries (1h)", false},
     SETTINGS_ANYWHERE,
     set_retry_max,
     format_retry_max},
    {{"delivery.give_up", "TIME", "give a message up that failed for this long (30d)", false},
     SETTINGS_ANYWHERE,
     set_give_up,
     format_give_up},
    {{"delivery.keep", "TIME", "delete delivered messages after this long (90d)", false},
     SETTINGS_ANYWHERE,
     set_keep,
     format_keep},
    {{"ledger.file", "FILE", "the ledger of sites that left mining; else the one built in", false},
     SETTINGS_ANYWHERE,
     settings_set_ledger_file,
     settings_format_ledger_file},
    {{"ledger.url", "URL", "get the ledger from there", false},
     SETTINGS_ANYWHERE,
     settings_set_ledger_url,
     settings_format_ledger_url},
    {{"ledger.sha256", "HEX", "the SHA-256 that the ledger at ledger.url must have", false},
     SETTINGS_ANYWHERE,
     settings_set_ledger_sha256,
     settings_format_ledger_sha256},
    {{"ledger.key", "HEX", "the public key that must have signed it, into URL.sig", false},
     SETTINGS_ANYWHERE,
     settings_set_ledger_key,
     settings_format_ledger_key},
    {{"companies.file", "FILE", "hash rates that companies report; else those built in", false},
     SETTINGS_ANYWHERE,
     settings_set_companies_file,
     settings_format_companies_file},
    {{"efficiency.file", "FILE", "the table of efficiency, J/TH; else the one built in", false},
     SETTINGS_ANYWHERE,
     settings_set_efficiency_file,
     settings_format_efficiency_file},
    {{"price.file", "FILE", "the price's history (the built-in table)", false},
     SETTINGS_ANYWHERE,
     settings_set_price_file,
     settings_format_price_file},
    {{"price.source", "SOURCE", "ask this for the price, and no built-in source", true},
     SETTINGS_ANYWHERE,
     set_price_source,
     NULL},
    {{"price.fetch", "TIME", "how often run asks sources for the price, 0: never (1h)", false},
     SETTINGS_ANYWHERE,
     set_price_fetch,
     format_price_fetch},
    {{"economics.file", "FILE", "what mining and AI earn and cost (the built-in table)", false},
     SETTINGS_ANYWHERE,
     settings_set_economics_file,
     settings_format_economics_file},
    {{"power.file", "FILE", "prices of power by region, to be shown; else none are", false},
     SETTINGS_ANYWHERE,
     settings_set_power_file,
     settings_format_power_file},
    {{"machines.file", "FILE", "prices of used machines, to be shown; else none are", false},
     SETTINGS_ANYWHERE,
     settings_set_machines_file,
     settings_format_machines_file},
    {{"claims.file", "FILE", "claims of your own, beside those built in", false},
     SETTINGS_ANYWHERE,
     settings_set_claims_file,
     settings_format_claims_file},
    {{"loglevel", "LEVEL", "broken, unusual, info, debug or trace (info)", false},
     SETTINGS_ANYWHERE,
     set_loglevel,
     format_loglevel},
    {{"debug", NULL, "the same as loglevel=debug (0)", false},
     SETTINGS_ANYWHERE,
     set_debug,
     format_debug},
};
#define KEY_COUNT (sizeof rules / sizeof rules[0])

const struct settings_rule *settings_rule_find(const char *name)
{
    if (strcmp(name, "chain") == 0)
        name = "network";
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(rules[i].key.name, name) == 0)
            return &rules[i];
    }
    return NULL;
}

const struct settings_rule *settings_rule_at(size_t i)
{
    return i < KEY_COUNT ? &rules[i] : NULL;
}

const struct settings_key *settings_key_find(const char *name)
{
    const struct settings_rule *rule = settings_rule_find(name);

    return rule != NULL ? &rule->key : NULL;
}

const char *settings_key_nearest(const char *name)
{
    const char *names[KEY_COUNT];

    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = rules[i].key.name;
    return text_nearest(name, names, KEY_COUNT);
}

const struct settings_key *settings_key_at(size_t i)
{
    return i < KEY_COUNT ? &rules[i].key : NULL;
}

void settings_set_defaults(struct settings *out)
{
    *out = (struct settings){
        .params = params_get(NETWORK_MAIN),
        .dnsseed = true,
        .maxoutbound = DEFAULT_MAXOUTBOUND,
        .connect_timeout_ms = DEFAULT_TIMEOUT_MS,
        .false_alarms_per_year = DEFAULT_FALSE_ALARMS,
        .delivery = {.retry_min_ms = DELIVERY_RETRY_MIN_MS,
                     .retry_max_ms = DELIVERY_RETRY_MAX_MS,
                     .give_up_ms = DELIVERY_GIVE_UP_MS},
        .delivery_keep_ms = DEFAULT_KEEP_MS,
        .price_fetch_ms = DEFAULT_PRICE_FETCH_MS,
        .log_level = (int)LOG_INFO,
    };
    site_priors_init(&out->priors);
}
