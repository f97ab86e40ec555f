// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * format_mail: an alert as a mail in plain text: RFC 5322's head, RFC 2047's encoded words where a
 * subject is not ASCII, RFC 2045's base64 where a body is not.
 */
#include "config.h"

#include "alerts/format_internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Bytes of an encoded word, so that with its frame it has no more than 75 characters. */
#define WORD_BYTES 45
/** Bytes on a line of base64: 76 characters. */
#define LINE_BYTES 57
/** Columns at which ASCII is folded. */
#define COLUMNS 76
/** A longer word is broken, anywhere: no line may have more than 998 bytes. */
#define WORD_MAX 900
#define BASE64_SIZE 80
#define SUBJECT_SIZE 200

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static void encode(char out[BASE64_SIZE], const char *bytes, size_t len)
{
    sodium_bin2base64(out, BASE64_SIZE, (const unsigned char *)bytes, len,
                      sodium_base64_VARIANT_ORIGINAL);
}

/* A value of the head: as it is, or in encoded words on lines of their own. */
static void add_words(struct format_text *mail, const char *text)
{
    char base64[BASE64_SIZE];

    if (is_ascii(text)) {
        format_add(mail, "%s\r\n", text);
        return;
    }
    while (*text != '\0') {
        size_t len = strnlen(text, WORD_BYTES);

        while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
        encode(base64, text, len);
        text += len;
        format_add(mail, "=?utf-8?B?%s?=\r\n%s", base64, *text != '\0' ? " " : "");
    }
}

static int days_in(int month, int year)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Sakamoto's rule: 0 is Sunday. */
static int weekday(int year, int month, int day)
{
    static const int offsets[12] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

    year -= month < 3 ? 1 : 0;
    return (year + year / 4 - year / 100 + year / 400 + offsets[month - 1] + day) % 7;
}

/* "2026-11-23T17:45:00Z" as mail writes it; nothing where it is no such time. */
static void add_date(struct format_text *mail, const char *timestamp)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;

    if (sscanf(timestamp, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute,
               &second) != 6 ||
        year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(month, year) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return;
    format_add(mail, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
               days[weekday(year, month, day)], day, months[month - 1], year, hour, minute, second);
}

/* What may stand in a Message-ID: of ours, hexadecimal digits. */
static bool is_id(const char *id)
{
    size_t len = strlen(id);

    return len > 0 && len <= 64 && strspn(id, "0123456789abcdef") == len;
}

static void add_head(struct format_text *mail, const struct format_facts *facts,
                     const struct format_mail *options)
{
    const char *domain = strrchr(options->from, '@');
    char subject[SUBJECT_SIZE];
    char whole[sizeof facts->title + FORMAT_SUMMARY_SIZE + 16];

    snprintf(whole, sizeof whole, "[hashtide] %s: %s", facts->title, facts->summary);
    format_cut(subject, sizeof subject, whole);
    format_add(mail, "From: hashtide <%s>\r\n", options->from);
    for (size_t i = 0; i < options->to_count; i++)
        format_add(mail, "%s<%s>%s", i == 0 ? "To: " : " ", options->to[i],
                   i + 1 < options->to_count ? ",\r\n" : "\r\n");
    format_add(mail, "Subject: ");
    add_words(mail, subject);
    add_date(mail, facts->timestamp);
    domain = domain != NULL ? domain + 1 : "localhost";
    if (is_id(facts->message_id))
        format_add(mail, "Message-ID: <%s@%s>\r\n", facts->message_id, domain);
    if (is_id(facts->alert_id))
        format_add(mail, "References: <alert-%s@%s>\r\n", facts->alert_id, domain);
    format_add(mail, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n");
}

static void add_line(struct format_text *body, const char *name, const char *value)
{
    char cut[200];

    format_cut(cut, sizeof cut, value);
    if (cut[0] != '\0')
        format_add(body, "%s: %s\r\n", name, cut);
}

/* Words on lines of COLUMNS; one that is longer has a line to itself. */
static void add_folded(struct format_text *body, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (len > WORD_MAX)
            len = WORD_MAX;
        if (column > 0 && column + 1 + len > COLUMNS) {
            format_add(body, "\r\n");
            column = 0;
        } else if (column > 0) {
            format_add(body, " ");
            column++;
        }
        format_add(body, "%.*s", (int)len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    format_add(body, "\r\n");
}

static void add_body(struct format_text *body, const struct format_facts *facts)
{
    char height[32] = "";
    char link[WORD_MAX];

    if (facts->height >= 0)
        snprintf(height, sizeof height, "%lld", (long long)facts->height);
    format_cut(link, sizeof link, facts->link);
    add_folded(body, facts->summary);
    format_add(body, "\r\n");
    add_line(body, "State", facts->state);
    add_line(body, "Severity", facts->severity);
    add_line(body, "Rule", facts->rule);
    add_line(body, "Time", facts->timestamp);
    add_line(body, "Since", facts->since);
    add_line(body, "Block", height);
    add_line(body, "Hash", facts->hash);
    add_line(body, "Monitor", facts->monitor);
    add_line(body, "Network", facts->network);
    add_line(body, "Alert", facts->alert_id);
    add_line(body, "Message", facts->message_id);
    if (facts->late)
        add_line(body, "Late", "found when the monitor caught up");
    if (facts->not_durable)
        add_line(body, "Not durable", "could not be written down before it was sent");
    if (link[0] != '\0')
        format_add(body, "\r\nThe signed document:\r\n%s\r\n", link);
}

/* The body behind the head's last line, which says how it is written. */
static void add_encoded(struct format_text *mail, const char *body)
{
    char base64[BASE64_SIZE];
    size_t len = strlen(body);

    if (is_ascii(body)) {
        format_add(mail, "Content-Transfer-Encoding: 7bit\r\n\r\n%s", body);
        return;
    }
    format_add(mail, "Content-Transfer-Encoding: base64\r\n\r\n");
    for (size_t at = 0; at < len; at += LINE_BYTES) {
        encode(base64, body + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
        format_add(mail, "%s\r\n", base64);
    }
}

char *format_mail(size_t *len, const void *document, size_t document_len,
                  const struct format_mail *options)
{
    struct format_facts facts;
    struct format_text mail = {0};
    struct format_text body = {0};

    *len = 0;
    if (!format_facts_read(&facts, document, document_len))
        return NULL;
    add_head(&mail, &facts, options);
    add_body(&body, &facts);
    if (!body.failed)
        add_encoded(&mail, body.bytes);
    mail.failed = mail.failed || body.failed;
    free(body.bytes);
    format_facts_free(&facts);
    return format_finish(&mail, len);
}
