// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: webhooks are signed as Standard Webhooks has it, while one secret is exchanged
 * for another too, and every way in which one can be wrong is refused under its own name.
 */
#include "config.h"

#include "alerts/webhook.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 600

/* The convention's example ("Signature scheme" and its libraries' tests). */
#define EXAMPLE_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define EXAMPLE_ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define EXAMPLE_TIME INT64_C(1614265330)
#define EXAMPLE_BODY "{\"test\": 2432232314}"
#define EXAMPLE_SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct webhook_secrets secrets_of(const char *text)
{
    struct webhook_secrets secrets;
    size_t line = 0;

    ck_assert_int_eq(webhook_secrets_parse(&secrets, &line, text, strlen(text)), WEBHOOK_GOOD);
    return secrets;
}

static struct webhook_result verify(const struct webhook_secrets *secrets, const char *id,
                                    const char *timestamp, const char *signature, const char *body)
{
    const struct webhook_headers headers = {id, timestamp, signature};
    const struct webhook_clock clock = {EXAMPLE_TIME, WEBHOOK_TOLERANCE_S};

    return webhook_verify(&headers, body, strlen(body), secrets, &clock);
}

static const char *verdict_of(const char *id, const char *timestamp, const char *signature,
                              const char *body)
{
    struct webhook_secrets secrets = secrets_of(EXAMPLE_SECRET);

    return webhook_verdict_name(verify(&secrets, id, timestamp, signature, body).verdict);
}

START_TEST(test_example)
{
    struct webhook_secrets secrets = secrets_of(EXAMPLE_SECRET);
    char signature[WEBHOOK_SIGNATURE_SIZE];

    webhook_sign(signature, &secrets, EXAMPLE_ID, EXAMPLE_TIME, EXAMPLE_BODY, strlen(EXAMPLE_BODY));
    ck_assert_str_eq(signature, EXAMPLE_SIGNATURE);
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "1614265330", EXAMPLE_SIGNATURE, EXAMPLE_BODY), "good");
}
END_TEST

START_TEST(test_refused)
{
    static const char time[] = "1614265330";
    static const char good[] = EXAMPLE_SIGNATURE;
    char long_id[WEBHOOK_ID_MAX + 2];

    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, good, "{\"test\": 2432232315}"),
                     "wrong-signature");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID "x", time, good, EXAMPLE_BODY), "wrong-signature");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "1614265331", good, EXAMPLE_BODY), "wrong-signature");
    /* A full stop moved from one part to the next would sign the same bytes. */
    ck_assert_str_eq(verdict_of(EXAMPLE_ID ".1", time, good, EXAMPLE_BODY), "id-form");
    ck_assert_str_eq(verdict_of("", time, good, EXAMPLE_BODY), "id-form");
    ck_assert_str_eq(verdict_of("a b", time, good, EXAMPLE_BODY), "id-form");
    ck_assert_str_eq(verdict_of("a\x80", time, good, EXAMPLE_BODY), "id-form");
    memset(long_id, 'a', sizeof long_id);
    long_id[sizeof long_id - 1] = '\0';
    ck_assert_str_eq(verdict_of(long_id, time, good, EXAMPLE_BODY), "id-form");
    ck_assert_str_eq(verdict_of(long_id + 1, time, good, EXAMPLE_BODY), "wrong-signature");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "", good, EXAMPLE_BODY), "timestamp-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "-1", good, EXAMPLE_BODY), "timestamp-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "01614265330", good, EXAMPLE_BODY), "timestamp-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "1614265330.0", good, EXAMPLE_BODY), "timestamp-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, "99999999999999999999", good, EXAMPLE_BODY),
                     "timestamp-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "", EXAMPLE_BODY), "signature-missing");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "   ", EXAMPLE_BODY), "signature-missing");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "v1", EXAMPLE_BODY), "signature-missing");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "V1,AAAA", EXAMPLE_BODY), "signature-missing");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "v1a,AAAA v2,BBBB", EXAMPLE_BODY),
                     "signature-missing");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "v1,AAAA", EXAMPLE_BODY), "signature-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "v1,", EXAMPLE_BODY), "signature-form");
    /* The last digit has two bits too many, the padding is missing, another alphabet, a newline. */
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time,
                                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", EXAMPLE_BODY),
                     "signature-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
                                EXAMPLE_BODY),
                     "signature-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time,
                                "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=", EXAMPLE_BODY),
                     "signature-form");
    ck_assert_str_eq(verdict_of(EXAMPLE_ID, time, EXAMPLE_SIGNATURE "\n", EXAMPLE_BODY),
                     "signature-form");
}
END_TEST

START_TEST(test_times)
{
    struct webhook_secrets secrets = secrets_of(EXAMPLE_SECRET);
    const struct webhook_headers headers = {EXAMPLE_ID, "1614265330", EXAMPLE_SIGNATURE};
    static const struct {
        int64_t later_s;
        enum webhook_verdict verdict;
    } cases[] = {
        {0, WEBHOOK_GOOD},
        {300, WEBHOOK_GOOD},
        {301, WEBHOOK_TOO_OLD},
        {-300, WEBHOOK_GOOD},
        {-301, WEBHOOK_TOO_NEW},
        {86400 * 365, WEBHOOK_TOO_OLD},
        {-EXAMPLE_TIME, WEBHOOK_TOO_NEW},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct webhook_clock clock = {EXAMPLE_TIME + cases[i].later_s, WEBHOOK_TOLERANCE_S};
        struct webhook_result result =
            webhook_verify(&headers, EXAMPLE_BODY, strlen(EXAMPLE_BODY), &secrets, &clock);

        ck_assert_int_eq(result.verdict, cases[i].verdict);
        ck_assert_int_eq(result.age_s, cases[i].later_s);
        /* What nobody signed is not called old. */
        result = webhook_verify(&headers, "x", 1, &secrets, &clock);
        ck_assert_int_eq(result.verdict, WEBHOOK_WRONG);
    }
}
END_TEST

/* The sender has both secrets, and a receiver the old one, the new one, or both. */
START_TEST(test_rotation)
{
    static const char old_text[] = EXAMPLE_SECRET;
    static const char new_text[] = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    static const char both_text[] = "# since 2026-11\n\n  " EXAMPLE_SECRET
                                    "  \r\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    struct webhook_secrets old_one = secrets_of(old_text);
    struct webhook_secrets new_one = secrets_of(new_text);
    struct webhook_secrets both = secrets_of(both_text);
    char header[WEBHOOK_SIGNATURE_SIZE], others[2 * WEBHOOK_SIGNATURE_SIZE];
    struct webhook_result result;

    ck_assert_uint_eq(both.count, 2);
    webhook_sign(header, &both, EXAMPLE_ID, EXAMPLE_TIME, EXAMPLE_BODY, strlen(EXAMPLE_BODY));
    ck_assert_uint_eq(strlen(header), 2 * 47 + 1);
    result = verify(&old_one, EXAMPLE_ID, "1614265330", header, EXAMPLE_BODY);
    ck_assert_int_eq(result.verdict, WEBHOOK_GOOD);
    result = verify(&new_one, EXAMPLE_ID, "1614265330", header, EXAMPLE_BODY);
    ck_assert_int_eq(result.verdict, WEBHOOK_GOOD);
    webhook_sign(header, &new_one, EXAMPLE_ID, EXAMPLE_TIME, EXAMPLE_BODY, strlen(EXAMPLE_BODY));
    result = verify(&both, EXAMPLE_ID, "1614265330", header, EXAMPLE_BODY);
    ck_assert_int_eq(result.verdict, WEBHOOK_GOOD);
    ck_assert_uint_eq(result.secret, 1);
    result = verify(&old_one, EXAMPLE_ID, "1614265330", header, EXAMPLE_BODY);
    ck_assert_int_eq(result.verdict, WEBHOOK_WRONG);
    /* A good one among those of other versions, other secrets, and no form. */
    snprintf(others, sizeof others, "v1a,AAAA  " EXAMPLE_SIGNATURE " v1,AAAA %s", header);
    result = verify(&new_one, EXAMPLE_ID, "1614265330", others, EXAMPLE_BODY);
    ck_assert_int_eq(result.verdict, WEBHOOK_GOOD);
}
END_TEST

static const char *secret_verdict(const char *text)
{
    struct webhook_secret secret;

    return webhook_verdict_name(webhook_secret_parse(&secret, text, strlen(text)));
}

START_TEST(test_secret_forms)
{
    char text[256];

    ck_assert_str_eq(secret_verdict(EXAMPLE_SECRET), "good");
    ck_assert_str_eq(secret_verdict("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "secret-prefix");
    ck_assert_str_eq(secret_verdict("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "secret-prefix");
    ck_assert_str_eq(secret_verdict(""), "secret-prefix");
    ck_assert_str_eq(secret_verdict("whsec_"), "secret-length");
    ck_assert_str_eq(secret_verdict("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS="), "secret-base64");
    ck_assert_str_eq(secret_verdict("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa*w"), "secret-base64");
    ck_assert_str_eq(secret_verdict("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa w"), "secret-base64");
    ck_assert_str_eq(secret_verdict("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ=="), "secret-length");
    /* 64 bytes are the most: 85 digits and a half. */
    memset(text, 'A', sizeof text);
    memcpy(text, "whsec_", 6);
    memcpy(text + 6 + 86, "==", 3);
    ck_assert_str_eq(secret_verdict(text), "good");
    memcpy(text + 6 + 86, "A=", 3);
    ck_assert_str_eq(secret_verdict(text), "secret-length");
    memset(text + 6, 'A', 240);
    text[246] = '\0';
    ck_assert_str_eq(secret_verdict(text), "secret-base64");
}
END_TEST

static const char *secrets_verdict(size_t *line, const char *text)
{
    struct webhook_secrets secrets;
    enum webhook_verdict verdict = webhook_secrets_parse(&secrets, line, text, strlen(text));

    if (verdict != WEBHOOK_GOOD)
        ck_assert_uint_eq(secrets.count, 0);
    return webhook_verdict_name(verdict);
}

START_TEST(test_secret_lists)
{
    size_t line = 9;

    ck_assert_str_eq(secrets_verdict(&line, ""), "secrets-none");
    ck_assert_uint_eq(line, 0);
    ck_assert_str_eq(secrets_verdict(&line, "\n# nothing\n  \n"), "secrets-none");
    ck_assert_uint_eq(line, 0);
    ck_assert_str_eq(secrets_verdict(&line, "\n" EXAMPLE_SECRET "\n\nwhsec_AAAA\n"),
                     "secret-length");
    ck_assert_uint_eq(line, 4);
    ck_assert_str_eq(secrets_verdict(&line, EXAMPLE_SECRET "\n" EXAMPLE_SECRET), "secrets-twice");
    ck_assert_uint_eq(line, 2);
    ck_assert_str_eq(secrets_verdict(&line, EXAMPLE_SECRET " " EXAMPLE_SECRET), "secret-base64");
    ck_assert_str_eq(secrets_verdict(&line, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_DAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
                     "good");
    ck_assert_str_eq(secrets_verdict(&line, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_DAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                                            "whsec_EAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
                     "secrets-many");
    ck_assert_uint_eq(line, 5);
}
END_TEST

static void fill_secrets(struct webhook_secrets *secrets, struct test_random *random)
{
    webhook_secrets_wipe(secrets);
    secrets->count = 1 + test_random_below(random, WEBHOOK_SECRETS_MAX);
    for (size_t i = 0; i < secrets->count; i++) {
        secrets->items[i].len =
            WEBHOOK_SECRET_MIN +
            test_random_below(random, WEBHOOK_SECRET_MAX - WEBHOOK_SECRET_MIN + 1);
        test_random_fill(random, secrets->items[i].bytes, secrets->items[i].len);
    }
}

/* Any bytes, any secrets: good by each of them; one bit of anything changed is not. */
START_TEST(test_random_bodies)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 3000);

    for (size_t round = 0; round < rounds; round++) {
        struct webhook_secrets secrets, one = {.count = 1}, again;
        char header[WEBHOOK_SIGNATURE_SIZE], time[WEBHOOK_TIMESTAMP_SIZE];
        char text[WEBHOOK_SECRET_TEXT_SIZE];
        uint8_t body[BODY_MAX];
        size_t len = 1 + test_random_below(&random, sizeof body - 1);
        int64_t when = (int64_t)(test_random_u64(&random) % 4000000000u);
        struct webhook_headers headers = {"msg_1", time, header};
        struct webhook_clock clock = {when, 0};
        size_t which = 0, line = 0;

        fill_secrets(&secrets, &random);
        test_random_fill(&random, body, len);
        webhook_timestamp_format(time, when);
        webhook_sign(header, &secrets, headers.id, when, body, len);
        which = test_random_below(&random, (uint32_t)secrets.count);
        one.items[0] = secrets.items[which];
        ck_assert_int_eq(webhook_verify(&headers, body, len, &one, &clock).verdict, WEBHOOK_GOOD);
        webhook_secret_format(text, &one.items[0]);
        ck_assert_int_eq(webhook_secrets_parse(&again, &line, text, strlen(text)), WEBHOOK_GOOD);
        ck_assert_mem_eq(again.items[0].bytes, one.items[0].bytes, one.items[0].len);
        body[test_random_below(&random, (uint32_t)len)] ^= 0x10;
        ck_assert_int_eq(webhook_verify(&headers, body, len, &one, &clock).verdict, WEBHOOK_WRONG);
    }
}
END_TEST

START_TEST(test_verdicts_have_names)
{
    for (int i = 0; i < WEBHOOK_VERDICTS; i++) {
        const char *name = webhook_verdict_name((enum webhook_verdict)i);

        ck_assert_ptr_nonnull(name);
        ck_assert_ptr_nonnull(webhook_verdict_text((enum webhook_verdict)i));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(name, webhook_verdict_name((enum webhook_verdict)j));
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_example,      test_refused,      test_times,         test_rotation,
        test_secret_forms, test_secret_lists, test_random_bodies, test_verdicts_have_names,
    };

    return TEST_MAIN("webhook", tests);
}
