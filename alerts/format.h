// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * format: an alert's document as other services want it: Slack, Discord, ntfy, mail, a line of a
 * log.
 *
 * What is given are the bytes of the document as it was signed, since that is what is kept of a
 * message. They are read as if anybody had written them: what is missing is left out, what is too
 * long for a service is cut (never inside a character, and with an ellipsis), what would be markup
 * there is escaped. The same bytes give the same message.
 *
 * All return a text of the caller's to free with free(), NUL-terminated, its length in *len; or
 * NULL where the document is no JSON object, or memory is short.
 */
#ifndef HASHTIDE_ALERTS_FORMAT_H
#define HASHTIDE_ALERTS_FORMAT_H

#include <stddef.h>

/** Bytes of an alert's sentence that are passed on; ours have less than 1024. */
#define FORMAT_SUMMARY_SIZE 1200
/** Longest line for a log, with NUL: RFC 3164's 1024 bytes less what stands before it. */
#define FORMAT_LINE_SIZE 900

/** The body for an incoming webhook of Slack: JSON. */
char *format_slack(size_t *len, const void *document, size_t document_len);
/** The body for a webhook of Discord: JSON. Nobody is mentioned by it, whatever the text. */
char *format_discord(size_t *len, const void *document, size_t document_len);
/** The body for ntfy's root, to be published to a topic: JSON. */
char *format_ntfy(size_t *len, const void *document, size_t document_len, const char *topic);

/** One line, without a line feed: "raised critical RULE: SENTENCE [message ID, alert ID]". */
char *format_line(size_t *len, const void *document, size_t document_len);

/** Of the document: what a program may want to know without reading JSON; "" where it is missing.
 */
struct format_names {
    char state[16];
    char severity[16];
};
void format_names(struct format_names *out, const void *document, size_t document_len);

struct format_mail {
    const char *from;      /* an address in visible ASCII */
    const char *const *to; /* addresses */
    size_t to_count;
};
/** A mail in plain text: head and body, with CR LF. The date is the document's, the Message-ID is
 * made of its id, and messages of one alert refer to the same one, so that they are shown
 * together. */
char *format_mail(size_t *len, const void *document, size_t document_len,
                  const struct format_mail *mail);

#endif
