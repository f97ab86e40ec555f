// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: every kind of document becomes a message that its service takes, within the
 * limits and with what would be markup escaped; and what is no document, or a damaged one, harms
 * nobody.
 */
#include "config.h"

#include "alerts/document.h"
#include "alerts/format.h"
#include "tests/alerts/documents.h"
#include "tests/support/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/** Rounds of damage to each kind of document. */
#define DAMAGES 200

static const char *const TO[] = {"a@example.org", "b@example.org"};
static const struct format_mail MAIL = {.from = "tide@example.org", .to = TO, .to_count = 2};

/* A line of a mail: CR LF at its end only, at most 998 bytes, and in the head ASCII. */
static void check_mail(const char *mail, size_t len)
{
    bool head = true;

    ck_assert_uint_eq(strlen(mail), len);
    for (const char *at = mail; *at != '\0';) {
        const char *end = strstr(at, "\r\n");

        ck_assert_ptr_nonnull(end);
        ck_assert_int_le(end - at, 998);
        for (const char *c = at; c < end; c++) {
            ck_assert_int_ne(*c, '\r');
            ck_assert_int_ne(*c, '\n');
            ck_assert((unsigned char)*c < 0x80);
        }
        head = head && end != at;
        at = end + 2;
    }
    ck_assert(!head);
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static json_t *parse(char *text, const size_t *len)
{
    json_t *object = NULL;

    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), *len);
    object = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(object);
    free(text);
    return object;
}

/* All formats of one document's bytes that are well-formed JSON. */
static void check_all(const void *bytes, size_t bytes_len)
{
    size_t len = 0;
    json_t *object = parse(format_slack(&len, bytes, bytes_len), &len);
    const json_t *attachment = json_array_get(json_object_get(object, "attachments"), 0);
    const json_t *embed = NULL;
    char *text = NULL;

    ck_assert_uint_lt(strlen(text_at(attachment, "text")), 5 * FORMAT_SUMMARY_SIZE);
    ck_assert_ptr_null(strpbrk(text_at(attachment, "text"), "<>\n"));
    json_decref(object);
    object = parse(format_discord(&len, bytes, bytes_len), &len);
    embed = json_array_get(json_object_get(object, "embeds"), 0);
    ck_assert_uint_le(strlen(text_at(embed, "title")), 256);
    ck_assert_uint_le(strlen(text_at(embed, "description")), 4096);
    ck_assert_uint_le(json_array_size(json_object_get(embed, "fields")), 25);
    ck_assert_uint_le(len, 6000 + 2000);
    json_decref(object);
    object = parse(format_ntfy(&len, bytes, bytes_len, "topic"), &len);
    ck_assert_uint_lt(strlen(text_at(object, "message")), 4096);
    json_decref(object);
    text = format_line(&len, bytes, bytes_len);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), len);
    ck_assert_uint_lt(len, FORMAT_LINE_SIZE + 200);
    ck_assert_ptr_null(strchr(text, '\n'));
    free(text);
    text = format_mail(&len, bytes, bytes_len, &MAIL);
    ck_assert_ptr_nonnull(text);
    check_mail(text, len);
    free(text);
}

static void each_document(void *context, const struct document *document)
{
    size_t len = 0;
    char *bytes = document_bytes(&len, document);

    (void)context;
    ck_assert_ptr_nonnull(bytes);
    check_all(bytes, len);
    free(bytes);
}

START_TEST(test_every_document)
{
    ck_assert_uint_gt(documents_each(each_document, NULL), 100);
}
END_TEST

#define BODY(summary)                                                                              \
    "{\"state\":\"raised\",\"severity\":\"critical\",\"rule\":\"fall\",\"summary\":\"" summary     \
    "\",\"timestamp\":\"2024-02-29T23:59:58Z\",\"message_id\":\"0a\",\"alert_id\":\"0b\"}"

START_TEST(test_escapes)
{
    static const char markup[] = BODY("<!channel> & *x* [a](b) @everyone \\n\\u0007");
    size_t len = 0;
    json_t *object = parse(format_slack(&len, markup, strlen(markup)), &len);
    const json_t *item = json_array_get(json_object_get(object, "attachments"), 0);

    ck_assert_str_eq(text_at(item, "text"), "&lt;!channel&gt; &amp; *x* [a](b) @everyone   ");
    ck_assert_str_eq(text_at(item, "color"), "#c62828");
    json_decref(object);
    object = parse(format_discord(&len, markup, strlen(markup)), &len);
    item = json_array_get(json_object_get(object, "embeds"), 0);
    ck_assert_str_eq(text_at(item, "description"),
                     "\\<!channel\\> & \\*x\\* \\[a\\]\\(b\\) \\@everyone   ");
    json_decref(object);
    object = parse(format_ntfy(&len, markup, strlen(markup), "t"), &len);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "priority")), 5);
    ck_assert_str_eq(text_at(object, "title"), "CRITICAL: fall");
    json_decref(object);
}
END_TEST

START_TEST(test_mail)
{
    static const char plain[] = BODY("Half of it is gone\\r\\nBcc: c@example.org");
    static const char foreign[] = BODY("H\xc3\xa4lfte \xe2\x82\xbf");
    size_t len = 0;
    char *mail = format_mail(&len, plain, strlen(plain), &MAIL);

    ck_assert_ptr_nonnull(strstr(mail, "From: hashtide <tide@example.org>\r\n"
                                       "To: <a@example.org>,\r\n <b@example.org>\r\n"));
    ck_assert_ptr_nonnull(strstr(mail, "Subject: [hashtide] CRITICAL: fall: Half of it is gone  "
                                       "Bcc: c@example.org\r\n"));
    ck_assert_ptr_nonnull(strstr(mail, "Date: Thu, 29 Feb 2024 23:59:58 +0000\r\n"));
    ck_assert_ptr_nonnull(strstr(mail, "Message-ID: <0a@example.org>\r\n"));
    ck_assert_ptr_nonnull(strstr(mail, "References: <alert-0b@example.org>\r\n"));
    free(mail);
    mail = format_mail(&len, foreign, strlen(foreign), &MAIL);
    check_mail(mail, len);
    ck_assert_ptr_nonnull(strstr(mail, "Subject: =?utf-8?B?"));
    ck_assert_ptr_nonnull(strstr(mail, "Content-Transfer-Encoding: base64\r\n\r\nSMOkbGZ0ZS"));
    free(mail);
}
END_TEST

START_TEST(test_line)
{
    static const char body[] = BODY("Gone");
    size_t len = 0;
    char *line = format_line(&len, body, strlen(body));

    ck_assert_str_eq(line, "raised critical fall: Gone [message 0a, alert 0b]");
    free(line);
}
END_TEST

/* Long sentences of long characters are cut between them. */
START_TEST(test_long)
{
    json_t *object = json_object();
    char text[6001];
    char *bytes = NULL;

    for (size_t offset = 0; offset < 3; offset++) {
        memset(text, 'x', offset);
        for (size_t i = offset; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xbf", 4);
        json_object_set_new(object, "summary", json_string(text));
        json_object_set_new(object, "rule", json_string(text));
        json_object_set_new(object, "message_id", json_string(text));
        json_object_set_new(object, "severity", json_string(text));
        bytes = json_dumps(object, 0);
        check_all(bytes, strlen(bytes));
        free(bytes);
    }
    json_decref(object);
}
END_TEST

static void try_all(const void *bytes, size_t bytes_len)
{
    size_t len = 0;

    free(format_slack(&len, bytes, bytes_len));
    free(format_discord(&len, bytes, bytes_len));
    free(format_ntfy(&len, bytes, bytes_len, "t"));
    free(format_line(&len, bytes, bytes_len));
    free(format_mail(&len, bytes, bytes_len, &MAIL));
}

static void damage_document(void *context, const struct document *document)
{
    struct test_random *random = context;
    size_t len = 0;
    char *bytes = document_bytes(&len, document);

    ck_assert_ptr_nonnull(bytes);
    if (test_random_one_in(random, 20)) {
        for (int round = 0; round < DAMAGES; round++) {
            bytes[test_random_below(random, (uint32_t)len)] = (char)test_random_below(random, 256);
            try_all(bytes, test_random_below(random, (uint32_t)len + 1));
            try_all(bytes, len);
        }
    }
    free(bytes);
}

START_TEST(test_damage)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t len = 1;

    ck_assert_ptr_null(format_slack(&len, "[]", 2));
    ck_assert_uint_eq(len, 0);
    ck_assert_ptr_null(format_mail(&len, "", 0, &MAIL));
    ck_assert_ptr_null(format_line(&len, "{", 1));
    documents_each(damage_document, &random);
    check_all("{}", 2);
    check_all("{\"summary\":7,\"block\":[],\"monitor\":\"\",\"timestamp\":\"2024-13-01T0:0:0Z\"}",
              69);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_every_document, test_escapes, test_mail, test_line, test_long, test_damage,
    };

    return TEST_MAIN("format", tests);
}
