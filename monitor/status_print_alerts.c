// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * status_print_alerts: the key, what stands, and sinks that fail, on the screen: a line each at
 * most.
 */
#include "config.h"

#include "monitor/fields.h"
#include "monitor/status_print_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WIDTH (SCREEN_COLUMNS - SCREEN_INDENT)
/** Room for "; and 12345 more". */
#define REST 18

/* A line that is put together as long as there is room; if something does not fit, it ends where
 * there was room to say so. */
struct line {
    char text[WIDTH + 1];
    size_t safe;   /* so much leaves room for the rest's number ... */
    size_t beyond; /* ... and so many items stand behind it */
    size_t left_out;
};

/* Appends an item, or counts it as left out. */
static void append(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct line *line, const char *format, ...)
{
    char text[2 * SCREEN_COLUMNS];
    size_t used = strlen(line->text);
    size_t len = 0;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    len = strlen(text);
    if (line->left_out == 0 && used + len <= WIDTH) {
        memcpy(line->text + used, text, len + 1);
        line->beyond = used + len > WIDTH - REST ? line->beyond + 1 : 0;
        line->safe = line->beyond == 0 ? used + len : line->safe;
        return;
    }
    if (line->left_out == 0) {
        line->text[line->safe] = '\0';
        line->left_out = line->beyond;
    }
    line->left_out++;
}

/* Appends what does not count, if there is room. */
static void append_aside(struct line *line, size_t count, const char *what)
{
    size_t used = strlen(line->text);
    char text[48];
    size_t len = (size_t)snprintf(text, sizeof text, "; %zu %s", count, what);

    if (line->left_out == 0 && used + len <= WIDTH)
        memcpy(line->text + used, text, len + 1);
}

static void print(struct screen *out, const char *name, const struct line *line)
{
    const char *between = line->text[0] != '\0' ? "; and " : "";

    if (line->left_out > 0)
        screen_line(out, "%-*s%s%s%zu more", SCREEN_INDENT, name, line->text, between,
                    line->left_out);
    else
        screen_line(out, "%-*s%s", SCREEN_INDENT, name, line->text);
}

static void append_names(struct line *line, const json_t *names, const char *severity)
{
    size_t count = json_array_size(names);

    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(names, i));
        char name[WIDTH / 2 + 1];
        char title[32] = ", ";

        screen_plain(name, sizeof name - 1, text != NULL ? text : "");
        if (i == 0)
            snprintf(title, sizeof title, "%s%zu %s: ", line->text[0] != '\0' ? "; " : "", count,
                     severity);
        append(line, "%s%s", title, name);
    }
}

static void print_standing(struct screen *out, const json_t *alerts)
{
    static const char *const severities[] = {"critical", "warning", "info"};
    const json_t *standing = json_object_get(alerts, "standing");
    size_t silenced = json_array_size(json_object_get(alerts, "silenced"));
    size_t pending = json_array_size(json_object_get(alerts, "pending"));
    struct line line = {.left_out = 0};

    for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++)
        append_names(&line, json_object_get(standing, severities[i]), severities[i]);
    if (line.text[0] == '\0' && line.left_out == 0)
        append(&line, "none stands");
    if (pending > 0)
        append_aside(&line, pending, "pending");
    if (silenced > 0)
        append_aside(&line, silenced, silenced == 1 ? "rule silenced" : "rules silenced");
    print(out, "alerts", &line);
}

static bool fails(const json_t *sink)
{
    return fields_true(sink, "configured") &&
           (fields_true(sink, "disabled") || fields_integer(sink, "failing_since_ms") != 0 ||
            fields_integer(sink, "dead") > 0);
}

static void append_sink(struct line *line, const json_t *sink)
{
    char name[25];
    char what[48];

    screen_plain(name, sizeof name - 1, fields_text(sink, "sink"));
    if (fields_true(sink, "disabled"))
        snprintf(what, sizeof what, "is disabled");
    else if (fields_integer(sink, "failing_since_ms") != 0)
        snprintf(what, sizeof what, "fails, %" PRId64 " waiting", fields_integer(sink, "waiting"));
    else
        snprintf(what, sizeof what, "gave up %" PRId64, fields_integer(sink, "dead"));
    append(line, "%s%s %s", line->text[0] != '\0' ? "; " : "", name, what);
}

static void print_sinks(struct screen *out, const json_t *sinks)
{
    struct line line = {.left_out = 0};

    for (size_t i = 0; i < json_array_size(sinks); i++) {
        if (fails(json_array_get(sinks, i)))
            append_sink(&line, json_array_get(sinks, i));
    }
    if (line.text[0] != '\0' || line.left_out > 0)
        print(out, "sinks", &line);
}

void status_print_alerts(struct screen *out, const json_t *status)
{
    const json_t *alerts = json_object_get(status, "alerts");
    const char *key = fields_text(status, "public_key");
    char text[WIDTH + 1];

    if (!json_is_object(alerts))
        return;
    if (key[0] != '\0') {
        screen_plain(text, WIDTH, key);
        screen_line(out, "%-*s%s", SCREEN_INDENT, "public key", text);
    }
    print_standing(out, alerts);
    if (json_is_string(json_object_get(alerts, "trouble"))) {
        screen_plain(text, WIDTH - 9, fields_text(alerts, "trouble"));
        screen_line(out, "%-*strouble: %s", SCREEN_INDENT, "outbox", text);
        return;
    }
    print_sinks(out, json_object_get(status, "sinks"));
}
