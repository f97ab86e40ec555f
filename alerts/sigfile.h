// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sigfile: the signature of a file, in a file of its own beside it (FILE.sig).
 *
 * One JSON object (RFC 8259, UTF-8) with exactly these members, each a text:
 *
 *     {
 *       "algorithm": "bip340",
 *       "tag": "hashtide/export",
 *       "public_key": "64 digits, lower-case hexadecimal",
 *       "signature": "128 digits"
 *     }
 *
 * The signature is of the bytes of FILE under the tag (alerts/sign.h). Of the object itself nothing
 * is signed, which is why it says nothing else: the tag and the key are part of what is verified,
 * and the key is only a claim, to be compared with the one that the reader has from elsewhere.
 */
#ifndef HASHTIDE_ALERTS_SIGFILE_H
#define HASHTIDE_ALERTS_SIGFILE_H

#include "alerts/sign.h"

#include <stddef.h>

/** What is longer is no signature file; ours have some 300 bytes. */
#define SIGFILE_SIZE_MAX 4096
/** Room for what sigfile_format() writes, with NUL. */
#define SIGFILE_TEXT_SIZE 512

struct sigfile {
    enum sign_tag tag;
    struct sign_key key;
    struct sign_signature signature;
};

/** SIGN_GOOD, else what is the matter with it and out undefined. The signature is not verified. */
enum sign_verdict sigfile_parse(struct sigfile *out, const char *text, size_t len);
/** Writes the file's text, which ends in a newline; its length. */
size_t sigfile_format(char out[SIGFILE_TEXT_SIZE], const struct sigfile *file);

#endif
