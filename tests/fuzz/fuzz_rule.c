// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A rule as a section of a file, and then a state's bytes, both of any bytes at all: either
 * refused, with one line that names the rule, or a rule that can be explained and a state that can
 * be stepped through whatever comes, stored, and told of in a document.
 *
 * The input: lines KEY=VALUE up to a zero byte, then a state of INCIDENT_BYTES bytes, then bytes of
 * what happens. What is missing is empty.
 */
#include "config.h"

#include "alerts/document.h"
#include "alerts/ruleset.h"
#include "alerts/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAIRS_MAX 32
#define TEXT_MAX 4096
/** Times so far from now that sums of them might be refused are not the matter here. */
#define TIME_FAR ((int64_t)1 << 55)

static void demand(bool condition)
{
    if (!condition)
        abort();
}

/* Splits lines in place. */
static size_t split(struct rule_pair pairs[PAIRS_MAX], char *text)
{
    size_t count = 0;

    for (unsigned line = 1; *text != '\0' && count < PAIRS_MAX; line++) {
        char *end = text + strcspn(text, "\n");
        char *equals = memchr(text, '=', (size_t)(end - text));
        bool last = *end == '\0';

        *end = '\0';
        if (equals != NULL) {
            *equals = '\0';
            pairs[count++] = (struct rule_pair){.key = text, .value = equals + 1, .line = line};
        }
        text = last ? end : end + 1;
    }
    return count;
}

static void look_at_rule(const struct rule *rule)
{
    static const double values[] = {0, 1, -1, 0.5, 1e300, -1e300};
    char text[RULE_EXPLAIN_SIZE];
    char fault[TEMPLATE_FAULT_SIZE];

    rule_explain(text, rule);
    demand(text[0] != '\0' && strpbrk(text, "\n\r\033") == NULL);
    demand(template_check(fault, rule->text));
    demand(rule->digest != 0);
    demand(!rule_raises(rule, rule->clear_level) && !rule_clears(rule, rule->raise_level));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        demand(!rule_raises(rule, values[i]) || !rule_clears(rule, values[i]));
}

static void look_at_message(const struct rule *rule, const struct metrics *metrics,
                            const struct alert_transition *transition)
{
    static const struct document_monitor monitor = {
        .name = "fuzz", .network = "main", .software = "hashtide"};
    const struct document document = {
        .monitor = &monitor, .metrics = metrics, .rule = rule, .transition = transition};
    size_t len = 0;
    char *bytes = document_bytes(&len, &document);
    json_t *parsed = NULL;

    demand(bytes != NULL);
    parsed = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    demand(parsed != NULL && strstr(bytes, "nan") == NULL);
    json_decref(parsed);
    free(bytes);
}

static void store(struct incident *incident)
{
    uint8_t bytes[INCIDENT_BYTES];
    uint8_t again[INCIDENT_BYTES];

    if (incident->steady_ms > TIME_FAR || incident->steady_ms < -TIME_FAR ||
        incident->since_ms < -TIME_FAR || incident->told_ms < -TIME_FAR)
        return;
    incident_encode(bytes, incident);
    demand(incident_decode(incident, bytes, sizeof bytes));
    incident_encode(again, incident);
    demand(memcmp(bytes, again, sizeof bytes) == 0);
}

/* Two bytes to a step: what happens, and how much. */
static void happen(struct incident *incident, const struct rule *rule, const uint8_t *data,
                   size_t size)
{
    struct metrics metrics = {.wall_ms = 1700000000000,
                              .steady_ms = incident->steady_ms,
                              .uptime_ms = METRICS_NO_START,
                              .synced = true,
                              .has_tip = true,
                              .height = 1000};

    for (; size >= 2; data += 2, size -= 2) {
        double step = rule->raise_level - rule->clear_level;
        struct alert_transition out;
        bool said = false;

        metrics.reorged = (data[0] & 1) != 0;
        metrics.fork_height = metrics.height - (data[1] & 15);
        metrics.synced = (data[0] & 6) != 6;
        metrics.height += data[1] & 3;
        metrics.steady_ms += (int64_t)(data[1] - 16) * 60000;
        metrics.wall_ms += (int64_t)data[1] * 60000;
        metrics.uptime_ms = (data[0] & 8) != 0 ? data[1] * 60000 : METRICS_NO_START;
        metrics_set(&metrics, rule->metric,
                    rule->clear_level + step * ((double)(data[0] >> 4) - 5) / 5);
        if (data[0] == 0xff)
            incident_silence(incident, metrics.wall_ms + 600000);
        else if (data[0] == 0xfe)
            said = incident_acknowledge(&out, incident, &metrics);
        else if (data[0] == 0xfd)
            said = incident_retire(&out, incident, &metrics);
        else
            said = incident_step(&out, incident, rule, &metrics);
        demand(!said || (out.incident > 0 && out.sequence > 0));
        if (said)
            look_at_message(rule, &metrics, &out);
        store(incident);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct rule_pair plain[] = {
        {"metric", "hashrate.now_ehs", 0}, {"raise", "below 500", 0}, {"clear", "above 550", 0}};
    const uint8_t *zero = memchr(data, 0, size);
    size_t text_len = zero != NULL ? (size_t)(zero - data) : size;
    char text[TEXT_MAX + 1] = "";
    struct rule_pair pairs[PAIRS_MAX];
    struct rule rule;
    struct rule_error error;
    struct incident incident = {0};

    memcpy(text, data, text_len < TEXT_MAX ? text_len : TEXT_MAX);
    if (rule_parse(&rule, &error, "fuzz", 0, NULL, pairs, split(pairs, text))) {
        look_at_rule(&rule);
    } else {
        demand(strncmp(error.text, "alert fuzz: ", 12) == 0);
        demand(strpbrk(error.text, "\n\r\033") == NULL);
        demand(rule_parse(&rule, &error, "fuzz", 0, NULL, plain, 3));
    }
    rule.enabled = true;
    data += text_len + (zero != NULL ? 1 : 0);
    size -= text_len + (zero != NULL ? 1 : 0);
    if (size >= INCIDENT_BYTES) {
        (void)incident_decode(&incident, data, INCIDENT_BYTES);
        store(&incident);
        happen(&incident, &rule, data + INCIDENT_BYTES, size - INCIDENT_BYTES);
    }
    return 0;
}
