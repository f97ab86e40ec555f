// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: hashprice, subsidy and breakevens are those of doc/METHODS.md's formulas and
 * of quoted figures; the share under water is that of a fleet drawn machine by machine.
 */
#include "config.h"

#include "analysis/hashprice.h"
#include "analysis/random.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <math.h>

START_TEST(test_subsidy)
{
    double total = 0.0;

    ck_assert_double_eq(hashprice_subsidy_btc(0), 50.0);
    ck_assert_double_eq(hashprice_subsidy_btc(209999), 50.0);
    ck_assert_double_eq(hashprice_subsidy_btc(210000), 25.0);
    ck_assert_double_eq(hashprice_subsidy_btc(839999), 6.25);
    ck_assert_double_eq(hashprice_subsidy_btc(840000), 3.125);
    /* The shift loses satoshis from the tenth halving on. */
    ck_assert_double_eq(hashprice_subsidy_btc(10 * 210000), 4882812.0 / 1e8);
    ck_assert_double_eq(hashprice_subsidy_btc(32 * 210000), 1.0 / 1e8);
    ck_assert_double_eq(hashprice_subsidy_btc(33 * 210000), 0.0);
    ck_assert_double_eq(hashprice_subsidy_btc(UINT32_MAX), 0.0);
    for (uint32_t halving = 0; halving < 34; halving++)
        total += 210000.0 * hashprice_subsidy_btc(halving * 210000u);
    ck_assert_double_eq_tol(total, 20999999.9769, 1e-6);
    ck_assert_double_eq_tol(hashprice_mean_log_subsidy(840000, 2016), log(3.125), 1e-15);
    ck_assert_double_eq_tol(hashprice_mean_log_subsidy(628992, 2016), 0.5 * (log(12.5) + log(6.25)),
                            1e-14);
    ck_assert_double_eq_tol(hashprice_mean_log_subsidy(838656, 2016),
                            (1344.0 * log(6.25) + 672.0 * log(3.125)) / 2016.0, 1e-14);
}
END_TEST

/* Points that were quoted: the trade's hashprice holds fees, about 1 % in these years. */
START_TEST(test_quoted)
{
    double usd = hashprice_usd(95583.86, 3.125, 146472570619930.78);

    ck_assert_double_eq_tol(usd, 41.02, 0.01);
    ck_assert_double_eq_tol(hashprice_price(usd, 3.125, 146472570619930.78), 95583.86, 1e-6);
    /* The same by the share of the network: a petahash of the hashes that a day's blocks take. */
    ck_assert_double_eq_tol(
        usd, 95583.86 * 3.125 * 144.0 / (146472570619930.78 * 4294967296.0 / 600.0 / 1e15), 1e-9);
}
END_TEST

START_TEST(test_breakeven)
{
    ck_assert_double_eq_tol(hashprice_breakeven_usd(20.0, 50.0, 1.0), 24.0, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_usd(21.5, 60.0, 1.0), 30.96, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_usd(29.5, 50.0, 1.0), 35.4, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_usd(15.0, 50.0, 1.0), 18.0, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_j_th(24.0, 50.0, 1.0), 20.0, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_usd_mwh(24.0, 20.0, 1.0), 50.0, 1e-12);
    ck_assert_double_eq_tol(hashprice_breakeven_usd_mwh(39.53, 17.0, 1.0), 96.9, 0.05);
}
END_TEST

START_TEST(test_payback)
{
    /* 20 J/TH at 50 USD/MWh costs 24 USD per PH/s and day: 12 are left of 36. */
    struct hashprice_machine machine = {6.0, 20.0, 50.0, 1.0};
    double days = -1.0;

    ck_assert(hashprice_payback_days(&days, &machine, 36.0));
    ck_assert_double_eq_tol(days, 500.0, 1e-9);
    machine.overhead = 1.25; /* 30 for power: 6 are left */
    ck_assert(hashprice_payback_days(&days, &machine, 36.0));
    ck_assert_double_eq_tol(days, 1000.0, 1e-9);
    ck_assert(!hashprice_payback_days(&days, &machine, 30.0));
    ck_assert_double_eq_tol(days, 1000.0, 1e-9);
    machine.usd_mwh = -50.0; /* is paid for taking power: 60 a day */
    ck_assert(hashprice_payback_days(&days, &machine, 30.0));
    ck_assert_double_eq_tol(days, 100.0, 1e-9);
}
END_TEST

START_TEST(test_underwater_ends)
{
    struct hashprice_fleet fleet = {20.0, 0.0, 50.0, 0.0, 1.0};

    ck_assert_double_eq(hashprice_underwater(&fleet, 23.999), 1.0);
    ck_assert_double_eq(hashprice_underwater(&fleet, 24.001), 0.0);
    fleet.sd_usd_mwh = 0.3;
    ck_assert_double_eq_tol(hashprice_underwater(&fleet, 24.0), 0.5, 1e-12);
    fleet.sd_j_th = 0.3;
    ck_assert_double_lt(hashprice_underwater(&fleet, 24.0), 0.5);
    ck_assert_double_eq_tol(hashprice_underwater(&fleet, 1e-9), 1.0, 1e-12);
    ck_assert_double_eq_tol(hashprice_underwater(&fleet, 1e9), 0.0, 1e-12);
}
END_TEST

/* Against machines that are drawn, and rising as the hashprice falls. */
START_TEST(test_underwater_drawn)
{
    enum { MACHINES = 20000 };
    struct random_stream stream = random_init(test_seed(), 7);

    for (int round = 0; round < 20; round++) {
        struct hashprice_fleet fleet = {
            .mean_j_th = 10.0 + 40.0 * random_uniform(&stream),
            .sd_j_th = 0.5 * random_uniform(&stream),
            .median_usd_mwh = 20.0 + 60.0 * random_uniform(&stream),
            .sd_usd_mwh = 0.6 * random_uniform(&stream),
            .overhead = 1.0 + 0.1 * random_uniform(&stream),
        };
        double hashprice = 10.0 + 60.0 * random_uniform(&stream);
        double share = hashprice_underwater(&fleet, hashprice);
        double median = fleet.mean_j_th * exp(-0.5 * fleet.sd_j_th * fleet.sd_j_th);
        double count = 0.0;

        for (int i = 0; i < MACHINES; i++) {
            double j_th = median * exp(fleet.sd_j_th * random_normal(&stream));
            double power = fleet.median_usd_mwh * exp(fleet.sd_usd_mwh * random_normal(&stream));

            count += hashprice_breakeven_usd(j_th, power, fleet.overhead) > hashprice;
        }
        /* Six standard errors. */
        ck_assert_double_eq_tol(count / MACHINES, share,
                                6.0 * sqrt(share * (1.0 - share) / MACHINES) + 1e-3);
        ck_assert_double_ge(hashprice_underwater(&fleet, 0.9 * hashprice), share);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_subsidy, test_quoted,          test_breakeven,
                                  test_payback, test_underwater_ends, test_underwater_drawn};

    return TEST_MAIN("hashprice", tests);
}
