// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sign: BIP340 signatures over bytes, by libsecp256k1.
 *
 * What is signed is a tagged hash (BIP340, "Design") of the bytes as they are sent or stored:
 *
 *     digest = SHA256(SHA256(tag) || SHA256(tag) || bytes)
 *
 * The tag says what the bytes are, so that a signature of an alert can't be passed off as one of an
 * export. Nothing is parsed or written anew to be verified. The digest is the 32-byte message of a
 * plain BIP340 signature: any library that knows BIP340 verifies it with the 32-byte public key.
 *
 * Written forms: a public key is 64 digits, a signature 128, lower-case hexadecimal (alerts/hex.h);
 * the header hashtide-signature is "bip340=" and the signature. Each way of not being that, and
 * each way of being that and no good, has a verdict of its own.
 *
 * Nothing here draws random bytes: the caller gives them. Copies of secrets are wiped. A signer is
 * used by one thread at a time.
 */
#ifndef HASHTIDE_ALERTS_SIGN_H
#define HASHTIDE_ALERTS_SIGN_H

#include "alerts/hex.h"

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_SECRET_SIZE 32
#define SIGN_SEED_SIZE 32
#define SIGN_DIGEST_SIZE 32
#define SIGN_KEY_SIZE 32
#define SIGN_SIGNATURE_SIZE 64

#define SIGN_SCHEME "bip340="
#define SIGN_KEY_TEXT_SIZE HEX_SIZE(SIGN_KEY_SIZE)
#define SIGN_SIGNATURE_TEXT_SIZE HEX_SIZE(SIGN_SIGNATURE_SIZE)
/** A value of the header hashtide-signature, with NUL. */
#define SIGN_HEADER_SIZE (sizeof SIGN_SCHEME - 1 + SIGN_SIGNATURE_TEXT_SIZE)

/** What a signature is for. A new one goes at the end. */
enum sign_tag {
    SIGN_ALERT,  /* "hashtide/alert": the body of a message */
    SIGN_EXPORT, /* "hashtide/export": a file */
    SIGN_TAGS,
};

/** One of these is the answer to every question below; sign_verdict_name() is its stable name. */
enum sign_verdict {
    SIGN_GOOD,
    SIGN_WRONG, /* well formed, but not of these bytes by this key */
    SIGN_KEY_LENGTH,
    SIGN_KEY_DIGIT,
    SIGN_KEY_UPPERCASE,
    SIGN_KEY_NO_POINT, /* no point of the curve has this x */
    SIGN_SIGNATURE_SCHEME,
    SIGN_SIGNATURE_LENGTH,
    SIGN_SIGNATURE_DIGIT,
    SIGN_SIGNATURE_UPPERCASE,
    SIGN_SIGNATURE_NO_POINT, /* its first half is the x of no point */
    SIGN_SIGNATURE_RANGE,    /* its second half is not below the order of the group */
    SIGN_SECRET_RANGE,       /* a secret of zero or not below the order: once in 2^128 draws */
    SIGN_MEMORY,
    SIGN_FILE_JSON, /* alerts/sigfile.h: no JSON object */
    SIGN_FILE_MEMBER,
    SIGN_FILE_ALGORITHM,
    SIGN_FILE_TAG,
    SIGN_FILE_OTHER_KEY,
    SIGN_VERDICTS,
};

/** An x-only public key as BIP340 writes it. */
struct sign_key {
    uint8_t bytes[SIGN_KEY_SIZE];
};

struct sign_signature {
    uint8_t bytes[SIGN_SIGNATURE_SIZE];
};

/** A secret key, ready to sign. */
struct signer;

/** A digest in the making, so that files need not be in memory. Holds no secret. */
struct sign_hash {
    crypto_hash_sha256_state state;
};

/** "good", "wrong-signature", ...: stable, for programs. */
const char *sign_verdict_name(enum sign_verdict verdict);
/** The same for people, without a full stop: "the signature is not of these bytes by this key". */
const char *sign_verdict_text(enum sign_verdict verdict);

/** "hashtide/alert", ... */
const char *sign_tag_name(enum sign_tag tag);
/** False if there is no such tag. */
bool sign_tag_parse(enum sign_tag *out, const char *name);

/** A public key of 64 digits that is on the curve; or SIGN_KEY_*, out undefined. */
enum sign_verdict sign_key_parse(struct sign_key *out, const char *text, size_t len);
void sign_key_format(char out[SIGN_KEY_TEXT_SIZE], const struct sign_key *key);
bool sign_key_equal(const struct sign_key *a, const struct sign_key *b);

/** 128 digits, with or without "bip340=" before them; or SIGN_SIGNATURE_*, out undefined. What can
 * be a signature of nobody's is refused here already. */
enum sign_verdict sign_signature_parse(struct sign_signature *out, const char *text, size_t len);
void sign_signature_format(char out[SIGN_SIGNATURE_TEXT_SIZE],
                           const struct sign_signature *signature);
/** The value of the header hashtide-signature. */
void sign_header_format(char out[SIGN_HEADER_SIZE], const struct sign_signature *signature);

/** The digest of bytes under a tag: begin, add as often as needed, end once. */
void sign_hash_begin(struct sign_hash *hash, enum sign_tag tag);
void sign_hash_add(struct sign_hash *hash, const void *bytes, size_t len);
void sign_hash_end(struct sign_hash *hash, uint8_t digest[SIGN_DIGEST_SIZE]);
/** The same in one. */
void sign_digest(uint8_t digest[SIGN_DIGEST_SIZE], enum sign_tag tag, const void *bytes,
                 size_t len);

/**
 * A signer of a secret: 32 random bytes, or those of an earlier draw. seed: 32 fresh random bytes,
 * by which the library hides from an observer of its timing and power what it works on. Both may be
 * wiped afterwards. SIGN_GOOD, SIGN_SECRET_RANGE or SIGN_MEMORY; *out is NULL unless SIGN_GOOD.
 */
enum sign_verdict signer_new(struct signer **out, const uint8_t secret[SIGN_SECRET_SIZE],
                             const uint8_t seed[SIGN_SEED_SIZE]);
/** Wipes the secret. NULL is allowed. */
void signer_free(struct signer *signer);
const struct sign_key *signer_key(const struct signer *signer);

/**
 * Signs a digest. aux: 32 fresh random bytes for the nonce, as BIP340 recommends; NULL where none
 * are to be had: then the same digest gives the same signature, which is as hard to forge. False if
 * the signature does not verify: then the machine has miscalculated, and out, which might betray
 * the secret, is wiped.
 */
bool signer_sign(const struct signer *signer, struct sign_signature *out,
                 const uint8_t digest[SIGN_DIGEST_SIZE], const uint8_t aux[SIGN_SEED_SIZE])
    __attribute__((warn_unused_result));
/** Signs the body of an alert. */
bool signer_sign_alert(const struct signer *signer, struct sign_signature *out, const void *body,
                       size_t len, const uint8_t aux[SIGN_SEED_SIZE])
    __attribute__((warn_unused_result));

/** SIGN_GOOD, SIGN_WRONG, or what is the matter with a key or signature that was not parsed by the
 * functions above. */
enum sign_verdict sign_verify(const uint8_t digest[SIGN_DIGEST_SIZE],
                              const struct sign_signature *signature, const struct sign_key *key);

#endif
