// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: signatures are BIP340's, and every way in which one can be wrong is refused
 * under its own name.
 */
#include "config.h"

#include "alerts/sigfile.h"
#include "alerts/sign.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <malloc.h>
#include <secp256k1.h>
#include <stdio.h>
#include <string.h>

#define BODY_MAX 600
#define VECTORS 19

static const uint8_t seed[SIGN_SEED_SIZE] = {7};

static struct signer *make_signer(struct test_random *random)
{
    uint8_t secret[SIGN_SECRET_SIZE];
    struct signer *signer = NULL;

    test_random_fill(random, secret, sizeof secret);
    secret[0] &= 0x7f; /* below the order, for sure */
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_GOOD);
    return signer;
}

static enum sign_verdict verify(const struct sign_signature *signature, enum sign_tag tag,
                                const uint8_t *body, size_t len, const struct sign_key *key)
{
    uint8_t digest[SIGN_DIGEST_SIZE];

    sign_digest(digest, tag, body, len);
    return sign_verify(digest, signature, key);
}

/* ---- BIP340's own vectors ---- */

struct vector {
    char secret[80], key[80], aux[80], message[240], signature[160], verdict[40];
};

static size_t read_vectors(struct vector out[VECTORS])
{
    char path[4096];
    char line[1024];
    const char *top = getenv("HASHTIDE_SRCDIR");
    size_t count = 0;
    FILE *file = NULL;

    snprintf(path, sizeof path, "%s/tests/alerts/bip340.txt", top != NULL ? top : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "no %s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        struct vector *v = &out[count];

        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(count, VECTORS);
        ck_assert_int_eq(sscanf(line, "%*d %79s %79s %79s %239s %159s %39s", v->secret, v->key,
                                v->aux, v->message, v->signature, v->verdict),
                         6);
        count++;
    }
    fclose(file);
    return count;
}

static enum sign_verdict judge_vector(const struct vector *vector)
{
    uint8_t digest[SIGN_DIGEST_SIZE];
    struct sign_signature signature;
    struct sign_key key;
    enum sign_verdict verdict = sign_key_parse(&key, vector->key, strlen(vector->key));

    ck_assert_int_eq(hex_parse(digest, sizeof digest, vector->message, strlen(vector->message)),
                     HEX_GOOD);
    if (verdict != SIGN_GOOD)
        return verdict;
    verdict = sign_signature_parse(&signature, vector->signature, strlen(vector->signature));
    /* What is refused by its form is refused as a value too. */
    if (verdict != SIGN_GOOD)
        ck_assert_int_eq(sign_verify(digest, &signature, &key), verdict);
    return verdict == SIGN_GOOD ? sign_verify(digest, &signature, &key) : verdict;
}

static void sign_vector(const struct vector *vector)
{
    uint8_t secret[SIGN_SECRET_SIZE], digest[SIGN_DIGEST_SIZE], aux[SIGN_SEED_SIZE];
    char text[SIGN_SIGNATURE_TEXT_SIZE];
    struct sign_signature signature;
    struct signer *signer = NULL;

    ck_assert_int_eq(hex_parse(secret, sizeof secret, vector->secret, 64), HEX_GOOD);
    ck_assert_int_eq(hex_parse(digest, sizeof digest, vector->message, 64), HEX_GOOD);
    ck_assert_int_eq(hex_parse(aux, sizeof aux, vector->aux, 64), HEX_GOOD);
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_GOOD);
    sign_key_format(text, signer_key(signer));
    ck_assert_str_eq(text, vector->key);
    ck_assert(signer_sign(signer, &signature, digest, aux));
    sign_signature_format(text, &signature);
    ck_assert_str_eq(text, vector->signature);
    signer_free(signer);
}

START_TEST(test_vectors)
{
    struct vector vectors[VECTORS];
    size_t count = read_vectors(vectors);
    size_t verified = 0;
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        if (strlen(vectors[i].message) != 64)
            continue; /* we sign digests, of 32 bytes; test_webhooks_doc.py has the others */
        ck_assert_str_eq(sign_verdict_name(judge_vector(&vectors[i])), vectors[i].verdict);
        verified++;
        if (strcmp(vectors[i].secret, "-") == 0)
            continue;
        sign_vector(&vectors[i]);
        made++;
    }
    ck_assert_uint_eq(verified, 15);
    ck_assert_uint_eq(made, 4);
}
END_TEST

/* ---- digests ---- */

/* In pieces or at once, it is what the library calls a tagged hash. */
START_TEST(test_digest)
{
    struct test_random random = test_random_init(test_seed(), 1);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 2000);

    for (size_t round = 0; round < rounds; round++) {
        uint8_t body[BODY_MAX], expected[32], digest[SIGN_DIGEST_SIZE];
        size_t len = test_random_below(&random, sizeof body);
        enum sign_tag tag = (enum sign_tag)test_random_below(&random, SIGN_TAGS);
        const char *name = sign_tag_name(tag);
        struct sign_hash hash;
        size_t at = 0;

        test_random_fill(&random, body, len);
        ck_assert_int_eq(secp256k1_tagged_sha256(secp256k1_context_static, expected,
                                                 (const unsigned char *)name, strlen(name), body,
                                                 len),
                         1);
        sign_hash_begin(&hash, tag);
        while (at < len) {
            size_t piece = test_random_below(&random, (uint32_t)(len - at) + 1);

            sign_hash_add(&hash, body + at, piece);
            at += piece;
        }
        sign_hash_end(&hash, digest);
        ck_assert_mem_eq(digest, expected, sizeof digest);
        sign_digest(digest, tag, body, len);
        ck_assert_mem_eq(digest, expected, sizeof digest);
    }
}
END_TEST

/* ---- signing and verifying ---- */

static void flip(struct test_random *random, uint8_t *bytes, size_t len)
{
    bytes[test_random_below(random, (uint32_t)len)] ^=
        (uint8_t)(1u << test_random_below(random, 8));
}

/* Any body, signed; then one bit of anything is another one. */
START_TEST(test_random_bodies)
{
    struct test_random random = test_random_init(test_seed(), 2);
    size_t rounds = test_rounds("HASHTIDE_ROUNDS", 400);

    for (size_t round = 0; round < rounds; round++) {
        struct signer *signer = make_signer(&random);
        struct signer *other = make_signer(&random);
        uint8_t body[BODY_MAX], aux[SIGN_SEED_SIZE];
        size_t len = 1 + test_random_below(&random, sizeof body - 1);
        struct sign_signature signature, broken;
        struct sign_key key = *signer_key(signer);

        test_random_fill(&random, body, len);
        test_random_fill(&random, aux, sizeof aux);
        ck_assert(signer_sign_alert(signer, &signature, body, len,
                                    test_random_one_in(&random, 2) ? aux : NULL));
        ck_assert_int_eq(verify(&signature, SIGN_ALERT, body, len, &key), SIGN_GOOD);
        ck_assert_int_eq(verify(&signature, SIGN_EXPORT, body, len, &key), SIGN_WRONG);
        ck_assert_int_eq(verify(&signature, SIGN_ALERT, body, len - 1, &key), SIGN_WRONG);
        ck_assert_int_eq(verify(&signature, SIGN_ALERT, body, len, signer_key(other)), SIGN_WRONG);
        broken = signature;
        flip(&random, broken.bytes, sizeof broken.bytes);
        ck_assert_int_ne(verify(&broken, SIGN_ALERT, body, len, &key), SIGN_GOOD);
        flip(&random, key.bytes, sizeof key.bytes);
        ck_assert_int_ne(verify(&signature, SIGN_ALERT, body, len, &key), SIGN_GOOD);
        flip(&random, body, len);
        ck_assert_int_eq(verify(&signature, SIGN_ALERT, body, len, signer_key(signer)), SIGN_WRONG);
        signer_free(signer);
        signer_free(other);
    }
}
END_TEST

START_TEST(test_nonces)
{
    struct test_random random = test_random_init(test_seed(), 3);
    struct signer *signer = make_signer(&random);
    const uint8_t digest[SIGN_DIGEST_SIZE] = {1};
    const uint8_t one[SIGN_SEED_SIZE] = {1}, two[SIGN_SEED_SIZE] = {2};
    struct sign_signature a, b;

    ck_assert(signer_sign(signer, &a, digest, NULL));
    ck_assert(signer_sign(signer, &b, digest, NULL));
    ck_assert_mem_eq(a.bytes, b.bytes, sizeof a.bytes);
    ck_assert(signer_sign(signer, &a, digest, one));
    ck_assert(signer_sign(signer, &b, digest, two));
    ck_assert_mem_ne(a.bytes, b.bytes, sizeof a.bytes);
    ck_assert_int_eq(sign_verify(digest, &a, signer_key(signer)), SIGN_GOOD);
    ck_assert_int_eq(sign_verify(digest, &b, signer_key(signer)), SIGN_GOOD);
    signer_free(signer);
    signer_free(NULL);
}
END_TEST

START_TEST(test_secrets_out_of_range)
{
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    uint8_t secret[SIGN_SECRET_SIZE] = {0};
    struct signer *signer = NULL;

    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_SECRET_RANGE);
    ck_assert_ptr_null(signer);
    ck_assert_int_eq(hex_parse(secret, sizeof secret, order, 64), HEX_GOOD);
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_SECRET_RANGE);
    ck_assert_ptr_null(signer);
    secret[31]--;
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_GOOD);
    signer_free(signer);
    memset(secret, 0xff, sizeof secret);
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_SECRET_RANGE);
}
END_TEST

/* ---- memory ---- */

/** A secret that must not be in what is freed; how often it was. */
static uint8_t watched[SIGN_SECRET_SIZE];
static size_t leaks;
static bool short_of_memory;

void __real_free(void *block);
void __wrap_free(void *block);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void __wrap_free(void *block)
{
    if (block != NULL && watched[0] != 0)
        leaks += memmem(block, malloc_usable_size(block), watched, sizeof watched) != NULL;
    __real_free(block);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return short_of_memory ? NULL : __real_calloc(count, size);
}

START_TEST(test_wiped)
{
    const uint8_t digest[SIGN_DIGEST_SIZE] = {1};
    uint8_t *copy = malloc(sizeof watched);
    uint8_t secret[SIGN_SECRET_SIZE];
    struct sign_signature signature;
    struct signer *signer = NULL;

    memset(secret, 0x51, sizeof secret);
    memcpy(copy, secret, sizeof secret);
    ck_assert_int_eq(signer_new(&signer, secret, seed), SIGN_GOOD);
    ck_assert(signer_sign(signer, &signature, digest, NULL));
    /* The trap works: it is there, and it is seen. */
    ck_assert_ptr_nonnull(memmem(signer, malloc_usable_size(signer), secret, sizeof secret));
    memcpy(watched, secret, sizeof secret);
    free(copy);
    ck_assert_uint_eq(leaks, 1);
    signer_free(signer);
    ck_assert_uint_eq(leaks, 1);
    watched[0] = 0;
}
END_TEST

START_TEST(test_short_of_memory)
{
    const uint8_t secret[SIGN_SECRET_SIZE] = {1};
    struct signer *signer = NULL;
    enum sign_verdict verdict = SIGN_GOOD;

    short_of_memory = true;
    verdict = signer_new(&signer, secret, seed);
    short_of_memory = false;
    ck_assert_int_eq(verdict, SIGN_MEMORY);
    ck_assert_ptr_null(signer);
}
END_TEST

/* ---- written forms ---- */

#define KEY "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
#define SIGNATURE                                                                                  \
    "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"                             \
    "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0"

static const char *key_verdict(const char *text)
{
    struct sign_key key;

    return sign_verdict_name(sign_key_parse(&key, text, strlen(text)));
}

static const char *signature_verdict(const char *text)
{
    struct sign_signature signature;

    return sign_verdict_name(sign_signature_parse(&signature, text, strlen(text)));
}

START_TEST(test_key_forms)
{
    char text[] = KEY KEY;

    ck_assert_str_eq(key_verdict(KEY), "good");
    ck_assert_str_eq(key_verdict(KEY "0"), "key-length");
    ck_assert_str_eq(key_verdict("02" KEY), "key-length"); /* compressed, as elsewhere */
    ck_assert_str_eq(key_verdict("0x" KEY), "key-digit");
    ck_assert_str_eq(key_verdict(KEY "\n"), "key-digit");
    ck_assert_str_eq(key_verdict(""), "key-length");
    text[63] = '\0';
    ck_assert_str_eq(key_verdict(text), "key-length");
    text[0] = 'F';
    ck_assert_str_eq(key_verdict(text), "key-length");
    memcpy(text, KEY, sizeof KEY);
    text[0] = 'F';
    ck_assert_str_eq(key_verdict(text), "key-uppercase");
    text[5] = 'G';
    ck_assert_str_eq(key_verdict(text), "key-digit");
    memset(text, '0', 64);
    ck_assert_str_eq(key_verdict(text), "key-no-point");
    memset(text, 'f', 64);
    ck_assert_str_eq(key_verdict(text), "key-no-point");
}
END_TEST

START_TEST(test_signature_forms)
{
    char text[] = SIGNATURE;

    ck_assert_str_eq(signature_verdict(SIGNATURE), "good");
    ck_assert_str_eq(signature_verdict("bip340=" SIGNATURE), "good");
    ck_assert_str_eq(signature_verdict("BIP340=" SIGNATURE), "signature-scheme");
    ck_assert_str_eq(signature_verdict("ed25519=" SIGNATURE), "signature-scheme");
    ck_assert_str_eq(signature_verdict("bip340=bip340=" SIGNATURE), "signature-digit");
    ck_assert_str_eq(signature_verdict("bip340="), "signature-length");
    ck_assert_str_eq(signature_verdict(""), "signature-length");
    ck_assert_str_eq(signature_verdict(SIGNATURE "01"),
                     "signature-length"); /* sighash, elsewhere */
    ck_assert_str_eq(signature_verdict(" " SIGNATURE), "signature-digit");
    text[127] = '\0';
    ck_assert_str_eq(signature_verdict(text), "signature-length");
    memcpy(text, SIGNATURE, sizeof SIGNATURE);
    text[0] = 'E';
    ck_assert_str_eq(signature_verdict(text), "signature-uppercase");
    memset(text, 'f', 64);
    ck_assert_str_eq(signature_verdict(text), "signature-no-point");
    memcpy(text, SIGNATURE, sizeof SIGNATURE);
    memset(text + 64, 'f', 64);
    ck_assert_str_eq(signature_verdict(text), "signature-range");
}
END_TEST

/* Written, read, the same; and read as it stands in a header. */
START_TEST(test_format)
{
    struct sign_signature signature, again;
    struct sign_key key, key_again;
    char text[SIGN_SIGNATURE_TEXT_SIZE], header[SIGN_HEADER_SIZE], key_text[SIGN_KEY_TEXT_SIZE];

    ck_assert_int_eq(sign_signature_parse(&signature, SIGNATURE, 128), SIGN_GOOD);
    sign_signature_format(text, &signature);
    ck_assert_str_eq(text, SIGNATURE);
    sign_header_format(header, &signature);
    ck_assert_str_eq(header, "bip340=" SIGNATURE);
    ck_assert_int_eq(sign_signature_parse(&again, header, strlen(header)), SIGN_GOOD);
    ck_assert_mem_eq(again.bytes, signature.bytes, sizeof again.bytes);
    ck_assert_int_eq(sign_key_parse(&key, KEY, 64), SIGN_GOOD);
    sign_key_format(key_text, &key);
    ck_assert_str_eq(key_text, KEY);
    ck_assert_int_eq(sign_key_parse(&key_again, key_text, 64), SIGN_GOOD);
    ck_assert(sign_key_equal(&key, &key_again));
}
END_TEST

START_TEST(test_verdicts_have_names)
{
    for (int i = 0; i < SIGN_VERDICTS; i++) {
        const char *name = sign_verdict_name((enum sign_verdict)i);

        ck_assert_ptr_nonnull(name);
        ck_assert_ptr_nonnull(sign_verdict_text((enum sign_verdict)i));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(name, sign_verdict_name((enum sign_verdict)j));
    }
}
END_TEST

/* ---- signature files ---- */

#define FILE_TEXT(algorithm, tag, key, signature)                                                  \
    "{\"algorithm\": \"" algorithm "\", \"tag\": \"" tag "\", \"public_key\": \"" key              \
    "\", \"signature\": \"" signature "\"}"

static const char *file_verdict(const char *text)
{
    struct sigfile file;

    return sign_verdict_name(sigfile_parse(&file, text, strlen(text)));
}

START_TEST(test_signature_files)
{
    static const char good[] = FILE_TEXT("bip340", "hashtide/export", KEY, SIGNATURE);
    char text[SIGFILE_TEXT_SIZE];
    struct sigfile file, again;
    size_t len = 0;

    ck_assert_int_eq(sigfile_parse(&file, good, strlen(good)), SIGN_GOOD);
    ck_assert_int_eq(file.tag, SIGN_EXPORT);
    len = sigfile_format(text, &file);
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_int_eq(sigfile_parse(&again, text, len), SIGN_GOOD);
    ck_assert_int_eq(again.tag, file.tag);
    ck_assert(sign_key_equal(&again.key, &file.key));
    ck_assert_mem_eq(again.signature.bytes, file.signature.bytes, sizeof again.signature.bytes);
    for (size_t cut = 0; cut < len - 2; cut++) /* the last two: brace and newline */
        ck_assert_int_eq(sigfile_parse(&again, text, cut), SIGN_FILE_JSON);
}
END_TEST

START_TEST(test_bad_signature_files)
{
    char large[SIGFILE_SIZE_MAX + 2];

    ck_assert_str_eq(file_verdict(""), "file-json");
    ck_assert_str_eq(file_verdict("[]"), "file-json");
    ck_assert_str_eq(file_verdict("{}"), "file-member");
    ck_assert_str_eq(file_verdict(SIGNATURE), "file-json");
    ck_assert_str_eq(file_verdict(FILE_TEXT("bip340", "hashtide/export", KEY, SIGNATURE) "x"),
                     "file-json");
    ck_assert_str_eq(file_verdict("{\"tag\": \"hashtide/export\", \"tag\": \"hashtide/alert\"}"),
                     "file-json");
    ck_assert_str_eq(file_verdict("{\"algorithm\": \"bip340\", \"tag\": 1, \"public_key\": \"" KEY
                                  "\", \"signature\": \"" SIGNATURE "\"}"),
                     "file-member");
    ck_assert_str_eq(file_verdict("{\"algorithm\": \"bip340\", \"tag\": \"hashtide/export\", "
                                  "\"public_key\": \"" KEY "\", \"signature\": \"" SIGNATURE
                                  "\", \"verified\": true}"),
                     "file-member");
    ck_assert_str_eq(file_verdict(FILE_TEXT("ed25519", "hashtide/export", KEY, SIGNATURE)),
                     "file-algorithm");
    ck_assert_str_eq(file_verdict(FILE_TEXT("bip340", "other/export", KEY, SIGNATURE)), "file-tag");
    ck_assert_str_eq(file_verdict(FILE_TEXT("bip340", "hashtide/export", "00", SIGNATURE)),
                     "key-length");
    ck_assert_str_eq(file_verdict(FILE_TEXT("bip340", "hashtide/export", KEY, "00")),
                     "signature-length");
    ck_assert_str_eq(file_verdict(FILE_TEXT("bip340", "hashtide/export", KEY, "bip340=" SIGNATURE)),
                     "signature-digit");
    memset(large, ' ', sizeof large);
    memcpy(large, "{}", 2);
    large[sizeof large - 1] = '\0';
    ck_assert_str_eq(file_verdict(large), "file-json");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors,
        test_digest,
        test_random_bodies,
        test_nonces,
        test_secrets_out_of_range,
        test_wiped,
        test_short_of_memory,
        test_key_forms,
        test_signature_forms,
        test_format,
        test_verdicts_have_names,
        test_signature_files,
        test_bad_signature_files,
    };

    return TEST_MAIN("sign", tests);
}
