// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * webhook: the three headers of Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric scheme.
 *
 *     webhook-id         names the message; the same on every try
 *     webhook-timestamp  seconds since 1970 of this try
 *     webhook-signature  "v1,BASE64", one for each secret that is valid, blanks between them
 *
 * A signature is HMAC-SHA256, under a secret that sender and receiver share, of
 * "ID.TIMESTAMP.BODY", BODY being the bytes as they are sent. A secret is written whsec_BASE64: 24
 * to 64 random bytes. While it is exchanged for another, both are valid: the sender signs with
 * both, the receiver takes either.
 *
 * Base64 is RFC 4648's with padding, in its one canonical form. Comparisons take the same time
 * whatever is compared.
 */
#ifndef HASHTIDE_ALERTS_WEBHOOK_H
#define HASHTIDE_ALERTS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBHOOK_SECRET_PREFIX "whsec_"
/** Bytes of a secret: the convention's bounds. */
#define WEBHOOK_SECRET_MIN 24
#define WEBHOOK_SECRET_MAX 64
/** Secrets valid at once: the old and the new one, and room for a mishap in between. */
#define WEBHOOK_SECRETS_MAX 4
/** Longest secret as it is written, with NUL: six characters and 64 bytes in base64. */
#define WEBHOOK_SECRET_TEXT_SIZE (6 + 88 + 1)
/** Longest id, without NUL. */
#define WEBHOOK_ID_MAX 128
/** A value of the header webhook-timestamp, with NUL. */
#define WEBHOOK_TIMESTAMP_SIZE 21
/** A value of the header webhook-signature with WEBHOOK_SECRETS_MAX signatures, with NUL: "v1,", 32
 * bytes in base64, and a blank or NUL, for each. */
#define WEBHOOK_SIGNATURE_SIZE (WEBHOOK_SECRETS_MAX * (3 + 44 + 1))
/** Seconds that sender's and receiver's clocks may differ, transport included: the convention's
 * libraries have the same. */
#define WEBHOOK_TOLERANCE_S 300

/** sign.h's convention: one list of answers, each with a stable name. */
enum webhook_verdict {
    WEBHOOK_GOOD,
    WEBHOOK_WRONG,             /* no signature is of these bytes by one of the secrets */
    WEBHOOK_TOO_OLD,           /* signed with a secret, but too long ago: perhaps sent again */
    WEBHOOK_TOO_NEW,           /* the same, but in the future */
    WEBHOOK_ID_FORM,           /* empty, too long, or not visible ASCII without a full stop */
    WEBHOOK_TIMESTAMP_FORM,    /* no whole number of seconds */
    WEBHOOK_SIGNATURE_MISSING, /* no signature of version v1 */
    WEBHOOK_SIGNATURE_FORM,    /* one of version v1 is not 32 bytes in base64; none is good */
    WEBHOOK_SECRET_NO_PREFIX,
    WEBHOOK_SECRET_BASE64,
    WEBHOOK_SECRET_LENGTH,
    WEBHOOK_SECRETS_NONE,
    WEBHOOK_SECRETS_MANY,
    WEBHOOK_SECRETS_TWICE, /* the same one twice: no rotation */
    WEBHOOK_VERDICTS,
};

struct webhook_secret {
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    size_t len;
};

/** To be wiped by webhook_secrets_wipe(). */
struct webhook_secrets {
    struct webhook_secret items[WEBHOOK_SECRETS_MAX];
    size_t count;
};

/** The headers as received. */
struct webhook_headers {
    const char *id;
    const char *timestamp;
    const char *signature;
};

/** When it is verified, and how far off the timestamp may be. */
struct webhook_clock {
    int64_t now_s;
    int64_t tolerance_s; /* not negative */
};

struct webhook_result {
    enum webhook_verdict verdict;
    size_t secret; /* which one, from 0, unless WEBHOOK_WRONG or a question of form */
    int64_t age_s; /* now less the timestamp; negative: from the future; 0 where that has no form */
};

/** "good", "wrong-signature", ...: stable, for programs. */
const char *webhook_verdict_name(enum webhook_verdict verdict);
/** The same for people, without a full stop. */
const char *webhook_verdict_text(enum webhook_verdict verdict);

/** Reads "whsec_BASE64". WEBHOOK_GOOD or WEBHOOK_SECRET_*, out wiped. */
enum webhook_verdict webhook_secret_parse(struct webhook_secret *out, const char *text, size_t len);
/** Writes it. */
void webhook_secret_format(char out[WEBHOOK_SECRET_TEXT_SIZE], const struct webhook_secret *secret);

/**
 * Reads what a file of secrets holds: a secret on each line; empty lines, and those that begin with
 * #, are passed over, blanks at a line's ends too. Unless WEBHOOK_GOOD, *line is the line that is
 * at fault (from 1; 0: the whole) and out is wiped.
 */
enum webhook_verdict webhook_secrets_parse(struct webhook_secrets *out, size_t *line,
                                           const char *text, size_t len);
void webhook_secrets_wipe(struct webhook_secrets *secrets);

/** True if an id can stand in the header: 1 to WEBHOOK_ID_MAX visible ASCII characters, no full
 * stop (which ends it where it is signed). */
bool webhook_id_valid(const char *id);

/** Writes the timestamp as it is signed and sent. timestamp_s is not negative. */
void webhook_timestamp_format(char out[WEBHOOK_TIMESTAMP_SIZE], int64_t timestamp_s);

/** Writes the value of webhook-signature: a signature for each secret, in their order. At least one
 * secret, a valid id, and no negative timestamp. */
void webhook_sign(char out[WEBHOOK_SIGNATURE_SIZE], const struct webhook_secrets *secrets,
                  const char *id, int64_t timestamp_s, const void *body, size_t len);

/**
 * Verifies. The time is looked at last: of a message that nobody has signed the timestamp says
 * nothing. Signatures of other versions than v1 are passed over, as the convention wants it.
 */
struct webhook_result webhook_verify(const struct webhook_headers *headers, const void *body,
                                     size_t len, const struct webhook_secrets *secrets,
                                     const struct webhook_clock *clock);

#endif
