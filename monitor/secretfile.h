// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * secretfile: small files that nobody but us may read: the signing key, secrets of webhooks.
 *
 * A file that others can read is not used, as ssh does not: what it holds is no secret any more,
 * and silence about that would be worse than a monitor that does not start.
 */
#ifndef HASHTIDE_MONITOR_SECRETFILE_H
#define HASHTIDE_MONITOR_SECRETFILE_H

#include "alerts/webhook.h"

#include <stdbool.h>
#include <stddef.h>

#define SECRETFILE_MESSAGE_SIZE 4608
/** Longest such file, in bytes. */
#define SECRETFILE_SIZE_MAX 4096

enum secretfile_status {
    SECRETFILE_OK,
    SECRETFILE_MISSING, /* there is no such file */
    SECRETFILE_REFUSED, /* it can't or must not be read */
};

/** What a file holds. To be wiped by secretfile_wipe(). */
struct secretfile {
    char text[SECRETFILE_SIZE_MAX];
    size_t len;
};

/**
 * Reads a regular file that belongs to us (or to root) and that group and others can neither read
 * nor write. Unless SECRETFILE_OK, message is one line that says what to do, and out is wiped.
 */
enum secretfile_status secretfile_read(struct secretfile *out,
                                       char message[SECRETFILE_MESSAGE_SIZE], const char *path);
void secretfile_wipe(struct secretfile *file);

/** Reads a file of a webhook's secrets, one on each line (alerts/webhook.h). False with message, as
 * above; out is wiped then. */
bool secretfile_webhook(struct webhook_secrets *out, char message[SECRETFILE_MESSAGE_SIZE],
                        const char *path);

#endif
