// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * format: see format.h. Limits are those that the services document: Slack asks for texts of at
 * most some 4000 characters; Discord takes titles of 256, descriptions of 4096 and values of 1024;
 * ntfy makes an attachment of more than 4096 bytes. Sentences of FORMAT_SUMMARY_SIZE keep all of
 * them, escaped as well.
 */
#include "config.h"

#include "alerts/format.h"

#include "alerts/format_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Room for a sentence of which each byte is escaped: "&amp;". */
#define ESCAPED_SIZE (5 * FORMAT_SUMMARY_SIZE)
/** Of short values: names, ids. */
#define VALUE_SIZE 200
/** Discord's 256 characters, in bytes. */
#define DISCORD_TITLE_SIZE 250
#define ELLIPSIS "\xe2\x80\xa6"

/* ---- Texts --------------------------------------------------------------- */

void format_cut(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    bool cut = len >= size;

    if (cut) {
        len = size - sizeof ELLIPSIS;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out, text, len);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
            out[i] = ' ';
    }
    memcpy(out + len, cut ? ELLIPSIS : "", cut ? sizeof ELLIPSIS : 1);
}

void format_add(struct format_text *text, const char *format, ...)
{
    va_list arguments;
    int need = 0;

    if (text->failed)
        return;
    va_start(arguments, format);
    need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text->failed = need < 0;
    if (!text->failed && text->len + (size_t)need + 1 > text->room) {
        size_t room = 2 * (text->len + (size_t)need + 1);
        char *bytes = realloc(text->bytes, room);

        text->failed = bytes == NULL;
        if (!text->failed) {
            text->bytes = bytes;
            text->room = room;
        }
    }
    if (text->failed)
        return;
    va_start(arguments, format);
    vsnprintf(text->bytes + text->len, text->room - text->len, format, arguments);
    va_end(arguments);
    text->len += (size_t)need;
}

char *format_finish(struct format_text *text, size_t *len)
{
    if (text->failed) {
        free(text->bytes);
        text->bytes = NULL;
    }
    *len = text->bytes != NULL ? text->len : 0;
    return text->bytes;
}

/* ---- What a document says ------------------------------------------------ */

static const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value != NULL ? value : "";
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void make_title(struct format_facts *facts)
{
    const char *severity = is(facts->severity, "critical")  ? "CRITICAL"
                           : is(facts->severity, "warning") ? "Warning"
                                                            : "Info";
    char title[2 * VALUE_SIZE];
    char rule[VALUE_SIZE];

    format_cut(rule, sizeof rule, facts->rule);
    if (is(facts->state, "heartbeat"))
        snprintf(title, sizeof title, "Heartbeat");
    else if (is(facts->state, "test"))
        snprintf(title, sizeof title, "Test");
    else if (is(facts->state, "cleared"))
        snprintf(title, sizeof title, "Cleared: %s", rule);
    else if (is(facts->state, "updated") || is(facts->state, "repeated"))
        snprintf(title, sizeof title, "%s: %s (%s)", severity, rule, facts->state);
    else
        snprintf(title, sizeof title, "%s: %s", severity, rule);
    format_cut(facts->title, sizeof facts->title, title);
}

bool format_facts_read(struct format_facts *out, const void *document, size_t document_len)
{
    json_error_t error;
    const json_t *block = NULL;
    const json_t *monitor = NULL;

    memset(out, 0, sizeof *out);
    out->root = json_loadb(document, document_len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(out->root)) {
        format_facts_free(out);
        return false;
    }
    out->state = word(out->root, "state");
    out->severity = word(out->root, "severity");
    out->rule = word(out->root, "rule");
    out->sink = word(out->root, "sink");
    out->timestamp = word(out->root, "timestamp");
    out->since = word(out->root, "since");
    out->message_id = word(out->root, "message_id");
    out->alert_id = word(out->root, "alert_id");
    out->late = json_is_true(json_object_get(out->root, "late"));
    out->not_durable = json_is_false(json_object_get(out->root, "durable"));
    block = json_object_get(out->root, "block");
    out->hash = word(block, "hash");
    out->height = json_is_integer(json_object_get(block, "height"))
                      ? json_integer_value(json_object_get(block, "height"))
                      : -1;
    monitor = json_object_get(out->root, "monitor");
    out->monitor = word(monitor, "name");
    out->network = word(monitor, "network");
    out->key = word(monitor, "public_key");
    out->link = word(json_object_get(out->root, "links"), "alert");
    format_cut(out->summary, sizeof out->summary, word(out->root, "summary"));
    make_title(out);
    return true;
}

void format_facts_free(struct format_facts *facts)
{
    json_decref(facts->root);
    facts->root = NULL;
}

void format_names(struct format_names *out, const void *document, size_t document_len)
{
    struct format_facts facts;

    memset(out, 0, sizeof *out);
    if (!format_facts_read(&facts, document, document_len))
        return;
    format_cut(out->state, sizeof out->state, facts.state);
    format_cut(out->severity, sizeof out->severity, facts.severity);
    format_facts_free(&facts);
}

/** What an alert looks like. */
struct look {
    unsigned colour; /* 0xRRGGBB */
    int priority;    /* ntfy's: 1 to 5 */
    const char *tag; /* ntfy's name of a picture */
};

static struct look look_of(const struct format_facts *facts)
{
    if (is(facts->state, "heartbeat"))
        return (struct look){0x757575, 1, "heartbeat"};
    if (is(facts->state, "test"))
        return (struct look){0x757575, 3, "test_tube"};
    if (is(facts->state, "cleared"))
        return (struct look){0x2e7d32, 3, "white_check_mark"};
    if (is(facts->severity, "critical"))
        return (struct look){0xc62828, 5, "rotating_light"};
    if (is(facts->severity, "warning"))
        return (struct look){0xf9a825, 4, "warning"};
    return (struct look){0x1565c0, 3, "information_source"};
}

static char *dump(json_t *object, size_t *len)
{
    char *bytes = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    *len = bytes != NULL ? strlen(bytes) : 0;
    return bytes;
}

/* ---- Fields of chat messages --------------------------------------------- */

/** How a service takes a field, and what it wants escaped. */
struct chat {
    const char *name, *value, *narrow; /* keys */
    void (*escape)(char *out, size_t size, const char *text);
};

/* The three characters that Slack gives a meaning. */
static void escape_slack(char *out, size_t size, const char *text)
{
    size_t len = 0;

    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};
        const char *piece = *text == '&'   ? "&amp;"
                            : *text == '<' ? "&lt;"
                            : *text == '>' ? "&gt;"
                                           : one;

        if (len + strlen(piece) >= size)
            break;
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    out[len] = '\0';
}

/* Discord's Markdown: a backslash before all that may be part of it. */
static void escape_discord(char *out, size_t size, const char *text)
{
    size_t len = 0;

    for (; *text != '\0' && len + 3 <= size; text++) {
        if (strchr("\\*_~`|>#[]()<@-", *text) != NULL)
            out[len++] = '\\';
        out[len++] = *text;
    }
    out[len] = '\0';
}

static void add_field(json_t *fields, const struct chat *chat, const char *name, const char *value)
{
    char cut[VALUE_SIZE];
    char escaped[5 * VALUE_SIZE];

    if (value[0] == '\0')
        return;
    format_cut(cut, sizeof cut, value);
    chat->escape(escaped, sizeof escaped, cut);
    json_array_append_new(fields, json_pack("{s:s, s:s, s:b}", chat->name, name, chat->value,
                                            escaped, chat->narrow, 1));
}

static json_t *make_fields(const struct format_facts *facts, const struct chat *chat)
{
    json_t *fields = json_array();
    char height[32] = "";

    if (facts->height >= 0)
        snprintf(height, sizeof height, "%lld", (long long)facts->height);
    add_field(fields, chat, "Since", facts->since);
    add_field(fields, chat, "Block", height);
    add_field(fields, chat, "Monitor", facts->monitor);
    add_field(fields, chat, "Network", facts->network);
    if (facts->late)
        add_field(fields, chat, "Late", "found when the monitor caught up");
    if (facts->not_durable)
        add_field(fields, chat, "Not durable", "could not be written down before it was sent");
    return fields;
}

char *format_slack(size_t *len, const void *document, size_t document_len)
{
    static const struct chat slack = {"title", "value", "short", escape_slack};
    struct format_facts facts;
    char title[sizeof facts.title * 5];
    char summary[ESCAPED_SIZE];
    char footer[VALUE_SIZE];
    char colour[8];
    json_t *attachment = NULL;
    json_t *object = NULL;

    *len = 0;
    if (!format_facts_read(&facts, document, document_len))
        return NULL;
    escape_slack(title, sizeof title, facts.title);
    escape_slack(summary, sizeof summary, facts.summary);
    format_cut(footer, sizeof footer, facts.message_id);
    snprintf(colour, sizeof colour, "#%06x", look_of(&facts).colour);
    attachment = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:[]}", "color", colour, "fallback",
                           summary, "title", title, "text", summary, "fields",
                           make_fields(&facts, &slack), "footer", footer, "mrkdwn_in");
    if (attachment != NULL && facts.link[0] != '\0')
        json_object_set_new(attachment, "title_link", json_string(facts.link));
    object = json_pack("{s:s, s:b, s:[o]}", "text", title, "mrkdwn", 0, "attachments", attachment);
    format_facts_free(&facts);
    return dump(object, len);
}

char *format_discord(size_t *len, const void *document, size_t document_len)
{
    static const struct chat discord = {"name", "value", "inline", escape_discord};
    struct format_facts facts;
    char escaped[2 * sizeof facts.title];
    char title[DISCORD_TITLE_SIZE];
    char summary[3 * FORMAT_SUMMARY_SIZE];
    char footer[VALUE_SIZE];
    json_t *embed = NULL;
    json_t *object = NULL;

    *len = 0;
    if (!format_facts_read(&facts, document, document_len))
        return NULL;
    escape_discord(escaped, sizeof escaped, facts.title);
    format_cut(title, sizeof title, escaped);
    escape_discord(summary, sizeof summary, facts.summary);
    format_cut(footer, sizeof footer, facts.message_id);
    embed = json_pack("{s:s, s:s, s:i, s:o, s:{s:s}}", "title", title, "description", summary,
                      "color", (int)look_of(&facts).colour, "fields", make_fields(&facts, &discord),
                      "footer", "text", footer);
    if (embed != NULL && facts.timestamp[0] != '\0')
        json_object_set_new(embed, "timestamp", json_string(facts.timestamp));
    if (embed != NULL && facts.link[0] != '\0')
        json_object_set_new(embed, "url", json_string(facts.link));
    object = json_pack("{s:[o], s:{s:[]}}", "embeds", embed, "allowed_mentions", "parse");
    format_facts_free(&facts);
    return dump(object, len);
}

char *format_ntfy(size_t *len, const void *document, size_t document_len, const char *topic)
{
    struct format_facts facts;
    struct look look;
    json_t *object = NULL;

    *len = 0;
    if (!format_facts_read(&facts, document, document_len))
        return NULL;
    look = look_of(&facts);
    object = json_pack("{s:s, s:s, s:s, s:i, s:[s]}", "topic", topic, "title", facts.title,
                       "message", facts.summary, "priority", look.priority, "tags", look.tag);
    if (object != NULL && facts.link[0] != '\0')
        json_object_set_new(object, "click", json_string(facts.link));
    format_facts_free(&facts);
    return dump(object, len);
}

/* ---- A line -------------------------------------------------------------- */

char *format_line(size_t *len, const void *document, size_t document_len)
{
    struct format_facts facts;
    struct format_text text = {0};
    char line[FORMAT_LINE_SIZE];
    char message_id[72];
    char alert_id[72];
    char ids[VALUE_SIZE];

    *len = 0;
    if (!format_facts_read(&facts, document, document_len))
        return NULL;
    format_cut(message_id, sizeof message_id, facts.message_id);
    format_cut(alert_id, sizeof alert_id, facts.alert_id);
    snprintf(ids, sizeof ids, " [message %s, alert %s]", message_id, alert_id);
    format_add(&text, "%s%s%s%s%s: %s", facts.state, facts.severity[0] != '\0' ? " " : "",
               facts.severity, facts.rule[0] != '\0' ? " " : "", facts.rule, facts.summary);
    if (text.bytes != NULL) {
        format_cut(line, sizeof line - strlen(ids), text.bytes);
        text.len = 0;
        format_add(&text, "%s%s", line, ids);
    }
    format_facts_free(&facts);
    return format_finish(&text, len);
}
