// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a table of claims is read whole or refused with every fault; verdicts follow
 * from the figure's interval, the threshold and the deadline alone; Brier scores are what they are
 * by hand; and what is built in can be read.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/claims.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "id,claim,said_by,said,metric,comparison,threshold,from,deadline,probability,source,note\n"
#define ROW "a,x,me,2026-04-01,hashrate.change,above,0.1,,2026-05,0.9,,\n"

struct told {
    size_t count;
    struct csv_fault last;
};

static void take_fault(void *context, const struct csv_fault *fault)
{
    struct told *told = context;

    told->count++;
    told->last = *fault;
}

static enum claims_result read_bytes(struct claims *out, struct told *told, const char *text,
                                     size_t len)
{
    char *copy = malloc(len + 1);

    *told = (struct told){.count = 0};
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    return claims_parse(out, copy, len, take_fault, told);
}

static enum claims_result read_text(struct claims *out, struct told *told, const char *text)
{
    return read_bytes(out, told, text, strlen(text));
}

START_TEST(test_builtin)
{
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_CLAIMS);
    size_t metrics[CLAIM_METRICS] = {0};
    struct claims claims;
    struct told told;

    ck_assert_msg(read_bytes(&claims, &told, text, len) == CLAIMS_READ, "%u %s: %s", told.last.line,
                  told.last.column, told.last.reason);
    for (size_t i = 0; i < claims.count; i++)
        metrics[claims.rows[i].metric]++;
    for (size_t metric = 0; metric < CLAIM_METRICS; metric++)
        ck_assert_msg(metrics[metric] > 0, "%s", claim_metric_name((enum claim_metric)metric));
    claims_free(&claims);
}
END_TEST

START_TEST(test_row)
{
    struct claims claims;
    struct told told;
    const struct claim *row = NULL;

    ck_assert_int_eq(read_text(&claims, &told, HEAD ROW "b,y,me,2026,,,,,,,,no quantity\n"),
                     CLAIMS_READ);
    ck_assert_uint_eq(claims.count, 2);
    row = &claims.rows[0];
    ck_assert_int_eq(row->metric, CLAIM_HASHRATE_CHANGE);
    ck_assert(row->above && row->threshold == 0.1 && row->probability == 0.9);
    ck_assert_int_eq(row->from, 20544);     /* 2026-04-01, when it was said */
    ck_assert_int_eq(row->deadline, 20604); /* the last day of May */
    ck_assert_str_eq(claim_metric_name(row->metric), row->metric_name);
    ck_assert_int_eq(claims.rows[1].metric, CLAIM_NONE);
    ck_assert(claims.rows[1].probability < 0.0);
    claims_free(&claims);
}
END_TEST

START_TEST(test_faults)
{
    static const struct {
        const char *text, *column;
    } bad[] = {
        {"", ""},
        {"id,claim\n", ""},
        {HEAD "A,x,me,2026,,,,,,,,n\n", "id"},
        {HEAD "a,,me,2026,,,,,,,,n\n", "claim"},
        {HEAD "a,x,,2026,,,,,,,,n\n", "said_by"},
        {HEAD "a,x,me,lately,,,,,,,,n\n", "said"},
        {HEAD "a,x,me,2026,,,,,,,,\n", "note"},
        {HEAD "a,x,me,2026,price.change,above,1,,2027,,,\n", "metric"},
        {HEAD "a,x,me,2026,hashrate.change,over,1,,2027,,,\n", "comparison"},
        {HEAD "a,x,me,2026,hashrate.change,above,10%,,2027,,,\n", "threshold"},
        {HEAD "a,x,me,2026,hashrate.change,above,1,soon,2027,,,\n", "from"},
        {HEAD "a,x,me,2026,hashrate.change,above,1,,later,,,\n", "deadline"},
        {HEAD "a,x,me,2026-05-01,hashrate.change,above,1,,2026-04,,,\n", "deadline"},
        {HEAD "a,x,me,2026,hashrate.change,above,1,,2027,80%,,\n", "probability"},
        {HEAD "a,x,me,2026\n", ""},
        {HEAD "a,x,\"me\n", ""},
        {HEAD ROW ROW, "id"},
    };
    struct claims claims;
    struct told told;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_text(&claims, &told, bad[i].text) == CLAIMS_REFUSED, "%s", bad[i].text);
        ck_assert_msg(strcmp(told.last.column, bad[i].column) == 0, "%s: %s %s", bad[i].text,
                      told.last.column, told.last.reason);
        ck_assert(claims.text == NULL && claims.rows == NULL);
    }
    ck_assert_int_eq(read_bytes(&claims, &told, "id\0", 3), CLAIMS_REFUSED);
    ck_assert_int_eq(
        read_text(&claims, &told, HEAD "A,,me,lately,hashrate.change,over,x,,soon,2,,\n"),
        CLAIMS_REFUSED);
    ck_assert_uint_eq(told.count, 7); /* every one is told */
}
END_TEST

static enum claim_verdict judged(bool above, double threshold, double low, double high)
{
    struct claim claim = {.metric = CLAIM_HASHRATE_CHANGE, .above = above, .threshold = threshold};
    struct claim_figure figure = {true, (low + high) / 2.0, low, high};

    return claim_judge(&claim, &figure, true);
}

START_TEST(test_verdicts)
{
    struct claim claim = {.metric = CLAIM_HASHRATE_CHANGE, .above = true};
    struct claim_figure none = {.known = false};
    struct claim_figure one = {true, 1.0, 1.0, 1.0};

    ck_assert_int_eq(judged(true, 0.0, 0.1, 0.2), CLAIM_TRUE);
    ck_assert_int_eq(judged(true, 0.0, -0.2, -0.1), CLAIM_FALSE);
    ck_assert_int_eq(judged(true, 0.0, -0.1, 0.1), CLAIM_UNDECIDABLE);
    ck_assert_int_eq(judged(true, 0.0, -0.1, HUGE_VAL), CLAIM_UNDECIDABLE);
    ck_assert_int_eq(judged(false, 0.0, -0.2, -0.1), CLAIM_TRUE);
    ck_assert_int_eq(judged(false, 0.0, 0.1, 0.2), CLAIM_FALSE);
    ck_assert_int_eq(judged(false, 0.0, -0.1, 0.1), CLAIM_UNDECIDABLE);
    /* The threshold itself is neither above nor below. */
    ck_assert_int_eq(judged(true, 1.0, 1.0, 1.0), CLAIM_FALSE);
    ck_assert_int_eq(judged(false, 1.0, 1.0, 1.0), CLAIM_FALSE);
    ck_assert_int_eq(claim_judge(&claim, &none, true), CLAIM_UNDECIDABLE);
    ck_assert_int_eq(claim_judge(&claim, &one, false), CLAIM_OPEN);
    claim.metric = CLAIM_NONE;
    ck_assert_int_eq(claim_judge(&claim, &one, false), CLAIM_UNTESTABLE);
    ck_assert_str_eq(claim_verdict_name(CLAIM_UNTESTABLE), "cannot be tested");
}
END_TEST

START_TEST(test_scores)
{
    static const struct claim claims[] = {
        {.said_by = "a", .probability = 0.9},  {.said_by = "b", .probability = 0.6},
        {.said_by = "a", .probability = 0.8},  {.said_by = "a", .probability = 1.0},
        {.said_by = "a", .probability = -1.0},
    };
    static const enum claim_verdict verdicts[] = {CLAIM_TRUE, CLAIM_OPEN, CLAIM_FALSE,
                                                  CLAIM_UNDECIDABLE, CLAIM_TRUE};
    const struct claim *list[5];
    struct claim_score scores[5];

    for (size_t i = 0; i < 5; i++)
        list[i] = &claims[i];
    ck_assert_uint_eq(claims_scores(scores, list, verdicts, 5), 2);
    ck_assert_str_eq(scores[0].said_by, "a");
    ck_assert(scores[0].claims == 4 && scores[0].decided == 2);
    ck_assert(fabs(scores[0].brier - (0.01 + 0.64) / 2.0) < 1e-12);
    ck_assert(scores[1].claims == 1 && scores[1].decided == 0 && scores[1].brier == 0.0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_builtin, test_row, test_faults, test_verdicts, test_scores};

    return TEST_MAIN("claims", tests);
}
