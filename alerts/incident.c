// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * incident: see incident.h, where the diagram is; incident_store.c makes bytes of a state.
 *
 * A step goes through: time passes; a reorg takes back; a rule that must be silent, or has no
 * value, stops its timers; else the phase is moved on by the value; and if nothing has come of
 * that, an alert that stands may be said again.
 */
#include "config.h"

#include "alerts/incident.h"

#include <assert.h>
#include <math.h>

const char *incident_phase_name(enum incident_phase phase)
{
    static const char *const names[] = {[INCIDENT_IDLE] = "idle",
                                        [INCIDENT_PENDING] = "pending",
                                        [INCIDENT_FIRING] = "firing",
                                        [INCIDENT_CLEARING] = "clearing"};

    return names[phase];
}

const char *alert_state_name(enum alert_state state)
{
    static const char *const names[] = {
        [ALERT_RAISED] = "raised",   [ALERT_UPDATED] = "updated",     [ALERT_REPEATED] = "repeated",
        [ALERT_CLEARED] = "cleared", [ALERT_HEARTBEAT] = "heartbeat", [ALERT_TEST] = "test"};

    return names[state];
}

const char *alert_reason_name(enum alert_reason reason)
{
    static const char *const names[] = {
        [ALERT_BY_VALUE] = "value",         [ALERT_ACKNOWLEDGED] = "acknowledged",
        [ALERT_BY_REORG] = "reorg",         [ALERT_BY_RULE_CHANGED] = "rule-changed",
        [ALERT_BY_RULE_GONE] = "rule-gone", [ALERT_BY_NO_DATA] = "no-data"};

    return names[reason];
}

bool incident_stands(const struct incident *incident)
{
    return incident->phase == INCIDENT_FIRING || incident->phase == INCIDENT_CLEARING;
}

/* ---- Time --------------------------------------------------------------- */

/** What has passed since the snapshot before. */
struct passed {
    int64_t ms;     /* never negative */
    int64_t blocks; /* negative after a reorg to a lower tip */
};

static struct passed pass(struct incident *incident, const struct metrics *metrics)
{
    struct passed passed = {0};

    if (!incident->timed) { /* time begins */
        incident->since_ms = metrics->steady_ms;
        incident->told_ms = metrics->steady_ms;
    } else if (metrics->steady_ms >= incident->steady_ms) {
        passed.ms = metrics->steady_ms - incident->steady_ms;
    } else { /* backwards: it does not pass, and what is measured from goes back with it */
        incident->since_ms -= incident->steady_ms - metrics->steady_ms;
        incident->told_ms -= incident->steady_ms - metrics->steady_ms;
    }
    if (incident->timed && metrics->has_tip)
        passed.blocks = (int64_t)metrics->height - incident->height;
    if (metrics->has_tip)
        incident->height = metrics->height;
    incident->steady_ms = metrics->steady_ms;
    incident->timed = true;
    return passed;
}

/* Timers stand still: what they count from moves on with time. */
static void stand_still(struct incident *incident, struct passed passed)
{
    incident->since_ms += passed.ms;
    incident->since_height += passed.blocks;
    incident->told_ms += passed.ms;
}

/* The phase begins now. */
static void begin_phase(struct incident *incident, enum incident_phase phase)
{
    incident->phase = phase;
    incident->since_ms = incident->steady_ms;
    incident->since_height = incident->height;
}

static bool has_lasted(const struct incident *incident, struct rule_duration duration)
{
    if (duration.in_blocks)
        return (int64_t)incident->height - incident->since_height >= duration.amount;
    return incident->steady_ms - incident->since_ms >= duration.amount;
}

static bool must_be_silent(const struct rule *rule, const struct metrics *metrics)
{
    if (metric_info(rule->metric)->subject == METRIC_CHAIN)
        return !metrics->synced;
    return metrics->uptime_ms < INCIDENT_GRACE_MS;
}

static bool is_silenced(const struct incident *incident, const struct metrics *metrics)
{
    return metrics->wall_ms < incident->silenced_until_ms;
}

/* ---- Messages ----------------------------------------------------------- */

/* The next message of the incident. Always true. */
static bool say(struct alert_transition *out, struct incident *incident, enum alert_state state,
                enum alert_reason reason)
{
    incident->sequence++;
    incident->told_ms = incident->steady_ms;
    *out = (struct alert_transition){
        .state = state,
        .reason = reason,
        .incident = incident->number,
        .sequence = incident->sequence,
        .since_wall_ms = incident->began_wall_ms,
        .raised_wall_ms = incident->raised_wall_ms,
        .raised_height = incident->raised_height,
        .acknowledged = incident->acknowledged,
    };
    return true;
}

/* The incident ends. True if that has to be said: raised was. */
static bool finish(struct alert_transition *out, struct incident *incident,
                   enum alert_reason reason)
{
    bool told = incident->sequence > 0 && say(out, incident, ALERT_CLEARED, reason);

    incident->phase = INCIDENT_IDLE;
    incident->sequence = 0;
    incident->acknowledged = false;
    incident->undermined = false;
    incident->blind_ms = 0;
    return told;
}

/* Says that it was raised, unless silenced. */
static bool announce(struct alert_transition *out, struct incident *incident,
                     const struct rule *rule, const struct metrics *metrics)
{
    if (is_silenced(incident, metrics))
        return false;
    incident->told_value = metrics->values[rule->metric].value;
    incident->repeat_ms = rule->repeat_ms;
    return say(out, incident, ALERT_RAISED, ALERT_BY_VALUE);
}

static bool start_firing(struct alert_transition *out, struct incident *incident,
                         const struct rule *rule, const struct metrics *metrics)
{
    incident->phase = INCIDENT_FIRING;
    incident->number++;
    incident->sequence = 0;
    incident->acknowledged = false;
    incident->undermined = false;
    incident->raised_wall_ms = metrics->wall_ms;
    incident->raised_height = incident->height;
    return announce(out, incident, rule, metrics);
}

/* Whether the figure has moved so far since it was last said that it is news. A share alone is not
 * enough of an estimate, which wanders day by day while nothing happens: its interval must leave
 * out what was last said, too. (A figure without an interval is its own interval.) */
static bool has_moved(const struct incident *incident, const struct rule *rule,
                      const struct metric_value *figure)
{
    double told = incident->told_value;
    double scale = fmax(fabs(told), fabs(rule->raise_level));

    return rule->update > 0 && scale > 0 && fabs(figure->value - told) >= rule->update * scale &&
           (told < figure->lo || told > figure->hi) &&
           incident->steady_ms - incident->told_ms >= INCIDENT_UPDATE_SPACING_MS;
}

static bool is_due(const struct incident *incident, const struct rule *rule)
{
    return rule->repeat_ms > 0 && !incident->acknowledged &&
           incident->steady_ms - incident->told_ms >= incident->repeat_ms;
}

/* An alert stands, and nothing has changed: what is there to say? */
static bool tell(struct alert_transition *out, struct incident *incident, const struct rule *rule,
                 const struct metrics *metrics)
{
    const struct metric_value *figure = &metrics->values[rule->metric];
    double next = 0;

    if (is_silenced(incident, metrics))
        return false;
    if (incident->sequence == 0)
        return announce(out, incident, rule, metrics);
    if (has_moved(incident, rule, figure)) {
        incident->told_value = figure->value;
        return say(out, incident, ALERT_UPDATED, ALERT_BY_VALUE);
    }
    if (!is_due(incident, rule))
        return false;
    next = (double)incident->repeat_ms * rule->repeat_factor;
    incident->repeat_ms = next < (double)rule->repeat_max_ms ? (int64_t)next : rule->repeat_max_ms;
    incident->told_value = figure->value;
    return say(out, incident, ALERT_REPEATED, ALERT_BY_VALUE);
}

/* ---- A step ------------------------------------------------------------- */

/* Takes back what blocks above the fork have said. */
static void take_back(struct incident *incident, const struct rule *rule,
                      const struct metrics *metrics)
{
    const struct metric_info *metric = metric_info(rule->metric);
    int64_t fork = metrics->fork_height;

    if (!metrics->reorged || metric->subject != METRIC_CHAIN || metric->kind == METRIC_EVENT)
        return;
    if (incident_stands(incident) && incident->raised_height > metrics->fork_height)
        incident->undermined = true;
    if (incident->phase == INCIDENT_PENDING && incident->since_height > fork)
        incident->phase = INCIDENT_IDLE;
    if (incident->phase == INCIDENT_CLEARING && incident->since_height > fork)
        incident->phase = INCIDENT_FIRING;
}

/* The value is not known, though nothing else is in the way. */
static bool be_blind(struct alert_transition *out, struct incident *incident, struct passed passed)
{
    stand_still(incident, passed);
    incident->blind_ms += passed.ms;
    if (incident->blind_ms < INCIDENT_BLIND_MS)
        return false;
    if (incident_stands(incident))
        return finish(out, incident, ALERT_BY_NO_DATA);
    incident->phase = INCIDENT_IDLE;
    return false;
}

/* No alert stands. */
static bool watch(struct alert_transition *out, struct incident *incident, const struct rule *rule,
                  const struct metrics *metrics, double value)
{
    if (!rule_raises(rule, value)) {
        incident->phase = INCIDENT_IDLE;
        return false;
    }
    if (incident->phase == INCIDENT_IDLE) {
        begin_phase(incident, INCIDENT_PENDING);
        incident->began_wall_ms = metrics->wall_ms;
    }
    return has_lasted(incident, rule->raise_for) && start_firing(out, incident, rule, metrics);
}

/* An alert stands. */
static bool stand(struct alert_transition *out, struct incident *incident, const struct rule *rule,
                  const struct metrics *metrics, double value)
{
    if (incident->undermined && !rule_raises(rule, value))
        return finish(out, incident, ALERT_BY_REORG);
    if (incident->undermined) { /* the new chain says so too */
        incident->undermined = false;
        incident->raised_height = incident->height;
    }
    if (!rule_clears(rule, value)) {
        incident->phase = INCIDENT_FIRING;
        return tell(out, incident, rule, metrics);
    }
    if (incident->phase == INCIDENT_FIRING)
        begin_phase(incident, INCIDENT_CLEARING);
    return has_lasted(incident, rule->clear_for) && finish(out, incident, ALERT_BY_VALUE);
}

bool incident_step(struct alert_transition *out, struct incident *incident, const struct rule *rule,
                   const struct metrics *metrics)
{
    struct passed passed = pass(incident, metrics);
    double value = 0;

    assert(rule->enabled);
    take_back(incident, rule, metrics);
    if (must_be_silent(rule, metrics)) {
        stand_still(incident, passed);
        return false;
    }
    if (incident->digest != rule->digest) {
        incident->digest = rule->digest;
        if (incident_stands(incident))
            return finish(out, incident, ALERT_BY_RULE_CHANGED);
        incident->phase = INCIDENT_IDLE;
    }
    if (!rule_value(&value, rule, metrics))
        return be_blind(out, incident, passed);
    incident->blind_ms = 0;
    if (incident_stands(incident))
        return stand(out, incident, rule, metrics, value);
    return watch(out, incident, rule, metrics, value);
}

/* ---- From outside ------------------------------------------------------- */

bool incident_retire(struct alert_transition *out, struct incident *incident,
                     const struct metrics *metrics)
{
    (void)pass(incident, metrics);
    incident->digest = 0;
    if (incident_stands(incident))
        return finish(out, incident, ALERT_BY_RULE_GONE);
    incident->phase = INCIDENT_IDLE;
    return false;
}

bool incident_acknowledge(struct alert_transition *out, struct incident *incident,
                          const struct metrics *metrics)
{
    if (!incident_stands(incident) || incident->acknowledged)
        return false;
    incident->acknowledged = true;
    if (incident->sequence == 0 || is_silenced(incident, metrics))
        return false;
    (void)pass(incident, metrics);
    return say(out, incident, ALERT_UPDATED, ALERT_ACKNOWLEDGED);
}

void incident_silence(struct incident *incident, int64_t until_wall_ms)
{
    incident->silenced_until_ms = until_wall_ms;
}
