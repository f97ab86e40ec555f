// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * labels: events whose dates are known from elsewhere, read from a CSV file, and what a backtest's
 * alerts have to do with them.
 *
 * The file is CSV as RFC 4180 has it; lines that end in LF alone and a byte order mark are taken
 * too. Its first line names the columns, of which these are read, and others are passed over:
 *
 *     start          first day, or time, of the event (UTC)
 *     end            the last; optional, and may be empty
 *     name           what it is called
 *     depth_percent  how much of the hash rate went; negative where it came; optional, and may be
 *                    empty: then it went
 *
 * An alert on the hash rate's fall explains, and is explained by, events in which hash rate went;
 * one on its rise, those in which it came. Alerts on anything else are not judged.
 */
#ifndef HASHTIDE_MONITOR_LABELS_H
#define HASHTIDE_MONITOR_LABELS_H

#include "alerts/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest file, in bytes, and longest name, with its NUL. */
#define LABELS_SIZE_MAX ((size_t)4 << 20)
#define LABELS_NAME_SIZE 160
#define LABELS_ERROR_SIZE 4608

struct label {
    char *name; /* owned; fit for a terminal */
    int64_t start_ms;
    int64_t end_ms;   /* behind the last moment; at least start_ms */
    bool date;        /* start is a day, and no time of day */
    bool depth_known; /* else depth is 0 */
    double depth;     /* a fraction; negative where hash rate came */
    unsigned line;
};

/** In the file's order. Zeroed: none. */
struct labels {
    struct label *items; /* owned */
    size_t count;
};

/** Reads a file; "-" is standard input. False with error, "FILE:LINE: what is wrong", and nothing
 *  to be freed. */
bool labels_read(struct labels *out, char error[LABELS_ERROR_SIZE], const char *path);
/** The same from memory; name is used in messages. */
bool labels_parse(struct labels *out, char error[LABELS_ERROR_SIZE], const char *name,
                  const char *text, size_t len);
void labels_free(struct labels *labels);

/* ---- matching ------------------------------------------------------------ */

/** What an alert says of the hash rate. */
enum labels_about {
    LABELS_FALL,
    LABELS_RISE,
    LABELS_OTHER,
};
/** What raised alerts of this rule say. */
enum labels_about labels_about(const struct rule *rule);

/** An alert as far as it matters here. */
struct labels_alert {
    enum labels_about about;
    int64_t raised_ms;
    int64_t cleared_ms; /* INT64_MAX: it stands */
};

enum labels_outcome {
    LABELS_FOUND,   /* an alert was raised within the window */
    LABELS_STOOD,   /* none was, but one that had been raised before it stood when it began */
    LABELS_MISSED,  /* neither */
    LABELS_OUTSIDE, /* it is not in the time looked at, or its window is not and nothing was found
                     */
};

struct labels_match {
    enum labels_outcome outcome;
    size_t alert;     /* LABELS_FOUND: the first; LABELS_STOOD: the last that stood */
    int64_t delay_ms; /* LABELS_FOUND: from the event's start; else 0 */
};

/** The time looked at, and how long after its start an event is to be found. */
struct labels_frame {
    int64_t begin_ms, end_ms;
    int64_t window_ms;
};

/** Looks for an event's alert among count alerts, in order of raised_ms. */
struct labels_match labels_match(const struct label *label, const struct labels_alert *alerts,
                                 size_t count, const struct labels_frame *frame);
/** The event that explains an alert: the latest, of what it is about, that had begun when it was
 *  raised and had not ended longer than the window before. labels' count where there is none. */
size_t labels_explain(const struct labels *labels, const struct labels_alert *alert,
                      const struct labels_frame *frame);
/** "found", "stood", "missed", "outside". */
const char *labels_outcome_name(enum labels_outcome outcome);

#endif
