// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * textfile: small files of lines that are read whole and replaced whole (peers.dat, anchors.dat).
 */
#ifndef HASHTIDE_MONITOR_NET_TEXTFILE_H
#define HASHTIDE_MONITOR_NET_TEXTFILE_H

#include <stdbool.h>
#include <stdio.h>

/** Longest line that is read; longer ones end the reading. */
#define TEXTFILE_LINE_MAX 256

/**
 * Calls each() with every line, without its end; each returns false to stop. False with errno set
 * when the file can't be read; a file that is not there is an empty one.
 */
bool textfile_read(const char *path, bool (*each)(void *context, const char *line), void *context);

/**
 * Writes a new file beside path and lets it take path's place, so that there is always a whole one,
 * old or new. False with errno set: the old one is still there.
 */
bool textfile_replace(const char *path, void (*write)(void *context, FILE *out), void *context);

#endif
