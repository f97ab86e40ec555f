// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings: see settings.h.
 *
 * Every assignment, from the file or the command line, first becomes an entry: key, value, where
 * from. Then the network is settled, since sections of other networks do not apply; then the
 * entries that apply are set, in order. Entries of other networks' sections are set on a scratch
 * copy, so that a mistake in them is found before the day on which they are needed.
 */
#include "config.h"

#include "monitor/settings.h"

#include "chain/epochs.h"
#include "monitor/hostport.h"
#include "monitor/log.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/text.h"

#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A configuration file larger than this is something else. */
#define FILE_SIZE_MAX ((size_t)1 << 20)
/** Bitcoin Core's defaults, and ours where Core has none. */
#define DEFAULT_PROXY_PORT 9050
#define DEFAULT_MAXOUTBOUND 8
#define DEFAULT_TIMEOUT_MS 5000
#define MAXOUTBOUND_MAX 64
#define TIMEOUT_MS_MAX 600000
/** Room for a value as text: a path or a list item. */
#define VALUE_SIZE SETTINGS_PATH_SIZE

/** line of an entry that does not come from a file. */
#define LINE_OPTION 0
/** section of an entry that belongs to no network in particular. */
#define SECTION_NONE (-1)

struct settings_entry {
    size_t key; /* row of the table */
    char *value;
    unsigned line;
    int section; /* enum network, or SECTION_NONE */
};

/** Says why a value is refused: what was expected. */
struct complaint {
    char text[256];
};

static bool expected(struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool expected(struct complaint *complaint, const char *format, ...)
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

static bool parse_switch(bool *out, struct complaint *complaint, const char *value)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return expected(complaint, "expected 0 or 1");
    *out = value[0] == '1';
    return true;
}

static const char *home_dir(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user = NULL;

    if (home != NULL && home[0] == '/')
        return home;
    user = getpwuid(getuid());
    return user != NULL ? user->pw_dir : NULL;
}

static bool parse_path(char out[SETTINGS_PATH_SIZE], struct complaint *complaint, const char *value)
{
    const char *home = NULL;

    if (value[0] == '\0')
        return expected(complaint, "expected a path");
    if (value[0] == '~' && (value[1] == '/' || value[1] == '\0')) {
        home = home_dir();
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

static void list_free(struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct settings_list){0};
}

/* ---- The keys ----------------------------------------------------------- */

static bool set_network(struct settings *s, struct complaint *complaint, const char *value)
{
    const struct params *params = params_by_name(value);

    if (params == NULL)
        return expected(complaint, "expected main, testnet3, testnet4, signet, regtest or tidenet");
    s->params = params;
    return true;
}

static bool set_datadir(struct settings *s, struct complaint *complaint, const char *value)
{
    return parse_path(s->datadir, complaint, value);
}

static bool set_conf(struct settings *s, struct complaint *complaint, const char *value)
{
    return parse_path(s->conf, complaint, value);
}

static bool set_peer(struct settings_list *list, const struct settings *s,
                     struct complaint *complaint, const char *value)
{
    struct hostport peer;

    if (!hostport_parse(&peer, value, s->params->port))
        return expected(complaint, "expected HOST or HOST:PORT ([v6]:PORT for an IPv6 address)");
    list_add(list, value);
    return true;
}

static bool set_connect(struct settings *s, struct complaint *complaint, const char *value)
{
    if (strcmp(value, "0") == 0) {
        list_add(&s->connect, value);
        return true;
    }
    return set_peer(&s->connect, s, complaint, value);
}

static bool set_addnode(struct settings *s, struct complaint *complaint, const char *value)
{
    return set_peer(&s->addnode, s, complaint, value);
}

static bool set_onlynet(struct settings *s, struct complaint *complaint, const char *value)
{
    if (strcmp(value, "ipv4") != 0 && strcmp(value, "ipv6") != 0 && strcmp(value, "onion") != 0)
        return expected(complaint, "expected ipv4, ipv6 or onion");
    list_add(&s->onlynet, value);
    return true;
}

static bool set_proxy(struct settings *s, struct complaint *complaint, const char *value)
{
    struct hostport proxy;
    bool address6 = false;

    s->proxy[0] = '\0';
    if (value[0] == '\0' || strcmp(value, "0") == 0)
        return true;
    if (!hostport_parse(&proxy, value, DEFAULT_PROXY_PORT))
        return expected(complaint, "expected HOST:PORT of a SOCKS5 proxy, or 0 for none");
    address6 = strchr(proxy.host, ':') != NULL;
    snprintf(s->proxy, sizeof s->proxy, address6 ? "[%s]:%u" : "%s:%u", proxy.host,
             (unsigned)proxy.port);
    return true;
}

static bool set_dnsseed(struct settings *s, struct complaint *complaint, const char *value)
{
    return parse_switch(&s->dnsseed, complaint, value);
}

static bool set_maxoutbound(struct settings *s, struct complaint *complaint, const char *value)
{
    if (!parse_u32(&s->maxoutbound, value, 1, MAXOUTBOUND_MAX))
        return expected(complaint, "expected a number from 1 to %d", MAXOUTBOUND_MAX);
    return true;
}

static bool set_timeout(struct settings *s, struct complaint *complaint, const char *value)
{
    if (!parse_u32(&s->connect_timeout_ms, value, 1, TIMEOUT_MS_MAX))
        return expected(complaint, "expected milliseconds, from 1 to %d", TIMEOUT_MS_MAX);
    return true;
}

static bool set_minimumchainwork(struct settings *s, struct complaint *complaint, const char *value)
{
    if (!u256_from_hex(&s->minimum_chain_work, value))
        return expected(complaint, "expected up to 64 hex digits");
    s->minimum_chain_work_given = true;
    return true;
}

static bool set_loglevel(struct settings *s, struct complaint *complaint, const char *value)
{
    enum log_level level = LOG_INFO;

    if (!log_level_by_name(&level, value))
        return expected(complaint, "expected broken, unusual, info, debug or trace");
    s->log_level = (int)level;
    return true;
}

static bool set_debug(struct settings *s, struct complaint *complaint, const char *value)
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

static bool set_anchor(struct settings *s, struct complaint *complaint, const char *value)
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

static void format_switch(char *out, bool on)
{
    out[0] = on ? '1' : '0';
    out[1] = '\0';
}

static void format_network(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%s", s->params->name);
}

static void format_datadir(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%s", s->datadir);
}

static void format_conf(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%s", s->conf);
}

static void format_proxy(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%s", s->proxy);
}

static void format_dnsseed(char *out, const struct settings *s)
{
    format_switch(out, s->dnsseed);
}

static void format_maxoutbound(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%lu", (unsigned long)s->maxoutbound);
}

static void format_timeout(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%lu", (unsigned long)s->connect_timeout_ms);
}

static void format_minimumchainwork(char *out, const struct settings *s)
{
    u256_to_hex(out, s->minimum_chain_work);
}

static void format_loglevel(char *out, const struct settings *s)
{
    snprintf(out, VALUE_SIZE, "%s", log_level_name((enum log_level)s->log_level));
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
    snprintf(out, VALUE_SIZE, "%lu:%s%s%s", (unsigned long)s->anchor.height, hash,
             s->anchor.work_known ? ":" : "", s->anchor.work_known ? work : "");
}

/** Where a key may stand. */
enum scope {
    SCOPE_ANYWHERE,
    SCOPE_NO_SECTION, /* it decides which section counts */
    SCOPE_OPTION,     /* on the command line only */
};

/* Rows of both tables below stand in the same order. */
static const struct settings_key keys[] = {
    {"network", "NAME", "main, testnet3, testnet4, signet, regtest or tidenet", false},
    {"datadir", "DIR", "where everything is kept", false},
    {"conf", "FILE", "the configuration file (DATADIR/hashtide.conf)", false},
    {"connect", "HOST[:PORT]", "connect to this peer and no others (0: to none)", true},
    {"addnode", "HOST[:PORT]", "connect to this peer too", true},
    {"onlynet", "NET", "choose peers on this net only: ipv4, ipv6, onion", true},
    {"proxy", "HOST:PORT", "connect through this SOCKS5 proxy", false},
    {"dnsseed", NULL, "ask DNS seeds for peers (1)", false},
    {"maxoutbound", "N", "connections to keep (8)", false},
    {"timeout", "MS", "give up connecting after this long (5000)", false},
    {"minimumchainwork", "HEX", "chains with less work than this are not believed", false},
    {"anchor", "HEIGHT[:HASH[:WORK]]", "start a new store here and not at genesis", false},
    {"loglevel", "LEVEL", "broken, unusual, info, debug or trace (info)", false},
    {"debug", NULL, "the same as loglevel=debug (0)", false},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

static const struct key_rule {
    enum scope scope;
    bool (*set)(struct settings *settings, struct complaint *complaint, const char *value);
    void (*format)(char *out, const struct settings *settings); /* NULL for lists */
} rules[KEY_COUNT] = {
    {SCOPE_NO_SECTION, set_network, format_network},
    {SCOPE_NO_SECTION, set_datadir, format_datadir},
    {SCOPE_OPTION, set_conf, format_conf},
    {SCOPE_ANYWHERE, set_connect, NULL},
    {SCOPE_ANYWHERE, set_addnode, NULL},
    {SCOPE_ANYWHERE, set_onlynet, NULL},
    {SCOPE_ANYWHERE, set_proxy, format_proxy},
    {SCOPE_ANYWHERE, set_dnsseed, format_dnsseed},
    {SCOPE_ANYWHERE, set_maxoutbound, format_maxoutbound},
    {SCOPE_ANYWHERE, set_timeout, format_timeout},
    {SCOPE_ANYWHERE, set_minimumchainwork, format_minimumchainwork},
    {SCOPE_ANYWHERE, set_anchor, format_anchor},
    {SCOPE_ANYWHERE, set_loglevel, format_loglevel},
    {SCOPE_ANYWHERE, set_debug, format_debug},
};
/** Rows that are needed by number. */
enum { KEY_NETWORK = 0, KEY_DATADIR = 1, KEY_CONF = 2 };

static size_t key_index(const char *name)
{
    if (strcmp(name, "chain") == 0)
        return KEY_NETWORK;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return i;
    }
    return KEY_COUNT;
}

const struct settings_key *settings_key_find(const char *name)
{
    size_t i = key_index(name);

    return i < KEY_COUNT ? &keys[i] : NULL;
}

const struct settings_key *settings_keys(size_t *count)
{
    *count = KEY_COUNT;
    return keys;
}

/* ---- Building up -------------------------------------------------------- */

/** Settings in the making: the result, and what messages need. */
struct loading {
    struct settings *out;
    struct settings_error *error;
    const char *file; /* its name in messages */
};

static bool fail(const struct loading *loading, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The file's line is named, unless it is 0. */
static bool fail(const struct loading *loading, unsigned line, const char *format, ...)
{
    char *text = loading->error->text;
    size_t size = sizeof loading->error->text;
    size_t len = 0;
    va_list arguments;

    if (line > 0) {
        len = (size_t)snprintf(text, size, "%s:%u: ", loading->file, line);
        len = len < size ? len : size - 1;
    }
    va_start(arguments, format);
    vsnprintf(text + len, size - len, format, arguments);
    va_end(arguments);
    return false;
}

static void add_entry(struct settings *out, size_t key, const char *value, size_t len,
                      unsigned line, int section)
{
    out->entries = mem_resize(out->entries, out->entry_count + 1, sizeof *out->entries);
    out->entries[out->entry_count++] = (struct settings_entry){
        .key = key, .value = mem_text_of(value, len), .line = line, .section = section};
}

static void set_defaults(struct settings *out)
{
    *out = (struct settings){
        .params = params_get(NETWORK_MAIN),
        .dnsseed = true,
        .maxoutbound = DEFAULT_MAXOUTBOUND,
        .connect_timeout_ms = DEFAULT_TIMEOUT_MS,
        .log_level = (int)LOG_INFO,
    };
}

/* Under systemd the unit's StateDirectory=, else ~/.hashtide. */
static bool default_datadir(const struct loading *loading)
{
    const char *state = getenv("STATE_DIRECTORY");
    const char *home = home_dir();
    int len = 0;

    if (state != NULL && state[0] == '/')
        len = snprintf(loading->out->datadir, SETTINGS_PATH_SIZE, "%.*s", (int)strcspn(state, ":"),
                       state);
    else if (home != NULL)
        len = snprintf(loading->out->datadir, SETTINGS_PATH_SIZE, "%s/.hashtide", home);
    if (len <= 0 || len >= SETTINGS_PATH_SIZE)
        return fail(loading, 0, "there is no home directory to keep data in: give --datadir DIR");
    return true;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static const char *cut_blanks(const char *start, const char *end)
{
    while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return end;
}

/* "[name]": sets the section. */
static bool read_section(const struct loading *loading, int *section, const char *at,
                         const char *end, unsigned line)
{
    char name[64] = "";
    const struct params *params = NULL;

    if (end[-1] != ']' || (size_t)(end - at) - 2 >= sizeof name)
        return fail(loading, line, "expected [NETWORK], such as [regtest]");
    memcpy(name, at + 1, (size_t)(end - at) - 2);
    params = params_by_name(name);
    if (params == NULL) {
        char shown[160];

        text_escape(shown, sizeof shown, name);
        return fail(loading, line,
                    "unknown section [%s]: expected [main], [testnet3], [testnet4], [signet], "
                    "[regtest] or [tidenet]",
                    shown);
    }
    *section = (int)params->network;
    return true;
}

static bool unknown_key(const struct loading *loading, unsigned line, const char *name)
{
    const char *names[KEY_COUNT];
    const char *nearest = NULL;
    char shown[160];

    for (size_t i = 0; i < KEY_COUNT; i++)
        names[i] = keys[i].name;
    nearest = text_nearest(name, names, KEY_COUNT);
    text_escape(shown, sizeof shown, name);
    if (nearest != NULL)
        return fail(loading, line, "unknown key %s: did you mean %s?", shown, nearest);
    return fail(loading, line, "unknown key %s: 'hashtide --help' lists them all", shown);
}

static bool given_before(const struct settings *settings, size_t key, int section, unsigned *line)
{
    for (size_t i = 0; i < settings->entry_count; i++) {
        const struct settings_entry *entry = &settings->entries[i];

        if (entry->key == key && entry->section == section && entry->line != LINE_OPTION) {
            *line = entry->line;
            return true;
        }
    }
    return false;
}

/* "key=value". */
static bool read_assignment(const struct loading *loading, int section, const char *at,
                            const char *end, unsigned line)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));
    const char *name_end = equals != NULL ? cut_blanks(at, equals) : end;
    const char *value = equals != NULL ? skip_blanks(equals + 1, end) : end;
    char name[64] = "";
    size_t key = 0;
    unsigned before = 0;

    if (equals == NULL || name_end == at)
        return fail(loading, line, "expected KEY=VALUE, [NETWORK] or # and a comment");
    snprintf(name, sizeof name, "%.*s", (int)(name_end - at), at);
    key = key_index(name);
    if (key == KEY_COUNT)
        return unknown_key(loading, line, name);
    if (rules[key].scope == SCOPE_OPTION)
        return fail(loading, line, "%s is for the command line: --%s", name, name);
    if (rules[key].scope == SCOPE_NO_SECTION && section != SECTION_NONE)
        return fail(loading, line, "%s must stand before the first [section]", name);
    if (!keys[key].list && given_before(loading->out, key, section, &before))
        return fail(loading, line, "%s was given already in line %u: expected it once", name,
                    before);
    add_entry(loading->out, key, value, (size_t)(end - value), line, section);
    return true;
}

/* Makes entries of a file's text. */
static bool read_text(const struct loading *loading, const char *text, size_t len)
{
    const char *at = text;
    const char *text_end = text + len;
    int section = SECTION_NONE;

    for (unsigned line = 1; at < text_end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(text_end - at));
        const char *line_end = newline != NULL ? newline : text_end;
        const char *start = skip_blanks(at, line_end);
        const char *end = cut_blanks(start, line_end);

        if (memchr(at, '\0', (size_t)(line_end - at)) != NULL)
            return fail(loading, line, "a zero byte: expected text");
        if (start < end && *start == '[') {
            if (!read_section(loading, &section, start, end, line))
                return false;
        } else if (start < end && *start != '#') {
            if (!read_assignment(loading, section, start, end, line))
                return false;
        }
        at = newline != NULL ? newline + 1 : text_end;
    }
    return true;
}

/* Sets one entry's value, or says what is wrong with it. */
static bool apply(const struct loading *loading, struct settings *out,
                  const struct settings_entry *entry)
{
    const char *name = keys[entry->key].name;
    struct complaint complaint = {""};
    char shown[128];

    if (rules[entry->key].set(out, &complaint, entry->value))
        return true;
    text_escape(shown, sizeof shown, entry->value);
    if (entry->line == LINE_OPTION)
        return fail(loading, 0, "--%s=%s: %s", name, shown, complaint.text);
    return fail(loading, entry->line, "%s=%s: %s", name, shown, complaint.text);
}

/* The values that settings owns; the entries stay. */
static void free_values(struct settings *settings)
{
    list_free(&settings->connect);
    list_free(&settings->addnode);
    list_free(&settings->onlynet);
}

/* Sets the entries of sections that are not in force, for the sake of their mistakes. */
static bool try_other_sections(const struct loading *loading)
{
    struct settings scratch;
    bool good = true;

    for (size_t i = 0; i < loading->out->entry_count && good; i++) {
        const struct settings_entry *entry = &loading->out->entries[i];

        if (entry->section == SECTION_NONE || entry->section == (int)loading->out->params->network)
            continue;
        set_defaults(&scratch);
        scratch.params = params_get((enum network)entry->section);
        good = apply(loading, &scratch, entry);
        free_values(&scratch);
    }
    return good;
}

/* Keeps only the entries that are in force, in the order in which they came into force: so
 * settings_each() can say where a value is from. */
static void drop_other_sections(struct settings *settings)
{
    size_t kept = 0;

    for (size_t i = 0; i < settings->entry_count; i++) {
        struct settings_entry *entry = &settings->entries[i];

        if (entry->section != SECTION_NONE && entry->section != (int)settings->params->network)
            free(entry->value);
        else
            settings->entries[kept++] = *entry;
    }
    settings->entry_count = kept;
}

/* Sets all entries but the network's, which is settled. */
static bool apply_all(const struct loading *loading)
{
    for (size_t i = 0; i < loading->out->entry_count; i++) {
        const struct settings_entry *entry = &loading->out->entries[i];

        if (entry->key == KEY_NETWORK)
            continue;
        if (!apply(loading, loading->out, entry))
            return false;
    }
    if (!loading->out->minimum_chain_work_given)
        loading->out->minimum_chain_work = loading->out->params->minimum_chain_work;
    return true;
}

/* Sets the entries of one key, before the others. */
static bool apply_key(const struct loading *loading, size_t key)
{
    for (size_t i = 0; i < loading->out->entry_count; i++) {
        const struct settings_entry *entry = &loading->out->entries[i];

        if (entry->key == key && !apply(loading, loading->out, entry))
            return false;
    }
    return true;
}

/* A section's value of a single key wins over the one for all networks, wherever it stands; so
 * those of the section go behind the others, before the options. */
static int entry_rank(const struct settings_entry *entry)
{
    if (entry->line == LINE_OPTION)
        return 2;
    return entry->section == SECTION_NONE ? 0 : 1;
}

/* A stable sort by rank: insertion, since there are few entries and they are nearly in order. */
static void order_entries(struct settings *settings)
{
    for (size_t i = 1; i < settings->entry_count; i++) {
        struct settings_entry entry = settings->entries[i];
        size_t at = i;

        for (; at > 0 && entry_rank(&settings->entries[at - 1]) > entry_rank(&entry); at--)
            settings->entries[at] = settings->entries[at - 1];
        settings->entries[at] = entry;
    }
}

/* All entries are there: settles the network and sets them. */
static bool finish(const struct loading *loading)
{
    order_entries(loading->out);
    if (!apply_key(loading, KEY_NETWORK) || !try_other_sections(loading))
        return false;
    drop_other_sections(loading->out);
    return apply_all(loading);
}

/* ---- The file ----------------------------------------------------------- */

static char *read_stream(FILE *stream, size_t *len)
{
    char *text = NULL;
    size_t room = 0;

    *len = 0;
    for (;;) {
        size_t got = 0;

        if (*len == room) {
            room = room > 0 ? room * 2 : 4096;
            text = mem_resize(text, room, 1);
        }
        got = fread(text + *len, 1, room - *len, stream);
        *len += got;
        if (got == 0 || *len > FILE_SIZE_MAX)
            return text;
    }
}

/* Reads out->conf. A file that is not there is no error unless it was asked for; then conf becomes
 * "". */
static bool read_file(const struct loading *loading, bool asked_for)
{
    const char *path = loading->out->conf;
    FILE *stream = fopen(path, "r");
    char *text = NULL;
    size_t len = 0;
    bool good = false;

    if (stream == NULL && (errno == ENOENT || errno == ENOTDIR) && !asked_for) {
        loading->out->conf[0] = '\0';
        return true;
    }
    if (stream == NULL)
        return fail(loading, 0, "cannot read the configuration %s: %s", path, strerror(errno));
    text = read_stream(stream, &len);
    if (ferror(stream))
        good = fail(loading, 0, "cannot read the configuration %s: %s", path, strerror(errno));
    else if (len > FILE_SIZE_MAX)
        good = fail(loading, 0, "%s has more than %zu bytes: expected a configuration file", path,
                    FILE_SIZE_MAX);
    else
        good = read_text(loading, text, len);
    free(text);
    fclose(stream);
    return good;
}

/* Where the file is depends on options, and so does the data directory, which the file may set in
 * turn. */
static bool find_and_read_file(const struct loading *loading)
{
    struct settings *out = loading->out;

    if (!apply_key(loading, KEY_DATADIR) || !apply_key(loading, KEY_CONF))
        return false;
    if (out->datadir[0] == '\0' && !default_datadir(loading))
        return false;
    if (out->conf[0] != '\0')
        return read_file(loading, true);
    if (snprintf(out->conf, SETTINGS_PATH_SIZE, "%s/hashtide.conf", out->datadir) >=
        SETTINGS_PATH_SIZE)
        return fail(loading, 0, "--datadir is too long");
    return read_file(loading, false);
}

bool settings_load(struct settings *out, struct settings_error *error,
                   const struct settings_option *options, size_t option_count)
{
    struct loading loading = {.out = out, .error = error, .file = out->conf};

    set_defaults(out);
    error->text[0] = '\0';
    for (size_t i = 0; i < option_count; i++) {
        size_t key = key_index(options[i].key);

        assert(key < KEY_COUNT); /* the command line's parser has looked it up */
        add_entry(out, key, options[i].value, strlen(options[i].value), LINE_OPTION, SECTION_NONE);
    }
    if (find_and_read_file(&loading) && finish(&loading))
        return true;
    settings_free(out);
    return false;
}

bool settings_parse_text(struct settings *out, struct settings_error *error, const char *name,
                         const char *text, size_t len)
{
    struct loading loading = {.out = out, .error = error, .file = name};

    set_defaults(out);
    error->text[0] = '\0';
    if (default_datadir(&loading) && copy_text(out->conf, sizeof out->conf, name) &&
        read_text(&loading, text, len) && finish(&loading))
        return true;
    settings_free(out);
    return false;
}

void settings_free(struct settings *settings)
{
    free_values(settings);
    for (size_t i = 0; i < settings->entry_count; i++)
        free(settings->entries[i].value);
    free(settings->entries);
    settings->entries = NULL;
    settings->entry_count = 0;
}

/* ---- What is in force --------------------------------------------------- */

static void origin_text(char *out, size_t size, const struct settings *settings,
                        const struct settings_entry *entry)
{
    if (entry == NULL)
        snprintf(out, size, "default");
    else if (entry->line == LINE_OPTION)
        snprintf(out, size, "command line");
    else
        snprintf(out, size, "%s:%u", settings->conf, entry->line);
}

void settings_each(const struct settings *settings,
                   void (*each)(void *context, const struct settings_key *key, const char *value,
                                const char *origin),
                   void *context)
{
    char origin[SETTINGS_PATH_SIZE + 16];
    char value[VALUE_SIZE];

    for (size_t key = 0; key < KEY_COUNT; key++) {
        const struct settings_entry *last = NULL;

        for (size_t i = 0; i < settings->entry_count; i++) {
            const struct settings_entry *entry = &settings->entries[i];

            if (entry->key != key)
                continue;
            last = entry;
            if (keys[key].list) {
                origin_text(origin, sizeof origin, settings, entry);
                each(context, &keys[key], entry->value, origin);
            }
        }
        if (keys[key].list && last != NULL)
            continue;
        value[0] = '\0';
        if (rules[key].format != NULL)
            rules[key].format(value, settings);
        origin_text(origin, sizeof origin, settings, last);
        each(context, &keys[key], value, origin);
    }
}
