// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * settings: see settings.h; the keys themselves are in settings_keys.c.
 *
 * Every assignment, from the file or the command line, first becomes an entry: key, value, where
 * from. Then the network is settled, since sections of other networks do not apply; then the
 * entries that apply are set, in order. Entries of other networks' sections are set on a scratch
 * copy, so that a mistake in them is found before the day on which they are needed.
 */
#include "config.h"

#include "monitor/settings.h"

#include "chain/params.h"
#include "monitor/mem.h"
#include "monitor/settings_internal.h"
#include "monitor/text.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A configuration file larger than this is something else. */
#define FILE_SIZE_MAX ((size_t)1 << 20)
/** line of an entry that does not come from a file. */
#define LINE_OPTION 0
/** section of an entry that belongs to no network in particular. */
#define SECTION_NONE (-1)

struct settings_entry {
    const struct settings_rule *rule;
    char *value;
    unsigned line;
    int section; /* enum network, or SECTION_NONE */
};

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

static void add_entry(struct settings *out, const struct settings_rule *rule, const char *value,
                      size_t len, unsigned line, int section)
{
    out->entries = mem_resize(out->entries, out->entry_count + 1, sizeof *out->entries);
    out->entries[out->entry_count++] = (struct settings_entry){
        .rule = rule, .value = mem_text_of(value, len), .line = line, .section = section};
}

/* Under systemd the unit's StateDirectory=, else ~/.hashtide. */
static bool default_datadir(const struct loading *loading)
{
    const char *state = getenv("STATE_DIRECTORY");
    const char *home = settings_home_dir();
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

/** Where a line of the file stands. */
struct place {
    int network;                      /* enum network, or SECTION_NONE */
    struct settings_section *section; /* [alert NAME] or [sink NAME]; NULL elsewhere */
};

/* "alert NAME" or "sink NAME": begins that section. */
static bool begin_section(const struct loading *loading, struct place *place,
                          enum settings_section_kind kind, const char *name, unsigned line)
{
    const char *word = settings_section_kind_name(kind);
    const struct settings_section *before = NULL;
    char shown[160];

    text_escape(shown, sizeof shown, name);
    if (!rule_name_ok(name))
        return fail(loading, line,
                    "[%s %s]: expected [%s NAME], a name of up to %d letters, digits, - and _",
                    word, shown, word, RULE_NAME_SIZE - 1);
    before = settings_section_find(loading->out, kind, name);
    if (before != NULL)
        return fail(loading, line, "[%s %s] was given already in line %u: expected it once", word,
                    name, before->line);
    *place = (struct place){
        .network = SECTION_NONE,
        .section = settings_section_add(loading->out, kind, name, line),
    };
    return true;
}

/* What stands behind "alert " or "sink "; NULL if that is not how name begins. */
static const char *section_name(const char *name, enum settings_section_kind kind)
{
    const char *word = settings_section_kind_name(kind);
    size_t len = strlen(word);

    if (strncmp(name, word, len) != 0 || (name[len] != ' ' && name[len] != '\0'))
        return NULL;
    return name + len + strspn(name + len, " ");
}

/* "[name]": sets the section. */
static bool read_section(const struct loading *loading, struct place *place, const char *at,
                         const char *end, unsigned line)
{
    char name[128] = "";
    char shown[160];
    const struct params *params = NULL;

    if (end[-1] != ']' || (size_t)(end - at) - 2 >= sizeof name)
        return fail(loading, line,
                    "expected [NETWORK], such as [regtest], [alert NAME] or [sink NAME]");
    memcpy(name, at + 1, (size_t)(end - at) - 2);
    if (section_name(name, SETTINGS_ALERT) != NULL)
        return begin_section(loading, place, SETTINGS_ALERT, section_name(name, SETTINGS_ALERT),
                             line);
    if (section_name(name, SETTINGS_SINK) != NULL)
        return begin_section(loading, place, SETTINGS_SINK, section_name(name, SETTINGS_SINK),
                             line);
    params = params_by_name(name);
    if (params == NULL) {
        text_escape(shown, sizeof shown, name);
        return fail(loading, line,
                    "unknown section [%s]: expected [main], [testnet3], [testnet4], [signet], "
                    "[regtest], [tidenet], [alert NAME] or [sink NAME]",
                    shown);
    }
    *place = (struct place){.network = (int)params->network};
    return true;
}

static bool unknown_key(const struct loading *loading, unsigned line, const char *name)
{
    const char *nearest = settings_key_nearest(name);
    char shown[160];

    if (params_by_name(name) != NULL)
        return fail(loading, line, "unknown key %s: did you mean network=%s?", name, name);
    text_escape(shown, sizeof shown, name);
    if (nearest != NULL)
        return fail(loading, line, "unknown key %s: did you mean %s?", shown, nearest);
    return fail(loading, line, "unknown key %s: 'hashtide --help' lists them all", shown);
}

static bool given_before(const struct settings *settings, const struct settings_rule *rule,
                         int section, unsigned *line)
{
    for (size_t i = 0; i < settings->entry_count; i++) {
        const struct settings_entry *entry = &settings->entries[i];

        if (entry->rule == rule && entry->section == section && entry->line != LINE_OPTION) {
            *line = entry->line;
            return true;
        }
    }
    return false;
}

/* "key=value". */
static bool read_assignment(const struct loading *loading, struct place place, const char *at,
                            const char *end, unsigned line)
{
    const char *equals = memchr(at, '=', (size_t)(end - at));
    const char *name_end = equals != NULL ? cut_blanks(at, equals) : end;
    const char *value = equals != NULL ? skip_blanks(equals + 1, end) : end;
    char name[64] = "";
    const struct settings_rule *rule = NULL;
    unsigned before = 0;

    if (equals == NULL || name_end == at)
        return fail(loading, line, "expected KEY=VALUE, [SECTION] or # and a comment");
    if (place.section != NULL) {
        settings_section_put(place.section, at, (size_t)(name_end - at), value,
                             (size_t)(end - value), line);
        return true;
    }
    snprintf(name, sizeof name, "%.*s", (int)(name_end - at), at);
    rule = settings_rule_find(name);
    if (rule == NULL)
        return unknown_key(loading, line, name);
    if (rule->scope == SETTINGS_OPTION_ONLY)
        return fail(loading, line, "%s is for the command line: --%s", name, name);
    if (rule->scope == SETTINGS_NO_SECTION && place.network != SECTION_NONE)
        return fail(loading, line, "%s must stand before the first [section]", name);
    if (!rule->key.list && given_before(loading->out, rule, place.network, &before))
        return fail(loading, line, "%s was given already in line %u: expected it once", name,
                    before);
    add_entry(loading->out, rule, value, (size_t)(end - value), line, place.network);
    return true;
}

/* Makes entries of a file's text. */
static bool read_text(const struct loading *loading, const char *text, size_t len)
{
    const char *at = text;
    const char *text_end = text + len;
    struct place place = {.network = SECTION_NONE};

    for (unsigned line = 1; at < text_end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(text_end - at));
        const char *line_end = newline != NULL ? newline : text_end;
        const char *start = skip_blanks(at, line_end);
        const char *end = cut_blanks(start, line_end);

        if (memchr(at, '\0', (size_t)(line_end - at)) != NULL)
            return fail(loading, line, "a zero byte: expected text");
        if (start < end && *start == '[') {
            if (!read_section(loading, &place, start, end, line))
                return false;
        } else if (start < end && *start != '#') {
            if (!read_assignment(loading, place, start, end, line))
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
    const char *name = entry->rule->key.name;
    struct settings_complaint complaint = {""};
    char shown[128];

    if (entry->rule->set(out, &complaint, entry->value))
        return true;
    text_escape(shown, sizeof shown, entry->value);
    if (entry->line == LINE_OPTION)
        return fail(loading, 0, "--%s=%s: %s", name, shown, complaint.text);
    return fail(loading, entry->line, "%s=%s: %s", name, shown, complaint.text);
}

/* The values that settings owns; the entries stay. */
static void free_values(struct settings *settings)
{
    settings_list_free(&settings->connect);
    settings_list_free(&settings->addnode);
    settings_list_free(&settings->onlynet);
    settings_list_free(&settings->price_sources);
    settings_list_free(&settings->prior_texts);
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
        settings_set_defaults(&scratch);
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

        if (entry->rule == settings_rule_find("network"))
            continue;
        if (!apply(loading, loading->out, entry))
            return false;
    }
    if (!loading->out->minimum_chain_work_given)
        loading->out->minimum_chain_work = loading->out->params->minimum_chain_work;
    return true;
}

/* Sets the entries of one key, before the others. */
static bool apply_key(const struct loading *loading, const char *name)
{
    const struct settings_rule *rule = settings_rule_find(name);

    for (size_t i = 0; i < loading->out->entry_count; i++) {
        const struct settings_entry *entry = &loading->out->entries[i];

        if (entry->rule == rule && !apply(loading, loading->out, entry))
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

/* Makes the sinks and the rules of alerts. */
static bool make_alerts(const struct loading *loading)
{
    struct rule_error error;

    return (settings_read_sinks(loading->out, &error) &&
            settings_read_rules(loading->out, &error)) ||
           fail(loading, error.line, "%s", error.text);
}

/* Line of the last assignment to either key; LINE_OPTION if it is on the command line, or there is
 * none. */
static unsigned last_line(const struct settings *settings, const char *one, const char *other)
{
    const struct settings_rule *rules[] = {settings_rule_find(one), settings_rule_find(other)};
    unsigned line = LINE_OPTION;

    for (size_t i = 0; i < settings->entry_count; i++) {
        if (settings->entries[i].rule == rules[0] || settings->entries[i].rule == rules[1])
            line = settings->entries[i].line;
    }
    return line;
}

/* What must hold between keys. */
static bool check_together(const struct loading *loading)
{
    const struct settings *out = loading->out;
    const char *key = NULL;
    const char *fault = settings_tables_fault(out, &key);

    if (fault != NULL)
        return fail(loading, last_line(out, key, key), "%s", fault);
    return out->delivery.retry_min_ms <= out->delivery.retry_max_ms ||
           fail(loading, last_line(out, "delivery.retry_min", "delivery.retry_max"),
                "delivery.retry_min is longer than delivery.retry_max: expected it to be at most "
                "as long");
}

/* All entries are there: settles the network and sets them. */
static bool finish(const struct loading *loading)
{
    order_entries(loading->out);
    if (!apply_key(loading, "network") || !try_other_sections(loading))
        return false;
    drop_other_sections(loading->out);
    return apply_all(loading) && check_together(loading) && make_alerts(loading);
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

/* Under systemd in the unit's ConfigurationDirectory=, else in the data directory. */
static bool default_conf(const struct loading *loading)
{
    const char *configuration = getenv("CONFIGURATION_DIRECTORY");
    bool unit = configuration != NULL && configuration[0] == '/';
    const char *folder = unit ? configuration : loading->out->datadir;
    int len = snprintf(loading->out->conf, SETTINGS_PATH_SIZE, "%.*s/hashtide.conf",
                       (int)strcspn(folder, unit ? ":" : ""), folder);

    return (len > 0 && len < SETTINGS_PATH_SIZE) || fail(loading, 0, "--datadir is too long");
}

/* Where the file is depends on options, and so does the data directory, which the file may set in
 * turn. */
static bool find_and_read_file(const struct loading *loading)
{
    struct settings *out = loading->out;

    if (!apply_key(loading, "datadir") || !apply_key(loading, "conf"))
        return false;
    if (out->datadir[0] == '\0' && !default_datadir(loading))
        return false;
    if (out->conf[0] != '\0')
        return read_file(loading, true);
    return default_conf(loading) && read_file(loading, false);
}

bool settings_load(struct settings *out, struct settings_error *error,
                   const struct settings_option *options, size_t option_count)
{
    struct loading loading = {.out = out, .error = error, .file = out->conf};

    settings_set_defaults(out);
    error->text[0] = '\0';
    for (size_t i = 0; i < option_count; i++) {
        const struct settings_rule *rule = settings_rule_find(options[i].key);

        assert(rule != NULL); /* the command line's parser has looked it up */
        add_entry(out, rule, options[i].value, strlen(options[i].value), LINE_OPTION, SECTION_NONE);
    }
    if (find_and_read_file(&loading) && finish(&loading))
        return true;
    settings_free(out);
    return false;
}

static bool copy_name(char out[SETTINGS_PATH_SIZE], const char *name)
{
    int len = snprintf(out, SETTINGS_PATH_SIZE, "%s", name);

    return len >= 0 && len < SETTINGS_PATH_SIZE;
}

bool settings_parse_text(struct settings *out, struct settings_error *error, const char *name,
                         const char *text, size_t len)
{
    struct loading loading = {.out = out, .error = error, .file = name};

    settings_set_defaults(out);
    error->text[0] = '\0';
    if (default_datadir(&loading) && copy_name(out->conf, name) && read_text(&loading, text, len) &&
        finish(&loading))
        return true;
    settings_free(out);
    return false;
}

void settings_free(struct settings *settings)
{
    free_values(settings);
    for (size_t i = 0; i < settings->entry_count; i++)
        free(settings->entries[i].value);
    settings_sections_free(settings);
    ruleset_free(&settings->rules);
    sinks_free(&settings->sinks);
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

/* Calls each() with every item of a list, and returns how many there are. */
static size_t each_item(const struct settings *settings, const struct settings_rule *rule,
                        settings_each_fn each, void *context)
{
    char origin[SETTINGS_PATH_SIZE + 16];
    size_t items = 0;

    for (size_t i = 0; i < settings->entry_count; i++) {
        const struct settings_entry *entry = &settings->entries[i];

        if (entry->rule != rule)
            continue;
        origin_text(origin, sizeof origin, settings, entry);
        each(context, &rule->key, entry->value, origin);
        items++;
    }
    return items;
}

/* The value of a key that is no list, or of an empty one; the last assignment made it. */
static void each_single(const struct settings *settings, const struct settings_rule *rule,
                        settings_each_fn each, void *context)
{
    char origin[SETTINGS_PATH_SIZE + 16];
    char value[SETTINGS_VALUE_SIZE] = "";
    const struct settings_entry *last = NULL;

    for (size_t i = 0; i < settings->entry_count; i++) {
        if (settings->entries[i].rule == rule)
            last = &settings->entries[i];
    }
    if (rule->format != NULL)
        rule->format(value, settings);
    origin_text(origin, sizeof origin, settings, last);
    each(context, &rule->key, value, origin);
}

void settings_each(const struct settings *settings, settings_each_fn each, void *context)
{
    for (size_t i = 0; settings_rule_at(i) != NULL; i++) {
        const struct settings_rule *rule = settings_rule_at(i);

        if (!rule->key.list || each_item(settings, rule, each, context) == 0)
            each_single(settings, rule, each, context);
    }
}
