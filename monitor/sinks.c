// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sinks: see sinks.h. One table says which keys there are, and of which types of sinks.
 */
#include "config.h"

#include "monitor/sinks.h"

#include "alerts/nearest.h"
#include "monitor/mem.h"
#include "monitor/settings_internal.h"
#include "monitor/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Letters that a slip of the fingers may get wrong. */
#define SLIPS_MAX 3
#define TIMEOUT_MIN_MS 100
#define TIMEOUT_MAX_MS ((int64_t)10 * 60 * 1000)
#define HEARTBEAT_MIN_MS ((int64_t)1000)

#define OF(type) (1u << (type))
#define OF_NET                                                                                     \
    (OF(SINK_WEBHOOK) | OF(SINK_SLACK) | OF(SINK_DISCORD) | OF(SINK_NTFY) | OF(SINK_SMTP))
#define OF_ALL (OF(SINK_TYPES) - 1u)

static const char *const type_names[SINK_TYPES] = {
    [SINK_WEBHOOK] = "webhook", [SINK_SLACK] = "slack", [SINK_DISCORD] = "discord",
    [SINK_NTFY] = "ntfy",       [SINK_SMTP] = "smtp",   [SINK_SYSLOG] = "syslog",
    [SINK_EXEC] = "exec",
};

const char *sinks_type_name(enum sink_type type)
{
    return type_names[type];
}

/* ---- Values -------------------------------------------------------------- */

/* Each reads a value; false with *expected: what was expected. */

static bool set_type(struct sink *sink, const char *value, const char **expected)
{
    *expected = "webhook, slack, discord, ntfy, smtp, syslog or exec";
    for (unsigned i = 0; i < SINK_TYPES; i++) {
        if (strcmp(value, type_names[i]) == 0) {
            sink->type = (enum sink_type)i;
            return true;
        }
    }
    return false;
}

static bool set_url(struct sink *sink, const char *value, const char **expected)
{
    if (!sinks_url_ok(sink->type, value, expected))
        return false;
    sink->url = mem_text(value);
    return true;
}

/* A name from the root: the monitor's working directory is nobody's to know. */
static bool set_path(char **out, const char *value, const char **expected)
{
    *expected = "a file by its whole path, such as /etc/hashtide/secret";
    if (value[0] != '/' || strlen(value) >= SINKS_VALUE_SIZE)
        return false;
    *out = mem_text(value);
    return true;
}

static bool set_url_file(struct sink *sink, const char *value, const char **expected)
{
    return set_path(&sink->url_file, value, expected);
}

static bool set_secret_file(struct sink *sink, const char *value, const char **expected)
{
    if (sink->secret_file_count == WEBHOOK_SECRETS_MAX) {
        *expected = "no more than four files";
        return false;
    }
    return set_path(&sink->secret_files[sink->secret_file_count], value, expected) &&
           ++sink->secret_file_count > 0;
}

static bool set_token_file(struct sink *sink, const char *value, const char **expected)
{
    return set_path(&sink->token_file, value, expected);
}

static bool set_ca_file(struct sink *sink, const char *value, const char **expected)
{
    return set_path(&sink->ca_file, value, expected);
}

static bool set_socket(struct sink *sink, const char *value, const char **expected)
{
    return set_path(&sink->socket, value, expected);
}

static bool set_user(struct sink *sink, const char *value, const char **expected)
{
    *expected = "a name without blanks";
    if (value[0] == '\0' || strlen(value) > 255 || strpbrk(value, " \t") != NULL)
        return false;
    sink->user = mem_text(value);
    return true;
}

/* local@domain, in visible ASCII, without what has a meaning in a mail's head. */
static bool is_mail_address(const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);

    if (at == NULL || at == text || at == text + len - 1 || len > 254 || text[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("<>()[]\\,;:\"", text[i]) != NULL ||
            (text[i] == '@' && text + i != at))
            return false;
    }
    return true;
}

static bool set_from(struct sink *sink, const char *value, const char **expected)
{
    *expected = "a mail address, such as hashtide@example.org";
    if (!is_mail_address(value, strlen(value)))
        return false;
    sink->from = mem_text(value);
    return true;
}

/* One or more, with commas between them. */
static bool set_to(struct sink *sink, const char *value, const char **expected)
{
    *expected = "up to 16 mail addresses, such as you@example.org, with commas between them";
    for (const char *at = value;; at++) {
        size_t len = 0;

        at += strspn(at, " ");
        len = strcspn(at, ", ");
        if (sink->to_count == SINKS_TO_MAX || !is_mail_address(at, len))
            return false;
        sink->to[sink->to_count++] = mem_text_of(at, len);
        at += len;
        at += strspn(at, " ");
        if (*at == '\0')
            return true;
        if (*at != ',')
            return false;
    }
}

/* Words with blanks between them; there is no shell, and so nothing to quote. */
static bool set_command(struct sink *sink, const char *value, const char **expected)
{
    *expected = "a program by its whole path, and its arguments, up to 31, with blanks between";
    if (value[0] != '/' || strlen(value) >= SINKS_VALUE_SIZE)
        return false;
    while (*value != '\0') {
        size_t len = strcspn(value, " \t");

        if (sink->command_count == SINKS_COMMAND_MAX)
            return false;
        sink->command[sink->command_count++] = mem_text_of(value, len);
        value += len;
        value += strspn(value, " \t");
    }
    return true;
}

static bool set_proxy(struct sink *sink, const char *value, const char **expected)
{
    *expected = "HOST:PORT of a SOCKS5 proxy, HOST an IP address or localhost, or 0 for none";
    return settings_read_proxy(sink->proxy, value);
}

static bool set_timeout(struct sink *sink, const char *value, const char **expected)
{
    *expected = "a time from 100ms to 10m, such as 30s";
    return rule_time_parse(&sink->timeout_ms, value) && sink->timeout_ms >= TIMEOUT_MIN_MS &&
           sink->timeout_ms <= TIMEOUT_MAX_MS;
}

static bool set_heartbeat(struct sink *sink, const char *value, const char **expected)
{
    *expected = "a time of at least 1s, such as 1d, or 0 for none";
    return rule_time_parse(&sink->heartbeat_ms, value) &&
           (sink->heartbeat_ms == 0 || sink->heartbeat_ms >= HEARTBEAT_MIN_MS);
}

/* ---- Keys ---------------------------------------------------------------- */

/** A key of a section. */
struct key {
    const char *name;
    unsigned types; /* OF(): where it may stand */
    bool list;      /* may be given several times */
    bool (*set)(struct sink *sink, const char *value, const char **expected);
};

/* In the order of the manual; type is the first. */
static const struct key keys[] = {
    {"type", OF_ALL, false, set_type},
    {"url", OF_NET, false, set_url},
    {"url-file", OF_NET, false, set_url_file},
    {"secret-file", OF(SINK_WEBHOOK), true, set_secret_file},
    {"token-file", OF(SINK_WEBHOOK) | OF(SINK_NTFY) | OF(SINK_SMTP), false, set_token_file},
    {"ca-file", OF_NET, false, set_ca_file},
    {"user", OF(SINK_SMTP), false, set_user},
    {"from", OF(SINK_SMTP), false, set_from},
    {"to", OF(SINK_SMTP), true, set_to},
    {"command", OF(SINK_EXEC), false, set_command},
    {"socket", OF(SINK_SYSLOG), false, set_socket},
    {"proxy", OF_NET, false, set_proxy},
    {"timeout", OF_ALL, false, set_timeout},
    {"heartbeat", OF_ALL, false, set_heartbeat},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

static bool fail(struct rule_error *error, const struct sinks_section *section, unsigned line,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool fail(struct rule_error *error, const struct sinks_section *section, unsigned line,
                 const char *format, ...)
{
    va_list arguments;
    int len = snprintf(error->text, sizeof error->text, "sink %s: ", section->name);

    error->line = line;
    va_start(arguments, format);
    vsnprintf(error->text + len, sizeof error->text - (size_t)len, format, arguments);
    va_end(arguments);
    return false;
}

static bool unknown_key(struct rule_error *error, const struct sinks_section *section,
                        const struct rule_pair *pair)
{
    const char *names[KEY_COUNT];
    char list[256] = "";
    char shown[80];
    const char *nearest = NULL;

    for (size_t i = 0; i < KEY_COUNT; i++) {
        size_t len = strlen(list);

        names[i] = keys[i].name;
        snprintf(list + len, sizeof list - len, "%s%s",
                 i == 0               ? ""
                 : i + 1 == KEY_COUNT ? " or "
                                      : ", ",
                 keys[i].name);
    }
    text_escape(shown, sizeof shown, pair->key);
    nearest = nearest_word(pair->key, names, KEY_COUNT, SLIPS_MAX);
    if (nearest != NULL)
        return fail(error, section, pair->line, "unknown key %s: did you mean %s?", shown, nearest);
    return fail(error, section, pair->line, "unknown key %s: expected %s", shown, list);
}

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(name, keys[i].name) == 0)
            return &keys[i];
    }
    return NULL;
}

static bool set_pair(struct sink *sink, struct rule_error *error,
                     const struct sinks_section *section, const struct rule_pair *pair)
{
    const struct key *key = find_key(pair->key);
    const char *expected = "";
    char shown[96];

    assert(key != NULL); /* check_keys() has looked */
    if ((key->types & OF(sink->type)) == 0)
        return fail(error, section, pair->line, "%s: a sink of type %s has no such key", key->name,
                    type_names[sink->type]);
    if (key->set(sink, pair->value, &expected))
        return true;
    text_escape(shown, sizeof shown, pair->value);
    /* An address may be a secret. */
    return fail(error, section, pair->line, "%s=%s: expected %s", key->name,
                key->set == set_url ? "..." : shown, expected);
}

/* All keys are known, none is there twice, and the type is. */
static bool check_keys(const struct rule_pair **type, struct rule_error *error,
                       const struct sinks_section *section)
{
    *type = NULL;
    for (size_t i = 0; i < section->pair_count; i++) {
        const struct rule_pair *pair = &section->pairs[i];
        const struct key *key = find_key(pair->key);

        if (key == NULL)
            return unknown_key(error, section, pair);
        for (size_t j = 0; j < i && !key->list; j++) {
            if (strcmp(section->pairs[j].key, pair->key) == 0)
                return fail(error, section, pair->line,
                            "%s was given already in line %u: expected it once", pair->key,
                            section->pairs[j].line);
        }
        if (key == &keys[0])
            *type = pair;
    }
    return *type != NULL ||
           fail(error, section, section->line,
                "there is no type: expected type=webhook, slack, discord, ntfy, smtp, syslog or "
                "exec");
}

/* Whether what was given is enough, and fits together. */
static bool check_whole(const struct sink *sink, struct rule_error *error,
                        const struct sinks_section *section)
{
    unsigned type = OF(sink->type);
    bool has_url = sink->url != NULL || sink->url_file != NULL;

    if ((type & OF_NET) != 0 && !has_url)
        return fail(error, section, section->line, "there is no url: expected url=%s",
                    sink->type == SINK_SMTP ? "smtps://HOST" : "https://HOST/...");
    if (sink->url != NULL && sink->url_file != NULL)
        return fail(error, section, section->line, "expected url or url-file, not both");
    if (sink->type == SINK_SMTP && (sink->from == NULL || sink->to_count == 0))
        return fail(error, section, section->line,
                    "expected from=ADDRESS and to=ADDRESS of the mail");
    if ((sink->user != NULL) != (sink->type == SINK_SMTP && sink->token_file != NULL))
        return fail(error, section, section->line,
                    "expected user=NAME and token-file=FILE, or neither");
    if (sink->token_file != NULL && sink->url != NULL && sinks_url_in_clear(sink->url))
        return fail(error, section, section->line,
                    "token-file: expected an https url: on the way of this one all can read it");
    if (sink->type == SINK_EXEC && sink->command_count == 0)
        return fail(error, section, section->line,
                    "there is no command: expected command=/PATH/TO/PROGRAM");
    return true;
}

static void sink_free(struct sink *sink)
{
    free(sink->url);
    free(sink->url_file);
    for (size_t i = 0; i < WEBHOOK_SECRETS_MAX; i++)
        free(sink->secret_files[i]);
    free(sink->token_file);
    free(sink->ca_file);
    free(sink->user);
    free(sink->from);
    for (size_t i = 0; i < SINKS_TO_MAX; i++)
        free(sink->to[i]);
    for (size_t i = 0; i < SINKS_COMMAND_MAX; i++)
        free(sink->command[i]);
    free(sink->socket);
    memset(sink, 0, sizeof *sink);
}

static bool read_sink(struct sink *sink, struct rule_error *error,
                      const struct sinks_section *section)
{
    const struct rule_pair *type = NULL;

    snprintf(sink->name, sizeof sink->name, "%s", section->name);
    sink->line = section->line;
    sink->timeout_ms = SINKS_TIMEOUT_MS;
    if (!check_keys(&type, error, section) || !set_pair(sink, error, section, type))
        return false;
    if ((OF(sink->type) & OF_NET) != 0)
        snprintf(sink->proxy, sizeof sink->proxy, "%s", section->proxy);
    for (size_t i = 0; i < section->pair_count; i++) {
        if (&section->pairs[i] != type && !set_pair(sink, error, section, &section->pairs[i]))
            return false;
    }
    if (sink->type == SINK_SYSLOG && sink->socket == NULL)
        sink->socket = mem_text(SINKS_SYSLOG_SOCKET);
    return check_whole(sink, error, section);
}

bool sinks_read(struct sinks *sinks, struct rule_error *error, const struct sinks_section *section)
{
    struct sink sink = {.type = SINK_WEBHOOK};

    assert(rule_name_ok(section->name));
    if (sinks->count == SINKS_MAX)
        return fail(error, section, section->line, "expected no more than %d sinks", SINKS_MAX);
    if (!read_sink(&sink, error, section)) {
        sink_free(&sink);
        return false;
    }
    sinks->items = mem_resize(sinks->items, sinks->count + 1, sizeof *sinks->items);
    sinks->items[sinks->count++] = sink;
    return true;
}

void sinks_free(struct sinks *sinks)
{
    for (size_t i = 0; i < sinks->count; i++)
        sink_free(&sinks->items[i]);
    free(sinks->items);
    *sinks = (struct sinks){0};
}

const struct sink *sinks_find(const struct sinks *sinks, const char *name)
{
    for (size_t i = 0; i < sinks->count; i++) {
        if (strcmp(sinks->items[i].name, name) == 0)
            return &sinks->items[i];
    }
    return NULL;
}
