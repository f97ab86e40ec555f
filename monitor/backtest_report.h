// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest_report: what a backtest found, as text of 80 columns and as datasets.
 */
#ifndef HASHTIDE_MONITOR_BACKTEST_REPORT_H
#define HASHTIDE_MONITOR_BACKTEST_REPORT_H

#include "alerts/document.h"
#include "monitor/backtest.h"
#include "monitor/backtest_alerts.h"
#include "monitor/labels.h"
#include "monitor/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** All that was found. */
struct backtest_result {
    struct backtest_alerts alerts;
    struct backtest_span span;
    uint32_t from, to;
    size_t arrivals; /* blocks of the range whose arrival is known */
    bool labelled;   /* events were given; else what follows is not set */
    struct labels labels;
    struct labels_frame frame;
    struct labels_match *matches; /* of each event */
    size_t *explained;            /* of each alert, the event; labels.count: none */
};

/** Sets what the alerts have to do with the events; labels and window_ms are set, and so is all
 *  before them. */
void backtest_match(struct backtest_result *result, int64_t window_ms);
/** Frees what is in it. */
void backtest_result_free(struct backtest_result *result);

/** A message, as it comes. alert is the one that it is of. */
void backtest_print_message(FILE *out, const struct backtest_alert *alert,
                            const struct document *document);
/** What comes behind all messages. */
void backtest_print_summary(FILE *out, const struct backtest_result *result);

/** A dataset: one row an alert, or one an event. */
struct backtest_dataset {
    const char *name;
    const char *summary;
    const struct table_column *columns;
    void (*write)(struct table *table, const struct backtest_result *result);
};
extern const struct backtest_dataset backtest_dataset_alerts, backtest_dataset_events;

#endif
