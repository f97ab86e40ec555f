// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a table of efficiency is read whole or refused with every fault, and what is
 * built in are the figures of the site model.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/efficiency.h"
#include "analysis/site.h"
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "kind,subject,date,j_per_th,sd,source,confidence,note\n"
#define KNOT "removed,x,2025.5,22,0.18,,judgement,\n"

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

static enum efficiency_result read_bytes(struct efficiency *out, struct told *told,
                                         const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    *told = (struct told){.count = 0};
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    return efficiency_parse(out, copy, len, take_fault, told);
}

static enum efficiency_result read_text(struct efficiency *out, struct told *told, const char *text)
{
    return read_bytes(out, told, text, strlen(text));
}

START_TEST(test_builtin)
{
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_EFFICIENCY);
    size_t kinds[EFFICIENCY_KINDS] = {0};
    struct efficiency table;
    struct site_priors priors;
    struct told told;

    ck_assert_int_eq(read_bytes(&table, &told, text, len), EFFICIENCY_READ);
    ck_assert_uint_eq(told.count, 0);
    site_priors_init(&priors);
    ck_assert_uint_eq(table.knot_count, priors.knot_count);
    for (size_t i = 0; i < table.knot_count; i++)
        ck_assert(table.knots[i].year == priors.knots[i].year &&
                  table.knots[i].j_per_th == priors.knots[i].j_per_th &&
                  table.knots[i].sd == priors.knots[i].sd);
    ck_assert_ptr_null(site_priors_set_knots(&priors, table.knots, table.knot_count));
    for (size_t i = 0; i < table.count; i++)
        kinds[table.rows[i].kind]++;
    for (size_t kind = 0; kind < EFFICIENCY_KINDS; kind++)
        ck_assert_uint_gt(kinds[kind], 0);
    efficiency_free(&table);
}
END_TEST

START_TEST(test_row)
{
    struct efficiency table;
    struct told told;

    ck_assert_int_eq(
        read_text(&table, &told, HEAD KNOT "company,\"A, B\",2025-09,16.1,,https://x,seen,n\n"),
        EFFICIENCY_READ);
    ck_assert_uint_eq(table.count, 2);
    ck_assert_uint_eq(table.knot_count, 1);
    ck_assert_int_eq(table.rows[1].kind, EFFICIENCY_COMPANY);
    ck_assert_str_eq(efficiency_kind_name(table.rows[1].kind), "company");
    ck_assert_str_eq(table.rows[1].subject, "A, B");
    ck_assert_str_eq(table.rows[1].source, "https://x");
    ck_assert_str_eq(table.rows[1].note, "n");
    ck_assert(table.rows[1].j_per_th == 16.1 && table.rows[1].sd < 0.0);
    ck_assert_uint_eq(table.rows[1].line, 3);
    efficiency_free(&table);
}
END_TEST

START_TEST(test_faults)
{
    static const struct {
        const char *text, *column;
        unsigned line;
    } bad[] = {
        {"", "", 1},
        {"kind,subject,date\n", "", 1},
        {HEAD, "kind", 2},
        {HEAD "network,x,2025,22,,,,\n", "kind", 3},
        {HEAD KNOT "chip,x,2025,22,,,,\n", "kind", 3},
        {HEAD KNOT "network,,2025,22,,,,\n", "subject", 3},
        {HEAD KNOT "network,x,soon,22,,,,\n", "date", 3},
        {HEAD KNOT "network,x,2025,0.022,,,,\n", "j_per_th", 3},
        {HEAD KNOT "network,x,2025,nan,,,,\n", "j_per_th", 3},
        {HEAD KNOT "network,x,2025,22,-1,,,\n", "sd", 3},
        {HEAD KNOT "network,x,2025,22,3,,,\n", "sd", 3},
        {HEAD KNOT "removed,x,2026.5,20,,,,\n", "sd", 3},
        {HEAD KNOT "removed,x,2025.5,20,0.2,,,\n", "date", 3},
        {HEAD KNOT "network,x\n", "", 3},
        {HEAD KNOT "network,\"x\n", "", 3},
    };
    struct efficiency table;
    struct told told;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_text(&table, &told, bad[i].text) == EFFICIENCY_REFUSED, "%s",
                      bad[i].text);
        ck_assert_msg(told.count == 1 && told.last.line == bad[i].line &&
                          strcmp(told.last.column, bad[i].column) == 0,
                      "%s: %u %s %s", bad[i].text, told.last.line, told.last.column,
                      told.last.reason);
        ck_assert(table.text == NULL && table.rows == NULL);
    }
    ck_assert_int_eq(read_bytes(&table, &told, "kind\0", 5), EFFICIENCY_REFUSED);
    ck_assert_int_eq(read_text(&table, &told, HEAD "chip,,soon,x,y,,,\nchip,a,2025,22,,,,\n"),
                     EFFICIENCY_REFUSED);
    ck_assert_uint_eq(told.count, 6); /* every one is told */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_builtin, test_row, test_faults};

    return TEST_MAIN("efficiency", tests);
}
