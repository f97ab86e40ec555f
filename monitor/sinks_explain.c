// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sinks_explain: what a sink does, in one sentence and without its secrets.
 */
#include "config.h"

#include "alerts/rule.h"
#include "monitor/sinks.h"
#include "monitor/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(char out[SINKS_EXPLAIN_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(char out[SINKS_EXPLAIN_SIZE], const char *format, ...)
{
    size_t len = strlen(out);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(out + len, SINKS_EXPLAIN_SIZE - len, format, arguments);
    va_end(arguments);
}

static void add_time(char out[SINKS_EXPLAIN_SIZE], int64_t ms)
{
    char text[RULE_DURATION_TEXT_SIZE];

    rule_duration_text(text, (struct rule_duration){.in_blocks = false, .amount = ms});
    add(out, "%s", text);
}

/* Where to, by what, in the clear or not. */
static void add_address(char out[SINKS_EXPLAIN_SIZE], const struct sink *sink)
{
    char host[300] = "";

    if (sink->url_file != NULL) {
        add(out, " to the address in %s", sink->url_file);
        return;
    }
    sinks_url_host(host, sizeof host, sink->url);
    add(out, " to %s", host);
    if (sinks_url_in_clear(sink->url))
        add(out, ", which others can read on the way,");
}

static void add_what(char out[SINKS_EXPLAIN_SIZE], const struct sink *sink)
{
    char shown[256];

    switch (sink->type) {
    case SINK_WEBHOOK:
        add(out, "Posts the JSON document");
        add_address(out, sink);
        if (sink->secret_file_count > 0)
            add(out, ", signed by the secrets of %zu file%s", sink->secret_file_count,
                sink->secret_file_count == 1 ? "" : "s");
        else
            add(out, ", without a shared secret");
        break;
    case SINK_SLACK:
        add(out, "Posts to a Slack channel");
        add_address(out, sink);
        break;
    case SINK_DISCORD:
        add(out, "Posts to a Discord channel");
        add_address(out, sink);
        break;
    case SINK_NTFY:
        add(out, "Publishes to a topic of ntfy");
        add_address(out, sink);
        break;
    case SINK_SMTP:
        add(out, "Sends mail to %zu recipient%s", sink->to_count, sink->to_count == 1 ? "" : "s");
        add_address(out, sink);
        break;
    case SINK_SYSLOG:
        add(out, "Writes a line to the system's log by %s", sink->socket);
        break;
    case SINK_EXEC:
        text_escape(shown, sizeof shown, sink->command[0]);
        add(out, "Runs %s with the JSON document on its standard input", shown);
        break;
    case SINK_TYPES:
        break;
    }
}

void sinks_explain(char out[SINKS_EXPLAIN_SIZE], const struct sink *sink)
{
    out[0] = '\0';
    add_what(out, sink);
    if (sink->token_file != NULL)
        add(out, ", with the token of %s", sink->token_file);
    if (sink->proxy[0] != '\0')
        add(out, ", through the proxy %s", sink->proxy);
    add(out, "; a try ends after ");
    add_time(out, sink->timeout_ms);
    add(out, "; ");
    if (sink->heartbeat_ms > 0) {
        add(out, "a heartbeat every ");
        add_time(out, sink->heartbeat_ms);
        add(out, ".");
    } else {
        add(out, "no heartbeat.");
    }
}
