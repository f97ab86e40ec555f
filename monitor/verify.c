// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * verify: see verify.h.
 */
#include "config.h"

#include "monitor/verify.h"

#include "monitor/mem.h"
#include "monitor/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Bytes read at once. */
#define CHUNK_SIZE 65536
/** A file's name and what strangers wrote are cut beyond this. */
#define TEXT_SIZE 1024

static bool say(char message[VERIFY_MESSAGE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(char message[VERIFY_MESSAGE_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, VERIFY_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- The bytes ---------------------------------------------------------- */

static ssize_t read_some(int fd, uint8_t *chunk)
{
    ssize_t got = 0;

    do
        got = read(fd, chunk, CHUNK_SIZE);
    while (got < 0 && errno == EINTR);
    return got;
}

/* True if it was not too much. */
static bool keep_some(struct verify_bytes *out, const uint8_t *chunk, size_t len)
{
    if (out->len + len > VERIFY_BODY_MAX)
        return false;
    out->body = mem_resize(out->body, out->len + len, 1);
    memcpy(out->body + out->len, chunk, len);
    return true;
}

static bool read_bytes(struct verify_bytes *out, char message[VERIFY_MESSAGE_SIZE], int fd,
                       const char *path, bool keep, struct sign_hash *hash)
{
    crypto_hash_sha256_state plain;
    uint8_t chunk[CHUNK_SIZE];
    ssize_t got = 0;

    (void)crypto_hash_sha256_init(&plain);
    while ((got = read_some(fd, chunk)) > 0) {
        if (keep && !keep_some(out, chunk, (size_t)got))
            return say(message, "%s is too long for a webhook: more than %zu bytes", path,
                       VERIFY_BODY_MAX);
        (void)crypto_hash_sha256_update(&plain, chunk, (size_t)got);
        sign_hash_add(hash, chunk, (size_t)got);
        out->len += (uint64_t)got;
    }
    if (got < 0)
        return say(message, "cannot read %s: %s", path, strerror(errno));
    (void)crypto_hash_sha256_final(&plain, out->sha256);
    sign_hash_end(hash, out->digest);
    return true;
}

bool verify_read(struct verify_bytes *out, char message[VERIFY_MESSAGE_SIZE], const char *path,
                 enum sign_tag tag, bool keep)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct sign_hash hash;
    bool good = false;

    *out = (struct verify_bytes){.body = NULL};
    if (fd < 0)
        return say(message, "cannot read %s: %s", path, strerror(errno));
    sign_hash_begin(&hash, tag);
    good = read_bytes(out, message, fd, standard ? "standard input" : path, keep, &hash);
    if (!standard)
        close(fd);
    if (!good)
        verify_bytes_free(out);
    return good;
}

void verify_bytes_free(struct verify_bytes *bytes)
{
    free(bytes->body);
    bytes->body = NULL;
}

/* ---- Checking ----------------------------------------------------------- */

static enum sign_verdict judge_claim(const struct verify_bytes *bytes,
                                     const struct verify_claim *claim)
{
    if (claim->verdict != SIGN_GOOD)
        return claim->verdict;
    if (!sign_key_equal(&claim->claimed.key, &claim->key))
        return SIGN_FILE_OTHER_KEY;
    return sign_verify(bytes->digest, &claim->claimed.signature, &claim->key);
}

/* Null where the claim had no form from which it could be told. */
static json_t *claimed_text(const struct verify_claim *claim, const char *text)
{
    return claim->verdict == SIGN_GOOD ? json_string(text) : json_null();
}

static json_t *report_claim(const struct verify_bytes *bytes, const struct verify_claim *claim,
                            bool *good)
{
    enum sign_verdict verdict = judge_claim(bytes, claim);
    char key[SIGN_KEY_TEXT_SIZE], claimed[SIGN_KEY_TEXT_SIZE];
    char signature[SIGN_SIGNATURE_TEXT_SIZE], digest[HEX_SIZE(SIGN_DIGEST_SIZE)];
    json_t *other = json_null();

    sign_key_format(key, &claim->key);
    sign_key_format(claimed, &claim->claimed.key);
    sign_signature_format(signature, &claim->claimed.signature);
    hex_format(digest, bytes->digest, sizeof bytes->digest);
    if (verdict == SIGN_FILE_OTHER_KEY) {
        json_decref(other);
        other = json_string(claimed);
    }
    *good = *good && verdict == SIGN_GOOD;
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "algorithm", "bip340", "public_key", key,
        "claimed_public_key", other, "tag", claimed_text(claim, sign_tag_name(claim->claimed.tag)),
        "digest", claimed_text(claim, digest), "signature", claimed_text(claim, signature),
        "result", sign_verdict_name(verdict), "explanation", sign_verdict_text(verdict));
}

/* Whether a secret was found and a time read. */
static bool knows_secret(enum webhook_verdict verdict)
{
    return verdict == WEBHOOK_GOOD || verdict == WEBHOOK_TOO_OLD || verdict == WEBHOOK_TOO_NEW;
}

static bool knows_time(enum webhook_verdict verdict)
{
    return verdict != WEBHOOK_ID_FORM && verdict != WEBHOOK_TIMESTAMP_FORM &&
           verdict != WEBHOOK_SECRETS_NONE;
}

static json_t *report_webhook(const struct verify_bytes *bytes,
                              const struct verify_webhook *webhook, bool *good)
{
    struct webhook_result result = webhook_verify(
        &webhook->headers, bytes->body, (size_t)bytes->len, &webhook->secrets, &webhook->clock);

    *good = *good && result.verdict == WEBHOOK_GOOD;
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:s, s:s}", "algorithm", "hmac-sha256", "id",
        text_to_json(webhook->headers.id), "timestamp", text_to_json(webhook->headers.timestamp),
        "age_s", knows_time(result.verdict) ? json_integer(result.age_s) : json_null(),
        "tolerance_s", (json_int_t)webhook->clock.tolerance_s, "secrets",
        (json_int_t)webhook->secrets.count, "secret",
        knows_secret(result.verdict) ? json_integer((json_int_t)result.secret + 1) : json_null(),
        "result", webhook_verdict_name(result.verdict), "explanation",
        webhook_verdict_text(result.verdict));
}

json_t *verify_report(const char *path, const struct verify_bytes *bytes,
                      const struct verify_claim *claim, const struct verify_webhook *webhook)
{
    bool good = true;
    char sha256[HEX_SIZE(VERIFY_SHA256_SIZE)];
    json_t *signature = claim->wanted ? report_claim(bytes, claim, &good) : json_null();
    json_t *hook = webhook->wanted ? report_webhook(bytes, webhook, &good) : json_null();

    hex_format(sha256, bytes->sha256, sizeof bytes->sha256);
    return json_pack("{s:o, s:I, s:s, s:b, s:o, s:o}", "file", text_to_json(path), "bytes",
                     (json_int_t)bytes->len, "sha256", sha256, "good", good, "signature", signature,
                     "webhook", hook);
}

/* ---- For people --------------------------------------------------------- */

/* "  name:       text"; nothing where it is null. */
static void print_member(const char *name, const json_t *object, const char *member)
{
    const char *value = json_string_value(json_object_get(object, member));
    char text[TEXT_SIZE];

    if (value == NULL)
        return;
    text_escape(text, sizeof text, value);
    printf("  %-13s %s\n", name, text);
}

static bool is_good(const json_t *part)
{
    return strcmp(json_string_value(json_object_get(part, "result")), "good") == 0;
}

static void print_result(const json_t *part)
{
    printf("  %-13s %s: %s\n", "result:", is_good(part) ? "GOOD" : "NOT GOOD",
           json_string_value(json_object_get(part, "explanation")));
}

static void print_signature(const json_t *part)
{
    printf("Signature (BIP340):\n");
    print_member("public key:", part, "public_key");
    print_member("claimed key:", part, "claimed_public_key");
    print_member("tag:", part, "tag");
    print_member("digest:", part, "digest");
    print_member("signature:", part, "signature");
    print_result(part);
}

static void print_webhook(const json_t *part)
{
    const json_t *age = json_object_get(part, "age_s");
    const json_t *secret = json_object_get(part, "secret");

    printf("Webhook (HMAC-SHA256):\n");
    print_member("id:", part, "id");
    print_member("timestamp:", part, "timestamp");
    if (json_is_integer(age))
        printf("  %-13s %" JSON_INTEGER_FORMAT " s; %" JSON_INTEGER_FORMAT " s are allowed\n",
               "age:", json_integer_value(age),
               json_integer_value(json_object_get(part, "tolerance_s")));
    if (json_is_integer(secret))
        printf("  %-13s number %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT "\n",
               "secret:", json_integer_value(secret),
               json_integer_value(json_object_get(part, "secrets")));
    print_result(part);
}

void verify_print(const json_t *report)
{
    const json_t *signature = json_object_get(report, "signature");
    const json_t *webhook = json_object_get(report, "webhook");

    printf("Bytes:\n");
    print_member("file:", report, "file");
    printf("  %-13s %" JSON_INTEGER_FORMAT " bytes\n",
           "length:", json_integer_value(json_object_get(report, "bytes")));
    print_member("SHA-256:", report, "sha256");
    if (json_is_object(signature))
        print_signature(signature);
    if (json_is_object(webhook))
        print_webhook(webhook);
}
