// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * signcat: our signatures as a filter, for verifying them by somebody else's code.
 *
 * Each line of stdin is a request, its words separated by blanks, bytes in hex (- for none):
 *
 *     alert SECRET BODY                   a public key, and the header hashtide-signature
 *     webhook SECRETS ID TIMESTAMP BODY   the header webhook-signature; SECRETS as in a file of
 *                                         them, with commas for ends of lines
 *
 * Each line of stdout is its answer.
 */
#include "config.h"

#include "alerts/hex.h"
#include "alerts/sign.h"
#include "alerts/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 65536
#define WORDS_MAX 5

static char line[2 * BODY_MAX + 1024];
static uint8_t body[BODY_MAX];

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "signcat: %s\n", what);
    exit(EXIT_FAILURE);
}

/* The words of the line; how many. */
static size_t split(char *words[WORDS_MAX])
{
    size_t count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;
    return count;
}

static size_t read_body(const char *text)
{
    size_t len = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;

    demand(len == 0 || (len <= BODY_MAX && hex_parse(body, len, text, strlen(text)) == HEX_GOOD),
           "the body is no hex");
    return len;
}

static void answer_alert(char *const words[WORDS_MAX])
{
    static const uint8_t seed[SIGN_SEED_SIZE] = {0};
    uint8_t secret[SIGN_SECRET_SIZE];
    struct signer *signer = NULL;
    struct sign_signature signature;
    char key[SIGN_KEY_TEXT_SIZE], header[SIGN_HEADER_SIZE];

    demand(hex_parse(secret, sizeof secret, words[1], strlen(words[1])) == HEX_GOOD &&
               signer_new(&signer, secret, seed) == SIGN_GOOD,
           "no secret key");
    demand(signer_sign_alert(signer, &signature, body, read_body(words[2]), NULL), "no signature");
    sign_key_format(key, signer_key(signer));
    sign_header_format(header, &signature);
    printf("%s %s\n", key, header);
    signer_free(signer);
}

static void answer_webhook(char *const words[WORDS_MAX])
{
    struct webhook_secrets secrets;
    char header[WEBHOOK_SIGNATURE_SIZE];
    size_t where = 0;

    for (char *comma = strchr(words[1], ','); comma != NULL; comma = strchr(comma, ','))
        *comma = '\n';
    demand(webhook_secrets_parse(&secrets, &where, words[1], strlen(words[1])) == WEBHOOK_GOOD,
           "no secrets");
    demand(webhook_id_valid(words[2]), "no id");
    webhook_sign(header, &secrets, words[2], strtoll(words[3], NULL, 10), body,
                 read_body(words[4]));
    printf("%s\n", header);
}

int main(void)
{
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[WORDS_MAX];
        size_t count = split(words);

        if (count == 3 && strcmp(words[0], "alert") == 0)
            answer_alert(words);
        else if (count == 5 && strcmp(words[0], "webhook") == 0)
            answer_webhook(words);
        else
            demand(false, "no such request");
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
