// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_rig: the middle of the monitor without its network: header file, watch, alerting and
 * outbox on files that are recorded (io_record.h), in virtual time. A test offers headers, lets
 * time pass, ends it and starts it again, and reads what stands in the outbox.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_ALERTING_RIG_H
#define HASHTIDE_TESTS_SUPPORT_ALERTING_RIG_H

#include "monitor/alerting.h"
#include "monitor/settings.h"
#include "monitor/store/headerfile.h"
#include "monitor/watch.h"
#include "tests/support/io_record.h"
#include "tests/support/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The sink that every message is for. */
#define RIG_SINK "s"

/** A message, as it was found. */
struct rig_message {
    char id[IDENTITY_SIZE], alert_id[IDENTITY_SIZE];
    char rule[RULE_NAME_SIZE]; /* "" for a heartbeat */
    char state[16], reason[16];
    uint64_t sequence;
    uint32_t height;
    bool late, durable;
    char *body; /* owned */
};

struct rig_messages {
    struct rig_message *items; /* owned */
    size_t count;
};

struct rig {
    struct io_record *headers, *rows; /* disks of the header file and of the outbox; maybe one */
    struct settings settings;
    struct instant now;
    bool synced;
    struct alerting_health health;

    struct headerfile *file; /* NULL: not running */
    struct outbox *outbox;
    struct alerting *alerting;
    struct watch *watch;
    uint32_t told;                 /* the tip that the watch was last told */
    uint32_t restored;             /* headers that the outbox gave back at the start */
    struct rig_messages undurable; /* what was sent from memory */
    size_t queued;                 /* calls */
};

/** Not running. text: rules, and the sink's section if it is not to be a plain one; built-in rules
 *  are off unless there is a section of their name. The disks stay the test's. */
void rig_init(struct rig *rig, const char *text, struct io_record *headers, struct io_record *rows);
/** Also ends it, as kill -9 does. */
void rig_free(struct rig *rig);
/** Other settings; takes effect at once where it runs. */
void rig_configure(struct rig *rig, const char *text);

void rig_start(struct rig *rig);
/** Ends it, in order or as kill -9 does. False: something could not be written. */
bool rig_stop(struct rig *rig, bool crash);
/** A peer sends its chain, from its first header that is not known on. */
void rig_offer(struct rig *rig, const struct chain *chain);
/** Makes what was offered durable, without a word to anybody. */
void rig_store(struct rig *rig, const struct chain *chain);
/** Lets time pass, and all do what is due. */
void rig_run(struct rig *rig, int64_t ms);
/** Whether the rules have looked at the tip. */
bool rig_is_at_tip(const struct rig *rig);

/** Takes all messages out of the outbox of a rig that runs, in order, as a sink that takes them. */
void rig_take(struct rig *rig, struct rig_messages *out);
void rig_messages_free(struct rig_messages *messages);

/* ---- chains with something to say ---- */

/** Rules on the share of blocks stamped before their parent, and on reorganisations. */
const char *rig_rules(void);
/** Appends a block stamped after its parent, or, where there are some, before it. Of those not more
 *  than four in a row. */
void rig_mine(struct chain *chain, bool before, uint32_t tag);
/** How many blocks are stamped before their parent; *row: so many at the end. */
size_t rig_stamped_before(const struct chain *chain, size_t *row);

#endif
