// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_say: what is said: the documents, signed, and their lines in the log.
 */
#include "config.h"

#include "monitor/alerting_internal.h"
#include "monitor/mem.h"
#include "monitor/net/entropy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key that does not sign is a machine that miscalculates; what is to be said is said unsigned. */
static void sign(struct alerting *alerting, struct alerting_note *note)
{
    uint8_t aux[SIGN_SEED_SIZE];

    if (alerting->signer == NULL)
        return;
    entropy_fill(aux, sizeof aux);
    note->is_signed =
        signer_sign_alert(alerting->signer, &note->signature, note->body, note->body_len, aux);
    if (!note->is_signed)
        log_write(alerting->log, LOG_BROKEN,
                  "message %s could not be signed, and goes out unsigned: this machine's memory or "
                  "processor is probably faulty",
                  note->id);
}

static struct alerting_note *write_note(struct alerting *alerting, const struct document *document)
{
    struct alerting_note *note = alerting_batch_note(&alerting->batch);
    char summary[DOCUMENT_SUMMARY_SIZE];

    document_message_id(note->id, document);
    document_alert_id(note->alert_id, document);
    note->state = document->transition->state;
    note->created_ms = alerting->moment.now.wall_ms;
    note->body = document_bytes(&note->body_len, document);
    if (note->body == NULL) {
        log_write(alerting->log, LOG_BROKEN, "out of memory");
        abort();
    }
    document_summary(summary, document);
    note->summary = mem_text(summary);
    sign(alerting, note);
    return note;
}

void alerting_say(void *context, const struct rule *rule, const struct alert_transition *transition)
{
    struct alerting *alerting = context;
    struct document document = {.monitor = &alerting->speaker,
                                .metrics = &alerting->metrics,
                                .rule = rule,
                                .transition = transition,
                                /* The rest can wait: what somebody does meanwhile, say. */
                                .not_durable =
                                    alerting->stuck && rule->metric == METRIC_STORE_TROUBLE};
    struct alerting_note *note = write_note(alerting, &document);

    snprintf(note->rule, sizeof note->rule, "%s", rule->name);
    note->severity = rule->severity;
    note->not_durable = document.not_durable;
    for (size_t i = 0; i < alerting->sink_count; i++) {
        if (rule_sends_to(rule, alerting->sinks[i].name))
            alerting_batch_sink(note, alerting->sinks[i].name);
    }
}

/* ---- Heartbeats --------------------------------------------------------- */

/* The first when we are about our work; then one in each period, also over restarts. */
static bool is_due(const struct alerting *alerting, const struct alerting_sink *sink)
{
    int64_t wall_ms = alerting->moment.now.wall_ms;

    if (sink->heartbeat_ms == 0)
        return false;
    if (sink->last_heartbeat_ms == 0)
        return alerting->moment.synced || alerting->metrics.uptime_ms >= INCIDENT_GRACE_MS;
    /* A clock that was set back would put it off for as long. */
    return wall_ms - sink->last_heartbeat_ms >= sink->heartbeat_ms ||
           wall_ms < sink->last_heartbeat_ms;
}

void alerting_beat(struct alerting *alerting)
{
    for (size_t i = 0; i < alerting->sink_count; i++) {
        struct alerting_sink *sink = &alerting->sinks[i];
        struct alert_transition transition = {
            .state = ALERT_HEARTBEAT, .incident = sink->heartbeats + 1, .sequence = 1};
        struct document document = {.monitor = &alerting->speaker,
                                    .metrics = &alerting->metrics,
                                    .transition = &transition,
                                    .sink = sink->name};

        if (!is_due(alerting, sink))
            continue;
        alerting_batch_sink(write_note(alerting, &document), sink->name);
        sink->heartbeats++;
        sink->last_heartbeat_ms = alerting->moment.now.wall_ms;
    }
}

/* ---- Lines, and what cannot wait ---------------------------------------- */

static enum log_level level_of(const struct alerting_note *note)
{
    if (note->state == ALERT_HEARTBEAT)
        return LOG_DEBUG;
    if (note->severity == RULE_INFO || note->state == ALERT_CLEARED)
        return LOG_INFO;
    return LOG_UNUSUAL;
}

static void log_note(struct alerting *alerting, const struct alerting_note *note)
{
    log_write(alerting->log, level_of(note), "%s%s%s %s: %s", note->rule[0] != '\0' ? "alert " : "",
              note->rule, note->rule[0] != '\0' ? "" : "sent", alert_state_name(note->state),
              note->summary);
}

void alerting_log_notes(struct alerting *alerting)
{
    for (size_t i = 0; i < alerting->batch.note_count; i++) {
        if (!alerting->batch.notes[i].undurable_sent)
            log_note(alerting, &alerting->batch.notes[i]);
    }
}

void alerting_send_undurable(struct alerting *alerting)
{
    for (size_t i = 0; i < alerting->batch.note_count; i++) {
        struct alerting_note *note = &alerting->batch.notes[i];
        struct alerting_undurable message = {
            .id = note->id,
            .body = note->body,
            .body_len = note->body_len,
            .signature = note->is_signed ? &note->signature : NULL,
            .sinks = (const char *const *)note->sinks,
            .sink_count = note->sink_count,
        };

        if (note->undurable_sent || !note->not_durable)
            continue;
        note->undurable_sent = true;
        log_note(alerting, note);
        if (alerting->undurable != NULL)
            alerting->undurable(alerting->context, &message);
    }
}
