// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A document of any bytes at all, as it might stand in a store that somebody has written to, made
 * into what each service wants: nothing, or what keeps the service's limits and cannot smuggle in a
 * line, a header or bytes that are no UTF-8.
 *
 * The input: the document.
 */
#include "config.h"

#include "alerts/format.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Limits that the services document; in bytes, which are no fewer than characters. */
#define SLACK_TEXT_MAX (5 * FORMAT_SUMMARY_SIZE)
#define DISCORD_TITLE_MAX 256
#define DISCORD_DESCRIPTION_MAX 4096
#define DISCORD_VALUE_MAX 1024
#define NTFY_MESSAGE_MAX 4096
#define MAIL_LINE_MAX 998

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static bool fits(const json_t *object, const char *key, size_t max)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) && json_string_length(value) <= max;
}

/* JSON that a strict reader takes, whole; frees the text. */
static json_t *read_back(char *text, size_t len)
{
    json_t *object = NULL;

    demand(strlen(text) == len);
    object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    demand(json_is_object(object));
    free(text);
    return object;
}

static void look_at_slack(char *text, size_t len)
{
    json_t *object = read_back(text, len);
    const json_t *attachment = json_array_get(json_object_get(object, "attachments"), 0);

    demand(fits(attachment, "text", SLACK_TEXT_MAX) && fits(attachment, "title", SLACK_TEXT_MAX));
    demand(strpbrk(json_string_value(json_object_get(attachment, "text")), "<>") == NULL);
    demand(strpbrk(json_string_value(json_object_get(object, "text")), "<>") == NULL);
    json_decref(object);
}

static void look_at_discord(char *text, size_t len)
{
    json_t *object = read_back(text, len);
    const json_t *embed = json_array_get(json_object_get(object, "embeds"), 0);
    const json_t *parse = json_object_get(json_object_get(object, "allowed_mentions"), "parse");
    const json_t *field = NULL;
    size_t i = 0;

    demand(fits(embed, "title", DISCORD_TITLE_MAX));
    demand(fits(embed, "description", DISCORD_DESCRIPTION_MAX));
    json_array_foreach(json_object_get(embed, "fields"), i, field)
        demand(fits(field, "value", DISCORD_VALUE_MAX));
    demand(json_is_array(parse) && json_array_size(parse) == 0);
    json_decref(object);
}

static void look_at_ntfy(char *text, size_t len)
{
    json_t *object = read_back(text, len);

    demand(strcmp(json_string_value(json_object_get(object, "topic")), "topic") == 0);
    demand(fits(object, "message", NTFY_MESSAGE_MAX));
    json_decref(object);
}

static void look_at_line(char *text, size_t len)
{
    demand(strlen(text) == len && len < FORMAT_LINE_SIZE);
    for (size_t i = 0; i < len; i++)
        demand((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
    free(text);
}

/* A line of the head is one of ours, or goes on with one. */
static bool is_head(const char *line)
{
    static const char *const names[] = {" ",
                                        "From: ",
                                        "To: ",
                                        "Subject: ",
                                        "Date: ",
                                        "Message-ID:",
                                        "References:",
                                        "Auto-Submitted",
                                        "MIME-Version: ",
                                        "Content-Type: ",
                                        "Content-Transfer-Encoding: 7bit",
                                        "Content-Transfer-Encoding: base64"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(line, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

static void look_at_mail(char *text, size_t len)
{
    bool head = true;

    demand(strlen(text) == len);
    for (const char *line = text; *line != '\0';) {
        size_t line_len = strcspn(line, "\r\n");

        demand(line_len <= MAIL_LINE_MAX && line[line_len] == '\r' && line[line_len + 1] == '\n');
        for (size_t i = 0; i < line_len; i++)
            demand(line[i] >= ' ' && line[i] < 0x7f);
        head = head && line_len > 0;
        demand(!head || is_head(line));
        line += line_len + 2;
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const to[] = {"you@example.org", "me@example.org"};
    const struct format_mail mail = {.from = "hashtide@example.org", .to = to, .to_count = 2};
    struct format_names names;
    size_t len = 0;
    char *text = format_slack(&len, data, size);
    bool good = text != NULL;

    format_names(&names, data, size);
    demand(good || names.state[0] == '\0');
    demand(good || len == 0);
    if (good)
        look_at_slack(text, len);
    text = format_discord(&len, data, size);
    demand((text != NULL) == good);
    if (good)
        look_at_discord(text, len);
    text = format_ntfy(&len, data, size, "topic");
    demand((text != NULL) == good);
    if (good)
        look_at_ntfy(text, len);
    text = format_line(&len, data, size);
    demand((text != NULL) == good);
    if (good)
        look_at_line(text, len);
    text = format_mail(&len, data, size, &mail);
    demand((text != NULL) == good);
    if (good)
        look_at_mail(text, len);
    return 0;
}
