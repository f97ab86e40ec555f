// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * document: see document.h; the sentence is made by document_summary.c.
 */
#include "config.h"

#include "alerts/document.h"

#include "alerts/document_internal.h"
#include "alerts/hex.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The form of documents: a number that goes up when a field changes its meaning or goes away. */
#define FORM 1
/** Whole numbers up to here are printed as such: a double holds them exactly. */
#define WHOLE_MAX 9007199254740992.0

static bool is_of_rule(const struct document *document)
{
    return document->rule != NULL;
}

/* ---- Ids ---------------------------------------------------------------- */

static struct identity identity_of(const struct document *document)
{
    struct identity identity = {
        .kind = document->monitor->backtest ? IDENTITY_BACKTEST : IDENTITY_RULE,
        .number = document->transition->incident,
    };

    if (document->monitor->has_key)
        memcpy(identity.key, document->monitor->public_key, IDENTITY_KEY_SIZE);
    if (is_of_rule(document)) {
        identity.name = document->rule->name;
        return identity;
    }
    assert(document->sink != NULL);
    identity.kind =
        document->transition->state == ALERT_HEARTBEAT ? IDENTITY_HEARTBEAT : IDENTITY_TEST;
    identity.name = document->sink;
    return identity;
}

void document_message_id(char out[IDENTITY_SIZE], const struct document *document)
{
    struct identity identity = identity_of(document);

    identity_message(out, &identity, document->transition->sequence);
}

void document_alert_id(char out[IDENTITY_SIZE], const struct document *document)
{
    struct identity identity = identity_of(document);

    identity_alert(out, &identity);
}

/* ---- Values ------------------------------------------------------------- */

/* What jansson cannot make becomes NULL, which its setters refuse: one check at the end. */
static void put(json_t *object, bool *good, const char *key, json_t *value)
{
    *good = json_object_set_new(object, key, value) == 0 && *good;
}

/* A number without noise: DOCUMENT_DIGITS digits, whole numbers whole. */
static json_t *number(double value)
{
    char text[40];
    double rounded = 0;

    assert(isfinite(value));
    if (value == floor(value) && fabs(value) <= WHOLE_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%.*g", DOCUMENT_DIGITS, value);
    rounded = strtod(text, NULL);
    if (rounded == floor(rounded) && fabs(rounded) <= WHOLE_MAX)
        return json_integer((json_int_t)rounded);
    return json_real(rounded);
}

static json_t *time_text(int64_t wall_ms)
{
    char text[DOCUMENT_TIME_SIZE];

    document_time(text, wall_ms);
    return json_string(text);
}

static json_t *metric_json(enum metric_id id)
{
    const struct metric_info *metric = metric_info(id);
    json_t *object = json_object();
    bool good = true;

    put(object, &good, "name", json_string(metric->name));
    put(object, &good, "unit", json_string(metric_unit_name(metric->unit)));
    put(object, &good, "meaning", json_string(metric->meaning));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *value_json(const struct metric_value *value, enum metric_id id)
{
    const struct metric_info *metric = metric_info(id);
    bool estimate = metric->kind == METRIC_ESTIMATE;
    json_t *object = NULL;
    bool good = true;

    if (!value->known)
        return json_null();
    object = json_object();
    put(object, &good, "estimate", number(value->value));
    put(object, &good, "lo", estimate ? number(value->lo) : json_null());
    put(object, &good, "hi", estimate ? number(value->hi) : json_null());
    put(object, &good, "level", estimate ? number(metric->level) : json_null());
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *threshold_json(const struct rule *rule)
{
    json_t *object = json_object();
    bool good = true;

    put(object, &good, "bound", json_string(rule_bound_name(rule->bound)));
    put(object, &good, "side", json_string(rule_side_name(rule->side)));
    put(object, &good, "raise", number(rule->raise_level));
    put(object, &good, "clear", number(rule->clear_level));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *block_json(const struct metrics *metrics)
{
    char hash[HASH256_HEX_SIZE];
    json_t *object = NULL;
    bool good = true;

    if (!metrics->has_tip)
        return json_null();
    hash256_to_hex(hash, &metrics->hash);
    object = json_object();
    put(object, &good, "height", json_integer(metrics->height));
    put(object, &good, "hash", json_string(hash));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

/* What the value rests on. */
static json_t *evidence_json(const struct metric_value *value, enum metric_id id)
{
    const struct metric_info *metric = metric_info(id);
    bool heights = value->known && value->to_height > 0;
    json_t *object = json_object();
    bool good = true;

    put(object, &good, "from_height", heights ? json_integer(value->from_height) : json_null());
    put(object, &good, "to_height", heights ? json_integer(value->to_height) : json_null());
    put(object, &good, "method", metric->method ? json_string(metric->method) : json_null());
    put(object, &good, "version", metric->method ? json_integer(metric->version) : json_null());
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *monitor_json(const struct document_monitor *monitor)
{
    char key[HEX_SIZE(IDENTITY_KEY_SIZE)];
    json_t *object = json_object();
    bool good = true;

    hex_format(key, monitor->public_key, IDENTITY_KEY_SIZE);
    put(object, &good, "name", json_string(monitor->name));
    put(object, &good, "public_key", monitor->has_key ? json_string(key) : json_null());
    put(object, &good, "network", json_string(monitor->network));
    put(object, &good, "software", json_string(monitor->software));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *links_json(const struct document_monitor *monitor, const char *alert_id)
{
    json_t *object = json_object();
    bool good = true;

    if (monitor->url != NULL && monitor->url[0] != '\0') {
        put(object, &good, "monitor", json_sprintf("%s/", monitor->url));
        put(object, &good, "alert", json_sprintf("%s/api/v1/alerts/%s", monitor->url, alert_id));
    }
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

/* ---- The document ------------------------------------------------------- */

/* Who, when and which message. */
static void put_head(json_t *object, bool *good, const struct document *document)
{
    const struct alert_transition *transition = document->transition;
    char message_id[IDENTITY_SIZE];
    char alert_id[IDENTITY_SIZE];
    char summary[DOCUMENT_SUMMARY_SIZE];

    document_message_id(message_id, document);
    document_alert_id(alert_id, document);
    document_summary(summary, document);
    put(object, good, "form", json_integer(FORM));
    put(object, good, "type", json_sprintf("alert.%s", alert_state_name(transition->state)));
    put(object, good, "timestamp", time_text(document->metrics->wall_ms));
    put(object, good, "message_id", json_string(message_id));
    put(object, good, "alert_id", json_string(alert_id));
    put(object, good, "sequence", json_integer((json_int_t)transition->sequence));
    put(object, good, "state", json_string(alert_state_name(transition->state)));
    put(object, good, "summary", json_string(summary));
    put(object, good, "late", json_boolean(document->metrics->late));
    put(object, good, "durable", json_boolean(!document->not_durable));
}

/* What the rule has found. */
static void put_finding(json_t *object, bool *good, const struct document *document)
{
    const struct alert_transition *transition = document->transition;
    const struct rule *rule = document->rule;
    const struct metric_value *value = &document->metrics->values[rule->metric];

    put(object, good, "rule", json_string(rule->name));
    put(object, good, "reason", json_string(alert_reason_name(transition->reason)));
    put(object, good, "severity", json_string(rule_severity_name(rule->severity)));
    put(object, good, "acknowledged", json_boolean(transition->acknowledged));
    put(object, good, "metric", metric_json(rule->metric));
    put(object, good, "value", value_json(value, rule->metric));
    put(object, good, "threshold", threshold_json(rule));
    put(object, good, "since", time_text(transition->since_wall_ms));
    put(object, good, "raised_at", time_text(transition->raised_wall_ms));
    put(object, good, "evidence", evidence_json(value, rule->metric));
}

json_t *document_json(const struct document *document)
{
    char alert_id[IDENTITY_SIZE];
    json_t *object = json_object();
    bool good = object != NULL;

    document_alert_id(alert_id, document);
    put_head(object, &good, document);
    if (is_of_rule(document))
        put_finding(object, &good, document);
    else
        put(object, &good, "sink", json_string(document->sink));
    put(object, &good, "block", block_json(document->metrics));
    put(object, &good, "monitor", monitor_json(document->monitor));
    put(object, &good, "links", links_json(document->monitor, alert_id));
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

char *document_bytes(size_t *len, const struct document *document)
{
    json_t *object = document_json(document);
    char *bytes = NULL;

    if (object == NULL)
        return NULL;
    bytes = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(DOCUMENT_DIGITS));
    json_decref(object);
    if (bytes != NULL)
        *len = strlen(bytes);
    return bytes;
}
