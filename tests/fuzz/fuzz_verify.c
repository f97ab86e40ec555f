// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_verify: what strangers send to be verified, and files of secrets. The first byte says which:
 *
 *     k  a public key                  s  a signature, or the header hashtide-signature
 *     f  a signature file              w  a webhook: id, timestamp, signature and body, a line each
 *     S  a file of webhook secrets     K  a key file
 *
 * What is taken is taken in one form: written again it is the same text (for a signature file, the
 * same values). Nothing is good that was not signed.
 */
#include "config.h"

#include "alerts/sigfile.h"
#include "alerts/sign.h"
#include "alerts/webhook.h"
#include "monitor/keyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t seed[SIGN_SEED_SIZE] = {1};
static const uint8_t digest[SIGN_DIGEST_SIZE] = {0xd1};

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_verify: %s\n", what);
    abort();
}

static void key(const char *text, size_t len)
{
    struct sign_key value;
    char again[SIGN_KEY_TEXT_SIZE];

    if (sign_key_parse(&value, text, len) != SIGN_GOOD)
        return;
    sign_key_format(again, &value);
    demand(len == strlen(again) && memcmp(again, text, len) == 0, "a key has two forms");
}

static void signature(const char *text, size_t len)
{
    /* Of the secret 3 (BIP340's first vector); what it signed is another digest than ours. */
    static const char key_text[] =
        "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
    struct sign_signature value;
    struct sign_key whose;
    char again[SIGN_HEADER_SIZE];
    const size_t scheme = sizeof SIGN_SCHEME - 1;

    if (sign_signature_parse(&value, text, len) != SIGN_GOOD)
        return;
    sign_header_format(again, &value);
    demand((len == strlen(again) && memcmp(again, text, len) == 0) ||
               (len + scheme == strlen(again) && memcmp(again + scheme, text, len) == 0),
           "a signature has two forms");
    demand(sign_key_parse(&whose, key_text, strlen(key_text)) == SIGN_GOOD &&
               sign_verify(digest, &value, &whose) == SIGN_WRONG,
           "a signature of what was not signed");
}

static void signature_file(const char *text, size_t len)
{
    struct sigfile file, again;
    char written[SIGFILE_TEXT_SIZE];
    size_t written_len = 0;

    if (sigfile_parse(&file, text, len) != SIGN_GOOD)
        return;
    written_len = sigfile_format(written, &file);
    demand(sigfile_parse(&again, written, written_len) == SIGN_GOOD && again.tag == file.tag &&
               sign_key_equal(&again.key, &file.key) &&
               memcmp(&again.signature, &file.signature, sizeof again.signature) == 0,
           "a signature file changes when written again");
}

static void secrets(const char *text, size_t len)
{
    struct webhook_secrets list, again;
    char written[WEBHOOK_SECRETS_MAX * (WEBHOOK_SECRET_TEXT_SIZE + 1)];
    char *at = written;
    size_t line = 0;

    if (webhook_secrets_parse(&list, &line, text, len) != WEBHOOK_GOOD)
        return;
    demand(list.count > 0 && list.count <= WEBHOOK_SECRETS_MAX && line == 0, "a list of secrets");
    for (size_t i = 0; i < list.count; i++) {
        webhook_secret_format(at, &list.items[i]);
        at += strlen(at);
        *at++ = '\n';
    }
    demand(webhook_secrets_parse(&again, &line, written, (size_t)(at - written)) == WEBHOOK_GOOD &&
               memcmp(&again, &list, sizeof list) == 0,
           "secrets change when written again");
}

/* A copy of a line with a NUL behind it; takes it off the text. */
static char *take_line(const char **text, size_t *len)
{
    const char *end = *len > 0 ? memchr(*text, '\n', *len) : NULL;
    size_t line = end != NULL ? (size_t)(end - *text) : *len;
    char *copy = malloc(line + 1);

    demand(copy != NULL, "out of memory");
    if (line > 0)
        memcpy(copy, *text, line);
    copy[line] = '\0';
    *text += end != NULL ? line + 1 : line;
    *len -= end != NULL ? line + 1 : line;
    return copy;
}

static void webhook(const char *text, size_t len)
{
    const struct webhook_clock clock = {1700000000, WEBHOOK_TOLERANCE_S};
    struct webhook_secrets list = {.items = {{.bytes = {0x5e}, .len = 32}}, .count = 1};
    char *id = take_line(&text, &len);
    char *timestamp = take_line(&text, &len);
    char *given = take_line(&text, &len);
    const struct webhook_headers headers = {id, timestamp, given};
    struct webhook_result result = webhook_verify(&headers, text, len, &list, &clock);

    demand(result.verdict == WEBHOOK_WRONG || result.verdict >= WEBHOOK_ID_FORM,
           "a webhook that was not signed");
    if (result.verdict == WEBHOOK_WRONG) {
        /* Its id and time have a good form: signed, it is good. */
        char own[WEBHOOK_SIGNATURE_SIZE];
        struct webhook_clock then = {strtoll(timestamp, NULL, 10), 0};
        const struct webhook_headers good = {id, timestamp, own};

        webhook_sign(own, &list, id, then.now_s, text, len);
        demand(webhook_verify(&good, text, len, &list, &then).verdict == WEBHOOK_GOOD,
               "a webhook that we signed");
    }
    free(id);
    free(timestamp);
    free(given);
}

static void key_file(const char *text, size_t len)
{
    struct signer *signer = NULL;
    struct sign_signature made;

    if (!keyfile_parse(&signer, text, len, seed)) {
        demand(signer == NULL, "a signer of no key");
        return;
    }
    demand(signer_sign(signer, &made, digest, NULL) &&
               sign_verify(digest, &made, signer_key(signer)) == SIGN_GOOD,
           "a key that does not sign");
    signer_free(signer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        char letter;
        void (*run)(const char *text, size_t len);
    } parsers[] = {
        {'k', key},     {'s', signature}, {'f', signature_file},
        {'S', secrets}, {'w', webhook},   {'K', key_file},
    };

    for (size_t i = 0; size > 0 && i < sizeof parsers / sizeof parsers[0]; i++) {
        if (data[0] == (uint8_t)parsers[i].letter)
            parsers[i].run((const char *)data + 1, size - 1);
    }
    return 0;
}
