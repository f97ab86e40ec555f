// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a rule is read as the manual says, and every mistake in one is named with the
 * rule, the line, the key and what was expected; built-in rules can be changed and switched off;
 * each rule can be told in a sentence.
 */
#include "config.h"

#include "alerts/ruleset.h"
#include "alerts/template.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 16
/** Line of the section; pairs stand in the lines after it. */
#define LINE 10u

/** "key=value" texts as pairs. */
struct section {
    struct rule_pair pairs[PAIRS_MAX];
    char keys[PAIRS_MAX][32];
    size_t count;
};

static void take(struct section *section, const char *const *texts)
{
    section->count = 0;
    for (; *texts != NULL; texts++) {
        size_t len = strcspn(*texts, "=");
        size_t i = section->count++;

        ck_assert_uint_lt(i, PAIRS_MAX);
        snprintf(section->keys[i], sizeof section->keys[i], "%.*s", (int)len, *texts);
        section->pairs[i] = (struct rule_pair){
            .key = section->keys[i],
            .value = *texts + len + 1,
            .line = LINE + 1 + (unsigned)i,
        };
    }
}

static struct rule good(const char *const *texts)
{
    struct section section;
    struct rule rule;
    struct rule_error error;

    take(&section, texts);
    ck_assert_msg(rule_parse(&rule, &error, "r", LINE, NULL, section.pairs, section.count), "%s",
                  error.text);
    return rule;
}

#define GOOD(...) good((const char *const[]){__VA_ARGS__, NULL})

START_TEST(test_every_key)
{
    struct rule rule =
        GOOD("metric=hashrate.fall.size", "bound=lower", "raise=above 40%", "clear=below 0.2",
             "for=6 blocks", "clearfor=2h", "severity=critical", "repeat=90m", "repeatfactor=1.5",
             "repeatmax=7d", "update=10%", "sinks=ops, mail,x-1",
             "text=Gone: {value} {{\xf0\x9f\x8c\x8a}}", "enabled=0");

    ck_assert_str_eq(rule.name, "r");
    ck_assert_uint_eq(rule.metric, METRIC_HASHRATE_FALL_SIZE);
    ck_assert_uint_eq(rule.bound, RULE_LOWER);
    ck_assert_uint_eq(rule.side, RULE_ABOVE);
    ck_assert_double_eq(rule.raise_level, 0.4);
    ck_assert_double_eq(rule.clear_level, 0.2);
    ck_assert(rule.raise_for.in_blocks);
    ck_assert_int_eq(rule.raise_for.amount, 6);
    ck_assert(!rule.clear_for.in_blocks);
    ck_assert_int_eq(rule.clear_for.amount, 7200000);
    ck_assert_uint_eq(rule.severity, RULE_CRITICAL);
    ck_assert_int_eq(rule.repeat_ms, 5400000);
    ck_assert_double_eq(rule.repeat_factor, 1.5);
    ck_assert_int_eq(rule.repeat_max_ms, 604800000);
    ck_assert_double_eq(rule.update, 0.1);
    ck_assert_uint_eq(rule.sink_count, 3);
    ck_assert_str_eq(rule.sinks[1], "mail");
    ck_assert(rule_sends_to(&rule, "x-1"));
    ck_assert(!rule_sends_to(&rule, "other"));
    ck_assert_str_eq(rule.text, "Gone: {value} {{\xf0\x9f\x8c\x8a}}");
    ck_assert(!rule.enabled);
    ck_assert_uint_ne(rule.digest, 0);
}
END_TEST

START_TEST(test_defaults_of_a_rule)
{
    struct rule rule = GOOD("clear=above 5", "metric=sync.peers", "raise=below 2");

    ck_assert(rule.enabled);
    ck_assert_uint_eq(rule.bound, RULE_ESTIMATE);
    ck_assert_uint_eq(rule.side, RULE_BELOW);
    ck_assert_int_eq(rule.raise_for.amount, 0);
    ck_assert_uint_eq(rule.severity, RULE_WARNING);
    ck_assert_int_eq(rule.repeat_ms, 6 * 3600 * 1000);
    ck_assert_uint_eq(rule.sink_count, 0);
    ck_assert(rule_sends_to(&rule, "any"));
    ck_assert(rule_raises(&rule, 2) && !rule_clears(&rule, 2));
    ck_assert(!rule_raises(&rule, 3) && !rule_clears(&rule, 3));
    ck_assert(!rule_raises(&rule, 5) && rule_clears(&rule, 5));
}
END_TEST

/* Levels in each unit, as people write them. */
START_TEST(test_levels)
{
    static const struct {
        const char *metric, *raise, *clear;
        double raise_level, clear_level;
    } rows[] = {
        {"hashrate.now_ehs", "above 600 EH/s", "below 550", 600, 550},
        {"hashrate.now_ehs", "above 600EH/s", "below 5.5e2", 600, 550},
        {"difficulty.next_change", "below -5%", "above -0.03", -0.05, -0.03},
        {"interval.since_last_s", "above 2h", "below 90", 7200, 90},
        {"interval.since_last_s", "above   1.5h", "below 1 min", 5400, 60},
        {"clock.error_ms", "above 2s", "below 500", 2000, 500},
        {"clock.error_ms", "above 2000", "below 500ms", 2000, 500},
        {"reorg.depth", "above 6 blocks", "below 1 block", 6, 1},
        {"hashrate.fall.luck_per_year", "below 0.5", "above 2", 0.5, 2},
        {"store.trouble", "yes", "no", 1, 0},
        {"sync.synced", "no", "yes", 0, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char metric[64];
        char raise[64];
        char clear[64];
        struct rule rule;

        snprintf(metric, sizeof metric, "metric=%s", rows[i].metric);
        snprintf(raise, sizeof raise, "raise=%s", rows[i].raise);
        snprintf(clear, sizeof clear, "clear=%s", rows[i].clear);
        rule = GOOD(metric, raise, clear);
        ck_assert_double_eq(rule.raise_level, rows[i].raise_level);
        ck_assert_double_eq(rule.clear_level, rows[i].clear_level);
    }
    ck_assert_double_eq(GOOD("metric=sync.synced", "raise=no").clear_level, 1);
    ck_assert_double_eq(GOOD("metric=store.trouble", "raise=yes").clear_level, 0);
}
END_TEST

#define BASE "metric=hashrate.now_ehs", "raise=below 500", "clear=above 550"
#define ROW_PAIRS 6

START_TEST(test_mistakes)
{
    static const struct {
        unsigned line;
        const char *words; /* behind "alert r: " */
        const char *texts[ROW_PAIRS];
    } rows[] = {
        {LINE, "expected metric=NAME", {"raise=above 1"}},
        {LINE + 1,
         "metric=hashrate.now_eh: expected a metric: did you mean hashrate.now_ehs?",
         {"metric=hashrate.now_eh"}},
        {LINE + 2,
         "metric=price.usd: expected a metric: 'hashtide alerts metrics' lists them",
         {"raise=above 1", "metric=price.usd"}},
        {LINE, "expected raise=LEVEL: above or below", {"metric=sync.peers"}},
        {LINE, "expected clear=LEVEL: a level below", {"metric=sync.peers", "raise=above 3"}},
        {LINE + 2,
         "raise=500: expected above or below and a level, such as 600 or 600 EH/s",
         {"metric=hashrate.now_ehs", "raise=500"}},
        {LINE + 2,
         "raise=above nan: expected above or below and a level",
         {"metric=hashrate.now_ehs", "raise=above nan"}},
        {LINE + 2,
         "raise=above 1e999: expected above or below and a level",
         {"metric=hashrate.now_ehs", "raise=above 1e999"}},
        {LINE + 2,
         "raise=above 5%: expected above or below and a level",
         {"metric=hashrate.now_ehs", "raise=above 5%"}},
        {LINE + 2,
         "raise=above 5 parsecs: expected above or below and a level, such as 2h or 7200",
         {"metric=sync.tip_age_s", "raise=above 5 parsecs"}},
        {LINE + 2, "raise=above 1: expected yes or no", {"metric=store.trouble", "raise=above 1"}},
        {LINE + 3,
         "clear=600 EH/s does not suit raise=500 EH/s: expected a level below it",
         {"metric=hashrate.now_ehs", "raise=above 500", "clear=below 600"}},
        {LINE + 3,
         "clear=500 EH/s does not suit raise=500 EH/s",
         {"metric=hashrate.now_ehs", "raise=above 500", "clear=below 500"}},
        {LINE + 3,
         "clear=above 600: expected below and a level, since it is raised above",
         {"metric=hashrate.now_ehs", "raise=above 500", "clear=above 600"}},
        {LINE + 4, "for=6: expected blocks or a time, such as 6 blocks", {BASE, "for=6"}},
        {LINE + 4, "for=-6 blocks: expected blocks or a time", {BASE, "for=-6 blocks"}},
        {LINE + 4, "for=9999999 blocks: expected blocks or a time", {BASE, "for=9999999 blocks"}},
        {LINE + 4, "clearfor=99999d: expected blocks or a time", {BASE, "clearfor=99999d"}},
        {LINE + 4, "bound=middle: expected estimate, lower or upper", {BASE, "bound=middle"}},
        {LINE + 2,
         "bound=upper: sync.peers has no interval: expected bound=estimate",
         {"metric=sync.peers", "bound=upper", "raise=above 3", "clear=below 2"}},
        {LINE + 4, "severity=bad: expected info, warning or critical", {BASE, "severity=bad"}},
        {LINE + 4, "repeat=6: expected a time of at least 1m", {BASE, "repeat=6"}},
        {LINE + 4, "repeat=1s: expected a time of at least 1m", {BASE, "repeat=1s"}},
        {LINE + 4, "repeatfactor=0.5: expected a number from 1 to 100", {BASE, "repeatfactor=0.5"}},
        {LINE + 4, "repeatmax=0: expected a time of at least 1m", {BASE, "repeatmax=0"}},
        {LINE + 5,
         "repeatmax=1h: expected at least as long as repeat",
         {BASE, "repeat=6h", "repeatmax=1h"}},
        {LINE + 4, "update=-1%: expected a share such as 25%", {BASE, "update=-1%"}},
        {LINE + 4, "sinks=a,,b: expected names of sinks", {BASE, "sinks=a,,b"}},
        {LINE + 4, "sinks=a b: expected a comma", {BASE, "sinks=a b"}},
        {LINE + 4, "sinks=a,a: expected each sink once", {BASE, "sinks=a,a"}},
        {LINE + 4, "sinks=: expected names of sinks", {BASE, "sinks="}},
        {LINE + 4,
         "text: unknown placeholder {valeu}: did you mean {value}?",
         {BASE, "text=It is {valeu}"}},
        {LINE + 4,
         "text: unknown placeholder {sync.peer}: did you mean {sync.peers}?",
         {BASE, "text={sync.peer}"}},
        {LINE + 4, "text: a lone '{': expected {WORD}", {BASE, "text=It is {value"}},
        {LINE + 4, "text: a lone '}': expected {WORD}", {BASE, "text=It is value}"}},
        {LINE + 4, "text=a\\x1b[2J: expected no control characters", {BASE, "text=a\033[2J"}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xc3("}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xed\xa0\x80"}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xc0\xaf"}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xe0\x80\xaf"}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xf8\x90\x80\x80"}},
        {LINE + 4, "text: expected UTF-8", {BASE, "text=\xf4\x90\x80\x80"}},
        {LINE + 4, "enabled=yes: expected 0 or 1", {BASE, "enabled=yes"}},
        {LINE + 4, "unknown key serverity: did you mean severity?", {BASE, "serverity=info"}},
        {LINE + 4, "unknown key colour: expected metric, bound,", {BASE, "colour=red"}},
        {LINE + 5,
         "for was given already in line 14: expected it once",
         {BASE, "for=1h", "for=2h"}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct section section;
        struct rule rule;
        struct rule_error error;
        const char *texts[ROW_PAIRS + 1] = {NULL};

        memcpy(texts, rows[i].texts, sizeof rows[i].texts);
        take(&section, texts);
        ck_assert_msg(!rule_parse(&rule, &error, "r", LINE, NULL, section.pairs, section.count),
                      "accepted: %s", rows[i].words);
        ck_assert_msg(strncmp(error.text, "alert r: ", 9) == 0, "%s", error.text);
        ck_assert_msg(strncmp(error.text + 9, rows[i].words, strlen(rows[i].words)) == 0,
                      "\"%s\", not \"%s\"", error.text, rows[i].words);
        ck_assert_msg(error.line == rows[i].line, "line %u: %s", error.line, error.text);
        ck_assert_ptr_nonnull(strpbrk(error.text, "?:"));
    }
}
END_TEST

START_TEST(test_names)
{
    char name[RULE_NAME_SIZE + 1];

    ck_assert(rule_name_ok("a-Z_9"));
    ck_assert(!rule_name_ok(""));
    ck_assert(!rule_name_ok("a b"));
    ck_assert(!rule_name_ok("\xc3\xa4"));
    memset(name, 'a', sizeof name);
    name[RULE_NAME_SIZE] = '\0';
    ck_assert(!rule_name_ok(name));
    name[RULE_NAME_SIZE - 1] = '\0';
    ck_assert(rule_name_ok(name));
}
END_TEST

START_TEST(test_digest)
{
    struct rule rule = GOOD(BASE);

    ck_assert_uint_eq(rule.digest, GOOD(BASE, "for=2h", "severity=info", "text=x").digest);
    ck_assert_uint_ne(rule.digest, GOOD(BASE, "bound=upper").digest);
    ck_assert_uint_ne(rule.digest,
                      GOOD("metric=hashrate.now_ehs", "raise=below 501", "clear=above 550").digest);
    ck_assert_uint_ne(
        rule.digest, GOOD("metric=hashrate.w144_ehs", "raise=below 500", "clear=above 550").digest);
}
END_TEST

START_TEST(test_builtin)
{
    struct ruleset set;
    struct ruleset_builtin builtin;

    ck_assert(ruleset_defaults(&set));
    ck_assert_uint_gt(set.count, 15);
    for (size_t i = 0; i < set.count; i++) {
        char text[RULE_EXPLAIN_SIZE];
        char fault[TEMPLATE_FAULT_SIZE];

        ck_assert(ruleset_builtin(&builtin, i));
        ck_assert_str_eq(builtin.name, set.rules[i].name);
        ck_assert_ptr_eq(ruleset_find(&set, builtin.name), &set.rules[i]);
        ck_assert(set.rules[i].enabled);
        ck_assert(template_check(fault, set.rules[i].text));
        rule_explain(text, &set.rules[i]);
        ck_assert_int_eq(text[strlen(text) - 1], '.');
        ck_assert_ptr_nonnull(strstr(text, metric_info(set.rules[i].metric)->name));
        ck_assert_ptr_null(strstr(text, "  "));
    }
    ck_assert(!ruleset_builtin(&builtin, set.count));
    ruleset_free(&set);
    ck_assert_uint_eq(set.count, 0);
}
END_TEST

static bool read_into(struct ruleset *set, struct rule_error *error, const char *name,
                      const char *const *texts)
{
    struct section section;

    take(&section, texts);
    return ruleset_read(set, error, name, LINE, section.pairs, section.count);
}

#define READ(set, error, name, ...)                                                                \
    read_into((set), (error), (name), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(test_changing_builtin)
{
    struct ruleset set;
    struct rule_error error;
    struct rule before;
    const struct rule *rule = NULL;
    size_t count = 0;

    ck_assert(ruleset_defaults(&set));
    count = set.count;
    rule = ruleset_find(&set, "few-peers");
    before = *rule;
    ck_assert(READ(&set, &error, "few-peers", "enabled=0"));
    ck_assert(!rule->enabled);
    ck_assert_double_eq(rule->raise_level, before.raise_level);
    ck_assert(READ(&set, &error, "few-peers", "enabled=1", "raise=below 10%"));
    ck_assert_double_eq(rule->raise_level, 0.1);
    ck_assert_double_eq(rule->clear_level, before.clear_level);
    ck_assert_int_eq(rule->raise_for.amount, before.raise_for.amount);
    ck_assert_str_eq(rule->text, before.text);
    ck_assert_uint_ne(rule->digest, before.digest);
    /* A level that does not suit the other one, which stays. */
    ck_assert(!READ(&set, &error, "few-peers", "raise=below 90%"));
    ck_assert_uint_eq(error.line, LINE + 1);
    ck_assert_ptr_nonnull(strstr(error.text, "does not suit"));
    ck_assert_double_eq(rule->raise_level, 0.1);
    /* Another metric: nothing stays but the name. */
    ck_assert(!READ(&set, &error, "few-peers", "metric=sync.peers"));
    ck_assert(
        READ(&set, &error, "few-peers", "metric=sync.peers", "raise=below 1", "clear=above 3"));
    ck_assert_str_eq(rule->text, "");
    ck_assert_int_eq(rule->raise_for.amount, 0);
    ck_assert_uint_eq(set.count, count);
    /* One more. */
    ck_assert(READ(&set, &error, "mine", BASE));
    ck_assert_uint_eq(set.count, count + 1);
    for (size_t i = set.count; i < RULESET_MAX; i++) {
        char name[32];

        snprintf(name, sizeof name, "r%zu", i);
        ck_assert(READ(&set, &error, name, BASE));
    }
    ck_assert(!READ(&set, &error, "too-many", BASE));
    ck_assert_ptr_nonnull(strstr(error.text, "expected at most 256"));
    ruleset_free(&set);
}
END_TEST

START_TEST(test_explain)
{
    char text[RULE_EXPLAIN_SIZE];
    struct rule rule =
        GOOD("metric=hashrate.now_ehs", "bound=upper", "raise=below 500", "clear=above 550",
             "for=6 blocks", "clearfor=1h", "repeat=6h", "repeatmax=7d", "sinks=ops,mail");

    rule_explain(text, &rule);
    ck_assert_str_eq(text, "Raises a warning when even the upper bound of the hash rate now "
                           "(hashrate.now_ehs) is 500 EH/s or less for 6 blocks; clears when it is "
                           "550 EH/s or more for 1 h; repeats after 6 h, each further interval 2 "
                           "times as long, up to 7 d; goes to ops and mail; silent until synced.");
    rule = GOOD("metric=sync.synced", "raise=no", "for=2h", "repeat=0", "severity=info");
    rule_explain(text, &rule);
    ck_assert_str_eq(text, "Raises an info alert when it is not so that the monitor is synced "
                           "(sync.synced) for 2 h; clears when that has ended; never repeats; goes "
                           "to all sinks.");
    rule.enabled = false;
    rule_explain(text, &rule);
    ck_assert_int_eq(strncmp(text, "Switched off; else it raises an info alert when ", 48), 0);
}
END_TEST

static bool upper(void *context, char out[TEMPLATE_VALUE_SIZE], enum template_word word,
                  enum metric_id metric)
{
    (void)context;
    snprintf(out, TEMPLATE_VALUE_SIZE, "<%s>",
             word < TEMPLATE_WORD_COUNT ? template_word_name(word) : metric_info(metric)->name);
    return word != TEMPLATE_LO;
}

START_TEST(test_template)
{
    char out[64];

    template_fill(out, sizeof out, "{{{value}}} {sync.peers}{lo}", upper, NULL);
    ck_assert_str_eq(out, "{<value>} <sync.peers><lo>");
    /* Brackets: what is unknown (here {lo}) takes its surroundings with it. */
    template_fill(out, sizeof out, "a[, {value}][, {hi} to {lo}][.] [[{lo}]]", upper, NULL);
    ck_assert_str_eq(out, "a, <value>. [<lo>]");
    template_fill(out, sizeof out, "[{lo}]", upper, NULL);
    ck_assert_str_eq(out, "");
    template_fill(out, sizeof out, "", upper, NULL);
    ck_assert_str_eq(out, "");
    /* What is cut is never half a character. */
    for (size_t size = 1; size <= 12; size++) {
        template_fill(out, size, "\xe2\x82\xac\xe2\x82\xac{value}", upper, NULL);
        ck_assert_uint_lt(strlen(out), size);
        ck_assert(strlen(out) >= 6 || strlen(out) % 3 == 0);
    }
}
END_TEST

START_TEST(test_template_faults)
{
    static const char *const bad[] = {"[{value}", "{value}]",  "[a [b] c]", "]",
                                      "[",        "{[value]}", "[{value]}"};
    char fault[TEMPLATE_FAULT_SIZE];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!template_check(fault, bad[i]), "%s", bad[i]);
        ck_assert_str_ne(fault, "");
    }
    ck_assert(template_check(fault, "[[ ]] [{value}] {{ }}"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_every_key,       test_defaults_of_a_rule,
        test_levels,          test_mistakes,
        test_names,           test_digest,
        test_builtin,         test_changing_builtin,
        test_explain,         test_template,
        test_template_faults,
    };

    return TEST_MAIN("rule", tests);
}
