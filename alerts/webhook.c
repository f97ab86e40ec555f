// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * webhook: see webhook.h.
 */
#include "config.h"

#include "alerts/webhook.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SCHEME "v1,"
#define MAC_SIZE crypto_auth_hmacsha256_BYTES
/** A MAC in base64, with NUL. */
#define MAC_TEXT_SIZE sodium_base64_ENCODED_LEN(MAC_SIZE, sodium_base64_VARIANT_ORIGINAL)
/** The year 9999, beyond which a timestamp is a mistake. */
#define TIMESTAMP_MAX INT64_C(253402300799)

/** What the signature would be, by each secret. */
struct macs {
    uint8_t of[WEBHOOK_SECRETS_MAX][MAC_SIZE];
    size_t count;
};

static const struct {
    const char *name;
    const char *text;
} verdicts[WEBHOOK_VERDICTS] = {
    [WEBHOOK_GOOD] = {"good", "id, time and bytes were signed with this secret"},
    [WEBHOOK_WRONG] =
        {"wrong-signature",
         "no signature is of this id, time and bytes by one of the secrets: something "
         "was changed, or another secret signed"},
    [WEBHOOK_TOO_OLD] = {"too-old", "signed with this secret, but too long ago: it may be an old "
                                    "message that somebody sent again"},
    [WEBHOOK_TOO_NEW] = {"too-new", "signed with this secret, but in the future: one of the two "
                                    "clocks is wrong"},
    [WEBHOOK_ID_FORM] = {"id-form", "webhook-id must be 1 to 128 visible ASCII characters without "
                                    "a full stop"},
    [WEBHOOK_TIMESTAMP_FORM] = {"timestamp-form",
                                "webhook-timestamp must be a whole number of seconds since 1970"},
    [WEBHOOK_SIGNATURE_MISSING] = {"signature-missing",
                                   "webhook-signature has no signature of version v1"},
    [WEBHOOK_SIGNATURE_FORM] = {"signature-form",
                                "a signature of version v1 must be 'v1,' and 32 bytes in base64"},
    [WEBHOOK_SECRET_NO_PREFIX] = {"secret-prefix", "a secret begins with 'whsec_'"},
    [WEBHOOK_SECRET_BASE64] = {"secret-base64", "behind 'whsec_' a secret is base64 with padding"},
    [WEBHOOK_SECRET_LENGTH] = {"secret-length", "a secret has 24 to 64 bytes"},
    [WEBHOOK_SECRETS_NONE] = {"secrets-none", "there is no secret"},
    [WEBHOOK_SECRETS_MANY] = {"secrets-many", "more than 4 secrets"},
    [WEBHOOK_SECRETS_TWICE] = {"secrets-twice", "the same secret stands there twice"},
};

const char *webhook_verdict_name(enum webhook_verdict verdict)
{
    assert(verdict < WEBHOOK_VERDICTS);
    return verdicts[verdict].name;
}

const char *webhook_verdict_text(enum webhook_verdict verdict)
{
    assert(verdict < WEBHOOK_VERDICTS);
    return verdicts[verdict].text;
}

/* ---- Secrets ------------------------------------------------------------ */

/* Canonical base64 of at most size bytes. False if it is none, or longer. */
static bool base64_parse(uint8_t *out, size_t size, size_t *out_len, const char *text, size_t len)
{
    return sodium_base642bin(out, size, text, len, NULL, out_len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0;
}

static enum webhook_verdict secret_parse(struct webhook_secret *out, const char *text, size_t len)
{
    static const char prefix[] = WEBHOOK_SECRET_PREFIX;
    const size_t prefix_len = sizeof prefix - 1;
    uint8_t bytes[2 * WEBHOOK_SECRET_MAX]; /* so that a long one is told from a broken one */
    size_t bytes_len = 0;
    enum webhook_verdict verdict = WEBHOOK_GOOD;

    if (len < prefix_len || memcmp(text, prefix, prefix_len) != 0)
        return WEBHOOK_SECRET_NO_PREFIX;
    if (!base64_parse(bytes, sizeof bytes, &bytes_len, text + prefix_len, len - prefix_len)) {
        verdict = WEBHOOK_SECRET_BASE64;
    } else if (bytes_len < WEBHOOK_SECRET_MIN || bytes_len > WEBHOOK_SECRET_MAX) {
        verdict = WEBHOOK_SECRET_LENGTH;
    } else {
        memcpy(out->bytes, bytes, bytes_len);
        out->len = bytes_len;
    }
    sodium_memzero(bytes, sizeof bytes);
    return verdict;
}

enum webhook_verdict webhook_secret_parse(struct webhook_secret *out, const char *text, size_t len)
{
    sodium_memzero(out, sizeof *out);
    return secret_parse(out, text, len);
}

void webhook_secret_format(char out[WEBHOOK_SECRET_TEXT_SIZE], const struct webhook_secret *secret)
{
    static const char prefix[] = WEBHOOK_SECRET_PREFIX;
    const size_t prefix_len = sizeof prefix - 1;

    memcpy(out, prefix, prefix_len);
    (void)sodium_bin2base64(out + prefix_len, WEBHOOK_SECRET_TEXT_SIZE - prefix_len, secret->bytes,
                            secret->len, sodium_base64_VARIANT_ORIGINAL);
}

static bool has_secret(const struct webhook_secrets *secrets, const struct webhook_secret *secret)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const struct webhook_secret *other = &secrets->items[i];

        if (other->len == secret->len &&
            sodium_memcmp(other->bytes, secret->bytes, secret->len) == 0)
            return true;
    }
    return false;
}

static enum webhook_verdict add_secret(struct webhook_secrets *secrets, const char *text,
                                       size_t len)
{
    struct webhook_secret secret;
    enum webhook_verdict verdict = webhook_secret_parse(&secret, text, len);

    if (verdict == WEBHOOK_GOOD && has_secret(secrets, &secret))
        verdict = WEBHOOK_SECRETS_TWICE;
    else if (verdict == WEBHOOK_GOOD && secrets->count == WEBHOOK_SECRETS_MAX)
        verdict = WEBHOOK_SECRETS_MANY;
    else if (verdict == WEBHOOK_GOOD)
        secrets->items[secrets->count++] = secret;
    sodium_memzero(&secret, sizeof secret);
    return verdict;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* One line without its end. */
static enum webhook_verdict take_line(struct webhook_secrets *secrets, const char *text, size_t len)
{
    while (len > 0 && is_blank(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (len == 0 || text[0] == '#')
        return WEBHOOK_GOOD;
    return add_secret(secrets, text, len);
}

enum webhook_verdict webhook_secrets_parse(struct webhook_secrets *out, size_t *line,
                                           const char *text, size_t len)
{
    enum webhook_verdict verdict = WEBHOOK_GOOD;

    webhook_secrets_wipe(out);
    *line = 0;
    while (len > 0 && verdict == WEBHOOK_GOOD) {
        const char *end = memchr(text, '\n', len);
        size_t line_len = end != NULL ? (size_t)(end - text) : len;
        size_t used = end != NULL ? line_len + 1 : len;

        (*line)++;
        verdict = take_line(out, text, line_len);
        text += used;
        len -= used;
    }
    if (verdict == WEBHOOK_GOOD) {
        *line = 0;
        verdict = out->count > 0 ? WEBHOOK_GOOD : WEBHOOK_SECRETS_NONE;
    }
    if (verdict != WEBHOOK_GOOD)
        webhook_secrets_wipe(out);
    return verdict;
}

void webhook_secrets_wipe(struct webhook_secrets *secrets)
{
    sodium_memzero(secrets, sizeof *secrets);
}

/* ---- Signing ------------------------------------------------------------ */

bool webhook_id_valid(const char *id)
{
    size_t len = 0;

    for (; id[len] != '\0'; len++) {
        if (len == WEBHOOK_ID_MAX || id[len] <= ' ' || id[len] > '~' || id[len] == '.')
            return false;
    }
    return len > 0;
}

void webhook_timestamp_format(char out[WEBHOOK_TIMESTAMP_SIZE], int64_t timestamp_s)
{
    assert(timestamp_s >= 0);
    snprintf(out, WEBHOOK_TIMESTAMP_SIZE, "%" PRId64, timestamp_s);
}

static void compute_mac(uint8_t mac[MAC_SIZE], const struct webhook_secret *secret, const char *id,
                        const char *timestamp, const void *body, size_t len)
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, secret->bytes, secret->len);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)id, strlen(id));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)timestamp,
                                        strlen(timestamp));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    if (len > 0)
        (void)crypto_auth_hmacsha256_update(&state, body, len);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

void webhook_sign(char out[WEBHOOK_SIGNATURE_SIZE], const struct webhook_secrets *secrets,
                  const char *id, int64_t timestamp_s, const void *body, size_t len)
{
    static const char scheme[] = SCHEME;
    char timestamp[WEBHOOK_TIMESTAMP_SIZE];

    assert(secrets->count > 0 && secrets->count <= WEBHOOK_SECRETS_MAX && webhook_id_valid(id));
    webhook_timestamp_format(timestamp, timestamp_s);
    for (size_t i = 0; i < secrets->count; i++) {
        uint8_t mac[MAC_SIZE];

        if (i > 0)
            *out++ = ' ';
        compute_mac(mac, &secrets->items[i], id, timestamp, body, len);
        memcpy(out, scheme, sizeof scheme - 1);
        out += sizeof scheme - 1;
        (void)sodium_bin2base64(out, MAC_TEXT_SIZE, mac, sizeof mac,
                                sodium_base64_VARIANT_ORIGINAL);
        out += MAC_TEXT_SIZE - 1;
    }
}

/* ---- Verifying ---------------------------------------------------------- */

/* A whole number as it is written when it is sent: no sign, no leading zero, no blanks. */
static bool timestamp_parse(int64_t *out, const char *text)
{
    int64_t value = 0;

    if (text[0] < '0' || text[0] > '9' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (*text - '0');
        if (value > TIMESTAMP_MAX)
            return false;
    }
    *out = value;
    return *text == '\0';
}

/* Which of the secrets made this MAC; their number if none did. All are looked at: which one it was
 * is not to be seen in the time. */
static size_t find_secret(const struct macs *macs, const uint8_t mac[MAC_SIZE])
{
    size_t found = macs->count;

    for (size_t i = macs->count; i > 0; i--) {
        if (sodium_memcmp(macs->of[i - 1], mac, MAC_SIZE) == 0)
            found = i - 1;
    }
    return found;
}

/* Looks for one good signature among those of the header; *which is the secret's index. */
static enum webhook_verdict match(size_t *which, const struct macs *macs, const char *header)
{
    static const char scheme[] = SCHEME;
    const size_t scheme_len = sizeof scheme - 1;
    enum webhook_verdict verdict = WEBHOOK_SIGNATURE_MISSING;

    for (; *header != '\0'; header += strspn(header, " ")) {
        const char *item = header;
        size_t len = strcspn(header, " ");
        uint8_t mac[MAC_SIZE];
        size_t mac_len = 0;

        header += len;
        if (len < scheme_len || memcmp(item, scheme, scheme_len) != 0)
            continue; /* of another version */
        if (!base64_parse(mac, sizeof mac, &mac_len, item + scheme_len, len - scheme_len) ||
            mac_len != sizeof mac) {
            verdict = WEBHOOK_SIGNATURE_FORM;
            continue;
        }
        *which = find_secret(macs, mac);
        if (*which < macs->count)
            return WEBHOOK_GOOD;
        if (verdict == WEBHOOK_SIGNATURE_MISSING)
            verdict = WEBHOOK_WRONG;
    }
    return verdict;
}

struct webhook_result webhook_verify(const struct webhook_headers *headers, const void *body,
                                     size_t len, const struct webhook_secrets *secrets,
                                     const struct webhook_clock *clock)
{
    struct macs macs = {.count = secrets->count};
    struct webhook_result result = {.verdict = WEBHOOK_GOOD};
    int64_t timestamp_s = 0;

    if (!webhook_id_valid(headers->id))
        result.verdict = WEBHOOK_ID_FORM;
    else if (!timestamp_parse(&timestamp_s, headers->timestamp))
        result.verdict = WEBHOOK_TIMESTAMP_FORM;
    else if (secrets->count == 0)
        result.verdict = WEBHOOK_SECRETS_NONE;
    if (result.verdict != WEBHOOK_GOOD)
        return result;
    for (size_t i = 0; i < secrets->count; i++)
        compute_mac(macs.of[i], &secrets->items[i], headers->id, headers->timestamp, body, len);
    result.verdict = match(&result.secret, &macs, headers->signature);
    result.age_s = clock->now_s - timestamp_s;
    if (result.verdict == WEBHOOK_GOOD && result.age_s > clock->tolerance_s)
        result.verdict = WEBHOOK_TOO_OLD;
    else if (result.verdict == WEBHOOK_GOOD && result.age_s < -clock->tolerance_s)
        result.verdict = WEBHOOK_TOO_NEW;
    sodium_memzero(&macs, sizeof macs);
    return result;
}
