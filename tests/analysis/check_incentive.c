// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the incentive's formulas give the figures that are worked out by hand; ranges
 * go through them as triangular distributions do; the built-in tables can be read, and a table that
 * cannot be says where.
 */
#include "config.h"

#include "analysis/builtin.h"
#include "analysis/economics.h"
#include "analysis/hashprice.h"
#include "analysis/incentive.h"
#include "analysis/price_table.h"
#include "analysis/random.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR 2026.5
#define HEAD "input,region,date,low,central,high,source,confidence\n"

static struct efficiency fleet; /* lives as long as what is read */

static void read_fleet(void)
{
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_EFFICIENCY);
    char *copy = malloc(len + 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    efficiency_free(&fleet);
    ck_assert_int_eq(efficiency_parse(&fleet, copy, len, NULL, NULL), EFFICIENCY_READ);
}

static void read_builtin(struct economics *economics)
{
    struct economics_fault fault;
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_ECONOMICS);

    if (!economics_read(economics, &fault, text, len))
        ck_abort_msg("line %u: %s", fault.line, fault.text);
    ck_assert_uint_eq(economics->fleet_line, 0);
    read_fleet();
    ck_assert(economics_set_fleet(economics, &fleet));
}

static struct incentive_options defaults(void)
{
    return (struct incentive_options){
        .region = "", .year = YEAR, .usd_ph_day = 28.68, .seed = 1, .draws = INCENTIVE_DRAWS};
}

START_TEST(test_formulas)
{
    struct incentive_inputs inputs = {.usd_ph_day = 28.68};
    double *in = inputs.value;
    double out[INCENTIVE_READINGS];

    in[ECONOMICS_FLEET_J_TH] = 20.0;
    in[ECONOMICS_MINING_OVERHEAD] = 1.0;
    in[ECONOMICS_MINING_UPTIME] = 1.0;
    in[ECONOMICS_POWER_USD_MWH] = 45.0;
    in[ECONOMICS_MINING_OPEX] = 10.5;
    in[ECONOMICS_MINING_ASIC_USD_TH] = 10.0;
    in[ECONOMICS_MINING_ASIC_LIFE] = 4.0;
    in[ECONOMICS_MINING_CAPEX] = 0.85;
    in[ECONOMICS_MINING_LIFE] = 12.0;
    in[ECONOMICS_MINING_CAPITAL_COST] = 0.15;
    incentive_readings(out, &inputs, INCENTIVE_MINING);
    ck_assert_double_eq_tol(out[INCENTIVE_REVENUE], 50.0 * 28.68 * 365.25, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_AFTER_POWER], 523768.5 - 8766.0 * 45.0, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_RUNNING], 523768.5 - 8766.0 * 55.5, 1e-6);
    /* Annuities .350265 and .184481 by a financial calculator. */
    ck_assert_double_eq_tol(out[INCENTIVE_ALL_IN],
                            523768.5 - 8766.0 * 55.5 - 5e5 * 0.35026535 - 8.5e5 * 0.18448078, 1.0);

    in[ECONOMICS_LEASE_REVENUE] = 1.8;
    in[ECONOMICS_LEASE_GROSS_PER_IT] = 1.5;
    in[ECONOMICS_LEASE_COST_SHARE] = 0.1;
    in[ECONOMICS_LEASE_CAPEX] = 9.0;
    in[ECONOMICS_LEASE_LIFE] = 10.0;
    in[ECONOMICS_LEASE_CAPITAL_COST] = 0.1;
    in[ECONOMICS_LEASE_BUILD] = 2.0;
    incentive_readings(out, &inputs, INCENTIVE_LEASE);
    ck_assert_double_eq_tol(out[INCENTIVE_REVENUE], 1.2e6, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_AFTER_POWER], 1.2e6, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_RUNNING], 1.08e6, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_ALL_IN], 1.08e6 - 6e6 * 1.1 * 0.16274539, 1.0);

    in[ECONOMICS_GPU_USD_HOUR] = 2.0;
    in[ECONOMICS_GPU_PER_MW_IT] = 600.0;
    in[ECONOMICS_GPU_UTILISATION] = 0.5;
    in[ECONOMICS_GPU_LOAD] = 0.8;
    in[ECONOMICS_GPU_COST_SHARE] = 0.1;
    in[ECONOMICS_GPU_CAPEX] = 30000.0;
    in[ECONOMICS_GPU_LIFE] = 4.0;
    in[ECONOMICS_GPU_CAPITAL_COST] = 0.1;
    incentive_readings(out, &inputs, INCENTIVE_GPU);
    ck_assert_double_eq_tol(out[INCENTIVE_REVENUE], 400.0 * 8766.0, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_AFTER_POWER], 400.0 * 8766.0 - 8766.0 * 36.0, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_RUNNING], 360.0 * 8766.0 - 8766.0 * 36.0, 1e-6);
    ck_assert_double_eq_tol(out[INCENTIVE_ALL_IN],
                            out[INCENTIVE_RUNNING] - 6e6 * 1.1 * 0.16274539 - 1.2e7 * 0.31547080,
                            5.0);
}
END_TEST

/* What the built-in inputs say, held against figures that others have quoted. */
START_TEST(test_builtin)
{
    struct economics economics;
    struct incentive_options options = defaults();
    struct incentive now;

    read_builtin(&economics);
    ck_assert(incentive_compute(&now, &economics, &options));
    for (size_t b = 0; b < INCENTIVE_BUSINESSES; b++) {
        for (size_t r = 0; r < INCENTIVE_READINGS; r++) {
            const struct incentive_figure *figure = &now.usd_mw_year[b][r];

            ck_assert(figure->known);
            ck_assert(figure->low < figure->median && figure->median < figure->high);
            if (r > 0)
                ck_assert_double_le(figure->median, now.usd_mw_year[b][r - 1].median);
        }
    }
    ck_assert_double_eq_tol(now.usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE].median, 0.47e6,
                            0.05e6);
    ck_assert(now.ratio.median > 2.0 && now.ratio.median < 3.5);
    /* 15 to 20 % of the fleet at about 30 USD, by an asset manager's report of March 2026. */
    options.usd_ph_day = 30.0;
    options.year = 2026.2;
    ck_assert(incentive_compute(&now, &economics, &options));
    ck_assert(now.underwater.low < 0.20 && now.underwater.high > 0.15);
    /* Before there were leases nothing is said of them. */
    options.year = 2020.5;
    ck_assert(incentive_compute(&now, &economics, &options));
    ck_assert(!now.usd_mw_year[INCENTIVE_LEASE][INCENTIVE_REVENUE].known);
    ck_assert(!now.ratio.known && !now.convert_paid.known);
    ck_assert(now.usd_mw_year[INCENTIVE_MINING][INCENTIVE_ALL_IN].known);
    options.year = 2010.0;
    ck_assert(incentive_compute(&now, &economics, &options));
    ck_assert(!now.usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE].known && !now.underwater.known);
    economics_free(&economics);
}
END_TEST

static void check_same(const struct incentive_figure *a, const struct incentive_figure *b)
{
    ck_assert(a->known && b->known);
    ck_assert(a->low == b->low && a->median == b->median && a->high == b->high);
}

/* A range that is set reaches the figures, the same draws keep their luck, and what does not depend
 * on it stays to the last bit. */
START_TEST(test_set)
{
    struct economics economics;
    struct incentive_options options = defaults();
    struct incentive_setting setting = {ECONOMICS_POWER_USD_MWH, {50.0, 50.0, 50.0}};
    struct incentive before, again, after;
    const struct incentive_figure *a = NULL, *b = NULL;

    read_builtin(&economics);
    ck_assert(incentive_compute(&before, &economics, &options));
    ck_assert(incentive_compute(&again, &economics, &options));
    for (size_t r = 0; r < INCENTIVE_READINGS; r++)
        check_same(&before.usd_mw_year[INCENTIVE_GPU][r], &again.usd_mw_year[INCENTIVE_GPU][r]);
    check_same(&before.underwater, &again.underwater);
    check_same(&before.convert_paid, &again.convert_paid);
    options.settings = &setting;
    options.setting_count = 1;
    ck_assert(incentive_compute(&after, &economics, &options));
    a = before.usd_mw_year[INCENTIVE_MINING];
    b = after.usd_mw_year[INCENTIVE_MINING];
    ck_assert_double_eq(a[INCENTIVE_REVENUE].median, b[INCENTIVE_REVENUE].median);
    ck_assert_double_gt(a[INCENTIVE_AFTER_POWER].median, b[INCENTIVE_AFTER_POWER].median);
    for (size_t r = 0; r < INCENTIVE_READINGS; r++)
        check_same(&before.usd_mw_year[INCENTIVE_LEASE][r], &after.usd_mw_year[INCENTIVE_LEASE][r]);
    ck_assert_double_gt(after.underwater.median, before.underwater.median);
    economics_free(&economics);
}
END_TEST

/* All inputs fixed but one: the figure's quantiles are those of the triangular distribution. */
START_TEST(test_triangular)
{
    struct economics economics;
    struct incentive_setting settings[ECONOMICS_INPUTS];
    struct incentive_options options = defaults();
    struct incentive out;
    double low = 1.0 * (1.0 + sqrt(0.05 * 4.0)); /* of a triangle 1, 2, 5: 1 + sqrt(p x 4 x 1) */
    double median = 5.0 - sqrt(0.5 * 4.0 * 3.0);
    double high = 5.0 - sqrt(0.05 * 4.0 * 3.0);
    const struct incentive_figure *rent = &out.usd_mw_year[INCENTIVE_LEASE][INCENTIVE_REVENUE];

    read_builtin(&economics);
    for (size_t i = 0; i < ECONOMICS_INPUTS; i++) {
        struct economics_range range;

        settings[i].input = (enum economics_input)i;
        ck_assert(economics_at(&range, NULL, &economics, settings[i].input, "", YEAR));
        settings[i].range = (struct economics_range){range.central, range.central, range.central};
    }
    settings[ECONOMICS_LEASE_REVENUE].range = (struct economics_range){1.0, 2.0, 5.0};
    settings[ECONOMICS_LEASE_GROSS_PER_IT].range = (struct economics_range){1.0, 1.0, 1.0};
    options.settings = settings;
    options.setting_count = ECONOMICS_INPUTS;
    options.seed = test_seed();
    options.draws = 40000;
    ck_assert(incentive_compute(&out, &economics, &options));
    ck_assert_double_eq_tol(rent->low / 1e6, low, 0.03);
    ck_assert_double_eq_tol(rent->median / 1e6, median, 0.04);
    ck_assert_double_eq_tol(rent->high / 1e6, high, 0.05);
    ck_assert_double_eq_tol(out.usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE].low,
                            out.usd_mw_year[INCENTIVE_MINING][INCENTIVE_REVENUE].high, 1e-9);
    economics_free(&economics);
}
END_TEST

/* The fleet is that of the table of efficiency, and a row left over in a file is passed over. */
START_TEST(test_fleet)
{
    static const char rest[] = HEAD "fleet.j_per_th,,,1,2,3,s,seen\npower.usd_mwh,,,1,2,3,s,seen\n"
                                    "fleet.j_per_th,texas,,4,5,6,s,seen\n";
    static const char table[] = "kind,subject,date,j_per_th,sd,source,confidence,note\n"
                                "network,a,2025.5,22,0.1,,memory,roughly\n"
                                "removed,b,2025.5,40,0.1,s,seen,\n"
                                "network,c,2024.5,30,0.2,s,seen,\n"
                                "network,d,2023.5,50,,s,seen,\n"
                                "network,e,2025.5,20,0.1,,memory,\n";
    struct efficiency efficiency;
    struct economics economics;
    struct economics_fault fault;
    struct economics_range range;
    const struct economics_row *row = NULL;
    char *copy = malloc(sizeof table);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, table, sizeof table - 1);
    ck_assert_int_eq(efficiency_parse(&efficiency, copy, sizeof table - 1, NULL, NULL),
                     EFFICIENCY_READ);
    ck_assert(economics_read(&economics, &fault, rest, sizeof rest - 1));
    ck_assert_uint_eq(economics.fleet_line, 2);
    ck_assert(economics_set_fleet(&economics, &efficiency));
    ck_assert_uint_eq(economics.count, 3);
    ck_assert(!economics_at(&range, NULL, &economics, ECONOMICS_FLEET_J_TH, "", 2024.4));
    ck_assert(economics_at(&range, &row, &economics, ECONOMICS_FLEET_J_TH, "texas", 2024.5));
    ck_assert_double_eq_tol(range.central, 30.0, 1e-12);
    ck_assert_double_eq_tol(range.low, 30.0 * exp(-1.645 * 0.2), 1e-9);
    ck_assert_double_eq_tol(range.high, 30.0 * exp(1.645 * 0.2), 1e-9);
    ck_assert(economics_at(&range, &row, &economics, ECONOMICS_FLEET_J_TH, "", 2025.0));
    ck_assert_double_eq_tol(range.central, sqrt(600.0), 1e-9);
    ck_assert_str_eq(row->source, "table of efficiency");
    ck_assert(economics_at(&range, NULL, &economics, ECONOMICS_POWER_USD_MWH, "", 2025.0));
    ck_assert_double_eq(range.central, 2.0);
    economics_free(&economics);
    efficiency_free(&efficiency);
}
END_TEST

START_TEST(test_lookup)
{
    static const char text[] = HEAD "power.usd_mwh,,,10,20,30,s,seen\n"
                                    "power.usd_mwh,moon,2020.0,10,10,10,s,memory\n"
                                    "power.usd_mwh,moon,2022.0,20,40,80,s,judgement\n";
    struct economics economics;
    struct economics_fault fault;
    struct economics_range range;
    const struct economics_row *row = NULL;
    enum economics_input power = ECONOMICS_POWER_USD_MWH;

    ck_assert(economics_read(&economics, &fault, text, sizeof text - 1));
    ck_assert(economics_at(&range, &row, &economics, power, "", 1990.0));
    ck_assert_double_eq(range.central, 20.0);
    ck_assert(economics_at(&range, NULL, &economics, power, "mars", 2021.0));
    ck_assert_double_eq(range.central, 20.0);
    ck_assert(!economics_at(&range, NULL, &economics, power, "moon", 2019.9));
    ck_assert(economics_at(&range, &row, &economics, power, "moon", 2021.0));
    ck_assert_double_eq_tol(range.low, sqrt(200.0), 1e-12);
    ck_assert_double_eq_tol(range.central, 20.0, 1e-12);
    ck_assert_double_eq_tol(range.high, sqrt(800.0), 1e-12);
    ck_assert_str_eq(row->confidence, "judgement");
    ck_assert(economics_at(&range, NULL, &economics, power, "moon", 2050.0));
    ck_assert_double_eq(range.high, 80.0);
    ck_assert(economics_knows_region(&economics, "moon"));
    ck_assert(!economics_knows_region(&economics, "mars"));
    ck_assert(!economics_at(&range, NULL, &economics, ECONOMICS_GPU_LOAD, "", 2021.0));
    economics_free(&economics);
}
END_TEST

START_TEST(test_ranges_as_set)
{
    static const char *const bad[] = {"",    "x",        "1:2", "3:2:1",    "1:2:3:4", "0",
                                      "1e2", "nan",      "20:", ":20",      "5000",    "-5",
                                      "20 ", "1:2:5000", "inf", "20:20:20:"};
    struct economics_range range = {0};
    enum economics_input power = ECONOMICS_POWER_USD_MWH;

    ck_assert(economics_parse_range(&range, power, "45"));
    ck_assert(range.low == 45.0 && range.central == 45.0 && range.high == 45.0);
    ck_assert(economics_parse_range(&range, power, "30:45.5:60"));
    ck_assert(range.low == 30.0 && range.central == 45.5 && range.high == 60.0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!economics_parse_range(&range, power, bad[i]), "'%s'", bad[i]);
}
END_TEST

START_TEST(test_bad_economics)
{
    static const struct {
        const char *text, *why;
        unsigned line;
    } cases[] = {
        {"", "empty", 1},
        {"input,region\n", "no column date", 1},
        {HEAD "power,,,1,2,3,s,seen\n", "no 'power'", 2},
        {HEAD "power.usd_mwh,,,3,2,4,s,seen\n", "low <= central", 2},
        {HEAD "power.usd_mwh,,,1,2,nan,s,seen\n", "high of power", 2},
        {HEAD "power.usd_mwh,,,1,2,3000,s,seen\n", "from 1 to 1000", 2},
        {HEAD "power.usd_mwh,,,1,2,3,,seen\n", "source", 2},
        {HEAD "power.usd_mwh,,,1,2,3,s,sure\n", "confidence", 2},
        {HEAD "power.usd_mwh,New York,,1,2,3,s,seen\n", "region", 2},
        {HEAD "power.usd_mwh,,soon,1,2,3,s,seen\n", "date", 2},
        {HEAD "power.usd_mwh,,,1,2,3,s,seen\npower.usd_mwh,,2025,1,2,3,s,seen\n", "another", 3},
        {HEAD "power.usd_mwh,,2025,1,2,3,s,seen\npower.usd_mwh,,2024,1,2,3,s,seen\n", "after", 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct economics economics;
        struct economics_fault fault;

        ck_assert(!economics_read(&economics, &fault, cases[i].text, strlen(cases[i].text)));
        ck_assert_msg(strstr(fault.text, cases[i].why) != NULL, "'%s', wanted '%s'", fault.text,
                      cases[i].why);
        ck_assert_uint_eq(fault.line, cases[i].line);
    }
}
END_TEST

START_TEST(test_prices)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "empty"},
        {"date,close\n", "price_usd"},
        {"date,price_usd\n", "no price"},
        {"date,price_usd\n2024-01-01,\n", "no price"},
        {"date,price_usd\n2024-1-1,5\n", "date"},
        {"date,price_usd\n2024-02-30,5\n", "date"},
        {"date,price_usd\n2024-01-02,5\n2024-01-02,6\n", "after"},
        {"date,price_usd\n2024-01-02,-5\n", "price_usd"},
        {"date,price_usd\n2024-01-02,nan\n", "price_usd"},
        {"date,price_usd\n2024-01-02,1e5\n", "price_usd"},
        {"date,price_usd\n2024-01-02,0\n", "price_usd"},
        {"date,price_usd,basis\n2024-01-02,5,guess\n", "basis"},
    };
    static const char good[] = "basis,date,x,price_usd\n,2024-01-01,,45123.12345678901234567\n"
                               "quoted,2024-01-02,,\nreconstructed,2024-01-03,,0.0747357288135593";
    struct price_table table;
    struct price_table_fault fault;
    size_t len = 0;
    const char *text = builtin_text(&len, BUILTIN_PRICES);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(!price_table_read(&table, &fault, bad[i].text, strlen(bad[i].text)));
        ck_assert_msg(strstr(fault.text, bad[i].why) != NULL, "'%s'", fault.text);
    }
    ck_assert(price_table_read(&table, &fault, good, sizeof good - 1));
    ck_assert_uint_eq(table.count, 2);
    ck_assert_uint_eq(table.empty, 1);
    ck_assert_int_eq(table.points[0].time, 1704067200);
    ck_assert_double_eq_tol(table.points[0].usd, 45123.123456789, 1e-8);
    ck_assert_double_eq_tol(table.points[1].usd, 0.07473572881355, 1e-13);
    ck_assert(!table.points[0].reconstructed && table.points[1].reconstructed);
    price_table_free(&table);
    ck_assert_msg(price_table_read(&table, &fault, text, len), "line %u: %s", fault.line,
                  fault.text);
    ck_assert_uint_gt(table.count, 4500);
    /* What is reconstructed is the hashprice that was quoted, less fees. */
    ck_assert_double_eq_tol(
        hashprice_usd(table.points[table.count - 1].usd, 3.125, 124932866006548.16), 28.68 / 1.01,
        0.001);
    ck_assert(table.points[table.count - 1].reconstructed);
    price_table_free(&table);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_formulas,      test_builtin,       test_set,
                                  test_triangular,    test_fleet,         test_lookup,
                                  test_ranges_as_set, test_bad_economics, test_prices};

    return TEST_MAIN("incentive", tests);
}
