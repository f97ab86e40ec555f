// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts: the family of commands about alerts.
 */
#include "config.h"

#include "alerts/metric.h"
#include "monitor/command.h"
#include "monitor/help.h"

#include <jansson.h>
#include <stdio.h>

/** Of a metric's meaning below its name. */
#define MEANING_INDENT 4

static json_t *metric_json(const struct metric_info *metric)
{
    json_t *entry = json_object();
    bool estimate = metric->kind == METRIC_ESTIMATE;

    json_object_set_new(entry, "name", json_string(metric->name));
    json_object_set_new(entry, "unit", json_string(metric_unit_name(metric->unit)));
    json_object_set_new(entry, "kind", json_string(metric_kind_name(metric->kind)));
    json_object_set_new(entry, "class", json_string(metric_class_name(metric->subject)));
    json_object_set_new(entry, "interval", estimate ? json_real(metric->level) : json_null());
    json_object_set_new(entry, "meaning", json_string(metric->meaning));
    json_object_set_new(entry, "method",
                        metric->method != NULL ? json_string(metric->method) : json_null());
    json_object_set_new(entry, "method_version",
                        metric->method != NULL ? json_integer(metric->version) : json_null());
    return entry;
}

static void metrics_print_json(void)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < METRIC_COUNT; i++)
        json_array_append_new(list, metric_json(metric_info((enum metric_id)i)));
    json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(3));
    putchar('\n');
    json_decref(list);
}

static void metrics_print(void)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        const struct metric_info *metric = metric_info((enum metric_id)i);

        printf("%s (%s; %s", metric->name, metric_unit_name(metric->unit),
               metric_class_name(metric->subject));
        if (metric->kind == METRIC_ESTIMATE)
            printf("; with its %.0f %% interval", metric->level * 100.0);
        else if (metric->kind == METRIC_EVENT)
            printf("; an event");
        printf(")\n");
        help_paragraph(stdout, MEANING_INDENT, metric->meaning);
    }
}

static int run_metrics(const struct command_call *call)
{
    if (call->argument_count > 0) {
        command_error("'alerts metrics' takes no arguments, but there is '%s'", call->arguments[0]);
        return COMMAND_USAGE;
    }
    if (command_flag(call, "json"))
        metrics_print_json();
    else
        metrics_print();
    return COMMAND_DONE;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_metrics = {
    .name = "alerts metrics",
    .synopsis = "alerts metrics [--json]",
    .summary = "list every figure that a rule may watch",
    .details = "Lists the figures that a rule of an alert may watch: name, unit, whether it is\n"
               "about the chain or about the health of the monitor, and what it means. Rules on\n"
               "the chain are silent until the monitor is synced. Rules on figures that have an\n"
               "interval may look at its lower or upper bound.\n\n"
               "hashtide.conf(5) says how a rule is written, and 'hashtide config check' what\n"
               "each does.",
    .options = options,
    .settings_wanted = false,
    .run = run_metrics,
};
