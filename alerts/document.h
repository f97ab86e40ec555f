// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * document: a message as JSON, and as one sentence for people.
 *
 * The JSON's form is alerts/alert.schema.json. Keys stand in a fixed order, numbers have at most
 * DOCUMENT_DIGITS significant digits, nothing in it depends on when or where it is made: the same
 * message gives the same bytes. What is signed are these bytes as they are; nobody needs to make
 * them again.
 */
#ifndef HASHTIDE_ALERTS_DOCUMENT_H
#define HASHTIDE_ALERTS_DOCUMENT_H

#include "alerts/identity.h"
#include "alerts/incident.h"
#include "alerts/metric.h"
#include "alerts/rule.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOCUMENT_DIGITS 7

/** Who speaks. */
struct document_monitor {
    const char *name; /* as configured; "" for none */
    bool has_key;     /* false: public_key is zeroes and not shown */
    bool backtest; /* what it says is no news: its ids are never those of a monitor */
    uint8_t public_key[IDENTITY_KEY_SIZE];
    const char *network;  /* "main" */
    const char *software; /* "hashtide 1.0" */
    const char *url;      /* where its pages are, without a slash at the end; NULL for nowhere */
};

/** All that a document says. Nothing in it is kept. */
struct document {
    const struct document_monitor *monitor;
    const struct metrics *metrics;             /* the snapshot at which it was made */
    const struct rule *rule;                   /* NULL for heartbeats and tests */
    const struct alert_transition *transition; /* of these only state, incident (a number) and
                                                  sequence count for heartbeats and tests */
    const char *sink; /* of heartbeats and tests: whom it is for; else NULL */
    bool not_durable; /* it could not be written down before it was sent */
};

/** The id that the document has: also the webhook-id. */
void document_message_id(char out[IDENTITY_SIZE], const struct document *document);
/** The id that messages of one incident have in common. */
void document_alert_id(char out[IDENTITY_SIZE], const struct document *document);

#define DOCUMENT_SUMMARY_SIZE 1024
/** One plain sentence: the rule's text with its {placeholders} filled in, or the built-in one. Cut
 *  where it is longer, never inside a character. */
void document_summary(char out[DOCUMENT_SUMMARY_SIZE], const struct document *document);

/** New reference, or NULL when memory is short. */
json_t *document_json(const struct document *document);
/** Its bytes as they are sent, NUL-terminated; len without the NUL. Caller frees with free(). NULL
 *  when memory is short. */
char *document_bytes(size_t *len, const struct document *document);

#endif
