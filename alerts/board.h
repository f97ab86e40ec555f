// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * board: all rules in force, each with its state: snapshots in, messages out, states to be stored.
 *
 * States belong to names. A rule that is removed or switched off has its alert cleared at the next
 * step; its state is kept, and goes on when a rule of that name comes back, so that no id is given
 * twice. What is stored of a state that is not idle holds enough of the rule to say so even if the
 * rule is gone by the next start.
 *
 * board_step() and board_changes() are to be followed by one transaction that writes messages and
 * states together; then a replay from there makes the same messages under the same ids.
 *
 * Memory: some 2 KB a rule.
 */
#ifndef HASHTIDE_ALERTS_BOARD_H
#define HASHTIDE_ALERTS_BOARD_H

#include "alerts/incident.h"
#include "alerts/metric.h"
#include "alerts/ruleset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board; /* opaque */

/** Most bytes of a stored state. */
#define BOARD_BYTES_MAX 1024

/** A message; rule and transition are of this call only. */
typedef void (*board_message_fn)(void *context, const struct rule *rule,
                                 const struct alert_transition *transition);
/** A state to be stored under its rule's name, in the place of what was there. */
typedef void (*board_state_fn)(void *context, const char *name, const uint8_t *bytes, size_t len);

/** The rules are copied. NULL when memory is short. */
struct board *board_new(const struct ruleset *set);
void board_free(struct board *board);

/** A stored state, before the first step. False where the bytes are none, or memory is short; then
 *  the rule begins anew, and its number should be had from the messages sent, by board_number(). */
bool board_restore(struct board *board, const char *name, const uint8_t *bytes, size_t len);
/** The next incident of this rule has a number above this one. False when memory is short. */
bool board_number(struct board *board, const char *name, uint64_t number);

/** Other rules from now on. False, and nothing is changed, when memory is short. */
bool board_reconfigure(struct board *board, const struct ruleset *set);

/** Which rules look at a snapshot. The timers of the others stand still, so that each kind has a
 *  time of its own: that of the chain's rules is behind while blocks are caught up with. */
enum board_part {
    BOARD_ALL,
    BOARD_CHAIN,  /* on figures of the class METRIC_CHAIN */
    BOARD_HEALTH, /* on figures of the class METRIC_HEALTH */
    BOARD_STORE,  /* on store.trouble: what is still to be said when nothing can be written */
};

/** Takes a snapshot through the rules of a part, in order, then through those that are gone. To be
 *  called at every change of the chain, and every few seconds besides, since durations and
 *  repetitions are noticed then. Returns the number of messages. */
size_t board_step(struct board *board, enum board_part part, const struct metrics *metrics,
                  board_message_fn message, void *context);

enum board_answer {
    BOARD_DONE,
    BOARD_NO_RULE,  /* none of this name */
    BOARD_NO_ALERT, /* nothing of it stands */
    BOARD_ALREADY,  /* it was acknowledged before */
};
/** See incident_acknowledge(); there may be a message. */
enum board_answer board_acknowledge(struct board *board, const char *name,
                                    const struct metrics *metrics, board_message_fn message,
                                    void *context);
/** See incident_silence(). */
enum board_answer board_silence(struct board *board, const char *name, int64_t until_wall_ms);

/** Calls state() with each state that is not as it was when it was last given, or restored. Returns
 *  how many. */
size_t board_changes(struct board *board, board_state_fn state, void *context);

/** Calls each() with each rule in force or switched off, in order, and its state. */
void board_each(const struct board *board,
                void (*each)(void *context, const struct rule *rule,
                             const struct incident *incident),
                void *context);
/** A rule's state; NULL if there is none of this name, or it is gone. */
const struct incident *board_incident(const struct board *board, const char *name);

#endif
