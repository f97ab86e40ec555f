// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * output: what -o FILE means, everywhere. A file appears whole, under its name, or not at all: it
 * is written without a name, or under another beside its place, made durable and renamed. "-", or
 * no name, is standard output; what is no regular file (/dev/null, a pipe) is written straight.
 */
#ifndef HASHTIDE_MONITOR_OUTPUT_H
#define HASHTIDE_MONITOR_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OUTPUT_PATH_SIZE 4096

/** Plain value; only stream is for others. */
struct output {
    FILE *stream;                   /* what was written can be read back through its descriptor */
    char path[OUTPUT_PATH_SIZE];    /* where the file shall stand; "" where nothing is renamed */
    char partial[OUTPUT_PATH_SIZE]; /* its name before it is complete ... */
    bool unnamed;                   /* ... which it gets only at the end */
};

/** Opens. path NULL or "-": standard output. False after command_error(). */
bool output_open(struct output *output, const char *path);
/** Closes and puts the file in its place. False after command_error(), which is not called
 * when nobody reads standard output any more; nothing is left behind then. */
bool output_commit(struct output *output);
/**
 * The same for outputs that belong together, and are closed whatever happens: none is put in its
 * place before all are complete and durable. What can fail then is the renaming alone.
 */
bool output_commit_all(struct output *outputs, size_t count);
/** Closes and leaves nothing behind. */
void output_discard(struct output *output);

#endif
