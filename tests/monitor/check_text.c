// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what strangers write cannot steer a terminal, what people type is read
 * strictly, and a slip of the fingers is recognised for what was meant.
 */
#include "config.h"

#include "monitor/hostport.h"
#include "monitor/number.h"
#include "monitor/text.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <string.h>

static void assert_escaped(const char *text, const char *expected)
{
    char out[256];

    ck_assert_uint_eq(text_escape(out, sizeof out, text), strlen(expected));
    ck_assert_str_eq(out, expected);
}

START_TEST(test_escape)
{
    assert_escaped("", "");
    assert_escaped("plain text", "plain text");
    assert_escaped("B\xc3\xa4rlin \xe2\x82\xac \xf0\x9f\x8c\x8a",
                   "B\xc3\xa4rlin \xe2\x82\xac \xf0\x9f\x8c\x8a");
    assert_escaped("a\nb\tc\x1b[0m\x7f", "a\\x0ab\\x09c\\x1b[0m\\x7f");
    assert_escaped("\xc2\x9b", "\\xc2\\x9b");                   /* CSI in one character */
    assert_escaped("\xe2\x80\xae", "\\xe2\\x80\\xae");          /* right to left from here on */
    assert_escaped("\xe2\x80\xa8", "\\xe2\\x80\\xa8");          /* line separator */
    assert_escaped("\xc0\xaf", "\\xc0\\xaf");                   /* '/' the long way */
    assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* half a surrogate pair */
    assert_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
    assert_escaped("\xe2\x82", "\\xe2\\x82");                   /* cut off */
}
END_TEST

START_TEST(test_escape_cuts)
{
    char out[8];

    ck_assert_uint_eq(text_escape(out, 4, "abcdef"), 3);
    ck_assert_str_eq(out, "abc");
    ck_assert_uint_eq(text_escape(out, 4, "a\xe2\x82\xac"), 1);
    ck_assert_str_eq(out, "a");
    ck_assert_uint_eq(text_escape(out, 5, "a\x01"), 1);
    ck_assert_str_eq(out, "a");
    ck_assert_uint_eq(text_escape(out, 1, "a"), 0);
    ck_assert_str_eq(out, "");
    ck_assert_uint_eq(text_escape(out, 0, "a"), 0);
}
END_TEST

/* Any bytes: no control character comes out, and jansson, which is strict, takes it for UTF-8. */
START_TEST(test_escape_random)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 20000);

    for (size_t round = 0; round < rounds; round++) {
        char in[24];
        char out[128];
        json_t *json = NULL;
        size_t len = test_random_below(&random, sizeof in);

        test_random_fill(&random, in, sizeof in);
        in[len] = '\0';
        len = text_escape(out, test_random_below(&random, sizeof out - 1) + 1, in);
        ck_assert_uint_eq(strlen(out), len);
        for (size_t i = 0; i < len; i++)
            ck_assert_uint_ge((unsigned char)out[i], 0x20);
        json = json_string(out);
        ck_assert_ptr_nonnull(json);
        json_decref(json);
        json = text_to_json(in);
        ck_assert_ptr_nonnull(json);
        json_decref(json);
    }
}
END_TEST

START_TEST(test_nearest)
{
    static const char *const words[] = {"network", "datadir", NULL, "connect", "proxy", "o"};
    const size_t count = sizeof words / sizeof words[0];

    ck_assert_str_eq(text_nearest("netwrok", words, count), "network");
    ck_assert_str_eq(text_nearest("conect", words, count), "connect");
    ck_assert_str_eq(text_nearest("connects", words, count), "connect");
    ck_assert_str_eq(text_nearest("datdir", words, count), "datadir");
    ck_assert_str_eq(text_nearest("prox", words, count), "proxy");
    ck_assert_ptr_null(text_nearest("frobnicate", words, count));
    ck_assert_ptr_null(text_nearest("x", words, count));
    ck_assert_ptr_null(text_nearest("", words, count));
    ck_assert_ptr_null(text_nearest("networknetworknetworknetworknetwork", words, count));
}
END_TEST

START_TEST(test_numbers)
{
    uint64_t number = 42;

    ck_assert(number_parse(&number, "0", 0, 10) && number == 0);
    ck_assert(number_parse(&number, "010", 0, 10) && number == 10);
    ck_assert(number_parse(&number, "18446744073709551615", 0, UINT64_MAX) && number == UINT64_MAX);
    ck_assert(!number_parse(&number, "18446744073709551616", 0, UINT64_MAX));
    ck_assert(!number_parse(&number, "99999999999999999999", 0, UINT64_MAX));
    ck_assert(!number_parse(&number, "", 0, 10));
    ck_assert(!number_parse(&number, "-1", 0, 10));
    ck_assert(!number_parse(&number, "+1", 0, 10));
    ck_assert(!number_parse(&number, " 1", 0, 10));
    ck_assert(!number_parse(&number, "1 ", 0, 10));
    ck_assert(!number_parse(&number, "0x1", 0, 10));
    ck_assert(!number_parse(&number, "11", 0, 10));
    ck_assert(!number_parse(&number, "9", 0, 8));
    ck_assert(!number_parse(&number, "1", 2, 10));
    ck_assert_uint_eq(number, UINT64_MAX);

    ck_assert(number_parse_milli(&number, "20", 900000) && number == 20000);
    ck_assert(number_parse_milli(&number, "12.5", 900000) && number == 12500);
    ck_assert(number_parse_milli(&number, "0.001", 900000) && number == 1);
    ck_assert(number_parse_milli(&number, "900", 900000) && number == 900000);
    ck_assert(!number_parse_milli(&number, "900.001", 900000));
    ck_assert(!number_parse_milli(&number, "1.0001", 900000));
    ck_assert(!number_parse_milli(&number, "1.", 900000));
    ck_assert(!number_parse_milli(&number, ".5", 900000));
    ck_assert(!number_parse_milli(&number, "1,5", 900000));
    ck_assert(!number_parse_milli(&number, "", 900000));
    ck_assert(!number_parse_milli(&number, "1e3", 900000));
}
END_TEST

START_TEST(test_hostport)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: to be refused */
        uint16_t port;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4", 8333},
        {"1.2.3.4:1", "1.2.3.4", 1},
        {"node.example", "node.example", 8333},
        {"node-1_a.example:65535", "node-1_a.example", 65535},
        {"[2001:db8::1]", "2001:db8::1", 8333},
        {"[2001:db8::1]:18333", "2001:db8::1", 18333},
        {"2001:db8::1", "2001:db8::1", 8333},
        {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
        {"::ffff:1.2.3.4", "::ffff:1.2.3.4", 8333},
        {"", NULL, 0},
        {":1", NULL, 0},
        {"a:", NULL, 0},
        {"a:0", NULL, 0},
        {"a:65536", NULL, 0},
        {"a:99999999999", NULL, 0},
        {"a:-1", NULL, 0},
        {"a b", NULL, 0},
        {"a/b", NULL, 0},
        {"http://a", NULL, 0},
        {"[::1", NULL, 0},
        {"[::1]x", NULL, 0},
        {"[::1]:", NULL, 0},
        {"[]", NULL, 0},
        {"\xc3\xa4.example", NULL, 0},
    };
    struct hostport out;
    char longest[300];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = hostport_parse(&out, cases[i].text, 8333);

        ck_assert_msg(good == (cases[i].host != NULL), "%s", cases[i].text);
        if (good) {
            ck_assert_str_eq(out.host, cases[i].host);
            ck_assert_uint_eq(out.port, cases[i].port);
        }
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert(!hostport_parse(&out, longest, 8333));
    ck_assert(!hostport_parse(&out, "a", 0));
    ck_assert(hostport_parse(&out, "a:1", 0));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_escape,  test_escape_cuts, test_escape_random,
        test_nearest, test_numbers,     test_hostport,
    };

    return TEST_MAIN("text", tests);
}
