// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * incident: the state machine of one rule: snapshots in, messages out.
 *
 *                 at raise level                for `for`
 *      .------. ----------------> .---------. ------------> .--------.
 *      | idle |                   | pending |               | firing | <----------------.
 *      '------' <---------------- '---------'               '--------'                  |
 *        ^  ^      no longer                                  |    |                    |
 *        |  |                     taken back by a reorg,      |    | at clear level     | no longer
 *        |  '-------------------- rule changed or gone,  <----+    v                    |
 *        |                        no data for a day           | .----------.            |
 *        |                                                    '-| clearing |------------'
 *        '------------------------------------------------------'----------'
 *                               for `clearfor`
 *
 *      transition           message    by
 *      pending -> firing    raised     start_firing()
 *      firing               raised     tell() (the first word, where it was silenced till now)
 *      firing               updated    tell() (value moved), incident_acknowledge()
 *      firing               repeated   tell()
 *      firing -> idle       cleared    finish()
 *      clearing -> idle     cleared    finish()
 *
 * What holds:
 *   - One step makes at most one message. Raised and cleared take turns, and between the two the
 *     value went from one level to the other and stayed there as long as the rule says.
 *   - Messages of an incident are numbered 1, 2, 3 ...; cleared is the last, and is said if and
 *     only if raised was. A new incident has the next number.
 *   - Same states, same rules and same snapshots give the same states and messages. Time, height
 *     and everything else come with the snapshot.
 *   - While a rule must be silent (a chain rule while syncing, a health rule in the grace after
 *     start) or its value is not known, its timers stand still.
 *   - Time that runs backwards is time that does not pass.
 *
 * A reorg takes back what its blocks said: a pending or clearing that began in blocks which are
 * gone begins anew; an alert that was raised in one stands only if the new chain is at the raise
 * level too, and is else cleared at once, with that reason. Events stay: they have happened.
 *
 * A state is a plain value of some 200 bytes; incident_encode() makes bytes of it for the store.
 */
#ifndef HASHTIDE_ALERTS_INCIDENT_H
#define HASHTIDE_ALERTS_INCIDENT_H

#include "alerts/metric.h"
#include "alerts/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Health rules are silent for so long after start: peers take minutes to be found. */
#define INCIDENT_GRACE_MS ((int64_t)10 * 60 * 1000)
/** An alert whose value has not been known for so long, all else being well, is cleared. */
#define INCIDENT_BLIND_MS ((int64_t)24 * 60 * 60 * 1000)
/** Updates come at most so often. */
#define INCIDENT_UPDATE_SPACING_MS ((int64_t)10 * 60 * 1000)
/** A silence without end. */
#define INCIDENT_SILENT_FOR_EVER INT64_MAX

enum incident_phase {
    INCIDENT_IDLE,
    INCIDENT_PENDING,
    INCIDENT_FIRING,
    INCIDENT_CLEARING,
};

/** What a message says has happened. The last two are not of a rule. */
enum alert_state {
    ALERT_RAISED,
    ALERT_UPDATED,
    ALERT_REPEATED,
    ALERT_CLEARED,
    ALERT_HEARTBEAT,
    ALERT_TEST,
};

/** Why. */
enum alert_reason {
    ALERT_BY_VALUE,        /* the value did it, or time */
    ALERT_ACKNOWLEDGED,    /* updated: somebody has taken note */
    ALERT_BY_REORG,        /* cleared: the blocks that justified it are gone */
    ALERT_BY_RULE_CHANGED, /* cleared: the rule means something else now */
    ALERT_BY_RULE_GONE,    /* cleared: removed or switched off */
    ALERT_BY_NO_DATA,      /* cleared: the value has not been known for a day */
};

/** All that is remembered of a rule between two snapshots. Zeroed: nothing yet. */
struct incident {
    enum incident_phase phase;
    uint64_t digest;   /* of the rule it is of; 0 before the first step */
    uint64_t number;   /* of the latest incident, 1, 2, ...; 0: none yet. Never goes back */
    uint32_t sequence; /* of the latest message of it; 0: none yet */
    bool acknowledged;
    bool undermined; /* a reorg took the block at which it was raised; to be judged again */

    bool timed;           /* steady_ms and height are of an earlier snapshot */
    int64_t steady_ms;    /* its time, never going back */
    uint32_t height;      /* its tip */
    int64_t since_ms;     /* steady: when pending or clearing began, time standing still left out */
    int64_t since_height; /* the same in blocks */
    int64_t blind_ms;     /* for how long the value has not been known */

    int64_t began_wall_ms;  /* when pending began: the alert's "since" */
    int64_t raised_wall_ms; /* when it was raised */
    uint32_t raised_height;

    int64_t told_ms;           /* steady: the latest message */
    int64_t repeat_ms;         /* interval to the next repetition */
    double told_value;         /* the figure then: the estimate, whichever bound is compared */
    int64_t silenced_until_ms; /* wall; 0: not silenced */
};

/** A message to be sent. Its ids are made by identity.h, its text by document.h. */
struct alert_transition {
    enum alert_state state;
    enum alert_reason reason;
    uint64_t incident;
    uint32_t sequence;
    int64_t since_wall_ms; /* the value has been beyond the level since */
    int64_t raised_wall_ms;
    uint32_t raised_height;
    bool acknowledged;
};

/**
 * Takes a snapshot. True with *out set if there is something to say. rule is enabled and
 * *incident zeroed, decoded or of the same rule's earlier steps; a rule that has since changed
 * its digest is noticed, and its alert cleared.
 */
bool incident_step(struct alert_transition *out, struct incident *incident, const struct rule *rule,
                   const struct metrics *metrics);

/** The rule is gone or switched off. True with *out set if an alert has to be cleared. The state
 *  must be kept for its number, in case that the rule comes back. */
bool incident_retire(struct alert_transition *out, struct incident *incident,
                     const struct metrics *metrics);

/** Somebody has taken note: no more repetitions of this alert. True with *out set if that is news;
 *  false where nothing fires or it was known. */
bool incident_acknowledge(struct alert_transition *out, struct incident *incident,
                          const struct metrics *metrics);

/**
 * Nothing is said until then (wall clock), but that an alert is cleared which had been raised
 * aloud. 0 ends the silence. What is raised meanwhile is said when the silence ends, if it still
 * stands.
 */
void incident_silence(struct incident *incident, int64_t until_wall_ms);

/** Whether an alert stands. */
bool incident_stands(const struct incident *incident);

/** Bytes of an encoded state, of this version. Those of an idle state stay the same while it is. */
#define INCIDENT_BYTES 112
void incident_encode(uint8_t out[INCIDENT_BYTES], const struct incident *incident);
/**
 * False, *out untouched, unless the bytes are of a state that incident_encode() may have written.
 * Of a state that is lost the number must be had elsewhere (from the messages sent), or ids repeat.
 */
bool incident_decode(struct incident *out, const uint8_t *bytes, size_t len);

/** "idle", "pending", "firing", "clearing". */
const char *incident_phase_name(enum incident_phase phase);
/** "raised", "updated", "repeated", "cleared", "heartbeat", "test". */
const char *alert_state_name(enum alert_state state);
/** "value", "acknowledged", "reorg", "rule-changed", "rule-gone", "no-data". */
const char *alert_reason_name(enum alert_reason reason);

#endif
