// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alerts_view_story: the messages of an alert, with what became of each.
 *
 * What a message says is read from the body that was signed and sent: nothing else holds it.
 */
#include "config.h"

#include "monitor/alerts_view.h"
#include "monitor/fields.h"
#include "monitor/text.h"

#include <stdbool.h>
#include <stdio.h>

struct story {
    struct outbox *outbox;
    json_t *messages;
    char rule[RULE_NAME_SIZE];
};

static bool add_fate(void *context, const struct outbox_entry *entry)
{
    json_t *object = json_object();
    bool good = true;

    good = good && fields_set(object, "sink", text_to_json(entry->sink));
    good = good && fields_set(object, "delivery", json_string(alerts_view_fate(entry->fate)));
    good = good && fields_set(object, "tries", json_integer(entry->attempts));
    good = good &&
           fields_set(object, "last_try_ms",
                      entry->last_try_ms != 0 ? json_integer(entry->last_try_ms) : json_null());
    good = good && fields_set(object, "status",
                              entry->status != 0 ? json_integer(entry->status) : json_null());
    good = good && fields_set(object, "answer",
                              entry->answer[0] != '\0' ? text_to_json(entry->answer) : json_null());
    return json_array_append_new(context, fields_complete(object, good)) == 0;
}

/* A text of the document, or null: it may be of another version, or damaged. */
static bool copy_text(json_t *object, const json_t *document, const char *key)
{
    json_t *text = json_object_get(document, key);

    return fields_set(object, key, json_is_string(text) ? json_incref(text) : json_null());
}

static json_t *message_json(struct outbox *outbox, const struct outbox_word *word)
{
    json_error_t error;
    json_t *document = json_loadb(word->body, word->body_len, 0, &error);
    json_t *object = json_object();
    json_t *deliveries = json_array();
    bool good = outbox_each_fate(outbox, word->id, add_fate, deliveries);

    good = good && fields_set(object, "id", text_to_json(word->id));
    good = good && fields_set(object, "state", json_string(alert_state_name(word->state)));
    good = good && fields_set(object, "created_ms", json_integer(word->created_ms));
    good = good && copy_text(object, document, "severity");
    good = good && copy_text(object, document, "reason");
    good = good && copy_text(object, document, "summary");
    good = good && fields_set(object, "signed", json_boolean(word->is_signed));
    good = good && fields_set(object, "deliveries", json_incref(deliveries));
    json_decref(deliveries);
    json_decref(document);
    return fields_complete(object, good);
}

static bool add_word(void *context, const struct outbox_word *word)
{
    struct story *story = context;

    snprintf(story->rule, sizeof story->rule, "%s", word->rule);
    return json_array_append_new(story->messages, message_json(story->outbox, word)) == 0;
}

/* Of an alert with messages. */
static enum outbox_found tell(json_t **out, struct outbox *outbox, const char *id)
{
    struct story story = {.outbox = outbox, .messages = json_array()};
    uint64_t left_out = 0;

    if (outbox_each_word(outbox, id, ALERTS_VIEW_STORY_MAX, &left_out, add_word, &story))
        *out = json_pack("{s:s, s:o, s:I, s:O}", "alert_id", id, "rule",
                         story.rule[0] != '\0' ? text_to_json(story.rule) : json_null(), "left_out",
                         (json_int_t)left_out, "messages", story.messages);
    json_decref(story.messages);
    return *out != NULL ? OUTBOX_FOUND : OUTBOX_BROKEN;
}

enum outbox_found alerts_view_story(json_t **out, struct outbox *outbox, const json_t *rules,
                                    const char *name)
{
    json_t *rule = alerts_view_find(rules, name);
    const char *standing = json_string_value(json_object_get(rule, "alert_id"));
    char id[IDENTITY_SIZE] = "";
    /* The alert that stands may not have been told yet; an earlier one is another story. */
    enum outbox_found found = outbox_find_alert(outbox, id, standing != NULL ? standing : name);

    *out = NULL;
    if (found == OUTBOX_FOUND)
        found = tell(out, outbox, id);
    else if (found == OUTBOX_NONE && rule != NULL)
        *out = json_pack("{s:O?, s:O, s:i, s:[]}", "alert_id", json_object_get(rule, "alert_id"),
                         "rule", json_object_get(rule, "rule"), "left_out", 0, "messages");
    if (*out == NULL)
        return found;
    if (rule == NULL)
        rule = alerts_view_find(rules, fields_text(*out, "rule"));
    *out = fields_complete(*out,
                           fields_set(*out, "now", rule != NULL ? json_incref(rule) : json_null()));
    return *out != NULL ? OUTBOX_FOUND : OUTBOX_BROKEN;
}
