// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tablefile: where the text of a table comes from: what is built in, a file, or a web address whose
 * bytes are known by their SHA-256 or signed with a known key (BIP340, alerts/sigfile.h).
 *
 * What was fetched is kept in the data directory, with its signature. With a SHA-256 the kept copy
 * is as good as the original, and nothing is fetched again while it fits. With a key it is used
 * where the address can't be had, and that is said. Nothing that does not verify is ever used.
 */
#ifndef HASHTIDE_MONITOR_TABLEFILE_H
#define HASHTIDE_MONITOR_TABLEFILE_H

#include "alerts/sign.h"
#include "analysis/builtin.h"
#include "analysis/csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLEFILE_PATH_SIZE 4096
#define TABLEFILE_URL_SIZE 2048
#define TABLEFILE_SHA256_SIZE 32
#define TABLEFILE_SIZE_MAX ((size_t)4 << 20)
#define TABLEFILE_MESSAGE_SIZE 8192

/** What the settings say. Zeroed: what is built in. */
struct tablefile_choice {
    char file[TABLEFILE_PATH_SIZE];
    char url[TABLEFILE_URL_SIZE];
    bool pinned, keyed; /* with url: one of them at least */
    uint8_t sha256[TABLEFILE_SHA256_SIZE];
    struct sign_key key;
};

/** What has to be known besides. */
struct tablefile_place {
    const char *keep;  /* path of the kept copy; NULL: none is kept */
    const char *proxy; /* "HOST:PORT" of a SOCKS5 proxy, or "" */
};

/** A text and where it is from. */
struct tablefile {
    char *text; /* owned; room for one byte behind it */
    size_t len;
    const char *name;                      /* for messages, choice's or a constant */
    char origin[TABLEFILE_PATH_SIZE + 64]; /* "built in", "the file X", "fetched from X", ... */
    char warning[TABLEFILE_MESSAGE_SIZE];  /* "" or one line: what had to be made do with */
};

/** Reads a table. False with message, one line that says what to do, and nothing to free. */
bool tablefile_read(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                    enum builtin_table table, const struct tablefile_choice *choice,
                    const struct tablefile_place *place);
/** Reads a file as it is; "-" is standard input. */
bool tablefile_read_path(struct tablefile *out, char message[TABLEFILE_MESSAGE_SIZE],
                         const char *path);
void tablefile_free(struct tablefile *file);

/** One line about what is wrong in a table, fit for a terminal: "FILE:12: mw: -5: expected ...". */
#define TABLEFILE_LINE_SIZE 8192
typedef void (*tablefile_say_fn)(void *context, const char *line);

/** Whom faults of a table are told, and how many there were. */
struct tablefile_teller {
    const char *name;     /* of the table */
    bool doubts_silent;   /* doubts are counted only */
    tablefile_say_fn say; /* NULL: nobody */
    void *context;
    size_t faults, doubts;
};
/** Tells a fault: a csv_fault_fn, whose context is a struct tablefile_teller. */
void tablefile_tell(void *teller, const struct csv_fault *fault);

#endif
