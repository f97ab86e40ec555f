// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * filesign: a file that is written is signed by another beside it, FILE.sig (alerts/sigfile.h).
 */
#ifndef HASHTIDE_MONITOR_FILESIGN_H
#define HASHTIDE_MONITOR_FILESIGN_H

#include "alerts/sign.h"
#include "monitor/output.h"

#include <stdbool.h>

#define FILESIGN_ENDING ".sig"

/** Path of the signature of a file. False when it is too long. */
bool filesign_path(char out[OUTPUT_PATH_SIZE], const char *path);

/**
 * Signs what has been written to an output that is not yet committed, and commits both: first the
 * file, then its signature. The bytes are read back, so that the signature is of what is in the
 * file. path: as the output was opened. False after command_error(); then neither is there, or the
 * message says that the file is but not its signature. The output is closed in any case.
 */
bool filesign_commit(struct output *output, const char *path, const struct signer *signer);

#endif
