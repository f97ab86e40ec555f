// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * keyfile: the monitor's signing key, in signing.key of a network's directory.
 *
 * Format, 167 bytes of ASCII, lines that end in LF, nothing else:
 *
 *     hashtide signing key 1
 *     public 64 digits, lower-case hexadecimal: the x-only public key (BIP340)
 *     secret 64 digits: the secret key, big-endian
 *
 * The public key could be worked out from the secret; it stands there so that people can read it,
 * and so that a file that was damaged is seen to be: a key that does not fit is refused. The file
 * has mode 0600, and one that others can read is not used.
 *
 * A key is made whole or not at all, and never in the place of another without being told to; then
 * the other stays, as signing.key.old-TIME.
 */
#ifndef HASHTIDE_MONITOR_KEYFILE_H
#define HASHTIDE_MONITOR_KEYFILE_H

#include "alerts/sign.h"
#include "monitor/settings.h"

#include <stdbool.h>
#include <stddef.h>

#define KEYFILE_PATH_SIZE 4096
#define KEYFILE_MESSAGE_SIZE 4608
/** What stands in a key file, with NUL. */
#define KEYFILE_TEXT_SIZE 168

enum keyfile_status {
    KEYFILE_OK,
    KEYFILE_MISSING, /* there is none */
    KEYFILE_REFUSED,
};

/** How a key was made. */
struct keyfile_made {
    struct sign_key key;
    char aside[KEYFILE_PATH_SIZE]; /* where the old one is now; "" if there was none */
};

/** Reads a key file's text. False, and *out NULL, if it is not in the format above or the two keys
 * do not fit. seed: as signer_new() wants it. */
bool keyfile_parse(struct signer **out, const char *text, size_t len,
                   const uint8_t seed[SIGN_SEED_SIZE]);

/** Reads a key. *out is the caller's to free, NULL unless KEYFILE_OK; else message is one line that
 * says what to do. */
enum keyfile_status keyfile_load(struct signer **out, char message[KEYFILE_MESSAGE_SIZE],
                                 const char *path);

/** The same of the key that belongs to a network's data directory. */
enum keyfile_status keyfile_load_own(struct signer **out, char message[KEYFILE_MESSAGE_SIZE],
                                     const struct settings *settings);

/**
 * Makes a key, whose directory must exist. Where there is one already: with replace it is moved
 * aside, else this fails. False with message; then all is as it was.
 */
bool keyfile_create(struct keyfile_made *out, char message[KEYFILE_MESSAGE_SIZE], const char *path,
                    bool replace);

#endif
