// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * backtest_report: see backtest_report.h; backtest_tables.c has the datasets.
 */
#include "config.h"

#include "monitor/backtest_report.h"

#include "monitor/help.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/when.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MS (365.25 * 86400e3)
/** Characters of a time, "2024-01-17 08:21", up to its minute, day or year. */
#define TO_MINUTE ((size_t)16)
#define TO_DAY ((size_t)10)
#define TO_YEAR ((size_t)4)
#define MINUTE_SIZE 32
/** Columns of a rule's name and of an event's in a list; longer ones are cut. */
#define RULE_COLUMNS 22
#define EVENT_COLUMNS 32
#define INDENT 2
/** Years of times of 32 bits, and some. */
#define YEAR_FIRST 1970
#define YEAR_LAST 9998

/* ---- what belongs together ---- */

void backtest_match(struct backtest_result *result, int64_t window_ms)
{
    struct labels_alert *alerts = backtest_alerts_labels(&result->alerts);
    size_t count = result->alerts.count;

    result->frame = (struct labels_frame){
        .begin_ms = result->span.begin_ms, .end_ms = result->span.end_ms, .window_ms = window_ms};
    result->matches = mem_zeroed(result->labels.count + 1, sizeof *result->matches);
    result->explained = mem_zeroed(count + 1, sizeof *result->explained);
    for (size_t i = 0; i < result->labels.count; i++)
        result->matches[i] = labels_match(&result->labels.items[i], alerts, count, &result->frame);
    for (size_t i = 0; i < count; i++)
        result->explained[i] = labels_explain(&result->labels, &alerts[i], &result->frame);
    free(alerts);
}

void backtest_result_free(struct backtest_result *result)
{
    backtest_alerts_free(&result->alerts);
    labels_free(&result->labels);
    free(result->matches);
    free(result->explained);
}

/* ---- messages ---- */

/* "2024-01-17 08:21", or as much of it as length says. */
static void time_text(char out[MINUTE_SIZE], int64_t ms, size_t length)
{
    char text[WORDS_SIZE];

    words_time(text, sizeof text, ms / 1000);
    snprintf(out, MINUTE_SIZE, "%.*s", (int)length, text);
}

static void duration_text(char out[WORDS_SIZE], int64_t ms)
{
    words_duration(out, WORDS_SIZE, (double)ms / 1000.0);
}

void backtest_print_message(FILE *out, const struct backtest_alert *alert,
                            const struct document *document)
{
    const struct alert_transition *transition = document->transition;
    char sentence[DOCUMENT_SUMMARY_SIZE];
    char when[MINUTE_SIZE];
    char height[WORDS_SIZE];
    char lasted[WORDS_SIZE];

    document_summary(sentence, document);
    time_text(when, document->metrics->wall_ms, TO_MINUTE);
    words_count(height, sizeof height, document->metrics->height);
    fprintf(out, "%s  %s #%" PRIu64 " %s", when, alert->rule->name, alert->number,
            alert_state_name(transition->state));
    if (transition->state == ALERT_RAISED)
        fprintf(out, " (%s)", rule_severity_name(alert->rule->severity));
    fprintf(out, ", block %s", height);
    if (transition->state == ALERT_CLEARED) {
        duration_text(lasted, alert->cleared_ms - alert->raised_ms);
        fprintf(out, ", after %s", lasted);
    }
    fputc('\n', out);
    help_paragraph(out, INDENT, sentence);
}

/* ---- sums ---- */

static void print_span(FILE *out, const struct backtest_result *result)
{
    char text[512];
    char from[WORDS_SIZE], to[WORDS_SIZE], lasted[WORDS_SIZE];
    char begin[MINUTE_SIZE], end[MINUTE_SIZE];
    uint64_t blocks = (uint64_t)result->to - result->from + 1;
    size_t used = 0;

    words_count(from, sizeof from, result->from);
    words_count(to, sizeof to, result->to);
    time_text(begin, result->span.begin_ms, TO_MINUTE);
    time_text(end, result->span.end_ms, TO_MINUTE);
    duration_text(lasted, result->span.end_ms - result->span.begin_ms);
    snprintf(text, sizeof text, "Blocks %s to %s, %s to %s (UTC), %s. ", from, to, begin, end,
             lasted);
    used = strlen(text);
    if (result->arrivals == 0)
        snprintf(text + used, sizeof text - used,
                 "No arrivals are known: the clock stood at the blocks' stamps.");
    else
        snprintf(
            text + used, sizeof text - used,
            "Arrivals of %.3g %% of them are known; of the others the clock stood at the stamp.",
            100.0 * (double)result->arrivals / (double)blocks);
    help_paragraph(out, 0, text);
}

static void print_rule(FILE *out, const struct backtest_result *result, const struct rule *rule)
{
    struct backtest_sum sum =
        backtest_alerts_sum(&result->alerts, &result->span, rule, INT64_MIN, INT64_MAX);
    double span_ms = (double)(result->span.end_ms - result->span.begin_ms);
    char lasted[WORDS_SIZE];
    char yearly[WORDS_SIZE] = "-";
    char share[WORDS_SIZE] = "-";

    if (sum.alerts == 0)
        return;
    duration_text(lasted, sum.in_alert_ms);
    if (span_ms > 0.0) {
        snprintf(yearly, sizeof yearly, "%.1f", (double)sum.alerts * YEAR_MS / span_ms);
        words_percent(share, sizeof share, (double)sum.in_alert_ms / span_ms);
    }
    fprintf(out, "%-*.*s %-8s %6zu %7s %8zu  %12s %7s%s\n", RULE_COLUMNS, RULE_COLUMNS, rule->name,
            rule_severity_name(rule->severity), sum.alerts, yearly, sum.messages, lasted, share,
            sum.standing ? " *" : "");
}

/* Names of rules that have said nothing: because they had no reason, or could not have. */
static void print_quiet(FILE *out, const struct backtest_result *result, bool could)
{
    const struct ruleset *rules = result->alerts.rules;
    const char *lead = could ? "Nothing to say: " : "Not to be judged by a stored chain: ";
    size_t size = (rules->count + 2) * (RULE_NAME_SIZE + 2);
    char *text = mem_zeroed(size, 1);
    size_t used = 0;

    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        const struct metric_info *metric = metric_info(rule->metric);
        bool stored = metric->subject == METRIC_CHAIN && !metric->live;

        if (rule->enabled && stored == could && result->alerts.latest[i] == 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : lead,
                                     rule->name);
    }
    if (used > 0) {
        text[used] = '.';
        help_paragraph(out, 0, text);
    }
    free(text);
}

static int64_t year_begin(int year)
{
    char text[32];
    struct when when = {0};

    snprintf(text, sizeof text, "%04d-01-01", year);
    return when_parse_time(&when, text) ? when.time * 1000 : INT64_MAX;
}

static int year_of(int64_t ms)
{
    char text[MINUTE_SIZE];
    uint64_t year = YEAR_FIRST;

    time_text(text, ms, TO_YEAR);
    (void)number_parse(&year, text, YEAR_FIRST, YEAR_LAST);
    return (int)year;
}

static void print_years(FILE *out, const struct backtest_result *result)
{
    fprintf(out, "\nyear   alerts    info  warning  critical  messages      in alert\n");
    for (int year = year_of(result->span.begin_ms); year <= year_of(result->span.end_ms); year++) {
        struct backtest_sum sum = backtest_alerts_sum(&result->alerts, &result->span, NULL,
                                                      year_begin(year), year_begin(year + 1));
        char lasted[WORDS_SIZE];

        duration_text(lasted, sum.in_alert_ms);
        fprintf(out, "%04d   %6zu  %6zu   %6zu    %6zu    %6zu  %12s\n", year, sum.alerts,
                sum.by_severity[RULE_INFO], sum.by_severity[RULE_WARNING],
                sum.by_severity[RULE_CRITICAL], sum.messages, lasted);
    }
}

/* ---- events ---- */

static int compare_delays(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void print_event(FILE *out, const struct backtest_result *result, size_t i)
{
    const struct label *label = &result->labels.items[i];
    const struct labels_match *match = &result->matches[i];
    char when[MINUTE_SIZE];
    char delay[WORDS_SIZE];

    if (match->outcome == LABELS_OUTSIDE)
        return;
    time_text(when, label->start_ms, TO_DAY);
    fprintf(out, "%s  %-*.*s  ", when, EVENT_COLUMNS, EVENT_COLUMNS, label->name);
    if (match->outcome == LABELS_MISSED) {
        fprintf(out, "missed\n");
        return;
    }
    if (match->outcome == LABELS_STOOD)
        snprintf(delay, sizeof delay, "stood");
    else
        duration_text(delay, match->delay_ms);
    fprintf(out, "%-11s  %.*s\n", delay, RULE_COLUMNS,
            result->alerts.items[match->alert].rule->name);
}

/* How many of each outcome, and the delay in the middle. */
static void print_outcomes(FILE *out, const struct backtest_result *result)
{
    size_t counts[LABELS_OUTSIDE + 1] = {0};
    int64_t *delays = mem_zeroed(result->labels.count + 1, sizeof *delays);
    char middle[WORDS_SIZE];
    char text[512];
    size_t found = 0;

    for (size_t i = 0; i < result->labels.count; i++) {
        counts[result->matches[i].outcome]++;
        if (result->matches[i].outcome == LABELS_FOUND)
            delays[found++] = result->matches[i].delay_ms;
    }
    qsort(delays, found, sizeof *delays, compare_delays);
    duration_text(middle, delays[found > 0 ? (found - 1) / 2 : 0]);
    snprintf(text, sizeof text,
             "Found: %zu%s%s. Missed: %zu. An alert stood already: %zu. Outside of the blocks "
             "looked at, or not long enough within: %zu.",
             found, found > 0 ? ", with a median delay of " : "", found > 0 ? middle : "",
             counts[LABELS_MISSED], counts[LABELS_STOOD], counts[LABELS_OUTSIDE]);
    help_paragraph(out, 0, text);
    free(delays);
}

/* Alerts on the hash rate that no event explains. */
static void print_false(FILE *out, const struct backtest_result *result)
{
    size_t judged = 0;
    size_t unexplained = 0;

    for (size_t i = 0; i < result->alerts.count; i++) {
        const struct backtest_alert *alert = &result->alerts.items[i];
        char when[MINUTE_SIZE];

        if (labels_about(alert->rule) == LABELS_OTHER)
            continue;
        judged++;
        if (result->explained[i] < result->labels.count)
            continue;
        if (unexplained++ == 0)
            fprintf(out, "\nAlerts on the hash rate that no event of the list explains:\n");
        time_text(when, alert->raised_ms, TO_MINUTE);
        fprintf(out, "%s  %s #%" PRIu64 "\n", when, alert->rule->name, alert->number);
    }
    fprintf(out, "%sAlerts on the hash rate: %zu; without an event: %zu.\n",
            unexplained > 0 ? "" : "\n", judged, unexplained);
    if (unexplained > 0)
        help_paragraph(out, 0, "No list of events is complete: such an alert need not be false.");
}

static void print_events(FILE *out, const struct backtest_result *result)
{
    char window[RULE_DURATION_TEXT_SIZE];

    rule_duration_text(window, (struct rule_duration){.amount = result->frame.window_ms});
    fprintf(out, "\nEvents, and the first alert within %s:\n", window);
    for (size_t i = 0; i < result->labels.count; i++)
        print_event(out, result, i);
    print_outcomes(out, result);
    print_false(out, result);
}

void backtest_print_summary(FILE *out, const struct backtest_result *result)
{
    const struct ruleset *rules = result->alerts.rules;
    bool standing = false;

    if (result->alerts.count > 0)
        fputc('\n', out);
    print_span(out, result);
    if (result->alerts.count == 0) {
        fprintf(out, "\nNo alerts.\n");
    } else {
        fprintf(out, "\n%-*s %-8s %6s %7s %8s  %12s %7s\n", RULE_COLUMNS, "rule", "severity",
                "alerts", "a year", "messages", "in alert", "share");
        for (size_t i = 0; i < rules->count; i++)
            print_rule(out, result, &rules->rules[i]);
        for (size_t i = 0; i < result->alerts.count; i++)
            standing = standing || !result->alerts.items[i].cleared;
        if (standing)
            fprintf(out, "* one stands at the end.\n");
        print_years(out, result);
        fputc('\n', out);
    }
    print_quiet(out, result, true);
    print_quiet(out, result, false);
    if (result->labelled)
        print_events(out, result);
}
