// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a ledger says what its rows say and nothing else; each thing that cannot be is
 * told with its line and column, and is left out; nothing is counted twice; any past state can be
 * had again; and what is built in are the sites of the methods' own list, to the digit.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/ledger.h"
#include "analysis/site.h"
#include "tests/support/check.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 8192
#define HEAD                                                                                       \
    "id,recorded,company,site,kind,status,mw,mw_basis,gross_mw,it_mw,mined_before,announced,"      \
    "unplugged,energised,full,probability,parent,source,confidence,note\n"
/** 2026-07-31. */
#define JULY_31 20665

/** What was told. */
struct told {
    size_t faults, doubts;
    char lines[TEXT_SIZE]; /* "LINE column reason;" each */
};

static void take_fault(void *context, const struct csv_fault *fault)
{
    struct told *told = context;
    size_t len = strlen(told->lines);

    if (fault->doubt)
        told->doubts++;
    else
        told->faults++;
    snprintf(told->lines + len, sizeof told->lines - len, "%u %s %s;", fault->line, fault->column,
             fault->reason);
}

static struct ledger read_bytes(struct told *told, const char *text, size_t len)
{
    struct ledger ledger;
    char *copy = malloc(len + 1);

    *told = (struct told){.faults = 0};
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    ck_assert_int_ne(ledger_parse(&ledger, copy, len, take_fault, told), LEDGER_NO_MEMORY);
    return ledger;
}

static struct ledger read_text(struct told *told, const char *text)
{
    return read_bytes(told, text, strlen(text));
}

/* A ledger of these rows, on a day on which all are known. */
static struct ledger chosen(struct told *told, const char *rows)
{
    char text[TEXT_SIZE];
    struct ledger ledger;

    snprintf(text, sizeof text, "%s%s", HEAD, rows);
    ledger = read_text(told, text);
    ledger_choose(&ledger, LEDGER_LATEST, take_fault, told);
    return ledger;
}

static size_t counting(const struct ledger *ledger)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger->count; i++)
        count += ledger->rows[i].counts ? 1 : 0;
    return count;
}

/* ---- one row ---- */

START_TEST(test_row)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "a-1,2026-07-30,C,\"S, T\",dual,signed,260,lease,300,200,partial,2025-11-06,,"
                      "2026.3,2026-12,0.9,,https://example.org/x,seen,\"two\nlines\"\n");
    const struct ledger_row *row = &ledger.rows[0];
    struct site site;

    ck_assert_msg(told.faults + told.doubts == 0, "%s", told.lines);
    ck_assert_uint_eq(ledger.count, 1);
    ck_assert_str_eq(row->fields[LEDGER_SITE], "S, T");
    ck_assert_str_eq(row->fields[LEDGER_NOTE], "two\nlines");
    ck_assert_str_eq(row->fields[LEDGER_TENANT], "");
    ck_assert_uint_eq(row->line, 2);
    ck_assert(row->kind == LEDGER_DUAL && row->status == LEDGER_SIGNED &&
              row->mined == LEDGER_MINED_PARTIAL && row->basis == LEDGER_BASIS_LEASE &&
              row->confidence == LEDGER_SEEN);
    ck_assert(row->mw == 260.0 && row->gross_mw == 300.0 && row->it_mw == 200.0);
    ck_assert_int_eq(row->recorded, JULY_31 - 1);
    ck_assert(row->in_force && row->counts);
    ck_assert_uint_eq(ledger_sites(&site, &ledger), 1);
    ck_assert_str_eq(site.name, "a-1");
    ck_assert(site.mw == 260.0 && site.mined == SITE_MINED_PARTLY && site.delivery == 0.9);
    ck_assert(site.announced == 2025.85 && site.energised == 2026.3 && site.full == 2026.96);
    ck_assert(isnan(site.unplugged));
    ledger_free(&ledger);
}
END_TEST

/* Rows with one fault each, and the column in which it is. */
START_TEST(test_faults)
{
    static const struct {
        const char *row, *column;
    } bad[] = {
        {"A,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,", "id"},
        {"-a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,", "id"},
        {",2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,", "id"},
        {"a,2026-07,C,S,exit,sold,,,,,yes,,,,,,,,memory,", "recorded"},
        {"a,,C,S,exit,sold,,,,,yes,,,,,,,,memory,", "recorded"},
        {"a,2026-07-30,,S,exit,sold,,,,,yes,,,,,,,,memory,", "company"},
        {"a,2026-07-30,C,,exit,sold,,,,,yes,,,,,,,,memory,", "site"},
        {"a,2026-07-30,C,S,AGG,sold,,,,,yes,,,,,,,,memory,", "kind"},
        {"a,2026-07-30,C,S,exit,gone,,,,,yes,,,,,,,,memory,", "status"},
        {"a,2026-07-30,C,S,exit,sold,,,,,maybe,,,,,,,,memory,", "mined_before"},
        {"a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,rumour,", "confidence"},
        {"a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,seen,", "source"},
        {"a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,the press,seen,", "source"},
        {"a,2026-07-30,C,S,conversion,plan,-5,mined,,,yes,2025,,,,0.5,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,nan,mined,,,yes,2025,,,,0.5,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,0,mined,,,yes,2025,,,,0.5,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,100001,mined,,,yes,2025,,,,0.5,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,5,,,,yes,2025,,,,0.5,,,memory,", "mw_basis"},
        {"a,2026-07-30,C,S,conversion,plan,5,guess,,,yes,2025,,,,0.5,,,memory,", "mw_basis"},
        {"a,2026-07-30,C,S,conversion,plan,,mined,,,yes,2025,,,,,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,,,,,yes,2025,,,,0.5,,,memory,", "mw"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,1,2,yes,2025,,,,0.5,,,memory,", "it_mw"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,,,,1.5,,,memory,", "probability"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,,,,50%,,,memory,", "probability"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,no,2025,,,,0.5,,,memory,", "probability"},
        {"a,2026-07-30,C,S,total,plan,5,mined,,,yes,2025,,,,0.5,,,memory,", "probability"},
        {"a,2026-07-30,C,S,exit,sold,5,mined,,,yes,2025,,,,0.5,,,memory,", "probability"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,,,,,0.5,,,memory,", "announced"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,May 2025,,,,0.5,,,memory,", "announced"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2026-07-31,,,,0.5,,,memory,", "announced"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,,2026-05,2026-04,0.5,,,memory,",
         "full"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,2026-05,,2026-04,0.5,,,memory,",
         "full"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,2026-05,2026-04,,0.5,,,memory,",
         "energised"},
        {"a,2026-07-30,C,S,conversion,live,5,mined,,,yes,2025,,2026-08,,0.5,,,memory,", "status"},
        {"a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,,,,0.5,b c,,memory,", "parent"},
        {"a,2026-07-30,C,S,conversion", ""},
        {"a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,,extra", ""},
        {"a,2026-07-30,\"C,S", ""},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct told told;
        struct ledger ledger;
        char rows[TEXT_SIZE];
        char begin[64];

        snprintf(rows, sizeof rows, "# a comment\n%s\n", bad[i].row);
        snprintf(begin, sizeof begin, "3 %s ", bad[i].column);
        ledger = chosen(&told, rows);
        ck_assert_msg(told.faults == 1 && ledger.faults == 1, "%s: %s", bad[i].row, told.lines);
        ck_assert_msg(strncmp(told.lines, begin, strlen(begin)) == 0, "%s: %s", bad[i].row,
                      told.lines);
        ck_assert_uint_eq(ledger.count, 0);
        ledger_free(&ledger);
    }
}
END_TEST

/* All that is wrong is told, and the rest is read. */
START_TEST(test_every_fault)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "a,2026-13-30,C,S,new,plan,x,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "b,2026-07-30,C,S,control,none,,,,,no,,,,,,,,memory,\n"
                      "c,2026-07-30,C,\"S\"x,control,none,,,,,no,,,,,,,,memory,\n"
                      "d,2026-07-30,C,S,control,none,,,,,no,,,,,,,,memory,\n");

    ck_assert_msg(told.faults == 4 && ledger.faults == 4, "%s", told.lines);
    ck_assert_uint_eq(ledger.count, 2);
    ck_assert_str_eq(ledger.rows[1].fields[LEDGER_ID], "d");
    ledger_free(&ledger);
}
END_TEST

START_TEST(test_doubts)
{
    static const char *const rows[] = {
        "a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025-06-01,,2022,,0.5,,,memory,\n",
        "a,2026-07-30,C,S,conversion,plan,5,mined,,,yes,2025,,,,0.5,,,judgement,\n",
        "a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,\n"
        "a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,\n",
        "a,2026-07-30,C,S,exit,sold,,,,,yes,,,,,,,,memory,\n"
        "a,2026-07-29,C,S,exit,closed,,,,,yes,,,,,,,,memory,\n",
        "t,2026-07-30,C,T,total,plan,100,mined,,,yes,,,,,,,,memory,\n"
        "a,2026-07-30,C,S,conversion,plan,102,mined,,,yes,2025,,,,0.5,t,,memory,\n",
        "t,2026-07-30,C,T,total,plan,,,,100,yes,,,,,,,,memory,\n"
        "a,2026-07-30,C,S,greenfield,plan,,,,102,no,,,,,,t,,memory,\n",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct told told;
        struct ledger ledger = chosen(&told, rows[i]);

        ck_assert_msg(told.faults == 0 && told.doubts == 1, "%s: %s", rows[i], told.lines);
        ledger_free(&ledger);
    }
}
END_TEST

START_TEST(test_no_table)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "1  nothing"},
        {"# only this\n", "nothing"},
        {"id,\"recorded\n", "does not end"},
        {"id,recorded,company,site,kind,status,mined_before\n", "no column confidence"},
        {"id,id,recorded,company,site,kind,status,mined_before,confidence\n", "id is there twice"},
    };
    struct told told;
    struct ledger ledger;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ledger = read_text(&told, bad[i].text);
        ck_assert_msg(told.faults == 1 && strstr(told.lines, bad[i].says) != NULL, "%s: %s",
                      bad[i].text, told.lines);
        ck_assert(ledger.count == 0 && ledger.text == NULL);
    }
    ledger = read_bytes(&told, "id\0", 4);
    ck_assert_uint_eq(told.faults, 1);
    ledger = read_text(&told, "id,recorded,company,site,kind,status,mined_before,confidence,mv\n");
    ck_assert(told.faults == 0 && told.doubts == 1 && strstr(told.lines, "column mv") != NULL);
    ck_assert_uint_eq(ledger_choose(&ledger, LEDGER_LATEST, NULL, NULL), 0);
    ck_assert_uint_eq(ledger_find(&ledger, "x"), LEDGER_NOWHERE);
    ledger_free(&ledger);
}
END_TEST

/* ---- versions ---- */

START_TEST(test_versions)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "a,2026-07-01,C,S,conversion,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "b,2026-07-30,C,T,exit,sold,,,,,yes,,,,,,,,memory,\n"
                      "a,2026-07-31,C,S,conversion,signed,5,mined,,,yes,2025,,,,0.7,,,memory,\n"
                      "a,2026-07-31,C,S,conversion,signed,6,mined,,,yes,2025,,,,0.7,,,memory,\n"
                      "a,2026-08-02,C,S,conversion,withdrawn,6,mined,,,yes,2025,,,,0.7,,,memory,\n"
                      "a,2026-08-05,C,S,conversion,live,6,mined,,,yes,2025,,,,1,,,memory,\n");
    static const struct {
        int32_t day;
        size_t row; /* of a; 9: none */
    } states[] = {{JULY_31 - 31, 9}, {JULY_31 - 30, 0}, {JULY_31 - 1, 0},
                  {JULY_31, 3},      {JULY_31 + 1, 3},  {JULY_31 + 2, 9},
                  {JULY_31 + 4, 9},  {JULY_31 + 5, 5},  {LEDGER_LATEST, 5}};

    ck_assert_msg(told.faults + told.doubts == 0, "%s", told.lines);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        size_t want = states[i].row == 9 ? LEDGER_NOWHERE : states[i].row;

        ck_assert_uint_eq(ledger_choose(&ledger, states[i].day, take_fault, &told), 0);
        ck_assert_uint_eq(ledger_find(&ledger, "a"), want);
        ck_assert_uint_eq(counting(&ledger), want == LEDGER_NOWHERE ? 0 : 1);
        ck_assert_uint_eq(ledger_find(&ledger, "b"),
                          states[i].day < JULY_31 - 1 ? LEDGER_NOWHERE : 1);
    }
    ck_assert_uint_eq(ledger_find_last(&ledger, "a"), 5);
    ck_assert_uint_eq(ledger_find_last(&ledger, "c"), LEDGER_NOWHERE);
    ledger_free(&ledger);
}
END_TEST

/* ---- counted twice ---- */

START_TEST(test_parent_and_child)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "b,2026-07-30,C,B,conversion,plan,5,mined,,,yes,2025,,,,0.5,t,,memory,\n"
                      "t,2026-07-30,C,T,total,plan,,,,,yes,,,,,,a,,memory,\n"
                      "a,2026-07-30,C,A,conversion,plan,9,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "c,2026-07-30,C,D,conversion,plan,5,mined,,,yes,2025,,,,,a,,memory,\n");

    ck_assert_msg(told.faults == 1 &&
                      strncmp(told.lines, "2 probability b: counted twice", 30) == 0,
                  "%s", told.lines);
    ck_assert(!ledger.rows[0].counts && ledger.rows[2].counts && !ledger.rows[3].counts);
    ck_assert_uint_eq(ledger.rows[0].parent, 1);
    ledger_free(&ledger);
}
END_TEST

START_TEST(test_one_site_twice)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "b,2026-07-30,C,A,conversion,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "x,2026-07-30,C,A,exit,sold,,,,,yes,,,,,,,,memory,\n"
                      "a,2026-07-30,C,A,dual,plan,9,mined,,,yes,2025,,,,0.5,,,memory,\n");

    ck_assert_msg(told.faults == 1 && strncmp(told.lines, "4 site a: counted twice", 23) == 0, "%s",
                  told.lines);
    ck_assert(ledger.rows[0].counts && !ledger.rows[1].counts && !ledger.rows[2].counts);
    ledger_free(&ledger);
}
END_TEST

/* Capitals, blanks and signs tell no site from another; another company might. */
START_TEST(test_one_site_under_other_names)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "a,2026-07-30,Co Inc.,Hill TX,dual,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "b,2026-07-30,CO INC,hill-TX ,dual,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "c,2026-07-30,Cloud,Hill Tx,dual,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n"
                      "d,2026-07-30,Cloud,Hill T,dual,plan,5,mined,,,yes,2025,,,,0.5,,,memory,\n");

    ck_assert_msg(told.faults == 1 && strstr(told.lines, "3 site b: counted twice: a") != NULL,
                  "%s", told.lines);
    ck_assert_msg(strstr(told.lines, "counted twice, if it is the same site") != NULL, "%s",
                  told.lines);
    ck_assert(ledger.rows[0].counts && !ledger.rows[1].counts);
    ck_assert(ledger.rows[2].counts && ledger.rows[3].counts);
    ledger_free(&ledger);
}
END_TEST

START_TEST(test_broken_parents)
{
    struct told told;
    struct ledger ledger =
        chosen(&told, "a,2026-07-30,C,A,total,plan,,,,,yes,,,,,,b,,memory,\n"
                      "b,2026-07-30,C,B,total,plan,,,,,yes,,,,,,a,,memory,\n"
                      "c,2026-07-30,C,D,total,plan,,,,,yes,,,,,,c,,memory,\n"
                      "d,2026-07-30,C,E,total,plan,,,,,yes,,,,,,nobody,,memory,\n"
                      "e,2026-07-31,C,F,total,withdrawn,,,,,yes,,,,,,nobody,,memory,\n"
                      "f,2026-07-30,C,G,dual,plan,9,mined,,,yes,2025,,,,0.5,nobody,,memory,\n");

    ck_assert_msg(told.faults == 4, "%s", told.lines);
    /* Nothing that counts is above it: only its parent is left out. */
    ck_assert(ledger.rows[5].counts && ledger.rows[5].parent == LEDGER_NOWHERE);
    for (size_t i = 0; i < ledger.count; i++) {
        size_t steps = 0;

        for (size_t up = ledger.rows[i].parent; up != LEDGER_NOWHERE; up = ledger.rows[up].parent)
            ck_assert_uint_lt(steps++, ledger.count);
    }
    ledger_free(&ledger);
}
END_TEST

/* ---- what is built in ---- */

static struct ledger builtin(struct told *told)
{
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_CONVERSIONS);
    struct ledger ledger = read_bytes(told, text, len);

    ledger_choose(&ledger, LEDGER_LATEST, take_fault, told);
    return ledger;
}

START_TEST(test_builtin)
{
    struct told told;
    struct ledger ledger = builtin(&told);
    struct site *sites = calloc(ledger.count, sizeof *sites);
    size_t count = 0;
    size_t kinds[LEDGER_KINDS] = {0};

    ck_assert_ptr_nonnull(sites);
    ck_assert_msg(told.faults + told.doubts == 0, "%s", told.lines);
    count = ledger_sites(sites, &ledger);
    ck_assert_uint_eq(count, 27);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_null(site_fault(&sites[i]));
    for (size_t i = 0; i < ledger.count; i++)
        kinds[ledger.rows[i].kind]++;
    for (size_t kind = 0; kind < LEDGER_KINDS; kind++)
        ck_assert_msg(kinds[kind] > 0, "%s", ledger_kind_name((enum ledger_kind)kind));
    for (size_t i = 0; i < ledger.count; i++) {
        const struct ledger_row *row = &ledger.rows[i];
        const char *id = row->fields[LEDGER_ID];
        bool lease = strcmp(id, "iren-childress-horizon") == 0 ||
                     strcmp(id, "riot-rockdale-amd") == 0 || strcmp(id, "mara-starwood") == 0;

        if (row->counts)
            ck_assert_int_eq(row->basis, lease ? LEDGER_BASIS_LEASE : LEDGER_BASIS_MINED);
    }
    free(sites);
    ledger_free(&ledger);
}
END_TEST

/* Equal, or both unknown. */
static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool is_partly(const char *id)
{
    static const char *const partly[] = {"core-dalton", "iren-childress-horizon",
                                         "cipher-black-pearl", "keel-pa"};
    bool found = false;

    for (size_t i = 0; i < sizeof partly / sizeof partly[0]; i++)
        found = found || strcmp(partly[i], id) == 0;
    return found;
}

/* The list of which the methods' result was made. */
START_TEST(test_same_as_the_methods)
{
    enum { MW = 1, ANNOUNCED = 3, ENERGISED, FULL, DELIVERY };
    struct vectors vectors;
    struct told told;
    struct ledger ledger = builtin(&told);
    struct site sites[64];

    if (vectors_read(&vectors, "ai/ledger.csv")) {
        ck_assert_uint_eq(ledger_sites(sites, &ledger), vectors.rows);
        for (size_t i = 0; i < vectors.rows; i++) {
            const struct site *site = &sites[i];

            ck_assert_msg(same(site->mw, vectors_at(&vectors, i, MW)) &&
                              same(site->announced, vectors_at(&vectors, i, ANNOUNCED)) &&
                              same(site->energised, vectors_at(&vectors, i, ENERGISED)) &&
                              same(site->full, vectors_at(&vectors, i, FULL)) &&
                              same(site->delivery, vectors_at(&vectors, i, DELIVERY)) &&
                              isnan(site->unplugged),
                          "%s", site->name);
            ck_assert((site->mined == SITE_MINED_PARTLY) == is_partly(site->name));
        }
        vectors_free(&vectors);
    }
    ledger_free(&ledger);
}
END_TEST

/* Names and numbers of the enumerations go together. */
START_TEST(test_names)
{
    enum ledger_kind kind = LEDGER_KINDS;

    for (int column = 0; column < LEDGER_COLUMNS; column++)
        ck_assert_int_eq(ledger_column_find(ledger_column_name((enum ledger_column)column)),
                         column);
    ck_assert_int_eq(ledger_column_find("nonsense"), LEDGER_COLUMNS);
    ck_assert(ledger_kind_find(&kind, "foregone") && kind == LEDGER_FOREGONE);
    ck_assert(!ledger_kind_find(&kind, "agg"));
    ck_assert_str_eq(ledger_status_name(LEDGER_WITHDRAWN), "withdrawn");
    ck_assert_str_eq(ledger_mined_name(LEDGER_MINED_PARTIAL), "partial");
    ck_assert_str_eq(ledger_basis_name(LEDGER_BASIS_LEASE), "lease");
    ck_assert_str_eq(ledger_confidence_name(LEDGER_JUDGEMENT), "judgement");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_row,
        test_faults,
        test_every_fault,
        test_doubts,
        test_no_table,
        test_versions,
        test_parent_and_child,
        test_one_site_twice,
        test_one_site_under_other_names,
        test_broken_parents,
        test_builtin,
        test_same_as_the_methods,
        test_names,
    };

    return TEST_MAIN("ledger", tests);
}
