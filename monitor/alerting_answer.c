// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerting_answer: what people ask of the rules, through the control socket.
 */
#include "config.h"

#include "monitor/alerting_internal.h"

#include <string.h>

enum board_answer alerting_acknowledge(struct alerting *alerting, const char *rule, bool *written)
{
    enum board_answer answer =
        board_acknowledge(alerting->board, rule, &alerting->metrics, alerting_say, alerting);

    *written = answer != BOARD_DONE || (!alerting->stuck && alerting_commit(alerting));
    return answer;
}

enum board_answer alerting_silence(struct alerting *alerting, const char *rule,
                                   int64_t until_wall_ms, bool *written)
{
    enum board_answer answer = board_silence(alerting->board, rule, until_wall_ms);

    *written = answer != BOARD_DONE || (!alerting->stuck && alerting_commit(alerting));
    return answer;
}

/* ---- The list ----------------------------------------------------------- */

struct listing {
    const struct alerting *alerting;
    json_t *list;
    bool good;
};

/* Takes over the reference to value. */
static void put(struct listing *listing, json_t *object, const char *key, json_t *value)
{
    listing->good = json_object_set_new(object, key, value) == 0 && listing->good;
}

static void put_alert(struct listing *listing, json_t *object, const struct rule *rule,
                      const struct incident *incident)
{
    struct identity identity = {
        .kind = IDENTITY_RULE, .name = rule->name, .number = incident->number};
    char id[IDENTITY_SIZE];

    memcpy(identity.key, listing->alerting->speaker.public_key, sizeof identity.key);
    identity_alert(id, &identity);
    put(listing, object, "alert_id", json_string(id));
    put(listing, object, "number", json_integer((json_int_t)incident->number));
    put(listing, object, "messages", json_integer(incident->sequence));
    put(listing, object, "acknowledged", json_boolean(incident->acknowledged));
    put(listing, object, "since_ms", json_integer(incident->began_wall_ms));
    put(listing, object, "raised_ms", json_integer(incident->raised_wall_ms));
    put(listing, object, "raised_height", json_integer(incident->raised_height));
}

static void list_rule(void *context, const struct rule *rule, const struct incident *incident)
{
    struct listing *listing = context;
    json_t *object = json_object();
    const struct metric_value *value = &listing->alerting->metrics.values[rule->metric];
    int64_t until_ms = incident->silenced_until_ms;
    bool silent = until_ms > listing->alerting->moment.now.wall_ms;

    put(listing, object, "rule", json_string(rule->name));
    put(listing, object, "enabled", json_boolean(rule->enabled));
    put(listing, object, "severity", json_string(rule_severity_name(rule->severity)));
    put(listing, object, "phase", json_string(incident_phase_name(incident->phase)));
    put(listing, object, "metric", json_string(metric_info(rule->metric)->name));
    put(listing, object, "value", value->known ? json_real(value->value) : json_null());
    put(listing, object, "silenced", json_boolean(silent));
    put(listing, object, "silenced_until_ms",
        silent && until_ms != INCIDENT_SILENT_FOR_EVER ? json_integer(until_ms) : json_null());
    if (incident_stands(incident))
        put_alert(listing, object, rule, incident);
    listing->good = json_array_append_new(listing->list, object) == 0 && listing->good;
}

json_t *alerting_json(const struct alerting *alerting)
{
    struct listing listing = {.alerting = alerting, .list = json_array(), .good = true};

    board_each(alerting->board, list_rule, &listing);
    if (!listing.good) {
        json_decref(listing.list);
        return NULL;
    }
    return listing.list;
}
