// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sign: see sign.h.
 *
 * Verification needs no context of its own: it has no secrets and uses the library's static one.
 */
#include "config.h"

#include "alerts/sign.h"

#include <assert.h>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_schnorrsig.h>
#include <stdlib.h>
#include <string.h>

struct signer {
    secp256k1_context *context; /* randomised; stands in room, so that all is wiped at once */
    secp256k1_keypair pair;     /* secret */
    struct sign_key key;
    size_t size; /* of all of this */
    _Alignas(max_align_t) uint8_t room[];
};

/** The order of the group, big-endian (SEC 2, section 2.4.1). */
static const uint8_t group_order[32] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};

static const char *const tag_names[SIGN_TAGS] = {
    [SIGN_ALERT] = "hashtide/alert",
    [SIGN_EXPORT] = "hashtide/export",
};

static const struct {
    const char *name;
    const char *text;
} verdicts[SIGN_VERDICTS] = {
    [SIGN_GOOD] = {"good", "these bytes were signed with this key"},
    [SIGN_WRONG] = {"wrong-signature",
                    "the signature is not of these bytes by this key: a byte was changed, or "
                    "another key signed"},
    [SIGN_KEY_LENGTH] = {"key-length", "a public key has 64 hexadecimal digits"},
    [SIGN_KEY_DIGIT] = {"key-digit", "the public key has a character that is no hexadecimal digit"},
    [SIGN_KEY_UPPERCASE] = {"key-uppercase",
                            "the public key has upper-case digits: it is written in lower case"},
    [SIGN_KEY_NO_POINT] = {"key-no-point", "the public key is no point of the curve secp256k1"},
    [SIGN_SIGNATURE_SCHEME] = {"signature-scheme",
                               "the signature is of another scheme than bip340"},
    [SIGN_SIGNATURE_LENGTH] = {"signature-length", "a signature has 128 hexadecimal digits"},
    [SIGN_SIGNATURE_DIGIT] = {"signature-digit",
                              "the signature has a character that is no hexadecimal digit"},
    [SIGN_SIGNATURE_UPPERCASE] = {"signature-uppercase",
                                  "the signature has upper-case digits: it is written in lower "
                                  "case"},
    [SIGN_SIGNATURE_NO_POINT] = {"signature-no-point",
                                 "the signature's first half is no point of the curve secp256k1"},
    [SIGN_SIGNATURE_RANGE] = {"signature-range",
                              "the signature's second half is not below the order of the group"},
    [SIGN_SECRET_RANGE] = {"secret-range",
                           "the secret is zero or not below the order of the group"},
    [SIGN_MEMORY] = {"out-of-memory", "out of memory"},
    [SIGN_FILE_JSON] = {"file-json", "the signature file is not one JSON object"},
    [SIGN_FILE_MEMBER] = {"file-member",
                          "the signature file must have the texts algorithm, tag, public_key and "
                          "signature, and nothing else"},
    [SIGN_FILE_ALGORITHM] = {"file-algorithm",
                             "the signature file names another algorithm than bip340"},
    [SIGN_FILE_TAG] = {"file-tag", "the signature file names a tag that hashtide does not use"},
    [SIGN_FILE_OTHER_KEY] = {"other-key", "the signature file is of another key"},
};

const char *sign_verdict_name(enum sign_verdict verdict)
{
    assert(verdict < SIGN_VERDICTS);
    return verdicts[verdict].name;
}

const char *sign_verdict_text(enum sign_verdict verdict)
{
    assert(verdict < SIGN_VERDICTS);
    return verdicts[verdict].text;
}

const char *sign_tag_name(enum sign_tag tag)
{
    assert(tag < SIGN_TAGS);
    return tag_names[tag];
}

bool sign_tag_parse(enum sign_tag *out, const char *name)
{
    for (size_t i = 0; i < SIGN_TAGS; i++) {
        if (strcmp(tag_names[i], name) == 0) {
            *out = (enum sign_tag)i;
            return true;
        }
    }
    return false;
}

/* ---- Written forms ------------------------------------------------------ */

static bool is_x_of_point(const uint8_t x[32])
{
    secp256k1_xonly_pubkey point;

    return secp256k1_xonly_pubkey_parse(secp256k1_context_static, &point, x) == 1;
}

enum sign_verdict sign_key_parse(struct sign_key *out, const char *text, size_t len)
{
    switch (hex_parse(out->bytes, sizeof out->bytes, text, len)) {
    case HEX_LENGTH:
        return SIGN_KEY_LENGTH;
    case HEX_UPPERCASE:
        return SIGN_KEY_UPPERCASE;
    case HEX_DIGIT:
        return SIGN_KEY_DIGIT;
    case HEX_GOOD:
        break;
    }
    return is_x_of_point(out->bytes) ? SIGN_GOOD : SIGN_KEY_NO_POINT;
}

void sign_key_format(char out[SIGN_KEY_TEXT_SIZE], const struct sign_key *key)
{
    hex_format(out, key->bytes, sizeof key->bytes);
}

bool sign_key_equal(const struct sign_key *a, const struct sign_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* What BIP340's verification refuses without looking at the message. */
static enum sign_verdict judge_signature(const struct sign_signature *signature)
{
    if (!is_x_of_point(signature->bytes))
        return SIGN_SIGNATURE_NO_POINT;
    if (memcmp(signature->bytes + 32, group_order, sizeof group_order) >= 0)
        return SIGN_SIGNATURE_RANGE;
    return SIGN_GOOD;
}

enum sign_verdict sign_signature_parse(struct sign_signature *out, const char *text, size_t len)
{
    static const char scheme[] = SIGN_SCHEME;
    const size_t scheme_len = sizeof scheme - 1;

    if (len >= scheme_len && memcmp(text, scheme, scheme_len) == 0) {
        text += scheme_len;
        len -= scheme_len;
    } else if (len > 0 && memchr(text, '=', len) != NULL) {
        return SIGN_SIGNATURE_SCHEME;
    }
    switch (hex_parse(out->bytes, sizeof out->bytes, text, len)) {
    case HEX_LENGTH:
        return SIGN_SIGNATURE_LENGTH;
    case HEX_UPPERCASE:
        return SIGN_SIGNATURE_UPPERCASE;
    case HEX_DIGIT:
        return SIGN_SIGNATURE_DIGIT;
    case HEX_GOOD:
        break;
    }
    return judge_signature(out);
}

void sign_signature_format(char out[SIGN_SIGNATURE_TEXT_SIZE],
                           const struct sign_signature *signature)
{
    hex_format(out, signature->bytes, sizeof signature->bytes);
}

void sign_header_format(char out[SIGN_HEADER_SIZE], const struct sign_signature *signature)
{
    static const char scheme[] = SIGN_SCHEME;

    memcpy(out, scheme, sizeof scheme - 1);
    sign_signature_format(out + sizeof scheme - 1, signature);
}

/* ---- The digest --------------------------------------------------------- */

void sign_hash_begin(struct sign_hash *hash, enum sign_tag tag)
{
    const char *name = sign_tag_name(tag);
    uint8_t prefix[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(prefix, (const unsigned char *)name, strlen(name));
    (void)crypto_hash_sha256_init(&hash->state);
    sign_hash_add(hash, prefix, sizeof prefix);
    sign_hash_add(hash, prefix, sizeof prefix);
}

void sign_hash_add(struct sign_hash *hash, const void *bytes, size_t len)
{
    if (len > 0)
        (void)crypto_hash_sha256_update(&hash->state, bytes, len);
}

void sign_hash_end(struct sign_hash *hash, uint8_t digest[SIGN_DIGEST_SIZE])
{
    (void)crypto_hash_sha256_final(&hash->state, digest);
}

void sign_digest(uint8_t digest[SIGN_DIGEST_SIZE], enum sign_tag tag, const void *bytes, size_t len)
{
    struct sign_hash hash;

    sign_hash_begin(&hash, tag);
    sign_hash_add(&hash, bytes, len);
    sign_hash_end(&hash, digest);
}

/* ---- Signing ------------------------------------------------------------ */

/* The public key that belongs to the pair. */
static void derive_key(struct signer *signer)
{
    secp256k1_xonly_pubkey point;
    int done = secp256k1_keypair_xonly_pub(signer->context, &point, NULL, &signer->pair);

    assert(done == 1);
    done = secp256k1_xonly_pubkey_serialize(signer->context, signer->key.bytes, &point);
    assert(done == 1);
    (void)done;
}

/* The library's own allocation would abort where memory is short. */
static struct signer *allocate(void)
{
    size_t size =
        sizeof(struct signer) + secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE);
    struct signer *signer = calloc(1, size);

    if (signer == NULL)
        return NULL;
    signer->size = size;
    signer->context = secp256k1_context_preallocated_create(signer->room, SECP256K1_CONTEXT_NONE);
    return signer;
}

enum sign_verdict signer_new(struct signer **out, const uint8_t secret[SIGN_SECRET_SIZE],
                             const uint8_t seed[SIGN_SEED_SIZE])
{
    struct signer *signer = allocate();
    int done = 0;

    *out = NULL;
    if (signer == NULL)
        return SIGN_MEMORY;
    done = secp256k1_context_randomize(signer->context, seed);
    assert(done == 1);
    done = secp256k1_keypair_create(signer->context, &signer->pair, secret);
    if (done != 1) {
        signer_free(signer);
        return SIGN_SECRET_RANGE;
    }
    derive_key(signer);
    *out = signer;
    return SIGN_GOOD;
}

void signer_free(struct signer *signer)
{
    if (signer == NULL)
        return;
    secp256k1_context_preallocated_destroy(signer->context);
    sodium_memzero(signer, signer->size);
    free(signer);
}

const struct sign_key *signer_key(const struct signer *signer)
{
    return &signer->key;
}

bool signer_sign(const struct signer *signer, struct sign_signature *out,
                 const uint8_t digest[SIGN_DIGEST_SIZE], const uint8_t aux[SIGN_SEED_SIZE])
{
    if (secp256k1_schnorrsig_sign32(signer->context, out->bytes, digest, &signer->pair, aux) == 1 &&
        sign_verify(digest, out, &signer->key) == SIGN_GOOD)
        return true;
    sodium_memzero(out, sizeof *out);
    return false;
}

bool signer_sign_alert(const struct signer *signer, struct sign_signature *out, const void *body,
                       size_t len, const uint8_t aux[SIGN_SEED_SIZE])
{
    uint8_t digest[SIGN_DIGEST_SIZE];

    sign_digest(digest, SIGN_ALERT, body, len);
    return signer_sign(signer, out, digest, aux);
}

/* ---- Verifying ---------------------------------------------------------- */

enum sign_verdict sign_verify(const uint8_t digest[SIGN_DIGEST_SIZE],
                              const struct sign_signature *signature, const struct sign_key *key)
{
    enum sign_verdict verdict = judge_signature(signature);
    secp256k1_xonly_pubkey point;

    secp256k1_selftest(); /* what making a context would have done */
    if (secp256k1_xonly_pubkey_parse(secp256k1_context_static, &point, key->bytes) != 1)
        return SIGN_KEY_NO_POINT;
    if (verdict != SIGN_GOOD)
        return verdict;
    if (secp256k1_schnorrsig_verify(secp256k1_context_static, signature->bytes, digest,
                                    SIGN_DIGEST_SIZE, &point) != 1)
        return SIGN_WRONG;
    return SIGN_GOOD;
}
