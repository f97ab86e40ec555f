// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * verify: what `hashtide verify` does: whether bytes were signed with a key, and whether they came
 * as a webhook from somebody who knows a secret; and what was checked, said exactly.
 */
#ifndef HASHTIDE_MONITOR_VERIFY_H
#define HASHTIDE_MONITOR_VERIFY_H

#include "alerts/sigfile.h"
#include "alerts/webhook.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERIFY_MESSAGE_SIZE 4608
/** Longest body of a webhook that is verified: thousands of times longer than ours. */
#define VERIFY_BODY_MAX ((size_t)16 << 20)
#define VERIFY_SHA256_SIZE 32

/** A signature that is claimed. */
struct verify_claim {
    bool wanted;               /* false: no signature by a public key is to be verified */
    enum sign_verdict verdict; /* SIGN_GOOD: it has a good form, else it is refused for this */
    struct sign_key key;       /* of whom it must be */
    struct sigfile claimed;    /* what it says: tag, key and signature */
};

/** A webhook's headers, as claimed, and the secrets. Texts are the caller's. */
struct verify_webhook {
    bool wanted;
    struct webhook_headers headers;
    struct webhook_secrets secrets;
    struct webhook_clock clock;
};

/** The bytes. */
struct verify_bytes {
    uint64_t len;
    uint8_t sha256[VERIFY_SHA256_SIZE]; /* for people, who have other programs for it */
    uint8_t digest[SIGN_DIGEST_SIZE];   /* under the claim's tag */
    uint8_t *body;                      /* all of them, for a webhook; else NULL */
};

/** Reads path, or standard input for "-". keep: into body too. False with message. */
bool verify_read(struct verify_bytes *out, char message[VERIFY_MESSAGE_SIZE], const char *path,
                 enum sign_tag tag, bool keep);
void verify_bytes_free(struct verify_bytes *bytes);

/**
 * Verifies, and says all of it: "file", "bytes", "sha256", "good" (whether all that was wanted is),
 * "signature" and "webhook" (null, or each with what was checked, "result", a verdict's name, and
 * "explanation"). path is only named. NULL when memory is short.
 */
json_t *verify_report(const char *path, const struct verify_bytes *bytes,
                      const struct verify_claim *claim, const struct verify_webhook *webhook);

/** The report for people, on standard output. */
void verify_print(const json_t *report);

#endif
