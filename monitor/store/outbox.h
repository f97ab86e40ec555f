// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * outbox: what was said and who has yet to hear it, in SQLite: messages as they were signed, a
 * delivery for each sink that a message is for, what is remembered of each sink and each rule, and
 * the last event of the chain that was looked at.
 *
 * The headers that this event is made of may come with it: then they are durable here, while the
 * header file has them written, but not yet synced, and a loss of power may take them from there.
 *
 * What holds:
 *   - outbox_commit() writes states of rules, messages with their deliveries, and the cursor in one
 *     transaction: after a crash they are all of before or all of after. Events after the cursor
 *     are then looked at again and make the same messages, with the same ids: a message whose id
 *     is known is not written again, and keeps its bytes.
 *   - A message is written before it is sent; it is sent to each sink in the order of writing.
 *   - Nothing that was not delivered is ever deleted, but heartbeats: of those that a sink has not
 *     taken, only the newest is kept.
 *   - At most one message for each sink is in memory, however many wait. 100,000 messages that wait
 *     take some 150 MB of disk.
 *
 * Every function that fails leaves things as they were and says why in outbox_error(). A full disk
 * or a broken one is trouble that lasts until a write succeeds: outbox_trouble().
 *
 * A second process (`hashtide alerts retry`, `alerts drop`) may write beside the monitor, which
 * finds out by outbox_changed().
 */
#ifndef HASHTIDE_MONITOR_STORE_OUTBOX_H
#define HASHTIDE_MONITOR_STORE_OUTBOX_H

#include "alerts/delivery.h"
#include "alerts/identity.h"
#include "alerts/incident.h"
#include "alerts/rule.h"
#include "alerts/sign.h"
#include "chain/hash.h"
#include "chain/header.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Of an answer, or of why a sink is disabled, so much is kept, with NUL. */
#define OUTBOX_ANSWER_SIZE 256
/** Longest body. Ours are about 1 kB. */
#define OUTBOX_BODY_MAX ((size_t)1024 * 1024)
/** Headers that are kept with the cursor: so many are news of one moment. */
#define OUTBOX_HEADERS_MAX 16u
#define OUTBOX_HEADERS_SIZE ((size_t)OUTBOX_HEADERS_MAX * HEADER_SIZE)

struct outbox; /* opaque */

/**
 * Opens or creates; migrates older schemas; refuses newer ones and databases that are not ours.
 * read_only, and missing: see database_open(). NULL on failure, message set.
 */
struct outbox *outbox_open(const char *path, bool read_only, bool *missing, char *message,
                           size_t message_len);
/** NULL is allowed. */
void outbox_close(struct outbox *outbox);
/** Why the last call failed; one line. */
const char *outbox_error(const struct outbox *outbox);
/** Why the latest write failed; NULL if it did not. */
const char *outbox_trouble(const struct outbox *outbox);
/** Whether another process has written to it since the last call (or since it was opened). */
bool outbox_changed(struct outbox *outbox);

/* ---- writing down what is to be said ---- */

struct outbox_message {
    const char *id;       /* document_message_id() */
    const char *alert_id; /* document_alert_id() */
    const char *rule;     /* NULL for heartbeats and tests */
    enum alert_state state;
    int64_t created_ms; /* wall */
    const void *body;   /* the bytes that are signed and sent */
    size_t body_len;
    const uint8_t *signature; /* SIGN_SIGNATURE_SIZE bytes; NULL: not signed */
    const char *const *sinks; /* names, whom it is for; a heartbeat is for one */
    size_t sink_count;        /* 0: it is kept as a record */
};

struct outbox_rule {
    const char *name;
    uint64_t incident;    /* number of the latest; the highest that was ever written is kept */
    const uint8_t *state; /* bytes, of board_changes() */
    size_t state_len;
};

/** The last event of the chain that has been looked at. */
struct outbox_cursor {
    uint32_t height;
    struct hash256 hash;
};

struct outbox_commit {
    const struct outbox_rule *rules; /* those that have changed */
    size_t rule_count;
    const struct outbox_message *messages; /* in the order of their delivery */
    size_t message_count;
    const struct outbox_cursor *cursor; /* NULL: stays */
    /** With a cursor: raw headers up to it that the header file may still lose, in the place of
     *  those of the cursor before. */
    const uint8_t *headers;
    size_t headers_len; /* at most OUTBOX_HEADERS_SIZE */
};

/** All of it, durably, or nothing. *added (may be NULL): messages that were not there yet. */
bool outbox_commit(struct outbox *outbox, const struct outbox_commit *commit, size_t *added);

enum outbox_found {
    OUTBOX_BROKEN, /* see outbox_error() */
    OUTBOX_NONE,
    OUTBOX_FOUND,
};

enum outbox_found outbox_cursor(struct outbox *outbox, struct outbox_cursor *out);
/** The headers that were committed with the cursor; OUTBOX_NONE: there were none. */
enum outbox_found outbox_headers(struct outbox *outbox, uint8_t out[OUTBOX_HEADERS_SIZE],
                                 size_t *len);
/** Rules in order of their names; what row points to lives until each() returns. False on an error,
 *  or when each() has said no. */
bool outbox_each_rule(struct outbox *outbox,
                      bool (*each)(void *context, const struct outbox_rule *row), void *context);

/** The public key under which ids were made; OUTBOX_NONE before the first outbox_set_key(). Ids of
 * a replay are the same only under the same key. */
enum outbox_found outbox_key(struct outbox *outbox, uint8_t out[IDENTITY_KEY_SIZE]);
/** Zeroes stand for no key. */
bool outbox_set_key(struct outbox *outbox, const uint8_t key[IDENTITY_KEY_SIZE]);

/* ---- bringing it to the sinks ---- */

struct outbox_sink {
    char name[RULE_NAME_SIZE];
    bool configured; /* false: there is no section of it any more; what waits for it waits */
    struct delivery_memory memory;
    char why[OUTBOX_ANSWER_SIZE]; /* it is disabled */
    uint64_t heartbeats;          /* written so far: the next one's number is one more */
    int64_t heartbeat_ms;         /* when the latest was made, wall; 0: none */
    uint64_t waiting, dead;       /* messages */
};

/** Tells which sinks the configuration has. What waits for others grows old meanwhile. */
bool outbox_set_sinks(struct outbox *outbox, const char *const *names, size_t count,
                      int64_t wall_ms);
/** OUTBOX_NONE: never heard of. */
enum outbox_found outbox_sink(struct outbox *outbox, struct outbox_sink *out, const char *name);
/** In order of names. False on an error, or when each() has said no. */
bool outbox_each_sink(struct outbox *outbox,
                      bool (*each)(void *context, const struct outbox_sink *row), void *context);

/** A message on its way. */
struct outbox_delivery {
    int64_t number; /* ever higher */
    char id[IDENTITY_SIZE], alert_id[IDENTITY_SIZE];
    char rule[RULE_NAME_SIZE]; /* "" for none */
    enum alert_state state;
    int64_t created_ms;
    uint8_t *body; /* owned; a NUL stands behind it */
    size_t body_len;
    bool is_signed;
    uint8_t signature[SIGN_SIGNATURE_SIZE];
    uint32_t attempts, refusals; /* of earlier tries */
    int64_t first_try_ms;        /* 0: none */
};

/** The first that waits for the sink. Unless OUTBOX_FOUND, *out is empty. */
enum outbox_found outbox_next(struct outbox *outbox, struct outbox_delivery *out, const char *sink);
void outbox_delivery_free(struct outbox_delivery *delivery);

/** What came of a try. */
struct outbox_outcome {
    const char *sink;
    int64_t number; /* the message's */
    enum delivery_fate fate;
    bool refused; /* it counts as a refusal */
    int64_t tried_ms;
    int status;         /* of HTTP, or the like; 0: none came */
    const char *answer; /* in words; NULL: nothing */
    struct delivery_memory memory;
};

/** Writes outcomes down in one transaction. One of a heartbeat that has since been replaced counts
 *  for its sink only. */
bool outbox_record(struct outbox *outbox, const struct outbox_outcome *outcomes, size_t count);

/** For the metrics delivery.*; sinks that are not configured count among the dead only. */
struct outbox_counts {
    uint64_t queued;
    uint64_t dead;
    bool any;          /* something waits */
    int64_t oldest_ms; /* when the oldest that waits was made, wall */
};
bool outbox_counts(struct outbox *outbox, struct outbox_counts *out);

/* ---- upkeep ---- */

/** Brings what has been written from the write-ahead log into the database itself, if that is much.
 *  It takes some syncs, so that commits leave it to whoever calls this when there is time; unless
 *  that is put off for very long. */
void outbox_checkpoint(struct outbox *outbox);

/** A delivery in a list. What it points to lives until each() returns. */
struct outbox_entry {
    const char *sink;
    const char *id, *alert_id;
    const char *rule; /* "" for none */
    enum alert_state state;
    int64_t created_ms;
    enum delivery_fate fate;
    uint32_t attempts;
    int64_t first_try_ms, last_try_ms; /* 0: none */
    int64_t next_try_ms;               /* 0: at once, or behind another, or never */
    int status;
    const char *answer; /* "" for none */
};

/** What is not delivered (dead_only: what is dead), sink by sink in the order of delivery. False on
 *  an error, or when each() has said no. */
bool outbox_each_entry(struct outbox *outbox, bool dead_only,
                       bool (*each)(void *context, const struct outbox_entry *row), void *context);

/** Of which alert a name speaks: the id of one of which there are messages, or a rule, whose latest
 *  it is then. OUTBOX_NONE: there is no message of either. */
enum outbox_found outbox_find_alert(struct outbox *outbox, char out[IDENTITY_SIZE],
                                    const char *name);

/** A message of an alert. What it points to lives until each() returns. */
struct outbox_word {
    const char *id;
    const char *rule; /* "" for none */
    enum alert_state state;
    int64_t created_ms;
    const void *body;
    size_t body_len;
    bool is_signed;
};
/** The latest messages of an alert, at most so many, in their order; *left_out: how many came
 *  before them. False on an error, or when each() has said no. */
bool outbox_each_word(struct outbox *outbox, const char *alert_id, uint64_t most,
                      uint64_t *left_out,
                      bool (*each)(void *context, const struct outbox_word *row), void *context);
/** What became of a message, sink by sink in order of their names; next_try_ms is always 0. May be
 *  called from outbox_each_word()'s each(). False on an error, or when each() has said no. */
bool outbox_each_fate(struct outbox *outbox, const char *id,
                      bool (*each)(void *context, const struct outbox_entry *row), void *context);

/** What is to be tried anew. */
struct outbox_retry {
    const char *id;   /* NULL: every message */
    const char *sink; /* NULL: every sink */
};
struct outbox_retried {
    bool message_known, sink_known; /* true where none was named */
    uint64_t revived;               /* dead deliveries that wait again */
    uint64_t hastened;              /* others that wait, and are tried at once when their turn is */
};
/** Dead deliveries wait again, as if never refused; their sinks are enabled and tried at once. */
bool outbox_retry(struct outbox *outbox, const struct outbox_retry *what,
                  struct outbox_retried *out);

/**
 * Takes a message that waits for a sink out of its queue, so that what is behind it is tried at
 * once, unless the sink is disabled. It is a dead letter then, dropped by hand; outbox_retry()
 * brings it back, and if it was on its way and is taken, it is delivered. OUTBOX_NONE: no such
 * message waits for the sink.
 */
enum outbox_found outbox_drop(struct outbox *outbox, const char *id, const char *sink,
                              int64_t wall_ms);

struct outbox_tidying {
    int64_t wall_ms;
    int64_t keep_ms;    /* delivered messages are deleted after so long */
    int64_t give_up_ms; /* as in struct delivery_options: for sinks that are not even tried */
};
/** Does a bounded part of what is to be done; *more: call again soon. */
bool outbox_tidy(struct outbox *outbox, const struct outbox_tidying *tidying, bool *more);

#endif
