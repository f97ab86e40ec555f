// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * format_internal: what format.c, which writes for services, shares with format_mail.c.
 */
#ifndef HASHTIDE_ALERTS_FORMAT_INTERNAL_H
#define HASHTIDE_ALERTS_FORMAT_INTERNAL_H

#include "alerts/format.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** What documents say; "" where they don't. All point into root. */
struct format_facts {
    json_t *root; /* owned */
    const char *state, *severity, *rule, *sink, *timestamp, *since, *message_id, *alert_id;
    const char *monitor, *network, *key, *link, *hash;
    json_int_t height; /* -1: none */
    bool late, not_durable;
    char summary[FORMAT_SUMMARY_SIZE];
    char title[160]; /* "CRITICAL: hashrate-fall", "Cleared: ...", "Test" */
};

/** False if it is no JSON object. */
bool format_facts_read(struct format_facts *out, const void *document, size_t document_len);
void format_facts_free(struct format_facts *facts);

/** Copies text, with an ellipsis for what does not fit; blanks for control characters. */
void format_cut(char *out, size_t size, const char *text);

/** A text in the making. Zeroed: empty. */
struct format_text {
    char *bytes;
    size_t len, room;
    bool failed; /* memory was short */
};
void format_add(struct format_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** What was made, or NULL. */
char *format_finish(struct format_text *text, size_t *len);

#endif
