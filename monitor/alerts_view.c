// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerts_view: see alerts_view.h. This part shows rules and sinks; alerts_view_story.c tells
 * stories.
 */
#include "config.h"

#include "monitor/alerts_view.h"

#include "alerts/sign.h"
#include "monitor/fields.h"
#include "monitor/mem.h"
#include "monitor/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes over the reference to object. */
static bool append(json_t *array, json_t *object)
{
    return json_array_append_new(array, object) == 0;
}

static json_t *time_or_null(int64_t ms)
{
    return ms != 0 ? json_integer(ms) : json_null();
}

/* ---- Rules -------------------------------------------------------------- */

struct listing {
    const struct alerts_view *view;
    json_t *list;
    bool good;
};

static bool put_alert(json_t *object, const struct listing *listing, const struct rule *rule,
                      const struct incident *incident)
{
    struct identity identity = {
        .kind = IDENTITY_RULE, .name = rule->name, .number = incident->number};
    char id[IDENTITY_SIZE];
    bool good = true;

    memcpy(identity.key, listing->view->key, sizeof identity.key);
    identity_alert(id, &identity);
    good = good && fields_set(object, "alert_id", json_string(id));
    good = good && fields_set(object, "number", json_integer((json_int_t)incident->number));
    good = good && fields_set(object, "messages", json_integer(incident->sequence));
    good = good && fields_set(object, "acknowledged", json_boolean(incident->acknowledged));
    good = good && fields_set(object, "raised_ms", json_integer(incident->raised_wall_ms));
    good = good && fields_set(object, "raised_height", json_integer(incident->raised_height));
    return good;
}

static bool put_silence(json_t *object, const struct incident *incident, int64_t wall_ms)
{
    int64_t until_ms = incident->silenced_until_ms;
    bool silent = until_ms > wall_ms;
    bool ends = silent && until_ms != INCIDENT_SILENT_FOR_EVER;

    return fields_set(object, "silenced", json_boolean(silent)) &&
           fields_set(object, "silenced_until_ms", ends ? json_integer(until_ms) : json_null());
}

static json_t *rule_json(const struct listing *listing, const struct rule *rule,
                         const struct incident *incident)
{
    const struct metrics *metrics = listing->view->metrics;
    const struct metric_value *value = metrics != NULL ? &metrics->values[rule->metric] : NULL;
    bool known = value != NULL && value->known;
    json_t *object = json_object();
    bool good = true;

    good = good && fields_set(object, "rule", json_string(rule->name));
    good = good && fields_set(object, "enabled", json_boolean(rule->enabled));
    good = good && fields_set(object, "severity", json_string(rule_severity_name(rule->severity)));
    good = good && fields_set(object, "phase", json_string(incident_phase_name(incident->phase)));
    good = good && fields_set(object, "metric", json_string(metric_info(rule->metric)->name));
    good = good && fields_set(object, "value", known ? json_real(value->value) : json_null());
    good = good && put_silence(object, incident, listing->view->wall_ms);
    if (incident->phase != INCIDENT_IDLE)
        good = good && fields_set(object, "since_ms", json_integer(incident->began_wall_ms));
    if (incident_stands(incident))
        good = good && put_alert(object, listing, rule, incident);
    return fields_complete(object, good);
}

static void list_rule(void *context, const struct rule *rule, const struct incident *incident)
{
    struct listing *listing = context;

    listing->good = listing->good && append(listing->list, rule_json(listing, rule, incident));
}

json_t *alerts_view_rules(const struct alerts_view *view)
{
    struct listing listing = {.view = view, .list = json_array(), .good = true};

    board_each(view->board, list_rule, &listing);
    return fields_complete(listing.list, listing.good);
}

static bool restore_rule(void *context, const struct outbox_rule *row)
{
    struct board *board = context;

    /* What cannot be read is shown as it would begin: anew. */
    (void)board_restore(board, row->name, row->state, row->state_len);
    return board_number(board, row->name, row->incident);
}

json_t *alerts_view_stored(struct outbox *outbox, const struct settings *settings, int64_t wall_ms)
{
    uint8_t key[IDENTITY_KEY_SIZE] = {0};
    struct board *board = board_new(&settings->rules);
    json_t *rules = NULL;

    if (board != NULL && outbox_key(outbox, key) != OUTBOX_BROKEN &&
        outbox_each_rule(outbox, restore_rule, board))
        rules = alerts_view_rules(
            &(struct alerts_view){.board = board, .key = key, .wall_ms = wall_ms});
    board_free(board);
    return rules;
}

/* ---- One of them -------------------------------------------------------- */

json_t *alerts_view_find(const json_t *rules, const char *name)
{
    static const char *const keys[] = {"rule", "alert_id"};

    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t i = 0; i < json_array_size(rules); i++) {
            json_t *rule = json_array_get(rules, i);

            if (name[0] != '\0' && strcmp(fields_text(rule, keys[k]), name) == 0)
                return rule;
        }
    }
    return NULL;
}

static bool looks_like_id(const char *name)
{
    return strlen(name) == IDENTITY_SIZE - 1 &&
           strspn(name, "0123456789abcdef") == IDENTITY_SIZE - 1;
}

void alerts_view_unknown(char out[ALERTS_VIEW_UNKNOWN_SIZE], const json_t *rules, const char *name)
{
    size_t count = json_array_size(rules);
    const char **names = mem_zeroed(count + 1, sizeof *names);
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++)
        names[i] = fields_text(json_array_get(rules, i), "rule");
    nearest = text_nearest(name, names, count);
    free(names);
    if (nearest != NULL)
        snprintf(out, ALERTS_VIEW_UNKNOWN_SIZE, "there is no rule %.60s: did you mean %.60s?", name,
                 nearest);
    else if (looks_like_id(name))
        snprintf(out, ALERTS_VIEW_UNKNOWN_SIZE,
                 "nothing is known of an alert %s: see 'hashtide alerts list --json'", name);
    else
        snprintf(out, ALERTS_VIEW_UNKNOWN_SIZE,
                 "there is no rule %.60s: 'hashtide alerts list --all' names them", name);
}

/* ---- Sinks -------------------------------------------------------------- */

const char *alerts_view_fate(enum delivery_fate fate)
{
    static const char *const names[] = {"waiting", "delivered", "refused", "too-late", "dropped"};

    return names[fate];
}

json_t *alerts_view_sink(const struct outbox_sink *sink)
{
    const struct delivery_memory *memory = &sink->memory;
    json_t *object = json_object();
    bool good = true;

    good = good && fields_set(object, "sink", text_to_json(sink->name));
    good = good && fields_set(object, "configured", json_boolean(sink->configured));
    good = good && fields_set(object, "disabled", json_boolean(memory->disabled));
    good = good &&
           fields_set(object, "why", sink->why[0] != '\0' ? text_to_json(sink->why) : json_null());
    good = good && fields_set(object, "failures", json_integer(memory->failures));
    good = good && fields_set(object, "failing_since_ms", time_or_null(memory->failing_since_ms));
    good = good && fields_set(object, "next_try_ms", time_or_null(memory->next_try_ms));
    good = good && fields_set(object, "waiting", json_integer((json_int_t)sink->waiting));
    good = good && fields_set(object, "dead", json_integer((json_int_t)sink->dead));
    return fields_complete(object, good);
}

static bool list_sink(void *context, const struct outbox_sink *sink)
{
    return append(context, alerts_view_sink(sink));
}

json_t *alerts_view_sinks(struct outbox *outbox)
{
    json_t *list = json_array();

    return fields_complete(list, outbox_each_sink(outbox, list_sink, list));
}

/* ---- Names -------------------------------------------------------------- */

static bool put_name(json_t *names, const char *key, const char *name)
{
    return append(json_object_get(names, key), json_string(name));
}

static bool sort_rule(json_t *names, const json_t *rule)
{
    const char *name = fields_text(rule, "rule");
    bool stands = json_object_get(rule, "alert_id") != NULL;
    bool good = true;

    if (stands)
        good = put_name(json_object_get(names, "standing"), fields_text(rule, "severity"), name);
    if (strcmp(fields_text(rule, "phase"), "pending") == 0)
        good = good && put_name(names, "pending", name);
    if (fields_true(rule, "silenced"))
        good = good && put_name(names, "silenced", name);
    if (fields_true(rule, "acknowledged"))
        good = good && put_name(names, "acknowledged", name);
    return good;
}

json_t *alerts_view_names(const json_t *rules)
{
    json_t *names = json_pack("{s:{s:[], s:[], s:[]}, s:[], s:[], s:[]}", "standing", "critical",
                              "warning", "info", "pending", "silenced", "acknowledged");
    bool good = names != NULL;

    for (size_t i = 0; good && i < json_array_size(rules); i++)
        good = sort_rule(names, json_array_get(rules, i));
    return fields_complete(names, good);
}

/* ---- The status --------------------------------------------------------- */

static json_t *key_json(const uint8_t *key)
{
    struct sign_key public_key;
    char text[SIGN_KEY_TEXT_SIZE];

    if (key == NULL)
        return json_null();
    memcpy(public_key.bytes, key, sizeof public_key.bytes);
    sign_key_format(text, &public_key);
    return json_string(text);
}

bool alerts_view_in_status(json_t *status, const json_t *rules, struct outbox *outbox,
                           const uint8_t *key, const char *trouble)
{
    json_t *names = rules != NULL ? alerts_view_names(rules) : NULL;

    return fields_set(status, "public_key", key_json(key)) && fields_set(status, "alerts", names) &&
           fields_set(names, "trouble", trouble != NULL ? text_to_json(trouble) : json_null()) &&
           fields_set(status, "sinks", alerts_view_sinks(outbox));
}
